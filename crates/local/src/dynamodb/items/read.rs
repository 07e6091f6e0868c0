//! `GetItem`, and what reads have in common.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::fault::validation;
use super::super::shape::IndexSpec;
use super::super::state::Ctx;
use super::super::table::Table;
use super::project;
use super::scope::Scope;
use super::store;
use super::value::{Item, checked, size};
use crate::reply::Fault;

/// Items and bytes of a table.
pub(in super::super) fn table_size(table: &Table) -> (usize, usize) {
    sum(table.items.values().filter_map(|slot| slot.item.as_ref()))
}

/// Items and bytes of an index.
pub(in super::super) fn index_size(table: &Table, index: &IndexSpec) -> (usize, usize) {
    let items = table.items.values().filter_map(|slot| slot.item.as_ref());
    sum(items.filter(|item| store::in_index(index, item)))
}

fn sum<'a>(items: impl Iterator<Item = &'a Item>) -> (usize, usize) {
    items.fold((0, 0), |(count, bytes), item| (count + 1, bytes + size(item)))
}

/// `ConsumedCapacity`, where it was asked for.
pub(super) fn consumed(asked: &Option<String>, name: &str, units: f64) -> Option<Value> {
    match asked.as_deref() {
        Some("TOTAL" | "INDEXES") => Some(json!({ "TableName": name, "CapacityUnits": units })),
        _ => None,
    }
}

/// Read units of that many bytes.
pub(super) fn read_units(bytes: usize, consistent: bool) -> f64 {
    let units = bytes.div_ceil(4096).max(1) as f64;
    if consistent { units } else { units / 2.0 }
}

/// `GetItem`, and its like in batches and transactions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Get {
    #[serde(default)]
    pub(super) table_name: String,
    pub(super) key: Item,
    #[serde(default)]
    pub(super) consistent_read: bool,
    pub(super) projection_expression: Option<String>,
    pub(super) expression_attribute_names: Option<BTreeMap<String, String>>,
    pub(super) attributes_to_get: Option<Value>,
    pub(super) return_consumed_capacity: Option<String>,
}

/// The item of a key, as far as it is wanted.
pub(super) fn find(ctx: &Ctx<'_>, get: &Get) -> Result<Option<Item>, Fault> {
    if get.attributes_to_get.is_some() {
        return Err(validation("AttributesToGet is not modelled here: use ProjectionExpression"));
    }
    let name = ctx.name(&get.table_name)?;
    let table = store::open(ctx, &name)?;
    let mut scope = Scope::new(get.expression_attribute_names.clone(), None)?;
    let paths = project::parse(get.projection_expression.as_deref(), &mut scope)?;
    scope.all_used()?;
    let key = checked(get.key.clone())?;
    store::check_key(table, &key)?;
    let slot = table.items.get(&store::place(&table.key_schema, &key));
    let item = slot.and_then(|slot| slot.item.as_ref());
    Ok(item.map(|item| project::project(item, paths.as_deref())))
}

pub(in super::super) fn get(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Get = ctx.input()?;
    let item = find(ctx, &input)?;
    let name = ctx.name(&input.table_name)?;
    let units = read_units(item.as_ref().map_or(0, size), input.consistent_read);
    let mut answer = json!({});
    if let Some(item) = item {
        answer["Item"] = json!(item);
    }
    if let Some(consumed) = consumed(&input.return_consumed_capacity, &name, units) {
        answer["ConsumedCapacity"] = consumed;
    }
    Ok(answer)
}
