//! Reading managed policies, and the calls that they take.

use std::collections::BTreeMap;

use aws_sdk_iam::types::PolicyScopeType;
use bicoastal_model::{ErrorFacts, OpError, Retry, Snapshot, Status, Target};
use serde_json::json;

use super::super::role::to_tags;
use super::super::{RULES, decoded, is_missing, unless_missing};
use super::PolicyCall;
use crate::classify::classify;
use crate::cx::{Cx, GLOBAL, Purpose};
use crate::kind::Kind;
use crate::ownership::{ownership, tag_map};

pub(super) async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let client = cx.iam(GLOBAL);
    let arn = match &target.physical {
        Some(arn) => arn.clone(),
        None => {
            let arns = cx.shared("iam:policies".to_owned(), list(cx)).await?;
            match arns.get(&target.text("name").to_lowercase()) {
                Some(arn) => arn.clone(),
                None => return Ok(None),
            }
        }
    };
    let answer = client.get_policy().policy_arn(&arn).send().await;
    let answer = answer.map_err(|error| classify("iam", "GetPolicy", GLOBAL, RULES, error));
    let Some(policy) = unless_missing(answer)?.and_then(|answer| answer.policy) else {
        return Ok(None);
    };
    let default = policy.default_version_id().unwrap_or("v1");
    let answer = client.get_policy_version().policy_arn(&arn).version_id(default).send().await;
    let answer = answer.map_err(|error| classify("iam", "GetPolicyVersion", GLOBAL, RULES, error));
    let Some(answer) = unless_missing(answer)? else { return Err(not_shown_yet(default)) };
    let version = answer.policy_version;
    let document = version.as_ref().and_then(|version| version.document()).unwrap_or_default();

    let mut facts = BTreeMap::new();
    if cx.purpose() == Purpose::Turn {
        facts.insert("old_versions".to_owned(), json!(old_versions(cx, &arn).await?));
    }
    let tags = tag_map(policy.tags().iter().map(|tag| (tag.key(), tag.value())));
    Ok(Some(Snapshot {
        props: json!({
            "name": policy.policy_name(),
            "path": policy.path(),
            "description": policy.description().unwrap_or_default(),
            "document": decoded(document),
            "tags": tags,
        }),
        outputs: BTreeMap::from([
            ("arn".to_owned(), json!(arn)),
            ("name".to_owned(), json!(policy.policy_name())),
            ("policy_id".to_owned(), json!(policy.policy_id())),
        ]),
        physical: arn,
        status: Status::Ready,
        ownership: ownership(target, &tags),
        children: Vec::new(),
        facts,
    }))
}

/// A policy has its default version from its creation on: without a document it would seem to be
/// another's, and get a version that nobody asked for.
fn not_shown_yet(version: &str) -> OpError {
    OpError::Refused {
        retry: Retry::NotYet,
        facts: ErrorFacts {
            service: "iam".to_owned(),
            call: "GetPolicyVersion".to_owned(),
            region: GLOBAL.code().to_owned(),
            message: format!("IAM does not show the policy's default version {version} yet"),
            ..ErrorFacts::default()
        },
    }
}

/// The ARNs of the account's policies, by name in lower case.
pub(in crate::iam) async fn list(cx: &Cx) -> Result<BTreeMap<String, String>, OpError> {
    let mut arns = BTreeMap::new();
    let request = cx.iam(GLOBAL).list_policies().scope(PolicyScopeType::Local).max_items(1000);
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| classify("iam", "ListPolicies", GLOBAL, RULES, error))?;
        for policy in page.policies() {
            if let (Some(name), Some(arn)) = (policy.policy_name(), policy.arn()) {
                arns.insert(name.to_lowercase(), arn.to_owned());
            }
        }
    }
    Ok(arns)
}

/// The versions that are not the default, oldest first.
async fn old_versions(cx: &Cx, arn: &str) -> Result<Vec<String>, OpError> {
    let mut versions = Vec::new();
    let request = cx.iam(GLOBAL).list_policy_versions().policy_arn(arn);
    let mut pages = request.into_paginator().send();
    while let Some(page) = pages.next().await {
        let page =
            page.map_err(|error| classify("iam", "ListPolicyVersions", GLOBAL, RULES, error));
        let Some(page) = unless_missing(page)? else { break };
        for version in page.versions().iter().filter(|version| !version.is_default_version()) {
            versions.push(version.version_id().unwrap_or_default().to_owned());
        }
    }
    // By number: v10 is younger than v9.
    versions.sort_by_key(|version| version.trim_start_matches('v').parse::<u64>().unwrap_or(0));
    Ok(versions)
}

pub(super) async fn call(
    cx: &Cx,
    target: &Target,
    call: &PolicyCall,
) -> Result<Option<String>, OpError> {
    let removes = matches!(call, PolicyCall::Delete | PolicyCall::DeleteVersion(_));
    match send(cx, target, call).await {
        Err(error) if removes && is_missing(&error) => Ok(None),
        other => other,
    }
}

async fn send(cx: &Cx, target: &Target, call: &PolicyCall) -> Result<Option<String>, OpError> {
    let client = cx.iam_write(GLOBAL);
    if let PolicyCall::Create(policy) = call {
        let answer = client
            .create_policy()
            .policy_name(policy.name.as_str())
            .set_path(policy.path.clone())
            .policy_document(policy.document.text())
            .set_description(policy.description.clone())
            .set_tags(Some(to_tags(&policy.tags)))
            .send()
            .await
            .map_err(|error| classify("iam", "CreatePolicy", GLOBAL, RULES, error))?;
        return Ok(answer.policy.and_then(|policy| policy.arn));
    }
    // The turn has read the policy, so that its ARN is known to whoever calls now; where the answer
    // to the create was lost it comes from the list.
    let arn = match &target.physical {
        Some(arn) => arn.clone(),
        None => {
            let arns = cx.shared("iam:policies".to_owned(), list(cx)).await?;
            arns.get(&target.text("name").to_lowercase()).cloned().unwrap_or_default()
        }
    };
    macro_rules! send {
        ($request:expr) => {
            $request
                .policy_arn(&arn)
                .send()
                .await
                .map(|_| Some(arn.clone()))
                .map_err(|error| classify("iam", super::Policy::name(call), GLOBAL, RULES, error))
        };
    }
    match call {
        PolicyCall::Create(_) => Ok(None),
        PolicyCall::CreateVersion(document) => {
            send!(client.create_policy_version().policy_document(document).set_as_default(true))
        }
        PolicyCall::DeleteVersion(version) => {
            send!(client.delete_policy_version().version_id(version))
        }
        PolicyCall::Tag(tags) => send!(client.tag_policy().set_tags(Some(to_tags(tags)))),
        PolicyCall::Untag(keys) => send!(client.untag_policy().set_tag_keys(Some(keys.clone()))),
        PolicyCall::Delete => send!(client.delete_policy()),
    }
}
