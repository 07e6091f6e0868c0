//! Load balancers, target groups and listeners against the local cloud.
#![cfg(feature = "elbv2")]
#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

mod common;
#[path = "elbv2/oidc.rs"]
mod oidc;
#[path = "elbv2/types.rs"]
mod types;

use std::time::Duration;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    ListenerAttribute, LoadBalancerAttribute, ProtocolEnum, Tag,
};
use bicoastal_aws::elbv2::{
    AuthenticateCognito, BalancingAlgorithm, DesyncMitigation, FrameOptions, Listener,
    ListenerAction, ListenerProtocol, ListenerRule, LoadBalancer, LoadBalancerType, LogBucket,
    Rewrite, RuleCondition, Stickiness, StickinessType, TargetGroup, TargetHealthCheck,
    TargetProtocol, TargetType,
};
use bicoastal_local::faults::{Effect, Rule};
use bicoastal_local::seed;
use bicoastal_model::{Provider, Region, Resource, Seen, Snapshot, Stack, Target};
use common::{Harness, Subject};
use expect_test::expect;
use serde_json::{Value, json};

const HERE: Region = Region::ApSouth1;

fn props<R: serde::Serialize>(resource: R) -> Value {
    serde_json::to_value(resource).unwrap()
}

fn front() -> Value {
    let [a, b, _] = seed::subnet_ids(HERE.code());
    props(
        LoadBalancer::builder()
            .name("Front")
            .subnets([b.as_str(), a.as_str()])
            .idle_timeout(120)
            .deletion_protection(false)
            .tags([("Project", "x")])
            .build(),
    )
}

fn web(name: &str) -> Value {
    props(
        TargetGroup::builder()
            .name(name)
            .target_type(TargetType::Ip)
            .protocol(TargetProtocol::Http)
            .port(8080)
            .vpc(seed::vpc_id(HERE.code()).as_str())
            .health_check(TargetHealthCheck::builder().path("/healthz").interval(10).build())
            .deregistration_delay(30)
            .tags([("Project", "x")])
            .build(),
    )
}

fn https(balancer: &str, group: &str) -> Value {
    props(
        Listener::builder()
            .load_balancer(balancer)
            .port(443)
            .protocol(ListenerProtocol::Https)
            .certificate(seed::certificate_arn("000000000000", HERE.code()).as_str())
            .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
            .default_actions([ListenerAction::forward(group)])
            .tags([("Project", "x")])
            .build(),
    )
}

fn pool() -> AuthenticateCognito {
    AuthenticateCognito::builder()
        .user_pool_arn("arn:aws:cognito-idp:ap-south-1:000000000000:userpool/p")
        .user_pool_client_id("client")
        .user_pool_domain("users")
        .build()
}

fn cognito() -> ListenerAction {
    ListenerAction::authenticate_cognito(pool())
}

/// Changes one field after the other, and answers the calls that each took.
async fn change(subject: &mut Subject<'_>, changes: Vec<(&str, Value)>) -> String {
    let mut out = String::new();
    for (field, value) in changes {
        let mut changed = subject.applied.clone().unwrap();
        match value {
            Value::Null => changed.as_object_mut().unwrap().remove(field),
            value => changed.as_object_mut().unwrap().insert(field.to_owned(), value),
        };
        subject.apply(&changed).await;
        out.push_str(&format!("{field}: {}\n", subject.calls.join(", ")));
    }
    out
}

