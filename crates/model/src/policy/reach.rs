//! Which regions of a stack its policy documents leave out.
//!
//! Which services have a name of their own in which region is known to AWS alone, so a document is
//! held to what it says itself: one that names a service for one region that has to be enabled
//! does so because that service needs it, and then it needs it in all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::requested::Requested;
use super::service::{self, ServiceName};
use super::{items, texts};
use crate::diagnostic::Diagnostic;
use crate::region::{Region, UnknownRegion};
use crate::value::{self, Ref, Value};

/// The services with one endpoint for the world, as AWS's own example of a policy that denies by
/// region has them (IAM User Guide, "Denies access to AWS based on the requested Region").
const GLOBAL: &[&str] = &["cloudfront:", "iam:", "organizations:", "route53:", "support:"];

/// A policy document of a stack.
#[derive(Debug)]
pub(crate) struct Written<'d> {
    /// The kind and the field that it is of: documents of one field have one purpose.
    pub field: (&'static str, &'static str),
    /// Its path among the properties.
    pub path: String,
    /// The account that it is in.
    pub account: Option<&'d str>,
    /// Where the account has things.
    pub regions: &'d BTreeSet<Region>,
    /// The region of what it belongs to, where that is of one region.
    pub own: Option<Region>,
    /// What it says, with markers.
    pub document: Value,
}

/// Which region an output's resource is in.
pub(crate) type RegionOf<'r> = &'r dyn Fn(&Ref) -> Option<Region>;

/// What is wrong with which of the documents.
pub(crate) fn check(written: &[Written<'_>], region_of: RegionOf<'_>) -> Vec<(usize, Diagnostic)> {
    let mut found = Vec::new();
    let mut reaches = Vec::new();
    for (place, it) in written.iter().enumerate() {
        let statements = items(&it.document["Statement"]);
        for (index, statement) in statements.iter().enumerate() {
            let what = format!("statement {} of {}", index + 1, it.path);
            found.extend(unknown(&what, statement).into_iter().map(|wrong| (place, wrong)));
            reaches.extend(requested(it, &what, statement, region_of).map(|reach| (place, reach)));
        }
        reaches.extend(services(it, statements).into_iter().map(|reach| (place, reach)));
    }
    for (place, reach) in &reaches {
        let is_alike = |other: usize| {
            let (one, other) = (&written[*place], &written[other]);
            one.account == other.account && one.field == other.field
        };
        let instead = |region: Region| {
            reaches.iter().any(|(other, by)| {
                is_alike(*other)
                    // What one statement of a document denies, no other one allows.
                    && (reach.topic != Topic::Denied || other != place)
                    && by.is_instead_of(reach, region)
            })
        };
        let lacks: BTreeSet<Region> =
            reach.lacks.iter().copied().filter(|region| !instead(*region)).collect();
        if !lacks.is_empty() {
            found.push((*place, reach.told(&lacks)));
        }
    }
    found
}

/// What is said for some regions and not for others.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Topic {
    /// This service may do it.
    Service(String),
    /// Requests to them are allowed.
    Allowed,
    /// Requests to them are denied.
    Denied,
}

/// For which of the stack's regions a document, or a statement of it, is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reach {
    topic: Topic,
    what: String,
    serves: BTreeSet<Region>,
    lacks: BTreeSet<Region>,
}

impl Reach {
    /// Whether this one is for the region in the place of the other one: where programs say the
    /// same for each region apart, no two of them have a region in common.
    fn is_instead_of(&self, other: &Self, region: Region) -> bool {
        self.topic == other.topic
            && self.serves.contains(&region)
            && !other.serves.is_empty()
            && self.serves.is_disjoint(&other.serves)
    }

    fn told(&self, lacks: &BTreeSet<Region>) -> Diagnostic {
        let what = &self.what;
        let codes = joined(lacks.iter().map(|region| region.code()));
        match &self.topic {
            Topic::Service(service) => {
                let names = service::across(service, lacks.iter().copied());
                Diagnostic::warning(format!(
                    "{what} but not {}, and the stack has things in {codes}",
                    joined(names.iter().map(String::as_str))
                ))
                .hint("Principal::service_across names a service for all regions at once")
            }
            Topic::Allowed => Diagnostic::warning(format!(
                "{what} allows nothing in {codes}, where the stack has things"
            ))
            .hint("name every active region in its condition on aws:RequestedRegion"),
            Topic::Denied => Diagnostic::warning(format!(
                "{what} denies what is asked of {codes}, where the stack has things"
            ))
            .hint("spare every active region in its condition on aws:RequestedRegion"),
        }
    }
}

