//! Attribute values, as DynamoDB's JSON has them.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::super::fault::validation;
use super::decimal::Decimal;
use crate::reply::Fault;

/// An item: its attributes by name.
pub(in super::super) type Item = BTreeMap<String, Attr>;

/// One attribute value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in super::super) enum Attr {
    S(String),
    N(String),
    B(String),
    #[serde(rename = "SS")]
    Strings(Vec<String>),
    #[serde(rename = "NS")]
    Numbers(Vec<String>),
    #[serde(rename = "BS")]
    Binaries(Vec<String>),
    M(Item),
    L(Vec<Attr>),
    #[serde(rename = "NULL")]
    Null(bool),
    #[serde(rename = "BOOL")]
    Bool(bool),
}

impl Attr {
    /// The type's name in expressions and definitions.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::S(_) => "S",
            Self::N(_) => "N",
            Self::B(_) => "B",
            Self::Strings(_) => "SS",
            Self::Numbers(_) => "NS",
            Self::Binaries(_) => "BS",
            Self::M(_) => "M",
            Self::L(_) => "L",
            Self::Null(_) => "NULL",
            Self::Bool(_) => "BOOL",
        }
    }

    /// The one form in which a value is kept: numbers canonical, sets sorted, so that equal
    /// values are equal here too. Refuses what is no value.
    pub(super) fn checked(self) -> Result<Self, Fault> {
        Ok(match self {
            Self::N(text) => Self::N(number(&text)?.to_string()),
            Self::B(text) => Self::B(bytes(&text).map(|_| text)?),
            Self::Strings(set) => Self::Strings(distinct(set)?),
            Self::Numbers(set) => {
                let numbers: Result<Vec<String>, Fault> =
                    set.iter().map(|text| Ok(number(text)?.to_string())).collect();
                Self::Numbers(distinct(numbers?)?)
            }
            Self::Binaries(set) => {
                for text in &set {
                    bytes(text)?;
                }
                Self::Binaries(distinct(set)?)
            }
            Self::M(map) => Self::M(checked(map)?),
            Self::L(list) => {
                Self::L(list.into_iter().map(Self::checked).collect::<Result<_, Fault>>()?)
            }
            Self::Null(false) => {
                return Err(validation("Null attribute value types must have the value of true"));
            }
            other @ (Self::S(_) | Self::Null(true) | Self::Bool(_)) => other,
        })
    }

    /// The order of two values of one type; `None` for others.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::S(a), Self::S(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
            (Self::N(a), Self::N(b)) => Some(Decimal::parse(a)?.cmp(&Decimal::parse(b)?)),
            (Self::B(a), Self::B(b)) => Some(bytes(a).ok()?.cmp(&bytes(b).ok()?)),
            _ => None,
        }
    }

    /// What `size()` says; `None` for types without one.
    pub(super) fn length(&self) -> Option<usize> {
        Some(match self {
            Self::S(text) => text.len(),
            Self::B(text) => bytes(text).ok()?.len(),
            Self::Strings(set) | Self::Numbers(set) | Self::Binaries(set) => set.len(),
            Self::M(map) => map.len(),
            Self::L(list) => list.len(),
            Self::N(_) | Self::Null(_) | Self::Bool(_) => return None,
        })
    }

    /// Bytes it takes of the item's 400 KB.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::S(text) => text.len(),
            Self::N(text) => text.len() / 2 + 1,
            Self::B(text) => text.len() / 4 * 3,
            Self::Strings(set) => set.iter().map(String::len).sum(),
            Self::Numbers(set) => set.iter().map(|text| text.len() / 2 + 1).sum(),
            Self::Binaries(set) => set.iter().map(|text| text.len() / 4 * 3).sum(),
            Self::M(map) => 3 + size(map),
            Self::L(list) => 3 + list.iter().map(|value| 1 + value.bytes()).sum::<usize>(),
            Self::Null(_) | Self::Bool(_) => 1,
        }
    }
}

/// Bytes of a whole item.
pub(super) fn size(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value.bytes()).sum()
}

/// Every value of an item in its one form.
pub(super) fn checked(item: Item) -> Result<Item, Fault> {
    item.into_iter().map(|(name, value)| Ok((name, value.checked()?))).collect()
}

/// A number, or the refusal.
pub(super) fn number(text: &str) -> Result<Decimal, Fault> {
    Decimal::parse(text).ok_or_else(|| {
        validation(format!(
            "The parameter cannot be converted to a numeric value, or it has more than 38 digits: \
             {text}"
        ))
    })
}

/// The bytes of a binary value.
pub(super) fn bytes(text: &str) -> Result<Vec<u8>, Fault> {
    STANDARD.decode(text).map_err(|_| validation("Invalid attribute value: B is not base64"))
}

fn distinct(set: Vec<String>) -> Result<Vec<String>, Fault> {
    if set.is_empty() {
        return Err(validation(
            "One or more parameter values were invalid: A set may not be empty",
        ));
    }
    let count = set.len();
    let sorted: BTreeSet<String> = set.into_iter().collect();
    if sorted.len() != count {
        return Err(validation(
            "One or more parameter values were invalid: Input collection contains duplicates",
        ));
    }
    Ok(sorted.into_iter().collect())
}
