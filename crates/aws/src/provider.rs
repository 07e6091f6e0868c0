//! AWS as a provider: reads many things at once, takes turns on operations.

use std::collections::BTreeMap;
use std::future::Future;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bicoastal_model::provider::{BoxFuture, Gate, Tell};
use bicoastal_model::schema::Schema;
use bicoastal_model::{
    Catalog, Found, Goal, Known, Lookup, Member, OpError, Operation, Outcome, Place, Progress,
    Provider, Region, Resource, Retry, ScopeKind, Seen, Snapshot, Sweep, Swept, Target,
    TerraformInstance, Translated,
};
use futures_util::stream::{self, FuturesOrdered, StreamExt};

use crate::caller;
use crate::clash::{refusal, turn};
use crate::clients::{Clients, Connection};
use crate::cx::{Accounts, Cx, GLOBAL, Purpose};
use crate::gate;
use crate::kind::{BatchKind, Found as Finds, Kind, Listed, Next};

/// How many reads of a refresh are under way at once.
const READS_AT_ONCE: usize = 32;

/// How often it is looked whether AWS shows what it took, and for how long: IAM, the slowest, is
/// consistent everywhere within two minutes.
const SHOWN_POLL: Duration = Duration::from_secs(3);
const SHOWN_PATIENCE: Duration = Duration::from_secs(180);

/// How often a look may be the one that a call was made on before that call is made again, or show
/// what can't be gone on with before that is believed: a minute.
const SAME_LOOKS: u32 = 20;

type ReadResult = Result<Option<Snapshot>, OpError>;

type ListResult = Result<Vec<Listed>, OpError>;

trait Erased: Send + Sync {
    fn schema(&self) -> &'static Schema;
    fn listed<'a>(&'a self, cx: &'a Cx, region: Region) -> BoxFuture<'a, ListResult>;
    fn read<'a>(&'a self, cx: &'a Cx, target: &'a Target) -> BoxFuture<'a, ReadResult>;
    fn advance<'a>(
        &'a self,
        cx: &'a Cx,
        members: &'a [Member],
    ) -> BoxFuture<'a, Result<Progress, OpError>>;
}

trait ErasedLookup: Send + Sync {
    fn find<'a>(&'a self, cx: &'a Cx, target: &'a Target) -> BoxFuture<'a, ReadResult>;
}

struct Single<R>(PhantomData<fn() -> R>);
struct Batched<R>(PhantomData<fn() -> R>);
struct Query<L>(PhantomData<fn() -> L>);

/// The kinds that are compiled in.
#[derive(Default)]
pub struct Registry {
    kinds: BTreeMap<&'static str, Box<dyn Erased>>,
    lookups: BTreeMap<&'static str, Box<dyn ErasedLookup>>,
}

impl Registry {
    /// With one more kind.
    #[must_use]
    pub fn kind<R: Kind>(mut self) -> Self {
        self.kinds.insert(R::SCHEMA.kind, Box::new(Single::<R>(PhantomData)));
        self
    }

    /// With one more kind that is changed in batches.
    #[must_use]
    pub fn batch_kind<R: BatchKind>(mut self) -> Self {
        self.kinds.insert(R::SCHEMA.kind, Box::new(Batched::<R>(PhantomData)));
        self
    }

    /// The schemas of all kinds.
    pub fn schemas(&self) -> impl Iterator<Item = &'static Schema> + '_ {
        self.kinds.values().map(|kind| kind.schema())
    }

    /// With one more way to look things up.
    #[must_use]
    pub fn lookup<L: Finds>(mut self) -> Self {
        let kind = <<L as Lookup>::Of as Resource>::SCHEMA.kind;
        self.lookups.insert(kind, Box::new(Query::<L>(PhantomData)));
        self
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.kinds.keys()).finish()
    }
}

/// AWS, or something that answers like it, for one or more accounts.
#[derive(Debug)]
pub struct AwsProvider {
    registry: Registry,
    accounts: Arc<Accounts>,
}

impl AwsProvider {
    /// With the default account's connection and every kind that is compiled in.
    pub fn new(connection: Connection) -> Self {
        let accounts = BTreeMap::from([(None, Arc::new(Clients::new(connection)))]);
        Self { registry: crate::registry(), accounts: Arc::new(accounts) }
    }

