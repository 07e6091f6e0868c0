//! Token buckets per account: requests by action and all together, and record changes.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::reply::Fault;
use crate::world::World;

/// How hard requests are throttled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Throttling {
    /// Whether requests are counted at all; off in a new world.
    pub enabled: bool,
    /// The size of the bucket that all requests of an account share, where a test sets another
    /// one than the documented.
    #[serde(default)]
    pub requests: Option<Rate>,
    /// The size of the change-throughput bucket, where a test sets one: AWS has such buckets,
    /// and their size is not in what we know of it.
    pub changes: Option<Rate>,
}

/// The size of a bucket, and how fast it fills again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Tokens in a full bucket.
    pub burst: f64,
    /// Tokens added each second.
    pub per_second: f64,
}

/// A bucket as it was left.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Bucket {
    tokens: f64,
    at_ms: i64,
}

const ALL: Rate = Rate { burst: 50.0, per_second: 10.0 };

fn rate(operation: &str) -> Rate {
    let (burst, per_second) = match operation {
        "AssociateVPCWithHostedZone" => (20.0, 5.0),
        "DisassociateVPCFromHostedZone" => (10.0, 5.0),
        "CreateHostedZone" | "CreateReusableDelegationSet" => (40.0, 2.0),
        "DeleteHostedZone" => (40.0, 5.0),
        "CreateHealthCheck" => (50.0, 0.5),
        "DeleteHealthCheck" => (15.0, 3.0),
        "GetHealthCheckStatus" | "GetHealthCheckLastFailureReason" => (4.0, 1.0),
        "CreateCidrCollection" | "ChangeCidrCollection" | "DeleteCidrCollection" => (40.0, 5.0),
        _ => (ALL.burst, ALL.per_second),
    };
    Rate { burst, per_second }
}

/// Counts a request; refuses it where its bucket or the common one is empty.
pub(super) fn request(world: &mut World, call: &Call) -> Result<(), Fault> {
    let Throttling { enabled, requests, .. } = world.route53.throttling;
    if !enabled {
        return Ok(());
    }
    let wanted = [("*", requests.unwrap_or(ALL)), (call.operation.as_str(), rate(&call.operation))];
    take(world, call, &wanted, 1.0)
}

/// Counts the changes of a batch against the change-throughput bucket, where there is one.
pub(super) fn changes(world: &mut World, call: &Call, count: usize) -> Result<(), Fault> {
    let Throttling { enabled, changes, .. } = world.route53.throttling;
    match changes {
        // A batch larger than the bucket waits for a full one, and leaves it empty.
        Some(rate) if enabled => {
            take(world, call, &[("changes", rate)], (count as f64).min(rate.burst))
        }
        _ => Ok(()),
    }
}

/// Takes `cost` from every bucket, or from none.
fn take(world: &mut World, call: &Call, wanted: &[(&str, Rate)], cost: f64) -> Result<(), Fault> {
    let now = world.now_ms;
    let buckets = &mut world.route53.account_mut(&call.account).buckets;
    let mut enough = true;
    for (name, rate) in wanted {
        let bucket =
            buckets.entry((*name).to_owned()).or_insert(Bucket { tokens: rate.burst, at_ms: now });
        let passed = (now - bucket.at_ms) as f64 / 1_000.0;
        bucket.tokens = (bucket.tokens + passed * rate.per_second).min(rate.burst);
        bucket.at_ms = now;
        enough &= bucket.tokens >= cost;
    }
    if !enough {
        let code =
            if call.operation.contains("Tags") { "ThrottlingException" } else { "Throttling" };
        return Err(Fault::new(400, code, "Rate exceeded"));
    }
    for (name, _) in wanted {
        if let Some(bucket) = buckets.get_mut(*name) {
            bucket.tokens -= cost;
        }
    }
    Ok(())
}
