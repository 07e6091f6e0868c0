//! Global tables (version 2019.11.21): a table and its peers of the same name in other regions.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::create::{may_change, protected};
use super::fault::{in_use, validation};
use super::shape::{Disassociate, OnDemand, ReplicaSpec, ReplicaUpdate, UpdateTable};
use super::state::Ctx;
use super::table::{Billing, Sse, Status, Table};
use super::{check, sse, strong};
use crate::reply::Fault;

/// How replicas agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Consistency {
    /// Copied after a lag; the last writer wins.
    Eventual,
    /// Every write is everywhere before it is acknowledged.
    Strong,
}

/// The peers of one global table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) consistency: Consistency,
    /// By region.
    pub(super) members: BTreeMap<String, Member>,
    pub(super) witness: Option<Witness>,
}

impl Group {
    pub(super) fn is_eventual(&self) -> bool {
        self.consistency == Consistency::Eventual
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) status: Status,
    pub(super) started_at_ms: i64,
    pub(super) ready_at_ms: i64,
    /// It leaves the group and keeps its data.
    pub(super) leaving: bool,
    pub(super) inaccessible: Option<Inaccessible>,
}

/// Why the service cannot reach a replica.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Inaccessible {
    pub(super) status: String,
    pub(super) cause: String,
    pub(super) since_ms: i64,
}

impl Member {
    pub(super) fn active(now: i64) -> Self {
        Self {
            status: Status::Active,
            started_at_ms: now,
            ready_at_ms: now,
            leaving: false,
            inaccessible: None,
        }
    }

    pub(super) fn begin(&mut self, status: Status, now: i64, ready_at_ms: i64) {
        self.status = status;
        self.started_at_ms = now;
        self.ready_at_ms = ready_at_ms;
    }

    pub(super) fn status_name(&self) -> String {
        match &self.inaccessible {
            Some(lost) => lost.status.clone(),
            None => self.status.name().to_owned(),
        }
    }

