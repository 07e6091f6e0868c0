//! The planner: a pure function from what is wanted, recorded and seen to everything that is done.

mod added;
mod assemble;
mod decide;
mod declared;
mod drain;
mod existing;
mod fingerprint;
mod footprint;
mod former;
mod gathered;
pub(crate) mod identity;
pub(crate) mod index;
mod kinds;
mod needs;
mod newcomer;
mod only;
pub(crate) mod operations;
pub(crate) mod resolve;
mod tally;
mod undeclared;
pub(crate) mod view;

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::stack::missing_kinds;
use bicoastal_model::value;
use bicoastal_model::{Catalog, Desired, Diagnostic, Diagnostics, Region, ResourceId, Seen};
use bicoastal_model::{Fields, Packed};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::guards::{Guard, GuardKind, guards};
use crate::observe::{Look, Observed};
use crate::plan::{Plan, Unseen};
use crate::record::Record;
use crate::state::{LookedUp, State};
use decide::Planner;
use resolve::Outputs;
pub(crate) use resolve::{is_ignored, with_name, with_ownership};

/// What the user asks for besides what the program declares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Only these, and what they need; everything where it is empty.
    pub only: BTreeSet<ResourceId>,
    /// Replaced although nothing requires it.
    pub replace: BTreeSet<ResourceId>,
    /// Protection, the program's and AWS's own, is lifted for these.
    pub unprotect: BTreeSet<ResourceId>,
    /// Everything that state has is deleted.
    pub destroy: bool,
    /// The user accepts that what could not be read is left as it is.
    pub without_unseen: bool,
}

/// Decides everything: what is created, changed, replaced and deleted, in which order.
///
/// # Errors
///
/// Everything that stands in the way of a plan, at once: clashes with existing things, guards,
/// cycles, another account, kinds that are not compiled in.
pub fn plan(
    desired: &Desired,
    state: &State,
    observed: &Observed,
    catalog: &Catalog,
    options: &Options,
) -> Result<Plan, Diagnostics> {
    let nothing;
    let desired = if options.destroy {
        nothing = Desired {
            stack: desired.stack.clone(),
            resources: BTreeMap::new(),
            rollout: desired.rollout,
            rto: desired.rto,
            exports: Vec::new(),
            secrets: BTreeMap::new(),
            warnings: Vec::new(),
        };
        &nothing
    } else {
        desired
    };
    let view = view::moved(desired, state);
    let mut planner = Planner::new(desired, &view.state, observed, catalog, options);
    planner.moved = view.renames().collect();
    planner.check_whole();
    let order = match planner.declared.order() {
        Ok(order) => order,
        Err(cycle) => {
            planner.errors.push(cycle_report(desired, &cycle));
            let kinds = view.state.entries.values().map(|it| it.kind.as_str());
            planner.refuse_missing_kinds(kinds.collect());
            return Err(Diagnostics(planner.errors));
        }
    };
    let mut records = view.moves;
    records.extend(planner.settle_lookups());
    for place in order {
        if !planner.declared.at(place).lookup {
            planner.decide(place);
        }
    }
    planner.decide_undeclared();
    let kinds = planner.gathered.kinds();
    planner.refuse_missing_kinds(kinds);
    planner.find_additions();
    planner.put_off_deletes();
    let left_out = planner.restrict();
    planner.refuse_guarded();
    planner.refuse_writers();
    if planner.errors.iter().any(|it| it.severity == bicoastal_model::diagnostic::Severity::Error) {
        return Err(Diagnostics(planner.errors));
    }
    if !planner.unseen.is_empty() && !options.without_unseen {
        planner.warnings.push(
            Diagnostic::warning("some things could not be read; the plan leaves them as they are")
                .hint("to apply it without them, say so: --without-unseen"),
        );
    }
    planner.assemble(records, left_out)
}

