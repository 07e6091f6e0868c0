//! All zones and health checks of an account, with what tells whose they are.

use std::collections::BTreeMap;

use aws_sdk_route53::types::TagResourceType;
use bicoastal_model::OpError;
use serde_json::json;

use super::zone::{self, bare_name};
use super::{bare, health_check, tags};
use crate::cx::Cx;
use crate::kind::Listed;

/// The zones but those that another service of AWS keeps.
pub(super) async fn zones(cx: &Cx) -> Result<Vec<Listed>, OpError> {
    let all = cx.shared("route53 zones".to_owned(), zone::read::all_zones(cx)).await?;
    let all = all.iter().filter(|zone| zone.linked_service().is_none()).map(|zone| Listed {
        physical: bare(zone.id()).to_owned(),
        identity: json!({ "name": bare_name(zone.name()) }),
        tags: BTreeMap::new(),
        token: Some(zone.caller_reference().to_owned()),
    });
    tagged(cx, TagResourceType::Hostedzone, all.collect()).await
}

/// The health checks but those that another service of AWS keeps.
pub(super) async fn health_checks(cx: &Cx) -> Result<Vec<Listed>, OpError> {
    let all = cx.shared("route53 health checks".to_owned(), health_check::read::all(cx)).await?;
    let all = all.iter().filter(|check| check.linked_service().is_none()).map(|check| {
        let config = check.health_check_config();
        Listed {
            physical: check.id().to_owned(),
            identity: json!({
                "type": config.map(|it| it.r#type().as_str()),
                "host": config.and_then(|it| it.fully_qualified_domain_name()),
            }),
            tags: BTreeMap::new(),
            token: Some(check.caller_reference().to_owned()),
        }
    });
    tagged(cx, TagResourceType::Healthcheck, all.collect()).await
}

async fn tagged(
    cx: &Cx,
    kind: TagResourceType,
    mut listed: Vec<Listed>,
) -> Result<Vec<Listed>, OpError> {
    for some in listed.chunks_mut(tags::READ_AT_ONCE) {
        let ids: Vec<&str> = some.iter().map(|it| it.physical.as_str()).collect();
        let mut tags = tags::read_some(cx, &kind, &ids).await?;
        for it in some {
            it.tags = tags.remove(&it.physical).unwrap_or_default();
        }
    }
    Ok(listed)
}
