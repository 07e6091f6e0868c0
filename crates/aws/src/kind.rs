//! What a kind brings: how it is read, a pure next step, and how a step's call is carried out.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::time::Duration;

use bicoastal_model::diff::{self, FieldChange};
use bicoastal_model::{Deletes, Goal, Lookup, OpError, Region, Resource, Snapshot, Status, Target};
use serde_json::Value;

use crate::cx::Cx;

/// What to do next. Decided by a pure function, carried out elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next<C> {
    /// Make this call.
    Call(C),
    /// AWS is at work; look again.
    Wait {
        /// What is waited for, shown to people: `replica ap-south-1 CREATING`.
        what: String,
        /// When to look again.
        poll: Duration,
        /// How long such a thing may take before it counts as stuck.
        patience: Duration,
    },
    /// Everything that was asked is true.
    Done,
    /// It can't be done, and trying again will not help.
    Refuse {
        /// What can't be done.
        message: String,
        /// The next step.
        hint: String,
    },
}

impl<C> Next<C> {
    /// Waits for something, with both times in seconds.
    pub fn wait(what: impl Into<String>, poll: u64, patience: u64) -> Self {
        Self::Wait {
            what: what.into(),
            poll: Duration::from_secs(poll),
            patience: Duration::from_secs(patience),
        }
    }

    /// Refuses.
    pub fn refuse(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refuse { message: message.into(), hint: hint.into() }
    }
}

/// What is to be true, typed.
pub enum TurnGoal<R> {
    /// It is there, like this.
    Present {
        /// What is to be true of it: what is wanted, merged with what others own in lists and
        /// maps. What is to be unset is `None` here and in `changed` with `after` null.
        wanted: Box<R>,
        /// The same as data; `null` where something is to be unset.
        props: Value,
        /// The fields that differ from what is seen (all mentioned ones if nothing is).
        changed: Vec<FieldChange>,
    },
    /// It is gone.
    Absent {
        /// Its properties as last applied, delete options included.
        applied: Value,
        /// Guards of AWS's own may be lifted.
        lift_guards: bool,
    },
}

impl<R: fmt::Debug> fmt::Debug for TurnGoal<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // As data, secrets are in clear.
            Self::Present { wanted, changed, .. } => {
                let changed: Vec<&str> = changed.iter().map(|it| it.path.as_str()).collect();
                let mut goal = f.debug_struct("Present");
                goal.field("wanted", wanted).field("changed", &changed).finish_non_exhaustive()
            }
            Self::Absent { applied, lift_guards } => f
                .debug_struct("Absent")
                .field("applied", applied)
                .field("lift_guards", lift_guards)
                .finish(),
        }
    }
}

/// One look at a thing, and what is to be true of it: the input of a step.
#[derive(Debug)]
pub struct Turn<'a, R> {
    /// Which thing.
    pub target: &'a Target,
    /// How it is now; `None` where it does not exist.
    pub seen: Option<&'a Snapshot>,
    /// What is to be true.
    pub goal: TurnGoal<R>,
    /// What [`Kind::around`] read, where the thing is to be made or taken away; else null.
    pub around: Value,
}

impl<'a, R: Resource> Turn<'a, R> {
    /// Compares a goal with what is seen.
    ///
    /// # Errors
    ///
    /// In words, where the properties don't fit the type.
    pub fn new(
        target: &'a Target,
        goal: &Goal,
        seen: Option<&'a Snapshot>,
    ) -> Result<Self, String> {
        let goal = match goal {
            Goal::Absent { applied, lift_guards } => {
                TurnGoal::Absent { applied: applied.clone(), lift_guards: *lift_guards }
            }
            Goal::Present { wanted, applied, .. } => {
                let seen_props = seen.map(|it| &it.props);
                let props = diff::target(R::SCHEMA, wanted, applied.as_ref(), seen_props);
                let changed = diff::diff(R::SCHEMA, wanted, applied.as_ref(), seen_props).changes;
                let mut given = props.clone();
                strip_nulls(&mut given);
                let typed = serde_json::from_value(given).map_err(|error| {
                    format!("{}'s properties don't fit {}: {error}", target.id, R::SCHEMA.kind)
                })?;
                TurnGoal::Present { wanted: Box::new(typed), props, changed }
            }
        };
        Ok(Self { target, seen, goal, around: Value::Null })
    }

    /// With what was read around a thing that is to be made or taken away.
    #[must_use]
    pub fn with_around(mut self, around: Value) -> Self {
        self.around = around;
        self
    }

    /// Whether a field (or a part of it) differs.
    pub fn changed(&self, field: &str) -> bool {
        self.changes(field).next().is_some()
    }