impl Planner<'_> {
    /// What is wrong with the run as a whole.
    fn check_whole(&mut self) {
        for (name, number) in &self.observed.accounts {
            if let Some(bound) = self.state.accounts.get(name)
                && bound != number
            {
                let whose = if name.is_empty() { String::new() } else { format!(" '{name}'") };
                self.errors.push(
                    Diagnostic::error(format!(
                        "the account{whose} is {number}, and this stack's state was made in {bound}"
                    ))
                    .hint("use the credentials of that account, or another stack"),
                );
            }
        }
        let known = |id: &ResourceId| {
            self.desired.resources.contains_key(id) || self.state.incarnations(id).next().is_some()
        };
        let named = self.options.only.iter().chain(&self.options.replace);
        let unknown: BTreeSet<&ResourceId> = named.filter(|id| !known(id)).collect();
        for id in unknown {
            self.errors.push(
                Diagnostic::error(format!("there is no resource {id}"))
                    .hint("`state list` shows what there is"),
            );
        }
        // Both halves of its replacement travel in one call, and after that call nobody can tell
        // the old one from the new.
        let named = self.options.replace.iter().filter_map(|id| self.desired.resources.get(id));
        let same = named.filter(|it| it.schema.batch.is_some() && !it.schema.identity.is_empty());
        for declared in same {
            let error =
                Diagnostic::error("can't be replaced by the same again: it is what it says")
                    .of(&declared.id)
                    .at(&declared.at)
                    .hint("change what it says, or leave it");
            self.errors.push(error);
        }
    }

    /// Kinds that are not compiled in, before anything else that is wrong.
    fn refuse_missing_kinds(&mut self, of_state: Vec<&str>) {
        let kinds = of_state.into_iter().chain(self.declared.kinds().map(|kind| kind as &str));
        let missing = missing_kinds(kinds, self.catalog);
        self.errors.splice(0..0, missing);
    }

    /// Accounts that the state does not know yet.
    fn new_accounts(&self) -> Vec<Record> {
        self.observed
            .accounts
            .iter()
            .filter(|(name, _)| !self.state.accounts.contains_key(*name))
            .map(|(name, number)| Record::Account { name: name.clone(), number: number.clone() })
            .collect()
    }

    /// Makes what look-ups found known to what refers to them, and records what is new.
    fn settle_lookups(&mut self) -> Vec<Record> {
        let mut records = Vec::new();
        let fingerprint = &mut self.gathered.fingerprint;
        self.observed.lookups.iter().for_each(|(id, seen)| fingerprint.found(id, seen));
        for declared in self.desired.resources.values().filter(|it| it.lookup) {
            let id = &declared.id;
            let recorded = self.state.lookups.get(id);
            let outputs = match self.observed.lookups.get(id) {
                Some(Seen::Present(found)) => {
                    let outputs = found.outputs.iter();
                    let outputs: Fields = outputs.collect();
                    let now = LookedUp {
                        kind: declared.schema.kind.to_owned(),
                        outputs: outputs.clone(),
                    };
                    if recorded != Some(&now) {
                        records.push(Record::LookedUp { id: id.clone(), found: Some(now) });
                    }
                    outputs
                }
                Some(Seen::Absent) => {
                    self.error(
                        declared,
                        format!("nothing matches this look-up: {}", declared.props),
                        "look-ups find what exists already; is it in this account and region?",
                    );
                    continue;
                }
                unknown => {
                    let error = match unknown {
                        Some(Seen::Unknown(error)) => error.clone(),
                        _ => decide::not_read(),
                    };
                    self.unseen.push(Unseen { id: id.clone(), error: error.clone() });
                    match recorded {
                        Some(recorded) => recorded.outputs.clone(),
                        None => {
                            self.unavailable.insert(id.clone(), error);
                            continue;
                        }
                    }
                }
            };
            let outputs = Outputs::unchanged(declared.schema, Packed::NULL, outputs);
            self.settle(id, outputs);
        }
        let gone =
            self.state.lookups.keys().filter(|id| {
                self.desired.resources.get(*id).is_none_or(|declared| !declared.lookup)
            });
        records.extend(gone.map(|id| Record::LookedUp { id: id.clone(), found: None }));
        records
    }

    /// A member that is written at present can't be deleted from under a group that stays.
    fn refuse_writers(&mut self) {
        let writers = self.writers();
        if writers.is_empty() {
            return;
        }
        let going = self.decisions.iter().filter(|it| it.make.is_none() && !it.deletes.is_empty());
        let going: BTreeSet<&ResourceId> = going.map(|it| &it.id).collect();
        let mut found = Vec::new();
        for decision in &self.decisions {
            for member in decision.deletes.iter().filter(|it| !it.superseded) {
                let Some(region) = member.place.region() else { continue };
                let mut groups = member.edges.iter().filter(|it| writers.get(*it) == Some(&region));
                if let Some(group) = groups.find(|it| !going.contains(it)) {
                    found.push(
                        Diagnostic::error(format!(
                            "{group} is written in {region} at present, so this member of it can't be deleted"
                        ))
                        .of(&decision.id)
                        .hint("switch over to another region first"),
                    );
                }
            }
        }
        self.errors.extend(found);
    }

    /// Guards of everything that would be deleted.
    fn refuse_guarded(&mut self) {
        let mut found = Vec::new();
        for decision in &self.decisions {
            let id = &decision.id;
            let leaving: Vec<Region> = decision.leaving().collect();
            let protected = self.declared.get(id).is_some_and(|it| it.protected)
                || self.records.incarnations(id).any(|(_, entry)| entry.protected);
            let of_regions = crate::guards::guard_of_regions(id, protected, &leaving, self.options);
            found.extend(of_regions.map(|guard| {
                let mut diagnostic = Diagnostic::from(guard);
                diagnostic.at.clone_from(&decision.at);
                diagnostic
            }));
            for member in &decision.deletes {
                let Some(entry) = self.records.entry(&member.key) else { continue };
                let seen = match self.records.look(&member.key) {
                    Some(Look::Present(thing)) => Some(&**thing),
                    _ => None,
                };
                let knows = |kind: &str, identity: &Packed| {
                    self.gathered.identities.contains(kind, identity, self.catalog)
                };
                let guards = crate::guards::guards_of(
                    &decision.id,
                    entry,
                    member.applied.as_ref(),
                    seen,
                    self.catalog,
                    self.options,
                    &knows,
                );
                found.extend(guards.into_iter().map(|guard| {
                    let mut diagnostic = Diagnostic::from(guard);
                    diagnostic.at.clone_from(&decision.at);
                    diagnostic
                }));
            }
        }
        self.errors.extend(found);
    }
}

fn cycle_report(desired: &Desired, cycle: &[&ResourceId]) -> Diagnostic {
    let mut path: Vec<&str> = cycle.iter().map(|id| id.as_str()).collect();
    path.extend(cycle.first().map(|id| id.as_str()));
    let lines: Vec<String> = cycle
        .iter()
        .filter_map(|id| desired.resources.get(*id))
        .map(|declared| format!("{} is declared at {}", declared.id, declared.at))
        .collect();
    Diagnostic::error(format!(
        "these wait for each other: {}\n  {}",
        path.join(" → "),
        lines.join("\n  ")
    ))
    .hint("one of the references, or one `after`, has to go")
}

/// The exports with what state knows filled in: complete after an apply.
pub fn exports(desired: &Desired, state: &State) -> Vec<(String, Value)> {
    let known = |reference: &value::Ref| {
        if let Some(found) = state.lookups.get(&reference.id) {
            return found.outputs.get(&reference.attribute).map(Value::from);
        }
        let (_, entry) = state.current(&reference.id)?;
        entry.outputs.get(&reference.attribute).map(Value::from)
    };
    let resolved = desired.exports.iter();
    resolved.map(|(name, value)| (name.clone(), value::resolve(value, &known))).collect()
}
