//! Hands that work on the cloud of made-up kinds: read, judge, at most one call.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bicoastal_model::diff::{diff, target};
use bicoastal_model::schema::Change;
use bicoastal_model::{
    Claim, Deletes, ErrorFacts, Goal, Member, OpError, Operation, Outcome, Ownership, Progress,
    Retry, Schema, Seen, Shape, Snapshot, Status,
};
use serde_json::{Value, json};

use crate::cases::Fault;
use crate::common::catalog;
use crate::common::cloud::{Thing, World};
use crate::oracle::{Broken, Effect, Oracle};

/// The token that a rival's thing bears where its kind can bear one.
pub(crate) const RIVAL: &str = "rival";

/// How a provider may be wrong.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wrong {
    /// What is in doubt is made again without a look at what is there.
    pub(crate) blind: bool,
    /// After a doubt, what is there is ours.
    pub(crate) claims_all: bool,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Hands {
    pub(crate) faults: VecDeque<Option<Fault>>,
    made: usize,
}

/// What one member takes.
enum Next {
    Nothing,
    Make,
    Change(usize),
    Remove(usize),
}

impl Hands {
    /// One turn.
    pub(crate) fn advance(
        &mut self,
        world: &mut World,
        operation: &Operation,
        oracle: &mut Oracle,
        wrong: Wrong,
    ) -> Result<Result<Progress, OpError>, Broken> {
        let mut next = Vec::new();
        let mut clashes = Vec::new();
        for (at, member) in operation.members.iter().enumerate() {
            if wrong.blind && member.claim == Claim::InDoubt {
                next.push(Next::Make);
                continue;
            }
            oracle.read(&member.target.token);
            match self.next(world, member, wrong) {
                Ok(it) => next.push(it),
                Err(words) => clashes.push((at, words)),
            }
        }
        if !clashes.is_empty() {
            return Ok(Err(refused(Retry::Never, clashes)));
        }
        if next.iter().all(|it| matches!(it, Next::Nothing)) {
            return Ok(Ok(Progress::Done(
                operation.members.iter().map(|it| outcome(world, it)).collect(),
            )));
        }
        let bad = operation.members.iter().enumerate().filter(|(_, it)| is_bad(it));
        let bad: Vec<(usize, String)> = bad.map(|(at, _)| (at, "bad".to_owned())).collect();
        if !bad.is_empty() {
            return Ok(Err(refused(Retry::Never, bad)));
        }
        let fault = self.faults.pop_front().flatten();
        let happens = match fault {
            None | Some(Fault::AnswerLost) => true,
            Some(Fault::CallLost) => false,
            Some(Fault::Rival) => {
                let makes = next.iter().zip(&operation.members);
                for (_, member) in makes.filter(|(next, _)| matches!(next, Next::Make)) {
                    self.rival(world, member);
                }
                false
            }
            Some(Fault::NotSent) => return Ok(Err(OpError::NotSent(facts("no connection")))),
            Some(Fault::Throttled) => return Ok(Err(refused(Retry::Throttled, Vec::new()))),
            Some(Fault::Refused) => return Ok(Err(refused(Retry::Never, Vec::new()))),
            Some(Fault::Waiting) => {
                let (poll, patience) = (Duration::from_secs(5), Duration::from_secs(60));
                let what = "WORKING".to_owned();
                return Ok(Ok(Progress::Waiting { what, poll, patience }));
            }
        };
        let taken = next.iter().zip(&operation.members);
        if taken.into_iter().any(|(next, it)| matches!(next, Next::Make) && is_taken(world, it)) {
            return Ok(Err(refused(Retry::Never, Vec::new())));
        }
        let mut physical = None;
        // Removed from behind, so that the positions before stay what they are.
        let mut todo: Vec<(&Next, &Member)> = next.iter().zip(&operation.members).collect();
        todo.sort_by_key(|(next, _)| match next {
            Next::Remove(at) => std::cmp::Reverse(*at),
            _ => std::cmp::Reverse(usize::MAX),
        });
        for (next, member) in todo {
            let (effect, at) = match next {
                Next::Nothing => continue,
                Next::Make => (Effect::Made, None),
                Next::Change(at) => (Effect::Changed, Some(*at)),
                Next::Remove(at) => (Effect::Removed, Some(*at)),
            };
            let foreign = at.is_some_and(|at| is_rival(&world.things[at]));
            oracle.call(world, member, effect, happens, foreign)?;
            if happens {
                physical = self.carry_out(world, member, next);
            }
        }
        Ok(match fault {
            Some(_) => Err(OpError::InDoubt(facts("no answer"))),
            None => Ok(Progress::Called {
                call: "Call".to_owned(),
                physical,
                secrets: true,
                deletes: vec![Deletes::Whole; operation.members.len()],
            }),
        })
    }

