//! A fleet: as many resources as one likes, of mixed kinds and scopes, with two references each;
//! and a cloud that answers at once. For benches and for the tests that count.
#![allow(dead_code, unreachable_pub, reason = "every binary uses another part of it")]
#![allow(clippy::expect_used, clippy::panic, reason = "a program that can't go on has failed")]

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use bicoastal_engine::journal;
use bicoastal_engine::machine::{Execution, Limits, Step};
use bicoastal_engine::observe::{Child, Look, Observed, Thing};
use bicoastal_engine::plan::Plan;
use bicoastal_engine::planner::{self, Options};
use bicoastal_engine::state::State;
use bicoastal_model::schema::{Absent, Batch, Change, Cost, OutputSpec};
use bicoastal_model::stack::STACK_OUTPUTS;
use bicoastal_model::{
    ActiveRegions, Addition, Catalog, Deletes, Desired, Diagnostics, Field, Fields, Goal, Input,
    Member, Operation, Outcome, Ownership, Packed, Progress, Region, Risk, Rollout, Schema,
    ScopeKind, Shape, Snapshot, Stack, Status, Tier, handle, text,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const NAME: Field = Field::new("name").replaces();

macro_rules! kind {
    ($schema:ident $kind:ident $handle:ident $scope:ident $fields:tt $outputs:tt { $($more:tt)* }) => {
        kind!(@struct $kind $fields);
        handle! {
            /// A declared one.
            pub struct $handle $outputs
        }
        impl bicoastal_model::Resource for $kind {
            type Scope = bicoastal_model::$scope;
            type Handle = $handle;
            const SCHEMA: &'static Schema = $schema;
        }
        pub const $schema: &Schema = &Schema {
            kind: concat!("Fleet:", stringify!($kind)),
            scope: ScopeKind::$scope,
            $($more)*
            ..Schema::BASE
        };
    };
    (@struct $kind:ident { $($name:ident: $type:ty,)* }) => {
        #[derive(Clone, Debug, Serialize, Deserialize)]
        pub struct $kind {
            $($name: $type,)*
        }
    };
}

kind! {
    ROLE Role RoleHandle Global
    { name: String, policy: String, tags: BTreeMap<String, String>, }
    {
        /// Assigned.
        arn: String,
    }
    {
        service: "iam",
        fields: &[NAME, Field::new("policy"), Field::tags()],
        outputs: &[OutputSpec::assigned("arn")],
        identity: &["name"],
        delete_risk: Risk::Safe,
    }
}

kind! {
    TABLE Table TableHandle Spanning
    { name: String, key: String, billing: String, }
    {
        /// Assigned.
        arn: String,
        /// A property.
        name: String,
    }
    {
        service: "dynamodb",
        tier: Tier::Data,
        fields: &[
            NAME,
            Field::new("key").replaces(),
            Field::new("billing"),
            Field::regions(),
            Field::tags(),
        ],
        outputs: &[OutputSpec::assigned("arn"), OutputSpec::property("name")],
        identity: &["name"],
        delete_risk: Risk::DestroysData,
    }
}

kind! {
    BUCKET Bucket BucketHandle Regional
    { name: String, versioned: bool, role: Input<String>, policy: Input<String>, }
    {
        /// A property.
        name: String,
    }
    {
        service: "s3",
        tier: Tier::Data,
        fields: &[
            NAME,
            Field::new("versioned").absent(Absent::Bool(false)),
            Field::new("role"),
            Field::new("policy"),
            Field::tags(),
        ],
        outputs: &[OutputSpec::assigned("arn"), OutputSpec::property("name")],
        identity: &["name"],
        delete_risk: Risk::DestroysData,
        cost: Cost { create: 3, update: 1, delete: 1 },
    }
}

kind! {
    FRONT Front FrontHandle Regional
    {
        name: String,
        scheme: String,
        idle: u32,
        logs: Input<String>,
        role: Input<String>,
        sessions: Input<String>,
    }
    {
        /// Assigned.
        dns: String,
    }
    {
        service: "elasticloadbalancing",
        tier: Tier::Compute,
        fields: &[
            NAME,
            Field::new("scheme").replaces(),
            Field::new("idle"),
            Field::new("logs"),
            Field::new("role"),
            Field::new("sessions"),
            Field::tags(),
        ],
        outputs: &[OutputSpec::assigned("arn"), OutputSpec::assigned("dns")],
        identity: &["name"],
    }
}

kind! {
    ZONE Zone ZoneHandle Global
    { domain: String, }
    {
        /// Assigned.
        id: String,
    }
    {
        service: "route53",
        tier: Tier::Traffic,
        fields: &[Field::new("domain").shape(Shape::DnsName).replaces()],
        outputs: &[OutputSpec::assigned("id")],
    }
}

kind! {
    CHECK HealthCheck CheckHandle Global
    { host: Input<String>, path: String, }
    {
        /// Assigned.
        id: String,
    }
    {
        service: "route53",
        tier: Tier::Traffic,
        fields: &[Field::new("host"), Field::new("path")],
        outputs: &[OutputSpec::assigned("id")],
    }
}

kind! {
    RECORD Record RecordHandle Global
    {
        zone: Input<String>,
        name: String,
        r#type: String,
        set: String,
        alias: Input<String>,
        check: Input<String>,
    }
    {}
    {
        service: "route53",
        tier: Tier::Traffic,
        fields: &[
            Field::new("zone").replaces(),
            Field::new("name").shape(Shape::DnsName).replaces(),
            Field::new("type").replaces(),
            Field::new("set").replaces(),
            Field::new("alias").shape(Shape::AliasName),
            Field::new("check"),
            Field::new("values").shape(Shape::RecordValues),
        ],
        identity: &["zone", "name", "type", "set"],
        batch: Some(Batch {
            parent: "zone",
            together: &["name", "type"],
            elements: "values",
            max_elements: 1000,
            max_characters: 32_000,
            update_weight: 2,
        }),
    }
}

static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::new([ROLE, TABLE, BUCKET, FRONT, ZONE, CHECK, RECORD]));

