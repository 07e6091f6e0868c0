//! All zones and health checks of an account, with what tells whose they are.

use std::collections::BTreeMap;

use aws_sdk_route53::types::TagResourceType;
use bicoastal_model::OpError;
use serde_json::json;

use super::zone::{self, bare_name};
use super::{bare, failed, health_check};
use crate::cx::{Cx, GLOBAL};
use crate::kind::Listed;
use crate::ownership::tag_map;

/// How many ids one `ListTagsForResources` takes.
const TAGS_AT_ONCE: usize = 10;

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
    for some in listed.chunks_mut(TAGS_AT_ONCE) {
        let ids = some.iter().map(|it| it.physical.clone()).collect();
        let answer = cx
            .route53(GLOBAL)
            .list_tags_for_resources()
            .resource_type(kind.clone())
            .set_resource_ids(Some(ids))
            .send()
            .await
            .map_err(|error| failed("ListTagsForResources", error))?;
        for set in answer.resource_tag_sets() {
            let pairs = set.tags().iter();
            let tags = tag_map(
                pairs.map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())),
            );
            let id = set.resource_id().map(bare);
            if let Some(it) = some.iter_mut().find(|it| Some(it.physical.as_str()) == id) {
                it.tags = tags;
            }
        }
    }
    Ok(listed)
}
