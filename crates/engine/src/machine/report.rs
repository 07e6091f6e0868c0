//! What became of a plan.

use bicoastal_model::{OpError, Place, ResourceId, SourceLine};

use super::Execution;
use super::run::Status;
use crate::order::Order;
use crate::plan::Action;

/// Why something did not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, with AWS's own words where there are any.
    pub message: String,
    /// The next step.
    pub hint: Option<String>,
    /// The error of the call, if it was one.
    pub error: Option<OpError>,
}

impl Failure {
    pub(super) fn of(error: OpError) -> Self {
        let facts = error.facts();
        // What the machine itself refuses was said by no service.
        let message =
            if facts.region.is_empty() { facts.message.clone() } else { error.to_string() };
        Self { message, hint: facts.hint.clone(), error: Some(error) }
    }

    pub(super) fn plan_again(message: String) -> Self {
        Self { message, hint: Some("plan again".to_owned()), error: None }
    }
}

/// What became of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is as wanted, and recorded.
    Done,
    /// It failed.
    Failed(Box<Failure>),
    /// It was not begun, because something that comes before it did not come about.
    Skipped {
        /// What: the first thing that went wrong, of which this is a consequence.
        because: ResourceId,
        /// Why that matters to it.
        order: Order,
    },
    /// No answer came, and it could not be found out what happened; the next run settles it.
    InDoubt(Box<Failure>),
    /// It was under way when the run was told to stop; the next run settles it.
    Abandoned,
    /// The run was told to stop before it began.
    NotStarted,
}

impl Fate {
    /// How much it matters: of the parts of one change, the weightiest fate is the change's.
    fn weight(&self) -> u8 {
        match self {
            Self::Done => 0,
            Self::NotStarted => 1,
            Self::Skipped { .. } => 2,
            Self::Abandoned => 3,
            Self::InDoubt(_) => 4,
            Self::Failed(_) => 5,
        }
    }
}

/// What became of one change of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeReport {
    /// Which resource.
    pub id: ResourceId,
    /// Its kind.
    pub kind: String,
    /// Where it is.
    pub place: Place,
    /// What was to happen to it.
    pub action: Action,
    /// Where the program declares it.
    pub at: Option<SourceLine>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Each change, in the plan's order.
    pub changes: Vec<ChangeReport>,
    /// Whether the run was told to stop.
    pub cancelled: bool,
}

impl Report {
    /// Whether everything that was planned is true.
    pub fn is_done(&self) -> bool {
        self.changes.iter().all(|change| change.fate == Fate::Done)
    }

    /// The changes that did not come about.
    pub fn troubled(&self) -> impl Iterator<Item = &ChangeReport> {
        self.changes.iter().filter(|change| change.fate != Fate::Done)
    }

    /// What a program that carried the plan out tells its caller: 0 where everything is done, 1
    /// where something failed or is in doubt, 130 (as a shell says of an interrupt) where it was
    /// only told to stop.
    pub fn exit_code(&self) -> u8 {
        let failed = |change: &ChangeReport| {
            matches!(change.fate, Fate::Failed(_) | Fate::InDoubt(_) | Fate::Skipped { .. })
        };
        match self {
            _ if self.is_done() => 0,
            _ if self.cancelled && !self.changes.iter().any(failed) => 130,
            _ => 1,
        }
    }
}

pub(super) fn of(execution: &Execution) -> Report {
    let recorded = execution.state.generation >= execution.preamble;
    let mut fates: Vec<Fate> = execution
        .plan
        .changes
        .iter()
        .map(|_| if recorded { Fate::Done } else { Fate::NotStarted })
        .collect();
    for (planned, op) in execution.plan.operations.iter().zip(execution.ops.iter()) {
        for (member, known) in planned.members.iter().zip(&op.fates) {
            let fate = match (known, &op.status) {
                (Some(Fate::Done), Status::Over) => Fate::Done,
                // Its end is not durable.
                (Some(Fate::Done), _) => Fate::Abandoned,
                (Some(fate), _) => fate.clone(),
                (None, Status::Waiting) => Fate::NotStarted,
                (None, _) => Fate::Abandoned,
            };
            let all = &mut fates[member.change];
            if fate.weight() > all.weight() {
                *all = fate;
            }
        }
    }
    let changes = execution.plan.changes.iter().zip(fates);
    Report {
        changes: changes
            .map(|(change, fate)| ChangeReport {
                id: change.id.clone(),
                kind: change.kind.to_string(),
                place: change.place.clone(),
                action: change.action,
                at: change.at.clone(),
                fate,
            })
            .collect(),
        cancelled: execution.cancelled,
    }
}
