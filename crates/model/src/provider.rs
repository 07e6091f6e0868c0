//! The contract between those who decide and those who do: what is read, what is carried out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::error::{ErrorFacts, OpError};
use crate::id::{Place, ResourceId};
use crate::packed::Packed;
use crate::region::Region;
use crate::schema::Schema;
use crate::secrets;
use crate::sweep::{Sweep, Swept, TerraformInstance, Translated};
use crate::value::Value;

/// Every kind that is compiled in, by name.
#[derive(Clone, Debug, Default)]
pub struct Catalog(BTreeMap<&'static str, &'static Schema>);

impl Catalog {
    /// Of these kinds.
    pub fn new(schemas: impl IntoIterator<Item = &'static Schema>) -> Self {
        Self(schemas.into_iter().map(|schema| (schema.kind, schema)).collect())
    }

    /// The schema of a kind, if it is compiled in.
    pub fn get(&self, kind: &str) -> Option<&'static Schema> {
        self.0.get(kind).copied()
    }

    /// All schemas, by kind.
    pub fn iter(&self) -> impl Iterator<Item = &'static Schema> + '_ {
        self.0.values().copied()
    }
}

/// One thing in AWS, existing or not: enough to find it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// Whose.
    pub id: ResourceId,
    /// Its kind.
    pub kind: String,
    /// Where. For a spanning resource: every region where a member is wanted or was applied.
    pub place: Place,
    /// How many times it was replaced, from 1.
    pub incarnation: u32,
    /// The text that marks it as ours where AWS takes one before creation (`CallerReference`,
    /// client tokens): at most 64 characters, the same on every attempt of one incarnation.
    pub token: String,
    /// The id that AWS gave it, where known: zone id, ARN, name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical: Option<String>,
    /// Its properties as last applied, else as wanted: what its natural key is read from, and
    /// which optional parts are worth reading (those mentioned here).
    pub props: Packed,
    /// The ownership tags that are on it if it is ours.
    pub tags: BTreeMap<String, String>,
}

impl Target {
    /// The region of a regional resource.
    pub fn region(&self) -> Option<Region> {
        self.place.region()
    }

    /// A text property of its natural key.
    pub fn text(&self, field: &str) -> &str {
        self.props.get(field).and_then(Packed::as_str).unwrap_or_default()
    }

    /// Whether the program or state mentions this property.
    pub fn mentions(&self, field: &str) -> bool {
        self.props.get(field).is_some()
    }
}

/// How a thing is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It can be used and changed.
    Ready,
    /// It is being made, changed or deleted: AWS's word for it.
    Busy(String),
    /// It will not get better by waiting: AWS's words.
    Failed(String),
}

/// Whether a thing that was found is ours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// Its token or its ownership tags say so.
    Ours,
    /// Its token or its tags say that it is another's: what they say.
    Foreign(String),
    /// It can carry no mark (records, inline policies), or carries none.
    Unmarked,
}

/// Something inside a thing that is a resource of its own: a record in a zone, an instance in a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Addition {
    /// Its kind, e.g. `Route53:RecordSet`.
    pub kind: String,
    /// Its natural key, in the fields of its kind's `identity`.
    pub identity: Value,
    /// How to name it to a person: `A api.example.com. (us-east-1)`.
    pub label: String,
}

/// A thing as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The id that AWS knows it by.
    pub physical: String,
    /// Its properties, in the shape of its schema. What AWS does not return is missing.
    pub props: Value,
    /// Its outputs, by name.
    pub outputs: BTreeMap<String, Value>,
    /// How it is doing.
    pub status: Status,
    /// Whose it is.
    pub ownership: Ownership,
    /// What is inside it, ours and others': the planner tells them apart.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Addition>,
    /// Roles and the like: observed, never wanted (`writer_region` of a global cluster).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Value>,
}

/// What a read brought.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It does not exist.
    Absent,
    /// It does.
    Present(Snapshot),
    /// It could not be read: unknown, never deleted.
    Unknown(OpError),
}

/// What is to be true of a thing.
#[derive(Clone, PartialEq)]
pub enum Goal {
    /// It is there, like this.
    Present {
        /// What the program wants, every reference resolved, secrets in clear.
        wanted: Value,
        /// What was last applied, to tell what was formerly mentioned. A secret that is wanted as
        /// it was applied is in clear here too; what others were is not told.
        applied: Option<Value>,
    },
    /// It is gone.
    Absent {
        /// The properties as last applied, delete options included.
        applied: Value,
        /// Guards of AWS's own (`deletion_protection`) may be lifted: the user named it.
        lift_guards: bool,
    },
}

