//! Finding what bears the library's marks without knowing what to look for: the state was lost,
//! or something is left that it does not know.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::OpError;
use crate::id::Place;
use crate::region::Region;
use crate::value::Value;

/// The tag that names the stack: for people, and to find a lineage again.
pub const STACK_TAG: &str = "bicoastal:stack";
/// The tag that names the resource's logical id at birth.
pub const RESOURCE_TAG: &str = "bicoastal:resource";
/// The tag with the lineage of the state that made it: what decides whose it is.
pub const LINEAGE_TAG: &str = "bicoastal:lineage";
/// What the token of everything that we make begins with.
pub const TOKEN_PREFIX: &str = "bc-";

/// Where to look.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweep {
    /// The program's name for the account (`None`: the default one).
    pub account: Option<String>,
    /// The regions for what lives in regions. What is global is always looked for.
    pub regions: Vec<Region>,
}

/// Something that bears one of the library's marks, whichever stack's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// Its kind.
    pub kind: String,
    /// Where it was seen: of what spans regions, the region through which.
    pub place: Place,
    /// The id that AWS knows it by.
    pub physical: String,
    /// Its natural key, in the fields of its kind's `identity`; for people too.
    pub identity: Value,
    /// Its tags.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// The token that it was made with, where AWS tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Found {
    /// Whether it bears a mark of this library at all.
    pub fn is_marked(&self) -> bool {
        self.tags.contains_key(LINEAGE_TAG)
            || self.token.as_ref().is_some_and(|token| token.starts_with(TOKEN_PREFIX))
    }
}

/// What a sweep brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Swept {
    /// What bears a mark.
    pub found: Vec<Found>,
    /// What did not answer: there may be more.
    pub unanswered: Vec<OpError>,
}

/// One thing of a Terraform state.
#[derive(Clone, Debug, PartialEq)]
pub struct TerraformInstance {
    /// Its address: `module.eu.aws_lb.front[0]`.
    pub address: String,
    /// Its type: `aws_lb`.
    pub resource_type: String,
    /// Its attributes.
    pub attributes: Value,
}

/// What a thing of a Terraform state is here.
#[derive(Clone, Debug, PartialEq)]
pub enum Translated {
    /// A thing of one of our kinds. An empty list of regions: its natural key alone tells where.
    Thing(Box<Found>),
    /// Something that is a property of another thing here, of this kind.
    Part(&'static str),
    /// Nothing that is known here, or it lacks what it is known by.
    Unknown,
}
