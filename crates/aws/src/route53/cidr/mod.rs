//! CIDR collections: blocks of addresses by location, for IP-based routing.

mod io;
mod step;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use bicoastal_model::schema::{Absent, Cost, OutputSpec};
use bicoastal_model::{
    Arn, Check, Deletes, Field, Global, Id, Input, OpError, Resource, Risk, Schema, ScopeKind,
    Shape, Snapshot, Target, Tier, handle,
};
use bon::Builder;
use serde::{Deserialize, Serialize};

use crate::cx::Cx;
use crate::kind::{Kind, Next, Turn};
use step::CidrCall;

/// A collection of named locations, each a list of address blocks: what
/// [`Routing::Cidr`](super::Routing::Cidr) chooses records by.
///
/// Locations that the program does not mention stay as they are and are reported. In a location
/// that it mentions, every block is the program's.
///
/// # Guarantees
///
/// A change of blocks is one call for each thousand of them, on the version that was seen: what
/// somebody else wrote meanwhile is not overwritten. Blocks leave a location before another one
/// gets them.
///
/// # Caveats
///
/// AWS gives collections neither tags nor a way to read their token back. A lost answer to their
/// creation is repaired by repeating it with the same token; a lost state knows them by name only.
/// An account has 5 collections of 1,000 blocks unless AWS raised that.
#[derive(Debug, Clone, Serialize, Deserialize, Builder)]
pub struct CidrCollection {
    /// Its name, unique in the account: 1 to 64 letters, digits, hyphens and underscores. Another
    /// name is another collection.
    #[builder(into)]
    pub name: Input<String>,

    /// Its locations.
    #[builder(with = |locations: impl IntoIterator<Item = CidrLocation>| locations.into_iter().collect())]
    pub locations: Vec<CidrLocation>,
}

/// A location of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CidrLocation {
    /// Its name, which records say: 1 to 16 letters, digits, hyphens and underscores.
    pub name: String,
    /// Its blocks, at least one: IPv4 from `/0` to `/24`, IPv6 from `/0` to `/48`. A block has one
    /// location.
    pub blocks: Vec<String>,
}

impl CidrLocation {
    /// A location and its blocks.
    pub fn new(
        name: impl Into<String>,
        blocks: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self { name: name.into(), blocks: blocks.into_iter().map(Into::into).collect() }
    }
}

handle! {
    /// A declared CIDR collection.
    pub struct CidrCollectionHandle {
        /// Its id, which records name.
        id: Id<CidrCollection>,
        /// Its ARN.
        arn: Arn<CidrCollection>,
    }
}

const LOCATION: &[Field] = &[
    Field::new("name"),
    Field::new("blocks").shape(Shape::Set(&Shape::CaseInsensitive)).absent(Absent::EmptyList),
];

static SCHEMA: Schema = Schema {
    kind: "Route53:CidrCollection",
    service: "route53",
    feature: "route53",
    scope: ScopeKind::Global,
    tier: Tier::Foundation,
    fields: &[
        Field::new("name").replaces(),
        Field::new("locations")
            .shape(Shape::Keyed { key: "name", fields: LOCATION })
            .absent(Absent::EmptyList),
    ],
    outputs: &[OutputSpec::assigned("id"), OutputSpec::assigned("arn")],
    identity: &["name"],
    delete_risk: Risk::Disruptive,
    cost: Cost { create: 2, update: 1, delete: 2 },
    ..Schema::BASE
};

impl Resource for CidrCollection {
    type Scope = Global;
    type Handle = CidrCollectionHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        if let Some(name) = self.name.known() {
            check_name("the collection", name, 64, check);
        }
        let mut names = BTreeSet::new();
        let mut places: BTreeMap<String, &str> = BTreeMap::new();
        for location in &self.locations {
            let name = &location.name;
            check_name("a location", name, 16, check);
            check.ensure(names.insert(name), format!("two locations are called '{name}'"));
            check
                .ensure(!location.blocks.is_empty(), format!("the location '{name}' has no block"));
            for block in &location.blocks {
                match block_problem(block) {
                    Some(problem) => check.error(problem),
                    None => {
                        if let Some(other) = places.insert(block.to_lowercase(), name) {
                            check.error(format!(
                                "the block {block} is in '{other}' and in '{name}'"
                            ));
                        }
                    }
                }
            }
        }
    }
}

fn check_name(what: &str, name: &str, most: usize, check: &mut Check) {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    check.ensure(
        (1..=most).contains(&name.len()) && name.bytes().all(legal),
        format!("{what} is called '{name}': 1 to {most} letters, digits, hyphens and underscores"),
    );
}

fn block_problem(block: &str) -> Option<String> {
    let wrong = || Some(format!("'{block}' is not a block of addresses, like 192.0.2.0/24"));
    let Some((address, bits)) = block.split_once('/') else { return wrong() };
    let (Ok(address), Ok(bits)) = (address.parse::<IpAddr>(), bits.parse::<u32>()) else {
        return wrong();
    };
    let (number, width, most) = match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), 32, 24),
        IpAddr::V6(address) => (u128::from(address), 128, 48),
    };
    if bits > most {
        return Some(format!("the block {block} is narrower than /{most}"));
    }
    let beyond = width - bits;
    // A shift by the whole width is one that Rust refuses.
    let host = if beyond == 128 { number } else { number & ((1 << beyond) - 1) };
    (host != 0).then(|| format!("the block {block} has bits set behind its first {bits}"))
}

impl Kind for CidrCollection {
    type Call = CidrCall;

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        io::read(cx, target).await
    }

    fn step(turn: &Turn<'_, Self>) -> Next<CidrCall> {
        step::step(turn)
    }

    async fn call(cx: &Cx, target: &Target, call: &CidrCall) -> Result<Option<String>, OpError> {
        io::call(cx, target, call).await
    }

    fn deletes(call: &CidrCall) -> Deletes {
        Deletes::whole(matches!(call, CidrCall::Delete))
    }

    fn name(call: &CidrCall) -> &'static str {
        match call {
            CidrCall::Create { .. } => "CreateCidrCollection",
            CidrCall::Change { .. } => "ChangeCidrCollection",
            CidrCall::Delete => "DeleteCidrCollection",
        }
    }
}
