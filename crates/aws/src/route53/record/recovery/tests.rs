#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

#[cfg(feature = "elbv2")]
mod balancers;

use bicoastal_model::{Id, Input, Region, Stack};
use expect_test::{Expect, expect};

use super::super::data::RecordType;
use super::*;
use crate::alias::AliasTarget;
use crate::route53::record::{
    Continent, FailoverRole, GeoLocation, ProximityPlace, RecordData, RecordSet, Routing, ZoneRef,
};
use crate::route53::{HealthCheck, HostedZone, HostedZoneHandle, InsufficientData, Interval};

type Watch = Option<Input<Id<HealthCheck>>>;

/// What sealing a stack with a zone says, with what it advises.
fn said(declare: impl FnOnce(&mut Stack, &HostedZoneHandle)) -> String {
    let mut stack = Stack::new("test");
    let zone = stack.global().add("zone", HostedZone::builder().name("example.com").build());
    declare(&mut stack, &zone);
    let found = match stack.seal() {
        Ok(desired) => desired.warnings,
        Err(found) => found.0,
    };
    let line = |it: Diagnostic| {
        let id = it.id.map(|id| id.to_string()).unwrap_or_default();
        let hint = it.hint.map(|hint| format!("\n  {hint}")).unwrap_or_default();
        format!("{:?}: {id}: {}{hint}", it.severity, it.message)
    };
    found.into_iter().map(line).collect::<Vec<_>>().join("\n")
}

fn check(declare: impl FnOnce(&mut Stack, &HostedZoneHandle), expected: Expect) {
    expected.assert_eq(&said(declare));
}

/// Adds one record of `api`, which is as good as it is near.
fn near(stack: &mut Stack, zone: &HostedZoneHandle, data: RecordData, watch: Watch) {
    routed(stack, zone, ("api", "api"), data, Routing::Latency(Region::UsEast1), watch);
}

