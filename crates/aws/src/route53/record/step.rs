//! What a batch of records needs next, and how it is done.

use std::collections::BTreeMap;

use aws_sdk_route53::error::SdkError;
use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::types as sdk;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::operation::BuildError;
use bicoastal_model::{Deletes, OpError, Ownership, Snapshot, Status, Target, dns};
use serde_json::{Value, json};

use super::listing::{records_of, records_of_name};
use super::wire::WireRecord;
use super::{RecordSet, refusal};
use crate::cx::{Cx, GLOBAL, Purpose};
use crate::kind::{BatchKind, Next, Turn, TurnGoal};
use crate::route53::{failed, pending, unbuilt};

const CALL: &str = "ChangeResourceRecordSets";
/// The fact of a snapshot that holds the record exactly as it was read.
const RECORD: &str = "record";
/// The fact of a snapshot of a record that is deleted already, which name servers may not know.
const GONE: &str = "gone";
/// Route 53's word for a change that is on its way to the name servers.
const PENDING: &str = "PENDING";

/// What is done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Create,
    Upsert,
    Delete,
}

/// One change of a batch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// The member of the batch that it is for, by position.
    pub(super) member: usize,
    pub(super) action: Action,
    pub(super) record: WireRecord,
}

/// Changes of one zone, sent as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    pub(super) zone_id: String,
    pub(super) changes: Vec<Change>,
}

impl BatchKind for RecordSet {
    type Call = Batch;

    async fn read<'a>(cx: &'a Cx, target: &'a Target) -> Result<Option<Snapshot>, OpError> {
        read(cx, target).await
    }

    fn step(turns: &[Turn<'_, Self>]) -> Next<Batch> {
        step(turns)
    }

    /// As it is wanted, once the name servers know.
    fn after(turn: &Turn<'_, Self>, call: &Batch) -> Option<Snapshot> {
        let gone = match &turn.goal {
            TurnGoal::Present { wanted, .. } => {
                let record = WireRecord::wanted(wanted);
                return Some(Snapshot {
                    status: Status::Busy(PENDING.to_owned()),
                    ..snapshot(&call.zone_id, &record, Ownership::Ours)
                });
            }
            TurnGoal::Absent { .. } => turn.seen?,
        };
        let mut seen = gone.clone();
        seen.status = Status::Busy(PENDING.to_owned());
        seen.facts.insert(GONE.to_owned(), json!(true));
        Some(seen)
    }

    /// AWS refuses to delete what has other values.
    fn planned(_: &Target, props: &Value) -> Option<Snapshot> {
        let zone_id = props.get("zone_id")?.as_str()?;
        let record = WireRecord::of_props(props)?;
        Some(snapshot(zone_id, &record, Ownership::Unmarked))
    }

    async fn poll<'a>(
        cx: &'a Cx,
        target: &'a Target,
        known: &'a Snapshot,
    ) -> Result<Option<Snapshot>, OpError> {
        if known.status != Status::Busy(PENDING.to_owned()) {
            return read(cx, target).await;
        }
        let mut seen = known.clone();
        let zone_id = seen.props.get("zone_id").and_then(Value::as_str).unwrap_or_default();
        if pending::is_pending(cx, zone_id).await? {
            return Ok(Some(seen));
        }
        seen.status = Status::Ready;
        Ok((!seen.facts.contains_key(GONE)).then_some(seen))
    }

    async fn call<'a>(
        cx: &'a Cx,
        _: &'a [&'a Target],
        call: &'a Batch,
    ) -> Result<Option<String>, OpError> {
        carry_out(cx, call).await
    }

    fn deletes(call: &Batch, member: usize) -> Deletes {
        let is_deletion = |it: &Change| it.member == member && it.action == Action::Delete;
        Deletes::whole(call.changes.iter().any(is_deletion))
    }

    fn name(_: &Batch) -> &'static str {
        CALL
    }
}

/// The note that this program wrote a record.
fn written(zone_id: &str, identity: &str) -> String {
    format!("route53 written to {zone_id}: {identity}")
}

