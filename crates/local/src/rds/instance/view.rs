//! DescribeDBInstances, and an instance as XML.

use super::super::cluster::view::hosted_zone;
use super::super::context::Context;
use super::super::engines::major;
use super::super::events::domain;
use super::super::page::{filters, page, texts};
use super::super::state::{Account, DbCluster, DbInstance};
use super::super::{Answer, fault, subnet_group, tags};
use crate::query;
use crate::world::iso;
use crate::xml::Element;

pub(in super::super) fn describe(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let filters = filters(
        &cx.params,
        &["db-cluster-id", "db-instance-id", "dbi-resource-id", "domain", "engine"],
    )?;
    let named = cx.text("DBInstanceIdentifier").map(|text| cx.name_in("db", &text));
    let Some(here) = account.region(cx.region) else {
        return match named {
            Some(id) => Err(fault::no_instance(&id)),
            None => page(cx, "DBInstances", "DBInstance", Vec::new()),
        };
    };
    let fits = |instance: &DbInstance, cluster: &DbCluster| {
        filters.iter().all(|(name, values)| match name.as_str() {
            "db-cluster-id" => values.iter().any(|v| cx.name_in("cluster", v) == cluster.id),
            "db-instance-id" => values.iter().any(|v| cx.name_in("db", v) == instance.id),
            "dbi-resource-id" => values.contains(&instance.resource_id),
            "engine" => values.contains(&cluster.engine),
            _ => false,
        })
    };
    let mut items = Vec::new();
    for instance in here.instances.values() {
        let Some(cluster) = here.clusters.get(&instance.cluster) else { continue };
        if named.as_ref().is_none_or(|id| *id == instance.id) && fits(instance, cluster) {
            items.push((instance.id.clone(), view(cx, account, instance, cluster)));
        }
    }
    match named {
        Some(id) if items.is_empty() => Err(fault::no_instance(&id)),
        _ => page(cx, "DBInstances", "DBInstance", items),
    }
}

/// The answer of the operations that return the instance they were about.
pub(super) fn answer(cx: &Context<'_>, account: &Account, id: &str) -> Answer {
    let found = account.region(cx.region).and_then(|here| {
        let instance = here.instances.get(id)?;
        Some((instance, here.clusters.get(&instance.cluster)?))
    });
    match found {
        Some((instance, cluster)) => Ok(vec![view(cx, account, instance, cluster)]),
        None => Err(fault::no_instance(id)),
    }
}

/// `default.aurora-postgresql16`.
pub(super) fn default_parameter_group(cluster: &DbCluster) -> String {
    format!("default.{}{}", cluster.engine, major(&cluster.version))
}

fn view(
    cx: &Context<'_>,
    account: &Account,
    instance: &DbInstance,
    cluster: &DbCluster,
) -> Element {
    let address = format!(
        "{}.{}.{}.rds.amazonaws.com",
        instance.id,
        domain(cx.account, cx.region),
        cx.region
    );
    // There is no address before the server has started once.
    let endpoint = (!instance.phase.is("creating")).then(|| {
        Element::new("Endpoint")
            .text_child("Address", address)
            .text_child("Port", cluster.port)
            .text_child("HostedZoneId", hosted_zone(cx.region))
    });
    let insights = instance.insights.as_ref();
    Element::new("DBInstance")
        .text_child("DBInstanceIdentifier", &instance.id)
        .text_child("DBInstanceArn", cx.arn("db", &instance.id))
        .text_child("DbiResourceId", &instance.resource_id)
        .text_child("DBClusterIdentifier", &instance.cluster)
        .text_child("DBInstanceClass", &instance.class)
        .text_child("DBInstanceStatus", &instance.phase.status)
        .text_child("Engine", &cluster.engine)
        .text_child("EngineVersion", &cluster.version)
        .text_child(
            "LicenseModel",
            if cluster.engine == "aurora-postgresql" {
                "postgresql-license"
            } else {
                "general-public-license"
            },
        )
        .text_child_opt("MasterUsername", cluster.master_username.as_ref())
        .text_child_opt("DBName", cluster.database.as_ref())
        .children(endpoint)
        .text_child("InstanceCreateTime", iso(instance.created_ms))
        .text_child("AllocatedStorage", 1)
        .text_child("AvailabilityZone", &instance.zone)
        .text_child("MultiAZ", false)
        .text_child("DbInstancePort", 0)
        .text_child("PubliclyAccessible", instance.public)
        .text_child("PromotionTier", instance.promotion_tier)
        .text_child("AutoMinorVersionUpgrade", instance.auto_minor)
        .text_child("CopyTagsToSnapshot", instance.copy_tags)
        .text_child("CACertificateIdentifier", &instance.ca)
        .child(
            Element::new("CertificateDetails")
                .text_child("CAIdentifier", &instance.ca)
                .text_child("ValidTill", iso(instance.created_ms + 365 * 86_400_000)),
        )
        .text_child("BackupRetentionPeriod", cluster.backup_retention)
        .text_child("PreferredBackupWindow", &cluster.backup_window)
        .text_child("PreferredMaintenanceWindow", &instance.maintenance_window)
        .text_child("StorageEncrypted", cluster.kms_key.is_some())
        .text_child_opt("KmsKeyId", cluster.kms_key.as_ref())
        .text_child("StorageType", &cluster.storage_type)
        .text_child("DeletionProtection", false)
        .text_child("IAMDatabaseAuthenticationEnabled", cluster.iam_auth)
        .text_child("NetworkType", &cluster.network_type)
        .text_child("MonitoringInterval", instance.monitoring_interval)
        .text_child_opt("MonitoringRoleArn", instance.monitoring_role.as_ref())
        .text_child("DatabaseInsightsMode", &cluster.insights_mode)
        .text_child("PerformanceInsightsEnabled", insights.is_some())
        .text_child_opt("PerformanceInsightsKMSKeyId", insights.map(|on| &on.kms_key))
        .text_child_opt("PerformanceInsightsRetentionPeriod", insights.map(|on| on.retention_days))
        .child(texts("EnabledCloudwatchLogsExports", "member", &cluster.logs))
        .child(query::list(
            "VpcSecurityGroups",
            "VpcSecurityGroupMembership",
            cluster.security_groups.iter().map(|id| {
                Element::new("").text_child("VpcSecurityGroupId", id).text_child("Status", "active")
            }),
        ))
        .child(query::list(
            "DBParameterGroups",
            "DBParameterGroup",
            [Element::new("")
                .text_child("DBParameterGroupName", &instance.parameter_group)
                .text_child("ParameterApplyStatus", "in-sync")],
        ))
        .child(subnet_group::view_of(cx, account, &cluster.subnet_group))
        .child(
            Element::new("PendingModifiedValues")
                .text_child_opt("DBInstanceIdentifier", instance.pending.id.as_ref())
                .text_child_opt("DBInstanceClass", instance.pending.class.as_ref())
                .text_child_opt("CACertificateIdentifier", instance.pending.ca.as_ref()),
        )
        .child(tags::view(&instance.tags))
}
