//! Load balancers, target groups and listeners.

use bicoastal::ResourceId;
use bicoastal::aws::elbv2::{
    AuthenticateOidc, BalancingAlgorithm, CrossZone, DesyncMitigation, FrameOptions, IpAddressType,
    LogBucket, MutualAuthentication, Rewrite, Stickiness, StickinessType, SubnetMapping,
    TargetFailover, TargetHealthCheck, XffHeaders, ZoneRouting,
};
use bicoastal::prelude::*;
use serde_json::{Value, json};

use crate::cloud::Places;
use crate::contract::{Case, to, together};

const HERE: Region = Region::UsEast1;

pub static LOAD_BALANCER: Case = Case {
    name: "contract-load-balancer",
    subject: "us-east-1/front",
    declare: |stack, places| {
        let place = places.of(HERE);
        let [a, b, _] = &place.subnets;
        let logs = Bucket::builder().name("contract-balancer-logs").policy(PolicyDocument::new([
            Statement::builder()
                .principal(Principal::service("logdelivery.elasticloadbalancing.amazonaws.com"))
                .action(["s3:PutObject"])
                .resource(["arn:aws:s3:::contract-balancer-logs/*"])
                .build(),
        ]));
        let logs = stack.region(HERE).add("logs", logs.build());
        let front = LoadBalancer::builder()
            .name("Contract")
            .subnets([b.as_str(), a.as_str()])
            .security_groups([place.security_groups[0].as_str()])
            .idle_timeout(120)
            .tags([("Project", "x")])
            .build();
        let front = stack.region(HERE).add("front", front);
        stack.after(&front, &logs);
    },
    changes: |places| {
        let place = places.of(HERE);
        let [a, b, c] = &place.subnets;
        let logs = |prefix: &str| {
            LogBucket::builder().bucket("contract-balancer-logs").prefix(prefix).build()
        };
        vec![
            to("subnets", [a, b, c]),
            to("subnets", [c, b]),
            to("security_groups", &place.security_groups),
            to("security_groups", [&place.security_groups[1]]),
            to("ip_address_type", IpAddressType::Dualstack),
            to("zonal_shift", true),
            to("idle_timeout", 30),
            to("client_keep_alive", 60),
            to("http2", false),
            to("drop_invalid_header_fields", true),
            to("preserve_host_header", true),
            to("desync_mitigation", DesyncMitigation::Strictest),
            to("tls_version_and_cipher_headers", true),
            to("xff_client_port", true),
            to("xff_headers", XffHeaders::Remove),
            to("waf_fail_open", true),
            to("access_logs", logs("a")),
            to("access_logs", logs("b")),
            to("connection_logs", logs("c")),
            to("deletion_protection", true),
            to("tags", json!({ "Project": "y", "More": "" })),
            to("http2", Value::Null),
            to("http2", false),
        ]
    },
};

pub static NETWORK_LOAD_BALANCER: Case = Case {
    name: "contract-network-balancer",
    subject: "us-east-1/net",
    declare: |stack, places| {
        let [a, b, _] = &places.of(HERE).subnets;
        let on = |subnet: &String| SubnetMapping::builder().subnet(subnet.as_str()).build();
        let net = LoadBalancer::builder()
            .name("contract-net")
            .load_balancer_type(LoadBalancerType::Network)
            .subnet_mappings([on(a), on(b)])
            .security_groups([places.of(HERE).security_groups[0].as_str()])
            .build();
        stack.region(HERE).add("net", net);
    },
    changes: |places| {
        let on = |at: usize| {
            let subnet = places.of(HERE).subnets[at].as_str();
            SubnetMapping::builder().subnet(subnet).build()
        };
        vec![
            to("cross_zone", true),
            to("cross_zone", false),
            to("zone_routing", ZoneRouting::OwnZone),
            to("enforce_security_group_inbound_rules_on_private_link_traffic", false),
            to("enforce_security_group_inbound_rules_on_private_link_traffic", true),
            to("enforce_security_group_inbound_rules_on_private_link_traffic", false),
            to("subnet_mappings", [on(0), on(1), on(2)]),
        ]
    },
};

fn web(places: &Places, name: &str) -> TargetGroup {
    TargetGroup::builder()
        .name(name)
        .target_type(TargetType::Ip)
        .protocol(TargetProtocol::Http)
        .port(8080)
        .vpc(places.of(HERE).vpcs[0].as_str())
        .health_check(TargetHealthCheck::builder().path("/healthz").interval(10).timeout(5).build())
        .deregistration_delay(30)
        .slow_start(30)
        .tags([("Project", "x")])
        .build()
}

