//! All roles and customer managed policies of an account, with their tags.

use std::collections::BTreeMap;

use bicoastal_model::OpError;
use serde_json::json;

use super::{RULES, policy, role, unless_missing};
use crate::classify::classify;
use crate::cx::{Cx, GLOBAL};
use crate::kind::Listed;
use crate::ownership::tag_map;

pub(super) async fn roles(cx: &Cx) -> Result<Vec<Listed>, OpError> {
    let all = cx.shared("iam:roles".to_owned(), role::read::list(cx)).await?;
    let mut listed = Vec::new();
    for role in all.values() {
        let tags = match role.untold {
            true => role_tags(cx, &role.name).await?,
            false => Some(role.tags.clone()),
        };
        let Some(tags) = tags else { continue };
        listed.push(Listed {
            physical: role.name.clone(),
            identity: json!({ "name": role.name }),
            tags,
            token: None,
        });
    }
    Ok(listed)
}

/// The tags of a role; `None` where it went meanwhile.
async fn role_tags(cx: &Cx, name: &str) -> Result<Option<BTreeMap<String, String>>, OpError> {
    let mut tags = BTreeMap::new();
    let mut marker = None;
    loop {
        let call = cx.iam(GLOBAL).list_role_tags().role_name(name).set_marker(marker);
        let page = call.send().await;
        let page = page.map_err(|error| classify("iam", "ListRoleTags", GLOBAL, RULES, error));
        let Some(page) = unless_missing(page)? else { return Ok(None) };
        tags.extend(tag_map(page.tags().iter().map(|tag| (tag.key(), tag.value()))));
        marker = page.marker;
        if !page.is_truncated || marker.is_none() {
            return Ok(Some(tags));
        }
    }
}

/// No listing of policies tells their tags.
pub(super) async fn policies(cx: &Cx) -> Result<Vec<Listed>, OpError> {
    let all = cx.shared("iam:policies".to_owned(), policy::io::list(cx)).await?;
    let mut listed = Vec::new();
    for arn in all.values() {
        let Some(tags) = policy_tags(cx, arn).await? else { continue };
        let name = arn.rsplit('/').next().unwrap_or(arn);
        listed.push(Listed {
            physical: arn.clone(),
            identity: json!({ "name": name }),
            tags,
            token: None,
        });
    }
    Ok(listed)
}

/// The tags of a policy; `None` where it went meanwhile.
async fn policy_tags(cx: &Cx, arn: &str) -> Result<Option<BTreeMap<String, String>>, OpError> {
    let mut tags = BTreeMap::new();
    let mut marker = None;
    loop {
        let call = cx.iam(GLOBAL).list_policy_tags().policy_arn(arn).set_marker(marker);
        let page = call.send().await;
        let page = page.map_err(|error| classify("iam", "ListPolicyTags", GLOBAL, RULES, error));
        let Some(page) = unless_missing(page)? else { return Ok(None) };
        tags.extend(tag_map(page.tags().iter().map(|tag| (tag.key(), tag.value()))));
        marker = page.marker;
        if !page.is_truncated || marker.is_none() {
            return Ok(Some(tags));
        }
    }
}
