//! DescribeDBClusters, and a cluster as XML.

use super::super::context::{Context, arn, letters_of};
use super::super::events::domain;
use super::super::page::{filters, page, texts};
use super::super::roles::{Role, role};
use super::super::state::{Account, ClusterPending, DbCluster, Place};
use super::super::{Answer, fault, tags};
use crate::query;
use crate::world::iso;
use crate::xml::Element;

pub(in super::super) fn describe(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let filters = filters(
        &cx.params,
        &["clone-group-id", "db-cluster-id", "db-cluster-resource-id", "domain", "engine"],
    )?;
    let named = cx.text("DBClusterIdentifier").map(|text| cx.name_in("cluster", &text));
    let fits = |cluster: &DbCluster| {
        filters.iter().all(|(name, values)| match name.as_str() {
            "db-cluster-id" => values.iter().any(|v| cx.name_in("cluster", v) == cluster.id),
            "db-cluster-resource-id" => values.contains(&cluster.resource_id),
            "engine" => values.contains(&cluster.engine),
            _ => false,
        })
    };
    let mut items = Vec::new();
    for cluster in account.region(cx.region).into_iter().flat_map(|here| here.clusters.values()) {
        if named.as_ref().is_none_or(|id| *id == cluster.id) && fits(cluster) {
            items.push((cluster.id.clone(), view(cx, account, &cx.here(&cluster.id), cluster)));
        }
    }
    match named {
        Some(id) if items.is_empty() => Err(fault::no_cluster(&id)),
        _ => page(cx, "DBClusters", "DBCluster", items),
    }
}

/// The answer of the operations that return the cluster they were about.
pub(super) fn answer(cx: &Context<'_>, account: &Account, place: &Place) -> Answer {
    match account.cluster(place) {
        Some(cluster) => Ok(vec![view(cx, account, place, cluster)]),
        None => Err(fault::no_cluster(&place.cluster)),
    }
}

fn view(cx: &Context<'_>, account: &Account, place: &Place, cluster: &DbCluster) -> Element {
    let role = role(account, cluster, place);
    let secondary = matches!(role, Role::Secondary { .. });
    let (number, region) = (cx.account, place.region.as_str());
    let address = |kind: &str| {
        format!("{}.{kind}-{}.{region}.rds.amazonaws.com", cluster.id, domain(number, region))
    };
    let zones: std::collections::BTreeSet<&String> =
        account.instances_of(place).map(|instance| &instance.zone).collect();
    let source = match &role {
        Role::Secondary { of: Some(of) } => Some(arn(number, &of.region, "cluster", &of.cluster)),
        _ => None,
    };
    let readers: Vec<String> = match (&role, account.global_of(cluster)) {
        (Role::Primary, Some(global)) => global
            .members
            .iter()
            .filter(|member| !member.writer)
            .map(|member| arn(number, &member.place.region, "cluster", &member.place.cluster))
            .collect(),
        _ => Vec::new(),
    };
    let forwarding = Some(cluster.forwarding.phase.status.as_str())
        .filter(|status| secondary && !status.is_empty());
    let restorable = cluster.phase.status != "creating";
    Element::new("DBCluster")
        .text_child("DBClusterIdentifier", &cluster.id)
        .text_child("DBClusterArn", arn(number, region, "cluster", &cluster.id))
        .text_child("DbClusterResourceId", &cluster.resource_id)
        .text_child("Status", &cluster.phase.status)
        .text_child("Engine", &cluster.engine)
        .text_child("EngineVersion", &cluster.version)
        .text_child("EngineMode", "provisioned")
        .text_child("ClusterCreateTime", iso(cluster.created_ms))
        .text_child("Endpoint", address("cluster"))
        .text_child("ReaderEndpoint", address("cluster-ro"))
        .text_child("HostedZoneId", hosted_zone(region))
        .text_child("Port", cluster.port)
        .text_child("AllocatedStorage", 1)
        .text_child("MultiAZ", zones.len() > 1)
        .child(texts("AvailabilityZones", "AvailabilityZone", &cluster.zones))
        .text_child_opt("DatabaseName", cluster.database.as_ref())
        .text_child_opt("MasterUsername", cluster.master_username.as_ref())
        .child(members(account, place, cluster))
        .text_child("DBClusterParameterGroup", &cluster.parameter_group)
        .text_child("DBSubnetGroup", &cluster.subnet_group)
        .child(query::list(
            "VpcSecurityGroups",
            "VpcSecurityGroupMembership",
            cluster.security_groups.iter().map(|id| {
                Element::new("").text_child("VpcSecurityGroupId", id).text_child("Status", "active")
            }),
        ))
        .text_child("StorageEncrypted", cluster.kms_key.is_some())
        .text_child_opt("KmsKeyId", cluster.kms_key.as_ref())
        .text_child_opt(
            "StorageType",
            // Standard storage reads back as nothing.
            Some(&cluster.storage_type).filter(|storage| *storage != "aurora"),
        )
        .text_child("BackupRetentionPeriod", cluster.backup_retention)
        .text_child("PreferredBackupWindow", &cluster.backup_window)
        .text_child("PreferredMaintenanceWindow", &cluster.maintenance_window)
        .text_child_opt("EarliestRestorableTime", restorable.then(|| iso(cluster.created_ms)))
        .text_child_opt("LatestRestorableTime", restorable.then(|| iso(cx.world.now_ms)))
        .text_child("DeletionProtection", cluster.deletion_protection)
        .text_child("CopyTagsToSnapshot", cluster.copy_tags)
        .text_child("CrossAccountClone", false)
        .text_child("AutoMinorVersionUpgrade", cluster.auto_minor)
        .text_child("IAMDatabaseAuthenticationEnabled", cluster.iam_auth)
        .text_child("HttpEndpointEnabled", cluster.http_endpoint)
        .text_child("ActivityStreamStatus", "stopped")
        .text_child_opt(
            "BacktrackWindow",
            (cluster.engine == "aurora-mysql").then_some(cluster.backtrack_window),
        )
        .child(texts("EnabledCloudwatchLogsExports", "member", &cluster.logs))
        .text_child("NetworkType", &cluster.network_type)
        .text_child("MonitoringInterval", cluster.monitoring_interval)
        .text_child_opt("MonitoringRoleArn", cluster.monitoring_role.as_ref())
        .text_child("DatabaseInsightsMode", &cluster.insights_mode)
        .text_child("PerformanceInsightsEnabled", cluster.insights.is_some())
        .text_child_opt(
            "PerformanceInsightsKMSKeyId",
            cluster.insights.as_ref().map(|insights| &insights.kms_key),
        )
        .text_child_opt(
            "PerformanceInsightsRetentionPeriod",
            cluster.insights.as_ref().map(|insights| insights.retention_days),
        )
        .text_child_opt("EngineLifecycleSupport", cluster.lifecycle_support.as_ref())
        .child(query::list(
            "DomainMemberships",
            "DomainMembership",
            cluster.domain.iter().map(|(id, role)| {
                Element::new("")
                    .text_child("Domain", id)
                    .text_child("Status", "kerberos-enabled")
                    .text_child("FQDN", "corp.example.com")
                    .text_child("IAMRoleName", role)
            }),
        ))
        .children(serverless(cluster))
        .children(managed_secret(cluster))
        .child(query::list(
            "AssociatedRoles",
            "DBClusterRole",
            cluster.roles.values().map(|role| {
                Element::new("")
                    .text_child("RoleArn", &role.role)
                    .text_child("Status", &role.phase.status)
                    .text_child_opt("FeatureName", role.feature.as_ref())
            }),
        ))
        .text_child_opt("GlobalClusterIdentifier", cluster.global.as_ref())
        .text_child_opt("ReplicationSourceIdentifier", source)
        .child(texts("ReadReplicaIdentifiers", "ReadReplicaIdentifier", &readers))
        .text_child_opt("GlobalWriteForwardingStatus", forwarding)
        .text_child_opt(
            "GlobalWriteForwardingRequested",
            (role != Role::Standalone).then_some(cluster.forwarding.requested),
        )
        .text_child(
            "LocalWriteForwardingStatus",
            if cluster.local_forwarding { "enabled" } else { "disabled" },
        )
        .children(pending(&cluster.pending))
        .child(tags::view(&cluster.tags))
}

