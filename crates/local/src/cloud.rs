//! The handle on a cloud: what tests, connectors and the server talk to.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use crate::call::{Call, Request, Service};
use crate::clock::{self, Clock, Sleep, TimeHold};
use crate::faults::{CONNECT_TIMEOUT_MS, Effect, Faults, History, Rules, codes, garble};
use crate::log::{CallRecord, Phase};
use crate::reply::{Fault, Reply};
use crate::router;
use crate::snapshot::{OpenError, Store};
use crate::world::World;

/// A local AWS. Clones are handles on the same cloud.
#[derive(Clone, Default)]
pub struct Cloud {
    core: Arc<Mutex<Core>>,
}

type Hook = Arc<dyn Fn(&CallRecord, Phase) + Send + Sync>;
type AnswerHook = Arc<dyn Fn(&CallRecord, &mut Reply) + Send + Sync>;

/// Everything behind the one lock.
#[derive(Default)]
pub(crate) struct Core {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) rules: Rules,
    pub(crate) history: History,
    calls: Vec<CallRecord>,
    requests: u64,
    hook: Option<Hook>,
    answer_hook: Option<AnswerHook>,
    store: Option<Store>,
    held: bool,
    watchers: Vec<Waker>,
}

/// Why a caller has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// Nobody listens: the call was certainly not made.
    #[error("connection refused")]
    Refused,
    /// Nobody answers the attempt to connect: the call was certainly not made.
    #[error("connection timed out")]
    ConnectTimeout,
    /// The connection broke: the call may have been made.
    #[error("connection reset")]
    Reset,
}

/// What becomes of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// This answer, after so many milliseconds of virtual time.
    Answered {
        /// The answer.
        reply: Reply,
        /// How long it takes.
        after_ms: u32,
    },
    /// No answer.
    Unanswered(NoAnswer),
    /// The caller waits for ever.
    Held,
}

impl Cloud {
    /// A new cloud in memory: empty but for what [`crate::seed`] knows.
    pub fn new() -> Self {
        Self::default()
    }

    /// The cloud that is kept in this directory, or a new one that will be. Every change is on disk
    /// before it is answered, so that separate runs of a program see one cloud. The directory is
    /// this handle's (and its clones') until the last of them is dropped.
    ///
    /// # Errors
    /// [`OpenError`]: another process has the directory, the snapshot is damaged or of a newer
    /// format, or the file system refuses.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self, OpenError> {
        let (store, world) = Store::open(dir.as_ref())?;
        let cloud = Self::new();
        let mut core = cloud.core();
        core.world = world;
        core.store = Some(store);
        drop(core);
        Ok(cloud)
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        // A test that panicked inside `with_world` must not take the cloud with it.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What tells this cloud from every other one of the process: handles on it have the same name.
    pub fn name(&self) -> String {
        format!("local cloud at {:p}", Arc::as_ptr(&self.core))
    }

    /// Looks at, or changes, the world directly. A change reaches the snapshot with the next call,
    /// or when the last handle is dropped. Using this cloud from inside `look` deadlocks.
    pub fn with_world<T>(&self, look: impl FnOnce(&mut World) -> T) -> T {
        let mut core = self.core();
        if let Some(store) = &mut core.store {
            store.stale = true;
        }
        look(&mut core.world)
    }

    /// Says how long something takes, by its name (`dynamodb.table.create`); see
    /// [`World::duration_ms`].
    pub fn set_duration(&self, name: &str, duration: Duration) {
        let ms = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        self.with_world(|world| world.set_duration_ms(name, ms));
    }

    /// Multiplies every duration that was not set by name; with 0 everything is instant.
    pub fn scale_durations(&self, factor: f64) {
        self.with_world(|world| world.duration_factor = factor);
    }

