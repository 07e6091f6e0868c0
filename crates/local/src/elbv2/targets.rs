//! Targets and their health, as the API and DNS see it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::target_group::TargetGroup;
use super::{Fields, Region, invalid, number, required};
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::world::World;
use crate::xml::Element;

/// What health checks find at a target, where a test says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// It answers.
    Healthy,
    /// It does not.
    Unhealthy,
}

/// A registered target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Target {
    id: String,
    port: Option<i64>,
    zone: Option<String>,
    /// When the checks have found it healthy.
    healthy_ms: i64,
    /// What a test decided, instead.
    set: Option<Health>,
    /// When it has drained; set once it is deregistered.
    drained_ms: Option<i64>,
}

impl Target {
    pub(super) fn gone(&self, now_ms: i64) -> bool {
        self.drained_ms.is_some_and(|at| at <= now_ms)
    }

    /// State, reason and description.
    fn health(&self, in_use: bool, now_ms: i64) -> (&'static str, Option<[&'static str; 2]>) {
        if self.drained_ms.is_some() {
            let why = "Target deregistration is in progress";
            return ("draining", Some(["Target.DeregistrationInProgress", why]));
        }
        if !in_use {
            let why = "Target group is not configured to receive traffic from the load balancer";
            return ("unused", Some(["Target.NotInUse", why]));
        }
        match self.set {
            Some(Health::Healthy) => ("healthy", None),
            Some(Health::Unhealthy) => {
                ("unhealthy", Some(["Target.FailedHealthChecks", "Health checks failed"]))
            }
            None if now_ms < self.healthy_ms => (
                "initial",
                Some(["Elb.InitialHealthChecking", "Initial health checks in progress"]),
            ),
            None => ("healthy", None),
        }
    }
}

/// Decides what health checks find at the target `id` of the target group with this ARN; `None`
/// leaves it to itself again. Says whether there is such a target.
pub fn set_target_health(
    world: &mut World,
    target_group: &str,
    id: &str,
    health: Option<Health>,
) -> bool {
    let groups = world
        .elbv2
        .accounts
        .values_mut()
        .flat_map(|regions| regions.values_mut())
        .filter_map(|region| region.target_groups.get_mut(target_group));
    let mut found = false;
    for target in groups.flat_map(|group| &mut group.targets).filter(|target| target.id == id) {
        target.set = health;
        found = true;
    }
    found
}

/// What `EvaluateTargetHealth` finds behind an alias to this DNS name (with or without a
/// `dualstack.` prefix and a final dot, in any case): whether each target group of the load balancer has as
/// many healthy targets as its DNS failover asks for. A group without targets has none. `None` where
/// no load balancer has the name.
pub fn alias_healthy(world: &World, dns_name: &str) -> Option<bool> {
    let name = dns_name.trim_end_matches('.').to_lowercase();
    let name = name.strip_prefix("dualstack.").unwrap_or(&name);
    for region in world.elbv2.regions() {
        let balancer = region.load_balancers.iter().find(|(_, balancer)| {
            balancer.dns_name.as_ref().is_some_and(|own| own.to_lowercase() == name)
        });
        if let Some((arn, _)) = balancer {
            let mut groups = region
                .target_groups
                .iter()
                .filter(|(group, _)| region.users_of(group).iter().any(|user| user == arn));
            return Some(groups.all(|(_, group)| group_healthy(group, world.now_ms)));
        }
    }
    None
}

fn group_healthy(group: &TargetGroup, now_ms: i64) -> bool {
    let targets: Vec<&Target> =
        group.targets.iter().filter(|target| target.drained_ms.is_none()).collect();
    let healthy =
        targets.iter().filter(|target| target.health(true, now_ms).0 == "healthy").count();
    let minimum = |what: &str| {
        let key = format!("target_group_health.dns_failover.minimum_healthy_targets.{what}");
        group.attributes.get(&key).and_then(|value| value.parse::<usize>().ok())
    };
    let count = minimum("count").is_none_or(|count| healthy >= count);
    let percentage =
        minimum("percentage").is_none_or(|percentage| healthy * 100 >= percentage * targets.len());
    healthy > 0 && count && percentage
}

