//! A cloud where everything is, of which each answer to a read can be spoilt, and what a plan then
//! makes of it: only what reads that answer is read again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use bicoastal::model::{Diagnostics, Gate, Operation, Progress, Provider as _, Seen, Target};
use bicoastal::plan::{Action, Plan};
use bicoastal::state::{Key, State};
use bicoastal::{AwsProvider, Desired, PlanOptions, local_connection};
use bicoastal_engine::observe::{self, Observed};
use bicoastal_engine::planner;
use bicoastal_local::reply::Reply;

use crate::common::World;
use crate::edited::Edit;
use crate::program;

/// Makes another body of the body of an answer.
pub type Spoil = Box<dyn Fn(&[u8]) -> Vec<u8> + Send + Sync>;

/// An answer to a read: the call that it answers, the answer, and who reads it, as positions.
#[derive(Clone, Debug)]
pub struct Answer {
    /// `Rds DescribeDBClusters`.
    pub call: String,
    pub body: Vec<u8>,
    targets: BTreeSet<usize>,
    lookups: BTreeSet<usize>,
    /// The kinds of those who read it.
    pub kinds: BTreeSet<String>,
}

/// What the cloud's hook sees and does.
#[derive(Default)]
struct Hook {
    /// The answer to spoil, without its request's id.
    spoil: Option<(Vec<u8>, Spoil)>,
    /// How often it was.
    struck: usize,
    answered: Vec<(String, Vec<u8>)>,
}

/// A state that was applied, and what was seen of it.
pub struct Stage {
    _world: World,
    pub provider: AwsProvider,
    pub desired: Desired,
    pub state: State,
    observed: Observed,
    pub targets: Vec<(Key, Target)>,
    lookups: Vec<Target>,
    pub answers: Vec<Answer>,
    hook: Arc<Mutex<Hook>>,
}

impl Stage {
    pub async fn new() -> Self {
        let world = World::new();
        world.cloud.scale_durations(0.05);
        world.apply_with(&program::declared(Edit::None), &PlanOptions::default()).await;
        let desired = program::looked_up();
        world.apply_with(&desired, &PlanOptions::default()).await;
        let state = world.engine.state("test").await.unwrap().unwrap();
        let provider = AwsProvider::new(local_connection(&world.cloud, "000000000000"));
        let hook: Arc<Mutex<Hook>> = Arc::default();
        let hooked = hook.clone();
        world.cloud.on_answer(move |call, reply: &mut Reply| {
            let hook = &mut *hooked.lock().unwrap();
            match &hook.spoil {
                _ if call.mutating || reply.status != 200 => {}
                Some((of, spoil)) if *of == lasting(&reply.body) => {
                    reply.body = spoil(&reply.body);
                    hook.struck += 1;
                }
                _ => {
                    let name = format!("{:?} {}", call.service, call.operation);
                    hook.answered.push((name, reply.body.clone()));
                }
            }
        });
        let accounts = state.accounts.clone();
        let observed = Observed { accounts, ..Observed::default() };
        let lookups = observe::lookups(&desired, &state);
        let (targets, answers) = (Vec::new(), Vec::new());
        let mut stage = Self {
            _world: world,
            provider,
            desired,
            state,
            observed,
            targets,
            lookups,
            answers,
            hook,
        };
        stage.look().await;
        stage
    }

    /// Reads everything unspoilt, one by one, so that it is known by which answers.
    async fn look(&mut self) {
        for at in 0..self.lookups.len() {
            let target = self.lookups[at].clone();
            let seen = self.provider.lookup(&target).await.unwrap();
            self.observed.lookups.insert(target.id, seen);
            for answer in self.answered(&target.kind) {
                self.answers[answer].lookups.insert(at);
            }
        }
        let (catalog, lookups) = (self.provider.catalog(), &self.observed.lookups);
        self.targets = observe::targets(&self.desired, &self.state, &catalog, lookups);
        for at in 0..self.targets.len() {
            let (key, target) = self.targets[at].clone();
            let seen = self.provider.refresh(std::slice::from_ref(&target)).await;
            self.observed.seen.extend([key].into_iter().zip(seen.into_iter().map(Into::into)));
            for answer in self.answered(&target.kind) {
                self.answers[answer].targets.insert(at);
            }
        }
        let plan = self.planned(&self.observed).unwrap();
        assert!(plan.is_empty() && plan.unseen.is_empty());
    }

