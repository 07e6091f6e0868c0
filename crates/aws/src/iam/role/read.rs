//! Reading roles: all of them in two listings for a plan, one in the course of an operation.

use std::collections::BTreeMap;

use aws_sdk_iam::types::{EntityType, Role, Tag};
use bicoastal_model::{OpError, Snapshot, Status, Target};
use futures_util::future::{try_join_all, try_join3};
use serde_json::{Value, json};

use super::super::{RULES, decoded, unless_missing};
use crate::classify::classify;
use crate::cx::{Cx, GLOBAL, Purpose};
use crate::ownership::{ownership, tag_map};

/// What a role looks like, from whichever calls.
#[derive(Clone, Debug, Default)]
pub(in crate::iam) struct Seen {
    pub(in crate::iam) name: String,
    path: String,
    arn: String,
    id: String,
    trust: Value,
    description: String,
    max_session_duration: i32,
    boundary: Option<String>,
    /// Documents by name.
    inline: BTreeMap<String, Value>,
    attached: Vec<String>,
    pub(in crate::iam) tags: BTreeMap<String, String>,
    /// The answer has no word of tags: there are none, or it left them out.
    pub(in crate::iam) untold: bool,
}

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let name = target.physical.as_deref().unwrap_or_else(|| target.text("name"));
    let seen = match cx.purpose() {
        Purpose::Refresh => {
            let roles = cx.shared("iam:roles".to_owned(), list(cx)).await?;
            let name = name.to_lowercase();
            match roles.get(&name).cloned() {
                Some(mut seen) => {
                    let key = "iam:role descriptions".to_owned();
                    let all = cx.shared(key, descriptions(cx)).await?;
                    let (words, seconds) = all.get(&name).cloned().unwrap_or((String::new(), 3600));
                    (seen.description, seen.max_session_duration) = (words, seconds);
                    Some(seen)
                }
                None => None,
            }
        }
        Purpose::Turn => point(cx, name).await?,
    };
    Ok(seen.map(|seen| snapshot(target, seen)))
}

/// One role, whatever it is read for.
pub(super) async fn one(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let name = target.physical.as_deref().unwrap_or_else(|| target.text("name"));
    Ok(point(cx, name).await?.map(|seen| snapshot(target, seen)))
}

fn snapshot(target: &Target, seen: Seen) -> Snapshot {
    let inline: Vec<Value> = seen
        .inline
        .into_iter()
        .map(|(name, document)| json!({ "name": name, "document": document }))
        .collect();
    let mut props = json!({
        "name": seen.name,
        "path": seen.path,
        "assume_role_policy": seen.trust,
        "description": seen.description,
        "max_session_duration": seen.max_session_duration,
        "inline_policies": inline,
        "attached_policies": seen.attached,
        "tags": seen.tags,
    });
    if let Some(boundary) = seen.boundary {
        props["permissions_boundary"] = boundary.into();
    }
    Snapshot {
        outputs: BTreeMap::from([
            ("arn".to_owned(), json!(seen.arn)),
            ("name".to_owned(), json!(seen.name)),
            ("role_id".to_owned(), json!(seen.id)),
        ]),
        physical: seen.name,
        props,
        status: Status::Ready,
        ownership: ownership(target, &seen.tags),
        children: Vec::new(),
        facts: BTreeMap::new(),
    }
}

/// Every role of the account, by its name in lower case.
pub(in crate::iam) async fn list(cx: &Cx) -> Result<BTreeMap<String, Seen>, OpError> {
    let client = cx.iam(GLOBAL);
    let mut roles: BTreeMap<String, Seen> = BTreeMap::new();
    let mut pages = client
        .get_account_authorization_details()
        .filter(EntityType::Role)
        .max_items(1000)
        .into_paginator()
        .send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| {
            classify("iam", "GetAccountAuthorizationDetails", GLOBAL, RULES, error)
        })?;
        for role in page.role_detail_list() {
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let inline = role.role_policy_list().iter().map(|policy| {
                let document = decoded(policy.policy_document().unwrap_or_default());
                (text(policy.policy_name()), document)
            });
            let seen = Seen {
                name: text(role.role_name()),
                path: text(role.path()),
                arn: text(role.arn()),
                id: text(role.role_id()),
                trust: decoded(role.assume_role_policy_document().unwrap_or_default()),
                boundary: role
                    .permissions_boundary()
                    .and_then(|boundary| boundary.permissions_boundary_arn())
                    .map(str::to_owned),
                inline: inline.collect(),
                attached: role
                    .attached_managed_policies()
                    .iter()
                    .map(|policy| text(policy.policy_arn()))
                    .collect(),
                tags: tags(role.tags()),
                untold: role.tags.is_none(),
                ..Seen::default()
            };
            roles.insert(seen.name.to_lowercase(), seen);
        }
    }
    Ok(roles)
}

/// Descriptions and longest sessions, by the names of roles in lower case: what the details of
/// roles leave out.
async fn descriptions(cx: &Cx) -> Result<BTreeMap<String, (String, i32)>, OpError> {
    let mut all = BTreeMap::new();
    let mut pages = cx.iam(GLOBAL).list_roles().max_items(1000).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| classify("iam", "ListRoles", GLOBAL, RULES, error))?;
        for role in page.roles() {
            let seconds = role.max_session_duration().unwrap_or(3600);
            let words = role.description().unwrap_or_default().to_owned();
            all.insert(role.role_name().to_lowercase(), (words, seconds));
        }
    }
    Ok(all)
}