pub fn catalog() -> &'static Catalog {
    &CATALOG
}

const REGIONS: [Region; 5] =
    [Region::UsEast1, Region::EuWest1, Region::ApSouth1, Region::UsWest2, Region::EuCentral1];

/// Resources of one service: a role, a table, and in each of two regions a bucket, a front, a
/// health check and a record.
const SERVICE: usize = 10;
/// Services whose records are in one zone.
const PER_ZONE: usize = 400;

/// What is edited of a fleet: the idle time of fronts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Edit {
    /// Nothing.
    None,
    /// One front.
    One,
    /// The first front of every tenth service: one resource of a hundred.
    Hundredth,
    /// Every front.
    All,
}

impl Edit {
    fn concerns(self, service: usize, region: usize) -> bool {
        match self {
            Self::None => false,
            Self::One => service == 0 && region == 0,
            Self::Hundredth => service.is_multiple_of(10) && region == 0,
            Self::All => true,
        }
    }
}

/// A program of about `n` resources, not sealed yet.
pub fn program(n: usize, edit: Edit) -> Stack {
    let mut stack = Stack::new("fleet");
    stack.rollout(Rollout::OneRegionAtATime).tag("Project", "fleet");
    let mut zone = None;
    for service in 0..n / SERVICE {
        if service % PER_ZONE == 0 {
            let number = service / PER_ZONE;
            let domain = format!("z{number}.example.com");
            zone = Some(stack.global().add(format!("zone-{number}"), Zone { domain }));
        }
        let zone = zone.as_ref().expect("the first service makes one");
        declare(&mut stack, service, zone, edit);
    }
    stack
}

