//! Record sets, of every type and routing policy.

mod check;
mod data;
mod group;
mod listing;
mod member;
mod records;
mod recovery;
mod refusal;
mod routing;
mod step;
mod values;
mod wire;

use bicoastal_model::schema::{Batch, Cost, OutputSpec, Takes};
use bicoastal_model::{
    Check, Desired, Diagnostic, Field, Global, Id, Input, Resource, Risk, Schema, ScopeKind, Shape,
    Tier, dns, handle, text,
};
use bon::bon;
use serde::{Deserialize, Serialize};

pub(in crate::route53) use check::name_problems;
pub use data::{RecordData, RecordType};
pub(in crate::route53) use listing::{records_of, records_of_name};
pub use routing::{Continent, FailoverRole, GeoLocation, ProximityPlace, Routing};
pub(in crate::route53) use step::{deletions, is_gone};
pub(in crate::route53) use wire::WireRecord;

use super::health_check::HealthCheck;
use super::zone::{HostedZone, HostedZoneHandle};
use crate::alias::AliasTarget;

/// A record set: what DNS answers for one name and type, or one of the choices.
///
/// Made with [`RecordSet::builder`]. Records of one zone are written together, a name's policy
/// group in one batch.
///
/// ```
/// use bicoastal_aws::AliasTarget;
/// use bicoastal_aws::route53::{HostedZone, RecordSet, Routing};
/// use bicoastal_model::{Region, Stack};
///
/// # let mut stack = Stack::new("docs");
/// let zone = stack.global().add("zone", HostedZone::builder().name("example.com").build());
/// let front = AliasTarget::new("front-1.us-east-1.elb.amazonaws.com", "Z35SXDOTRQ7X7K");
/// let api = RecordSet::builder()
///     .zone(&zone)
///     .name("api")
///     .routing(Routing::Latency(Region::UsEast1))
///     .alias(front)
///     .build();
/// ```
///
/// What a record answers is said once, and a latency record has a region:
///
/// ```compile_fail,E0308
/// # use bicoastal_aws::route53::{RecordSet, Routing, ZoneRef};
/// RecordSet::builder()
///     .zone(ZoneRef::new("Z1", "example.com"))
///     .name("api")
///     .routing(Routing::Latency)
///     .a(60, ["192.0.2.1"])
///     .build();
/// ```
///
/// ```compile_fail,E0277
/// # use bicoastal_aws::route53::{RecordSet, ZoneRef};
/// RecordSet::builder()
///     .zone(ZoneRef::new("Z1", "example.com"))
///     .name("api")
///     .a(60, ["192.0.2.1"])
///     .cname(60, "other.example.com")
///     .build();
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordSet {
    pub(crate) zone_id: Input<Id<HostedZone>>,
    /// Canonical, with a dot at the end.
    pub(crate) name: Input<String>,
    #[serde(rename = "type")]
    pub(crate) record_type: RecordType,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) set_identifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) routing: Option<Routing>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ttl: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) values: Option<Vec<Input<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) alias: Option<Alias>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) health_check: Option<Input<Id<HealthCheck>>>,
}

/// Where an alias points.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Alias {
    #[serde(flatten)]
    pub(crate) target: AliasTarget,
    pub(crate) evaluate_target_health: bool,
}

/// The zone of a record: its id and its name belong together. A declared or looked-up zone's
/// handle is one.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneRef {
    id: Input<Id<HostedZone>>,
    name: Input<String>,
}

impl ZoneRef {
    /// A zone that this program neither declares nor looks up.
    pub fn new(id: impl Into<Input<Id<HostedZone>>>, name: impl AsRef<str>) -> Self {
        let name = dns::canonical(name.as_ref()).trim_end_matches('.').to_owned();
        Self { id: id.into(), name: Input::Known(name) }
    }

    /// An alias target: another record of this zone. `name` is relative to the zone, as in
    /// [`RecordSet::builder`].
    pub fn record(&self, name: &str) -> AliasTarget {
        AliasTarget { dns_name: self.full_name(name), zone_id: zone_text(&self.id) }
    }

