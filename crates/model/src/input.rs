//! What properties take: values that are known, or outputs of other resources.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{Arn, Id, ResourceId};
use crate::value::{self, REF, Ref, TEXT, Value, json};
use crate::word::Word;

/// An output of a declared resource: plain data, known once the resource exists.
///
/// It draws the edge from the resource that uses it to the one it belongs to.
pub struct Output<T> {
    of: Ref,
    kind: PhantomData<fn() -> T>,
}

impl<T> Output<T> {
    /// The output `attribute` of resource `id`.
    pub fn new(id: ResourceId, attribute: impl Into<Word>) -> Self {
        Self { of: Ref { id, attribute: attribute.into() }, kind: PhantomData }
    }

    /// Which output of which resource.
    pub fn reference(&self) -> &Ref {
        &self.of
    }

    /// The same output as plain text, for interpolation or for a property without a type of its own.
    pub fn text(&self) -> Output<String> {
        Output { of: self.of.clone(), kind: PhantomData }
    }
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Self {
        Self { of: self.of.clone(), kind: PhantomData }
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}.{}}}", self.of.id, self.of.attribute)
    }
}

impl<T> PartialEq for Output<T> {
    fn eq(&self, other: &Self) -> bool {
        self.of == other.of
    }
}

/// An output whose type does not matter any more: for exports and interpolation.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyOutput(pub Value);

impl<T> From<Output<T>> for AnyOutput {
    fn from(output: Output<T>) -> Self {
        Self(output.of.marker())
    }
}

impl<T> From<&Output<T>> for AnyOutput {
    fn from(output: &Output<T>) -> Self {
        Self(output.of.marker())
    }
}

impl From<&str> for AnyOutput {
    fn from(text: &str) -> Self {
        Self(json!(text))
    }
}

impl From<String> for AnyOutput {
    fn from(text: String) -> Self {
        Self(json!(text))
    }
}

impl From<&String> for AnyOutput {
    fn from(text: &String) -> Self {
        Self(json!(text))
    }
}

impl From<Text> for AnyOutput {
    fn from(text: Text) -> Self {
        Self(text.marker())
    }
}

impl<T: Serialize> From<Input<T>> for AnyOutput {
    fn from(input: Input<T>) -> Self {
        Self(serde_json::to_value(&input).unwrap_or(Value::Null))
    }
}

/// Text with outputs in it, made by [`text!`](crate::text).
#[derive(Clone, Debug, PartialEq)]
pub struct Text(Vec<Value>);

impl Text {
    /// From the literal pieces around `{}` and what goes between them.
    #[doc(hidden)]
    pub fn interpolate(template: &str, outputs: Vec<AnyOutput>) -> Self {
        let mut parts = Vec::new();
        let mut outputs = outputs.into_iter();
        for (index, piece) in template.split("{}").enumerate() {
            if index > 0
                && let Some(AnyOutput(output)) = outputs.next()
            {
                parts.push(output);
            }
            if !piece.is_empty() {
                parts.push(json!(piece));
            }
        }
        Self(parts)
    }

    fn marker(&self) -> Value {
        json!({ TEXT: self.0 })
    }
}

/// Text that interpolates outputs: `text!("{}/*", bucket.arn())`. Each `{}` takes one argument.
#[macro_export]
macro_rules! text {
    ($template:literal $(, $output:expr)* $(,)?) => {{
        const _: () = assert!(
            $crate::input::placeholders($template) == [$(stringify!($output)),*].len(),
            "text! needs one argument for each pair of braces in its template"
        );
        $crate::Text::interpolate($template, vec![$($crate::AnyOutput::from($output)),*])
    }};
}

/// How many `{}` a template has. For [`text!`](crate::text).
#[doc(hidden)]
pub const fn placeholders(template: &str) -> usize {
    let bytes = template.as_bytes();
    let mut count = 0;
    let mut index = 0;
    while index + 1 < bytes.len() {
        if bytes[index] == b'{' && bytes[index + 1] == b'}' {
            count += 1;
            index += 1;
        }
        index += 1;
    }
    count
}

