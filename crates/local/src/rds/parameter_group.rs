//! DB cluster parameter groups.

use std::collections::BTreeMap;

use super::context::Context;
use super::engines::{ENGINES, family_exists};
use super::page::{filters, page};
use super::parameters::{self, Known};
use super::state::{Account, ParameterGroup, Regional, SetParameter};
use super::{Answer, fault, names, tags};
use crate::query::Params;
use crate::reply::Fault;
use crate::xml::Element;

/// AWS takes this many parameters in one call.
const PARAMETERS_PER_CALL: usize = 20;
const QUOTA: usize = 100;

/// The group that a cluster is to use. `default.<family>` always exists.
pub(super) fn usable(
    cx: &Context<'_>,
    account: &Account,
    name: &str,
    family: &str,
) -> Result<String, Fault> {
    let name = name.to_lowercase();
    let found = match name.strip_prefix("default.") {
        Some(family) if family_exists(family) => Some(family.to_owned()),
        _ => account
            .region(cx.region)
            .and_then(|here| here.parameter_groups.get(&name))
            .map(|group| group.family.clone()),
    };
    match found {
        None => Err(fault::no_cluster_parameter_group(&name)),
        Some(found) if found != family => Err(fault::combination(format!(
            "The Parameter Group {name} with DBParameterGroupFamily {found} cannot be used for \
             this instance. Please use a Parameter Group with DBParameterGroupFamily {family}"
        ))),
        Some(_) => Ok(name),
    }
}

pub(super) fn create(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let name = names::parameter_group(&cx.required("DBClusterParameterGroupName")?)?;
    let family = cx.required("DBParameterGroupFamily")?.to_lowercase();
    let description = cx.required("Description")?;
    let tags = tags::read(&cx.params)?;
    if !family_exists(&family) {
        return Err(fault::value(format!(
            "ParameterGroupFamily {family} is not a valid parameter group family"
        )));
    }
    let here = account.region_mut(cx.region);
    if here.parameter_groups.contains_key(&name) {
        return Err(fault::other(
            "DBParameterGroupAlreadyExists",
            format!("Parameter group {name} already exists"),
        ));
    }
    if here.parameter_groups.len() >= QUOTA {
        return Err(fault::other(
            "DBParameterGroupQuotaExceeded",
            "The request would result in the user exceeding the allowed number of parameter groups.",
        ));
    }
    let group = ParameterGroup { name, family, description, values: BTreeMap::new(), tags };
    let view = view(cx, &group);
    here.parameter_groups.insert(group.name.clone(), group);
    Ok(vec![view])
}

pub(super) fn describe(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    filters(&cx.params, &[])?;
    let here = account.region_mut(cx.region);
    // The default groups show once something uses them, or when they are asked for by name.
    let mut all: BTreeMap<String, ParameterGroup> = here.parameter_groups.clone();
    let named = cx.text("DBClusterParameterGroupName").map(|name| cx.name_in("cluster-pg", &name));
    for family in ENGINES.iter().flat_map(|engine| engine.families()) {
        let name = format!("default.{family}");
        let used = here.clusters.values().any(|cluster| cluster.parameter_group == name);
        if used || named.as_ref() == Some(&name) {
            let group = default_group(&name, &family);
            all.insert(name, group);
        }
    }
    if let Some(name) = named {
        all.retain(|key, _| *key == name);
        if all.is_empty() {
            return Err(fault::no_parameter_group(&name));
        }
    }
    let items: Vec<_> = all.into_iter().map(|(name, group)| (name, view(cx, &group))).collect();
    page(cx, "DBClusterParameterGroups", "DBClusterParameterGroup", items)
}

fn default_group(name: &str, family: &str) -> ParameterGroup {
    ParameterGroup {
        name: name.to_owned(),
        family: family.to_owned(),
        description: format!("Default cluster parameter group for {family}"),
        values: BTreeMap::new(),
        tags: BTreeMap::new(),
    }
}

