//! Filters and pages of the Describe operations.

use super::context::Context;
use super::fault;
use crate::query::{self, Params};
use crate::reply::Fault;
use crate::xml::Element;

/// The filters of a request by name. A name that the operation does not know is refused.
pub(super) fn filters(
    params: &Params,
    known: &[&str],
) -> Result<Vec<(String, Vec<String>)>, Fault> {
    let mut filters = Vec::new();
    for filter in params.structs("Filters") {
        let name = filter.get("Name").unwrap_or_default().to_owned();
        if !known.contains(&name.as_str()) {
            return Err(fault::value(format!("Unrecognized filter name: {name}")));
        }
        filters.push((name, filter.list("Values").unwrap_or_default()));
    }
    Ok(filters)
}

/// `<name><item>…</item></name>` with one page of `items` (sorted by their keys), and the
/// `Marker` of the next page.
pub(super) fn page(
    cx: &Context<'_>,
    name: &str,
    item: &str,
    items: impl IntoIterator<Item = (String, Element)>,
) -> Result<Vec<Element>, Fault> {
    let size = match cx.params.get("MaxRecords") {
        None | Some("") => 100,
        Some(text) => {
            text.parse::<usize>().ok().filter(|size| (20..=100).contains(size)).ok_or_else(
                || {
                    fault::value(format!(
                        "Invalid value {text} for MaxRecords. Must be between 20 and 100"
                    ))
                },
            )?
        }
    };
    let after = cx.text("Marker").unwrap_or_default();
    let mut rest = items.into_iter().filter(|(key, _)| after.is_empty() || *key > after).peekable();
    let mut members = Vec::new();
    let mut last = String::new();
    while members.len() < size {
        let Some((key, element)) = rest.next() else { break };
        last = key;
        members.push(element);
    }
    let mut fields = vec![query::list(name, item, members)];
    if rest.peek().is_some() {
        fields.push(Element { name: "Marker".to_owned(), text: last, ..Element::default() });
    }
    Ok(fields)
}

/// A list of texts.
pub(super) fn texts<'a>(
    name: &str,
    item: &str,
    texts: impl IntoIterator<Item = &'a String>,
) -> Element {
    query::list(
        name,
        item,
        texts.into_iter().map(|text| Element { text: text.clone(), ..Element::default() }),
    )
}
