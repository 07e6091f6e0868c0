//! `ProjectionExpression`: the parts of an item that a reader wants.

use super::path::{Path, Step};
use super::scope::{Parser, Scope};
use super::value::{Attr, Item};
use crate::reply::Fault;

/// The wanted paths; everything where there was no expression.
pub(super) fn parse(text: Option<&str>, scope: &mut Scope) -> Result<Option<Vec<Path>>, Fault> {
    let Some(text) = text else { return Ok(None) };
    let mut parser = Parser::new("ProjectionExpression", text, scope)?;
    let mut paths = vec![parser.path()?];
    while parser.sign(",") {
        paths.push(parser.path()?);
    }
    parser.end()?;
    Ok(Some(paths))
}

/// The wanted parts of an item, in the documents that they are in.
pub(super) fn project(item: &Item, paths: Option<&[Path]>) -> Item {
    let Some(paths) = paths else { return item.clone() };
    let mut out = Attr::M(Item::new());
    for path in paths {
        if let Some(value) = path.get(item) {
            graft(&mut out, &path.0, value);
        }
    }
    match out {
        Attr::M(out) => out,
        _ => Item::new(),
    }
}

/// Places a value at the end of the steps, making what lies between. Elements of a list come
/// without those between them.
fn graft(into: &mut Attr, steps: &[Step], value: &Attr) {
    let Some((step, rest)) = steps.split_first() else {
        *into = value.clone();
        return;
    };
    let empty = match rest.first() {
        Some(Step::At(_)) => Attr::L(Vec::new()),
        _ => Attr::M(Item::new()),
    };
    match (step, into) {
        (Step::Name(name), Attr::M(map)) => {
            graft(map.entry(name.clone()).or_insert(empty), rest, value);
        }
        (Step::At(_), Attr::L(list)) => {
            list.push(empty);
            if let Some(last) = list.last_mut() {
                graft(last, rest, value);
            }
        }
        _ => {}
    }
}
