//! Managed policies attached to roles.

use super::{Fields, aws_policies, page, policy, required, role};
use crate::query::{self, Params};
use crate::reply::Fault;
use crate::world::World;
use crate::xml::Element;

/// The default quota.
const MOST: usize = 10;

pub(super) fn attach(world: &mut World, account: &str, params: &Params) -> Fields {
    let name = required(params, "RoleName")?;
    let arn = required(params, "PolicyArn")?.to_owned();
    world.iam.role(account, name)?;
    policy::find(world, account, &arn).map_err(|fault| match fault.code.as_str() {
        "NoSuchEntity" => Fault::new(
            404,
            "NoSuchEntity",
            format!("Policy {arn} does not exist or is not attachable."),
        ),
        _ => fault,
    })?;
    let role = world.iam.role_mut(account, name)?;
    if role.attached.len() >= MOST && !role.attached.contains(&arn) {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            format!("Cannot exceed quota for PoliciesPerRole: {MOST}"),
        ));
    }
    role.attached.insert(arn);
    Ok(Vec::new())
}

pub(super) fn detach(world: &mut World, account: &str, params: &Params) -> Fields {
    let arn = required(params, "PolicyArn")?;
    let until = world.now_ms + world.duration_ms("iam.propagation.detach", 0);
    let role = world.iam.role_mut(account, required(params, "RoleName")?)?;
    if !role.attached.remove(arn) {
        return Err(Fault::new(404, "NoSuchEntity", format!("Policy {arn} was not found.")));
    }
    role.detached_ms = until;
    Ok(Vec::new())
}

pub(super) fn element(arn: &str) -> Element {
    Element::new("member")
        .text_child("PolicyName", aws_policies::name_of(arn))
        .text_child("PolicyArn", arn)
}

pub(super) fn list(world: &mut World, account: &str, params: &Params) -> Fields {
    let role = role::visible(world, account, required(params, "RoleName")?)?;
    page(params, "AttachedPolicies", role.attached.iter().map(|arn| (arn.clone(), element(arn))))
}

/// `ListEntitiesForPolicy`: only roles exist.
pub(super) fn entities(world: &mut World, account: &str, params: &Params) -> Fields {
    let arn = required(params, "PolicyArn")?;
    policy::find(world, account, arn)?;
    let wanted = params.get("EntityFilter").is_none_or(|filter| filter == "Role");
    let boundary = params.get("PolicyUsageFilter") == Some("PermissionsBoundary");
    let roles = world.iam.account(account).roles.iter();
    let (members, tail) = super::cut(
        params,
        roles
            .filter(|(_, role)| {
                wanted
                    && if boundary {
                        role.boundary.as_deref() == Some(arn)
                    } else {
                        role.attached.contains(arn)
                    }
            })
            .map(|(key, role)| {
                let member = Element::new("member")
                    .text_child("RoleName", &role.name)
                    .text_child("RoleId", &role.id);
                (key.clone(), member)
            }),
    )?;
    let mut fields = vec![
        Element::new("PolicyGroups"),
        Element::new("PolicyUsers"),
        query::list("PolicyRoles", "member", members),
    ];
    fields.extend(tail);
    Ok(fields)
}
