//! Tags: the same calls for everything that has an ARN.

use std::collections::BTreeMap;

use aws_sdk_rds::types::Tag;
use bicoastal_model::{Check, OpError, Region, Resource};
use serde_json::Value;

use super::errors::failed;
use crate::cx::Cx;
use crate::kind::Turn;
use crate::tags::{TagChanges, check_tags, tag_changes};

/// A change of tags, one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagCall {
    /// Adds or overwrites these.
    Add(BTreeMap<String, String>),
    /// Takes these off.
    Remove(Vec<String>),
}

impl TagCall {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "AddTagsToResource",
            Self::Remove(_) => "RemoveTagsFromResource",
        }
    }

    pub(super) async fn send(
        &self,
        cx: &Cx,
        region: Region,
        arn: &str,
    ) -> Result<Option<String>, OpError> {
        let client = cx.rds_write(region);
        match self {
            Self::Add(tags) => {
                let call = client.add_tags_to_resource().resource_name(arn);
                let sent = call.set_tags(Some(list(tags))).send().await;
                sent.map_err(|error| failed(self.name(), region, error))?;
            }
            Self::Remove(keys) => {
                let call = client.remove_tags_from_resource().resource_name(arn);
                let sent = call.set_tag_keys(Some(keys.clone())).send().await;
                sent.map_err(|error| failed(self.name(), region, error))?;
            }
        }
        Ok(None)
    }
}

/// The next change of tags with the ARN that it is about, if they differ.
pub(super) fn next<R: Resource>(turn: &Turn<'_, R>) -> Option<(String, TagCall)> {
    let arn = turn.seen?.outputs.get("arn")?.as_str()?.to_owned();
    let TagChanges { set, remove } = tag_changes(turn);
    if !set.is_empty() {
        Some((arn, TagCall::Add(set)))
    } else if !remove.is_empty() {
        Some((arn, TagCall::Remove(remove)))
    } else {
        None
    }
}

/// What is wrong with a resource's own tags; three of ownership come on top.
pub(super) fn check(tags: &BTreeMap<String, String>, check: &mut Check) {
    check_tags(check, tags, 47);
}

/// Tags as the SDK takes them.
pub(super) fn list(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as the SDK returns them.
pub(super) fn map(tags: &[Tag]) -> BTreeMap<String, String> {
    crate::ownership::tag_map(
        tags.iter().map(|tag| (tag.key().unwrap_or_default(), tag.value().unwrap_or_default())),
    )
}

/// A value under a name, where there is one.
pub(super) fn put<T: Into<Value>>(
    props: &mut serde_json::Map<String, Value>,
    name: &str,
    value: Option<T>,
) {
    if let Some(value) = value {
        props.insert(name.to_owned(), value.into());
    }
}
