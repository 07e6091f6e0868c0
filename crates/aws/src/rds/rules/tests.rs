use bicoastal_model::{ActiveRegions, Check, Handle, Place, Region, Resource, ScopeKind, Stack};
use expect_test::{Expect, expect};

use crate::rds::{
    DatabaseInsights, DbCluster, DbClusterParameterGroup, DbInstance, DbSubnetGroup, Engine,
    FinalSnapshot, GlobalCluster, PointInTime, RestoreFrom, ServerlessScaling,
};

const US: Region = Region::UsEast1;
const IN: Region = Region::ApSouth1;

#[test]
fn what_is_wrong_with_a_cluster() {
    let check = |cluster: DbCluster, expected: Expect| {
        let place = Place { account: None, scope: ScopeKind::Regional, regions: vec![US] };
        let mut check = Check::new(place);
        cluster.check(&mut check);
        expected.assert_eq(&check.errors().join("\n"));
    };
    let base = || {
        DbCluster::builder()
            .identifier("app")
            .engine(Engine::AuroraPostgresql)
            .final_snapshot(FinalSnapshot::Skip)
    };
    let known = || base().master_username("owner").master_password("correct-horse");
    check(
        known()
            .backup_window("23:50-00:20")
            .maintenance_window("Sun:05:00-Sun:05:30")
            .kms_key("arn:aws:kms:us-east-1:000000000000:key/1")
            .build(),
        expect![""],
    );
    check(base().build(), expect!["a cluster is made with a master user and its password"]);
    // A password is the program's or RDS's.
    check(
        base()
            .master_username("owner")
            .manage_master_password(true)
            .master_secret_key("arn:aws:kms:us-east-1:000000000000:key/1")
            .build(),
        expect![""],
    );
    check(
        known().manage_master_password(true).build(),
        expect![
            "the master password is either given or left to RDS (manage_master_password), not both"
        ],
    );
    check(
        known().master_secret_key("arn:aws:kms:us-east-1:000000000000:key/1").build(),
        expect!["master_secret_key is for passwords that RDS keeps (manage_master_password)"],
    );
    check(
        known()
            .performance_insights(true)
            .performance_insights_retention_days(465)
            .database_insights(DatabaseInsights::Advanced)
            .monitoring_interval(60)
            .monitoring_role("arn:aws:iam::000000000000:role/monitoring")
            .build(),
        expect![""],
    );
    check(
        known()
            .performance_insights_retention_days(30)
            .database_insights(DatabaseInsights::Advanced)
            .monitoring_interval(7)
            .build(),
        expect![[r#"
            enhanced monitoring reads every 1, 5, 10, 15, 30 or 60 seconds, not 7
            enhanced monitoring needs both an interval and a role
            performance_insights_… is for databases with performance_insights(true)
            Performance Insights keeps 7 days, a multiple of 31 up to 713, or 731
            advanced Database Insights need Performance Insights that keeps at least 465 days"#]],
    );
    check(
        known().backup_window("05:10-05:50").maintenance_window("sun:05:00-sun:05:30").build(),
        expect!["the backup window and the maintenance window overlap"],
    );
    check(
        known().backup_window("5-6").maintenance_window("sun:05:00-sun:05:10").build(),
        expect![[r#"
            '5-6' is no backup window: expected 03:00-03:30, half an hour at least, in UTC
            'sun:05:00-sun:05:10' is no maintenance window: expected sun:05:00-sun:05:30, half an hour at least, in UTC"#]],
    );
    check(known().kms_key("alias/aws/rds").build(), expect!["'alias/aws/rds' is no ARN of a key"]);
    check(
        known().kms_key("arn:aws:kms:ap-south-1:000000000000:key/1").build(),
        expect![
            "the key is one of ap-south-1: a cluster is encrypted with a key of its own region"
        ],
    );
    check(
        base()
            .master_username("owner")
            .master_password("a b")
            .backup_retention_days(36)
            .backtrack_window_seconds(60)
            .serverless_scaling(ServerlessScaling { min: 0.7, max: 4.0, seconds_until_pause: None })
            .global_write_forwarding(true)
            .build(),
        expect![[r#"
            only a member of a global database passes writes on (global_write_forwarding)
            the master password has 8 to 41 characters
            the master password has printable ASCII characters without '/', '@', '"' and spaces
            backups are kept for 1 to 35 days, not 36
            serverless capacities go from 0 to 256 in steps of 0.5, the most at least 1, not 0.7 to 4
            only Aurora MySQL can be wound back (backtrack_window_seconds)"#]],
    );
}

/// Everything wrong with a stack, by resource.
fn sealed(declare: impl FnOnce(&mut Stack), expected: Expect) {
    let mut stack = Stack::new("test");
    declare(&mut stack);
    let found = match stack.seal() {
        Ok(_) => String::new(),
        Err(diagnostics) => diagnostics
            .0
            .iter()
            .map(|it| format!("{}: {}", it.id.as_ref().unwrap(), it.message))
            .collect::<Vec<_>>()
            .join("\n"),
    };
    expected.assert_eq(&found);
}

#[test]
fn what_is_wrong_between_the_parts_of_a_global_database() {
    let regions = ActiveRegions::new(US, IN);
    let global = |stack: &mut Stack| {
        stack.across(&regions).add(
            "app",
            GlobalCluster::builder()
                .identifier("app")
                .engine(Engine::AuroraPostgresql)
                .storage_encrypted(true)
                .build(),
        )
    };
    let cluster = |name: &str, first: bool| {
        DbCluster::builder()
            .identifier(name)
            .engine(Engine::AuroraPostgresql)
            .initial_writer(first)
            .master_username("owner")
            .master_password("correct-horse")
            .final_snapshot(FinalSnapshot::Skip)
    };
    let key = |region: Region| format!("arn:aws:kms:{region}:000000000000:key/1");
    let instance = |cluster: &crate::rds::DbClusterHandle, class: &str| {
        DbInstance::builder()
            .identifier(format!("{}-1", cluster.resource_id().as_str().replace('/', "-")))
            .cluster(cluster.identifier())
            .engine(Engine::AuroraPostgresql)
            .class(class)
            .build()
    };
    sealed(
        |stack| {
            let global = global(stack);
            for (region, first) in [(US, true), (IN, false)] {
                let own = cluster(&region.named("app"), first)
                    .global(&global)
                    .kms_key(key(region).as_str())
                    .build();
                let own = stack.region(region).add("app", own);
                stack.region(region).add("app-1", instance(&own, "db.r6g.large"));
            }
        },
        expect![""],
    );
    // The same name twice, no key, two first ones, small and serverless instances.
    sealed(
        |stack| {
            let global = global(stack);
            for region in [US, IN] {
                let own = cluster("app", region == US).global(&global).build();
                let own = stack.region(region).add("app", own);
                stack.region(region).add("app-1", instance(&own, "db.t4g.medium"));
                stack.region(region).add("app-2", {
                    let mut other = instance(&own, "db.serverless");
                    other.identifier = "other".into();
                    other
                });
            }
        },
        expect![[r#"
            ap-south-1/app: app is encrypted, so a secondary must name a key of its own region
            us-east-1/app: ap-south-1/app has the same name 'app' in app
            ap-south-1/app-2: a serverless instance needs its cluster's capacities, and ap-south-1/app has none
            ap-south-1/app-1: db.t4g.medium is too small a class for a global database
            us-east-1/app-2: a serverless instance needs its cluster's capacities, and us-east-1/app has none
            us-east-1/app-1: db.t4g.medium is too small a class for a global database"#]],
    );
    sealed(
        |stack| {
            let global = global(stack);
            for region in [IN, Region::EuWest1] {
                let own = cluster(&region.named("app"), false)
                    .global(&global)
                    .kms_key(key(region).as_str())
                    .build();
                stack.region(region).add("app", own);
            }
        },
        expect![[r#"
            app: no cluster of app is its initial writer
            eu-west-1/app: app is not declared for eu-west-1"#]],
    );
}

#[test]
fn a_parameter_group_is_of_its_clusters_family() {
    let with = |family: &'static str, version: Option<&'static str>| {
        move |stack: &mut Stack| {
            let group = DbClusterParameterGroup::builder().name("app").family(family).build();
            let group = stack.region(US).add("group", group);
            let cluster = DbCluster::builder()
                .identifier("app")
                .engine(Engine::AuroraPostgresql)
                .maybe_engine_version(version)
                .master_username("owner")
                .master_password("correct-horse")
                .parameter_group(group.name())
                .final_snapshot(FinalSnapshot::Skip)
                .build();
            stack.region(US).add("app", cluster);
        }
    };
    sealed(with("aurora-postgresql16", Some("16.8")), expect![""]);
    sealed(with("aurora-postgresql16", None), expect![""]);
    sealed(
        with("aurora-postgresql15", Some("16.8")),
        expect![
            "us-east-1/app: its parameter group us-east-1/group is of the family aurora-postgresql15, not of aurora-postgresql 16.8"
        ],
    );
    sealed(
        with("aurora-mysql8.0", None),
        expect![
            "us-east-1/app: its parameter group us-east-1/group is of the family aurora-mysql8.0, not of aurora-postgresql"
        ],
    );
}

#[test]
fn what_is_wrong_with_a_restored_cluster() {
    let check = |from: RestoreFrom, edit: fn(&mut DbCluster), expected: Expect| {
        let mut cluster = DbCluster::builder()
            .identifier("app")
            .engine(Engine::AuroraPostgresql)
            .restore_from(from)
            .master_password("correct-horse")
            .kms_key("arn:aws:kms:us-east-1:000000000000:key/1")
            .final_snapshot(FinalSnapshot::Skip)
            .build();
        edit(&mut cluster);
        let place = Place { account: None, scope: ScopeKind::Regional, regions: vec![US] };
        let mut check = Check::new(place);
        cluster.check(&mut check);
        expected.assert_eq(&check.errors().join("\n"));
    };
    let arn = |region: &str| format!("arn:aws:rds:{region}:000000000000:cluster-snapshot:last");
    check(RestoreFrom::snapshot("last"), |_| {}, expect![""]);
    check(RestoreFrom::snapshot(arn("us-east-1")), |_| {}, expect![""]);
    check(
        RestoreFrom::snapshot(arn("ap-south-1")),
        |_| {},
        expect!["the snapshot is one of ap-south-1, and the cluster is to be in us-east-1"],
    );
    let at = |text: &str| PointInTime::At(text.to_owned());
    check(RestoreFrom::cluster("shop", PointInTime::Clone), |_| {}, expect![""]);
    check(
        RestoreFrom::deleted_cluster("cluster-1", at("2026-01-31T23:59:59Z")),
        |_| {},
        expect![""],
    );
    check(
        RestoreFrom::cluster("shop", at("yesterday")),
        |cluster| cluster.availability_zones = Some(vec!["us-east-1a".to_owned()]),
        expect![[r#"
            availability_zones can't be chosen where a cluster is restored to a point in time
            'yesterday' is no time: expected 2026-01-31T23:59:59Z, in UTC"#]],
    );
    // What the builder does not let anybody say.
    check(
        RestoreFrom::snapshot("last"),
        |cluster| {
            cluster.database_name = Some("app".to_owned());
            cluster.initial_writer = Some(true);
            cluster.master_username = Some("owner".to_owned());
            cluster.storage_encrypted = Some(true);
            cluster.global_write_forwarding = Some(true);
        },
        expect![[r#"
            'database_name' comes with the data that are restored
            'initial_writer' comes with the data that are restored
            'master_username' comes with the data that are restored
            'storage_encrypted' comes with the data that are restored
            only a member of a global database passes writes on (global_write_forwarding)"#]],
    );
}

#[test]
fn what_is_wrong_with_a_member_of_a_global_database() {
    let with = |edit: fn(&mut DbCluster), readers: usize| {
        move |stack: &mut Stack| {
            let regions = ActiveRegions::new(US, IN);
            let global = stack.across(&regions).add(
                "app",
                GlobalCluster::builder().identifier("app").engine(Engine::AuroraPostgresql).build(),
            );
            for (region, first) in [(US, true), (IN, false)] {
                let mut cluster = DbCluster::builder()
                    .identifier(region.named("app"))
                    .engine(Engine::AuroraPostgresql)
                    .initial_writer(first)
                    .master_username("owner")
                    .master_password("correct-horse")
                    .global(&global)
                    .final_snapshot(FinalSnapshot::Skip)
                    .build();
                if first {
                    edit(&mut cluster);
                }
                let cluster = stack.region(region).add("app", cluster);
                for number in 0..if first { readers } else { 0 } {
                    let instance = DbInstance::builder()
                        .identifier(format!("app-{number}"))
                        .cluster(cluster.identifier())
                        .engine(Engine::AuroraPostgresql)
                        .class("db.r6g.large")
                        .build();
                    stack.region(region).add(format!("app-{number}"), instance);
                }
            }
        }
    };
    // A writer and fourteen readers beside one secondary cluster.
    sealed(with(|_| {}, 15), expect![""]);
    sealed(
        with(|_| {}, 16),
        expect![
            "us-east-1/app: it has 16 instances and can have 15: a writer and 15 readers, secondary clusters counted"
        ],
    );
    sealed(
        with(
            |cluster| {
                cluster.engine_version = Some("16.8".to_owned());
                cluster.backtrack_window_seconds = Some(60);
                cluster.master_password = None;
                cluster.manage_master_password = Some(true);
            },
            1,
        ),
        expect![[r#"
            us-east-1/app: the version of a member of a global database is the global cluster's
            us-east-1/app: clusters of a global database can't be wound back (backtrack_window_seconds)
            us-east-1/app: RDS keeps no passwords of global databases (manage_master_password)
            us-east-1/app: only Aurora MySQL can be wound back (backtrack_window_seconds)"#]],
    );
}

#[test]
fn what_is_wrong_with_a_subnet_group() {
    let with = |name: &'static str, subnets: usize| {
        move |stack: &mut Stack| {
            let subnets = (0..subnets).map(|number| format!("subnet-{number}"));
            let group = DbSubnetGroup::builder().name(name).subnet_ids(subnets).build();
            stack.region(US).add("group", group);
        }
    };
    sealed(with("app", 2), expect![""]);
    sealed(
        with("Default", 1),
        expect![[r#"
            us-east-1/group: 'default' is the name of AWS's own DB subnet group
            us-east-1/group: a DB subnet group has subnets of two or more Availability Zones"#]],
    );
    sealed(
        with("a/b", 21),
        expect![[r#"
            us-east-1/group: 'a/b' is no name for a DB subnet group: it has letters, digits, '.', '_', '-' and spaces, at most 255
            us-east-1/group: a DB subnet group has at most 20 subnets, not 21"#]],
    );
}