pub static TARGET_GROUP: Case = Case {
    name: "contract-target-group",
    subject: "us-east-1/web",
    declare: |stack, places| {
        stack.region(HERE).add("web", web(places, "contract-web"));
    },
    changes: |_| {
        let asked = TargetHealthCheck::builder()
            .path("/ok")
            .port("9090")
            .matcher("200-299")
            .interval(20)
            .timeout(10)
            .healthy_threshold(3)
            .unhealthy_threshold(3)
            .build();
        let by_cookie =
            Stickiness::builder().by(StickinessType::AppCookie).cookie_name("id").build();
        vec![
            to("health_check", asked),
            to("deregistration_delay", 0),
            to("stickiness", by_cookie),
            to(
                "stickiness",
                Stickiness::builder().by(StickinessType::LbCookie).seconds(60).build(),
            ),
            to("stickiness", Value::Null),
            to("slow_start", 60),
            to("slow_start", 0),
            to("algorithm", BalancingAlgorithm::WeightedRandom),
            to("anomaly_mitigation", true),
            to("cross_zone", CrossZone::Off),
            to("dns_failover_minimum_count", 2),
            to("dns_failover_minimum_percentage", 50),
            to("unhealthy_routing_minimum_count", 2),
            to("unhealthy_routing_minimum_percentage", 50),
            to("tags", json!({ "Project": "y", "More": "" })),
        ]
    },
};

pub static NETWORK_TARGET_GROUP: Case = Case {
    name: "contract-network-target-group",
    subject: "us-east-1/tcp",
    declare: |stack, places| {
        let tcp = TargetGroup::builder()
            .name("contract-tcp")
            .target_type(TargetType::Ip)
            .protocol(TargetProtocol::Tcp)
            .port(5432)
            .vpc(places.of(HERE).vpcs[0].as_str())
            .build();
        stack.region(HERE).add("tcp", tcp);
    },
    changes: |_| {
        vec![
            to("connection_termination", true),
            to("preserve_client_ip", true),
            to("preserve_client_ip", false),
            to("proxy_protocol_v2", true),
            to("unhealthy_connection_termination", false),
            to("unhealthy_draining_interval", 120),
        ]
    },
};

fn appliances(places: &Places, name: &str) -> TargetGroup {
    TargetGroup::builder()
        .name(name)
        .target_type(TargetType::Ip)
        .protocol(TargetProtocol::Geneve)
        .port(6081)
        .vpc(places.of(HERE).vpcs[0].as_str())
        .build()
}

/// Where a gateway load balancer sends everything.
pub static GATEWAY_TARGET_GROUP: Case = Case {
    name: "contract-gateway-target-group",
    subject: "us-east-1/appliances",
    declare: |stack, places| {
        stack.region(HERE).add("appliances", appliances(places, "contract-appliances"));
    },
    changes: |_| {
        vec![
            to("target_failover", TargetFailover::Rebalance),
            to("target_failover", Value::Null),
            to("stickiness", Stickiness::builder().by(StickinessType::SourceIpDestIp).build()),
            to("target_failover", TargetFailover::Rebalance),
        ]
    },
};

/// A function, which needs no network.
pub static FUNCTION_TARGET_GROUP: Case = Case {
    name: "contract-function-target-group",
    subject: "us-east-1/function",
    declare: |stack, _| {
        let function =
            TargetGroup::builder().name("contract-function").target_type(TargetType::Lambda);
        stack.region(HERE).add("function", function.build());
    },
    changes: |_| {
        let asked = TargetHealthCheck::builder().enabled(true).path("/ok").interval(60).build();
        vec![
            to("lambda_multi_value_headers", true),
            to("health_check", asked),
            to("lambda_multi_value_headers", Value::Null),
            to("lambda_multi_value_headers", true),
        ]
    },
};