impl Goal {
    /// Counts the secrets that are wanted, at any depth, as applied. To be called after
    /// the first accepted call of an operation that takes them: AWS never tells what a secret is, so nothing else
    /// ends the turns that send it.
    pub fn secrets_sent(&mut self, schema: &Schema) {
        let Self::Present { wanted, applied, .. } = self else { return };
        if secrets::holds(wanted) || applied.as_ref().is_some_and(secrets::holds) {
            *applied = Some(secrets::sent(schema, wanted, applied.as_ref()));
        }
    }
}

impl fmt::Debug for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is wanted holds secrets in clear.
        f.write_str(match self {
            Self::Present { .. } => "Present",
            Self::Absent { .. } => "Absent",
        })
    }
}

/// One thing of an operation.
#[derive(Clone, Debug)]
pub struct Member {
    /// Which thing.
    pub target: Target,
    /// What is to be true of it.
    pub goal: Goal,
    /// What may be taken for it, of what is found.
    pub claim: Claim,
    /// What is known of it without another look.
    pub memory: Memory,
}

/// What a provider may go by instead of looking at a thing.
#[derive(Clone, Debug, PartialEq)]
pub enum Known {
    /// It was not there when the plan was made, moments ago.
    Absent,
    /// It had these properties when the plan was made. Only where a call is refused that does not
    /// fit what is there: of members of a batch.
    Planned(Value),
    /// It was answered by the last call, which nothing of ours came after.
    Told(Snapshot),
    /// It was waited for, and looked like this.
    Waited(Snapshot),
    /// What was called last and on which look, as a digest, and how often that look was the same
    /// since.
    Asked(u64, u32),
    /// That it can't be gone on with what was seen, and how often that was seen.
    Refused(u32),
}

/// What is known of a member in the course of its operation, from one turn to the next. Whoever
/// takes turns keeps it with the member; the provider alone reads and writes it. It is lost with
/// the process, and is to be forgotten with every error.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Option<Known>>>);

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What is known may repeat a secret.
        f.write_str("Memory")
    }
}

impl Memory {
    /// Of a thing that is to be made and was not there when the plan was.
    pub fn absent() -> Self {
        Self(Arc::new(Mutex::new(Some(Known::Absent))))
    }

    /// Of a member of a batch that had these properties when the plan was made.
    pub fn planned(props: Value) -> Self {
        Self(Arc::new(Mutex::new(Some(Known::Planned(props)))))
    }

    /// What is known; nothing is afterwards.
    pub fn take(&self) -> Option<Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps something for the next turn.
    pub fn keep(&self, known: Known) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(known);
    }
}

/// One operation of a plan: one thing, or a batch of them with one parent.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its members, all of one kind and, in a batch, of one parent.
    pub members: Vec<Member>,
}

/// What became of a member.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is there, as wanted.
    Present(Snapshot),
    /// It is gone.
    Gone,
}

/// What of a thing an accepted call deletes: AWS's own word that it is on its way out, which a look
/// that does not show it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Deletes {
    /// Nothing of it: guards are lifted, what is in it is removed.
    #[default]
    Nothing,
    /// What these regions have of it, of those that its property `regions` lists.
    In(BTreeSet<Region>),
    /// The whole.
    Whole,
}

impl Deletes {
    /// The whole, if this is so.
    pub fn whole(is_deletion: bool) -> Self {
        if is_deletion { Self::Whole } else { Self::Nothing }
    }

    /// This one, and another one after it.
    #[must_use]
    pub fn and(self, later: Self) -> Self {
        match (self, later) {
            (Self::Whole, _) | (_, Self::Whole) => Self::Whole,
            (Self::In(mut these), Self::In(those)) => {
                these.extend(those);
                Self::In(these)
            }
            (Self::Nothing, one) | (one, Self::Nothing) => one,
        }
    }

    /// Whether nothing is left of what these regions have.
    pub fn covers(&self, regions: &BTreeSet<Region>) -> bool {
        match self {
            Self::Nothing => false,
            Self::In(these) => regions.is_subset(these),
            Self::Whole => true,
        }
    }
}

/// What one turn of an operation brought.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// A mutating call was made and accepted; there may be more to do.
    Called {
        /// The API operation: `UpdateTable`.
        call: String,
        /// The id that AWS gave, where the call brought one.
        physical: Option<String>,
        /// Whether the secrets that are wanted are with AWS now: a call that takes none leaves them
        /// to a later one.
        secrets: bool,
        /// What it deletes, one word per member, in order; empty where it deletes nothing.
        deletes: Vec<Deletes>,
    },
    /// AWS is at work: look again after a while.
    Waiting {
        /// What is waited for, for the progress display: `replica ap-south-1 CREATING`.
        what: String,
        /// When to look again.
        poll: Duration,
        /// How long such a thing may take before it counts as stuck.
        patience: Duration,
    },
    /// Everything that was asked is true: one outcome per member, in order.
    Done(Vec<Outcome>),
}

/// A boxed future, as object-safe traits need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Who is told what was read.
pub type Tell<'a> = &'a mut (dyn FnMut(Seen) + Send);

