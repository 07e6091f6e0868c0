//! What to do next with a table: pure.
//!
//! One structural change at a time, each waited for. Replicas go first; then capacity, stream,
//! encryption, class and indexes, which reach every replica; then replicas come; then what each
//! replica has of its own: reads, protection, recovery, tags, policy, and what has an API of its own.

mod absent;
mod capacity;
mod each;
mod own_apis;
mod shared;

use std::collections::BTreeSet;

use bicoastal_model::{Region, Snapshot, Status};
use serde_json::Value;

use super::Table;
use super::call::{TableCall, TableModification as Modify};
use super::facts::Facts;
use super::insights::{InsightsFacts, InsightsMode};
use crate::kind::{Next, Turn, TurnGoal};

type Step = Next<TableCall>;

pub(super) fn step(turn: &Turn<'_, Table>) -> Step {
    match &turn.goal {
        TurnGoal::Present { wanted, props, .. } => {
            let regions = regions(props);
            match turn.seen {
                None => create(wanted, &regions),
                Some(seen) => {
                    Present { turn, wanted, props, regions, facts: Facts::of(seen) }.step()
                }
            }
        }
        TurnGoal::Absent { applied, lift_guards } => match turn.seen {
            None => Next::Done,
            Some(seen) => absent::absent(turn, seen, applied, *lift_guards),
        },
    }
}

/// What a call has made of the table, where DynamoDB does that at once; and that it is at work,
/// where it is not.
pub(super) fn after(turn: &Turn<'_, Table>, call: &TableCall) -> Option<Snapshot> {
    let mut seen = turn.seen?.clone();
    let mut facts = Facts::of(&seen);
    match call {
        TableCall::Backups { region, recovery } => {
            facts.members.get_mut(region)?.recovery = Some(*recovery);
        }
        TableCall::Tag { region, tags, .. } => {
            facts.members.get_mut(region)?.tags.extend(tags.clone());
        }
        TableCall::Untag { region, keys, .. } => {
            facts.members.get_mut(region)?.tags.retain(|key, _| !keys.contains(key));
        }
        TableCall::Insights { region, index, mode } => {
            let member = facts.members.get_mut(region)?;
            let status = if *mode == InsightsMode::Off { "DISABLING" } else { "ENABLING" };
            let set = InsightsFacts { mode: *mode, status: status.to_owned(), failure: None };
            match index {
                None => member.insights = Some(set),
                Some(index) => {
                    member.index_insights.insert(index.clone(), set);
                }
            }
        }
        // Which key it is afterwards is to be asked.
        TableCall::Update { change: Modify::Encryption { .. }, .. } => return None,
        TableCall::Update { via, .. } => {
            seen.status = Status::Busy(format!("table UPDATING in {via}"));
        }
        TableCall::Create { .. }
        | TableCall::TimeToLive { .. }
        | TableCall::PutPolicy { .. }
        | TableCall::DeletePolicy { .. }
        | TableCall::EnableKinesis { .. }
        | TableCall::UpdateKinesis { .. }
        | TableCall::DisableKinesis { .. }
        | TableCall::Delete { .. } => return None,
    }
    seen.facts = facts.into_map();
    Some(seen)
}

/// The member regions that properties name.
fn regions(props: &Value) -> BTreeSet<Region> {
    let listed = props.get("regions").and_then(Value::as_array);
    let codes = listed.into_iter().flatten().filter_map(Value::as_str);
    codes.filter_map(|code| code.parse().ok()).collect()
}

fn create(wanted: &Table, regions: &BTreeSet<Region>) -> Step {
    match regions.first() {
        Some(region) => {
            Next::Call(TableCall::Create { region: *region, table: Box::new(wanted.clone()) })
        }
        None => Next::refuse(
            "the table has no region",
            "this is a defect of the planner; please report it",
        ),
    }
}

