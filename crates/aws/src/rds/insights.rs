//! Performance Insights, of clusters and of instances.

use bicoastal_model::Resource;
use serde_json::{Value, json};

use crate::kind::{Next, Turn, TurnGoal};

/// What Performance Insights saw stays under the key that they were switched on with: AWS takes no
/// other one while they are on.
pub(super) fn refuse_another_key<R: Resource, C>(turn: &Turn<'_, R>) -> Option<Next<C>> {
    let TurnGoal::Present { props, .. } = &turn.goal else { return None };
    let seen = turn.seen?;
    let on = |props: &Value| props["performance_insights"] == json!(true);
    if !turn.changed("performance_insights_key") || !on(props) || !on(&seen.props) {
        return None;
    }
    Some(Next::refuse(
        format!(
            "Performance Insights of {} keep the key that they were switched on with",
            seen.physical
        ),
        "switch them off, apply, and switch them on again with the other key: what they saw is gone then",
    ))
}
