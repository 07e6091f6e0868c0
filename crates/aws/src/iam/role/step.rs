//! What a role needs next.

use bicoastal_model::Snapshot;
use serde_json::{Value, json};

use super::Role;
use super::calls::RoleCall;
use crate::kind::{Next, Turn, TurnGoal};
use crate::tags::tag_changes;

pub(super) fn step(turn: &Turn<'_, Role>) -> Next<RoleCall> {
    match &turn.goal {
        TurnGoal::Present { wanted, .. } => present(turn, wanted),
        TurnGoal::Absent { applied, .. } => absent(turn, applied),
    }
}

fn present(turn: &Turn<'_, Role>, wanted: &Role) -> Next<RoleCall> {
    let Some(seen) = turn.seen else {
        return Next::Call(RoleCall::Create(Box::new(wanted.clone())));
    };
    let seen = &seen.props;

    // The boundary comes first: between it and the policies there must be no moment in which the
    // role can do more than before and after.
    if turn.changed("permissions_boundary") {
        return Next::Call(match &wanted.permissions_boundary {
            Some(arn) => RoleCall::PutBoundary(arn.as_str().to_owned()),
            None => RoleCall::DeleteBoundary,
        });
    }
    if turn.changed("assume_role_policy") {
        return Next::Call(RoleCall::UpdateTrust(wanted.assume_role_policy.text()));
    }
    if turn.changed("description") || turn.changed("max_session_duration") {
        return Next::Call(update(turn, wanted, seen));
    }

    let inline = names(seen);
    for policy in &wanted.inline_policies {
        if turn.changed(&format!("inline_policies[{}]", policy.name)) {
            return Next::Call(RoleCall::PutInline {
                name: policy.name.clone(),
                document: policy.document.text(),
            });
        }
    }
    // New attachments before old ones go, so that nothing is missing in between.
    let attached = arns(seen);
    let wanted_arns: Vec<&str> = wanted.attached_policies.iter().map(|arn| arn.as_str()).collect();
    if let Some(arn) = wanted_arns.iter().find(|arn| !attached.contains(*arn)) {
        return Next::Call(RoleCall::Attach((*arn).to_owned()));
    }
    if let Some(arn) = attached.iter().find(|arn| !wanted_arns.contains(*arn)) {
        return Next::Call(RoleCall::Detach((*arn).to_owned()));
    }
    if let Some(name) =
        inline.iter().find(|name| !wanted.inline_policies.iter().any(|it| it.name == **name))
    {
        return Next::Call(RoleCall::DeleteInline((*name).to_owned()));
    }

    let tags = tag_changes(turn);
    if !tags.set.is_empty() {
        return Next::Call(RoleCall::Tag(tags.set));
    }
    if !tags.remove.is_empty() {
        return Next::Call(RoleCall::Untag(tags.remove));
    }
    Next::Done
}

/// What a call that puts a policy on a role has made of it.
pub(super) fn after(turn: &Turn<'_, Role>, call: &RoleCall) -> Option<Snapshot> {
    let mut seen = turn.seen?.clone();
    let (field, entry) = match call {
        RoleCall::PutInline { name, document } => {
            let document: Value = serde_json::from_str(document).ok()?;
            ("inline_policies", json!({ "name": name, "document": document }))
        }
        RoleCall::Attach(arn) => ("attached_policies", json!(arn)),
        _ => return None,
    };
    let entries = seen.props.get_mut(field)?.as_array_mut()?;
    entries.retain(|other| entry.get("name").is_none() || other.get("name") != entry.get("name"));
    entries.push(entry);
    Some(seen)
}

/// The call sets both: what the program never mentioned is sent as it is, or it would be blanked.
fn update(turn: &Turn<'_, Role>, wanted: &Role, seen: &Value) -> RoleCall {
    let description = match turn.changed("description") {
        true => wanted.description.clone().unwrap_or_default(),
        false => seen["description"].as_str().unwrap_or_default().to_owned(),
    };
    let seconds = match turn.changed("max_session_duration") {
        true => i64::from(wanted.max_session_duration.unwrap_or(3600)),
        false => seen["max_session_duration"].as_i64().unwrap_or(3600),
    };
    RoleCall::Update { description, max_session_duration: i32::try_from(seconds).unwrap_or(3600) }
}

fn absent(turn: &Turn<'_, Role>, applied: &Value) -> Next<RoleCall> {
    let Some(seen) = turn.seen else { return Next::Done };
    let (attached, inline) = (arns(&seen.props), names(&seen.props));
    let flag = |name: &str| applied.get(name) == Some(&Value::Bool(true));
    if !flag("force_detach") && !flag("exclusive_policies") {
        let (ours_attached, ours_inline) = (arns(applied), names(applied));
        let foreign: Vec<&str> = attached
            .iter()
            .filter(|arn| !ours_attached.contains(*arn))
            .chain(inline.iter().filter(|name| !ours_inline.contains(*name)))
            .copied()
            .collect();
        if !foreign.is_empty() {
            return Next::refuse(
                format!(
                    "the role {} has policies that this stack did not put there: {}",
                    seen.physical,
                    foreign.join(", ")
                ),
                "remove them, or declare the role with force_detach(true) and apply that first",
            );
        }
    }
    let profiles = turn.around.as_array().into_iter().flatten().filter_map(Value::as_str);
    let profiles: Vec<&str> = profiles.collect();
    if !profiles.is_empty() {
        return Next::refuse(
            format!("EC2 instances take the role {} from {}", seen.physical, profiles.join(", ")),
            "take it out of the instance profile (aws iam remove-role-from-instance-profile), and \
             delete it again",
        );
    }
    if let Some(arn) = attached.first() {
        return Next::Call(RoleCall::Detach((*arn).to_owned()));
    }
    if let Some(name) = inline.first() {
        return Next::Call(RoleCall::DeleteInline((*name).to_owned()));
    }
    Next::Call(RoleCall::Delete)
}

/// The ARNs attached, in properties.
fn arns(props: &Value) -> Vec<&str> {
    let arns = props.get("attached_policies").and_then(Value::as_array);
    arns.into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The names of inline policies, in properties.
fn names(props: &Value) -> Vec<&str> {
    let policies = props.get("inline_policies").and_then(Value::as_array);
    policies.into_iter().flatten().filter_map(|policy| policy.get("name")?.as_str()).collect()
}
