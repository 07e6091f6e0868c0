//! A cloud of two kinds, and a driver that writes down what it is told.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bicoastal_engine::machine::{Execution, Limits, Secrets, Stale, Step};
use bicoastal_engine::order::Order;
use bicoastal_engine::plan::{Action, Change, Plan, PlannedMember, PlannedOp};
use bicoastal_engine::record::{Ended, Record};
use bicoastal_engine::state::{FORMAT, Key, State, Verb, token};
use bicoastal_model::schema::Batch;
use bicoastal_model::{
    Catalog, Claim, Deletes, ErrorFacts, Field, Goal, Member, OpError, Operation, Outcome,
    Ownership, Place, Progress, Retry, Risk, Schema, Shape, Snapshot, Status, Tier,
};
use serde_json::{Value, json};

pub(crate) static THING: Schema = Schema {
    kind: "Test:Thing",
    service: "test",
    fields: &[
        Field::new("name").replaces(),
        Field::new("size"),
        Field::new("password").shape(Shape::Secret),
    ],
    identity: &["name"],
    ..Schema::BASE
};

pub(crate) static RECORD: Schema = Schema {
    kind: "Test:Record",
    service: "test",
    fields: &[Field::new("zone").replaces(), Field::new("name"), Field::new("value")],
    identity: &["zone", "name"],
    batch: Some(Batch {
        parent: "zone",
        together: &["name"],
        elements: "value",
        max_elements: 10,
        max_characters: 1000,
        update_weight: 1,
    }),
    ..Schema::BASE
};

pub(crate) fn catalog() -> Catalog {
    Catalog::new([&THING, &RECORD])
}

/// What a call meets.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// The call happens, and its answer is lost.
    AnswerLost,
    /// The call does not happen, and nobody knows.
    CallLost,
    /// Nothing is sent.
    NotSent,
    /// It is refused.
    Refused(Retry),
    /// It is not even tried: AWS is at work.
    Waiting,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Thing {
    pub(crate) physical: String,
    pub(crate) props: Value,
}

/// Things by token.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cloud {
    pub(crate) things: BTreeMap<String, Thing>,
    /// What the next calls meet; none where nothing.
    pub(crate) faults: VecDeque<Option<Fault>>,
    /// Every call that happened.
    pub(crate) calls: Vec<String>,
}

pub(crate) fn facts(message: &str) -> ErrorFacts {
    ErrorFacts {
        call: "Call".into(),
        service: "test".into(),
        region: "us-east-1".into(),
        message: message.into(),
        ..ErrorFacts::default()
    }
}

impl Cloud {
    /// What is there before anything is done.
    pub(crate) fn put(&mut self, token: &str, physical: &str, props: Value) {
        let thing = Thing { physical: physical.to_owned(), props };
        self.things.insert(token.to_owned(), thing);
    }

