//! Parts of a request that come back as they were sent: kept as its fields, shown as XML.

use std::collections::BTreeMap;

use crate::query::Params;
use crate::xml::Element;

/// Fields by name, e.g. `Values.member.1`.
pub(super) type Fields = BTreeMap<String, String>;

/// The fields below `prefix`, without it.
pub(super) fn below(params: &Params, prefix: &str) -> Fields {
    let dotted = format!("{prefix}.");
    params
        .fields()
        .filter_map(|(name, value)| {
            Some((name.strip_prefix(&dotted)?.to_owned(), value.to_owned()))
        })
        .collect()
}

/// The element with these fields inside; `member.N` and `entry.N` become members in their order.
pub(super) fn element(name: &str, fields: &Fields) -> Element {
    let mut children: BTreeMap<(u32, &str), Fields> = BTreeMap::new();
    let mut own = String::new();
    for (path, value) in fields {
        let (first, mut rest) = path.split_once('.').unwrap_or((path, ""));
        let mut number = 0;
        if first == "member" || first == "entry" {
            let (digits, tail) = rest.split_once('.').unwrap_or((rest, ""));
            number = digits.parse().unwrap_or(0);
            rest = tail;
        }
        if first.is_empty() {
            own.clone_from(value);
        } else {
            children.entry((number, first)).or_default().insert(rest.to_owned(), value.clone());
        }
    }
    Element {
        name: name.to_owned(),
        text: own,
        children: children.iter().map(|((_, name), fields)| element(name, fields)).collect(),
        ..Element::default()
    }
}

/// The texts of the list of this name.
pub(super) fn list(fields: &Fields, name: &str) -> Vec<String> {
    let prefix = format!("{name}.member.");
    let mut numbered: Vec<(u32, &String)> = fields
        .iter()
        .filter_map(|(path, value)| Some((path.strip_prefix(&prefix)?.parse().ok()?, value)))
        .collect();
    numbered.sort();
    numbered.into_iter().map(|(_, value)| value.clone()).collect()
}
