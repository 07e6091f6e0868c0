//! Certificates are looked up on the local cloud.
#![cfg(feature = "acm")]
#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

mod common;

use aws_sdk_acm::types;
use bicoastal_aws::acm::{
    Certificate, CertificateQuery, CertificateStatus, CertificateType, KeyAlgorithm,
};
use bicoastal_local::{acm, call, seed};
use bicoastal_model::{Provider, Region, Seen, Stack};
use common::Harness;
use expect_test::expect;

const HERE: Region = Region::UsEast1;

async fn ask(harness: &Harness, region: Region, query: CertificateQuery) -> String {
    let mut stack = Stack::new("test");
    stack.region(region).lookup("certificate", query);
    let declared = stack.seal().unwrap().resources.into_values().next().unwrap();
    let target = common::lookup(declared);
    match harness.provider.lookup(&target).await {
        Ok(Seen::Present(found)) => {
            let said = ["arn", "domain", "status"].map(|it| found.outputs[it].as_str().unwrap());
            said.join(" ")
        }
        Ok(other) => format!("{other:?}"),
        Err(error) => {
            let facts = error.facts();
            format!("{}\n  hint: {}", facts.message, facts.hint.clone().unwrap_or_default())
        }
    }
}

/// Somebody asks for a certificate, and it is issued.
async fn made(harness: &Harness, domain: &str, algorithm: types::KeyAlgorithm) -> String {
    aws_sdk_acm::Client::new(&harness.sdk_in(HERE))
        .request_certificate()
        .domain_name(domain)
        .key_algorithm(algorithm)
        .send()
        .await
        .unwrap()
        .certificate_arn
        .unwrap()
}

#[tokio::test]
async fn a_certificate_is_that_of_its_region() {
    let harness = Harness::new();
    let domain = seed::CERTIFICATE_DOMAIN;
    for region in [HERE, Region::ApSouth1] {
        let arn = seed::certificate_arn("000000000000", region.code());
        let found = format!("{arn} {domain} ISSUED");
        let by_domain = Certificate::for_domain(format!("{}.", domain.to_uppercase()));
        assert_eq!(ask(&harness, region, by_domain).await, found);
        assert_eq!(ask(&harness, region, Certificate::with_arn(&arn)).await, found);
    }
    let there = seed::certificate_arn("000000000000", "ap-south-1");
    expect![[r#"
        the certificate THERE is in ap-south-1, and is looked up in us-east-1
          hint: a load balancer takes certificates of its own region only; name one of this region"#]]
    .assert_eq(
        &ask(&harness, HERE, Certificate::with_arn(&there)).await.replace(&there, "THERE"),
    );
    assert_eq!(ask(&harness, HERE, Certificate::for_domain("none.example")).await, "Absent");
}

/// Elliptic curves are listed only to those who ask for them.
#[tokio::test]
async fn every_kind_of_key_is_looked_through() {
    let harness = Harness::new();
    let curve = made(&harness, "shop.example", types::KeyAlgorithm::EcPrime256v1).await;
    let query = || Certificate::for_domain("shop.example");
    let found = format!("{curve} shop.example ISSUED");
    assert_eq!(ask(&harness, HERE, query()).await, found);
    let rsa = made(&harness, "shop.example", types::KeyAlgorithm::Rsa2048).await;
    let curves = query().key_algorithms([KeyAlgorithm::EcPrime256v1]);
    assert_eq!(ask(&harness, HERE, curves).await, found);
    let both = ask(&harness, HERE, query()).await;
    assert!(both.starts_with("2 certificates for shop.example match: "), "{both}");
    assert!(both.contains(&rsa) && both.contains(&curve), "{both}");
}

#[tokio::test]
async fn of_several_the_latest_is_chosen_when_asked_for() {
    let harness = Harness::new();
    made(&harness, "shop.example", types::KeyAlgorithm::Rsa2048).await;
    harness.cloud.with_world(|world| world.now_ms += 60_000);
    let later = made(&harness, "shop.example", types::KeyAlgorithm::Rsa2048).await;
    let latest = Certificate::for_domain("shop.example").most_recent();
    assert_eq!(ask(&harness, HERE, latest).await, format!("{later} shop.example ISSUED"));
}

#[tokio::test]
async fn what_is_not_issued_is_said_to_be_there() {
    let harness = Harness::new();
    harness.cloud.with_world(|world| {
        world.set_duration_ms("acm.certificate.issue", 600_000);
    });
    let arn = made(&harness, "shop.example", types::KeyAlgorithm::Rsa2048).await;
    let answers = [
        ask(&harness, HERE, Certificate::for_domain("shop.example")).await,
        ask(&harness, HERE, Certificate::with_arn(&arn)).await,
        ask(
            &harness,
            HERE,
            Certificate::for_domain("shop.example")
                .statuses([CertificateStatus::Issued, CertificateStatus::PendingValidation]),
        )
        .await,
        ask(
            &harness,
            HERE,
            Certificate::for_domain(seed::CERTIFICATE_DOMAIN).types([CertificateType::Imported]),
        )
        .await
        .replace(&seed::certificate_arn("000000000000", HERE.code()), "SEEDED"),
    ];
    expect![[r#"
        no certificate for shop.example is as asked for, but there is ARN PENDING_VALIDATION AMAZON_ISSUED RSA_2048 in us-east-1
          hint: wait until it is issued, or say which statuses, types and key algorithms are meant
        no certificate with the ARN ARN is as asked for, but there is ARN PENDING_VALIDATION AMAZON_ISSUED RSA_2048 in us-east-1
          hint: wait until it is issued, or say which statuses, types and key algorithms are meant
        ARN shop.example PENDING_VALIDATION
        no certificate for *.naveenteja.cloud is as asked for, but there is SEEDED ISSUED AMAZON_ISSUED RSA_2048 in us-east-1
          hint: wait until it is issued, or say which statuses, types and key algorithms are meant"#]].assert_eq(&answers.join("\n").replace(&arn, "ARN"));
}

/// A listing of more than a page is read to its end.
#[tokio::test]
async fn every_page_counts() {
    let harness = Harness::new();
    harness.cloud.with_world(|world| {
        for number in 0..1_001 {
            let body = format!(r#"{{"DomainName": "n{number}.example"}}"#);
            let call = call::Call {
                account: "000000000000".into(),
                region: HERE.code().into(),
                service: call::Service::Acm,
                operation: "RequestCertificate".into(),
                request: call::Request { body: body.into(), ..Default::default() },
            };
            acm::handle(world, &call).unwrap();
        }
    });
    let mut missing = Vec::new();
    for number in 0..1_001 {
        let name = format!("n{number}.example");
        // The pages are in the order of random ids: each of these may be the only one of the last.
        if number % 100 == 0
            && !ask(&harness, HERE, Certificate::for_domain(&name)).await.ends_with("ISSUED")
        {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}