pub static LISTENER: Case = Case {
    name: "contract-listener",
    subject: "us-east-1/https",
    declare: |stack, places| {
        let place = places.of(HERE);
        let [a, b, _] = &place.subnets;
        let mut here = stack.region(HERE);
        let front =
            LoadBalancer::builder().name("contract-listens").subnets([a.as_str(), b.as_str()]);
        let front = here.add("front", front.build());
        let blue = here.add("blue", web(places, "contract-blue"));
        let green = here.add("green", web(places, "contract-green"));
        let https = Listener::builder()
            .load_balancer(front.arn())
            .port(443)
            .protocol(ListenerProtocol::Https)
            .certificate(place.certificates[0].as_str())
            .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
            .default_actions([ListenerAction::forward(blue.arn())])
            .tags([("Project", "x")])
            .build();
        let https = here.add("https", https);
        stack.after(&https, &green);
    },
    changes: |places| {
        let group = |name: &str| {
            Output::<Arn<TargetGroup>>::new(ResourceId::new(format!("us-east-1/{name}")), "arn")
        };
        let weights = |blue, green| {
            [ListenerAction::forward_weighted([(group("blue"), blue), (group("green"), green)])]
        };
        let certificates = &places.of(HERE).certificates;
        vec![
            to("port", 8443),
            to("ssl_policy", "ELBSecurityPolicy-TLS13-1-3-2021-06"),
            to("certificate", &certificates[1]),
            to("additional_certificates", [&certificates[0]]),
            to("mutual_authentication", MutualAuthentication::Passthrough),
            to("default_actions", weights(90, 10)),
            to("default_actions", weights(50, 50)),
            to("default_actions", [ListenerAction::fixed_response(503, "closed")]),
            to("default_actions", [ListenerAction::forward(group("green"))]),
            to("mtls_clientcert_serial_number_header", "X-Serial"),
            to("mtls_clientcert_issuer_header", "X-Issuer"),
            to("mtls_clientcert_subject_header", "X-Subject"),
            to("mtls_clientcert_validity_header", "X-Validity"),
            to("mtls_clientcert_leaf_header", "X-Leaf"),
            to("mtls_clientcert_header", "X-Client"),
            to("tls_version_header", "X-Tls-Version"),
            to("tls_cipher_suite_header", "X-Tls-Cipher"),
            to("tls_version_header", Value::Null),
            to("tags", json!({ "Project": "y", "More": "" })),
        ]
    },
};

/// What it adds to responses.
pub static WEB_LISTENER: Case = Case {
    name: "contract-web-listener",
    subject: "us-east-1/http",
    declare: |stack, places| {
        let [a, b, _] = &places.of(HERE).subnets;
        let front =
            LoadBalancer::builder().name("contract-headers").subnets([a.as_str(), b.as_str()]);
        let front = stack.region(HERE).add("front", front.build());
        let http = Listener::builder()
            .load_balancer(front.arn())
            .port(80)
            .protocol(ListenerProtocol::Http)
            .strict_transport_security("max-age=60")
            .default_actions([ListenerAction::fixed_response(404, "")]);
        stack.region(HERE).add("http", http.build());
    },
    changes: |places| {
        vec![
            to("strict_transport_security", "max-age=31536000; includeSubDomains"),
            to("server_header", false),
            to("content_security_policy", "default-src 'self'"),
            to("x_content_type_options", true),
            to("x_frame_options", FrameOptions::Deny),
            to("x_frame_options", FrameOptions::SameOrigin),
            to("access_control_allow_origin", "https://www.example.com"),
            to("access_control_allow_methods", "GET,HEAD"),
            to("access_control_allow_headers", "*"),
            to("access_control_allow_credentials", true),
            to("access_control_expose_headers", "X-Trace"),
            to("access_control_max_age", 600),
            to("server_header", Value::Null),
            to("content_security_policy", Value::Null),
            to("x_content_type_options", Value::Null),
            to("access_control_max_age", Value::Null),
            together([
                ("protocol", json!(ListenerProtocol::Https)),
                ("certificate", json!(places.of(HERE).certificates[0])),
                ("ssl_policy", json!("ELBSecurityPolicy-TLS13-1-2-2021-06")),
            ]),
        ]
    },
};