/// The targets of a request.
fn read(region: &mut Region, group: &str, params: &Params) -> Result<Vec<Target>, Fault> {
    let (kind, port) = {
        let group = region.target_group(group)?;
        (group.target_type.clone(), group.port)
    };
    let mut targets = Vec::new();
    for target in params.structs("Targets") {
        let id = required(&target, "Id")?.to_owned();
        let good = match kind.as_str() {
            "instance" => id.starts_with("i-"),
            "ip" => id.parse::<IpAddr>().is_ok(),
            "lambda" => id.starts_with("arn:aws:lambda:"),
            _ => region.load_balancers.contains_key(&id),
        };
        if !good {
            return Err(Fault::new(
                400,
                "InvalidTarget",
                format!("The target '{id}' is not a valid target of type '{kind}'"),
            ));
        }
        targets.push(Target {
            id,
            port: number(&target, "Port", 1, 65535)?.or(port),
            zone: target.get("AvailabilityZone").map(ToOwned::to_owned),
            healthy_ms: 0,
            set: None,
            drained_ms: None,
        });
    }
    Ok(targets)
}

pub(super) fn register(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "TargetGroupArn")?;
    let healthy_ms = world.now_ms + world.duration_ms("elbv2.target.healthy", 30_000);
    let region = world.elbv2.at(call);
    let targets = read(region, arn, params)?;
    if targets.is_empty() {
        return Err(invalid("At least one target must be specified"));
    }
    let group = region.target_group(arn)?;
    for target in targets {
        let same = |other: &Target| other.id == target.id && other.port == target.port;
        match group.targets.iter_mut().find(|other| same(other)) {
            Some(other) if other.drained_ms.is_none() => {}
            Some(other) => *other = Target { healthy_ms, ..target },
            None => group.targets.push(Target { healthy_ms, ..target }),
        }
    }
    Ok(Vec::new())
}

pub(super) fn deregister(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "TargetGroupArn")?;
    let now_ms = world.now_ms;
    let region = world.elbv2.at(call);
    let in_use = !region.users_of(arn).is_empty();
    let targets = read(region, arn, params)?;
    let group = region.target_group(arn)?;
    let delay = group
        .attributes
        .get("deregistration_delay.timeout_seconds")
        .and_then(|seconds| seconds.parse::<i64>().ok())
        .filter(|_| in_use)
        .unwrap_or(0);
    for target in targets {
        for own in &mut group.targets {
            if own.id == target.id && (own.port == target.port) && own.drained_ms.is_none() {
                own.drained_ms = Some(now_ms + delay * 1000);
            }
        }
    }
    group.targets.retain(|target| !target.gone(now_ms));
    Ok(Vec::new())
}

pub(super) fn describe_health(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "TargetGroupArn")?;
    let now_ms = world.now_ms;
    let region = world.elbv2.at(call);
    let in_use = !region.users_of(arn).is_empty();
    let asked = read(region, arn, params)?;
    let group = region.target_group(arn)?;
    let mut descriptions = Vec::new();
    for own in &group.targets {
        let same = |other: &Target| other.id == own.id && other.port == own.port;
        if asked.is_empty() || asked.iter().any(same) {
            descriptions.push(description(own, own.health(in_use, now_ms)));
        }
    }
    for other in &asked {
        if !group.targets.iter().any(|own| own.id == other.id && own.port == other.port) {
            let why = "Target is not registered to the target group";
            descriptions.push(description(other, ("unused", Some(["Target.NotRegistered", why]))));
        }
    }
    Ok(vec![Element::new("TargetHealthDescriptions").children(descriptions)])
}

fn description(target: &Target, (state, why): (&str, Option<[&str; 2]>)) -> Element {
    let mut health = Element::new("TargetHealth").text_child("State", state);
    if let Some([reason, description]) = why {
        health = health.text_child("Reason", reason).text_child("Description", description);
    }
    Element::new("member")
        .child(
            Element::new("Target")
                .text_child("Id", &target.id)
                .text_child_opt("Port", target.port)
                .text_child_opt("AvailabilityZone", target.zone.as_ref()),
        )
        .text_child_opt("HealthCheckPort", target.port)
        .child(health)
}
