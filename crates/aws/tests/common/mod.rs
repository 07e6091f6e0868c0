//! The contract that every kind keeps, driven against the local cloud.
#![allow(dead_code, unreachable_pub, reason = "every test binary uses another part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "tests stop where they find something odd")]

use std::collections::BTreeMap;
use std::time::Duration;

use bicoastal_aws::{AwsProvider, Connection};
use bicoastal_local::Cloud;
use bicoastal_model::diff::{Difference, diff};
use bicoastal_model::{
    Claim, Declared, Deletes, Goal, Member, Memory, OpError, Operation, Outcome, Place, Progress,
    Provider, Region, Resource, ResourceId, Retry, Schema, ScopeKind, Seen, Snapshot, Target,
};
use serde_json::{Value, json};

/// A local cloud and a provider on it.
pub struct Harness {
    pub cloud: Cloud,
    pub provider: AwsProvider,
}

impl Harness {
    pub fn new() -> Self {
        let cloud = Cloud::new();
        let connection = Self::connection(&cloud);
        Self { provider: AwsProvider::new(connection), cloud }
    }

    fn connection(cloud: &Cloud) -> Connection {
        Connection::new(Self::sdk(cloud))
    }

    /// A configuration for an SDK client of a test's own: somebody else, who edits out of band.
    pub fn sdk(cloud: &Cloud) -> aws_config::SdkConfig {
        Connection::base("test")
            .http_client(cloud.http_client())
            .sleep_impl(cloud.sleep_impl())
            .time_source(cloud.time_source())
            .build()
    }

    /// The same for a region.
    pub fn sdk_in(&self, region: Region) -> aws_config::SdkConfig {
        let region = aws_config::Region::new(region.code());
        Self::sdk(&self.cloud).into_builder().region(region).build()
    }

    /// Something global to try.
    pub fn global<R: Resource>(&self, name: &str) -> Subject<'_> {
        self.subject::<R>(name, Vec::new())
    }

    /// Something of a region to try.
    pub fn regional<R: Resource>(&self, name: &str, region: Region) -> Subject<'_> {
        self.subject::<R>(&format!("{region}/{name}"), vec![region])
    }

    /// Something that spans regions to try: the members of its present and wanted regions.
    pub fn spanning<R: Resource>(&self, name: &str, regions: &[Region]) -> Subject<'_> {
        let mut regions = regions.to_vec();
        regions.sort();
        self.subject::<R>(name, regions)
    }

    fn subject<R: Resource>(&self, id: &str, regions: Vec<Region>) -> Subject<'_> {
        let tags = BTreeMap::from([
            ("bicoastal:stack".to_owned(), "test".to_owned()),
            ("bicoastal:resource".to_owned(), id.to_owned()),
            ("bicoastal:lineage".to_owned(), "lineage-1".to_owned()),
        ]);
        Subject {
            harness: self,
            schema: R::SCHEMA,
            target: Target {
                id: ResourceId::new(id),
                kind: R::SCHEMA.kind.to_owned(),
                place: Place { account: None, scope: R::SCHEMA.scope, regions },
                incarnation: 1,
                token: format!("bc-test-{id}-1").replace('/', "-"),
                physical: None,
                props: json!({}).into(),
                tags,
            },
            applied: None,
            calls: Vec::new(),
        }
    }
}

/// What is asked for by a look-up that a program declares.
pub fn lookup(declared: Declared) -> Target {
    Target {
        id: declared.id,
        kind: declared.schema.kind.to_owned(),
        place: declared.place,
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: declared.props,
        tags: BTreeMap::new(),
    }
}

/// One thing, from its creation to its end.
pub struct Subject<'h> {
    pub harness: &'h Harness,
    pub schema: &'static Schema,
    pub target: Target,
    /// What was last applied.
    pub applied: Option<Value>,
    /// The mutating calls of the last goal, refused ones in brackets.
    pub calls: Vec<String>,
}

