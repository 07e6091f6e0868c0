//! Point-in-time recovery: `UpdateContinuousBackups`, `DescribeContinuousBackups`.

use serde::Deserialize;
use serde_json::{Value, json};

use super::describe::seconds;
use super::fault::validation;
use super::state::Ctx;
use super::table::Pitr;
use crate::reply::Fault;

const DAY_MS: i64 = 86_400_000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    table_name: String,
    point_in_time_recovery_specification: Specification,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Specification {
    point_in_time_recovery_enabled: bool,
    recovery_period_in_days: Option<i64>,
}

/// The backups API has a code of its own for a table that is not there.
fn known(ctx: &Ctx<'_>, name: &str) -> Result<(), Fault> {
    match ctx.table(name) {
        Ok(_) => Ok(()),
        Err(_) => {
            Err(Fault::new(400, "TableNotFoundException", format!("Table not found: {name}")))
        }
    }
}

/// For a while after its creation a table has no backups yet.
fn available(ctx: &Ctx<'_>, name: &str) -> Result<(), Fault> {
    let wait_ms = ctx.world.duration_ms("dynamodb.pitr.available", 0);
    let table = ctx.table(name)?;
    let creating = table.status == super::table::Status::Creating;
    if creating || ctx.now() < table.created_at_ms + wait_ms {
        return Err(Fault::new(
            400,
            "ContinuousBackupsUnavailableException",
            format!("Backups are being enabled for the table: {name}. Please retry later"),
        ));
    }
    Ok(())
}

pub(super) fn update(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Update = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    known(ctx, &name)?;
    available(ctx, &name)?;
    let specification = input.point_in_time_recovery_specification;
    let days = specification.recovery_period_in_days;
    if days.is_some_and(|days| !(1..=35).contains(&days)) {
        return Err(validation("RecoveryPeriodInDays is between 1 and 35"));
    }
    if days.is_some() && !specification.point_in_time_recovery_enabled {
        return Err(validation(
            "RecoveryPeriodInDays can only be given when point-in-time recovery is enabled",
        ));
    }
    let now = ctx.now();
    let visible_at_ms = ctx.due("dynamodb.pitr.update", 0);
    let table = ctx.table_mut(&name)?;
    let present = table.pitr.written();
    let next = if specification.point_in_time_recovery_enabled {
        let kept = if present.since_ms.is_some() { present.days } else { 35 };
        Pitr { since_ms: present.since_ms.or(Some(now)), days: days.unwrap_or(kept) }
    } else {
        Pitr::default()
    };
    let answer = description(&next, now);
    table.pitr.write(next, now, visible_at_ms);
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableName {
    table_name: String,
}

pub(super) fn describe(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: TableName = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    known(ctx, &name)?;
    let now = ctx.now();
    Ok(description(ctx.table(&name)?.pitr.seen(now), now))
}

fn description(pitr: &Pitr, now: i64) -> Value {
    let recovery = match pitr.since_ms {
        Some(since) => json!({
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": pitr.days,
            "EarliestRestorableDateTime": seconds(since.max(now - pitr.days * DAY_MS)),
            "LatestRestorableDateTime": seconds((now - 300_000).max(since)),
        }),
        None => json!({ "PointInTimeRecoveryStatus": "DISABLED" }),
    };
    json!({
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": recovery,
        }
    })
}
