//! The calls that a role takes.

use std::collections::BTreeMap;

use aws_sdk_iam::types::Tag;
use bicoastal_model::{OpError, Target};

use super::super::{RULES, is_missing};
use super::{Role, read};
use crate::classify::classify;
use crate::cx::{Cx, GLOBAL};

/// One mutating call.
#[derive(Clone, Debug)]
pub enum RoleCall {
    /// `CreateRole`, with everything that it takes.
    Create(Box<Role>),
    /// `PutRolePermissionsBoundary`.
    PutBoundary(String),
    /// `DeleteRolePermissionsBoundary`.
    DeleteBoundary,
    /// `UpdateAssumeRolePolicy`.
    UpdateTrust(String),
    /// `UpdateRole`, which sets both.
    Update {
        /// The description; empty for none.
        description: String,
        /// In seconds.
        max_session_duration: i32,
    },
    /// `PutRolePolicy`.
    PutInline {
        /// Its name.
        name: String,
        /// Its text.
        document: String,
    },
    /// `DeleteRolePolicy`.
    DeleteInline(String),
    /// `AttachRolePolicy`.
    Attach(String),
    /// `DetachRolePolicy`.
    Detach(String),
    /// `TagRole`.
    Tag(BTreeMap<String, String>),
    /// `UntagRole`.
    Untag(Vec<String>),
    /// `DeleteRole`.
    Delete,
}

impl RoleCall {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "CreateRole",
            Self::PutBoundary(_) => "PutRolePermissionsBoundary",
            Self::DeleteBoundary => "DeleteRolePermissionsBoundary",
            Self::UpdateTrust(_) => "UpdateAssumeRolePolicy",
            Self::Update { .. } => "UpdateRole",
            Self::PutInline { .. } => "PutRolePolicy",
            Self::DeleteInline(_) => "DeleteRolePolicy",
            Self::Attach(_) => "AttachRolePolicy",
            Self::Detach(_) => "DetachRolePolicy",
            Self::Tag(_) => "TagRole",
            Self::Untag(_) => "UntagRole",
            Self::Delete => "DeleteRole",
        }
    }

    /// Whether what it removes being gone already is as good.
    fn removes(&self) -> bool {
        matches!(
            self,
            Self::DeleteBoundary | Self::DeleteInline(_) | Self::Detach(_) | Self::Delete
        )
    }
}

pub(super) async fn call(
    cx: &Cx,
    target: &Target,
    call: &RoleCall,
) -> Result<Option<String>, OpError> {
    match send(cx, target, call).await {
        Err(error) if call.removes() && is_missing(&error) => Ok(None),
        other => other,
    }
}

async fn send(cx: &Cx, target: &Target, call: &RoleCall) -> Result<Option<String>, OpError> {
    let client = cx.iam_write(GLOBAL);
    let name = target.physical.as_deref().unwrap_or_else(|| target.text("name"));
    /// Sends a request whose answer does not matter.
    macro_rules! send {
        ($request:expr) => {
            $request
                .role_name(name)
                .send()
                .await
                .map(|_| None)
                .map_err(|error| classify("iam", call.name(), GLOBAL, RULES, error))
        };
    }
    match call {
        RoleCall::Create(role) => {
            let answer = client
                .create_role()
                .role_name(role.name.as_str())
                .set_path(role.path.clone())
                .assume_role_policy_document(role.assume_role_policy.text())
                .set_description(role.description.clone())
                .set_max_session_duration(
                    role.max_session_duration.and_then(|seconds| i32::try_from(seconds).ok()),
                )
                .set_permissions_boundary(
                    role.permissions_boundary.as_ref().map(|arn| arn.as_str().to_owned()),
                )
                .set_tags(Some(to_tags(&role.tags)))
                .send()
                .await
                .map_err(|error| classify("iam", "CreateRole", GLOBAL, RULES, error))?;
            if let Some(made) = &answer.role {
                cx.tell(read::told(target, made, &role.tags));
            }
            Ok(answer.role.map(|role| role.role_name))
        }
        RoleCall::PutBoundary(arn) => {
            send!(client.put_role_permissions_boundary().permissions_boundary(arn))
        }
        RoleCall::DeleteBoundary => send!(client.delete_role_permissions_boundary()),
        RoleCall::UpdateTrust(document) => {
            send!(client.update_assume_role_policy().policy_document(document))
        }
        RoleCall::Update { description, max_session_duration } => send!(
            client
                .update_role()
                .description(description)
                .max_session_duration(*max_session_duration)
        ),
        RoleCall::PutInline { name: policy, document } => {
            send!(client.put_role_policy().policy_name(policy).policy_document(document))
        }
        RoleCall::DeleteInline(policy) => send!(client.delete_role_policy().policy_name(policy)),
        RoleCall::Attach(arn) => send!(client.attach_role_policy().policy_arn(arn)),
        RoleCall::Detach(arn) => send!(client.detach_role_policy().policy_arn(arn)),
        RoleCall::Tag(tags) => send!(client.tag_role().set_tags(Some(to_tags(tags)))),
        RoleCall::Untag(keys) => send!(client.untag_role().set_tag_keys(Some(keys.clone()))),
        RoleCall::Delete => send!(client.delete_role()),
    }
}

pub(in crate::iam) fn to_tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    let tag = |(key, value): (&String, &String)| Tag::builder().key(key).value(value).build();
    // Key and value are set, so that no tag is left out.
    tags.iter().map(tag).filter_map(Result::ok).collect()
}
