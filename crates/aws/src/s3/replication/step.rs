//! What to do next with a replication configuration: it is always written as a whole.

use bicoastal_model::Packed;
use serde_json::Value;

use super::read::ids;
use super::{ReplicationConfiguration, ReplicationRule};
use crate::kind::{Next, Turn, TurnGoal};

/// A mutating call on a replication configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    /// The whole document.
    Put {
        /// The role that copies.
        role: String,
        /// All rules, those of others included.
        rules: Vec<ReplicationRule>,
        /// Rules that are there and unknown to us are kept: nothing was seen yet.
        keep: bool,
        /// None of these rules is ours: ours are taken away.
        deletes: bool,
    },
    /// The whole document, taken away.
    Delete,
}

impl Call {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Put { .. } => "PutBucketReplication",
            Self::Delete => "DeleteBucketReplication",
        }
    }

    /// Whether nothing of ours is left after it.
    pub(super) fn deletes(&self) -> bool {
        matches!(self, Self::Delete | Self::Put { deletes: true, .. })
    }
}

pub(super) fn step(turn: &Turn<'_, ReplicationConfiguration>) -> Next<Call> {
    if let Some(words) = turn.busy() {
        return Next::wait(words, 3, 120);
    }
    match &turn.goal {
        TurnGoal::Present { wanted, .. } => {
            let differs = turn.changed("role") || turn.changed("rules");
            if turn.seen.is_some() && !differs {
                return Next::Done;
            }
            let call = Call::Put {
                role: wanted.role.as_str().to_owned(),
                rules: wanted.rules.clone(),
                keep: turn.seen.is_none() && !wanted.exclusive,
                deletes: false,
            };
            Next::Call(call)
        }
        TurnGoal::Absent { applied, .. } => {
            let Some(seen) = turn.seen else { return Next::Done };
            let applied = applied.get("rules").map(Packed::from);
            let ours = ids(applied.as_ref());
            let rules = seen.props.get("rules").cloned().unwrap_or(Value::Null);
            let rules: Vec<ReplicationRule> = serde_json::from_value(rules).unwrap_or_default();
            let others: Vec<_> =
                rules.into_iter().filter(|rule| !ours.contains(&rule.id.as_str())).collect();
            if others.is_empty() {
                return Next::Call(Call::Delete);
            }
            let role = seen.props.get("role").and_then(Value::as_str).unwrap_or_default();
            let role = role.to_owned();
            Next::Call(Call::Put { role, rules: others, keep: false, deletes: true })
        }
    }
}
