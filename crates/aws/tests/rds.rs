//! RDS on the local cloud: the contract of each kind, and global databases as they live.
#![cfg(feature = "rds")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests stop where they find something odd")]

mod common;

use bicoastal_aws::rds::{
    DbCluster, DbClusterParameterGroup, DbInstance, DbSubnetGroup, GlobalCluster,
};
use bicoastal_local::seed;
use bicoastal_model::{Region, Snapshot, Status};
use common::{Harness, Subject};
use expect_test::expect;
use serde_json::{Value, json};

const US: Region = Region::UsEast1;
const IN: Region = Region::ApSouth1;
const EU: Region = Region::EuWest1;

fn rds(harness: &Harness, region: Region) -> aws_sdk_rds::Client {
    aws_sdk_rds::Client::new(&harness.sdk_in(region))
}

/// The properties with others in the place of some.
fn with(props: &Value, others: Value) -> Value {
    let mut props = props.clone();
    for (name, value) in others.as_object().unwrap() {
        props[name] = value.clone();
    }
    props
}

fn without(props: &Value, name: &str) -> Value {
    let mut props = props.clone();
    props.as_object_mut().unwrap().remove(name);
    props
}

/// A key of a region, as a look-up would bring it.
fn key(harness: &Harness, region: Region) -> String {
    harness.cloud.with_world(|world| {
        bicoastal_local::kms::resolve(world, "000000000000", region.code(), "alias/aws/rds")
            .unwrap()
    })
}

