//! CIDR collections: named locations of address blocks, for IP-based routing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::record::Policy;
use super::{Page, answer, answer_status, document, faults, limits, text};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// A collection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Collection {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) caller_reference: String,
    pub(crate) version: u64,
    /// Blocks by location.
    pub(crate) blocks: BTreeMap<String, BTreeSet<String>>,
}

impl Collection {
    fn element(&self, name: &str) -> Element {
        Element::new(name)
            .text_child("Arn", format!("arn:aws:route53:::cidrcollection/{}", self.id))
            .text_child("Id", &self.id)
            .text_child("Name", &self.name)
            .text_child("Version", self.version)
    }

    /// The location whose narrowest block holds an address.
    pub(crate) fn location(&self, address: IpAddr) -> Option<&str> {
        self.blocks
            .iter()
            .flat_map(|(location, blocks)| blocks.iter().map(move |block| (location, block)))
            .filter_map(|(location, block)| {
                let (network, bits) = parse(block)?;
                contains(network, bits, address).then_some((bits, location.as_str()))
            })
            .max()
            .map(|(_, location)| location)
    }
}

fn parse(block: &str) -> Option<(IpAddr, u32)> {
    let (network, bits) = block.split_once('/')?;
    let (network, bits) = (network.parse::<IpAddr>().ok()?, bits.parse::<u32>().ok()?);
    let most = if network.is_ipv4() { 24 } else { 48 };
    (bits <= most).then_some((network, bits))
}

fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32 - bits;
            u32::from(network).checked_shr(shift) == u32::from(address).checked_shr(shift)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128 - bits;
            u128::from(network).checked_shr(shift) == u128::from(address).checked_shr(shift)
        }
        _ => false,
    }
}

fn find<'a>(world: &'a World, call: &Call, id: &str) -> Result<&'a Collection, Fault> {
    world
        .route53
        .account(&call.account)
        .and_then(|account| account.cidr_collections.get(id))
        .ok_or_else(|| no_such_collection(id))
}

fn no_such_collection(id: &str) -> Fault {
    Fault::new(
        404,
        "NoSuchCidrCollectionException",
        format!("The CIDR collection {id} doesn't exist."),
    )
}

fn check_name(name: &str, most: usize, member: &str) -> Result<(), Fault> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || name.len() > most || !name.bytes().all(legal) {
        return Err(faults::constraint(
            name,
            member,
            &format!("Member must have 1 to {most} characters of [0-9A-Za-z_-]"),
        ));
    }
    Ok(())
}

/// `CreateCidrCollection`.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let request = document(call)?;
    let name = request.text_of("Name").unwrap_or_default();
    let reference = request.text_of("CallerReference").unwrap_or_default();
    check_name(name, 64, "name")?;
    if reference.is_empty() || reference.len() > 64 {
        return Err(faults::missing("callerReference"));
    }
    let id = world.fresh_uuid();
    let collections = &mut world.route53.account_mut(&call.account).cidr_collections;
    let answered = |collection: &Collection| {
        let location =
            format!("https://route53.amazonaws.com/2013-04-01/cidrcollection/{}", collection.id);
        answer_status(201, call, [collection.element("Collection")]).header("location", location)
    };
    // A repeated request answers what the first one made.
    let same = |it: &&Collection| it.name == name && it.caller_reference == reference;
    if let Some(made) = collections.values().find(same) {
        return Ok(answered(made));
    }
    if let Some(other) =
        collections.values().find(|other| other.name == name || other.caller_reference == reference)
    {
        return Err(Fault::new(
            400,
            "CidrCollectionAlreadyExistsException",
            format!("A CIDR collection with this name or caller reference exists: {}", other.id),
        ));
    }
    if collections.len() >= limits::CIDR_COLLECTIONS {
        return Err(Fault::new(
            400,
            "LimitsExceeded",
            "The number of CIDR collections is limited.",
        ));
    }
    let collection = Collection {
        id: id.clone(),
        name: name.to_owned(),
        caller_reference: reference.to_owned(),
        version: 1,
        blocks: BTreeMap::new(),
    };
    let reply = answered(&collection);
    collections.insert(id, collection);
    Ok(reply)
}

