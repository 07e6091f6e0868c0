//! Aliases to load balancers, which are as healthy as their target groups.

use super::*;
use crate::elbv2::{
    Listener, ListenerAction, ListenerProtocol, ListenerRule, LoadBalancer, LoadBalancerHandle,
    RuleCondition, TargetGroup, TargetGroupHandle, TargetHealthCheck, TargetProtocol, TargetType,
};

fn balancer(stack: &mut Stack) -> LoadBalancerHandle {
    let it = LoadBalancer::builder().name("front").subnets(["subnet-1", "subnet-2"]).build();
    stack.region(Region::UsEast1).add("front", it)
}

/// A group whose targets are asked as often as this; as often as AWS does by itself for `None`.
fn group(stack: &mut Stack, id: &str, asked: Option<(u32, u32)>) -> TargetGroupHandle {
    let health = asked.map(|(interval, threshold)| {
        let check = TargetHealthCheck::builder().interval(interval).timeout(2);
        check.unhealthy_threshold(threshold).build()
    });
    let it = TargetGroup::builder()
        .name(id)
        .protocol(TargetProtocol::Http)
        .port(80)
        .vpc("vpc-1")
        .maybe_health_check(health)
        .build();
    stack.region(Region::UsEast1).add(id, it)
}

/// A function's group, and whether it is asked.
fn function(stack: &mut Stack, asked: bool) -> TargetGroupHandle {
    let health = asked.then(|| TargetHealthCheck::builder().enabled(true).build());
    let it = TargetGroup::builder().name("function").target_type(TargetType::Lambda);
    stack.region(Region::UsEast1).add("function", it.maybe_health_check(health).build())
}

/// Sends what arrives to a group, and some of it by a rule to one that is asked so seldom that it
/// decides nowhere else.
fn listen(stack: &mut Stack, front: &LoadBalancerHandle, to: &TargetGroupHandle) {
    let admins = group(stack, "admins", Some((300, 10)));
    let mut here = stack.region(Region::UsEast1);
    let listener = Listener::builder()
        .load_balancer(front.arn())
        .port(80)
        .protocol(ListenerProtocol::Http)
        .default_actions([ListenerAction::forward(to.arn())])
        .build();
    let listener = here.add("http", listener);
    let rule = ListenerRule::builder()
        .listener(listener.arn())
        .priority(1)
        .conditions([RuleCondition::path(["/admin/*"])])
        .actions([ListenerAction::forward(admins.arn())])
        .build();
    here.add("admin", rule);
}

/// What `api` is told with so many seconds, as an alias to a load balancer before this group.
fn told(objective: u64, targets: impl FnOnce(&mut Stack) -> TargetGroupHandle, expected: Expect) {
    check(
        |stack, zone| {
            stack.rto(seconds(objective));
            let front = balancer(stack);
            let group = targets(stack);
            listen(stack, &front, &group);
            near(stack, zone, RecordData::alias(front.alias_target()), None);
        },
        expected,
    );
}

#[test]
fn the_fastest_target_group_shows_that_a_load_balancer_is_lost() {
    told(
        119,
        |stack| group(stack, "web", None),
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 120 s, and the RTO is 119 s: us-east-1/web sees the loss after 60 s (every 30 s, threshold 2), and resolvers keep the answer for 60 s (a load balancer's TTL)
              what fits: us-east-1/web with a health check every 5 s and an unhealthy threshold of at most 10"#]],
    );
    told(120, |stack| group(stack, "web", None), expect![[""]]);
    told(90, |stack| group(stack, "web", Some((10, 3))), expect![[""]]);
    told(
        94,
        |stack| function(stack, true),
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 130 s, and the RTO is 94 s: us-east-1/function sees the loss after 70 s (every 35 s, threshold 2), and resolvers keep the answer for 60 s (a load balancer's TTL)
              what fits: us-east-1/function with a health check every 5 s and an unhealthy threshold of at most 6"#]],
    );
    // Nobody asks the function, so the rule's group is all that is known.
    told(
        3_059,
        |stack| function(stack, false),
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 3060 s, and the RTO is 3059 s: us-east-1/admins sees the loss after 3000 s (every 300 s, threshold 10), and resolvers keep the answer for 60 s (a load balancer's TTL)
              what fits: us-east-1/admins with a health check every 5 s and an unhealthy threshold of at most 10"#]],
    );
    // Too short for the load balancer's own TTL.
    told(
        69,
        |stack| group(stack, "web", Some((5, 2))),
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 70 s, and the RTO is 69 s: us-east-1/web sees the loss after 10 s (every 5 s, threshold 2), and resolvers keep the answer for 60 s (a load balancer's TTL)
              as it is, it keeps to no RTO below 70 s"#]],
    );
}

#[test]
fn of_a_load_balancer_that_is_not_declared_only_the_ttl_is_known() {
    let alias = |named: bool| {
        said(|stack, zone| {
            stack.rto(seconds(59));
            let target = if named {
                AliasTarget::new("dualstack.Front-1.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K")
            } else {
                let here = &mut stack.region(Region::UsEast1);
                let front = here.lookup("front", LoadBalancer::named("front"));
                let group = group(stack, "web", None);
                listen(stack, &front, &group);
                front.alias_target()
            };
            near(stack, zone, RecordData::alias(target), None);
        })
    };
    assert_eq!(alias(true), alias(false));
    expect![[r#"
        Error: api: A api.example.com.: clients may go on being sent to what is lost for at least 60 s, and the RTO is 59 s: when the loss is seen is not known here and not counted, and resolvers keep the answer for 60 s (a load balancer's TTL)
          as it is, it keeps to no RTO below 60 s"#]].assert_eq(&alias(true));
}

#[test]
fn a_check_from_outside_decides_over_the_load_balancer() {
    let watched = |objective: u64| {
        said(|stack, zone| {
            stack.rto(seconds(objective));
            let front = balancer(stack);
            let group = group(stack, "web", None);
            listen(stack, &front, &group);
            let check = alive(stack, "alive", Interval::Fast, 3);
            near(stack, zone, RecordData::alias(front.alias_target()), Some(check));
        })
    };
    assert_eq!(watched(90), "");
    expect![[r#"
        Error: api: A api.example.com.: clients may go on being sent to what is lost for 90 s, and the RTO is 89 s: alive sees the loss after 30 s (every 10 s, threshold 3), and resolvers keep the answer for 60 s (a load balancer's TTL)
          what fits: alive with Interval::Fast and a failure threshold of at most 2"#]].assert_eq(&watched(89));
}
