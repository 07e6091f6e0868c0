//! Managed policies.

pub(super) mod io;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, OutputSpec};
use bicoastal_model::{
    Arn, Deletes, Field, Global, Id, Name, OpError, Region, Resource, Risk, Schema, ScopeKind,
    Shape, Snapshot, Target, Tier, handle, resource::Check,
};
use bon::Builder;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{check_description, check_name, check_path};
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn, TurnGoal};
use crate::policy::{self, Document};
use crate::tags::{self, check_tags, tag_changes};

/// The characters of a policy, white space not counted.
const LONGEST: usize = 6144;
/// How many versions AWS keeps.
const MOST_VERSIONS: usize = 5;

/// A managed policy of the account: a document that roles share by attaching it.
///
/// A change of the document is a new version, which becomes the default; the oldest version goes
/// when there are five.
#[derive(Debug, Clone, Serialize, Deserialize, Builder)]
pub struct Policy {
    /// The name: 1 to 128 letters, digits and `_+=,.@-`, unique in the account.
    #[builder(into)]
    pub name: Name,

    /// What it allows or denies: at most 6,144 characters.
    #[builder(into)]
    pub document: Document,

    /// The path, `/` unless said otherwise; part of the ARN.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,

    /// What it is for: at most 1,000 characters. AWS cannot change it: a change is a new policy.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,

    /// Tags, at most 50.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| tags::collect(tags))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

handle! {
    /// A declared managed policy.
    pub struct PolicyHandle {
        /// The policy's ARN.
        arn: Arn<Policy>,
        /// Its name.
        name: String,
        /// Its unique id, `ANPA…`.
        policy_id: Id<Policy>,
    }
}

static SCHEMA: Schema = Schema {
    kind: "IAM:Policy",
    service: "iam",
    feature: "iam",
    scope: ScopeKind::Global,
    tier: Tier::Foundation,
    fields: &[
        Field::new("name").replaces(),
        Field::new("path").replaces().absent(Absent::Text("/")),
        Field::new("description").replaces().absent(Absent::Text("")),
        Field::new("document").shape(Shape::Policy),
        Field::tags(),
    ],
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::property("name"),
        OutputSpec::assigned("policy_id"),
    ],
    identity: &["name"],
    delete_risk: Risk::Disruptive,
    ..Schema::BASE
};

/// One mutating call.
#[derive(Clone, Debug)]
pub enum PolicyCall {
    /// `CreatePolicy`.
    Create(Box<Policy>),
    /// `CreatePolicyVersion`, made the default.
    CreateVersion(String),
    /// `DeletePolicyVersion`.
    DeleteVersion(String),
    /// `TagPolicy`.
    Tag(BTreeMap<String, String>),
    /// `UntagPolicy`.
    Untag(Vec<String>),
    /// `DeletePolicy`.
    Delete,
}

impl Resource for Policy {
    type Scope = Global;
    type Handle = PolicyHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        let name = match &self.name {
            Name::Fixed(name) => name.known().map(|name| check_name(name, 128)),
            // The incarnation comes behind it.
            Name::Generated(prefix) => Some(check_name(prefix, 120)),
        };
        let path = self.path.as_deref().map(check_path);
        let description = self.description.as_deref().map(check_description);
        for wrong in [name, path, description].into_iter().flatten().flatten() {
            check.error(wrong);
        }
        policy::check(check, "the document", &self.document, policy::Kind::Identity);
        if let Some(size) = policy::size(&self.document) {
            check.ensure(
                size <= LONGEST,
                format!("the document has {size} characters of at most {LONGEST}"),
            );
        }
        check_tags(check, &self.tags, 50);
    }
}

impl Kind for Policy {
    type Call = PolicyCall;

    async fn listed(cx: &Cx, _region: Region) -> Result<Vec<Listed>, OpError> {
        super::listed::policies(cx).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        io::read(cx, target).await
    }

    fn step(turn: &Turn<'_, Self>) -> Next<PolicyCall> {
        match &turn.goal {
            TurnGoal::Present { wanted, .. } => present(turn, wanted),
            TurnGoal::Absent { .. } => match turn.seen {
                None => Next::Done,
                // The default version goes with the policy, the others before it.
                Some(seen) => Next::Call(match old_versions(&seen.facts).first() {
                    Some(version) => PolicyCall::DeleteVersion((*version).to_owned()),
                    None => PolicyCall::Delete,
                }),
            },
        }
    }

    async fn call(cx: &Cx, target: &Target, call: &PolicyCall) -> Result<Option<String>, OpError> {
        io::call(cx, target, call).await
    }

    fn deletes(call: &PolicyCall) -> Deletes {
        Deletes::whole(matches!(call, PolicyCall::Delete))
    }

    fn name(call: &PolicyCall) -> &'static str {
        match call {
            PolicyCall::Create(_) => "CreatePolicy",
            PolicyCall::CreateVersion(_) => "CreatePolicyVersion",
            PolicyCall::DeleteVersion(_) => "DeletePolicyVersion",
            PolicyCall::Tag(_) => "TagPolicy",
            PolicyCall::Untag(_) => "UntagPolicy",
            PolicyCall::Delete => "DeletePolicy",
        }
    }
}

fn present(turn: &Turn<'_, Policy>, wanted: &Policy) -> Next<PolicyCall> {
    let Some(seen) = turn.seen else {
        return Next::Call(PolicyCall::Create(Box::new(wanted.clone())));
    };
    if turn.changed("document") {
        let old = old_versions(&seen.facts);
        return Next::Call(match old.first() {
            Some(oldest) if old.len() + 1 >= MOST_VERSIONS => {
                PolicyCall::DeleteVersion((*oldest).to_owned())
            }
            _ => PolicyCall::CreateVersion(wanted.document.text()),
        });
    }
    let tags = tag_changes(turn);
    if !tags.set.is_empty() {
        return Next::Call(PolicyCall::Tag(tags.set));
    }
    if !tags.remove.is_empty() {
        return Next::Call(PolicyCall::Untag(tags.remove));
    }
    Next::Done
}

/// The versions that are not the default, oldest first.
fn old_versions(facts: &BTreeMap<String, Value>) -> Vec<&str> {
    let versions = facts.get("old_versions").and_then(Value::as_array);
    versions.into_iter().flatten().filter_map(Value::as_str).collect()
}
