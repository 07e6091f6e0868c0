//! `TestDNSAnswer`: the resolver behind the API.

use super::super::zone::find;
use super::super::{answer, faults, names, record, routes, text};
use super::choose::stand_in;
use super::{ClientLocation, Outcome, Resolver};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// Answers for a client at us-east-1, as there is no table of where addresses are.
pub(in super::super) fn test_answer(world: &World, call: &Call) -> Result<Reply, Fault> {
    let query = |name: &str| call.request.query(name).filter(|value| !value.is_empty());
    let zone_id = query("hostedzoneid").ok_or_else(|| faults::missing("hostedZoneId"))?;
    let given = query("recordname").ok_or_else(|| faults::missing("recordName"))?;
    let record_type = query("recordtype").unwrap_or_default();
    if !record::TYPES.contains(&record_type) {
        return Err(faults::constraint(
            record_type,
            "recordType",
            "Member must satisfy enum value set",
        ));
    }
    let zone = find(world, &call.account, &routes::bare(zone_id))?;
    let name = names::canonical(given).map_err(|fault| faults::invalid_input(fault.to_string()))?;
    let mut client = ClientLocation::near("us-east-1")
        .ok_or_else(|| faults::invalid_input("The client is nowhere"))?;
    client.address = query("edns0clientsubnetip")
        .or_else(|| query("resolverip"))
        .and_then(|address| address.parse().ok());
    let account =
        world.route53.account(&call.account).ok_or_else(|| faults::no_such_zone(zone_id))?;
    let found = Resolver { account, now_ms: world.now_ms, client: &client, seen: &|_| None }
        .answer(zone, &name, record_type, 0);
    let (code, data) = match found.outcome {
        Outcome::Values(values) | Outcome::Delegated(values) => ("NOERROR", values),
        Outcome::Resource(alias) => {
            ("NOERROR", stand_in(&alias.dns_name, record_type).into_iter().collect())
        }
        Outcome::Elsewhere(name) => ("NOERROR", vec![name]),
        Outcome::NoData => ("NOERROR", Vec::new()),
        Outcome::NoSuchName => ("NXDOMAIN", Vec::new()),
        Outcome::NoZone => ("REFUSED", Vec::new()),
    };
    let server = zone.name_servers.first().map(String::as_str).unwrap_or_default();
    Ok(answer(
        call,
        [
            text("Nameserver", server),
            text("RecordName", &name),
            text("RecordType", record_type),
            Element::new("RecordData")
                .children(data.into_iter().map(|value| text("RecordDataEntry", value))),
            text("ResponseCode", code),
            text("Protocol", "UDP"),
        ],
    ))
}
