//! Who is who: resource ids, places, and AWS identifiers that cannot be confused.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::region::Region;

/// The logical id of a resource within its stack: `zone`, `us-east-1/front`, or with an
/// account `dns:zone`. It is what state is keyed by and what users type. A copy shares the text:
/// one id is in many places of a plan and a state.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ResourceId(Arc<str>);

impl ResourceId {
    /// From its written form.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into().into())
    }

    /// The written form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ResourceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for ResourceId {
    fn from(id: &str) -> Self {
        Self(id.into())
    }
}

/// How far a kind reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeKind {
    /// One in the account: zones, roles, records.
    Global,
    /// One in a region: load balancers, clusters, buckets.
    Regional,
    /// One that has members in several regions: global tables, global clusters.
    Spanning,
}

/// Where a resource lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The program's name for the account; `None` is the engine's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How far it reaches.
    pub scope: ScopeKind,
    /// Its region (regional) or its members (spanning), sorted; empty for global.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
}

impl Place {
    /// The one region of a regional resource.
    pub fn region(&self) -> Option<Region> {
        match self.scope {
            ScopeKind::Regional => self.regions.first().copied(),
            _ => None,
        }
    }

    /// How the place is shown: a region, `global`, or the members joined by `+`.
    pub fn label(&self) -> String {
        match self.scope {
            ScopeKind::Global => "global".to_owned(),
            _ => self.regions.iter().map(|region| region.code()).collect::<Vec<_>>().join("+"),
        }
    }
}

macro_rules! typed_text {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        pub struct $name<T> {
            text: String,
            of: PhantomData<fn() -> T>,
        }

        impl<T> $name<T> {
            #[doc = concat!("From ", $what, " that is known already.")]
            pub fn new(text: impl Into<String>) -> Self {
                Self { text: text.into(), of: PhantomData }
            }

            /// The text as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.text
            }
        }

        impl<T> Clone for $name<T> {
            fn clone(&self) -> Self {
                Self::new(self.text.clone())
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.text, f)
            }
        }

        impl<T> fmt::Display for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.text)
            }
        }

        impl<T> PartialEq for $name<T> {
            fn eq(&self, other: &Self) -> bool {
                self.text == other.text
            }
        }

        impl<T> Eq for $name<T> {}

        impl<T> Serialize for $name<T> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.text)
            }
        }

        impl<'de, T> Deserialize<'de> for $name<T> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::new)
            }
        }
    };
}

typed_text! {
    /// The ARN of a `T`: `Arn<Key>` is not `Arn<LoadBalancer>`.
    Arn, "an ARN"
}
typed_text! {
    /// The id that AWS gave to a `T`: a zone's id is not a health check's.
    Id, "an id"
}