    /// With the connection of one more account, under the name that the program uses for it.
    #[must_use]
    pub fn account(mut self, name: &str, connection: Connection) -> Self {
        Arc::make_mut(&mut self.accounts)
            .insert(Some(name.to_owned()), Arc::new(Clients::new(connection)));
        self
    }

    fn cx(&self, account: Option<&str>, purpose: Purpose) -> Result<Cx, OpError> {
        match self.accounts.get(&account.map(str::to_owned)) {
            Some(clients) => Ok(Cx::new(clients.clone(), purpose).among(self.accounts.clone())),
            None => Err(unknown_account(account.unwrap_or("?"))),
        }
    }

    fn read_one<'a>(
        &'a self,
        cx: Option<&'a Result<Cx, OpError>>,
        target: &'a Target,
    ) -> BoxFuture<'a, Seen> {
        Box::pin(async move {
            let read = match (cx, self.kind(target)) {
                (Some(Ok(cx)), Ok(kind)) => kind.read(cx, target).await,
                (Some(Err(error)), _) => Err(error.clone()),
                (_, Err(error)) => Err(error),
                (None, _) => Ok(None),
            };
            match read {
                Ok(Some(snapshot)) => Seen::Present(snapshot),
                Ok(None) => Seen::Absent,
                Err(error) => Seen::Unknown(error),
            }
        })
    }

    fn kind(&self, target: &Target) -> Result<&dyn Erased, OpError> {
        self.registry.kinds.get(target.kind.as_str()).map(|kind| &**kind).ok_or_else(|| {
            refusal(
                format!("{} is a {}, which is not compiled in", target.id, target.kind),
                "enable the cargo feature of its service",
            )
        })
    }
}

/// The program names an account that nobody gave a connection for.
pub(crate) fn unknown_account(name: &str) -> OpError {
    refusal(
        format!("no connection is configured for the account '{name}'"),
        "give the engine a connection for every account that the program names",
    )
}

impl Provider for AwsProvider {
    fn catalog(&self) -> Catalog {
        Catalog::new(self.registry.kinds.values().map(|kind| kind.schema()))
    }

    fn account<'a>(&'a self, account: Option<&'a str>) -> BoxFuture<'a, Result<String, OpError>> {
        Box::pin(async move {
            let cx = self.cx(account, Purpose::Refresh)?;
            let identity = caller::identity(&cx).await?;
            let number = identity.account().unwrap_or_default();
            cx.clients().pace().is_of(number);
            Ok(number.to_owned())
        })
    }

