//! `state`: what is recorded, and corrections of it. AWS is never touched.

use bicoastal_engine::record::Record;
use bicoastal_engine::render::Style;
use bicoastal_engine::state::{Entry, Key, State};
use bicoastal_model::ResourceId;
use bicoastal_runtime::Named;
use serde_json::{Map, Value, json};

use crate::args::StateVerb;
use crate::console::{harmless, span};
use crate::failure::Failure;
use crate::ids;
use crate::session::Session;

pub(super) async fn run(session: &Session<'_, '_>, verb: &StateVerb) -> Result<u8, Failure> {
    match verb {
        StateVerb::List => list(session).await?,
        StateVerb::Show { id } => show(session, id).await?,
        StateVerb::Rm { id } => remove(session, id).await?,
        StateVerb::Mv { from, to } => rename(session, from, to).await?,
        StateVerb::Migrate { to } => migrate(session, to).await?,
        // It talks to the cloud, which nothing here does.
        StateVerb::Recover(args) => return super::rebuild::recover(session, args).await,
    }
    Ok(0)
}

async fn list(session: &Session<'_, '_>) -> Result<(), Failure> {
    let state = session.state().await?;
    let entries: Vec<(&Key, &Entry)> =
        state.iter().flat_map(|state| state.entries.iter()).collect();
    if session.flags.json {
        let all: Vec<Value> = entries.iter().map(|(key, entry)| summary(key, entry)).collect();
        session.console.json(&Value::Array(all));
        return Ok(());
    }
    if entries.is_empty() {
        session.console.diagnostic(&format!(
            "Nothing is recorded of the stack '{}' in {}.",
            session.stack,
            session.state_place()
        ));
    }
    let rows: Vec<[String; 4]> = entries
        .iter()
        .map(|(key, entry)| {
            let physical = entry.physical.clone().unwrap_or_default();
            [shown(key), entry.kind.to_string(), entry.place.label(), physical]
        })
        .collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|it| it.chars().count()).max()
    };
    let widths = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    for ([id, kind, region, physical], (_, entry)) in rows.iter().zip(&entries) {
        let [ids, kinds, regions] = widths;
        let mut line = vec![
            span(Style::Plain, format!("{id:ids$}  ")),
            span(Style::Dim, format!("{kind:kinds$}  ")),
            span(Style::Plain, format!("{region:regions$}  {physical}")),
        ];
        let marks = marks(entry);
        if !marks.is_empty() {
            line.push(span(Style::Warn, format!("  ({})", marks.join(", "))));
        }
        session.console.line(&line);
    }
    Ok(())
}

/// What is out of the ordinary about an entry.
fn marks(entry: &Entry) -> Vec<&'static str> {
    [
        (entry.protected, "protected"),
        (entry.retained, "retained"),
        (entry.superseded, "superseded"),
        (entry.doubt.is_some(), "in doubt"),
    ]
    .into_iter()
    .filter_map(|(is, word)| is.then_some(word))
    .collect()
}

/// The id alone where there was never another incarnation.
fn shown(key: &Key) -> String {
    if key.incarnation == 1 { key.id.to_string() } else { key.to_string() }
}

fn summary(key: &Key, entry: &Entry) -> Value {
    json!({
        "id": key.id,
        "incarnation": key.incarnation,
        "kind": entry.kind,
        "region": entry.place.label(),
        "account": entry.place.account,
        "physical": entry.physical,
        "protected": entry.protected,
        "retained": entry.retained,
        "superseded": entry.superseded,
        "in_doubt": entry.doubt.is_some(),
    })
}

async fn show(session: &Session<'_, '_>, id: &str) -> Result<(), Failure> {
    let state = recorded(session).await?;
    let keys = find(session, &state, id)?;
    let mut all = Vec::new();
    for key in keys {
        let Some(entry) = state.entries.get(&key) else { continue };
        let mut whole = summary(&key, entry);
        whole["token"] = json!(entry.token);
        whole["born"] = json!(entry.born);
        whole["after"] = json!(entry.edges);
        whole["applied"] = redacted(&json!(entry.applied));
        whole["outputs"] = json!(entry.outputs);
        if let Some(doubt) = &entry.doubt {
            whole["doubt"] = json!({
                "op": doubt.op,
                "verb": doubt.verb,
                "wanted": redacted(&json!(doubt.wanted)),
            });
        }
        all.push(whole);
    }
    if session.flags.json {
        session.console.json(&Value::Array(all));
        return Ok(());
    }
    for entry in all.iter().filter_map(Value::as_object) {
        // Who it is comes first.
        let first = FIRST.iter().filter_map(|name| entry.get_key_value(*name));
        let rest = entry.iter().filter(|(name, _)| !FIRST.contains(&name.as_str()));
        for (name, value) in first.chain(rest) {
            print(session, 0, name, value);
        }
    }
    Ok(())
}

