//! The engine: plan and apply a stack against a cloud and a state store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bicoastal_engine::digest;
use bicoastal_engine::machine::{Execution, Limits, Report};
use bicoastal_engine::observe::{self, Look, Observed};
use bicoastal_engine::plan::Plan;
use bicoastal_engine::planner::{self, Options as PlanOptions};
use bicoastal_engine::record::Record;
use bicoastal_engine::shown;
use bicoastal_engine::state::{Key, State};
use bicoastal_engine::verified::{self, Verified};
use bicoastal_model::{Desired, Provider, ResourceId, Seen, Target};
use futures_util::future::{join, join_all};
use serde_json::Value;

use crate::cancel::Cancel;
use crate::clock::{Clock, SystemClock};
use crate::driver::{Driver, Observer};
use crate::error::Error;
use crate::lease::{Ask, Told};
use crate::store::{Lease, StateStore, StoreError};

/// How often a plan is made that does not fit together because the state moved meanwhile.
const PLAN_ATTEMPTS: usize = 4;

/// Plans and applies stacks. Holds no state of its own; two engines with different accounts run in
/// one process.
#[derive(Clone)]
pub struct Engine {
    provider: Arc<dyn Provider>,
    store: Arc<dyn StateStore>,
    clock: Arc<dyn Clock>,
    wait: Duration,
    told: Option<Told>,
    early: Option<Early>,
}

