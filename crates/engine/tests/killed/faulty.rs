//! Machines that are wrong on purpose. Each differs from the right one at one seam: between the
//! machine and its journal, its plan, its state or its provider. None of it is in the library.

use std::collections::BTreeMap;

use bicoastal_engine::plan::Plan;
use bicoastal_engine::record::Record;
use bicoastal_engine::state::{State, Verb, token};
use bicoastal_model::{
    Claim, Goal, OpError, Operation, Outcome, Ownership, Progress, Retry, Snapshot, Status,
};

use crate::cloud::{Hands, Wrong};
use crate::common::cloud::World;
use crate::oracle::{Broken, Oracle};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Machine {
    /// The right one.
    Honest,
    /// It never writes that an operation begins.
    SkipsBegins,
    /// It calls while its begin is still being written.
    CallsBeforeBegins,
    /// It goes on with what depends on an operation while that one's end is still being written.
    GoesOnBeforeEnds,
    /// It takes what was in doubt when it died for not begun.
    ForgetsDoubts,
    /// It makes again what is in doubt, without looking.
    RepeatsBlindly,
    /// Its successors bear the token of what they replace.
    ForgetsIncarnations,
    /// It leaves what was replaced where it is.
    DropsSuperseded,
    /// After a doubt it takes whatever is there for its own.
    ClaimsAll,
    /// It writes an end before it has called.
    EndsBeforeCalls,
    /// It takes an answer that is lost for a refusal.
    DoubtsAreRefusals,
    /// When it is told to stop, it forgets the calls that it has sent.
    GivesUpCalls,
    /// It deletes before what needs the thing has moved on.
    IgnoresOrder,
}

/// When an entry is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Writes {
    /// Before the machine is told so.
    First,
    /// Some time after.
    Later,
    /// At no time, though the machine is told so.
    Never,
}

impl Machine {
    pub(crate) const WRONG: [Self; 12] = [
        Self::SkipsBegins,
        Self::CallsBeforeBegins,
        Self::GoesOnBeforeEnds,
        Self::ForgetsDoubts,
        Self::RepeatsBlindly,
        Self::ForgetsIncarnations,
        Self::DropsSuperseded,
        Self::ClaimsAll,
        Self::EndsBeforeCalls,
        Self::DoubtsAreRefusals,
        Self::GivesUpCalls,
        Self::IgnoresOrder,
    ];

    pub(crate) fn writes(self, record: &Record) -> Writes {
        match (self, record) {
            (Self::SkipsBegins, Record::Begin { .. }) => Writes::Never,
            (Self::CallsBeforeBegins, Record::Begin { .. })
            | (Self::GoesOnBeforeEnds, Record::End { .. }) => Writes::Later,
            _ => Writes::First,
        }
    }

    /// What it knows when it starts.
    pub(crate) fn wakes(self, state: &mut State) {
        if self != Self::ForgetsDoubts {
            return;
        }
        state.entries.retain(|_, entry| entry.applied.is_some() || entry.doubt.is_none());
        for entry in state.entries.values_mut() {
            entry.doubt = None;
        }
    }

    pub(crate) fn plan(self, mut plan: Plan) -> Plan {
        match self {
            Self::ForgetsIncarnations => {
                for member in plan.operations.iter_mut().flat_map(|it| &mut it.members) {
                    if member.verb == Verb::Create {
                        member.token = token(&plan.lineage, &member.born, 1);
                    }
                }
            }
            Self::DropsSuperseded => {
                for op in &mut plan.operations {
                    op.members.retain(|it| !(it.superseded && it.verb == Verb::Delete));
                    op.needs.clear();
                }
            }
            Self::IgnoresOrder => {
                for op in &mut plan.operations {
                    op.after.clear();
                    op.needs.clear();
                }
            }
            _ => {}
        }
        plan
    }

    pub(crate) fn gives_up_calls(self) -> bool {
        self == Self::GivesUpCalls
    }

    /// One turn of an operation.
    pub(crate) fn turn(
        self,
        hands: &mut Hands,
        world: &mut World,
        operation: &Operation,
        oracle: &mut Oracle,
    ) -> Result<Result<Progress, OpError>, Broken> {
        let wrong =
            Wrong { blind: self == Self::RepeatsBlindly, claims_all: self == Self::ClaimsAll };
        if self == Self::EndsBeforeCalls
            && operation.members.iter().all(|it| it.claim == Claim::Unmade)
        {
            return Ok(Ok(Progress::Done(
                operation.members.iter().map(|it| believed(&it.goal)).collect(),
            )));
        }
        let answer = hands.advance(world, operation, oracle, wrong)?;
        Ok(match answer {
            Err(OpError::InDoubt(facts)) if self == Self::DoubtsAreRefusals => {
                Err(OpError::Refused { retry: Retry::Never, facts })
            }
            answer => answer,
        })
    }
}

/// What is hoped to be there.
fn believed(goal: &Goal) -> Outcome {
    let Goal::Present { wanted, .. } = goal else { return Outcome::Gone };
    Outcome::Present(Snapshot {
        physical: "soon".to_owned(),
        props: wanted.clone(),
        outputs: BTreeMap::new(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: BTreeMap::new(),
    })
}
