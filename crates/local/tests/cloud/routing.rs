use bicoastal_local::call::{Call, Request, Service};
use bicoastal_local::router::route;
use bicoastal_local::{Cloud, Delivery};
use expect_test::{Expect, expect};

use crate::query;

fn signed(scope: &str) -> Request {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={scope}/aws4_request, SignedHeaders=host, Signature=0"
    );
    Request {
        method: "POST".into(),
        path: "/".into(),
        headers: vec![("authorization".into(), authorization)],
        body: "Action=DescribeThings".into(),
        ..Request::default()
    }
}

fn check(request: Request, expected: Expect) {
    let found = match route(request) {
        Ok(call) => {
            format!("{} {} {:?} {}", call.account, call.region, call.service, call.operation)
        }
        Err(refusal) => {
            let fault = refusal.fault;
            format!("{} {}: {}", fault.status, fault.code, fault.message)
        }
    };
    expected.assert_eq(&found);
}

#[test]
fn by_the_credential_scope() {
    check(
        signed("test/20260101/ap-south-1/rds"),
        expect!["000000000000 ap-south-1 Rds DescribeThings"],
    );
    check(
        signed("123456789012/20260101/us-east-1/iam"),
        expect!["123456789012 us-east-1 Iam DescribeThings"],
    );
    check(
        signed("12345678901x/20260101/us-east-1/sts"),
        expect!["000000000000 us-east-1 Sts DescribeThings"],
    );
    check(
        signed("test/20260101/eu-west-1/elasticloadbalancing"),
        expect!["000000000000 eu-west-1 Elbv2 DescribeThings"],
    );
    let mut target = signed("test/20260101/eu-west-1/dynamodb");
    target.headers.push(("x-amz-target".into(), "DynamoDB_20120810.CreateTable".into()));
    check(target, expect!["000000000000 eu-west-1 DynamoDb CreateTable"]);
    let presigned = Request {
        query: vec![
            ("Action".into(), "GetCallerIdentity".into()),
            ("X-Amz-Credential".into(), "test/20260101/eu-west-1/sts/aws4_request".into()),
        ],
        ..Request::default()
    };
    check(presigned, expect!["000000000000 eu-west-1 Sts GetCallerIdentity"]);
}

#[test]
fn refusals() {
    check(
        Request::default(),
        expect!["403 MissingAuthenticationToken: Request is missing Authentication Token"],
    );
    check(
        signed("test/20260101/us-east-1/ec2"),
        expect!["501 NotImplemented: bicoastal-local does not model the service ec2"],
    );
    check(
        signed("test"),
        expect![
            "403 IncompleteSignature: The credential scope test/aws4_request has too few parts"
        ],
    );
    check(
        signed("test/20260101/us-east-1/dynamodb"),
        expect!["400 MissingAction: The request names no operation"],
    );
    check(
        Request { body: "".into(), ..signed("test/20260101/us-east-1/rds") },
        expect!["400 MissingAction: The request names no operation"],
    );
}

#[test]
fn an_unknown_service_is_answered_in_the_protocol_of_the_question() {
    let body = |request| match Cloud::new().handle(request) {
        Delivery::Answered { reply, .. } => String::from_utf8(reply.body).unwrap(),
        other => panic!("{other:?}"),
    };
    expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Receiver</Type><Code>NotImplemented</Code><Message>bicoastal-local does not model the service ec2</Message></Error><RequestId>00000000-0000-4000-8000-000000000001</RequestId></ErrorResponse>"#]].assert_eq(&body(query("ec2", "us-east-1", "DescribeVpcs", &[])));
    let mut json = signed("test/20260101/us-east-1/secretsmanager");
    json.headers.push(("x-amz-target".into(), "secretsmanager.ListSecrets".into()));
    expect![[r#"{"__type":"NotImplemented","message":"bicoastal-local does not model the service secretsmanager"}"#]].assert_eq(&body(json));
}

#[test]
fn head_is_answered_without_a_body_but_with_its_length() {
    let request = Request { method: "HEAD".into(), ..query("sts", "us-east-1", "Nothing", &[]) };
    let Delivery::Answered { reply, .. } = Cloud::new().handle(request) else { panic!() };
    assert!(reply.body.is_empty());
    let length = reply.headers.iter().find(|(name, _)| name == "content-length");
    assert!(length.is_some_and(|(_, length)| length.parse::<u32>().unwrap() > 0));
}

#[test]
fn requests_have_ids_of_their_own() {
    let cloud = Cloud::new();
    let ids = [0; 2].map(|_| {
        let Delivery::Answered { reply, .. } = cloud.handle(crate::who_am_i("us-east-1")) else {
            panic!()
        };
        let id = |wanted| {
            reply.headers.iter().find(|(name, _)| name == wanted).map(|(_, id)| id.clone()).unwrap()
        };
        assert_eq!(id("x-amzn-requestid"), id("x-amz-request-id"));
        assert!(String::from_utf8_lossy(&reply.body).contains(&id("x-amzn-requestid")));
        id("x-amzn-requestid")
    });
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn what_changes_something() {
    let mut writes = String::new();
    for (service, operations) in [
        (
            Service::DynamoDb,
            "CreateTable DescribeTable PutItem Query Scan BatchGetItem BatchWriteItem TransactGetItems TransactWriteItems UpdateContinuousBackups ListTagsOfResource TagResource",
        ),
        (Service::Iam, "GetRole CreateRole SimulatePrincipalPolicy PutRolePolicy"),
        (Service::Kms, "GenerateDataKey CreateKey DescribeKey Encrypt EnableKeyRotation"),
        (
            Service::Rds,
            "DescribeDBClusters FailoverGlobalCluster ListTagsForResource AddTagsToResource",
        ),
        (
            Service::Route53,
            "TestDNSAnswer ChangeResourceRecordSets GetChange ListResourceRecordSets",
        ),
        (Service::S3, "HeadBucket GetObject PutObject DeleteObjects SelectObjectContent"),
        (Service::Sts, "GetCallerIdentity AssumeRole"),
    ] {
        let mutating: Vec<&str> = operations
            .split(' ')
            .filter(|operation| {
                let call = Call {
                    account: String::new(),
                    region: String::new(),
                    service,
                    operation: (*operation).to_owned(),
                    request: Request::default(),
                };
                call.is_mutating()
            })
            .collect();
        writes += &format!("{}: {}\n", service.signing_name(), mutating.join(" "));
    }
    expect![[r#"
        dynamodb: CreateTable PutItem BatchWriteItem TransactWriteItems UpdateContinuousBackups TagResource
        iam: CreateRole PutRolePolicy
        kms: CreateKey EnableKeyRotation
        rds: FailoverGlobalCluster AddTagsToResource
        route53: ChangeResourceRecordSets
        s3: PutObject DeleteObjects
        sts: 
    "#]].assert_eq(&writes);
}
