//! Managed policies and their versions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::aws_policies::{self, AwsPolicy};
use super::tags::{self, Tags};
use super::{Fields, description, document, name, page, path, required};
use crate::query::Params;
use crate::reply::Fault;
use crate::world::{World, iso};
use crate::xml::Element;

/// The characters of a policy, white space not counted.
const LONGEST: usize = 6_144;
/// The versions that are kept at once.
const MOST_VERSIONS: usize = 5;

/// A customer's managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Policy {
    name: String,
    path: String,
    /// `ANPA…`.
    id: String,
    created_ms: i64,
    updated_ms: i64,
    description: String,
    /// By number: `v1`, `v2`, …
    versions: BTreeMap<u32, Version>,
    default: u32,
    /// The number that the next version gets: numbers are not used twice.
    next: u32,
    pub(super) tags: Tags,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Version {
    document: String,
    created_ms: i64,
}

/// A policy that exists.
pub(super) enum Found<'a> {
    Ours(&'a Policy),
    Aws(AwsPolicy),
}

impl Policy {
    pub(super) fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:policy{}{}", self.path, self.name)
    }
}

fn missing(arn: &str) -> Fault {
    Fault::new(404, "NoSuchEntity", format!("Policy {arn} was not found."))
}

/// The policy with this ARN, be it the account's or AWS's.
pub(super) fn find<'a>(world: &'a World, account: &str, arn: &str) -> Result<Found<'a>, Fault> {
    if let Some(policy) = aws_policies::find(arn) {
        return Ok(Found::Aws(policy));
    }
    if !arn.starts_with("arn:aws:iam::") || !arn.contains(":policy/") {
        return Err(Fault::new(400, "InvalidInput", format!("ARN {arn} is not valid.")));
    }
    let key = aws_policies::name_of(arn).to_lowercase();
    world
        .iam
        .accounts
        .get(account)
        .and_then(|state| state.policies.get(&key))
        .filter(|policy| policy.arn(account) == arn)
        .map(Found::Ours)
        .ok_or_else(|| missing(arn))
}

/// The account's policy with this ARN, to change it.
pub(super) fn find_mut<'a>(
    world: &'a mut World,
    account: &str,
    arn: &str,
) -> Result<&'a mut Policy, Fault> {
    if let Found::Aws(_) = find(world, account, arn)? {
        return Err(Fault::new(
            403,
            "AccessDenied",
            format!("{arn} belongs to AWS and cannot be changed"),
        ));
    }
    let key = aws_policies::name_of(arn).to_lowercase();
    world.iam.account(account).policies.get_mut(&key).ok_or_else(|| missing(arn))
}

fn uses(world: &World, account: &str, arn: &str) -> (usize, usize) {
    let roles = || world.iam.accounts.get(account).into_iter().flat_map(|a| a.roles.values());
    (
        roles().filter(|role| role.attached.contains(arn)).count(),
        roles().filter(|role| role.boundary.as_deref() == Some(arn)).count(),
    )
}

/// What every read of a policy shows.
fn base(world: &World, account: &str, found: &Found<'_>, element: &str) -> Element {
    let (arn, name, id, path, default, created, updated) = match found {
        Found::Ours(policy) => (
            policy.arn(account),
            policy.name.as_str(),
            policy.id.clone(),
            policy.path.clone(),
            policy.default,
            policy.created_ms,
            policy.updated_ms,
        ),
        Found::Aws(policy) => (policy.arn(), policy.name(), policy.id(), policy.path(), 1, 0, 0),
    };
    let (attachments, boundaries) = uses(world, account, &arn);
    Element::new(element)
        .text_child("PolicyName", name)
        .text_child("PolicyId", id)
        .text_child("Arn", arn)
        .text_child("Path", path)
        .text_child("DefaultVersionId", format!("v{default}"))
        .text_child("AttachmentCount", attachments)
        .text_child("PermissionsBoundaryUsageCount", boundaries)
        .text_child("IsAttachable", true)
        .text_child("CreateDate", iso(created))
        .text_child("UpdateDate", iso(updated))
}

