//! A plan restricted to what the user names, closed under what that needs; and deletes that have
//! to be put off because something that could not be seen stands on what they delete.

use std::collections::{BTreeMap, BTreeSet};

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
        let standing = self.standing();
        while let Some(id) = open.pop() {
            for needed in self.needed_by(&id, &standing) {
                if kept.insert(needed.clone()) {
                    open.push(needed);
                }
            }
        }
        let (keep, rest): (Vec<Decision>, Vec<Decision>) =
            std::mem::take(&mut self.decisions).into_iter().partition(|it| kept.contains(&it.id));
        self.decisions = keep;
        // What is left out keeps nothing back.
        self.errors.retain(|error| error.id.as_ref().is_none_or(|id| kept.contains(id)));
        rest.into_iter().filter(|it| it.action.is_some()).map(|it| it.id).collect()
    }

    /// What is changed, by what it stands on, now or as recorded; and what is deleted.
    fn standing(&self) -> Standing {
        let mut standing = Standing::default();
        for decision in &self.decisions {
            if !decision.deletes.is_empty() {
                standing.deleted.insert(decision.id.clone());
            }
            if is_quiet(decision.action) {
                continue;
            }
            let members = decision.make.iter().chain(&decision.deletes);
            let recorded = self.records.incarnations(&decision.id).map(|(_, entry)| &entry.edges);
            for edge in members.map(|it| &it.edges).chain(recorded).flatten() {
                let on = standing.on.entry(edge.clone()).or_default();
                on.insert(decision.id.clone());
            }
        }
        standing
    }

    /// What has to be done along with what is decided on this resource.
    fn needed_by(&self, id: &ResourceId, standing: &Standing) -> BTreeSet<ResourceId> {
        let mut needed = BTreeSet::new();
        // What it refers to; through unchanged things too.
        if let Some(declared) = self.declared.get(id) {
            needed.extend(self.edges(declared).iter().cloned());
        }
        if standing.deleted.contains(id) {
            // What stands on it has to go, or to move on, before it.
            needed.extend(standing.on.get(id).into_iter().flatten().cloned());
        }
        needed
    }

    /// Deletes of what something unseen stands on are put off: it may still be there.
    pub(crate) fn put_off_deletes(&mut self) {
        let mut staying: BTreeSet<ResourceId> =
            self.unseen.iter().map(|unseen| unseen.id.clone()).collect();
        if staying.is_empty() {
            return;
        }
        let mut deleting: BTreeMap<ResourceId, Vec<usize>> = BTreeMap::new();
        for (index, decision) in self.decisions.iter().enumerate() {
            if !decision.deletes.is_empty()
                && decision.action != Some(Action::ReplaceDeleteFirst)
                && !staying.contains(&decision.id)
            {
                deleting.entry(decision.id.clone()).or_default().push(index);
            }
        }
        // Deletes to put off, by what stands on them.
        let mut found: BTreeMap<usize, ResourceId> = BTreeMap::new();
        let mut open: Vec<ResourceId> = staying.iter().cloned().collect();
        let mut dropped: BTreeSet<usize> = BTreeSet::new();
        loop {
            for standing in open.drain(..) {
                for (_, entry) in self.records.incarnations(&standing) {
                    let below = entry.edges.iter().filter_map(|edge| deleting.get(edge));
                    for &index in below.flatten() {
                        found.entry(index).or_insert_with(|| standing.clone());
                    }
                }
            }
            let Some((index, standing)) = found.pop_first() else { break };
            let decision = &mut self.decisions[index];
            let id = decision.id.clone();
            if !staying.insert(id.clone()) {
                continue;
            }
            self.warnings.push(
                Diagnostic::warning(format!(
                    "is not deleted now: {standing} stands on it and could not be seen"
                ))
                .of(&id)
                .hint("the next plan that can see it deletes it"),
            );
            decision.deletes.clear();
            if decision.make.is_none() {
                dropped.insert(index);
            }
            open.push(id);
        }
        let mut index = 0;
        self.decisions.retain(|_| {
            index += 1;
            !dropped.contains(&(index - 1))
        });
    }
}

/// What of the decisions stands on what.
#[derive(Default)]
struct Standing {
    /// The resources that are changed, by what they stand on.
    on: BTreeMap<ResourceId, BTreeSet<ResourceId>>,
    /// The resources of which something is deleted.
    deleted: BTreeSet<ResourceId>,
}
