//! IAM roles of a cluster, and the Data API's endpoint.

use super::super::context::Context;
use super::super::state::{Account, Association, Phase};
use super::super::{Answer, fault};
use super::{available, named};
use crate::reply::Fault;
use crate::xml::Element;

pub(in super::super) fn add(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let role = cx.required("RoleArn")?;
    let feature = cx.text("FeatureName");
    let ends = cx.due("rds.cluster.role", 60_000);
    let (_, cluster) = named(cx, account)?;
    available(cluster)?;
    let key = key(&role, feature.as_ref());
    if cluster.roles.contains_key(&key) {
        return Err(fault::other(
            "DBClusterRoleAlreadyExists",
            format!("Role ARN: {role} is already associated with DB Cluster: {}.", cluster.id),
        ));
    }
    let phase = Phase::until("PENDING", ends);
    cluster.roles.insert(key, Association { role, feature, phase });
    Ok(Vec::new())
}

pub(in super::super) fn remove(cx: &mut Context<'_>, account: &mut Account) -> Answer {
    let role = cx.required("RoleArn")?;
    let feature = cx.text("FeatureName");
    let ends = cx.due("rds.cluster.role", 60_000);
    let (_, cluster) = named(cx, account)?;
    available(cluster)?;
    match cluster.roles.get_mut(&key(&role, feature.as_ref())) {
        Some(association) if association.phase.is("REMOVING") => {}
        Some(association) => association.phase = Phase::until("REMOVING", ends),
        None => {
            return Err(Fault::new(
                404,
                "DBClusterRoleNotFound",
                format!("Role ARN: {role} cannot be found for DB Cluster: {}.", cluster.id),
            ));
        }
    }
    Ok(Vec::new())
}

fn key(role: &str, feature: Option<&String>) -> String {
    format!("{role} {}", feature.map_or("", String::as_str))
}

pub(in super::super) fn http_endpoint(
    cx: &mut Context<'_>,
    account: &mut Account,
    on: bool,
) -> Answer {
    let arn = cx.required("ResourceArn")?;
    let place = cx.here(&cx.name_in("cluster", &arn));
    let cluster = account.cluster_mut(&place).ok_or_else(|| {
        Fault::new(404, "ResourceNotFoundFault", format!("The resource {arn} does not exist."))
    })?;
    cluster.http_endpoint = on;
    let field =
        |name: &str, text: String| Element { name: name.to_owned(), text, ..Element::default() };
    Ok(vec![field("ResourceArn", arn), field("HttpEndpointEnabled", on.to_string())])
}
