//! Values that must not be seen: they reach the AWS call and nothing else.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::{self, SECRET, Value, json};

/// A secret text. `Debug` and `Display` redact it; state keeps only a salted digest.
///
/// `Serialize` writes a marker that [`Stack`](crate::Stack) takes out of the properties the moment
/// they are declared; a secret inside anything else than a resource's properties is written
/// redacted.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T = String>(T);

impl Secret<String> {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Only for the call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

thread_local! {
    static EXPOSED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Serialises with the secrets in clear, for the moment in which a stack takes them out.
pub(crate) fn to_value_exposed<T: Serialize>(of: &T) -> Result<Value, serde_json::Error> {
    let before = EXPOSED.replace(true);
    let value = serde_json::to_value(of);
    EXPOSED.set(before);
    value
}

impl Serialize for Secret<String> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = if EXPOSED.get() { self.0.as_str() } else { "(redacted)" };
        json!({ SECRET: shown }).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Secret<String> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        value::marker(&value, SECRET)
            .and_then(Value::as_str)
            .map(Self::new)
            .ok_or_else(|| serde::de::Error::custom("expected a secret"))
    }
}