    /// The differences of a field and its parts.
    pub fn changes(&self, field: &str) -> impl Iterator<Item = &FieldChange> {
        let changed: &[FieldChange] = match &self.goal {
            TurnGoal::Present { changed, .. } => changed,
            TurnGoal::Absent { .. } => &[],
        };
        changed.iter().filter(move |change| {
            change.path == field
                || change
                    .path
                    .strip_prefix(field)
                    .is_some_and(|rest| rest.starts_with('.') || rest.starts_with('['))
        })
    }

    /// AWS's word for what it is doing with the thing, where it is not ready.
    pub fn busy(&self) -> Option<&str> {
        match &self.seen?.status {
            Status::Busy(word) => Some(word),
            Status::Ready | Status::Failed(_) => None,
        }
    }

    /// AWS's words where the thing has failed for good.
    pub fn failed(&self) -> Option<&str> {
        match &self.seen?.status {
            Status::Failed(words) => Some(words),
            Status::Ready | Status::Busy(_) => None,
        }
    }

    /// What was seen, with these properties as they are to be: how it is once a call has set them.
    pub fn with_set(&self, fields: &[&str]) -> Option<Snapshot> {
        let TurnGoal::Present { props, .. } = &self.goal else { return None };
        let mut seen = self.seen?.clone();
        let there = seen.props.as_object_mut()?;
        for field in fields {
            match props.get(field).filter(|value| !value.is_null()) {
                Some(value) => there.insert((*field).to_owned(), value.clone()),
                None => there.remove(*field),
            };
        }
        Some(seen)
    }

    /// What is wanted, unless it is to be gone.
    pub fn wanted(&self) -> Option<&R> {
        match &self.goal {
            TurnGoal::Present { wanted, .. } => Some(wanted),
            TurnGoal::Absent { .. } => None,
        }
    }
}

fn strip_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, field| !field.is_null());
            fields.values_mut().for_each(strip_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_nulls),
        _ => {}
    }
}

/// One thing of a listing, as far as its marks need it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The id that AWS knows it by: that of its snapshot.
    pub physical: String,
    /// Its natural key, in the fields of the schema's `identity`; for people where that is empty.
    pub identity: Value,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// The token that it was made with, where AWS tells.
    pub token: Option<String>,
}

/// A kind that is changed one at a time.
///
/// Guarantees asked of an implementation:
/// - `step` is pure and converges: whatever state an interruption left, repeating
///   read → step → call ends in `Done`, with no call made twice for one purpose;
/// - `read` finds what a lost create made, by name, token or tags, and returns `None` only where
///   AWS says that the thing does not exist;
/// - `call` makes exactly one mutating API call, with the one-attempt client;
/// - changed secrets travel with the first call of an operation that takes them, because afterwards
///   they count as sent (see [`Goal::secrets_sent`]): AWS never tells what they are. A secret is its own
///   change in [`Turn::changes`], wherever in a list it is ([`FieldChange::is_secret`]).
pub trait Kind: Resource {
    /// The calls that a step can ask for.
    type Call: fmt::Debug + Send + Sync;