/// What `GetPolicy` and the answer to a create show besides.
fn full(world: &World, account: &str, found: &Found<'_>) -> Element {
    let element = base(world, account, found, "Policy");
    let Found::Ours(policy) = found else { return element };
    let element = element
        .text_child_opt("Description", Some(&policy.description).filter(|text| !text.is_empty()));
    if policy.tags.is_empty() { element } else { element.child(tags::element(&policy.tags)) }
}

fn versions(found: &Found<'_>) -> Vec<(u32, bool, i64, String)> {
    match found {
        Found::Ours(policy) => policy
            .versions
            .iter()
            .rev()
            .map(|(number, version)| {
                let document = version.document.clone();
                (*number, *number == policy.default, version.created_ms, document)
            })
            .collect(),
        Found::Aws(policy) => vec![(1, true, 0, policy.document().to_owned())],
    }
}

fn version_element(
    element: &str,
    (number, default, created, document): (u32, bool, i64, Option<String>),
) -> Element {
    Element::new(element)
        .text_child_opt("Document", document.map(|text| document::encode(&text)))
        .text_child("VersionId", format!("v{number}"))
        .text_child("IsDefaultVersion", default)
        .text_child("CreateDate", iso(created))
}

/// The entry of `GetAccountAuthorizationDetails`: the policy with all its versions.
pub(super) fn detail(world: &World, account: &str, found: &Found<'_>) -> Element {
    let versions = versions(found).into_iter().map(|(number, default, created, document)| {
        version_element("member", (number, default, created, Some(document)))
    });
    base(world, account, found, "member")
        .child(Element::new("PolicyVersionList").children(versions))
}

fn check(text: &str) -> Result<(), Fault> {
    document::check_identity(text)?;
    if document::size(text) > LONGEST {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            format!("Cannot exceed quota for PolicySize: {LONGEST}"),
        ));
    }
    Ok(())
}

pub(super) fn create(world: &mut World, account: &str, params: &Params) -> Fields {
    let name = name(params, "PolicyName", 128)?.to_owned();
    let path = path(params)?;
    let document = required(params, "PolicyDocument")?.to_owned();
    let description = description(params)?.unwrap_or_default();
    let tags = tags::read(params)?;
    check(&document)?;
    if world.iam.account(account).policies.contains_key(&name.to_lowercase()) {
        return Err(Fault::new(
            409,
            "EntityAlreadyExists",
            format!("A policy called {name} already exists. Duplicate names are not allowed."),
        ));
    }
    let now_ms = world.now_ms;
    let policy = Policy {
        name: name.clone(),
        path,
        id: format!("ANPA{}", world.fresh_id(17)),
        created_ms: now_ms,
        updated_ms: now_ms,
        description,
        versions: BTreeMap::from([(1, Version { document, created_ms: now_ms })]),
        default: 1,
        next: 2,
        tags,
    };
    let element = full(world, account, &Found::Ours(&policy));
    world.iam.account(account).policies.insert(name.to_lowercase(), policy);
    Ok(vec![element])
}

pub(super) fn get(world: &mut World, account: &str, params: &Params) -> Fields {
    let found = find(world, account, required(params, "PolicyArn")?)?;
    Ok(vec![full(world, account, &found)])
}

pub(super) fn list(world: &mut World, account: &str, params: &Params) -> Fields {
    let scope = params.get("Scope").unwrap_or("All");
    let prefix = params.get("PathPrefix").unwrap_or("/");
    let attached = params.bool("OnlyAttached").unwrap_or(false);
    let found = all(world, account).into_iter().filter(|(arn, found)| {
        let (scoped, path) = match found {
            Found::Ours(policy) => (scope != "AWS", policy.path.clone()),
            Found::Aws(policy) => (scope != "Local", policy.path()),
        };
        let (attachments, boundaries) = uses(world, account, arn);
        let count = match params.get("PolicyUsageFilter") {
            Some("PermissionsBoundary") => boundaries,
            _ => attachments,
        };
        scoped && path.starts_with(prefix) && (!attached || count > 0)
    });
    page(
        params,
        "Policies",
        found.map(|(arn, found)| (arn, base(world, account, &found, "member"))),
    )
}

/// Every policy that the account sees, by ARN.
pub(super) fn all<'a>(world: &'a World, account: &str) -> BTreeMap<String, Found<'a>> {
    let ours = world.iam.accounts.get(account).into_iter().flat_map(|a| a.policies.values());
    ours.map(|policy| (policy.arn(account), Found::Ours(policy)))
        .chain(AwsPolicy::all().map(|policy| (policy.arn(), Found::Aws(policy))))
        .collect()
}