    fn read_each<'a>(&'a self, targets: &'a [Target], tell: Tell<'a>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut contexts: BTreeMap<Option<&str>, Result<Cx, OpError>> = BTreeMap::new();
            let mut asked: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
            for target in targets {
                let ids = asked.entry(target.place.account.as_deref()).or_default();
                ids.extend(target.physical.clone());
            }
            for (account, ids) in asked {
                let cx = self.cx(account, Purpose::Refresh).map(|cx| cx.asking(ids));
                contexts.insert(account, cx);
            }
            let (mut reads, mut left) = (FuturesOrdered::new(), targets.iter());
            loop {
                let room = READS_AT_ONCE - reads.len();
                for target in left.by_ref().take(room) {
                    let cx = contexts.get(&target.place.account.as_deref());
                    reads.push_back(self.read_one(cx, target));
                }
                let Some(seen) = reads.next().await else { return };
                tell(seen);
            }
        })
    }

    fn lookup<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Seen, OpError>> {
        Box::pin(async move {
            let cx = self.cx(target.place.account.as_deref(), Purpose::Refresh)?;
            let lookup = self.registry.lookups.get(target.kind.as_str()).ok_or_else(|| {
                refusal(
                    format!("{} can't be looked up", target.kind),
                    "declare it, or give its id as text",
                )
            })?;
            Ok(match lookup.find(&cx, target).await? {
                Some(snapshot) => Seen::Present(snapshot),
                None => Seen::Absent,
            })
        })
    }

    fn advance<'a>(
        &'a self,
        operation: &'a Operation,
        gate: &'a Arc<dyn Gate>,
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        let turn = async move {
            let Some(first) = operation.members.first() else {
                return Ok(Progress::Done(Vec::new()));
            };
            let cx = self.cx(first.target.place.account.as_deref(), Purpose::Turn)?;
            self.kind(&first.target)?.advance(&cx, &operation.members).await
        };
        Box::pin(gate::under(Arc::clone(gate), turn))
    }

    fn translate(&self, instance: &TerraformInstance) -> Translated {
        let kinds = &self.registry.kinds;
        crate::terraform::translate(instance, |kind| kinds.get(kind).map(|kind| kind.schema()))
    }

    fn sweep<'a>(&'a self, sweep: &'a Sweep) -> BoxFuture<'a, Swept> {
        Box::pin(async move {
            let mut swept = Swept::default();
            let cx = match self.cx(sweep.account.as_deref(), Purpose::Refresh) {
                Ok(cx) => cx,
                Err(error) => {
                    swept.unanswered.push(error);
                    return swept;
                }
            };
            let listings = self.registry.kinds.values().flat_map(|kind| {
                let schema = kind.schema();
                let regions = match schema.scope {
                    ScopeKind::Global => vec![GLOBAL],
                    ScopeKind::Regional | ScopeKind::Spanning => sweep.regions.clone(),
                };
                regions.into_iter().map(move |region| (kind, schema, region))
            });
            let cx = &cx;
            let reads: Vec<BoxFuture<'_, (&'static Schema, Region, ListResult)>> = listings
                .map(|(kind, schema, region)| -> BoxFuture<'_, _> {
                    Box::pin(async move { (schema, region, kind.listed(cx, region).await) })
                })
                .collect();
            let mut answers = stream::iter(reads).buffered(READS_AT_ONCE);
            while let Some((schema, region, answer)) = answers.next().await {
                match answer {
                    Ok(listed) => swept.found.extend(
                        listed
                            .into_iter()
                            .map(|it| found(schema, sweep.account.as_deref(), region, it))
                            .filter(Found::is_marked),
                    ),
                    Err(error) => swept.unanswered.push(error),
                }
            }
            swept
        })
    }
}

fn found(schema: &Schema, account: Option<&str>, region: Region, listed: Listed) -> Found {
    Found {
        kind: schema.kind.to_owned(),
        place: Place {
            account: account.map(str::to_owned),
            scope: schema.scope,
            regions: match schema.scope {
                ScopeKind::Global => Vec::new(),
                ScopeKind::Regional | ScopeKind::Spanning => vec![region],
            },
        },
        physical: listed.physical,
        identity: listed.identity,
        tags: listed.tags,
        token: listed.token,
    }
}