    /// The answers since it was last asked, as positions.
    fn answered(&mut self, kind: &str) -> BTreeSet<usize> {
        let mut positions = BTreeSet::new();
        for (call, body) in std::mem::take(&mut self.hook.lock().unwrap().answered) {
            let known = lasting(&body);
            let at = self.answers.iter().position(|it| lasting(&it.body) == known);
            let at = at.unwrap_or_else(|| {
                let (targets, lookups, kinds) = Default::default();
                self.answers.push(Answer { call, body, targets, lookups, kinds });
                self.answers.len() - 1
            });
            self.answers[at].kinds.insert(kind.to_owned());
            positions.insert(at);
        }
        positions
    }

    /// The answers that a turn reads which finds nothing to do.
    pub async fn answers_of(&self, operation: &Operation, gate: &Arc<dyn Gate>) -> Vec<Answer> {
        self.hook.lock().unwrap().answered.clear();
        let turn = self.provider.advance(operation, gate).await;
        assert!(matches!(turn, Ok(Progress::Done(_))), "{turn:?}");
        let answered = std::mem::take(&mut self.hook.lock().unwrap().answered);
        let (targets, lookups, kinds) = Default::default();
        let answer = Answer { call: String::new(), body: Vec::new(), targets, lookups, kinds };
        answered.into_iter().map(|(call, body)| Answer { call, body, ..answer.clone() }).collect()
    }

    /// Spoils an answer from now on.
    pub fn spoil(&self, answer: &Answer, spoil: Spoil) {
        self.hook.lock().unwrap().spoil = Some((lasting(&answer.body), spoil));
    }

    /// Spoils nothing any more; answers whether it did.
    pub fn mend(&self) -> bool {
        let mut hook = self.hook.lock().unwrap();
        hook.spoil = None;
        std::mem::take(&mut hook.struck) > 0
    }

    /// What a plan makes of this where an answer is spoilt, and whether a thing that is ours was
    /// read by it. One of each kind reads it again.
    pub async fn plan(&self, answer: &Answer, spoil: Spoil) -> (Result<Plan, Diagnostics>, bool) {
        self.spoil(answer, spoil);
        let mut observed = self.observed.clone();
        for at in &answer.lookups {
            let target = &self.lookups[*at];
            let seen = self.provider.lookup(target).await.unwrap_or_else(Seen::Unknown);
            observed.lookups.insert(target.id.clone(), seen);
        }
        let mut some: BTreeMap<&str, &(Key, Target)> = BTreeMap::new();
        for at in &answer.targets {
            some.insert(&self.targets[*at].1.kind, &self.targets[*at]);
        }
        let (keys, targets): (Vec<Key>, Vec<Target>) = some.into_values().cloned().unzip();
        let seen = self.provider.refresh(&targets).await;
        observed.seen.extend(keys.into_iter().zip(seen.into_iter().map(Into::into)));
        let struck = self.mend() && !answer.targets.is_empty();
        (self.planned(&observed), struck)
    }

    fn planned(&self, observed: &Observed) -> Result<Plan, Diagnostics> {
        let options = PlanOptions::default();
        planner::plan(&self.desired, &self.state, observed, &self.provider.catalog(), &options)
    }
}

/// An answer without the id of its request: what is the same when it is asked for again.
pub fn lasting(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    match (text.find("<RequestId>"), text.find("</RequestId>")) {
        (Some(from), Some(to)) if from < to => [&text[..from], &text[to..]].concat().into_bytes(),
        _ => body.to_vec(),
    }
}

/// The changes of a plan that say of something that exists that it does not, or has to go.
pub fn rash(plan: &Plan) -> Vec<String> {
    let rash = plan.changes.iter().filter(|it| !matches!(it.action, Action::Update | Action::Note));
    rash.map(|it| format!("{:?} {}: {}", it.action, it.id, it.reasons.join(", "))).collect()
}
