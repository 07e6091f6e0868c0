//! `PutItem`, `UpdateItem`, `DeleteItem`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::check::one_of;
use super::super::fault::{condition_failed, validation};
use super::super::state::Ctx;
use super::condition::Condition;
use super::path::Path;
use super::project::project;
use super::read::consumed;
use super::replication;
use super::scope::Scope;
use super::store;
use super::update::Update;
use super::value::{Item, checked, size};
use crate::reply::Fault;

/// The members of the three calls, and of their like in transactions.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Request {
    pub(super) table_name: String,
    item: Option<Item>,
    key: Option<Item>,
    update_expression: Option<String>,
    condition_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    expression_attribute_values: Option<Item>,
    return_values: Option<String>,
    return_values_on_condition_check_failure: Option<String>,
    return_consumed_capacity: Option<String>,
    expected: Option<Value>,
    attribute_updates: Option<Value>,
    conditional_operator: Option<Value>,
}

impl Request {
    /// `PutRequest` of a batch.
    pub(super) fn put(table_name: String, item: Item) -> Self {
        Self { item: Some(item), ..Self::bare(table_name) }
    }

    /// `DeleteRequest` of a batch.
    pub(super) fn delete(table_name: String, key: Item) -> Self {
        Self { key: Some(key), ..Self::bare(table_name) }
    }

    fn bare(table_name: String) -> Self {
        Self {
            table_name,
            item: None,
            key: None,
            update_expression: None,
            condition_expression: None,
            expression_attribute_names: None,
            expression_attribute_values: None,
            return_values: None,
            return_values_on_condition_check_failure: None,
            return_consumed_capacity: None,
            expected: None,
            attribute_updates: None,
            conditional_operator: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Put,
    Update,
    Delete,
    /// Only the condition, in a transaction.
    Check,
}

/// A write that was found to be allowed, and is not done yet.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) name: String,
    pub(super) place: String,
    before: Option<Item>,
    after: Option<Item>,
    changed: Vec<Path>,
    verb: Verb,
}

impl Prepared {
    /// Does it.
    pub(super) fn commit(self, ctx: &mut Ctx<'_>) {
        let nothing = self.verb == Verb::Check || (self.after.is_none() && self.before.is_none());
        if !nothing {
            replication::write(ctx, &self.name, self.place, self.after);
        }
    }

    fn units(&self) -> f64 {
        let bytes = self.before.iter().chain(&self.after).map(size).max().unwrap_or(0);
        bytes.div_ceil(1024).max(1) as f64
    }
}

/// Checks everything about a write, its condition included.
pub(super) fn prepare(ctx: &Ctx<'_>, verb: Verb, request: &Request) -> Result<Prepared, Fault> {
    let legacy = [&request.expected, &request.attribute_updates, &request.conditional_operator];
    if legacy.iter().any(|member| member.is_some()) {
        return Err(validation(
            "Expected, AttributeUpdates and ConditionalOperator are not modelled here: \
             use expressions",
        ));
    }
    let name = ctx.name(&request.table_name)?;
    let table = store::open(ctx, &name)?;
    let mut scope = Scope::new(
        request.expression_attribute_names.clone(),
        request.expression_attribute_values.clone(),
    )?;
    let update = match (&request.update_expression, verb) {
        (Some(text), Verb::Update) => Update::parse(text, &mut scope)?,
        _ => Update::default(),
    };
    let condition = match &request.condition_expression {
        Some(text) => Some(Condition::parse("ConditionExpression", text, &mut scope)?),
        None if verb == Verb::Check => {
            return Err(validation("ConditionExpression of a ConditionCheck is missing"));
        }
        None => None,
    };
    scope.all_used()?;
    let (key, item) = match (verb, &request.key, &request.item) {
        (Verb::Put, _, Some(item)) => {
            let item = checked(item.clone())?;
            store::check_item(table, &item)?;
            (store::key_of(&table.key_schema, &item), Some(item))
        }
        (Verb::Put, _, None) => return Err(validation("missing field `Item`")),
        (_, Some(key), _) => {
            let key = checked(key.clone())?;
            store::check_key(table, &key)?;
            (key, None)
        }
        (_, None, _) => return Err(validation("missing field `Key`")),
    };
    let place = store::place(&table.key_schema, &key);
    let before = table.items.get(&place).and_then(|slot| slot.item.clone());
    if let Some(condition) = condition {
        let empty = Item::new();
        if !condition.holds(before.as_ref().unwrap_or(&empty)) {
            let wants = request.return_values_on_condition_check_failure.as_deref();
            let shown = before.filter(|_| wants == Some("ALL_OLD")).map(|item| json!(item));
            return Err(condition_failed(shown.as_ref()));
        }
    }
    let changed = update.paths();
    let after = match verb {
        Verb::Put => item,
        Verb::Delete => None,
        Verb::Check => before.clone(),
        Verb::Update => {
            if let Some(path) = changed.iter().find(|path| key.contains_key(path.root())) {
                return Err(validation(format!(
                    "One or more parameter values were invalid: Cannot update attribute {}. \
                     This attribute is part of the key",
                    path.root()
                )));
            }
            let mut after = update.apply(before.as_ref().unwrap_or(&key))?;
            after.extend(key);
            store::check_item(table, &after)?;
            Some(after)
        }
    };
    Ok(Prepared { name, place, before, after, changed, verb })
}

fn single(ctx: &mut Ctx<'_>, verb: Verb, words: &[&str]) -> Result<Value, Fault> {
    let request: Request = ctx.input()?;
    let wants = request.return_values.as_deref().unwrap_or("NONE");
    one_of("returnValues", wants, words)?;
    let prepared = prepare(ctx, verb, &request)?;
    let returned = match wants {
        "ALL_OLD" => prepared.before.clone(),
        "ALL_NEW" => prepared.after.clone(),
        "UPDATED_OLD" => {
            prepared.before.as_ref().map(|item| project(item, Some(&prepared.changed)))
        }
        "UPDATED_NEW" => prepared.after.as_ref().map(|item| project(item, Some(&prepared.changed))),
        _ => None,
    };
    let mut answer = json!({});
    if let Some(item) = returned.filter(|item| !item.is_empty()) {
        answer["Attributes"] = json!(item);
    }
    let units = prepared.units();
    if let Some(consumed) = consumed(&request.return_consumed_capacity, &prepared.name, units) {
        answer["ConsumedCapacity"] = consumed;
    }
    prepared.commit(ctx);
    Ok(answer)
}

pub(in super::super) fn put(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    single(ctx, Verb::Put, &["NONE", "ALL_OLD"])
}

pub(in super::super) fn delete(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    single(ctx, Verb::Delete, &["NONE", "ALL_OLD"])
}

pub(in super::super) fn update(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    single(ctx, Verb::Update, &["NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"])
}
