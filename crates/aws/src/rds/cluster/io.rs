//! How the calls on a cluster are made.

use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, ServerlessV2ScalingConfiguration};
use bicoastal_model::{Deletes, Goal, Input, OpError, Region, Snapshot, Status, Target};
use serde_json::Value;

use super::modify::Modification;
use super::{
    DbCluster, FinalSnapshot, RestoreFrom, RoleAssociation, ServerlessScaling, StorageType, read,
    restore, step,
};
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn};
use crate::rds::engine::LifecycleSupport;
use crate::rds::errors::{NO_CLUSTER, NO_GLOBAL, deleted, failed};
use crate::rds::subnet_group::region;
use crate::rds::tags::{self, TagCall};

/// A call on a cluster.
#[derive(Clone, Debug)]
pub enum Call {
    Create(Box<DbCluster>, Join),
    Restore(Box<DbCluster>, RestoreFrom),
    Modify(Box<Modification>),
    /// Deletion protection off.
    Unprotect,
    HttpEndpoint {
        arn: String,
        on: bool,
    },
    AddRole(RoleAssociation),
    RemoveRole(RoleAssociation),
    /// Out of its global database.
    Leave {
        global: String,
        arn: String,
    },
    /// With what becomes of the data, and of automated backups where that was said.
    Delete(FinalSnapshot, Option<bool>),
    Tags(String, TagCall),
}

/// The part that a new cluster takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Join {
    /// On its own.
    None,
    /// The first writer of a global database, with what that has already.
    First { version: String, database: Option<String> },
    /// A secondary, of the writer's version.
    Secondary { version: String },
}

impl Kind for DbCluster {
    type Call = Call;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        crate::rds::listed::clusters(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        read::read(cx, target).await
    }

    fn refuses_twins(_: &Target) -> bool {
        true
    }

    /// RDS is at work then, though it may not say so at once.
    fn after(turn: &Turn<'_, Self>, call: &Call) -> Option<Snapshot> {
        let Call::Modify(_) = call else { return None };
        let busy = Status::Busy("modifying".to_owned());
        Some(Snapshot { status: busy, ..turn.seen?.clone() })
    }

    async fn poll(
        cx: &Cx,
        target: &Target,
        known: &Snapshot,
        goal: &Goal,
    ) -> Result<Option<Snapshot>, OpError> {
        read::poll(cx, target, known, goal).await
    }

