//! How long clients may go on being sent to what is lost: until its health shows it, and then for as
//! long as resolvers keep the answer that they have. No recovery by DNS is faster than the two
//! together.

mod probe;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bicoastal_model::{Desired, Diagnostic, Packed, ResourceId, dns};

use super::data::RecordType;
use super::member::Member;
use probe::{Asks, LOAD_BALANCER, Probe, Probes};

/// How long resolvers keep a load balancer's addresses, in seconds (Route 53 Developer Guide,
/// Choosing between alias and non-alias records).
const BALANCER_TTL: u64 = 60;
/// The longest time to live that AWS advises for records with a health check, in seconds (Route 53
/// Developer Guide, Best practices for Amazon Route 53 DNS: 60 or 120).
const ADVISED_TTL: u64 = 120;

/// Whose time to live an answer has.
#[derive(Clone, Copy)]
enum Whose<'m> {
    Own,
    Record(&'m ResourceId),
    Balancer,
}

/// For how long resolvers keep an answer.
#[derive(Clone, Copy)]
struct Kept<'m> {
    seconds: u64,
    whose: Whose<'m>,
}

/// Records that take longer than the stack's objective allows; where it has none, those that take
/// longer than AWS advises.
pub(super) fn check(desired: &Desired, members: &[Member<'_>]) -> Vec<Diagnostic> {
    let mut answers = Answers::new(desired, members);
    let mut found = Vec::new();
    for member in members.iter().filter(|it| goes_away(it)) {
        let kept = answers.kept(member);
        match desired.rto {
            Some(objective) => {
                let seen = answers.seen(member);
                found.extend(too_slow(member, objective, seen, kept));
            }
            None => found.extend(kept.and_then(|kept| beyond_advice(member, kept))),
        }
    }
    found
}

/// Whether health takes it out of the answers: others are there to be given instead.
fn goes_away(member: &Member<'_>) -> bool {
    let record = &member.record;
    let evaluated = record.alias.as_ref().is_some_and(|alias| alias.evaluate_target_health);
    record.routing.is_some() && (record.health_check.is_some() || evaluated)
}

/// What the records of a stack answer.
struct Answers<'m, 'd> {
    desired: &'d Desired,
    probes: Probes<'d>,
    /// The records that an alias to another name of its zone answers, by the alias.
    behind: BTreeMap<&'m ResourceId, Vec<&'m Member<'d>>>,
}

impl<'m, 'd> Answers<'m, 'd> {
    fn new(desired: &'d Desired, members: &'m [Member<'d>]) -> Self {
        let mut names: BTreeMap<(&str, &str, RecordType), Vec<&Member<'_>>> = BTreeMap::new();
        for member in members {
            if let Some(name) = &member.name {
                let name = (member.zone.as_str(), name.as_str(), member.record.record_type);
                names.entry(name).or_default().push(member);
            }
        }
        let mut behind = BTreeMap::new();
        for member in members {
            let Some(name) = member.same_zone_target() else { continue };
            let name = (member.zone.as_str(), name.as_str(), member.record.record_type);
            if let Some(records) = names.get(&name) {
                behind.insert(&member.declared.id, records.clone());
            }
        }
        Self { desired, probes: Probes::new(desired), behind }
    }

    fn behind(&self, member: &Member<'_>) -> impl Iterator<Item = &'m Member<'d>> {
        self.behind.get(&member.declared.id).into_iter().flatten().copied()
    }

    /// The load balancer of the stack, declared or looked up, that an alias points at.
    fn balancer(&self, member: &Member<'d>) -> Option<&'d ResourceId> {
        let of = member.declared.props.get("alias")?.refs();
        let target = of.into_iter().find_map(|of| self.desired.resources.get(&of.id))?;
        (target.schema.kind == LOAD_BALANCER).then_some(&target.id)
    }

    /// What sees that a record's answer is lost, and how fast, where the program says it. An alias is
    /// healthy while anything behind it is, so the slowest of that decides.
    ///
    /// A record's own check decides alone: it asks from outside. What a load balancer says of its
    /// targets comes from the region that is lost.
    fn seen(&mut self, member: &'m Member<'d>) -> Option<Probe<'d>> {
        let mut slowest: Option<Probe<'d>> = None;
        let mut met = BTreeSet::new();
        let mut open = vec![member];
        while let Some(member) = open.pop() {
            // A loop is refused elsewhere.
            if !met.insert(&member.declared.id) {
                continue;
            }
            let alias = member.record.alias.as_ref();
            let found = if let Some(check) = member.declared.props.get("health_check") {
                self.probes.check(check)
            } else if alias.is_some_and(|alias| alias.evaluate_target_health) {
                open.extend(self.behind(member));
                self.balancer(member).and_then(|id| self.probes.balancer(id))
            } else {
                None
            };
            slowest = [slowest, found].into_iter().flatten().max_by_key(Probe::seconds);
        }
        slowest
    }

    /// For how long resolvers keep a record's answer, where that is known; the longest where there
    /// are several behind an alias.
    fn kept(&self, member: &'m Member<'d>) -> Option<Kept<'m>> {
        let mut longest: Option<Kept<'m>> = None;
        let mut met = BTreeSet::new();
        let mut open = vec![member];
        while let Some(at) = open.pop() {
            if !met.insert(&at.declared.id) {
                continue;
            }
            open.extend(self.behind(at));
            let found = match at.record.ttl {
                Some(ttl) if at.declared.id == member.declared.id => {
                    Some(Kept { seconds: ttl.into(), whose: Whose::Own })
                }
                Some(ttl) => {
                    Some(Kept { seconds: ttl.into(), whose: Whose::Record(&at.declared.id) })
                }
                None if self.balancer(at).is_some() || names_balancer(at) => {
                    Some(Kept { seconds: BALANCER_TTL, whose: Whose::Balancer })
                }
                None => None,
            };
            longest = [longest, found].into_iter().flatten().max_by_key(|kept| kept.seconds);
        }
        longest
    }
}

/// Whether an alias has a load balancer's name in full.
fn names_balancer(member: &Member<'_>) -> bool {
    let name = member.declared.props.at("alias.dns_name").and_then(Packed::as_str);
    let name = name.map(dns::canonical).unwrap_or_default();
    let aws = name.ends_with(".amazonaws.com.") || name.ends_with(".amazonaws.com.cn.");
    aws && name.contains(".elb.")
}

fn too_slow(
    member: &Member<'_>,
    objective: Duration,
    seen: Option<Probe<'_>>,
    kept: Option<Kept<'_>>,
) -> Option<Diagnostic> {
    let after = seen.map_or(0, |seen| seen.seconds());
    let sum = after.saturating_add(kept.map_or(0, |kept| kept.seconds));
    if Duration::from_secs(sum) <= objective {
        return None;
    }
    let seen_words = match seen {
        None => "when the loss is seen is not known here and not counted".to_owned(),
        Some(Probe { id, interval, threshold, .. }) => {
            format!(
                "{id} sees the loss after {after} s (every {interval} s, threshold {threshold})"
            )
        }
    };
    let kept_words = match kept {
        None => "how long resolvers keep the answer is not known here and not counted".to_owned(),
        Some(Kept { seconds, whose }) => {
            let whose = match whose {
                Whose::Own => "its TTL".to_owned(),
                Whose::Record(id) => format!("the TTL of {id}"),
                Whose::Balancer => "a load balancer's TTL".to_owned(),
            };
            format!("resolvers keep the answer for {seconds} s ({whose})")
        }
    };
    let least = if seen.is_some() && kept.is_some() { "" } else { "at least " };
    let message = format!(
        "{} {}: clients may go on being sent to what is lost for {least}{sum} s, and the RTO is {} \
         s: {seen_words}, and {kept_words}",
        member.record.record_type,
        member.shown(),
        objective.as_secs_f64(),
    );
    Some(member.error(message).hint(way_out(objective.as_secs(), sum, seen, kept)))
}

/// What would keep to an objective, in seconds.
fn way_out(objective: u64, sum: u64, seen: Option<Probe<'_>>, kept: Option<Kept<'_>>) -> String {
    let left = |used: u64| objective.checked_sub(used).filter(|left| *left > 0);
    let ttl = |seconds: u64| match kept?.whose {
        Whose::Own => Some(format!("a TTL of at most {seconds} s")),
        Whose::Record(id) => Some(format!("a TTL of at most {seconds} s in {id}")),
        Whose::Balancer => None,
    };
    // The highest threshold that is asked fast enough for so many seconds.
    let threshold = |asks: Asks, seconds: u64, most: u64| {
        let highest = (seconds / asks.shortest()).min(most);
        (highest >= asks.lowest()).then_some(highest)
    };
    let faster = |seen: &Probe<'_>, threshold: u64| match seen.asks {
        Asks::Check => {
            let id = seen.id;
            format!("{id} with Interval::Fast and a failure threshold of at most {threshold}")
        }
        Asks::Balancer => format!(
            "{} with a health check every {} s and an unhealthy threshold of at most {threshold}",
            seen.id,
            seen.asks.shortest(),
        ),
    };
    let shorter = left(seen.map_or(0, |seen| seen.seconds())).and_then(ttl);
    let sooner = seen.and_then(|seen| {
        let left = left(kept.map_or(0, |kept| kept.seconds))?;
        Some(faster(&seen, threshold(seen.asks, left, 10)?))
    });
    // Both, where neither does it alone.
    let both = || {
        let seen = seen?;
        let threshold = threshold(seen.asks, left(1)?, seen.threshold)?;
        let ttl = ttl(left(threshold * seen.asks.shortest())?)?;
        Some(format!("{}, together with {ttl}", faster(&seen, threshold)))
    };
    let alone: Vec<String> = [shorter, sooner].into_iter().flatten().collect();
    match alone.is_empty() {
        false => format!("what fits: {}", alone.join("; or ")),
        true => match both() {
            Some(both) => format!("what fits: {both}"),
            None => format!("the least RTO that this record can keep to as it is: {sum} s"),
        },
    }
}

fn beyond_advice(member: &Member<'_>, kept: Kept<'_>) -> Option<Diagnostic> {
    // An alias that is only as healthy as what is behind it: that is told of itself.
    if kept.seconds <= ADVISED_TTL || member.record.health_check.is_none() {
        return None;
    }
    let message = format!(
        "{} {}: resolvers keep the answer for {} s, however soon its health check sees a loss",
        member.record.record_type,
        member.shown(),
        kept.seconds,
    );
    let hint = "AWS advises a TTL of 60 or 120 s for records with a health check; if longer is good \
                enough, say so with Stack::rto";
    Some(member.warning(message).hint(hint))
}
