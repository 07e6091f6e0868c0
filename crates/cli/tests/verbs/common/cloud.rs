//! A cloud in memory, with a clock of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bicoastal_cli::{CloudChoice, Clouds, Connected};
use bicoastal_model::provider::{BoxFuture, Tell};
use bicoastal_model::{
    Catalog, Deletes, ErrorFacts, Found, Goal, Member, OpError, Operation, Outcome, Ownership,
    Place, Progress, Provider, Region, Retry, ScopeKind, Seen, Snapshot, Status, Sweep, Swept,
    Target, TerraformInstance, Translated,
};
use bicoastal_runtime::Clock;
use serde_json::{Value, json};

use super::kinds;

/// A thing that is there.
#[derive(Clone, Debug)]
pub(crate) struct Thing {
    pub(crate) props: Value,
    token: String,
    /// Looks that are left until it is ready.
    busy: u32,
}

#[derive(Debug, Default)]
struct World {
    things: BTreeMap<String, Thing>,
    /// What the next turns on a thing come to, instead of being taken.
    faults: BTreeMap<String, Vec<OpError>>,
    /// Regions of which nothing can be seen.
    gone: Vec<String>,
    now_ms: u64,
    calls: Vec<String>,
    /// Things that stay busy.
    stuck: Vec<String>,
    /// Called on every turn, with the thing's name.
    watch: Option<Watch>,
}

struct Watch(Box<dyn FnMut(&str) + Send>);

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

/// The cloud; clones are the same one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fake(Arc<Mutex<World>>);

impl Fake {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// Something by somebody else's hand.
    pub(crate) fn edit(&self, name: &str, edit: impl FnOnce(&mut Value)) {
        edit(&mut self.world().things.get_mut(name).unwrap().props);
    }

    /// Something that nobody's program made.
    pub(crate) fn put(&self, name: &str, props: Value) {
        let thing = Thing { props, token: String::new(), busy: 0 };
        self.world().things.insert(name.to_owned(), thing);
    }

    pub(crate) fn remove(&self, name: &str) {
        self.world().things.remove(name).unwrap();
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.world().things.keys().cloned().collect()
    }

    /// The next turns on it fail so.
    pub(crate) fn fail(&self, name: &str, errors: impl IntoIterator<Item = OpError>) {
        self.world().faults.entry(name.to_owned()).or_default().extend(errors);
    }

    /// Whether it stays busy, however long one waits.
    pub(crate) fn never_ready(&self, name: &str, never: bool) {
        let mut world = self.world();
        world.stuck.retain(|it| it != name);
        if never {
            world.stuck.push(name.to_owned());
        }
    }

    pub(crate) fn lose_region(&self, region: &str) {
        self.world().gone.push(region.to_owned());
    }

    /// The mutating calls so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.world().calls.clone()
    }

    pub(crate) fn watch(&self, watch: impl FnMut(&str) + Send + 'static) {
        self.world().watch = Some(Watch(Box::new(watch)));
    }
}

/// The name under which a thing is kept: `us-east-1/assets`, `example.com`.
fn name(target: &Target) -> String {
    let name = target.text("name");
    match target.region() {
        Some(region) => format!("{region}/{name}"),
        None => name.to_owned(),
    }
}

fn snapshot(target: &Target, name: &str, thing: &Thing) -> Snapshot {
    let outputs = match target.kind.as_str() {
        "Fake:Zone" => {
            json!({ "id": format!("Z-{name}"), "name_servers": ["ns-1.example.", "ns-2.example."] })
        }
        "Fake:Bucket" => json!({ "arn": format!("arn:aws:s3:::{name}") }),
        _ => json!({ "name": name }),
    };
    let ownership = match thing.token.as_str() {
        "" => Ownership::Unmarked,
        token if token == target.token => Ownership::Ours,
        token => Ownership::Foreign(token.to_owned()),
    };
    Snapshot {
        physical: format!("phys-{name}"),
        props: thing.props.clone(),
        outputs: outputs.as_object().unwrap().clone().into_iter().collect(),
        status: Status::Ready,
        ownership,
        children: Vec::new(),
        facts: BTreeMap::new(),
    }
}

