//! `TransactWriteItems` and `TransactGetItems`: all or nothing, in the called region only.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::super::fault::{structured, validation};
use super::super::global::Group;
use super::super::state::Ctx;
use super::read::{Get, find};
use super::write::{Request, Verb, prepare};
use crate::reply::Fault;

/// For so long a transaction may be sent again under its token.
const TOKEN_MS: i64 = 600_000;

/// A transaction that was done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in super::super) struct Token {
    request: String,
    until_ms: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TransactWrite {
    transact_items: Vec<Write>,
    client_request_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Write {
    put: Option<Request>,
    update: Option<Request>,
    delete: Option<Request>,
    condition_check: Option<Request>,
}

/// Transactions are for tables of one region or with eventual consistency.
fn supported(ctx: &mut Ctx<'_>, table: &str) -> Result<(), Fault> {
    let name = ctx.name(table)?;
    let region = ctx.region;
    if ctx.db().group_of(region, &name).is_some_and(|group| !Group::is_eventual(group)) {
        return Err(validation(
            "Transactions are not supported with multi-Region strong consistency",
        ));
    }
    Ok(())
}

fn count(items: usize) -> Result<(), Fault> {
    if (1..=100).contains(&items) {
        return Ok(());
    }
    Err(validation(format!("A transaction has 1 to 100 items, not {items}")))
}

pub(in super::super) fn write(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: TransactWrite = ctx.input()?;
    count(input.transact_items.len())?;
    let now = ctx.now();
    let mut digest = ctx.input::<Value>()?;
    if let Some(members) = digest.as_object_mut() {
        members.remove("ClientRequestToken");
    }
    let request: String =
        Sha256::digest(digest.to_string()).iter().map(|byte| format!("{byte:02x}")).collect();
    if let Some(token) = &input.client_request_token {
        ctx.db().tokens.retain(|_, done| done.until_ms > now);
        match ctx.db().tokens.get(token) {
            Some(done) if done.request == request => return Ok(json!({})),
            Some(_) => {
                return Err(Fault::new(
                    400,
                    "IdempotentParameterMismatchException",
                    "ClientRequestToken was used with other parameters",
                ));
            }
            None => {}
        }
    }
    let mut seen = BTreeSet::new();
    let mut writes = Vec::new();
    let mut reasons = Vec::new();
    for item in &input.transact_items {
        let given = [
            (Verb::Put, &item.put),
            (Verb::Update, &item.update),
            (Verb::Delete, &item.delete),
            (Verb::Check, &item.condition_check),
        ];
        let given: Vec<_> =
            given.into_iter().filter_map(|(verb, given)| Some((verb, given.as_ref()?))).collect();
        let [(verb, request)] = given[..] else {
            return Err(validation(
                "TransactItems can only contain one of Check, Put, Update or Delete",
            ));
        };
        supported(ctx, &request.table_name)?;
        match prepare(ctx, verb, request) {
            Ok(prepared) => {
                if !seen.insert((prepared.name.clone(), prepared.place.clone())) {
                    return Err(validation(
                        "Transaction request cannot include multiple operations on one item",
                    ));
                }
                writes.push(prepared);
                reasons.push(json!({ "Code": "None" }));
            }
            Err(fault) if fault.code == "ConditionalCheckFailedException" => {
                let mut reason =
                    json!({ "Code": "ConditionalCheckFailed", "Message": fault.message });
                let body = fault.body.as_deref().and_then(|body| {
                    serde_json::from_slice::<Value>(body).ok()?.get("Item").cloned()
                });
                if let Some(item) = body {
                    reason["Item"] = item;
                }
                reasons.push(reason);
            }
            Err(fault) => return Err(fault),
        }
    }
    if writes.len() < reasons.len() {
        let codes: Vec<&str> =
            reasons.iter().filter_map(|reason| reason["Code"].as_str()).collect();
        let message = format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        );
        let fault = Fault::new(400, "TransactionCanceledException", message);
        return Err(structured(fault, &[("CancellationReasons", json!(reasons))]));
    }
    for prepared in writes {
        prepared.commit(ctx);
    }
    if let Some(token) = input.client_request_token {
        ctx.db().tokens.insert(token, Token { request, until_ms: now + TOKEN_MS });
    }
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TransactGet {
    transact_items: Vec<Read>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Read {
    get: Get,
}

pub(in super::super) fn get(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: TransactGet = ctx.input()?;
    count(input.transact_items.len())?;
    let mut responses = Vec::new();
    for read in &input.transact_items {
        supported(ctx, &read.get.table_name)?;
        responses.push(match find(ctx, &read.get)? {
            Some(item) => json!({ "Item": item }),
            None => json!({}),
        });
    }
    Ok(json!({ "Responses": responses }))
}
