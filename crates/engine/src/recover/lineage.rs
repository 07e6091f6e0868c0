//! Whose things there are: lineages, read from tags and tokens.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::sweep::{LINEAGE_TAG, RESOURCE_TAG, STACK_TAG};
use bicoastal_model::{Desired, Diagnostic, Found, ResourceId};

use crate::state::TokenMark;

/// What the marks of a thing say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The lineage of the state that made it.
    pub lineage: String,
    /// The stack; only tags tell.
    pub stack: Option<String>,
    /// The logical id that it was born with; only tags tell.
    pub born: Option<ResourceId>,
    /// What its token says.
    pub token: Option<TokenMark>,
}

impl Mark {
    /// Reads the marks; `None` where there are none.
    pub fn read(found: &Found) -> Option<Self> {
        let token = found.token.as_deref().and_then(TokenMark::read);
        let tag = |name| found.tags.get(name).cloned();
        match (tag(LINEAGE_TAG), token) {
            (Some(lineage), token) => Some(Self {
                stack: tag(STACK_TAG),
                born: tag(RESOURCE_TAG).map(ResourceId::new),
                token: token.filter(|token| token.lineage == lineage),
                lineage,
            }),
            // It was made, and the run was stopped before it was tagged.
            (None, Some(token)) => Some(Self {
                lineage: token.lineage.clone(),
                stack: None,
                born: None,
                token: Some(token),
            }),
            (None, None) => None,
        }
    }
}

/// A lineage that was found, and how much bears it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageSeen {
    /// The lineage.
    pub lineage: String,
    /// How many things bear it.
    pub things: usize,
    /// Some of them, for people.
    pub examples: Vec<String>,
}

/// The lineages that things of this stack bear. One that no tag gives to any stack counts where a
/// token of it was made for a resource that the program declares.
pub fn lineages(desired: &Desired, found: &[Found]) -> Vec<LineageSeen> {
    let mut all: BTreeMap<String, (BTreeSet<String>, Vec<String>, bool)> = BTreeMap::new();
    for thing in found {
        let Some(mark) = Mark::read(thing) else { continue };
        let (stacks, things, declared) = all.entry(mark.lineage.clone()).or_default();
        stacks.extend(mark.stack);
        things.push(format!("{} {}", thing.kind, thing.physical));
        *declared |= mark.token.is_some_and(|token| {
            desired.resources.values().any(|it| names(it).any(|born| token.is_of(born)))
        });
    }
    all.into_iter()
        .filter(|(_, (stacks, _, declared))| match stacks.is_empty() {
            true => *declared,
            false => stacks.contains(&desired.stack),
        })
        .map(|(lineage, (_, things, _))| LineageSeen {
            lineage,
            things: things.len(),
            examples: things.into_iter().take(3).collect(),
        })
        .collect()
}

/// The ids that a declared resource may have been born with.
pub(super) fn names(declared: &bicoastal_model::Declared) -> impl Iterator<Item = &ResourceId> {
    std::iter::once(&declared.id).chain(&declared.renamed_from)
}

/// The one lineage to go by.
///
/// # Errors
///
/// Where there is none, or more than one and none is asked for; all are listed.
pub fn choose(
    desired: &Desired,
    found: &[Found],
    asked: Option<&str>,
) -> Result<String, Diagnostic> {
    let seen = lineages(desired, found);
    if let Some(asked) = asked {
        let of_another = found.iter().filter_map(Mark::read).find(|mark| {
            mark.lineage == asked && mark.stack.as_ref().is_some_and(|it| *it != desired.stack)
        });
        if let Some(Mark { stack: Some(stack), .. }) = of_another {
            return Err(Diagnostic::error(format!(
                "lineage {asked} is of stack '{stack}', not of '{}'; nothing was recovered",
                desired.stack
            ))
            .hint(format!("say --stack {stack}")));
        }
        if !found.iter().filter_map(Mark::read).any(|mark| mark.lineage == asked) {
            return Err(Diagnostic::error(format!("nothing bears lineage {asked}"))
                .hint(listed(&seen, "no lineage of this stack was found at all")));
        }
        return Ok(asked.to_owned());
    }
    match seen.as_slice() {
        [one] => Ok(one.lineage.clone()),
        [] => Err(Diagnostic::error(format!(
            "nothing in the account bears a mark of the stack '{}'; there is nothing to recover",
            desired.stack
        ))
        .hint("check --stack, --cloud and the credentials; regions that the program does not name are searched with --region")),
        several => Err(Diagnostic::error(format!(
            "things of {} lineages bear the name of the stack '{}'; nothing was recovered",
            several.len(),
            desired.stack
        ))
        .hint(listed(several, "")
            .to_string())),
    }
}

fn listed(seen: &[LineageSeen], none: &str) -> String {
    if seen.is_empty() {
        return none.to_owned();
    }
    let each: Vec<String> = seen
        .iter()
        .map(|it| {
            format!(
                "--lineage {} ({} things: {}, …)",
                it.lineage,
                it.things,
                it.examples.join(", ")
            )
        })
        .collect();
    format!("say which one is the stack's: {}", each.join("; or "))
}
