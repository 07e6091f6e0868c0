//! IAM.

use super::Page;

pub(super) const PAGES: &[Page] = &[("IAM:Role", ROLE), ("IAM:Policy", POLICY)];

const ROLE: &str = "
RoleName -> name, @name
RoleId -> @role_id
Arn -> @arn
Path -> path
AssumeRolePolicyDocument -> assume_role_policy
Description -> description
MaxSessionDuration -> max_session_duration
PermissionsBoundary -> permissions_boundary
Tags -> tags
Inline policies -> inline_policies.name, inline_policies.document
Attached policies -> attached_policies
SourceRoleTemplate -- read only: how the role came to be
RoleLastUsed -- read only: observed, never wanted
Instance profiles -- a kind that only EC2 instances take, and no kind here runs on one; a role in one is refused for deletion with the way out
Exclusive ownership -> exclusive_policies
force_detach -> force_detach
";

const POLICY: &str = "
PolicyName -> name, @name
PolicyId -> @policy_id
Arn -> @arn
Path -> path
Description -> description
PolicyDocument -> document
Versions -- a change of the document is a new version; the oldest goes when there are five
Tags -> tags
";
