//! Elastic Load Balancing v2: load balancers, target groups, listeners and their rules.
//!
//! No traffic flows. What is modelled is what the API shows of it, and the health of targets,
//! as DNS sees it ([`alias_healthy`]).

mod action;
mod attributes;
mod authenticate;
mod certificate;
mod health_check;
mod listener;
mod load_balancer;
mod rule;
mod subnets;
mod tags;
mod target_group;
mod targets;
mod transform;
mod tree;
mod zones;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::query::{self, Params};
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;
use listener::Listener;
use load_balancer::LoadBalancer;
use rule::Rule;
use target_group::TargetGroup;
pub use targets::{Health, alias_healthy, set_target_health};
pub use zones::canonical_hosted_zone_id;

/// What the service holds: account, then region.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    accounts: BTreeMap<String, BTreeMap<String, Region>>,
}

/// Everything by ARN.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Region {
    load_balancers: BTreeMap<String, LoadBalancer>,
    target_groups: BTreeMap<String, TargetGroup>,
    listeners: BTreeMap<String, Listener>,
    rules: BTreeMap<String, Rule>,
}

impl State {
    /// The region that a call is for.
    fn at(&mut self, call: &Call) -> &mut Region {
        self.accounts
            .entry(call.account.clone())
            .or_default()
            .entry(call.region.clone())
            .or_default()
    }

    fn regions(&self) -> impl Iterator<Item = &Region> {
        self.accounts.values().flat_map(BTreeMap::values)
    }
}

impl Region {
    fn load_balancer(&mut self, arn: &str) -> Result<&mut LoadBalancer, Fault> {
        self.load_balancers.get_mut(arn).ok_or_else(|| {
            Fault::new(400, "LoadBalancerNotFound", format!("Load balancer '{arn}' not found"))
        })
    }

    fn target_group(&mut self, arn: &str) -> Result<&mut TargetGroup, Fault> {
        self.target_groups.get_mut(arn).ok_or_else(|| {
            Fault::new(400, "TargetGroupNotFound", format!("Target groups '{arn}' not found"))
        })
    }

    fn listener(&mut self, arn: &str) -> Result<&mut Listener, Fault> {
        self.listeners.get_mut(arn).ok_or_else(|| {
            Fault::new(400, "ListenerNotFound", format!("Listener '{arn}' not found"))
        })
    }

    fn rule(&mut self, arn: &str) -> Result<&mut Rule, Fault> {
        self.rules
            .get_mut(arn)
            .ok_or_else(|| Fault::new(400, "RuleNotFound", format!("Rule '{arn}' not found")))
    }

    /// The load balancers that send traffic to a target group.
    fn users_of(&self, target_group: &str) -> Vec<String> {
        let listeners = self.listeners.values();
        let of_listeners = listeners
            .filter(|listener| action::forwards_to(&listener.actions, target_group))
            .map(|listener| listener.load_balancer.clone());
        let rules = self.rules.values();
        let of_rules = rules
            .filter(|rule| action::forwards_to(&rule.actions, target_group))
            .filter_map(|rule| self.listeners.get(&rule.listener))
            .map(|listener| listener.load_balancer.clone());
        let mut arns: Vec<String> = of_listeners.chain(of_rules).collect();
        arns.sort();
        arns.dedup();
        arns
    }
}

/// The load balancers whose listeners use a certificate.
pub fn users_of_certificate(world: &World, account: &str, region: &str, arn: &str) -> Vec<String> {
    let state = world.elbv2.accounts.get(account).and_then(|regions| regions.get(region));
    let mut arns: Vec<String> = state
        .into_iter()
        .flat_map(|state| state.listeners.values())
        .filter(|listener| listener.certificates.iter().any(|certificate| certificate == arn))
        .map(|listener| listener.load_balancer.clone())
        .collect();
    arns.sort();
    arns.dedup();
    arns
}

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let params = Params::of(call);
    let operation = match call.operation.as_str() {
        "AddListenerCertificates" => certificate::add,
        "AddTags" => tags::add,
        "CreateListener" => listener::create,
        "CreateLoadBalancer" => load_balancer::create,
        "CreateRule" => rule::create,
        "CreateTargetGroup" => target_group::create,
        "DeleteListener" => listener::delete,
        "DeleteLoadBalancer" => load_balancer::delete,
        "DeleteRule" => rule::delete,
        "DeleteTargetGroup" => target_group::delete,
        "DeregisterTargets" => targets::deregister,
        "DescribeCapacityReservation" => load_balancer::describe_capacity,
        "DescribeListenerAttributes" => listener::describe_attributes,
        "DescribeListenerCertificates" => certificate::describe,
        "DescribeListeners" => listener::describe,
        "DescribeLoadBalancerAttributes" => load_balancer::describe_attributes,
        "DescribeLoadBalancers" => load_balancer::describe,
        "DescribeRules" => rule::describe,
        "DescribeTags" => tags::describe,
        "DescribeTargetGroupAttributes" => target_group::describe_attributes,
        "DescribeTargetGroups" => target_group::describe,
        "DescribeTargetHealth" => targets::describe_health,
        "ModifyListener" => listener::modify,
        "ModifyListenerAttributes" => listener::modify_attributes,
        "ModifyLoadBalancerAttributes" => load_balancer::modify_attributes,
        "ModifyRule" => rule::modify,
        "ModifyTargetGroup" => target_group::modify,
        "ModifyTargetGroupAttributes" => target_group::modify_attributes,
        "RegisterTargets" => targets::register,
        "RemoveListenerCertificates" => certificate::remove,
        "RemoveTags" => tags::remove,
        "SetIpAddressType" => subnets::set_ip_address_type,
        "SetRulePriorities" => rule::set_priorities,
        "SetSecurityGroups" => subnets::set_security_groups,
        "SetSubnets" => subnets::set,
        other => {
            return Err(Fault::new(
                400,
                "InvalidAction",
                format!("Could not find operation {other} for version 2015-12-01"),
            ));
        }
    };
    let fields = operation(world, call, &params)?;
    let request_id = world.fresh_uuid();
    Ok(query::answer(call, &request_id, fields))
}