/// What says which thing an entry is.
const FIRST: [&str; 4] = ["id", "kind", "region", "physical"];

/// Digests of secrets are of no use to anybody who looks.
fn redacted(value: &Value) -> Value {
    match value {
        Value::Object(fields) if fields.len() == 1 && fields.contains_key("$secret") => {
            json!("(secret)")
        }
        Value::Object(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, field)| (name.clone(), redacted(field)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(redacted).collect()),
        other => other.clone(),
    }
}

/// A field a line, parts indented; what says nothing is left out.
fn print(session: &Session<'_, '_>, depth: usize, name: &str, value: &Value) {
    let indent = "  ".repeat(depth);
    let text = match value {
        Value::Null | Value::Bool(false) => return,
        Value::Array(items) if items.is_empty() => return,
        Value::Object(fields) if fields.is_empty() => return,
        Value::Object(fields) => {
            session.console.line(&[span(Style::Bold, format!("{indent}{name}:"))]);
            for (name, field) in fields {
                print(session, depth + 1, name, field);
            }
            return;
        }
        Value::String(text) => harmless(text),
        other => other.to_string(),
    };
    session
        .console
        .line(&[span(Style::Bold, format!("{indent}{name}: ")), span(Style::Plain, text)]);
}

async fn remove(session: &Session<'_, '_>, id: &str) -> Result<(), Failure> {
    let keys = find(session, &recorded(session).await?, id)?;
    let records = |_: &State| {
        let forgotten = keys
            .iter()
            .map(|key| Record::Forgotten { key: key.clone(), reason: "state rm".to_owned() });
        Ok(forgotten.collect())
    };
    session.hearing(session.editor().edit_state(&session.stack, records)).await?;
    for key in &keys {
        session.console.plain(format_args!(
            "Forgot {}. It is still in AWS, and no longer this stack's.",
            shown(key)
        ));
    }
    Ok(())
}

async fn rename(session: &Session<'_, '_>, from: &str, to: &str) -> Result<(), Failure> {
    let state = recorded(session).await?;
    let (old, new) = (ResourceId::new(from), ResourceId::new(to));
    if state.incarnations(&old).next().is_none() {
        return Err(ids::unknown(&session.stack, from, &recorded_ids(&state)));
    }
    if state.incarnations(&new).next().is_some() {
        return Err(Failure::with_hint(
            format!("{to} is recorded already; nothing was done"),
            format!("if it is to go, forget it first: state rm {to}"),
        ));
    }
    if to.is_empty() || to.contains(|it: char| it.is_whitespace() || it.is_control() || it == '#') {
        return Err(Failure::new(format!("'{to}' can't be the id of a resource")));
    }
    let records = |_: &State| Ok(vec![Record::Moved { from: old, to: new }]);
    session.hearing(session.editor().edit_state(&session.stack, records)).await?;
    session.console.plain(format_args!("{from} is {to} from now on. AWS was not touched."));
    Ok(())
}

async fn migrate(session: &Session<'_, '_>, to: &str) -> Result<(), Failure> {
    let (old, new) = (session.store(), session.open_place(to).await?);
    let from = session.flags.state_place();
    let ask = session.waiting.ask("state migrate");
    let named = |store, name| Named { store, name };
    let migrate =
        bicoastal_runtime::migrate(&session.stack, named(&*old, &from), named(&*new, to), &ask);
    let state = session.hearing(migrate).await?;
    session.console.plain(format_args!(
        "The state of '{}' ({} resources) is in {to} now. Say --state '{to}' from now on; {from} keeps a copy that nobody can use.",
        session.stack,
        state.entries.len()
    ));
    Ok(())
}

async fn recorded(session: &Session<'_, '_>) -> Result<State, Failure> {
    session.state().await?.ok_or_else(|| {
        Failure::with_hint(
            format!(
                "nothing is recorded of the stack '{}' in {}",
                session.stack,
                session.state_place()
            ),
            "check --stack and --state-dir",
        )
    })
}

fn recorded_ids(state: &State) -> Vec<String> {
    let mut ids: Vec<String> = state.entries.keys().map(|key| key.id.to_string()).collect();
    ids.dedup();
    ids
}

/// All incarnations of `ID`, or the one of `ID#N`.
fn find(session: &Session<'_, '_>, state: &State, id: &str) -> Result<Vec<Key>, Failure> {
    let keys: Vec<Key> = state
        .entries
        .keys()
        .filter(|key| key.id.as_str() == id || key.to_string() == id)
        .cloned()
        .collect();
    if keys.is_empty() {
        return Err(ids::unknown(&session.stack, id, &recorded_ids(state)));
    }
    Ok(keys)
}
