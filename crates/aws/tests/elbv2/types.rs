//! Every type of load balancer, listener and target group settles: made, nothing left to do, its
//! own attributes changed and unset, gone.

use bicoastal_aws::elbv2::{
    IpAddressType, Listener, ListenerAction, ListenerProtocol, LoadBalancer, LoadBalancerType,
    LogBucket, ProtocolVersion, Scheme, Stickiness, StickinessType, SubnetMapping, TargetFailover,
    TargetGroup, TargetHealthCheck, TargetHealthCheckProtocol, TargetIpType, TargetProtocol,
    TargetType,
};
use bicoastal_local::seed;
use expect_test::expect;
use serde_json::{Value, json};

use crate::common::Harness;
use crate::{HERE, change, props};

const ENFORCED: &str = "enforce_security_group_inbound_rules_on_private_link_traffic";

fn group(name: &str, protocol: TargetProtocol, port: u16) -> TargetGroup {
    TargetGroup::builder()
        .name(name)
        .protocol(protocol)
        .port(port)
        .vpc(seed::vpc_id(HERE.code()).as_str())
        .build()
}

fn sticky(by: StickinessType) -> Value {
    json!(Stickiness::builder().by(by).build())
}

#[tokio::test]
async fn every_type_of_target_group_settles_and_goes() {
    let harness = Harness::new();
    let function = TargetGroup::builder().name("function").target_type(TargetType::Lambda).build();
    let tcp_check = TargetHealthCheck::builder().interval(10).timeout(5).build();
    let web_check = TargetHealthCheck::builder()
        .protocol(TargetHealthCheckProtocol::Http)
        .path("/healthz")
        .matcher("200-299")
        .build();
    let grpc_check = TargetHealthCheck::builder().path("/grpc.health").matcher("0-12").build();
    let function_check =
        TargetHealthCheck::builder().enabled(true).path("/ok").interval(60).build();
    let network = vec![
        ("connection_termination", json!(true)),
        ("preserve_client_ip", json!(false)),
        ("proxy_protocol_v2", json!(true)),
        ("unhealthy_connection_termination", json!(false)),
        ("unhealthy_draining_interval", json!(120)),
        ("stickiness", sticky(StickinessType::SourceIp)),
        ("health_check", json!(tcp_check)),
        ("health_check", json!(web_check)),
        ("stickiness", Value::Null),
        ("connection_termination", Value::Null),
        ("unhealthy_draining_interval", Value::Null),
        ("unhealthy_connection_termination", Value::Null),
    ];
    let six = TargetGroup {
        target_type: Some(TargetType::Ip),
        ip_address_type: Some(TargetIpType::Ipv6),
        ..group("six", TargetProtocol::Http, 80)
    };
    let grpc = TargetGroup {
        protocol_version: Some(ProtocolVersion::Grpc),
        ..group("grpc", TargetProtocol::Http, 80)
    };
    let balancer =
        TargetGroup { target_type: Some(TargetType::Alb), ..group("alb", TargetProtocol::Tcp, 80) };
    let cases: Vec<(TargetGroup, Vec<(&str, Value)>)> = vec![
        (
            function,
            vec![
                ("lambda_multi_value_headers", json!(true)),
                ("health_check", json!(function_check)),
                ("lambda_multi_value_headers", Value::Null),
            ],
        ),
        (group("tcp", TargetProtocol::Tcp, 80), network),
        (group("udp", TargetProtocol::Udp, 53), vec![("deregistration_delay", json!(10))]),
        (group("tls", TargetProtocol::Tls, 443), vec![("proxy_protocol_v2", json!(true))]),
        (
            group("geneve", TargetProtocol::Geneve, 6081),
            vec![
                ("target_failover", json!(TargetFailover::Rebalance)),
                ("stickiness", sticky(StickinessType::SourceIpDestIp)),
                ("stickiness", Value::Null),
                ("target_failover", Value::Null),
            ],
        ),
        (grpc, vec![("health_check", json!(grpc_check))]),
        (six, vec![("slow_start", json!(30))]),
        (balancer, vec![("tags", json!({ "Project": "" }))]),
    ];
    let mut out = String::new();
    for (wanted, changes) in cases {
        let wanted = props(wanted);
        let name = wanted["name"].as_str().unwrap().to_owned();
        let mut subject = harness.regional::<TargetGroup>(&name, HERE);
        subject.apply(&wanted).await;
        out += &format!("{name}: {}\n", subject.calls.join(", "));
        out += &change(&mut subject, changes).await;
        subject.destroy().await;
    }
    expect![[r#"
        function: CreateTargetGroup
        lambda_multi_value_headers: ModifyTargetGroupAttributes
        health_check: ModifyTargetGroup
        lambda_multi_value_headers: ModifyTargetGroupAttributes
        tcp: CreateTargetGroup
        connection_termination: ModifyTargetGroupAttributes
        preserve_client_ip: ModifyTargetGroupAttributes
        proxy_protocol_v2: ModifyTargetGroupAttributes
        unhealthy_connection_termination: ModifyTargetGroupAttributes
        unhealthy_draining_interval: ModifyTargetGroupAttributes
        stickiness: ModifyTargetGroupAttributes
        health_check: ModifyTargetGroup
        health_check: ModifyTargetGroup
        stickiness: ModifyTargetGroupAttributes
        connection_termination: ModifyTargetGroupAttributes
        unhealthy_draining_interval: ModifyTargetGroupAttributes
        unhealthy_connection_termination: ModifyTargetGroupAttributes
        udp: CreateTargetGroup
        deregistration_delay: ModifyTargetGroupAttributes
        tls: CreateTargetGroup
        proxy_protocol_v2: ModifyTargetGroupAttributes
        geneve: CreateTargetGroup
        target_failover: ModifyTargetGroupAttributes
        stickiness: ModifyTargetGroupAttributes
        stickiness: ModifyTargetGroupAttributes
        target_failover: ModifyTargetGroupAttributes
        grpc: CreateTargetGroup
        health_check: ModifyTargetGroup
        six: CreateTargetGroup
        slow_start: ModifyTargetGroupAttributes
        alb: CreateTargetGroup
        tags: AddTags
    "#]]
    .assert_eq(&out);
}

#[tokio::test]
async fn every_type_of_load_balancer_settles_and_goes() {
    let harness = Harness::new();
    let [a, b, c] = seed::subnet_ids(HERE.code());
    let mapping = |subnet: &str, address: Option<&str>, private: Option<&str>| SubnetMapping {
        subnet: subnet.into(),
        allocation_id: address.map(Into::into),
        private_ipv4_address: private.map(str::to_owned),
        ipv6_address: None,
    };
    let network = |name: &str| {
        LoadBalancer::builder().name(name).load_balancer_type(LoadBalancerType::Network)
    };
    let logs = LogBucket::builder().bucket("logs").prefix("net").build();
    let public = [mapping(&a, Some("eipalloc-1"), None), mapping(&b, Some("eipalloc-2"), None)];
    let private = [mapping(&a, None, Some("10.0.0.10"))];
    let with_third = [public[0].clone(), public[1].clone(), mapping(&c, Some("eipalloc-3"), None)];
    let six = |subnet: &str, address: &str| SubnetMapping {
        ipv6_address: Some(address.to_owned()),
        ..mapping(subnet, None, None)
    };
    let sixes = [six(&a, "2600:1f18::a"), six(&b, "2600:1f18::b")];
    let cases: Vec<(LoadBalancer, Vec<(&str, Value)>)> = vec![
        (
            network("plain").subnets([a.as_str()]).security_groups(["sg-1"]).build(),
            vec![
                ("subnets", json!([a, b])),
                ("security_groups", json!(["sg-2"])),
                ("access_logs", json!(logs)),
                ("subnets", json!([b])),
                ("access_logs", Value::Null),
                ("tags", json!({ "Project": "", "Team": "web" })),
                ("tags", json!({ "Project": "x", "Team": "" })),
            ],
        ),
        (
            network("public").subnet_mappings(public.clone()).tags([("Project", "")]).build(),
            vec![
                ("subnet_mappings", json!(with_third)),
                ("cross_zone", json!(true)),
                ("subnet_mappings", json!(public)),
            ],
        ),
        (
            network("six")
                .ip_address_type(IpAddressType::Dualstack)
                .subnet_mappings([sixes[0].clone()])
                .build(),
            vec![("subnet_mappings", json!(sixes)), ("subnet_mappings", json!([sixes[1]]))],
        ),
        (
            network("linked")
                .subnets([a.as_str()])
                .security_groups(["sg-1"])
                .enforce_security_group_inbound_rules_on_private_link_traffic(false)
                .build(),
            vec![
                (ENFORCED, json!(true)),
                (ENFORCED, json!(false)),
                ("security_groups", json!(["sg-2"])),
                (ENFORCED, Value::Null),
            ],
        ),
        (
            network("private").scheme(Scheme::Internal).subnet_mappings(private).build(),
            vec![("ip_address_type", json!("dualstack"))],
        ),
        (
            LoadBalancer::builder()
                .name("gateway")
                .load_balancer_type(LoadBalancerType::Gateway)
                .subnets([a.as_str()])
                .build(),
            vec![
                ("cross_zone", json!(true)),
                ("deletion_protection", json!(true)),
                ("deletion_protection", json!(false)),
            ],
        ),
    ];
    let mut out = String::new();
    for (wanted, changes) in cases {
        let wanted = props(wanted);
        let name = wanted["name"].as_str().unwrap().to_owned();
        let mut subject = harness.regional::<LoadBalancer>(&name, HERE);
        subject.apply(&wanted).await;
        out += &format!("{name}: {}\n", subject.calls.join(", "));
        out += &change(&mut subject, changes).await;
        subject.destroy().await;
    }
    expect![[r#"
        plain: CreateLoadBalancer
        subnets: SetSubnets
        security_groups: SetSecurityGroups
        access_logs: ModifyLoadBalancerAttributes
        subnets: SetSubnets
        access_logs: ModifyLoadBalancerAttributes
        tags: AddTags
        tags: AddTags
        public: CreateLoadBalancer
        subnet_mappings: SetSubnets
        cross_zone: ModifyLoadBalancerAttributes
        subnet_mappings: SetSubnets
        six: CreateLoadBalancer
        subnet_mappings: SetSubnets
        subnet_mappings: SetSubnets
        linked: CreateLoadBalancer, SetSecurityGroups
        enforce_security_group_inbound_rules_on_private_link_traffic: SetSecurityGroups
        enforce_security_group_inbound_rules_on_private_link_traffic: SetSecurityGroups
        security_groups: SetSecurityGroups
        enforce_security_group_inbound_rules_on_private_link_traffic: SetSecurityGroups
        private: CreateLoadBalancer
        ip_address_type: SetIpAddressType
        gateway: CreateLoadBalancer
        cross_zone: ModifyLoadBalancerAttributes
        deletion_protection: ModifyLoadBalancerAttributes
        deletion_protection: ModifyLoadBalancerAttributes
    "#]]
    .assert_eq(&out);
}

#[tokio::test]
async fn every_type_of_listener_settles_and_goes() {
    let harness = Harness::new();
    let [a, b, _] = seed::subnet_ids(HERE.code());
    let certificate = seed::certificate_arn("000000000000", HERE.code());
    let store = seed::trust_store_arn("000000000000", HERE.code());
    let mut out = String::new();
    for (kind, protocol, port) in [
        (LoadBalancerType::Network, TargetProtocol::Tcp, 80),
        (LoadBalancerType::Gateway, TargetProtocol::Geneve, 6081),
        (LoadBalancerType::Application, TargetProtocol::Http, 80),
    ] {
        let name = kind.as_str().to_owned();
        let mut balancer = harness.regional::<LoadBalancer>(&name, HERE);
        let subnets = [a.as_str(), b.as_str()];
        let wanted = LoadBalancer::builder().name(&name).load_balancer_type(kind).subnets(subnets);
        let balancer_arn = balancer.apply(&props(wanted.build())).await.physical;
        let mut target = harness.regional::<TargetGroup>(&name, HERE);
        let target_arn = target.apply(&props(group(&name, protocol, port))).await.physical;
        let listener = || {
            Listener::builder()
                .load_balancer(balancer_arn.as_str())
                .default_actions([ListenerAction::forward(target_arn.as_str())])
        };
        let redirect = ListenerAction::redirect_to_https();
        let secure = json!({ "protocol": "HTTPS", "certificate": certificate,
            "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06" });
        let steps: Vec<Value> = match kind {
            LoadBalancerType::Network => vec![
                props(listener().port(443).protocol(ListenerProtocol::Tcp).build()),
                json!({ "tcp_idle_timeout": 600 }),
                json!({ "tcp_idle_timeout": null, "protocol": "TLS", "certificate": certificate,
                    "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06", "alpn_policy": "HTTP2Preferred" }),
                json!({ "port": 8443 }),
            ],
            LoadBalancerType::Gateway => {
                vec![
                    props(listener().tcp_idle_timeout(60).build()),
                    json!({ "send_tcp_reset_on_idle_timeout": true }),
                    json!({ "tcp_idle_timeout": null }),
                    json!({ "send_tcp_reset_on_idle_timeout": null }),
                    json!({ "tags": { "Team": "" } }),
                ]
            }
            LoadBalancerType::Application => vec![
                props(listener().port(80).protocol(ListenerProtocol::Http).build()),
                json!({ "default_actions": [redirect] }),
                json!({ "default_actions": [ListenerAction::forward(target_arn.as_str())] }),
                json!({ "default_actions": [{ "type": "forward", "sticky_seconds": 60,
                    "target_groups": [{ "target_group": target_arn }] }] }),
                json!({ "default_actions": [ListenerAction::forward(target_arn.as_str())] }),
                json!({ "x_frame_options": "SAMEORIGIN" }),
                secure,
                json!({ "mtls_clientcert_header": "X-Client" }),
                json!({ "mutual_authentication": { "mode": "verify", "trust_store": store } }),
                json!({ "mutual_authentication": { "mode": "verify", "trust_store": store,
                    "ignore_expiry": true } }),
                json!({ "mutual_authentication": { "mode": "passthrough" } }),
            ],
        };
        let mut subject = harness.regional::<Listener>(&format!("{name}-listener"), HERE);
        let mut wanted = json!({});
        for step in steps {
            for (field, value) in step.as_object().unwrap() {
                match value {
                    Value::Null => wanted.as_object_mut().unwrap().remove(field),
                    value => wanted.as_object_mut().unwrap().insert(field.clone(), value.clone()),
                };
            }
            subject.apply(&wanted).await;
            out += &format!("{name}: {}\n", subject.calls.join(", "));
        }
        subject.destroy().await;
        target.destroy().await;
        balancer.destroy().await;
    }
    expect![[r#"
        network: CreateListener
        network: ModifyListenerAttributes
        network: ModifyListener
        network: ModifyListener
        gateway: CreateListener, ModifyListenerAttributes
        gateway: ModifyListenerAttributes
        gateway: ModifyListenerAttributes
        gateway: ModifyListenerAttributes
        gateway: AddTags
        application: CreateListener
        application: ModifyListener
        application: ModifyListener
        application: ModifyListener
        application: ModifyListener
        application: ModifyListenerAttributes
        application: ModifyListener
        application: ModifyListenerAttributes
        application: ModifyListener
        application: ModifyListener
        application: ModifyListener
    "#]]
    .assert_eq(&out);
}
