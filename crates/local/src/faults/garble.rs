//! Answers that were damaged on the way, or that lack something.

use std::collections::BTreeSet;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::xml::Element;

/// How many ways of damage there are: that many consecutive seeds show each of them once.
pub const WAYS: u64 = 12;

/// How deep the deep nesting is: more than any parser that recurses would live through.
const DEEP: usize = 100_000;

/// A damaged copy of a body: in which way, and where, the seed says.
pub fn damaged(body: &[u8], seed: u64) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let json = text.trim_start().starts_with(['{', '[']);
    let at = |turn: u64| draw(seed, turn, body.len().max(1));
    let middle = at(0).min(body.len());
    let spliced = |from: usize, to: usize, with: &[u8]| {
        let mut all = body.get(..from).unwrap_or_default().to_vec();
        all.extend_from_slice(with);
        all.extend_from_slice(body.get(to..).unwrap_or_default());
        all
    };
    match seed % WAYS {
        0 => Vec::new(),
        1 => body.get(..middle).unwrap_or_default().to_vec(),
        2 => flipped(body, seed, 1),
        3 => flipped(body, seed, 1 + body.len() / 20),
        4 => b"<html><body><h1>502 Bad Gateway</h1></body></html>".to_vec(),
        5 => spliced(middle, middle, b"\xff\xfe\xc3\x28"),
        6 if json => {
            let nested = format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP));
            format!("{{\"Nested\":{nested},{}", text.trim_start().get(1..).unwrap_or("}"))
                .into_bytes()
        }
        6 => {
            let nested = format!("{}{}", "<n>".repeat(DEEP), "</n>".repeat(DEEP));
            let end = text.rfind("</").unwrap_or(text.len());
            spliced(end, end, nested.as_bytes())
        }
        7 => with_numbers(&text, "99999999999999999999999999999999999999").into_bytes(),
        8 => with_numbers(&text, "-1").into_bytes(),
        9 => [b"\xef\xbb\xbf".as_slice(), text.replace('\n', "\r\n").as_bytes()].concat(),
        10 => [body, body].concat(),
        _ => (0..body.len() as u64).map(|turn| draw(seed, turn, 256) as u8).collect(),
    }
}

/// The same body, if it is XML or JSON, without every element or member of this name.
pub fn without(body: &[u8], name: &str) -> Vec<u8> {
    if let Ok(mut document) = serde_json::from_slice::<Value>(body) {
        forget(&mut document, name);
        return document.to_string().into_bytes();
    }
    match Element::parse(body) {
        Some(mut root) => {
            drop_children(&mut root, name);
            root.to_document().into_bytes()
        }
        None => body.to_vec(),
    }
}

/// The names of all elements or members of a body, the outermost left out.
pub fn names(body: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if let Ok(document) = serde_json::from_slice::<Value>(body) {
        members(&document, &mut names);
    } else if let Some(root) = Element::parse(body) {
        children(&root, &mut names);
    }
    names
}

fn members(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(all) => all.iter().for_each(|(name, value)| {
            names.insert(name.clone());
            members(value, names);
        }),
        Value::Array(items) => items.iter().for_each(|item| members(item, names)),
        _ => {}
    }
}

fn children(element: &Element, names: &mut BTreeSet<String>) {
    for child in &element.children {
        names.insert(child.name.clone());
        children(child, names);
    }
}

fn forget(value: &mut Value, name: &str) {
    match value {
        Value::Object(members) => {
            members.remove(name);
            members.values_mut().for_each(|member| forget(member, name));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| forget(item, name)),
        _ => {}
    }
}

fn drop_children(element: &mut Element, name: &str) {
    element.children.retain(|child| child.name != name);
    element.children.iter_mut().for_each(|child| drop_children(child, name));
}

fn flipped(body: &[u8], seed: u64, times: usize) -> Vec<u8> {
    let mut body = body.to_vec();
    for turn in 0..times as u64 {
        let at = draw(seed, 2 * turn, body.len().max(1));
        if let Some(byte) = body.get_mut(at) {
            *byte ^= 1 << draw(seed, 2 * turn + 1, 8);
        }
    }
    body
}

/// Every run of digits that stands alone (`>300<`, `:300,`) replaced.
fn with_numbers(text: &str, number: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|it: char| it.is_ascii_digit()) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|it: char| !it.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        out.push_str(before);
        let alone =
            before.ends_with(['>', ':', ' ', ',', '[']) && after.starts_with(['<', ',', '}', ']']);
        out.push_str(if alone { number } else { digits });
        rest = after;
    }
    out + rest
}

fn draw(seed: u64, turn: u64, below: usize) -> usize {
    let digest = Sha256::digest(format!("bicoastal-local damage {seed} {turn}"));
    let number = digest.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    usize::try_from(number % below as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_differs_and_is_the_same_every_time() {
        for body in [&b"<a><b>12</b><c>x</c></a>"[..], br#"{"a":{"b":12},"c":["x"]}"#] {
            let all: BTreeSet<Vec<u8>> = (0..WAYS).map(|seed| damaged(body, seed)).collect();
            assert_eq!(all.len() as u64, WAYS);
            for seed in 0..5 * WAYS {
                assert_eq!(damaged(body, seed), damaged(body, seed));
            }
        }
    }

    #[test]
    fn a_name_is_left_out_wherever_it_is() {
        let xml = without(b"<a><b>1</b><c><b>2</b><d>3</d></c></a>", "b");
        assert!(String::from_utf8_lossy(&xml).ends_with("<a><c><d>3</d></c></a>"));
        let json = without(br#"{"b":1,"c":[{"b":2,"d":3}]}"#, "b");
        assert_eq!(String::from_utf8_lossy(&json), r#"{"c":[{"d":3}]}"#);
        let found: Vec<String> =
            names(b"<a><b>1</b><c><b>2</b><d>3</d></c></a>").into_iter().collect();
        assert_eq!(found, ["b", "c", "d"]);
        let found: Vec<String> = names(br#"{"b":1,"c":[{"d":3}]}"#).into_iter().collect();
        assert_eq!(found, ["b", "c", "d"]);
    }
}
