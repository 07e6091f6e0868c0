use expect_test::expect;

use super::super::engines::{ENGINES, major, newer};
use super::super::windows;
use super::{Cloud, US, lines};

#[test]
fn versions_are_listed_oldest_first() {
    for engine in &ENGINES {
        for pair in engine.versions.windows(2) {
            assert!(newer(pair[1], pair[0]), "{} after {}", pair[1], pair[0]);
        }
        for family in engine.families() {
            let version = family.trim_start_matches(engine.name);
            assert_eq!(major(engine.version(Some(version)).unwrap()), version);
        }
    }
}

#[test]
fn engine_versions_are_found() {
    let mut cloud = Cloud::new();
    let found = cloud.ok(
        US,
        "DescribeDBEngineVersions",
        "Engine=aurora-postgresql EngineVersion=17 DefaultOnly=true",
    );
    expect![[r#"
        DBEngineVersion
          Engine aurora-postgresql
          MajorEngineVersion 17
          EngineVersion 17.5
          DBParameterGroupFamily aurora-postgresql17
          DBEngineDescription Aurora (PostgreSQL)
          DBEngineVersionDescription Aurora (PostgreSQL) 17.5
          ValidUpgradeTarget
            UpgradeTarget
              Engine aurora-postgresql
              EngineVersion 17.6
              Description Aurora (PostgreSQL) 17.6
              AutoUpgrade false
              IsMajorVersionUpgrade false
              SupportsGlobalDatabases true
            UpgradeTarget
              Engine aurora-postgresql
              EngineVersion 17.7
              Description Aurora (PostgreSQL) 17.7
              AutoUpgrade false
              IsMajorVersionUpgrade false
              SupportsGlobalDatabases true
          ExportableLogTypes
            member iam-db-auth-error
            member instance
            member postgresql
          SupportsLogExportsToCloudwatchLogs true
          SupportsReadReplica false
          SupportedEngineModes
            member provisioned
          Status available
          SupportsParallelQuery false
          SupportsGlobalDatabases true
          SupportsLocalWriteForwarding true"#]]
    .assert_eq(&lines(&found.children[0].children[0]));
    let found = cloud.ok(
        US,
        "DescribeOrderableDBInstanceOptions",
        "Engine=aurora-mysql EngineVersion=8.0.mysql_aurora.3.10.1 DBInstanceClass=db.r6g.large",
    );
    expect![[r#"
        OrderableDBInstanceOptions
          OrderableDBInstanceOption
            Engine aurora-mysql
            EngineVersion 8.0.mysql_aurora.3.10.1
            DBInstanceClass db.r6g.large
            LicenseModel general-public-license
            AvailabilityZones
              AvailabilityZone
                Name us-east-1a
              AvailabilityZone
                Name us-east-1b
              AvailabilityZone
                Name us-east-1c
            MultiAZCapable false
            ReadReplicaCapable false
            Vpc true
            SupportsStorageEncryption true
            StorageType aurora
            SupportsIops false
            SupportsEnhancedMonitoring true
            SupportsIAMDatabaseAuthentication true
            SupportsPerformanceInsights true
            SupportedEngineModes
              member provisioned
            SupportsGlobalDatabases true
            SupportsClusters true"#]]
    .assert_eq(&lines(&found.children[0]));
}

#[test]
fn assigned_windows_are_apart_and_always_the_same() {
    for number in 0..500 {
        let id = format!("cluster-{number}");
        let (backup, maintenance) = windows::assigned(&id, None, None).unwrap();
        windows::apart(&backup, &maintenance).unwrap();
        windows::backup(&backup).unwrap();
        windows::maintenance(&maintenance).unwrap();
        assert_eq!(windows::assigned(&id, None, None).unwrap(), (backup.clone(), maintenance));
        let (_, maintenance) = windows::assigned(&id, Some("00:00-12:00".into()), None).unwrap();
        windows::apart("00:00-12:00", &maintenance).unwrap();
    }
    expect!["05:30-06:00 sat:08:30-sat:09:00"]
        .assert_eq(&windows::assigned("app", None, None).map(|(b, m)| format!("{b} {m}")).unwrap());
}