    /// Reads it; `None` where it does not exist.
    fn read<'a>(
        cx: &'a Cx,
        target: &'a Target,
    ) -> impl Future<Output = Result<Option<Snapshot>, OpError>> + Send + 'a;

    /// Whether AWS refuses to create what exists already, unless it is what the same create made:
    /// then what a plan saw absent is not looked for a second time before it is made.
    fn refuses_twins(target: &Target) -> bool {
        let _ = target;
        false
    }

    /// Whether AWS answers a create with what exists already and has the same settings, whoever made
    /// that: then only the mark that a create sends along tells what a create has made. No, unless
    /// said otherwise.
    fn answers_twins() -> bool {
        false
    }

    /// How it is after an accepted call, where what was seen before and the call together say all
    /// of it: then it is not read again. A call whose answer describes the thing says so with
    /// [`Cx::tell`] instead. Nothing by default, which means another look.
    fn after(turn: &Turn<'_, Self>, call: &Self::Call) -> Option<Snapshot>
    where
        Self: Sized,
    {
        let _ = (turn, call);
        None
    }

    /// Whether a call is to be made again where the next look is like the one that it was made on: it
    /// does a part of its work each time. Of any other call that means that AWS does not show yet
    /// what it has taken, and it is looked again first.
    fn repeats(call: &Self::Call) -> bool
    where
        Self: Sized,
    {
        let _ = call;
        false
    }

    /// Looks again at what is being waited for, reading no more than that. `known` is how it was
    /// at the last look, or what the last call was answered; `goal` is what is to be true of it.
    fn poll<'a>(
        cx: &'a Cx,
        target: &'a Target,
        known: &'a Snapshot,
        goal: &'a Goal,
    ) -> impl Future<Output = Result<Option<Snapshot>, OpError>> + Send + 'a {
        let _ = (known, goal);
        Self::read(cx, target)
    }

    /// Whether AWS shows what its answers told: asked before an operation ends whose last look was
    /// an answer. For services that show a change some time after they took it, or that answer a
    /// create with what another made. Nothing is asked by default.
    fn confirm<'a>(
        cx: &'a Cx,
        target: &'a Target,
        told: &'a Snapshot,
    ) -> impl Future<Output = Result<bool, OpError>> + Send + 'a {
        let _ = (cx, target, told);
        async { Ok(true) }
    }

    /// Reads what a step must know beside the thing: to make one that does not exist yet (the global
    /// database that a cluster joins), or to take away one that does (who still uses a role). Asked
    /// only then; nothing by default.
    fn around<'a>(
        cx: &'a Cx,
        target: &'a Target,
        seen: Option<&'a Snapshot>,
    ) -> impl Future<Output = Result<Value, OpError>> + Send + 'a {
        let _ = (cx, target, seen);
        async { Ok(Value::Null) }
    }

    /// Lists all of the kind that a region has, with their tags and tokens, by as few calls as that
    /// takes: what bears a mark of ours is picked out of it. A global kind is listed once. Nothing
    /// by default: for kinds that can carry no mark.
    fn listed<'a>(
        cx: &'a Cx,
        region: Region,
    ) -> impl Future<Output = Result<Vec<Listed>, OpError>> + Send + 'a {
        let _ = (cx, region);
        async { Ok(Vec::new()) }
    }

    /// What to do next.
    fn step(turn: &Turn<'_, Self>) -> Next<Self::Call>
    where
        Self: Sized;

    /// Makes a call. Answers the id that AWS gave, where the call brought one.
    fn call<'a>(
        cx: &'a Cx,
        target: &'a Target,
        call: &'a Self::Call,
    ) -> impl Future<Output = Result<Option<String>, OpError>> + Send + 'a;

    /// The API operation of a call, for the record: `UpdateTable`.
    fn name(call: &Self::Call) -> &'static str;

    /// What of the thing a call deletes: without AWS's acceptance of that, something that was there and
    /// is not shown is not believed to be gone before it has not been shown for minutes.
    fn deletes(call: &Self::Call) -> Deletes;

    /// Whether a call carries the secrets that are wanted, as all do that could.
    fn takes_secrets(call: &Self::Call) -> bool {
        let _ = call;
        true
    }
}

/// A kind of which several members of one parent are changed in one call.
pub trait BatchKind: Resource {
    /// The calls that a step can ask for.
    type Call: fmt::Debug + Send + Sync;

    /// Reads one; `None` where it does not exist. Use [`Cx::shared`] for the parent's listing.
    fn read<'a>(
        cx: &'a Cx,
        target: &'a Target,
    ) -> impl Future<Output = Result<Option<Snapshot>, OpError>> + Send + 'a;

    /// How a member is after an accepted call: see [`Kind::after`].
    fn after(turn: &Turn<'_, Self>, call: &Self::Call) -> Option<Snapshot>
    where
        Self: Sized,
    {
        let _ = (turn, call);
        None
    }

    /// How a member is that had these properties when the plan was made, if a call that goes by them
    /// is refused where they do not hold any more. Nothing by default, which means a look.
    fn planned(target: &Target, props: &Value) -> Option<Snapshot> {
        let _ = (target, props);
        None
    }

    /// Looks again at a member that is being waited for: see [`Kind::poll`].
    fn poll<'a>(
        cx: &'a Cx,
        target: &'a Target,
        known: &'a Snapshot,
    ) -> impl Future<Output = Result<Option<Snapshot>, OpError>> + Send + 'a {
        let _ = known;
        Self::read(cx, target)
    }

    /// What to do next for the whole batch.
    fn step(turns: &[Turn<'_, Self>]) -> Next<Self::Call>
    where
        Self: Sized;

    /// Makes a call. An error may name the members at fault, by position in the batch.
    fn call<'a>(
        cx: &'a Cx,
        targets: &'a [&'a Target],
        call: &'a Self::Call,
    ) -> impl Future<Output = Result<Option<String>, OpError>> + Send + 'a;

    /// The API operation of a call, for the record.
    fn name(call: &Self::Call) -> &'static str;

    /// What of a member, by its position in the batch, a call deletes: see [`Kind::deletes`].
    fn deletes(call: &Self::Call, member: usize) -> Deletes;
}

/// The ways to look a kind up, carried out.
pub trait Found: Lookup + serde::de::DeserializeOwned + Send + Sync {
    /// Finds the one thing that the query means; `None` where there is none. More than one is a
    /// refusal that lists them.
    fn find<'a>(
        cx: &'a Cx,
        target: &'a Target,
        query: &'a Self,
    ) -> impl Future<Output = Result<Option<Snapshot>, OpError>> + Send + 'a;
}
