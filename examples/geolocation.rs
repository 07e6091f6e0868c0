//! One name, answered by where the user is; a canary by weight; and a page for when nothing is well.
//!
//! `cargo run --example geolocation` applies it to the embedded local AWS. `-- plan`, `-- drift`,
//! `-- destroy` … do one thing each.

use bicoastal::aws::route53::{Continent, FailoverRole};
use bicoastal::prelude::*;

fn main() -> ExitCode {
    bicoastal::cli::run("geolocation", declare)
}

/// A place that serves: its region, whom it is for, its addresses.
const PLACES: [(Region, Area, [&str; 2]); 3] = [
    (Region::EuWest1, Area::Europe, ["198.51.100.10", "198.51.100.11"]),
    (Region::ApSouth1, Area::India, ["203.0.113.10", "203.0.113.11"]),
    (Region::UsEast1, Area::Elsewhere, ["192.0.2.10", "192.0.2.11"]),
];

#[derive(Clone, Copy, PartialEq)]
enum Area {
    Europe,
    India,
    Elsewhere,
}

impl Area {
    fn location(self) -> GeoLocation {
        match self {
            Self::Europe => GeoLocation::Continent(Continent::Europe),
            Self::India => GeoLocation::Country("IN".into()),
            // Without a default, whoever is in none of the others gets no answer at all.
            Self::Elsewhere => GeoLocation::Default,
        }
    }
}

pub(crate) fn declare(stack: &mut Stack) {
    stack.tag("Project", "geolocation");
    let zone = stack.global().add("zone", HostedZone::builder().name("example.org").build());

    for (region, area, addresses) in PLACES {
        let alive = stack.global().add(
            region.named("alive"),
            HealthCheck::https(format!("{region}.origin.example.net")).path("/healthz").build(),
        );

        // Everybody is served where their data lives. When that place is not healthy, Route 53
        // goes to the next larger one: from a country to its continent, then to the default.
        stack.global().add(
            region.named("app"),
            RecordSet::builder()
                .zone(&zone)
                .name("app")
                .routing(Routing::Geolocation(area.location()))
                .a(60, addresses)
                .health_check(alive.id())
                .build(),
        );

        // The static page stands in only while the default place is not healthy.
        if area == Area::Elsewhere {
            stack.global().add(
                "status-primary",
                RecordSet::builder()
                    .zone(&zone)
                    .name("status")
                    .routing(Routing::Failover(FailoverRole::Primary))
                    .a(60, addresses)
                    .health_check(alive.id())
                    .build(),
            );
        }
    }
    stack.global().add(
        "status-secondary",
        RecordSet::builder()
            .zone(&zone)
            .name("status")
            .routing(Routing::Failover(FailoverRole::Secondary))
            .a(60, ["198.51.100.99"])
            .build(),
    );

    // One request in ten goes to the release that is being tried.
    for (name, weight, address) in [("stable", 90, "192.0.2.20"), ("canary", 10, "192.0.2.21")] {
        stack.global().add(
            format!("beta-{name}"),
            RecordSet::builder()
                .zone(&zone)
                .name("beta")
                .routing(Routing::Weighted(weight))
                .set_identifier(name)
                .a(60, [address])
                .build(),
        );
    }

    stack.export("name servers", zone.name_servers());
}
