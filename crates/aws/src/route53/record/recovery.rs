//! How long clients may go on being sent to what is lost: until its health shows it, and then for as
//! long as resolvers keep the answer that they have. No recovery by DNS is faster than the two
//! together.

mod probe;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bicoastal_model::{Desired, Diagnostic, Packed, ResourceId, dns};

use super::member::{Member, Question};
use probe::{Asks, LOAD_BALANCER, Probe, Probes};

/// How long resolvers keep a load balancer's addresses, in seconds (Route 53 Developer Guide,
/// Choosing between alias and non-alias records).
const BALANCER_TTL: u64 = 60;
/// The longest time to live that AWS advises for records with a health check, in seconds (Route 53
/// Developer Guide, Best practices for Amazon Route 53 DNS: 60 or 120).
const ADVISED_TTL: u64 = 120;

/// The highest threshold of failures, of health checks and of target groups.
const MOST_FAILURES: u64 = 10;

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

/// How long clients go on being sent to what is lost, at least: what is not known is not counted.
#[derive(Clone, Copy, Default)]
struct Lasts<'m> {
    /// What sees the loss.
    seen: Option<Probe<'m>>,
    kept: Option<Kept<'m>>,
}

impl Lasts<'_> {
    fn until_seen(&self) -> u64 {
        self.seen.map_or(0, |seen| seen.seconds())
    }

    fn after_that(&self) -> u64 {
        self.kept.map_or(0, |kept| kept.seconds)
    }

    /// In seconds.
    fn whole(&self) -> u64 {
        self.until_seen().saturating_add(self.after_that())
    }
}

/// Records that take longer than the stack's objective allows; where it has none, those that take
/// longer than AWS advises.
pub(super) fn check(desired: &Desired, members: &[Member<'_>]) -> Vec<Diagnostic> {
    let mut leaving = members.iter().filter(|it| goes_away(it)).peekable();
    // Most records of a large zone have no health.
    if leaving.peek().is_none() {
        return Vec::new();
    }
    let mut answers = Answers::new(desired, members);
    let mut found = Vec::new();
    for member in leaving {
        let lasts = answers.lasts(member);
        found.extend(match desired.rto {
            Some(objective) => too_slow(member, objective, lasts),
            None => beyond_advice(member, lasts),
        });
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
        let mut names: BTreeMap<Question<'_>, Vec<&Member<'_>>> = BTreeMap::new();
        for member in members {
            if let Some(question) = member.question() {
                names.entry(question).or_default().push(member);
            }
        }
        let mut behind = BTreeMap::new();
        for member in members {
            let Some(name) = member.same_zone_target() else { continue };
            if let Some(records) = names.get(&member.question_for(&name)) {
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

    /// What lasts longest of a record's answers: its own, or those behind an alias, each until the
    /// first check on the way there sees that it is lost.
    fn lasts(&mut self, member: &'m Member<'d>) -> Lasts<'m> {
        let mut longest = Lasts::default();
        let mut met = BTreeSet::new();
        let mut open = vec![(member, None)];
        while let Some((at, above)) = open.pop() {
            // A loop is refused elsewhere.
            if !met.insert(&at.declared.id) {
                continue;
            }
            let seen = [above, self.probe(at)].into_iter().flatten().min_by_key(Probe::seconds);
            let before = open.len();
            open.extend(self.behind(at).map(|behind| (behind, seen)));
            if open.len() == before {
                let whose = match at.declared.id == member.declared.id {
                    true => Whose::Own,
                    false => Whose::Record(&at.declared.id),
                };
                let lasts = Lasts { seen, kept: self.kept(at, whose) };
                if lasts.whole() > longest.whole() {
                    longest = lasts;
                }
            }
        }
        longest
    }

    /// What is asked whether a record's answer is good.
    ///
    /// Its own check decides alone: it asks from outside. What a load balancer says of its targets
    /// comes from the region that is lost.
    fn probe(&mut self, member: &Member<'d>) -> Option<Probe<'d>> {
        if let Some(check) = member.declared.props.get("health_check") {
            return self.probes.check(check);
        }
        let alias = member.record.alias.as_ref()?;
        let balancer = self.balancer(member).filter(|_| alias.evaluate_target_health)?;
        self.probes.balancer(balancer)
    }

    /// For how long resolvers keep an answer that comes from this record.
    fn kept<'w>(&self, member: &Member<'d>, whose: Whose<'w>) -> Option<Kept<'w>> {
        if let Some(ttl) = member.record.ttl {
            return Some(Kept { seconds: ttl.into(), whose });
        }
        let balancer = self.balancer(member).is_some() || names_balancer(member);
        balancer.then_some(Kept { seconds: BALANCER_TTL, whose: Whose::Balancer })
    }
}

/// Whether an alias has a load balancer's name in full.
fn names_balancer(member: &Member<'_>) -> bool {
    let name = member.declared.props.at("alias.dns_name").and_then(Packed::as_str);
    let name = name.map(dns::canonical).unwrap_or_default();
    let aws = name.ends_with(".amazonaws.com.") || name.ends_with(".amazonaws.com.cn.");
    aws && name.contains(".elb.")
}

fn too_slow(member: &Member<'_>, objective: Duration, lasts: Lasts<'_>) -> Option<Diagnostic> {
    let Lasts { seen, kept } = lasts;
    let sum = lasts.whole();
    if Duration::from_secs(sum) <= objective {
        return None;
    }
    let seen_words = match seen {
        None => "when the loss is seen is not known here and not counted".to_owned(),
        Some(Probe { id, interval, threshold, .. }) => {
            let after = lasts.until_seen();
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
    Some(member.error(message).hint(way_out(objective.as_secs(), lasts)))
}

/// What would keep to an objective, in seconds.
fn way_out(objective: u64, lasts: Lasts<'_>) -> String {
    let Lasts { seen, kept } = lasts;
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
    let shorter = left(lasts.until_seen()).and_then(ttl);
    let sooner = seen.and_then(|seen| {
        Some(faster(&seen, threshold(seen.asks, left(lasts.after_that())?, MOST_FAILURES)?))
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
            None => format!("as it is, it keeps to no RTO below {} s", lasts.whole()),
        },
    }
}

fn beyond_advice(member: &Member<'_>, lasts: Lasts<'_>) -> Option<Diagnostic> {
    let kept = lasts.after_that();
    // An alias that is only as healthy as what is behind it: that is told of itself.
    if kept <= ADVISED_TTL || member.record.health_check.is_none() {
        return None;
    }
    let message = format!(
        "{} {}: resolvers keep the answer for {kept} s, however soon its health check sees a loss",
        member.record.record_type,
        member.shown(),
    );
    let hint = "AWS advises a TTL of 60 or 120 s for records with a health check; if longer is good \
                enough, say so with Stack::rto";
    Some(member.warning(message).hint(hint))
}
