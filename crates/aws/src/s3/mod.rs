//! S3: buckets, and the replication between them.

mod bucket;
mod mesh;
mod replication;
mod rules;

pub use bucket::{
    Bucket, BucketHandle, BucketQuery, CorsMethod, CorsRule, Encryption, Expiration, LifecycleRule,
    LogKeys, Logging, NoncurrentExpiration, NoncurrentTransition, ObjectOwnership, PublicAccess,
    StorageClass, Transition, Versioning, When,
};
pub use mesh::{ReplicatedBuckets, ReplicatedBucketsSpec, replicated_buckets};
pub use replication::{
    ReplicationConfiguration, ReplicationConfigurationHandle, ReplicationRule, ReplicationTime,
};

use crate::provider::Registry;

pub(crate) fn register(registry: Registry) -> Registry {
    registry.kind::<Bucket>().kind::<ReplicationConfiguration>().lookup::<BucketQuery>()
}
