//! Many records in one zone, from plain Rust loops: half of them answer with the nearest region,
//! half with an address.
//!
//! `cargo run --example dns_at_scale` declares 60 of them on the embedded local AWS;
//! `--records 9998` is as many as a zone holds by default. Every verb works.

use bicoastal::prelude::*;

fn main() -> ExitCode {
    bicoastal::cli::run_with("dns-at-scale", declare)
}

#[derive(clap::Args)]
pub(crate) struct Flags {
    /// How many records, besides the zone's own two
    #[arg(long, default_value_t = 60)]
    records: u32,
    /// How long answers are kept, in seconds
    #[arg(long, default_value_t = 60)]
    ttl: u32,
    /// The zone
    #[arg(long, default_value = "scale.example")]
    domain: String,
}

pub(crate) fn declare(stack: &mut Stack, flags: &Flags) {
    many(stack, &flags.domain, flags.records, flags.ttl);
}

/// So many records in a zone: pairs that are routed by latency, then single addresses.
pub(crate) fn many(stack: &mut Stack, domain: &str, records: u32, ttl: u32) {
    let zone = stack.global().add("zone", HostedZone::builder().name(domain).build());
    let address = |number: u32| {
        let [_, a, b, c] = number.to_be_bytes();
        format!("10.{a}.{b}.{c}")
    };
    let (pairs, single) = (records / 4, records - records / 4 * 2);
    for number in 0..pairs {
        for (offset, region) in [(0, Region::UsEast1), (1, Region::ApSouth1)] {
            let record = RecordSet::builder()
                .zone(&zone)
                .name(format!("near-{number:05}"))
                .routing(Routing::Latency(region))
                .a(ttl, [address(number * 2 + offset)])
                .build();
            stack.global().add(region.named(&format!("near-{number:05}")), record);
        }
    }
    for number in 0..single {
        let record = RecordSet::builder()
            .zone(&zone)
            .name(format!("host-{number:05}"))
            .a(ttl, [address(number)])
            .build();
        stack.global().add(format!("host-{number:05}"), record);
    }
    stack.export("name servers", zone.name_servers());
}
