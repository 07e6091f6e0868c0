//! `CreateTable`, `DeleteTable`, `DescribeTable`, `ListTables`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::describe::described;
use super::fault::{in_use, limit, validation};
use super::insights::Insights;
use super::shape::{CreateTable, IndexSpec};
use super::state::{Account, Ctx};
use super::table::{Billing, Capacity, Eventual, Index, Pitr, Policy, Status, Table, Ttl};
use super::{check, global, sse};
use crate::reply::Fault;

/// How many tables of one region may be created, updated or deleted at once; half of it, if
/// those have indexes.
const BUSY_TABLES: usize = 500;

/// Refuses one more change where too many tables are changing.
pub(super) fn may_change(db: &Account, region: &str) -> Result<(), Fault> {
    let busy: Vec<&Table> = db
        .tables
        .get(region)
        .into_iter()
        .flat_map(BTreeMap::values)
        .filter(|table| table.status != Status::Active || table.index_busy())
        .collect();
    let indexed =
        busy.iter().filter(|table| !(table.indexes.is_empty() && table.local_indexes.is_empty()));
    if busy.len() >= BUSY_TABLES || indexed.count() >= BUSY_TABLES / 2 {
        return Err(limit(
            "Only 500 tables (250 with indexes) can be created, updated, or deleted simultaneously",
        ));
    }
    Ok(())
}

pub(super) fn create(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: CreateTable = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    check::name("tableName", &name)?;
    if input.global_table_source_arn.is_some() || !input.vector_indexes.is_empty() {
        return Err(validation(
            "Global tables of several accounts and vector indexes are not modelled here",
        ));
    }
    check::table(&input)?;
    let region = ctx.region.to_owned();
    if ctx.db().table(&region, &name).is_some() {
        return Err(in_use(format!("Table already exists: {name}")));
    }
    may_change(ctx.db(), &region)?;
    let now = ctx.now();
    let sse = match &input.sse_specification {
        Some(spec) => sse::wanted(ctx, &region, spec)?,
        None => None,
    };
    let policy = input.resource_policy.clone().map(|text| {
        let revision = ctx.world.fresh_id(16);
        Policy { text, revision }
    });
    let ready_at_ms = ctx.due("dynamodb.table.create", 10_000);
    let on_demand = input.billing_mode.as_deref() == Some("PAY_PER_REQUEST");
    let mut table = Table {
        id: ctx.world.fresh_uuid(),
        arn: Table::arn(ctx.account, &region, &name),
        created_at_ms: now,
        visible_at_ms: ctx.due("dynamodb.table.visible", 0),
        status: Status::Creating,
        ready_at_ms,
        attributes: input.attribute_definitions,
        key_schema: input.key_schema,
        local_indexes: input.local_secondary_indexes,
        indexes: input
            .global_secondary_indexes
            .into_iter()
            .map(|spec| index(spec, now, ready_at_ms))
            .collect(),
        billing: if on_demand { Billing::OnDemand } else { Billing::Provisioned },
        on_demand_since_ms: on_demand.then_some(now),
        billing_switches_ms: Vec::new(),
        capacity: Capacity::new(
            input.provisioned_throughput,
            input.on_demand_throughput,
            input.warm_throughput,
        ),
        stream: None,
        stream_label: None,
        sse,
        sse_switches_ms: Vec::new(),
        class: input.table_class,
        class_overridden: false,
        class_switches_ms: Vec::new(),
        deletion_protection: input.deletion_protection_enabled.unwrap_or(false),
        disassociation_protection: true,
        ttl: Ttl::default(),
        pitr: Eventual::new(Pitr::default()),
        policy: Eventual::new(policy),
        tags: Eventual::new(input.tags.into_iter().map(|tag| (tag.key, tag.value)).collect()),
        insights: Insights::default(),
        kinesis: Vec::new(),
        group: None,
        source_at_ms: None,
        items: BTreeMap::new(),
        name: name.clone(),
    };
    if let Some(view) = input.stream_specification.and_then(|stream| stream.stream_view_type) {
        table.open_stream(&view, now);
    }
    ctx.db().tables.entry(region).or_default().insert(name.clone(), table);
    described(ctx, &name, "TableDescription")
}

/// A new index; without a backfill it comes with its table.
pub(super) fn index(spec: IndexSpec, backfill_at_ms: i64, ready_at_ms: i64) -> Index {
    Index {
        capacity: Capacity::new(
            spec.provisioned_throughput,
            spec.on_demand_throughput,
            spec.warm_throughput,
        ),
        spec,
        status: Status::Creating,
        backfill_at_ms,
        ready_at_ms,
        insights: Insights::default(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TableName {
    table_name: String,
}

pub(super) fn delete(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: TableName = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    let table = ctx.table(&name)?;
    if table.status == Status::Deleting {
        return described(ctx, &name, "TableDescription");
    }
    ctx.must_be_idle(&name)?;
    if ctx.table(&name)?.deletion_protection {
        return Err(protected());
    }
    let region = ctx.region;
    may_change(ctx.db(), region)?;
    if ctx.db().group_of(region, &name).is_some() {
        global::delete_own(ctx, &name)?;
    } else {
        let ready_at_ms = ctx.due("dynamodb.table.delete", 10_000);
        let table = ctx.table_mut(&name)?;
        table.status = Status::Deleting;
        table.ready_at_ms = ready_at_ms;
    }
    described(ctx, &name, "TableDescription")
}

/// The refusal to delete what is protected.
pub(super) fn protected() -> Fault {
    validation(
        "Resource cannot be deleted as it is currently protected against deletion. \
         Disable deletion protection first.",
    )
}

pub(super) fn describe_table(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: TableName = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    described(ctx, &name, "Table")
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListTables {
    exclusive_start_table_name: Option<String>,
    limit: Option<i64>,
}

pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: ListTables = ctx.input()?;
    let page = input.limit.unwrap_or(100);
    if !(1..=100).contains(&page) {
        return Err(validation("limit must be between 1 and 100"));
    }
    let page = page as usize;
    let (now, region) = (ctx.now(), ctx.region);
    let names: Vec<String> = ctx
        .db()
        .tables
        .get(region)
        .into_iter()
        .flat_map(BTreeMap::values)
        .filter(|table| table.visible_at_ms <= now)
        .map(|table| table.name.clone())
        .filter(|name| input.exclusive_start_table_name.as_ref().is_none_or(|start| name > start))
        .collect();
    let mut answer = json!({ "TableNames": names.iter().take(page).collect::<Vec<_>>() });
    if names.len() > page {
        answer["LastEvaluatedTableName"] = json!(names[page - 1]);
    }
    Ok(answer)
}
