//! Roles.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::tags::{self, Tags};
use super::{
    Fields, description, document, invalid_value, name, no_role, page, path, policy, required, text,
};
use crate::query::Params;
use crate::reply::Fault;
use crate::world::{World, iso};
use crate::xml::Element;

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Role {
    /// As it was written at creation.
    pub(super) name: String,
    pub(super) path: String,
    /// `AROA…`: another one for each role that ever had the name.
    pub(super) id: String,
    pub(super) created_ms: i64,
    pub(super) trust: String,
    pub(super) description: String,
    pub(super) max_session: i64,
    /// ARN of the policy.
    pub(super) boundary: Option<String>,
    pub(super) tags: Tags,
    /// Documents by name.
    pub(super) inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    pub(super) attached: BTreeSet<String>,
    /// From when IAM's own reads show it.
    pub(super) visible_ms: i64,
    /// From when other services can use it.
    pub(super) usable_ms: i64,
    /// Until when a policy that was detached or deleted still stands in the way of a delete.
    pub(super) detached_ms: i64,
    /// Names of the instance profiles that it is in.
    #[serde(default)]
    pub(super) instance_profiles: BTreeSet<String>,
}

impl Role {
    pub(super) fn arn(&self, account: &str) -> String {
        format!("arn:aws:iam::{account}:role{}{}", self.path, self.name)
    }

    /// What every read shows.
    fn element(&self, account: &str, element: &str) -> Element {
        Element::new(element)
            .text_child("Path", &self.path)
            .text_child("RoleName", &self.name)
            .text_child("RoleId", &self.id)
            .text_child("Arn", self.arn(account))
            .text_child("CreateDate", iso(self.created_ms))
            .text_child("AssumeRolePolicyDocument", document::encode(&self.trust))
            .text_child_opt("Description", Some(&self.description).filter(|text| !text.is_empty()))
            .text_child("MaxSessionDuration", self.max_session)
    }

    /// What only `GetRole` and the answer to a create show.
    fn full_element(&self, account: &str) -> Element {
        let mut element = self.element(account, "Role");
        if let Some(arn) = &self.boundary {
            element = element.child(boundary_element(arn));
        }
        if !self.tags.is_empty() {
            element = element.child(tags::element(&self.tags));
        }
        element.child(Element::new("RoleLastUsed"))
    }
}

pub(super) fn boundary_element(arn: &str) -> Element {
    Element::new("PermissionsBoundary")
        .text_child("PermissionsBoundaryType", "Policy")
        .text_child("PermissionsBoundaryArn", arn)
}

pub(super) fn create(world: &mut World, account: &str, params: &Params) -> Fields {
    let name = name(params, "RoleName", 64)?.to_owned();
    let path = path(params)?;
    let trust = required(params, "AssumeRolePolicyDocument")?.to_owned();
    let description = description(params)?.unwrap_or_default();
    let max_session = max_session(params)?.unwrap_or(3600);
    let tags = tags::read(params)?;
    document::check_trust(world, &trust)?;
    let boundary = params.get("PermissionsBoundary").map(ToOwned::to_owned);
    if let Some(arn) = &boundary {
        policy::find(world, account, arn)?;
    }
    if world.iam.role(account, &name).is_ok() {
        return Err(Fault::new(
            409,
            "EntityAlreadyExists",
            format!("Role with name {name} already exists."),
        ));
    }
    if world.iam.account(account).roles.len() >= 1000 {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            "Cannot exceed quota for RolesPerAccount: 1000",
        ));
    }
    let id = format!("AROA{}", world.fresh_id(17));
    let role = Role {
        name: name.clone(),
        path,
        id,
        created_ms: world.now_ms,
        trust,
        description,
        max_session,
        boundary,
        tags,
        inline: BTreeMap::new(),
        attached: BTreeSet::new(),
        visible_ms: world.now_ms + world.duration_ms("iam.propagation.read", 0),
        usable_ms: world.now_ms + world.duration_ms("iam.propagation", 0),
        detached_ms: world.now_ms,
        instance_profiles: BTreeSet::new(),
    };
    let element = role.full_element(account);
    world.iam.account(account).roles.insert(name.to_lowercase(), role);
    Ok(vec![element])
}

pub(super) fn get(world: &mut World, account: &str, params: &Params) -> Fields {
    let role = visible(world, account, required(params, "RoleName")?)?;
    Ok(vec![role.full_element(account)])
}

/// A role as reads see it.
pub(super) fn visible<'a>(world: &'a World, account: &str, name: &str) -> Result<&'a Role, Fault> {
    let role = world.iam.role(account, name)?;
    if world.now_ms < role.visible_ms {
        return Err(no_role(name));
    }
    Ok(role)
}