    async fn around<'a>(
        cx: &'a Cx,
        target: &'a Target,
        seen: Option<&'a Snapshot>,
    ) -> Result<Value, OpError> {
        match seen {
            None => read::around(cx, target).await,
            Some(_) => Ok(Value::Null),
        }
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Call> {
        step::step(turn)
    }

    async fn call(cx: &Cx, target: &Target, call: &Call) -> Result<Option<String>, OpError> {
        let region = region(target);
        let client = cx.rds_write(region);
        let name = target.physical.as_deref().unwrap_or(target.text("identifier"));
        match call {
            Call::Create(wanted, join) => create(cx, target, wanted, join).await,
            Call::Restore(wanted, from) => restore::restore(cx, target, wanted, from).await,
            Call::Modify(modification) => modify(cx, target, name, modification).await,
            Call::Unprotect => {
                let sent = client
                    .modify_db_cluster()
                    .db_cluster_identifier(name)
                    .deletion_protection(false)
                    .apply_immediately(true)
                    .send()
                    .await;
                sent.map_err(|error| failed("ModifyDBCluster", region, error))?;
                Ok(None)
            }
            Call::HttpEndpoint { arn, on: true } => {
                let sent = client.enable_http_endpoint().resource_arn(arn).send().await;
                sent.map_err(|error| failed("EnableHttpEndpoint", region, error))?;
                Ok(None)
            }
            Call::HttpEndpoint { arn, on: false } => {
                let sent = client.disable_http_endpoint().resource_arn(arn).send().await;
                sent.map_err(|error| failed("DisableHttpEndpoint", region, error))?;
                Ok(None)
            }
            Call::AddRole(role) => {
                let sent = client
                    .add_role_to_db_cluster()
                    .db_cluster_identifier(name)
                    .role_arn(role.role.as_str())
                    .set_feature_name(role.feature.clone())
                    .send()
                    .await;
                sent.map_err(|error| failed("AddRoleToDBCluster", region, error))?;
                Ok(None)
            }
            Call::RemoveRole(role) => {
                let sent = client
                    .remove_role_from_db_cluster()
                    .db_cluster_identifier(name)
                    .role_arn(role.role.as_str())
                    .set_feature_name(role.feature.clone())
                    .send()
                    .await;
                deleted("RemoveRoleFromDBCluster", region, &["DBClusterRoleNotFound"], sent)
            }
            Call::Leave { global, arn } => {
                let sent = client
                    .remove_from_global_cluster()
                    .global_cluster_identifier(global)
                    .db_cluster_identifier(arn)
                    .send()
                    .await;
                match deleted("RemoveFromGlobalCluster", region, NO_GLOBAL, sent) {
                    Err(error) if error.facts().message.contains("not found in global cluster") => {
                        Ok(None)
                    }
                    answer => answer,
                }
            }
            Call::Delete(last, backups) => {
                let call = client
                    .delete_db_cluster()
                    .db_cluster_identifier(name)
                    .set_delete_automated_backups(*backups);
                let call = match last {
                    FinalSnapshot::Skip => call.skip_final_snapshot(true),
                    FinalSnapshot::Named(snapshot) => {
                        call.skip_final_snapshot(false).final_db_snapshot_identifier(snapshot)
                    }
                };
                deleted("DeleteDBCluster", region, NO_CLUSTER, call.send().await)
            }
            Call::Tags(arn, change) => change.send(cx, region, arn).await,
        }
    }

    fn deletes(call: &Call) -> Deletes {
        Deletes::whole(matches!(call, Call::Delete(..)))
    }

    fn name(call: &Call) -> &'static str {
        match call {
            Call::Create(..) => "CreateDBCluster",
            Call::Restore(_, from) => from.operation(),
            Call::Modify(_) | Call::Unprotect => "ModifyDBCluster",
            Call::HttpEndpoint { on: true, .. } => "EnableHttpEndpoint",
            Call::HttpEndpoint { on: false, .. } => "DisableHttpEndpoint",
            Call::AddRole(_) => "AddRoleToDBCluster",
            Call::RemoveRole(_) => "RemoveRoleFromDBCluster",
            Call::Leave { .. } => "RemoveFromGlobalCluster",
            Call::Delete(..) => "DeleteDBCluster",
            Call::Tags(_, change) => change.name(),
        }
    }

    /// A restored cluster has the password that its data had: another one is a change afterwards.
    fn takes_secrets(call: &Call) -> bool {
        !matches!(call, Call::Restore(..))
    }
}

pub(super) fn text(input: &Option<Input<String>>) -> Option<String> {
    input.as_ref().map(|it| it.as_str().to_owned())
}

pub(super) fn security_groups(wanted: &DbCluster) -> Option<Vec<String>> {
    let ids = wanted.security_group_ids.as_ref()?;
    Some(ids.iter().map(|id| id.as_str().to_owned()).collect())
}