/// Names of services for regions that there are not, which IAM refuses as invalid principals. AWS
/// may have a region that this version does not know, so nobody is stopped.
fn unknown(what: &str, statement: &Value) -> Vec<Diagnostic> {
    ["Principal", "NotPrincipal"]
        .iter()
        .flat_map(|field| items(&statement[*field]["Service"]))
        .filter_map(|name| {
            let name = name.as_str()?;
            let UnknownRegion(code) = ServiceName::of(name)?.region?.err()?;
            let wrong = format!("{what} names {name}, and '{code}' is no commercial region of AWS");
            Some(Diagnostic::warning(wrong).hint(
                "IAM refuses a principal that there is not; if the region is newer than this version, all is well",
            ))
        })
        .collect()
}

/// For which regions a document lets each service in.
fn services(written: &Written<'_>, statements: &[Value]) -> Vec<Reach> {
    let mut named: BTreeMap<&str, BTreeSet<Option<Region>>> = BTreeMap::new();
    for statement in statements.iter().filter(|it| it["Effect"] == "Allow") {
        // One that is not known yet may be the one that is missed.
        let Some(names) = texts(&statement["Principal"]["Service"]) else { return Vec::new() };
        for ServiceName { service, region } in names.into_iter().filter_map(ServiceName::of) {
            match region {
                None => named.entry(service).or_default().insert(None),
                Some(Ok(region)) => named.entry(service).or_default().insert(Some(region)),
                Some(Err(_)) => false,
            };
        }
    }
    let reach = |(service, named): (&str, BTreeSet<Option<Region>>)| {
        // In its own region every service goes by its plain name too.
        let is_plain = |region: Region| !region.is_opt_in() || written.own == Some(region);
        let (serves, lacks) = written.regions.iter().partition(|region| {
            named.contains(&Some(**region)) || (named.contains(&None) && is_plain(**region))
        });
        let regional: BTreeSet<Region> = named.into_iter().flatten().collect();
        let opt_in = joined_names(service, regional.iter().filter(|it| it.is_opt_in()));
        let is_for_own = regional.iter().all(|region| written.own == Some(*region));
        let lacks = if opt_in.is_empty() || is_for_own { BTreeSet::new() } else { lacks };
        let what = format!("{} names {opt_in}", written.path);
        Reach { topic: Topic::Service(service.to_owned()), what, serves, lacks }
    };
    named.into_iter().map(reach).collect()
}

fn joined_names<'r>(service: &str, regions: impl Iterator<Item = &'r Region>) -> String {
    let names: Vec<String> = regions.map(|it| service::in_region(service, *it)).collect();
    joined(names.iter().map(String::as_str))
}

/// Requests to which regions a statement allows, or leaves alone.
fn requested(
    written: &Written<'_>,
    what: &str,
    statement: &Value,
    region_of: RegionOf<'_>,
) -> Option<Reach> {
    let topic = match statement["Effect"].as_str()? {
        "Allow" => Topic::Allowed,
        "Deny" => Topic::Denied,
        _ => return None,
    };
    let condition = Requested::of(&statement["Condition"])?;
    let actions = texts(&statement["Action"]).unwrap_or_default();
    let is_global = |action: &&str| {
        let action = action.to_ascii_lowercase();
        GLOBAL.iter().any(|service| action.starts_with(service))
    };
    if !actions.is_empty() && actions.iter().all(is_global) {
        return None;
    }
    let about = match (written.own, resources(&statement["Resource"], region_of)) {
        (Some(own), _) => BTreeSet::from([own]),
        (None, Some(theirs)) => written.regions.intersection(&theirs).copied().collect(),
        (None, None) => written.regions.clone(),
    };
    let (serves, lacks): (BTreeSet<Region>, BTreeSet<Region>) =
        about.into_iter().partition(|it| condition.holds(*it) == (topic == Topic::Allowed));
    // One that is for none of the stack's regions is not about where the stack serves; what belongs
    // to a thing of one region is.
    let lacks = if serves.is_empty() && written.own.is_none() { BTreeSet::new() } else { lacks };
    Some(Reach { topic, what: what.to_owned(), serves, lacks })
}

/// The regions of a statement's resources; `None` where one of them is of no region.
fn resources(named: &Value, region_of: RegionOf<'_>) -> Option<BTreeSet<Region>> {
    let one = |resource: &Value| match resource.as_str() {
        Some(arn) => Region::of_code(arn.split(':').nth(3)?),
        None => value::refs(resource).first().and_then(region_of),
    };
    let regions: BTreeSet<Region> = items(named).iter().map(one).collect::<Option<_>>()?;
    (!regions.is_empty()).then_some(regions)
}

fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    texts.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
