//! Route 53: hosted zones, record sets of every routing policy, health checks, CIDR
//! collections.
//!
//! Records of one zone are written in batches, and each batch is followed by one poll loop
//! until it is in sync everywhere. The control plane is in us-east-1: when that region is gone,
//! DNS answers and health checks go on, and edits wait (see `accelerated_recovery`).

mod cidr;
mod health_check;
mod latency;
mod listed;
mod pending;
mod record;
mod rules;
mod tags;
mod zone;

pub use cidr::{CidrCollection, CidrCollectionHandle, CidrLocation};
pub use health_check::{
    AlarmCheckBuilder, CalculatedCheckBuilder, CheckerRegion, ControlCheckBuilder, HealthCheck,
    HealthCheckHandle, InsufficientData, Interval, TcpCheckBuilder, WebCheckBuilder,
};
pub use latency::{RegionalFront, latency_name};
pub use record::{
    Continent, FailoverRole, GeoLocation, ProximityPlace, RecordData, RecordSet, RecordSetBuilder,
    RecordSetHandle, RecordType, Routing, ZoneRef,
};
pub use zone::{
    DelegationSigner, HostedZone, HostedZoneBuilder, HostedZoneHandle, HostedZoneQuery,
    KeySigningKey, ZoneVpc,
};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use bicoastal_model::{ErrorFacts, OpError, Retry};

use crate::classify::classify;
use crate::cx::GLOBAL;
use crate::provider::Registry;

pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .kind::<HostedZone>()
        .kind::<HealthCheck>()
        .kind::<CidrCollection>()
        .batch_kind::<RecordSet>()
        .lookup::<HostedZoneQuery>()
}

/// What a failed call means.
fn failed<E>(call: &str, error: SdkError<E, HttpResponse>) -> OpError
where
    E: ProvideErrorMetadata + RequestId + std::error::Error + Send + Sync + 'static,
{
    classify("route53", call, GLOBAL, rules::RULES, error)
}

/// A request that could not be built: a defect of ours, and nothing was sent.
fn unbuilt(call: &str, error: impl std::fmt::Display) -> OpError {
    OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            call: call.to_owned(),
            service: "route53".to_owned(),
            region: GLOBAL.code().to_owned(),
            message: format!("the request is incomplete: {error}"),
            ..ErrorFacts::default()
        },
    }
}

/// An id without the prefix that AWS's answers give it.
fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}
