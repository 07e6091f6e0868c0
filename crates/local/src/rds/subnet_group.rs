//! DB subnet groups: where the instances of a cluster may stand.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::page::{filters, page};
use super::state::{Account, SubnetGroup};
use super::{Answer, fault, names, tags};
use crate::query;
use crate::reply::Fault;
use crate::seed;
use crate::xml::Element;

const SUBNETS_PER_GROUP: usize = 20;
const QUOTA: usize = 50;

/// The group that a cluster is to stand in. `default` exists in every region.
pub(super) fn usable(cx: &Context<'_>, account: &Account, name: &str) -> Result<String, Fault> {
    let name = name.to_lowercase();
    let exists = name == "default"
        || account.region(cx.region).is_some_and(|here| here.subnet_groups.contains_key(&name));
    if exists { Ok(name) } else { Err(fault::no_subnet_group(&name)) }
}

/// The zones of a group's subnets.
pub(super) fn zones(account: &Account, region: &str, name: &str) -> BTreeSet<String> {
    match account.region(region).and_then(|here| here.subnet_groups.get(name)) {
        Some(group) => group.subnets.values().cloned().collect(),
        None => seed::zones(region).into_iter().collect(),
    }
}

pub(super) fn create(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let name = names::subnet_group(&cx.required("DBSubnetGroupName")?)?;
    let description = cx.required("DBSubnetGroupDescription")?;
    let tags = tags::read(&cx.params)?;
    let subnets = subnets(cx)?;
    let here = account.region_mut(cx.region);
    if here.subnet_groups.contains_key(&name) {
        return Err(fault::other(
            "DBSubnetGroupAlreadyExists",
            format!("The DB subnet group '{name}' already exists."),
        ));
    }
    if here.subnet_groups.len() >= QUOTA {
        return Err(fault::other(
            "DBSubnetGroupQuotaExceeded",
            "The request would result in the user exceeding the allowed number of DB subnet groups.",
        ));
    }
    let vpc = seed::vpc_id(cx.region);
    let group = SubnetGroup { name, description, vpc, subnets, tags };
    let view = view(cx, &group);
    here.subnet_groups.insert(group.name.clone(), group);
    Ok(vec![view])
}

/// The subnets that a request names, each with its zone. All known subnets are of one VPC.
fn subnets(cx: &Context<'_>) -> Result<BTreeMap<String, String>, Fault> {
    let ids = cx.params.list("SubnetIds").ok_or_else(|| fault::missing("SubnetIds"))?;
    if ids.len() > SUBNETS_PER_GROUP {
        return Err(fault::other(
            "DBSubnetQuotaExceededFault",
            "The request would result in the user exceeding the allowed number of subnets in a DB \
             subnet group.",
        ));
    }
    let mut subnets = BTreeMap::new();
    for id in ids {
        let zone = seed::subnet_zone(cx.region, &id)
            .ok_or_else(|| fault::subnet(format!("The subnet ID '{id}' does not exist")))?;
        subnets.insert(id, zone);
    }
    let zones: BTreeSet<&String> = subnets.values().collect();
    if zones.len() < 2 {
        return Err(fault::other(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            format!(
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. \
                 Current AZ coverage: {}. Add subnets to cover at least 2 AZs.",
                zones.into_iter().cloned().collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    Ok(subnets)
}

pub(super) fn modify(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let name = cx.own_name("subgrp", "DBSubnetGroupName")?;
    let description = cx.text("DBSubnetGroupDescription");
    let wanted = subnets(cx)?;
    let here = account.region_mut(cx.region);
    let group = here.subnet_groups.get_mut(&name).ok_or_else(|| fault::no_subnet_group(&name))?;
    // An instance stands in the subnet of its zone.
    let zones: BTreeSet<&String> = wanted.values().collect();
    for instance in here.instances.values() {
        let inside = here
            .clusters
            .get(&instance.cluster)
            .is_some_and(|cluster| cluster.subnet_group == name);
        if inside && !zones.contains(&instance.zone) {
            let used = group.subnets.iter().find(|(_, zone)| **zone == instance.zone);
            return Err(fault::other(
                "SubnetAlreadyInUse",
                format!(
                    "The subnet '{}' is in use by the DB instance '{}'.",
                    used.map_or("", |(id, _)| id.as_str()),
                    instance.id
                ),
            ));
        }
    }
    group.subnets = wanted;
    if let Some(description) = description {
        group.description = description;
    }
    let group = group.clone();
    Ok(vec![view(cx, &group)])
}

pub(super) fn delete(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let name = cx.own_name("subgrp", "DBSubnetGroupName")?;
    let here = account.region_mut(cx.region);
    if !here.subnet_groups.contains_key(&name) {
        return Err(fault::no_subnet_group(&name));
    }
    if let Some(cluster) = here.clusters.values().find(|cluster| cluster.subnet_group == name) {
        return Err(fault::subnet_group_state(format!(
            "Cannot delete the subnet group '{name}' because at least one database cluster: {} is \
             still using it.",
            cluster.id
        )));
    }
    here.subnet_groups.remove(&name);
    Ok(Vec::new())
}

pub(super) fn describe(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    filters(&cx.params, &[])?;
    let mut all = account.region_mut(cx.region).subnet_groups.clone();
    all.insert("default".to_owned(), default_group(cx.region));
    if let Some(name) = cx.text("DBSubnetGroupName") {
        let name = cx.name_in("subgrp", &name);
        all.retain(|key, _| *key == name);
        if all.is_empty() {
            return Err(fault::no_subnet_group(&name));
        }
    }
    let items: Vec<_> = all.into_iter().map(|(name, group)| (name, view(cx, &group))).collect();
    page(cx, "DBSubnetGroups", "DBSubnetGroup", items)
}

fn default_group(region: &str) -> SubnetGroup {
    SubnetGroup {
        name: "default".to_owned(),
        description: "default".to_owned(),
        vpc: seed::vpc_id(region),
        subnets: seed::subnet_ids(region).into_iter().zip(seed::zones(region)).collect(),
        tags: BTreeMap::new(),
    }
}

/// The group that a cluster of this region stands in, as its instances show it.
pub(super) fn view_of(cx: &Context<'_>, account: &Account, name: &str) -> Element {
    match account.region(cx.region).and_then(|here| here.subnet_groups.get(name)) {
        Some(group) => view(cx, group),
        None => view(cx, &default_group(cx.region)),
    }
}

fn view(cx: &Context<'_>, group: &SubnetGroup) -> Element {
    let subnets = group.subnets.iter().map(|(id, zone)| {
        Element::new("")
            .text_child("SubnetIdentifier", id)
            .child(Element::new("SubnetAvailabilityZone").text_child("Name", zone))
            .child(Element::new("SubnetOutpost"))
            .text_child("SubnetStatus", "Active")
    });
    Element::new("DBSubnetGroup")
        .text_child("DBSubnetGroupName", &group.name)
        .text_child("DBSubnetGroupDescription", &group.description)
        .text_child("VpcId", &group.vpc)
        .text_child("SubnetGroupStatus", "Complete")
        .child(query::list("Subnets", "Subnet", subnets))
        .text_child("DBSubnetGroupArn", cx.arn("subgrp", &group.name))
        .child(super::page::texts("SupportedNetworkTypes", "member", &["IPV4".to_owned()]))
}