impl<R: Kind> Erased for Single<R> {
    fn schema(&self) -> &'static Schema {
        R::SCHEMA
    }

    fn listed<'a>(&'a self, cx: &'a Cx, region: Region) -> BoxFuture<'a, ListResult> {
        Box::pin(R::listed(cx, region))
    }

    fn read<'a>(&'a self, cx: &'a Cx, target: &'a Target) -> BoxFuture<'a, ReadResult> {
        Box::pin(R::read(cx, target))
    }

    fn advance<'a>(
        &'a self,
        cx: &'a Cx,
        members: &'a [Member],
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        Box::pin(async move {
            let [member] = members else {
                return Err(refusal(
                    format!("{} is not changed in batches", R::SCHEMA.kind),
                    "this is a defect of the planner; please report it",
                ));
            };
            let (target, goal) = (&member.target, &member.goal);
            let present = matches!(goal, Goal::Present { .. });
            let known = member.memory.take();
            let unread = present && known == Some(Known::Absent) && R::refuses_twins(target);
            let seen = match &known {
                Some(Known::Absent) if unread => None,
                Some(Known::Told(seen)) => Some(seen.clone()),
                Some(Known::Waited(seen)) => Box::pin(R::poll(cx, target, seen, goal)).await?,
                _ => Box::pin(R::read(cx, target)).await?,
            };
            let mut turn = turn::<R>(member, R::answers_twins(), seen.as_ref())?;
            if seen.is_none() == present {
                turn = turn.with_around(Box::pin(R::around(cx, target, seen.as_ref())).await?);
            }
            let next = R::step(&turn);
            if matches!(next, Next::Refuse { .. }) && seen.is_some() {
                // The plan did not see this in the way: it may be what was there before.
                let looks = match known {
                    Some(Known::Refused(looks)) => looks,
                    _ => 0,
                };
                if looks < SAME_LOOKS {
                    member.memory.keep(Known::Refused(looks + 1));
                    return Ok(shown_later());
                }
            }
            match decide(next)? {
                Decided::Call(call) => {
                    let asked = digest(&call, seen.as_ref());
                    if let Some(Known::Asked(before, looks)) = known
                        && before == asked
                        && looks < SAME_LOOKS
                        && !R::repeats(&call)
                    {
                        member.memory.keep(Known::Asked(asked, looks + 1));
                        return Ok(shown_later());
                    }
                    let called = paced(cx, R::SCHEMA, R::name(&call), async || {
                        Box::pin(R::call(cx, target, &call)).await
                    });
                    let called = called.await;
                    let physical = match called {
                        Err(error) if unread => {
                            return Err(Box::pin(met_twin::<R>(cx, target, error)).await);
                        }
                        called => called?,
                    };
                    member.memory.keep(match cx.told().or_else(|| R::after(&turn, &call)) {
                        Some(told) => Known::Told(told),
                        None => Known::Asked(asked, 0),
                    });
                    let secrets = R::takes_secrets(&call);
                    let deletes = vec![R::deletes(&call)];
                    let call = R::name(&call).to_owned();
                    Ok(Progress::Called { call, physical, secrets, deletes })
                }
                Decided::Progress(progress) => {
                    match seen {
                        Some(seen) => member.memory.keep(Known::Waited(seen)),
                        // What is around it is waited for.
                        None if unread => member.memory.keep(Known::Absent),
                        None => {}
                    }
                    Ok(progress)
                }
                Decided::Done => {
                    let told = matches!(known, Some(Known::Told(_) | Known::Waited(_)));
                    if let Some(seen) = &seen
                        && told
                        && present
                        && !Box::pin(R::confirm(cx, target, seen)).await?
                    {
                        member.memory.keep(Known::Told(seen.clone()));
                        return Ok(shown_later());
                    }
                    Ok(Progress::Done(vec![outcome(seen)]))
                }
            }
        })
    }
}

/// AWS does not show yet what it has taken.
fn shown_later() -> Progress {
    Progress::Waiting {
        what: "AWS to show it".to_owned(),
        poll: SHOWN_POLL,
        patience: SHOWN_PATIENCE,
    }
}

/// What a call and the look that it is made on are told by, for as long as an operation lasts.
fn digest(call: &impl std::fmt::Debug, seen: Option<&Snapshot>) -> u64 {
    let mut hasher = DefaultHasher::new();
    format!("{call:?} {seen:?}").hash(&mut hasher);
    hasher.finish()
}

/// Makes a call that changes something, at the pace of its service.
async fn paced(
    cx: &Cx,
    schema: &Schema,
    name: &str,
    call: impl AsyncFnOnce() -> Result<Option<String>, OpError>,
) -> Result<Option<String>, OpError> {
    let pace = cx.clients().pace();
    pace.write(schema.service, name).await;
    let called = call().await;
    if let Err(OpError::Refused { retry: Retry::Throttled, facts }) = &called
        && facts.code.as_deref() != Some("PriorRequestNotComplete")
    {
        pace.throttled(schema.service, name);
    }
    called
}

/// A create was refused that nothing was read before. Where the thing turns out to be there, the
/// next turn looks at it and says whose it is.
async fn met_twin<R: Kind>(cx: &Cx, target: &Target, mut error: OpError) -> OpError {
    if let OpError::Refused { retry: retry @ Retry::Never, .. } = &mut error
        && matches!(Box::pin(R::read(cx, target)).await, Ok(Some(_)))
    {
        *retry = Retry::NotYet;
    }
    error
}

