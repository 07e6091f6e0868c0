//! What happens by itself as time passes.

use super::items::replication;
use super::state::Account;
use super::table::Status;
use crate::world::World;

/// How long the service keeps a replica that it can't reach.
const INACCESSIBLE_MS: i64 = 20 * 3_600_000;

pub(super) fn settle(world: &mut World) {
    let now = world.now_ms;
    let patience_ms = world.duration_ms("dynamodb.replica.inaccessible", INACCESSIBLE_MS);
    let cut_off = world.dynamodb.cut_off(&world.regions_gone);
    for db in world.dynamodb.accounts.values_mut() {
        replication::deliver(db, &cut_off, now);
        groups(db, now, patience_ms);
        tables(db, now);
    }
}

/// Replicas become active, go, or are given up.
fn groups(db: &mut Account, now: i64, patience_ms: i64) {
    let mut over = Vec::new();
    for (id, group) in &mut db.groups {
        let name = &group.name;
        let shipments = &db.shipments;
        let mut left = Vec::new();
        for (region, member) in &mut group.members {
            let given_up =
                member.inaccessible.as_ref().is_some_and(|lost| now - lost.since_ms >= patience_ms);
            // A replica leaves only when nothing is under way to it or from it.
            let under_way = shipments.iter().any(|shipment| {
                shipment.table == *name && (shipment.to == *region || shipment.from == *region)
            });
            if given_up {
                left.push((region.clone(), false));
            } else if member.ready_at_ms <= now {
                match member.status {
                    Status::Deleting => left.push((region.clone(), true)),
                    Status::Updating if member.leaving => {
                        if !under_way {
                            left.push((region.clone(), false));
                        }
                    }
                    _ => member.status = Status::Active,
                }
            }
        }
        for (region, with_table) in left {
            group.members.remove(&region);
            if let Some(tables) = db.tables.get_mut(&region) {
                if with_table {
                    tables.remove(name);
                } else if let Some(table) = tables.get_mut(name) {
                    table.group = None;
                }
            }
            db.shipments.retain(|shipment| shipment.table != *name || shipment.to != region);
        }
        if let Some(witness) = &mut group.witness
            && witness.ready_at_ms <= now
        {
            if witness.status == Status::Deleting {
                group.witness = None;
            } else {
                witness.status = Status::Active;
            }
        }
        if group.members.len() < 2 && group.witness.is_none() {
            over.push((id.clone(), name.clone(), group.members.keys().next().cloned()));
        }
    }
    for (id, name, last) in over {
        db.groups.remove(&id);
        if let Some(table) = last.and_then(|region| db.table_mut(&region, &name)) {
            table.group = None;
            table.source_at_ms = None;
        }
    }
}

fn tables(db: &mut Account, now: i64) {
    // A table waits for the replica that leaves, however long its last writes take.
    let leaving: Vec<(String, String)> = db
        .groups
        .values()
        .filter(|group| group.members.values().any(|member| member.leaving))
        .flat_map(|group| group.members.keys().map(|region| (region.clone(), group.name.clone())))
        .collect();
    for (region, tables) in &mut db.tables {
        tables.retain(|_, table| table.status != Status::Deleting || table.ready_at_ms > now);
        for table in tables.values_mut() {
            let waits = leaving.iter().any(|(at, name)| at == region && *name == table.name);
            if table.ready_at_ms <= now && !waits {
                table.status = Status::Active;
            }
            table
                .indexes
                .retain(|index| index.status != Status::Deleting || index.ready_at_ms > now);
            for index in &mut table.indexes {
                if index.ready_at_ms <= now {
                    index.status = Status::Active;
                }
            }
            drop_unused_attributes(table);
        }
    }
}

/// The definitions of a deleted index's keys go with it.
fn drop_unused_attributes(table: &mut super::table::Table) {
    let (schema, local, indexes) = (&table.key_schema, &table.local_indexes, &table.indexes);
    table.attributes.retain(|attribute| {
        schema
            .iter()
            .chain(local.iter().flat_map(|index| &index.key_schema))
            .chain(indexes.iter().flat_map(|index| &index.spec.key_schema))
            .any(|element| element.attribute_name == attribute.attribute_name)
    });
}
