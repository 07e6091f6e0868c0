//! `GetAccountAuthorizationDetails`: everything about all roles and policies, in pages.

use super::policy::{self, Found};
use super::role::boundary_element;
use super::{Fields, attachment, cut, document, role::Role, tags};
use crate::query::Params;
use crate::world::{World, iso};
use crate::xml::Element;

enum Entity {
    Role(Element),
    Policy(Element),
}

pub(super) fn get(world: &mut World, account: &str, params: &Params) -> Fields {
    let filter = params.list("Filter").unwrap_or_default();
    let known = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    if let Some(unknown) = filter.iter().find(|kind| !known.contains(&kind.as_str())) {
        return Err(super::invalid_value(
            "Filter",
            &format!("'[{unknown}]'"),
            "Member must satisfy constraint: [Member must satisfy enum value set: [User, Role, \
             Group, LocalManagedPolicy, AWSManagedPolicy]]",
        ));
    }
    let wants = |kind: &str| filter.is_empty() || filter.iter().any(|wanted| wanted == kind);
    let mut entities: Vec<(String, Entity)> = Vec::new();
    if wants("Role") {
        let state = world.iam.accounts.get(account);
        for (key, role) in state.into_iter().flat_map(|state| &state.roles) {
            if role.visible_ms <= world.now_ms {
                entities.push((format!("role {key}"), Entity::Role(detail(role, account))));
            }
        }
    }
    for (arn, found) in policy::all(world, account) {
        let wanted = match found {
            Found::Ours(_) => wants("LocalManagedPolicy"),
            Found::Aws(_) => wants("AWSManagedPolicy"),
        };
        if wanted {
            let element = policy::detail(world, account, &found);
            entities.push((format!("policy {arn}"), Entity::Policy(element)));
        }
    }
    entities.sort_by(|a, b| a.0.cmp(&b.0));
    let (page, tail): (Vec<Entity>, Vec<Element>) = cut(params, entities)?;
    let (mut roles, mut policies) = (Vec::new(), Vec::new());
    for entity in page {
        match entity {
            Entity::Role(element) => roles.push(element),
            Entity::Policy(element) => policies.push(element),
        }
    }
    let mut fields = vec![
        Element::new("UserDetailList"),
        Element::new("GroupDetailList"),
        Element::new("RoleDetailList").children(roles),
        Element::new("Policies").children(policies),
    ];
    fields.extend(tail);
    Ok(fields)
}

fn detail(role: &Role, account: &str) -> Element {
    let inline = role.inline.iter().map(|(name, policy)| {
        Element::new("member")
            .text_child("PolicyName", name)
            .text_child("PolicyDocument", document::encode(policy))
    });
    let attached = role.attached.iter().map(|arn| attachment::element(arn));
    let mut element = Element::new("member")
        .text_child("Path", &role.path)
        .text_child("RoleName", &role.name)
        .text_child("RoleId", &role.id)
        .text_child("Arn", role.arn(account))
        .text_child("CreateDate", iso(role.created_ms))
        .text_child("AssumeRolePolicyDocument", document::encode(&role.trust))
        .child(Element::new("InstanceProfileList").children(super::role::profiles(role, account)))
        .child(Element::new("RolePolicyList").children(inline))
        .child(Element::new("AttachedManagedPolicies").children(attached));
    if let Some(arn) = &role.boundary {
        element = element.child(boundary_element(arn));
    }
    element.child(tags::element(&role.tags)).child(Element::new("RoleLastUsed"))
}