impl Subject<'_> {
    /// Properties as the planner hands them over: with ownership tags and member regions.
    pub fn wanted(&self, props: &Value) -> Value {
        let mut wanted = props.clone();
        if self.schema.has_tags() {
            let tags = &mut wanted["tags"];
            if !tags.is_object() {
                *tags = json!({});
            }
            for (key, value) in &self.target.tags {
                tags[key] = json!(value);
            }
        }
        if self.schema.scope == ScopeKind::Spanning && wanted.get("regions").is_none() {
            wanted["regions"] = json!(self.target.place.regions);
        }
        wanted
    }

    /// Takes turns until the goal is reached.
    async fn converge(&mut self, mut goal: Goal) -> Result<Option<Snapshot>, OpError> {
        self.calls.clear();
        let mut claim = match &goal {
            Goal::Present { applied: None, .. } => Claim::Unmade,
            _ => Claim::Made,
        };
        // As a plan does: what is seen to be absent before the first turn is known to be.
        let fresh = matches!(goal, Goal::Present { applied: None, .. });
        let looked = fresh && self.target.physical.is_none();
        let absent = looked
            && self.harness.provider.refresh(std::slice::from_ref(&self.target)).await
                == [Seen::Absent];
        let memory = if absent { Memory::absent() } else { Memory::default() };
        let operation = |target: &Target, goal: &Goal, claim| {
            let target = mentioning(target, goal);
            let (goal, memory) = (goal.clone(), memory.clone());
            Operation { members: vec![Member { target, goal, claim, memory }] }
        };
        let open = bicoastal_model::OpenGate::shared();
        let (mut patience, mut deleted) = (0, Deletes::Nothing);
        for _ in 0..400 {
            match self.harness.provider.advance(&operation(&self.target, &goal, claim), &open).await
            {
                Ok(Progress::Called { call, physical, secrets, deletes }) => {
                    patience = 0;
                    deleted = deletes.into_iter().fold(deleted, Deletes::and);
                    if secrets {
                        goal.secrets_sent(self.schema);
                    }
                    claim = claim.max(Claim::Made);
                    self.calls.push(call);
                    if physical.is_some() {
                        self.target.physical = physical;
                    }
                    // As the machine does.
                    self.harness.cloud.sleep(Duration::from_secs(1)).await;
                }
                Ok(Progress::Waiting { poll, patience: limit, what }) => {
                    patience += poll.as_secs();
                    assert!(
                        patience <= limit.as_secs(),
                        "{}: stuck waiting for {what} after {:?}",
                        self.target.id,
                        self.calls
                    );
                    self.harness.cloud.sleep(poll).await;
                }
                Ok(Progress::Done(outcomes)) => {
                    // Else the machine looks for minutes whether it is only not shown.
                    let is_told =
                        deleted.covers(&self.target.place.regions.iter().copied().collect());
                    let is_absent = matches!(goal, Goal::Absent { .. });
                    let id = &self.target.id;
                    let calls = &self.calls;
                    assert!(!is_absent || calls.is_empty() || is_told, "{id}: {calls:?}");
                    return Ok(match outcomes.into_iter().next() {
                        Some(Outcome::Present(snapshot)) => {
                            self.target.physical = Some(snapshot.physical.clone());
                            Some(snapshot)
                        }
                        _ => None,
                    });
                }
                Err(OpError::Refused { retry, facts }) if retry != Retry::Never => {
                    memory.take();
                    self.calls.push(format!("({} {:?})", facts.call, retry));
                    self.harness.cloud.sleep(Duration::from_secs(5)).await;
                }
                Err(error) => return Err(error),
            }
        }
        panic!("{} does not converge: {:?}", self.target.id, self.calls);
    }

    /// Brings it to `props` and checks that nothing is left to do. Answers how it is then.
    pub async fn apply(&mut self, props: &Value) -> Snapshot {
        match self.try_apply(props).await {
            Ok(snapshot) => snapshot,
            Err(error) => panic!("{} can't be brought to {props}: {error}", self.target.id),
        }
    }

    /// The same, where a refusal is expected.
    pub async fn try_apply(&mut self, props: &Value) -> Result<Snapshot, OpError> {
        let wanted = self.wanted(props);
        if self.applied.is_none() {
            self.target.props = wanted.clone().into();
        }
        let goal = Goal::Present { wanted: wanted.clone(), applied: self.applied.clone() };
        let snapshot = self.converge(goal).await?.expect("present");
        self.target.props = wanted.clone().into();
        self.applied = Some(wanted);
        let left = self.difference(props).await;
        assert_eq!(paths(&left), Vec::<String>::new(), "{}: {left:#?}", self.target.id);
        Ok(snapshot)
    }

    /// How it is now, as a refresh sees it.
    pub async fn read(&self) -> Option<Snapshot> {
        match self.harness.provider.refresh(std::slice::from_ref(&self.target)).await.remove(0) {
            Seen::Absent => None,
            Seen::Present(snapshot) => Some(snapshot),
            Seen::Unknown(error) => panic!("{} can't be read: {error}", self.target.id),
        }
    }

    /// What a plan for `props` would find.
    pub async fn difference(&self, props: &Value) -> Difference {
        let seen = self.read().await;
        let wanted = self.wanted(props);
        diff(self.schema, &wanted, self.applied.as_ref(), seen.as_ref().map(|it| &it.props))
    }

    /// The paths that differ from `props`, and in brackets what others added.
    pub async fn drift(&self, props: &Value) -> Vec<String> {
        let difference = self.difference(props).await;
        let mut found = paths(&difference);
        found.extend(difference.extras.iter().map(|extra| format!("({})", extra.path)));
        found
    }

    /// Creates it, but forgets after every single turn what AWS answered: a program that is killed
    /// and run again all the time.
    pub async fn create_forgetfully(&mut self, props: &Value) -> Snapshot {
        let wanted = self.wanted(props);
        self.target.props = wanted.clone().into();
        let open = bicoastal_model::OpenGate::shared();
        for _ in 0..400 {
            let goal = Goal::Present { wanted: wanted.clone(), applied: None };
            let (claim, memory) = (Claim::Unmade, Memory::default());
            let member = Member { target: self.target.clone(), goal, claim, memory };
            match self.harness.provider.advance(&Operation { members: vec![member] }, &open).await {
                Ok(Progress::Done(_)) => return self.apply(props).await,
                Ok(Progress::Called { .. }) => {}
                Ok(Progress::Waiting { poll, .. }) => self.harness.cloud.sleep(poll).await,
                Err(OpError::Refused { retry, .. }) if retry != Retry::Never => {
                    self.harness.cloud.sleep(Duration::from_secs(5)).await;
                }
                Err(error) => panic!("{}: {error}", self.target.id),
            }
        }
        panic!("{} does not converge", self.target.id);
    }

    /// Deletes it and checks that it is gone, and that deleting it again is no mistake.
    pub async fn destroy(&mut self) {
        self.try_destroy(false).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(self.read().await, None);
        let again = self.try_destroy(false).await;
        assert_eq!(again.map(|()| self.calls.clone()), Ok(Vec::new()));
    }

    /// Deletes it, with AWS's own guards lifted or not.
    pub async fn try_destroy(&mut self, lift_guards: bool) -> Result<(), OpError> {
        let applied = self.applied.clone().unwrap_or_else(|| self.target.props.clone().into());
        let left = self.converge(Goal::Absent { applied, lift_guards }).await?;
        assert_eq!(left, None);
        Ok(())
    }
}

/// The target as the machine hands it over: it mentions what is wanted besides what was applied.
fn mentioning(target: &Target, goal: &Goal) -> Target {
    let mut target = target.clone();
    if let (Goal::Present { wanted, .. }, true) = (goal, target.props.is_object()) {
        for (field, value) in wanted.as_object().into_iter().flatten() {
            if !target.mentions(field) {
                target.props.set(field, value);
            }
        }
    }
    target
}

/// The paths of what differs.
pub fn paths(difference: &Difference) -> Vec<String> {
    difference.changes.iter().map(|change| change.path.to_string()).collect()
}
