//! `TableDescription`, as it reads from one region.

use serde_json::{Map, Value, json};

use super::global::{Consistency, Group};
use super::shape::OnDemand;
use super::state::{Account, Ctx};
use super::table::{Billing, Capacity, Index, Status, Table};
use crate::reply::Fault;

/// An answer that holds the table's description under `member`.
pub(super) fn described(ctx: &mut Ctx<'_>, name: &str, member: &str) -> Result<Value, Fault> {
    let now = ctx.now();
    let region = ctx.region;
    // A table that is not visible yet is still described to the call that made it.
    if member == "Table" {
        ctx.table(name)?;
    }
    let db = ctx.db();
    let table = db.table(region, name).map(|table| describe(db, table, region, now));
    Ok(json!({ member: table }))
}

/// Seconds since 1970, as awsJson writes times.
pub(super) fn seconds(ms: i64) -> Value {
    json!(ms as f64 / 1000.0)
}

fn on_demand(ceilings: OnDemand, read_override: Option<i64>) -> Option<Value> {
    let read = read_override.or(ceilings.max_read_request_units).filter(|units| *units != -1);
    let write = ceilings.max_write_request_units.filter(|units| *units != -1);
    if read.is_none() && write.is_none() {
        return None;
    }
    Some(json!({
        "MaxReadRequestUnits": read.unwrap_or(-1),
        "MaxWriteRequestUnits": write.unwrap_or(-1),
    }))
}

/// `ProvisionedThroughput`, `OnDemandThroughput` and `WarmThroughput`.
fn capacity(
    into: &mut Map<String, Value>,
    capacity: &Capacity,
    billing: Billing,
    status: Status,
    now: i64,
) {
    let (read, write) = match billing {
        Billing::OnDemand => (0, 0),
        Billing::Provisioned => (
            capacity.read_override.unwrap_or(capacity.units.read_capacity_units),
            capacity.units.write_capacity_units,
        ),
    };
    let mut units = json!({
        "NumberOfDecreasesToday": super::capacity::decreases_today(capacity, now),
        "ReadCapacityUnits": read,
        "WriteCapacityUnits": write,
    });
    if let Some(at) = capacity.increased_at_ms {
        units["LastIncreaseDateTime"] = seconds(at);
    }
    if let Some(at) = capacity.decreased_at_ms.last() {
        units["LastDecreaseDateTime"] = seconds(*at);
    }
    into.insert("ProvisionedThroughput".into(), units);
    if let Some(ceilings) = on_demand(capacity.on_demand, capacity.on_demand_read_override) {
        into.insert("OnDemandThroughput".into(), ceilings);
    }
    let (read, write) = super::capacity::warm(capacity, billing);
    into.insert(
        "WarmThroughput".into(),
        json!({
            "ReadUnitsPerSecond": read,
            "WriteUnitsPerSecond": write,
            "Status": if status == Status::Active { "ACTIVE" } else { "UPDATING" },
        }),
    );
}

fn index(table: &Table, index: &Index, now: i64) -> Value {
    let mut document = Map::new();
    document.insert("IndexName".into(), json!(index.spec.index_name));
    document.insert("KeySchema".into(), json!(index.spec.key_schema));
    document.insert("Projection".into(), json!(index.spec.projection));
    document.insert("IndexStatus".into(), json!(index.status.name()));
    if index.status == Status::Creating && table.status != Status::Creating {
        document.insert("Backfilling".into(), json!(index.backfill_at_ms <= now));
    }
    capacity(&mut document, &index.capacity, table.billing, index.status, now);
    let (count, bytes) = super::items::read::index_size(table, &index.spec);
    document.insert("IndexSizeBytes".into(), json!(bytes));
    document.insert("ItemCount".into(), json!(count));
    document
        .insert("IndexArn".into(), json!(format!("{}/index/{}", table.arn, index.spec.index_name)));
    Value::Object(document)
}

