//! How a CIDR collection is read and written.

use std::collections::BTreeMap;

use aws_sdk_route53::types as sdk;
use bicoastal_model::{OpError, Ownership, Snapshot, Status, Target};
use serde_json::{Value, json};

use super::step::{CidrCall, by_location};
use crate::cx::{Cx, GLOBAL, Purpose};
use crate::route53::{failed, unbuilt};

/// A collection by its id.
///
/// Where a plan is made and there is no id yet, one of its name stands in the way, and is shown;
/// but for an empty one, which an interrupted creation leaves behind. That, and anything in the
/// course of an operation, counts as absent: to create it again with the token that made it answers
/// the same collection, and only that tells whose it is.
pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    if target.physical.is_none() && cx.purpose() == Purpose::Turn {
        return Ok(None);
    }
    let all = cx.shared("route53 cidr collections".to_owned(), collections(cx)).await?;
    let found = all.iter().find(|it| match &target.physical {
        Some(id) => it.id() == Some(id),
        None => it.name().is_some() && it.name() == Some(target.text("name")),
    });
    let Some(found) = found else { return Ok(None) };
    let id = found.id().unwrap_or_default();
    let Some(locations) = blocks(cx, id).await? else { return Ok(None) };
    if target.physical.is_none() && locations.is_empty() {
        return Ok(None);
    }
    let locations: Vec<Value> = locations
        .into_iter()
        .map(|(name, blocks)| json!({ "name": name, "blocks": blocks }))
        .collect();
    Ok(Some(Snapshot {
        physical: id.to_owned(),
        props: json!({ "name": found.name(), "locations": locations }),
        outputs: BTreeMap::from([
            ("id".to_owned(), json!(id)),
            ("arn".to_owned(), json!(found.arn())),
        ]),
        status: Status::Ready,
        // Whoever has its id made it, or was told to take it over.
        ownership: match target.physical {
            Some(_) => Ownership::Ours,
            None => Ownership::Unmarked,
        },
        children: Vec::new(),
        facts: BTreeMap::from([("version".to_owned(), json!(found.version()))]),
    }))
}

async fn collections(cx: &Cx) -> Result<Vec<sdk::CollectionSummary>, OpError> {
    cx.route53(GLOBAL)
        .list_cidr_collections()
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| failed("ListCidrCollections", error))
}

/// All blocks of a collection by location; `None` where it is gone meanwhile.
async fn blocks(cx: &Cx, id: &str) -> Result<Option<BTreeMap<String, Vec<String>>>, OpError> {
    let read = cx
        .route53(GLOBAL)
        .list_cidr_blocks()
        .collection_id(id)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<Vec<_>, _>>()
        .await
        .map_err(|error| failed("ListCidrBlocks", error));
    let read = match read {
        Err(error) if error.code() == Some("NoSuchCidrCollectionException") => return Ok(None),
        other => other?,
    };
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for block in read {
        if let (Some(location), Some(cidr)) = (block.location_name, block.cidr_block) {
            all.entry(location).or_default().push(cidr);
        }
    }
    Ok(Some(all))
}

pub(super) async fn call(
    cx: &Cx,
    target: &Target,
    call: &CidrCall,
) -> Result<Option<String>, OpError> {
    let client = cx.route53_write(GLOBAL);
    let id = target.physical.clone().unwrap_or_default();
    match call {
        CidrCall::Create { name } => {
            let answer = client
                .create_cidr_collection()
                .name(name)
                .caller_reference(&target.token)
                .send()
                .await
                .map_err(|error| failed("CreateCidrCollection", error))?;
            return Ok(answer.collection.and_then(|made| made.id));
        }
        CidrCall::Change { version, remove, put } => {
            let mut changes = Vec::new();
            for (action, placed) in [
                (sdk::CidrCollectionChangeAction::DeleteIfExists, remove),
                (sdk::CidrCollectionChangeAction::Put, put),
            ] {
                for (location, blocks) in by_location(placed) {
                    let change = sdk::CidrCollectionChange::builder()
                        .location_name(location)
                        .action(action.clone())
                        .set_cidr_list(Some(blocks))
                        .build()
                        .map_err(|error| unbuilt("ChangeCidrCollection", error))?;
                    changes.push(change);
                }
            }
            client
                .change_cidr_collection()
                .id(&id)
                .set_collection_version(*version)
                .set_changes(Some(changes))
                .send()
                .await
                .map_err(|error| failed("ChangeCidrCollection", error))?;
        }
        CidrCall::Delete => {
            let sent = client.delete_cidr_collection().id(&id).send().await;
            match sent.map_err(|error| failed("DeleteCidrCollection", error)) {
                Err(error) if error.code() == Some("NoSuchCidrCollectionException") => {}
                other => other.map(|_| ())?,
            }
        }
    }
    Ok(None)
}
