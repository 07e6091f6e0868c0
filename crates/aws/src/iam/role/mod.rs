//! Roles.

mod calls;
mod check;
mod lookup;
pub(super) mod read;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, OutputSpec};
use bicoastal_model::{
    Arn, Deletes, Field, Global, Id, Input, Name, OpError, Region, Resource, Risk, Schema,
    ScopeKind, Shape, Snapshot, Target, Tier, handle, resource::Check,
};
use bon::Builder;
use serde::{Deserialize, Serialize};

use super::Policy;
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn};
use crate::policy::Document;
use crate::tags::{self, is_false};
use calls::RoleCall;
pub(super) use calls::to_tags;
pub use lookup::RoleQuery;

/// A role: what a service, an account or a person can become for a while.
///
/// Policies are additive unless [`Role::exclusive_policies`] claims them all: what others wrote into
/// the role or attached to it is reported and stays.
#[derive(Debug, Clone, Serialize, Deserialize, Builder)]
pub struct Role {
    /// Policies written into the role, by name: at most 10,240 characters together.
    /// Builder: [`RoleBuilder::inline_policy`], once for each.
    #[builder(field)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inline_policies: Vec<InlinePolicy>,

    /// Managed policies attached to the role, by ARN: at most 10 unless AWS raised the quota.
    /// Builder: [`RoleBuilder::attach`], once for each.
    #[builder(field)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attached_policies: Vec<Input<Arn<Policy>>>,

    /// The name: 1 to 64 letters, digits and `_+=,.@-`, unique in the account whatever its case
    /// and path. A change is a new role, with a new identity for every policy that names it.
    #[builder(into)]
    pub name: Name,

    /// Who may assume the role: a document with principals and `sts:AssumeRole`, and no resources.
    /// At most 2,048 characters unless AWS raised the quota.
    #[builder(into)]
    pub assume_role_policy: Document,

    /// The path, `/` unless said otherwise; part of the ARN, not of what makes the name unique.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,

    /// What it is for: at most 1,000 characters of Latin-1.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,

    /// How long a session may last, in seconds: 3,600 (the default) to 43,200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_session_duration: Option<u32>,

    /// The managed policy that bounds what the role's policies can allow.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permissions_boundary: Option<Input<Arn<Policy>>>,

    /// Whether inline and attached policies that the program does not name are removed.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "is_false")]
    pub exclusive_policies: bool,

    /// Whether a delete may remove policies that others wrote into the role or attached to it.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "is_false")]
    pub force_detach: bool,

    /// Tags, at most 50; keys differ by more than case.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| tags::collect(tags))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// A policy written into a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InlinePolicy {
    /// Its name within the role: 1 to 128 letters, digits and `_+=,.@-`.
    pub name: String,
    /// What it allows or denies.
    pub document: Document,
}

impl<S: role_builder::State> RoleBuilder<S> {
    /// Writes a policy into the role.
    pub fn inline_policy(mut self, name: impl Into<String>, document: impl Into<Document>) -> Self {
        self.inline_policies.push(InlinePolicy { name: name.into(), document: document.into() });
        self
    }

    /// Attaches a managed policy: one of the account's, or AWS's own by its ARN.
    pub fn attach(mut self, policy: impl Into<Input<Arn<Policy>>>) -> Self {
        self.attached_policies.push(policy.into());
        self
    }
}

handle! {
    /// A declared role.
    pub struct RoleHandle {
        /// The role's ARN.
        arn: Arn<Role>,
        /// Its name.
        name: String,
        /// Its unique id, `AROA…`: another one for each role that ever had the name.
        role_id: Id<Role>,
    }
}

const INLINE_POLICY: &[Field] = &[Field::new("name"), Field::new("document").shape(Shape::Policy)];

static SCHEMA: Schema = Schema {
    kind: "IAM:Role",
    service: "iam",
    feature: "iam",
    scope: ScopeKind::Global,
    tier: Tier::Foundation,
    fields: &[
        Field::new("name").replaces(),
        Field::new("path").replaces().absent(Absent::Text("/")),
        Field::new("assume_role_policy").shape(Shape::Policy),
        Field::new("description").absent(Absent::Text("")),
        Field::new("max_session_duration").absent(Absent::Int(3600)),
        Field::new("permissions_boundary"),
        Field::new("inline_policies")
            .shape(Shape::Keyed { key: "name", fields: INLINE_POLICY })
            .exclusive_if("exclusive_policies"),
        Field::new("attached_policies")
            .shape(Shape::OwnedSet(&Shape::Plain))
            .exclusive_if("exclusive_policies"),
        Field::new("exclusive_policies").local().absent(Absent::Bool(false)),
        Field::new("force_detach").delete_option().absent(Absent::Bool(false)),
        Field::tags(),
    ],
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::property("name"),
        OutputSpec::assigned("role_id"),
    ],
    identity: &["name"],
    delete_risk: Risk::Disruptive,
    cost: Cost { create: 2, update: 1, delete: 2 },
    check_stack: Some(check::check_stack),
    ..Schema::BASE
};

impl Resource for Role {
    type Scope = Global;
    type Handle = RoleHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        check::check(self, check);
    }
}

impl Kind for Role {
    type Call = RoleCall;

    async fn listed(cx: &Cx, _region: Region) -> Result<Vec<Listed>, OpError> {
        super::listed::roles(cx).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        read::read(cx, target).await
    }

    fn refuses_twins(_: &Target) -> bool {
        true
    }

    async fn confirm<'a>(cx: &'a Cx, _: &'a Target, told: &'a Snapshot) -> Result<bool, OpError> {
        read::confirm(cx, told).await
    }

    async fn around<'a>(
        cx: &'a Cx,
        _: &'a Target,
        seen: Option<&'a Snapshot>,
    ) -> Result<serde_json::Value, OpError> {
        match seen {
            Some(seen) => read::instance_profiles(cx, seen).await,
            None => Ok(serde_json::Value::Null),
        }
    }

    fn after(turn: &Turn<'_, Self>, call: &RoleCall) -> Option<Snapshot> {
        step::after(turn, call)
    }

    fn step(turn: &Turn<'_, Self>) -> Next<RoleCall> {
        step::step(turn)
    }

    async fn call(cx: &Cx, target: &Target, call: &RoleCall) -> Result<Option<String>, OpError> {
        calls::call(cx, target, call).await
    }

    fn deletes(call: &RoleCall) -> Deletes {
        Deletes::whole(matches!(call, RoleCall::Delete))
    }

    fn name(call: &RoleCall) -> &'static str {
        call.name()
    }
}