    /// The time in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.core().world.now_ms
    }

    /// Lets `ms` milliseconds of virtual time pass; who is due meanwhile wakes in order.
    pub fn advance(&self, ms: i64) {
        let mut core = self.core();
        core.world.now_ms = core.world.now_ms.saturating_add(ms.max(0));
        let now_ms = core.world.now_ms;
        let due = core.clock.due(now_ms);
        drop(core);
        clock::wake(due);
    }

    /// Waits on virtual time; see [`crate::clock`]. The wait starts now, not at the first poll.
    pub fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.clone(), duration)
    }

    /// Keeps the time from jumping to the next deadline as long as the result lives:
    /// for work that the executor does not see.
    pub fn hold_time(&self) -> TimeHold {
        TimeHold::new(self.clone())
    }

    /// What this cloud does wrong on request.
    pub fn faults(&self) -> Faults<'_> {
        Faults(self)
    }

    /// Every call so far, in the order of arrival. The log is not part of the snapshot.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.core().calls.clone()
    }

    /// How many calls each service got.
    pub fn calls_by_service(&self) -> BTreeMap<Service, usize> {
        let mut counts = BTreeMap::new();
        for call in &self.core().calls {
            *counts.entry(call.service).or_default() += 1;
        }
        counts
    }

    /// Tells `hook` of every call, before it is carried out and after. One hook at a time; it may
    /// use the cloud, and the caller waits for it.
    pub fn on_call(&self, hook: impl Fn(&CallRecord, Phase) + Send + Sync + 'static) {
        self.core().hook = Some(Arc::new(hook));
    }

    /// Hands `hook` every answer before the caller gets it, to look at or to spoil. One hook at a
    /// time.
    pub fn on_answer(&self, hook: impl Fn(&CallRecord, &mut Reply) + Send + Sync + 'static) {
        self.core().answer_hook = Some(Arc::new(hook));
    }

    /// Ready when a call is held by [`Effect::HoldRequest`] or [`Effect::HoldAnswer`] (or was since
    /// the last time this was ready): the moment for a crash test to drop what it tests.
    pub fn until_held(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let cloud = self.clone();
        std::future::poll_fn(move |context| {
            let mut core = cloud.core();
            if std::mem::take(&mut core.held) {
                return Poll::Ready(());
            }
            if !core.watchers.iter().any(|watcher| watcher.will_wake(context.waker())) {
                core.watchers.push(context.waker().clone());
            }
            Poll::Pending
        })
    }

    /// Carries out one request, at once.
    pub fn handle(&self, mut request: Request) -> Delivery {
        crate::chunked::decode(&mut request);
        let head = request.method == "HEAD";
        let delivery = match router::route(request) {
            Ok(call) => self.carry_out(&call),
            Err(refusal) => {
                let mut core = self.core();
                let request_id = core.request_id();
                let reply = sign(refusal.fault.reply(refusal.protocol, &request_id), &request_id);
                Delivery::Answered { reply, after_ms: 0 }
            }
        };
        match delivery {
            Delivery::Answered { reply, after_ms } if head => {
                Delivery::Answered { reply: reply.without_body(), after_ms }
            }
            other => other,
        }
    }

    /// Carries out one request, and takes the virtual time for it that faults ask for.
    ///
    /// # Errors
    /// [`NoAnswer`], by a fault.
    pub async fn serve(&self, request: Request) -> Result<Reply, NoAnswer> {
        // No real answer is there at once: a loop of calls must not starve its neighbours.
        yield_once().await;
        match self.handle(request) {
            Delivery::Answered { reply, after_ms } => {
                self.sleep(Duration::from_millis(after_ms.into())).await;
                Ok(reply)
            }
            Delivery::Unanswered(no_answer) => {
                if no_answer == NoAnswer::ConnectTimeout {
                    self.sleep(Duration::from_millis(CONNECT_TIMEOUT_MS.into())).await;
                }
                Err(no_answer)
            }
            Delivery::Held => std::future::pending().await,
        }
    }

    fn carry_out(&self, call: &Call) -> Delivery {
        let (mut record, effect, hook) = self.core().admit(call);
        if let Some(hook) = &hook {
            hook(&record, Phase::Before);
        }
        let mut core = self.core();
        let mut delivery = core.perform(call, effect, &mut record);
        core.clock.stir();
        if let Some(entry) = record
            .number
            .checked_sub(1)
            .and_then(|at| core.calls.get_mut(usize::try_from(at).unwrap_or(usize::MAX)))
        {
            entry.clone_from(&record);
        }
        let held = if delivery == Delivery::Held {
            core.held = true;
            std::mem::take(&mut core.watchers)
        } else {
            Vec::new()
        };
        let answer_hook = core.answer_hook.clone();
        drop(core);
        clock::wake(held);
        if let (Some(hook), Delivery::Answered { reply, .. }) = (&answer_hook, &mut delivery) {
            hook(&record, reply);
        }
        if let Some(hook) = &hook {
            hook(&record, Phase::After);
        }
        delivery
    }
}

impl Core {
    /// Moves the time to the earliest deadline.
    pub(crate) fn jump(&mut self) -> Vec<Waker> {
        let Some(deadline_ms) = self.clock.next() else { return Vec::new() };
        self.world.now_ms = self.world.now_ms.max(deadline_ms);
        self.clock.due(self.world.now_ms)
    }

