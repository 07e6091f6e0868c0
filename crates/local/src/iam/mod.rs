//! Identity and Access Management: roles, their policies, and managed policies.
//!
//! Permissions are not evaluated; what is modelled is what a client sees of the objects
//! themselves: names, ids, documents, attachments, and the order in which they may go.

mod attachment;
mod aws_policies;
mod details;
mod document;
mod inline;
mod policy;
mod role;
mod tags;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::query::{self, Params};
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;
pub use document::invalid_principal;
use policy::Policy;
use role::Role;

/// What the service holds, by account: IAM has no regions.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    accounts: BTreeMap<String, Account>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Account {
    /// By lower-case name: AWS does not tell names apart by case.
    roles: BTreeMap<String, Role>,
    /// Customer-managed policies, by lower-case name.
    policies: BTreeMap<String, Policy>,
}

impl State {
    /// Puts a role into an instance profile of this name, or takes it out of it. (Instance profiles
    /// themselves are not modelled: only EC2 uses them.) Answers whether there is such a role.
    pub fn in_instance_profile(
        &mut self,
        account: &str,
        role: &str,
        profile: &str,
        is_in: bool,
    ) -> bool {
        let Ok(role) = self.role_mut(account, role) else { return false };
        match is_in {
            true => role.instance_profiles.insert(profile.to_owned()),
            false => role.instance_profiles.remove(profile),
        };
        true
    }

    fn account(&mut self, account: &str) -> &mut Account {
        self.accounts.entry(account.to_owned()).or_default()
    }

    fn role(&self, account: &str, name: &str) -> Result<&Role, Fault> {
        self.accounts
            .get(account)
            .and_then(|account| account.roles.get(&name.to_lowercase()))
            .ok_or_else(|| no_role(name))
    }

    fn role_mut(&mut self, account: &str, name: &str) -> Result<&mut Role, Fault> {
        self.account(account).roles.get_mut(&name.to_lowercase()).ok_or_else(|| no_role(name))
    }

    fn role_by_arn(&self, arn: &str) -> Option<&Role> {
        let (account, path) = arn.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
        let name = path.rsplit('/').next()?;
        self.role(account, name).ok().filter(|role| role.arn(account) == arn)
    }
}

fn no_role(name: &str) -> Fault {
    Fault::new(404, "NoSuchEntity", format!("The role with name {name} cannot be found."))
}

/// Whether the account has a role with this ARN, be it known everywhere or not.
pub fn role_exists(world: &World, account: &str, arn: &str) -> bool {
    arn.split(':').nth(4) == Some(account) && world.iam.role_by_arn(arn).is_some()
}

/// Whether another service can already use the role: it exists, and the time that IAM takes to
/// spread it over the world (`iam.propagation`, none by default) is over.
pub fn role_usable(world: &World, account: &str, arn: &str) -> bool {
    role_exists(world, account, arn)
        && world.iam.role_by_arn(arn).is_some_and(|role| role.usable_ms <= world.now_ms)
}

/// The unique id (`AROA…`) of the role with this ARN: what a policy of another service shows in
/// place of the ARN once the role is gone.
pub fn role_id(world: &World, arn: &str) -> Option<String> {
    world.iam.role_by_arn(arn).map(|role| role.id.clone())
}

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let params = Params::of(call);
    let operation = match call.operation.as_str() {
        "AttachRolePolicy" => attachment::attach,
        "CreatePolicy" => policy::create,
        "CreatePolicyVersion" => policy::create_version,
        "CreateRole" => role::create,
        "DeletePolicy" => policy::delete,
        "DeletePolicyVersion" => policy::delete_version,
        "DeleteRole" => role::delete,
        "DeleteRolePermissionsBoundary" => role::delete_boundary,
        "DeleteRolePolicy" => inline::delete,
        "DetachRolePolicy" => attachment::detach,
        "GetAccountAuthorizationDetails" => details::get,
        "GetPolicy" => policy::get,
        "GetPolicyVersion" => policy::get_version,
        "GetRole" => role::get,
        "GetRolePolicy" => inline::get,
        "ListAttachedRolePolicies" => attachment::list,
        "ListEntitiesForPolicy" => attachment::entities,
        "ListInstanceProfilesForRole" => role::instance_profiles,
        "ListPolicies" => policy::list,
        "ListPolicyTags" => tags::list_policy,
        "ListPolicyVersions" => policy::list_versions,
        "ListRolePolicies" => inline::list,
        "ListRoleTags" => tags::list_role,
        "ListRoles" => role::list,
        "PutRolePermissionsBoundary" => role::put_boundary,
        "PutRolePolicy" => inline::put,
        "SetDefaultPolicyVersion" => policy::set_default_version,
        "TagPolicy" => tags::tag_policy,
        "TagRole" => tags::tag_role,
        "UntagPolicy" => tags::untag_policy,
        "UntagRole" => tags::untag_role,
        "UpdateAssumeRolePolicy" => role::update_trust,
        "UpdateRole" => role::update,
        "UpdateRoleDescription" => role::update_description,
        other => {
            return Err(Fault::new(
                400,
                "InvalidAction",
                format!("Could not find operation {other} for version 2010-05-08"),
            ));
        }
    };
    let fields = operation(world, &call.account, &params)?;
    let request_id = world.request_id();
    Ok(query::answer(call, &request_id, fields))
}

