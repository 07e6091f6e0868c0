//! Billing mode, provisioned, on-demand and warm throughput: one kind of modification.

use super::check;
use super::fault::{limit, validation};
use super::shape::{OnDemand, Throughput, UpdateTable, Warm};
use super::state::Ctx;
use super::table::{Billing, Capacity};
use crate::reply::Fault;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Decreases since midnight UTC.
pub(super) fn decreases_today(capacity: &Capacity, now: i64) -> usize {
    let midnight = now - now.rem_euclid(DAY_MS);
    capacity.decreased_at_ms.iter().filter(|at| **at >= midnight).count()
}

/// Four decreases in the first hour of the UTC day, later one in each hour, 27 in all.
fn may_decrease(what: &str, capacity: &Capacity, now: i64) -> Result<(), Fault> {
    let today = decreases_today(capacity, now);
    let first_hour = now.rem_euclid(DAY_MS) < HOUR_MS;
    let quiet = capacity.decreased_at_ms.last().is_none_or(|at| now - at >= HOUR_MS);
    let allowed = today < 27 && if first_hour { today < 4 } else { quiet };
    if allowed {
        return Ok(());
    }
    Err(limit(format!(
        "Provisioned throughput decreases are limited within a given UTC day: \
         {what} was decreased {today} times today"
    )))
}

/// What is warm: what was asked for, and never less than what AWS gives by itself.
pub(super) fn warm(capacity: &Capacity, billing: Billing) -> (i64, i64) {
    let (read, write) = match billing {
        Billing::OnDemand => (12_000, 4_000),
        Billing::Provisioned => {
            (capacity.units.read_capacity_units, capacity.units.write_capacity_units)
        }
    };
    (
        read.max(capacity.warm.read_units_per_second.unwrap_or(0)),
        write.max(capacity.warm.write_units_per_second.unwrap_or(0)),
    )
}

/// New values for one table or index.
#[derive(Clone, Default)]
struct Change {
    units: Option<Throughput>,
    on_demand: Option<OnDemand>,
    warm: Option<Warm>,
}

impl Change {
    /// Checks it against what is there; whether it changes anything.
    fn check(
        &self,
        what: &str,
        capacity: &Capacity,
        from: Billing,
        to: Billing,
        now: i64,
    ) -> Result<bool, Fault> {
        let mut changes = false;
        match (to, self.units) {
            (Billing::OnDemand, Some(_)) => {
                return Err(validation(format!(
                    "{what}: Neither ReadCapacityUnits nor WriteCapacityUnits can be specified \
                     when BillingMode is PAY_PER_REQUEST"
                )));
            }
            (Billing::Provisioned, None) if from == Billing::OnDemand => {
                return Err(validation(format!(
                    "{what}: ProvisionedThroughput must be specified for the table and each \
                     global secondary index when BillingMode is changed to PROVISIONED"
                )));
            }
            (Billing::Provisioned, Some(units)) => {
                check::throughput(what, units)?;
                if from == Billing::Provisioned {
                    let present = capacity.effective();
                    if units == present {
                        return Err(validation(format!(
                            "The provisioned throughput for {what} will not change. The requested \
                             value equals the current value: {}/{}",
                            units.read_capacity_units, units.write_capacity_units
                        )));
                    }
                    if decreases(units, present) {
                        may_decrease(what, capacity, now)?;
                    }
                }
                changes = true;
            }
            _ => {}
        }
        if let Some(ceilings) = self.on_demand {
            if to == Billing::Provisioned {
                return Err(validation(format!(
                    "{what}: OnDemandThroughput can't be specified when BillingMode is PROVISIONED"
                )));
            }
            check::on_demand(what, ceilings)?;
            changes = true;
        }
        if let Some(asked) = self.warm {
            let (read, write) = warm(capacity, from);
            let lower = asked.read_units_per_second.is_some_and(|units| units < read)
                || asked.write_units_per_second.is_some_and(|units| units < write);
            if lower {
                return Err(validation(format!(
                    "{what}: WarmThroughput can only be increased; it is {read}/{write}"
                )));
            }
            changes = true;
        }
        Ok(changes)
    }

    /// The part of it that a replica gets. `called` is the capacity of the replica that the call goes
    /// to, where that is another: what it has of its own of reads is its own to change.
    fn of_peer(mut self, called: &Capacity, from: Billing) -> PeerChange {
        let keeps_reads = from == Billing::Provisioned && called.read_override.is_some();
        if called.on_demand_read_override.is_some()
            && let Some(ceilings) = &mut self.on_demand
        {
            ceilings.max_read_request_units = None;
        }
        PeerChange { change: self, keeps_reads }
    }

    /// Through the replica that is called.
    fn apply_own(&self, capacity: &mut Capacity, from: Billing, now: i64) {
        let shared = self.clone().of_peer(capacity, from);
        if let Some(units) = self.units {
            capacity.read_override = capacity.read_override.map(|_| units.read_capacity_units);
        }
        if let Some(most) = self.on_demand.and_then(|it| it.max_read_request_units) {
            capacity.on_demand_read_override = capacity.on_demand_read_override.map(|_| most);
        }
        shared.apply(capacity, from, now);
    }

