//! Aurora: groups, clusters, instances, and what bonds clusters across regions.

use bicoastal::aws::rds::{
    Domain, FinalSnapshot, Parameter, RoleAssociation, ServerlessScaling, StorageType,
};
use bicoastal::prelude::*;
use serde_json::{Value, json};

use crate::cloud::Places;
use crate::contract::{Case, output, secret, to, together};

const HERE: Region = Region::UsEast1;
const THERE: Region = Region::ApSouth1;

fn subnets(places: &Places, region: Region, name: &str) -> DbSubnetGroup {
    let [a, b, _] = &places.of(region).subnets;
    DbSubnetGroup::builder().name(name).subnet_ids([a.as_str(), b.as_str()]).build()
}

pub static SUBNET_GROUP: Case = Case {
    name: "contract-subnet-group",
    subject: "us-east-1/subnets",
    declare: |stack, places| {
        let mut group = subnets(places, HERE, "Contract-Subnets");
        group.description = Some("for the contract".into());
        group.tags.insert("Stage".into(), "live".into());
        stack.region(HERE).add("subnets", group);
    },
    changes: |places| {
        let [a, b, c] = &places.of(HERE).subnets;
        vec![
            to("subnet_ids", [c, b, a]),
            to("description", "for the whole contract"),
            to("tags", json!({ "Owner": "us" })),
        ]
    },
};

pub static PARAMETER_GROUP: Case = Case {
    name: "contract-parameter-group",
    subject: "us-east-1/parameters",
    declare: |stack, _| {
        let group = DbClusterParameterGroup::builder()
            .name("contract-parameters")
            .family("aurora-postgresql16")
            .parameters([Parameter::immediate("log_statement", "ddl")])
            .tags([("Stage", "live")])
            .build();
        stack.region(HERE).add("parameters", group);
    },
    changes: |_| {
        let parameters = |all: &[(&str, &str)]| {
            let all = all.iter().map(|(name, value)| Parameter::immediate(name, value));
            to("parameters", all.collect::<Vec<_>>())
        };
        vec![
            parameters(&[("log_statement", "all"), ("work_mem", "8192")]),
            parameters(&[("work_mem", "16384"), ("rds.force_ssl", "0")]),
            // AWS shows the default of one that was reset, with its value.
            parameters(&[("work_mem", "16384")]),
            parameters(&[("log_statement", "all"), ("work_mem", "16384")]),
            to("tags", json!({ "Owner": "us" })),
        ]
    },
};