async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
    let zone_id = target.text("zone_id");
    if zone_id.is_empty() {
        // The zone is not made yet.
        return Ok(None);
    }
    let name = dns::canonical(target.text("name"));
    let identity = [&name, target.text("type"), target.text("set_identifier")].join(" ");
    let physical = format!("{zone_id} {identity}").trim_end().to_owned();
    if cx.purpose() == Purpose::Turn && pending::is_pending(cx, zone_id).await? {
        // Nothing is decided before the change is in sync, so nothing more is read.
        return Ok(Some(Snapshot {
            physical,
            props: target.props.to_value(),
            outputs: BTreeMap::new(),
            status: Status::Busy(PENDING.to_owned()),
            ownership: Ownership::Ours,
            children: Vec::new(),
            facts: BTreeMap::new(),
        }));
    }
    let key = (name.clone(), target.text("type"), target.text("set_identifier"));
    let found = match cx.purpose() {
        Purpose::Refresh => {
            let all = records_of(cx, zone_id).await?;
            all.get(&key).cloned()
        }
        Purpose::Turn => {
            let all = records_of_name(cx, zone_id, &name).await?;
            all.into_iter().find(|record| record.key() == key)
        }
    };
    let Some(record) = found else { return Ok(None) };
    let ownership = if record.traffic_policy_instance.is_some() {
        Ownership::Foreign("it belongs to a traffic policy instance".to_owned())
    } else if cx.clients().noted(&written(zone_id, &identity)).is_some() {
        // Records bear no mark; that this program just wrote it is known only here.
        Ownership::Ours
    } else {
        Ownership::Unmarked
    };
    let mut seen = snapshot(zone_id, &record, ownership);
    if cx.purpose() == Purpose::Refresh {
        // Only an operation needs it as AWS writes it, and it looks again.
        seen.facts.clear();
    }
    Ok(Some(seen))
}

fn snapshot(zone_id: &str, record: &WireRecord, ownership: Ownership) -> Snapshot {
    let (name, record_type, set_identifier) = record.key();
    let identity = [&name, record_type, set_identifier].join(" ");
    Snapshot {
        physical: format!("{zone_id} {identity}").trim_end().to_owned(),
        props: record.props(zone_id),
        outputs: BTreeMap::from([("name".to_owned(), json!(name))]),
        status: Status::Ready,
        ownership,
        children: Vec::new(),
        facts: BTreeMap::from([(RECORD.to_owned(), json!(record))]),
    }
}

