use expect_test::expect;

use super::{Cloud, US};

/// A cluster `shop` and its snapshot `last`, a quarter of an hour old.
fn shop() -> Cloud {
    let mut cloud = Cloud::new();
    cloud.ok(
        US,
        "CreateDBCluster",
        "DBClusterIdentifier=shop Engine=aurora-postgresql EngineVersion=16.6 Port=5433 \
         MasterUsername=owner MasterUserPassword=correct-horse BackupRetentionPeriod=5",
    );
    cloud.wait(300);
    cloud.ok(
        US,
        "CreateDBClusterSnapshot",
        "DBClusterSnapshotIdentifier=last DBClusterIdentifier=shop",
    );
    cloud
}

#[test]
fn a_snapshot_is_restored_once_it_is_there() {
    let mut cloud = shop();
    let base = "DBClusterIdentifier=copy Engine=aurora-postgresql SnapshotIdentifier=last";
    let restore = "RestoreDBClusterFromSnapshot";
    cloud.refused(
        US,
        restore,
        base,
        expect!["InvalidDBClusterSnapshotStateFault (400): last is not in an available state."],
    );
    cloud.wait(180);
    for (fields, expected) in [
        (
            "DBClusterIdentifier=copy Engine=aurora-postgresql SnapshotIdentifier=first".to_owned(),
            expect!["DBClusterSnapshotNotFoundFault (404): DBClusterSnapshot first not found."],
        ),
        (
            "DBClusterIdentifier=copy Engine=aurora-mysql SnapshotIdentifier=last".to_owned(),
            expect![
                "InvalidParameterCombination (400): The engine aurora-mysql is not that of the snapshot last, aurora-postgresql."
            ],
        ),
        (
            format!("{base} EngineVersion=16.4"),
            expect![
                "InvalidParameterCombination (400): Cannot restore a snapshot of 16.6 with the older version 16.4."
            ],
        ),
        (
            base.replace("=copy", "=shop"),
            expect!["DBClusterAlreadyExistsFault (400): DB Cluster already exists"],
        ),
    ] {
        cloud.refused(US, restore, &fields, expected);
    }
    let made = cloud.ok(US, restore, &format!("{base} KmsKeyId=alias/aws/rds"));
    let made = made.get("DBCluster").expect("it answers the cluster");
    let of = |field: &str| made.text_of(field).unwrap_or("-").to_owned();
    let seen = [
        "Status",
        "EngineVersion",
        "MasterUsername",
        "Port",
        "BackupRetentionPeriod",
        "StorageEncrypted",
    ]
    .map(of)
    .join(" ");
    expect!["creating 16.6 owner 5433 5 true"].assert_eq(&seen);
}

#[test]
fn a_point_in_time_is_restored_within_what_is_kept() {
    let mut cloud = shop();
    cloud.wait(3_600);
    let restore = "RestoreDBClusterToPointInTime";
    let base = "DBClusterIdentifier=copy SourceDBClusterIdentifier=shop";
    for (more, expected) in [
        (
            "",
            expect![
                "InvalidParameterCombination (400): Either RestoreToTime or UseLatestRestorableTime must be specified."
            ],
        ),
        (
            "RestoreToTime=2026-01-01T00:30:00Z UseLatestRestorableTime=true",
            expect![
                "InvalidParameterCombination (400): RestoreToTime can't be specified with UseLatestRestorableTime."
            ],
        ),
        (
            "RestoreToTime=2026-01-01T00:30:00Z RestoreType=copy-on-write",
            expect![
                "InvalidParameterCombination (400): RestoreToTime can't be specified for the restore type copy-on-write."
            ],
        ),
        (
            "RestoreToTime=2026-01-02T00:00:00Z",
            expect![
                "InvalidRestoreFault (400): shop can be restored to a time from 2026-01-01T00:00:00Z to 2026-01-01T01:05:00Z."
            ],
        ),
        (
            "SourceDbClusterResourceId=cluster-1 UseLatestRestorableTime=true",
            expect![
                "InvalidParameterCombination (400): Either SourceDBClusterIdentifier or SourceDbClusterResourceId must be specified."
            ],
        ),
    ] {
        cloud.refused(US, restore, &format!("{base} {more}"), expected);
    }
    cloud.ok(US, restore, &format!("{base} RestoreToTime=2026-01-01T00:30:00Z"));
}

#[test]
fn kept_backups_are_there_for_as_long_as_before() {
    let mut cloud = shop();
    cloud.wait(180);
    let described = cloud.ok(US, "DescribeDBClusters", "");
    let shop = described.get("DBClusters").and_then(|all| all.get("DBCluster")).expect("one");
    let id = shop.text_of("DbClusterResourceId").expect("it has an id").to_owned();
    let gone = "DBClusterIdentifier=shop SkipFinalSnapshot=true DeleteAutomatedBackups=false";
    cloud.ok(US, "DeleteDBCluster", gone);
    cloud.wait(600);
    let restore = format!(
        "DBClusterIdentifier=copy SourceDbClusterResourceId={id} UseLatestRestorableTime=true"
    );
    let kept = cloud.ok(US, "DescribeDBClusterAutomatedBackups", "");
    assert_eq!(kept.get("DBClusterAutomatedBackups").map(|all| all.children.len()), Some(1));
    cloud.wait(5 * 86_400);
    let kept = cloud.ok(US, "DescribeDBClusterAutomatedBackups", "");
    assert_eq!(kept.get("DBClusterAutomatedBackups").map(|all| all.children.len()), Some(0));
    let refused = cloud.call(US, "RestoreDBClusterToPointInTime", &restore).unwrap_err();
    assert!(refused.starts_with("DBClusterAutomatedBackupNotFoundFault"), "{refused}");
}

#[test]
fn performance_insights_keep_their_key() {
    let mut cloud = shop();
    let of_cluster = "DBClusterIdentifier=shop EnablePerformanceInsights=true";
    cloud.ok(US, "ModifyDBCluster", of_cluster);
    cloud.wait(180);
    let longer = format!("{of_cluster} PerformanceInsightsRetentionPeriod=62");
    cloud.ok(US, "ModifyDBCluster", &longer);
    cloud.wait(180);
    cloud.refused(
        US,
        "ModifyDBCluster",
        &format!("{of_cluster} PerformanceInsightsKMSKeyId=alias/aws/s3"),
        expect!["InvalidParameterCombination (400): You cannot change your Performance Insights KMS key."],
    );
}
