//! Rules of listeners, the default one among them.

use serde::{Deserialize, Serialize};

use super::action::{self, Action};
use super::tags::{self, Tags};
use super::transform::{self, Transform};
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
    transforms: Vec<Transform>,
    pub(super) tags: Tags,
}

impl Rule {
    pub(super) fn default_of(listener: &str) -> Self {
        Self {
            listener: listener.to_owned(),
            priority: None,
            conditions: Vec::new(),
            actions: Vec::new(),
            transforms: Vec::new(),
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

    /// With its transforms, which all calls answer but the one that moves it.
    fn whole(&self, region: &Region, arn: &str) -> Element {
        self.element(region, arn).child(transform::element(&self.transforms))
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
    let mut counted = 0;
    for sent in params.structs("Conditions") {
        let field = required(&sent, "Field")?;
        let Some((_, config)) = CONFIGS.iter().find(|(name, _)| *name == field) else {
            return Err(invalid(format!(
                "Condition field '{field}' must be one of '[path-pattern, host-header, http-header, http-request-method, query-string, source-ip]'"
            )));
        };
        let mut fields: tree::Fields =
            sent.fields().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let said = |name: &str| match tree::list(&fields, name) {
            values if values.is_empty() => tree::list(&fields, &format!("{config}.{name}")),
            values => values,
        };
        let (values, expressions) = (said("Values"), said("RegexValues"));
        check_expressions(field, &values, &expressions)?;
        let pairs = sent.structs(&format!("{config}.Values"));
        let count = values.len().max(pairs.len()) + expressions.len();
        if count == 0 {
            return Err(invalid("A condition value must be specified"));
        }
        counted += count;
        if matches!(field, "host-header" | "path-pattern") {
            for (name, texts) in [("Values", &values), ("RegexValues", &expressions)] {
                for (number, text) in (1..).zip(texts) {
                    fields.insert(format!("{name}.member.{number}"), text.clone());
                    fields.insert(format!("{config}.{name}.member.{number}"), text.clone());
                }
            }
        }
        conditions.push(fields);
    }
    if counted > 5 {
        return Err(invalid("A rule can only have '5' condition values"));
    }
    if conditions.is_empty() {
        return Err(invalid("A condition must be specified"));
    }
    Ok(conditions)
}

/// Regular expressions stand for values, and not beside them.
fn check_expressions(field: &str, values: &[String], expressions: &[String]) -> Result<(), Fault> {
    if expressions.is_empty() {
        return Ok(());
    }
    if !matches!(field, "host-header" | "http-header" | "path-pattern") {
        return Err(invalid(format!(
            "A condition of the field '{field}' does not support regex values"
        )));
    }
    if !values.is_empty() {
        return Err(invalid("A condition can have either values or regex values"));
    }
    let good = |it: &String| (1..=128).contains(&it.len()) && transform::takes(it);
    if !expressions.iter().all(good) {
        return Err(invalid("One or more provided condition regex values are invalid"));
    }
    Ok(())
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
    let transforms = transform::read(params)?;
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
    let rule = Rule { priority: Some(priority), conditions, actions, transforms, tags, listener };
    let arn = default_arn(&rule.listener, &world.fresh_hex());
    let region = world.elbv2.at(call);
    let element = rule.whole(region, &arn);
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
            (key, rule.whole(region, arn))
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
    let transforms = transform::read(params)?;
    let reset = params.bool("ResetTransforms") == Some(true);
    if reset && !transforms.is_empty() {
        return Err(invalid("Transforms cannot be provided when resetting transforms"));
    }
    let parts = ["Conditions", "Actions"].map(|part| params.structs(part).is_empty());
    if parts == [true, true] && transforms.is_empty() && !reset {
        return Err(invalid("You must provide either conditions, actions, or transforms"));
    }
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
    if reset || !transforms.is_empty() {
        rule.transforms = transforms;
    }
    let element = rule.whole(region, arn);
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
