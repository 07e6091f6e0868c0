//! The check that makes a stack a plan's input: every mistake at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Declared, Desired, STACK_OUTPUTS, Stack, policies};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::id::{Ids, ResourceId};
use crate::packed::{Fields, Packed};
use crate::provider::Catalog;
use crate::schema::Schema;
use crate::value;

impl Stack {
    /// Checks the whole and makes it the input of a plan; every mistake at once where there are any.
    ///
    /// # Errors
    ///
    /// All mistakes, each with the line that declares it.
    pub fn seal(self) -> Result<Desired, Diagnostics> {
        let Self { name, declared, places, rollout, rto, tags, exports, secrets, found } = self;
        let mut found = found;
        let tags: Fields = tags.iter().map(|(key, value)| (key, value.as_str())).collect();
        let is_again =
            |place: usize, id: &ResourceId| places.get(id).is_some_and(|it| *it != place);
        if places.len() < declared.len() {
            for (place, again) in declared.iter().enumerate() {
                if let Some(first) = places.get(&again.id).filter(|it| **it != place) {
                    found.push(
                        Diagnostic::error(format!(
                            "declared twice, first at {}",
                            declared[*first].at
                        ))
                        .of(&again.id)
                        .at(&again.at)
                        .hint("give one of them another name"),
                    );
                }
            }
        }
        let several = places.len() < declared.len();
        let mut once: Vec<(ResourceId, Declared)> = Vec::with_capacity(declared.len());
        for (place, mut declared) in declared.into_iter().enumerate() {
            if several && is_again(place, &declared.id) {
                continue;
            }
            if declared.schema.has_tags() && !declared.lookup {
                declared.props = tagged(&declared.props, &tags);
            }
            once.push((declared.id.clone(), declared));
        }
        // Made at once it is dense: nothing is added to it later.
        let mut resources: BTreeMap<ResourceId, Declared> = once.into_iter().collect();
        let mut edges = Vec::with_capacity(resources.len());
        for declared in resources.values() {
            edges.push(check_references(declared, &resources, &mut found));
            check_ignored(declared, &mut found);
        }
        for (declared, edges) in resources.values_mut().zip(edges) {
            declared.keep_edges(edges);
        }
        for (export, value) in &exports {
            for reference in value::refs(value) {
                if !resources.contains_key(&reference.id)
                    && !reference.id.as_str().starts_with(STACK_OUTPUTS)
                {
                    found.push(Diagnostic::error(format!(
                        "export '{export}' refers to {}, which is not declared",
                        reference.id
                    )));
                }
            }
        }
        let warnings = Vec::new();
        let desired = Desired { stack: name, resources, rollout, rto, exports, secrets, warnings };
        found.extend(check_between(&desired));
        found.extend(policies::check(&desired));
        let diagnostics = Diagnostics(found);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        Ok(Desired { warnings: diagnostics.0, ..desired })
    }
}

/// The rules between resources, of every kind that the stack has.
fn check_between(desired: &Desired) -> Vec<Diagnostic> {
    let checks: BTreeMap<&str, fn(&Desired) -> Vec<Diagnostic>> = desired
        .resources
        .values()
        .filter_map(|declared| Some((declared.schema.kind, declared.schema.check_stack?)))
        .collect();
    checks.into_values().flat_map(|check| check(desired)).collect()
}

/// What it comes after, as far as that is declared.
fn check_references(
    declared: &Declared,
    all: &BTreeMap<ResourceId, Declared>,
    found: &mut Vec<Diagnostic>,
) -> Ids {
    let mut edges: Vec<ResourceId> = Vec::new();
    for reference in declared.props.refs() {
        if reference.id.as_str().starts_with(STACK_OUTPUTS) {
            continue;
        }
        match all.get(&reference.id) {
            None => found.push(
                Diagnostic::error(format!(
                    "refers to {}, which is not declared here",
                    reference.id
                ))
                .of(&declared.id)
                .at(&declared.at)
                .hint("handles belong to the stack that made them"),
            ),
            Some(other) if !has_output(other.schema, &reference.attribute) => found.push(
                Diagnostic::error(format!(
                    "refers to {}.{}, and {} has no such output",
                    reference.id, reference.attribute, other.schema.kind
                ))
                .of(&declared.id)
                .at(&declared.at),
            ),
            Some(other) => edges.push(other.id.clone()),
        }
    }
    for earlier in &declared.after {
        match all.get(earlier) {
            Some(other) => edges.push(other.id.clone()),
            None => found.push(
                Diagnostic::error(format!("comes after {earlier}, which is not declared here"))
                    .of(&declared.id)
                    .at(&declared.at)
                    .hint("handles belong to the stack that made them"),
            ),
        }
    }
    if declared.lookup && declared.props.has_unknown() {
        found.push(
            Diagnostic::error("is looked up by something that is not known before the plan")
                .of(&declared.id)
                .at(&declared.at)
                .hint("look it up by a name that the program knows"),
        );
    }
    edges.into_iter().collect()
}

/// Whether a kind has this output; `arn.us-east-1` is the output `arn` of one member.
fn has_output(schema: &Schema, attribute: &str) -> bool {
    schema.output(attribute.split('.').next().unwrap_or_default()).is_some()
}

fn check_ignored(declared: &Declared, found: &mut Vec<Diagnostic>) {
    for path in &declared.ignored {
        let field = path.split(['.', '[']).next().unwrap_or_default();
        if declared.schema.field(field).is_none() {
            found.push(
                Diagnostic::error(format!(
                    "ignores changes of '{path}', and {} has no such field",
                    declared.schema.kind
                ))
                .of(&declared.id)
                .at(&declared.at),
            );
        }
    }
}

/// With the stack's tags; its own ones hold over them.
fn tagged(props: &Packed, tags: &Fields) -> Packed {
    if tags.is_empty() {
        return props.clone();
    }
    match props.get("tags") {
        None => props.with("tags", tags.clone().into()),
        Some(own) => match own.as_object() {
            Some(own) => props.with("tags", tags.with(own.to_vec()).into()),
            None => props.clone(),
        },
    }
}

/// Kinds in use that are not compiled in, from a list of kinds (a state's): each is refused by
/// name, with the cargo feature to enable where the kind says which service it is of.
pub fn missing_kinds<'k>(
    kinds: impl IntoIterator<Item = &'k str>,
    catalog: &Catalog,
) -> Vec<Diagnostic> {
    let distinct: BTreeSet<&str> = kinds.into_iter().collect();
    distinct
        .into_iter()
        .filter(|kind| catalog.get(kind).is_none())
        .map(|kind| {
            let service = kind.split(':').next().unwrap_or(kind).to_lowercase();
            Diagnostic::error(format!("the state has {kind}, which this program can't handle"))
                .hint(format!("enable the cargo feature '{service}' of bicoastal"))
        })
        .collect()
}