fn members(account: &Account, place: &Place, cluster: &DbCluster) -> Element {
    query::list(
        "DBClusterMembers",
        "DBClusterMember",
        account.instances_of(place).map(|instance| {
            Element::new("")
                .text_child("DBInstanceIdentifier", &instance.id)
                .text_child("IsClusterWriter", Some(&instance.id) == cluster.writer.as_ref())
                .text_child(
                    "DBClusterParameterGroupStatus",
                    if instance.pending_reboot { "pending-reboot" } else { "in-sync" },
                )
                .text_child("PromotionTier", instance.promotion_tier)
        }),
    )
}

fn serverless(cluster: &DbCluster) -> Option<Element> {
    cluster.scaling.as_ref().map(|scaling| {
        Element::new("ServerlessV2ScalingConfiguration")
            .text_child("MinCapacity", format!("{:.1}", scaling.min))
            .text_child("MaxCapacity", format!("{:.1}", scaling.max))
            .text_child_opt("SecondsUntilAutoPause", scaling.seconds_until_pause)
    })
}

fn managed_secret(cluster: &DbCluster) -> Option<Element> {
    cluster.managed_secret.as_ref().map(|(secret, key)| {
        Element::new("MasterUserSecret")
            .text_child("SecretArn", secret)
            .text_child("SecretStatus", "active")
            .text_child("KmsKeyId", key)
    })
}

fn pending(pending: &ClusterPending) -> Option<Element> {
    if pending.is_empty() {
        return None;
    }
    Some(
        Element::new("PendingModifiedValues")
            .text_child_opt("DBClusterIdentifier", pending.id.as_ref())
            .text_child_opt("MasterUserPassword", pending.password.then_some("****"))
            .text_child_opt("IAMDatabaseAuthenticationEnabled", pending.iam_auth)
            .text_child_opt("EngineVersion", pending.upgrade.as_ref().map(|to| &to.version))
            .text_child_opt("BackupRetentionPeriod", pending.backup_retention)
            .text_child_opt("StorageType", pending.storage_type.as_ref()),
    )
}

/// The Route 53 zone of a region's endpoints.
pub(in super::super) fn hosted_zone(region: &str) -> String {
    let known = match region {
        "ap-northeast-1" => "Z24O6O9L7SGTNB",
        "ap-south-1" => "Z2VFMSZA74J7XZ",
        "ap-southeast-1" => "Z2G0U3KFCY8NZ5",
        "ap-southeast-2" => "Z32T0VRHXEXS0V",
        "eu-central-1" => "Z1RLNUO7B9Q6NB",
        "eu-west-1" => "Z29XKXDKYMONMX",
        "eu-west-2" => "Z1TTGA775OQIYO",
        "us-east-1" => "Z2R2ITUGPM61AM",
        "us-east-2" => "Z2XHWR1WZ565X2",
        "us-west-1" => "Z10WI91S59XXQN",
        "us-west-2" => "Z1PVIF0B656C1W",
        _ => "",
    };
    match known {
        // Of its form, and the same every time.
        "" => format!("Z{}", letters_of(&format!("hosted zone {region}"), 13).to_uppercase()),
        known => known.to_owned(),
    }
}
