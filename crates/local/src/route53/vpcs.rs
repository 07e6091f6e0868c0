//! VPCs of private zones, across accounts too.

use super::zone::{Vpc, Zone, find, find_mut};
use super::{Page, answer, changes, document, faults, text};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// Reads a `<VPC>`.
pub(super) fn parse(element: &Element) -> Result<Vpc, Fault> {
    let region = element.text_of("VPCRegion").unwrap_or_default();
    let id = element.text_of("VPCId").unwrap_or_default();
    if region.is_empty() {
        return Err(faults::missing("vPC.vPCRegion"));
    }
    if !id.starts_with("vpc-") {
        return Err(Fault::new(
            400,
            "InvalidVPCId",
            format!("The VPC: {id} you specified is not valid."),
        ));
    }
    Ok(Vpc { region: region.to_owned(), id: id.to_owned() })
}

fn requested(call: &Call) -> Result<(Vpc, Option<String>), Fault> {
    let request = document(call)?;
    let vpc = parse(request.get("VPC").ok_or_else(|| faults::missing("vPC"))?)?;
    Ok((vpc, request.text_of("Comment").map(str::to_owned)))
}

pub(super) fn conflicting(vpc: &Vpc, name: &str) -> Fault {
    Fault::new(
        400,
        "ConflictingDomainExists",
        format!(
            "The VPC {} in region {} has already been associated with the hosted zone with the same domain name {name}",
            vpc.id, vpc.region
        ),
    )
}

fn private(zone: &Zone) -> Result<(), Fault> {
    if zone.private {
        return Ok(());
    }
    Err(Fault::new(
        400,
        "PublicZoneVPCAssociation",
        "The hosted zone you are trying to associate is public; only private hosted zones can be associated with a VPC.",
    ))
}

/// The account that owns a zone: the caller's own first, then any other.
fn owner(world: &World, caller: &str, zone_id: &str) -> Result<String, Fault> {
    if find(world, caller, zone_id).is_ok() {
        return Ok(caller.to_owned());
    }
    world
        .route53
        .accounts
        .iter()
        .find(|(_, account)| account.zones.contains_key(zone_id))
        .map(|(number, _)| number.clone())
        .ok_or_else(|| faults::no_such_zone(zone_id))
}

/// `AssociateVPCWithHostedZone`: the caller speaks for the VPC, and needs the consent of the
/// zone's owner where that is somebody else.
pub(super) fn associate(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let (vpc, comment) = requested(call)?;
    let owner = owner(world, &call.account, id)?;
    let zone = find(world, &owner, id)?;
    private(zone)?;
    if owner != call.account && !zone.authorized.contains(&vpc) {
        return Err(Fault::new(
            401,
            "NotAuthorizedException",
            format!(
                "The VPC: {} has not authorized to be associated with your hosted zone.",
                vpc.id
            ),
        ));
    }
    zone.editable(world.now_ms)?;
    let name = zone.name.clone();
    let taken = world
        .route53
        .accounts
        .values()
        .flat_map(|account| account.zones.values())
        .any(|other| other.private && other.name == name && other.vpcs.contains(&vpc));
    if taken {
        return Err(conflicting(&vpc, &name));
    }
    if zone.vpcs.len() >= super::limits::VPCS_PER_ZONE {
        return Err(Fault::new(400, "LimitsExceeded", "MAX_VPCS_ASSOCIATED_BY_ZONE exceeded"));
    }
    find_mut(world, &owner, id)?.vpcs.push(vpc);
    let change = changes::submit(world, &call.account, comment);
    Ok(answer(call, [change.element(world.now_ms)]))
}

/// `DisassociateVPCFromHostedZone`.
pub(super) fn disassociate(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let (vpc, comment) = requested(call)?;
    let owner = owner(world, &call.account, id)?;
    let now = world.now_ms;
    let zone = find_mut(world, &owner, id)?;
    private(zone)?;
    zone.editable(now)?;
    if !zone.vpcs.contains(&vpc) {
        return Err(Fault::new(
            404,
            "VPCAssociationNotFound",
            format!(
                "The VPC: {} and hosted zone {id} that you specified are not associated",
                vpc.id
            ),
        ));
    }
    if zone.vpcs.len() == 1 {
        return Err(Fault::new(
            400,
            "LastVPCAssociation",
            "Cannot remove last VPC association for the private zone",
        ));
    }
    zone.vpcs.retain(|associated| *associated != vpc);
    let change = changes::submit(world, &call.account, comment);
    Ok(answer(call, [change.element(now)]))
}