/// For how long it remembers connections, and what else it comes to take.
pub static TCP_LISTENER: Case = Case {
    name: "contract-tcp-listener",
    subject: "us-east-1/tcp",
    declare: |stack, places| {
        let place = places.of(HERE);
        let net = LoadBalancer::builder()
            .name("contract-idle")
            .load_balancer_type(LoadBalancerType::Network)
            .subnets([place.subnets[0].as_str()])
            .build();
        let net = stack.region(HERE).add("net", net);
        let group = TargetGroup::builder()
            .name("contract-idle")
            .target_type(TargetType::Ip)
            .protocol(TargetProtocol::TcpUdp)
            .port(5432)
            .vpc(place.vpcs[0].as_str());
        let group = stack.region(HERE).add("group", group.build());
        let tcp = Listener::builder()
            .load_balancer(net.arn())
            .port(5432)
            .protocol(ListenerProtocol::Tcp)
            .default_actions([ListenerAction::forward(group.arn())])
            .build();
        stack.region(HERE).add("tcp", tcp);
    },
    changes: |_| {
        vec![
            to("tcp_idle_timeout", 6000),
            to("tcp_idle_timeout", Value::Null),
            to("tcp_idle_timeout", 60),
            to("protocol", ListenerProtocol::TcpUdp),
        ]
    },
};

/// A gateway load balancer's, which takes whatever comes.
pub static GATEWAY_LISTENER: Case = Case {
    name: "contract-gateway-listener",
    subject: "us-east-1/all",
    declare: |stack, places| {
        let gateway = LoadBalancer::builder()
            .name("contract-gateway")
            .load_balancer_type(LoadBalancerType::Gateway)
            .subnets([places.of(HERE).subnets[0].as_str()]);
        let gateway = stack.region(HERE).add("gateway", gateway.build());
        let appliances = stack.region(HERE).add("group", appliances(places, "contract-gateway"));
        let all = Listener::builder()
            .load_balancer(gateway.arn())
            .default_actions([ListenerAction::forward(appliances.arn())]);
        stack.region(HERE).add("all", all.build());
    },
    changes: |_| {
        vec![
            to("send_tcp_reset_on_idle_timeout", true),
            to("tcp_idle_timeout", 600),
            to("send_tcp_reset_on_idle_timeout", Value::Null),
            to("send_tcp_reset_on_idle_timeout", true),
        ]
    },
};

/// TLS ends at a network load balancer too, with an agreement on HTTP/2 of its own.
pub static TLS_LISTENER: Case = Case {
    name: "contract-tls-listener",
    subject: "us-east-1/tls",
    declare: |stack, places| {
        let place = places.of(HERE);
        let net = LoadBalancer::builder()
            .name("contract-tls")
            .load_balancer_type(LoadBalancerType::Network)
            .subnets([place.subnets[0].as_str()])
            .build();
        let net = stack.region(HERE).add("net", net);
        let tcp = TargetGroup::builder()
            .name("contract-tls")
            .target_type(TargetType::Ip)
            .protocol(TargetProtocol::Tcp)
            .port(8443)
            .vpc(place.vpcs[0].as_str());
        let tcp = stack.region(HERE).add("tcp", tcp.build());
        let tls = Listener::builder()
            .load_balancer(net.arn())
            .port(443)
            .protocol(ListenerProtocol::Tls)
            .certificate(place.certificates[0].as_str())
            .alpn_policy("HTTP2Preferred")
            .default_actions([ListenerAction::forward(tcp.arn())])
            .build();
        stack.region(HERE).add("tls", tls);
    },
    changes: |places| {
        vec![
            to("alpn_policy", "HTTP2Optional"),
            to("certificate", &places.of(HERE).certificates[1]),
            to("alpn_policy", "None"),
        ]
    },
};

/// Asks an identity provider, and answers. The secret is the program's first one in every edit.
fn asking(edit: impl FnOnce(&mut Value)) -> Value {
    let welcome = ListenerAction::fixed_response(200, "welcome");
    let mut actions = json!([ListenerAction::authenticate_oidc(provider("(its slot)")), welcome]);
    actions[0]["client_secret"] = json!({ "$secret": "default_actions.0.client_secret" });
    edit(&mut actions);
    actions
}

fn provider(secret: &str) -> AuthenticateOidc {
    AuthenticateOidc::builder()
        .issuer("https://idp.example.com")
        .authorization_endpoint("https://idp.example.com/authorize")
        .token_endpoint("https://idp.example.com/token")
        .user_info_endpoint("https://idp.example.com/userinfo")
        .client_id("front")
        .client_secret(secret)
        .build()
}

