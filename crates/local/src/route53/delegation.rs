//! Name servers, reusable delegation sets, and the records every zone is born with.

use serde::{Deserialize, Serialize};

use super::record::{Policy, RecordSet};
use super::zone::find;
use super::{Page, answer, answer_status, document, faults, routes, text};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// A reusable delegation set.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct DelegationSet {
    pub(crate) id: String,
    pub(crate) caller_reference: String,
    pub(crate) name_servers: Vec<String>,
}

impl DelegationSet {
    fn element(&self) -> Element {
        let servers = self.name_servers.iter().map(|server| text("NameServer", server));
        Element::new("DelegationSet")
            .text_child("Id", format!("/delegationset/{}", self.id))
            .text_child("CallerReference", &self.caller_reference)
            .child(Element::new("NameServers").children(servers))
    }
}

/// What the apex NS record of a private zone names.
pub(super) const PRIVATE_NAME_SERVERS: [&str; 4] = [
    "ns-1536.awsdns-00.co.uk",
    "ns-0.awsdns-00.com",
    "ns-1024.awsdns-00.org",
    "ns-512.awsdns-00.net",
];

/// Four name servers under four top-level domains, numbered as AWS numbers them.
pub(super) fn fresh_name_servers(hex: &str) -> Vec<String> {
    ["com", "net", "org", "co.uk"]
        .iter()
        .enumerate()
        .map(|(index, domain)| {
            let digits = hex.get(index * 4..index * 4 + 4).unwrap_or("0");
            let number = usize::from_str_radix(digits, 16).unwrap_or(0) % 512;
            format!("ns-{}.awsdns-{:02}.{domain}", 512 * index + number, number / 8)
        })
        .collect()
}

/// The NS and SOA records that a zone has from its creation to its end.
pub(super) fn apex_records(zone: &str, name_servers: &[String]) -> [RecordSet; 2] {
    let record = |record_type: &str, ttl, values| RecordSet {
        name: zone.to_owned(),
        record_type: record_type.to_owned(),
        set_identifier: None,
        policy: Policy::Simple,
        ttl: Some(ttl),
        values,
        alias: None,
        health_check_id: None,
    };
    let first = name_servers.first().map(String::as_str).unwrap_or_default();
    let soa = format!("{first}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400");
    let servers = name_servers.iter().map(|server| format!("{server}.")).collect();
    [record("NS", 172_800, servers), record("SOA", 900, vec![soa])]
}

fn no_such_set(id: &str) -> Fault {
    Fault::new(400, "NoSuchDelegationSet", format!("No delegation set found with ID: {id}"))
}

/// `CreateReusableDelegationSet`, fresh or from the name servers of a zone.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let request = document(call)?;
    let reference = request.text_of("CallerReference").unwrap_or_default();
    if reference.is_empty() || reference.len() > 128 {
        return Err(faults::constraint(
            reference,
            "callerReference",
            "Member must have length between 1 and 128",
        ));
    }
    let zone_id = request.text_of("HostedZoneId").map(routes::bare).filter(|id| !id.is_empty());
    let account = world.route53.account_mut(&call.account);
    if account.delegation_sets.values().any(|set| set.caller_reference == reference) {
        return Err(Fault::new(
            400,
            "DelegationSetAlreadyCreated",
            "A delegation set with the same owner and caller reference combination has already been created.",
        ));
    }
    if account.delegation_sets.len() >= super::limits::DELEGATION_SETS {
        return Err(Fault::new(
            400,
            "LimitsExceeded",
            "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER exceeded",
        ));
    }
    let from_zone = match &zone_id {
        None => None,
        Some(id) => {
            let zone = find(world, &call.account, id).map_err(|_| {
                Fault::new(400, "HostedZoneNotFound", "The specified HostedZone can't be found.")
            })?;
            if zone.private {
                return Err(Fault::new(400, "InvalidArgument", "The hosted zone is private."));
            }
            if zone.delegation_set.is_some() {
                return Err(Fault::new(
                    400,
                    "DelegationSetAlreadyReusable",
                    "The specified delegation set has already been marked as reusable.",
                ));
            }
            Some(zone.name_servers.clone())
        }
    };
    let id = format!("N{}", world.fresh_id(20));
    let name_servers = match from_zone {
        Some(servers) => servers,
        None => fresh_name_servers(&world.fresh_hex()),
    };
    let set =
        DelegationSet { id: id.clone(), caller_reference: reference.to_owned(), name_servers };
    let reply = answer_status(201, call, [set.element()])
        .header("location", format!("https://route53.amazonaws.com/2013-04-01/delegationset/{id}"));
    let account = world.route53.account_mut(&call.account);
    if let Some(zone) = zone_id.and_then(|id| account.zones.get_mut(&id)) {
        zone.delegation_set = Some(id.clone());
    }
    account.delegation_sets.insert(id, set);
    Ok(reply)
}

/// `GetReusableDelegationSet`.
pub(super) fn get(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let set = world
        .route53
        .account(&call.account)
        .and_then(|account| account.delegation_sets.get(id))
        .ok_or_else(|| no_such_set(id))?;
    Ok(answer(call, [set.element()]))
}

/// `DeleteReusableDelegationSet`.
pub(super) fn delete(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let account = world.route53.account_mut(&call.account);
    if !account.delegation_sets.contains_key(id) {
        return Err(no_such_set(id));
    }
    if account.zones.values().any(|zone| zone.delegation_set.as_deref() == Some(id)) {
        return Err(Fault::new(
            400,
            "DelegationSetInUse",
            "The specified delegation contains associated hosted zones which must be deleted before the reusable delegation set can be deleted.",
        ));
    }
    account.delegation_sets.remove(id);
    Ok(answer(call, []))
}

/// `ListReusableDelegationSets`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, Fault> {
    let marker = call.request.query("marker").unwrap_or_default();
    let sets = world
        .route53
        .account(&call.account)
        .into_iter()
        .flat_map(|account| account.delegation_sets.values())
        .filter(|set| set.id.as_str() >= marker);
    let page = Page::cut(&call.request, 100, sets)?;
    let mut fields = vec![
        Element::new("DelegationSets").children(page.items.iter().map(|set| set.element())),
        text("Marker", marker),
        text("IsTruncated", page.next.is_some()),
    ];
    fields.extend(page.next.map(|set| text("NextMarker", &set.id)));
    fields.push(text("MaxItems", page.max_items));
    Ok(answer(call, fields))
}
