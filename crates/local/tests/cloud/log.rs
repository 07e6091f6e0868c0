use bicoastal_local::Cloud;
use bicoastal_local::faults::{Effect, Rule};
use expect_test::expect;

use crate::{create_role, get_role, outcome, who_am_i};

#[test]
fn every_call_is_in_the_log() {
    let cloud = Cloud::new();
    cloud.faults().add(Rule::new(Effect::LoseAnswer).mutating().nth(2));
    for call in [create_role("a"), get_role("b"), create_role("b"), who_am_i("eu-west-1")] {
        outcome(&cloud, call);
        cloud.advance(1000);
    }
    let born = Cloud::new().now();
    let log: String = cloud
        .calls()
        .iter()
        .map(|call| {
            format!(
                "{} {}ms {} {} {} {} {} {:?} {:?}\n",
                call.number,
                call.at_ms - born,
                call.account,
                call.service.signing_name(),
                call.region,
                call.operation,
                if call.mutating { "writes" } else { "reads" },
                call.status,
                call.code,
            )
        })
        .collect();
    expect![[r#"
        1 0ms 000000000000 iam us-east-1 CreateRole writes Some(200) None
        2 1000ms 000000000000 iam us-east-1 GetRole reads Some(404) Some("NoSuchEntity")
        3 2000ms 000000000000 iam us-east-1 CreateRole writes None Some("ConnectionReset")
        4 3000ms 000000000000 sts eu-west-1 GetCallerIdentity reads Some(200) None
    "#]]
    .assert_eq(&log);
    expect!["{Iam: 3, Sts: 1}"].assert_eq(&format!("{:?}", cloud.calls_by_service()));
}