    /// The id of one more request: a UUID by its form. Not one of the world's fresh ids, so that
    /// reads leave no trace.
    fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("00000000-0000-4000-8000-{:012x}", self.requests)
    }

    /// Numbers and logs a call that arrives, and finds the fault that it meets.
    fn admit(&mut self, call: &Call) -> (CallRecord, Option<Effect>, Option<Hook>) {
        let record = CallRecord {
            number: self.calls.len() as u64 + 1,
            service: call.service,
            region: call.region.clone(),
            operation: call.operation.clone(),
            account: call.account.clone(),
            mutating: call.is_mutating(),
            status: None,
            code: None,
            received: call.request.body.len(),
            sent: 0,
            at_ms: self.world.now_ms,
        };
        self.calls.push(record.clone());
        self.clock.stir();
        let struck = self.rules.strike(call);
        let gone = self.world.is_gone(&call.region).then_some(Effect::RefuseConnection);
        (record, gone.or(struck), self.hook.clone())
    }

    fn perform(
        &mut self,
        call: &Call,
        effect: Option<Effect>,
        record: &mut CallRecord,
    ) -> Delivery {
        let request_id = self.request_id();
        let mut no_answer = |code: &str, no_answer| {
            record.code = Some(code.to_owned());
            Delivery::Unanswered(no_answer)
        };
        let refusal = match &effect {
            Some(Effect::RefuseConnection) => {
                return no_answer("ConnectionRefused", NoAnswer::Refused);
            }
            Some(Effect::ConnectTimeout) => {
                return no_answer("ConnectTimeout", NoAnswer::ConnectTimeout);
            }
            Some(Effect::LoseRequest) => return no_answer("ConnectionReset", NoAnswer::Reset),
            Some(Effect::HoldRequest) => {
                record.code = Some("Held".to_owned());
                return Delivery::Held;
            }
            Some(Effect::Throttle) => Some(codes::throttle(call.service)),
            Some(Effect::ServerError(status)) => Some(codes::server_error(call.service, *status)),
            Some(Effect::NotFound) => Some(codes::not_found(call)),
            Some(Effect::Answer { status, code, message }) => {
                Some(Fault::new(*status, code, message))
            }
            // What comes after, or is answered in another way, is below.
            _ => None,
        };
        let result = match (refusal, &effect) {
            (Some(fault), _) => Err(fault),
            (None, Some(Effect::Stale(ms))) if !call.is_mutating() => {
                self.answer_from_the_past(call, *ms, &request_id)
            }
            (None, _) => self.apply(call, &request_id),
        };
        match effect {
            Some(Effect::LoseAnswer) => {
                record.code = Some("ConnectionReset".to_owned());
                return Delivery::Unanswered(NoAnswer::Reset);
            }
            Some(Effect::HoldAnswer) => {
                record.code = Some("Held".to_owned());
                return Delivery::Held;
            }
            _ => {}
        }
        let result = match (result, &effect) {
            (Ok(_), Some(Effect::ServerErrorAfter(status))) => {
                Err(codes::server_error(call.service, *status))
            }
            (result, _) => result,
        };
        let mut reply = match result {
            Ok(reply) => reply,
            Err(fault) => {
                record.code = Some(fault.code.clone());
                fault.reply(call.service, &request_id)
            }
        };
        match &effect {
            Some(Effect::Malformed(seed)) => reply.body = garble::damaged(&reply.body, *seed),
            Some(Effect::Without(name)) => reply.body = garble::without(&reply.body, name),
            _ => {}
        }
        record.status = Some(reply.status);
        record.sent = reply.body.len();
        let after_ms = if let Some(Effect::Delay(ms)) = effect { ms } else { 0 };
        Delivery::Answered { reply: sign(reply, &request_id), after_ms }
    }

    /// Lets the services answer as they would have done a while ago.
    fn answer_from_the_past(&mut self, call: &Call, ms: u32, id: &str) -> Result<Reply, Fault> {
        let then_ms = self.world.now_ms - i64::from(ms);
        let mut now = None;
        let then = match self.history.at(then_ms) {
            Some(then) => then,
            None => now.insert(self.world.clone()),
        };
        then.set_request_id(id);
        router::answer(then, call)
    }

    /// Lets the services answer, and puts what changed on disk.
    fn apply(&mut self, call: &Call, request_id: &str) -> Result<Reply, Fault> {
        self.world.set_request_id(request_id);
        let made = self.world.ids_given();
        let result = router::answer(&mut self.world, call);
        if call.is_mutating() {
            self.history.remember(&self.world, self.rules.oldest_look());
        }
        if let Some(store) = &mut self.store {
            // A read changes the world only by the time that has passed, which is kept apart,
            // unless what became due made something with an id of its own.
            if call.is_mutating() || self.world.ids_given() != made {
                store.stale = true;
            }
            store.keep(&self.world).map_err(|error| {
                let message =
                    format!("the answer is in doubt, the snapshot was not written: {error}");
                Fault::new(500, "InternalFailure", message)
            })?;
        }
        result
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if let Some(store) = &mut self.store {
            // Nobody is left to be told; what calls changed is on disk already.
            let _ = store.keep(&self.world);
        }
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the world: a client's debug output would hold all of it.
        f.debug_struct("Cloud").finish_non_exhaustive()
    }
}

/// The request id where each kind of service has it.
fn sign(reply: Reply, request_id: &str) -> Reply {
    reply.header("x-amzn-requestid", request_id).header("x-amz-request-id", request_id)
}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
