//! A process: it plans, carries out and writes, until it is done, told to stop, or dead.

use std::collections::{BTreeMap, VecDeque};

use bicoastal_engine::machine::{Execution, Limits, Step};
use bicoastal_engine::record::Record;
use bicoastal_model::{Operation, Progress, value};
use serde_json::Value;

use crate::cases::Program;
use crate::cloud::{Hands, is_rival};
use crate::common::catalog;
use crate::common::cloud::World;
use crate::faulty::{Machine, Writes};
use crate::oracle::{Broken, Oracle, law};

/// A way to be dead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Death {
    /// What was being written is durable all the same.
    written: bool,
    /// What was being called happens all the same.
    called: bool,
}

impl Death {
    pub(crate) const ALL: [Self; 4] = [
        Self { written: false, called: false },
        Self { written: true, called: false },
        Self { written: false, called: true },
        Self { written: true, called: true },
    ];
}

/// A cloud, a disk, and what runs on them.
#[derive(Clone)]
pub(crate) struct Sim {
    machine: Machine,
    pub(crate) world: World,
    pub(crate) hands: Hands,
    oracle: Oracle,
    generated: bool,
    picks: Vec<usize>,
    picked: usize,
    limit: usize,
}

impl Sim {
    pub(crate) fn new(machine: Machine, generated: bool, picks: &[usize], limit: usize) -> Self {
        Self {
            machine,
            world: World::new(),
            hands: Hands::default(),
            oracle: Oracle::default(),
            generated,
            picks: picks.to_vec(),
            picked: 0,
            limit,
        }
    }

    fn pick(&mut self, many: usize) -> usize {
        self.picked += 1;
        self.picks[self.picked % self.picks.len()] % many
    }

    /// Runs once; answers how many steps it took. Where somebody else's thing is in the way, there
    /// may be no plan.
    pub(crate) fn run(
        &mut self,
        program: &Program,
        death: Option<(usize, Death)>,
        stop: Option<usize>,
    ) -> Result<usize, Broken> {
        let desired = program.declare(self.generated);
        self.oracle.restart(&desired);
        self.machine.wakes(&mut self.world.state);
        let plan = match self.world.plan(&desired) {
            Ok(plan) => self.machine.plan(plan),
            Err(_) if self.world.things.iter().any(is_rival) => return Ok(0),
            Err(errors) => {
                law("plan", false, || errors.to_string())?;
                return Ok(0);
            }
        };
        let limits = Limits { total: self.limit, ..Limits::default() };
        let state = self.world.state.clone();
        let execution = Execution::new(plan, state, BTreeMap::new(), &catalog(), [0; 16], limits);
        let mut execution = match execution {
            Ok(execution) => execution,
            Err(stale) => return law("plan", false, || stale.to_string()).map(|()| 0),
        };
        let mut process = Process {
            execution: &mut execution,
            under_way: Vec::new(),
            writing: VecDeque::new(),
            disk: Vec::new(),
        };
        let steps = process.live(self, death, stop);
        let (disk, steps) = (process.disk, steps?);
        self.oracle.over(&self.world)?;
        let replayed = self.world.state.replay(&disk);
        law("journal", replayed.is_ok(), || format!("{}", replayed.unwrap_err()))?;
        law("journal", self.world.state == *execution.state(), || {
            "what is written is not what the machine holds".to_owned()
        })?;
        Ok(steps)
    }

    /// Who was in the way goes. Until then nothing was done to their things.
    pub(crate) fn rivals_leave(&mut self) -> Result<(), Broken> {
        for thing in self.world.things.iter().filter(|it| is_rival(it)) {
            let props = &thing.snapshot.props;
            law("rival", props["theirs"] == true && props.get("tags").is_none(), || {
                format!("{} was changed: {props}", thing.snapshot.physical)
            })?;
        }
        self.world.things.retain(|it| !is_rival(it));
        Ok(())
    }

    /// All is as the program says, and nothing is left to do.
    pub(crate) fn settled(&self, program: &Program) -> Result<(), Broken> {
        let desired = program.declare(self.generated);
        let world = &self.world;
        for declared in desired.resources.values() {
            let entry = world.state.current(&declared.id);
            let Some((key, entry)) = entry else {
                return law("goal", false, || format!("{} is not recorded", declared.id));
            };
            let mut there = world.things.iter().filter(|it| it.token == entry.token);
            let (Some(thing), None) = (there.next(), there.next()) else {
                return law("goal", false, || format!("of {key} there is not exactly one"));
            };
            let resolved = value::resolve(&declared.props, &|reference| {
                let (_, entry) = world.state.current(&reference.id)?;
                let it = world.things.iter().find(|it| it.token == entry.token)?;
                it.snapshot.outputs.get(&reference.attribute).cloned()
            });
            let mut seen = thing.snapshot.props.clone();
            if let Some(tags) = seen.get_mut("tags").and_then(Value::as_object_mut) {
                tags.retain(|name, _| !name.starts_with("bicoastal:"));
            }
            let same = resolved.as_object().unwrap().iter().all(|(name, value)| {
                // The name of a successor has its number.
                seen.get(name) == Some(value) || value.get("$name").is_some()
            });
            let more = seen.as_object().unwrap().iter().any(|(name, value)| {
                resolved.get(name).is_none() && *value != serde_json::json!({})
            });
            law("goal", same && !more, || format!("{key} is {seen}, and not {resolved}"))?;
            law("goal", entry.physical.as_ref() == Some(&thing.snapshot.physical), || {
                format!("{key} is recorded as {:?}", entry.physical)
            })?;
        }
        let many = desired.resources.len();
        law("goal", world.things.len() == many, || {
            let all: Vec<&str> =
                world.things.iter().map(|it| it.snapshot.physical.as_str()).collect();
            format!("{many} things are declared, and there are {all:?}")
        })?;
        let clean = world.state.entries.len() == many
            && world.state.entries.values().all(|it| it.doubt.is_none() && !it.superseded);
        law("goal", clean, || format!("something is left in state: {:?}", world.state.entries))?;
        let again = world.plan(&desired);
        law("goal", again.as_ref().is_ok_and(|it| it.is_empty()), || {
            format!("something is left to do: {again:?}")
        })
    }
}