/// `CreateVPCAssociationAuthorization`.
pub(super) fn authorize(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let (vpc, _) = requested(call)?;
    let zone = find_mut(world, &call.account, id)?;
    if !zone.private {
        return Err(faults::invalid_input("The hosted zone is public."));
    }
    if zone.authorized.len() >= super::limits::AUTHORIZATIONS_PER_ZONE {
        return Err(Fault::new(
            400,
            "TooManyVPCAssociationAuthorizations",
            "You've created the maximum number of authorizations for the hosted zone.",
        ));
    }
    if !zone.authorized.contains(&vpc) {
        zone.authorized.push(vpc.clone());
    }
    Ok(answer(call, [text("HostedZoneId", id), vpc.element()]))
}

/// `DeleteVPCAssociationAuthorization`.
pub(super) fn deauthorize(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let (vpc, _) = requested(call)?;
    let zone = find_mut(world, &call.account, id)?;
    if !zone.authorized.contains(&vpc) {
        return Err(Fault::new(
            404,
            "VPCAssociationAuthorizationNotFound",
            "The VPC that you specified is not authorized to be associated with the hosted zone.",
        ));
    }
    zone.authorized.retain(|authorized| *authorized != vpc);
    Ok(answer(call, []))
}

/// `ListVPCAssociationAuthorizations`.
pub(super) fn list_authorizations(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let zone = find(world, &call.account, id)?;
    let start: usize = token(call)?;
    let page = Page::cut(&call.request, 50, zone.authorized.iter().enumerate().skip(start))?;
    let mut fields = vec![text("HostedZoneId", id)];
    fields.extend(page.next.map(|(index, _)| text("NextToken", index)));
    fields.push(Element::new("VPCs").children(page.items.iter().map(|(_, vpc)| vpc.element())));
    Ok(answer(call, fields))
}

fn token(call: &Call) -> Result<usize, Fault> {
    match call.request.query("nexttoken") {
        None | Some("") => Ok(0),
        Some(token) => token.parse().map_err(|_| {
            Fault::new(400, "InvalidPaginationToken", "The specified pagination token is invalid.")
        }),
    }
}

/// `ListHostedZonesByVPC`: zones of every account that the VPC sees.
pub(super) fn list_by_vpc(world: &World, call: &Call) -> Result<Reply, Fault> {
    let region = call.request.query("vpcregion").ok_or_else(|| faults::missing("vPCRegion"))?;
    let id = call.request.query("vpcid").ok_or_else(|| faults::missing("vPCId"))?;
    let vpc = Vpc { region: region.to_owned(), id: id.to_owned() };
    let start: usize = token(call)?;
    let zones = world
        .route53
        .accounts
        .iter()
        .flat_map(|(number, account)| account.zones.values().map(move |zone| (number, zone)))
        .filter(|(_, zone)| zone.vpcs.contains(&vpc))
        .enumerate()
        .skip(start);
    let page = Page::cut(&call.request, 100, zones)?;
    let summaries = page.items.iter().map(|(_, (number, zone))| {
        let owner = match &zone.linked_service {
            Some(service) => Element::new("Owner").text_child("OwningService", service),
            None => Element::new("Owner").text_child("OwningAccount", number),
        };
        Element::new("HostedZoneSummary")
            .text_child("HostedZoneId", &zone.id)
            .text_child("Name", &zone.name)
            .child(owner)
    });
    let mut fields = vec![Element::new("HostedZoneSummaries").children(summaries)];
    fields.push(text("MaxItems", page.max_items));
    fields.extend(page.next.map(|(index, _)| text("NextToken", index)));
    Ok(answer(call, fields))
}
