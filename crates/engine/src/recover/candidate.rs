//! What may be claimed, and on which ground.

use std::collections::BTreeMap;

use bicoastal_model::same::canonical;
use bicoastal_model::value::NAME;
use bicoastal_model::{Declared, Desired, Found, Name, Place, ResourceId, ScopeKind, Shape};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::lineage::{Mark, names};
use crate::planner::identity::natural_key;

/// Why a thing is the stack's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Its ownership tags say so.
    Tags,
    /// The token that it was made with says so.
    Token,
    /// It can bear no mark; it is inside something that is ours, and it is what is declared.
    Declared,
    /// The user said so.
    Named,
}

impl Proof {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Tags => "bears its tags",
            Self::Token => "was made with its token",
            Self::Declared => "is as declared, inside what is ours",
            Self::Named => "was named",
        }
    }
}

/// Something that may be a resource's.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) born: ResourceId,
    pub(super) place: Place,
    /// What AWS knows it by; without, it is found by its natural key.
    pub(super) physical: Option<String>,
    pub(super) identity: Value,
    pub(super) token: Option<String>,
    pub(super) incarnation: Option<u32>,
    pub(super) proof: Proof,
}

/// Marked things, sorted by whose they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Sorted {
    /// By declared resource.
    pub(super) declared: BTreeMap<ResourceId, Vec<Candidate>>,
    /// Of resources that the program does not declare, by id and kind.
    pub(super) strays: BTreeMap<(ResourceId, String), Vec<Candidate>>,
    /// Of which the id can't be told.
    pub(super) nameless: Vec<Found>,
}

/// Everything of a lineage, sorted.
pub(super) fn sort(desired: &Desired, lineage: &str, found: &[Found]) -> Sorted {
    let mut sorted = Sorted::default();
    for thing in spanned(found) {
        let Some(mark) = Mark::read(&thing).filter(|mark| mark.lineage == lineage) else {
            continue;
        };
        let of_kind = |declared: &&Declared| !declared.lookup && declared.schema.kind == thing.kind;
        let declared = desired.resources.values().filter(of_kind).find(|declared| {
            names(declared).any(|born| match (&mark.born, &mark.token) {
                (Some(tagged), _) => tagged == born,
                (None, Some(token)) => token.is_of(born),
                (None, None) => false,
            })
        });
        // Renamed once, and the program does not say so any more: the name in AWS tells.
        let declared = declared.or_else(|| {
            let region = thing.place.region();
            desired.resources.values().filter(of_kind).find(|declared| {
                !declared.schema.identity.is_empty()
                    && declared.place.region() == region
                    && !declared.props.has_unknown()
                    && natural_key(declared.schema, &declared.props)
                        == natural_key(declared.schema, &thing.identity)
            })
        });
        let born = mark.born.clone().or_else(|| {
            let token = mark.token.as_ref()?;
            names(declared?).find(|born| token.is_of(born)).cloned()
        });
        let Some(born) = born else {
            sorted.nameless.push(thing);
            continue;
        };
        let incarnation = mark
            .token
            .as_ref()
            .filter(|token| token.is_of(&born))
            .map(|token| token.incarnation)
            .or_else(|| declared.and_then(|declared| numbered(declared, &thing.identity)));
        let proof = if mark.born.is_some() { Proof::Tags } else { Proof::Token };
        let candidate = Candidate {
            born: born.clone(),
            place: thing.place,
            physical: Some(thing.physical),
            identity: thing.identity,
            token: thing.token,
            incarnation,
            proof,
        };
        match declared {
            Some(declared) => {
                sorted.declared.entry(declared.id.clone()).or_default().push(candidate);
            }
            None => sorted.strays.entry((born, thing.kind)).or_default().push(candidate),
        }
    }
    sorted
}

/// What spans regions was seen through several of them, and is one thing.
fn spanned(found: &[Found]) -> Vec<Found> {
    let mut one: Vec<Found> = Vec::new();
    for thing in found {
        let same = one.iter_mut().find(|it| {
            thing.place.scope == ScopeKind::Spanning
                && it.kind == thing.kind
                && it.physical == thing.physical
                && it.place.account == thing.place.account
        });
        match same {
            Some(same) => {
                same.place.regions.extend(&thing.place.regions);
                same.place.regions.sort();
                same.place.regions.dedup();
                if Mark::read(same).is_none() {
                    same.tags.clone_from(&thing.tags);
                }
            }
            None => one.push(thing.clone()),
        }
    }
    one
}

/// The incarnation in a generated name.
fn numbered(declared: &Declared, identity: &Value) -> Option<u32> {
    declared.schema.identity.iter().find_map(|field| {
        let prefix = declared.props.get(field)?.marker(NAME)?.as_str()?;
        let shape = declared.schema.field(field).map_or(Shape::Plain, |field| field.shape);
        let found = identity.get(field)?.as_str()?;
        let number: u32 = found.rsplit_once('-')?.1.parse().ok()?;
        let again = Value::String(Name::of_incarnation(prefix, number));
        (canonical(&shape, &again) == canonical(&shape, &Value::String(found.to_owned())))
            .then_some(number)
    })
}