struct Process<'e> {
    execution: &'e mut Execution,
    under_way: Vec<(usize, Operation, bool)>,
    /// Entries that are being written, and whether the machine believes that they are.
    writing: VecDeque<(u64, Record)>,
    /// What is durable of this run.
    disk: Vec<(u64, Record)>,
}

impl Process<'_> {
    fn live(
        &mut self,
        sim: &mut Sim,
        death: Option<(usize, Death)>,
        stop: Option<usize>,
    ) -> Result<usize, Broken> {
        for step in 0.. {
            assert!(step < 10_000, "it does not come to an end");
            if stop == Some(step) {
                self.stop(sim)?;
            }
            match self.execution.next() {
                Step::Record(records) => self.write(sim, records)?,
                Step::Turn { op, operation, delay, .. } => {
                    self.under_way.push((op, operation, !delay.is_zero()));
                }
                Step::Pause { op, .. } => {
                    self.execution.answered(op, Ok(Progress::Done(Vec::new())));
                }
                Step::Wait => {
                    let many = self.under_way.len() + usize::from(!self.writing.is_empty());
                    law("wait", many > 0, || "it waits, and nothing is under way".to_owned())?;
                    match sim.pick(many) {
                        0 if !self.writing.is_empty() => self.flush(sim, true),
                        at => self.turn(sim, at.min(self.under_way.len() - 1))?,
                    }
                }
                Step::Finished => {
                    self.flush(sim, true);
                    return Ok(step);
                }
            }
            if let Some((at, death)) = death
                && at == step
            {
                return self.die(sim, death).map(|()| step);
            }
        }
        Ok(0)
    }

    fn die(&mut self, sim: &mut Sim, death: Death) -> Result<(), Broken> {
        if death.written {
            self.flush(sim, true);
        }
        if death.called {
            for (_, operation, _) in std::mem::take(&mut self.under_way) {
                let _ = sim.machine.turn(
                    &mut sim.hands,
                    &mut sim.world,
                    &operation,
                    &mut sim.oracle,
                )?;
            }
        }
        Ok(())
    }

    /// Ctrl-C: waits are given up; what was sent is answered.
    fn stop(&mut self, sim: &mut Sim) -> Result<(), Broken> {
        self.execution.cancel();
        sim.oracle.stop();
        for (op, operation, waits) in std::mem::take(&mut self.under_way) {
            if waits {
                self.execution.abandoned(op);
            } else if sim.machine.gives_up_calls() {
                let _ = sim.machine.turn(
                    &mut sim.hands,
                    &mut sim.world,
                    &operation,
                    &mut sim.oracle,
                )?;
                self.execution.abandoned(op);
            } else {
                self.under_way.push((op, operation, waits));
            }
        }
        Ok(())
    }

    fn write(&mut self, sim: &mut Sim, records: Vec<(u64, Record)>) -> Result<(), Broken> {
        for (number, record) in records {
            sim.oracle.handed(&record, &sim.world)?;
            match sim.machine.writes(&record) {
                Writes::First => self.writing.push_back((number, record)),
                Writes::Later => {
                    self.execution.recorded(number);
                    self.writing.push_back((number, record));
                }
                Writes::Never => self.execution.recorded(number),
            }
        }
        Ok(())
    }

    /// What is being written is durable, in its order; the machine is told, if anybody is left.
    fn flush(&mut self, sim: &mut Sim, tell: bool) {
        for (number, record) in self.writing.drain(..) {
            sim.oracle.durable(&record);
            if tell {
                self.execution.recorded(number);
            }
            self.disk.push((number, record));
        }
    }

    fn turn(&mut self, sim: &mut Sim, at: usize) -> Result<(), Broken> {
        let (op, operation, _) = self.under_way.remove(at);
        let answer =
            sim.machine.turn(&mut sim.hands, &mut sim.world, &operation, &mut sim.oracle)?;
        self.execution.answered(op, answer);
        Ok(())
    }
}
