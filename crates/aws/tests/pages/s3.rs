//! S3.

use super::Page;

pub(super) const PAGES: &[Page] =
    &[("S3:Bucket", BUCKET), ("S3:ReplicationConfiguration", REPLICATION)];

const BUCKET: &str = "
Bucket -> name, @name
Arn -> @arn
LocationConstraint -- the region that the bucket is declared in
BucketRegionalDomainName -> @regional_domain_name
BucketNamespace -> namespace
ACL -- ACLs are off in new buckets; policies say who may do what
Object Lock at create -> object_lock.enabled
Object Lock.DefaultRetention -> object_lock.mode, object_lock.days, object_lock.years
Versioning -> versioning
MfaDelete -- it takes the root user's device with every call
Encryption.SSEAlgorithm -> encryption.algorithm
Encryption.KMSMasterKeyID -> encryption.key
Encryption.BucketKeyEnabled -> encryption.bucket_key
Encryption.BlockedEncryptionTypes -> blocked_encryption
PublicAccessBlock.BlockPublicAcls -> public_access.block_acls
PublicAccessBlock.IgnorePublicAcls -> public_access.ignore_acls
PublicAccessBlock.BlockPublicPolicy -> public_access.block_policy
PublicAccessBlock.RestrictPublicBuckets -> public_access.restrict_buckets
OwnershipControls -> ownership
Policy -> policy
Lifecycle.ID -> lifecycle.id
Lifecycle.Status -> lifecycle.enabled
Lifecycle.Filter -> lifecycle.prefix, lifecycle.tags, lifecycle.size_greater_than, lifecycle.size_less_than
Lifecycle.Expiration -> lifecycle.expiration
Lifecycle.Transitions -> lifecycle.transitions
Lifecycle.NoncurrentVersionExpiration -> lifecycle.noncurrent_expiration
Lifecycle.NoncurrentVersionTransitions -> lifecycle.noncurrent_transitions
Lifecycle.AbortIncompleteMultipartUpload -> lifecycle.abort_uploads_after_days
Lifecycle.TransitionDefaultMinimumObjectSize -> transition_minimum
Tagging -> tags
CORS.ID -> cors.id
CORS.AllowedOrigins -> cors.origins
CORS.AllowedMethods -> cors.methods
CORS.AllowedHeaders -> cors.headers
CORS.ExposeHeaders -> cors.exposed_headers
CORS.MaxAgeSeconds -> cors.max_age_seconds
Logging.TargetBucket -> logging.bucket
Logging.TargetPrefix -> logging.prefix
Logging.TargetObjectKeyFormat -> logging.keys
Logging.TargetGrants -- grants are ACLs, which are off in new buckets; the target's policy says who reads
Accelerate -> acceleration
RequestPayment -> request_payer
Website.IndexDocument -> website.mode, website.index_document
Website.ErrorDocument -> website.error_document
Website.RedirectAllRequestsTo -> website.host, website.protocol
Website.RoutingRules.Condition -> website.routing_rules.when_prefix, website.routing_rules.when_status
Website.RoutingRules.Redirect -> website.routing_rules.host, website.routing_rules.protocol, website.routing_rules.to_prefix, website.routing_rules.to_key, website.routing_rules.status
Notification -> notifications.id, notifications.to, notifications.events, notifications.prefix, notifications.suffix
Notification.EventBridge -> event_bridge
Inventory -> inventories.id, inventories.enabled, inventories.frequency, inventories.all_versions, inventories.prefix, inventories.fields
Inventory.Destination -> inventories.destination, inventories.format, inventories.destination_prefix, inventories.destination_account, inventories.encryption
Metrics -> metrics.id, metrics.access_point
Metrics.Filter -> metrics.filter.prefix, metrics.filter.tags
Analytics -> analytics.id, analytics.export_to, analytics.export_prefix
Analytics.Filter -> analytics.filter.prefix, analytics.filter.tags
IntelligentTiering -> intelligent_tiering.id, intelligent_tiering.enabled, intelligent_tiering.archive_after_days, intelligent_tiering.deep_archive_after_days
IntelligentTiering.Filter -> intelligent_tiering.filter.prefix, intelligent_tiering.filter.tags
ABAC -- with it tags are read and written through S3 Control, a whole further SDK client; a bucket that has it on is refused with that reason
Metadata tables -- tables of S3 Tables, another service
Replication -- a kind of its own: ReplicationConfiguration
+ exclusive_lifecycle: claims every lifecycle rule of the bucket
+ force_destroy: a delete first removes the objects that are left
";

const REPLICATION: &str = "
Bucket -> bucket, @bucket
Role -> role
Rules.ID -> rules.id
Rules.Priority -> rules.priority
Rules.Status -> rules.enabled
Rules.Filter.Prefix -> rules.prefix
Rules.Filter.Tag -> rules.tags
Rules.Filter.And -> rules.prefix, rules.tags
Rules.Prefix (V1) -- read for adoption, never written
DeleteMarkerReplication -> rules.delete_markers
Destination.Bucket -> rules.destination
Destination.Account -> rules.account
Destination.StorageClass -> rules.storage_class
AccessControlTranslation -> rules.owner_override
EncryptionConfiguration.ReplicaKmsKeyID -> rules.replica_key
SourceSelectionCriteria.SseKmsEncryptedObjects -> rules.replica_key
SourceSelectionCriteria.ReplicaModifications -> rules.replica_modifications
ReplicationTime -> rules.time
Metrics -> rules.time
ExistingObjectReplication -- S3 does not support it: use Batch Replication
+ exclusive: claims every rule of the bucket
";
