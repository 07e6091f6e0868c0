//! Attributes: AWS keeps many settings as pairs of texts; here each is a field of its own.

use std::collections::BTreeMap;

use bicoastal_model::Resource;
use serde_json::{Map, Value, json};

use crate::kind::{Turn, TurnGoal};

/// How a field is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum As {
    /// `true` or `false`.
    Flag,
    /// `on` or `off`.
    Switch,
    /// Digits.
    Number,
    /// Digits, or `off` for none.
    NumberOrOff,
    /// As it is.
    Text,
    /// This word, or nothing.
    Word(&'static str),
}

/// A field that is one attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    /// The property.
    pub(super) field: &'static str,
    /// The attribute's key.
    pub(super) key: &'static str,
    /// How the one is written as the other.
    pub(super) written: As,
    /// What it goes back to; empty where the default depends on the type, and AWS's value stays.
    pub(super) unset: &'static str,
}

impl Attribute {
    pub(super) const fn new(
        field: &'static str,
        key: &'static str,
        written: As,
        unset: &'static str,
    ) -> Self {
        Self { field, key, written, unset }
    }

    fn value(&self, text: &str) -> Value {
        match self.written {
            As::Flag => json!(text == "true"),
            As::Switch => json!(text == "on"),
            As::Number | As::NumberOrOff => text.parse::<i64>().map_or(Value::Null, Value::from),
            As::Word(word) if text == word => json!(true),
            As::Word(_) if text.is_empty() => json!(false),
            As::Text | As::Word(_) => json!(text),
        }
    }

    fn text(&self, value: &Value) -> String {
        match (self.written, value) {
            (As::Switch, value) => if *value == true { "on" } else { "off" }.to_owned(),
            (As::Word(word), value) => if *value == true { word } else { "" }.to_owned(),
            (_, Value::Null) => self.unset.to_owned(),
            (_, Value::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        }
    }
}

/// The attributes of an answer.
pub(super) fn collect<'a>(
    pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>,
) -> BTreeMap<String, String> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    pairs.map(|(key, value)| (text(key), text(value))).collect()
}

/// Puts the attributes that AWS returned into properties.
pub(super) fn read(
    table: &[Attribute],
    attributes: &BTreeMap<String, String>,
    props: &mut Map<String, Value>,
) {
    for attribute in table {
        let value = attributes.get(attribute.key).map(|text| attribute.value(text));
        if let Some(value) = value.filter(|value| !value.is_null()) {
            props.insert(attribute.field.to_owned(), value);
        }
    }
}

/// The attributes that this turn has to set.
pub(super) fn changes<R: Resource>(
    table: &[Attribute],
    turn: &Turn<'_, R>,
) -> BTreeMap<String, String> {
    let TurnGoal::Present { props, .. } = &turn.goal else { return BTreeMap::new() };
    table
        .iter()
        .filter(|attribute| turn.changed(attribute.field))
        .map(|attribute| {
            let value = props.get(attribute.field).unwrap_or(&Value::Null);
            (attribute.key.to_owned(), attribute.text(value))
        })
        .collect()
}

/// Whether any property of the table is mentioned: otherwise the attributes need not be read.
pub(super) fn any_mentioned(table: &[Attribute], target: &bicoastal_model::Target) -> bool {
    table.iter().any(|attribute| target.mentions(attribute.field))
}