#[tokio::test]
async fn subnet_groups_keep_the_contract() {
    let harness = Harness::new();
    let [a, b, c] = seed::subnet_ids(US.code());
    let mut group = harness.regional::<DbSubnetGroup>("subnets", US);
    let props = json!({ "name": "App-Subnets", "subnet_ids": [a, b], "tags": { "Stage": "live" } });
    let made = group.create_forgetfully(&props).await;
    assert_eq!(made.outputs["name"], json!("app-subnets"));
    let all = with(&props, json!({ "subnet_ids": [c, b, a], "description": "for the app" }));
    group.apply(&all).await;
    expect![[r#"["ModifyDBSubnetGroup"]"#]].assert_eq(&format!("{:?}", group.calls));
    let tagged = with(&all, json!({ "tags": { "Owner": "us" } }));
    group.apply(&tagged).await;
    expect![[r#"["AddTagsToResource", "RemoveTagsFromResource"]"#]]
        .assert_eq(&format!("{:?}", group.calls));
    rds(&harness, US)
        .modify_db_subnet_group()
        .db_subnet_group_name("app-subnets")
        .subnet_ids(&a)
        .subnet_ids(&b)
        .send()
        .await
        .unwrap();
    expect![[r#"["subnet_ids"]"#]].assert_eq(&format!("{:?}", group.drift(&tagged).await));
    group.apply(&tagged).await;
    group.destroy().await;
}

#[tokio::test]
async fn parameter_groups_keep_the_contract() {
    let harness = Harness::new();
    let mut group = harness.regional::<DbClusterParameterGroup>("parameters", US);
    let parameter = |name: &str, value: &str| json!({ "name": name, "value": value, "apply": "pending-reboot" });
    let many: Vec<Value> =
        (0..45).map(|number| parameter(&format!("custom.p{number:02}"), "1")).collect();
    let props = json!({ "name": "app", "family": "aurora-postgresql16", "parameters": many });
    group.apply(&props).await;
    expect![[r#"["CreateDBClusterParameterGroup", "ModifyDBClusterParameterGroup", "ModifyDBClusterParameterGroup", "ModifyDBClusterParameterGroup"]"#]]
        .assert_eq(&format!("{:?}", group.calls));
    // One that is so by default, one in another case, one less.
    let few = with(
        &props,
        json!({ "parameters": [
            parameter("autovacuum", "1"),
            parameter("log_statement", "DDL"),
            parameter("custom.p00", "2"),
        ] }),
    );
    group.apply(&few).await;
    expect![[r#"["ResetDBClusterParameterGroup", "ResetDBClusterParameterGroup", "ResetDBClusterParameterGroup", "ModifyDBClusterParameterGroup"]"#]]
        .assert_eq(&format!("{:?}", group.calls));
    let set = |name: &str, value: &str| {
        rds(&harness, US)
            .modify_db_cluster_parameter_group()
            .db_cluster_parameter_group_name("app")
            .parameters(
                aws_sdk_rds::types::Parameter::builder()
                    .parameter_name(name)
                    .parameter_value(value)
                    .apply_method(aws_sdk_rds::types::ApplyMethod::Immediate)
                    .build(),
            )
            .send()
    };
    set("log_statement", "all").await.unwrap();
    set("work_mem", "4096").await.unwrap();
    expect![[r#"["parameters[log_statement].value", "(parameters[work_mem])"]"#]]
        .assert_eq(&format!("{:?}", group.drift(&few).await));
    group.apply(&few).await;
    for (tags, calls) in [
        (json!({ "Stage": "live", "Empty": "" }), "AddTagsToResource"),
        (json!({ "Stage": "test" }), "AddTagsToResource RemoveTagsFromResource"),
    ] {
        group.apply(&with(&few, json!({ "tags": tags }))).await;
        assert_eq!(group.calls.join(" "), calls, "{tags}");
    }
    group.apply(&few).await;
    assert_eq!(group.calls, ["RemoveTagsFromResource"]);
    group.destroy().await;
}

/// A cluster of its own.
fn shop() -> Value {
    json!({
        "identifier": "Shop",
        "engine": "aurora-postgresql",
        "engine_version": "16",
        "master_username": "owner",
        "master_password": { "$secret": "correct-horse" },
        "maintenance_window": "Sun:05:00-Sun:05:30",
        "storage_type": "aurora",
        "availability_zones": ["us-east-1b"],
        "final_snapshot": "skip",
    })
}

#[tokio::test]
async fn clusters_keep_the_contract() {
    let harness = Harness::new();
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    let mut props = shop();
    let made = cluster.apply(&props).await;
    expect![[r#"["CreateDBCluster"]"#]].assert_eq(&format!("{:?}", cluster.calls));
    assert_eq!(made.outputs["port"], json!(5432));
    assert_eq!(made.facts["role"], json!("alone"));
    // Every field that can be changed, one after the other; each is one call.
    let role = "arn:aws:iam::000000000000:role/import";
    for (change, calls) in [
        (json!({ "master_password": { "$secret": "battery-staple" } }), "ModifyDBCluster"),
        (json!({ "backup_retention_days": 7 }), "ModifyDBCluster"),
        (json!({ "backup_window": "03:00-03:30" }), "ModifyDBCluster"),
        (json!({ "maintenance_window": "mon:05:00-mon:06:00" }), "ModifyDBCluster"),
        (json!({ "copy_tags_to_snapshot": true }), "ModifyDBCluster"),
        (json!({ "iam_authentication": true }), "ModifyDBCluster"),
        (json!({ "port": 5433 }), "ModifyDBCluster"),
        (json!({ "storage_type": "aurora-iopt1" }), "ModifyDBCluster"),
        (json!({ "serverless_scaling": { "min": 0.5, "max": 8 } }), "ModifyDBCluster"),
        (json!({ "cloudwatch_logs": ["postgresql"] }), "ModifyDBCluster"),
        (json!({ "local_write_forwarding": true }), "ModifyDBCluster"),
        (json!({ "network_type": "DUAL" }), "ModifyDBCluster"),
        (json!({ "monitoring_interval": 60, "monitoring_role": role }), "ModifyDBCluster"),
        (json!({ "monitoring_interval": 15 }), "ModifyDBCluster"),
        (json!({ "performance_insights": true }), "ModifyDBCluster"),
        (json!({ "performance_insights_retention_days": 465 }), "ModifyDBCluster"),
        (json!({ "database_insights": "advanced" }), "ModifyDBCluster"),
        (json!({ "security_group_ids": ["sg-0123456789abcdef0"] }), "ModifyDBCluster"),
        (json!({ "http_endpoint": true }), "EnableHttpEndpoint"),
        (json!({ "roles": [{ "role": role, "feature": "s3Import" }] }), "AddRoleToDBCluster"),
        (json!({ "roles": [] }), "RemoveRoleFromDBCluster"),
        (json!({ "tags": { "Stage": "live" } }), "AddTagsToResource"),
        (json!({ "domain": { "id": "d-0000000001", "iam_role_name": "rds" } }), "ModifyDBCluster"),
        (json!({ "domain": { "id": "d-0000000002", "iam_role_name": "rds" } }), "ModifyDBCluster"),
        (json!({ "deletion_protection": true }), "ModifyDBCluster"),
        (json!({ "final_snapshot": { "named": "shop-last" } }), ""),
    ] {
        props = with(&props, change.clone());
        cluster.apply(&props).await;
        assert_eq!(cluster.calls.join(" "), calls, "{change}");
    }
    // What is no longer mentioned goes back to AWS's default, or stays where there is none.
    for field in [
        "backup_retention_days",
        "iam_authentication",
        "cloudwatch_logs",
        "port",
        "network_type",
        "monitoring_interval",
        "monitoring_role",
        "database_insights",
        "performance_insights",
        "performance_insights_retention_days",
        "domain",
    ] {
        props = without(&props, field);
    }
    let back = cluster.apply(&props).await;
    assert_eq!(back.props["backup_retention_days"], json!(1));
    assert_eq!(back.props["iam_authentication"], json!(false));
    assert_eq!(back.props["cloudwatch_logs"], json!([]));
    assert_eq!(back.props["port"], json!(5433));
    assert_eq!(back.props["network_type"], json!("IPV4"));
    assert_eq!(back.props["monitoring_interval"], json!(0));
    assert_eq!(back.props["database_insights"], json!("standard"));
    assert_eq!(back.props["performance_insights"], json!(false));
    assert_eq!(back.props.get("domain"), None);

    rds(&harness, US)
        .modify_db_cluster()
        .db_cluster_identifier("shop")
        .backup_retention_period(3)
        .copy_tags_to_snapshot(false)
        .send()
        .await
        .unwrap();
    // Nobody mentions the retention; what waits for the window counts as there.
    expect![[r#"["copy_tags_to_snapshot"]"#]]
        .assert_eq(&format!("{:?}", cluster.drift(&props).await));
    cluster.apply(&props).await;

    let refused = cluster.try_destroy(false).await.unwrap_err();
    assert_eq!(refused.facts().message, "shop has deletion protection");
    assert_eq!(refused.facts().hint.as_deref(), Some("lift it with --unprotect us-east-1/shop"));
    cluster.try_destroy(true).await.unwrap();
    expect![[r#"["ModifyDBCluster", "DeleteDBCluster"]"#]]
        .assert_eq(&format!("{:?}", cluster.calls));
    let kept = rds(&harness, US).describe_db_cluster_snapshots().send().await.unwrap();
    let names: Vec<_> = kept
        .db_cluster_snapshots()
        .iter()
        .filter_map(|snapshot| snapshot.db_cluster_snapshot_identifier())
        .collect();
    assert_eq!(names, ["shop-last"]);
}

#[tokio::test]
async fn a_master_password_can_be_left_to_rds_and_taken_back() {
    let harness = Harness::new();
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    let managed =
        with(&without(&shop(), "master_password"), json!({ "manage_master_password": true }));
    let made = cluster.apply(&managed).await;
    let secret = made.outputs["master_secret_arn"].as_str().unwrap();
    assert!(secret.starts_with("arn:aws:secretsmanager:us-east-1:"), "{secret}");
    let own = shop();
    cluster.apply(&own).await;
    expect![[r#"["ModifyDBCluster"]"#]].assert_eq(&format!("{:?}", cluster.calls));
    assert!(!cluster.read().await.unwrap().outputs.contains_key("master_secret_arn"));
    cluster.apply(&managed).await;
    expect![[r#"["ModifyDBCluster"]"#]].assert_eq(&format!("{:?}", cluster.calls));
    rds(&harness, US)
        .modify_db_cluster()
        .db_cluster_identifier("shop")
        .manage_master_user_password(false)
        .master_user_password("somebody-elses")
        .apply_immediately(true)
        .send()
        .await
        .unwrap();
    expect![[r#"["manage_master_password"]"#]]
        .assert_eq(&format!("{:?}", cluster.drift(&managed).await));
    cluster.apply(&managed).await;
    cluster.destroy().await;
}

#[tokio::test]
async fn a_secret_keeps_the_key_that_it_was_made_with() {
    let harness = Harness::new();
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    let made = aws_sdk_kms::Client::new(&harness.sdk_in(US)).create_key().send().await.unwrap();
    let own = made.key_metadata.unwrap().arn.unwrap();
    let managed =
        with(&without(&shop(), "master_password"), json!({ "manage_master_password": true }));
    cluster.apply(&managed).await;
    let moved = with(&managed, json!({ "master_secret_key": own }));
    let refused = cluster.try_apply(&moved).await.unwrap_err();
    expect!["the secret of shop keeps the key that it was made with"]
        .assert_eq(&refused.facts().message);
    cluster.apply(&shop()).await;
    let seen = cluster.apply(&moved).await;
    assert_eq!(seen.props["master_secret_key"], json!(own));
    // Somebody else takes the password: with it AWS has to be told what it is to be.
    cluster.apply(&shop()).await;
    rds(&harness, US)
        .modify_db_cluster()
        .db_cluster_identifier("shop")
        .manage_master_user_password(true)
        .apply_immediately(true)
        .send()
        .await
        .unwrap();
    let own = with(&shop(), json!({ "manage_master_password": false }));
    assert_eq!(cluster.drift(&own).await, ["manage_master_password"]);
    cluster.apply(&own).await;
    assert_eq!(cluster.calls, ["ModifyDBCluster"]);
    cluster.destroy().await;
}

#[tokio::test]
async fn upgrades_are_refused_or_made_as_declared() {
    let harness = Harness::new();
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    let props = with(&shop(), json!({ "engine_version": "16.6" }));
    cluster.apply(&props).await;
    let mut instance = harness.regional::<DbInstance>("shop-1", US);
    instance.apply(&shop_instance()).await;
    let minor = with(&props, json!({ "engine_version": "16.8" }));
    cluster.apply(&minor).await;
    let back = cluster.try_apply(&props).await.unwrap_err();
    assert_eq!(back.facts().message, "Aurora can't go back from 16.8 to 16.6");
    let major = with(&minor, json!({ "engine_version": "17" }));
    let refused = cluster.try_apply(&major).await.unwrap_err();
    assert_eq!(refused.facts().message, "16.8 to 17 is a major upgrade");
    let allowed = with(&major, json!({ "allow_major_version_upgrade": true }));
    let snapshot = cluster.apply(&allowed).await;
    assert_eq!(snapshot.props["engine_version"], json!("17.5"));

    // In the window instead: it counts as done when AWS has been told.
    let waiting =
        with(&allowed, json!({ "engine_version": "17.7", "wait_for_maintenance_window": true }));
    let snapshot = cluster.apply(&waiting).await;
    assert_eq!(snapshot.facts["pending"], json!(["engine_version"]));
    assert_eq!(snapshot.facts["version"], json!("17.5"));
    harness.cloud.advance(8 * 86_400_000);
    assert_eq!(cluster.drift(&waiting).await, Vec::<String>::new());
    assert_eq!(cluster.read().await.unwrap().facts["version"], json!("17.7"));
}

#[tokio::test]
async fn a_major_upgrade_takes_its_own_parameter_group_along() {
    for wait in [false, true] {
        let harness = Harness::new();
        for major in [16, 17] {
            let family = format!("aurora-postgresql{major}");
            let name = format!("shop-{major}");
            let group = json!({ "name": name, "family": family });
            harness.regional::<DbClusterParameterGroup>(&name, US).apply(&group).await;
        }
        let mut cluster = harness.regional::<DbCluster>("shop", US);
        let props = with(
            &shop(),
            json!({ "engine_version": "16.6", "parameter_group": "shop-16",
                "wait_for_maintenance_window": wait }),
        );
        cluster.apply(&props).await;
        harness.regional::<DbInstance>("shop-1", US).apply(&shop_instance()).await;
        let newer = with(
            &props,
            json!({ "engine_version": "17", "parameter_group": "shop-17",
                "allow_major_version_upgrade": true }),
        );
        cluster.apply(&newer).await;
        assert_eq!(cluster.calls, ["ModifyDBCluster"]);
        let waits = cluster.read().await.unwrap().facts["pending"].clone();
        assert_eq!(waits, if wait { json!(["engine_version"]) } else { json!([]) });
        harness.cloud.advance(8 * 86_400_000);
        assert_eq!(cluster.drift(&newer).await, Vec::<String>::new());
        let seen = cluster.read().await.unwrap();
        assert_eq!(seen.facts["version"], json!("17.5"));
        assert_eq!(seen.props["parameter_group"], json!("shop-17"));
    }
}

#[tokio::test]
async fn a_cluster_of_aurora_mysql_keeps_the_contract() {
    let harness = Harness::new();
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    let mut props = with(
        &without(&shop(), "storage_type"),
        json!({ "engine": "aurora-mysql", "engine_version": "8.0",
            "cloudwatch_logs": ["audit", "error"] }),
    );
    let made = cluster.apply(&props).await;
    assert_eq!(cluster.calls, ["CreateDBCluster"]);
    assert_eq!(made.outputs["port"], json!(3306));
    for change in [
        json!({ "cloudwatch_logs": ["error", "general", "slowquery"] }),
        json!({ "cloudwatch_logs": [] }),
        json!({ "backtrack_window_seconds": 3600 }),
        json!({ "backtrack_window_seconds": 0 }),
        json!({ "storage_type": "aurora-iopt1" }),
        json!({ "storage_type": "aurora" }),
        json!({ "storage_type": "aurora-iopt1" }),
    ] {
        props = with(&props, change.clone());
        cluster.apply(&props).await;
        assert_eq!(cluster.calls, ["ModifyDBCluster"], "{change}");
    }
    let back = cluster.apply(&without(&props, "storage_type")).await;
    assert_eq!(back.props["storage_type"], json!("aurora"));
    cluster.destroy().await;
}

#[tokio::test]
async fn readers_that_auto_scaling_made_are_its_own() {
    let harness = Harness::new();
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    cluster.apply(&shop()).await;
    let mut instance = harness.regional::<DbInstance>("shop-1", US);
    instance.apply(&shop_instance()).await;
    for name in ["application-autoscaling-1", "by-hand"] {
        let theirs = rds(&harness, US).create_db_instance().db_instance_identifier(name);
        let theirs = theirs.db_cluster_identifier("shop").engine("aurora-postgresql");
        theirs.db_instance_class("db.r6g.large").send().await.unwrap();
    }
    harness.cloud.advance(900_000);
    assert_eq!(cluster.drift(&shop()).await, Vec::<String>::new());
    assert_eq!(instance.drift(&shop_instance()).await, Vec::<String>::new());
    let children = cluster.read().await.unwrap().children;
    let names: Vec<&Value> = children.iter().map(|child| &child.identity["identifier"]).collect();
    assert_eq!(names, [&json!("by-hand"), &json!("shop-1")]);
}

fn shop_instance() -> Value {
    json!({
        "identifier": "shop-1",
        "cluster": "shop",
        "engine": "aurora-postgresql",
        "class": "db.r6g.large",
    })
}

#[tokio::test]
async fn instances_keep_the_contract() {
    let harness = Harness::new();
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    cluster.apply(&shop()).await;
    let mut instance = harness.regional::<DbInstance>("shop-1", US);
    let mut props = shop_instance();
    let made = instance.create_forgetfully(&props).await;
    assert_eq!(made.facts["role"], json!("writer"));
    for change in [
        json!({ "class": "db.r6g.xlarge" }),
        json!({ "promotion_tier": 0 }),
        json!({ "auto_minor_version_upgrade": false }),
        json!({ "publicly_accessible": true }),
        json!({ "ca_certificate": "rds-ca-ecc384-g1" }),
        json!({ "maintenance_window": "Tue:03:00-Tue:04:00" }),
        json!({ "performance_insights": true }),
        json!({ "performance_insights_retention_days": 62 }),
        json!({
            "monitoring_interval": 60,
            "monitoring_role": "arn:aws:iam::000000000000:role/monitoring",
        }),
    ] {
        props = with(&props, change.clone());
        instance.apply(&props).await;
        assert_eq!(instance.calls, ["ModifyDBInstance"], "{change}");
    }
    props = without(&without(&props, "monitoring_interval"), "monitoring_role");
    props = without(&without(&props, "promotion_tier"), "performance_insights");
    props = without(&props, "performance_insights_retention_days");
    instance.apply(&props).await;
    rds(&harness, US)
        .modify_db_instance()
        .db_instance_identifier("shop-1")
        .db_instance_class("db.r6g.large")
        .apply_immediately(true)
        .send()
        .await
        .unwrap();
    expect![[r#"["class"]"#]].assert_eq(&format!("{:?}", instance.drift(&props).await));
    instance.apply(&props).await;

    for (tags, calls) in [
        (json!({ "Stage": "live", "Empty": "" }), "AddTagsToResource"),
        (json!({ "Stage": "test" }), "AddTagsToResource RemoveTagsFromResource"),
        (json!({}), "RemoveTagsFromResource"),
    ] {
        instance.apply(&with(&props, json!({ "tags": tags }))).await;
        assert_eq!(instance.calls.join(" "), calls, "{tags}");
    }

    let whole = cluster.read().await.unwrap();
    assert_eq!(whole.children[0].identity, json!({ "identifier": "shop-1" }));
    instance.destroy().await;
    cluster.destroy().await;
}

#[tokio::test]
async fn an_instance_that_somebody_is_deleting_is_waited_for() {
    let harness = Harness::new();
    harness.regional::<DbCluster>("shop", US).apply(&shop()).await;
    let mut instance = harness.regional::<DbInstance>("shop-1", US);
    instance.apply(&shop_instance()).await;
    let theirs = rds(&harness, US).delete_db_instance().db_instance_identifier("shop-1");
    theirs.skip_final_snapshot(true).send().await.unwrap();
    instance.destroy().await;
    assert_eq!(calls(&harness, "DeleteDBInstance").len(), 1);
}

#[tokio::test]
async fn an_instance_stays_in_the_zone_that_it_was_placed_in() {
    let harness = Harness::new();
    let zones = json!(["us-east-1a", "us-east-1b", "us-east-1c"]);
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    cluster.apply(&with(&shop(), json!({ "availability_zones": zones }))).await;
    let mut instance = harness.regional::<DbInstance>("shop-1", US);
    let placed = with(&shop_instance(), json!({ "availability_zone": "us-east-1c" }));
    let made = instance.apply(&placed).await;
    assert_eq!(made.props["availability_zone"], json!("us-east-1c"));
    let moved = with(&placed, json!({ "availability_zone": "us-east-1a" }));
    let change = instance.difference(&moved).await.changes.remove(0);
    assert_eq!(change.change, bicoastal_model::schema::Change::Replace);
    // Where nothing is said any more it stays.
    instance.apply(&shop_instance()).await;
    assert_eq!(instance.calls, Vec::<String>::new());
}

#[tokio::test]
async fn performance_insights_keep_the_key_that_they_were_switched_on_with() {
    let harness = Harness::new();
    let made = aws_sdk_kms::Client::new(&harness.sdk_in(US)).create_key().send().await.unwrap();
    let own = made.key_metadata.unwrap().arn.unwrap();
    let on = |base: &Value, key: &str| {
        with(base, json!({ "performance_insights": true, "performance_insights_key": key }))
    };
    let refused = "Performance Insights of shop-1 keep the key that they were switched on with";
    let mut cluster = harness.regional::<DbCluster>("shop", US);
    cluster.apply(&on(&shop(), &own)).await;
    assert_eq!(cluster.calls, ["CreateDBCluster"]);
    let other = cluster.try_apply(&on(&shop(), &key(&harness, US))).await.unwrap_err();
    assert_eq!(other.facts().message, refused.replace("shop-1", "shop"));
    let mut instance = harness.regional::<DbInstance>("shop-1", US);
    instance.apply(&with(&shop_instance(), json!({ "performance_insights": true }))).await;
    // The key is AWS's own by default: the same as if the program named it.
    instance.apply(&on(&shop_instance(), &key(&harness, US))).await;
    assert_eq!(instance.calls, Vec::<String>::new());
    let other = instance.try_apply(&on(&shop_instance(), &own)).await.unwrap_err();
    assert_eq!(other.facts().message, refused);
    // Off, and on again with the other one.
    instance.apply(&shop_instance()).await;
    let seen = instance.apply(&on(&shop_instance(), &own)).await;
    assert_eq!(instance.calls, ["ModifyDBInstance"]);
    assert_eq!(seen.props["performance_insights_key"], json!(own));
}

/// A global database in some regions, as the component declares it.
struct Database<'h> {
    global: Subject<'h>,
    global_props: Value,
    clusters: Vec<(Region, Subject<'h>, Value)>,
    instances: Vec<(Subject<'h>, Value)>,
}

impl<'h> Database<'h> {
    fn new(harness: &'h Harness, regions: &[Region]) -> Self {
        let mut sorted = regions.to_vec();
        sorted.sort();
        let global_props = json!({
            "identifier": "app",
            "engine": "aurora-postgresql",
            "engine_version": "16.6",
            "database_name": "app",
            "storage_encrypted": true,
            "deletion_protection": true,
            "home": regions[0],
        });
        let mut clusters = Vec::new();
        let mut instances = Vec::new();
        for (at, region) in regions.iter().enumerate() {
            let name = region.named("app");
            let props = json!({
                "identifier": name,
                "engine": "aurora-postgresql",
                "global_cluster": "app",
                "global_regions": sorted,
                "initial_writer": at == 0,
                "database_name": "app",
                "master_username": "owner",
                "master_password": { "$secret": "correct-horse" },
                "storage_encrypted": true,
                "kms_key": key(harness, *region),
                "global_write_forwarding": true,
                "deletion_protection": true,
                "final_snapshot": "skip",
            });
            clusters.push((*region, harness.regional::<DbCluster>("app", *region), props));
            let props = json!({
                "identifier": format!("{name}-1"),
                "cluster": name,
                "engine": "aurora-postgresql",
                "class": "db.r6g.large",
            });
            instances.push((harness.regional::<DbInstance>("app-1", *region), props));
        }
        let global = harness.spanning::<GlobalCluster>("app", regions);
        Self { global, global_props, clusters, instances }
    }

    /// Everything at once, as the engine would: an instance after its cluster, nothing else.
    async fn apply(&mut self) {
        self.global.apply(&self.global_props).await;
        let regions = self.clusters.iter_mut().zip(&mut self.instances).map(
            |((_, cluster, cluster_props), (instance, instance_props))| async move {
                cluster.apply(cluster_props).await;
                instance.apply(instance_props).await;
            },
        );
        futures_util::future::join_all(regions).await;
        for (_, cluster, props) in &mut self.clusters {
            cluster.apply(props).await;
        }
    }

    /// Everything that a plan would find.
    async fn drift(&self) -> Vec<String> {
        let mut all = self.global.drift(&self.global_props).await;
        for (region, cluster, props) in &self.clusters {
            let found = cluster.drift(props).await;
            all.extend(found.into_iter().map(|path| format!("{region} {path}")));
        }
        for (instance, props) in &self.instances {
            let found = instance.drift(props).await;
            all.extend(found.into_iter().map(|path| format!("{} {path}", instance.target.id)));
        }
        all
    }

    async fn destroy(&mut self) {
        let regions = self.clusters.iter_mut().zip(&mut self.instances).map(
            |((_, cluster, _), (instance, _))| async move {
                instance.try_destroy(true).await.unwrap();
                cluster.try_destroy(true).await.unwrap();
            },
        );
        futures_util::future::join_all(regions).await;
        self.global.try_destroy(true).await.unwrap();
    }

    async fn roles(&self) -> String {
        let global = self.global.read().await.unwrap();
        let writer = global.facts.get("writer_region").and_then(|it| it.as_str());
        let members = global.props["regions"].as_array().unwrap();
        let roles = self.clusters.iter().map(|(region, ..)| {
            let role = match () {
                () if !members.iter().any(|it| it == region.code()) => "alone",
                () if writer == Some(region.code()) => "writer",
                () => "secondary",
            };
            format!("{region} {role}")
        });
        roles.collect::<Vec<_>>().join(", ")
    }
}

/// The calls of one operation so far, with their regions.
fn calls(harness: &Harness, operation: &str) -> Vec<String> {
    harness
        .cloud
        .calls()
        .iter()
        .filter(|call| call.operation == operation && call.code.is_none())
        .map(|call| call.region.clone())
        .collect()
}

async fn switchover(harness: &Harness, from: Region, to: Region) {
    rds(harness, from)
        .switchover_global_cluster()
        .global_cluster_identifier("app")
        .target_db_cluster_identifier(format!(
            "arn:aws:rds:{to}:000000000000:cluster:{}",
            to.named("app")
        ))
        .send()
        .await
        .unwrap();
    harness.cloud.advance(600_000);
}

#[tokio::test]
async fn a_global_database_lives_and_dies_with_its_roles_observed() {
    let harness = Harness::new();
    let mut database = Database::new(&harness, &[US, IN, EU]);
    database.apply().await;
    assert_eq!(database.drift().await, Vec::<String>::new());
    assert_eq!(
        database.roles().await,
        "us-east-1 writer, ap-south-1 secondary, eu-west-1 secondary"
    );
    assert_eq!(calls(&harness, "CreateDBCluster")[0], "us-east-1");
    let seen = database.global.read().await.unwrap();
    assert_eq!(seen.facts["writer_region"], json!("us-east-1"));
    assert_eq!(seen.children.len(), 3);
    // A reader of the writer's region may go while the others follow, its last instance not.
    switchover(&harness, US, IN).await;
    assert_eq!(
        database.roles().await,
        "us-east-1 secondary, ap-south-1 writer, eu-west-1 secondary"
    );
    assert_eq!(database.drift().await, Vec::<String>::new());

    // A new password goes to who writes now, and to nobody else.
    let before = calls(&harness, "ModifyDBCluster").len();
    for (_, cluster, props) in &mut database.clusters {
        props["master_password"] = json!({ "$secret": "battery-staple" });
        cluster.apply(props).await;
    }
    assert_eq!(calls(&harness, "ModifyDBCluster")[before..], ["ap-south-1"]);

    database.destroy().await;
    let left = calls(&harness, "RemoveFromGlobalCluster");
    assert_eq!(left.last().map(String::as_str), Some("ap-south-1"), "{left:?}");
    let world = harness.cloud.with_world(|world| serde_json::to_value(&world.rds).unwrap());
    assert_eq!(world["accounts"]["000000000000"]["globals"], json!({}));
}

#[tokio::test]
async fn minor_upgrades_go_to_the_writer_last() {
    let harness = Harness::new();
    let mut database = Database::new(&harness, &[US, IN]);
    database.apply().await;
    switchover(&harness, US, IN).await;
    let before = calls(&harness, "ModifyDBCluster").len();
    database.global_props["engine_version"] = json!("16.8");
    database.global.apply(&database.global_props).await;
    assert_eq!(calls(&harness, "ModifyDBCluster")[before..], ["us-east-1", "ap-south-1"]);
    assert_eq!(database.drift().await, Vec::<String>::new());

    database.global_props["engine_version"] = json!("17");
    let refused = database.global.try_apply(&database.global_props).await.unwrap_err();
    assert_eq!(refused.facts().message, "16.8 to 17 is a major upgrade of every member at once");
    database.global_props["allow_major_version_upgrade"] = json!(true);
    database.global.apply(&database.global_props).await;
    assert_eq!(database.drift().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_lost_region_is_looked_past() {
    let harness = Harness::new();
    let mut database = Database::new(&harness, &[US, IN]);
    database.apply().await;
    harness.cloud.with_world(|world| world.regions_gone.insert("us-east-1".into()));
    let seen = database.global.read().await.unwrap();
    assert_eq!(seen.facts["via"], json!("ap-south-1"));
    rds(&harness, IN)
        .failover_global_cluster()
        .global_cluster_identifier("app")
        .target_db_cluster_identifier("arn:aws:rds:ap-south-1:000000000000:cluster:app-ap-south-1")
        .allow_data_loss(true)
        .send()
        .await
        .unwrap();
    let seen = database.global.read().await.unwrap();
    assert_eq!(seen.status, Status::Busy("pending".into()));
    harness.cloud.advance(600_000);
    assert_eq!(database.global.drift(&database.global_props).await, Vec::<String>::new());
    harness.cloud.with_world(|world| world.regions_gone.clear());
    harness.cloud.advance(3_600_000);
    assert_eq!(database.drift().await, Vec::<String>::new());
    assert_eq!(database.roles().await, "us-east-1 secondary, ap-south-1 writer");
}

#[tokio::test]
async fn the_initial_writer_comes_back_as_a_secondary() {
    let harness = Harness::new();
    let mut database = Database::new(&harness, &[US, IN]);
    database.apply().await;
    switchover(&harness, US, IN).await;
    let (_, cluster, props) = &mut database.clusters[0];
    let (instance, _) = &mut database.instances[0];
    instance.try_destroy(true).await.unwrap();
    cluster.try_destroy(true).await.unwrap();
    assert_eq!(cluster.calls, ["ModifyDBCluster", "RemoveFromGlobalCluster", "DeleteDBCluster"]);
    cluster.applied = None;
    let made: Snapshot = cluster.apply(props).await;
    assert_eq!(made.facts["role"], json!("secondary"));
}

#[tokio::test]
async fn a_secondary_without_instances_gets_its_first_one_later() {
    let harness = Harness::new();
    let mut database = Database::new(&harness, &[US, IN]);
    database.global.apply(&database.global_props).await;
    let (mut reader, reader_props) = database.instances.pop().unwrap();
    for ((_, cluster, props), instance) in
        database.clusters.iter_mut().zip([database.instances.pop(), None])
    {
        cluster.apply(props).await;
        if let Some((mut writer, props)) = instance {
            writer.apply(&props).await;
        }
    }
    assert_eq!(database.drift().await, Vec::<String>::new());
    assert_eq!(database.clusters[1].1.read().await.unwrap().children, []);
    let made = reader.create_forgetfully(&reader_props).await;
    assert_eq!(made.facts["role"], json!("reader"));
    assert_eq!(database.drift().await, Vec::<String>::new());
    // With an instance it can take over.
    switchover(&harness, US, IN).await;
    assert_eq!(database.roles().await, "us-east-1 secondary, ap-south-1 writer");
}

#[tokio::test]
async fn an_existing_cluster_becomes_the_first_writer_of_a_new_global_database() {
    for encrypted in [false, true] {
        let harness = Harness::new();
        let keyed = |props: &Value, region: Region| match encrypted {
            true => {
                with(props, json!({ "storage_encrypted": true, "kms_key": key(&harness, region) }))
            }
            false => props.clone(),
        };
        let mut cluster = harness.regional::<DbCluster>("shop", US);
        let own = keyed(&shop(), US);
        let arn = cluster.apply(&own).await.outputs["arn"].clone();
        harness.regional::<DbInstance>("shop-1", US).apply(&shop_instance()).await;
        let mut global = harness.spanning::<GlobalCluster>("app", &[US, IN]);
        let wanted = json!({ "identifier": "app", "source_cluster": arn, "home": US });
        let made = global.apply(&wanted).await;
        assert_eq!(global.calls, ["CreateGlobalCluster"]);
        assert_eq!(made.props["storage_encrypted"], json!(encrypted));
        assert_eq!(made.facts["writer_region"], json!("us-east-1"));
        // Its own declaration does not speak of it, and does not take it out.
        cluster.apply(&own).await;
        assert_eq!(cluster.calls, Vec::<String>::new());

        let member = json!({ "global_cluster": "app", "global_regions": [IN, US] });
        let mut second = harness.regional::<DbCluster>("shop-in", IN);
        let base = json!({ "identifier": "shop-in", "engine": "aurora-postgresql",
            "final_snapshot": "skip" });
        let made = second.apply(&with(&keyed(&base, IN), member.clone())).await;
        assert_eq!(made.facts["role"], json!("secondary"));
        // Declared as a member and no longer declared as one, it stays where it is.
        cluster.apply(&with(&without(&own, "engine_version"), member)).await;
        assert_eq!(cluster.calls, Vec::<String>::new());
        cluster.apply(&own).await;
        assert_eq!(cluster.calls, Vec::<String>::new());
        let seen = global.read().await.unwrap();
        assert_eq!(seen.facts["writer_region"], json!("us-east-1"));
        assert_eq!(seen.children.len(), 2);
        // Where it came from is only told when it is made.
        global.apply(&json!({ "identifier": "app" })).await;
        assert_eq!(global.calls, Vec::<String>::new());
    }
}

const FROM_SNAPSHOT: &str = "RestoreDBClusterFromSnapshot";
const TO_POINT_IN_TIME: &str = "RestoreDBClusterToPointInTime";

/// A cluster that is made with what another one held.
fn copy(from: Value) -> Value {
    json!({
        "identifier": "copy",
        "engine": "aurora-postgresql",
        "restore_from": from,
        "final_snapshot": "skip",
    })
}

/// Makes the shop, a while ago, and answers its resource id.
async fn old_shop(harness: &Harness, more: Value) -> (Subject<'_>, String) {
    let mut shop_cluster = harness.regional::<DbCluster>("shop", US);
    let wanted = with(&shop(), json!({ "engine_version": "16.6", "backup_retention_days": 5 }));
    let made = shop_cluster.apply(&with(&wanted, more)).await;
    harness.cloud.advance(3_600_000);
    (shop_cluster, made.outputs["db_cluster_resource_id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_cluster_starts_with_the_data_of_a_snapshot() {
    let harness = Harness::new();
    let (mut old, _) = old_shop(&harness, json!({ "final_snapshot": { "named": "last" } })).await;
    old.try_destroy(false).await.unwrap();
    harness.cloud.advance(600_000);
    let password = json!({ "$secret": "battery-staple" });
    let also = format!("{FROM_SNAPSHOT} ModifyDBCluster");
    for (more, calls) in [
        (json!({}), FROM_SNAPSHOT),
        (json!({ "deletion_protection": true }), FROM_SNAPSHOT),
        (json!({ "engine_version": "16.6" }), FROM_SNAPSHOT),
        (json!({ "engine_version": "16.8" }), FROM_SNAPSHOT),
        (json!({ "kms_key": key(&harness, US) }), FROM_SNAPSHOT),
        (json!({ "backup_window": "03:00-03:30" }), FROM_SNAPSHOT),
        (json!({ "tags": { "Stage": "live" } }), FROM_SNAPSHOT),
        (
            json!({
                "security_group_ids": ["sg-0123456789abcdef0"],
                "cloudwatch_logs": ["postgresql"],
                "tags": { "Stage": "live" },
            }),
            FROM_SNAPSHOT,
        ),
        // What a restoration does not take comes after it.
        (json!({ "maintenance_window": "Mon:05:00-Mon:06:00" }), &also),
        (json!({ "master_password": password }), &also),
        (json!({ "master_password": password, "local_write_forwarding": true }), &also),
    ] {
        let mut cluster = harness.regional::<DbCluster>("copy", US);
        let wanted = with(&copy(json!({ "snapshot": "last" })), more.clone());
        let made = cluster.apply(&wanted).await;
        assert_eq!(cluster.calls.join(" "), calls, "{more}");
        assert_eq!(made.props["master_username"], json!("owner"));
        assert_eq!(made.props["backup_retention_days"], json!(5));
        let version = more.get("engine_version").unwrap_or(&json!("16.6")).clone();
        assert_eq!(made.facts["version"], version);
        assert_eq!(made.props["storage_encrypted"], json!(more.get("kms_key").is_some()));
        // It is done once; where the data came from is nothing to go by afterwards.
        for wanted in [&wanted, &without(&wanted, "restore_from")] {
            cluster.apply(wanted).await;
            assert_eq!(cluster.calls, Vec::<String>::new(), "{more}");
        }
        cluster.try_destroy(true).await.unwrap();
    }
    let mut none = harness.regional::<DbCluster>("copy", US);
    let missing = none.try_apply(&copy(json!({ "snapshot": "first" }))).await.unwrap_err();
    assert_eq!(missing.code(), Some("DBClusterSnapshotNotFoundFault"));
}

#[tokio::test]
async fn a_restoration_that_was_interrupted_is_finished() {
    let harness = Harness::new();
    let (mut old, _) = old_shop(&harness, json!({ "final_snapshot": { "named": "last" } })).await;
    old.try_destroy(false).await.unwrap();
    let mut cluster = harness.regional::<DbCluster>("copy", US);
    let wanted = with(
        &copy(json!({ "snapshot": "last" })),
        json!({ "maintenance_window": "mon:05:00-mon:06:00" }),
    );
    cluster.create_forgetfully(&wanted).await;
    assert_eq!(calls(&harness, FROM_SNAPSHOT).len(), 1);
    // A new global database starts from it, and its password is the program's.
    harness
        .regional::<DbInstance>("shop-1", US)
        .apply(&with(&shop_instance(), json!({ "cluster": "copy" })))
        .await;
    let arn = cluster.read().await.unwrap().outputs["arn"].clone();
    let mut global = harness.spanning::<GlobalCluster>("app", &[US, IN]);
    global.apply(&json!({ "identifier": "app", "source_cluster": arn, "home": US })).await;
    let secret = json!({ "master_password": { "$secret": "battery-staple" } });
    cluster.apply(&with(&wanted, secret)).await;
    assert_eq!(cluster.calls, ["ModifyDBCluster"]);
}

#[tokio::test]
async fn a_cluster_starts_as_another_one_was_at_some_time() {
    let harness = Harness::new();
    let (_, id) = old_shop(&harness, json!({})).await;
    let by_name = json!({ "cluster": "shop" });
    let logs = json!({ "cloudwatch_logs": ["postgresql"], "port": 5433 });
    for (source, time) in [
        (by_name.clone(), json!("latest")),
        (by_name.clone(), json!("clone")),
        (by_name.clone(), json!({ "at": "2026-01-01T00:30:00Z" })),
        (json!({ "resource_id": id }), json!({ "at": "2026-01-01T00:30:00Z" })),
    ] {
        let mut cluster = harness.regional::<DbCluster>("copy", US);
        let from = json!({ "point_in_time": { "source": source, "time": time } });
        let made = cluster.apply(&with(&copy(from), logs.clone())).await;
        assert_eq!(cluster.calls, [TO_POINT_IN_TIME], "{time}");
        assert_eq!(made.props["master_username"], json!("owner"));
        assert_eq!(made.outputs["port"], json!(5433));
        cluster.destroy().await;
    }
    for time in ["2025-12-31T00:00:00Z", "2026-02-01T00:00:00Z"] {
        let from = json!({ "point_in_time": { "source": by_name, "time": { "at": time } } });
        let mut cluster = harness.regional::<DbCluster>("copy", US);
        let refused = cluster.try_apply(&copy(from)).await.unwrap_err();
        assert_eq!(refused.code(), Some("InvalidRestoreFault"), "{time}");
    }
}

#[tokio::test]
async fn automated_backups_outlive_their_cluster_where_that_is_said() {
    for (said, kept) in [(json!({}), 0), (json!({ "delete_automated_backups": false }), 1)] {
        let harness = Harness::new();
        let (mut old, id) = old_shop(&harness, said).await;
        old.destroy().await;
        let client = rds(&harness, US);
        let left = client.describe_db_cluster_automated_backups().send().await.unwrap();
        assert_eq!(left.db_cluster_automated_backups().len(), kept);
        let mut cluster = harness.regional::<DbCluster>("copy", US);
        let source = json!({ "resource_id": id });
        let from = json!({ "point_in_time": { "source": source, "time": "latest" } });
        assert_eq!(cluster.try_apply(&copy(from)).await.is_ok(), kept == 1);
    }
}
