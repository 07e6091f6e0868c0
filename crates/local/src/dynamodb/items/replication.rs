//! Writes, and their way to the other replicas: after a lag, and the last writer wins.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::global::Consistency;
use super::super::state::{Account, Ctx};
use super::store::Slot;
use super::value::Item;

/// A write on its way to one replica.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in super::super) struct Shipment {
    pub(in super::super) table: String,
    pub(in super::super) from: String,
    pub(in super::super) to: String,
    pub(in super::super) written_at_ms: i64,
    due_at_ms: i64,
    place: String,
    slot: Slot,
    /// The last write of this item that the writer's replica knew of.
    knew: u64,
}

/// A write that was accepted and is gone, because another replica wrote the same item later
/// without having seen it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LostWrite {
    /// The table's name.
    pub table: String,
    /// The key's values, as JSON.
    pub key: String,
    /// The region in which it was written.
    pub region: String,
    /// When it was written, in milliseconds since 1970.
    pub written_at_ms: i64,
    /// The region whose write won.
    pub won_by: String,
}

/// Writes an item (`None` deletes it) in the called region, and sends it to the other replicas.
pub(super) fn write(ctx: &mut Ctx<'_>, name: &str, place: String, item: Option<Item>) {
    let now = ctx.now();
    let lag_ms = ctx.world.duration_ms("dynamodb.replication", 1_000);
    let region = ctx.region;
    let db = ctx.db();
    db.writes += 1;
    let slot = Slot { item, write: db.writes, region: region.to_owned(), at_ms: now };
    let consistency = db.group_of(region, name).map(|group| group.consistency);
    let peers: Vec<String> = db.members(region, name).into_iter().skip(1).collect();
    let Some(table) = db.table_mut(region, name) else { return };
    let knew = table.items.get(&place).map_or(0, |slot| slot.write);
    if slot.item.is_none() && consistency.is_none() {
        table.items.remove(&place);
        return;
    }
    table.items.insert(place.clone(), slot.clone());
    for peer in peers {
        if consistency == Some(Consistency::Strong) {
            if let Some(table) = db.table_mut(&peer, name) {
                table.items.insert(place.clone(), slot.clone());
            }
            continue;
        }
        db.shipments.push(Shipment {
            table: name.to_owned(),
            from: region.to_owned(),
            to: peer,
            written_at_ms: now,
            due_at_ms: now + lag_ms,
            place: place.clone(),
            slot: slot.clone(),
            knew,
        });
    }
    if lag_ms == 0 {
        let cut_off = ctx.world.dynamodb.cut_off(&ctx.world.regions_gone);
        deliver(ctx.db(), &cut_off, now);
    }
}

/// Delivers what is due, except from or to a region that is cut off.
pub(in super::super) fn deliver(db: &mut Account, cut_off: &BTreeSet<String>, now: i64) {
    let is_due = |shipment: &Shipment| {
        shipment.due_at_ms <= now
            && !cut_off.contains(&shipment.from)
            && !cut_off.contains(&shipment.to)
    };
    let (due, waiting): (Vec<_>, Vec<_>) =
        std::mem::take(&mut db.shipments).into_iter().partition(is_due);
    db.shipments = waiting;
    for shipment in due {
        let Some(table) = db.table_mut(&shipment.to, &shipment.table) else { continue };
        let place = table.items.get(&shipment.place);
        if let Some(present) = place {
            if present.write >= shipment.slot.write {
                continue;
            }
            // What the winner had not seen is lost, though its writer was told it was stored.
            if present.write > shipment.knew {
                let lost = LostWrite {
                    table: shipment.table.clone(),
                    key: shipment.place.clone(),
                    region: present.region.clone(),
                    written_at_ms: present.at_ms,
                    won_by: shipment.slot.region.clone(),
                };
                let number = present.write;
                table.items.insert(shipment.place, shipment.slot);
                db.lost.insert(number, lost);
                continue;
            }
        }
        table.items.insert(shipment.place, shipment.slot);
    }
}
