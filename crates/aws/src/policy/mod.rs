//! Policy documents as properties: built with types, or taken over as JSON.

#[cfg(feature = "iam")]
mod check;
#[cfg(all(test, feature = "dynamodb", feature = "iam", feature = "s3"))]
mod tests;

use bicoastal_model::PolicyDocument;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[cfg(feature = "iam")]
pub(crate) use check::{Kind, check, size};

/// An IAM policy document.
///
/// It is made from a [`PolicyDocument`], whose resources and principals take outputs of other
/// resources, or from JSON that is there already ([`Document::json`]). Two documents are equal when
/// they mean the same, however they are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Document(Value);

impl Document {
    /// From JSON text. What is not JSON is found when the resource is checked.
    pub fn json(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())))
    }

    /// The document as data, with markers for outputs that are not known yet.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The document as AWS takes it: JSON without white space.
    pub fn text(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl From<PolicyDocument> for Document {
    fn from(document: PolicyDocument) -> Self {
        Self(serde_json::to_value(&document).unwrap_or(Value::Null))
    }
}

impl From<&PolicyDocument> for Document {
    fn from(document: &PolicyDocument) -> Self {
        Self(serde_json::to_value(document).unwrap_or(Value::Null))
    }
}

impl From<Value> for Document {
    fn from(document: Value) -> Self {
        Self(document)
    }
}
