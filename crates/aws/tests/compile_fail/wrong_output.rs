//! A zone's id is not a health check's.
use bicoastal_aws::route53::{HealthCheck, HostedZone};
use bicoastal_model::Stack;

fn main() {
    let mut stack = Stack::new("shop");
    let zone = stack.global().add("zone", HostedZone::builder().name("shop.example").build());
    let _ = HealthCheck::calculated(1, [zone.id()]);
}
