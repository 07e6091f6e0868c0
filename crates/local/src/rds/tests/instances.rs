use expect_test::expect;

use super::{Cloud, US, lines};

#[test]
fn an_instance_as_it_is_described() {
    let mut cloud = Cloud::with_primary();
    let found = cloud.ok(US, "DescribeDBInstances", "DBInstanceIdentifier=app-us-1");
    expect![[r#"
        DBInstance
          DBInstanceIdentifier app-us-1
          DBInstanceArn arn:aws:rds:us-east-1:000000000000:db:app-us-1
          DbiResourceId db-K8UR31I1IGIROSVFVYKU689KY0
          DBClusterIdentifier app-us
          DBInstanceClass db.r6g.large
          DBInstanceStatus available
          Engine aurora-postgresql
          EngineVersion 16.6
          LicenseModel postgresql-license
          MasterUsername owner
          DBName app
          Endpoint
            Address app-us-1.yb19itx9lfae.us-east-1.rds.amazonaws.com
            Port 5432
            HostedZoneId Z2R2ITUGPM61AM
          InstanceCreateTime 2026-01-01T00:06:00.000Z
          AllocatedStorage 1
          AvailabilityZone us-east-1a
          MultiAZ false
          DbInstancePort 0
          PubliclyAccessible false
          PromotionTier 1
          AutoMinorVersionUpgrade true
          CopyTagsToSnapshot false
          CACertificateIdentifier rds-ca-rsa2048-g1
          CertificateDetails
            CAIdentifier rds-ca-rsa2048-g1
            ValidTill 2027-01-01T00:06:00.000Z
          BackupRetentionPeriod 1
          PreferredBackupWindow 03:30-04:00
          PreferredMaintenanceWindow mon:04:30-mon:05:00
          StorageEncrypted true
          KmsKeyId arn:aws:kms:us-east-1:000000000000:key/419b5391-90ab-0c13-b0a4-a9515e56a659
          StorageType aurora
          DeletionProtection false
          IAMDatabaseAuthenticationEnabled false
          NetworkType IPV4
          MonitoringInterval 0
          DatabaseInsightsMode standard
          PerformanceInsightsEnabled false
          EnabledCloudwatchLogsExports
          VpcSecurityGroups
            VpcSecurityGroupMembership
              VpcSecurityGroupId sg-017203d924c25dfbc
              Status active
          DBParameterGroups
            DBParameterGroup
              DBParameterGroupName default.aurora-postgresql16
              ParameterApplyStatus in-sync
          DBSubnetGroup
            DBSubnetGroupName default
            DBSubnetGroupDescription default
            VpcId vpc-07fd2334857879d8e
            SubnetGroupStatus Complete
            Subnets
              Subnet
                SubnetIdentifier subnet-03c40c6aec17dedad
                SubnetAvailabilityZone
                  Name us-east-1a
                SubnetOutpost
                SubnetStatus Active
              Subnet
                SubnetIdentifier subnet-072b4ef94f74c9243
                SubnetAvailabilityZone
                  Name us-east-1b
                SubnetOutpost
                SubnetStatus Active
              Subnet
                SubnetIdentifier subnet-0f0998c2cd9fa6dca
                SubnetAvailabilityZone
                  Name us-east-1c
                SubnetOutpost
                SubnetStatus Active
            DBSubnetGroupArn arn:aws:rds:us-east-1:000000000000:subgrp:default
            SupportedNetworkTypes
              member IPV4
          PendingModifiedValues
          TagList"#]]
    .assert_eq(&lines(&found.children[0].children[0]));
}

#[test]
fn what_is_refused_at_creation() {
    let mut cloud = Cloud::with_primary();
    let mut check = |fields: &str, expected| {
        cloud.refused(US, "CreateDBInstance", fields, expected);
    };
    let base = "DBInstanceIdentifier=two DBClusterIdentifier=app-us Engine=aurora-postgresql";
    check(
        base,
        expect!["MissingParameter (400): The request must contain the parameter DBInstanceClass"],
    );
    check(
        &format!("{base} DBInstanceClass=db.t4g.medium"),
        expect![
            "InvalidParameterCombination (400): The instance class db.t4g.medium is not supported for a cluster of a global database."
        ],
    );
    check(
        &format!("{base} DBInstanceClass=db.enormous"),
        expect![
            "InvalidParameterCombination (400): RDS does not support creating a DB instance with the following combination: DBInstanceClass=db.enormous, Engine=aurora-postgresql, EngineVersion=16.6."
        ],
    );
    check(
        &format!("{base} DBInstanceClass=db.serverless"),
        expect![
            "InvalidParameterCombination (400): Set the Serverless v2 scaling configuration on the parent DB cluster before creating a Serverless v2 DB instance."
        ],
    );
    check(
        &format!("{base} DBInstanceClass=db.r6g.large MasterUsername=owner"),
        expect![
            "InvalidParameterCombination (400): The requested DB Instance will be a member of a DB Cluster. Set MasterUsername for the DB Cluster."
        ],
    );
    check(
        &format!("{base} DBInstanceClass=db.r6g.large AvailabilityZone=us-east-1f"),
        expect![
            "InvalidVPCNetworkStateFault (400): The DB subnet group default has no subnet in the Availability Zone us-east-1f."
        ],
    );
    check(
        &format!("{base} DBInstanceClass=db.r6g.large PromotionTier=16"),
        expect![
            "InvalidParameterValue (400): Invalid value 16 for PromotionTier. Must be between 0 and 15."
        ],
    );
    check(
        &format!("{base} DBInstanceClass=db.r6g.large EngineVersion=16.8"),
        expect![
            "InvalidParameterCombination (400): The engine version that you requested for your DB instance (16.8) does not match the engine version of your DB cluster (16.6)."
        ],
    );
    check(
        "DBInstanceIdentifier=app-us-1 DBClusterIdentifier=app-us Engine=aurora-postgresql \
         DBInstanceClass=db.r6g.large",
        expect!["DBInstanceAlreadyExists (400): DB instance already exists"],
    );
    check(
        "DBInstanceIdentifier=two DBClusterIdentifier=none Engine=aurora-postgresql \
         DBInstanceClass=db.r6g.large",
        expect!["DBClusterNotFoundFault (404): DBCluster none not found."],
    );
    check(
        "DBInstanceIdentifier=two DBClusterIdentifier=app-us Engine=aurora-mysql \
         DBInstanceClass=db.r6g.large",
        expect![
            "InvalidParameterCombination (400): The engine name requested for your DB instance (aurora-mysql) doesn't match the engine name of your DB cluster (aurora-postgresql)."
        ],
    );
}

#[test]
fn the_writer_is_auroras_choice() {
    let mut cloud = Cloud::with_primary();
    cloud.instance(US, "app-us", "app-us-2", "PromotionTier=2");
    cloud.instance(US, "app-us", "app-us-3", "PromotionTier=0");
    assert_eq!(cloud.writer(US, "app-us"), "app-us-1");
    cloud.refused(
        US,
        "FailoverDBCluster",
        "DBClusterIdentifier=app-us",
        expect!["InvalidDBClusterStateFault (400): Cannot failover, the DB cluster has no reader that could be promoted."],
    );
    cloud.wait(600);
    cloud.ok(US, "FailoverDBCluster", "DBClusterIdentifier=app-us");
    assert_eq!(cloud.fields(US, "app-us", "Status"), "failing-over");
    cloud.wait(30);
    assert_eq!(cloud.writer(US, "app-us"), "app-us-3");
    cloud.ok(
        US,
        "FailoverDBCluster",
        "DBClusterIdentifier=app-us TargetDBInstanceIdentifier=app-us-2",
    );
    cloud.wait(30);
    assert_eq!(cloud.writer(US, "app-us"), "app-us-2");
    // A deleted writer is replaced by tier.
    cloud.ok(US, "DeleteDBInstance", "DBInstanceIdentifier=app-us-2");
    assert_eq!(cloud.writer(US, "app-us"), "app-us-3");
    cloud.refused(
        US,
        "DeleteDBInstance",
        "DBInstanceIdentifier=app-us-2",
        expect!["InvalidDBInstanceState (400): Instance app-us-2 is already being deleted."],
    );
    cloud.wait(420);
    cloud.refused(
        US,
        "DeleteDBInstance",
        "DBInstanceIdentifier=app-us-2",
        expect!["DBInstanceNotFound (404): DBInstance app-us-2 not found."],
    );
}

#[test]
fn instances_spread_over_the_zones() {
    let mut cloud = Cloud::with_primary();
    for number in 2..5 {
        cloud.instance(US, "app-us", &format!("app-us-{number}"), "");
    }
    let found = cloud.ok(US, "DescribeDBInstances", "");
    let zones: Vec<&str> = found.children[0]
        .children
        .iter()
        .filter_map(|instance| instance.text_of("AvailabilityZone"))
        .collect();
    assert_eq!(zones, ["us-east-1a", "us-east-1b", "us-east-1c", "us-east-1a"]);
}

#[test]
fn changes_of_an_instance() {
    let mut cloud = Cloud::with_primary();
    let fields = |cloud: &mut Cloud| {
        let found = cloud.ok(US, "DescribeDBInstances", "DBInstanceIdentifier=app-us-1");
        let instance = &found.children[0].children[0];
        let text = |name: &str| instance.text_of(name).unwrap_or("-").to_owned();
        let pending = instance.get("PendingModifiedValues").unwrap();
        format!(
            "{} {} tier {}, pending {}",
            text("DBInstanceStatus"),
            text("DBInstanceClass"),
            text("PromotionTier"),
            pending.text_of("DBInstanceClass").unwrap_or("-")
        )
    };
    cloud.ok(
        US,
        "ModifyDBInstance",
        "DBInstanceIdentifier=app-us-1 DBInstanceClass=db.r6g.xlarge PromotionTier=4",
    );
    expect!["available db.r6g.large tier 4, pending db.r6g.xlarge"].assert_eq(&fields(&mut cloud));
    cloud.ok(US, "ModifyDBInstance", "DBInstanceIdentifier=app-us-1 ApplyImmediately=true");
    expect!["modifying db.r6g.large tier 4, pending db.r6g.xlarge"].assert_eq(&fields(&mut cloud));
    cloud.refused(
        US,
        "RebootDBInstance",
        "DBInstanceIdentifier=app-us-1",
        expect!["InvalidDBInstanceState (400): Database instance is not in available state: app-us-1 is modifying."],
    );
    cloud.wait(300);
    expect!["available db.r6g.xlarge tier 4, pending -"].assert_eq(&fields(&mut cloud));
    cloud.refused(
        US,
        "ModifyDBInstance",
        "DBInstanceIdentifier=app-us-1 BackupRetentionPeriod=7",
        expect!["InvalidParameterCombination (400): The requested DB Instance will be a member of a DB Cluster. Set BackupRetentionPeriod for the DB Cluster."],
    );
    cloud.ok(
        US,
        "ModifyDBInstance",
        "DBInstanceIdentifier=app-us-1 NewDBInstanceIdentifier=app-us-9 ApplyImmediately=true",
    );
    cloud.wait(300);
    assert_eq!(cloud.writer(US, "app-us"), "app-us-9");
}
