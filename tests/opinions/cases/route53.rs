//! Zones, records and health checks.

use bicoastal::aws::route53::{
    CheckerRegion, Continent, FailoverRole, InsufficientData, KeySigningKey, RecordData, ZoneVpc,
};
use bicoastal::prelude::*;
use serde_json::{Value, json};

use crate::contract::{Case, output, to, together};

const HERE: Region = Region::UsEast1;

pub static ZONE: Case = Case {
    name: "contract-zone",
    subject: "zone",
    declare: |stack, _| {
        let zone = HostedZone::builder().name("contract.example").comment("ours");
        stack.global().add("zone", zone.tags([("Project", "x")]).build());
    },
    changes: |places| {
        let groups = &places.of(HERE).log_groups;
        vec![
            to("comment", "changed"),
            to("tags", json!({ "Project": "y", "More": "" })),
            to("accelerated_recovery", true),
            to("query_log_group", &groups[0]),
            to("query_log_group", &groups[1]),
            to("query_log_group", Value::Null),
            to("query_log_group", &groups[0]),
        ]
    },
};

/// Its answers are signed, and its keys rotated.
pub static SIGNED_ZONE: Case = Case {
    name: "contract-signed-zone",
    subject: "zone",
    declare: |stack, places| {
        let one = KeySigningKey::new("one", places.of(HERE).signing_keys[0].as_str());
        let zone = HostedZone::builder().name("signed.example");
        let zone = zone.dnssec_signing(true).key_signing_keys([one]);
        stack.global().add("zone", zone.build());
    },
    changes: |places| {
        let keys = &places.of(HERE).signing_keys;
        let key = |name, at: usize| KeySigningKey::new(name, keys[at].as_str());
        let keys = |keys: Vec<KeySigningKey>| to("key_signing_keys", keys);
        vec![
            keys(vec![key("one", 0), key("two", 1).inactive()]),
            keys(vec![key("one", 0), key("two", 1)]),
            keys(vec![key("one", 0).inactive(), key("two", 1)]),
            keys(vec![key("two", 1)]),
            to("dnssec_signing", false),
            to("dnssec_signing", true),
            to("dnssec_signing", false),
        ]
    },
};

pub static PRIVATE_ZONE: Case = Case {
    name: "contract-private-zone",
    subject: "zone",
    declare: |stack, places| {
        let vpc = ZoneVpc::new(HERE, &places.of(HERE).vpcs[0]);
        stack.global().add("zone", HostedZone::builder().name("corp").vpcs(vec![vpc]).build());
    },
    changes: |places| {
        let vpc = |at: usize| ZoneVpc::new(HERE, &places.of(HERE).vpcs[at]);
        let mut both = vec![vpc(0), vpc(1)];
        both.sort();
        vec![to("vpcs", both), to("vpcs", [vpc(1)]), to("comment", "changed")]
    },
};

/// A zone with what is to be judged in it.
fn zone(stack: &mut Stack, name: &str) -> HostedZoneHandle {
    stack.global().add("zone", HostedZone::builder().name(name).build())
}

fn routed(routing: Routing) -> crate::contract::Change {
    to("routing", routing)
}

pub static ADDRESSES: Case = Case {
    name: "contract-addresses",
    subject: "www",
    declare: |stack, _| {
        let zone = zone(stack, "addresses.example");
        let www = RecordSet::builder().zone(&zone).name("www").a(60, ["192.0.2.1"]).build();
        stack.global().add("www", www);
        // Names and texts that AWS writes in its own way.
        let any = RecordSet::builder().zone(&zone).name("*").txt(60, ["a \"b\" c", "ü"]).build();
        stack.global().add("any", any);
    },
    changes: |_| {
        vec![
            to("values", ["192.0.2.1", "192.0.2.2"]),
            to("values", ["192.0.2.3"]),
            to("ttl", 300),
            together([("ttl", json!(60)), ("values", json!(["192.0.2.4"]))]),
        ]
    },
};

pub static WEIGHTED: Case = Case {
    name: "contract-weighted",
    subject: "here",
    declare: |stack, _| {
        let zone = zone(stack, "weighted.example");
        for name in ["alive", "alive-too"] {
            let check = HealthCheck::https(format!("{name}.weighted.example"));
            let check = check.interval(Interval::Standard).build();
            stack.global().add(name, check);
        }
        let alive = Output::<Id<HealthCheck>>::new("alive".into(), "id");
        let records =
            [("here", Routing::Weighted(90), Some(alive)), ("there", Routing::Weighted(10), None)];
        for (name, routing, check) in records {
            let record = RecordSet::builder()
                .zone(&zone)
                .name("api")
                .routing(routing)
                .set_identifier(name)
                .a(60, ["192.0.2.1"])
                .maybe_health_check(check)
                .build();
            stack.global().add(name, record);
        }
    },
    changes: |_| {
        vec![
            routed(Routing::Weighted(50)),
            routed(Routing::Weighted(0)),
            to("values", ["192.0.2.9"]),
            to("health_check", output("alive-too", "id")),
            to("health_check", Value::Null),
            to("health_check", output("alive", "id")),
            to("health_check", output("alive-too", "id")),
        ]
    },
};

