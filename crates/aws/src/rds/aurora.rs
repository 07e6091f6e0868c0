//! An Aurora global database as one thing: everything it takes, from a list of regions.

use std::collections::BTreeMap;

use bicoastal_model::{ActiveRegions, Arn, Id, Input, Name, PerRegion, Region, Secret, Stack};

use super::{
    DbCluster, DbClusterHandle, DbClusterParameterGroup, DbInstance, DbInstanceHandle,
    DbSubnetGroup, Engine, FinalSnapshot, GlobalCluster, GlobalClusterHandle, Key, Parameter,
};
use crate::markers::{SecurityGroup, Subnet};

/// What a global database is like. The same in every region, whatever its role there.
#[derive(Debug, Clone, bon::Builder)]
pub struct GlobalDatabase {
    /// The engine.
    pub engine: Engine,
    /// The engine's version: `16.8`, or `16` for any of it.
    #[builder(into)]
    pub engine_version: String,
    /// The database that is made with it.
    #[builder(into)]
    pub database_name: Option<String>,
    /// The name of the master user.
    #[builder(into)]
    pub master_username: String,
    /// Its password. Managed passwords are not for global databases.
    #[builder(into)]
    pub master_password: Secret,
    /// How many instances each region has. A secondary without instances keeps the data, costs
    /// less, and can't take over before it has one.
    pub instances_per_region: u8,
    /// The class of the instances.
    #[builder(into)]
    pub instance_class: String,
    /// The subnets of each region.
    pub subnets: PerRegion<Vec<Input<Id<Subnet>>>>,
    /// The key of each region; without keys the storage is not encrypted.
    pub kms_keys: Option<PerRegion<Input<Arn<Key>>>>,
    /// The security groups of each region; the VPC's default one where nothing is said.
    pub security_groups: Option<PerRegion<Vec<Input<Id<SecurityGroup>>>>>,
    /// Parameters of the engine.
    #[builder(default, into)]
    pub parameters: Vec<Parameter>,
    /// Whether secondaries pass writes on to the region that writes.
    #[builder(default)]
    pub write_forwarding: bool,
    /// Whether AWS refuses to delete the database and its clusters.
    #[builder(default = true)]
    pub deletion_protection: bool,
    /// For how many days backups are kept.
    pub backup_retention_days: Option<u8>,
    /// Whether the data of each cluster is kept in a snapshot when it is deleted, under the
    /// cluster's name and `-final`.
    #[builder(default = true)]
    pub final_snapshots: bool,
    /// Tags of everything it takes.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(tags))]
    pub tags: BTreeMap<String, String>,
}

/// A declared global database.
#[derive(Debug, Clone)]
pub struct GlobalDatabaseHandle {
    /// What bonds the clusters.
    pub global: GlobalClusterHandle,
    /// The cluster of each region.
    pub clusters: PerRegion<DbClusterHandle>,
    /// The instances of each region.
    pub instances: PerRegion<Vec<DbInstanceHandle>>,
}

/// Declares an Aurora global database: the global cluster `NAME`, and in each region a subnet
/// group, a parameter group, the cluster `NAME-REGION` and its instances.
///
/// The first region is where it is written first, and nothing else: once it exists, the order of
/// the regions means nothing, and neither does a switchover. Nothing orders the regions among each
/// other; a cluster waits by itself until there is a writer to follow.
#[track_caller]
pub fn global_database(
    stack: &mut Stack,
    name: &str,
    regions: &ActiveRegions,
    database: GlobalDatabase,
) -> GlobalDatabaseHandle {
    let encrypted = database.kms_keys.is_some();
    let global = stack.across(regions).add(
        name,
        GlobalCluster::builder()
            .identifier(name)
            .engine(database.engine)
            .engine_version(database.engine_version.clone())
            .maybe_database_name(database.database_name.clone())
            .storage_encrypted(encrypted)
            .deletion_protection(database.deletion_protection)
            .home(regions.first())
            .tags(database.tags.clone())
            .build(),
    );
    // Not `ActiveRegions::map`: a closure would hide the caller's line.
    let mut clusters = BTreeMap::new();
    let mut instances = BTreeMap::new();
    for region in regions {
        let cluster = cluster(stack, name, region, region == regions.first(), &global, &database);
        let mut own = Vec::new();
        for number in 1..=database.instances_per_region {
            own.push(
                stack.region(region).add(
                    format!("{name}-{number}"),
                    DbInstance::builder()
                        .identifier(format!("{}-{number}", region.named(name)))
                        .cluster(cluster.identifier())
                        .engine(database.engine)
                        .class(database.instance_class.clone())
                        .tags(database.tags.clone())
                        .build(),
                ),
            );
        }
        clusters.insert(region, cluster);
        instances.insert(region, own);
    }
    GlobalDatabaseHandle {
        global,
        clusters: regions.map(|region| clusters[&region].clone()),
        instances: regions.map(|region| instances[&region].clone()),
    }
}

