//! Tags, on everything that has an ARN.

use std::collections::BTreeMap;

use super::context::Context;
use super::state::Account;
use super::{Answer, fault};
use crate::query::{self, Params};
use crate::reply::Fault;
use crate::xml::Element;

/// The tags in a request.
pub(super) fn read(params: &Params) -> Result<BTreeMap<String, String>, Fault> {
    let mut tags = BTreeMap::new();
    for tag in params.structs("Tags") {
        let key = tag.get("Key").unwrap_or_default().to_owned();
        let value = tag.get("Value").unwrap_or_default().to_owned();
        if key.is_empty() || key.chars().count() > 128 || key.to_lowercase().starts_with("aws:") {
            return Err(fault::value(format!("Invalid tag key: {key}")));
        }
        if value.chars().count() > 256 {
            return Err(fault::value(format!("Invalid tag value for the key {key}")));
        }
        tags.insert(key, value);
    }
    limited(&tags)?;
    Ok(tags)
}

fn limited(tags: &BTreeMap<String, String>) -> Result<(), Fault> {
    if tags.len() > 50 {
        return Err(fault::value("A resource can have at most 50 tags."));
    }
    Ok(())
}

/// `<TagList>`.
pub(super) fn view(tags: &BTreeMap<String, String>) -> Element {
    query::list(
        "TagList",
        "Tag",
        tags.iter()
            .map(|(key, value)| Element::new("").text_child("Key", key).text_child("Value", value)),
    )
}

pub(super) fn add(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let added = read(&cx.params)?;
    let tags = find(cx, account)?;
    let mut all = tags.clone();
    all.extend(added);
    limited(&all)?;
    *tags = all;
    Ok(Vec::new())
}

pub(super) fn remove(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let keys = cx.params.list("TagKeys").ok_or_else(|| fault::missing("TagKeys"))?;
    find(cx, account)?.retain(|key, _| !keys.contains(key));
    Ok(Vec::new())
}

pub(super) fn list(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    Ok(vec![view(find(cx, account)?)])
}

/// The tags of what `ResourceName` names.
fn find<'a>(
    cx: &Context<'_>,
    account: &'a mut Account,
) -> Result<&'a mut BTreeMap<String, String>, Fault> {
    let arn = cx.required("ResourceName")?;
    let invalid = || fault::value(format!("Invalid resource name: {arn}"));
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let ["arn", "aws", "rds", region, number, kind, name] = parts[..] else {
        return Err(invalid());
    };
    if number != cx.account || (region != cx.region && kind != "global-cluster") {
        return Err(invalid());
    }
    let name = name.to_lowercase();
    if kind == "global-cluster" {
        return account
            .globals
            .get_mut(&name)
            .filter(|global| global.visible_from(cx.region))
            .map(|global| &mut global.tags)
            .ok_or_else(|| fault::no_global(&name));
    }
    let here = account.region_mut(cx.region);
    match kind {
        "cluster" => here
            .clusters
            .get_mut(&name)
            .map(|cluster| &mut cluster.tags)
            .ok_or_else(|| fault::no_cluster(&name)),
        "db" => here
            .instances
            .get_mut(&name)
            .map(|instance| &mut instance.tags)
            .ok_or_else(|| fault::no_instance(&name)),
        "subgrp" => here
            .subnet_groups
            .get_mut(&name)
            .map(|group| &mut group.tags)
            .ok_or_else(|| fault::no_subnet_group(&name)),
        "cluster-pg" => here
            .parameter_groups
            .get_mut(&name)
            .map(|group| &mut group.tags)
            .ok_or_else(|| fault::no_parameter_group(&name)),
        "cluster-snapshot" => here
            .snapshots
            .get_mut(&name)
            .map(|snapshot| &mut snapshot.tags)
            .ok_or_else(|| fault::no_snapshot(&name)),
        _ => Err(invalid()),
    }
}