/// A secret inside of a list that is changed around it.
pub static ASKING_LISTENER: Case = Case {
    name: "contract-asking-listener",
    subject: "us-east-1/asks",
    declare: |stack, places| {
        let place = places.of(HERE);
        let [a, b, _] = &place.subnets;
        let mut here = stack.region(HERE);
        let front = LoadBalancer::builder().name("contract-asks").subnets([a.as_str(), b.as_str()]);
        let front = here.add("front", front.build());
        let asks = Listener::builder()
            .load_balancer(front.arn())
            .port(443)
            .protocol(ListenerProtocol::Https)
            .certificate(place.certificates[0].as_str())
            .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
            .default_actions([
                ListenerAction::authenticate_oidc(provider("correct-horse")),
                ListenerAction::fixed_response(200, "welcome"),
            ]);
        here.add("asks", asks.build());
    },
    changes: |_| {
        vec![
            to("default_actions", asking(|it| it[0]["scope"] = json!("openid email"))),
            to("default_actions", asking(|it| it[0]["session_timeout"] = json!(3600))),
            to(
                "default_actions",
                asking(|it| {
                    it[0]["on_unauthenticated_request"] = json!("deny");
                    it[0]["session_cookie_name"] = json!("Session");
                    it[0]["authentication_request_extra_params"] = json!({ "prompt": "login" });
                }),
            ),
            to("default_actions", asking(|it| it[0]["client_id"] = json!("other"))),
            to("default_actions", asking(|it| it[1]["message_body"] = json!("hello"))),
            to("default_actions", [ListenerAction::fixed_response(503, "closed")]),
        ]
    },
};

pub static RULE: Case = Case {
    name: "contract-rule",
    subject: "us-east-1/rule",
    declare: |stack, places| {
        let [a, b, _] = &places.of(HERE).subnets;
        let mut here = stack.region(HERE);
        let front =
            LoadBalancer::builder().name("contract-ruled").subnets([a.as_str(), b.as_str()]);
        let front = here.add("front", front.build());
        let green = here.add("green", web(places, "contract-ruled"));
        let http = Listener::builder()
            .load_balancer(front.arn())
            .port(80)
            .protocol(ListenerProtocol::Http)
            .default_actions([ListenerAction::fixed_response(404, "")]);
        let http = here.add("http", http.build());
        let rule = ListenerRule::builder()
            .listener(http.arn())
            .priority(10)
            .conditions([RuleCondition::path(["/api/*"])])
            .actions([ListenerAction::forward(green.arn())])
            .tags([("Project", "x")]);
        here.add("rule", rule.build());
    },
    changes: |_| {
        vec![
            to("priority", 20),
            to("conditions", [RuleCondition::path(["/api/*", "/v2/*"])]),
            to(
                "conditions",
                [RuleCondition::host(["api.example.com"]), RuleCondition::method(["GET"])],
            ),
            to("actions", [ListenerAction::fixed_response(503, "closed")]),
            to("tags", json!({ "Project": "y", "More": "" })),
        ]
    },
};

pub static REWRITING_RULE: Case = Case {
    name: "contract-rewriting-rule",
    subject: "us-east-1/rewrites",
    declare: |stack, places| {
        let [a, b, _] = &places.of(HERE).subnets;
        let mut here = stack.region(HERE);
        let front =
            LoadBalancer::builder().name("contract-rewrites").subnets([a.as_str(), b.as_str()]);
        let front = here.add("front", front.build());
        let http = Listener::builder()
            .load_balancer(front.arn())
            .port(80)
            .protocol(ListenerProtocol::Http)
            .default_actions([ListenerAction::fixed_response(404, "")]);
        let http = here.add("http", http.build());
        let rule = ListenerRule::builder()
            .listener(http.arn())
            .priority(10)
            .conditions([RuleCondition::path(["/api/*"])])
            .actions([ListenerAction::fixed_response(503, "closed")])
            .url_rewrite(Rewrite::new("^/old/(.*)$", "/new/$1"));
        here.add("rewrites", rule.build());
    },
    changes: |_| {
        vec![
            to(
                "conditions",
                [
                    RuleCondition::host_regex(["^(www|api)[.]example[.]com$"]),
                    RuleCondition::path_regex(["^/v[12]/", "^/api/"]),
                    RuleCondition::header_regex("X-Tenant", ["^[a-z]+$"]),
                ],
            ),
            to("url_rewrite", Rewrite::new("^/api/(.*)$", "/$1")),
            to("host_header_rewrite", Rewrite::new("^(.+)[.]example[.]com$", "$1.internal")),
            to("url_rewrite", Rewrite::new("^/(.*)$", "/v2/$1")),
            to("host_header_rewrite", Value::Null),
            to("url_rewrite", Value::Null),
        ]
    },
};
