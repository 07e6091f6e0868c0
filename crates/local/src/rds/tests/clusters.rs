use expect_test::expect;

use super::{Cloud, IN, US, lines};

fn alone(more: &str) -> Cloud {
    let mut cloud = Cloud::new();
    cloud.ok(
        US,
        "CreateDBCluster",
        &format!(
            "DBClusterIdentifier=Shop Engine=aurora-postgresql EngineVersion=16.6 \
             MasterUsername=owner MasterUserPassword=correct-horse {more}"
        ),
    );
    cloud.wait(300);
    cloud
}

#[test]
fn a_cluster_as_it_is_described() {
    let mut cloud = alone(
        "StorageType=aurora AvailabilityZones.AvailabilityZone.1=us-east-1d \
         KmsKeyId=alias/aws/rds StorageEncrypted=true PreferredMaintenanceWindow=Sun:05:00-Sun:06:00",
    );
    cloud.instance(US, "shop", "shop-1", "PromotionTier=0");
    expect![[r#"
        DBCluster
          DBClusterIdentifier shop
          DBClusterArn arn:aws:rds:us-east-1:000000000000:cluster:shop
          DbClusterResourceId cluster-LRJ2BOGBQOO80QZ4JZ4YTJF06Y
          Status available
          Engine aurora-postgresql
          EngineVersion 16.6
          EngineMode provisioned
          ClusterCreateTime 2026-01-01T00:00:00.000Z
          Endpoint shop.cluster-yb19itx9lfae.us-east-1.rds.amazonaws.com
          ReaderEndpoint shop.cluster-ro-yb19itx9lfae.us-east-1.rds.amazonaws.com
          HostedZoneId Z2R2ITUGPM61AM
          Port 5432
          AllocatedStorage 1
          MultiAZ false
          AvailabilityZones
            AvailabilityZone us-east-1a
            AvailabilityZone us-east-1b
            AvailabilityZone us-east-1d
          MasterUsername owner
          DBClusterMembers
            DBClusterMember
              DBInstanceIdentifier shop-1
              IsClusterWriter true
              DBClusterParameterGroupStatus in-sync
              PromotionTier 0
          DBClusterParameterGroup default.aurora-postgresql16
          DBSubnetGroup default
          VpcSecurityGroups
            VpcSecurityGroupMembership
              VpcSecurityGroupId sg-017203d924c25dfbc
              Status active
          StorageEncrypted true
          KmsKeyId arn:aws:kms:us-east-1:000000000000:key/419b5391-90ab-0c13-b0a4-a9515e56a659
          BackupRetentionPeriod 1
          PreferredBackupWindow 06:00-06:30
          PreferredMaintenanceWindow sun:05:00-sun:06:00
          EarliestRestorableTime 2026-01-01T00:00:00.000Z
          LatestRestorableTime 2026-01-01T00:05:00.000Z
          DeletionProtection false
          CopyTagsToSnapshot false
          CrossAccountClone false
          AutoMinorVersionUpgrade true
          IAMDatabaseAuthenticationEnabled false
          HttpEndpointEnabled false
          ActivityStreamStatus stopped
          EnabledCloudwatchLogsExports
          NetworkType IPV4
          MonitoringInterval 0
          DatabaseInsightsMode standard
          PerformanceInsightsEnabled false
          EngineLifecycleSupport open-source-rds-extended-support
          DomainMemberships
          AssociatedRoles
          ReadReplicaIdentifiers
          LocalWriteForwardingStatus disabled
          TagList"#]]
    .assert_eq(&lines(&cloud.cluster(US, "shop")));
}

#[test]
fn what_is_refused_at_creation() {
    let mut cloud = alone("");
    let mut check = |fields: &str, expected| {
        cloud.refused(US, "CreateDBCluster", fields, expected);
    };
    let base = "Engine=aurora-postgresql MasterUsername=owner MasterUserPassword=correct-horse";
    check(
        "Engine=aurora-postgresql",
        expect![
            "MissingParameter (400): The request must contain the parameter DBClusterIdentifier"
        ],
    );
    check(
        &format!("DBClusterIdentifier=shop {base}"),
        expect!["DBClusterAlreadyExistsFault (400): DB Cluster already exists"],
    );
    check(
        &format!("DBClusterIdentifier=a--b {base}"),
        expect![
            "InvalidParameterValue (400): The parameter DBClusterIdentifier is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        ],
    );
    check(
        "DBClusterIdentifier=b Engine=aurora MasterUsername=owner",
        expect!["InvalidParameterValue (400): Invalid DB engine: aurora"],
    );
    check(
        "DBClusterIdentifier=b Engine=aurora-postgresql",
        expect![
            "InvalidParameterValue (400): The parameter MasterUsername must be provided and must not be blank."
        ],
    );
    check(
        "DBClusterIdentifier=b Engine=aurora-postgresql MasterUsername=owner MasterUserPassword=short",
        expect![
            "InvalidParameterValue (400): The parameter MasterUserPassword is not a valid password because it must be between 8 and 41 characters long."
        ],
    );
    check(
        &format!("DBClusterIdentifier=b {base} EngineVersion=9.6"),
        expect!["InvalidParameterCombination (400): Cannot find version 9.6 for aurora-postgresql"],
    );
    check(
        &format!("DBClusterIdentifier=b {base} EngineMode=serverless"),
        expect![
            "InvalidParameterValue (400): The engine mode serverless you requested is currently unavailable."
        ],
    );
    check(
        &format!("DBClusterIdentifier=b {base} DBSubnetGroupName=none"),
        expect!["DBSubnetGroupNotFoundFault (404): DB subnet group 'none' does not exist."],
    );
    check(
        &format!("DBClusterIdentifier=b {base} DBClusterParameterGroupName=none"),
        expect!["DBClusterParameterGroupNotFound (404): DBClusterParameterGroup not found: none"],
    );
    check(
        &format!(
            "DBClusterIdentifier=b {base} DBClusterParameterGroupName=default.aurora-postgresql15"
        ),
        expect![
            "InvalidParameterCombination (400): The Parameter Group default.aurora-postgresql15 with DBParameterGroupFamily aurora-postgresql15 cannot be used for this instance. Please use a Parameter Group with DBParameterGroupFamily aurora-postgresql16"
        ],
    );
    check(
        &format!("DBClusterIdentifier=b {base} BackupRetentionPeriod=0"),
        expect![
            "InvalidParameterValue (400): Invalid value 0 for BackupRetentionPeriod. Must be between 1 and 35."
        ],
    );
    check(
        &format!(
            "DBClusterIdentifier=b {base} PreferredBackupWindow=05:30-06:30 \
             PreferredMaintenanceWindow=sun:06:00-sun:07:00"
        ),
        expect![
            "InvalidParameterCombination (400): The backup window and maintenance window must not overlap."
        ],
    );
    check(
        &format!("DBClusterIdentifier=b {base} PreferredBackupWindow=05:30-05:45"),
        expect![
            "InvalidParameterValue (400): Invalid backup window format: 05:30-05:45. Should be specified as a range hh24:mi-hh24:mi (24H Clock UTC), at least 30 minutes."
        ],
    );
    check(
        &format!("DBClusterIdentifier=b {base} BacktrackWindow=60"),
        expect!["InvalidParameterCombination (400): Backtrack is not supported for this engine."],
    );
    check(
        &format!("DBClusterIdentifier=b {base} EnableGlobalWriteForwarding=true"),
        expect![
            "InvalidParameterCombination (400): Global write forwarding needs a cluster that is part of a global database."
        ],
    );
    check(
        &format!("DBClusterIdentifier=b {base} GlobalClusterIdentifier=none"),
        expect!["GlobalClusterNotFoundFault (404): Global cluster none not found"],
    );
    check(
        &format!(
            "DBClusterIdentifier=b {base} ServerlessV2ScalingConfiguration.MinCapacity=0.7 \
             ServerlessV2ScalingConfiguration.MaxCapacity=4"
        ),
        expect![
            "InvalidParameterValue (400): Serverless v2 capacity 0.7 to 4 is not valid: it is 0 to 256 ACUs in steps of 0.5, and the maximum at least 1."
        ],
    );
    check(
        &format!("DBClusterIdentifier=b {base} ManageMasterUserPassword=true"),
        expect![
            "InvalidParameterCombination (400): You can't specify MasterUserPassword with ManageMasterUserPassword."
        ],
    );
    check(
        &format!("DBClusterIdentifier=b {base} KmsKeyId=alias/none StorageEncrypted=true"),
        expect![
            "KMSKeyNotAccessibleFault (400): The specified KMS key [alias/none] does not exist, is not enabled or you do not have permissions to access it."
        ],
    );
}

#[test]
fn changes_wait_for_the_window_unless_told_otherwise() {
    let mut cloud = alone("PreferredMaintenanceWindow=sun:05:00-sun:06:00");
    cloud.instance(US, "shop", "shop-1", "");
    cloud.wait(600);
    cloud.ok(
        US,
        "ModifyDBCluster",
        "DBClusterIdentifier=shop EngineVersion=16.8 BackupRetentionPeriod=7 \
         MasterUserPassword=battery-staple DeletionProtection=true",
    );
    let cluster = cloud.cluster(US, "shop");
    expect![[r#"
        PendingModifiedValues
          MasterUserPassword ****
          EngineVersion 16.8
          BackupRetentionPeriod 7"#]]
    .assert_eq(&lines(cluster.get("PendingModifiedValues").unwrap()));
    let fields = "Status EngineVersion BackupRetentionPeriod DeletionProtection";
    assert_eq!(cloud.fields(US, "shop", fields), "available 16.6 1 true");
    // The world was born on a Thursday: to Sunday 05:00 it is less than three days and a quarter.
    cloud.wait(3 * 86_400 + 5 * 3600 - 900);
    assert_eq!(cloud.fields(US, "shop", fields), "upgrading 16.6 7 true");
    cloud.wait(900);
    assert_eq!(cloud.fields(US, "shop", fields), "available 16.8 7 true");
    assert!(cloud.cluster(US, "shop").get("PendingModifiedValues").is_none());
    cloud.ok(
        US,
        "ModifyDBCluster",
        "DBClusterIdentifier=shop BackupRetentionPeriod=14 ApplyImmediately=true",
    );
    assert_eq!(cloud.fields(US, "shop", fields), "available 16.8 14 true");
}

#[test]
fn what_is_refused_on_a_change() {
    let mut cloud = alone("");
    let mut check = |fields: &str, expected| {
        cloud.refused(
            US,
            "ModifyDBCluster",
            &format!("DBClusterIdentifier=shop {fields}"),
            expected,
        );
    };
    check(
        "EngineVersion=16.8",
        expect![
            "InvalidDBClusterStateFault (400): Cannot modify engine version without a primary instance in DB cluster"
        ],
    );
    check(
        "EngineVersion=16.4",
        expect![
            "InvalidParameterCombination (400): Cannot upgrade aurora-postgresql from 16.6 to 16.4"
        ],
    );
    check(
        "DBInstanceParameterGroupName=default.aurora-postgresql16",
        expect![
            "InvalidParameterCombination (400): The parameter DBInstanceParameterGroupName can be specified only with a major engine version upgrade."
        ],
    );
    check(
        "EnableGlobalWriteForwarding=true",
        expect![
            "InvalidParameterCombination (400): Global write forwarding needs a cluster that is part of a global database."
        ],
    );
    check(
        "MonitoringInterval=60",
        expect![
            "InvalidParameterCombination (400): A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        ],
    );
    check(
        "CloudwatchLogsExportConfiguration.EnableLogTypes.member.1=slowquery",
        expect![
            "InvalidParameterCombination (400): You cannot use the log types 'slowquery' with engine version aurora-postgresql."
        ],
    );
    check(
        "MasterUserPassword=battery-staple ManageMasterUserPassword=true",
        expect![
            "InvalidParameterCombination (400): You can't specify MasterUserPassword with ManageMasterUserPassword."
        ],
    );
}

#[test]
fn a_password_that_rds_keeps_has_one_key_and_is_taken_back_with_a_new_one() {
    let mut cloud = Cloud::new();
    let managed = "DBClusterIdentifier=shop Engine=aurora-postgresql MasterUsername=owner \
                   ManageMasterUserPassword=true";
    cloud.ok(US, "CreateDBCluster", managed);
    cloud.wait(900);
    let own = "alias/aws/rds";
    let mut check = |fields: &str, expected| {
        let fields = format!("DBClusterIdentifier=shop ApplyImmediately=true {fields}");
        cloud.refused(US, "ModifyDBCluster", &fields, expected);
    };
    check(
        "ManageMasterUserPassword=false",
        expect![
            "InvalidParameterCombination (400): You must specify MasterUserPassword when you turn ManageMasterUserPassword off."
        ],
    );
    check(
        &format!("ManageMasterUserPassword=true MasterUserSecretKmsKeyId={own}"),
        expect![
            "InvalidParameterCombination (400): You can't change MasterUserSecretKmsKeyId of a secret that RDS manages already."
        ],
    );
    check(
        &format!("MasterUserSecretKmsKeyId={own}"),
        expect![
            "InvalidParameterCombination (400): MasterUserSecretKmsKeyId needs ManageMasterUserPassword."
        ],
    );
    let back = "DBClusterIdentifier=shop ApplyImmediately=true ManageMasterUserPassword=false \
                MasterUserPassword=correct-horse";
    let taken = cloud.ok(US, "ModifyDBCluster", back);
    assert!(cloud.cluster(US, "shop").get("MasterUserSecret").is_none(), "{taken:?}");
}

#[test]
fn major_upgrades_need_the_flag_and_change_the_group() {
    let mut cloud = alone("");
    cloud.instance(US, "shop", "shop-1", "");
    cloud.wait(600);
    let major = "DBClusterIdentifier=shop EngineVersion=17 ApplyImmediately=true";
    cloud.refused(
        US,
        "ModifyDBCluster",
        major,
        expect!["InvalidParameterCombination (400): The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."],
    );
    cloud.ok(US, "ModifyDBCluster", &format!("{major} AllowMajorVersionUpgrade=true"));
    cloud.refused(
        US,
        "ModifyDBCluster",
        "DBClusterIdentifier=shop BackupRetentionPeriod=7",
        expect!["InvalidDBClusterStateFault (400): DB cluster shop is not in an available state (it is upgrading)."],
    );
    cloud.wait(2400);
    assert_eq!(
        cloud.fields(US, "shop", "Status EngineVersion DBClusterParameterGroup"),
        "available 17.5 default.aurora-postgresql17"
    );
}

#[test]
fn stopping_and_starting() {
    let mut cloud = alone("");
    cloud.instance(US, "shop", "shop-1", "");
    cloud.wait(600);
    cloud.ok(US, "StopDBCluster", "DBClusterIdentifier=shop");
    cloud.wait(600);
    assert_eq!(cloud.fields(US, "shop", "Status"), "stopped");
    cloud.ok(US, "StartDBCluster", "DBClusterIdentifier=shop");
    cloud.wait(600);
    assert_eq!(cloud.fields(US, "shop", "Status"), "available");
    cloud.ok(US, "StopDBCluster", "DBClusterIdentifier=shop");
    // Seven days later AWS starts it by itself.
    cloud.wait(600 + 7 * 86_400);
    assert_eq!(cloud.fields(US, "shop", "Status"), "starting");
    cloud.wait(600);
    assert_eq!(cloud.fields(US, "shop", "Status"), "available");
    Cloud::with_primary().refused(
        US,
        "StopDBCluster",
        "DBClusterIdentifier=app-us",
        expect!["InvalidDBClusterStateFault (400): A cluster that is part of a global database can't be stopped."],
    );
}

#[test]
fn a_cluster_is_deleted_after_its_instances() {
    let mut cloud = alone("DeletionProtection=true");
    cloud.instance(US, "shop", "shop-1", "");
    cloud.wait(600);
    let delete = "DBClusterIdentifier=shop SkipFinalSnapshot=true";
    cloud.refused(US, "DeleteDBCluster", "DBClusterIdentifier=shop", expect!["InvalidParameterCombination (400): FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."]);
    cloud.refused(US, "DeleteDBCluster", delete, expect!["InvalidParameterCombination (400): Cannot delete protected Cluster, please disable deletion protection and try again."]);
    cloud.ok(US, "ModifyDBCluster", "DBClusterIdentifier=shop DeletionProtection=false");
    cloud.refused(US, "DeleteDBCluster", delete, expect!["InvalidDBClusterStateFault (400): Cluster cannot be deleted, it still contains DB instances in non-deleting state."]);
    cloud.ok(US, "DeleteDBInstance", "DBInstanceIdentifier=shop-1");
    cloud.ok(US, "DeleteDBCluster", "DBClusterIdentifier=shop FinalDBSnapshotIdentifier=shop-last");
    cloud.refused(
        US,
        "DeleteDBCluster",
        delete,
        expect!["InvalidDBClusterStateFault (400): Cluster is already being deleted."],
    );
    cloud.wait(300);
    assert_eq!(cloud.fields(US, "shop", "Status"), "deleting");
    cloud.wait(120);
    cloud.refused(
        US,
        "DeleteDBCluster",
        delete,
        expect!["DBClusterNotFoundFault (404): DBCluster shop not found."],
    );
    let snapshots = cloud.ok(US, "DescribeDBClusterSnapshots", "DBClusterIdentifier=shop");
    assert_eq!(
        snapshots.children[0].children[0].text_of("DBClusterSnapshotIdentifier"),
        Some("shop-last")
    );
}

#[test]
fn filters_and_pages() {
    let mut cloud = Cloud::new();
    for number in 10..35 {
        cloud.ok(
            US,
            "CreateDBCluster",
            &format!(
                "DBClusterIdentifier=c{number} Engine=aurora-mysql MasterUsername=owner \
                 MasterUserPassword=correct-horse"
            ),
        );
    }
    let page = cloud.ok(US, "DescribeDBClusters", "MaxRecords=20");
    assert_eq!((page.children[0].children.len(), page.text_of("Marker")), (20, Some("c29")));
    let page = cloud.ok(US, "DescribeDBClusters", "MaxRecords=20 Marker=c29");
    assert_eq!((page.children[0].children.len(), page.text_of("Marker")), (5, None));
    let filter = |name: &str, value: &str| {
        format!("Filters.Filter.1.Name={name} Filters.Filter.1.Values.Value.1={value}")
    };
    let count = |cloud: &mut Cloud, name: &str, value: &str| {
        cloud.ok(US, "DescribeDBClusters", &filter(name, value)).children[0].children.len()
    };
    assert_eq!(count(&mut cloud, "db-cluster-id", "c12"), 1);
    assert_eq!(count(&mut cloud, "db-cluster-id", &super::arn(US, "c13")), 1);
    assert_eq!(count(&mut cloud, "db-cluster-id", &super::arn(IN, "c13")), 0);
    assert_eq!(count(&mut cloud, "engine", "aurora-postgresql"), 0);
    cloud.refused(US, "DescribeDBClusters", "MaxRecords=10", expect!["InvalidParameterValue (400): Invalid value 10 for MaxRecords. Must be between 20 and 100"]);
    cloud.refused(
        US,
        "DescribeDBClusters",
        &filter("status", "available"),
        expect!["InvalidParameterValue (400): Unrecognized filter name: status"],
    );
    let elsewhere = super::arn(IN, "c13");
    cloud.refused(
        US,
        "DescribeDBClusters",
        &format!("DBClusterIdentifier={elsewhere}"),
        expect!["DBClusterNotFoundFault (404): DBCluster arn:aws:rds:ap-south-1:000000000000:cluster:c13 not found."],
    );
}

#[test]
fn roles_and_tags_and_the_data_api() {
    let mut cloud = alone("Tags.Tag.1.Key=Project Tags.Tag.1.Value=shop");
    let role = "DBClusterIdentifier=shop RoleArn=arn:aws:iam::000000000000:role/import";
    cloud.ok(US, "AddRoleToDBCluster", &format!("{role} FeatureName=s3Import"));
    cloud.wait(60);
    let associated = cloud.cluster(US, "shop");
    expect![[r#"
        AssociatedRoles
          DBClusterRole
            RoleArn arn:aws:iam::000000000000:role/import
            Status ACTIVE
            FeatureName s3Import"#]]
    .assert_eq(&lines(associated.get("AssociatedRoles").unwrap()));
    cloud.refused(US, "RemoveRoleFromDBCluster", role, expect!["DBClusterRoleNotFound (404): Role ARN: arn:aws:iam::000000000000:role/import cannot be found for DB Cluster: shop."]);
    cloud.ok(US, "RemoveRoleFromDBCluster", &format!("{role} FeatureName=s3Import"));
    cloud.wait(60);
    assert!(cloud.cluster(US, "shop").get("AssociatedRoles").unwrap().children.is_empty());

    let name = super::arn(US, "shop");
    cloud.ok(US, "EnableHttpEndpoint", &format!("ResourceArn={name}"));
    assert_eq!(cloud.fields(US, "shop", "HttpEndpointEnabled"), "true");

    cloud.ok(
        US,
        "AddTagsToResource",
        &format!("ResourceName={name} Tags.Tag.1.Key=Stage Tags.Tag.1.Value=live"),
    );
    cloud.ok(
        US,
        "RemoveTagsFromResource",
        &format!("ResourceName={name} TagKeys.member.1=Project"),
    );
    expect![[r#"
        TagList
          Tag
            Key Stage
            Value live"#]]
    .assert_eq(&lines(
        &cloud.ok(US, "ListTagsForResource", &format!("ResourceName={name}")).children[0],
    ));
    let elsewhere = super::arn(IN, "shop");
    cloud.refused(US, "ListTagsForResource", &format!("ResourceName={elsewhere}"), expect!["InvalidParameterValue (400): Invalid resource name: arn:aws:rds:ap-south-1:000000000000:cluster:shop"]);
}