pub(crate) fn facts(code: &str, message: &str) -> ErrorFacts {
    ErrorFacts {
        call: "PutThing".into(),
        service: "fake".into(),
        region: "us-east-1".into(),
        code: Some(code.into()),
        message: message.into(),
        request_id: Some("req-1".into()),
        ..ErrorFacts::default()
    }
}

/// AWS says no, for good.
pub(crate) fn denied() -> OpError {
    let mut facts = facts("AccessDenied", "not authorized to perform fake:PutThing");
    facts.hint = Some("the caller needs the permission fake:PutThing".into());
    OpError::Refused { retry: Retry::Never, facts }
}

/// AWS says not so fast.
pub(crate) fn throttled() -> OpError {
    OpError::Refused { retry: Retry::Throttled, facts: facts("Throttling", "Rate exceeded") }
}

impl World {
    fn look(&self, target: &Target) -> Seen {
        let name = name(target);
        if target.region().is_some_and(|region| self.gone.iter().any(|it| it == region.code())) {
            return Seen::Unknown(OpError::NotSent(ErrorFacts {
                call: "GetThing".into(),
                service: "fake".into(),
                region: target.region().map(|it| it.code().to_owned()).unwrap_or_default(),
                message: "no connection could be made".into(),
                ..ErrorFacts::default()
            }));
        }
        match self.things.get(&name) {
            Some(thing) => Seen::Present(snapshot(target, &name, thing)),
            None => Seen::Absent,
        }
    }

    /// Everything that was made by a token.
    fn sweep(&self, sweep: &Sweep) -> Swept {
        let mut swept = Swept::default();
        for region in
            sweep.regions.iter().filter(|it| self.gone.iter().any(|gone| gone == it.code()))
        {
            swept.unanswered.push(OpError::NotSent(ErrorFacts {
                call: "ListThings".into(),
                service: "fake".into(),
                region: region.code().to_owned(),
                message: "no connection could be made".into(),
                ..ErrorFacts::default()
            }));
        }
        for (name, thing) in self.things.iter().filter(|(_, thing)| !thing.token.is_empty()) {
            let region: Option<Region> = name.split_once('/').and_then(|it| it.0.parse().ok());
            if region.is_some_and(|region| !sweep.regions.contains(&region)) {
                continue;
            }
            let kind = match &thing.props {
                props if props.get("versioned").is_some() => "Fake:Bucket",
                props if props.get("zone").is_some() => "Fake:Record",
                _ => "Fake:Zone",
            };
            let scope = region.map_or(ScopeKind::Global, |_| ScopeKind::Regional);
            swept.found.push(Found {
                kind: kind.into(),
                place: Place { account: None, scope, regions: region.into_iter().collect() },
                physical: format!("phys-{name}"),
                identity: json!({ "name": thing.props["name"] }),
                tags: BTreeMap::new(),
                token: Some(thing.token.clone()),
            });
        }
        swept
    }

    fn turn(&mut self, member: &Member) -> Result<Progress, OpError> {
        let name = name(&member.target);
        if let Some(watch) = &mut self.watch {
            (watch.0)(&name);
        }
        if let Some(faults) = self.faults.get_mut(&name).filter(|faults| !faults.is_empty()) {
            return Err(faults.remove(0));
        }
        let called = |call: &str| Progress::Called {
            call: call.to_owned(),
            physical: Some(format!("phys-{name}")),
            secrets: true,
            deletes: vec![Deletes::whole(call == "DeleteThing")],
        };
        match (&member.goal, self.things.get_mut(&name)) {
            (Goal::Absent { .. }, None) => Ok(Progress::Done(vec![Outcome::Gone])),
            (Goal::Absent { .. }, Some(_)) => {
                self.things.remove(&name);
                self.calls.push(format!("DeleteThing {name}"));
                Ok(called("DeleteThing"))
            }
            (Goal::Present { wanted, .. }, None) => {
                let thing = Thing {
                    props: without_secrets(wanted),
                    token: member.target.token.clone(),
                    busy: u32::from(member.target.kind == "Fake:Bucket") * 2,
                };
                self.things.insert(name.clone(), thing);
                self.calls.push(format!("CreateThing {name}"));
                Ok(called("CreateThing"))
            }
            (Goal::Present { .. }, Some(thing)) if thing.busy > 0 || self.stuck.contains(&name) => {
                thing.busy = thing.busy.saturating_sub(1);
                Ok(Progress::Waiting {
                    what: format!("bucket {name} CREATING"),
                    poll: Duration::from_secs(30),
                    patience: Duration::from_secs(if self.stuck.contains(&name) {
                        1 << 40
                    } else {
                        600
                    }),
                })
            }
            (Goal::Present { wanted, applied, .. }, Some(thing)) => {
                let wanted_now = without_secrets(wanted);
                let secret = |value: &Value| value.get("key").cloned();
                if thing.props == wanted_now && applied.as_ref().and_then(secret) == secret(wanted)
                {
                    let done = snapshot(&member.target, &name, thing);
                    return Ok(Progress::Done(vec![Outcome::Present(done)]));
                }
                thing.props = wanted_now;
                thing.token = member.target.token.clone();
                self.calls.push(format!("UpdateThing {name}"));
                Ok(called("UpdateThing"))
            }
        }
    }
}

