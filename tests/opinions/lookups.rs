//! Certificates, which are only looked up, on every judge: a listener takes the one that is found.

use bicoastal::Desired;
use bicoastal::aws::acm::{CertificateQuery, CertificateStatus};
use bicoastal::prelude::*;
use serde_json::json;

use crate::cloud::{Judge, Place};
use crate::runs::Runs;

const HERE: Region = Region::UsEast1;

/// The certificate of this query, shown, and a listener with it.
fn program(judge: Judge, place: &Place, query: CertificateQuery) -> Desired {
    let mut stack = Stack::new("contract-looked-up");
    let certificate = stack.region(HERE).lookup("certificate", query);
    stack.export("certificate", certificate.arn());
    // `gaps/ministack.py::does_not_list_certificates`: nothing with a certificate is read there.
    if judge == Judge::Ministack {
        return stack.seal().unwrap_or_else(|mistakes| panic!("{mistakes}"));
    }
    let mut here = stack.region(HERE);
    let [a, b, _] = &place.subnets;
    let front =
        LoadBalancer::builder().name("contract-looked-up").subnets([a.as_str(), b.as_str()]);
    let front = here.add("front", front.build());
    let https = Listener::builder()
        .load_balancer(front.arn())
        .port(443)
        .protocol(ListenerProtocol::Https)
        .certificate(certificate.arn())
        .default_actions([ListenerAction::fixed_response(404, "")]);
    here.add("https", https.build());
    stack.seal().unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

async fn hold(judge: Judge) {
    let Some(opened) = judge.open("looking up a certificate") else { return };
    let place = opened.places.of(HERE);
    let [wildcard, more] = &place.certificates;
    let any = [CertificateStatus::Issued, CertificateStatus::PendingValidation];
    let by_domain = Certificate::for_domain("more.naveenteja.cloud").statuses(any).most_recent();
    let by_arn = Certificate::with_arn(wildcard).statuses(any);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let runs = Runs::new(opened.provider(), dir.path(), &opened);
    for (query, arn) in [(by_domain, more), (by_arn, wildcard)] {
        let desired = program(judge, place, query);
        runs.apply(&desired).await;
        let state = runs.engine.state(&desired.stack).await.expect("state").expect("state");
        assert_eq!(state.exports, [("certificate".to_owned(), json!(arn))], "{}", judge.name());
        if judge != Judge::Ministack {
            let (_, entry) = state.current(&"us-east-1/https".into()).expect("a listener");
            let applied = entry.applied.as_ref().expect("it was applied");
            assert_eq!(applied["certificate"], json!(arn), "{}", judge.name());
        }
    }
    let nothing = program(judge, place, Certificate::for_domain("none.naveenteja.cloud"));
    let refused = runs.engine.plan(&nothing, &Default::default()).await.expect_err("there is none");
    assert!(refused.to_string().contains("certificate"), "{refused}");
    runs.destroy(&program(judge, place, Certificate::with_arn(wildcard).statuses(any))).await;
}

#[tokio::test]
async fn on_the_local_cloud() {
    hold(Judge::Local).await;
}

#[tokio::test]
async fn on_moto() {
    hold(Judge::Moto).await;
}

#[tokio::test]
async fn on_ministack() {
    hold(Judge::Ministack).await;
}
