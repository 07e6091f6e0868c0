//! Rules of listeners, the default one among them.

use serde::{Deserialize, Serialize};

use super::action::{self, Action};
use super::tags::{self, Tags};
use super::tree;
use super::{Fields, Region, invalid, number, page, required};
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::world::World;
use crate::xml::Element;

/// A rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Rule {
    /// ARN of the listener.
    pub(super) listener: String,
    /// None for the default rule.
    priority: Option<i64>,
    conditions: Vec<tree::Fields>,
    /// Those of the default rule are the listener's.
    pub(super) actions: Vec<Action>,
    pub(super) tags: Tags,
}

impl Rule {
    pub(super) fn default_of(listener: &str) -> Self {
        Self {
            listener: listener.to_owned(),
            priority: None,
            conditions: Vec::new(),
            actions: Vec::new(),
            tags: Tags::new(),
        }
    }

    fn element(&self, region: &Region, arn: &str) -> Element {
        let actions = match (self.priority, region.listeners.get(&self.listener)) {
            (None, Some(listener)) => &listener.actions,
            _ => &self.actions,
        };
        let priority = self.priority.map_or("default".to_owned(), |priority| priority.to_string());
        let conditions = self.conditions.iter().map(|fields| tree::element("member", fields));
        Element::new("member")
            .text_child("RuleArn", arn)
            .text_child("Priority", priority)
            .child(Element::new("Conditions").children(conditions))
            .child(action::element("Actions", actions))
            .text_child("IsDefault", self.priority.is_none())
    }
}

/// The ARN of a rule of a listener.
pub(super) fn default_arn(listener: &str, hex: &str) -> String {
    format!("{}/{}", listener.replacen(":listener/", ":listener-rule/", 1), &hex[..16])
}

const CONFIGS: [(&str, &str); 6] = [
    ("host-header", "HostHeaderConfig"),
    ("http-header", "HttpHeaderConfig"),
    ("http-request-method", "HttpRequestMethodConfig"),
    ("path-pattern", "PathPatternConfig"),
    ("query-string", "QueryStringConfig"),
    ("source-ip", "SourceIpConfig"),
];

/// The conditions of a request, in the form that AWS brings them to: hosts and paths are shown
/// both as plain values and in their configuration.
fn conditions(params: &Params) -> Result<Vec<tree::Fields>, Fault> {
    let mut conditions = Vec::new();
    for sent in params.structs("Conditions") {
        let field = required(&sent, "Field")?;
        let Some((_, config)) = CONFIGS.iter().find(|(name, _)| *name == field) else {
            return Err(invalid(format!(
                "Condition field '{field}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'"
            )));
        };
        let mut fields: tree::Fields =
            sent.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let nested = format!("{config}.Values");
        let values = match tree::list(&fields, "Values") {
            values if values.is_empty() => tree::list(&fields, &nested),
            values => values,
        };
        if values.is_empty() && !fields.keys().any(|name| name.contains("Values.")) {
            return Err(invalid("A condition value must be specified"));
        }
        if matches!(field, "host-header" | "path-pattern") {
            for (index, value) in values.iter().enumerate() {
                fields.insert(format!("Values.member.{}", index + 1), value.clone());
                fields.insert(format!("{nested}.member.{}", index + 1), value.clone());
            }
        }
        conditions.push(fields);
    }
    if conditions.is_empty() {
        return Err(invalid("A condition must be specified"));
    }
    Ok(conditions)
}

fn actions(
    region: &mut Region,
    listener_arn: &str,
    params: &Params,
    old: &[Action],
) -> Result<Vec<Action>, Fault> {
    let listener = region.listener(listener_arn)?.clone();
    let balancer = region.load_balancer(&listener.load_balancer)?.clone();
    let balancer = (listener.load_balancer.as_str(), &balancer);
    action::read(region, balancer, listener.protocol(), params, "Actions", old)
}

fn taken(region: &Region, listener: &str, priority: i64, except: &[String]) -> bool {
    region.rules.iter().any(|(arn, rule)| {
        rule.listener == listener && rule.priority == Some(priority) && !except.contains(arn)
    })
}

fn in_use(priority: i64) -> Fault {
    Fault::new(400, "PriorityInUse", format!("Priority '{priority}' is currently in use"))
}

