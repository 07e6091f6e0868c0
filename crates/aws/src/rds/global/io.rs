//! How the calls on a global cluster are made.

use bicoastal_model::{Deletes, Goal, OpError, Region, Snapshot, Target};

use super::{GlobalCluster, read, step};
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn};
use crate::rds::engine::{Engine, LifecycleSupport};
use crate::rds::errors::{NO_GLOBAL, deleted, failed};
use crate::rds::tags::{self, TagCall};

/// A call on a global cluster, through a region that sees it.
#[derive(Clone, Debug)]
pub enum Call {
    Create(Region, Box<GlobalCluster>),
    /// Deletion protection on or off.
    Protect(Region, bool),
    /// A new major version for all members.
    UpgradeAll(Region, String),
    /// A new minor version for one member: its region, its name, the version.
    UpgradeMember(Region, String, String),
    Delete(Region),
    Tags(Region, String, TagCall),
}

impl Kind for GlobalCluster {
    type Call = Call;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        crate::rds::listed::globals(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        read::read(cx, target).await
    }

    fn refuses_twins(_: &Target) -> bool {
        true
    }

    async fn poll(
        cx: &Cx,
        target: &Target,
        known: &Snapshot,
        _: &Goal,
    ) -> Result<Option<Snapshot>, OpError> {
        read::poll(cx, target, known).await
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Call> {
        step::step(turn)
    }

    async fn call(cx: &Cx, target: &Target, call: &Call) -> Result<Option<String>, OpError> {
        let name = target.physical.as_deref().unwrap_or(target.text("identifier"));
        match call {
            Call::Create(region, wanted) => {
                let source = wanted.source_cluster.as_ref().map(|arn| arn.as_str().to_owned());
                // With a source cluster its own values hold, and AWS refuses any others.
                let own = source.is_none();
                let made = cx
                    .rds_write(*region)
                    .create_global_cluster()
                    .global_cluster_identifier(wanted.identifier.as_str())
                    .set_source_db_cluster_identifier(source)
                    .set_engine(wanted.engine.filter(|_| own).map(Engine::as_str).map(Into::into))
                    .set_engine_version(wanted.engine_version.clone().filter(|_| own))
                    .set_database_name(wanted.database_name.clone().filter(|_| own))
                    .set_storage_encrypted(wanted.storage_encrypted.filter(|_| own))
                    .set_deletion_protection(wanted.deletion_protection)
                    .set_engine_lifecycle_support(
                        wanted.lifecycle_support.map(LifecycleSupport::as_str).map(Into::into),
                    )
                    .set_tags(Some(tags::list(&wanted.tags)))
                    .send()
                    .await;
                let made = made.map_err(|error| failed("CreateGlobalCluster", *region, error))?;
                if let Some(global) = &made.global_cluster {
                    cx.tell(read::told(target, *region, global, &wanted.tags));
                }
                Ok(made.global_cluster.and_then(|global| global.global_cluster_identifier))
            }
            Call::Protect(region, on) => {
                let sent = cx
                    .rds_write(*region)
                    .modify_global_cluster()
                    .global_cluster_identifier(name)
                    .deletion_protection(*on)
                    .send()
                    .await;
                sent.map_err(|error| failed("ModifyGlobalCluster", *region, error))?;
                Ok(None)
            }
            Call::UpgradeAll(region, version) => {
                let sent = cx
                    .rds_write(*region)
                    .modify_global_cluster()
                    .global_cluster_identifier(name)
                    .engine_version(version)
                    .allow_major_version_upgrade(true)
                    .send()
                    .await;
                sent.map_err(|error| failed("ModifyGlobalCluster", *region, error))?;
                Ok(None)
            }
            Call::UpgradeMember(region, cluster, version) => {
                let sent = cx
                    .rds_write(*region)
                    .modify_db_cluster()
                    .db_cluster_identifier(cluster)
                    .engine_version(version)
                    .apply_immediately(true)
                    .send()
                    .await;
                sent.map_err(|error| failed("ModifyDBCluster", *region, error))?;
                Ok(None)
            }
            Call::Delete(region) => {
                let sent = cx
                    .rds_write(*region)
                    .delete_global_cluster()
                    .global_cluster_identifier(name)
                    .send()
                    .await;
                deleted("DeleteGlobalCluster", *region, NO_GLOBAL, sent)
            }
            Call::Tags(region, arn, change) => change.send(cx, *region, arn).await,
        }
    }

    fn deletes(call: &Call) -> Deletes {
        Deletes::whole(matches!(call, Call::Delete(_)))
    }

    fn name(call: &Call) -> &'static str {
        match call {
            Call::Create(..) => "CreateGlobalCluster",
            Call::Protect(..) | Call::UpgradeAll(..) => "ModifyGlobalCluster",
            Call::UpgradeMember(..) => "ModifyDBCluster",
            Call::Delete(_) => "DeleteGlobalCluster",
            Call::Tags(_, _, change) => change.name(),
        }
    }
}
