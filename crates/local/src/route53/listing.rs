//! `ListResourceRecordSets`.

use std::ops::Bound;

use super::zone::find;
use super::{Page, answer, faults, names, record, text};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// The records from `name`, `type` and `identifier` on, at most 300.
pub(super) fn list(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let request = &call.request;
    let zone = find(world, &call.account, id)?;
    let (name, record_type, identifier) =
        (request.query("name"), request.query("type"), request.query("identifier"));
    if record_type.is_some() && name.is_none() {
        return Err(faults::invalid_input(
            "The resource record set name must be specified with a type (name).",
        ));
    }
    if identifier.is_some() && record_type.is_none() {
        return Err(faults::invalid_input(
            "The resource record set type must be specified with an identifier (type).",
        ));
    }
    let start = match name {
        None => String::new(),
        Some(name) => {
            let name = names::canonical(name)
                .map_err(|fault| Fault::new(400, "InvalidDomainName", fault.to_string()))?;
            match record_type {
                None => names::sort_key(&name),
                Some(record_type) if !record::TYPES.contains(&record_type) => {
                    return Err(faults::constraint(
                        record_type,
                        "startRecordType",
                        &format!(
                            "Member must satisfy enum value set: [{}]",
                            record::TYPES.join(", ")
                        ),
                    ));
                }
                Some(record_type) => record::key(&name, record_type, identifier),
            }
        }
    };
    let records = zone.records.range((Bound::Included(start), Bound::Unbounded));
    let page = Page::cut(request, 300, records.map(|(_, record)| record))?;
    let mut fields = vec![
        Element::new("ResourceRecordSets")
            .children(page.items.iter().map(|record| record.element())),
        text("IsTruncated", page.next.is_some()),
    ];
    if let Some(next) = page.next {
        fields.push(text("NextRecordName", &next.name));
        fields.push(text("NextRecordType", &next.record_type));
        fields.extend(next.set_identifier.as_ref().map(|id| text("NextRecordIdentifier", id)));
    }
    fields.push(text("MaxItems", page.max_items));
    Ok(answer(call, fields))
}
