"""Aurora: groups, global clusters, clusters, instances, and the drills (rds.md, operations.md)."""

import seed

HERE, THERE = "us-east-1", "ap-south-1"
TAGS = [{"Key": "Project", "Value": "x"}, {"Key": "empty", "Value": ""}]


def walk(w):
    w.note = "rds"

    def call(operation, region=HERE, **p):
        return w.call("rds", operation, region=region, **p)

    def refused(code, operation, region=HERE, **p):
        return w.refused(code, "rds", operation, region=region, **p)

    # §5 groups.
    for region in (HERE, THERE):
        call("create_db_subnet_group", region=region, DBSubnetGroupName="Walk", DBSubnetGroupDescription="walk",
             SubnetIds=seed.subnets(region)[:2], Tags=TAGS)
        call("create_db_cluster_parameter_group", region=region, DBClusterParameterGroupName="Walk",
             DBParameterGroupFamily="aurora-postgresql16", Description="walk", Tags=TAGS)
    refused("DBSubnetGroupAlreadyExists", "create_db_subnet_group", DBSubnetGroupName="walk", DBSubnetGroupDescription="x",
            SubnetIds=seed.subnets(HERE))
    refused("DBSubnetGroupDoesNotCoverEnoughAZs", "create_db_subnet_group", DBSubnetGroupName="thin", DBSubnetGroupDescription="x",
            SubnetIds=seed.subnets(HERE)[:1])
    refused("InvalidSubnet", "create_db_subnet_group", DBSubnetGroupName="bad", DBSubnetGroupDescription="x",
            SubnetIds=["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"])
    refused("InvalidParameterValue", "create_db_subnet_group", DBSubnetGroupName="default", DBSubnetGroupDescription="x", SubnetIds=seed.subnets(HERE))
    groups = call("describe_db_subnet_groups", DBSubnetGroupName="walk")["DBSubnetGroups"]
    w.check(groups[0]["DBSubnetGroupName"] == "walk", "names are lower-cased")
    call("describe_db_subnet_groups")
    refused("DBSubnetGroupNotFoundFault", "describe_db_subnet_groups", DBSubnetGroupName="nothing")
    call("modify_db_subnet_group", DBSubnetGroupName="walk", DBSubnetGroupDescription="again", SubnetIds=seed.subnets(HERE))
    refused("DBSubnetGroupNotFoundFault", "modify_db_subnet_group", DBSubnetGroupName="nothing", SubnetIds=seed.subnets(HERE))
    refused("DBParameterGroupAlreadyExists", "create_db_cluster_parameter_group", DBClusterParameterGroupName="walk",
            DBParameterGroupFamily="aurora-postgresql16", Description="walk")
    refused("InvalidParameterValue", "create_db_cluster_parameter_group", DBClusterParameterGroupName="bad",
            DBParameterGroupFamily="no-such-family", Description="walk")
    call("describe_db_cluster_parameter_groups", DBClusterParameterGroupName="walk")
    call("describe_db_cluster_parameter_groups")
    refused("DBParameterGroupNotFound", "describe_db_cluster_parameter_groups", DBClusterParameterGroupName="nothing")
    setting = {"ParameterName": "rds.force_ssl", "ParameterValue": "0", "ApplyMethod": "pending-reboot"}
    call("modify_db_cluster_parameter_group", DBClusterParameterGroupName="walk", Parameters=[setting])
    refused("InvalidParameterValue", "modify_db_cluster_parameter_group", DBClusterParameterGroupName="walk",
            Parameters=[{**setting, "ParameterValue": "7"}])
    refused("InvalidParameterValue", "modify_db_cluster_parameter_group", DBClusterParameterGroupName="walk", Parameters=[setting] * 21)
    refused("DBParameterGroupNotFound", "modify_db_cluster_parameter_group", DBClusterParameterGroupName="nothing", Parameters=[setting])
    mine = call("describe_db_cluster_parameters", DBClusterParameterGroupName="walk", Source="user")
    w.check([p["ParameterName"] for p in mine["Parameters"]] == ["rds.force_ssl"], "what was set is the user's")
    call("describe_db_cluster_parameters", DBClusterParameterGroupName="walk")
    refused("DBParameterGroupNotFound", "describe_db_cluster_parameters", DBClusterParameterGroupName="nothing")
    call("reset_db_cluster_parameter_group", DBClusterParameterGroupName="walk", Parameters=[setting])
    refused("DBParameterGroupNotFound", "reset_db_cluster_parameter_group", DBClusterParameterGroupName="nothing", ResetAllParameters=True)
    call("describe_db_engine_versions", Engine="aurora-postgresql")
    call("describe_orderable_db_instance_options", Engine="aurora-postgresql", EngineVersion="16.8", MaxRecords=20)

    # §2 the global cluster.
    call("create_global_cluster", GlobalClusterIdentifier="Walk", Engine="aurora-postgresql", EngineVersion="16.8",
         DatabaseName="app", StorageEncrypted=True, DeletionProtection=True, Tags=TAGS)
    refused("GlobalClusterAlreadyExistsFault", "create_global_cluster", GlobalClusterIdentifier="walk", Engine="aurora-postgresql")
    refused("InvalidParameterValue", "create_global_cluster", GlobalClusterIdentifier="bad", Engine="no-engine")
    refused("DBClusterNotFoundFault", "create_global_cluster", GlobalClusterIdentifier="bad",
            SourceDBClusterIdentifier=f"arn:aws:rds:{HERE}:000000000000:cluster:nothing")
    w.later(300)
    described = call("describe_global_clusters", GlobalClusterIdentifier="walk")["GlobalClusters"][0]
    w.check(described["GlobalClusterIdentifier"] == "walk" and described["Status"] == "available", "the global cluster is there")
    global_arn = described["GlobalClusterArn"]
    call("describe_global_clusters", region=THERE)
    refused("GlobalClusterNotFoundFault", "describe_global_clusters", GlobalClusterIdentifier="nothing")
    refused("GlobalClusterNotFoundFault", "modify_global_cluster", GlobalClusterIdentifier="nothing", DeletionProtection=True)
    refused("InvalidParameterCombination", "delete_global_cluster", GlobalClusterIdentifier="walk")
    call("modify_global_cluster", GlobalClusterIdentifier="walk", DeletionProtection=False)
    call("add_tags_to_resource", ResourceName=global_arn, Tags=[{"Key": "More", "Value": "y"}])
    call("list_tags_for_resource", ResourceName=global_arn)
    call("remove_tags_from_resource", ResourceName=global_arn, TagKeys=["More"])

    # §3 the primary cluster.
    keys = {region: w.call("kms", "describe_key", region=region, KeyId="alias/aws/rds")["KeyMetadata"]["Arn"] for region in (HERE, THERE)}
    common = dict(Engine="aurora-postgresql", EngineVersion="16.8", DBSubnetGroupName="walk", DBClusterParameterGroupName="walk",
                  StorageEncrypted=True, Tags=TAGS)
    primary = dict(DBClusterIdentifier="Walk-Here", GlobalClusterIdentifier="walk", DatabaseName="app", MasterUsername="root_user",
                   MasterUserPassword="correct-horse", KmsKeyId=keys[HERE], BackupRetentionPeriod=7,
                   PreferredBackupWindow="02:00-03:00", PreferredMaintenanceWindow="sun:05:00-sun:06:00",
                   EnableCloudwatchLogsExports=["postgresql"], EnableIAMDatabaseAuthentication=True, CopyTagsToSnapshot=True, **common)
    made = call("create_db_cluster", **primary)["DBCluster"]
    w.check(made["Status"] == "creating" and made["DBClusterIdentifier"] == "walk-here", "a cluster is created for a while")
    refused("DBClusterAlreadyExistsFault", "create_db_cluster", **primary)
    refused("InvalidParameterValue", "create_db_cluster", **{**primary, "DBClusterIdentifier": "bad--name"})
    refused("DBSubnetGroupNotFoundFault", "create_db_cluster", DBClusterIdentifier="bad", Engine="aurora-postgresql",
            MasterUsername="root_user", MasterUserPassword="correct-horse", DBSubnetGroupName="nothing")
    refused("DBClusterParameterGroupNotFound", "create_db_cluster", DBClusterIdentifier="bad", Engine="aurora-postgresql",
            MasterUsername="root_user", MasterUserPassword="correct-horse", DBClusterParameterGroupName="nothing")
    refused("GlobalClusterNotFoundFault", "create_db_cluster", **{**primary, "DBClusterIdentifier": "bad", "GlobalClusterIdentifier": "nothing"})
    refused("InvalidParameterValue", "create_db_cluster", DBClusterIdentifier="bad", Engine="aurora-postgresql",
            MasterUsername="root_user", MasterUserPassword="short")
    refused("InvalidParameterCombination", "create_db_cluster", DBClusterIdentifier="bad", Engine="aurora-postgresql", EngineVersion="99.9",
            MasterUsername="root_user", MasterUserPassword="correct-horse")
    refused("InvalidDBClusterStateFault", "modify_db_cluster", DBClusterIdentifier="walk-here", BackupRetentionPeriod=3)
    w.later(1800)
    here = call("describe_db_clusters", DBClusterIdentifier="walk-here")["DBClusters"][0]
    w.check(here["Status"] == "available", "the cluster is available")
    here_arn = here["DBClusterArn"]
    call("describe_db_clusters")
    refused("DBClusterNotFoundFault", "describe_db_clusters", DBClusterIdentifier="nothing")
    instance = dict(DBInstanceIdentifier="Walk-Here-1", DBClusterIdentifier="walk-here", Engine="aurora-postgresql",
                    DBInstanceClass="db.r6g.large", PromotionTier=1, Tags=TAGS)
    call("create_db_instance", **instance)
    refused("DBInstanceAlreadyExists", "create_db_instance", **instance)
    refused("DBClusterNotFoundFault", "create_db_instance", **{**instance, "DBInstanceIdentifier": "bad", "DBClusterIdentifier": "nothing"})
    refused("InvalidParameterCombination", "create_db_instance", **{**instance, "DBInstanceIdentifier": "bad", "DBInstanceClass": "db.t4g.medium"})
    w.later(3600)
    call("create_db_instance", **{**instance, "DBInstanceIdentifier": "walk-here-2", "PromotionTier": 2})
    w.later(3600)
    call("describe_db_instances", DBInstanceIdentifier="walk-here-1")
    call("describe_db_instances", Filters=[{"Name": "db-cluster-id", "Values": ["walk-here"]}])
    refused("DBInstanceNotFound", "describe_db_instances", DBInstanceIdentifier="nothing")
    call("modify_db_instance", DBInstanceIdentifier="walk-here-2", PromotionTier=3, DBInstanceClass="db.r6g.xlarge", ApplyImmediately=True)
    refused("DBInstanceNotFound", "modify_db_instance", DBInstanceIdentifier="nothing", PromotionTier=1)
    w.later(3600)
    call("reboot_db_instance", DBInstanceIdentifier="walk-here-2")
    w.later(3600)
    call("failover_db_cluster", DBClusterIdentifier="walk-here", TargetDBInstanceIdentifier="walk-here-2")
    w.later(600)
    refused("DBClusterNotFoundFault", "failover_db_cluster", DBClusterIdentifier="nothing")

    # Modifications.
    for change in (
        dict(BackupRetentionPeriod=10), dict(PreferredBackupWindow="03:00-04:00"), dict(DeletionProtection=True),
        dict(CopyTagsToSnapshot=False), dict(EnableIAMDatabaseAuthentication=False), dict(MasterUserPassword="battery-staple"),
        dict(CloudwatchLogsExportConfiguration={"DisableLogTypes": ["postgresql"]}), dict(StorageType="aurora-iopt1"),
        dict(ServerlessV2ScalingConfiguration={"MinCapacity": 0.5, "MaxCapacity": 8}), dict(Port=5433),
        dict(VpcSecurityGroupIds=[seed.security_group(HERE)]), dict(DeletionProtection=False),
    ):
        call("modify_db_cluster", DBClusterIdentifier="walk-here", ApplyImmediately=True, **change)
        w.later(1800)
    call("describe_db_clusters", DBClusterIdentifier="walk-here")
    refused("DBClusterNotFoundFault", "modify_db_cluster", DBClusterIdentifier="nothing", BackupRetentionPeriod=1)
    refused("InvalidParameterValue", "modify_db_cluster", DBClusterIdentifier="walk-here", BackupRetentionPeriod=99)
    call("enable_http_endpoint", ResourceArn=here_arn)
    w.later(300)
    call("disable_http_endpoint", ResourceArn=here_arn)
    w.later(300)
    role = "arn:aws:iam::000000000000:role/walk-rds"
    w.call("iam", "create_role", RoleName="walk-rds", AssumeRolePolicyDocument=
           '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"rds.amazonaws.com"},"Action":"sts:AssumeRole"}]}')
    w.later(60)
    call("add_role_to_db_cluster", DBClusterIdentifier="walk-here", RoleArn=role, FeatureName="s3Export")
    refused("DBClusterRoleAlreadyExists", "add_role_to_db_cluster", DBClusterIdentifier="walk-here", RoleArn=role, FeatureName="s3Export")
    w.later(120)
    call("remove_role_from_db_cluster", DBClusterIdentifier="walk-here", RoleArn=role, FeatureName="s3Export")
    w.later(120)
    refused("DBClusterRoleNotFound", "remove_role_from_db_cluster", DBClusterIdentifier="walk-here", RoleArn=role, FeatureName="s3Export")

    # The secondary.
    second = dict(DBClusterIdentifier="walk-there", GlobalClusterIdentifier="walk", KmsKeyId=keys[THERE], **common)
    refused("InvalidParameterCombination", "create_db_cluster", region=THERE, **{**second, "MasterUsername": "root_user", "MasterUserPassword": "correct-horse"})
    call("create_db_cluster", region=THERE, **second)
    w.later(3600)
    there = call("describe_db_clusters", region=THERE, DBClusterIdentifier="walk-there")["DBClusters"][0]
    there_arn = there["DBClusterArn"]
    refused("DBClusterNotFoundFault", "describe_db_clusters", DBClusterIdentifier=there_arn)
    call("create_db_instance", region=THERE, **{**instance, "DBInstanceIdentifier": "walk-there-1", "DBClusterIdentifier": "walk-there"})
    w.later(3600)
    call("modify_db_cluster", region=THERE, DBClusterIdentifier="walk-there", EnableGlobalWriteForwarding=True)
    w.later(1800)
    there = call("describe_db_clusters", region=THERE, DBClusterIdentifier="walk-there")["DBClusters"][0]
    w.check(there.get("GlobalWriteForwardingStatus") == "enabled", "writes are forwarded")

    def writer():
        members = call("describe_global_clusters", GlobalClusterIdentifier="walk")["GlobalClusters"][0]["GlobalClusterMembers"]
        return [m["DBClusterArn"] for m in members if m["IsWriter"]]

    # The drills.
    refused("DBClusterNotFoundFault", "switchover_global_cluster", GlobalClusterIdentifier="walk", TargetDbClusterIdentifier=there_arn + "x")
    refused("GlobalClusterNotFoundFault", "switchover_global_cluster", GlobalClusterIdentifier="nothing", TargetDbClusterIdentifier=there_arn)
    call("switchover_global_cluster", GlobalClusterIdentifier="walk", TargetDbClusterIdentifier=there_arn)
    call("describe_global_clusters", GlobalClusterIdentifier="walk")
    refused("InvalidGlobalClusterStateFault", "switchover_global_cluster", GlobalClusterIdentifier="walk", TargetDbClusterIdentifier=here_arn)
    w.later(3600)
    w.check(writer() == [there_arn], "the writer is the other one")
    call("failover_global_cluster", region=HERE, GlobalClusterIdentifier="walk", TargetDbClusterIdentifier=here_arn, AllowDataLoss=True)
    w.later(7200)
    w.check(writer() == [here_arn], "and back")
    refused("InvalidParameterCombination", "failover_global_cluster", GlobalClusterIdentifier="walk", TargetDbClusterIdentifier=there_arn,
            AllowDataLoss=True, Switchover=True)

    # The end.
    refused("InvalidDBClusterStateFault", "delete_db_cluster", region=THERE, DBClusterIdentifier="walk-there", SkipFinalSnapshot=True)
    refused("InvalidGlobalClusterStateFault", "delete_global_cluster", GlobalClusterIdentifier="walk")
    refused("InvalidDBSubnetGroupStateFault", "delete_db_subnet_group", DBSubnetGroupName="walk")
    refused("InvalidDBParameterGroupState", "delete_db_cluster_parameter_group", DBClusterParameterGroupName="walk")
    call("remove_from_global_cluster", region=THERE, GlobalClusterIdentifier="walk", DbClusterIdentifier=there_arn)
    w.later(1800)
    refused("DBClusterNotFoundFault", "remove_from_global_cluster", GlobalClusterIdentifier="walk", DbClusterIdentifier=there_arn + "x")
    refused("GlobalClusterNotFoundFault", "remove_from_global_cluster", GlobalClusterIdentifier="nothing", DbClusterIdentifier=there_arn)
    refused("InvalidDBClusterStateFault", "delete_db_cluster", region=THERE, DBClusterIdentifier="walk-there", SkipFinalSnapshot=True)
    call("delete_db_instance", region=THERE, DBInstanceIdentifier="walk-there-1", SkipFinalSnapshot=True)
    refused("InvalidDBInstanceState", "delete_db_instance", region=THERE, DBInstanceIdentifier="walk-there-1", SkipFinalSnapshot=True)
    w.later(3600)
    refused("DBInstanceNotFound", "delete_db_instance", region=THERE, DBInstanceIdentifier="walk-there-1", SkipFinalSnapshot=True)
    refused("InvalidParameterCombination", "delete_db_cluster", region=THERE, DBClusterIdentifier="walk-there")
    call("delete_db_cluster", region=THERE, DBClusterIdentifier="walk-there", FinalDBSnapshotIdentifier="walk-final")
    w.later(3600)
    call("describe_db_cluster_snapshots", region=THERE)
    refused("DBClusterNotFoundFault", "delete_db_cluster", region=THERE, DBClusterIdentifier="walk-there", SkipFinalSnapshot=True)
    call("create_db_cluster_snapshot", DBClusterIdentifier="walk-here", DBClusterSnapshotIdentifier="walk-snap")
    w.later(1800)
    refused("DBClusterSnapshotAlreadyExistsFault", "create_db_cluster_snapshot", DBClusterIdentifier="walk-here", DBClusterSnapshotIdentifier="walk-snap")
    copy = {"DBClusterIdentifier": "walk-copy", "Engine": "aurora-postgresql"}
    refused("DBClusterSnapshotNotFoundFault", "restore_db_cluster_from_snapshot", SnapshotIdentifier="nothing", **copy)
    call("restore_db_cluster_from_snapshot", SnapshotIdentifier="walk-snap", Tags=TAGS, **copy)
    refused("DBClusterAlreadyExistsFault", "restore_db_cluster_from_snapshot", SnapshotIdentifier="walk-snap", **copy)
    then = {"DBClusterIdentifier": "walk-then", "SourceDBClusterIdentifier": "walk-here"}
    refused("InvalidRestoreFault", "restore_db_cluster_to_point_in_time", RestoreToTime="2000-01-01T00:00:00Z", **then)
    call("restore_db_cluster_to_point_in_time", UseLatestRestorableTime=True, RestoreType="copy-on-write", Domain="d-0123456789",
         DomainIAMRoleName="walk", **then)
    refused("DBClusterAutomatedBackupNotFoundFault", "restore_db_cluster_to_point_in_time", DBClusterIdentifier="walk-gone",
            SourceDbClusterResourceId="cluster-NOTHING", UseLatestRestorableTime=True)
    w.later(3600)
    call("delete_db_cluster", DBClusterIdentifier="walk-copy", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    call("delete_db_cluster", DBClusterIdentifier="walk-then", SkipFinalSnapshot=True)
    w.later(3600)
    kept = call("describe_db_cluster_automated_backups")["DBClusterAutomatedBackups"]
    w.check([it["DBClusterIdentifier"] for it in kept] == ["walk-copy"], "only backups that were to be kept are")
    call("delete_db_cluster_snapshot", DBClusterSnapshotIdentifier="walk-snap")
    refused("DBClusterSnapshotNotFoundFault", "delete_db_cluster_snapshot", DBClusterSnapshotIdentifier="walk-snap")
    call("remove_from_global_cluster", GlobalClusterIdentifier="walk", DbClusterIdentifier=here_arn)
    w.later(1800)
    for name in ("walk-here-1", "walk-here-2"):
        call("delete_db_instance", DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    w.later(3600)
    call("stop_db_cluster", DBClusterIdentifier="walk-here")
    w.later(3600)
    call("start_db_cluster", DBClusterIdentifier="walk-here")
    w.later(3600)
    call("delete_db_cluster", DBClusterIdentifier="walk-here", SkipFinalSnapshot=True)
    w.later(3600)
    call("delete_global_cluster", GlobalClusterIdentifier="walk")
    w.later(600)
    refused("GlobalClusterNotFoundFault", "delete_global_cluster", GlobalClusterIdentifier="walk")
    for region in (HERE, THERE):
        call("delete_db_subnet_group", region=region, DBSubnetGroupName="walk")
        call("delete_db_cluster_parameter_group", region=region, DBClusterParameterGroupName="walk")
    refused("DBSubnetGroupNotFoundFault", "delete_db_subnet_group", DBSubnetGroupName="walk")
    refused("DBParameterGroupNotFound", "delete_db_cluster_parameter_group", DBClusterParameterGroupName="walk")
    refused("InvalidAction", "create_db_proxy", DBProxyName="x", EngineFamily="MYSQL", RoleArn="x", VpcSubnetIds=["x"])
