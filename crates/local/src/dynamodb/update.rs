//! `UpdateTable`: one kind of modification in each call.

use serde_json::Value;

use super::create::may_change;
use super::describe::described;
use super::fault::{limit, validation};
use super::shape::UpdateTable;
use super::state::Ctx;
use super::table::Status;
use super::{capacity, check, create, global, sse};
use crate::reply::Fault;

/// What a call wants to modify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Capacity,
    Index,
    Stream,
    Sse,
    Replicas,
    Class,
    DeletionProtection,
    DisassociationProtection,
}

fn kinds(input: &UpdateTable) -> Vec<Kind> {
    let indexes = &input.global_secondary_index_updates;
    let mut kinds = Vec::new();
    let mut note = |present: bool, kind: Kind| {
        if present {
            kinds.push(kind);
        }
    };
    note(
        input.billing_mode.is_some()
            || input.provisioned_throughput.is_some()
            || input.on_demand_throughput.is_some()
            || input.warm_throughput.is_some()
            || indexes.iter().any(|entry| entry.update.is_some()),
        Kind::Capacity,
    );
    note(indexes.iter().any(|entry| entry.create.is_some() || entry.delete.is_some()), Kind::Index);
    note(input.stream_specification.is_some(), Kind::Stream);
    note(input.sse_specification.is_some(), Kind::Sse);
    // A customer-managed key of a global table is given for each replica in the same call.
    note(
        (!input.replica_updates.is_empty()
            || !input.global_table_witness_updates.is_empty()
            || input.multi_region_consistency.is_some())
            && input.sse_specification.is_none(),
        Kind::Replicas,
    );
    note(input.table_class.is_some(), Kind::Class);
    note(input.deletion_protection_enabled.is_some(), Kind::DeletionProtection);
    note(input.disassociation_protection_enabled.is_some(), Kind::DisassociationProtection);
    kinds
}

pub(super) fn update(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: UpdateTable = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    ctx.table(&name)?;
    if !input.vector_index_updates.is_empty() {
        return Err(validation("Vector indexes are not modelled here"));
    }
    let kind = match kinds(&input)[..] {
        [kind] => kind,
        [] => {
            return Err(validation(
                "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, \
                 GlobalSecondaryIndexUpdates, SSESpecification or ReplicaUpdates is required",
            ));
        }
        _ => {
            return Err(validation(
                "Only one kind of modification can be made by one UpdateTable request",
            ));
        }
    };
    let region = ctx.region;
    may_change(ctx.db(), region)?;
    if kind != Kind::Index {
        attributes_unchanged(ctx, &name, &input)?;
    }
    match kind {
        Kind::Capacity => {
            ctx.all_must_be_idle(&name)?;
            capacity::update(ctx, &name, &input)?;
        }
        Kind::Index => {
            index(ctx, &name, &input)?;
        }
        Kind::Stream => {
            ctx.must_be_idle(&name)?;
            stream(ctx, &name, &input)?;
        }
        Kind::Sse => {
            ctx.all_must_be_idle(&name)?;
            sse::update(ctx, &name, &input)?;
        }
        Kind::Replicas => global::update(ctx, &name, &input)?,
        Kind::Class => {
            ctx.must_be_idle(&name)?;
            class(ctx, &name, input.table_class.as_deref().unwrap_or_default())?;
        }
        Kind::DeletionProtection => {
            ctx.must_be_idle(&name)?;
            let ready_at_ms = ctx.due("dynamodb.table.flag", 1_000);
            let table = ctx.table_mut(&name)?;
            table.deletion_protection = input.deletion_protection_enabled.unwrap_or(false);
            table.begin_update(ready_at_ms);
        }
        Kind::DisassociationProtection => {
            ctx.must_be_idle(&name)?;
            if !ctx.db().group_of(region, &name).is_some_and(global::Group::is_eventual) {
                return Err(validation(
                    "DisassociationProtectionEnabled is for replicas of a global table with \
                     multi-Region eventual consistency",
                ));
            }
            let ready_at_ms = ctx.due("dynamodb.table.flag", 1_000);
            let table = ctx.table_mut(&name)?;
            table.disassociation_protection =
                input.disassociation_protection_enabled.unwrap_or(true);
            table.begin_update(ready_at_ms);
        }
    }
    described(ctx, &name, "TableDescription")
}

/// Definitions that come along with another change must be those that the table has.
fn attributes_unchanged(ctx: &Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    let Some(given) = &input.attribute_definitions else { return Ok(()) };
    let mut given = given.clone();
    let mut present = ctx.table(name)?.attributes.clone();
    given.sort();
    present.sort();
    if given == present {
        return Ok(());
    }
    Err(validation(
        "AttributeDefinitions must be exactly the attributes that keys of the table and its \
         indexes use",
    ))
}

