//! Generated cases: what a program was, what it becomes, what goes wrong meanwhile.

use bicoastal_model::Region::UsEast1;
use bicoastal_model::{Declared, Desired};
use proptest::prelude::*;
use serde_json::json;

use crate::common::program::{desired, global, output, regional};
use crate::common::{CHECK, FRONT, RECORD, ROLE, ZONE};
use crate::drive::{Death, Sim};
use crate::faulty::Machine;
use crate::oracle::Broken;

/// A small program: everything in it can be left out or be different.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// Its name and its policy: another name is a successor beside it.
    role: Option<(u8, u8)>,
    /// A tag on what takes tags.
    tag: Option<u8>,
    /// Its scheme, which takes a replacement, and its idle time, which does not.
    front: Option<(bool, u8)>,
    /// Made by token: it has no name.
    check: Option<u8>,
    /// Records of one zone, by their number: changed as one batch. A bad one has it refused.
    records: Vec<(u8, Value)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    Good(u8),
    Bad,
}

impl Program {
    /// `generated`: the front's successor gets another name, so it can be made first.
    pub(crate) fn declare(&self, generated: bool) -> Desired {
        let mut all: Vec<Declared> = Vec::new();
        let tags = |props: &mut serde_json::Value| {
            if let Some(tag) = self.tag {
                props["tags"] = json!({ "team": format!("t{tag}") });
            }
        };
        if let Some((name, policy)) = self.role {
            let mut props = json!({"name": format!("copy-{name}"), "policy": format!("p{policy}")});
            tags(&mut props);
            all.push(global("role", ROLE, props));
        }
        if let Some((public, idle)) = self.front {
            let name = if generated { json!({"$name": "front"}) } else { json!("front") };
            let scheme = if public { "public" } else { "internal" };
            let mut props = json!({"name": name, "scheme": scheme, "idle": idle});
            if self.role.is_some() {
                props["bucket"] = output("role", "arn");
            }
            tags(&mut props);
            all.push(regional(UsEast1, "front", FRONT, props));
        }
        if let Some(path) = self.check {
            let mut props = json!({"path": format!("/{path}")});
            if self.front.is_some() {
                props["host"] = output("us-east-1/front", "dns");
            }
            all.push(global("alive", CHECK, props));
        }
        if !self.records.is_empty() {
            all.push(global("zone", ZONE, json!({"domain": "example.com"})));
        }
        for (number, value) in &self.records {
            let value = match value {
                Value::Good(value) => format!("10.0.0.{value}"),
                Value::Bad => "bad".to_owned(),
            };
            let mut props = json!({
                "zone": output("zone", "id"), "name": format!("n{number}.example.com"),
                "type": "A", "values": [value],
            });
            if self.check.is_some() {
                props["check"] = output("alive", "id");
            }
            all.push(global(&format!("r{number}"), RECORD, props));
        }
        desired(all)
    }

    /// Without what is always refused.
    fn mended(&self) -> Self {
        let mut mended = self.clone();
        mended.records.iter_mut().for_each(|(_, value)| {
            if *value == Value::Bad {
                *value = Value::Good(9);
            }
        });
        mended
    }
}

/// What a call meets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It happens, and its answer is lost.
    AnswerLost,
    /// It never arrives, and nobody knows.
    CallLost,
    /// It never arrives, and somebody else makes a thing of that name.
    Rival,
    /// Nothing is sent.
    NotSent,
    /// It is refused, for the moment.
    Throttled,
    /// It is refused.
    Refused,
    /// AWS is at work.
    Waiting,
}

/// A program becomes another one, while these things go wrong.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    before: Program,
    during: Program,
    /// The last word of the program, after everything that went wrong.
    after: Program,
    generated: bool,
    faults: Vec<Option<Fault>>,
    picks: Vec<usize>,
    /// Where the runs after the first death die as well, if they do.
    again: Vec<Option<usize>>,
    limit: usize,
}

impl Case {
    /// Whether every law holds, wherever it is killed or stopped; answers in how many ways it was.
    ///
    /// # Errors
    ///
    /// The first law that does not.
    pub(crate) fn holds(&self, machine: Machine) -> Result<usize, Broken> {
        let mut sim = Sim::new(machine, self.generated, &self.picks, self.limit);
        sim.run(&self.before.mended(), None, None)?;
        sim.hands.faults = self.faults.clone().into();
        let steps = {
            let mut undisturbed = sim.clone();
            let steps = undisturbed.run(&self.during, None, None)?;
            self.finally(undisturbed)?;
            steps
        };
        for step in 0..=steps {
            for death in Death::ALL {
                let mut killed = sim.clone();
                killed.run(&self.during, Some((step, death)), None)?;
                let again = self.again.get(step % self.again.len().max(1)).copied().flatten();
                if let Some(later) = again {
                    let program = if later % 2 == 0 { &self.during } else { &self.before };
                    killed.run(program, Some((later, Death::ALL[step % 4])), None)?;
                }
                self.finally(killed)?;
            }
            let mut stopped = sim.clone();
            stopped.run(&self.during, None, Some(step))?;
            self.finally(stopped)?;
        }
        Ok((steps + 1) * (Death::ALL.len() + 1))
    }

    /// Run once more, with nothing in the way.
    fn finally(&self, mut sim: Sim) -> Result<(), Broken> {
        sim.hands.faults.clear();
        sim.rivals_leave()?;
        let last = self.after.mended();
        sim.run(&last, None, None)?;
        sim.settled(&last)
    }
}

fn programs() -> impl Strategy<Value = Program> {
    let value = prop_oneof![6 => (0u8..3).prop_map(Value::Good), 1 => Just(Value::Bad)];
    let records = prop::collection::btree_map(0u8..3, value, 0..3);
    (
        prop::option::of((0u8..2, 0u8..2)),
        prop::option::of(0u8..2),
        prop::option::weighted(0.7, (any::<bool>(), 0u8..2)),
        prop::option::of(0u8..2),
        records,
    )
        .prop_map(|(role, tag, front, check, records)| Program {
            role,
            tag,
            front,
            check,
            records: records.into_iter().collect(),
        })
}

fn faults() -> impl Strategy<Value = Option<Fault>> {
    prop_oneof![
        10 => Just(None),
        1 => Just(Some(Fault::AnswerLost)),
        1 => Just(Some(Fault::CallLost)),
        1 => Just(Some(Fault::Rival)),
        1 => Just(Some(Fault::NotSent)),
        1 => Just(Some(Fault::Throttled)),
        1 => Just(Some(Fault::Refused)),
        1 => Just(Some(Fault::Waiting)),
    ]
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    let again = prop::collection::vec(prop::option::of(0usize..40), 1..8);
    (
        (programs(), programs(), programs()),
        any::<bool>(),
        prop::collection::vec(faults(), 0..20),
        prop::collection::vec(0usize..12, 1..12),
        again,
        1usize..5,
    )
        .prop_map(|((before, during, after), generated, faults, picks, again, limit)| Case {
            before,
            during,
            after,
            generated,
            faults,
            picks,
            again,
            limit,
        })
}
