//! `outputs`: what the stack shows, as it was when it was last applied.

use bicoastal_engine::render::Style;
use bicoastal_model::value;
use serde_json::Value;

use crate::console::{harmless, span};
use crate::failure::Failure;
use crate::session::Session;

pub(super) async fn run(session: &Session<'_, '_>, name: Option<&str>) -> Result<u8, Failure> {
    let exports = exports(session).await?;
    match (name, session.flags.json) {
        (Some(name), json) => {
            let Some((_, value)) = exports.iter().find(|(other, _)| other == name) else {
                return Err(unknown(session, name, &exports));
            };
            match (value, json) {
                // Raw, for a script's variable.
                (Value::String(text), false) => session.console.plain(text),
                (value, _) if value::has_unknown(value) => {
                    return Err(Failure::with_hint(
                        format!("the output '{name}' is {}", missing(value)),
                        "apply first",
                    ));
                }
                (value, _) => session.console.plain(value),
            }
        }
        (None, true) => session.console.json(&object(exports)),
        (None, false) if exports.is_empty() => {
            session.console.diagnostic(&format!("The stack '{}' has no outputs.", session.stack));
        }
        (None, false) => print(session, &exports),
    }
    Ok(0)
}

/// Shows the outputs under a heading, where there are any.
pub(super) async fn show(session: &Session<'_, '_>) -> Result<(), Failure> {
    let exports = exports(session).await?;
    if !exports.is_empty() {
        session.console.plain("");
        session.console.line(&[span(Style::Bold, "Outputs")]);
        print(session, &exports);
    }
    Ok(())
}

/// All outputs, for scripts: `{name: value}`; null where an output is not known.
pub(super) async fn json(session: &Session<'_, '_>) -> Result<Value, Failure> {
    Ok(object(exports(session).await?))
}

fn object(exports: Vec<(String, Value)>) -> Value {
    let known = |value| if value::has_unknown(&value) { Value::Null } else { value };
    Value::Object(exports.into_iter().map(|(name, value)| (name, known(value))).collect())
}

/// What an output that is not known waits for.
fn missing(value: &Value) -> String {
    let outputs: Vec<String> = value::refs(value)
        .iter()
        .map(|reference| format!("{}.{}", reference.id, reference.attribute))
        .collect();
    format!("not known: there is no {}", outputs.join(", "))
}

async fn exports(session: &Session<'_, '_>) -> Result<Vec<(String, Value)>, Failure> {
    Ok(session.state().await?.map(|state| state.exports).unwrap_or_default())
}

fn unknown(session: &Session<'_, '_>, name: &str, exports: &[(String, Value)]) -> Failure {
    let known: Vec<&str> = exports.iter().map(|(name, _)| name.as_str()).collect();
    Failure::with_hint(
        format!("the stack '{}' has no output '{name}'", session.stack),
        match known.len() {
            0 => "it has none at all before it is applied".to_owned(),
            _ => format!("it has: {}", known.join(", ")),
        },
    )
}

/// Names in one column, values in the next; the parts of a compound value below each other.
fn print(session: &Session<'_, '_>, exports: &[(String, Value)]) {
    let width = exports.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    for (name, value) in exports {
        let mut name = format!("  {name:width$}  ");
        for line in lines(value) {
            session.console.line(&[span(Style::Bold, &name), span(Style::Plain, line)]);
            name = " ".repeat(width + 4);
        }
    }
}

fn lines(value: &Value) -> Vec<String> {
    match value {
        value if value::as_ref(value).is_some() => vec![format!("({})", missing(value))],
        Value::String(text) => vec![harmless(text)],
        Value::Array(items) if !items.is_empty() => items.iter().flat_map(lines).collect(),
        Value::Object(fields) if !fields.is_empty() => fields
            .iter()
            .flat_map(|(name, value)| {
                lines(value).into_iter().map(move |line| format!("{name}: {line}"))
            })
            .collect(),
        other => vec![other.to_string()],
    }
}
