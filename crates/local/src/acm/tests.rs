use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::handle;
use crate::call::{Call, Request, Service};
use crate::seed;
use crate::world::{DEFAULT_ACCOUNT, World};

fn acm(world: &mut World, operation: &str, body: &Value) -> Result<Value, String> {
    let call = Call {
        account: DEFAULT_ACCOUNT.into(),
        region: "us-east-1".into(),
        service: Service::Acm,
        operation: operation.into(),
        request: Request { body: body.to_string().into_bytes().into(), ..Request::default() },
    };
    match handle(world, &call) {
        Ok(reply) if reply.body.is_empty() => Ok(Value::Null),
        Ok(reply) => Ok(serde_json::from_slice(&reply.body).unwrap()),
        Err(fault) => Err(format!("{} {}: {}", fault.status, fault.code, fault.message)),
    }
}

fn check(answer: Result<Value, String>, expect: Expect) {
    match answer {
        Ok(value) => expect.assert_eq(&format!("{value:#}\n")),
        Err(fault) => expect.assert_eq(&fault),
    }
}

#[test]
fn a_region_is_born_with_a_certificate() {
    let mut world = World::default();
    check(
        acm(&mut world, "ListCertificates", &json!({})),
        expect![[r#"
            {
              "CertificateSummaryList": [
                {
                  "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/9837d2ab-3f48-9fd1-faf4-bba2875e1e17",
                  "CreatedAt": 0.0,
                  "DomainName": "*.naveenteja.cloud",
                  "HasAdditionalSubjectAlternativeNames": false,
                  "InUse": false,
                  "IssuedAt": 0.0,
                  "KeyAlgorithm": "RSA_2048",
                  "NotAfter": 1798761600.0,
                  "NotBefore": 0.0,
                  "Status": "ISSUED",
                  "SubjectAlternativeNameSummaries": [
                    "*.naveenteja.cloud"
                  ],
                  "Type": "AMAZON_ISSUED"
                }
              ]
            }
        "#]],
    );
    let arn = json!({ "CertificateArn": seed::certificate_arn(DEFAULT_ACCOUNT, "us-east-1") });
    acm(&mut world, "DeleteCertificate", &arn).unwrap();
    check(
        acm(&mut world, "DescribeCertificate", &arn),
        expect![
            "400 ResourceNotFoundException: Could not find certificate arn:aws:acm:us-east-1:000000000000:certificate/9837d2ab-3f48-9fd1-faf4-bba2875e1e17."
        ],
    );
    let there = json!({ "CertificateArn": seed::certificate_arn(DEFAULT_ACCOUNT, "eu-west-1") });
    check(
        acm(&mut world, "DescribeCertificate", &there),
        expect![
            "400 ResourceNotFoundException: Could not find certificate arn:aws:acm:eu-west-1:000000000000:certificate/75b1594d-a40b-259d-aa5a-3cbd404cbc0c."
        ],
    );
}

#[test]
fn a_requested_certificate_is_issued_in_its_time() {
    let mut world = World::default();
    world.set_duration_ms("acm.certificate.records", 5_000);
    world.set_duration_ms("acm.certificate.issue", 60_000);
    let request = json!({
        "DomainName": "Example.com",
        "SubjectAlternativeNames": ["*.example.com"],
        "ValidationMethod": "DNS",
        "IdempotencyToken": "once",
        "Tags": [{ "Key": "Project", "Value": "x" }],
    });
    let arn = acm(&mut world, "RequestCertificate", &request).unwrap();
    assert_eq!(acm(&mut world, "RequestCertificate", &request), Ok(arn.clone()));
    check(
        acm(&mut world, "DescribeCertificate", &arn),
        expect![[r#"
        {
          "Certificate": {
            "CertificateArn": "arn:aws:acm:us-east-1:000000000000:certificate/e6a4ad3c-8969-9b36-b79b-4a736af9958f",
            "CreatedAt": 1767225600.0,
            "DomainName": "example.com",
            "DomainValidationOptions": [
              {
                "DomainName": "*.example.com",
                "ValidationDomain": "*.example.com",
                "ValidationMethod": "DNS",
                "ValidationStatus": "PENDING_VALIDATION"
              },
              {
                "DomainName": "example.com",
                "ValidationDomain": "example.com",
                "ValidationMethod": "DNS",
                "ValidationStatus": "PENDING_VALIDATION"
              }
            ],
            "InUseBy": [],
            "KeyAlgorithm": "RSA_2048",
            "Options": {
              "CertificateTransparencyLoggingPreference": "ENABLED"
            },
            "RenewalEligibility": "INELIGIBLE",
            "Status": "PENDING_VALIDATION",
            "Subject": "CN=example.com",
            "SubjectAlternativeNames": [
              "*.example.com",
              "example.com"
            ],
            "Type": "AMAZON_ISSUED"
          }
        }
    "#]],
    );
    world.now_ms += 60_000;
    let issued = acm(&mut world, "DescribeCertificate", &arn).unwrap();
    assert_eq!(issued["Certificate"]["Status"], "ISSUED");
    let options = &issued["Certificate"]["DomainValidationOptions"];
    assert_eq!(options[0]["ResourceRecord"], options[1]["ResourceRecord"]);
    assert_eq!(options[0]["ResourceRecord"]["Type"], "CNAME");
    check(
        acm(&mut world, "ListTagsForCertificate", &arn),
        expect![[r#"
        {
          "Tags": [
            {
              "Key": "Project",
              "Value": "x"
            }
          ]
        }
    "#]],
    );
    world.now_ms += 3_600_000;
    assert_ne!(acm(&mut world, "RequestCertificate", &request), Ok(arn));
}

#[test]
fn refusals() {
    let mut world = World::default();
    for (operation, body, expect) in [
        (
            "Frobnicate",
            json!({}),
            expect!["400 UnknownOperationException: The operation Frobnicate is not known"],
        ),
        (
            "DescribeCertificate",
            json!({ "CertificateArn": "x" }),
            expect!["400 InvalidArnException: Invalid ARN x"],
        ),
        (
            "RequestCertificate",
            json!({ "DomainName": "no dots" }),
            expect!["400 ValidationException: 'no dots' is not a valid domain name"],
        ),
    ] {
        check(acm(&mut world, operation, &body), expect);
    }
}
