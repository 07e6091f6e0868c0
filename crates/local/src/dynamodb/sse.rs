//! Encryption at rest: AWS's own key, the account's `alias/aws/dynamodb`, or a customer's key.

use super::fault::{limit, validation};
use super::shape::{SseSpec, UpdateTable};
use super::state::Ctx;
use super::table::Sse;
use crate::kms;
use crate::reply::Fault;

const MANAGED: &str = "alias/aws/dynamodb";

/// The account's AWS-managed key in a region.
fn managed(ctx: &Ctx<'_>, region: &str) -> Result<Sse, Fault> {
    match kms::resolve(ctx.world, ctx.account, region, MANAGED) {
        Some(key_arn) => Ok(Sse { key_arn, managed: true }),
        None => Err(validation(format!("KMS validation error: {MANAGED} is not to be had"))),
    }
}

/// A customer-managed key in a region.
pub(super) fn customer(ctx: &Ctx<'_>, region: &str, key: &str) -> Result<Sse, Fault> {
    let own = managed(ctx, region)?;
    match kms::resolve(ctx.world, ctx.account, region, key) {
        Some(key_arn) if key_arn == own.key_arn => Err(validation(format!(
            "KMSMasterKeyId must not be the default key {MANAGED}: leave it out instead"
        ))),
        Some(key_arn) => Ok(Sse { key_arn, managed: false }),
        None => Err(validation(format!(
            "KMS validation error: key '{key}' does not exist in {region} or is not enabled"
        ))),
    }
}

/// What a specification means in a region; `None` is AWS's own key.
pub(super) fn wanted(ctx: &Ctx<'_>, region: &str, spec: &SseSpec) -> Result<Option<Sse>, Fault> {
    if let Some(kind) = &spec.sse_type {
        super::check::one_of("sSESpecification.sSEType", kind, &["KMS"])?;
    }
    match (spec.enabled.unwrap_or(false), &spec.kms_master_key_id) {
        (true, Some(key)) => customer(ctx, region, key).map(Some),
        (true, None) => managed(ctx, region).map(Some),
        (false, None) => Ok(None),
        (false, Some(_)) => Err(validation(
            "KMSMasterKeyId can't be specified when SSESpecification.Enabled is false",
        )),
    }
}

/// The encryption of a new replica, which is of the same kind as its source's.
pub(super) fn of_replica(
    ctx: &Ctx<'_>,
    source: Option<&Sse>,
    region: &str,
    key: Option<&str>,
) -> Result<Option<Sse>, Fault> {
    match (source, key) {
        (None, None) => Ok(None),
        (Some(sse), None) if sse.managed => managed(ctx, region).map(Some),
        (Some(sse), Some(key)) if !sse.managed => customer(ctx, region, key).map(Some),
        (Some(_), None) => Err(validation("KMSMasterKeyId must be specified for each replica")),
        (_, Some(_)) => Err(validation(
            "KMSMasterKeyId can't be specified for a replica of a table without a \
             customer-managed key",
        )),
    }
}

/// `UpdateTable.SSESpecification`, with a key for each replica where a customer's key is meant.
pub(super) fn update(ctx: &mut Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    let Some(spec) = &input.sse_specification else { return Ok(()) };
    let now = ctx.now();
    let region = ctx.region;
    let mut next = vec![(region.to_owned(), wanted(ctx, region, spec)?)];
    let members = ctx.db().members(region, name);
    let replicas = &input.replica_updates;
    let given = |region: &str| {
        replicas
            .iter()
            .filter_map(|entry| entry.update.as_ref())
            .find(|update| update.region_name == region)
            .and_then(|update| update.kms_master_key_id.as_deref())
    };
    for peer in members.iter().filter(|member| *member != region) {
        let own = next[0].1.clone();
        let sse = of_replica(ctx, own.as_ref(), peer, given(peer))?;
        next.push((peer.clone(), sse));
    }
    let stray = replicas.iter().any(|entry| {
        entry.update.as_ref().is_none_or(|update| !members.contains(&update.region_name))
    });
    if stray {
        return Err(validation(
            "Together with SSESpecification, ReplicaUpdates can only update existing replicas",
        ));
    }
    let db = ctx.db();
    let same = next
        .iter()
        .all(|(member, sse)| db.table(member, name).is_some_and(|table| table.sse == *sse));
    if same {
        return Err(validation("Table is already encrypted by the given KMSMasterKey"));
    }
    let table = ctx.table(name)?;
    let recent: Vec<i64> =
        table.sse_switches_ms.iter().copied().filter(|at| now - at < 86_400_000).collect();
    let quiet = recent.last().is_none_or(|at| now - at >= 6 * 3_600_000);
    if (recent.len() >= 4 && !quiet) || recent.len() >= 8 {
        return Err(limit("The encryption of a table can be changed 4 times in 24 hours"));
    }
    let ready_at_ms = ctx.due("dynamodb.table.update", 10_000);
    let db = ctx.db();
    for (member, sse) in next {
        if let Some(table) = db.table_mut(&member, name) {
            table.sse = sse;
            table.sse_switches_ms.push(now);
            table.begin_update(ready_at_ms);
        }
    }
    Ok(())
}