#[tokio::test]
async fn a_load_balancer_keeps_the_contract() {
    let harness = Harness::new();
    let mut balancer = harness.regional::<LoadBalancer>("front", HERE);
    let made = balancer.create_forgetfully(&front()).await;
    assert_eq!(made.outputs["canonical_hosted_zone_id"], "ZP97RAFLXTNZK");
    let dns = made.outputs["dns_name"].as_str().unwrap();
    assert!(dns.starts_with("Front-") && dns.ends_with(".ap-south-1.elb.amazonaws.com"), "{dns}");

    let [a, b, c] = seed::subnet_ids(HERE.code());
    let logs = LogBucket::builder().bucket("logs").prefix("front").build();
    let calls = change(
        &mut balancer,
        vec![
            ("subnets", json!([a, b, c])),
            ("subnets", json!([c, b])),
            ("security_groups", json!(["sg-1", "sg-2"])),
            ("ip_address_type", json!("dualstack")),
            ("cross_zone", json!(true)),
            ("zonal_shift", json!(true)),
            ("idle_timeout", json!(60)),
            ("client_keep_alive", json!(60)),
            ("http2", json!(false)),
            ("drop_invalid_header_fields", json!(true)),
            ("preserve_host_header", json!(true)),
            ("desync_mitigation", json!(DesyncMitigation::Strictest)),
            ("tls_version_and_cipher_headers", json!(true)),
            ("xff_client_port", json!(true)),
            ("xff_headers", json!("remove")),
            ("waf_fail_open", json!(true)),
            ("access_logs", json!(logs)),
            ("connection_logs", json!(logs)),
            ("tags", json!({ "Project": "y" })),
            // What is no longer mentioned goes back to AWS's default, where there is one.
            ("security_groups", Value::Null),
            ("ip_address_type", Value::Null),
            ("http2", Value::Null),
            ("desync_mitigation", Value::Null),
            ("access_logs", Value::Null),
            ("tags", Value::Null),
        ],
    )
    .await;
    expect![[r#"
        subnets: SetSubnets
        subnets: SetSubnets
        security_groups: SetSecurityGroups
        ip_address_type: SetIpAddressType
        cross_zone: 
        zonal_shift: ModifyLoadBalancerAttributes
        idle_timeout: ModifyLoadBalancerAttributes
        client_keep_alive: ModifyLoadBalancerAttributes
        http2: ModifyLoadBalancerAttributes
        drop_invalid_header_fields: ModifyLoadBalancerAttributes
        preserve_host_header: ModifyLoadBalancerAttributes
        desync_mitigation: ModifyLoadBalancerAttributes
        tls_version_and_cipher_headers: ModifyLoadBalancerAttributes
        xff_client_port: ModifyLoadBalancerAttributes
        xff_headers: ModifyLoadBalancerAttributes
        waf_fail_open: ModifyLoadBalancerAttributes
        access_logs: ModifyLoadBalancerAttributes
        connection_logs: ModifyLoadBalancerAttributes
        tags: AddTags
        security_groups: 
        ip_address_type: SetIpAddressType
        http2: ModifyLoadBalancerAttributes
        desync_mitigation: ModifyLoadBalancerAttributes
        access_logs: ModifyLoadBalancerAttributes
        tags: RemoveTags
    "#]]
    .assert_eq(&calls);
    balancer.destroy().await;
}

#[tokio::test]
async fn a_network_load_balancer_has_its_own_attributes() {
    let harness = Harness::new();
    let [a, ..] = seed::subnet_ids(HERE.code());
    let mut net = harness.regional::<LoadBalancer>("net", HERE);
    let plain = props(
        LoadBalancer::builder()
            .name("net")
            .load_balancer_type(LoadBalancerType::Network)
            .subnets([a.as_str()])
            .cross_zone(true)
            .build(),
    );
    let made = net.apply(&plain).await;
    assert_eq!(made.outputs["canonical_hosted_zone_id"], "ZVDDRBQ08TROA");
    assert_eq!(net.calls, ["CreateLoadBalancer", "ModifyLoadBalancerAttributes"]);
    change(&mut net, vec![("zone_routing", json!("availability_zone_affinity"))]).await;
    let mut grouped = net.applied.clone().unwrap();
    grouped["security_groups"] = json!(["sg-1"]);
    let refused = net.try_apply(&grouped).await.unwrap_err();
    expect!["a network load balancer that was made without security groups can't get any"]
        .assert_eq(&refused.facts().message);
}

#[tokio::test]
async fn drift_is_seen_and_the_guard_holds() {
    let harness = Harness::new();
    let mut balancer = harness.regional::<LoadBalancer>("front", HERE);
    let arn = balancer.apply(&front()).await.physical;
    let other = Client::new(&harness.sdk_in(HERE));
    let set =
        |key: &str, value: &str| LoadBalancerAttribute::builder().key(key).value(value).build();
    other
        .modify_load_balancer_attributes()
        .load_balancer_arn(&arn)
        .attributes(set("deletion_protection.enabled", "true"))
        .attributes(set("idle_timeout.timeout_seconds", "30"))
        .attributes(set("routing.http2.enabled", "false"))
        .send()
        .await
        .unwrap();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let tags = other.add_tags().resource_arns(&arn);
    tags.tags(tag("theirs", "1")).tags(tag("Project", "z")).send().await.unwrap();
    expect![[r#"
        deletion_protection
        idle_timeout
        tags.Project
        (tags.theirs)"#]]
    .assert_eq(&balancer.drift(&front()).await.join("\n"));

    let refused = balancer.try_destroy(false).await.unwrap_err();
    expect!["  in : deletion protection is on"].assert_eq(&refused.to_string());
    balancer.try_destroy(true).await.unwrap();
    assert_eq!(balancer.calls, ["ModifyLoadBalancerAttributes", "DeleteLoadBalancer"]);
    balancer.destroy().await;
}

#[tokio::test]
async fn a_target_group_that_is_not_shown_yet_is_waited_for() {
    let harness = Harness::new();
    harness.cloud.set_duration("elbv2.target_group.visible", Duration::from_secs(8));
    let mut group = harness.regional::<TargetGroup>("web", HERE);
    // Its attributes are not told with the answer, so it has to be read.
    let mut wanted = web("web-1");
    wanted["slow_start"] = json!(60);
    group.apply(&wanted).await;
    assert_eq!(group.calls, ["CreateTargetGroup", "ModifyTargetGroupAttributes"]);
}

#[tokio::test]
async fn a_target_group_keeps_the_contract() {
    let harness = Harness::new();
    harness.cloud.set_duration("elbv2.target_group.visible", Duration::from_secs(3));
    let mut group = harness.regional::<TargetGroup>("web", HERE);
    group.create_forgetfully(&web("web-1")).await;
    // Who has forgotten that it was made, and is not shown it yet, asks again and is answered with it.
    let client = Client::new(&harness.sdk_in(HERE));
    let there = client.describe_target_groups().send().await.unwrap();
    assert_eq!(there.target_groups().len(), 1);
    let stickiness = Stickiness::builder().by(StickinessType::AppCookie).cookie_name("id").build();
    let calls = change(
        &mut group,
        vec![
            (
                "health_check",
                json!(
                    TargetHealthCheck::builder()
                        .path("/ok")
                        .port("9090")
                        .matcher("200-299")
                        .interval(20)
                        .timeout(10)
                        .healthy_threshold(3)
                        .unhealthy_threshold(3)
                        .build()
                ),
            ),
            ("deregistration_delay", json!(0)),
            ("slow_start", json!(60)),
            ("algorithm", json!(BalancingAlgorithm::WeightedRandom)),
            ("anomaly_mitigation", json!(true)),
            ("stickiness", json!(stickiness)),
            ("cross_zone", json!("false")),
            ("dns_failover_minimum_count", json!(2)),
            ("dns_failover_minimum_percentage", json!(50)),
            ("unhealthy_routing_minimum_count", json!(2)),
            ("unhealthy_routing_minimum_percentage", json!(50)),
            ("tags", json!({ "Project": "y" })),
            ("anomaly_mitigation", Value::Null),
            ("stickiness", Value::Null),
            ("dns_failover_minimum_percentage", Value::Null),
            ("health_check", Value::Null),
            ("tags", Value::Null),
        ],
    )
    .await;
    expect![[r#"
        health_check: ModifyTargetGroup
        deregistration_delay: ModifyTargetGroupAttributes
        slow_start: ModifyTargetGroupAttributes
        algorithm: ModifyTargetGroupAttributes
        anomaly_mitigation: ModifyTargetGroupAttributes
        stickiness: ModifyTargetGroupAttributes
        cross_zone: ModifyTargetGroupAttributes
        dns_failover_minimum_count: ModifyTargetGroupAttributes
        dns_failover_minimum_percentage: ModifyTargetGroupAttributes
        unhealthy_routing_minimum_count: ModifyTargetGroupAttributes
        unhealthy_routing_minimum_percentage: ModifyTargetGroupAttributes
        tags: AddTags
        anomaly_mitigation: ModifyTargetGroupAttributes
        stickiness: ModifyTargetGroupAttributes
        dns_failover_minimum_percentage: ModifyTargetGroupAttributes
        health_check: 
        tags: RemoveTags
    "#]]
    .assert_eq(&calls);
    // What can't be changed says so in the plan.
    let mut moved = group.applied.clone().unwrap();
    moved["port"] = json!(9090);
    let difference = group.difference(&moved).await;
    assert_eq!(difference.changes[0].change, bicoastal_model::schema::Change::Replace);
    group.destroy().await;
}

#[tokio::test]
async fn a_listener_keeps_the_contract() {
    let harness = Harness::new();
    let mut balancer = harness.regional::<LoadBalancer>("front", HERE);
    let balancer_arn = balancer.apply(&front()).await.physical;
    let mut group = harness.regional::<TargetGroup>("web", HERE);
    let group_arn = group.apply(&web("web-1")).await.physical;
    let mut second = harness.regional::<TargetGroup>("web-2", HERE);
    let second_arn = second.apply(&web("web-2")).await.physical;

    let mut listener = harness.regional::<Listener>("https", HERE);
    listener.create_forgetfully(&https(&balancer_arn, &group_arn)).await;
    let acm = bicoastal_local::call::Call {
        account: "000000000000".into(),
        region: HERE.code().into(),
        service: bicoastal_local::call::Service::Acm,
        operation: "RequestCertificate".into(),
        request: bicoastal_local::call::Request {
            body: br#"{"DomainName":"more.example.com"}"#.to_vec().into(),
            ..Default::default()
        },
    };
    let more = harness.cloud.with_world(|world| bicoastal_local::acm::handle(world, &acm)).unwrap();
    let more: Value = serde_json::from_slice(&more.body).unwrap();
    let calls = change(
        &mut listener,
        vec![
            ("port", json!(8443)),
            ("ssl_policy", json!("ELBSecurityPolicy-TLS13-1-3-2021-06")),
            ("certificate", more["CertificateArn"].clone()),
            (
                "additional_certificates",
                json!([seed::certificate_arn("000000000000", HERE.code())]),
            ),
            ("mutual_authentication", json!({ "mode": "passthrough" })),
            (
                "default_actions",
                json!([ListenerAction::forward_weighted([
                    (group_arn.as_str(), 90),
                    (second_arn.as_str(), 10)
                ])]),
            ),
            ("default_actions", json!([ListenerAction::fixed_response(503, "closed")])),
            ("default_actions", json!([ListenerAction::forward(second_arn.as_str())])),
            ("tags", json!({ "Project": "y" })),
            ("server_header", json!(false)),
            ("strict_transport_security", json!("max-age=31536000; includeSubDomains")),
            ("content_security_policy", json!("default-src 'self'")),
            ("x_content_type_options", json!(true)),
            ("x_frame_options", json!(FrameOptions::Deny)),
            ("access_control_allow_origin", json!("https://www.example.com")),
            ("access_control_allow_methods", json!("GET,HEAD")),
            ("access_control_allow_headers", json!("*")),
            ("access_control_allow_credentials", json!(true)),
            ("access_control_expose_headers", json!("X-Trace")),
            ("access_control_max_age", json!(600)),
            ("mtls_clientcert_serial_number_header", json!("X-Serial")),
            ("mtls_clientcert_issuer_header", json!("X-Issuer")),
            ("mtls_clientcert_subject_header", json!("X-Subject")),
            ("mtls_clientcert_validity_header", json!("X-Validity")),
            ("mtls_clientcert_leaf_header", json!("X-Leaf")),
            ("mtls_clientcert_header", json!("X-Client")),
            ("tls_version_header", json!("X-Tls-Version")),
            ("tls_cipher_suite_header", json!("X-Tls-Cipher")),
            // What is no longer mentioned goes back to AWS's default.
            ("server_header", Value::Null),
            ("strict_transport_security", Value::Null),
            ("x_content_type_options", Value::Null),
            ("x_frame_options", Value::Null),
            ("access_control_allow_credentials", json!(false)),
            ("access_control_max_age", Value::Null),
            ("tls_version_header", Value::Null),
            ("additional_certificates", Value::Null),
            ("mutual_authentication", Value::Null),
            ("tags", Value::Null),
        ],
    )
    .await;
    expect![[r#"
        port: ModifyListener
        ssl_policy: ModifyListener
        certificate: ModifyListener
        additional_certificates: AddListenerCertificates
        mutual_authentication: ModifyListener
        default_actions: ModifyListener
        default_actions: ModifyListener
        default_actions: ModifyListener
        tags: AddTags
        server_header: ModifyListenerAttributes
        strict_transport_security: ModifyListenerAttributes
        content_security_policy: ModifyListenerAttributes
        x_content_type_options: ModifyListenerAttributes
        x_frame_options: ModifyListenerAttributes
        access_control_allow_origin: ModifyListenerAttributes
        access_control_allow_methods: ModifyListenerAttributes
        access_control_allow_headers: ModifyListenerAttributes
        access_control_allow_credentials: ModifyListenerAttributes
        access_control_expose_headers: ModifyListenerAttributes
        access_control_max_age: ModifyListenerAttributes
        mtls_clientcert_serial_number_header: ModifyListenerAttributes
        mtls_clientcert_issuer_header: ModifyListenerAttributes
        mtls_clientcert_subject_header: ModifyListenerAttributes
        mtls_clientcert_validity_header: ModifyListenerAttributes
        mtls_clientcert_leaf_header: ModifyListenerAttributes
        mtls_clientcert_header: ModifyListenerAttributes
        tls_version_header: ModifyListenerAttributes
        tls_cipher_suite_header: ModifyListenerAttributes
        server_header: ModifyListenerAttributes
        strict_transport_security: ModifyListenerAttributes
        x_content_type_options: ModifyListenerAttributes
        x_frame_options: ModifyListenerAttributes
        access_control_allow_credentials: ModifyListenerAttributes
        access_control_max_age: ModifyListenerAttributes
        tls_version_header: ModifyListenerAttributes
        additional_certificates: RemoveListenerCertificates
        mutual_authentication: ModifyListener
        tags: RemoveTags
    "#]]
    .assert_eq(&calls);

    let other = Client::new(&harness.sdk_in(HERE));
    other
        .modify_listener()
        .listener_arn(listener.target.physical.as_ref().unwrap())
        .port(444)
        .send()
        .await
        .unwrap();
    let applied = listener.applied.clone().unwrap();
    assert_eq!(listener.drift(&applied).await, ["port"]);
    listener.apply(&applied).await;
    let set = |key: &str, value: &str| ListenerAttribute::builder().key(key).value(value).build();
    other
        .modify_listener_attributes()
        .listener_arn(listener.target.physical.as_ref().unwrap())
        .attributes(set("routing.http.response.content_security_policy.header_value", ""))
        .attributes(set("routing.http.response.server.enabled", "false"))
        .send()
        .await
        .unwrap();
    // That of the server is said by nobody.
    assert_eq!(listener.drift(&applied).await, ["content_security_policy"]);
    listener.apply(&applied).await;

    // Somebody else's listener is a child of the load balancer, not of ours.
    other
        .create_listener()
        .load_balancer_arn(&balancer_arn)
        .protocol(ProtocolEnum::Http)
        .port(80)
        .default_actions(
            aws_sdk_elasticloadbalancingv2::types::Action::builder()
                .r#type("forward".into())
                .target_group_arn(&second_arn)
                .build(),
        )
        .send()
        .await
        .unwrap();
    let mut children: Vec<String> =
        balancer.read().await.unwrap().children.into_iter().map(|it| it.label).collect();
    children.sort();
    assert_eq!(children, ["listener HTTP 80", "listener HTTPS 8443"]);

    listener.destroy().await;
    // With its load balancer gone, a listener is gone.
    listener.applied = None;
    listener.target.physical = None;
    listener.apply(&applied).await;
    balancer.destroy().await;
    assert_eq!(listener.read().await, None);
    listener.destroy().await;
}

#[tokio::test]
async fn an_action_that_somebody_took_away_comes_back() {
    let harness = Harness::new();
    let balancer_arn =
        harness.regional::<LoadBalancer>("front", HERE).apply(&front()).await.physical;
    let group_arn = harness.regional::<TargetGroup>("web", HERE).apply(&web("web")).await.physical;
    let mut listener = harness.regional::<Listener>("https", HERE);
    let mut wanted = https(&balancer_arn, &group_arn);
    wanted["default_actions"] = json!([cognito(), ListenerAction::forward(group_arn.as_str())]);
    let arn = listener.apply(&wanted).await.physical;
    let forward = aws_sdk_elasticloadbalancingv2::types::Action::builder()
        .r#type("forward".into())
        .target_group_arn(&group_arn)
        .build();
    let theirs = Client::new(&harness.sdk_in(HERE)).modify_listener().listener_arn(&arn);
    theirs.default_actions(forward).send().await.unwrap();
    assert_eq!(listener.drift(&wanted).await, ["default_actions"]);
    listener.apply(&wanted).await;
    assert_eq!(listener.calls, ["ModifyListener"]);
    // All that is said of signing in is one change.
    let whole = AuthenticateCognito { sign_in: oidc::whole(), ..pool() };
    wanted["default_actions"][0] = json!(ListenerAction::authenticate_cognito(whole));
    assert_eq!(listener.drift(&wanted).await, ["default_actions"]);
    listener.apply(&wanted).await;
    assert_eq!(listener.calls, ["ModifyListener"]);
    assert_eq!(listener.drift(&wanted).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_certificate_that_is_new_is_waited_for() {
    let harness = Harness::new();
    let balancer_arn =
        harness.regional::<LoadBalancer>("front", HERE).apply(&front()).await.physical;
    let group_arn = harness.regional::<TargetGroup>("web", HERE).apply(&web("web")).await.physical;
    for (operation, times) in [("CreateListener", 2), ("ModifyListener", 1)] {
        let unknown = Effect::Answer {
            status: 400,
            code: "CertificateNotFound".into(),
            message: "Certificate not found".into(),
        };
        harness.cloud.faults().add(Rule::new(unknown).operation(operation).times(times));
    }
    let mut listener = harness.regional::<Listener>("https", HERE);
    let wanted = https(&balancer_arn, &group_arn);
    listener.apply(&wanted).await;
    let refused = "(CreateListener NotYet)";
    assert_eq!(listener.calls, [refused, refused, "CreateListener"]);
    let mut stricter = wanted;
    stricter["ssl_policy"] = json!("ELBSecurityPolicy-TLS13-1-3-2021-06");
    listener.apply(&stricter).await;
    assert_eq!(listener.calls, ["(ModifyListener NotYet)", "ModifyListener"]);
}

#[tokio::test]
async fn a_target_group_is_replaced_under_a_listener() {
    let harness = Harness::new();
    harness.cloud.set_duration("elbv2.target_group.release", Duration::from_secs(60));
    let mut balancer = harness.regional::<LoadBalancer>("front", HERE);
    let balancer_arn = balancer.apply(&front()).await.physical;
    let mut old = harness.regional::<TargetGroup>("web", HERE);
    let old_arn = old.apply(&web("web-1")).await.physical;
    let mut listener = harness.regional::<Listener>("https", HERE);
    listener.apply(&https(&balancer_arn, &old_arn)).await;

    let mut new = harness.regional::<TargetGroup>("web", HERE);
    let mut other_port = web("web-2");
    other_port["port"] = json!(9090);
    let new_arn = new.apply(&other_port).await.physical;
    listener.apply(&https(&balancer_arn, &new_arn)).await;
    old.destroy().await;
}

fn lookup(query: impl FnOnce(&mut Stack)) -> Target {
    let mut stack = Stack::new("test");
    query(&mut stack);
    let desired = stack.seal().unwrap();
    let declared = desired.resources.into_values().next().unwrap();
    common::lookup(declared)
}

#[tokio::test]
async fn existing_load_balancers_are_looked_up() {
    let harness = Harness::new();
    let mut arns = Vec::new();
    for name in ["one", "two"] {
        let mut balancer = harness.regional::<LoadBalancer>(name, HERE);
        let mut wanted = front();
        wanted["name"] = json!(name);
        wanted["tags"]["Name"] = json!(name);
        arns.push(balancer.apply(&wanted).await.physical);
    }
    let ask = async |query: bicoastal_aws::elbv2::LoadBalancerQuery| {
        let target = lookup(|stack| {
            stack.region(HERE).lookup("front", query);
        });
        match harness.provider.lookup(&target).await {
            Ok(Seen::Present(Snapshot { physical, outputs, .. })) => {
                format!("{} {}", physical, outputs["canonical_hosted_zone_id"])
            }
            Ok(other) => format!("{other:?}"),
            Err(error) => error.facts().message.clone(),
        }
    };
    assert_eq!(ask(LoadBalancer::named("one")).await, format!("{} \"ZP97RAFLXTNZK\"", arns[0]));
    assert!(ask(LoadBalancer::with_arn(&arns[1])).await.starts_with(&arns[1]));
    assert!(ask(LoadBalancer::tagged([("Name", "two")])).await.starts_with(&arns[1]));
    let answers = [
        ask(LoadBalancer::named("three")).await,
        ask(LoadBalancer::with_arn(arns[0].replace("ap-south-1", "us-east-1"))).await,
        ask(LoadBalancer::tagged([("Name", "three")])).await,
        ask(LoadBalancer::tagged([("Project", "x")])).await,
    ];
    expect![[r#"
        Absent
        arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/one/c0f472530da71763 is not of the region ap-south-1 it is looked up in
        Absent
        several load balancers in ap-south-1 match: one, two"#]].assert_eq(&answers.join("\n"));
    assert_eq!(LoadBalancer::SCHEMA.kind, "ELBv2:LoadBalancer");
}

#[tokio::test]
async fn a_listener_rule_keeps_the_contract() {
    let harness = Harness::new();
    let mut balancer = harness.regional::<LoadBalancer>("front", HERE);
    let balancer_arn = balancer.apply(&front()).await.physical;
    let mut group = harness.regional::<TargetGroup>("web", HERE);
    let group_arn = group.apply(&web("web")).await.physical;
    let mut listener = harness.regional::<Listener>("https", HERE);
    let mut watched = https(&balancer_arn, &group_arn);
    watched["watch_rules"] = json!(true);
    let listener_arn = listener.apply(&watched).await.physical;

    let mut rule = harness.regional::<ListenerRule>("api", HERE);
    let wanted = props(
        ListenerRule::builder()
            .listener(listener_arn.as_str())
            .priority(10)
            .conditions([RuleCondition::path(["/api/*"]), RuleCondition::method(["GET"])])
            .actions([ListenerAction::forward(group_arn.as_str())])
            .tags([("Project", "x")])
            .build(),
    );
    let made = rule.create_forgetfully(&wanted).await;
    assert_eq!(made.outputs["arn"], json!(made.physical));
    let calls = change(
        &mut rule,
        vec![
            (
                "conditions",
                json!([
                    RuleCondition::host(["www.example.com"]),
                    RuleCondition::header("X-Tenant", ["a*"]),
                    RuleCondition::query([("version", "2")]),
                    RuleCondition::source_ip(["10.0.0.0/8"]),
                ]),
            ),
            ("actions", json!([cognito(), ListenerAction::forward(group_arn.as_str())])),
            ("actions", json!([ListenerAction::fixed_response(503, "closed")])),
            (
                "conditions",
                json!([
                    RuleCondition::host_regex(["^(www|api)[.]example[.]com$"]),
                    RuleCondition::path_regex(["^/v[12]/", "^/api/"]),
                    RuleCondition::header_regex("X-Tenant", ["^[a-z]+$"]),
                ]),
            ),
            ("url_rewrite", json!(Rewrite::new("^/api/(.*)$", "/$1"))),
            ("host_header_rewrite", json!(Rewrite::new("^(.+)[.]example$", "$1.internal"))),
            ("url_rewrite", Value::Null),
            ("host_header_rewrite", json!(Rewrite::new("^.*$", "one.internal"))),
            ("host_header_rewrite", Value::Null),
            ("priority", json!(20)),
            ("tags", json!({ "Project": "y" })),
            ("tags", Value::Null),
        ],
    )
    .await;
    expect![[r#"
        conditions: ModifyRule
        actions: ModifyRule
        actions: ModifyRule
        conditions: ModifyRule
        url_rewrite: ModifyRule
        host_header_rewrite: ModifyRule
        url_rewrite: ModifyRule
        host_header_rewrite: ModifyRule
        host_header_rewrite: ModifyRule
        priority: SetRulePriorities
        tags: AddTags
        tags: RemoveTags
    "#]]
    .assert_eq(&calls);

    // Somebody else moves it, and adds a rule of their own.
    let other = Client::new(&harness.sdk_in(HERE));
    let pair = aws_sdk_elasticloadbalancingv2::types::RulePriorityPair::builder()
        .rule_arn(rule.target.physical.as_ref().unwrap())
        .priority(7)
        .build();
    other.set_rule_priorities().rule_priorities(pair).send().await.unwrap();
    let applied = rule.applied.clone().unwrap();
    assert_eq!(rule.drift(&applied).await, ["priority"]);
    rule.apply(&applied).await;
    other
        .create_rule()
        .listener_arn(&listener_arn)
        .priority(1)
        .conditions(
            aws_sdk_elasticloadbalancingv2::types::RuleCondition::builder()
                .field("path-pattern")
                .values("/theirs")
                .build(),
        )
        .actions(
            aws_sdk_elasticloadbalancingv2::types::Action::builder()
                .r#type("forward".into())
                .target_group_arn(&group_arn)
                .build(),
        )
        .send()
        .await
        .unwrap();
    let children: Vec<String> =
        listener.read().await.unwrap().children.into_iter().map(|it| it.label).collect();
    assert_eq!(children, ["rule 1", "rule 20"]);

    // Theirs is in the way of a rule that wants its place, and stays there.
    let mut clash = applied.clone();
    clash["priority"] = json!(1);
    let mut second = harness.regional::<ListenerRule>("second", HERE);
    let refused = second.try_apply(&clash).await.unwrap_err();
    assert!(refused.facts().message.contains("is not ours"), "{refused}");

    rule.destroy().await;
    // With its listener gone, a rule is gone.
    rule.applied = None;
    rule.target.physical = None;
    rule.apply(&applied).await;
    listener.destroy().await;
    assert_eq!(rule.read().await, None);
    rule.destroy().await;
}