/// A cluster of its own, with what it can be moved to.
pub static CLUSTER: Case = Case {
    name: "contract-cluster",
    subject: "us-east-1/shop",
    declare: |stack, places| {
        let group = stack.region(HERE).add("subnets", subnets(places, HERE, "contract-shop"));
        let parameters = |name: &str| {
            DbClusterParameterGroup::builder().name(name).family("aurora-postgresql16").build()
        };
        let first = stack.region(HERE).add("parameters", parameters("contract-shop"));
        let next = stack.region(HERE).add("next-parameters", parameters("contract-shop-next"));
        let role = Role::builder()
            .name("contract-import")
            .assume_role_policy(PolicyDocument::trust_service("rds.amazonaws.com"))
            .build();
        let role = stack.global().add("role", role);
        let shop = DbCluster::builder()
            .identifier("Contract-Shop")
            .engine(Engine::AuroraPostgresql)
            .engine_version("16.8")
            .master_username("owner")
            .master_password("correct-horse")
            .subnet_group(group.name())
            .parameter_group(first.name())
            .security_group_ids([places.of(HERE).security_groups[0].as_str()])
            .backup_retention_days(3)
            .backup_window("03:00-03:30")
            .maintenance_window("Sun:05:00-Sun:05:30")
            .storage_encrypted(true)
            .kms_key(places.of(HERE).keys[0].as_str())
            .final_snapshot(FinalSnapshot::Skip)
            .tags([("Stage", "live")])
            .build();
        let shop = stack.region(HERE).add("shop", shop);
        stack.after(&shop, &next).after(&shop, &role);
        // Without an instance AWS changes no version.
        let writer = DbInstance::builder()
            .identifier("contract-shop-1")
            .cluster(shop.identifier())
            .engine(Engine::AuroraPostgresql)
            .class("db.r6g.large");
        stack.region(HERE).add("shop-1", writer.build());
    },
    changes: |places| {
        let role = Output::<Arn<Role>>::new("role".into(), "arn");
        let associated = RoleAssociation { role: role.into(), feature: Some("s3Import".into()) };
        let scaling = |max| ServerlessScaling { min: 0.5, max, seconds_until_pause: None };
        vec![
            to("backup_retention_days", 7),
            to("backup_window", "04:00-04:30"),
            to("maintenance_window", "mon:05:00-mon:06:00"),
            to("copy_tags_to_snapshot", true),
            to("iam_authentication", true),
            to("port", 5433),
            to("port", 5434),
            to("storage_type", StorageType::IoOptimized).one_way(),
            to("serverless_scaling", scaling(8.0)),
            to("serverless_scaling", scaling(16.0)).one_way(),
            to("cloudwatch_logs", ["postgresql"]),
            to("local_write_forwarding", true),
            to("security_group_ids", &places.of(HERE).security_groups),
            to("parameter_group", "contract-shop-next"),
            to("http_endpoint", true),
            to("roles", [associated]),
            to("tags", json!({ "Owner": "us" })),
            to("engine_version", "16.9").one_way(),
            secret("master_password", "battery-staple"),
            to("domain", Domain::new("d-0123456789", "directories")),
            to("domain", Value::Null),
            to("domain", Domain::new("d-0987654321", "directories")),
            to("deletion_protection", true),
            to("backup_retention_days", Value::Null),
            to("backup_retention_days", 5),
        ]
    },
};

/// What only Aurora MySQL has.
pub static MYSQL_CLUSTER: Case = Case {
    name: "contract-mysql-cluster",
    subject: "us-east-1/shop",
    declare: |stack, _| {
        let role = Role::builder()
            .name("contract-monitors")
            .assume_role_policy(PolicyDocument::trust_service("monitoring.rds.amazonaws.com"));
        let role = stack.global().add("monitors", role.build());
        let shop = DbCluster::builder()
            .identifier("contract-mysql")
            .engine(Engine::AuroraMysql)
            .master_username("owner")
            .master_password("correct-horse")
            .backtrack_window_seconds(3600)
            .final_snapshot(FinalSnapshot::Skip)
            .build();
        let shop = stack.region(HERE).add("shop", shop);
        stack.after(&shop, &role);
    },
    changes: |places| {
        vec![
            to("network_type", "DUAL"),
            together([
                ("performance_insights", json!(true)),
                ("performance_insights_key", json!(places.of(HERE).keys[0])),
            ]),
            to("performance_insights_retention_days", 465),
            to("database_insights", "advanced"),
            together([
                ("monitoring_interval", json!(60)),
                ("monitoring_role", output("monitors", "arn")),
            ]),
            to("monitoring_interval", 15),
            to("backtrack_window_seconds", 7200),
            to("cloudwatch_logs", ["audit", "error"]),
            to("cloudwatch_logs", ["audit"]),
        ]
    },
};

/// RDS keeps its password, or its program does.
pub static MANAGED_CLUSTER: Case = Case {
    name: "contract-managed-cluster",
    subject: "us-east-1/shop",
    declare: |stack, places| {
        let managed = DbCluster {
            master_password: None,
            manage_master_password: Some(true),
            master_secret_key: Some(places.of(HERE).keys[0].as_str().into()),
            ..cluster("contract-managed")
        };
        stack.region(HERE).add("shop", managed);
    },
    changes: |places| {
        let own = |words| {
            let own = to("manage_master_password", false).and(secret("master_password", words));
            own.without("master_secret_key")
        };
        vec![
            own("battery-staple"),
            together([
                ("manage_master_password", json!(true)),
                ("master_secret_key", json!(places.of(HERE).keys[1])),
                ("master_password", Value::Null),
            ]),
            own("correct-battery"),
        ]
    },
};

