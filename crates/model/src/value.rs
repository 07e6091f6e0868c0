//! Properties as data: JSON, with markers for what is not known yet.
//!
//! | marker | meaning |
//! |---|---|
//! | `{"$ref":{"id":…,"attribute":…}}` | an output of another resource |
//! | `{"$text":[…]}` | text with outputs in it |
//! | `{"$name":"prefix"}` | a name generated from a prefix and the incarnation |
//! | `{"$secret":…}` | a secret: in a program its slot, in state its digest |
//!
//! A key that is missing was not mentioned; `null` is explicitly none.

use serde::{Deserialize, Serialize};
pub use serde_json::{Map, Value, json};

use crate::id::ResourceId;
use crate::word::Word;

/// The key of a reference marker.
pub const REF: &str = "$ref";
/// The key of an interpolated text marker.
pub const TEXT: &str = "$text";
/// The key of a generated name marker.
pub const NAME: &str = "$name";
/// The key of a secret marker.
pub const SECRET: &str = "$secret";

/// An output of another resource.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ref {
    /// Whose output.
    pub id: ResourceId,
    /// Which output.
    pub attribute: Word,
}

impl Ref {
    /// Its marker.
    pub fn marker(&self) -> Value {
        json!({ REF: { "id": self.id, "attribute": self.attribute } })
    }
}

/// The content of a marker with this key, if the value is one.
pub fn marker<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    let object = value.as_object()?;
    if object.len() == 1 { object.get(key) } else { None }
}

/// The reference, if the value is one.
pub fn as_ref(value: &Value) -> Option<Ref> {
    let of = marker(value, REF)?.as_object()?;
    let (id, attribute) = (of.get("id")?.as_str()?, of.get("attribute")?.as_str()?);
    Some(Ref { id: id.into(), attribute: attribute.into() })
}

/// Every reference inside a value, in order of appearance.
pub fn refs(value: &Value) -> Vec<Ref> {
    let mut found = Vec::new();
    visit(value, &mut |inner| {
        if let Some(reference) = as_ref(inner) {
            found.push(reference);
        }
    });
    found
}

/// Whether something in it is not known yet.
pub fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(fields) => marker(value, REF).is_some() || fields.values().any(has_unknown),
        _ => false,
    }
}

fn visit(value: &Value, see: &mut dyn FnMut(&Value)) {
    see(value);
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, see)),
        Value::Object(fields) => fields.values().for_each(|field| visit(field, see)),
        _ => {}
    }
}

/// Replaces every value for which `replace` has another, innermost first.
pub fn rewrite(value: &mut Value, replace: &mut dyn FnMut(&Value) -> Option<Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, replace)),
        Value::Object(fields) => fields.values_mut().for_each(|field| rewrite(field, replace)),
        _ => {}
    }
    if let Some(other) = replace(value) {
        *value = other;
    }
}

/// The value with its references replaced where `known` has them and its texts joined where all
/// their parts are known. What stays unknown keeps its marker.
pub fn resolve(value: &Value, known: &dyn Fn(&Ref) -> Option<Value>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| resolve(item, known)).collect(),
        Value::Object(fields) => {
            if let Some(reference) = as_ref(value) {
                return known(&reference).unwrap_or_else(|| value.clone());
            }
            let fields = fields.iter().map(|(name, field)| (name.clone(), resolve(field, known)));
            let resolved = Value::Object(fields.collect());
            match marker(&resolved, TEXT).and_then(joined) {
                Some(text) => Value::String(text),
                None => resolved,
            }
        }
        other => other.clone(),
    }
}

/// The parts of a text as one, where all of them are known.
fn joined(parts: &Value) -> Option<String> {
    let parts = parts.as_array()?.iter().map(|part| match part {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    });
    parts.collect()
}

/// The field at a dotted path, if it is there.
pub fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |inner, part| inner.get(part))
}

/// The text at a dotted path, if there is text.
pub fn text_at<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    at(value, path).and_then(Value::as_str)
}
