use expect_test::expect;

use super::{Cloud, EU, IN, US, arn, lines};

#[test]
fn a_new_global_cluster_is_empty_and_lower_cased() {
    let mut cloud = Cloud::new();
    let made = cloud.ok(
        US,
        "CreateGlobalCluster",
        "GlobalClusterIdentifier=App Engine=aurora-postgresql EngineVersion=16 \
         Tags.Tag.1.Key=Project Tags.Tag.1.Value=active-active",
    );
    expect![[r#"
        GlobalCluster
          GlobalClusterIdentifier app
          GlobalClusterResourceId cluster-e6a4ad3c89699b36
          GlobalClusterArn arn:aws:rds::000000000000:global-cluster:app
          Status creating
          Engine aurora-postgresql
          EngineVersion 16.8
          EngineLifecycleSupport open-source-rds-extended-support
          StorageEncrypted false
          DeletionProtection false
          GlobalClusterMembers
          Endpoint app.global-fchstjemvsw6.global.rds.amazonaws.com
          TagList
            Tag
              Key Project
              Value active-active"#]]
    .assert_eq(&lines(&made.children[0]));
    cloud.refused(
        IN,
        "CreateGlobalCluster",
        "GlobalClusterIdentifier=APP Engine=aurora-mysql",
        expect!["GlobalClusterAlreadyExistsFault (400): Global cluster app already exists"],
    );
    cloud.refused(
        IN,
        "DescribeGlobalClusters",
        "GlobalClusterIdentifier=app",
        expect!["GlobalClusterNotFoundFault (404): Global cluster app not found"],
    );
}

#[test]
fn members_come_one_after_the_other() {
    let mut cloud = Cloud::with_primary();
    cloud.secondary(IN, "app-in", "EnableGlobalWriteForwarding=true");
    expect![[r#"
        available
        arn:aws:rds:us-east-1:000000000000:cluster:app-us writer connected forwarding -
        arn:aws:rds:ap-south-1:000000000000:cluster:app-in reader pending-resync forwarding disabled"#]]
    .assert_eq(&cloud.roles(IN));
    cloud.refused(
        EU,
        "CreateDBCluster",
        "DBClusterIdentifier=app-eu Engine=aurora-postgresql GlobalClusterIdentifier=app \
         KmsKeyId=alias/aws/rds",
        expect!["InvalidGlobalClusterStateFault (400): Global cluster app is not in a valid state: another member is being added or removed."],
    );
    cloud.wait(900);
    expect![[r#"
        available
        arn:aws:rds:us-east-1:000000000000:cluster:app-us writer connected forwarding -
        arn:aws:rds:ap-south-1:000000000000:cluster:app-in reader connected forwarding enabling"#]]
    .assert_eq(&cloud.roles(US));
    cloud.wait(120);
    cloud.secondary(EU, "app-eu", "");
    cloud.wait(900);
    expect![[r#"
        available
        arn:aws:rds:us-east-1:000000000000:cluster:app-us writer connected forwarding -
        arn:aws:rds:ap-south-1:000000000000:cluster:app-in reader connected forwarding enabled
        arn:aws:rds:eu-west-1:000000000000:cluster:app-eu reader connected forwarding disabled"#]]
    .assert_eq(&cloud.roles(EU));
    expect!["app arn:aws:rds:us-east-1:000000000000:cluster:app-us owner app 16.6 enabled"]
        .assert_eq(&cloud.fields(
            IN,
            "app-in",
            "GlobalClusterIdentifier ReplicationSourceIdentifier MasterUsername DatabaseName \
             EngineVersion GlobalWriteForwardingStatus",
        ));
}

#[test]
fn what_a_secondary_is_refused() {
    let mut cloud = Cloud::with_primary();
    let mut check = |fields: &str, expected| {
        cloud.refused(
            IN,
            "CreateDBCluster",
            &format!("GlobalClusterIdentifier=app {fields}"),
            expected,
        );
    };
    check(
        "DBClusterIdentifier=app-in Engine=aurora-postgresql",
        expect![
            "InvalidParameterCombination (400): For encrypted cross-region replica, kmsKeyId should be explicitly specified"
        ],
    );
    check(
        "DBClusterIdentifier=app-in Engine=aurora-postgresql KmsKeyId=arn:aws:kms:us-east-1:000000000000:key/1",
        expect![
            "KMSKeyNotAccessibleFault (400): The specified KMS key [arn:aws:kms:us-east-1:000000000000:key/1] does not exist, is not enabled or you do not have permissions to access it."
        ],
    );
    check(
        "DBClusterIdentifier=app-in Engine=aurora-postgresql MasterUsername=owner",
        expect![
            "InvalidParameterCombination (400): Cannot specify user name for cross region replication cluster"
        ],
    );
    check(
        "DBClusterIdentifier=app-in Engine=aurora-postgresql MasterUserPassword=correct-horse",
        expect![
            "InvalidParameterCombination (400): Cannot specify password for cross region replication cluster"
        ],
    );
    check(
        "DBClusterIdentifier=app-in Engine=aurora-postgresql DatabaseName=app",
        expect![
            "InvalidParameterCombination (400): Cannot specify database name for cross region replication cluster"
        ],
    );
    check(
        "DBClusterIdentifier=app-in Engine=aurora-postgresql EngineVersion=16.8",
        expect![
            "InvalidParameterCombination (400): The engine version 16.8 is not that of the global cluster app, 16.6."
        ],
    );
    check(
        "DBClusterIdentifier=app-in Engine=aurora-mysql",
        expect![
            "InvalidParameterCombination (400): The engine aurora-mysql is not that of the global cluster app, aurora-postgresql."
        ],
    );
    check(
        "DBClusterIdentifier=app-us Engine=aurora-postgresql KmsKeyId=alias/aws/rds",
        expect![
            "InvalidParameterValue (400): The members of the global cluster app must have different identifiers: app-us is taken."
        ],
    );
    check(
        "DBClusterIdentifier=app-in Engine=aurora-postgresql ManageMasterUserPassword=true",
        expect![
            "InvalidParameterCombination (400): ManageMasterUserPassword is not supported for clusters of a global database."
        ],
    );
}

#[test]
fn a_secondary_needs_a_writer_to_follow() {
    let mut cloud = Cloud::new();
    cloud.ok(US, "CreateGlobalCluster", "GlobalClusterIdentifier=app Engine=aurora-postgresql");
    let secondary = "DBClusterIdentifier=app-in Engine=aurora-postgresql \
                     GlobalClusterIdentifier=app MasterUsername=owner \
                     MasterUserPassword=correct-horse";
    cloud.refused(
        IN,
        "CreateDBCluster",
        secondary,
        expect![
            "InvalidGlobalClusterStateFault (400): Global cluster app is not in an available state."
        ],
    );
    cloud.wait(60);
    cloud.ok(
        US,
        "CreateDBCluster",
        "DBClusterIdentifier=app-us Engine=aurora-postgresql GlobalClusterIdentifier=app \
         MasterUsername=owner MasterUserPassword=correct-horse",
    );
    cloud.wait(300);
    cloud.refused(
        IN,
        "CreateDBCluster",
        "DBClusterIdentifier=app-in Engine=aurora-postgresql GlobalClusterIdentifier=app",
        expect!["InvalidGlobalClusterStateFault (400): Global cluster app has no primary cluster that is available with a writer instance."],
    );
}

#[test]
fn a_switchover_swaps_the_roles_and_forwarding_follows() {
    let mut cloud = Cloud::with_secondary();
    for (region, id) in [(US, "app-us"), (IN, "app-in")] {
        cloud.ok(
            region,
            "ModifyDBCluster",
            &format!("DBClusterIdentifier={id} EnableGlobalWriteForwarding=true"),
        );
    }
    cloud.wait(120);
    assert_eq!(cloud.writer(US, "app-us"), "app-us-1");
    assert_eq!(cloud.writer(IN, "app-in"), "");
    let target = arn(IN, "app-in");
    cloud.ok(
        US,
        "SwitchoverGlobalCluster",
        &format!("GlobalClusterIdentifier=app TargetDbClusterIdentifier={target}"),
    );
    expect![[r#"
        modifying (pending)
        arn:aws:rds:us-east-1:000000000000:cluster:app-us writer connected forwarding -
        arn:aws:rds:ap-south-1:000000000000:cluster:app-in reader connected forwarding enabled"#]]
    .assert_eq(&cloud.roles(IN));
    cloud.wait(15);
    expect![[r#"
        modifying (switching-over)
        arn:aws:rds:us-east-1:000000000000:cluster:app-us writer connected forwarding -
        arn:aws:rds:ap-south-1:000000000000:cluster:app-in reader connected forwarding enabled"#]]
    .assert_eq(&cloud.roles(IN));
    assert_eq!(cloud.fields(IN, "app-in", "Status"), "promoting");
    cloud.refused(
        US,
        "SwitchoverGlobalCluster",
        &format!("GlobalClusterIdentifier=app TargetDbClusterIdentifier={target}"),
        expect!["InvalidGlobalClusterStateFault (400): Global cluster app is not in an available state: it is switching-over."],
    );
    cloud.wait(180);
    expect![[r#"
        available
        arn:aws:rds:us-east-1:000000000000:cluster:app-us reader connected forwarding enabling
        arn:aws:rds:ap-south-1:000000000000:cluster:app-in writer connected forwarding -"#]]
    .assert_eq(&cloud.roles(IN));
    assert_eq!(cloud.writer(US, "app-us"), "");
    assert_eq!(cloud.writer(IN, "app-in"), "app-in-1");
    let fields = "Status ReplicationSourceIdentifier GlobalWriteForwardingStatus";
    expect!["available arn:aws:rds:ap-south-1:000000000000:cluster:app-in enabling"]
        .assert_eq(&cloud.fields(US, "app-us", fields));
    expect!["available - -"].assert_eq(&cloud.fields(IN, "app-in", fields));
}

#[test]
fn what_a_switchover_asks_for() {
    let mut cloud = Cloud::with_primary();
    cloud.secondary(IN, "app-in", "");
    cloud.wait(900);
    let switch = |region: &str, id: &str| {
        format!("GlobalClusterIdentifier=app TargetDbClusterIdentifier={}", arn(region, id))
    };
    cloud.refused(
        US,
        "SwitchoverGlobalCluster",
        &switch(IN, "app-in"),
        expect!["InvalidDBClusterStateFault (400): DB cluster app-in has no available instance that could write."],
    );
    cloud.refused(
        IN,
        "SwitchoverGlobalCluster",
        &switch(IN, "app-in"),
        expect!["InvalidGlobalClusterStateFault (400): SwitchoverGlobalCluster of app must be called in us-east-1, the Region of the primary cluster."],
    );
    cloud.refused(
        US,
        "SwitchoverGlobalCluster",
        &switch(US, "app-us"),
        expect!["InvalidGlobalClusterStateFault (400): arn:aws:rds:us-east-1:000000000000:cluster:app-us is the primary cluster of app already."],
    );
    cloud.refused(
        US,
        "SwitchoverGlobalCluster",
        &switch(EU, "app-eu"),
        expect!["DBClusterNotFoundFault (404): DBCluster arn:aws:rds:eu-west-1:000000000000:cluster:app-eu not found."],
    );
    cloud.refused(
        US,
        "FailoverGlobalCluster",
        &format!("{} AllowDataLoss=true Switchover=true", switch(IN, "app-in")),
        expect!["InvalidParameterCombination (400): AllowDataLoss and Switchover can't be specified together."],
    );
}

#[test]
fn a_failover_with_loss_of_data_leaves_a_snapshot_of_what_was_lost() {
    let mut cloud = Cloud::with_secondary();
    cloud.world.regions_gone.insert(US.to_owned());
    expect![[r#"
        available
        arn:aws:rds:us-east-1:000000000000:cluster:app-us writer connected forwarding -
        arn:aws:rds:ap-south-1:000000000000:cluster:app-in reader pending-resync forwarding disabled"#]]
    .assert_eq(&cloud.roles(IN));
    cloud.ok(
        IN,
        "FailoverGlobalCluster",
        &format!(
            "GlobalClusterIdentifier=app TargetDbClusterIdentifier={} AllowDataLoss=true",
            arn(IN, "app-in")
        ),
    );
    cloud.wait(15);
    assert!(cloud.roles(IN).starts_with("modifying (failing-over)"));
    cloud.wait(120);
    expect![[r#"
        available
        arn:aws:rds:us-east-1:000000000000:cluster:app-us reader pending-resync forwarding disabled
        arn:aws:rds:ap-south-1:000000000000:cluster:app-in writer connected forwarding -"#]]
    .assert_eq(&cloud.roles(IN));
    assert_eq!(cloud.writer(IN, "app-in"), "app-in-1");
    // It stays apart as long as its region is lost.
    cloud.wait(100_000);
    assert!(cloud.roles(IN).contains("app-us reader pending-resync"));
    cloud.world.regions_gone.clear();
    cloud.wait(1);
    assert!(cloud.roles(US).contains("app-us reader connected"));
    let snapshots = cloud.ok(US, "DescribeDBClusterSnapshots", "SnapshotType=automated");
    expect!["rds:unplanned-global-failover-app-us-2026-01-01t01-03"].assert_eq(
        snapshots.children[0].children[0].text_of("DBClusterSnapshotIdentifier").unwrap(),
    );
}

#[test]
fn members_are_removed_with_the_writer_last() {
    let mut cloud = Cloud::with_secondary();
    let remove = |region: &str, id: &str| {
        format!("GlobalClusterIdentifier=app DbClusterIdentifier={}", arn(region, id))
    };
    cloud.refused(
        US,
        "RemoveFromGlobalCluster",
        &remove(US, "app-us"),
        expect!["InvalidGlobalClusterStateFault (400): app-us is the primary cluster of app: its secondary clusters must be removed first."],
    );
    cloud.refused(
        US,
        "DeleteGlobalCluster",
        "GlobalClusterIdentifier=app",
        expect!["InvalidGlobalClusterStateFault (400): Global Cluster arn:aws:rds::000000000000:global-cluster:app is not empty"],
    );
    cloud.refused(
        IN,
        "DeleteDBCluster",
        "DBClusterIdentifier=app-in SkipFinalSnapshot=true",
        expect!["InvalidDBClusterStateFault (400): This cluster is a part of a global cluster, please remove it from globalcluster first"],
    );
    cloud.refused(
        US,
        "DeleteDBInstance",
        "DBInstanceIdentifier=app-us-1",
        expect!["InvalidDBClusterStateFault (400): Cannot delete the last instance of the master cluster. Delete the replica cluster before deleting the last master cluster instance."],
    );
    cloud.ok(IN, "RemoveFromGlobalCluster", &remove(IN, "app-in"));
    assert_eq!(cloud.fields(IN, "app-in", "Status GlobalClusterIdentifier"), "promoting app");
    cloud.wait(180);
    assert_eq!(cloud.fields(IN, "app-in", "Status GlobalClusterIdentifier"), "available -");
    // A cluster of its own writes.
    assert_eq!(cloud.writer(IN, "app-in"), "app-in-1");
    cloud.refused(
        US,
        "RemoveFromGlobalCluster",
        &remove(IN, "app-in"),
        expect!["InvalidParameterValue (400): DB cluster arn:aws:rds:ap-south-1:000000000000:cluster:app-in is not found in global cluster app"],
    );
    cloud.refused(
        IN,
        "DescribeGlobalClusters",
        "GlobalClusterIdentifier=app",
        expect!["GlobalClusterNotFoundFault (404): Global cluster app not found"],
    );
    cloud.ok(US, "RemoveFromGlobalCluster", &remove(US, "app-us"));
    cloud.wait(60);
    assert_eq!(cloud.roles(US), "available");
    cloud.ok(US, "ModifyGlobalCluster", "GlobalClusterIdentifier=app DeletionProtection=true");
    cloud.refused(
        US,
        "DeleteGlobalCluster",
        "GlobalClusterIdentifier=app",
        expect!["InvalidParameterCombination (400): Cannot delete protected Global Cluster, please disable deletion protection and try again."],
    );
    cloud.ok(US, "ModifyGlobalCluster", "GlobalClusterIdentifier=app DeletionProtection=false");
    cloud.ok(US, "DeleteGlobalCluster", "GlobalClusterIdentifier=app");
    assert_eq!(cloud.roles(US), "deleting");
    cloud.wait(60);
    cloud.refused(
        US,
        "DeleteGlobalCluster",
        "GlobalClusterIdentifier=app",
        expect!["GlobalClusterNotFoundFault (404): Global cluster app not found"],
    );
}

#[test]
fn an_existing_cluster_becomes_a_primary() {
    let mut cloud = Cloud::new();
    cloud.ok(
        US,
        "CreateDBCluster",
        "DBClusterIdentifier=app-us Engine=aurora-postgresql EngineVersion=15.8 \
         MasterUsername=owner MasterUserPassword=correct-horse",
    );
    cloud.wait(300);
    let source = arn(US, "app-us");
    cloud.refused(
        US,
        "CreateGlobalCluster",
        &format!("GlobalClusterIdentifier=app SourceDBClusterIdentifier={source} Engine=aurora-postgresql"),
        expect!["InvalidParameterCombination (400): When creating global cluster from existing db cluster, value for Engine should not be specified since it will be inherited from source cluster"],
    );
    cloud.ok(
        US,
        "CreateGlobalCluster",
        &format!("GlobalClusterIdentifier=app SourceDBClusterIdentifier={source}"),
    );
    cloud.wait(60);
    expect![[r#"
        available
        arn:aws:rds:us-east-1:000000000000:cluster:app-us writer connected forwarding -"#]]
    .assert_eq(&cloud.roles(US));
    let found = cloud.ok(
        US,
        "DescribeGlobalClusters",
        &format!("Filters.Filter.1.Name=db-cluster-id Filters.Filter.1.Values.Value.1={source}"),
    );
    assert_eq!(found.children[0].children.len(), 1);
    assert_eq!(cloud.fields(US, "app-us", "GlobalClusterIdentifier"), "app");
}

#[test]
fn minor_upgrades_go_member_by_member_and_major_ones_at_once() {
    let mut cloud = Cloud::with_secondary();
    let upgrade =
        |id: &str| format!("DBClusterIdentifier={id} EngineVersion=16.8 ApplyImmediately=true");
    cloud.refused(
        US,
        "ModifyGlobalCluster",
        "GlobalClusterIdentifier=app EngineVersion=16.8",
        expect!["InvalidParameterValue (400): ModifyGlobalCluster only supports Major Version Upgrades: upgrade the member clusters of app from 16.6 to 16.8 one by one."],
    );
    cloud.refused(
        US,
        "ModifyDBCluster",
        &upgrade("app-us"),
        expect!["InvalidParameterValue (400): 16.8 is newer than what the secondaries of app run: upgrade global replicas first before upgrading the primary member"],
    );
    cloud.ok(IN, "ModifyDBCluster", &upgrade("app-in"));
    cloud.refused(
        US,
        "ModifyDBCluster",
        &upgrade("app-us"),
        expect!["InvalidGlobalClusterStateFault (400): Global cluster app is upgrading: its member app-in is not done."],
    );
    cloud.wait(900);
    cloud.refused(
        US,
        "SwitchoverGlobalCluster",
        &format!("GlobalClusterIdentifier=app TargetDbClusterIdentifier={}", arn(IN, "app-in")),
        expect!["InvalidGlobalClusterStateFault (400): The engine versions of app-us (16.6) and app-in (16.8) differ."],
    );
    cloud.ok(US, "ModifyDBCluster", &upgrade("app-us"));
    cloud.wait(900);
    let version = |cloud: &mut Cloud| {
        let found = cloud.ok(US, "DescribeGlobalClusters", "");
        found.children[0].children[0].text_of("EngineVersion").unwrap().to_owned()
    };
    assert_eq!(version(&mut cloud), "16.8");
    cloud.refused(
        US,
        "ModifyGlobalCluster",
        "GlobalClusterIdentifier=app EngineVersion=17.5",
        expect!["InvalidParameterCombination (400): The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."],
    );
    cloud.ok(
        US,
        "ModifyGlobalCluster",
        "GlobalClusterIdentifier=app EngineVersion=17.5 AllowMajorVersionUpgrade=true",
    );
    assert_eq!(cloud.fields(IN, "app-in", "Status EngineVersion"), "upgrading 16.8");
    cloud.wait(2400);
    assert_eq!(version(&mut cloud), "17.5");
    assert_eq!(
        cloud.fields(IN, "app-in", "Status EngineVersion DBClusterParameterGroup"),
        "available 17.5 default.aurora-postgresql17"
    );
}

#[test]
fn a_renamed_global_cluster_keeps_its_members() {
    let mut cloud = Cloud::with_primary();
    cloud.ok(
        US,
        "ModifyGlobalCluster",
        "GlobalClusterIdentifier=app NewGlobalClusterIdentifier=Shop",
    );
    assert_eq!(cloud.fields(US, "app-us", "GlobalClusterIdentifier"), "shop");
    cloud.refused(
        US,
        "DescribeGlobalClusters",
        "GlobalClusterIdentifier=app",
        expect!["GlobalClusterNotFoundFault (404): Global cluster app not found"],
    );
}