fn declare(stack: &mut Stack, service: usize, zone: &ZoneHandle, edit: Edit) {
    let regions = ActiveRegions::new(REGIONS[service % 5], REGIONS[(service + 1) % 5]);
    let role = stack.global().add(
        format!("role-{service}"),
        Role {
            name: format!("service-{service}"),
            policy: "allow".to_owned(),
            tags: [("Service".to_owned(), service.to_string())].into(),
        },
    );
    let table = stack.across(&regions).add(
        format!("sessions-{service}"),
        Table {
            name: format!("sessions-{service}"),
            key: "session_id".to_owned(),
            billing: "on_demand".to_owned(),
        },
    );
    for (index, region) in regions.iter().enumerate() {
        let bucket = stack.region(region).add(
            format!("assets-{service}"),
            Bucket {
                name: format!("assets-{service}-{region}"),
                versioned: true,
                role: role.arn().into(),
                policy: text!("{} reads {}", role.arn(), table.arn()).into(),
            },
        );
        let front = stack.region(region).add(
            format!("front-{service}"),
            Front {
                name: format!("front-{service}"),
                scheme: "public".to_owned(),
                idle: if edit.concerns(service, index) { 61 } else { 60 },
                logs: bucket.name().into(),
                role: role.arn().into(),
                sessions: table.name().into(),
            },
        );
        let check = stack.global().add(
            region.named(&format!("alive-{service}")),
            HealthCheck { host: front.dns().into(), path: "/up".to_owned() },
        );
        stack.global().add(
            region.named(&format!("api-{service}")),
            Record {
                zone: zone.id().into(),
                name: format!("api-{service}.example.com"),
                r#type: "A".to_owned(),
                set: region.code().to_owned(),
                alias: front.dns().into(),
                check: check.id().into(),
            },
        );
    }
}

/// A sealed program of about `n` resources.
pub fn desired(n: usize, edit: Edit) -> Desired {
    program(n, edit).seal().unwrap_or_else(|found| panic!("{found}"))
}

/// How many references it has.
pub fn references(desired: &Desired) -> usize {
    let refs = desired.resources.values().flat_map(|it| it.props.refs());
    refs.filter(|it| !it.id.as_str().starts_with(STACK_OUTPUTS)).count()
}

pub fn plan(desired: &Desired, state: &State, observed: &Observed) -> Result<Plan, Diagnostics> {
    planner::plan(desired, state, observed, catalog(), &Options::default())
}

pub fn plan_destroy(
    desired: &Desired,
    state: &State,
    observed: &Observed,
) -> Result<Plan, Diagnostics> {
    let options = Options { destroy: true, ..Options::default() };
    planner::plan(desired, state, observed, catalog(), &options)
}

/// A state of which nothing is recorded yet.
pub fn empty() -> State {
    State::empty("fleet", "0123456789ab")
}

/// What a run took.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// Turns that were handed out, answers that were taken, entries that were made durable.
    pub transitions: usize,
    /// Times that the store was asked to make something durable: each is one write and one sync.
    pub appends: usize,
    /// Entries made durable.
    pub records: usize,
    /// The journal, where it was asked for.
    pub journal: Option<Vec<u8>>,
}

/// A plan carried out by a cloud that takes every call, and shows it done at the next look.
pub fn carry_out(plan: Plan, state: State, limits: Limits, run: &mut Run) -> Execution {
    let secrets = BTreeMap::new();
    let mut execution = Execution::new(plan, state, secrets, catalog(), [7; 16], limits)
        .unwrap_or_else(|stale| panic!("{stale}"));
    let mut called: Vec<bool> = Vec::new();
    let mut under_way: Vec<(usize, Option<Arc<Operation>>)> = Vec::new();
    loop {
        match execution.next() {
            Step::Record(records) => {
                run.appends += 1;
                run.records += records.len();
                run.transitions += records.len();
                if let Some(journal) = &mut run.journal {
                    for (number, record) in &records {
                        journal.extend_from_slice(journal::encode(*number, record).as_bytes());
                    }
                }
                let last = records.last().map_or(0, |(number, _)| *number);
                drop(records);
                execution.recorded(last);
            }
            Step::Turn { op, operation, .. } => {
                run.transitions += 1;
                under_way.push((op, Some(operation)));
            }
            Step::Pause { op, .. } => {
                run.transitions += 1;
                under_way.push((op, None));
            }
            Step::Wait => {
                assert!(!under_way.is_empty(), "nothing is under way, and it waits");
                for (op, operation) in under_way.drain(..) {
                    run.transitions += 1;
                    let answer = match operation {
                        None => Progress::Done(Vec::new()),
                        Some(operation) => {
                            if called.len() <= op {
                                called.resize(op + 1, false);
                            }
                            if std::mem::replace(&mut called[op], true) {
                                Progress::Done(operation.members.iter().map(outcome).collect())
                            } else {
                                Progress::Called {
                                    call: "Call".to_owned(),
                                    physical: None,
                                    secrets: true,
                                    deletes: vec![Deletes::Whole; operation.members.len()],
                                }
                            }
                        }
                    };
                    execution.answered(op, Ok(answer));
                }
            }
            Step::Finished => return execution,
        }
    }
}

