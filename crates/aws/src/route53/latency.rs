//! A name that sends each user to the nearest region that is healthy.

use bicoastal_model::{Id, Input, PerRegion, Stack};

use super::health_check::HealthCheck;
use super::record::{RecordSet, RecordSetHandle, Routing, ZoneRef};
use crate::alias::AliasTarget;

/// What serves a name in one region.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionalFront {
    /// The region's load balancer, or another resource of AWS.
    pub alias: AliasTarget,
    /// The check that says whether the region serves, where there is one besides the health of
    /// the load balancer's own targets.
    pub health_check: Option<Input<Id<HealthCheck>>>,
}

impl RegionalFront {
    /// A load balancer whose own health decides.
    pub fn new(alias: AliasTarget) -> Self {
        Self { alias, health_check: None }
    }

    /// With a health check besides.
    #[must_use]
    pub fn health_check(mut self, check: impl Into<Input<Id<HealthCheck>>>) -> Self {
        self.health_check = Some(check.into());
        self
    }
}

/// Declares a latency record per region for one name (relative to the zone), each an alias to what
/// serves there, evaluated for health: a region that does not serve is not answered.
///
/// The records are called `NAME-REGION` (`apex-REGION` for the zone's own name), and their set
/// identifiers are the regions.
#[track_caller]
pub fn latency_name(
    stack: &mut Stack,
    zone: impl Into<ZoneRef>,
    name: &str,
    fronts: &PerRegion<RegionalFront>,
) -> PerRegion<RecordSetHandle> {
    let zone = zone.into();
    let label = match name {
        "" | "@" => "apex",
        other => other,
    };
    // Not `PerRegion::map`: a closure would hide the caller's line.
    let mut records = Vec::new();
    for (region, front) in fronts.iter() {
        let record = RecordSet::builder()
            .zone(&zone)
            .name(name)
            .routing(Routing::Latency(region))
            .alias(front.alias.clone())
            .maybe_health_check(front.health_check.clone())
            .build();
        records.push((region, stack.global().add(region.named(label), record)));
    }
    records.into_iter().collect()
}
