use bicoastal_model::resource::Check;
use bicoastal_model::{
    Goal, Name, Ownership, Place, Region, Resource, ResourceId, ScopeKind, Snapshot, Status, Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::calls::TargetGroupCall;
use super::{
    BalancingAlgorithm, ProtocolVersion, Stickiness, StickinessType, TargetFailover, TargetGroup,
    TargetHealthCheck, TargetHealthCheckProtocol, TargetProtocol, TargetType,
};
use crate::kind::{Kind, Next, Turn};

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::UsEast1] }
}

fn wrong(group: &TargetGroup, expect: Expect) {
    let mut check = Check::new(place());
    group.check(&mut check);
    expect.assert_eq(&check.errors().join("\n"));
}

#[test]
fn mistakes_are_found_offline() {
    wrong(
        &TargetGroup::builder()
            .name(Name::generated("web"))
            .protocol(TargetProtocol::Http)
            .port(8080)
            .vpc("vpc-1")
            .health_check(
                TargetHealthCheck::builder().path("/healthz").matcher("200,300-399").build(),
            )
            .stickiness(Stickiness::builder().by(StickinessType::LbCookie).build())
            .build(),
        expect![[""]],
    );
    wrong(
        &TargetGroup::builder()
            .name("function")
            .target_type(TargetType::Lambda)
            .port(0)
            .deregistration_delay(4000)
            .health_check(TargetHealthCheck::builder().enabled(false).build())
            .build(),
        expect![[r#"
            a group of a function does not have a port
            port 0 is not a port
            deregistration_delay is for servers
            deregistration_delay is not between 0 and 3600 s"#]],
    );
    wrong(
        &TargetGroup::builder()
            .name("-net-")
            .protocol(TargetProtocol::Tcp)
            .protocol_version(ProtocolVersion::Grpc)
            .slow_start(10)
            .algorithm(BalancingAlgorithm::RoundRobin)
            .anomaly_mitigation(true)
            .target_failover(TargetFailover::Rebalance)
            .lambda_multi_value_headers(true)
            .dns_failover_minimum_percentage(0)
            .stickiness(
                Stickiness::builder()
                    .by(StickinessType::LbCookie)
                    .cookie_name("x")
                    .seconds(0)
                    .build(),
            )
            .health_check(
                TargetHealthCheck::builder()
                    .enabled(false)
                    .protocol(TargetHealthCheckProtocol::Tcp)
                    .port("http")
                    .path("healthz")
                    .matcher("2xx")
                    .interval(5)
                    .timeout(5)
                    .healthy_threshold(1)
                    .unhealthy_threshold(11)
                    .build(),
            )
            .build(),
        expect![[r#"
            the name '-net-' is not one of 1 to 32 letters, digits and inner hyphens that does not begin with 'internal-'
            it lacks a port
            it lacks a VPC
            protocol_version is for HTTP and HTTPS
            slow_start is for HTTP and HTTPS
            algorithm is for HTTP and HTTPS
            anomaly_mitigation is for HTTP and HTTPS
            target_failover is for GENEVE
            lambda_multi_value_headers is for functions
            anomaly_mitigation works with the algorithm weighted_random
            slow_start is neither 0 nor between 30 and 900 s
            dns_failover_minimum_percentage is not between 1 and 100
            stickiness by lb_cookie does not fit the protocol
            a cookie_name goes with stickiness by app_cookie
            stickiness is not between 1 and 604800 s
            health checks can only be switched off for functions
            the health check's healthy_threshold is not between 2 and 10
            the health check's unhealthy_threshold is not between 2 and 10
            the health check's timeout is not below its interval
            the health check's path does not begin with /, or has more than 1024 characters
            a health check by TCP has no path
            the health check's port is neither a number nor traffic-port
            the health check's matcher '2xx' is not a list of codes"#]],
    );
}

#[test]
fn unhealthy_targets_keep_their_connections_only_where_that_is_said() {
    let with = |protocol: TargetProtocol, terminate: Option<bool>, seconds: u32| {
        TargetGroup::builder()
            .name("net")
            .protocol(protocol)
            .port(80)
            .vpc("vpc-1")
            .maybe_unhealthy_connection_termination(terminate)
            .unhealthy_draining_interval(seconds)
            .build()
    };
    wrong(&with(TargetProtocol::Tcp, Some(false), 360_000), expect![[""]]);
    wrong(
        &with(TargetProtocol::Udp, None, 360_001),
        expect![[r#"
            unhealthy_draining_interval is for TCP and TLS
            unhealthy_draining_interval is not between 0 and 360000 s
            unhealthy_draining_interval is for connections that are not closed at once (unhealthy_connection_termination)"#]],
    );
}

fn next(wanted: Option<&TargetGroup>, applied: &TargetGroup, seen: Option<Value>) -> String {
    let target = Target {
        id: ResourceId::new("us-east-1/web"),
        kind: "ELBv2:TargetGroup".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: json!({ "name": "web" }).into(),
        tags: Default::default(),
    };
    let applied = serde_json::to_value(applied).unwrap();
    let goal = match wanted {
        Some(wanted) => {
            Goal::Present { wanted: serde_json::to_value(wanted).unwrap(), applied: Some(applied) }
        }
        None => Goal::Absent { applied, lift_guards: false },
    };
    let seen = seen.map(|props| Snapshot {
        physical: "arn".into(),
        props,
        outputs: Default::default(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: Default::default(),
    });
    let turn = Turn::<TargetGroup>::new(&target, &goal, seen.as_ref()).unwrap();
    match TargetGroup::step(&turn) {
        Next::Call(TargetGroupCall::Create(_)) => "Create".to_owned(),
        Next::Call(TargetGroupCall::Modify(_)) => "Modify".to_owned(),
        Next::Call(call) => format!("{call:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_is_no_longer_mentioned_goes_back() {
    let full = TargetGroup::builder()
        .name("web")
        .health_check(TargetHealthCheck::builder().path("/healthz").build())
        .slow_start(60)
        .anomaly_mitigation(true)
        .dns_failover_minimum_percentage(50)
        .stickiness(Stickiness::builder().by(StickinessType::AppCookie).cookie_name("id").build())
        .target_failover(TargetFailover::Rebalance)
        .tags([("a", "b")])
        .build();
    let bare = TargetGroup::builder().name("web").build();
    let as_full = serde_json::to_value(&full).unwrap();
    let mut halfway = as_full.clone();
    halfway["health_check"]["path"] = json!("/");
    halfway["health_check"]["interval"] = json!(30);
    let mut out = vec![
        next(Some(&full), &full, None),
        next(Some(&full), &full, Some(as_full.clone())),
        next(Some(&full), &full, Some(halfway)),
        next(
            Some(&full),
            &bare,
            Some(json!({ "name": "web", "health_check": { "path": "/healthz" } })),
        ),
        next(Some(&bare), &full, Some(as_full)),
        next(Some(&bare), &full, Some(json!({ "name": "web", "tags": { "a": "b" } }))),
    ];
    out.push(next(None, &full, Some(json!({}))));
    out.push(next(None, &full, None));
    expect![[r#"
        Create
        Done
        Modify
        SetAttributes({"load_balancing.algorithm.anomaly_mitigation": "on", "slow_start.duration_seconds": "60", "stickiness.app_cookie.cookie_name": "id", "stickiness.app_cookie.duration_seconds": "86400", "stickiness.enabled": "true", "stickiness.type": "app_cookie", "target_failover.on_deregistration": "rebalance", "target_failover.on_unhealthy": "rebalance", "target_group_health.dns_failover.minimum_healthy_targets.percentage": "50"})
        SetAttributes({"load_balancing.algorithm.anomaly_mitigation": "off", "slow_start.duration_seconds": "0", "stickiness.enabled": "false", "target_failover.on_deregistration": "no_rebalance", "target_failover.on_unhealthy": "no_rebalance", "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off"})
        Tags(Remove(["a"]))
        Delete
        Done
    "#]].assert_eq(&(out.join("\n") + "\n"));
}