fn view(cx: &Context<'_>, group: &ParameterGroup) -> Element {
    Element::new("DBClusterParameterGroup")
        .text_child("DBClusterParameterGroupName", &group.name)
        .text_child("DBParameterGroupFamily", &group.family)
        .text_child("Description", &group.description)
        .text_child("DBClusterParameterGroupArn", cx.arn("cluster-pg", &group.name))
}

pub(super) fn modify(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let name = cx.own_name("cluster-pg", "DBClusterParameterGroupName")?;
    let wanted = cx.params.structs("Parameters");
    if wanted.is_empty() {
        return Err(fault::missing("Parameters"));
    }
    let here = account.region_mut(cx.region);
    let group = own(here, &name)?;
    limited(&wanted)?;
    let mut changes = Vec::new();
    for parameter in &wanted {
        changes.push(change(&group.family, parameter)?);
    }
    let mut reboot = false;
    for (name, set, dynamic) in changes {
        reboot |= !dynamic && group.values.get(&name) != Some(&set);
        group.values.insert(name, set);
    }
    if reboot {
        wants_reboot(here, &name);
    }
    Ok(named(&name))
}

/// A parameter as it will be stored, and whether it takes effect without a reboot.
fn change(family: &str, parameter: &Params) -> Result<(String, SetParameter, bool), Fault> {
    let name = parameter_name(parameter)?;
    let value = parameter.get("ParameterValue").ok_or_else(|| fault::missing("ParameterValue"))?;
    let method = parameter.get("ApplyMethod").ok_or_else(|| fault::missing("ApplyMethod"))?;
    let known = parameters::find(family, &name);
    let dynamic = known.is_none_or(|known| known.dynamic);
    check_method(method, dynamic)?;
    let value = match known {
        Some(known) => parameters::normalised(known, value)?,
        None => value.to_owned(),
    };
    Ok((name, SetParameter { value, method: method.to_owned() }, dynamic))
}

fn parameter_name(parameter: &Params) -> Result<String, Fault> {
    let name = parameter.get("ParameterName").unwrap_or_default().to_lowercase();
    let fits = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if fits { Ok(name) } else { Err(fault::value(format!("Invalid parameter name: {name}"))) }
}

fn check_method(method: &str, dynamic: bool) -> Result<(), Fault> {
    match method {
        "immediate" if !dynamic => {
            Err(fault::combination("cannot use immediate apply method for static parameter"))
        }
        "immediate" | "pending-reboot" => Ok(()),
        other => Err(fault::value(format!("Invalid ApplyMethod: {other}"))),
    }
}

fn limited(parameters: &[Params]) -> Result<(), Fault> {
    if parameters.len() > PARAMETERS_PER_CALL {
        return Err(fault::value(format!(
            "Too many parameters in the request: {}. A maximum of {PARAMETERS_PER_CALL} \
             parameters can be modified in a single request.",
            parameters.len()
        )));
    }
    Ok(())
}

pub(super) fn reset(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let name = cx.own_name("cluster-pg", "DBClusterParameterGroupName")?;
    let all = cx.params.bool("ResetAllParameters").unwrap_or(false);
    let chosen = cx.params.structs("Parameters");
    let here = account.region_mut(cx.region);
    let group = own(here, &name)?;
    if all && !chosen.is_empty() {
        return Err(fault::combination("Parameters can not be specified with ResetAllParameters."));
    }
    if !all && chosen.is_empty() {
        return Err(fault::combination(
            "At least one of ResetAllParameters or Parameters must be specified.",
        ));
    }
    limited(&chosen)?;
    let mut reset = Vec::new();
    for parameter in &chosen {
        let parameter_name = parameter_name(parameter)?;
        let dynamic =
            parameters::find(&group.family, &parameter_name).is_none_or(|known| known.dynamic);
        if let Some(method) = parameter.get("ApplyMethod") {
            check_method(method, dynamic)?;
        }
        reset.push(parameter_name);
    }
    let mut reboot = false;
    let family = group.family.clone();
    group.values.retain(|name, _| {
        let stays = !all && !reset.contains(name);
        reboot |= !stays && parameters::find(&family, name).is_some_and(|known| !known.dynamic);
        stays
    });
    if reboot {
        wants_reboot(here, &name);
    }
    Ok(named(&name))
}

