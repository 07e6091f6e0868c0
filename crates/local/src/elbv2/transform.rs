//! How rules rewrite requests before targets get them.

use serde::{Deserialize, Serialize};

use super::{invalid, one_of, required};
use crate::query::Params;
use crate::reply::Fault;
use crate::xml::Element;

/// What kinds there are, and the element that each is said in.
const CONFIGS: [(&str, &str); 2] =
    [("host-header-rewrite", "HostHeaderRewriteConfig"), ("url-rewrite", "UrlRewriteConfig")];

/// A transform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Transform {
    kind: String,
    regex: String,
    replace: String,
}

impl Transform {
    fn config(&self) -> &'static str {
        CONFIGS.iter().find(|(kind, _)| *kind == self.kind).map_or("", |(_, config)| config)
    }

    fn element(&self) -> Element {
        let rewrite = Element::new("member")
            .text_child("Regex", &self.regex)
            .text_child("Replace", &self.replace);
        let rewrites = Element::new("Rewrites").child(rewrite);
        Element::new("member")
            .child(Element::new(self.config()).child(rewrites))
            .text_child("Type", &self.kind)
    }
}

pub(super) fn element(transforms: &[Transform]) -> Element {
    Element::new("Transforms").children(transforms.iter().map(Transform::element))
}

/// The transforms of a request.
pub(super) fn read(params: &Params) -> Result<Vec<Transform>, Fault> {
    let mut transforms: Vec<Transform> = Vec::new();
    for sent in params.structs("Transforms") {
        let transform = one(&sent)?;
        if transforms.iter().any(|other| other.kind == transform.kind) {
            return Err(invalid("A rule can only have one transform of each type"));
        }
        transforms.push(transform);
    }
    Ok(transforms)
}

fn one(sent: &Params) -> Result<Transform, Fault> {
    required(sent, "Type")?;
    let kind = one_of(sent, "Type", &CONFIGS.map(|(kind, _)| kind))?.unwrap_or_default();
    let mut rewrites = Vec::new();
    for (of, config) in CONFIGS {
        let there = sent.structs(&format!("{config}.Rewrites"));
        if of == kind {
            rewrites = there;
            if rewrites.is_empty() {
                return Err(invalid(format!(
                    "For transforms of type '{kind}', you must specify the following field(s): '{config}'"
                )));
            }
        } else if !there.is_empty() {
            return Err(invalid(format!(
                "A transform of type '{kind}' does not support the following field(s): '{config}'"
            )));
        }
    }
    let [rewrite] = rewrites.as_slice() else {
        return Err(invalid("Rule transforms must have exactly one Rewrite"));
    };
    let regex = required(rewrite, "Regex")?;
    let Some(replace) = rewrite.get("Replace") else {
        return Err(required(rewrite, "Replace").err().unwrap_or_else(|| invalid("Replace")));
    };
    if replace.len() > 1024 {
        return Err(invalid(
            "A transform rewrite Replace value must be between 0 and 1024 characters in length",
        ));
    }
    if !replace.bytes().all(|it| it.is_ascii_graphic()) {
        return Err(invalid(
            "A transform rewrite Replace value may only consist of non-whitespace printable ASCII characters",
        ));
    }
    if regex.len() > 1024 {
        return Err(invalid(
            "A transform rewrite Regex value must be between 1 and 1024 characters in length",
        ));
    }
    if regex.contains(char::is_whitespace) || !takes(regex) {
        return Err(invalid("One or more provided transform rewrite Regex values are invalid"));
    }
    Ok(Transform { kind: kind.to_owned(), regex: regex.to_owned(), replace: replace.to_owned() })
}

/// Whether AWS takes a regular expression, as far as its groups and escapes tell.
pub(super) fn takes(regex: &str) -> bool {
    let mut plain = String::new();
    let mut escaped = false;
    for character in regex.chars() {
        if !character.is_ascii() {
            return false;
        }
        match (escaped, character) {
            (true, '1'..='9' | 'k' | 'g' | 'p' | 'P') => return false,
            (true, _) => escaped = false,
            (false, '\\') => escaped = true,
            (false, other) => plain.push(other),
        }
    }
    let refused = ["(?=", "(?!", "(?<=", "(?<!", "(?>", "(?P=", "(?P>", "(?R", "(?&"];
    !escaped && !refused.iter().any(|group| plain.contains(group))
}