#[track_caller]
fn cluster(
    stack: &mut Stack,
    name: &str,
    region: Region,
    first: bool,
    global: &GlobalClusterHandle,
    database: &GlobalDatabase,
) -> DbClusterHandle {
    // None are no two zones: the subnet group says so, with the caller's line.
    let subnets = database.subnets.get(region).cloned().unwrap_or_default();
    let subnet_group = stack.region(region).add(
        format!("{name}-subnets"),
        DbSubnetGroup::builder()
            .name(Name::from(region.named(name)))
            .subnet_ids(subnets)
            .tags(database.tags.clone())
            .build(),
    );
    let family = database.engine.family(&database.engine_version).unwrap_or_default();
    let parameter_group = stack.region(region).add(
        format!("{name}-parameters"),
        DbClusterParameterGroup::builder()
            // A new major version needs a new group before the old one can go.
            .name(Name::generated(region.named(name)))
            .family(family)
            .parameters(database.parameters.clone())
            .tags(database.tags.clone())
            .build(),
    );
    let own = region.named(name);
    let key = database.kms_keys.as_ref().and_then(|keys| keys.get(region)).cloned();
    let groups = database.security_groups.as_ref().and_then(|groups| groups.get(region)).cloned();
    let last = if database.final_snapshots {
        FinalSnapshot::Named(format!("{own}-final"))
    } else {
        FinalSnapshot::Skip
    };
    stack.region(region).add(
        name,
        DbCluster::builder()
            .identifier(own)
            .engine(database.engine)
            .global(global)
            .initial_writer(first)
            .maybe_database_name(database.database_name.clone())
            .master_username(database.master_username.clone())
            .master_password(database.master_password.clone())
            .subnet_group(subnet_group.name())
            .parameter_group(parameter_group.name())
            .maybe_security_group_ids(groups)
            .storage_encrypted(database.kms_keys.is_some())
            .maybe_kms_key(key)
            .global_write_forwarding(database.write_forwarding)
            .deletion_protection(database.deletion_protection)
            .maybe_backup_retention_days(database.backup_retention_days)
            .final_snapshot(last)
            .tags(database.tags.clone())
            .build(),
    )
}

#[cfg(test)]
mod tests {
    use bicoastal_model::Desired;
    use expect_test::expect;
    use serde_json::json;

    use super::*;

    fn declared(regions: &ActiveRegions) -> Desired {
        let mut stack = Stack::new("test");
        let database =
            GlobalDatabase::builder()
                .engine(Engine::AuroraPostgresql)
                .engine_version("16.8")
                .database_name("app")
                .master_username("owner")
                .master_password("correct-horse")
                .instances_per_region(2)
                .instance_class("db.r6g.large")
                .subnets(regions.map(|region| {
                    ["a", "b"].map(|zone| format!("subnet-{region}{zone}").as_str().into()).to_vec()
                }))
                .kms_keys(regions.map(|region| {
                    format!("arn:aws:kms:{region}:000000000000:key/1").as_str().into()
                }))
                .write_forwarding(true)
                .tags([("Part", "database")])
                .build();
        global_database(&mut stack, "app", regions, database);
        stack.seal().unwrap()
    }

    #[test]
    fn a_list_of_regions_is_a_database() {
        let desired = declared(&ActiveRegions::new(Region::UsEast1, Region::ApSouth1));
        let all: Vec<String> = desired
            .resources
            .values()
            .map(|it| {
                let uses: Vec<_> = it.edges().iter().map(|id| id.as_str().to_owned()).collect();
                format!("{} {} <- {}", it.id, it.schema.kind, uses.join(" "))
            })
            .collect();
        expect![[r#"
            ap-south-1/app RDS:DBCluster <- ap-south-1/app-parameters ap-south-1/app-subnets app
            ap-south-1/app-1 RDS:DBInstance <- ap-south-1/app
            ap-south-1/app-2 RDS:DBInstance <- ap-south-1/app
            ap-south-1/app-parameters RDS:DBClusterParameterGroup <- 
            ap-south-1/app-subnets RDS:DBSubnetGroup <- 
            app RDS:GlobalCluster <- 
            us-east-1/app RDS:DBCluster <- app us-east-1/app-parameters us-east-1/app-subnets
            us-east-1/app-1 RDS:DBInstance <- us-east-1/app
            us-east-1/app-2 RDS:DBInstance <- us-east-1/app
            us-east-1/app-parameters RDS:DBClusterParameterGroup <- 
            us-east-1/app-subnets RDS:DBSubnetGroup <- "#]]
        .assert_eq(&all.join("\n"));
        // All of it is declared where the program calls the component, not inside it.
        let lines: std::collections::BTreeSet<u32> =
            desired.resources.values().map(|it| it.at.line).collect();
        assert_eq!(lines.len(), 1, "{lines:?}");
    }

    #[test]
    fn the_order_of_the_regions_means_nothing_but_at_creation() {
        let one = declared(&ActiveRegions::new(Region::UsEast1, Region::ApSouth1));
        let other = declared(&ActiveRegions::new(Region::ApSouth1, Region::UsEast1));
        assert_eq!(
            one.resources.keys().collect::<Vec<_>>(),
            other.resources.keys().collect::<Vec<_>>()
        );
        for (id, declared) in &one.resources {
            let (mut one, mut other) = (declared.props.clone(), other.resources[id].props.clone());
            for field in ["home", "initial_writer"] {
                for props in [&mut one, &mut other] {
                    *props = props.without(field);
                }
            }
            assert_eq!(one, other, "{id}");
        }
    }

    #[test]
    fn the_password_is_kept_out_of_the_properties() {
        let desired = declared(&ActiveRegions::new(Region::UsEast1, Region::ApSouth1));
        for declared in desired.resources.values() {
            assert!(!declared.props.to_string().contains("correct-horse"), "{}", declared.id);
        }
        let cluster = &desired.resources[&"us-east-1/app".into()];
        assert_eq!(cluster.props["master_password"], json!({ "$secret": "master_password" }));
    }
}
