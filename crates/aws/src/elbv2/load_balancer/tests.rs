use bicoastal_model::resource::Check;
use bicoastal_model::{
    Goal, Name, Ownership, Place, Region, Resource, ResourceId, ScopeKind, Snapshot, Status, Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::calls::LoadBalancerCall;
use super::{
    IpAddressType, LoadBalancer, LoadBalancerType, LogBucket, Scheme, SubnetMapping, ZoneRouting,
};
use crate::kind::{Kind, Next, Turn};

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::UsEast1] }
}

fn wrong(balancer: &LoadBalancer, expect: Expect) {
    let mut check = Check::new(place());
    balancer.check(&mut check);
    expect.assert_eq(&check.errors().join("\n"));
}

#[test]
fn mistakes_are_found_offline() {
    wrong(
        &LoadBalancer::builder()
            .name(Name::generated("front"))
            .subnets(["subnet-1", "subnet-2"])
            .idle_timeout(120)
            .build(),
        expect![[""]],
    );
    wrong(
        &LoadBalancer::builder()
            .name("internal-front_of_everything_in_the_world")
            .subnets(["subnet-1", "subnet-1"])
            .idle_timeout(0)
            .client_keep_alive(1)
            .zone_routing(ZoneRouting::OwnZone)
            .scheme(Scheme::Internal)
            .ip_address_type(IpAddressType::DualstackWithoutPublicIpv4)
            .build(),
        expect![[r#"
            the name 'internal-front_of_everything_in_the_world' is not one of 1 to 32 letters, digits and inner hyphens that does not begin with 'internal-'
            a subnet is named twice
            dualstack-without-public-ipv4 is for internet-facing application load balancers
            zone_routing is for network load balancers
            idle_timeout is not between 1 and 4000 s
            client_keep_alive is not between 60 and 604800 s"#]],
    );
    wrong(
        &LoadBalancer::builder().name("front").subnets(["subnet-1"]).build(),
        expect!["an application load balancer needs subnets in two Availability Zones"],
    );
    wrong(
        &LoadBalancer::builder().name("front").build(),
        expect!["it takes either subnets or subnet_mappings"],
    );
    wrong(
        &LoadBalancer::builder()
            .name("net")
            .load_balancer_type(LoadBalancerType::Network)
            .subnet_mappings([SubnetMapping::builder()
                .subnet("subnet-1")
                .allocation_id("eipalloc-1")
                .private_ipv4_address("10.0.0.1")
                .build()])
            .http2(true)
            .build(),
        expect![[r#"
            only an internal load balancer can be given private addresses
            http2 is for application load balancers"#]],
    );
    wrong(
        &LoadBalancer::builder()
            .name("net")
            .load_balancer_type(LoadBalancerType::Network)
            .subnet_mappings([
                SubnetMapping::builder().subnet("subnet-1").ipv6_address("2001:db8:0::1").build(),
                SubnetMapping::builder().subnet("subnet-2").ipv6_address("10.0.0.1").build(),
            ])
            .enforce_security_group_inbound_rules_on_private_link_traffic(false)
            .build(),
        expect![[r#"
            only a dualstack network load balancer can be given IPv6 addresses
            '2001:db8:0::1' is '2001:db8::1' in its shortest form: write that
            only a dualstack network load balancer can be given IPv6 addresses
            '10.0.0.1' is not an IPv6 address
            enforce_security_group_inbound_rules_on_private_link_traffic is for network load balancers with security groups"#]],
    );
    wrong(
        &LoadBalancer::builder()
            .name("gwy")
            .load_balancer_type(LoadBalancerType::Gateway)
            .subnets(["subnet-1"])
            .security_groups(["sg-1"])
            .access_logs(LogBucket::builder().bucket("logs").build())
            .build(),
        expect![[r#"
            a gateway load balancer has neither security groups nor a scheme
            a gateway load balancer has neither access_logs nor zonal_shift"#]],
    );
}

/// What is next for a load balancer that was applied as `applied` and looks like `seen`.
fn next(wanted: Option<&LoadBalancer>, applied: Value, seen: Option<(Value, Status)>) -> String {
    let target = Target {
        id: ResourceId::new("us-east-1/front"),
        kind: "ELBv2:LoadBalancer".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: json!({ "name": "front" }).into(),
        tags: Default::default(),
    };
    let goal = match wanted {
        Some(wanted) => {
            Goal::Present { wanted: serde_json::to_value(wanted).unwrap(), applied: Some(applied) }
        }
        None => Goal::Absent { applied, lift_guards: false },
    };
    step(&target, &goal, seen)
}

fn step(target: &Target, goal: &Goal, seen: Option<(Value, Status)>) -> String {
    let seen = seen.map(|(props, status)| Snapshot {
        physical: "arn".into(),
        props,
        outputs: Default::default(),
        status,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: Default::default(),
    });
    let turn = Turn::<LoadBalancer>::new(target, goal, seen.as_ref()).unwrap();
    match LoadBalancer::step(&turn) {
        Next::Call(LoadBalancerCall::Create(_)) => "Create".to_owned(),
        Next::Call(LoadBalancerCall::SetSubnets(_)) => "SetSubnets".to_owned(),
        Next::Call(call) => format!("{call:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn one_thing_after_the_other() {
    let balancer = LoadBalancer::builder()
        .name("front")
        .subnets(["subnet-1", "subnet-2"])
        .security_groups(["sg-1"])
        .idle_timeout(120)
        .access_logs(LogBucket::builder().bucket("logs").prefix("front").build())
        .build();
    let applied = serde_json::to_value(&balancer).unwrap();
    let mut now = applied.clone();
    now["tags"] = json!({ "theirs": "stays" });
    let ready = |props: &Value| Some((props.clone(), Status::Ready));
    let mut out = vec![
        next(Some(&balancer), applied.clone(), None),
        next(
            Some(&balancer),
            applied.clone(),
            Some((now.clone(), Status::Busy("provisioning".into()))),
        ),
        next(
            Some(&balancer),
            applied.clone(),
            Some((now.clone(), Status::Failed("no room".into()))),
        ),
        next(Some(&balancer), applied.clone(), ready(&now)),
    ];
    let bare = LoadBalancer::builder().name("front").subnets(["subnet-3", "subnet-2"]).build();
    out.push(next(Some(&bare), applied.clone(), ready(&now)));
    now["subnets"] = json!(["subnet-2", "subnet-3"]);
    out.push(next(Some(&bare), applied.clone(), ready(&now)));
    now["idle_timeout"] = json!(60);
    now.as_object_mut().unwrap().remove("access_logs");
    out.push(next(Some(&bare), applied.clone(), ready(&now)));
    expect![[r#"
        Create
        Wait { what: "load balancer provisioning", poll: 15s, patience: 900s }
        Refuse { message: "AWS could not set the load balancer up: no room", hint: "make room (free addresses in its subnets), then replace it with --replace and its id" }
        Done
        SetSubnets
        SetAttributes({"access_logs.s3.enabled": "false", "idle_timeout.timeout_seconds": "60"})
        Done
    "#]].assert_eq(&(out.join("\n") + "\n"));
}

#[test]
fn what_cannot_be_is_refused() {
    let with_group = LoadBalancer::builder()
        .name("front")
        .subnets(["subnet-1"])
        .security_groups(["sg-1"])
        .build();
    let net = json!({
        "name": "front",
        "load_balancer_type": "network",
        "subnets": ["subnet-1"],
        "security_groups": [],
        "deletion_protection": true,
    });
    expect![[r#"Refuse { message: "a network load balancer that was made without security groups can't get any", hint: "replace it: --replace and its id" }"#]].assert_eq(&next(
        Some(&with_group),
        json!({}),
        Some((net.clone(), Status::Ready)),
    ));
    expect![[r#"Refuse { message: "deletion protection is on", hint: "lift it with --unprotect us-east-1/front" }"#]].assert_eq(&next(None, json!({}), Some((net, Status::Ready))));
    expect!["Delete"].assert_eq(&next(None, json!({}), Some((json!({}), Status::Ready))));
    expect!["Done"].assert_eq(&next(None, json!({}), None));
}
