//! DynamoDB.

use super::Page;

pub(super) const PAGES: &[Page] = &[("DynamoDB:Table", TABLE)];

const TABLE: &str = "
TableName -> name, @name
TableArn -> @arn
TableId -- it tells a table from its successor of the same name: kept in state as a fact
KeySchema -> partition_key, sort_key
AttributeDefinitions -- they follow from the keys of the table and its indexes
LocalSecondaryIndexes -> local_indexes.name, local_indexes.sort_key
LocalSecondaryIndexes.Projection -> local_indexes.projection.type, local_indexes.projection.attributes
BillingMode -> billing.mode
ProvisionedThroughput -> billing.read, billing.write
ProvisionedThroughput autoscaling -> billing.read, billing.write
Autoscaling targets -- scaling is Application Auto Scaling's: a range of units says what is no drift
OnDemandThroughput.MaxReadRequestUnits -> on_demand_throughput.max_read
OnDemandThroughput.MaxWriteRequestUnits -> on_demand_throughput.max_write
WarmThroughput -> warm_throughput.read, warm_throughput.write
GlobalSecondaryIndexes.IndexName -> indexes.name
GlobalSecondaryIndexes.KeySchema -> indexes.partition_key, indexes.sort_key
GlobalSecondaryIndexes.Projection -> indexes.projection.type, indexes.projection.attributes
GlobalSecondaryIndexes.ProvisionedThroughput -> indexes.read, indexes.write
GlobalSecondaryIndexes.OnDemandThroughput -> indexes.on_demand_throughput.max_read, indexes.on_demand_throughput.max_write
GlobalSecondaryIndexes.WarmThroughput -- it grows by itself, and the table's own is what is asked for
VectorIndexes -- a preview at the time of writing; those that others made are left alone
StreamSpecification -> stream
LatestStreamArn -> @stream_arn
SSESpecification.SSEType -> encryption.key
SSESpecification.KMSMasterKeyId -> encryption.keys
TableClass -> table_class
DeletionProtectionEnabled -> deletion_protection
DisassociationProtectionEnabled -- on unless somebody switched it off to leave the group, which the library never does
TTL -> time_to_live
PITR -> point_in_time_recovery.enabled
PITR.RecoveryPeriodInDays -> point_in_time_recovery.recovery_period_days
ResourcePolicy -> resource_policies.region, resource_policies.document
Tags -> tags
Contributor Insights -> contributor_insights.table, contributor_insights.indexes, contributor_insights.replicas.region, contributor_insights.replicas.table, contributor_insights.replicas.indexes
Kinesis destination -> kinesis_destinations.region, kinesis_destinations.stream, kinesis_destinations.precision
Replicas -> regions
Replicas.TableClassOverride -> replica_overrides.table_class
Replicas.KMSMasterKeyId -> encryption.keys
Replicas.ProvisionedThroughputOverride -> replica_overrides.read
Replicas.OnDemandThroughputOverride -> replica_overrides.max_read
Replicas.GlobalSecondaryIndexes -> replica_overrides.indexes.name, replica_overrides.indexes.read, replica_overrides.indexes.max_read
Replicas.PITR -> replica_overrides.point_in_time_recovery.enabled, replica_overrides.point_in_time_recovery.recovery_period_days
Replicas.DeletionProtection -> replica_overrides.deletion_protection
Replicas.Tags -> replica_overrides.tags
Replicas.RegionName -> replica_overrides.region
MultiRegionConsistency -> consistency
GlobalTableWitnesses -> consistency
GlobalTableSourceArn -- a global table of several accounts is another design, whose replicas are each their account's
GlobalTableSettingsReplicationMode -- it is decided by whether the replicas are of one account
ImportTable -- data is not declared: import it with AWS's own tool, and adopt the table
+ writes: where the application writes, for the proof that it survives the loss of a region
";
