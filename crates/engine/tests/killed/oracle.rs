//! What must be true, told by somebody who knows nothing of how it is done: only what was written,
//! what was called, what is there and what the program says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use bicoastal_engine::record::{Begun, Ended, Record};
use bicoastal_engine::state::{Key, Verb};
use bicoastal_model::diff::diff;
use bicoastal_model::{Declared, Desired, Member, ResourceId};

use crate::cloud::is_rival;
use crate::common::catalog;
use crate::common::cloud::World;

/// A law that does not hold.
#[derive(Clone, Debug)]
pub(crate) struct Broken {
    pub(crate) law: &'static str,
    pub(crate) words: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.words)
    }
}

/// A law by its name, and in words what broke it.
pub(crate) fn law(
    law: &'static str,
    holds: bool,
    words: impl FnOnce() -> String,
) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { law, words: words() }) }
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Made,
    Changed,
    Removed,
}

/// What is written of a thing.
#[derive(Clone, Debug, PartialEq)]
struct Written {
    token: String,
    /// Its last operation ended, and it was there.
    present: bool,
    /// Whether it was, before the operation that is under way.
    before: Option<bool>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Oracle {
    /// What durable entries say of every thing.
    written: BTreeMap<Key, Written>,
    /// The operations that durable begins are about.
    open: BTreeMap<u64, Vec<Begun>>,
    /// The operations of which a call happened.
    touched: BTreeSet<u64>,
    /// Of each token: somebody may have made a thing with it, and did not look since.
    unknown: BTreeMap<String, bool>,
    /// The operations that were handed out when it was told to stop.
    stopped: Option<BTreeSet<u64>>,
    handed: BTreeSet<u64>,
    /// What the program says that each thing needs.
    needs: BTreeMap<ResourceId, BTreeSet<ResourceId>>,
}

impl Oracle {
    /// Another process begins, for this program: what is written is all that it knows.
    pub(crate) fn restart(&mut self, desired: &Desired) {
        self.stopped = None;
        self.handed.clear();
        let edges = |it: &Declared| it.edges().iter().cloned().collect();
        let needs = desired.resources.values().map(|it| (it.id.clone(), edges(it)));
        self.needs = needs.collect();
    }

    pub(crate) fn stop(&mut self) {
        self.stopped.get_or_insert_with(|| self.handed.clone());
    }

    /// An entry is handed out, to be written.
    pub(crate) fn handed(&mut self, record: &Record, world: &World) -> Result<(), Broken> {
        match record {
            Record::Begin { op, members } => {
                self.handed.insert(*op);
                let late = self.stopped.is_some();
                law("stop", !late, || format!("operation {op} begins after it was told to stop"))?;
                for member in members.iter().filter(|it| it.verb != Verb::Delete) {
                    for edge in self.needs.get(&member.key.id).into_iter().flatten() {
                        law("needs", self.is_present(edge), || {
                            format!("{} begins before the end of {edge} is durable", member.key)
                        })?;
                    }
                }
            }
            Record::End { op, results, .. } => {
                let begun = self.open.get(op).cloned().unwrap_or_default();
                for (member, ended) in begun.iter().zip(results) {
                    self.ended(*op, member, ended, world)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn is_present(&self, id: &ResourceId) -> bool {
        self.written.iter().any(|(key, it)| key.id == *id && it.present)
    }

    /// What an end says is so.
    fn ended(&self, op: u64, begun: &Begun, ended: &Ended, world: &World) -> Result<(), Broken> {
        let key = &begun.key;
        let there = world.things.iter().find(|it| it.token == begun.token);
        match ended {
            Ended::Present { .. } => {
                let Some(thing) = there else {
                    return law("end", false, || format!("{key} ends as present and is not there"));
                };
                let schema = catalog().get(&begun.kind).unwrap();
                let wanted = begun.wanted.as_ref().unwrap();
                let left =
                    diff(schema, wanted, Some(wanted), Some(&(&thing.snapshot.props).into()))
                        .changes;
                law("end", left.is_empty(), || format!("{key} ends and is not as wanted: {left:?}"))
            }
            Ended::Gone => {
                law("end", there.is_none(), || format!("{key} ends as gone and is there"))
            }
            Ended::NotBegun(_) => law("end", !self.touched.contains(&op), || {
                format!("{key} ends as not begun, and was called for")
            }),
            Ended::Failed(_) => Ok(()),
        }
    }

    /// An entry is durable.
    pub(crate) fn durable(&mut self, record: &Record) {
        match record {
            Record::Begin { op, members } => {
                for member in members {
                    let written = self.written.entry(member.key.clone());
                    let written = written.or_insert_with(|| Written {
                        token: member.token.to_string(),
                        present: false,
                        before: None,
                    });
                    written.before = Some(written.before.unwrap_or(false) || written.present);
                    written.present = false;
                }
                self.open.insert(*op, members.clone());
            }
            Record::End { op, results, .. } => {
                let begun = self.open.remove(op).unwrap_or_default();
                for (member, ended) in begun.iter().zip(results) {
                    self.end(&member.key, ended);
                }
            }
            Record::Noted { key, .. } => {
                if let Some(written) = self.written.get_mut(key) {
                    written.present = true;
                    written.before = None;
                }
            }
            Record::Forgotten { key, .. } => {
                self.written.remove(key);
            }
            _ => {}
        }
    }

    fn end(&mut self, key: &Key, ended: &Ended) {
        let Some(written) = self.written.get_mut(key) else { return };
        match ended {
            Ended::Present { .. } => {
                written.present = true;
                written.before = None;
            }
            Ended::Gone => {
                self.written.remove(key);
            }
            Ended::NotBegun(_) => match written.before.take() {
                Some(true) => written.present = true,
                _ => {
                    self.written.remove(key);
                }
            },
            Ended::Failed(_) => {}
        }
    }

    /// Somebody looks for the thing that bears a token.
    pub(crate) fn read(&mut self, token: &str) {
        self.unknown.remove(token);
    }

    /// A call that changes something goes out.
    pub(crate) fn call(
        &mut self,
        world: &World,
        member: &Member,
        effect: Effect,
        happens: bool,
        foreign: bool,
    ) -> Result<(), Broken> {
        let target = &member.target;
        let key = Key::new(target.id.clone(), target.incarnation);
        let open = self.open.iter().filter(|(_, all)| all.iter().any(|it| it.key == key));
        let open: Vec<u64> = open.map(|(op, _)| *op).collect();
        law("begin", !open.is_empty(), || {
            format!("{key} is called for before its begin is durable")
        })?;
        law("rival", !foreign, || format!("{effect:?} {key}, which is somebody else's thing"))?;
        if effect == Effect::Made {
            law("blind", !self.unknown.contains_key(&target.token), || {
                format!("{key} is made again, and nobody looked")
            })?;
            let twice = world.things.iter().any(|it| it.token == target.token);
            law("twice", !twice, || format!("{key} is made, and is there"))?;
            self.unknown.insert(target.token.clone(), true);
        }
        if happens {
            self.touched.extend(open);
        }
        Ok(())
    }

    /// The process is dead, or done: whatever is there of ours is written somewhere.
    pub(crate) fn over(&self, world: &World) -> Result<(), Broken> {
        for thing in world.things.iter().filter(|it| !is_rival(it)) {
            let known = self.written.values().any(|it| it.token == thing.token);
            law("orphan", known, || format!("nobody knows of {}", thing.snapshot.physical))?;
        }
        Ok(())
    }
}