impl<R: BatchKind> Erased for Batched<R> {
    fn schema(&self) -> &'static Schema {
        R::SCHEMA
    }

    /// Members of batches carry no marks.
    fn listed<'a>(&'a self, _cx: &'a Cx, _region: Region) -> BoxFuture<'a, ListResult> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn read<'a>(&'a self, cx: &'a Cx, target: &'a Target) -> BoxFuture<'a, ReadResult> {
        Box::pin(R::read(cx, target))
    }

    fn advance<'a>(
        &'a self,
        cx: &'a Cx,
        members: &'a [Member],
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        Box::pin(async move {
            let mut seen = Vec::with_capacity(members.len());
            for member in members {
                let target = &member.target;
                seen.push(match member.memory.take() {
                    // AWS takes a batch whole or not at all, and refuses to create what is there.
                    Some(Known::Absent) => None,
                    Some(Known::Told(seen)) => Some(seen),
                    Some(Known::Waited(seen)) => Box::pin(R::poll(cx, target, &seen)).await?,
                    Some(Known::Planned(props)) => match R::planned(target, &props) {
                        Some(seen) => Some(seen),
                        None => Box::pin(R::read(cx, target)).await?,
                    },
                    Some(Known::Asked(..) | Known::Refused(_)) | None => {
                        Box::pin(R::read(cx, target)).await?
                    }
                });
            }
            let mut turns = Vec::with_capacity(members.len());
            let mut clashes = Vec::new();
            let mut first_clash = None;
            for (index, (member, seen)) in members.iter().zip(&seen).enumerate() {
                match turn::<R>(member, false, seen.as_ref()) {
                    Ok(turn) => turns.push(turn),
                    Err(error) => {
                        clashes.push((index, error.facts().message.clone()));
                        first_clash.get_or_insert(error);
                    }
                }
            }
            if let Some(mut error) = first_clash {
                error.facts_mut().offenders = clashes;
                return Err(error);
            }
            match decide(R::step(&turns))? {
                Decided::Call(call) => {
                    let targets: Vec<&Target> = members.iter().map(|it| &it.target).collect();
                    let called = paced(cx, R::SCHEMA, R::name(&call), async || {
                        Box::pin(R::call(cx, &targets, &call)).await
                    });
                    let physical = called.await?;
                    for (member, turn) in members.iter().zip(&turns) {
                        if let Some(told) = R::after(turn, &call) {
                            member.memory.keep(Known::Told(told));
                        }
                    }
                    let deletes = (0..members.len()).map(|at| R::deletes(&call, at)).collect();
                    let call = R::name(&call).to_owned();
                    Ok(Progress::Called { call, physical, secrets: true, deletes })
                }
                Decided::Progress(progress) => {
                    drop(turns);
                    for (member, seen) in members.iter().zip(seen) {
                        if let Some(seen) = seen {
                            member.memory.keep(Known::Waited(seen));
                        }
                    }
                    Ok(progress)
                }
                Decided::Done => {
                    drop(turns);
                    Ok(Progress::Done(seen.into_iter().map(outcome).collect()))
                }
            }
        })
    }
}

impl<L: Finds> ErasedLookup for Query<L> {
    fn find<'a>(&'a self, cx: &'a Cx, target: &'a Target) -> BoxFuture<'a, ReadResult> {
        Box::pin(async move {
            let query: L = serde_json::from_value(target.props.to_value())
                .map_err(|error| refusal(format!("the query can't be read: {error}"), ""))?;
            let found: Pin<Box<dyn Future<Output = ReadResult> + Send + '_>> =
                Box::pin(L::find(cx, target, &query));
            found.await
        })
    }
}

enum Decided<C> {
    Call(C),
    Progress(Progress),
    Done,
}

fn decide<C>(next: Next<C>) -> Result<Decided<C>, OpError> {
    Ok(match next {
        Next::Call(call) => Decided::Call(call),
        Next::Wait { what, poll, patience } => {
            Decided::Progress(Progress::Waiting { what, poll, patience })
        }
        Next::Done => Decided::Done,
        Next::Refuse { message, hint } => return Err(refusal(message, &hint)),
    })
}

fn outcome(seen: Option<Snapshot>) -> Outcome {
    seen.map_or(Outcome::Gone, Outcome::Present)
}