    /// The canonical name of a record of this zone.
    fn full_name(&self, name: &str) -> Input<String> {
        let own = match &self.name {
            Input::Known(zone) => return Input::Known(full(name, Some(zone))),
            unknown => unknown.clone(),
        };
        if name.ends_with('.') {
            return Input::Known(dns::canonical(name));
        }
        match relative(name) {
            None => text!("{}.", own).into(),
            Some(relative) => text!("{}{}.", relative, own).into(),
        }
    }
}

fn zone_text(id: &Input<Id<HostedZone>>) -> Input<String> {
    match id {
        Input::Known(id) => Input::Known(id.as_str().to_owned()),
        Input::Ref(output) => Input::Ref(output.text()),
        Input::Text(text) => Input::Text(text.clone()),
    }
}

/// The canonical name in a zone whose name is known.
fn full(name: &str, zone: Option<&str>) -> String {
    match (relative(name), zone) {
        _ if name.ends_with('.') => dns::canonical(name),
        (None, zone) => format!("{}.", zone.unwrap_or_default()),
        (Some(relative), zone) => format!("{relative}{}.", zone.unwrap_or_default()),
    }
}

/// A relative name in canonical form with a dot at the end; `None` for the apex.
fn relative(name: &str) -> Option<String> {
    (!name.is_empty() && name != "@").then(|| dns::canonical(name))
}

impl From<&HostedZoneHandle> for ZoneRef {
    fn from(zone: &HostedZoneHandle) -> Self {
        Self { id: zone.id().into(), name: zone.name().into() }
    }
}

impl From<HostedZoneHandle> for ZoneRef {
    fn from(zone: HostedZoneHandle) -> Self {
        Self::from(&zone)
    }
}

impl From<&ZoneRef> for ZoneRef {
    fn from(zone: &ZoneRef) -> Self {
        zone.clone()
    }
}

#[bon]
impl RecordSet {
    /// Starts a record set: its zone, its name and what it answers are required.
    #[builder(start_fn = builder, finish_fn = build)]
    pub fn new(
        /// The zone: a handle of a declared or looked-up zone, or a [`ZoneRef`].
        #[builder(into)]
        zone: ZoneRef,
        /// The name, relative to the zone: `api`, `*.dev`; empty or `@` for the zone's own name.
        /// A name with a dot at the end is taken in full.
        #[builder(into)]
        name: String,
        /// What it answers; `alias`, `a`, `cname`, `txt` and the like say it shorter.
        data: RecordData,
        /// How it is chosen among others of its name and type. One of its kind by default.
        #[builder(default)]
        routing: Routing,
        /// What tells it from others of its name and type, 1–128 characters. By default the
        /// region, role or area of its routing; weighted and multivalue records must say.
        #[builder(into)]
        set_identifier: Option<String>,
        /// The health check that decides whether it is answered.
        #[builder(into)]
        health_check: Option<Input<Id<HealthCheck>>>,
    ) -> Self {
        let (record_type, ttl, values, alias) = match data {
            RecordData::Alias { record_type, target, evaluate_target_health } => {
                (record_type, None, None, Some(Alias { target, evaluate_target_health }))
            }
            RecordData::Values { record_type, ttl, values } => {
                (record_type, Some(ttl), Some(values), None)
            }
        };
        Self {
            name: zone.full_name(&name),
            zone_id: zone.id,
            record_type,
            set_identifier: set_identifier.or_else(|| routing.default_identifier()),
            routing: (routing != Routing::Simple).then_some(routing),
            ttl,
            values,
            alias,
            health_check,
        }
    }
}

use record_set_builder::{IsUnset, SetData, State};

