//! Automated backups that outlive their cluster.

use super::Answer;
use super::context::{Context, arn};
use super::page::{filters, page};
use super::state::{Account, AutomatedBackup, Place};
use crate::world::iso;
use crate::xml::Element;

const DAY_MS: i64 = 86_400_000;

/// Keeps the backups of a cluster that is being deleted, for as long as it kept them itself.
pub(super) fn keep(cx: &Context<'_>, account: &mut Account, place: &Place) {
    let Some(of) = account.cluster(place).cloned() else { return };
    let now_ms = cx.world.now_ms;
    let until_ms = now_ms + of.backup_retention * DAY_MS;
    let kept = AutomatedBackup { of: Box::new(of), deleted_ms: now_ms, until_ms };
    let here = account.region_mut(&place.region);
    here.automated_backups.insert(kept.of.resource_id.clone(), kept);
}

pub(super) fn describe(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let filters = filters(&cx.params, &["db-cluster-id", "db-cluster-resource-id", "status"])?;
    let resource = cx.text("DbClusterResourceId");
    let cluster = cx.text("DBClusterIdentifier").map(|text| cx.name_in("cluster", &text));
    let fits = |kept: &AutomatedBackup| {
        kept.until_ms > cx.world.now_ms
            && resource.as_ref().is_none_or(|id| *id == kept.of.resource_id)
            && cluster.as_ref().is_none_or(|id| *id == kept.of.id)
            && filters.iter().all(|(name, values)| match name.as_str() {
                "db-cluster-id" => values.iter().any(|v| cx.name_in("cluster", v) == kept.of.id),
                "db-cluster-resource-id" => values.contains(&kept.of.resource_id),
                _ => values.iter().any(|value| value == "retained"),
            })
    };
    let here = account.region(cx.region);
    let items: Vec<_> = here
        .into_iter()
        .flat_map(|here| here.automated_backups.values())
        .filter(|kept| fits(kept))
        .map(|kept| (kept.of.resource_id.clone(), view(cx, kept)))
        .collect();
    page(cx, "DBClusterAutomatedBackups", "DBClusterAutomatedBackup", items)
}

fn view(cx: &Context<'_>, kept: &AutomatedBackup) -> Element {
    let of = &kept.of;
    let window = Element::new("RestoreWindow")
        .text_child("EarliestTime", iso(of.created_ms))
        .text_child("LatestTime", iso(kept.deleted_ms));
    Element::new("DBClusterAutomatedBackup")
        .text_child("DBClusterIdentifier", &of.id)
        .text_child("DBClusterArn", arn(cx.account, cx.region, "cluster", &of.id))
        .text_child("DbClusterResourceId", &of.resource_id)
        .text_child("Status", "retained")
        .text_child("Engine", &of.engine)
        .text_child("EngineVersion", &of.version)
        .text_child("EngineMode", "provisioned")
        .text_child("ClusterCreateTime", iso(of.created_ms))
        .text_child("BackupRetentionPeriod", of.backup_retention)
        .text_child("Port", of.port)
        .text_child_opt("MasterUsername", of.master_username.as_ref())
        .text_child("StorageEncrypted", of.kms_key.is_some())
        .text_child_opt("KmsKeyId", of.kms_key.as_ref())
        .text_child("Region", cx.region)
        .child(window)
}