/// Whether calls that change something may still start: they may as long as the run that makes
/// them surely is the only one that works on its stack.
pub trait Gate: Send + Sync + fmt::Debug {
    /// Finds out what time it is, where that takes asking somebody: comes right before
    /// [`pass`](Gate::pass).
    ///
    /// # Errors
    ///
    /// Where nobody tells, in words: no call may start then.
    fn look(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Lets a call through that is given up after `time`.
    ///
    /// # Errors
    ///
    /// Why no such call may start, in words: the run's lease ends before the call surely would.
    fn pass(&self, time: Duration) -> Result<(), String>;
}

/// A gate that lets everything through: for runs that nobody can take over from.
#[derive(Clone, Copy, Debug)]
pub struct OpenGate;

impl OpenGate {
    /// As [`Provider::advance`] takes it.
    pub fn shared() -> Arc<dyn Gate> {
        Arc::new(Self)
    }
}

impl Gate for OpenGate {
    fn pass(&self, _time: Duration) -> Result<(), String> {
        Ok(())
    }
}

/// Those who do: AWS, for one set of accounts. Decides nothing.
pub trait Provider: Send + Sync {
    /// The kinds it can handle.
    fn catalog(&self) -> Catalog;

    /// The twelve-digit number of an account (`None`: the default one).
    fn account<'a>(&'a self, account: Option<&'a str>) -> BoxFuture<'a, Result<String, OpError>>;

    /// Reads many things at once, with as few listings as that takes. Tells one answer per target, in
    /// their order, each as soon as those before it are told: thousands of answers need not be kept whole.
    fn read_each<'a>(&'a self, targets: &'a [Target], tell: Tell<'a>) -> BoxFuture<'a, ()>;

    /// The same, all answers together.
    fn refresh<'a>(&'a self, targets: &'a [Target]) -> BoxFuture<'a, Vec<Seen>> {
        Box::pin(async move {
            let mut all = Vec::with_capacity(targets.len());
            self.read_each(targets, &mut |seen| all.push(seen)).await;
            all
        })
    }

    /// Resolves a look-up: `props` is its query. [`Seen::Absent`] where nothing matches.
    fn lookup<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Seen, OpError>>;

    /// Takes one turn: reads the members as far as their [`Memory`] does not tell, and makes at
    /// most one mutating call. After an accepted call that says so the members' goals are to be
    /// told with [`Goal::secrets_sent`].
    ///
    /// Guarantees: no call is repeated below this function; what the members' claims do not cover
    /// is not touched; an error says whether the call could have happened; the gate is asked at the last moment before a mutating call goes out, and
    /// what it does not let through is [`OpError::NotSent`]. Assumes: nobody else takes turns on the same members meanwhile.
    fn advance<'a>(
        &'a self,
        operation: &'a Operation,
        gate: &'a Arc<dyn Gate>,
    ) -> BoxFuture<'a, Result<Progress, OpError>>;

    /// What a thing of a Terraform state is here: its kind, and what it is known by. Pure.
    fn translate(&self, instance: &TerraformInstance) -> Translated {
        let _ = instance;
        Translated::Unknown
    }

    /// Everything that bears a mark of this library, whichever stack's, with as few listings as
    /// that takes. Reads only. What did not answer is part of the answer: a sweep that saw half of
    /// the account is not one that found nothing.
    fn sweep<'a>(&'a self, sweep: &'a Sweep) -> BoxFuture<'a, Swept> {
        let _ = sweep;
        Box::pin(async {
            Swept {
                found: Vec::new(),
                unanswered: vec![OpError::NotSent(ErrorFacts {
                    call: "sweep".to_owned(),
                    message: "this cloud can't be searched for marks".to_owned(),
                    ..ErrorFacts::default()
                })],
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Field, Shape};
    use crate::value::json;

    const SCHEMA: Schema = Schema {
        fields: &[
            Field::new("name"),
            Field::new("port"),
            Field::new("password").shape(Shape::Secret),
        ],
        ..Schema::BASE
    };

    #[test]
    fn secrets_count_as_applied_once_they_were_sent() {
        let wanted = json!({"name": "app", "password": {"$secret": "new"}});
        let before = json!({"name": "app", "password": {"$secret": "old"}, "port": 1});
        for (applied, expected) in [
            (None, json!({"password": {"$secret": "new"}})),
            (Some(before), json!({"name": "app", "password": {"$secret": "new"}, "port": 1})),
        ] {
            let mut goal = Goal::Present { wanted: wanted.clone(), applied };
            goal.secrets_sent(&SCHEMA);
            assert!(matches!(goal, Goal::Present { applied: Some(it), .. } if it == expected));
        }
        let mut plain = Goal::Present { wanted: json!({"name": "app"}), applied: None };
        plain.secrets_sent(&SCHEMA);
        assert!(matches!(plain, Goal::Present { applied: None, .. }));
    }
}