/// What an operation answers: the children of its result element.
type Fields = Result<Vec<Element>, Fault>;

/// Lets happen what was due by now: nothing, as what takes time here is asked about when it is read.
pub fn settle(_: &mut World) {}

fn text(name: &str, text: impl ToString) -> Element {
    Element { name: name.into(), text: text.to_string(), ..Element::default() }
}

fn invalid_value(field: &str, value: &str, constraint: &str) -> Fault {
    let member = format!("{}{}", field[..1].to_lowercase(), &field[1..]);
    Fault::new(
        400,
        "ValidationError",
        format!(
            "1 validation error detected: Value {value} at '{member}' failed to satisfy \
             constraint: {constraint}"
        ),
    )
}

/// A field that must be there.
fn required<'a>(params: &'a Params, field: &str) -> Result<&'a str, Fault> {
    match params.get(field) {
        None => Err(invalid_value(field, "null", "Member must not be null")),
        Some("") => {
            Err(invalid_value(field, "''", "Member must have length greater than or equal to 1"))
        }
        Some(value) => Ok(value),
    }
}

/// A name of a role (64 characters) or policy (128).
fn name<'a>(params: &'a Params, field: &str, longest: usize) -> Result<&'a str, Fault> {
    let name = required(params, field)?;
    if name.chars().count() > longest {
        let constraint = format!("Member must have length less than or equal to {longest}");
        return Err(invalid_value(field, &format!("'{name}'"), &constraint));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !name.chars().all(allowed) {
        return Err(Fault::new(
            400,
            "ValidationError",
            format!(
                "The specified value for {} is invalid. It must contain only alphanumeric \
                 characters and/or the following: +=,.@_-",
                format_args!("{}{}", field[..1].to_lowercase(), &field[1..])
            ),
        ));
    }
    Ok(name)
}

fn path(params: &Params) -> Result<String, Fault> {
    let path = params.get("Path").unwrap_or("/");
    let inner = path.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let ok = path == "/"
        || inner.is_some_and(|inner| {
            !inner.is_empty() && inner.bytes().all(|byte| (0x21..=0x7e).contains(&byte))
        });
    if !ok || path.len() > 512 {
        return Err(Fault::new(
            400,
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with / and contain \
             only alphanumeric characters and/or / characters.",
        ));
    }
    Ok(path.to_owned())
}

fn description(params: &Params) -> Result<Option<String>, Fault> {
    let Some(text) = params.get("Description") else { return Ok(None) };
    if text.chars().count() > 1000 {
        return Err(invalid_value(
            "Description",
            &format!("'{text}'"),
            "Member must have length less than or equal to 1000",
        ));
    }
    let allowed =
        |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}');
    if !text.chars().all(allowed) {
        return Err(invalid_value(
            "Description",
            &format!("'{text}'"),
            "Member must satisfy regular expression pattern: \
             [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
        ));
    }
    Ok(Some(text.to_owned()))
}

/// The page of sorted `items` that the request asks for, as `<name>`, with `IsTruncated` and `Marker`.
fn page(params: &Params, name: &str, items: impl IntoIterator<Item = (String, Element)>) -> Fields {
    let (items, tail) = cut(params, items)?;
    let mut fields = vec![query::list(name, "member", items)];
    fields.extend(tail);
    Ok(fields)
}

/// The items of the page that the request asks for, and the fields that say how it goes on.
fn cut<T>(
    params: &Params,
    items: impl IntoIterator<Item = (String, T)>,
) -> Result<(Vec<T>, Vec<Element>), Fault> {
    let most = match params.get("MaxItems") {
        None => 100,
        Some(text) => match text.parse::<usize>() {
            Ok(most @ 1..=1000) => most,
            _ => {
                return Err(invalid_value(
                    "MaxItems",
                    &format!("'{text}'"),
                    "Member must have value between 1 and 1000",
                ));
            }
        },
    };
    let after = params.get("Marker").unwrap_or_default();
    let mut rest = items.into_iter().filter(|(key, _)| key.as_str() > after).peekable();
    let mut page = Vec::new();
    let mut last = String::new();
    while page.len() < most {
        let Some((key, item)) = rest.next() else { break };
        last = key;
        page.push(item);
    }
    let truncated = rest.peek().is_some();
    let mut tail = vec![text("IsTruncated", truncated)];
    if truncated {
        tail.push(text("Marker", last));
    }
    Ok((page, tail))
}

#[cfg(test)]
mod tests;