fn cluster(name: &str) -> DbCluster {
    DbCluster::builder()
        .identifier(name)
        .engine(Engine::AuroraPostgresql)
        .engine_version("16")
        .master_username("owner")
        .master_password("correct-horse")
        .final_snapshot(FinalSnapshot::Skip)
        .build()
}

pub static INSTANCE: Case = Case {
    name: "contract-instance",
    subject: "us-east-1/shop-1",
    declare: |stack, places| {
        let role = Role::builder()
            .name("contract-monitoring")
            .assume_role_policy(PolicyDocument::trust_service("monitoring.rds.amazonaws.com"))
            .build();
        let role = stack.global().add("role", role);
        let shop = stack.region(HERE).add("shop", cluster("contract-instances"));
        let instance = DbInstance::builder()
            .identifier("contract-instances-1")
            .cluster(shop.identifier())
            .engine(Engine::AuroraPostgresql)
            .class("db.r6g.large")
            .promotion_tier(2)
            .ca_certificate("rds-ca-rsa2048-g1")
            .maintenance_window("Mon:03:00-Mon:04:00")
            .parameter_group(places.of(HERE).parameter_groups[0].as_str())
            .tags([("Stage", "live")])
            .build();
        let instance = stack.region(HERE).add("shop-1", instance);
        stack.after(&instance, &role);
    },
    changes: |places| {
        let role = output("role", "arn");
        vec![
            to("class", "db.r6g.xlarge"),
            to("promotion_tier", 0),
            to("auto_minor_version_upgrade", false),
            to("publicly_accessible", true),
            to("ca_certificate", "rds-ca-ecc384-g1"),
            to("maintenance_window", "Tue:03:00-Tue:04:00"),
            to("parameter_group", &places.of(HERE).parameter_groups[1]),
            together([
                ("performance_insights", json!(true)),
                ("performance_insights_key", json!(places.of(HERE).keys[0])),
            ]),
            to("performance_insights_retention_days", 62),
            together([("monitoring_interval", json!(60)), ("monitoring_role", role)]),
            to("monitoring_interval", 30),
            to("tags", json!({ "Owner": "us" })),
        ]
    },
};

/// A global cluster, and a cluster and an instance in each region.
fn database(stack: &mut Stack, places: &Places, name: &str) {
    let regions = ActiveRegions::new(HERE, THERE);
    let global = GlobalCluster::builder()
        .identifier(name)
        .engine(Engine::AuroraPostgresql)
        .engine_version("16.8")
        .database_name("app")
        .storage_encrypted(true)
        .deletion_protection(false)
        .home(HERE)
        .tags([("Stage", "live")])
        .build();
    let global = stack.across(&regions).add("global", global);
    for region in &regions {
        let cluster = DbCluster {
            identifier: region.named(name).into(),
            engine_version: None,
            global: Some((&global).into()),
            initial_writer: Some(region == HERE),
            database_name: Some("app".into()),
            storage_encrypted: Some(true),
            kms_key: Some(places.of(region).keys[0].as_str().into()),
            ..cluster(name)
        };
        let cluster = stack.region(region).add("app", cluster);
        let instance = DbInstance::builder()
            .identifier(format!("{}-1", region.named(name)))
            .cluster(cluster.identifier())
            .engine(Engine::AuroraPostgresql)
            .class("db.r6g.large")
            .build();
        stack.region(region).add("app-1", instance);
    }
}

pub static GLOBAL_CLUSTER: Case = Case {
    name: "contract-global-cluster",
    subject: "global",
    declare: |stack, places| database(stack, places, "contract-global"),
    changes: |_| {
        vec![
            to("tags", json!({ "Owner": "us" })),
            to("engine_version", "16.9").one_way(),
            to("deletion_protection", true),
        ]
    },
};

pub static SECONDARY: Case = Case {
    name: "contract-secondary",
    subject: "ap-south-1/app",
    declare: |stack, places| database(stack, places, "contract-second"),
    changes: |_| {
        vec![
            to("global_write_forwarding", true),
            to("backup_retention_days", 7),
            to("deletion_protection", true),
        ]
    },
};