/// Waits for what AWS is doing; the patience is what such a thing may take.
fn wait(word: &str) -> Step {
    let (poll, patience) = match word.split(' ').next() {
        Some("replica") => (15, 3600),
        Some("index") => (15, 6 * 3600),
        Some("insights" | "kinesis") => (5, 1800),
        Some("time") => (60, 7200),
        _ => (5, 3600),
    };
    Next::wait(word, poll, patience)
}

fn update(via: Region, change: Modify) -> Option<Step> {
    Some(Next::Call(TableCall::Update { via, change }))
}

/// A table that is there and is to be like this.
struct Present<'t, 'a> {
    turn: &'t Turn<'a, Table>,
    wanted: &'t Table,
    props: &'t Value,
    /// Ours and others'.
    regions: BTreeSet<Region>,
    facts: Facts,
}

impl Present<'_, '_> {
    fn step(&self) -> Step {
        if let Some(word) = self.turn.busy() {
            return wait(word);
        }
        if let Some(word) = self.turn.failed() {
            return Next::refuse(
                format!("the table is {word}"),
                "see what DynamoDB says about it in the console, mend that, and run again",
            );
        }
        if let Some(clash) = self.clash() {
            return clash;
        }
        let Some(home) = self.home() else {
            return Next::refuse(
                "no replica of the table in a region of the program answers",
                "wait until one of its regions is back",
            );
        };
        self.narrow(home)
            .or_else(|| self.throughput(home))
            .or_else(|| self.ceilings())
            .or_else(|| self.warm(home))
            .or_else(|| self.stream(home))
            .or_else(|| self.encryption(home))
            .or_else(|| self.classes(home))
            .or_else(|| self.indexes(home))
            .or_else(|| self.widen(home))
            .or_else(|| self.own_reads(home))
            .or_else(|| self.each_replica())
            .or_else(|| self.time_to_live(home))
            .or_else(|| self.at_fault())
            .unwrap_or(Next::Done)
    }

    /// The replica through which shared settings are changed: one that stays, and answers.
    fn home(&self) -> Option<Region> {
        let mut members = self.facts.members.keys();
        members
            .clone()
            .find(|region| self.regions.contains(*region) && !self.leaving().contains(*region))
            .or_else(|| members.next())
            .copied()
    }

    /// Our replicas in regions that the program no longer names.
    fn leaving(&self) -> Vec<Region> {
        self.turn
            .changes("regions")
            .filter(|change| change.after.is_null())
            .filter_map(|change| change.before.as_str()?.parse().ok())
            .collect()
    }

    /// Regions that have no replica yet.
    fn coming(&self) -> Vec<Region> {
        self.regions.difference(&self.facts.group).copied().collect()
    }

    /// What can't be mended by a call of ours.
    fn clash(&self) -> Option<Step> {
        let name = self.wanted.name.as_str();
        if let Some(region) = self.facts.standalone.intersection(&self.regions).next() {
            return Some(Next::refuse(
                format!("{region} has a table named '{name}' that is no replica of this one"),
                format!(
                    "delete or rename that table, or take {region} out of this table's regions"
                ),
            ));
        }
        let fixed = ["partition_key", "sort_key", "local_indexes", "consistency"]
            .into_iter()
            .find(|field| self.turn.changed(field));
        fixed.map(|field| {
            Next::refuse(
                format!("{field} of table '{name}' is fixed when it is made"),
                "plan again: another one needs a new table",
            )
        })
    }

    /// What a replica is to have of a setting: what is declared for it, AWS's default where
    /// something was declared once, nothing where nothing ever was.
    fn meant<T>(&self, field: &str, region: Region, declared: Option<T>, default: T) -> Option<T> {
        if declared.is_some() {
            return declared;
        }
        let unset = self.props.get(field).is_some_and(Value::is_null);
        let entry = format!("replica_overrides[{region}]");
        let inner = format!("{entry}.{field}");
        let was_singled_out = self.turn.changes("replica_overrides").any(|change| {
            change.after.is_null()
                && (change.path.starts_with(&inner)
                    || (change.path == entry && change.before.get(field).is_some()))
        });
        (unset || was_singled_out).then_some(default)
    }
}
