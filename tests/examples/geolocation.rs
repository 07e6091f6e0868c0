//! `examples/geolocation.rs`, asked as its users ask it.

use std::collections::BTreeMap;

use bicoastal_local::route53::health::Health;
use bicoastal_local::route53::resolve::{ClientLocation, Outcome, resolve};
use expect_test::expect;

use crate::common::{World, changes};

#[path = "../../examples/geolocation.rs"]
#[allow(dead_code, reason = "its main function runs it as a program")]
mod example;

const ACCOUNT: &str = "000000000000";

/// What clients at these places are answered.
fn answers(world: &World, name: &str, places: &[&str]) -> String {
    world.cloud.with_world(|world| {
        let mut lines = String::new();
        for place in places {
            let client = ClientLocation::near(place).expect("a region");
            let answer = resolve(world, ACCOUNT, name, "A", &client, &|_| None);
            let values = match answer.outcome {
                Outcome::Values(values) => values.join(" "),
                other => format!("{other:?}"),
            };
            lines.push_str(&format!("{place} ({}): {values}\n", client.country));
        }
        lines
    })
}

/// Says that the checkers reach, or do not reach, the origins of these regions.
fn health(world: &World, sick: &[&str]) {
    world.cloud.with_world(|world| {
        let account = world.route53.account(ACCOUNT).expect("an account with a zone");
        let checks: Vec<(String, bool)> = account
            .health_checks
            .values()
            .map(|check| {
                let host = check.config.fqdn.clone().unwrap_or_default();
                (check.id.clone(), sick.iter().any(|region| host.starts_with(region)))
            })
            .collect();
        assert_eq!(checks.iter().filter(|(_, sick)| *sick).count(), sick.len());
        for (id, sick) in checks {
            let health = if sick { Health::Unhealthy } else { Health::Healthy };
            world.route53.set_health(ACCOUNT, &id, health);
        }
    });
}

#[tokio::test]
async fn users_are_answered_by_where_they_are() {
    let world = World::new();
    world.apply(example::declare).await;
    assert_eq!(changes(&world.plan(example::declare).await), Vec::<String>::new());

    let everywhere = ["eu-central-1", "ap-south-2", "us-west-2", "ap-northeast-1"];
    expect![[r#"
        eu-central-1 (DE): 198.51.100.10 198.51.100.11
        ap-south-2 (IN): 203.0.113.10 203.0.113.11
        us-west-2 (US): 192.0.2.10 192.0.2.11
        ap-northeast-1 (JP): 192.0.2.10 192.0.2.11
    "#]]
    .assert_eq(&answers(&world, "app.example.org", &everywhere));

    // A place that is not healthy is answered for by the next larger one.
    health(&world, &["ap-south-1"]);
    expect![[r#"
        eu-central-1 (DE): 198.51.100.10 198.51.100.11
        ap-south-2 (IN): 192.0.2.10 192.0.2.11
        us-west-2 (US): 192.0.2.10 192.0.2.11
        ap-northeast-1 (JP): 192.0.2.10 192.0.2.11
    "#]]
    .assert_eq(&answers(&world, "app.example.org", &everywhere));

    expect![[r#"
        us-east-1 (US): 192.0.2.10 192.0.2.11
    "#]]
    .assert_eq(&answers(&world, "status.example.org", &["us-east-1"]));
    health(&world, &["us-east-1"]);
    expect![[r#"
        us-east-1 (US): 198.51.100.99
    "#]]
    .assert_eq(&answers(&world, "status.example.org", &["us-east-1"]));
}

#[tokio::test]
async fn one_request_in_ten_goes_to_the_canary() {
    let world = World::new();
    world.apply(example::declare).await;
    let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    world.cloud.with_world(|world| {
        let client = ClientLocation::near("us-east-1").expect("a region");
        for draw in 0..1_000 {
            let client = client.clone().drawing(draw);
            let answer = resolve(world, ACCOUNT, "beta.example.org", "A", &client, &|_| None);
            if let Outcome::Values(values) = answer.outcome {
                *counts.entry(values).or_default() += 1;
            }
        }
    });
    let of = |address: &str| counts.get(&vec![address.to_owned()]).copied().unwrap_or_default();
    assert_eq!(of("192.0.2.20") + of("192.0.2.21"), 1_000, "{counts:?}");
    assert!((70..=130).contains(&of("192.0.2.21")), "{counts:?}");
}