    pub(crate) fn advance(&mut self, operation: &Operation) -> Result<Progress, OpError> {
        let calls: Vec<(String, &Member)> = operation
            .members
            .iter()
            .filter_map(|member| Some((self.call(member)?, member)))
            .collect();
        let Some((first, member)) = calls.first() else {
            return Ok(Progress::Done(
                operation.members.iter().map(|it| self.outcome(it)).collect(),
            ));
        };
        let offenders: Vec<(usize, String)> = operation
            .members
            .iter()
            .enumerate()
            .filter(|(_, member)| matches!(&member.goal, Goal::Present { wanted, .. } if wanted["value"] == "bad"))
            .map(|(at, _)| (at, "a bad value".to_owned()))
            .collect();
        if !offenders.is_empty() {
            let facts = ErrorFacts { offenders, ..facts("the batch is bad") };
            return Err(OpError::Refused { retry: Retry::Never, facts });
        }
        let fault = self.faults.pop_front().flatten();
        match fault {
            Some(Fault::NotSent) => return Err(OpError::NotSent(facts("no connection"))),
            Some(Fault::CallLost) => return Err(OpError::InDoubt(facts("no answer"))),
            Some(Fault::Refused(retry)) => {
                return Err(OpError::Refused { retry, facts: facts("no") });
            }
            Some(Fault::Waiting) => {
                return Ok(Progress::Waiting {
                    what: "CREATING".into(),
                    poll: Duration::from_secs(10),
                    patience: Duration::from_secs(60),
                });
            }
            Some(Fault::AnswerLost) | None => {}
        }
        for (_, member) in &calls {
            self.carry_out(member);
        }
        self.calls.push(first.clone());
        match fault {
            Some(Fault::AnswerLost) => Err(OpError::InDoubt(facts("no answer"))),
            _ => {
                let name = first.split(' ').next().unwrap_or_default().to_owned();
                let physical = self.things.get(&member.target.token);
                Ok(Progress::Called {
                    call: name,
                    physical: physical.map(|it| it.physical.clone()),
                    secrets: true,
                    deletes: operation.members.iter().map(deletes).collect(),
                })
            }
        }
    }

    fn call(&self, member: &Member) -> Option<String> {
        let seen = self.things.get(&member.target.token);
        let id = &member.target.id;
        match (&member.goal, seen) {
            (Goal::Absent { .. }, None) => None,
            (Goal::Absent { .. }, Some(_)) => Some(format!("Delete {id}")),
            (Goal::Present { .. }, None) => Some(format!("Create {id}")),
            (Goal::Present { wanted, applied }, Some(seen)) => {
                // What is there although nothing was applied is somebody else's, or a lost create's.
                assert!(member.claim > Claim::Unmade, "{id} would be taken over");
                let secret = applied.as_ref().map_or(&Value::Null, |it| &it["password"]);
                let differs = wanted["name"] != seen.props["name"]
                    || wanted["size"] != seen.props["size"]
                    || wanted["value"] != seen.props["value"]
                    || wanted["password"] != *secret;
                differs.then(|| format!("Update {id}"))
            }
        }
    }

    fn carry_out(&mut self, member: &Member) {
        let token = member.target.token.clone();
        match &member.goal {
            Goal::Absent { .. } => {
                self.things.remove(&token);
            }
            Goal::Present { wanted, .. } => {
                let number = self.calls.len();
                let physical = format!("{}-{number}", member.target.id);
                let thing =
                    self.things.entry(token).or_insert(Thing { physical, props: json!({}) });
                // What has a size takes two calls.
                thing.props = match wanted.get("size") {
                    Some(_) if thing.props == json!({}) => json!({"name": wanted["name"]}),
                    _ => wanted.clone(),
                };
            }
        }
    }

    fn outcome(&self, member: &Member) -> Outcome {
        match self.things.get(&member.target.token) {
            None => Outcome::Gone,
            Some(thing) => Outcome::Present(Snapshot {
                physical: thing.physical.clone(),
                props: thing.props.clone(),
                outputs: BTreeMap::from([("id".to_owned(), json!(thing.physical))]),
                status: Status::Ready,
                ownership: Ownership::Ours,
                children: Vec::new(),
                facts: BTreeMap::new(),
            }),
        }
    }
}

/// A plan, one operation after the other.
#[derive(Clone)]
pub(crate) struct Planned(pub(crate) Plan);

pub(crate) fn us_east_1() -> Place {
    serde_json::from_value(json!({"scope": "regional", "regions": ["us-east-1"]})).unwrap()
}

impl Planned {
    pub(crate) fn of(state: &State) -> Self {
        Self(Plan {
            format: FORMAT,
            stack: state.stack.clone(),
            lineage: state.lineage.clone(),
            generation: state.generation,
            fingerprint: String::new(),
            changes: Vec::new(),
            operations: Vec::new(),
            records: Vec::new(),
            added: Vec::new(),
            unseen: Vec::new(),
            left_out: Default::default(),
            exports: Vec::new(),
            calls: BTreeMap::new(),
            floor_ms: 0,
            path: Default::default(),
            warnings: Vec::new(),
        })
    }