    fn apply(&self, capacity: &mut Capacity, from: Billing, now: i64) {
        if let Some(units) = self.units {
            if from == Billing::Provisioned && decreases(units, capacity.units) {
                capacity.decreased_at_ms.push(now);
            }
            if from == Billing::Provisioned && decreases(capacity.units, units) {
                capacity.increased_at_ms = Some(now);
            }
            capacity.units = units;
        }
        if let Some(ceilings) = self.on_demand {
            let on_demand = &mut capacity.on_demand;
            on_demand.max_read_request_units =
                ceilings.max_read_request_units.or(on_demand.max_read_request_units);
            on_demand.max_write_request_units =
                ceilings.max_write_request_units.or(on_demand.max_write_request_units);
        }
        if let Some(warm) = self.warm {
            let kept = &mut capacity.warm;
            kept.read_units_per_second = warm.read_units_per_second.or(kept.read_units_per_second);
            kept.write_units_per_second =
                warm.write_units_per_second.or(kept.write_units_per_second);
        }
    }
}

/// What a change through one replica is to the others.
#[derive(Clone, Default)]
struct PeerChange {
    change: Change,
    /// Reads stay as they are.
    keeps_reads: bool,
}

impl PeerChange {
    fn apply(&self, capacity: &mut Capacity, from: Billing, now: i64) {
        let mut change = self.change.clone();
        if let Some(units) = &mut change.units
            && self.keeps_reads
        {
            units.read_capacity_units = capacity.units.read_capacity_units;
        }
        change.apply(capacity, from, now);
    }
}

fn decreases(wanted: Throughput, present: Throughput) -> bool {
    wanted.read_capacity_units < present.read_capacity_units
        || wanted.write_capacity_units < present.write_capacity_units
}

pub(super) fn update(ctx: &mut Ctx<'_>, name: &str, input: &UpdateTable) -> Result<(), Fault> {
    let now = ctx.now();
    let region = ctx.region;
    let table = ctx.table(name)?;
    let from = table.billing;
    let to = match input.billing_mode.as_deref() {
        None => from,
        Some("PROVISIONED") => Billing::Provisioned,
        Some("PAY_PER_REQUEST") => Billing::OnDemand,
        Some(other) => {
            return check::one_of("billingMode", other, &["PROVISIONED", "PAY_PER_REQUEST"]);
        }
    };
    let own = Change {
        units: input.provisioned_throughput,
        on_demand: input.on_demand_throughput,
        warm: input.warm_throughput,
    };
    let mut of_indexes: Vec<(String, Change)> = Vec::new();
    for update in
        input.global_secondary_index_updates.iter().filter_map(|entry| entry.update.as_ref())
    {
        if table.index(&update.index_name).is_none() {
            return Err(super::fault::not_found(format!(
                "Requested resource not found: index {} of table {name}",
                update.index_name
            )));
        }
        of_indexes.push((
            update.index_name.clone(),
            Change {
                units: update.provisioned_throughput,
                on_demand: update.on_demand_throughput,
                warm: update.warm_throughput,
            },
        ));
    }
    let mut changes = own.check("the table", &table.capacity, from, to, now)? || from != to;
    for index in &table.indexes {
        let given = of_indexes.iter().find(|(name, _)| *name == index.spec.index_name);
        let none = Change::default();
        let change = given.map_or(&none, |(_, change)| change);
        changes |= change.check(&index.spec.index_name, &index.capacity, from, to, now)?;
    }
    if from == Billing::Provisioned && to == Billing::OnDemand {
        let recent = table.billing_switches_ms.iter().filter(|at| now - **at < DAY_MS).count();
        if recent >= 4 {
            return Err(limit(
                "Updates to PAY_PER_REQUEST mode are limited to 4 in a 24 hour window",
            ));
        }
    }
    let key = format!("{region}/{name}");
    let grouped = table.group.is_some();
    if to == Billing::Provisioned && from != to && grouped && !ctx.db().autoscaled.contains(&key) {
        return Err(super::global::needs_scaling());
    }
    if !changes {
        return Ok(());
    }
    let ready_at_ms = ctx.due("dynamodb.table.update", 10_000);
    let called = ctx.table(name)?;
    let of_peers = own.clone().of_peer(&called.capacity, from);
    let index_peers: Vec<PeerChange> = of_indexes
        .iter()
        .map(|(index, change)| match called.index(index) {
            Some(called) => change.clone().of_peer(&called.capacity, from),
            None => PeerChange::default(),
        })
        .collect();
    ctx.db().everywhere(region, name, |member, table| {
        let is_called = member == region;
        match is_called {
            true => own.apply_own(&mut table.capacity, from, now),
            false => of_peers.apply(&mut table.capacity, from, now),
        }
        for ((index, change), of_peers) in of_indexes.iter().zip(&index_peers) {
            let Some(index) = table.index_mut(index) else { continue };
            match is_called {
                true => change.apply_own(&mut index.capacity, from, now),
                false => of_peers.apply(&mut index.capacity, from, now),
            }
        }
        if from != to {
            table.billing = to;
            if to == Billing::OnDemand {
                table.on_demand_since_ms = Some(now);
                table.billing_switches_ms.push(now);
            }
        }
        table.begin_update(ready_at_ms);
    });
    Ok(())
}
