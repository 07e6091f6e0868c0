//! S3: buckets, and the replication between them.

mod bucket;
mod mesh;
mod replication;
mod rules;

pub use bucket::{
    Acceleration, Analytics, BlockedEncryption, Bucket, BucketHandle, BucketNamespace, BucketQuery,
    CorsMethod, CorsRule, Encryption, Expiration, IntelligentTiering, Inventory,
    InventoryEncryption, InventoryFormat, InventoryFrequency, LifecycleRule, LogKeys, Logging,
    Metrics, NoncurrentExpiration, NoncurrentTransition, Notification, NotificationTarget,
    ObjectFilter, ObjectLock, ObjectOwnership, PublicAccess, RequestPayer, RetentionMode,
    RoutingRule, StorageClass, Transition, TransitionMinimum, Versioning, Website, When,
};
pub use mesh::{ReplicatedBuckets, ReplicatedBucketsSpec, replicated_buckets};
pub use replication::{
    ReplicationConfiguration, ReplicationConfigurationHandle, ReplicationRule, ReplicationTime,
};

use crate::provider::Registry;

pub(crate) fn register(registry: Registry) -> Registry {
    registry.kind::<Bucket>().kind::<ReplicationConfiguration>().lookup::<BucketQuery>()
}