fn routed(
    stack: &mut Stack,
    zone: &HostedZoneHandle,
    (id, name): (&str, &str),
    data: RecordData,
    routing: Routing,
    watch: Watch,
) {
    let record = RecordSet::builder().zone(zone).name(name).data(data).routing(routing);
    stack.global().add(id, record.set_identifier(id).maybe_health_check(watch).build());
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn a(ttl: u32) -> RecordData {
    RecordData::values(RecordType::A, ttl, ["192.0.2.1"])
}

/// Declares an endpoint's check.
fn alive(
    stack: &mut Stack,
    id: &str,
    interval: Interval,
    threshold: u32,
) -> Input<Id<HealthCheck>> {
    let check = HealthCheck::https("a.example.net").interval(interval).failure_threshold(threshold);
    stack.global().add(id, check.build()).id().into()
}

#[test]
fn every_routing_by_health_is_held_to_the_objective() {
    let region = ProximityPlace::Region(Region::UsEast1);
    for routing in [
        Routing::Latency(Region::UsEast1),
        Routing::Weighted(1),
        Routing::Failover(FailoverRole::Primary),
        Routing::Geolocation(GeoLocation::Continent(Continent::Europe)),
        Routing::Geoproximity { place: region, bias: 0 },
        Routing::Multivalue,
        Routing::Cidr { collection: "c".into(), location: "*".into() },
    ] {
        for (objective, watched, slow) in
            [(150, true, false), (149, true, true), (149, false, false)]
        {
            let said = said(|stack, zone| {
                stack.rto(seconds(objective));
                let check = alive(stack, "alive", Interval::Standard, 3);
                let watch = watched.then_some(check);
                routed(stack, zone, ("api", "api"), a(60), routing.clone(), watch);
            });
            let told = said.contains("clients may go on being sent to what is lost for 150 s");
            assert_eq!(told, slow, "{routing:?} {objective} {watched}: {said}");
        }
    }
}

#[test]
fn what_a_health_check_takes_is_what_its_settings_say() {
    let slow = |watch: fn(&mut Stack) -> Input<Id<HealthCheck>>, expected: Expect| {
        let told = said(|stack, zone| {
            // Too short for any TTL that is used here.
            stack.rto(seconds(50));
            let watch = watch(stack);
            near(stack, zone, a(60), Some(watch));
        });
        // The rest is always the same.
        let (_, seen) = told.split_once("lost for ").unwrap();
        expected.assert_eq(seen.split_once(", and resolvers").unwrap().0);
    };
    slow(
        |stack| {
            stack.global().add("usual", HealthCheck::tcp("a.example.net", 443).build()).id().into()
        },
        expect![
            "150 s, and the RTO is 50 s: usual sees the loss after 90 s (every 30 s, threshold 3)"
        ],
    );
    slow(
        |stack| alive(stack, "fast", Interval::Fast, 1),
        expect![
            "70 s, and the RTO is 50 s: fast sees the loss after 10 s (every 10 s, threshold 1)"
        ],
    );
    // One healthy child is enough: all of them must fail, so the slowest decides.
    slow(
        |stack| {
            let children =
                [alive(stack, "b", Interval::Standard, 4), alive(stack, "a", Interval::Fast, 3)];
            stack.global().add("any", HealthCheck::calculated(1, children).build()).id().into()
        },
        expect![
            "180 s, and the RTO is 50 s: b sees the loss after 120 s (every 30 s, threshold 4)"
        ],
    );
    // Both must be healthy: the first that fails decides.
    slow(
        |stack| {
            let children =
                [alive(stack, "b", Interval::Standard, 4), alive(stack, "a", Interval::Fast, 3)];
            stack.global().add("all", HealthCheck::calculated(2, children).build()).id().into()
        },
        expect!["90 s, and the RTO is 50 s: a sees the loss after 30 s (every 10 s, threshold 3)"],
    );
    // A child of which nothing is known is not waited for, nor is the endpoint's time lost for it.
    slow(
        |stack| {
            let control = HealthCheck::routing_control("arn:aws:route53-recovery-control::1:c");
            let control = stack.global().add("control", control.build());
            let alive = alive(stack, "alive", Interval::Standard, 3);
            let both = HealthCheck::calculated(2, [control.id().into(), alive]).build();
            let both = stack.global().add("both", both);
            let outer = HealthCheck::calculated(1, [both.id()]).build();
            stack.global().add("outer", outer).id().into()
        },
        expect![
            "150 s, and the RTO is 50 s: alive sees the loss after 90 s (every 30 s, threshold 3)"
        ],
    );
    let unknown = || {
        expect![
            "at least 60 s, and the RTO is 50 s: when the loss is seen is not known here and not counted"
        ]
    };
    slow(
        |stack| {
            let alarm = HealthCheck::alarm(Region::EuWest1, "lag", InsufficientData::Unhealthy);
            stack.global().add("alarm", alarm.build()).id().into()
        },
        unknown(),
    );
    slow(|_| Id::new("11111111-2222-3333-4444-555555555555").into(), unknown());
    slow(|stack| stack.outputs_of("checks").get::<Id<HealthCheck>>("alive").into(), unknown());
    slow(
        |stack| {
            let asleep = HealthCheck::https("a.example.net").disabled(true).build();
            stack.global().add("asleep", asleep).id().into()
        },
        unknown(),
    );
    slow(
        |stack| {
            let child = alive(stack, "child", Interval::Standard, 3);
            let always = HealthCheck::calculated(0, [child]).build();
            stack.global().add("always", always).id().into()
        },
        unknown(),
    );
}

#[test]
fn what_is_told_adds_up_and_says_what_fits() {
    let told = |objective: Duration, check: (Interval, u32), ttl: u32, expected: Expect| {
        let declare = |stack: &mut Stack, zone: &HostedZoneHandle| {
            stack.rto(objective);
            let check = alive(stack, "alive", check.0, check.1);
            near(stack, zone, a(ttl), Some(check));
        };
        expected.assert_eq(&said(declare));
    };
    // A shorter TTL does it, and so does a faster check.
    told(
        seconds(120),
        (Interval::Standard, 3),
        60,
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 150 s, and the RTO is 120 s: alive sees the loss after 90 s (every 30 s, threshold 3), and resolvers keep the answer for 60 s (its TTL)
              what fits: a TTL of at most 30 s; or alive with Interval::Fast and a failure threshold of at most 6"#]],
    );
    // Only the check can be faster.
    told(
        seconds(90),
        (Interval::Standard, 3),
        60,
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 150 s, and the RTO is 90 s: alive sees the loss after 90 s (every 30 s, threshold 3), and resolvers keep the answer for 60 s (its TTL)
              what fits: alive with Interval::Fast and a failure threshold of at most 3"#]],
    );
    // Only the TTL can be shorter.
    told(
        seconds(90),
        (Interval::Fast, 3),
        300,
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 330 s, and the RTO is 90 s: alive sees the loss after 30 s (every 10 s, threshold 3), and resolvers keep the answer for 300 s (its TTL)
              what fits: a TTL of at most 60 s"#]],
    );
    // Neither does it alone.
    told(
        seconds(60),
        (Interval::Standard, 3),
        60,
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 150 s, and the RTO is 60 s: alive sees the loss after 90 s (every 30 s, threshold 3), and resolvers keep the answer for 60 s (its TTL)
              what fits: alive with Interval::Fast and a failure threshold of at most 3, together with a TTL of at most 30 s"#]],
    );
    // Nothing is that fast; parts of seconds count.
    told(
        Duration::from_millis(9_500),
        (Interval::Fast, 1),
        0,
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 10 s, and the RTO is 9.5 s: alive sees the loss after 10 s (every 10 s, threshold 1), and resolvers keep the answer for 0 s (its TTL)
              as it is, it keeps to no RTO below 10 s"#]],
    );
    // Just so.
    told(seconds(90), (Interval::Fast, 3), 60, expect![[""]]);
}

#[test]
fn the_answer_of_an_alias_is_kept_as_long_as_what_is_behind_it() {
    // A name that is as healthy as any of its two addresses.
    let behind = |stack: &mut Stack, zone: &HostedZoneHandle| {
        let fast = alive(stack, "fast", Interval::Fast, 3);
        let slow = alive(stack, "slow", Interval::Standard, 3);
        // Gone long before the other one.
        routed(stack, zone, ("one", "front"), a(50), Routing::Multivalue, Some(fast));
        routed(stack, zone, ("two", "front"), a(30), Routing::Multivalue, Some(slow));
    };
    check(
        |stack, zone| {
            stack.rto(seconds(100));
            behind(stack, zone);
            let alias = RecordData::alias(ZoneRef::from(zone).record("front"));
            near(stack, zone, alias, None);
        },
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 120 s, and the RTO is 100 s: slow sees the loss after 90 s (every 30 s, threshold 3), and resolvers keep the answer for 30 s (the TTL of two)
              what fits: a TTL of at most 10 s in two; or slow with Interval::Fast and a failure threshold of at most 7
            Error: two: A front.example.com.: clients may go on being sent to what is lost for 120 s, and the RTO is 100 s: slow sees the loss after 90 s (every 30 s, threshold 3), and resolvers keep the answer for 30 s (its TTL)
              what fits: a TTL of at most 10 s; or slow with Interval::Fast and a failure threshold of at most 7"#]],
    );
    // Its own check sees it where none behind it does, and what has none at all never goes.
    check(
        |stack, zone| {
            stack.rto(seconds(100));
            let own = alive(stack, "own", Interval::Standard, 4);
            stack.global().add(
                "plain",
                RecordSet::builder().zone(zone).name("plain").a(20, ["192.0.2.1"]).build(),
            );
            let alias = || RecordData::alias(ZoneRef::from(zone).record("plain"));
            near(stack, zone, alias(), Some(own));
            let blind = alias().without_target_health();
            routed(stack, zone, ("blind", "blind"), blind, Routing::Weighted(1), None);
            routed(stack, zone, ("never", "never"), alias(), Routing::Weighted(1), None);
        },
        expect![[r#"
            Error: api: A api.example.com.: clients may go on being sent to what is lost for 140 s, and the RTO is 100 s: own sees the loss after 120 s (every 30 s, threshold 4), and resolvers keep the answer for 20 s (the TTL of plain)
              what fits: own with Interval::Fast and a failure threshold of at most 8"#]],
    );
    // What turns in a circle, or is in another stack, is not known; the walk ends.
    check(
        |stack, zone| {
            stack.rto(seconds(1));
            let zone_ref = ZoneRef::from(zone);
            for (id, to) in [("c", "d"), ("d", "c"), ("e", "elsewhere")] {
                let data = RecordData::alias(zone_ref.record(to));
                routed(stack, zone, (id, id), data, Routing::Weighted(1), None);
            }
            let site = AliasTarget::new("s3-website-us-east-1.amazonaws.com", "Z3AQBSTGFYJSTF");
            near(stack, zone, RecordData::alias(site.clone()), None);
            let check = alive(stack, "alive", Interval::Fast, 1);
            routed(
                stack,
                zone,
                ("site", "site"),
                RecordData::alias(site),
                Routing::Weighted(1),
                Some(check),
            );
        },
        expect![[r#"
            Error: c: the alias to d.example.com. comes back to itself
            Error: d: the alias to c.example.com. comes back to itself
            Warning: e: the alias points at A elsewhere.example.com., which this stack does not declare
            Error: site: A site.example.com.: clients may go on being sent to what is lost for at least 10 s, and the RTO is 1 s: alive sees the loss after 10 s (every 10 s, threshold 1), and how long resolvers keep the answer is not known here and not counted
              as it is, it keeps to no RTO below 10 s"#]],
    );
}

#[test]
fn without_an_objective_a_long_ttl_is_only_warned_of() {
    let declare = |stack: &mut Stack, zone: &HostedZoneHandle| {
        for (id, ttl) in [("advised", 120), ("long", 121)] {
            let check = alive(stack, &format!("{id}-alive"), Interval::Standard, 10);
            routed(stack, zone, (id, id), a(ttl), Routing::Weighted(1), Some(check.clone()));
            // An alias is warned of where it has a check, else what is behind it is.
            let alias = RecordData::alias(ZoneRef::from(zone).record(id));
            let (quiet, own) = (format!("{id}-alias"), format!("{id}-own"));
            routed(stack, zone, (&quiet, &quiet), alias.clone(), Routing::Weighted(1), None);
            routed(stack, zone, (&own, &own), alias, Routing::Weighted(1), Some(check));
        }
        routed(stack, zone, ("blind", "blind"), a(86_400), Routing::Weighted(1), None);
    };
    check(
        declare,
        expect![[r#"
            Warning: long: A long.example.com.: resolvers keep the answer for 121 s, however soon its health check sees a loss
              AWS advises a TTL of 60 or 120 s for records with a health check; if longer is good enough, say so with Stack::rto
            Warning: long-own: A long-own.example.com.: resolvers keep the answer for 121 s, however soon its health check sees a loss
              AWS advises a TTL of 60 or 120 s for records with a health check; if longer is good enough, say so with Stack::rto"#]],
    );
    // An objective is the program's own word for what is good enough.
    check(
        |stack, zone| {
            stack.rto(seconds(600));
            declare(stack, zone);
        },
        expect![[""]],
    );
}