/// A record of its own for every other way of routing; the latency alias is what is judged.
pub static ALIAS: Case = Case {
    name: "contract-alias",
    subject: "latency",
    declare: |stack, _| {
        let zone = zone(stack, "alias.example");
        let target = |name: &str| AliasTarget::new(format!("{name}.alias.example."), zone.id());
        let [one, two] = ["one", "two"].map(|name| {
            let record = RecordSet::builder().zone(&zone).name(name).a(60, ["192.0.2.1"]).build();
            stack.global().add(name, record)
        });
        for (id, region) in [("latency", Region::UsEast1), ("far", Region::ApSouth1)] {
            let record = RecordSet::builder()
                .zone(&zone)
                .name("latency")
                .routing(Routing::Latency(region))
                .alias(target("one"))
                .build();
            let record = stack.global().add(id, record);
            stack.after(&record, &one).after(&record, &two);
        }
        let alive = HealthCheck::https("alive.alias.example").interval(Interval::Standard);
        let alive = stack.global().add("alive", alive.build());
        let others = [
            ("geo", Routing::Geolocation(GeoLocation::Default)),
            ("geo-in", Routing::Geolocation(GeoLocation::Country("IN".into()))),
            ("geo-eu", Routing::Geolocation(GeoLocation::Continent(Continent::Europe))),
            ("failover", Routing::Failover(FailoverRole::Secondary)),
            ("failover-from", Routing::Failover(FailoverRole::Primary)),
            ("multi", Routing::Multivalue),
        ];
        for (id, routing) in others {
            let name = id.split('-').next().unwrap_or_default();
            // Who never is unhealthy never fails over.
            let check = (id == "failover-from").then(|| alive.id());
            let record = RecordSet::builder()
                .zone(&zone)
                .name(name)
                .routing(routing)
                .set_identifier(id)
                .data(RecordData::values(RecordType::A, 60, ["192.0.2.7"]))
                .maybe_health_check(check)
                .build();
            stack.global().add(id, record);
        }
    },
    changes: |_| {
        let alias = |name: &str, healthy: bool| {
            json!({
                "dns_name": format!("{name}.alias.example."),
                "zone_id": output("zone", "id"),
                "evaluate_target_health": healthy,
            })
        };
        vec![
            to("alias", alias("one", false)),
            to("alias", alias("two", true)),
            routed(Routing::Latency(Region::EuWest1)),
        ]
    },
};

pub static WEB_CHECK: Case = Case {
    name: "contract-web-check",
    subject: "check",
    declare: |stack, _| {
        let check = HealthCheck::https("www.contract.example").search("alive").path("/healthz");
        let check = check.interval(Interval::Standard).tags([("Project", "x")]);
        stack.global().add("check", check.build());
    },
    changes: |_| {
        let three = [CheckerRegion::UsEast1, CheckerRegion::EuWest1, CheckerRegion::SaEast1];
        let others = [CheckerRegion::UsWest1, CheckerRegion::EuWest1, CheckerRegion::SaEast1];
        vec![
            to("host", "api.contract.example"),
            to("port", 8443),
            to("path", "/alive"),
            to("search", "well"),
            to("failure_threshold", 5),
            to("enable_sni", false),
            to("checker_regions", three),
            to("checker_regions", others),
            to("inverted", true),
            to("disabled", true),
            to("tags", json!({ "Project": "y", "More": "" })),
        ]
    },
};

pub static ADDRESS_CHECK: Case = Case {
    name: "contract-address-check",
    subject: "check",
    declare: |stack, _| {
        let check = HealthCheck::http("www.contract.example").address("192.0.2.1").port(8080);
        stack.global().add("check", check.interval(Interval::Standard).build());
        let tcp = HealthCheck::tcp("tcp.contract.example", 5432).interval(Interval::Standard);
        stack.global().add("tcp", tcp.build());
    },
    changes: |_| vec![to("ip_address", "192.0.2.2"), to("host", "api.contract.example")],
};

pub static CALCULATED_CHECK: Case = Case {
    name: "contract-calculated-check",
    subject: "most",
    declare: |stack, _| {
        let child = |name: &str| {
            HealthCheck::https(format!("{name}.contract.example"))
                .interval(Interval::Standard)
                .build()
        };
        let [a, b, c] = ["a", "b", "c"].map(|name| stack.global().add(name, child(name)));
        let most = HealthCheck::calculated(1, [a.id(), b.id()]).build();
        let most = stack.global().add("most", most);
        stack.after(&most, &c);
    },
    changes: |_| {
        let child = |name: &str| output(name, "id");
        vec![
            to("healthy_children", 2),
            to("children", [child("a"), child("b"), child("c")]),
            to("children", [child("b"), child("c")]),
        ]
    },
};

pub static ALARM_CHECK: Case = Case {
    name: "contract-alarm-check",
    subject: "check",
    declare: |stack, _| {
        let check = HealthCheck::alarm(HERE, "latency", InsufficientData::Unhealthy).build();
        stack.global().add("check", check);
    },
    changes: |_| {
        vec![
            to("alarm", json!({ "region": "ap-south-1", "name": "latency" })),
            to("alarm", json!({ "region": "ap-south-1", "name": "errors" })),
            to("insufficient_data", InsufficientData::Healthy),
        ]
    },
};

pub static CIDRS: Case = Case {
    name: "contract-cidrs",
    subject: "offices",
    declare: |stack, _| {
        let berlin = CidrLocation::new("berlin", ["192.0.2.0/24", "2001:DB8::/32"]);
        let offices = CidrCollection::builder().name("contract-offices").locations([berlin]);
        stack.global().add("offices", offices.build());
    },
    changes: |_| {
        let berlin = CidrLocation::new("berlin", ["2001:db8::/32"]);
        let pune = CidrLocation::new("pune", ["198.51.100.0/24"]);
        let both = [berlin.clone(), pune.clone()];
        vec![to("locations", both), to("locations", [pune]), to("locations", [berlin])]
    },
};