/// `ChangeCidrCollection`: atomic, with an optional version to hold on to.
pub(super) fn change(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let request = document(call)?;
    let present = find(world, call, id)?;
    let version = request.text_of("CollectionVersion").and_then(|version| version.parse().ok());
    if version.is_some_and(|version: u64| version != present.version) {
        return Err(Fault::new(
            409,
            "CidrCollectionVersionMismatchException",
            format!("The collection's version is {}", present.version),
        ));
    }
    let used = used_locations(world, &call.account, id);
    let mut changed = present.clone();
    for change in request.get("Changes").into_iter().flat_map(|changes| changes.all("member")) {
        let location = change.text_of("LocationName").unwrap_or_default();
        check_name(location, 16, "locationName")?;
        let blocks = change
            .get("CidrList")
            .into_iter()
            .flat_map(|list| list.all("Cidr"))
            .map(|block| block.text.clone());
        for block in blocks {
            if parse(&block).is_none() {
                return Err(faults::invalid_input(format!("Invalid CIDR block: {block}")));
            }
            match change.text_of("Action") {
                Some("PUT") => {
                    for others in changed.blocks.values_mut() {
                        others.remove(&block);
                    }
                    changed.blocks.entry(location.to_owned()).or_default().insert(block);
                }
                Some("DELETE_IF_EXISTS") => {
                    if let Some(blocks) = changed.blocks.get_mut(location) {
                        blocks.remove(&block);
                    }
                }
                other => {
                    return Err(faults::constraint(
                        other.unwrap_or("null"),
                        "action",
                        "Member must satisfy enum value set: [PUT, DELETE_IF_EXISTS]",
                    ));
                }
            }
        }
    }
    if let Some((location, _)) = changed
        .blocks
        .iter()
        .find(|(location, blocks)| blocks.is_empty() && used.contains(*location))
    {
        return Err(Fault::new(
            400,
            "CidrBlockInUseException",
            format!("The location {location} is in use by a record"),
        ));
    }
    changed.blocks.retain(|_, blocks| !blocks.is_empty());
    if changed.blocks.values().map(BTreeSet::len).sum::<usize>() > limits::CIDR_BLOCKS {
        return Err(Fault::new(400, "LimitsExceeded", "The number of CIDR blocks is limited."));
    }
    changed.version += 1;
    let change_id = world.fresh_uuid();
    world.route53.account_mut(&call.account).cidr_collections.insert(id.to_owned(), changed);
    Ok(answer(call, [text("Id", change_id)]))
}

/// The locations of a collection that records name.
fn used_locations(world: &World, account: &str, id: &str) -> BTreeSet<String> {
    world
        .route53
        .account(account)
        .into_iter()
        .flat_map(|account| account.zones.values())
        .flat_map(|zone| zone.records.values())
        .filter_map(|record| match &record.policy {
            Policy::Cidr(collection, location) if collection == id => Some(location.clone()),
            _ => None,
        })
        .collect()
}

/// `DeleteCidrCollection`: only an empty one that no record names.
pub(super) fn delete(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let collection = find(world, call, id)?;
    if !collection.blocks.is_empty() || !used_locations(world, &call.account, id).is_empty() {
        return Err(Fault::new(
            400,
            "CidrCollectionInUseException",
            "This CIDR collection is in use, and isn't empty.",
        ));
    }
    world.route53.account_mut(&call.account).cidr_collections.remove(id);
    Ok(answer(call, []))
}

fn after<'a, T>(
    call: &'a Call,
    all: impl Iterator<Item = (String, T)> + 'a,
) -> impl Iterator<Item = (String, T)> + 'a {
    let token = call.request.query("nexttoken").unwrap_or_default().to_owned();
    all.filter(move |(key, _)| *key >= token)
}

fn page(
    call: &Call,
    name: &str,
    all: impl Iterator<Item = (String, Element)>,
) -> Result<Reply, Fault> {
    let page = Page::cut(&call.request, 100, after(call, all))?;
    let mut fields = Vec::new();
    fields.extend(page.next.map(|(key, _)| text("NextToken", key)));
    fields.push(Element::new(name).children(page.items.into_iter().map(|(_, element)| element)));
    Ok(answer(call, fields))
}

/// `ListCidrCollections`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, Fault> {
    let collections = world
        .route53
        .account(&call.account)
        .into_iter()
        .flat_map(|account| account.cidr_collections.values())
        .map(|collection| (collection.id.clone(), collection.element("member")));
    page(call, "CidrCollections", collections)
}

/// `ListCidrLocations`.
pub(super) fn list_locations(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let locations = find(world, call, id)?.blocks.keys().map(|location| {
        (location.clone(), Element::new("member").text_child("LocationName", location))
    });
    page(call, "CidrLocations", locations)
}

/// `ListCidrBlocks`.
pub(super) fn list_blocks(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let collection = find(world, call, id)?;
    let wanted = call.request.query("location");
    if let Some(location) = wanted
        && !collection.blocks.contains_key(location)
    {
        return Err(Fault::new(
            404,
            "NoSuchCidrLocationException",
            format!("The CIDR location {location} doesn't exist."),
        ));
    }
    let blocks = collection
        .blocks
        .iter()
        .filter(|(location, _)| wanted.is_none_or(|wanted| wanted == *location))
        .flat_map(|(location, blocks)| blocks.iter().map(move |block| (location, block)))
        .map(|(location, block)| {
            let element = Element::new("member")
                .text_child("CidrBlock", block)
                .text_child("LocationName", location);
            (format!("{location} {block}"), element)
        });
    page(call, "CidrBlocks", blocks)
}