/// What an operation answers: the children of its result element.
type Fields = Result<Vec<Element>, Fault>;

/// Lets happen what was due by now: targets that have drained are gone.
pub fn settle(world: &mut World) {
    let now_ms = world.now_ms;
    for region in world.elbv2.accounts.values_mut().flat_map(BTreeMap::values_mut) {
        for group in region.target_groups.values_mut() {
            group.targets.retain(|target| !target.gone(now_ms));
        }
    }
}

fn text(name: &str, text: impl ToString) -> Element {
    Element { name: name.into(), text: text.to_string(), ..Element::default() }
}

fn texts<'a>(name: &str, texts: impl IntoIterator<Item = &'a String>) -> Element {
    Element::new(name).children(texts.into_iter().map(|item| text("member", item)))
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(400, "ValidationError", message)
}

/// A configuration that is well-formed but cannot be.
fn impossible(message: impl Into<String>) -> Fault {
    Fault::new(400, "InvalidConfigurationRequest", message)
}

fn required<'a>(params: &'a Params, field: &str) -> Result<&'a str, Fault> {
    params.get(field).filter(|value| !value.is_empty()).ok_or_else(|| {
        let member = format!("{}{}", field[..1].to_lowercase(), &field[1..]);
        invalid(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: \
             Member must not be null"
        ))
    })
}

/// A value out of a closed set.
fn one_of<'a>(params: &'a Params, field: &str, values: &[&str]) -> Result<Option<&'a str>, Fault> {
    match params.get(field) {
        Some(value) if !values.contains(&value) => {
            let member = format!("{}{}", field[..1].to_lowercase(), &field[1..]);
            Err(invalid(format!(
                "1 validation error detected: Value '{value}' at '{member}' failed to satisfy \
                 constraint: Member must satisfy enum value set: [{}]",
                values.join(", ")
            )))
        }
        value => Ok(value),
    }
}

/// A whole number between two others.
fn number(params: &Params, field: &str, from: i64, to: i64) -> Result<Option<i64>, Fault> {
    match params.get(field) {
        None => Ok(None),
        Some(value) => match value.parse() {
            Ok(number) if (from..=to).contains(&number) => Ok(Some(number)),
            _ => Err(invalid(format!(
                "1 validation error detected: Value '{value}' at '{field}' must be between {from} \
                 and {to}"
            ))),
        },
    }
}

/// The name of a load balancer or target group.
fn name<'a>(params: &'a Params, thing: &str) -> Result<&'a str, Fault> {
    let name = required(params, "Name")?;
    let refuse = |why: &str| Err(invalid(format!("{thing} name '{name}' {why}")));
    if name.len() > 32 {
        return refuse("cannot be longer than '32' characters");
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return refuse(
            "can only contain characters that are alphanumeric characters and hyphens(-)",
        );
    }
    if name.starts_with('-') || name.ends_with('-') {
        return refuse("cannot begin or end with a hyphen");
    }
    Ok(name)
}

/// At most this many members in a list.
fn at_most(list: &[String], most: usize, what: &str) -> Result<(), Fault> {
    if list.len() > most {
        return Err(invalid(format!("Up to '{most}' {what} can be specified")));
    }
    Ok(())
}

/// The page of `items` that the request asks for, as `<name>`, with `NextMarker`.
fn page(params: &Params, name: &str, items: impl IntoIterator<Item = (String, Element)>) -> Fields {
    let most = number(params, "PageSize", 1, 400)?.unwrap_or(400);
    let after = params.get("Marker").unwrap_or_default();
    let mut rest = items.into_iter().filter(|(key, _)| key.as_str() > after).peekable();
    let mut page = Vec::new();
    let mut last = String::new();
    while page.len() < usize::try_from(most).unwrap_or(usize::MAX) {
        let Some((key, item)) = rest.next() else { break };
        last = key;
        page.push(item);
    }
    let mut fields = vec![query::list(name, "member", page)];
    if rest.peek().is_some() {
        fields.push(text("NextMarker", last));
    }
    Ok(fields)
}

#[cfg(test)]
mod tests;
