//! A token that AWS remembers of something deleted: its successor gets the next incarnation.

use bicoastal_model::{Goal, OpError};

use super::Execution;
use super::run::Status;
use crate::record::{Ended, Record};
use crate::state::{Key, Verb, token};

/// How many tokens in a row may turn out to be used up. State remembers them all; only where it
/// was lost there can be more than one.
const TOKENS: u32 = 16;

impl Execution {
    /// Whether a creation may be tried under another token: AWS refused this one for longer than it
    /// takes to show anything, nothing that bears it was seen all the while, and this run has not
    /// called with it in doubt. An earlier run may have: what that made would be shown by now.
    pub(super) fn may_be_reborn(&self, op: usize) -> bool {
        let Some(run) = self.ops[op].run.as_ref() else { return false };
        let ([member], [handed_out]) = (run.members.as_slice(), &*run.operation.members) else {
            return false;
        };
        let planned = &self.plan.operations[op].members[member.index];
        !run.touched
            && planned.verb == Verb::Create
            && handed_out.target.physical.is_none()
            && matches!(handed_out.goal, Goal::Present { .. })
            && self.ops[op].reborn < TOKENS
    }

    /// Ends what was begun, retires its incarnation, and has it begun as the next one: a decision
    /// that the journal tells, so that no run asks for that token again.
    pub(super) fn reborn(&mut self, op: usize, error: &OpError) -> Result<(), String> {
        let Some(run) = self.ops[op].run.as_ref() else { return Ok(()) };
        let Some(member) = run.members.first() else { return Ok(()) };
        let (number, index, key) = (run.number, member.index, member.key.clone());
        let results = vec![Ended::Failed(error.clone())];
        self.push(Record::End { op: number, results, at_ms: self.now_ms })?;
        self.push(Record::Forgotten {
            key: key.clone(),
            reason: "its token belonged to something that is deleted, and AWS remembers it"
                .to_owned(),
        })?;
        let next = Key::new(key.id.clone(), self.ahead.next_incarnation(&key.id));
        let lineage = self.ahead.lineage.clone();
        let planned = &mut self.plan.operations[op].members[index];
        planned.token = token(&lineage, &planned.born, next.incarnation).into();
        planned.key = next;
        let running = &mut self.ops[op];
        running.reborn += 1;
        running.run = None;
        running.status = Status::Waiting;
        Ok(())
    }
}
