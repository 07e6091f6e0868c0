//! Route 53: zones, record sets with every routing policy, health checks, and a resolver that
//! answers a client somewhere in the world from them.
//!
//! The control plane speaks restXml. The data plane is [`resolve::resolve`]; it serves what is in
//! sync, so that a change that is still `PENDING` is seen in listings and not yet by clients.

pub mod batch;
mod changes;
mod check_rules;
mod checks;
mod cidr;
mod delegation;
pub mod dnssec;
mod faults;
pub mod geo;
pub mod health;
mod limits;
mod listing;
pub mod names;
pub mod query_logs;
pub mod record;
pub mod resolve;
mod routes;
mod shape;
mod tags;
pub mod throttle;
mod values;
mod vpcs;
pub mod zone;
mod zones;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::{Call, Request};
use crate::reply::{Fault, Reply, namespace};
use crate::world::World;
use crate::xml::Element;

pub use routes::operation;

/// What the service holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// By account number: accounts see only their own things, but for shared private zones.
    pub accounts: BTreeMap<String, Account>,
    /// How hard requests are throttled; not at all unless asked.
    pub throttling: throttle::Throttling,
}

/// What one account has.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Account {
    /// Hosted zones by bare id.
    pub zones: BTreeMap<String, zone::Zone>,
    /// Health checks by id.
    pub health_checks: BTreeMap<String, health::HealthCheck>,
    /// What the checkers see, by health check id; see [`State::set_health`].
    pub observed: BTreeMap<String, health::Health>,
    /// Caller references of deleted health checks, and until when they are remembered (ms).
    pub(crate) spent_references: BTreeMap<String, i64>,
    /// Reusable delegation sets by bare id.
    pub(crate) delegation_sets: BTreeMap<String, delegation::DelegationSet>,
    /// Submitted changes by bare id.
    pub(crate) changes: BTreeMap<String, changes::Change>,
    /// CIDR collections by id.
    pub(crate) cidr_collections: BTreeMap<String, cidr::Collection>,
    /// Query logging configurations by id.
    #[serde(default)]
    pub query_logs: BTreeMap<String, query_logs::QueryLog>,
    /// Tags by `hostedzone/<id>` or `healthcheck/<id>`.
    pub tags: BTreeMap<String, BTreeMap<String, String>>,
    /// Token buckets by action, and `*` for all actions together.
    pub(crate) buckets: BTreeMap<String, throttle::Bucket>,
}

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    throttle::request(world, call)?;
    let parts = routes::segments(&call.request);
    let part = |index: usize| parts.get(index).map(String::as_str).unwrap_or_default();
    match call.operation.as_str() {
        "CreateHostedZone" => zones::create(world, call),
        "GetHostedZone" => zones::get(world, call, part(1)),
        "DeleteHostedZone" => zones::delete(world, call, part(1)),
        "ListHostedZones" => zones::list(world, call),
        "ListHostedZonesByName" => zones::list_by_name(world, call),
        "ListHostedZonesByVPC" => vpcs::list_by_vpc(world, call),
        "GetHostedZoneCount" => zones::count(world, call),
        "UpdateHostedZoneComment" => zones::update_comment(world, call, part(1)),
        "UpdateHostedZoneFeatures" => zones::update_features(world, call, part(1)),
        "GetDNSSEC" => dnssec::get(world, call, part(1)),
        "EnableHostedZoneDNSSEC" => dnssec::enable(world, call, part(1)),
        "DisableHostedZoneDNSSEC" => dnssec::disable(world, call, part(1)),
        "CreateKeySigningKey" => dnssec::create_key(world, call),
        "ActivateKeySigningKey" => dnssec::activate(world, call, part(1), part(2)),
        "DeactivateKeySigningKey" => dnssec::deactivate(world, call, part(1), part(2)),
        "DeleteKeySigningKey" => dnssec::delete_key(world, call, part(1), part(2)),
        "AssociateVPCWithHostedZone" => vpcs::associate(world, call, part(1)),
        "DisassociateVPCFromHostedZone" => vpcs::disassociate(world, call, part(1)),
        "CreateVPCAssociationAuthorization" => vpcs::authorize(world, call, part(1)),
        "DeleteVPCAssociationAuthorization" => vpcs::deauthorize(world, call, part(1)),
        "ListVPCAssociationAuthorizations" => vpcs::list_authorizations(world, call, part(1)),
        "CreateReusableDelegationSet" => delegation::create(world, call),
        "GetReusableDelegationSet" => delegation::get(world, call, part(1)),
        "DeleteReusableDelegationSet" => delegation::delete(world, call, part(1)),
        "ListReusableDelegationSets" => delegation::list(world, call),
        "ChangeResourceRecordSets" => batch::change(world, call, part(1)),
        "ListResourceRecordSets" => listing::list(world, call, part(1)),
        "GetChange" => changes::get(world, call, part(1)),
        "CreateHealthCheck" => checks::create(world, call),
        "GetHealthCheck" => checks::get(world, call, part(1)),
        "UpdateHealthCheck" => checks::update(world, call, part(1)),
        "DeleteHealthCheck" => checks::delete(world, call, part(1)),
        "ListHealthChecks" => checks::list(world, call),
        "GetHealthCheckCount" => checks::count(world, call),
        "GetHealthCheckStatus" => checks::status(world, call, part(1)),
        "GetHealthCheckLastFailureReason" => checks::last_failure(world, call, part(1)),
        "GetCheckerIpRanges" => limits::checker_ranges(call),
        "ChangeTagsForResource" => tags::change(world, call, part(1), part(2)),
        "ListTagsForResource" => tags::list_one(world, call, part(1), part(2)),
        "ListTagsForResources" => tags::list_many(world, call, part(1)),
        "CreateCidrCollection" => cidr::create(world, call),
        "ChangeCidrCollection" => cidr::change(world, call, part(1)),
        "DeleteCidrCollection" => cidr::delete(world, call, part(1)),
        "ListCidrCollections" => cidr::list(world, call),
        "ListCidrLocations" => cidr::list_locations(world, call, part(1)),
        "ListCidrBlocks" => cidr::list_blocks(world, call, part(1)),
        "GetAccountLimit" => limits::account(world, call, part(1)),
        "GetHostedZoneLimit" => limits::zone(world, call, part(1), part(2)),
        "GetReusableDelegationSetLimit" => limits::delegation_set(world, call, part(1), part(2)),
        "CreateQueryLoggingConfig" => query_logs::create(world, call),
        "GetQueryLoggingConfig" => query_logs::get(world, call, part(1)),
        "DeleteQueryLoggingConfig" => query_logs::delete(world, call, part(1)),
        "ListQueryLoggingConfigs" => query_logs::list(world, call),
        "TestDNSAnswer" => resolve::test_answer(world, call),
        "UnknownOperation" => Err(Fault::new(
            404,
            "UnknownOperationException",
            format!("no operation has the path {}", call.request.path),
        )),
        other => Err(Fault::new(501, "NotImplemented", format!("{other} is not modelled"))),
    }
}

