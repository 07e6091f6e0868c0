//! RDS Aurora.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    ("RDS:GlobalCluster", GLOBAL),
    ("RDS:DBCluster", CLUSTER),
    ("RDS:DBInstance", INSTANCE),
    ("RDS:DBSubnetGroup", SUBNETS),
    ("RDS:DBClusterParameterGroup", PARAMETERS),
];

const GLOBAL: &str = "
GlobalClusterIdentifier -> identifier, @identifier
NewGlobalClusterIdentifier -- a rename is another name for the same data: a change of the identifier is a replacement that destroys data, and says so
GlobalClusterArn -> @arn
GlobalClusterResourceId -- nothing refers to it; the ARN is what permissions name
SourceDBClusterIdentifier -> source_cluster
Engine -> engine
EngineVersion -> engine_version
AllowMajorVersionUpgrade -> allow_major_version_upgrade
DeletionProtection -> deletion_protection
DatabaseName -> database_name
StorageEncrypted -> storage_encrypted
EngineLifecycleSupport -> lifecycle_support
Endpoint -> @endpoint
Members -> regions
IsWriter -- observed, never wanted: a fact of the snapshot
SynchronizationStatus -- observed, never wanted
FailoverState -- observed, never wanted: waited for while it lasts
Tags -> tags
+ home: the region through which it is made
";

const CLUSTER: &str = "
DBClusterIdentifier -> identifier, @identifier
DBClusterArn -> @arn
DbClusterResourceId -> @db_cluster_resource_id
Engine -> engine
EngineVersion -> engine_version
AllowMajorVersionUpgrade -> allow_major_version_upgrade
EngineMode -- provisioned is the only one left; serverless v1 can't be made any more
DatabaseName -> database_name
MasterUsername -> master_username
MasterUserPassword -> master_password
ManageMasterUserPassword -> manage_master_password, @master_secret_arn
MasterUserSecretKmsKeyId -> master_secret_key
KmsKeyId -> kms_key
StorageEncrypted -> storage_encrypted
DBSubnetGroupName -> subnet_group
AvailabilityZones -> availability_zones
CharacterSetName -- Aurora takes its character set from the parameter group
SourceRegion -- the SDK derives it where it still means anything
SnapshotIdentifier -> restore_from
SourceDBClusterIdentifier, SourceDbClusterResourceId, RestoreToTime, UseLatestRestorableTime, RestoreType -> restore_from
ServerlessV2ScalingConfiguration -> serverless_scaling.min, serverless_scaling.max, serverless_scaling.seconds_until_pause
StorageType -> storage_type
AllocatedStorage -- of clusters that are not Aurora
Iops -- of clusters that are not Aurora
DBClusterInstanceClass -- of clusters that are not Aurora
BackupRetentionPeriod -> backup_retention_days
PreferredBackupWindow -> backup_window
PreferredMaintenanceWindow -> maintenance_window
Port -> port, @port
DBClusterParameterGroupName -> parameter_group
DBInstanceParameterGroupName -- only valid during a major upgrade: instances name their own
VpcSecurityGroupIds -> security_group_ids
DeletionProtection -> deletion_protection
CopyTagsToSnapshot -> copy_tags_to_snapshot
EnableIAMDatabaseAuthentication -> iam_authentication
EnableHttpEndpoint -> http_endpoint
CloudwatchLogsExports -> cloudwatch_logs
BacktrackWindow -> backtrack_window_seconds
PerformanceInsights -> performance_insights
PerformanceInsightsRetentionPeriod -> performance_insights_retention_days
PerformanceInsightsKMSKeyId -> performance_insights_key
DatabaseInsightsMode -> database_insights
MonitoringInterval -> monitoring_interval
MonitoringRoleArn -> monitoring_role
NetworkType -> network_type
Domain, DomainIAMRoleName -> domain.id, domain.iam_role_name
EngineLifecycleSupport -> lifecycle_support
EnableGlobalWriteForwarding -> global_write_forwarding
EnableLocalWriteForwarding -> local_write_forwarding
GlobalClusterIdentifier -> global_cluster
ReplicationSourceIdentifier -- computed on secondaries: observed, never wanted
AssociatedRoles -> roles.role, roles.feature
FinalDBSnapshotIdentifier -> final_snapshot
SkipFinalSnapshot -> final_snapshot
DeleteAutomatedBackups -> delete_automated_backups
ApplyImmediately -> wait_for_maintenance_window
Endpoint -> @endpoint
ReaderEndpoint -> @reader_endpoint
HostedZoneId -> @hosted_zone_id
Tags -> tags
+ global_regions: the regions of the global database's members, to find it through any that answers
+ initial_writer: who writes first; afterwards the role is observed
";

const INSTANCE: &str = "
DBInstanceIdentifier -> identifier, @identifier
DBInstanceArn -> @arn
DbiResourceId -> @dbi_resource_id
Endpoint -> @endpoint
Engine -> engine
DBClusterIdentifier -> cluster
AvailabilityZone -> availability_zone
DBInstanceClass -> class
DBParameterGroupName -> parameter_group
PromotionTier -> promotion_tier
AutoMinorVersionUpgrade -> auto_minor_version_upgrade
MonitoringInterval -> monitoring_interval
MonitoringRoleArn -> monitoring_role
PerformanceInsights -> performance_insights
PerformanceInsightsRetentionPeriod -> performance_insights_retention_days
PerformanceInsightsKMSKeyId -> performance_insights_key
PubliclyAccessible -> publicly_accessible
CACertificateIdentifier -> ca_certificate
PreferredMaintenanceWindow -> maintenance_window
PreferredBackupWindow -- the cluster's to say
CopyTagsToSnapshot -- the cluster's to say, since snapshots are of clusters
EngineVersion -- it follows the cluster's
MasterUser, DBName, BackupRetention, StorageEncrypted, KmsKeyId, VpcSecurityGroupIds, DeletionProtection -- the cluster's to say
Writer or reader -- Aurora's choice: observed, never wanted
Tags -> tags
";

const SUBNETS: &str = "
DBSubnetGroupName -> name, @name
DBSubnetGroupArn -> @arn
DBSubnetGroupDescription -> description
SubnetIds -> subnet_ids
VpcId -- it follows from the subnets
SupportedNetworkTypes -- it follows from the subnets
Tags -> tags
";

const PARAMETERS: &str = "
DBClusterParameterGroupName -> name, @name
DBClusterParameterGroupArn -> @arn
DBParameterGroupFamily -> family
Description -> description
ParameterName -> parameters.name
ParameterValue -> parameters.value
ApplyMethod -> parameters.apply
Tags -> tags
";
