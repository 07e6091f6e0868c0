//! What is not begun because something before it did not come about: by the reason for their
//! order, and member by member.

use std::collections::BTreeMap;

use bicoastal_model::{Packed, ResourceId};

use super::Execution;
use super::report::Fate;
use super::run::Status;
use super::split::with_groups;
use crate::order::Order;
use crate::plan::PlannedMember;
use crate::state::Verb;

impl Execution {
    /// Gives up those members of an operation, of which everything before is over, that can't
    /// begin any more; whether there are any.
    pub(super) fn skip(&mut self, op: usize) -> bool {
        let skipped = self.skipped(op);
        let any = !skipped.is_empty();
        let running = &mut self.ops[op];
        for (member, (because, order)) in skipped {
            if let Some(open @ None) = running.fates.get_mut(member) {
                *open = Some(Fate::Skipped { because, order });
            }
        }
        if any && running.open().is_empty() {
            running.status = Status::Over;
        }
        any
    }

    fn skipped(&self, op: usize) -> BTreeMap<usize, (ResourceId, Order)> {
        let planned = &self.plan.operations[op];
        let open = self.ops[op].open();
        let mut skipped: BTreeMap<usize, (ResourceId, Order)> = BTreeMap::new();
        for (&earlier, ties) in &planned.after {
            if self.ops[earlier].is_done() {
                continue;
            }
            let mut listed = planned.needs.iter().filter(|need| need.of == earlier).peekable();
            if listed.peek().is_some() {
                for need in listed.filter(|need| !self.came_about(earlier, need.which)) {
                    let why = || (self.cause(earlier, Some(need.which)), need.order);
                    skipped.entry(need.member).or_insert_with(why);
                }
            } else if let Some(order) =
                [Order::Required, Order::Safety].into_iter().find(|order| ties.has(*order))
            {
                for &member in &open {
                    skipped.entry(member).or_insert_with(|| (self.cause(earlier, None), order));
                }
            }
            if ties.has(Order::Rollout) {
                for &member in &open {
                    let why = || (self.cause(earlier, None), Order::Rollout);
                    skipped.entry(member).or_insert_with(why);
                }
            }
        }
        skipped.retain(|member, _| open.contains(member));
        if !skipped.is_empty() {
            self.keep_together(op, &open, &mut skipped);
        }
        skipped
    }

    /// What may not be parted from something that is skipped is skipped as well; where nothing of
    /// a group is there yet, each of it can be made alone.
    fn keep_together(
        &self,
        op: usize,
        open: &[usize],
        skipped: &mut BTreeMap<usize, (ResourceId, Order)>,
    ) {
        let members = &self.plan.operations[op].members;
        let of = |at: &usize| members.get(*at);
        let open: Vec<(usize, &PlannedMember)> =
            open.iter().filter_map(|at| Some((*at, of(at)?))).collect();
        let parts: Vec<(&ResourceId, &Packed)> =
            open.iter().map(|(_, member)| (&member.key.id, props(member))).collect();
        let schema = open.first().and_then(|(_, member)| self.catalog.get(&member.kind));
        for (place, (at, _)) in open.iter().enumerate() {
            let Some(why) = skipped.get(at).cloned() else { continue };
            let group = with_groups(&parts, &[place].into(), schema);
            let exists = |it: &usize| open.get(*it).is_some_and(|(_, it)| it.verb != Verb::Create);
            if group.iter().any(exists) {
                for (other, _) in group.iter().filter_map(|it| open.get(*it)) {
                    skipped.entry(*other).or_insert_with(|| why.clone());
                }
            }
        }
    }

    fn came_about(&self, op: usize, member: usize) -> bool {
        self.ops[op].fates.get(member) == Some(&Some(Fate::Done))
    }

    /// The first thing that went wrong, of which the end of an operation, or of one member of it,
    /// is a consequence.
    fn cause(&self, op: usize, member: Option<usize>) -> ResourceId {
        let planned = &self.plan.operations[op];
        let fates = self.ops[op].fates.iter().enumerate();
        let mut fates = fates.filter(|(index, _)| member.is_none_or(|member| member == *index));
        let failed = fates.find_map(|(index, fate)| match fate {
            Some(Fate::Done) | None => None,
            Some(Fate::Skipped { because, .. }) => Some(because.clone()),
            Some(_) => planned.members.get(index).map(|member| member.key.id.clone()),
        });
        failed.unwrap_or_else(|| ResourceId::new(planned.pause_reason.clone()))
    }
}

fn props(member: &PlannedMember) -> &Packed {
    member.wanted.as_ref().or(member.applied.as_ref()).unwrap_or(&Packed::NULL)
}