fn step(turns: &[Turn<'_, RecordSet>]) -> Next<Batch> {
    if turns.iter().any(|turn| turn.busy().is_some()) {
        return Next::wait("change PENDING", pending::POLL, pending::PATIENCE);
    }
    let mut deletes = Vec::new();
    let mut writes = Vec::new();
    let mut zone_id = String::new();
    for (member, turn) in turns.iter().enumerate() {
        let there = turn.seen.map(as_read);
        match (&turn.goal, there) {
            (TurnGoal::Present { wanted, .. }, None) => {
                let record = WireRecord::wanted(wanted);
                writes.push(Change { member, action: Action::Create, record });
            }
            (TurnGoal::Present { wanted, changed, .. }, Some(there)) if !changed.is_empty() => {
                let record = WireRecord::wanted(wanted);
                let policy = |it: &WireRecord| it.routing.as_ref().map(|it| it.policy.clone());
                // Another kind of routing is another record to AWS: the former one goes first.
                let action = if policy(&record) == policy(&there) {
                    Action::Upsert
                } else {
                    deletes.push(Change { member, action: Action::Delete, record: there });
                    Action::Create
                };
                writes.push(Change { member, action, record });
            }
            (TurnGoal::Absent { .. }, Some(there)) => {
                deletes.push(Change { member, action: Action::Delete, record: there });
            }
            (TurnGoal::Present { .. }, Some(_)) | (TurnGoal::Absent { .. }, None) => continue,
        }
        zone_id = match &turn.goal {
            TurnGoal::Present { wanted, .. } => wanted.zone_id.as_str().to_owned(),
            TurnGoal::Absent { .. } => turn.target.text("zone_id").to_owned(),
        };
    }
    deletes.append(&mut writes);
    if deletes.is_empty() {
        return Next::Done;
    }
    Next::Call(Batch { zone_id, changes: deletes })
}

/// A record exactly as it was read.
fn as_read(seen: &Snapshot) -> WireRecord {
    seen.facts
        .get(RECORD)
        .and_then(|record: &Value| serde_json::from_value(record.clone()).ok())
        .unwrap_or_default()
}

fn wire(change: &Change) -> Result<sdk::Change, BuildError> {
    let action = match change.action {
        Action::Create => sdk::ChangeAction::Create,
        Action::Upsert => sdk::ChangeAction::Upsert,
        Action::Delete => sdk::ChangeAction::Delete,
    };
    sdk::Change::builder().action(action).resource_record_set((&change.record).try_into()?).build()
}

async fn carry_out(cx: &Cx, call: &Batch) -> Result<Option<String>, OpError> {
    let changes: Result<Vec<sdk::Change>, BuildError> = call.changes.iter().map(wire).collect();
    let batch = changes
        .and_then(|changes| sdk::ChangeBatch::builder().set_changes(Some(changes)).build())
        .map_err(|error| unbuilt(CALL, error))?;
    cx.clients().pace().record_changes(call.changes.len()).await;
    let sent = cx
        .route53_write(GLOBAL)
        .change_resource_record_sets()
        .hosted_zone_id(&call.zone_id)
        .change_batch(batch)
        .send()
        .await;
    match sent {
        Ok(answer) => {
            pending::submitted(cx, &call.zone_id, answer.change_info());
            note_written(cx, call);
            Ok(None)
        }
        Err(error) => {
            let listed = match error.as_service_error() {
                Some(ChangeResourceRecordSetsError::InvalidChangeBatch(batch)) => {
                    match batch.messages() {
                        [] => refusal::messages(batch.message().unwrap_or_default()),
                        messages => messages.to_vec(),
                    }
                }
                _ => Vec::new(),
            };
            let mut error = failed(CALL, error);
            error.facts_mut().offenders = refusal::offenders(&call.changes, &listed);
            if matches!(error, OpError::InDoubt(_)) {
                // It may have happened, and then what is found on the next look is ours.
                note_written(cx, call);
            }
            Err(error)
        }
    }
}

fn note_written(cx: &Cx, call: &Batch) {
    for change in &call.changes {
        let (name, record_type, identifier) = change.record.key();
        let identity = [&name, record_type, identifier].join(" ");
        match change.action {
            Action::Delete => cx.clients().forget(&written(&call.zone_id, &identity)),
            Action::Create | Action::Upsert => {
                cx.clients().note(written(&call.zone_id, &identity), Value::Null);
            }
        }
    }
}

/// As many deletions as go in one batch.
pub(in crate::route53) fn deletions(
    records: &[WireRecord],
) -> Result<Vec<sdk::Change>, BuildError> {
    let (mut elements, mut characters) = (0, 0);
    records
        .iter()
        .take_while(|record| {
            elements += record.values.len().max(1);
            characters += record.values.iter().map(|it| it.chars().count()).sum::<usize>();
            elements <= 1_000 && characters <= 32_000
        })
        .map(|record| wire(&Change { member: 0, action: Action::Delete, record: record.clone() }))
        .collect()
}

/// Whether a deletion was refused because somebody else was faster.
pub(in crate::route53) fn is_gone(
    error: &SdkError<ChangeResourceRecordSetsError, HttpResponse>,
) -> bool {
    match error.as_service_error() {
        Some(ChangeResourceRecordSetsError::InvalidChangeBatch(batch)) => {
            batch.message().unwrap_or_default().contains("but it was not found")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{Goal, Input, Place, Region, ResourceId, ScopeKind};
    use expect_test::{Expect, expect};

    use super::super::{RecordData, RecordType, Routing, ZoneRef};
    use super::*;

    fn record(name: &str, address: &str, routing: Routing, id: Option<&str>) -> RecordSet {
        RecordSet::builder()
            .zone(ZoneRef::new("Z1", "example.com"))
            .name(name)
            .data(RecordData::values(RecordType::A, 60, [address]))
            .routing(routing)
            .maybe_set_identifier(id)
            .build()
    }

    fn target(record: &RecordSet) -> Target {
        Target {
            id: ResourceId::new("r"),
            kind: "Route53:RecordSet".into(),
            place: Place { account: None, scope: ScopeKind::Global, regions: Vec::new() },
            incarnation: 1,
            token: "t".into(),
            physical: None,
            props: serde_json::to_value(record).unwrap().into(),
            tags: BTreeMap::new(),
        }
    }

    fn snapshot(record: &RecordSet, status: Status) -> Snapshot {
        let wire = WireRecord::wanted(record);
        Snapshot {
            physical: "Z1 r".into(),
            props: wire.props("Z1"),
            outputs: BTreeMap::new(),
            status,
            ownership: Ownership::Unmarked,
            children: Vec::new(),
            facts: BTreeMap::from([(RECORD.to_owned(), json!(wire))]),
        }
    }

    /// What comes next for members of `(wanted, seen)`; no `wanted` means it is to be gone.
    fn check(members: &[(Option<RecordSet>, Option<RecordSet>)], status: Status, expected: Expect) {
        let parts: Vec<(Target, Goal, Option<Snapshot>)> = members
            .iter()
            .map(|(wanted, seen)| {
                let applied = seen.as_ref().map(|it| serde_json::to_value(it).unwrap());
                let goal = match wanted {
                    Some(wanted) => {
                        Goal::Present { wanted: serde_json::to_value(wanted).unwrap(), applied }
                    }
                    None => {
                        Goal::Absent { applied: applied.unwrap_or(Value::Null), lift_guards: false }
                    }
                };
                let any = seen.as_ref().or(wanted.as_ref()).unwrap();
                let seen = seen.as_ref().map(|it| snapshot(it, status.clone()));
                (target(any), goal, seen)
            })
            .collect();
        let turns: Vec<Turn<'_, RecordSet>> = parts
            .iter()
            .map(|(target, goal, seen)| Turn::new(target, goal, seen.as_ref()).unwrap())
            .collect();
        let shown = match step(&turns) {
            Next::Call(batch) => batch
                .changes
                .iter()
                .map(|change| {
                    format!(
                        "{} {:?} {} = {}",
                        change.member,
                        change.action,
                        change.record,
                        change.record.values.join(" ")
                    )
                })
                .collect::<Vec<_>>()
                .join("\n"),
            Next::Wait { what, .. } => format!("wait: {what}"),
            Next::Done => "done".into(),
            Next::Refuse { message, .. } => message,
        };
        expected.assert_eq(&shown);
    }

    #[test]
    fn a_batch_deletes_before_it_creates() {
        let simple = record("api", "192.0.2.1", Routing::Simple, None);
        let weighted = record("api", "192.0.2.1", Routing::Weighted(1), Some("one"));
        check(
            &[(Some(weighted), None), (None, Some(simple))],
            Status::Ready,
            expect![[r#"
                1 Delete A api.example.com. = 192.0.2.1
                0 Create A api.example.com. (one) = 192.0.2.1"#]],
        );
    }

    #[test]
    fn values_are_upserted_and_another_routing_is_another_record() {
        let old = record("a", "192.0.2.1", Routing::Weighted(1), Some("x"));
        let heavier = record("a", "192.0.2.1", Routing::Weighted(9), Some("x"));
        let latency = record("a", "192.0.2.1", Routing::Latency(Region::UsEast1), Some("x"));
        check(
            &[(Some(heavier), Some(old.clone()))],
            Status::Ready,
            expect!["0 Upsert A a.example.com. (x) = 192.0.2.1"],
        );
        check(
            &[(Some(latency), Some(old))],
            Status::Ready,
            expect![[r#"
                0 Delete A a.example.com. (x) = 192.0.2.1
                0 Create A a.example.com. (x) = 192.0.2.1"#]],
        );
    }

    #[test]
    fn what_is_right_is_left_alone_and_what_is_gone_stays_gone() {
        let same = record("a", "192.0.2.1", Routing::Simple, None);
        check(&[(Some(same.clone()), Some(same.clone()))], Status::Ready, expect!["done"]);
        let target = target(&same);
        let goal = Goal::Absent { applied: Value::Null, lift_guards: false };
        let turn = Turn::<RecordSet>::new(&target, &goal, None).unwrap();
        assert_eq!(step(&[turn]), Next::Done);
    }

    #[test]
    fn nothing_is_decided_while_a_change_is_pending() {
        let old = record("a", "192.0.2.1", Routing::Simple, None);
        let new = record("a", "192.0.2.2", Routing::Simple, None);
        check(
            &[(Some(new), Some(old))],
            Status::Busy("PENDING".into()),
            expect!["wait: change PENDING"],
        );
    }

    #[test]
    fn what_never_was_said_of_values_is_not_a_difference() {
        let mut ours = record("a", "192.0.2.1", Routing::Simple, None);
        ours.values =
            Some(vec![Input::Known("192.0.2.2".into()), Input::Known("192.0.2.1".into())]);
        let mut theirs = ours.clone();
        theirs.values = Some(vec!["192.0.2.1".into(), "192.0.2.2".into()]);
        check(&[(Some(ours), Some(theirs))], Status::Ready, expect!["done"]);
    }
}
