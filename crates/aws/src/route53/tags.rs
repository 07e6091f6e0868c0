//! Tags of zones and health checks: never part of a create call, at most ten at a time.

use std::collections::BTreeMap;

use aws_sdk_route53::types::{Tag, TagResourceType};
use bicoastal_model::{ErrorFacts, OpError, Resource, Snapshot};

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

/// A resource as it is after a change of its tags.
pub(super) fn after<R: Resource>(turn: &Turn<'_, R>, change: &TagChange) -> Option<Snapshot> {
    let mut seen = turn.seen?.clone();
    let tags = seen.props.get_mut("tags")?.as_object_mut()?;
    for (key, value) in &change.add {
        tags.insert(key.clone(), value.as_str().into());
    }
    for key in &change.remove {
        tags.remove(key);
    }
    Some(seen)
}

/// How many ids one `ListTagsForResources` takes.
pub(super) const READ_AT_ONCE: usize = 10;

/// The tags of a resource. `together` are the ids that a plan asks for and that may well be there:
/// their tags are read with these, ten at a time.
pub(super) async fn read(
    cx: &Cx,
    kind: TagResourceType,
    id: &str,
    together: &[&str],
) -> Result<BTreeMap<String, String>, OpError> {
    let at = together.iter().position(|other| *other == id);
    if let Some(some) = at.and_then(|at| together.chunks(READ_AT_ONCE).nth(at / READ_AT_ONCE))
        && let [first, _, ..] = some
    {
        let key = format!("route53 tags {kind} {first}");
        match cx.shared(key, read_some(cx, &kind, some)).await {
            Ok(tags) => return tags.get(id).cloned().ok_or_else(|| failed_to_say(id)),
            // One of them went meanwhile.
            Err(error) if error.code().is_some_and(|code| code.starts_with("NoSuch")) => {}
            Err(error) => return Err(error),
        }
    }
    one(cx, kind, id).await
}

/// The tags of at most ten resources, by their ids: of all of them, as what an answer leaves out is
/// not said to have none.
pub(super) async fn read_some(
    cx: &Cx,
    kind: &TagResourceType,
    ids: &[&str],
) -> Result<BTreeMap<String, BTreeMap<String, String>>, OpError> {
    let answer = cx
        .route53(GLOBAL)
        .list_tags_for_resources()
        .resource_type(kind.clone())
        .set_resource_ids(Some(ids.iter().map(|id| (*id).to_owned()).collect()))
        .send()
        .await
        .map_err(|error| failed("ListTagsForResources", error))?;
    let sets = answer.resource_tag_sets().iter().filter_map(|set| {
        let pairs = set.tags().iter();
        let tags = tag_map(
            pairs.map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())),
        );
        Some((super::bare(set.resource_id()?).to_owned(), tags))
    });
    let sets: BTreeMap<_, _> = sets.collect();
    match ids.iter().find(|id| !sets.contains_key(**id)) {
        Some(id) => Err(failed_to_say(id)),
        None => Ok(sets),
    }
}

/// An answer that leaves out what was asked for is no answer.
fn failed_to_say(id: &str) -> OpError {
    OpError::InDoubt(ErrorFacts {
        service: "route53".to_owned(),
        region: GLOBAL.code().to_owned(),
        call: "ListTagsForResources".to_owned(),
        message: format!("the answer is not whole: it leaves out {id}, which was asked for"),
        ..ErrorFacts::default()
    })
}

async fn one(
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
