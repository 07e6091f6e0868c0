//! Where an item is kept in a table, and what a key must be.

use serde::{Deserialize, Serialize};

use super::super::fault::{not_found, validation};
use super::super::shape::{IndexSpec, KeyElement};
use super::super::state::Ctx;
use super::super::table::{Status, Table};
use super::value::{Attr, Item, size};
use crate::reply::Fault;

/// The last write of an item in one replica.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in super::super) struct Slot {
    /// `None`: deleted. The deletion is kept to win over older writes of other replicas.
    pub(in super::super) item: Option<Item>,
    /// The number of the write, in the order of all writes of the account.
    pub(super) write: u64,
    /// Where it was made, and when.
    pub(super) region: String,
    pub(super) at_ms: i64,
}

/// A table that can be read and written.
pub(super) fn open<'a>(ctx: &'a Ctx<'_>, name: &str) -> Result<&'a Table, Fault> {
    let table = ctx.table(name)?;
    match table.status {
        Status::Active | Status::Updating => Ok(table),
        Status::Creating | Status::Deleting => {
            Err(not_found(format!("Requested resource not found: Table: {name} is not active")))
        }
    }
}

/// The key's place in the table's map.
pub(super) fn place(schema: &[KeyElement], item: &Item) -> String {
    let parts: Vec<&Attr> =
        schema.iter().filter_map(|element| item.get(&element.attribute_name)).collect();
    serde_json::to_string(&parts).unwrap_or_default()
}

/// Only the key attributes of an item.
pub(super) fn key_of(schema: &[KeyElement], item: &Item) -> Item {
    schema
        .iter()
        .filter_map(|element| {
            let name = &element.attribute_name;
            item.get(name).map(|value| (name.clone(), value.clone()))
        })
        .collect()
}

fn kind_of<'a>(table: &'a Table, attribute: &str) -> Option<&'a str> {
    let mut defined = table.attributes.iter();
    defined
        .find(|entry| entry.attribute_name == attribute)
        .map(|entry| entry.attribute_type.as_str())
}

/// The key attributes are there, of their types, and not empty.
fn has_key(table: &Table, item: &Item) -> Result<(), Fault> {
    for element in &table.key_schema {
        let name = &element.attribute_name;
        let Some(value) = item.get(name) else {
            return Err(validation(format!(
                "One or more parameter values were invalid: Missing the key {name} in the item"
            )));
        };
        if kind_of(table, name) != Some(value.kind()) {
            return Err(validation(format!(
                "One or more parameter values were invalid: Type mismatch for key {name}: \
                 expected {}, actual {}",
                kind_of(table, name).unwrap_or_default(),
                value.kind()
            )));
        }
        if matches!(value, Attr::S(text) | Attr::B(text) if text.is_empty()) {
            return Err(validation(format!(
                "One or more parameter values are not valid. The AttributeValue for a key \
                 attribute cannot contain an empty string value. Key: {name}"
            )));
        }
    }
    Ok(())
}

/// `Key` of a request: exactly the key attributes.
pub(super) fn check_key(table: &Table, key: &Item) -> Result<(), Fault> {
    if key.len() != table.key_schema.len() || has_key(table, key).is_err() {
        return Err(validation("The provided key element does not match the schema"));
    }
    Ok(())
}

/// An item that may be stored: its key, its index keys' types, its size.
pub(super) fn check_item(table: &Table, item: &Item) -> Result<(), Fault> {
    has_key(table, item)?;
    let indexes = table.local_indexes.iter().chain(table.indexes.iter().map(|index| &index.spec));
    for index in indexes {
        for element in &index.key_schema {
            let name = &element.attribute_name;
            let Some(value) = item.get(name) else { continue };
            if kind_of(table, name) != Some(value.kind()) {
                return Err(validation(format!(
                    "One or more parameter values were invalid: Type mismatch for Index Key \
                     {name} Expected: {} Actual: {} IndexName: {}",
                    kind_of(table, name).unwrap_or_default(),
                    value.kind(),
                    index.index_name
                )));
            }
        }
    }
    if size(item) > 400 * 1024 {
        return Err(validation("Item size has exceeded the maximum allowed size"));
    }
    Ok(())
}

/// Whether an index holds the item.
pub(super) fn in_index(index: &IndexSpec, item: &Item) -> bool {
    index.key_schema.iter().all(|element| item.contains_key(&element.attribute_name))
}