async fn create(
    cx: &Cx,
    target: &Target,
    wanted: &DbCluster,
    join: &Join,
) -> Result<Option<String>, OpError> {
    let region = region(target);
    let secondary = matches!(join, Join::Secondary { .. });
    let global = wanted
        .global
        .as_ref()
        .filter(|_| *join != Join::None)
        .map(|global| global.global_cluster.as_str().to_owned());
    let (version, database) = match join {
        Join::None => (wanted.engine_version.clone(), wanted.database_name.clone()),
        Join::First { version, database } => {
            (Some(version.clone()), wanted.database_name.clone().or(database.clone()))
        }
        Join::Secondary { version } => (Some(version.clone()), None),
    };
    let username = wanted.master_username.clone().filter(|_| !secondary);
    let password = wanted.master_password.as_ref().filter(|_| !secondary);
    let logs = wanted.cloudwatch_logs.as_ref().map(|logs| logs.iter().cloned().collect());
    let domain = wanted.domain.as_ref();
    let made = cx
        .rds_write(region)
        .create_db_cluster()
        .db_cluster_identifier(wanted.identifier.as_str())
        .engine(wanted.engine.as_str())
        .set_engine_version(version.filter(|version| !version.is_empty()))
        .set_global_cluster_identifier(global)
        .set_database_name(database)
        .set_master_username(username)
        .set_master_user_password(password.map(|secret| secret.expose().to_owned()))
        .set_db_subnet_group_name(text(&wanted.subnet_group))
        .set_db_cluster_parameter_group_name(text(&wanted.parameter_group))
        .set_vpc_security_group_ids(security_groups(wanted))
        .set_port(wanted.port.map(i32::from))
        .set_storage_encrypted(wanted.storage_encrypted)
        .set_kms_key_id(wanted.kms_key.as_ref().map(|key| key.as_str().to_owned()))
        .set_storage_type(wanted.storage_type.map(StorageType::as_str).map(Into::into))
        .set_availability_zones(wanted.availability_zones.clone())
        .set_backup_retention_period(wanted.backup_retention_days.map(i32::from))
        .set_preferred_backup_window(wanted.backup_window.clone())
        .set_preferred_maintenance_window(wanted.maintenance_window.clone())
        .set_deletion_protection(wanted.deletion_protection)
        .set_copy_tags_to_snapshot(wanted.copy_tags_to_snapshot)
        .set_enable_iam_database_authentication(wanted.iam_authentication)
        .set_enable_cloudwatch_logs_exports(logs)
        .set_serverless_v2_scaling_configuration(wanted.serverless_scaling.map(scaling))
        .set_enable_global_write_forwarding(wanted.global_write_forwarding.filter(|_| secondary))
        .set_enable_local_write_forwarding(wanted.local_write_forwarding)
        .set_backtrack_window(wanted.backtrack_window_seconds.map(i64::from))
        .set_manage_master_user_password(wanted.manage_master_password.filter(|_| !secondary))
        .set_master_user_secret_kms_key_id(
            wanted.master_secret_key.as_ref().map(|key| key.as_str().to_owned()),
        )
        .set_network_type(wanted.network_type.map(|it| it.as_str().to_owned()))
        .set_monitoring_interval(wanted.monitoring_interval.map(i32::from))
        .set_monitoring_role_arn(text(&wanted.monitoring_role))
        .set_enable_performance_insights(wanted.performance_insights)
        .set_performance_insights_retention_period(
            wanted.performance_insights_retention_days.map(i32::from),
        )
        .set_performance_insights_kms_key_id(
            wanted.performance_insights_key.as_ref().map(|key| key.as_str().to_owned()),
        )
        .set_database_insights_mode(wanted.database_insights.map(|it| it.as_str().into()))
        .set_domain(domain.map(|it| it.id.as_str().to_owned()))
        .set_domain_iam_role_name(domain.map(|it| it.iam_role_name.as_str().to_owned()))
        .set_engine_lifecycle_support(
            wanted.lifecycle_support.map(LifecycleSupport::as_str).map(Into::into),
        )
        .set_tags(Some(tags::list(&wanted.tags)))
        .send()
        .await;
    let made = made.map_err(|error| failed("CreateDBCluster", region, error))?;
    if let Some(cluster) = &made.db_cluster {
        cx.tell(read::told(region, target, cluster, secondary, &wanted.tags));
    }
    Ok(made.db_cluster.and_then(|cluster| cluster.db_cluster_identifier))
}

