//! How long until health shows that something is lost, as far as the program says.

use std::collections::BTreeMap;

use bicoastal_model::{Declared, Desired, Packed, ResourceId};

use crate::route53::Interval;

/// After how many failures in a row a health check's status turns, where it does not say (Route 53
/// API, `HealthCheckConfig.FailureThreshold`).
const CHECK_THRESHOLD: u64 = 3;
/// How often targets are asked, and after how many failures they are unhealthy, where their group
/// does not say; functions are asked more seldom (ELB API, `CreateTargetGroup`).
const TARGET_INTERVAL: u64 = 30;
const FUNCTION_INTERVAL: u64 = 35;
const TARGET_THRESHOLD: u64 = 2;

// By name: stacks have load balancers only where the feature is on that brings them.
pub(super) const LOAD_BALANCER: &str = "ELBv2:LoadBalancer";
const LISTENER: &str = "ELBv2:Listener";
const RULE: &str = "ELBv2:ListenerRule";
const TARGET_GROUP: &str = "ELBv2:TargetGroup";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// Route 53's checkers.
    Check,
    /// The load balancer before a target group.
    Balancer,
}

impl Asks {
    /// The fewest seconds between two questions (Route 53 API, `HealthCheckConfig.RequestInterval`;
    /// ELB API, `CreateTargetGroup`).
    pub(super) fn shortest(self) -> u64 {
        match self {
            Self::Check => Interval::Fast.seconds().into(),
            Self::Balancer => 5,
        }
    }

    /// The lowest threshold.
    pub(super) fn lowest(self) -> u64 {
        match self {
            Self::Check => 1,
            Self::Balancer => 2,
        }
    }
}

/// Something that is asked again and again whether it is healthy.
#[derive(Clone, Copy, Debug)]
pub(super) struct Probe<'d> {
    /// The health check or target group.
    pub(super) id: &'d ResourceId,
    pub(super) asks: Asks,
    /// Seconds between two questions.
    pub(super) interval: u64,
    /// After how many failures in a row it counts as unhealthy.
    pub(super) threshold: u64,
}

impl Probe<'_> {
    /// How long until a loss is seen, in seconds.
    pub(super) fn seconds(&self) -> u64 {
        self.interval.saturating_mul(self.threshold)
    }
}

/// What is asked in a stack.
pub(super) struct Probes<'d> {
    desired: &'d Desired,
    /// What decides of each health check that was looked at; `None` where it is not known.
    checks: BTreeMap<&'d ResourceId, Option<Probe<'d>>>,
    /// What decides of each declared load balancer.
    balancers: BTreeMap<&'d ResourceId, Probe<'d>>,
}

impl<'d> Probes<'d> {
    pub(super) fn new(desired: &'d Desired) -> Self {
        Self { desired, checks: BTreeMap::new(), balancers: balancers(desired) }
    }

    /// What a reference to a health check comes to.
    pub(super) fn check(&mut self, check: &Packed) -> Option<Probe<'d>> {
        let (id, declared) = self.desired.resources.get_key_value(&check.as_ref()?.id)?;
        if let Some(known) = self.checks.get(id) {
            return *known;
        }
        // Whoever comes back here went round a loop, which no plan gets through.
        self.checks.insert(id, None);
        let found = self.declared_check(declared);
        self.checks.insert(id, found);
        found
    }

    fn declared_check(&mut self, declared: &'d Declared) -> Option<Probe<'d>> {
        let props = &declared.props;
        // It counts as healthy, whatever happens.
        if props.get("disabled").and_then(Packed::as_bool) == Some(true) {
            return None;
        }
        let number = |name: &str| props.get(name).and_then(Packed::as_u64);
        match props.get("type")?.as_str()? {
            "HTTP" | "HTTPS" | "HTTP_STR_MATCH" | "HTTPS_STR_MATCH" | "TCP" => Some(Probe {
                id: &declared.id,
                asks: Asks::Check,
                interval: number("interval").unwrap_or(Interval::Standard.seconds().into()),
                threshold: number("failure_threshold").unwrap_or(CHECK_THRESHOLD),
            }),
            "CALCULATED" => {
                self.calculated(props, usize::try_from(number("healthy_children")?).ok()?)
            }
            // Alarms and routing controls have a time of their own.
            _ => None,
        }
    }

    /// It turns with the child that leaves too few: the slowest of those that must fail, counted
    /// from the fastest. Children of which nothing is known are not waited for.
    fn calculated(&mut self, props: &'d Packed, healthy: usize) -> Option<Probe<'d>> {
        let children = props.get("children")?.as_array()?;
        // Always healthy without any, never with more than there are.
        let spare = children.len().checked_sub(healthy).filter(|_| healthy > 0)?;
        let mut known: Vec<Probe<'_>> = children.iter().filter_map(|it| self.check(it)).collect();
        known.sort_by_key(Probe::seconds);
        known.get(spare).or(known.last()).copied()
    }

    /// What decides of a load balancer of the stack.
    pub(super) fn balancer(&self, id: &ResourceId) -> Option<Probe<'d>> {
        self.balancers.get(id).copied()
    }
}

/// What decides of each load balancer: it is unhealthy as soon as one of its target groups has no
/// healthy target (Route 53 API, `AliasTarget.EvaluateTargetHealth`), so the fastest of them.
fn balancers(desired: &Desired) -> BTreeMap<&ResourceId, Probe<'_>> {
    let mut found: BTreeMap<&ResourceId, Probe<'_>> = BTreeMap::new();
    for declared in desired.resources.values().filter(|it| !it.lookup) {
        let (listener, actions) = match declared.schema.kind {
            LISTENER => (Some(declared), "default_actions"),
            RULE => (referred(desired, declared, "listener", LISTENER), "actions"),
            _ => continue,
        };
        let balancer =
            listener.and_then(|it| referred(desired, it, "load_balancer", LOAD_BALANCER));
        // What is looked up has listeners of which the program says nothing.
        let Some(balancer) = balancer.filter(|it| !it.lookup) else { continue };
        for of in declared.props.get(actions).map(Packed::refs).unwrap_or_default() {
            let group = desired.resources.get(&of.id);
            let Some(probe) = group.and_then(targets) else { continue };
            let fastest = found.entry(&balancer.id).or_insert(probe);
            if probe.seconds() < fastest.seconds() {
                *fastest = probe;
            }
        }
    }
    found
}

/// What a property refers to, if it is of that kind.
fn referred<'d>(
    desired: &'d Desired,
    declared: &Declared,
    property: &str,
    kind: &str,
) -> Option<&'d Declared> {
    let of = declared.props.get(property)?.as_ref()?;
    desired.resources.get(&of.id).filter(|it| it.schema.kind == kind)
}

/// How the targets of a group are asked.
fn targets(group: &Declared) -> Option<Probe<'_>> {
    if group.schema.kind != TARGET_GROUP || group.lookup {
        return None;
    }
    let function = group.props.get("target_type").and_then(Packed::as_str) == Some("lambda");
    let part = |name: &str| group.props.get("health_check").and_then(|it| it.get(name));
    // Functions are only asked where the program wants it.
    if !part("enabled").and_then(Packed::as_bool).unwrap_or(!function) {
        return None;
    }
    let usual = if function { FUNCTION_INTERVAL } else { TARGET_INTERVAL };
    Some(Probe {
        id: &group.id,
        asks: Asks::Balancer,
        interval: part("interval").and_then(Packed::as_u64).unwrap_or(usual),
        threshold: part("unhealthy_threshold").and_then(Packed::as_u64).unwrap_or(TARGET_THRESHOLD),
    })
}
