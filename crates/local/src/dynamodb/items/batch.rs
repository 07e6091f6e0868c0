//! `BatchGetItem` and `BatchWriteItem`: each element by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::fault::validation;
use super::super::state::Ctx;
use super::read::{Get, find};
use super::value::Item;
use super::write::{Request, Verb, prepare};
use crate::reply::Fault;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchGet {
    request_items: BTreeMap<String, Keys>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Keys {
    keys: Vec<Item>,
    #[serde(default)]
    consistent_read: bool,
    projection_expression: Option<String>,
    expression_attribute_names: Option<BTreeMap<String, String>>,
    attributes_to_get: Option<Value>,
}

pub(in super::super) fn get(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: BatchGet = ctx.input()?;
    let count: usize = input.request_items.values().map(|keys| keys.keys.len()).sum();
    if !(1..=100).contains(&count) {
        return Err(validation(format!("A batch gets 1 to 100 items, not {count}")));
    }
    let mut responses = serde_json::Map::new();
    for (table, wanted) in input.request_items {
        let mut items = Vec::new();
        for (at, key) in wanted.keys.iter().enumerate() {
            if wanted.keys[..at].contains(key) {
                return Err(validation("Provided list of item keys contains duplicates"));
            }
            let get = Get {
                table_name: table.clone(),
                key: key.clone(),
                consistent_read: wanted.consistent_read,
                projection_expression: wanted.projection_expression.clone(),
                expression_attribute_names: wanted.expression_attribute_names.clone(),
                attributes_to_get: wanted.attributes_to_get.clone(),
                return_consumed_capacity: None,
            };
            items.extend(find(ctx, &get)?);
        }
        responses.insert(table, json!(items));
    }
    Ok(json!({ "Responses": responses, "UnprocessedKeys": {} }))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BatchWrite {
    request_items: BTreeMap<String, Vec<Write>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    put_request: Option<Put>,
    delete_request: Option<Delete>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Put {
    item: Item,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Delete {
    key: Item,
}

pub(in super::super) fn write(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: BatchWrite = ctx.input()?;
    let count: usize = input.request_items.values().map(Vec::len).sum();
    if !(1..=25).contains(&count) {
        return Err(validation(format!("A batch writes 1 to 25 items, not {count}")));
    }
    let mut seen = BTreeSet::new();
    let mut writes = Vec::new();
    for (table, requests) in input.request_items {
        for request in requests {
            let prepared = match (request.put_request, request.delete_request) {
                (Some(put), None) => {
                    prepare(ctx, Verb::Put, &Request::put(table.clone(), put.item))?
                }
                (None, Some(delete)) => {
                    prepare(ctx, Verb::Delete, &Request::delete(table.clone(), delete.key))?
                }
                _ => {
                    return Err(validation(
                        "Supplied AttributeValue has more than one or no request: \
                         exactly one of PutRequest and DeleteRequest is needed",
                    ));
                }
            };
            if !seen.insert((prepared.name.clone(), prepared.place.clone())) {
                return Err(validation("Provided list of item keys contains duplicates"));
            }
            writes.push(prepared);
        }
    }
    for prepared in writes {
        prepared.commit(ctx);
    }
    Ok(json!({ "UnprocessedItems": {} }))
}
