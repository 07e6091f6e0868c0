use expect_test::{Expect, expect};

use super::{Health, alias_healthy, handle, set_target_health};
use crate::call::{Call, Request, Service};
use crate::seed;
use crate::world::{DEFAULT_ACCOUNT, World};
use crate::xml::Element;

const REGION: &str = "us-east-1";

/// The answer as an outline, with this cloud's long ids written short.
fn elb(world: &mut World, operation: &str, fields: &[(&str, &str)]) -> String {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let call = Call {
        account: DEFAULT_ACCOUNT.into(),
        region: REGION.into(),
        service: Service::Elbv2,
        operation: operation.into(),
        request: Request { body: body.into_bytes().into(), ..Request::default() },
    };
    match handle(world, &call) {
        Ok(reply) => {
            let root = Element::parse(&reply.body).unwrap();
            let mut out = String::new();
            outline(&root.children[0], 0, &mut out);
            out
        }
        Err(fault) => format!("{} {}: {}", fault.status, fault.code, fault.message),
    }
}

fn outline(element: &Element, depth: usize, out: &mut String) {
    for child in &element.children {
        out.push_str(&"  ".repeat(depth));
        out.push_str(&child.name);
        if !child.text.is_empty() {
            out.push_str(": ");
            out.push_str(&child.text);
        }
        out.push('\n');
        outline(child, depth + 1, out);
    }
}

fn check(world: &mut World, operation: &str, fields: &[(&str, &str)], expect: Expect) {
    expect.assert_eq(&elb(world, operation, fields));
}

/// The first value of this name in an answer.
fn value(answer: &str, name: &str) -> String {
    let prefix = format!("{name}: ");
    answer.lines().find_map(|line| line.trim().strip_prefix(&prefix)).expect(answer).to_owned()
}