/// Instances of the clusters that use the group run with older values until they are rebooted.
fn wants_reboot(here: &mut Regional, group: &str) {
    for instance in here.instances.values_mut() {
        let uses = here
            .clusters
            .get(&instance.cluster)
            .is_some_and(|cluster| cluster.parameter_group == group);
        instance.pending_reboot |= uses;
    }
}

fn named(name: &str) -> Vec<Element> {
    vec![Element {
        name: "DBClusterParameterGroupName".to_owned(),
        text: name.to_owned(),
        ..Element::default()
    }]
}

fn own<'a>(here: &'a mut Regional, name: &str) -> Result<&'a mut ParameterGroup, Fault> {
    if is_default(name) {
        return Err(fault::parameter_group_state("Default parameter groups cannot be modified."));
    }
    here.parameter_groups.get_mut(name).ok_or_else(|| fault::no_parameter_group(name))
}

fn is_default(name: &str) -> bool {
    name.strip_prefix("default.").is_some_and(family_exists)
}

pub(super) fn delete(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let name = cx.own_name("cluster-pg", "DBClusterParameterGroupName")?;
    if is_default(&name) {
        return Err(fault::parameter_group_state(
            "Default DBClusterParameterGroup cannot be deleted.",
        ));
    }
    let here = account.region_mut(cx.region);
    if !here.parameter_groups.contains_key(&name) {
        return Err(fault::no_parameter_group(&name));
    }
    if here.clusters.values().any(|cluster| cluster.parameter_group == name) {
        return Err(fault::parameter_group_state(
            "One or more database instances are still members of this parameter group, so the \
             group cannot be deleted",
        ));
    }
    here.parameter_groups.remove(&name);
    Ok(Vec::new())
}

pub(super) fn describe_parameters(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let name = cx.own_name("cluster-pg", "DBClusterParameterGroupName")?;
    let source = cx.text("Source");
    let here = account.region_mut(cx.region);
    let group = match name.strip_prefix("default.") {
        Some(family) if family_exists(family) => default_group(&name, family),
        _ => here
            .parameter_groups
            .get(&name)
            .cloned()
            .ok_or_else(|| fault::no_parameter_group(&name))?,
    };
    let mut items: BTreeMap<String, Element> = BTreeMap::new();
    for known in parameters::of_family(&group.family) {
        items.insert(known.name.to_owned(), parameter_view(known, None));
    }
    for (name, set) in &group.values {
        let element = match parameters::find(&group.family, name) {
            // Set to what it is anyway: AWS no longer shows it as the user's.
            Some(known) if known.default == Some(set.value.as_str()) => parameter_view(known, None),
            Some(known) => parameter_view(known, Some(set)),
            None => Element::new("")
                .text_child("ParameterName", name)
                .text_child("ParameterValue", &set.value)
                .text_child("Source", "user")
                .text_child("ApplyType", "dynamic")
                .text_child("DataType", "string")
                .text_child("IsModifiable", true)
                .text_child("ApplyMethod", &set.method),
        };
        items.insert(name.clone(), element);
    }
    if let Some(source) = source {
        items.retain(|_, element| element.text_of("Source") == Some(source.as_str()));
    }
    page(cx, "Parameters", "Parameter", items)
}

fn parameter_view(known: &Known, set: Option<&SetParameter>) -> Element {
    let value = set.map(|set| set.value.as_str()).or(known.default);
    let method = set.map_or("pending-reboot", |set| set.method.as_str());
    Element::new("")
        .text_child("ParameterName", known.name)
        .text_child_opt("ParameterValue", value)
        .text_child("Source", if set.is_some() { "user" } else { "engine-default" })
        .text_child("ApplyType", if known.dynamic { "dynamic" } else { "static" })
        .text_child("DataType", known.data_type)
        .text_child_opt("AllowedValues", Some(known.allowed).filter(|text| !text.is_empty()))
        .text_child("IsModifiable", true)
        .text_child("ApplyMethod", method)
}
