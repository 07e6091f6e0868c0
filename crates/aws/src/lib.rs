//! AWS resources for bicoastal, on the AWS SDK for Rust: one file (or folder) per kind.

mod alias;
mod caller;
mod clash;
mod classify;
pub mod clients;
mod cx;
mod gate;
mod kind;
mod looked_up;
mod markers;
mod ownership;
mod pace;
pub mod policy;
mod provider;
#[cfg(any(feature = "elbv2", feature = "iam", feature = "route53"))]
mod tags;
mod terraform;

mod answer;

#[cfg(feature = "acm")]
pub mod acm;
#[cfg(feature = "dynamodb")]
pub mod dynamodb;
#[cfg(feature = "elbv2")]
pub mod elbv2;
#[cfg(feature = "iam")]
pub mod iam;
#[cfg(feature = "kms")]
pub mod kms;
#[cfg(feature = "rds")]
pub mod rds;
#[cfg(feature = "route53")]
pub mod route53;
#[cfg(feature = "s3")]
pub mod s3;

pub use alias::AliasTarget;
pub use caller::{CallerIdentity, CallerIdentityHandle, CallerIdentityQuery};
pub use classify::{Rule, classify};
pub use clients::{Clients, Connection};
pub use cx::{Cx, GLOBAL, Purpose};
pub use kind::{BatchKind, Found, Kind, Listed, Next, Turn, TurnGoal};
pub use markers::{Certificate, SecurityGroup, Subnet, Vpc};
pub use ownership::{LINEAGE_TAG, RESOURCE_TAG, STACK_TAG, ownership, tag_map};
pub use provider::{AwsProvider, Registry};

pub use answer::Whole;

/// Every kind that is compiled in, with its look-ups.
pub fn registry() -> Registry {
    let registry = caller::register(Registry::default());
    #[cfg(feature = "acm")]
    let registry = acm::register(registry);
    #[cfg(feature = "dynamodb")]
    let registry = dynamodb::register(registry);
    #[cfg(feature = "elbv2")]
    let registry = elbv2::register(registry);
    #[cfg(feature = "iam")]
    let registry = iam::register(registry);
    #[cfg(feature = "kms")]
    let registry = kms::register(registry);
    #[cfg(feature = "rds")]
    let registry = rds::register(registry);
    #[cfg(feature = "route53")]
    let registry = route53::register(registry);
    #[cfg(feature = "s3")]
    let registry = s3::register(registry);
    registry
}
