//! A program of what moto can carry.

use bicoastal::prelude::*;

pub(crate) fn declare(stack: &mut Stack, vpc: &str, subnets: &[String]) {
    stack.tag("Project", "portable");

    let zone = stack.global().add("zone", HostedZone::builder().name("portable.example").build());
    for (name, weight) in [("one", 1), ("two", 2)] {
        let check = HealthCheck::https(format!("{name}.portable.example")).path("/healthz");
        let check = stack.global().add(format!("{name}-alive"), check.build());
        let record = RecordSet::builder()
            .zone(&zone)
            .name("www")
            .routing(Routing::Weighted(weight))
            .set_identifier(name)
            .cname(60, format!("{name}.portable.example"))
            .health_check(check.id())
            .build();
        stack.global().add(format!("www-{name}"), record);
    }
    let text = RecordSet::builder().zone(&zone).name("text").txt(300, ["one", "two"]);
    stack.global().add("text", text.build());

    let read = Statement::builder().action(["s3:GetObject"]).resource(["arn:aws:s3:::portable/*"]);
    let policy = Policy::builder().name("portable").document(PolicyDocument::new([read.build()]));
    let policy = stack.global().add("policy", policy.build());
    let write = Statement::builder().action(["s3:PutObject"]).resource(["arn:aws:s3:::portable/*"]);
    let role = Role::builder()
        .name("portable")
        .assume_role_policy(PolicyDocument::trust_service("ec2.amazonaws.com"))
        .inline_policy("write", PolicyDocument::new([write.build()]))
        .attach(policy.arn());
    stack.global().add("role", role.build());

    let mut here = stack.region(Region::UsEast1);
    let targets = TargetGroup::builder()
        .name(Name::generated("portable"))
        .target_type(TargetType::Ip)
        .protocol(TargetProtocol::Http)
        .port(8080)
        .vpc(vpc);
    let targets = here.add("targets", targets.build());
    let front =
        LoadBalancer::builder().name("portable").subnets(subnets.iter().map(String::as_str));
    let front = here.add("front", front.build());
    let http = Listener::builder()
        .load_balancer(front.arn())
        .port(80)
        .protocol(ListenerProtocol::Http)
        .default_actions([ListenerAction::forward(targets.arn())]);
    here.add("http", http.build());
    let groups = DbClusterParameterGroup::builder()
        .name("portable")
        .family("aurora-postgresql16")
        .description("portable");
    here.add("parameters", groups.build());
}
