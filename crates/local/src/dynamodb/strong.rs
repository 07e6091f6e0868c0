//! Multi-Region strong consistency: three regions of one set, made and unmade together.

use super::fault::validation;
use super::global::{
    Consistency, Witness, add, may_create, may_delete, must_be_member, must_be_settled, not_local,
    one, remove,
};
use super::shape::UpdateTable;
use super::state::Ctx;
use super::table::Status;
use crate::reply::Fault;

/// The sets that the three regions must come from.
const REGION_SETS: [&[&str]; 3] = [
    &["us-east-1", "us-east-2", "us-west-2"],
    &["eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"],
    &["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
];

pub(super) fn update(ctx: &mut Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    let creates = input.replica_updates.iter().any(|entry| entry.create.is_some())
        || input.global_table_witness_updates.iter().any(|entry| entry.create.is_some());
    let deletes = input.replica_updates.iter().any(|entry| entry.delete.is_some())
        || input.global_table_witness_updates.iter().any(|entry| entry.delete.is_some());
    match (creates, deletes) {
        (true, false) => create(ctx, name, input),
        (false, true) => delete(ctx, name, input),
        (false, false) => match &input.replica_updates[..] {
            [entry] if entry.disassociate.is_none() => one(ctx, name, entry),
            _ => Err(validation(
                "A replica with multi-Region strong consistency can only be updated by itself, \
                 and not be disassociated",
            )),
        },
        (true, true) => Err(validation("Replicas can't be created and deleted in one request")),
    }
}

fn create(ctx: &mut Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    let region = ctx.region;
    let replicas: Vec<_> =
        input.replica_updates.iter().filter_map(|entry| entry.create.as_ref()).collect();
    let witnesses: Vec<_> = input
        .global_table_witness_updates
        .iter()
        .filter_map(|entry| entry.create.as_ref())
        .collect();
    if ctx.db().group_of(region, name).is_some() {
        return Err(validation(
            "MultiRegionConsistency is fixed when a global table is created, \
             and no replica or witness can be added to one with strong consistency",
        ));
    }
    if input.multi_region_consistency.as_deref() != Some("STRONG") {
        return Err(validation("A witness needs MultiRegionConsistency STRONG"));
    }
    let whole = (replicas.len(), witnesses.len());
    if !matches!(whole, (2, 0) | (1, 1)) || input.replica_updates.len() != replicas.len() {
        return Err(validation(
            "Multi-Region strong consistency takes exactly three Regions: two new replicas, \
             or one new replica and a witness, in one request",
        ));
    }
    let mut regions = vec![region];
    regions.extend(replicas.iter().map(|spec| spec.region_name.as_str()));
    regions.extend(witnesses.iter().map(|witness| witness.region_name.as_str()));
    regions.sort_unstable();
    regions.dedup();
    let one_set = REGION_SETS.iter().any(|set| regions.iter().all(|region| set.contains(region)));
    if regions.len() != 3 || !one_set {
        return Err(validation(format!(
            "Multi-Region strong consistency takes three different Regions of one set; \
             got {}",
            regions.join(", ")
        )));
    }
    let table = ctx.table(name)?;
    if table.items.values().any(|slot| slot.item.is_some()) {
        return Err(validation(
            "Only an empty table can become one with multi-Region strong consistency",
        ));
    }
    if table.ttl.enabled || !table.local_indexes.is_empty() {
        return Err(validation(
            "Time to Live and local secondary indexes are not supported with multi-Region \
             strong consistency",
        ));
    }
    let mut made = Vec::new();
    for spec in replicas {
        made.push((spec.clone(), may_create(ctx, name, spec)?));
    }
    must_be_settled(ctx, name)?;
    let ready_at_ms = ctx.due("dynamodb.replica.create", 300_000);
    for (spec, sse) in made {
        add(ctx, name, &spec, sse, Consistency::Strong, ready_at_ms);
    }
    if let Some(witness) = witnesses.first() {
        let db = ctx.db();
        let group_id = db.table(region, name).and_then(|table| table.group.clone());
        if let Some(group) = group_id.and_then(|id| db.groups.get_mut(&id)) {
            group.witness = Some(Witness {
                region: witness.region_name.clone(),
                status: Status::Creating,
                ready_at_ms,
            });
        }
    }
    Ok(())
}

fn delete(ctx: &mut Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    let region = ctx.region;
    let replicas: Vec<_> =
        input.replica_updates.iter().filter_map(|entry| entry.delete.as_ref()).collect();
    let witnesses: Vec<_> = input
        .global_table_witness_updates
        .iter()
        .filter_map(|entry| entry.delete.as_ref())
        .collect();
    for target in &replicas {
        not_local(ctx, &target.region_name)?;
        must_be_member(ctx, name, &target.region_name)?;
    }
    let Some(group) = ctx.db().group_of(region, name).cloned() else {
        return Err(validation(format!("Table {name} has no replicas and no witness")));
    };
    let present = group.witness.as_ref().map(|witness| witness.region.as_str());
    if let Some(stray) = witnesses.iter().find(|witness| present != Some(&witness.region_name)) {
        return Err(validation(format!("Witness in {} was not found", stray.region_name)));
    }
    let mut gone: Vec<&str> = replicas.iter().map(|target| target.region_name.as_str()).collect();
    gone.sort_unstable();
    gone.dedup();
    if gone.len() + 1 != group.members.len() || witnesses.is_empty() != present.is_none() {
        return Err(validation(
            "Members of a table with multi-Region strong consistency are deleted together: \
             both other replicas, or the other replica and the witness",
        ));
    }
    must_be_settled(ctx, name)?;
    for target in &gone {
        may_delete(ctx, name, target)?;
    }
    let ready_at_ms = ctx.due("dynamodb.replica.delete", 120_000);
    for target in gone {
        remove(ctx, name, target, ready_at_ms);
    }
    let db = ctx.db();
    let group_id = db.table(region, name).and_then(|table| table.group.clone());
    if let Some(witness) =
        group_id.and_then(|id| db.groups.get_mut(&id)).and_then(|group| group.witness.as_mut())
    {
        witness.status = Status::Deleting;
        witness.ready_at_ms = ready_at_ms;
    }
    Ok(())
}
