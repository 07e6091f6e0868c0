//! A plan restricted to what the user names, closed under what that needs; and deletes that have
//! to be put off because something that could not be seen stands on what they delete.

use std::collections::BTreeSet;

use bicoastal_model::{Diagnostic, ResourceId};

use super::assemble::is_quiet;
use super::decide::{Decision, Planner};
use crate::plan::Action;

impl Planner<'_> {
    /// Keeps the decisions on what is named and on what that needs; returns what is left out.
    pub(crate) fn restrict(&mut self) -> BTreeSet<ResourceId> {
        if self.options.only.is_empty() {
            return BTreeSet::new();
        }
        let mut kept = self.options.only.clone();
        let mut open: Vec<ResourceId> = kept.iter().cloned().collect();
        while let Some(id) = open.pop() {
            for needed in self.needed_by(&id) {
                if kept.insert(needed.clone()) {
                    open.push(needed);
                }
            }
        }
        let (keep, rest): (Vec<Decision>, Vec<Decision>) =
            std::mem::take(&mut self.decisions).into_iter().partition(|it| kept.contains(&it.id));
        self.decisions = keep;
        rest.into_iter().filter(|it| it.action.is_some()).map(|it| it.id).collect()
    }

    /// What has to be done along with what is decided on this resource.
    fn needed_by(&self, id: &ResourceId) -> BTreeSet<ResourceId> {
        let mut needed = BTreeSet::new();
        // What it refers to; through unchanged things too.
        if let Some(declared) = self.desired.resources.get(id) {
            needed.extend(self.edges(declared));
        }
        let deletes = self.decisions.iter().any(|it| it.id == *id && !it.deletes.is_empty());
        if deletes {
            // What stands on it has to go, or to move on, before it.
            for decision in self.decisions.iter().filter(|it| !is_quiet(it.action)) {
                let members = decision.make.iter().chain(&decision.deletes);
                let recorded = self.state.incarnations(&decision.id).map(|(_, entry)| &entry.edges);
                if members.map(|it| &it.edges).chain(recorded).any(|edges| edges.contains(id)) {
                    needed.insert(decision.id.clone());
                }
            }
        }
        needed
    }

    /// Deletes of what something unseen stands on are put off: it may still be there.
    pub(crate) fn put_off_deletes(&mut self) {
        let mut staying: BTreeSet<ResourceId> =
            self.unseen.iter().map(|unseen| unseen.id.clone()).collect();
        loop {
            let mut put_off: Option<(usize, ResourceId)> = None;
            for (index, decision) in self.decisions.iter().enumerate() {
                if decision.deletes.is_empty()
                    || decision.action == Some(Action::ReplaceDeleteFirst)
                    || staying.contains(&decision.id)
                {
                    continue;
                }
                let standing = staying.iter().find(|id| {
                    self.state.incarnations(id).any(|(_, entry)| entry.edges.contains(&decision.id))
                });
                if let Some(standing) = standing {
                    put_off = Some((index, standing.clone()));
                    break;
                }
            }
            let Some((index, standing)) = put_off else { return };
            let decision = &mut self.decisions[index];
            let id = decision.id.clone();
            self.warnings.push(
                Diagnostic::warning(format!(
                    "is not deleted now: {standing} stands on it and could not be seen"
                ))
                .of(&id)
                .hint("the next plan that can see it deletes it"),
            );
            decision.deletes.clear();
            if decision.make.is_none() {
                self.decisions.remove(index);
            }
            staying.insert(id);
        }
    }
}