    fn next(&self, world: &World, member: &Member, wrong: Wrong) -> Result<Next, String> {
        let Seen::Present(seen) = world.read(&member.target) else {
            return Ok(match member.goal {
                Goal::Present { .. } => Next::Make,
                Goal::Absent { .. } => Next::Nothing,
            });
        };
        let schema = schema(member);
        let (Goal::Present { wanted: meant, .. } | Goal::Absent { applied: meant, .. }) =
            &member.goal;
        let as_meant = || diff(schema, meant, Some(meant), Some(&seen.props)).changes.is_empty();
        let trusting = wrong.claims_all && member.claim >= Claim::InDoubt;
        if !trusting
            && let Some(objection) =
                member.claim.objection(&seen.ownership, schema.has_tags(), as_meant)
        {
            return Err(format!("{} is not ours: {objection:?}", seen.physical));
        }
        let at = world.things.iter().position(|it| it.snapshot.physical == seen.physical);
        let at = at.unwrap_or_else(|| panic!("{} was just seen", seen.physical));
        Ok(match &member.goal {
            Goal::Absent { .. } => Next::Remove(at),
            Goal::Present { wanted, applied } => {
                let differs = diff(schema, wanted, applied.as_ref(), Some(&seen.props));
                if differs.changes.is_empty() { Next::Nothing } else { Next::Change(at) }
            }
        })
    }

    fn carry_out(&mut self, world: &mut World, member: &Member, next: &Next) -> Option<String> {
        let Goal::Present { wanted, applied } = &member.goal else {
            if let Next::Remove(at) = next {
                world.things.remove(*at);
            }
            return None;
        };
        let schema = schema(member);
        let at = match next {
            Next::Change(at) => *at,
            _ => {
                self.made += 1;
                let physical = format!("{}-{}", member.target.id, self.made);
                let mut props = wanted.clone();
                // Of what has tags, the rest takes a second call.
                if schema.has_tags() {
                    props.as_object_mut().unwrap().retain(|name, _| {
                        name == "tags"
                            || schema.field(name).is_some_and(|it| it.change == Change::Replace)
                    });
                }
                world.things.push(thing(schema, &member.target.token, physical.clone(), props));
                return Some(physical);
            }
        };
        let snapshot = &mut world.things[at].snapshot;
        let mut props = target(schema, wanted, applied.as_ref(), Some(&snapshot.props));
        for field in schema.fields.iter().filter(|it| matches!(it.shape, Shape::Secret)) {
            props.as_object_mut().unwrap().remove(field.name);
        }
        without_nulls(&mut props);
        snapshot.props = props;
        None
    }

    /// Somebody else makes what this member was about to make.
    fn rival(&mut self, world: &mut World, member: &Member) {
        let (schema, Goal::Present { wanted, .. }) = (schema(member), &member.goal) else { return };
        if schema.identity.is_empty() || is_taken(world, member) {
            return;
        }
        self.made += 1;
        let names = schema.identity.iter().map(|name| ((*name).to_owned(), wanted[*name].clone()));
        let mut props = Value::Object(names.collect());
        let physical = format!("{}-{RIVAL}-{}", member.target.id, self.made);
        // Records can bear no mark.
        let token = if schema.has_tags() { RIVAL } else { "" };
        props["theirs"] = json!(true);
        world.things.push(thing(schema, token, physical, props));
    }
}

fn thing(schema: &Schema, token: &str, physical: String, props: Value) -> Thing {
    let outputs = schema.outputs.iter().map(|output| {
        let value = match output.same_as {
            Some(property) => props[property].clone(),
            None => Value::from(format!("{physical}.{}", output.name)),
        };
        (output.name.to_owned(), value)
    });
    let outputs: BTreeMap<String, Value> = outputs.collect();
    let snapshot = Snapshot {
        physical,
        props,
        outputs,
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: BTreeMap::new(),
    };
    Thing { kind: schema.kind.to_owned(), token: token.to_owned(), snapshot }
}

pub(crate) fn is_rival(thing: &Thing) -> bool {
    thing.snapshot.physical.contains(RIVAL)
}

/// Whether something has the name that this is to have.
fn is_taken(world: &World, member: &Member) -> bool {
    let (schema, Goal::Present { wanted, .. }) = (schema(member), &member.goal) else {
        return false;
    };
    !schema.identity.is_empty()
        && world.things.iter().any(|it| {
            let same = |name: &&str| it.snapshot.props.get(*name) == wanted.get(*name);
            it.kind == schema.kind && schema.identity.iter().all(same)
        })
}

fn outcome(world: &World, member: &Member) -> Outcome {
    match world.read(&member.target) {
        Seen::Present(snapshot) => Outcome::Present(snapshot),
        _ => Outcome::Gone,
    }
}

fn is_bad(member: &Member) -> bool {
    matches!(&member.goal, Goal::Present { wanted, .. } if wanted["values"] == json!(["bad"]))
}

pub(crate) fn schema(member: &Member) -> &'static Schema {
    catalog().get(&member.target.kind).unwrap()
}

fn without_nulls(value: &mut Value) {
    if let Value::Object(fields) = value {
        fields.retain(|_, field| !field.is_null());
        fields.values_mut().for_each(without_nulls);
    }
}

fn facts(message: &str) -> ErrorFacts {
    ErrorFacts {
        region: "us-east-1".to_owned(),
        message: message.to_owned(),
        ..ErrorFacts::default()
    }
}

fn refused(retry: Retry, offenders: Vec<(usize, String)>) -> OpError {
    OpError::Refused { retry, facts: ErrorFacts { offenders, ..facts("refused") } }
}