pub(super) fn scaling(scaling: ServerlessScaling) -> ServerlessV2ScalingConfiguration {
    ServerlessV2ScalingConfiguration::builder()
        .min_capacity(scaling.min)
        .max_capacity(scaling.max)
        .set_seconds_until_auto_pause(scaling.seconds_until_pause)
        .build()
}

async fn modify(
    cx: &Cx,
    target: &Target,
    name: &str,
    modification: &Modification,
) -> Result<Option<String>, OpError> {
    let region = region(target);
    let set = &modification.set;
    let text = |field: &str| set.get(field).and_then(Value::as_str).map(str::to_owned);
    let flag = |field: &str| set.get(field).and_then(Value::as_bool);
    let number = |field: &str| set.get(field).and_then(Value::as_i64);
    let small = |field: &str| number(field).and_then(|number| i32::try_from(number).ok());
    let of_domain = |field: &str| Some(set.get("domain")?.get(field)?.as_str()?.to_owned());
    let security_groups = set
        .get("security_group_ids")
        .and_then(Value::as_array)
        .map(|ids| ids.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>());
    let capacities = set
        .get("serverless_scaling")
        .and_then(|value| serde_json::from_value::<ServerlessScaling>(value.clone()).ok());
    let (on, off) = &modification.logs;
    let logs = (!on.is_empty() || !off.is_empty()).then(|| {
        let some = |names: &Vec<String>| (!names.is_empty()).then(|| names.clone());
        CloudwatchLogsExportConfiguration::builder()
            .set_enable_log_types(some(on))
            .set_disable_log_types(some(off))
            .build()
    });
    let version = text("engine_version");
    let sent = cx
        .rds_write(region)
        .modify_db_cluster()
        .db_cluster_identifier(name)
        .apply_immediately(modification.immediately)
        .set_allow_major_version_upgrade(version.is_some().then_some(true))
        .set_engine_version(version)
        .set_master_user_password(
            modification.password.as_ref().map(|secret| secret.expose().to_owned()),
        )
        .set_db_cluster_parameter_group_name(text("parameter_group"))
        .set_vpc_security_group_ids(security_groups)
        .set_port(small("port"))
        .set_storage_type(text("storage_type"))
        .set_backup_retention_period(small("backup_retention_days"))
        .set_preferred_backup_window(text("backup_window"))
        .set_preferred_maintenance_window(text("maintenance_window"))
        .set_deletion_protection(flag("deletion_protection"))
        .set_copy_tags_to_snapshot(flag("copy_tags_to_snapshot"))
        .set_enable_iam_database_authentication(flag("iam_authentication"))
        .set_enable_global_write_forwarding(flag("global_write_forwarding"))
        .set_enable_local_write_forwarding(flag("local_write_forwarding"))
        .set_backtrack_window(number("backtrack_window_seconds"))
        .set_serverless_v2_scaling_configuration(capacities.map(scaling))
        .set_cloudwatch_logs_export_configuration(logs)
        .set_manage_master_user_password(flag("manage_master_password"))
        .set_master_user_secret_kms_key_id(text("master_secret_key"))
        .set_network_type(text("network_type"))
        .set_monitoring_interval(small("monitoring_interval"))
        .set_monitoring_role_arn(text("monitoring_role"))
        .set_enable_performance_insights(flag("performance_insights"))
        .set_performance_insights_retention_period(small("performance_insights_retention_days"))
        .set_performance_insights_kms_key_id(text("performance_insights_key"))
        .set_database_insights_mode(text("database_insights").as_deref().map(Into::into))
        .set_domain(of_domain("id"))
        .set_domain_iam_role_name(of_domain("iam_role_name"))
        .send()
        .await;
    sent.map_err(|error| failed("ModifyDBCluster", region, error))?;
    Ok(None)
}