/// Whether IAM shows a role and its policies by now.
pub(super) async fn confirm(cx: &Cx, told: &Snapshot) -> Result<bool, OpError> {
    let (client, name) = (cx.iam(GLOBAL), &told.physical);
    let of = |field: &str| told.props[field].as_array().cloned().unwrap_or_default();
    let inline = of("inline_policies").into_iter().map(|policy| {
        let policy = policy["name"].as_str().unwrap_or_default().to_owned();
        let client = &client;
        async move {
            let answer = client.get_role_policy().role_name(name).policy_name(policy).send().await;
            let answer =
                answer.map_err(|error| classify("iam", "GetRolePolicy", GLOBAL, RULES, error));
            Ok::<bool, OpError>(unless_missing(answer)?.is_some())
        }
    });
    let (any_inline, wanted) = (!of("inline_policies").is_empty(), of("attached_policies"));
    let attached = async {
        if wanted.is_empty() {
            return Ok(true);
        }
        let there = attached(cx, name).await?;
        Ok(wanted.iter().all(|arn| there.iter().any(|it| arn == it)))
    };
    let role = async {
        // A policy that is shown is shown on its role.
        if any_inline || !wanted.is_empty() {
            return Ok(true);
        }
        let answer = client.get_role().role_name(name).send().await;
        let answer = answer.map_err(|error| classify("iam", "GetRole", GLOBAL, RULES, error));
        Ok(unless_missing(answer)?.is_some())
    };
    let (role, inline, attached) = try_join3(role, try_join_all(inline), attached).await?;
    Ok(role && attached && inline.into_iter().all(|shown| shown))
}

/// The managed policies that are attached to a role, by ARN.
async fn attached(cx: &Cx, name: &str) -> Result<Vec<String>, OpError> {
    let mut attached = Vec::new();
    let mut pages =
        cx.iam(GLOBAL).list_attached_role_policies().role_name(name).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| classify("iam", "ListAttachedRolePolicies", GLOBAL, RULES, error));
        let Some(page) = unless_missing(page)? else { break };
        for policy in page.attached_policies() {
            attached.push(policy.policy_arn().unwrap_or_default().to_owned());
        }
    }
    Ok(attached)
}

/// The instance profiles that a role is in, while it has policies: AWS refuses to delete such a role
/// only when the policies are gone, and the instances' permissions with them.
pub(super) async fn instance_profiles(cx: &Cx, seen: &Snapshot) -> Result<Value, OpError> {
    let has = |field: &str| seen.props[field].as_array().is_some_and(|all| !all.is_empty());
    if !has("attached_policies") && !has("inline_policies") {
        return Ok(Value::Null);
    }
    let request = cx.iam(GLOBAL).list_instance_profiles_for_role().role_name(&seen.physical);
    let mut pages = request.into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page
            .map_err(|error| classify("iam", "ListInstanceProfilesForRole", GLOBAL, RULES, error));
        let Some(page) = unless_missing(page)? else { break };
        names.extend(page.instance_profiles.into_iter().map(|it| it.instance_profile_name));
    }
    Ok(json!(names))
}

/// One role.
async fn point(cx: &Cx, name: &str) -> Result<Option<Seen>, OpError> {
    let client = cx.iam(GLOBAL);
    let role = async {
        let answer = client.get_role().role_name(name).send().await;
        let role = answer
            .map_err(|error| classify("iam", "GetRole", GLOBAL, RULES, error))
            .map(|answer| answer.role);
        Ok(unless_missing(role)?.flatten())
    };
    let inline = async {
        let mut inline = BTreeMap::new();
        let mut pages = client.list_role_policies().role_name(name).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page =
                page.map_err(|error| classify("iam", "ListRolePolicies", GLOBAL, RULES, error));
            let Some(page) = unless_missing(page)? else { break };
            for policy in page.policy_names() {
                let answer =
                    client.get_role_policy().role_name(name).policy_name(policy).send().await;
                let answer =
                    answer.map_err(|error| classify("iam", "GetRolePolicy", GLOBAL, RULES, error));
                if let Some(answer) = unless_missing(answer)? {
                    inline.insert(policy.clone(), decoded(answer.policy_document()));
                }
            }
        }
        Ok(inline)
    };
    let (role, inline, attached) = try_join3(role, inline, attached(cx, name)).await?;
    Ok(role.map(|role| Seen { inline, attached, ..described(&role) }))
}

/// A role as it was just made, with these tags; it has no policies yet.
pub(super) fn told(target: &Target, role: &Role, sent: &BTreeMap<String, String>) -> Snapshot {
    snapshot(target, Seen { tags: sent.clone(), ..described(role) })
}

fn described(role: &Role) -> Seen {
    Seen {
        name: role.role_name().to_owned(),
        path: role.path().to_owned(),
        arn: role.arn().to_owned(),
        id: role.role_id().to_owned(),
        trust: decoded(role.assume_role_policy_document().unwrap_or_default()),
        description: role.description().unwrap_or_default().to_owned(),
        max_session_duration: role.max_session_duration().unwrap_or(3600),
        boundary: role
            .permissions_boundary()
            .and_then(|boundary| boundary.permissions_boundary_arn())
            .map(str::to_owned),
        inline: BTreeMap::new(),
        attached: Vec::new(),
        tags: tags(role.tags()),
        untold: role.tags.is_none(),
    }
}

fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tag_map(tags.iter().map(|tag| (tag.key(), tag.value())))
}
