//! Tags of zones and health checks: never part of a create call, at most ten at a time.

use std::collections::BTreeMap;

use aws_sdk_route53::types::{Tag, TagResourceType};
use bicoastal_model::{OpError, Resource};

use super::{failed, unbuilt};
use crate::cx::{Cx, GLOBAL};
use crate::kind::Turn;
use crate::ownership::tag_map;
use crate::tags::{TagChanges, tag_changes};

/// The most tags that one call adds, and the most that it removes.
const AT_ONCE: usize = 10;

/// What one call does to tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagChange {
    pub(super) add: Vec<(String, String)>,
    pub(super) remove: Vec<String>,
}

/// The next change of the tags, if they differ.
pub(super) fn change<R: Resource>(turn: &Turn<'_, R>) -> Option<TagChange> {
    let TagChanges { set, remove: removed } = tag_changes(turn);
    let add: Vec<_> = set.into_iter().take(AT_ONCE).collect();
    let remove: Vec<_> = removed.into_iter().take(AT_ONCE).collect();
    (!add.is_empty() || !remove.is_empty()).then_some(TagChange { add, remove })
}

/// The tags of a resource.
pub(super) async fn read(
    cx: &Cx,
    kind: TagResourceType,
    id: &str,
) -> Result<BTreeMap<String, String>, OpError> {
    let answer = cx
        .route53(GLOBAL)
        .list_tags_for_resource()
        .resource_type(kind)
        .resource_id(id)
        .send()
        .await
        .map_err(|error| failed("ListTagsForResource", error))?;
    let tags = answer.resource_tag_set().map(|set| set.tags()).unwrap_or_default();
    Ok(tag_map(
        tags.iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())),
    ))
}

/// Carries a change out.
pub(super) async fn write(
    cx: &Cx,
    kind: TagResourceType,
    id: &str,
    change: &TagChange,
) -> Result<(), OpError> {
    const CALL: &str = "ChangeTagsForResource";
    if id.is_empty() {
        return Err(unbuilt(CALL, "the id is not known"));
    }
    let add = change.add.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
    let add: Vec<Tag> = add.collect();
    cx.route53_write(GLOBAL)
        .change_tags_for_resource()
        .resource_type(kind)
        .resource_id(id)
        .set_add_tags((!add.is_empty()).then_some(add))
        .set_remove_tag_keys((!change.remove.is_empty()).then(|| change.remove.clone()))
        .send()
        .await
        .map_err(|error| failed(CALL, error))?;
    Ok(())
}