/// What a property takes: a value, an output of another resource, or text with outputs in it.
#[derive(Clone, PartialEq)]
pub enum Input<T> {
    /// Known when the program runs.
    Known(T),
    /// Known when the resource it belongs to exists.
    Ref(Output<T>),
    /// Known when every output in it is.
    Text(Text),
}

impl<T> Input<T> {
    /// The value, where it is known. After planning has resolved a resource it always is.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Ref(_) | Self::Text(_) => None,
        }
    }
}

impl<T: Default> Input<T> {
    /// The value where it is known, else the type's default. For code that only runs on resolved
    /// properties, where the default is never reached.
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.known().cloned().unwrap_or_default()
    }
}

impl Input<String> {
    /// The text where it is known, else an empty one (never reached on resolved properties).
    pub fn as_str(&self) -> &str {
        self.known().map(String::as_str).unwrap_or_default()
    }
}

impl<K> Input<Arn<K>> {
    /// The ARN where it is known, else an empty text (never reached on resolved properties).
    pub fn as_str(&self) -> &str {
        self.known().map(Arn::as_str).unwrap_or_default()
    }
}

impl<K> Input<Id<K>> {
    /// The id where it is known, else an empty text (never reached on resolved properties).
    pub fn as_str(&self) -> &str {
        self.known().map(Id::as_str).unwrap_or_default()
    }
}

impl<T: fmt::Debug> fmt::Debug for Input<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(value) => value.fmt(f),
            Self::Ref(output) => output.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

impl<T> From<Output<T>> for Input<T> {
    fn from(output: Output<T>) -> Self {
        Self::Ref(output)
    }
}

impl<T> From<&Output<T>> for Input<T> {
    fn from(output: &Output<T>) -> Self {
        Self::Ref(output.clone())
    }
}

impl From<Text> for Input<String> {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}

impl<K> From<Output<Arn<K>>> for Input<String> {
    fn from(output: Output<Arn<K>>) -> Self {
        Self::Ref(output.text())
    }
}

impl<K> From<Output<Id<K>>> for Input<String> {
    fn from(output: Output<Id<K>>) -> Self {
        Self::Ref(output.text())
    }
}

impl From<String> for Input<String> {
    fn from(text: String) -> Self {
        Self::Known(text)
    }
}

impl From<&String> for Input<String> {
    fn from(text: &String) -> Self {
        Self::Known(text.clone())
    }
}

impl From<&str> for Input<String> {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}

impl<K> From<Arn<K>> for Input<Arn<K>> {
    fn from(arn: Arn<K>) -> Self {
        Self::Known(arn)
    }
}

impl<K> From<Id<K>> for Input<Id<K>> {
    fn from(id: Id<K>) -> Self {
        Self::Known(id)
    }
}

/// Text is accepted where an ARN is expected only as an ARN in full: `"arn:aws:kms:…"`.
impl<K> From<&str> for Input<Arn<K>> {
    fn from(arn: &str) -> Self {
        Self::Known(Arn::new(arn))
    }
}

/// An id that was given in full, e.g. `"Z0123456789"`.
impl<K> From<&str> for Input<Id<K>> {
    fn from(id: &str) -> Self {
        Self::Known(Id::new(id))
    }
}

impl<K> From<String> for Input<Arn<K>> {
    fn from(arn: String) -> Self {
        Self::Known(Arn::new(arn))
    }
}

impl<K> From<String> for Input<Id<K>> {
    fn from(id: String) -> Self {
        Self::Known(Id::new(id))
    }
}

impl<T: Serialize> Serialize for Input<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Ref(output) => output.of.marker().serialize(serializer),
            Self::Text(text) => text.marker().serialize(serializer),
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Input<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if value::marker(&value, REF).is_some()
            && let Some(of) = value::as_ref(&value)
        {
            return Ok(Self::Ref(Output { of, kind: PhantomData }));
        }
        if let Some(Value::Array(parts)) = value::marker(&value, TEXT) {
            return Ok(Self::Text(Text(parts.clone())));
        }
        serde_json::from_value(value).map(Self::Known).map_err(serde::de::Error::custom)
    }
}