/// A request field.
type Field = (&'static str, String);

fn balancer_fields(name: &str, kind: &str) -> Vec<Field> {
    let [a, b, _] = seed::subnet_ids(REGION);
    vec![
        ("Name", name.into()),
        ("Type", kind.into()),
        ("Subnets.member.1", b),
        ("Subnets.member.2", a),
    ]
}

fn group_fields(name: &str, protocol: &str) -> Vec<Field> {
    vec![
        ("Name", name.into()),
        ("Protocol", protocol.into()),
        ("Port", if protocol == "GENEVE" { "6081".into() } else { "8080".into() }),
        ("VpcId", seed::vpc_id(REGION)),
        ("TargetType", "ip".into()),
    ]
}

fn send(world: &mut World, operation: &str, fields: &[Field]) -> String {
    let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
    elb(world, operation, &fields)
}

fn create_balancer(world: &mut World, name: &str, kind: &str) -> String {
    value(&send(world, "CreateLoadBalancer", &balancer_fields(name, kind)), "LoadBalancerArn")
}

fn create_group(world: &mut World, name: &str, protocol: &str) -> String {
    value(&send(world, "CreateTargetGroup", &group_fields(name, protocol)), "TargetGroupArn")
}

fn listener_fields(balancer: &str, protocol: &str, group: &str) -> Vec<Field> {
    vec![
        ("LoadBalancerArn", balancer.into()),
        ("Protocol", protocol.into()),
        ("Port", "443".into()),
        ("DefaultActions.member.1.Type", "forward".into()),
        ("DefaultActions.member.1.TargetGroupArn", group.into()),
    ]
}

#[test]
fn a_load_balancer_becomes_active() {
    let mut world = World::default();
    let mut fields = balancer_fields("Front", "application");
    fields.push(("Tags.member.1.Key", "Project".into()));
    fields.push(("Tags.member.1.Value", "x".into()));
    let created = send(&mut world, "CreateLoadBalancer", &fields);
    expect![[r#"
        LoadBalancers
          member
            LoadBalancerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/Front/e6a4ad3c89699b36
            DNSName: Front-3080407667.us-east-1.elb.amazonaws.com
            CanonicalHostedZoneId: Z35SXDOTRQ7X7K
            CreatedTime: 2026-01-01T00:00:00.000Z
            LoadBalancerName: Front
            Scheme: internet-facing
            VpcId: vpc-07fd2334857879d8e
            State
              Code: provisioning
            Type: application
            AvailabilityZones
              member
                ZoneName: us-east-1a
                SubnetId: subnet-03c40c6aec17dedad
                LoadBalancerAddresses
              member
                ZoneName: us-east-1b
                SubnetId: subnet-072b4ef94f74c9243
                LoadBalancerAddresses
            SecurityGroups
              member: sg-017203d924c25dfbc
            IpAddressType: ipv4
    "#]].assert_eq(&created);
    // Asked again, it is the same one; asked otherwise, the name is taken.
    assert_eq!(send(&mut world, "CreateLoadBalancer", &fields), created);
    fields.push(("Scheme", "internal".into()));
    expect!["400 DuplicateLoadBalancerName: A load balancer with the same name 'Front' exists, but with different settings"].assert_eq(&send(&mut world, "CreateLoadBalancer", &fields));
    world.now_ms += 180_000;
    let described = elb(&mut world, "DescribeLoadBalancers", &[("Names.member.1", "Front")]);
    assert_eq!(value(&described, "Code"), "active");
    let arn = value(&described, "LoadBalancerArn");
    check(
        &mut world,
        "DescribeTags",
        &[("ResourceArns.member.1", &arn)],
        expect![[r#"
        TagDescriptions
          member
            ResourceArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/Front/e6a4ad3c89699b36
            Tags
              member
                Key: Project
                Value: x
    "#]],
    );
}

#[test]
fn each_type_has_its_own_names_and_attributes() {
    let mut world = World::default();
    let network = create_balancer(&mut world, "net", "network");
    check(
        &mut world,
        "DescribeLoadBalancers",
        &[("LoadBalancerArns.member.1", &network)],
        expect![[r#"
            LoadBalancers
              member
                LoadBalancerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/net/e6a4ad3c89699b36
                DNSName: net-e6a4ad3c89699b36.elb.us-east-1.amazonaws.com
                CanonicalHostedZoneId: Z26RNL4JYFTOTI
                CreatedTime: 2026-01-01T00:00:00.000Z
                LoadBalancerName: net
                Scheme: internet-facing
                VpcId: vpc-07fd2334857879d8e
                State
                  Code: provisioning
                Type: network
                AvailabilityZones
                  member
                    ZoneName: us-east-1a
                    SubnetId: subnet-03c40c6aec17dedad
                    LoadBalancerAddresses
                  member
                    ZoneName: us-east-1b
                    SubnetId: subnet-072b4ef94f74c9243
                    LoadBalancerAddresses
                IpAddressType: ipv4
        "#]],
    );
    check(
        &mut world,
        "DescribeLoadBalancerAttributes",
        &[("LoadBalancerArn", &network)],
        expect![[r#"
            Attributes
              member
                Key: access_logs.s3.bucket
                Value
              member
                Key: access_logs.s3.enabled
                Value: false
              member
                Key: access_logs.s3.prefix
                Value
              member
                Key: deletion_protection.enabled
                Value: false
              member
                Key: dns_record.client_routing_policy
                Value: any_availability_zone
              member
                Key: ipv6.deny_all_igw_traffic
                Value: false
              member
                Key: load_balancing.cross_zone.enabled
                Value: false
              member
                Key: secondary_ips.auto_assigned.per_subnet
                Value: 0
              member
                Key: zonal_shift.config.enabled
                Value: false
        "#]],
    );
    let groups = [("LoadBalancerArn", network.as_str()), ("SecurityGroups.member.1", "sg-1")];
    check(
        &mut world,
        "SetSecurityGroups",
        &groups,
        expect![
            "400 InvalidConfigurationRequest: You cannot set security groups on a network load balancer that was created without security groups"
        ],
    );
    let gateway = create_balancer(&mut world, "gwy", "gateway");
    check(
        &mut world,
        "DescribeLoadBalancers",
        &[("LoadBalancerArns.member.1", &gateway)],
        expect![[r#"
            LoadBalancers
              member
                LoadBalancerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/gwy/gwy/0be026b1dac4f14c
                CreatedTime: 2026-01-01T00:00:00.000Z
                LoadBalancerName: gwy
                VpcId: vpc-07fd2334857879d8e
                State
                  Code: provisioning
                Type: gateway
                AvailabilityZones
                  member
                    ZoneName: us-east-1a
                    SubnetId: subnet-03c40c6aec17dedad
                    LoadBalancerAddresses
                  member
                    ZoneName: us-east-1b
                    SubnetId: subnet-072b4ef94f74c9243
                    LoadBalancerAddresses
                IpAddressType: ipv4
        "#]],
    );
}

#[test]
fn attributes_are_set_all_or_none() {
    let mut world = World::default();
    let arn = create_balancer(&mut world, "front", "application");
    let arn = ("LoadBalancerArn", arn.as_str());
    for (sent, expect) in [
        (
            vec![
                ("Attributes.member.1.Key", "idle_timeout.timeout_seconds"),
                ("Attributes.member.1.Value", "120"),
                ("Attributes.member.2.Key", "dns_record.client_routing_policy"),
                ("Attributes.member.2.Value", "any_availability_zone"),
            ],
            expect![
                "400 InvalidConfigurationRequest: Load balancer attribute key 'dns_record.client_routing_policy' is not recognized"
            ],
        ),
        (
            vec![
                ("Attributes.member.1.Key", "routing.http2.enabled"),
                ("Attributes.member.1.Value", "yes"),
            ],
            expect![
                "400 ValidationError: The value 'yes' of the attribute 'routing.http2.enabled' is not valid"
            ],
        ),
        (
            vec![
                ("Attributes.member.1.Key", "access_logs.s3.enabled"),
                ("Attributes.member.1.Value", "true"),
            ],
            expect!["400 InvalidConfigurationRequest: A bucket must be specified for access_logs"],
        ),
        (vec![], expect!["400 ValidationError: Between '1' and '20' attributes must be specified"]),
    ] {
        let fields = [vec![arn], sent].concat();
        check(&mut world, "ModifyLoadBalancerAttributes", &fields, expect);
    }
    let attributes = elb(&mut world, "DescribeLoadBalancerAttributes", &[arn]);
    assert!(attributes.contains("Key: idle_timeout.timeout_seconds\n    Value: 60\n"));
    let protection = [
        arn,
        ("Attributes.member.1.Key", "deletion_protection.enabled"),
        ("Attributes.member.1.Value", "true"),
    ];
    elb(&mut world, "ModifyLoadBalancerAttributes", &protection);
    check(
        &mut world,
        "DeleteLoadBalancer",
        &[arn],
        expect![
            "400 OperationNotPermitted: Load balancer 'arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/e6a4ad3c89699b36' cannot be deleted because deletion protection is enabled"
        ],
    );
}

#[test]
fn subnets_are_given_whole_and_one_per_zone() {
    let mut world = World::default();
    let arn = create_balancer(&mut world, "front", "application");
    let [a, b, c] = seed::subnet_ids(REGION);
    for (subnets, expect) in [
        (
            vec![&a, &c],
            expect![[r#"
            AvailabilityZones
              member
                ZoneName: us-east-1a
                SubnetId: subnet-03c40c6aec17dedad
                LoadBalancerAddresses
              member
                ZoneName: us-east-1c
                SubnetId: subnet-0f0998c2cd9fa6dca
                LoadBalancerAddresses
            IpAddressType: ipv4
        "#]],
        ),
        (
            vec![&a],
            expect![
                "400 ValidationError: At least two subnets in two different Availability Zones must be specified"
            ],
        ),
        (
            vec![&a, &b, &b],
            expect![
                "400 InvalidConfigurationRequest: A load balancer cannot be attached to multiple subnets in the same Availability Zone"
            ],
        ),
        (
            vec![&a, &"subnet-none".to_owned()],
            expect!["400 SubnetNotFound: The subnet ID 'subnet-none' does not exist"],
        ),
    ] {
        let names: Vec<String> =
            (1..=subnets.len()).map(|number| format!("Subnets.member.{number}")).collect();
        let mut fields = vec![("LoadBalancerArn", arn.as_str())];
        for (name, subnet) in names.iter().zip(subnets) {
            fields.push((name, subnet));
        }
        check(&mut world, "SetSubnets", &fields, expect);
    }
}

#[test]
fn target_groups_have_the_defaults_of_their_type() {
    let mut world = World::default();
    let http = create_group(&mut world, "web", "HTTP");
    check(
        &mut world,
        "DescribeTargetGroups",
        &[("TargetGroupArns.member.1", &http)],
        expect![[r#"
            TargetGroups
              member
                TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/e6a4ad3c89699b36
                TargetGroupName: web
                Protocol: HTTP
                Port: 8080
                VpcId: vpc-07fd2334857879d8e
                HealthCheckProtocol: HTTP
                HealthCheckPort: traffic-port
                HealthCheckEnabled: true
                HealthCheckIntervalSeconds: 30
                HealthCheckTimeoutSeconds: 5
                HealthyThresholdCount: 5
                UnhealthyThresholdCount: 2
                HealthCheckPath: /
                Matcher
                  HttpCode: 200
                LoadBalancerArns
                TargetType: ip
                ProtocolVersion: HTTP1
                IpAddressType: ipv4
        "#]],
    );
    let tcp = create_group(&mut world, "tcp", "TCP");
    check(
        &mut world,
        "DescribeTargetGroups",
        &[("TargetGroupArns.member.1", &tcp)],
        expect![[r#"
        TargetGroups
          member
            TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/tcp/45dfbb8ced98f3c6
            TargetGroupName: tcp
            Protocol: TCP
            Port: 8080
            VpcId: vpc-07fd2334857879d8e
            HealthCheckProtocol: TCP
            HealthCheckPort: traffic-port
            HealthCheckEnabled: true
            HealthCheckIntervalSeconds: 30
            HealthCheckTimeoutSeconds: 10
            HealthyThresholdCount: 5
            UnhealthyThresholdCount: 2
            LoadBalancerArns
            TargetType: ip
            IpAddressType: ipv4
    "#]],
    );
    check(
        &mut world,
        "DescribeTargetGroupAttributes",
        &[("TargetGroupArn", &tcp)],
        expect![[r#"
        Attributes
          member
            Key: deregistration_delay.connection_termination.enabled
            Value: false
          member
            Key: deregistration_delay.timeout_seconds
            Value: 300
          member
            Key: load_balancing.cross_zone.enabled
            Value: use_load_balancer_configuration
          member
            Key: preserve_client_ip.enabled
            Value: false
          member
            Key: proxy_protocol_v2.enabled
            Value: false
          member
            Key: stickiness.enabled
            Value: false
          member
            Key: stickiness.type
            Value: source_ip
          member
            Key: target_group_health.dns_failover.minimum_healthy_targets.count
            Value: 1
          member
            Key: target_group_health.dns_failover.minimum_healthy_targets.percentage
            Value: off
          member
            Key: target_group_health.unhealthy_state_routing.minimum_healthy_targets.count
            Value: 1
          member
            Key: target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage
            Value: off
          member
            Key: target_health_state.unhealthy.connection_termination.enabled
            Value: true
          member
            Key: target_health_state.unhealthy.draining_interval_seconds
            Value: 0
    "#]],
    );
    check(
        &mut world,
        "CreateTargetGroup",
        &[("Name", "function"), ("TargetType", "lambda")],
        expect![[r#"
            TargetGroups
              member
                TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/function/86cb29c40001a6f7
                TargetGroupName: function
                HealthCheckEnabled: false
                HealthCheckIntervalSeconds: 35
                HealthCheckTimeoutSeconds: 30
                HealthyThresholdCount: 5
                UnhealthyThresholdCount: 2
                HealthCheckPath: /
                Matcher
                  HttpCode: 200
                LoadBalancerArns
                TargetType: lambda
                IpAddressType: ipv4
        "#]],
    );
    check(
        &mut world,
        "ModifyTargetGroup",
        &[("TargetGroupArn", &http), ("HealthCheckTimeoutSeconds", "40")],
        expect!["400 ValidationError: Health check interval must be greater than the timeout."],
    );
    let mut other = group_fields("web", "HTTP");
    other.push(("HealthCheckPath", "/healthz".into()));
    expect!["400 DuplicateTargetGroupName: A target group with the same name 'web' exists, but with different settings"].assert_eq(&send(&mut world, "CreateTargetGroup", &other));
}

#[test]
fn a_listener_forwards_and_holds_its_group() {
    let mut world = World::default();
    world.set_duration_ms("elbv2.target_group.release", 1_000);
    let balancer = create_balancer(&mut world, "front", "application");
    let group = create_group(&mut world, "web", "HTTP");
    let mut fields = listener_fields(&balancer, "HTTPS", &group);
    expect!["400 ValidationError: A certificate must be specified for HTTPS and TLS listeners"]
        .assert_eq(&send(&mut world, "CreateListener", &fields));
    let certificate = seed::certificate_arn(DEFAULT_ACCOUNT, "eu-west-1");
    fields.push(("Certificates.member.1.CertificateArn", certificate));
    expect!["400 CertificateNotFound: Certificate 'arn:aws:acm:eu-west-1:000000000000:certificate/75b1594d-a40b-259d-aa5a-3cbd404cbc0c' not found"].assert_eq(&send(&mut world, "CreateListener", &fields));
    let certificate = seed::certificate_arn(DEFAULT_ACCOUNT, REGION);
    fields.pop();
    fields.push(("Certificates.member.1.CertificateArn", certificate));
    let created = send(&mut world, "CreateListener", &fields);
    expect![[r#"
        Listeners
          member
            ListenerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/front/e6a4ad3c89699b36/0be026b1dac4f14c
            LoadBalancerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/e6a4ad3c89699b36
            Port: 443
            Protocol: HTTPS
            Certificates
              member
                CertificateArn: arn:aws:acm:us-east-1:000000000000:certificate/9837d2ab-3f48-9fd1-faf4-bba2875e1e17
            SslPolicy: ELBSecurityPolicy-2016-08
            DefaultActions
              member
                Type: forward
                TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/7670f4e2c8a7a66c
                ForwardConfig
                  TargetGroups
                    member
                      TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/7670f4e2c8a7a66c
                      Weight: 1
                  TargetGroupStickinessConfig
                    Enabled: false
            MutualAuthentication
              Mode: off
    "#]].assert_eq(&created);
    assert_eq!(send(&mut world, "CreateListener", &fields), created);
    fields.push(("SslPolicy", "ELBSecurityPolicy-TLS13-1-2-2021-06".into()));
    expect!["400 DuplicateListener: A listener already exists on this port for this load balancer 'arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/e6a4ad3c89699b36'"].assert_eq(&send(&mut world, "CreateListener", &fields));

    let listener = value(&created, "ListenerArn");
    check(
        &mut world,
        "DescribeRules",
        &[("ListenerArn", &listener)],
        expect![[r#"
            Rules
              member
                RuleArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/front/e6a4ad3c89699b36/0be026b1dac4f14c/889a885b3aebc78a
                Priority: default
                Conditions
                Actions
                  member
                    Type: forward
                    TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/7670f4e2c8a7a66c
                    ForwardConfig
                      TargetGroups
                        member
                          TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/7670f4e2c8a7a66c
                          Weight: 1
                      TargetGroupStickinessConfig
                        Enabled: false
                IsDefault: true
                Transforms
        "#]],
    );
    let group_field = [("TargetGroupArn", group.as_str())];
    check(
        &mut world,
        "DeleteTargetGroup",
        &group_field,
        expect![
            "400 ResourceInUse: Target group 'arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/7670f4e2c8a7a66c' is currently in use by a listener or a rule"
        ],
    );
    let redirect = [
        ("ListenerArn", listener.as_str()),
        ("DefaultActions.member.1.Type", "redirect"),
        ("DefaultActions.member.1.RedirectConfig.Protocol", "HTTPS"),
        ("DefaultActions.member.1.RedirectConfig.Host", "www.example.com"),
        ("DefaultActions.member.1.RedirectConfig.StatusCode", "HTTP_301"),
    ];
    check(
        &mut world,
        "ModifyListener",
        &redirect,
        expect![[r#"
        Listeners
          member
            ListenerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/front/e6a4ad3c89699b36/0be026b1dac4f14c
            LoadBalancerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/e6a4ad3c89699b36
            Port: 443
            Protocol: HTTPS
            Certificates
              member
                CertificateArn: arn:aws:acm:us-east-1:000000000000:certificate/9837d2ab-3f48-9fd1-faf4-bba2875e1e17
            SslPolicy: ELBSecurityPolicy-2016-08
            DefaultActions
              member
                Type: redirect
                RedirectConfig
                  Host: www.example.com
                  Path: /#{path}
                  Port: #{port}
                  Protocol: HTTPS
                  Query: #{query}
                  StatusCode: HTTP_301
            MutualAuthentication
              Mode: off
    "#]],
    );
    let busy = elb(&mut world, "DeleteTargetGroup", &group_field);
    assert!(busy.starts_with("400 ResourceInUse"), "{busy}");
    world.now_ms += 1_000;
    check(&mut world, "DeleteTargetGroup", &group_field, expect![[""]]);
    elb(&mut world, "DeleteLoadBalancer", &[("LoadBalancerArn", &balancer)]);
    check(
        &mut world,
        "DescribeListeners",
        &[("ListenerArns.member.1", &listener)],
        expect![
            "400 ListenerNotFound: Listener 'arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/front/e6a4ad3c89699b36/0be026b1dac4f14c' not found"
        ],
    );
    check(&mut world, "DeleteLoadBalancer", &[("LoadBalancerArn", &balancer)], expect![[""]]);
}

#[test]
fn a_group_serves_one_load_balancer_of_its_kind() {
    let mut world = World::default();
    let one = create_balancer(&mut world, "one", "application");
    let two = create_balancer(&mut world, "two", "application");
    let net = create_balancer(&mut world, "net", "network");
    let web = create_group(&mut world, "web", "HTTP");
    for (balancer, protocol, expect) in [
        (
            &one,
            "HTTP",
            expect![[r#"
            Listeners
              member
                ListenerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/one/e6a4ad3c89699b36/3c7914cf09f651fe
                LoadBalancerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/one/e6a4ad3c89699b36
                Port: 443
                Protocol: HTTP
                DefaultActions
                  member
                    Type: forward
                    TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/f63174ed699a81c7
                    ForwardConfig
                      TargetGroups
                        member
                          TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/f63174ed699a81c7
                          Weight: 1
                      TargetGroupStickinessConfig
                        Enabled: false
        "#]],
        ),
        (
            &two,
            "HTTP",
            expect![
                "400 TargetGroupAssociationLimit: The following target groups cannot be associated with more than one load balancer: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/f63174ed699a81c7"
            ],
        ),
        (
            &net,
            "TCP",
            expect![
                "400 IncompatibleProtocols: The protocol 'TCP' of the listener is not supported with a target group with the protocol 'HTTP'"
            ],
        ),
        (
            &net,
            "HTTP",
            expect![
                "400 ValidationError: Listener protocol 'HTTP' must be one of 'TCP, TLS, UDP, TCP_UDP, QUIC, TCP_QUIC'"
            ],
        ),
    ] {
        expect.assert_eq(&send(
            &mut world,
            "CreateListener",
            &listener_fields(balancer, protocol, &web),
        ));
    }
}

#[test]
fn listeners_have_the_attributes_of_their_protocol() {
    let mut world = World::default();
    let certificate = seed::certificate_arn(DEFAULT_ACCOUNT, REGION);
    let mut out = String::new();
    for (kind, spoken, protocol) in [
        ("application", "HTTP", "HTTP"),
        ("application", "HTTPS", "HTTP"),
        ("network", "TCP", "TCP"),
        ("network", "TLS", "TCP"),
        ("gateway", "", "GENEVE"),
    ] {
        let name = format!("{kind}{}", spoken.to_lowercase());
        let balancer = create_balancer(&mut world, &name, kind);
        let group = create_group(&mut world, &name, protocol);
        let mut fields = listener_fields(&balancer, spoken, &group);
        match spoken {
            "" => fields.retain(|(name, _)| !matches!(*name, "Protocol" | "Port")),
            "HTTPS" | "TLS" => {
                fields.push(("Certificates.member.1.CertificateArn", certificate.clone()));
            }
            _ => {}
        }
        let arn = value(&send(&mut world, "CreateListener", &fields), "ListenerArn");
        let told = elb(&mut world, "DescribeListenerAttributes", &[("ListenerArn", &arn)]);
        let keys = told.lines().filter(|line| line.contains("Key: ")).count();
        let told = told.lines().next().unwrap_or_default();
        out += &format!("{kind} {spoken}: {keys} {told}\n");
        for (key, value) in [
            ("tcp.idle_timeout.seconds", "59"),
            ("tcp.idle_timeout.seconds", "60"),
            ("send_tcp_reset.on_idle_timeout.enabled", "true"),
            ("routing.http.response.server.enabled", "false"),
            ("routing.http.response.content_security_policy.header_value", "\""),
            ("routing.http.request.x_amzn_tls_version.header_name", "X-Tls"),
        ] {
            let set = [
                ("ListenerArn", arn.as_str()),
                ("Attributes.member.1.Key", key),
                ("Attributes.member.1.Value", value),
            ];
            let told = elb(&mut world, "ModifyListenerAttributes", &set);
            let is_set = told.contains(&format!("Key: {key}\n    Value: {value}\n"));
            out += &match is_set {
                true => format!("  {key} {value}\n"),
                false => format!("  {}\n", told.lines().next().unwrap_or_default()),
            };
        }
    }
    expect![[r#"
        application HTTP: 11 Attributes
          400 InvalidConfigurationRequest: Listener attribute key 'tcp.idle_timeout.seconds' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'tcp.idle_timeout.seconds' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'send_tcp_reset.on_idle_timeout.enabled' is not recognized
          routing.http.response.server.enabled false
          400 ValidationError: The value '"' of the attribute 'routing.http.response.content_security_policy.header_value' is not valid
          400 InvalidConfigurationRequest: Listener attribute key 'routing.http.request.x_amzn_tls_version.header_name' is not recognized
        application HTTPS: 19 Attributes
          400 InvalidConfigurationRequest: Listener attribute key 'tcp.idle_timeout.seconds' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'tcp.idle_timeout.seconds' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'send_tcp_reset.on_idle_timeout.enabled' is not recognized
          routing.http.response.server.enabled false
          400 ValidationError: The value '"' of the attribute 'routing.http.response.content_security_policy.header_value' is not valid
          routing.http.request.x_amzn_tls_version.header_name X-Tls
        network TCP: 1 Attributes
          400 ValidationError: The value '59' of the attribute 'tcp.idle_timeout.seconds' is not valid
          tcp.idle_timeout.seconds 60
          400 InvalidConfigurationRequest: Listener attribute key 'send_tcp_reset.on_idle_timeout.enabled' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'routing.http.response.server.enabled' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'routing.http.response.content_security_policy.header_value' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'routing.http.request.x_amzn_tls_version.header_name' is not recognized
        network TLS: 0 400 InvalidConfigurationRequest: Listeners of this protocol have no attributes
          400 InvalidConfigurationRequest: Listeners of this protocol have no attributes
          400 InvalidConfigurationRequest: Listeners of this protocol have no attributes
          400 InvalidConfigurationRequest: Listeners of this protocol have no attributes
          400 InvalidConfigurationRequest: Listeners of this protocol have no attributes
          400 InvalidConfigurationRequest: Listeners of this protocol have no attributes
          400 InvalidConfigurationRequest: Listeners of this protocol have no attributes
        gateway : 2 Attributes
          400 ValidationError: The value '59' of the attribute 'tcp.idle_timeout.seconds' is not valid
          tcp.idle_timeout.seconds 60
          send_tcp_reset.on_idle_timeout.enabled true
          400 InvalidConfigurationRequest: Listener attribute key 'routing.http.response.server.enabled' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'routing.http.response.content_security_policy.header_value' is not recognized
          400 InvalidConfigurationRequest: Listener attribute key 'routing.http.request.x_amzn_tls_version.header_name' is not recognized
    "#]].assert_eq(&out);
}

#[test]
fn what_was_set_of_a_listener_survives_its_protocol() {
    let mut world = World::default();
    let balancer = create_balancer(&mut world, "front", "application");
    let group = create_group(&mut world, "web", "HTTP");
    let listener = listener_fields(&balancer, "HTTP", &group);
    let arn = value(&send(&mut world, "CreateListener", &listener), "ListenerArn");
    let set = [
        ("ListenerArn", arn.as_str()),
        ("Attributes.member.1.Key", "routing.http.response.x_frame_options.header_value"),
        ("Attributes.member.1.Value", "DENY"),
    ];
    elb(&mut world, "ModifyListenerAttributes", &set);
    let certificate = seed::certificate_arn(DEFAULT_ACCOUNT, REGION);
    let secure = [
        ("ListenerArn", arn.as_str()),
        ("Protocol", "HTTPS"),
        ("Certificates.member.1.CertificateArn", certificate.as_str()),
    ];
    elb(&mut world, "ModifyListener", &secure);
    let seen = elb(&mut world, "DescribeListenerAttributes", &set[..1]);
    assert!(seen.contains("Value: DENY") && seen.contains("x_amzn_tls_version"), "{seen}");
}

#[test]
fn rules_have_priorities() {
    let mut world = World::default();
    let balancer = create_balancer(&mut world, "front", "application");
    let group = create_group(&mut world, "web", "HTTP");
    let listener = value(
        &send(&mut world, "CreateListener", &listener_fields(&balancer, "HTTP", &group)),
        "ListenerArn",
    );
    let rule = [
        ("ListenerArn", listener.as_str()),
        ("Priority", "10"),
        ("Conditions.member.1.Field", "path-pattern"),
        ("Conditions.member.1.Values.member.1", "/api/*"),
        ("Conditions.member.2.Field", "http-header"),
        ("Conditions.member.2.HttpHeaderConfig.HttpHeaderName", "X-A"),
        ("Conditions.member.2.HttpHeaderConfig.Values.member.1", "b"),
        ("Actions.member.1.Type", "fixed-response"),
        ("Actions.member.1.FixedResponseConfig.StatusCode", "503"),
    ];
    let created = elb(&mut world, "CreateRule", &rule);
    expect![[r#"
        Rules
          member
            RuleArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/front/e6a4ad3c89699b36/0be026b1dac4f14c/86cb29c40001a6f7
            Priority: 10
            Conditions
              member
                Field: path-pattern
                PathPatternConfig
                  Values
                    member: /api/*
                Values
                  member: /api/*
              member
                Field: http-header
                HttpHeaderConfig
                  HttpHeaderName: X-A
                  Values
                    member: b
            Actions
              member
                Type: fixed-response
                FixedResponseConfig
                  StatusCode: 503
            IsDefault: false
            Transforms
    "#]].assert_eq(&created);
    check(
        &mut world,
        "CreateRule",
        &rule,
        expect!["400 PriorityInUse: Priority '10' is currently in use"],
    );
    let arn = value(&created, "RuleArn");
    let moved = [
        ("RulePriorities.member.1.RuleArn", arn.as_str()),
        ("RulePriorities.member.1.Priority", "20"),
    ];
    assert_eq!(value(&elb(&mut world, "SetRulePriorities", &moved), "Priority"), "20");
    let rules = elb(&mut world, "DescribeRules", &[("ListenerArn", &listener)]);
    let default = rules.lines().filter_map(|l| l.trim().strip_prefix("RuleArn: ")).nth(1).unwrap();
    check(
        &mut world,
        "DeleteRule",
        &[("RuleArn", default)],
        expect![
            "400 OperationNotPermitted: Default rule 'arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/front/e6a4ad3c89699b36/0be026b1dac4f14c/889a885b3aebc78a' cannot be deleted"
        ],
    );
    check(&mut world, "DeleteRule", &[("RuleArn", &arn)], expect![[""]]);
}

#[test]
fn rules_rewrite_and_compare_by_expressions() {
    let mut world = World::default();
    let balancer = create_balancer(&mut world, "front", "application");
    let group = create_group(&mut world, "web", "HTTP");
    let listener = value(
        &send(&mut world, "CreateListener", &listener_fields(&balancer, "HTTP", &group)),
        "ListenerArn",
    );
    let rule: Vec<(&str, &str)> = vec![
        ("ListenerArn", listener.as_str()),
        ("Priority", "10"),
        ("Actions.member.1.Type", "forward"),
        ("Actions.member.1.TargetGroupArn", group.as_str()),
        ("Conditions.member.1.Field", "path-pattern"),
        ("Conditions.member.1.PathPatternConfig.RegexValues.member.1", "^/v[12]/"),
        ("Transforms.member.1.Type", "url-rewrite"),
        ("Transforms.member.1.UrlRewriteConfig.Rewrites.member.1.Regex", "^/api/(.*)$"),
        ("Transforms.member.1.UrlRewriteConfig.Rewrites.member.1.Replace", "/$1"),
    ];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> {
        let sent = |name: &&str| more.iter().any(|(other, _)| other == name);
        rule.iter().filter(|(name, _)| !sent(name)).chain(more).copied().collect()
    };
    const HOST: &str = "Transforms.member.2.HostHeaderRewriteConfig.Rewrites.member.1";
    const REGEX: &str = "Transforms.member.1.UrlRewriteConfig.Rewrites.member.1.Regex";
    const VALUE: &str = "Conditions.member.1.PathPatternConfig.RegexValues.member.1";
    let long: &'static str = "a".repeat(129).leak();
    let refused = [
        with(&[("Conditions.member.1.PathPatternConfig.Values.member.1", "/a")]),
        with(&[(VALUE, r"^(a)\1$")]),
        with(&[(VALUE, long)]),
        with(&[("Conditions.member.1.Field", "http-request-method")]),
        with(&[
            ("Conditions.member.2.Field", "source-ip"),
            ("Conditions.member.2.RegexValues.member.1", "^10"),
        ]),
        with(&[
            ("Conditions.member.2.Field", "host-header"),
            ("Conditions.member.2.RegexValues.member.1", "a"),
            ("Conditions.member.2.RegexValues.member.2", "b"),
            ("Conditions.member.2.RegexValues.member.3", "c"),
            ("Conditions.member.2.RegexValues.member.4", "d"),
            ("Conditions.member.2.RegexValues.member.5", "e"),
        ]),
        with(&[("Transforms.member.1.Type", "host-header-rewrite")]),
        with(&[("Transforms.member.1.Type", "path-rewrite")]),
        with(&[(REGEX, "(?=a)")]),
        with(&[(REGEX, "a b")]),
        with(&[("Transforms.member.1.UrlRewriteConfig.Rewrites.member.1.Replace", "/ ")]),
        with(&[
            ("Transforms.member.1.UrlRewriteConfig.Rewrites.member.2.Regex", "a"),
            ("Transforms.member.1.UrlRewriteConfig.Rewrites.member.2.Replace", "b"),
        ]),
        with(&[
            ("Transforms.member.2.Type", "url-rewrite"),
            ("Transforms.member.2.UrlRewriteConfig.Rewrites.member.1.Regex", "a"),
            ("Transforms.member.2.UrlRewriteConfig.Rewrites.member.1.Replace", "b"),
        ]),
    ];
    let found: Vec<String> =
        refused.iter().map(|fields| elb(&mut world, "CreateRule", fields)).collect();
    expect![[r#"
        400 ValidationError: A condition can have either values or regex values
        400 ValidationError: One or more provided condition regex values are invalid
        400 ValidationError: One or more provided condition regex values are invalid
        400 ValidationError: A condition value must be specified
        400 ValidationError: A condition of the field 'source-ip' does not support regex values
        400 ValidationError: A rule can only have '5' condition values
        400 ValidationError: For transforms of type 'host-header-rewrite', you must specify the following field(s): 'HostHeaderRewriteConfig'
        400 ValidationError: 1 validation error detected: Value 'path-rewrite' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [host-header-rewrite, url-rewrite]
        400 ValidationError: One or more provided transform rewrite Regex values are invalid
        400 ValidationError: One or more provided transform rewrite Regex values are invalid
        400 ValidationError: A transform rewrite Replace value may only consist of non-whitespace printable ASCII characters
        400 ValidationError: Rule transforms must have exactly one Rewrite
        400 ValidationError: A rule can only have one transform of each type"#]].assert_eq(&found.join("\n"));

    let created = elb(&mut world, "CreateRule", &rule);
    let arn = value(&created, "RuleArn");
    let both: Vec<(&str, &str)> = vec![
        ("RuleArn", arn.as_str()),
        rule[6],
        rule[7],
        rule[8],
        ("Transforms.member.2.Type", "host-header-rewrite"),
    ];
    let host = [(format!("{HOST}.Regex"), "^.*$"), (format!("{HOST}.Replace"), "one.internal")];
    let host = host.iter().map(|(name, value)| (name.as_str(), *value));
    let both: Vec<(&str, &str)> = both.into_iter().chain(host).collect();
    expect![[r#"
        Rules
          member
            RuleArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:listener-rule/app/front/e6a4ad3c89699b36/0be026b1dac4f14c/86cb29c40001a6f7
            Priority: 10
            Conditions
              member
                Field: path-pattern
                PathPatternConfig
                  RegexValues
                    member: ^/v[12]/
                RegexValues
                  member: ^/v[12]/
            Actions
              member
                Type: forward
                TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/7670f4e2c8a7a66c
                ForwardConfig
                  TargetGroups
                    member
                      TargetGroupArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/7670f4e2c8a7a66c
                      Weight: 1
                  TargetGroupStickinessConfig
                    Enabled: false
            IsDefault: false
            Transforms
              member
                UrlRewriteConfig
                  Rewrites
                    member
                      Regex: ^/api/(.*)$
                      Replace: /$1
                Type: url-rewrite
              member
                HostHeaderRewriteConfig
                  Rewrites
                    member
                      Regex: ^.*$
                      Replace: one.internal
                Type: host-header-rewrite
    "#]].assert_eq(&elb(&mut world, "ModifyRule", &both));
    let reset = [("RuleArn", arn.as_str()), ("ResetTransforms", "true")];
    let again: Vec<(&str, &str)> = both.iter().chain(&reset[1..]).copied().collect();
    check(
        &mut world,
        "ModifyRule",
        &again,
        expect!["400 ValidationError: Transforms cannot be provided when resetting transforms"],
    );
    check(
        &mut world,
        "ModifyRule",
        &both[..1],
        expect!["400 ValidationError: You must provide either conditions, actions, or transforms"],
    );
    elb(&mut world, "ModifyRule", &reset);
    let seen = elb(&mut world, "DescribeRules", &[("RuleArns.member.1", &arn)]);
    assert!(seen.contains("Transforms\n") && !seen.contains("Regex:"), "{seen}");
}

#[test]
fn dns_sees_the_health_of_targets() {
    let mut world = World::default();
    let balancer = create_balancer(&mut world, "Front", "application");
    let group = create_group(&mut world, "web", "HTTP");
    let dns = value(&elb(&mut world, "DescribeLoadBalancers", &[]), "DNSName");
    assert_eq!(alias_healthy(&world, "nothing.example.com"), None);
    assert_eq!(alias_healthy(&world, &dns), Some(true));
    send(&mut world, "CreateListener", &listener_fields(&balancer, "HTTP", &group));
    assert_eq!(alias_healthy(&world, &dns), Some(false), "no targets");

    let target = [("TargetGroupArn", group.as_str()), ("Targets.member.1.Id", "10.0.0.1")];
    elb(&mut world, "RegisterTargets", &target);
    check(
        &mut world,
        "DescribeTargetHealth",
        &target[..1],
        expect![[r#"
        TargetHealthDescriptions
          member
            Target
              Id: 10.0.0.1
              Port: 8080
            HealthCheckPort: 8080
            TargetHealth
              State: initial
              Reason: Elb.InitialHealthChecking
              Description: Initial health checks in progress
    "#]],
    );
    world.now_ms += 30_000;
    let alias = format!("dualstack.{}.", dns.to_lowercase());
    assert_eq!(alias_healthy(&world, &alias), Some(true));
    assert!(set_target_health(&mut world, &group, "10.0.0.1", Some(Health::Unhealthy)));
    assert!(!set_target_health(&mut world, &group, "10.0.0.2", None));
    assert_eq!(alias_healthy(&world, &dns), Some(false));
    check(
        &mut world,
        "DescribeTargetHealth",
        &target[..1],
        expect![[r#"
        TargetHealthDescriptions
          member
            Target
              Id: 10.0.0.1
              Port: 8080
            HealthCheckPort: 8080
            TargetHealth
              State: unhealthy
              Reason: Target.FailedHealthChecks
              Description: Health checks failed
    "#]],
    );
    elb(&mut world, "DeregisterTargets", &target);
    check(
        &mut world,
        "DescribeTargetHealth",
        &target[..1],
        expect![[r#"
        TargetHealthDescriptions
          member
            Target
              Id: 10.0.0.1
              Port: 8080
            HealthCheckPort: 8080
            TargetHealth
              State: draining
              Reason: Target.DeregistrationInProgress
              Description: Target deregistration is in progress
    "#]],
    );
    world.now_ms += 300_000;
    super::settle(&mut world);
    check(
        &mut world,
        "DescribeTargetHealth",
        &target,
        expect![[r#"
        TargetHealthDescriptions
          member
            Target
              Id: 10.0.0.1
              Port: 8080
            HealthCheckPort: 8080
            TargetHealth
              State: unused
              Reason: Target.NotRegistered
              Description: Target is not registered to the target group
    "#]],
    );
    check(
        &mut world,
        "RegisterTargets",
        &[target[0], ("Targets.member.1.Id", "i-1")],
        expect!["400 InvalidTarget: The target 'i-1' is not a valid target of type 'ip'"],
    );
}

#[test]
fn lists_come_in_pages() {
    let mut world = World::default();
    for name in ["a", "b", "c"] {
        create_balancer(&mut world, name, "application");
    }
    let first = elb(&mut world, "DescribeLoadBalancers", &[("PageSize", "2")]);
    let next = value(&first, "NextMarker");
    let rest = elb(&mut world, "DescribeLoadBalancers", &[("Marker", &next)]);
    assert_eq!(value(&rest, "LoadBalancerName"), "c");
    assert!(!rest.contains("NextMarker"));
}

#[test]
fn refusals() {
    let mut world = World::default();
    let arn = create_balancer(&mut world, "front", "application");
    let many: Vec<Field> = (0..21)
        .map(|number| {
            let name: &'static str = Box::leak(format!("ResourceArns.member.{number}").into());
            (name, arn.clone())
        })
        .collect();
    expect!["400 ValidationError: Up to '20' resource ARNs can be specified"].assert_eq(&send(
        &mut world,
        "DescribeTags",
        &many,
    ));
    for (name, expect) in [
        (
            "internal-x",
            expect![
                "400 ValidationError: The load balancer name 'internal-x' cannot begin with 'internal-'"
            ],
        ),
        (
            "-x",
            expect![
                "400 ValidationError: The load balancer name '-x' cannot begin or end with a hyphen"
            ],
        ),
        (
            "x_y",
            expect![
                "400 ValidationError: The load balancer name 'x_y' can only contain characters that are alphanumeric characters and hyphens(-)"
            ],
        ),
        (
            "x123456789012345678901234567890123",
            expect![
                "400 ValidationError: The load balancer name 'x123456789012345678901234567890123' cannot be longer than '32' characters"
            ],
        ),
    ] {
        let fields = balancer_fields(name, "application");
        expect.assert_eq(&send(&mut world, "CreateLoadBalancer", &fields));
    }
    for (operation, fields, expect) in [
        (
            "Frobnicate",
            vec![],
            expect![
                "400 InvalidAction: Could not find operation Frobnicate for version 2015-12-01"
            ],
        ),
        (
            "CreateLoadBalancer",
            vec![("Name", "x")],
            expect!["400 ValidationError: At least one subnet must be specified"],
        ),
        (
            "DescribeLoadBalancers",
            vec![("Names.member.1", "none")],
            expect!["400 LoadBalancerNotFound: Load balancers '[none]' not found"],
        ),
        (
            "DescribeTargetGroups",
            vec![("Names.member.1", "none")],
            expect!["400 TargetGroupNotFound: Target groups 'none' not found"],
        ),
        (
            "DescribeListeners",
            vec![],
            expect![
                "400 ValidationError: You must specify either listener ARNs or a load balancer ARN"
            ],
        ),
        (
            "DeleteListener",
            vec![("ListenerArn", "arn:none")],
            expect!["400 ListenerNotFound: Listener 'arn:none' not found"],
        ),
        (
            "CreateTargetGroup",
            vec![("Name", "x"), ("Protocol", "HTTP")],
            expect!["400 ValidationError: A port must be specified"],
        ),
        (
            "CreateTargetGroup",
            vec![("Name", "x"), ("TargetType", "lambda"), ("Port", "80")],
            expect![
                "400 ValidationError: Port cannot be specified for target groups with target type 'lambda'"
            ],
        ),
        (
            "CreateTargetGroup",
            vec![("Name", "x"), ("Protocol", "HTTP"), ("Port", "80"), ("VpcId", "vpc-1")],
            expect!["400 ValidationError: The VPC ID 'vpc-1' is not found"],
        ),
    ] {
        check(&mut world, operation, &fields, expect);
    }
}

#[test]
fn an_empty_protocol_version_is_none() {
    for (given, stands) in [("", "HTTP1"), ("HTTP2", "HTTP2")] {
        let world = &mut World::default();
        let mut fields = group_fields("web", "HTTP");
        fields.push(("ProtocolVersion", given.into()));
        let made = send(world, "CreateTargetGroup", &fields);
        assert_eq!(value(&made, "ProtocolVersion"), stands);
    }
    let mut fields = group_fields("web", "HTTP");
    fields.push(("ProtocolVersion", "HTTP3".into()));
    let refused = send(&mut World::default(), "CreateTargetGroup", &fields);
    assert!(refused.starts_with("400 ValidationError"), "{refused}");
}

/// An action that asks an identity provider, as a create or a modification sends it.
fn ask(more: &[(&'static str, &str)]) -> Vec<Field> {
    const PREFIX: &str = "DefaultActions.member.1.AuthenticateOidcConfig";
    let mut fields: Vec<Field> = vec![
        ("DefaultActions.member.1.Type", "authenticate-oidc".into()),
        ("DefaultActions.member.2.Type", "fixed-response".into()),
        ("DefaultActions.member.2.FixedResponseConfig.StatusCode", "200".into()),
    ];
    let all = [
        ("Issuer", "https://idp.example.com"),
        ("AuthorizationEndpoint", "https://idp.example.com/authorize"),
        ("TokenEndpoint", "https://idp.example.com/token"),
        ("UserInfoEndpoint", "https://idp.example.com/userinfo"),
        ("ClientId", "front"),
    ];
    let all = all.iter().filter(|(name, _)| more.iter().all(|(other, _)| name != other));
    for (name, value) in all.chain(more).filter(|(_, value)| !value.is_empty()) {
        fields.push((format!("{PREFIX}.{name}").leak(), (*value).to_owned()));
    }
    fields
}

#[test]
fn a_client_secret_is_taken_and_never_shown() {
    let mut world = World::default();
    let front = create_balancer(&mut world, "front", "application");
    let create = |world: &mut World, protocol: &str, more: &[(&'static str, &str)]| {
        let mut fields = listener_fields(&front, protocol, "")[..3].to_vec();
        if protocol == "HTTPS" {
            let certificate = seed::certificate_arn("000000000000", REGION);
            fields.push(("Certificates.member.1.CertificateArn", certificate));
        }
        fields.extend(ask(more));
        send(world, "CreateListener", &fields)
    };
    let refused = [
        create(&mut world, "HTTP", &[("ClientSecret", "hunter2")]),
        create(&mut world, "HTTPS", &[]),
        create(&mut world, "HTTPS", &[("UseExistingClientSecret", "true")]),
        create(&mut world, "HTTPS", &[("ClientSecret", "s"), ("UseExistingClientSecret", "true")]),
        create(&mut world, "HTTPS", &[("ClientSecret", "s"), ("Issuer", "http://idp.example.com")]),
        create(&mut world, "HTTPS", &[("ClientSecret", "s"), ("TokenEndpoint", "")]),
        create(&mut world, "HTTPS", &[("ClientSecret", "s"), ("SessionTimeout", "604801")]),
        create(&mut world, "HTTPS", &[("ClientSecret", "s"), ("OnUnauthenticatedRequest", "ask")]),
    ];
    expect![[r#"
        400 InvalidLoadBalancerAction: The action type 'authenticate-oidc' needs an HTTPS listener
        400 InvalidLoadBalancerAction: You must either specify a client secret or set UseExistingClientSecret to true
        400 InvalidLoadBalancerAction: There is no existing client secret to use
        400 InvalidLoadBalancerAction: You cannot both specify a client secret and set UseExistingClientSecret to true
        400 InvalidLoadBalancerAction: The Issuer 'http://idp.example.com' must be a valid HTTPS URL
        400 ValidationError: 1 validation error detected: Value null at 'authenticateOidcConfig.TokenEndpoint' failed to satisfy constraint: Member must not be null
        400 ValidationError: 1 validation error detected: Value '604801' at 'AuthenticateOidcConfig.SessionTimeout' must be between 1 and 604800
        400 ValidationError: 1 validation error detected: Value 'ask' at 'authenticateOidcConfig.OnUnauthenticatedRequest' failed to satisfy constraint: Member must satisfy enum value set: [deny, allow, authenticate]"#]].assert_eq(&refused.join("\n"));
    let extra: Vec<(&'static str, &str)> = (1..=11)
        .map(|it| (&*format!("AuthenticationRequestExtraParams.entry.{it}.key").leak(), "k"))
        .chain([("ClientSecret", "s")])
        .collect();
    let too_many = create(&mut world, "HTTPS", &extra);
    assert!(too_many.starts_with("400 ValidationError"), "{too_many}");

    let created = create(
        &mut world,
        "HTTPS",
        &[
            ("ClientSecret", "hunter2"),
            ("AuthenticationRequestExtraParams.entry.1.key", "prompt"),
            ("AuthenticationRequestExtraParams.entry.1.value", "login"),
        ],
    );
    expect![[r#"
        Listeners
          member
            ListenerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/front/e6a4ad3c89699b36/7670f4e2c8a7a66c
            LoadBalancerArn: arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/front/e6a4ad3c89699b36
            Port: 443
            Protocol: HTTPS
            Certificates
              member
                CertificateArn: arn:aws:acm:us-east-1:000000000000:certificate/9837d2ab-3f48-9fd1-faf4-bba2875e1e17
            SslPolicy: ELBSecurityPolicy-2016-08
            DefaultActions
              member
                Type: authenticate-oidc
                Order: 1
                AuthenticateOidcConfig
                  AuthenticationRequestExtraParams
                    entry
                      key: prompt
                      value: login
                  AuthorizationEndpoint: https://idp.example.com/authorize
                  ClientId: front
                  Issuer: https://idp.example.com
                  OnUnauthenticatedRequest: authenticate
                  Scope: openid
                  SessionCookieName: AWSELBAuthSessionCookie
                  SessionTimeout: 604800
                  TokenEndpoint: https://idp.example.com/token
                  UserInfoEndpoint: https://idp.example.com/userinfo
              member
                Type: fixed-response
                Order: 2
                FixedResponseConfig
                  StatusCode: 200
            MutualAuthentication
              Mode: off
    "#]].assert_eq(&created);
    let arn = value(&created, "ListenerArn");
    let stored = |world: &World| {
        let text = serde_json::to_string(world).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("correct-horse"));
        let (_, rest) = text.split_once("\"ClientSecret\":\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let modify = |world: &mut World, more: &[(&'static str, &str)]| {
        let mut fields: Vec<Field> = vec![("ListenerArn", arn.clone())];
        fields.extend(ask(more));
        let answer = send(world, "ModifyListener", &fields);
        assert!(!answer.contains("Secret"), "{answer}");
        stored(world)
    };
    let first = stored(&world);
    let kept = [("UseExistingClientSecret", "true"), ("Scope", "openid email")];
    assert_eq!(modify(&mut world, &kept), first);
    let other = modify(&mut world, &[("ClientSecret", "correct-horse")]);
    assert_ne!(other, first);
    assert_eq!(modify(&mut world, &[("ClientSecret", "hunter2")]), first);
    // Once the action is gone, so is its secret.
    let gone = [
        ("ListenerArn", arn.clone()),
        ("DefaultActions.member.1.Type", "fixed-response".into()),
        ("DefaultActions.member.1.FixedResponseConfig.StatusCode", "200".into()),
    ];
    send(&mut world, "ModifyListener", &gone);
    let mut fields: Vec<Field> = vec![("ListenerArn", arn.clone())];
    fields.extend(ask(&kept));
    expect!["400 InvalidLoadBalancerAction: There is no existing client secret to use"]
        .assert_eq(&send(&mut world, "ModifyListener", &fields));
}