fn stream(ctx: &mut Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    let Some(spec) = &input.stream_specification else { return Ok(()) };
    check::stream_spec(spec.stream_enabled, spec.stream_view_type.as_deref())?;
    let region = ctx.region;
    let eventual = ctx.db().group_of(region, name).is_some_and(global::Group::is_eventual);
    let table = ctx.table(name)?;
    match (&table.stream, spec.stream_enabled) {
        (Some(_), true) => {
            return Err(validation("Table already has an enabled stream"));
        }
        (None, false) => {
            return Err(validation("Table does not have an enabled stream"));
        }
        (Some(_), false) if eventual => {
            return Err(validation(
                "The stream of a table with replicas cannot be disabled: replication needs it",
            ));
        }
        _ => {}
    }
    let now = ctx.now();
    let ready_at_ms = ctx.due("dynamodb.table.update", 10_000);
    let table = ctx.table_mut(name)?;
    match &spec.stream_view_type {
        Some(view) => table.open_stream(view, now),
        None => table.stream = None,
    }
    table.begin_update(ready_at_ms);
    Ok(())
}

/// Two changes of class in thirty days; a replica that chose its own keeps it.
fn class(ctx: &mut Ctx<'_>, name: &str, class: &str) -> Result<(), Fault> {
    check::table_class(class)?;
    let now = ctx.now();
    let table = ctx.table(name)?;
    if table.class.as_deref().unwrap_or("STANDARD") == class {
        return Err(validation(format!("The table class is already {class}")));
    }
    let month_ms = 30 * 86_400_000;
    if table.class_switches_ms.iter().filter(|at| now - **at < month_ms).count() >= 2 {
        return Err(limit("The table class can be changed twice in 30 days"));
    }
    ctx.all_must_be_idle(name)?;
    let ready_at_ms = ctx.due("dynamodb.table.update", 10_000);
    let region = ctx.region;
    ctx.db().everywhere(region, name, |member, table| {
        if member == region || !table.class_overridden {
            table.class = Some(class.to_owned());
            table.class_switches_ms.push(now);
            table.begin_update(ready_at_ms);
        }
    });
    Ok(())
}

/// One index is made or deleted at a time, on every replica together.
fn index(ctx: &mut Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    let [change] = &input.global_secondary_index_updates[..] else {
        return Err(limit(
            "Only 1 online index can be created or deleted simultaneously per table",
        ));
    };
    let now = ctx.now();
    let region = ctx.region;
    match (&change.create, &change.delete) {
        (Some(spec), None) => {
            ctx.all_must_be_idle(name)?;
            let table = ctx.table(name)?;
            if table.index_busy() {
                return Err(limit(
                    "Only 1 online index can be created or deleted simultaneously per table",
                ));
            }
            let mut attributes = table.attributes.clone();
            for given in input.attribute_definitions.iter().flatten() {
                match attributes.iter().find(|have| have.attribute_name == given.attribute_name) {
                    Some(have) if have != given => {
                        return Err(validation(format!(
                            "The type of attribute {} can't be changed",
                            given.attribute_name
                        )));
                    }
                    Some(_) => {}
                    None => attributes.push(given.clone()),
                }
            }
            let mut global: Vec<_> = table.indexes.iter().map(|index| &index.spec).collect();
            global.push(spec);
            check::keys(&table.key_schema, &attributes, &table.local_indexes, &global)?;
            let provisioned = table.billing == super::table::Billing::Provisioned;
            match (provisioned, spec.provisioned_throughput) {
                (true, None) => {
                    return Err(validation(format!(
                        "{}: ProvisionedThroughput must be specified when BillingMode is \
                         PROVISIONED",
                        spec.index_name
                    )));
                }
                (true, Some(units)) => check::throughput(&spec.index_name, units)?,
                (false, Some(_)) => {
                    return Err(validation(format!(
                        "{}: ProvisionedThroughput can't be specified when BillingMode is \
                         PAY_PER_REQUEST",
                        spec.index_name
                    )));
                }
                (false, None) => {}
            }
            let backfill_at_ms = ctx.due("dynamodb.index.allocate", 10_000);
            let ready_at_ms =
                backfill_at_ms + ctx.world.duration_ms("dynamodb.index.backfill", 60_000);
            ctx.db().everywhere(region, name, |_, table| {
                table.attributes = attributes.clone();
                table.indexes.push(create::index(spec.clone(), backfill_at_ms, ready_at_ms));
                table.begin_update(backfill_at_ms);
            });
        }
        (None, Some(index)) => {
            let table = ctx.table(name)?;
            let index_name = &index.index_name;
            let Some(present) = table.index(index_name) else {
                return Err(super::fault::not_found(format!(
                    "Requested resource not found: index {index_name} of table {name}"
                )));
            };
            if present.status == Status::Creating && present.backfill_at_ms > now {
                return Err(super::fault::in_use(format!(
                    "Index {index_name} is being created; it can be deleted once it is backfilling"
                )));
            }
            let other_busy = table.indexes.iter().any(|other| {
                other.spec.index_name != *index_name
                    && matches!(other.status, Status::Creating | Status::Deleting)
            });
            if other_busy || present.status == Status::Deleting {
                return Err(limit(
                    "Only 1 online index can be created or deleted simultaneously per table",
                ));
            }
            ctx.all_must_be_idle(name)?;
            let ready_at_ms = ctx.due("dynamodb.index.delete", 20_000);
            ctx.db().everywhere(region, name, |_, table| {
                if let Some(index) = table.index_mut(index_name) {
                    index.status = Status::Deleting;
                    index.ready_at_ms = ready_at_ms;
                }
                table.begin_update(ready_at_ms);
            });
        }
        _ => {
            return Err(validation(
                "Each GlobalSecondaryIndexUpdate has exactly one of Create, Update and Delete",
            ));
        }
    }
    Ok(())
}