/// Hears once a plan of what is not as a run left it moments ago, and is hence looked at again before
/// it is believed.
pub type Early = Arc<dyn Fn(&[ResourceId]) + Send + Sync>;

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Engine {
    /// With a cloud and a place for state.
    pub fn new(provider: impl Provider + 'static, store: impl StateStore + 'static) -> Self {
        Self {
            provider: Arc::new(provider),
            store: Arc::new(store),
            clock: Arc::new(SystemClock::new()),
            wait: Duration::ZERO,
            early: None,
            told: None,
        }
    }

    /// With another clock than the system's: virtual time.
    #[must_use]
    pub fn with_clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Waits so long for another run that works on the same stack, where it would otherwise be
    /// refused; `told` hears who that is.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration, told: Option<Told>) -> Self {
        self.wait = wait;
        self.told = told;
        self
    }

    /// Tells what a plan looks at again: what is not as a run left it moments ago. That takes up to
    /// three minutes.
    #[must_use]
    pub fn with_early(mut self, told: Early) -> Self {
        self.early = Some(told);
        self
    }

    /// Takes the right to change a stack's state. It is to be given up with [`Lease::release`].
    ///
    /// # Errors
    ///
    /// Where another run has it, or the place of the state can't be read or written.
    pub async fn lease(&self, stack: &str, purpose: &str) -> Result<Box<dyn Lease>, Error> {
        Ok(self.store.lease(stack, &self.ask(purpose)).await?)
    }

    fn ask(&self, purpose: &str) -> Ask {
        Ask { wait: self.wait, told: self.told.clone(), ..Ask::new(purpose) }
    }

    pub(crate) fn provider(&self) -> &dyn Provider {
        &*self.provider
    }

    /// Where the state of a stack is kept, for people.
    pub fn state_place(&self, stack: &str) -> String {
        self.store.place(stack)
    }

    /// The state of a stack; `None` where nothing was ever recorded.
    ///
    /// # Errors
    ///
    /// Where it can't be read, or is damaged.
    pub async fn state(&self, stack: &str) -> Result<Option<State>, Error> {
        Ok(self.store.load(stack).await?)
    }

    /// What would have to change to make the cloud as the program wants it.
    ///
    /// Reads only.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with the program, at once; state that can't be read; an account
    /// that can't be reached or is not the one that the state was made in.
    pub async fn plan(&self, desired: &Desired, options: &PlanOptions) -> Result<Plan, Error> {
        let catalog = self.provider.catalog();
        let mut attempts = 0;
        loop {
            attempts += 1;
            let state = self.state_or_new(&desired.stack).await?;
            let observed = self.observe(desired, &state).await?;
            let planned = planner::plan(desired, &state, &observed, &catalog, options);
            // A run that is at work makes things and records them between the two looks: what it
            // made after the first one would be somebody else's.
            if planned.is_err() && attempts < PLAN_ATTEMPTS && self.has_moved(&state).await? {
                continue;
            }
            return Ok(planned?);
        }
    }

    async fn has_moved(&self, state: &State) -> Result<bool, Error> {
        let now = self.store.load(&state.stack).await?;
        Ok(now.map_or(0, |now| now.generation) != state.generation)
    }

    /// Everything that stands in the way of deleting the stack.
    ///
    /// # Errors
    ///
    /// As [`plan`](Engine::plan).
    pub async fn guards(
        &self,
        desired: &Desired,
        options: &PlanOptions,
    ) -> Result<Vec<bicoastal_engine::guards::Guard>, Error> {
        let state = self.state_or_new(&desired.stack).await?;
        let observed = self.observe(desired, &state).await?;
        Ok(planner::guards(&state, &observed, &self.provider.catalog(), options))
    }

    async fn state_or_new(&self, stack: &str) -> Result<State, Error> {
        Ok(match self.store.load(stack).await? {
            Some(state) => state,
            None => State::empty(stack, random_hex()?),
        })
    }

    /// The numbers of the accounts that the program or the state names.
    pub(crate) async fn accounts(
        &self,
        desired: &Desired,
        state: &State,
    ) -> Result<BTreeMap<String, String>, Error> {
        let mut names: BTreeSet<Option<String>> = desired
            .resources
            .values()
            .map(|declared| declared.place.account.clone())
            .chain(state.entries.values().map(|entry| entry.place.account.clone()))
            .collect();
        if names.is_empty() {
            names.insert(None);
        }
        let mut accounts = BTreeMap::new();
        for name in names {
            let number = self.provider.account(name.as_deref()).await?;
            accounts.insert(name.unwrap_or_default(), number);
        }
        Ok(accounts)
    }

    pub(crate) async fn observe(
        &self,
        desired: &Desired,
        state: &State,
    ) -> Result<Observed, Error> {
        let catalog = self.provider.catalog();
        let verified = verified_beside(desired, state);
        let (accounts, lookups) =
            join(self.accounts(desired, state), self.looked_up(desired, state)).await;
        let accounts = accounts?;
        let (keys, targets): (Vec<Key>, Vec<Target>) =
            observe::targets(desired, state, &catalog, &lookups).into_iter().unzip();
        let mut looks = Vec::with_capacity(targets.len());
        self.provider.read_each(&targets, &mut |seen| looks.push(Look::from(seen))).await;
        let mut seen: BTreeMap<Key, Look> = keys.iter().cloned().zip(looks).collect();
        self.look_again(desired, state, keys.into_iter().zip(targets).collect(), &mut seen).await;
        let stacks = self.other_stacks(desired).await?;
        let verified = verified.await;
        Ok(Observed { accounts, lookups, seen, stacks, verified })
    }

    /// Looks again at what AWS may only not show yet, until it does or that is believed.
    async fn look_again(
        &self,
        desired: &Desired,
        state: &State,
        mut targets: BTreeMap<Key, Target>,
        seen: &mut BTreeMap<Key, Look>,
    ) {
        let (mut looks, mut waited) = (0, Duration::ZERO);
        while waited < shown::WITHIN {
            let (catalog, now_ms) = (self.provider.catalog(), self.clock.unix_ms());
            let again = shown::to_look_at_again(desired, state, &catalog, seen, now_ms);
            if again.is_empty() {
                return;
            }
            if let (Some(tell), 0) = (&self.early, looks) {
                let ids: Vec<ResourceId> = again.iter().map(|key| key.id.clone()).collect();
                tell(&ids);
            }
            let pause = shown::pause(looks);
            self.clock.sleep(pause).await;
            (looks, waited) = (looks + 1, waited + pause);
            targets.retain(|key, _| again.contains(key));
            let asked: Vec<Target> = targets.values().cloned().collect();
            let looks = self.provider.refresh(&asked).await.into_iter().map(Look::from);
            seen.extend(targets.keys().cloned().zip(looks));
        }
    }

    /// What the program's look-ups find.
    pub(crate) async fn looked_up(
        &self,
        desired: &Desired,
        state: &State,
    ) -> BTreeMap<ResourceId, Seen> {
        let targets = observe::lookups(desired, state);
        let found = targets.iter().map(|target| async move {
            let seen = self.provider.lookup(target).await;
            (target.id.clone(), seen.unwrap_or_else(Seen::Unknown))
        });
        join_all(found).await.into_iter().collect()
    }

    /// The exports of the stacks that the program reads from.
    pub(crate) async fn other_stacks(
        &self,
        desired: &Desired,
    ) -> Result<BTreeMap<String, BTreeMap<String, Value>>, Error> {
        let mut stacks = BTreeMap::new();
        for stack in desired.other_stacks() {
            let exports = self.store.load(&stack).await?.map(|state| state.exports);
            let exports = exports.ok_or_else(|| {
                Error::other(format!(
                    "the stack '{stack}' has no state in {}\n  hint: apply it first, or check its name",
                    self.store.place(&stack)
                ))
            })?;
            stacks.insert(stack, exports.into_iter().collect::<BTreeMap<String, Value>>());
        }
        Ok(stacks)
    }

    /// Checks that a plan which was saved still fits: the program, the state and the cloud are
    /// what they were when it was made.
    ///
    /// # Errors
    ///
    /// A stale plan, in words; else as [`plan`](Engine::plan).
    pub async fn verify(
        &self,
        plan: &Plan,
        desired: &Desired,
        options: &PlanOptions,
    ) -> Result<(), Error> {
        let state = match self.store.load(&plan.stack).await? {
            Some(state) => state,
            None => State::empty(plan.stack.clone(), plan.lineage.clone()),
        };
        if state.lineage != plan.lineage || state.generation != plan.generation {
            return Err(Error::stale(plan, "the state has moved since it was made"));
        }
        let observed = self.observe(desired, &state).await?;
        for record in &plan.records {
            let Record::Account { name, number: made_in } = record else { continue };
            let Some(number) = observed.accounts.get(name).filter(|it| *it != made_in) else {
                continue;
            };
            return Err(Error::stale(
                plan,
                format!("it was made in account {made_in}, and the credentials are of {number}"),
            ));
        }
        let now = planner::plan(desired, &state, &observed, &self.provider.catalog(), options)?;
        if now.fingerprint != plan.fingerprint {
            return Err(Error::stale(
                plan,
                "the program or the cloud has changed since it was made",
            ));
        }
        Ok(())
    }

    /// Carries a plan out.
    ///
    /// Guarantees: what was begun is recorded before its first call; an interruption at any
    /// moment is settled by the next run. Assumes: `desired` is what the plan was made from (it
    /// supplies the secrets); check a saved plan with [`verify`](Engine::verify) first.
    ///
    /// # Errors
    ///
    /// Before anything is done: a stale plan, a stack that another run holds (it is not waited for any
    /// longer once `cancel` says so). Failures of single
    /// operations are in the report.
    pub async fn apply(
        &self,
        plan: Plan,
        desired: &Desired,
        options: &PlanOptions,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> Result<Report, Error> {
        let purpose = if options.destroy { "destroy" } else { "apply" };
        let ask = Ask { cancel: Some(cancel.clone()), ..self.ask(purpose) };
        let lease = self.store.lease(&plan.stack, &ask).await?;
        let applied = self.apply_under(&*lease, plan, desired, options, observer, cancel).await;
        lease.release().await;
        applied
    }

    async fn apply_under(
        &self,
        lease: &dyn Lease,
        plan: Plan,
        desired: &Desired,
        options: &PlanOptions,
        observer: &dyn Observer,
        cancel: &Cancel,
    ) -> Result<Report, Error> {
        let stack = plan.stack.clone();
        let stored = lease.load().await?;
        let mut state =
            stored.clone().unwrap_or_else(|| State::empty(stack.clone(), plan.lineage.clone()));
        if state.lineage != plan.lineage || state.generation != plan.generation {
            return Err(Error::stale(&plan, "the state has moved since it was made"));
        }
        if !plan.unseen.is_empty() && !options.without_unseen {
            return Err(Error::unseen(&plan.unseen));
        }
        let mut opening = Vec::new();
        if stored.is_none() {
            opening.push(Record::Opened { stack: stack.clone(), lineage: plan.lineage.clone() });
        }
        record(lease, &mut state, opening).await?;
        let secrets = desired.secrets.clone();
        let catalog = self.provider.catalog();
        let salt = random_bytes()?;
        let mut execution = Execution::new(plan, state, secrets, &catalog, salt, Limits::default())
            .map_err(|stale| Error::other(stale.to_string()))?;
        let driver = Driver {
            provider: &*self.provider,
            lease,
            gate: lease.gate(),
            clock: &self.clock,
            observer,
            cancel,
        };
        let run = held(lease, cancel, driver.run(&mut execution)).await;
        let report = execution.report();
        run?;
        if report.is_done() {
            let mut state = execution.state().clone();
            let exports =
                if options.destroy { Vec::new() } else { planner::exports(desired, &state) };
            if !state.has_exports(&exports) {
                record(lease, &mut state, vec![Record::Exports { exports }]).await?;
            }
            lease.compact(&state).await?;
        }
        Ok(report)
    }

    /// Changes state by hand: forget, move, protect. Nothing in AWS is touched.
    ///
    /// # Errors
    ///
    /// Where a record does not fit the state, or state can't be written.
    pub async fn edit_state(
        &self,
        stack: &str,
        records: impl FnOnce(&State) -> Result<Vec<Record>, String>,
    ) -> Result<State, Error> {
        let lease = self.lease(stack, "state edit").await?;
        let edited = async {
            let state = lease.load().await?;
            let mut state =
                state.ok_or_else(|| Error::other(format!("the stack '{stack}' has no state")))?;
            let records = records(&state).map_err(Error::other)?;
            record(&*lease, &mut state, records).await?;
            Ok(state)
        };
        let edited = edited.await;
        lease.release().await;
        edited
    }

    /// The kinds that the cloud can handle.
    pub fn catalog(&self) -> bicoastal_model::Catalog {
        self.provider.catalog()
    }

    /// Whether a clear secret is the one that a digest was made of.
    pub fn secret_matches(clear: &str, digest: &str) -> bool {
        digest::verify(clear, digest)
    }
}

