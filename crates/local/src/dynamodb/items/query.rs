//! `Query` and `Scan`, of a table or of an index.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::fault::validation;
use super::super::shape::KeyElement;
use super::super::state::Ctx;
use super::super::table::{Status, Table};
use super::condition::{Comparator, Condition, Operand};
use super::path::Step;
use super::project;
use super::read::{consumed, read_units};
use super::scope::Scope;
use super::store;
use super::value::{Attr, Item, checked, size};
use crate::reply::Fault;

/// A page ends when it holds so much.
const PAGE_BYTES: usize = 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    table_name: String,
    index_name: Option<String>,
    key_condition_expression: Option<String>,
    filter_expression: Option<String>,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Item>,
    exclusive_start_key: Option<Item>,
    scan_index_forward: Option<bool>,
    #[serde(default)]
    consistent_read: bool,
    limit: Option<i64>,
    select: Option<String>,
    segment: Option<u64>,
    total_segments: Option<u64>,
    return_consumed_capacity: Option<String>,
    key_conditions: Option<Value>,
    query_filter: Option<Value>,
    scan_filter: Option<Value>,
    attributes_to_get: Option<Value>,
}

/// What is read: the table, or one of its indexes.
struct Source<'a> {
    schema: &'a [KeyElement],
    /// Attributes of the index; `None` for all.
    attributes: Option<Vec<&'a str>>,
    is_index: bool,
}

fn source<'a>(table: &'a Table, request: &Request) -> Result<Source<'a>, Fault> {
    let Some(name) = &request.index_name else {
        return Ok(Source { schema: &table.key_schema, attributes: None, is_index: false });
    };
    let local = table.local_indexes.iter().find(|index| index.index_name == *name);
    let global = table.index(name);
    let spec = match (local, global) {
        (Some(spec), _) => spec,
        (None, Some(index)) => {
            if index.status == Status::Creating || index.status == Status::Deleting {
                return Err(validation(format!(
                    "Cannot read from backfilling global secondary index: {name}"
                )));
            }
            if request.consistent_read {
                return Err(validation(
                    "Consistent reads are not supported on global secondary indexes",
                ));
            }
            &index.spec
        }
        (None, None) => {
            return Err(validation(format!("The table does not have the specified index: {name}")));
        }
    };
    let keys = table.key_schema.iter().chain(&spec.key_schema);
    let mut attributes: Vec<&str> = keys.map(|key| key.attribute_name.as_str()).collect();
    let all = spec.projection.projection_type.as_deref() == Some("ALL");
    let more = spec.projection.non_key_attributes.iter().flatten();
    attributes.extend(more.map(String::as_str));
    // A local index fetches from the table what it does not hold, if asked to.
    let fetches = local.is_some()
        && (request.projection_expression.is_some()
            || request.select.as_deref() == Some("ALL_ATTRIBUTES"));
    Ok(Source {
        schema: &spec.key_schema,
        attributes: (!all && !fetches).then_some(attributes),
        is_index: true,
    })
}

