//! Tags of zones and health checks.

use super::{answer, document, faults, routes};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// Tags per resource.
const MOST: usize = 50;

/// The key of a resource's tags, if there is such a resource.
fn resource(world: &World, call: &Call, kind: &str, id: &str) -> Result<String, Fault> {
    let account = world.route53.account(&call.account);
    match kind {
        "hostedzone" if account.is_some_and(|account| account.zones.contains_key(id)) => {}
        "hostedzone" => return Err(faults::no_such_zone(id)),
        "healthcheck" if account.is_some_and(|account| account.health_checks.contains_key(id)) => {}
        "healthcheck" => return Err(faults::no_such_health_check(id)),
        other => return Err(faults::invalid_input(format!("Invalid resource type: {other}"))),
    }
    Ok(format!("{kind}/{id}"))
}

/// `ChangeTagsForResource`.
pub(super) fn change(world: &mut World, call: &Call, kind: &str, id: &str) -> Result<Reply, Fault> {
    let request = document(call)?;
    let resource = resource(world, call, kind, id)?;
    let added: Vec<(&str, &str)> = request
        .get("AddTags")
        .into_iter()
        .flat_map(|tags| tags.all("Tag"))
        .map(|tag| {
            (tag.text_of("Key").unwrap_or_default(), tag.text_of("Value").unwrap_or_default())
        })
        .collect();
    let removed: Vec<&str> = request
        .get("RemoveTagKeys")
        .into_iter()
        .flat_map(|keys| keys.all("Key"))
        .map(|key| key.text.as_str())
        .collect();
    for (count, member) in [(added.len(), "addTags"), (removed.len(), "removeTagKeys")] {
        if count > 10 {
            return Err(faults::constraint(
                &format!("[{count} members]"),
                member,
                "Member must have length less than or equal to 10",
            ));
        }
    }
    if added.is_empty() && removed.is_empty() {
        return Err(faults::invalid_input("Neither tags to add nor tags to remove were given."));
    }
    for (key, value) in &added {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(faults::constraint(
                key,
                "addTags",
                "Keys have 1 to 128 characters, values at most 256",
            ));
        }
        if key.to_lowercase().starts_with("aws:") {
            return Err(faults::invalid_input(format!(
                "Invalid tag key: {key} (aws: is reserved)"
            )));
        }
        if removed.contains(key) {
            return Err(faults::invalid_input(format!("The tag {key} is both added and removed")));
        }
    }
    let account = world.route53.account_mut(&call.account);
    let mut tags = account.tags.get(&resource).cloned().unwrap_or_default();
    tags.retain(|key, _| !removed.contains(&key.as_str()));
    tags.extend(added.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())));
    if tags.len() > MOST {
        return Err(faults::invalid_input(format!("A resource can have at most {MOST} tags")));
    }
    account.tags.insert(resource, tags);
    Ok(answer(call, []))
}

fn set(world: &World, call: &Call, kind: &str, id: &str) -> Result<Element, Fault> {
    let resource = resource(world, call, kind, id)?;
    let tags = world
        .route53
        .account(&call.account)
        .and_then(|account| account.tags.get(&resource))
        .into_iter()
        .flatten()
        .map(|(key, value)| Element::new("Tag").text_child("Key", key).text_child("Value", value));
    Ok(Element::new("ResourceTagSet")
        .text_child("ResourceType", kind)
        .text_child("ResourceId", id)
        .child(Element::new("Tags").children(tags)))
}

/// `ListTagsForResource`.
pub(super) fn list_one(world: &World, call: &Call, kind: &str, id: &str) -> Result<Reply, Fault> {
    Ok(answer(call, [set(world, call, kind, id)?]))
}

/// `ListTagsForResources`, at most ten.
pub(super) fn list_many(world: &World, call: &Call, kind: &str) -> Result<Reply, Fault> {
    let request = document(call)?;
    let ids: Vec<String> = request
        .get("ResourceIds")
        .into_iter()
        .flat_map(|ids| ids.all("ResourceId"))
        .map(|id| routes::bare(&id.text))
        .collect();
    if ids.is_empty() || ids.len() > 10 {
        return Err(faults::constraint(
            &format!("[{} members]", ids.len()),
            "resourceIds",
            "Member must have length between 1 and 10",
        ));
    }
    let sets: Vec<Element> =
        ids.iter().map(|id| set(world, call, kind, id)).collect::<Result<_, _>>()?;
    Ok(answer(call, [Element::new("ResourceTagSets").children(sets)]))
}
