//! Names that AWS lets the caller choose: fixed, or generated from a prefix.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::input::Input;
use crate::value::{self, NAME, Value, json};

/// A physical name.
///
/// A fixed name that must be replaced means an outage (delete, then create). A generated one
/// has the incarnation appended, so that the successor can be created first.
#[derive(Clone, Debug, PartialEq)]
pub enum Name {
    /// Exactly this name.
    Fixed(Input<String>),
    /// `prefix-1`, `prefix-2`, … one number per incarnation.
    Generated(String),
}

impl Name {
    /// A name generated from a prefix.
    pub fn generated(prefix: impl Into<String>) -> Self {
        Self::Generated(prefix.into())
    }

    /// The name of an incarnation of a generated name.
    pub fn of_incarnation(prefix: &str, incarnation: u32) -> String {
        format!("{prefix}-{incarnation}")
    }

    /// The text where it is known, else an empty one (never reached on resolved properties).
    pub fn as_str(&self) -> &str {
        match self {
            Self::Fixed(name) => name.as_str(),
            Self::Generated(prefix) => prefix,
        }
    }
}

impl<T: Into<Input<String>>> From<T> for Name {
    fn from(name: T) -> Self {
        Self::Fixed(name.into())
    }
}

impl Serialize for Name {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Fixed(name) => name.serialize(serializer),
            Self::Generated(prefix) => json!({ NAME: prefix }).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match value::marker(&value, NAME).and_then(Value::as_str) {
            Some(prefix) => Ok(Self::Generated(prefix.to_owned())),
            None => from_value(value).map(Self::Fixed).map_err(serde::de::Error::custom),
        }
    }
}

fn from_value<T: DeserializeOwned>(value: Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(value)
}