pub(super) fn create(world: &mut World, call: &Call, params: &Params) -> Fields {
    let listener = required(params, "ListenerArn")?.to_owned();
    required(params, "Priority")?;
    let priority = number(params, "Priority", 1, 50_000)?.unwrap_or(1);
    let conditions = conditions(params)?;
    let tags = tags::read(params)?;
    let region = world.elbv2.at(call);
    let actions = actions(region, &listener, params, &[])?;
    if taken(region, &listener, priority, &[]) {
        return Err(in_use(priority));
    }
    if region.rules.values().filter(|rule| rule.listener == listener).count() > 100 {
        return Err(Fault::new(
            400,
            "TooManyRules",
            "The maximum number of rules '100' has been reached",
        ));
    }
    let rule = Rule { priority: Some(priority), conditions, actions, tags, listener };
    let arn = default_arn(&rule.listener, &world.fresh_hex());
    let region = world.elbv2.at(call);
    let element = rule.element(region, &arn);
    region.rules.insert(arn, rule);
    Ok(vec![Element::new("Rules").child(element)])
}

pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arns = params.list("RuleArns");
    let listener = params.get("ListenerArn");
    let region = world.elbv2.at(call);
    match (&arns, listener) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(invalid("You must specify either rule ARNs or a listener ARN"));
        }
        (Some(arns), None) => {
            for arn in arns {
                region.rule(arn)?;
            }
        }
        (None, Some(listener)) => {
            region.listener(listener)?;
        }
    }
    let region = &*region;
    let mut found: Vec<(String, Element)> = region
        .rules
        .iter()
        .filter(|(arn, rule)| {
            arns.as_ref().is_none_or(|arns| arns.contains(arn))
                && listener.is_none_or(|listener| rule.listener == listener)
        })
        .map(|(arn, rule)| {
            // By priority, the default rule last; the ARN makes the key unique.
            let key = format!("{:05} {arn}", rule.priority.unwrap_or(99_999));
            (key, rule.element(region, arn))
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    page(params, "Rules", found)
}

pub(super) fn modify(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "RuleArn")?;
    let until = world.now_ms + world.duration_ms("elbv2.target_group.release", 0);
    let region = world.elbv2.at(call);
    let mut rule = region.rule(arn)?.clone();
    if rule.priority.is_none() {
        return Err(Fault::new(
            400,
            "OperationNotPermitted",
            format!("Default rule '{arn}' cannot be modified"),
        ));
    }
    if !params.structs("Conditions").is_empty() {
        rule.conditions = conditions(params)?;
    }
    if !params.structs("Actions").is_empty() {
        let new = actions(region, &rule.listener, params, &rule.actions)?;
        region.hold(&rule.actions, until);
        rule.actions = new;
    }
    let element = rule.element(region, arn);
    region.rules.insert(arn.to_owned(), rule);
    Ok(vec![Element::new("Rules").child(element)])
}

pub(super) fn delete(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "RuleArn")?;
    let until = world.now_ms + world.duration_ms("elbv2.target_group.release", 0);
    let region = world.elbv2.at(call);
    let rule = region.rule(arn)?.clone();
    if rule.priority.is_none() {
        return Err(Fault::new(
            400,
            "OperationNotPermitted",
            format!("Default rule '{arn}' cannot be deleted"),
        ));
    }
    region.hold(&rule.actions, until);
    region.rules.remove(arn);
    Ok(Vec::new())
}

pub(super) fn set_priorities(world: &mut World, call: &Call, params: &Params) -> Fields {
    let region = world.elbv2.at(call);
    let mut wanted = Vec::new();
    for pair in params.structs("RulePriorities") {
        let arn = required(&pair, "RuleArn")?.to_owned();
        let priority = number(&pair, "Priority", 1, 50_000)?
            .ok_or_else(|| invalid("A priority must be specified"))?;
        if region.rule(&arn)?.priority.is_none() {
            return Err(Fault::new(
                400,
                "OperationNotPermitted",
                format!("The priority of the default rule '{arn}' cannot be modified"),
            ));
        }
        wanted.push((arn, priority));
    }
    let moved: Vec<String> = wanted.iter().map(|(arn, _)| arn.clone()).collect();
    for (index, (arn, priority)) in wanted.iter().enumerate() {
        let listener = region.rule(arn)?.listener.clone();
        let twice = wanted[..index].iter().any(|(_, other)| other == priority);
        if twice || taken(region, &listener, *priority, &moved) {
            return Err(in_use(*priority));
        }
    }
    for (arn, priority) in wanted {
        region.rule(&arn)?.priority = Some(priority);
    }
    let region = &*region;
    let rules = region
        .rules
        .iter()
        .filter(|(arn, _)| moved.contains(arn))
        .map(|(arn, rule)| rule.element(region, arn));
    Ok(vec![Element::new("Rules").children(rules)])
}
