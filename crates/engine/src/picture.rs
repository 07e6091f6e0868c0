//! A stack as a picture: what is where, and what stands on what.

use std::collections::BTreeMap;

use bicoastal_model::{Declared, Desired, ResourceId};

/// A Mermaid flow chart. Arrows point from a resource to what it depends on; what is only looked
/// up has round corners.
pub fn mermaid(desired: &Desired) -> String {
    let numbers = numbers(desired);
    let mut out = String::from("flowchart LR\n");
    for (index, (place, members)) in places(desired).into_iter().enumerate() {
        out.push_str(&format!("  subgraph p{index}[\"{}\"]\n", mermaid_text(&place)));
        for declared in members {
            let label = format!("{}<br/>{}", mermaid_text(short(declared)), declared.schema.kind);
            let (open, close) = if declared.lookup { ("([", "])") } else { ("[", "]") };
            let number = numbers[&declared.id];
            out.push_str(&format!("    n{number}{open}\"{label}\"{close}\n"));
        }
        out.push_str("  end\n");
    }
    for (from, to) in edges(desired, &numbers) {
        out.push_str(&format!("  n{from} --> n{to}\n"));
    }
    out
}

/// A Graphviz graph. Arrows point from a resource to what it depends on; what is only looked up
/// is dashed.
pub fn dot(desired: &Desired) -> String {
    let numbers = numbers(desired);
    let mut out = format!("digraph {} {{\n", quoted(&desired.stack));
    out.push_str("  rankdir=LR;\n  node [shape=box];\n");
    for (index, (place, members)) in places(desired).into_iter().enumerate() {
        out.push_str(&format!("  subgraph cluster_{index} {{\n    label={};\n", quoted(&place)));
        for declared in members {
            let label = quoted(&format!("{}\n{}", short(declared), declared.schema.kind));
            let style = if declared.lookup { ", style=dashed" } else { "" };
            out.push_str(&format!("    n{} [label={label}{style}];\n", numbers[&declared.id]));
        }
        out.push_str("  }\n");
    }
    for (from, to) in edges(desired, &numbers) {
        out.push_str(&format!("  n{from} -> n{to};\n"));
    }
    out.push_str("}\n");
    out
}

/// Ids may hold characters that neither language takes in a name.
fn numbers(desired: &Desired) -> BTreeMap<ResourceId, usize> {
    desired.resources.keys().enumerate().map(|(number, id)| (id.clone(), number)).collect()
}

fn places(desired: &Desired) -> BTreeMap<String, Vec<&Declared>> {
    let mut places: BTreeMap<String, Vec<&Declared>> = BTreeMap::new();
    for declared in desired.resources.values() {
        let label = declared.place.label();
        let place = match &declared.place.account {
            Some(account) => format!("{account}: {label}"),
            None => label,
        };
        places.entry(place).or_default().push(declared);
    }
    places
}

fn edges(desired: &Desired, numbers: &BTreeMap<ResourceId, usize>) -> Vec<(usize, usize)> {
    let all = desired.resources.values().flat_map(|declared| {
        let edges: Vec<_> = declared.edges().iter().cloned().collect();
        edges.into_iter().map(|earlier| (declared.id.clone(), earlier))
    });
    all.filter_map(|(later, earlier)| Some((*numbers.get(&later)?, *numbers.get(&earlier)?)))
        .collect()
}

/// The id within its place: the box says where it is.
fn short(declared: &Declared) -> &str {
    let id = declared.id.as_str();
    let id = match &declared.place.account {
        Some(account) => {
            id.strip_prefix(account.as_str()).and_then(|id| id.strip_prefix(':')).unwrap_or(id)
        }
        None => id,
    };
    let region = declared.place.region();
    region.and_then(|region| id.strip_prefix(region.code())?.strip_prefix('/')).unwrap_or(id)
}

fn mermaid_text(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}
