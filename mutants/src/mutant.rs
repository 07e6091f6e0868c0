//! What `cargo mutants` lists.

use std::ops::Range;

use serde_json::Value;

/// What is changed, as `cargo mutants` calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArmGuard,
    MatchArm,
    StructField,
}

/// One change of the text: what is in the span becomes the replacement.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// As `cargo mutants` names it: file, line, column, what is replaced with what.
    pub name: String,
    /// From the root of the workspace.
    pub file: String,
    pub genre: Genre,
    /// First and last place, lines and columns from 1, in characters.
    pub span: [(usize, usize); 2],
    pub replacement: String,
    /// Of the function that it is in; empty where it is in none.
    pub returns: String,
    /// The function that it is in, or itself.
    pub function: [(usize, usize); 2],
}

impl Mutant {
    /// Reads the answer of `cargo mutants --list --json`.
    pub fn all(json: &[u8]) -> Result<Vec<Self>, String> {
        let listed: Vec<Value> = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        listed
            .iter()
            .map(|one| Self::of(one).ok_or_else(|| format!("not understood: {one}")))
            .collect()
    }

    fn of(one: &Value) -> Option<Self> {
        let at = |span: &Value, end: &str| {
            let end = &span[end];
            Some((end["line"].as_u64()? as usize, end["column"].as_u64()? as usize))
        };
        let span = |span: &Value| Some([at(span, "start")?, at(span, "end")?]);
        let genre = match one["genre"].as_str()? {
            "FnValue" => Genre::FnValue,
            "BinaryOperator" => Genre::BinaryOperator,
            "UnaryOperator" => Genre::UnaryOperator,
            "MatchArmGuard" => Genre::MatchArmGuard,
            "MatchArm" => Genre::MatchArm,
            "StructField" => Genre::StructField,
            _ => return None,
        };
        Some(Self {
            name: one["name"].as_str()?.to_owned(),
            file: one["file"].as_str()?.to_owned(),
            genre,
            span: span(&one["span"])?,
            replacement: one["replacement"].as_str()?.to_owned(),
            returns: one["function"]["return_type"].as_str().unwrap_or_default().to_owned(),
            function: span(&one["function"]["span"]).or_else(|| span(&one["span"]))?,
        })
    }

    /// Its span in bytes of the text.
    pub fn bytes(&self, text: &str) -> Range<usize> {
        bytes(self.span, text)
    }

    /// The span of its function in bytes of the text.
    pub fn function_bytes(&self, text: &str) -> Range<usize> {
        bytes(self.function, text)
    }
}

fn bytes(span: [(usize, usize); 2], text: &str) -> Range<usize> {
    let [start, end] = span.map(|(line, column)| {
        let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        let chars = text[before..].char_indices().nth(column - 1);
        chars.map_or(text.len(), |(at, _)| before + at)
    });
    start..end
}
