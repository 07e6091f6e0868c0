//! A latency record says which region it is for.
use bicoastal_aws::route53::{HostedZoneHandle, RecordSet, Routing};

fn record(zone: &HostedZoneHandle) {
    let _ = RecordSet::builder()
        .zone(zone)
        .name("api")
        .routing(Routing::Latency)
        .a(60, ["192.0.2.1"])
        .build();
}

fn main() {}