/// Finds out on another thread, from now on, which secrets are those that were applied. Where there is
/// none to do it, the planner does.
fn verified_beside(desired: &Desired, state: &State) -> impl Future<Output = Verified> + use<> {
    let pairs = verified::pairs(desired, state);
    let beside = (!pairs.is_empty()).then(tokio::runtime::Handle::try_current);
    let beside = beside.and_then(Result::ok);
    let found = beside.map(|thread| thread.spawn_blocking(move || Verified::of(pairs)));
    async move {
        match found {
            Some(found) => found.await.unwrap_or_default(),
            None => Verified::default(),
        }
    }
}

/// Appends records and folds them into a state.
async fn record(lease: &dyn Lease, state: &mut State, records: Vec<Record>) -> Result<(), Error> {
    let mut numbered = Vec::new();
    for record in records {
        state.fold(&record).map_err(|illegal| Error::other(illegal.to_string()))?;
        numbered.push((state.generation, record));
    }
    if !numbered.is_empty() {
        lease.append(&numbered).await?;
    }
    Ok(())
}

/// Runs under a lease that is renewed meanwhile. Once it is lost nothing new is begun, what is
/// under way comes to its end, and the loss is the error.
async fn held(
    lease: &dyn Lease,
    cancel: &Cancel,
    run: impl Future<Output = Result<(), StoreError>>,
) -> Result<(), StoreError> {
    tokio::pin!(run);
    tokio::select! {
        biased;
        ran = &mut run => ran,
        lost = lease.keep() => {
            cancel.stop_waits();
            let _ = run.await;
            Err(lost)
        }
    }
}

pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| Error::other(format!("no randomness from the system: {error}")))?;
    Ok(bytes)
}

/// Twelve random hexadecimal digits.
pub(crate) fn random_hex() -> Result<String, Error> {
    Ok(random_bytes::<6>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}