impl Source<'_> {
    fn names<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s str> {
        let of_kind = self.schema.iter().filter(move |element| element.key_type == kind);
        of_kind.map(|element| element.attribute_name.as_str())
    }

    /// The order of items: by partition, then by sort key, then by the table's own key.
    fn order(&self, table: &Table, a: &Item, b: &Item) -> Ordering {
        let partition = |item: &Item| -> String {
            let values: Vec<Option<&Attr>> =
                self.names("HASH").map(|name| item.get(name)).collect();
            serde_json::to_string(&values).unwrap_or_default()
        };
        let sorted = || {
            self.names("RANGE")
                .filter_map(|name| a.get(name)?.compare(b.get(name)?))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        let own = || store::place(&table.key_schema, a).cmp(&store::place(&table.key_schema, b));
        partition(a).cmp(&partition(b)).then_with(sorted).then_with(own)
    }

    fn shown(&self, item: &Item) -> Item {
        match &self.attributes {
            None => item.clone(),
            Some(names) => item
                .iter()
                .filter(|(name, _)| names.contains(&name.as_str()))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }
}

/// A key condition: each partition attribute equal to a value, and at most one condition on
/// each sort attribute, from the first on.
fn check_key_condition(condition: &Condition, source: &Source<'_>) -> Result<(), Fault> {
    let wrong = |why: &str| validation(format!("Invalid KeyConditionExpression: {why}"));
    let mut equal = Vec::new();
    let mut other = Vec::new();
    for part in condition.conjuncts() {
        let (operand, is_equal) = match part {
            Condition::Compare(operand, Comparator::Equal, Operand::Value(_)) => (operand, true),
            Condition::Compare(_, Comparator::NotEqual, _) => {
                return Err(wrong("Unsupported operator on KeyCondition: <>"));
            }
            Condition::Compare(operand, _, Operand::Value(_))
            | Condition::Between(operand, Operand::Value(_), Operand::Value(_))
            | Condition::BeginsWith(operand, Operand::Value(_)) => (operand, false),
            _ => return Err(wrong("Query key condition not supported")),
        };
        let Operand::Path(path) = operand else {
            return Err(wrong("Query key condition not supported"));
        };
        let [Step::Name(name)] = &path.0[..] else {
            return Err(wrong(
                "KeyConditionExpressions cannot have conditions on nested attributes",
            ));
        };
        if is_equal { equal.push(name.as_str()) } else { other.push(name.as_str()) }
    }
    for name in source.names("HASH") {
        if !equal.contains(&name) {
            return Err(validation(format!("Query condition missed key schema element: {name}")));
        }
    }
    let ranges: Vec<&str> = source.names("RANGE").collect();
    let mut used = 0;
    for (at, name) in ranges.iter().enumerate() {
        if equal.contains(name) || other.contains(name) {
            if used != at {
                return Err(wrong("Sort key conditions leave out an earlier sort key"));
            }
            used = at + 1;
        }
    }
    if equal.len() + other.len() != source.names("HASH").count() + used || other.len() > 1 {
        return Err(wrong("Query key condition not supported"));
    }
    Ok(())
}

fn run(ctx: &mut Ctx<'_>, is_query: bool) -> Result<Value, Fault> {
    let request: Request = ctx.input()?;
    let legacy = [
        &request.key_conditions,
        &request.query_filter,
        &request.scan_filter,
        &request.attributes_to_get,
    ];
    if legacy.iter().any(|member| member.is_some()) {
        return Err(validation(
            "KeyConditions, QueryFilter, ScanFilter and AttributesToGet are not modelled here: \
             use expressions",
        ));
    }
    let name = ctx.name(&request.table_name)?;
    let table = store::open(ctx, &name)?;
    let source = source(table, &request)?;
    let mut scope = Scope::new(
        request.expression_attribute_names.clone(),
        request.expression_attribute_values.clone(),
    )?;
    let mut parse = |what, text: &Option<String>| {
        text.as_ref().map(|text| Condition::parse(what, text, &mut scope)).transpose()
    };
    let key_condition = parse("KeyConditionExpression", &request.key_condition_expression)?;
    let filter = parse("FilterExpression", &request.filter_expression)?;
    let paths = project::parse(request.projection_expression.as_deref(), &mut scope)?;
    scope.all_used()?;
    match (&key_condition, is_query) {
        (Some(condition), true) => check_key_condition(condition, &source)?,
        (None, true) => {
            return Err(validation(
                "Either the KeyConditions or KeyConditionExpression parameter must be specified",
            ));
        }
        _ => {}
    }
    let limit = match request.limit {
        Some(limit) if limit < 1 => return Err(validation("Limit must be at least 1")),
        Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
        None => usize::MAX,
    };
    let start = request.exclusive_start_key.clone().map(checked).transpose()?;
    let forward = !is_query || request.scan_index_forward.unwrap_or(true);
    let order = |a: &Item, b: &Item| {
        let order = source.order(table, a, b);
        if forward { order } else { order.reverse() }
    };
    let stored = table.items.iter().filter_map(|(place, slot)| Some((place, slot.item.as_ref()?)));
    let mut items: Vec<&Item> = stored
        .filter(|(place, _)| match (request.segment, request.total_segments) {
            (Some(segment), Some(total)) if total > 0 => segment_of(place, total) == segment,
            _ => true,
        })
        .map(|(_, item)| item)
        .filter(|item| {
            source.schema.iter().all(|element| item.contains_key(&element.attribute_name))
        })
        .filter(|item| key_condition.as_ref().is_none_or(|condition| condition.holds(item)))
        .filter(|item| start.as_ref().is_none_or(|start| order(item, start).is_gt()))
        .collect();
    items.sort_by(|a, b| order(a, b));
    let mut found = Vec::new();
    let (mut scanned, mut bytes) = (0_usize, 0_usize);
    let mut last = None;
    for (at, item) in items.iter().enumerate() {
        scanned += 1;
        bytes += size(item);
        let shown = source.shown(item);
        if filter.as_ref().is_none_or(|filter| filter.holds(&shown)) {
            found.push(project::project(&shown, paths.as_deref()));
        }
        // At its limit a page ends, even if nothing follows.
        if scanned >= limit || (bytes >= PAGE_BYTES && at + 1 < items.len()) {
            last = Some(*item);
            break;
        }
    }
    let mut answer = json!({ "Count": found.len(), "ScannedCount": scanned });
    if request.select.as_deref() != Some("COUNT") {
        answer["Items"] = json!(found);
    }
    if let Some(item) = last {
        let mut key = store::key_of(&table.key_schema, item);
        if source.is_index {
            key.extend(store::key_of(source.schema, item));
        }
        answer["LastEvaluatedKey"] = json!(key);
    }
    let units = read_units(bytes, request.consistent_read);
    if let Some(consumed) = consumed(&request.return_consumed_capacity, &name, units) {
        answer["ConsumedCapacity"] = consumed;
    }
    Ok(answer)
}

/// The segment of a parallel scan that an item belongs to.
fn segment_of(place: &str, total: u64) -> u64 {
    let sum =
        place.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    sum % total
}

pub(in super::super) fn query(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    run(ctx, true)
}

pub(in super::super) fn scan(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    run(ctx, false)
}