fn replica(db: &Account, group: &Group, region: &str, name: &str, now: i64) -> Value {
    let mut document = Map::new();
    document.insert("RegionName".into(), json!(region));
    let Some(member) = group.members.get(region) else { return Value::Object(document) };
    document.insert("ReplicaStatus".into(), json!(member.status_name()));
    if let Some(progress) = member.progress(now) {
        document.insert("ReplicaStatusPercentProgress".into(), json!(progress));
    }
    if let Some(lost) = &member.inaccessible {
        document.insert("ReplicaInaccessibleDateTime".into(), seconds(lost.since_ms));
        document.insert("ReplicaStatusDescription".into(), json!(lost.cause));
    }
    let Some(table) = db.table(region, name) else { return Value::Object(document) };
    document.insert("ReplicaArn".into(), json!(table.arn));
    if let Some(sse) = &table.sse {
        document.insert("KMSMasterKeyId".into(), json!(sse.key_arn));
    }
    if let Some(units) = table.capacity.read_override {
        document
            .insert("ProvisionedThroughputOverride".into(), json!({ "ReadCapacityUnits": units }));
    }
    if let Some(units) = table.capacity.on_demand_read_override {
        document
            .insert("OnDemandThroughputOverride".into(), json!({ "MaxReadRequestUnits": units }));
    }
    let (read, write) = super::capacity::warm(&table.capacity, table.billing);
    document.insert(
        "WarmThroughput".into(),
        json!({ "ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": "ACTIVE" }),
    );
    if !table.indexes.is_empty() {
        let indexes = table.indexes.iter().map(|index| {
            let mut document = json!({ "IndexName": index.spec.index_name });
            if let Some(units) = index.capacity.read_override {
                document["ProvisionedThroughputOverride"] = json!({ "ReadCapacityUnits": units });
            }
            if let Some(units) = index.capacity.on_demand_read_override {
                document["OnDemandThroughputOverride"] = json!({ "MaxReadRequestUnits": units });
            }
            document
        });
        document.insert("GlobalSecondaryIndexes".into(), indexes.collect());
    }
    if let Some(class) = &table.class {
        document.insert("ReplicaTableClassSummary".into(), json!({ "TableClass": class }));
    }
    document.insert("GlobalTableSettingsReplicationMode".into(), json!("ENABLED_WITH_OVERRIDES"));
    Value::Object(document)
}

/// What `DescribeTable` in `region` says.
pub(super) fn describe(db: &Account, table: &Table, region: &str, now: i64) -> Value {
    let mut document = Map::new();
    let (count, bytes) = super::items::read::table_size(table);
    document.insert("AttributeDefinitions".into(), json!(table.attributes));
    document.insert("TableName".into(), json!(table.name));
    document.insert("KeySchema".into(), json!(table.key_schema));
    document.insert("TableStatus".into(), json!(table.status.name()));
    document.insert("CreationDateTime".into(), seconds(table.created_at_ms));
    document.insert("TableSizeBytes".into(), json!(bytes));
    document.insert("ItemCount".into(), json!(count));
    document.insert("TableArn".into(), json!(table.arn));
    document.insert("TableId".into(), json!(table.id));
    capacity(&mut document, &table.capacity, table.billing, table.status, now);
    if let Some(since) = table.on_demand_since_ms {
        let mode = match table.billing {
            Billing::OnDemand => "PAY_PER_REQUEST",
            Billing::Provisioned => "PROVISIONED",
        };
        document.insert(
            "BillingModeSummary".into(),
            json!({ "BillingMode": mode, "LastUpdateToPayPerRequestDateTime": seconds(since) }),
        );
    }
    if !table.local_indexes.is_empty() {
        let indexes = table.local_indexes.iter().map(|index| {
            let (count, bytes) = super::items::read::index_size(table, index);
            json!({
                "IndexName": index.index_name,
                "KeySchema": index.key_schema,
                "Projection": index.projection,
                "IndexSizeBytes": bytes,
                "ItemCount": count,
                "IndexArn": format!("{}/index/{}", table.arn, index.index_name),
            })
        });
        document.insert("LocalSecondaryIndexes".into(), indexes.collect());
    }
    if !table.indexes.is_empty() {
        let indexes = table.indexes.iter().map(|entry| index(table, entry, now));
        document.insert("GlobalSecondaryIndexes".into(), indexes.collect());
    }
    if let Some(view) = &table.stream {
        document.insert(
            "StreamSpecification".into(),
            json!({ "StreamEnabled": true, "StreamViewType": view }),
        );
    }
    if let Some(label) = &table.stream_label {
        document.insert("LatestStreamLabel".into(), json!(label));
        document.insert("LatestStreamArn".into(), json!(format!("{}/stream/{label}", table.arn)));
    }
    if let Some(sse) = &table.sse {
        document.insert(
            "SSEDescription".into(),
            json!({ "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": sse.key_arn }),
        );
    }
    if let Some(class) = &table.class {
        document.insert("TableClassSummary".into(), json!({ "TableClass": class }));
    }
    document.insert("DeletionProtectionEnabled".into(), json!(table.deletion_protection));
    if let Some(group) = db.group_of(region, &table.name) {
        let peers = group.members.keys().filter(|peer| *peer != region);
        document.insert(
            "Replicas".into(),
            peers.map(|peer| replica(db, group, peer, &table.name, now)).collect(),
        );
        document.insert("GlobalTableVersion".into(), json!("2019.11.21"));
        document
            .insert("GlobalTableSettingsReplicationMode".into(), json!("ENABLED_WITH_OVERRIDES"));
        match group.consistency {
            Consistency::Eventual => {
                document.insert("MultiRegionConsistency".into(), json!("EVENTUAL"));
                document.insert(
                    "DisassociationProtectionEnabled".into(),
                    json!(table.disassociation_protection),
                );
            }
            Consistency::Strong => {
                document.insert("MultiRegionConsistency".into(), json!("STRONG"));
            }
        }
        if let Some(witness) = &group.witness {
            document.insert(
                "GlobalTableWitnesses".into(),
                json!([{ "RegionName": witness.region, "WitnessStatus": witness.status.name() }]),
            );
        }
    }
    Value::Object(document)
}
