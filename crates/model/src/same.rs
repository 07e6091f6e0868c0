//! Whether two values of a field mean the same.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::dns;
use crate::policy;
use crate::schema::Shape;
use crate::value::{Value, json};

/// Whether what is wanted and what is seen mean the same.
pub fn same(shape: &Shape, wanted: &Value, seen: &Value) -> bool {
    if wanted == seen {
        return true;
    }
    match shape {
        Shape::VersionPrefix => match (wanted.as_str(), seen.as_str()) {
            (Some(wanted), Some(seen)) => is_version_of(wanted, seen),
            _ => wanted == seen,
        },
        // There is no telling but by the marker itself.
        Shape::Secret => wanted == seen,
        Shape::AtLeast(item) => {
            let seen = list(seen).iter().map(|value| canonical(item, value)).collect::<Vec<_>>();
            list(wanted).iter().all(|value| seen.contains(&canonical(item, value)))
        }
        _ => canonical(shape, wanted) == canonical(shape, seen),
    }
}

/// `16` accepts `16` and `16.6`; it does not accept `160`.
fn is_version_of(wanted: &str, seen: &str) -> bool {
    match seen.strip_prefix(wanted) {
        Some(rest) => rest.is_empty() || rest.starts_with('.'),
        None => false,
    }
}

/// The value in the one form that all equal values of this shape share. Secrets are not part of it:
/// AWS shows none, so they are compared on their own, with what was applied.
pub fn canonical(shape: &Shape, value: &Value) -> Value {
    match shape {
        Shape::Plain | Shape::VersionPrefix | Shape::OwnedMap => number(value),
        Shape::Secret => Value::Null,
        Shape::CaseInsensitive | Shape::DnsName | Shape::AliasName => {
            text(value, |text| canonical_text(shape, text).unwrap_or_default().into_owned())
        }
        Shape::Policy => policy::canonical(value),
        Shape::RecordValues => sorted(list(value).iter().map(|item| text(item, record_value))),
        Shape::List(item) => {
            Value::Array(list(value).iter().map(|value| canonical(item, value)).collect())
        }
        Shape::Set(item) | Shape::OwnedSet(item) | Shape::AtLeast(item) => {
            sorted(list(value).iter().map(|value| canonical(item, value)))
        }
        Shape::Keyed { fields, .. } => {
            sorted(list(value).iter().map(|entry| canonical(&Shape::Object(fields), entry)))
        }
        Shape::Object(fields) => match value.as_object() {
            None => value.clone(),
            Some(object) => Value::Object(
                object
                    .iter()
                    .filter_map(|(name, value)| {
                        let Some(field) = fields.iter().find(|field| field.name == name) else {
                            return Some((name.clone(), value.clone()));
                        };
                        let value = canonical(&field.shape, value);
                        let absent = field.absent.value().map(|it| canonical(&field.shape, &it));
                        (!value.is_null() && Some(&value) != absent.as_ref())
                            .then(|| (name.clone(), value))
                    })
                    .collect(),
            ),
        },
    }
}

/// The same for a text, where the form of one follows from nothing but its characters.
pub fn canonical_text<'t>(shape: &Shape, text: &'t str) -> Option<Cow<'t, str>> {
    match shape {
        Shape::Plain | Shape::VersionPrefix | Shape::OwnedMap => Some(text.into()),
        Shape::CaseInsensitive => Some(text.to_lowercase().into()),
        Shape::DnsName => Some(dns::canonical(text).into()),
        Shape::AliasName => Some(dns::canonical_alias(text).into()),
        _ => None,
    }
}

/// A DNS record's value: TXT strings by content, addresses parsed, everything else without case,
/// trailing dots and doubled spaces outside quotes.
fn record_value(value: &str) -> String {
    let value = value.trim();
    if value.starts_with('"') {
        return format!("txt {}", txt_content(value));
    }
    if let Ok(address) = value.parse::<IpAddr>() {
        return address.to_string();
    }
    value
        .split_whitespace()
        .map(|word| {
            if word.contains('"') {
                word.to_owned()
            } else {
                word.to_lowercase().trim_end_matches('.').to_owned()
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// What quoted strings say together, with `\"`, `\\` and `\ooo` decoded byte by byte (shown as Latin-1).
fn txt_content(value: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\\' if quoted => {
                let rest: Vec<u8> = bytes.clone().take(3).collect();
                if rest.len() == 3 && rest.iter().all(|digit| (b'0'..=b'7').contains(digit)) {
                    let code = rest.iter().fold(0u32, |sum, d| sum * 8 + u32::from(d - b'0'));
                    out.push(char::from(u8::try_from(code).unwrap_or(b'?')));
                    bytes.nth(2);
                } else if let Some(next) = bytes.next() {
                    out.push(char::from(next));
                }
            }
            other if quoted => out.push(char::from(other)),
            _ => {}
        }
    }
    out
}

fn text(value: &Value, normal: impl Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => json!(normal(text)),
        other => other.clone(),
    }
}

/// `1` and `1.0` are one number.
fn number(value: &Value) -> Value {
    match value.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => json!(float as i64),
        _ => value.clone(),
    }
}

fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        other => std::slice::from_ref(other),
    }
}

fn sorted(items: impl Iterator<Item = Value>) -> Value {
    let mut items: Vec<Value> = items.collect();
    items.sort_by_cached_key(ToString::to_string);
    items.dedup();
    Value::Array(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Absent, Field};

    fn check(shape: Shape, wanted: Value, seen: Value, expected: bool) {
        assert_eq!(same(&shape, &wanted, &seen), expected, "{shape:?} {wanted} {seen}");
    }

    #[test]
    fn shapes_compare_by_meaning() {
        const PLAIN: &Shape = &Shape::Plain;
        check(Shape::Plain, json!(1), json!(1.0), true);
        check(Shape::Plain, json!("a"), json!("A"), false);
        check(Shape::CaseInsensitive, json!("a"), json!("A"), true);
        check(Shape::Set(PLAIN), json!(["b", "a"]), json!(["a", "b", "a"]), true);
        check(Shape::List(PLAIN), json!(["b", "a"]), json!(["a", "b"]), false);
        check(Shape::AtLeast(PLAIN), json!(["a"]), json!(["a", "b"]), true);
        check(Shape::AtLeast(PLAIN), json!(["c"]), json!(["a", "b"]), false);
        check(Shape::VersionPrefix, json!("16"), json!("16.6"), true);
        check(Shape::VersionPrefix, json!("16"), json!("160.1"), false);
        check(Shape::VersionPrefix, json!("16.6"), json!("16.4"), false);
    }

    #[test]
    fn record_values_compare_by_content() {
        check(Shape::RecordValues, json!(["\"ab\" \"c\""]), json!(["\"abc\""]), true);
        check(Shape::RecordValues, json!(["\"a\\\"b\""]), json!(["\"a\\042b\""]), true);
        check(Shape::RecordValues, json!(["\"Abc\""]), json!(["\"abc\""]), false);
        check(Shape::RecordValues, json!(["2001:DB8::0:1"]), json!(["2001:db8::1"]), true);
        check(
            Shape::RecordValues,
            json!(["10 MAIL.example.com."]),
            json!(["10  mail.example.com"]),
            true,
        );
    }

    #[test]
    fn objects_forget_defaults() {
        const FIELDS: &[Field] = &[
            Field::new("enabled").absent(Absent::Bool(false)),
            Field::new("name").shape(Shape::CaseInsensitive),
        ];
        check(
            Shape::Object(FIELDS),
            json!({"name": "A"}),
            json!({"name": "a", "enabled": false}),
            true,
        );
    }
}