fn outcome(Member { target, goal, .. }: &Member) -> Outcome {
    let Goal::Present { wanted, .. } = goal else { return Outcome::Gone };
    let schema = catalog().get(&target.kind).expect("kinds are known");
    let physical = target.physical.clone().unwrap_or_else(|| format!("physical-{}", target.id));
    let outputs = schema.outputs.iter().map(|output| {
        let value = match output.same_as {
            Some(property) => wanted[property].clone(),
            None => json!(format!("{physical}.{}", output.name)),
        };
        (output.name.to_owned(), value)
    });
    Outcome::Present(Snapshot {
        outputs: outputs.collect(),
        physical,
        props: wanted.clone(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: BTreeMap::new(),
    })
}

/// Everything that a program declares, made: the state, and what a look at the cloud brings.
pub fn made(desired: &Desired) -> (State, Observed) {
    let plan = plan(desired, &empty(), &Observed::default()).unwrap_or_else(|it| panic!("{it}"));
    let execution = carry_out(plan, empty(), Limits::default(), &mut Run::default());
    assert!(execution.report().is_done(), "the run did not finish");
    let state = execution.state().clone();
    let observed = observed(&state);
    (state, observed)
}

/// A cloud in which everything is as it was applied.
pub fn observed(state: &State) -> Observed {
    let mut inside: BTreeMap<String, Vec<Addition>> = BTreeMap::new();
    for (key, entry) in state.entries.iter().filter(|(_, entry)| entry.kind == RECORD.kind) {
        let applied = entry.applied.as_ref().expect("it was made");
        let identity = RECORD.identity.iter().map(|it| ((*it).to_owned(), applied[*it].to_value()));
        let zone = applied["zone"].as_str().expect("it is resolved").to_owned();
        inside.entry(zone).or_default().push(Addition {
            kind: RECORD.kind.to_owned(),
            identity: Value::Object(identity.collect()),
            label: key.id.to_string(),
        });
    }
    let seen = state.entries.iter().map(|(key, entry)| {
        let schema = catalog().get(&entry.kind).expect("kinds are known");
        // Packed anew: what AWS tells shares nothing with what is recorded.
        let mut props = Packed::from(entry.applied.as_ref().expect("it was made").to_value());
        for field in schema.fields.iter().filter(|it| it.change == Change::Local) {
            props = props.without(field.name);
        }
        let id = entry.outputs.get("id").and_then(Packed::as_str).unwrap_or_default();
        let children = inside.remove(id).unwrap_or_default();
        let thing = Thing {
            physical: entry.physical.clone().expect("it was made"),
            props,
            outputs: entry.outputs.iter().map(|(name, it)| (name, it.to_value())).collect(),
            status: Status::Ready,
            ownership: Ownership::Ours,
            children: children.into_iter().map(Child::from).collect(),
            facts: Fields::default(),
        };
        (key.clone(), Look::Present(Box::new(thing)))
    });
    Observed { seen: seen.collect(), ..Observed::default() }
}