/// What a record answers, said shorter than with `data`.
impl<S: State> RecordSetBuilder<S>
where
    S::Data: IsUnset,
{
    /// Type A: the addresses of a load balancer or another resource of AWS, as healthy as it is.
    pub fn alias(self, target: AliasTarget) -> RecordSetBuilder<SetData<S>> {
        self.data(RecordData::alias(target))
    }

    /// IPv4 addresses, kept for `ttl` seconds.
    pub fn a<V: Into<Input<String>>>(
        self,
        ttl: u32,
        addresses: impl IntoIterator<Item = V>,
    ) -> RecordSetBuilder<SetData<S>> {
        self.data(RecordData::values(RecordType::A, ttl, addresses))
    }

    /// IPv6 addresses, kept for `ttl` seconds.
    pub fn aaaa<V: Into<Input<String>>>(
        self,
        ttl: u32,
        addresses: impl IntoIterator<Item = V>,
    ) -> RecordSetBuilder<SetData<S>> {
        self.data(RecordData::values(RecordType::Aaaa, ttl, addresses))
    }

    /// Another name, kept for `ttl` seconds. Not at the zone's own name: use an alias there.
    pub fn cname(self, ttl: u32, name: impl Into<Input<String>>) -> RecordSetBuilder<SetData<S>> {
        self.data(RecordData::values(RecordType::Cname, ttl, [name]))
    }

    /// Texts of any length, kept for `ttl` seconds: they are quoted, escaped and cut as needed.
    pub fn txt<V: AsRef<str>>(
        self,
        ttl: u32,
        texts: impl IntoIterator<Item = V>,
    ) -> RecordSetBuilder<SetData<S>> {
        self.data(RecordData::txt(ttl, texts))
    }

    /// Mail servers with their preferences (lower is first), kept for `ttl` seconds.
    pub fn mx<V: AsRef<str>>(
        self,
        ttl: u32,
        servers: impl IntoIterator<Item = (u16, V)>,
    ) -> RecordSetBuilder<SetData<S>> {
        let servers = servers
            .into_iter()
            .map(|(preference, server)| format!("{preference} {}", server.as_ref()));
        self.data(RecordData::values(RecordType::Mx, ttl, servers))
    }

    /// Name servers of a part of the zone that is delegated, kept for `ttl` seconds.
    pub fn ns<V: Into<Input<String>>>(
        self,
        ttl: u32,
        servers: impl IntoIterator<Item = V>,
    ) -> RecordSetBuilder<SetData<S>> {
        self.data(RecordData::values(RecordType::Ns, ttl, servers))
    }

    /// Values of any type as Route 53 writes them, kept for `ttl` seconds.
    pub fn values<V: Into<Input<String>>>(
        self,
        record_type: RecordType,
        ttl: u32,
        values: impl IntoIterator<Item = V>,
    ) -> RecordSetBuilder<SetData<S>> {
        self.data(RecordData::values(record_type, ttl, values))
    }
}

handle! {
    /// A declared record set.
    pub struct RecordSetHandle {
        /// The record's full name, with a dot at the end.
        name: String,
    }
}

static SCHEMA: Schema = Schema {
    kind: "Route53:RecordSet",
    service: "route53",
    feature: "route53",
    scope: ScopeKind::Global,
    tier: Tier::Traffic,
    fields: &[
        Field::new("zone_id").replaces(),
        Field::new("name").shape(Shape::DnsName).replaces(),
        Field::new("type").replaces(),
        Field::new("set_identifier").replaces(),
        Field::new("routing").shape(Shape::Object(routing::FIELDS)),
        Field::new("ttl"),
        Field::new("values").shape(Shape::RecordValues),
        Field::new("alias").shape(Shape::Object(&[
            Field::new("dns_name").shape(Shape::AliasName),
            Field::new("zone_id"),
            Field::new("evaluate_target_health"),
        ])),
        Field::new("health_check"),
    ],
    outputs: &[OutputSpec::property("name")],
    identity: &["zone_id", "name", "type", "set_identifier"],
    delete_risk: Risk::Disruptive,
    batch: Some(Batch {
        parent: "zone_id",
        // A CNAME excludes every other type, so a name is never parted.
        together: &["name"],
        elements: "values",
        max_elements: 1_000,
        max_characters: 32_000,
        update_weight: 2,
    }),
    cost: Cost { create: 1, update: 1, delete: 1 },
    takes: Takes { create: 40, update: 40, delete: 40 },
    check_stack: Some(check_stack),
    ..Schema::BASE
};

/// Everything wrong between the records of a stack, and what they answer.
fn check_stack(desired: &Desired) -> Vec<Diagnostic> {
    let members = member::all(desired);
    let mut found = group::check(&members);
    found.extend(recovery::check(desired, &members));
    found
}

impl Resource for RecordSet {
    type Scope = Global;
    type Handle = RecordSetHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        check::record(self, check);
    }
}
