//! The policy documents of a stack, found by their shape: no kind has to think of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Declared, Desired};
use crate::diagnostic::Diagnostic;
use crate::diff::label;
use crate::packed::Packed;
use crate::policy::reach::{self, Written};
use crate::region::Region;
use crate::schema::Shape;
use crate::value::Ref;

/// What the documents of a stack say of regions, held against where the stack has things.
pub(super) fn check(desired: &Desired) -> Vec<Diagnostic> {
    let declared = || desired.resources.values().filter(|it| !it.lookup);
    let mut regions: BTreeMap<Option<&str>, BTreeSet<Region>> = BTreeMap::new();
    for it in declared() {
        let account = it.place.account.as_deref();
        regions.entry(account).or_default().extend(&it.place.regions);
    }
    let mut written = Vec::new();
    let mut of = Vec::new();
    for it in declared() {
        let Some(regions) = regions.get(&it.place.account.as_deref()) else { continue };
        for found in documents(it) {
            written.push(Written {
                field: (it.schema.kind, found.field),
                path: found.path,
                account: it.place.account.as_deref(),
                regions,
                own: found.own,
                document: found.document.to_value(),
            });
            of.push(it);
        }
    }
    let region_of = |reference: &Ref| {
        // Of the members of what spans regions each has its own output: `arn.us-east-1`.
        let member = reference.attribute.rsplit('.').next().and_then(Region::of_code);
        member.or_else(|| desired.resources.get(&reference.id)?.place.region())
    };
    let found = reach::check(&written, &region_of).into_iter();
    found.map(|(place, wrong)| wrong.of(&of[place].id).at(&of[place].at)).collect()
}

/// A document among a resource's properties.
struct Found<'d> {
    field: &'static str,
    path: String,
    own: Option<Region>,
    document: &'d Packed,
}

fn documents(declared: &Declared) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    for field in declared.schema.fields.iter().filter(|it| may_be_in(&it.shape)) {
        if let Some(value) = declared.props.get(field.name) {
            let at = (field.name.to_owned(), declared.place.region());
            walk(field.name, &field.shape, at, value, &mut found);
        }
    }
    found
}

fn may_be_in(shape: &Shape) -> bool {
    shape.any(|it| matches!(it, Shape::Policy))
}

fn walk<'d>(
    field: &'static str,
    shape: &Shape,
    (path, own): (String, Option<Region>),
    value: &'d Packed,
    out: &mut Vec<Found<'d>>,
) {
    match shape {
        Shape::Policy => out.push(Found { field, path, own, document: value }),
        Shape::Object(parts) => {
            for part in parts.iter().filter(|part| may_be_in(&part.shape)) {
                if let Some(value) = value.get(part.name) {
                    walk(field, &part.shape, (format!("{path}.{}", part.name), own), value, out);
                }
            }
        }
        Shape::Keyed { key, fields } => {
            for entry in value.as_array().unwrap_or_default() {
                let name = entry.get(key).map(|it| label(&it.to_value())).unwrap_or_default();
                // The document of each replica is an entry with its region.
                let own = Region::of_code(&name).or(own);
                let path = format!("{path}[{name}]");
                walk(field, &Shape::Object(fields), (path, own), entry, out);
            }
        }
        Shape::List(item) | Shape::Set(item) | Shape::OwnedSet(item) | Shape::AtLeast(item) => {
            for (at, value) in value.as_array().unwrap_or_default().iter().enumerate() {
                walk(field, item, (format!("{path}[{at}]"), own), value, out);
            }
        }
        _ => {}
    }
}