pub(super) fn delete(world: &mut World, account: &str, params: &Params) -> Fields {
    let conflict = |message: &str| Err(Fault::new(409, "DeleteConflict", message));
    let arn = required(params, "PolicyArn")?;
    let versions = find_mut(world, account, arn)?.versions.len();
    let (attachments, boundaries) = uses(world, account, arn);
    if attachments + boundaries > 0 {
        return conflict("Cannot delete a policy attached to entities.");
    }
    if versions > 1 {
        return conflict(
            "This policy has more than one version. Before you delete a policy, you must delete \
             the policy's versions. The default version is deleted with the policy.",
        );
    }
    world.iam.account(account).policies.remove(&aws_policies::name_of(arn).to_lowercase());
    Ok(Vec::new())
}

pub(super) fn create_version(world: &mut World, account: &str, params: &Params) -> Fields {
    let document = required(params, "PolicyDocument")?.to_owned();
    let default = params.bool("SetAsDefault").unwrap_or(false);
    let now_ms = world.now_ms;
    let policy = find_mut(world, account, required(params, "PolicyArn")?)?;
    check(&document)?;
    if policy.versions.len() >= MOST_VERSIONS {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            "A managed policy can have up to 5 versions. Before you create a new version, you \
             must delete an existing version.",
        ));
    }
    let number = policy.next;
    policy.next += 1;
    policy.versions.insert(number, Version { document, created_ms: now_ms });
    if default {
        policy.default = number;
    }
    policy.updated_ms = now_ms;
    Ok(vec![version_element("PolicyVersion", (number, default, now_ms, None))])
}

fn number(params: &Params) -> Result<u32, Fault> {
    let text = required(params, "VersionId")?;
    text.strip_prefix('v').and_then(|digits| digits.parse().ok()).ok_or_else(|| {
        super::invalid_value(
            "VersionId",
            &format!("'{text}'"),
            "Member must satisfy regular expression pattern: v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?",
        )
    })
}

fn no_version(arn: &str, number: u32) -> Fault {
    let message = format!("Policy {arn} version v{number} does not exist or is not attachable.");
    Fault::new(404, "NoSuchEntity", message)
}

pub(super) fn get_version(world: &mut World, account: &str, params: &Params) -> Fields {
    let arn = required(params, "PolicyArn")?;
    let wanted = number(params)?;
    let found = find(world, account, arn)?;
    let (number, default, created, document) = versions(&found)
        .into_iter()
        .find(|(number, ..)| *number == wanted)
        .ok_or_else(|| no_version(arn, wanted))?;
    Ok(vec![version_element("PolicyVersion", (number, default, created, Some(document)))])
}

pub(super) fn list_versions(world: &mut World, account: &str, params: &Params) -> Fields {
    let found = find(world, account, required(params, "PolicyArn")?)?;
    // Newest first, and never more than fit on one page.
    let members = versions(&found).into_iter().map(|(number, default, created, _)| {
        version_element("member", (number, default, created, None))
    });
    Ok(vec![Element::new("Versions").children(members), super::text("IsTruncated", false)])
}

pub(super) fn delete_version(world: &mut World, account: &str, params: &Params) -> Fields {
    let arn = required(params, "PolicyArn")?;
    let number = number(params)?;
    let policy = find_mut(world, account, arn)?;
    if !policy.versions.contains_key(&number) {
        return Err(no_version(arn, number));
    }
    if policy.default == number {
        return Err(Fault::new(
            409,
            "DeleteConflict",
            "Cannot delete the default version of a policy.",
        ));
    }
    policy.versions.remove(&number);
    Ok(Vec::new())
}

pub(super) fn set_default_version(world: &mut World, account: &str, params: &Params) -> Fields {
    let arn = required(params, "PolicyArn")?;
    let number = number(params)?;
    let now_ms = world.now_ms;
    let policy = find_mut(world, account, arn)?;
    if !policy.versions.contains_key(&number) {
        return Err(no_version(arn, number));
    }
    policy.default = number;
    policy.updated_ms = now_ms;
    Ok(Vec::new())
}
