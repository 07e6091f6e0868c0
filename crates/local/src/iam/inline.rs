//! Policies written into a role.

use super::{Fields, document, name, page, required, role, text};
use crate::query::Params;
use crate::reply::Fault;
use crate::world::World;

/// All inline policies of a role together, white space not counted.
const LONGEST: usize = 10_240;

fn missing(name: &str) -> Fault {
    Fault::new(404, "NoSuchEntity", format!("The role policy with name {name} cannot be found."))
}

pub(super) fn put(world: &mut World, account: &str, params: &Params) -> Fields {
    let role_name = required(params, "RoleName")?;
    let policy_name = name(params, "PolicyName", 128)?.to_owned();
    let policy = required(params, "PolicyDocument")?.to_owned();
    let role = world.iam.role_mut(account, role_name)?;
    document::check_identity(&policy)?;
    let others: usize = role
        .inline
        .iter()
        .filter(|(name, _)| **name != policy_name)
        .map(|(_, policy)| document::size(policy))
        .sum();
    if others + document::size(&policy) > LONGEST {
        return Err(Fault::new(
            409,
            "LimitExceeded",
            format!("Maximum policy size of {LONGEST} bytes exceeded for role {role_name}"),
        ));
    }
    role.inline.insert(policy_name, policy);
    Ok(Vec::new())
}

pub(super) fn get(world: &mut World, account: &str, params: &Params) -> Fields {
    let role = role::visible(world, account, required(params, "RoleName")?)?;
    let policy_name = required(params, "PolicyName")?;
    let policy = role.inline.get(policy_name).ok_or_else(|| missing(policy_name))?;
    Ok(vec![
        text("RoleName", &role.name),
        text("PolicyName", policy_name),
        text("PolicyDocument", document::encode(policy)),
    ])
}

pub(super) fn list(world: &mut World, account: &str, params: &Params) -> Fields {
    let role = role::visible(world, account, required(params, "RoleName")?)?;
    page(params, "PolicyNames", role.inline.keys().map(|name| (name.clone(), text("member", name))))
}

pub(super) fn delete(world: &mut World, account: &str, params: &Params) -> Fields {
    let policy_name = required(params, "PolicyName")?;
    let role = world.iam.role_mut(account, required(params, "RoleName")?)?;
    match role.inline.remove(policy_name) {
        Some(_) => Ok(Vec::new()),
        None => Err(missing(policy_name)),
    }
}