/// Lets happen what was due by now: changes that are in sync are what the name servers serve.
pub fn settle(world: &mut World) {
    let now = world.now_ms;
    for account in world.route53.accounts.values_mut() {
        for zone in account.zones.values_mut() {
            zone.settle(now);
        }
        account.changes.retain(|_, change| change.is_remembered(now));
        account.spent_references.retain(|_, until| *until > now);
    }
}

/// `<OperationResponse>` around `fields`.
fn answer(call: &Call, fields: impl IntoIterator<Item = Element>) -> Reply {
    answer_status(200, call, fields)
}

/// `<OperationResponse>` with another status than 200.
fn answer_status(status: u16, call: &Call, fields: impl IntoIterator<Item = Element>) -> Reply {
    let mut root = Element::new(format!("{}Response", call.operation));
    if let Some(namespace) = namespace(call.service) {
        root = root.attribute("xmlns", namespace);
    }
    Reply::xml_status(status, &root.children(fields))
}

/// An element that holds text.
fn text(name: &str, value: impl ToString) -> Element {
    Element { name: name.into(), text: value.to_string(), ..Element::default() }
}

/// The document in the body, whose root must be `<OperationRequest>`.
fn document(call: &Call) -> Result<Element, Fault> {
    let expected = format!("{}Request", call.operation);
    if call.request.body.is_empty() {
        // Clients send no document at all where none of its members is set.
        return Ok(Element::new(expected));
    }
    Element::parse(&call.request.body)
        .filter(|root| root.name == expected)
        .ok_or_else(|| faults::malformed(&expected))
}

/// A page of a listing: what starts at `start`, at most `maxitems` of it.
struct Page<T> {
    items: Vec<T>,
    next: Option<T>,
    max_items: usize,
}

impl<T> Page<T> {
    /// Cuts a page of `maxitems` (or `most`) from what is there after the start.
    fn cut(
        request: &Request,
        most: usize,
        all: impl IntoIterator<Item = T>,
    ) -> Result<Self, Fault> {
        let max_items = match request.query("maxitems").or_else(|| request.query("maxresults")) {
            None => most,
            Some(value) => match value.parse::<usize>() {
                Ok(asked) if asked > 0 => asked.min(most),
                _ => return Err(faults::invalid_input(format!("Invalid MaxItems: '{value}'"))),
            },
        };
        let mut items = Vec::new();
        let mut next = None;
        for item in all {
            if items.len() == max_items {
                next = Some(item);
                break;
            }
            items.push(item);
        }
        Ok(Self { items, next, max_items })
    }
}

impl State {
    /// An account's part, made where it has none yet.
    pub fn account_mut(&mut self, account: &str) -> &mut Account {
        self.accounts.entry(account.to_owned()).or_default()
    }

    /// An account's part.
    pub fn account(&self, account: &str) -> Option<&Account> {
        self.accounts.get(account)
    }

    /// Says what the checkers see of an endpoint, an alarm or a routing control from now on.
    ///
    /// Inversion, disabling and calculation are applied on top of it, as AWS does.
    pub fn set_health(&mut self, account: &str, health_check_id: &str, health: health::Health) {
        self.account_mut(account).observed.insert(health_check_id.to_owned(), health);
    }

    /// Protects the records of a name and type: any batch that touches them is refused with
    /// this comment, and the zone cannot be deleted. (The API operation is newer than the SDKs.)
    /// Answers whether there is such a zone.
    pub fn protect_record(
        &mut self,
        account: &str,
        zone_id: &str,
        name: &str,
        record_type: &str,
        comment: &str,
    ) -> bool {
        let Ok(name) = names::canonical(name) else { return false };
        match self.account_mut(account).zones.get_mut(zone_id) {
            None => false,
            Some(zone) => {
                zone.protections.insert(format!("{name} {record_type}"), comment.to_owned());
                true
            }
        }
    }

    /// Says that a parent zone outside of the local cloud has a DS record of this key-signing key,
    /// or none any more. (Of a parent that is in the local cloud its own records tell.)
    /// Answers whether there is such a key.
    pub fn publish_ds(&mut self, account: &str, zone_id: &str, key: &str, there: bool) -> bool {
        let Some(zone) = self.account_mut(account).zones.get_mut(zone_id) else { return false };
        match there {
            true => zone.dnssec.in_parent.insert(key.to_owned()),
            false => zone.dnssec.in_parent.remove(key),
        };
        zone.dnssec.keys.contains_key(key)
    }
}