/// AWS never tells a secret.
fn without_secrets(wanted: &Value) -> Value {
    let mut props = wanted.clone();
    props.as_object_mut().unwrap().remove("key");
    props
}

impl Provider for Fake {
    fn catalog(&self) -> Catalog {
        kinds::catalog()
    }

    fn account<'a>(&'a self, _account: Option<&'a str>) -> BoxFuture<'a, Result<String, OpError>> {
        Box::pin(async { Ok("000000000000".to_owned()) })
    }

    fn read_each<'a>(&'a self, targets: &'a [Target], tell: Tell<'a>) -> BoxFuture<'a, ()> {
        Box::pin(async { targets.iter().for_each(|target| tell(self.world().look(target))) })
    }

    fn lookup<'a>(&'a self, target: &'a Target) -> BoxFuture<'a, Result<Seen, OpError>> {
        Box::pin(async { Ok(self.world().look(target)) })
    }

    fn advance<'a>(
        &'a self,
        operation: &'a Operation,
        _gate: &'a std::sync::Arc<dyn bicoastal_model::provider::Gate>,
    ) -> BoxFuture<'a, Result<Progress, OpError>> {
        Box::pin(async { self.world().turn(&operation.members[0]) })
    }

    fn sweep<'a>(&'a self, sweep: &'a Sweep) -> BoxFuture<'a, Swept> {
        Box::pin(async { self.world().sweep(sweep) })
    }

    fn translate(&self, instance: &TerraformInstance) -> Translated {
        match instance.resource_type.as_str() {
            "fake_zone" => {
                let name = instance.attributes["name"].as_str().unwrap();
                let place = Place { account: None, scope: ScopeKind::Global, regions: Vec::new() };
                Translated::Thing(Box::new(Found {
                    kind: "Fake:Zone".into(),
                    place,
                    physical: format!("phys-{name}"),
                    identity: json!({ "name": name }),
                    tags: BTreeMap::new(),
                    token: None,
                }))
            }
            "fake_zone_comment" => Translated::Part("Fake:Zone"),
            _ => Translated::Unknown,
        }
    }
}

impl Clock for Fake {
    fn is_virtual(&self) -> bool {
        true
    }

    fn now_ms(&self) -> u64 {
        self.world().now_ms
    }

    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let until = self.now_ms() + u64::try_from(time.as_millis()).unwrap();
            // Whoever is ready goes first.
            tokio::task::yield_now().await;
            let mut world = self.world();
            world.now_ms = world.now_ms.max(until);
        })
    }
}

impl Clouds for Fake {
    fn connect<'a>(&'a self, choice: &'a CloudChoice) -> BoxFuture<'a, Result<Connected, String>> {
        let what = match choice {
            CloudChoice::Local { dir } => format!("the local cloud in {}", dir.display()),
            CloudChoice::Aws { profile } => format!("AWS, profile {profile:?}"),
            CloudChoice::Endpoint { url } if url == "http://" => {
                let text = "'http://' is not an endpoint URL\n  hint: write http://HOST:PORT";
                return Box::pin(async move { Err(text.to_owned()) });
            }
            CloudChoice::Endpoint { url } => format!("the endpoint {url}"),
        };
        Box::pin(async move {
            Ok(Connected {
                provider: Box::new(self.clone()),
                clock: Some(Box::new(self.clone())),
                what,
            })
        })
    }
}