    pub(crate) fn member(&mut self, verb: Verb, id: &str, wanted: Value) -> PlannedMember {
        let key = Key::new(id, 1);
        let kind = if wanted.get("zone").is_some() { RECORD.kind } else { THING.kind };
        self.0.changes.push(Change {
            id: key.id.clone(),
            kind: kind.into(),
            place: us_east_1(),
            action: match verb {
                Verb::Create => Action::Create,
                Verb::Adopt => Action::Adopt,
                Verb::Update => Action::Update,
                Verb::Delete => Action::Delete,
            },
            risk: Risk::Safe,
            reasons: Vec::new(),
            fields: Vec::new(),
            at: None,
            tier: Tier::Data,
        });
        let edges = bicoastal_model::value::refs(&wanted).into_iter().map(|it| it.id).collect();
        PlannedMember {
            change: self.0.changes.len() - 1,
            born: key.id.clone(),
            token: token(&self.0.lineage, &key.id, 1).into(),
            key,
            kind: kind.into(),
            place: us_east_1(),
            physical: None,
            verb,
            applied: (verb == Verb::Delete).then(|| wanted.clone().into()),
            wanted: (verb != Verb::Delete).then(|| wanted.into()),
            seen: None,
            adopt: false,
            lift_guards: false,
            edges,
            protected: false,
            retained: false,
            superseded: false,
            patience_ms: None,
        }
    }

    /// One more operation, after these.
    pub(crate) fn op(&mut self, members: Vec<PlannedMember>, after: &[usize]) -> usize {
        self.0.operations.push(PlannedOp {
            members,
            pause_ms: 0,
            pause_reason: String::new(),
            after: after.iter().map(|&it| (it, Order::Required.into())).collect(),
            needs: Vec::new(),
            wave: 1,
        });
        self.0.operations.len() - 1
    }

    pub(crate) fn one(&mut self, verb: Verb, id: &str, wanted: Value, after: &[usize]) -> usize {
        let member = self.member(verb, id, wanted);
        self.op(vec![member], after)
    }

    pub(crate) fn execution(&self, state: &State, secrets: Secrets) -> Result<Execution, Stale> {
        let limits = Limits::default();
        Execution::new(self.0.clone(), state.clone(), secrets, &catalog(), [7; 16], limits)
    }
}

/// A call for what is to be gone deletes it.
fn deletes(member: &Member) -> Deletes {
    Deletes::whole(matches!(member.goal, Goal::Absent { .. }))
}

/// A state of which only is recorded whose it is.
pub(crate) fn opened() -> State {
    let mut state = State::empty("test", "f00d");
    state.fold(&Record::Opened { stack: "test".into(), lineage: "f00d".into() }).unwrap();
    state
}

/// What a run left behind.
#[derive(Default)]
pub(crate) struct Run {
    /// Everything that was handed out, in words.
    pub(crate) trace: Vec<String>,
    /// What is durable.
    pub(crate) journal: Vec<(u64, Record)>,
    /// Virtual time spent.
    pub(crate) time: Duration,
    /// Most turns under way at once.
    pub(crate) most: usize,
}

/// Where the process dies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    /// After this many steps and answers.
    pub(crate) after: usize,
    /// Of the entries that are being written, how many become durable all the same.
    pub(crate) durable: usize,
}