    /// How much of a new replica is copied, in percent.
    pub(super) fn progress(&self, now: i64) -> Option<String> {
        let whole = (self.ready_at_ms - self.started_at_ms).max(1);
        (self.status == Status::Creating)
            .then(|| ((now - self.started_at_ms) * 100 / whole).clamp(0, 100).to_string())
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Witness {
    pub(super) region: String,
    pub(super) status: Status,
    pub(super) ready_at_ms: i64,
}

/// The refusal of provisioned capacity without automatic scaling of writes.
pub(super) fn needs_scaling() -> Fault {
    validation(
        "The write capacity of a table with replicas should either be Pay-Per-Request or \
         AutoScaled",
    )
}

/// `UpdateTable.ReplicaUpdates`.
pub(super) fn update(ctx: &mut Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    for entry in &input.replica_updates {
        let given = [
            entry.create.is_some(),
            entry.update.is_some(),
            entry.delete.is_some(),
            entry.disassociate.is_some(),
        ];
        if given.iter().filter(|given| **given).count() != 1 {
            return Err(validation(
                "Each ReplicaUpdate has exactly one action; there were no actions specified, or \
                 several",
            ));
        }
    }
    if let Some(mode) = &input.multi_region_consistency {
        check::one_of("multiRegionConsistency", mode, &["EVENTUAL", "STRONG"])?;
        if !input.replica_updates.iter().any(|entry| entry.create.is_some()) {
            return Err(validation(
                "MultiRegionConsistency can only be given together with the creation of replicas",
            ));
        }
    }
    let region = ctx.region;
    let strong = ctx.db().group_of(region, name).is_some_and(|group| !group.is_eventual());
    let wants_strong = input.multi_region_consistency.as_deref() == Some("STRONG");
    if strong || wants_strong || !input.global_table_witness_updates.is_empty() {
        return strong::update(ctx, name, input);
    }
    let [entry] = &input.replica_updates[..] else {
        return Err(validation("Only one replica can be created, updated or deleted at a time"));
    };
    one(ctx, name, entry)
}

/// One action on one replica.
pub(super) fn one(ctx: &mut Ctx<'_>, name: &str, entry: &ReplicaUpdate) -> Result<(), Fault> {
    if let Some(spec) = &entry.create {
        create(ctx, name, spec)
    } else if let Some(spec) = &entry.update {
        update_replica(ctx, name, spec)
    } else if let Some(target) = &entry.delete {
        delete(ctx, name, &target.region_name)
    } else if let Some(action) = &entry.disassociate {
        disassociate(ctx, name, action)
    } else {
        Err(validation("There were no actions specified"))
    }
}

/// The called region is not managed through `ReplicaUpdates`.
pub(super) fn not_local(ctx: &Ctx<'_>, region: &str) -> Result<(), Fault> {
    if region == ctx.region {
        return Err(validation(
            "Cannot add, delete, or update the local region through ReplicaUpdates. \
             Use CreateTable, DeleteTable, or UpdateTable as required.",
        ));
    }
    Ok(())
}

/// No replica comes or goes while anything else changes, an index included.
pub(super) fn must_be_settled(ctx: &Ctx<'_>, name: &str) -> Result<(), Fault> {
    ctx.all_must_be_idle(name)?;
    if ctx.table(name)?.index_busy() {
        return Err(in_use(format!(
            "Attempt to change a resource which is still in use: \
             An index of table {name} is being created or deleted"
        )));
    }
    Ok(())
}

/// What can be said against a new replica, and how it would be encrypted.
pub(super) fn may_create(
    ctx: &mut Ctx<'_>,
    name: &str,
    spec: &ReplicaSpec,
) -> Result<Option<Sse>, Fault> {
    let target = &spec.region_name;
    let shape: Vec<&str> = target.split('-').collect();
    let known = shape.len() >= 3
        && shape.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if !known {
        return Err(validation(format!("Unsupported Region: {target}")));
    }
    not_local(ctx, target)?;
    if ctx.db().table(target, name).is_some() {
        return Err(validation(format!(
            "Failed to create the new replica of table {name}: \
             one or more replicas already exist as tables: [{target}]"
        )));
    }
    let key = format!("{}/{name}", ctx.region);
    let scaled = ctx.db().autoscaled.contains(&key);
    let table = ctx.table(name)?;
    if table.billing == Billing::Provisioned && !scaled {
        return Err(needs_scaling());
    }
    let sse = sse::of_replica(ctx, table.sse.as_ref(), target, spec.kms_master_key_id.as_deref())?;
    may_override(table, spec)?;
    may_change(ctx.db(), target)?;
    Ok(sse)
}

/// Whether a replica may have what `spec` says instead of what its peers have.
fn may_override(table: &Table, spec: &ReplicaSpec) -> Result<(), Fault> {
    let mut overrides =
        vec![(spec.provisioned_throughput_override, spec.on_demand_throughput_override)];
    for index in &spec.global_secondary_indexes {
        if table.index(&index.index_name).is_none() {
            return Err(validation(format!(
                "Index {} was not found on table {}",
                index.index_name, table.name
            )));
        }
        overrides
            .push((index.provisioned_throughput_override, index.on_demand_throughput_override));
    }
    for (provisioned, on_demand) in overrides {
        if provisioned.is_some_and(|it| it.read_capacity_units < 1) {
            return Err(validation(
                "1 validation error detected: Value at 'provisionedThroughputOverride.\
                 readCapacityUnits' failed to satisfy constraint: Member must have value greater \
                 than or equal to 1",
            ));
        }
        if let Some(own) = on_demand {
            let ceilings = OnDemand {
                max_read_request_units: Some(own.max_read_request_units),
                ..OnDemand::default()
            };
            check::on_demand("OnDemandThroughputOverride", ceilings)?;
        }
        if provisioned.is_some() && table.billing == Billing::OnDemand {
            return Err(validation(
                "ProvisionedThroughputOverride can't be specified when BillingMode is \
                 PAY_PER_REQUEST",
            ));
        }
        if on_demand.is_some() && table.billing == Billing::Provisioned {
            return Err(validation(
                "OnDemandThroughputOverride can't be specified when BillingMode is PROVISIONED",
            ));
        }
    }
    match &spec.table_class_override {
        Some(class) => check::table_class(class),
        None => Ok(()),
    }
}

/// Writes the overrides into the replica; whether any differs from what was there.
fn apply_overrides(table: &mut Table, spec: &ReplicaSpec) -> bool {
    let mut changed = false;
    let mut set = |place: &mut Option<i64>, wanted: Option<i64>| {
        if wanted.is_some() && *place != wanted {
            *place = wanted;
            changed = true;
        }
    };
    let read = |units: Option<super::shape::ReadOverride>| units.map(|u| u.read_capacity_units);
    let ceiling =
        |units: Option<super::shape::OnDemandOverride>| units.map(|u| u.max_read_request_units);
    set(&mut table.capacity.read_override, read(spec.provisioned_throughput_override));
    set(&mut table.capacity.on_demand_read_override, ceiling(spec.on_demand_throughput_override));
    for given in &spec.global_secondary_indexes {
        if let Some(index) = table.index_mut(&given.index_name) {
            set(&mut index.capacity.read_override, read(given.provisioned_throughput_override));
            set(
                &mut index.capacity.on_demand_read_override,
                ceiling(given.on_demand_throughput_override),
            );
        }
    }
    if let Some(class) = &spec.table_class_override {
        if table.class.as_ref().map_or("STANDARD", String::as_str) != class {
            changed = true;
        }
        table.class = Some(class.clone());
        table.class_overridden = true;
    }
    changed
}

fn create(ctx: &mut Ctx<'_>, name: &str, spec: &ReplicaSpec) -> Result<(), Fault> {
    let sse = may_create(ctx, name, spec)?;
    if ctx.table(name)?.stream.as_deref() != Some("NEW_AND_OLD_IMAGES") {
        return Err(validation(
            "Table must have DynamoDB Streams enabled with StreamViewType NEW_AND_OLD_IMAGES \
             to have replicas",
        ));
    }
    must_be_settled(ctx, name)?;
    let ready_at_ms = ctx.due("dynamodb.replica.create", 300_000);
    add(ctx, name, spec, sse, Consistency::Eventual, ready_at_ms);
    Ok(())
}

/// Makes the replica's table, with a copy of the items, and enters it into the group.
pub(super) fn add(
    ctx: &mut Ctx<'_>,
    name: &str,
    spec: &ReplicaSpec,
    sse: Option<Sse>,
    consistency: Consistency,
    ready_at_ms: i64,
) {
    let now = ctx.now();
    let region = ctx.region;
    let target = spec.region_name.clone();
    let arn = Table::arn(ctx.account, &target, name);
    let id = ctx.world.fresh_uuid();
    let group_id = match ctx.db().table(region, name).and_then(|table| table.group.clone()) {
        Some(group_id) => group_id,
        None => ctx.world.fresh_uuid(),
    };
    let db = ctx.db();
    let Some(source) = db.table_mut(region, name) else { return };
    if source.group.replace(group_id.clone()).is_none() {
        source.disassociation_protection = true;
    }
    source.source_at_ms = Some(now);
    let mut table = source.replica(arn, id, now, ready_at_ms);
    table.sse = sse;
    if let Some(view) = table.stream.take() {
        table.open_stream(&view, now);
    }
    apply_overrides(&mut table, spec);
    db.tables.entry(target.clone()).or_default().insert(name.to_owned(), table);
    let group = db.groups.entry(group_id).or_insert_with(|| Group {
        name: name.to_owned(),
        consistency,
        members: BTreeMap::from([(region.to_owned(), Member::active(now))]),
        witness: None,
    });
    let mut member = Member::active(now);
    member.begin(Status::Creating, now, ready_at_ms);
    group.members.insert(target.clone(), member);
    db.everywhere(region, name, |member, table| {
        if member != target && table.status != Status::Creating {
            table.begin_update(ready_at_ms);
        }
    });
}

/// The replica must be a member; the refusal says that it was not found.
pub(super) fn must_be_member(ctx: &mut Ctx<'_>, name: &str, target: &str) -> Result<(), Fault> {
    let region = ctx.region;
    if ctx.db().group_of(region, name).is_some_and(|group| group.members.contains_key(target)) {
        return Ok(());
    }
    Err(validation(format!("Replica of table {name} in {target} was not found")))
}

fn update_replica(ctx: &mut Ctx<'_>, name: &str, spec: &ReplicaSpec) -> Result<(), Fault> {
    let target = &spec.region_name;
    not_local(ctx, target)?;
    must_be_member(ctx, name, target)?;
    may_override(ctx.table(name)?, spec)?;
    let own_key = ctx.table(name)?.sse.as_ref().is_some_and(|sse| !sse.managed);
    if let Some(key) = &spec.kms_master_key_id {
        let wanted = sse::customer(ctx, target, key)?;
        let present = ctx.db().table(target, name).and_then(|table| table.sse.clone());
        if present != Some(wanted) {
            return Err(validation(format!(
                "The KMSMasterKeyId of the replica in {target} cannot be changed: \
                 delete the replica and create it again"
            )));
        }
    }
    must_be_settled(ctx, name)?;
    let now = ctx.now();
    let ready_at_ms = ctx.due("dynamodb.replica.update", 30_000);
    let region = ctx.region;
    let db = ctx.db();
    let changed = db.table_mut(target, name).is_some_and(|table| apply_overrides(table, spec));
    if !changed {
        return Err(validation(if own_key {
            "KMSMasterKeyId must be specified for each replica".to_owned()
        } else {
            format!("There were no actions specified for the replica in {target}")
        }));
    }
    let group_id = db.table(region, name).and_then(|table| table.group.clone());
    if let Some(group) = group_id.and_then(|id| db.groups.get_mut(&id))
        && let Some(member) = group.members.get_mut(target)
    {
        member.begin(Status::Updating, now, ready_at_ms);
    }
    for region in [region, target] {
        if let Some(table) = db.table_mut(region, name) {
            table.begin_update(ready_at_ms);
        }
    }
    Ok(())
}

/// Whether this replica may be deleted now.
pub(super) fn may_delete(ctx: &mut Ctx<'_>, name: &str, target: &str) -> Result<(), Fault> {
    let now = ctx.now();
    let day_ms = ctx.world.duration_ms("dynamodb.replica.source", 86_400_000);
    let Some(table) = ctx.db().table(target, name) else { return Ok(()) };
    if table.deletion_protection {
        return Err(protected());
    }
    if table.source_at_ms.is_some_and(|at| now - at < day_ms) {
        return Err(validation(format!(
            "Replica in {target} cannot be deleted because it has acted as a source region for \
             new replica(s) being added to the table in the last 24 hours."
        )));
    }
    Ok(())
}

fn delete(ctx: &mut Ctx<'_>, name: &str, target: &str) -> Result<(), Fault> {
    not_local(ctx, target)?;
    must_be_member(ctx, name, target)?;
    must_be_settled(ctx, name)?;
    may_delete(ctx, name, target)?;
    let ready_at_ms = ctx.due("dynamodb.replica.delete", 120_000);
    remove(ctx, name, target, ready_at_ms);
    Ok(())
}

/// Starts the end of a replica and its table.
pub(super) fn remove(ctx: &mut Ctx<'_>, name: &str, target: &str, ready_at_ms: i64) {
    let now = ctx.now();
    let region = ctx.region;
    let db = ctx.db();
    let group_id = db.table(region, name).and_then(|table| table.group.clone());
    if let Some(group) = group_id.and_then(|id| db.groups.get_mut(&id))
        && let Some(member) = group.members.get_mut(target)
    {
        member.begin(Status::Deleting, now, ready_at_ms);
    }
    db.everywhere(region, name, |member, table| {
        if member == target {
            table.status = Status::Deleting;
            table.ready_at_ms = ready_at_ms;
        } else if table.status != Status::Deleting {
            table.begin_update(ready_at_ms);
        }
    });
}

/// `DeleteTable` of a table that has peers.
pub(super) fn delete_own(ctx: &mut Ctx<'_>, name: &str) -> Result<(), Fault> {
    let region = ctx.region;
    if !ctx.db().group_of(region, name).is_some_and(Group::is_eventual) {
        return Err(validation(
            "A table with multi-Region strong consistency cannot be deleted while it has \
             replicas or a witness: delete those first",
        ));
    }
    may_delete(ctx, name, region)?;
    must_be_settled(ctx, name)?;
    let ready_at_ms = ctx.due("dynamodb.replica.delete", 120_000);
    remove(ctx, name, region, ready_at_ms);
    Ok(())
}

fn disassociate(ctx: &mut Ctx<'_>, name: &str, action: &Disassociate) -> Result<(), Fault> {
    check::one_of("disassociationMode", &action.disassociation_mode, &["WAIT_FOR_REPLICATION"])?;
    if action.region_name != ctx.region {
        return Err(validation(format!(
            "A replica is disassociated through its own region: call {} instead of {}",
            action.region_name, ctx.region
        )));
    }
    let region = ctx.region;
    must_be_member(ctx, name, region)?;
    if ctx.table(name)?.disassociation_protection {
        return Err(validation(
            "Replica cannot be disassociated: disassociation protection is enabled",
        ));
    }
    must_be_settled(ctx, name)?;
    let now = ctx.now();
    let ready_at_ms = ctx.due("dynamodb.replica.disassociate", 60_000);
    let db = ctx.db();
    let group_id = db.table(region, name).and_then(|table| table.group.clone());
    if let Some(group) = group_id.and_then(|id| db.groups.get_mut(&id))
        && let Some(member) = group.members.get_mut(region)
    {
        member.begin(Status::Updating, now, ready_at_ms);
        member.leaving = true;
    }
    db.everywhere(region, name, |_, table| table.begin_update(ready_at_ms));
    Ok(())
}