pub(super) fn list(world: &mut World, account: &str, params: &Params) -> Fields {
    let prefix = params.get("PathPrefix").unwrap_or("/");
    let now_ms = world.now_ms;
    let roles = world.iam.account(account).roles.iter();
    page(
        params,
        "Roles",
        roles
            .filter(|(_, role)| role.path.starts_with(prefix) && role.visible_ms <= now_ms)
            .map(|(key, role)| (key.clone(), role.element(account, "member"))),
    )
}

pub(super) fn delete(world: &mut World, account: &str, params: &Params) -> Fields {
    let conflict = |message: &str| Err(Fault::new(409, "DeleteConflict", message));
    let name = required(params, "RoleName")?;
    let role = world.iam.role(account, name)?;
    if role.path.starts_with("/aws-service-role/") {
        return Err(Fault::new(
            400,
            "UnmodifiableEntity",
            format!("Cannot perform the operation on the protected role '{name}'"),
        ));
    }
    if !role.attached.is_empty() || world.now_ms < role.detached_ms {
        return conflict("Cannot delete entity, must detach all policies first.");
    }
    if !role.inline.is_empty() {
        return conflict("Cannot delete entity, must delete policies first.");
    }
    if !role.instance_profiles.is_empty() {
        return conflict("Cannot delete entity, must remove roles from instance profile first.");
    }
    let (arn, id) = (role.arn(account), role.id.clone());
    world.iam.account(account).roles.remove(&name.to_lowercase());
    // Trust policies keep principals by id; once the ARN means nobody, the id is what they show.
    for role in world.iam.accounts.values_mut().flat_map(|account| account.roles.values_mut()) {
        document::replace_principal(&mut role.trust, &arn, &id);
    }
    Ok(Vec::new())
}

pub(super) fn update(world: &mut World, account: &str, params: &Params) -> Fields {
    let max_session = max_session(params)?;
    let description = description(params)?;
    let role = world.iam.role_mut(account, required(params, "RoleName")?)?;
    // What is not sent is not kept: the call sets both.
    role.description = description.unwrap_or_default();
    role.max_session = max_session.unwrap_or(3600);
    Ok(Vec::new())
}

pub(super) fn update_description(world: &mut World, account: &str, params: &Params) -> Fields {
    let description = description(params)?;
    let role = world.iam.role_mut(account, required(params, "RoleName")?)?;
    role.description = description.unwrap_or_default();
    Ok(vec![role.full_element(account)])
}

pub(super) fn update_trust(world: &mut World, account: &str, params: &Params) -> Fields {
    let name = required(params, "RoleName")?;
    let trust = required(params, "PolicyDocument")?.to_owned();
    world.iam.role(account, name)?;
    document::check_trust(world, &trust)?;
    world.iam.role_mut(account, name)?.trust = trust;
    Ok(Vec::new())
}

pub(super) fn put_boundary(world: &mut World, account: &str, params: &Params) -> Fields {
    let name = required(params, "RoleName")?;
    let arn = required(params, "PermissionsBoundary")?.to_owned();
    world.iam.role(account, name)?;
    policy::find(world, account, &arn)?;
    world.iam.role_mut(account, name)?.boundary = Some(arn);
    Ok(Vec::new())
}

pub(super) fn delete_boundary(world: &mut World, account: &str, params: &Params) -> Fields {
    let name = required(params, "RoleName")?;
    match world.iam.role_mut(account, name)?.boundary.take() {
        Some(_) => Ok(Vec::new()),
        None => Err(Fault::new(
            404,
            "NoSuchEntity",
            format!("The role with name {name} does not have a permissions boundary."),
        )),
    }
}

/// Instance profiles are not things of their own here: a test puts a role into one.
pub(super) fn instance_profiles(world: &mut World, account: &str, params: &Params) -> Fields {
    let role = world.iam.role(account, required(params, "RoleName")?)?;
    let profiles: Vec<Element> = profiles(role, account).collect();
    Ok(vec![Element::new("InstanceProfiles").children(profiles), text("IsTruncated", false)])
}

/// The instance profiles that a role is in.
pub(super) fn profiles<'r>(role: &'r Role, account: &'r str) -> impl Iterator<Item = Element> + 'r {
    role.instance_profiles.iter().map(move |name| {
        Element::new("member")
            .text_child("Path", "/")
            .text_child("InstanceProfileName", name)
            .text_child("InstanceProfileId", role.id.replacen("AROA", "AIPA", 1))
            .text_child("Arn", format!("arn:aws:iam::{account}:instance-profile/{name}"))
            .text_child("CreateDate", iso(role.created_ms))
            .child(Element::new("Roles"))
    })
}

fn max_session(params: &Params) -> Result<Option<i64>, Fault> {
    match params.get("MaxSessionDuration") {
        None => Ok(None),
        Some(text) => match text.parse() {
            Ok(seconds @ 3600..=43200) => Ok(Some(seconds)),
            _ => Err(invalid_value(
                "MaxSessionDuration",
                &format!("'{text}'"),
                "Member must have value between 3600 and 43200",
            )),
        },
    }
}