/// Carries an execution out. Of several things under way, `pick` says which is answered next;
/// where entries are being written, they are the first.
pub(crate) fn drive(
    execution: &mut Execution,
    cloud: &mut Cloud,
    crash: Option<Crash>,
    mut pick: impl FnMut(usize) -> usize,
    mut before_step: impl FnMut(usize, &mut Execution),
) -> Run {
    let mut run = Run::default();
    let mut under_way: Vec<(usize, std::sync::Arc<Operation>, Duration)> = Vec::new();
    let mut writing: VecDeque<(u64, Record)> = VecDeque::new();
    let mut begun: Vec<Key> = Vec::new();
    for count in 0.. {
        assert!(count < 100_000, "it does not come to an end");
        before_step(count, execution);
        let crash = crash.filter(|crash| count >= crash.after);
        match execution.next() {
            Step::Record(records) => writing.extend(records),
            Step::Turn { op, operation, delay, what } => {
                for member in &operation.members {
                    let key = Key::new(member.target.id.clone(), member.target.incarnation);
                    assert!(begun.contains(&key), "{key} takes a turn before its begin is durable");
                }
                let wait = match delay.as_secs() {
                    0 => String::new(),
                    seconds => format!(" in {seconds} s"),
                };
                run.trace.push(format!("turn {op}: {what}{wait}"));
                under_way.push((op, operation, delay));
                run.most = run.most.max(under_way.len());
            }
            Step::Pause { op, delay, reason } => {
                run.trace.push(format!("pause {op}: {} s, {reason}", delay.as_secs()));
                run.time += delay;
                execution.answered(op, Ok(Progress::Done(Vec::new())));
            }
            Step::Wait => {
                let many = under_way.len() + usize::from(!writing.is_empty());
                assert!(many > 0, "it waits for nothing");
                match (pick(many), crash) {
                    (0, None) if !writing.is_empty() => {
                        confirm(execution, &mut writing, usize::MAX, &mut begun, &mut run);
                    }
                    (at, _) if !under_way.is_empty() => {
                        let (op, operation, delay) = under_way.remove(at.min(under_way.len() - 1));
                        run.time += delay;
                        let answer = cloud.advance(&operation);
                        // The process may die between the call and its record.
                        if crash.is_none() {
                            execution.answered(op, answer);
                        }
                    }
                    _ => {}
                }
            }
            Step::Finished => return run,
        }
        if let Some(crash) = crash {
            confirm(execution, &mut writing, crash.durable, &mut begun, &mut run);
            return run;
        }
    }
    run
}

/// Entries that are being written become durable, in their order.
fn confirm(
    execution: &mut Execution,
    writing: &mut VecDeque<(u64, Record)>,
    most: usize,
    begun: &mut Vec<Key>,
    run: &mut Run,
) {
    let durable = most.min(writing.len());
    for (number, record) in writing.drain(..durable) {
        run.trace.push(format!("record {number}: {}", words(&record)));
        if let Record::Begin { members, .. } = &record {
            begun.extend(members.iter().map(|member| member.key.clone()));
        }
        execution.recorded(number);
        run.journal.push((number, record));
    }
}

/// Without faults of the process.
pub(crate) fn finish(execution: &mut Execution, cloud: &mut Cloud) -> Run {
    drive(execution, cloud, None, |_| 0, |_, _| {})
}

pub(crate) fn words(record: &Record) -> String {
    match record {
        Record::Begin { op, members } => {
            let members: Vec<String> =
                members.iter().map(|it| format!("{:?} {}", it.verb, it.key)).collect();
            format!("begin {op}: {}", members.join(", "))
        }
        Record::End { op, results, .. } => {
            let results: Vec<&str> = results
                .iter()
                .map(|ended| match ended {
                    Ended::Present { .. } => "present",
                    Ended::Gone => "gone",
                    Ended::Failed(_) => "failed",
                    Ended::NotBegun(_) => "not begun",
                })
                .collect();
            format!("end {op}: {}", results.join(", "))
        }
        Record::Named { op, key, physical } => format!("named {op}: {key} {physical}"),
        Record::Noted { key, .. } => format!("noted {key}"),
        Record::Superseded { key } => format!("superseded {key}"),
        other => other.name().to_owned(),
    }
}
