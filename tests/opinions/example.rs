//! The example's own program on the emulators: applied, settled, edited by others, added to by
//! others, and destroyed to nothing.

use std::collections::BTreeSet;
use std::path::Path;

use bicoastal::model::value::{self, Value, json};
use bicoastal::model::{Goal, Provider, Seen, Target};
use bicoastal::plan::Plan;
use bicoastal::prelude::*;
use bicoastal::record::Record;
use bicoastal::{Cancel, Desired, Engine as Runner, FileStore, PlanOptions, ResourceId, render};
use bicoastal_engine::observe;
use bicoastal_model::diff::Cause;
use clap::Parser as _;

use crate::active_active;
use crate::calls::Calls;
use crate::cloud::{Judge, Opened, Places, REGIONS};
use crate::contract::{converge, lines};
use crate::gaps;

/// What the table of gaps calls it.
pub const NAME: &str = "example";

#[derive(clap::Parser)]
struct Program {
    #[command(flatten)]
    flags: active_active::Flags,
}

/// The example's flags for what is there.
fn flags(places: &Places) -> active_active::Flags {
    let mut arguments = vec!["active_active".to_owned()];
    for region in REGIONS {
        let place = places.of(region);
        arguments.push(format!("--vpc={region}={}", place.vpcs[0]));
        arguments.push(format!("--subnets={region}={}", place.subnets.join(",")));
        arguments.push(format!("--certificate={region}={}", place.certificates[0]));
    }
    Program::parse_from(arguments).flags
}

fn declared(places: &Places, edited: bool) -> Desired {
    let mut stack = Stack::new(NAME);
    let regions = ActiveRegions::new(REGIONS[0], REGIONS[1]);
    active_active::serve_from(&mut stack, &flags(places), &regions);
    if edited {
        stack.tag("Project", "both-coasts");
    }
    stack.seal().unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// What a judge can't do, as its lines of the table say: `drop ID`, `own key ID`, `one region ID`,
/// `ignore ID.FIELD`, or the path of a property, `ID.FIELD…`.
fn cut(desired: &mut Desired, parts: &[String], places: &Places) {
    let mut dropped = BTreeSet::new();
    for part in parts {
        if part.starts_with("add ") {
            continue;
        }
        let (verb, what) = part.rsplit_once(' ').unwrap_or(("", part));
        let (id, path) = what.split_once('.').unwrap_or((what, ""));
        let declared = desired.resources.get_mut(&id.into());
        let declared = declared.unwrap_or_else(|| panic!("{part}: there is no {id}"));
        match verb {
            "drop" => drop(dropped.insert(ResourceId::from(id))),
            "own key" => {
                let region = declared.place.region().expect("a region");
                let key = kms::Key::with_id(places.of(region).keys[0].as_str());
                declared.props = serde_json::to_value(key).expect("it is data").into();
            }
            "one region" => {
                declared.place.regions = vec![REGIONS[0]];
                declared.props.set("regions", json!([REGIONS[0].code()]));
            }
            "ignore" => drop(declared.ignored.insert(path.to_owned())),
            "" => declared.props.edit(|props| remove(props, path)),
            _ => {}
        }
    }
    let refers = |value: &Value| value::refs(value).into_iter().any(|it| dropped.contains(&it.id));
    for id in &dropped {
        desired.resources.remove(id).unwrap_or_else(|| panic!("{id} is not declared"));
    }
    for declared in desired.resources.values_mut() {
        assert!(!refers(&declared.props.to_value()), "{} needs what is dropped", declared.id);
        declared.after.retain(|id| !dropped.contains(id));
    }
    desired.exports.retain(|(_, value)| !refers(value));
}

/// Takes what is at a path out of some properties.
fn remove(props: &mut Value, path: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let steps = parent.split('.').filter(|step| !step.is_empty());
    let parent = steps.fold(props, |inner, step| match step.parse::<usize>() {
        Ok(position) => &mut inner[position],
        Err(_) => &mut inner[step],
    });
    let removed = parent.as_object_mut().and_then(|fields| fields.remove(name));
    assert!(removed.is_some(), "{path} is not declared");
}

/// Something of a resource that somebody else sets otherwise: the field, and its value then.
fn edit(kind: &str, props: &Value) -> (&'static str, Value) {
    let with = |path: &[&str], value: Value| {
        let mut whole = props[path[0]].clone();
        match path {
            [_] => whole = value,
            [_, inner] => whole[*inner] = value,
            _ => unreachable!("one or two steps"),
        }
        whole
    };
    match kind {
        "Route53:RecordSet" => ("alias", with(&["alias", "evaluate_target_health"], json!(false))),
        "S3:ReplicationConfiguration" => {
            let mut rules = props["rules"].clone();
            rules[0]["priority"] = json!(77);
            ("rules", rules)
        }
        "DynamoDB:Table" => ("point_in_time_recovery", json!({ "enabled": false })),
        "ELBv2:Listener" => ("ssl_policy", json!("ELBSecurityPolicy-2016-08")),
        "S3:Bucket" => ("public_access", with(&["public_access", "block_policy"], json!(false))),
        "IAM:Role" => ("description", json!("edited in the console")),
        "RDS:DBCluster" | "RDS:GlobalCluster" => ("deletion_protection", json!(false)),
        "RDS:DBInstance" => ("class", json!("db.r6g.xlarge")),
        "Route53:HealthCheck" => ("path", json!("/")),
        _ => ("tags", with(&["tags", "Project"], json!("another"))),
    }
}

/// What somebody else can add, to which resource, and how a plan tells it.
const ADDITIONS: &[(&str, &str, &str)] = &[
    ("record", "zone", "A blog.naveenteja.cloud."),
    ("replica", "user-sessions", "regions[eu-west-1]"),
    ("inline policy", "naveenteja-assets-replication", "inline_policies[audit]"),
    ("bucket policy", "ap-south-1/naveenteja-assets", "policy"),
    ("instance", "us-east-1/app", "reports in app-us-east-1 (us-east-1)"),
];

struct World {
    opened: Opened,
    engine: Runner,
    url: String,
    python: crate::emulators::Python,
    _dir: tempfile::TempDir,
}

impl World {
    async fn plan(&self, desired: &Desired) -> Plan {
        let plan = self.engine.plan(desired, &PlanOptions::default()).await;
        plan.unwrap_or_else(|error| panic!("{error}"))
    }

    async fn apply(&self, desired: &Desired, options: &PlanOptions) {
        let plan = self.engine.plan(desired, options).await.unwrap_or_else(|it| panic!("{it}"));
        let calls = Calls::default();
        let report = self.engine.apply(plan, desired, options, &calls, &Cancel::new()).await;
        let report = report.unwrap_or_else(|error| panic!("{error}"));
        assert!(report.is_done(), "{}{calls}", render::plain(&render::report(&report)));
    }

    async fn targets(&self, desired: &Desired) -> Vec<(Target, Value)> {
        let state = self.engine.state(NAME).await.unwrap().unwrap();
        observe::targets(desired, &state, &self.engine.catalog(), &Default::default())
            .into_iter()
            .map(|(key, target)| (target, state.entries[&key].applied.as_ref().unwrap().to_value()))
            .collect()
    }

    /// Somebody else adds these things, or takes them away again.
    fn others(&self, verb: &str, what: &[&str]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/opinions/others.py");
        self.python.run(&script, &[&[&self.url, verb], what].concat());
    }
}

/// What of each resource a plan changes: `ID.FIELD`, or `ID` where nothing but state is behind.
fn parts_of(plan: &Plan) -> Vec<String> {
    let mut parts = BTreeSet::new();
    for record in &plan.records {
        if let Record::Noted { key, .. } = record {
            parts.insert(key.id.to_string());
        }
    }
    for change in &plan.changes {
        for field in &change.fields {
            let name = field.path.split(['.', '[']).next().unwrap_or_default();
            parts.insert(format!("{}.{name}", change.id));
        }
    }
    parts.into_iter().collect()
}

async fn lives_on(judge: Judge) {
    let Some(opened) = judge.open("the example") else { return };
    let (python, url) = judge.endpoint().expect("it is open");
    let parts = gaps::of_example(judge);
    let is_left_out = |part: &str| parts.iter().any(|it| it == part);
    let dir = tempfile::tempdir().unwrap();
    let engine =
        Runner::new(opened.provider(), FileStore::new(dir.path())).with_clock(opened.clock.clone());
    let world = World { opened, engine, url: url.to_owned(), python, _dir: dir };
    let mut desired = declared(&world.opened.places, false);
    cut(&mut desired, &parts, &world.opened.places);

    world.apply(&desired, &PlanOptions::default()).await;
    // What a judge loses when something is made is there after another run.
    let again: Vec<&str> = parts.iter().filter_map(|it| it.strip_prefix("again ")).collect();
    if !again.is_empty() {
        let left = world.plan(&desired).await;
        assert_eq!(parts_of(&left), again, "{}", lines(&left).join("\n"));
        world.apply(&desired, &PlanOptions::default()).await;
    }
    let settled = world.plan(&desired).await;
    assert!(settled.is_empty(), "{}", lines(&settled).join("\n"));
    assert_eq!(settled.added, []);

    // Others edit one field of everything.
    let mut expected = Vec::new();
    for (target, applied) in world.targets(&desired).await {
        if is_left_out(&format!("edit {}", target.id)) {
            continue;
        }
        let (field, value) = edit(&target.kind, &applied);
        let (mut wanted, mut before) = (applied.clone(), applied);
        for props in [&mut wanted, &mut before] {
            props.as_object_mut().unwrap().remove("master_password");
        }
        wanted[field] = value;
        let goal = Goal::Present { wanted, applied: Some(before) };
        let calls =
            converge(&world.opened, &target, goal).await.unwrap_or_else(|it| panic!("{it}"));
        assert!(!calls.is_empty(), "{} {field}", target.id);
        expected.push(format!("{}.{field}", target.id));
    }
    let drifted = world.plan(&desired).await;
    let causes = drifted.changes.iter().flat_map(|change| &change.fields);
    assert!(causes.clone().all(|field| field.cause == Cause::Drifted), "{:#?}", lines(&drifted));
    expected.sort();
    assert_eq!(parts_of(&drifted), expected);
    world.apply(&desired, &PlanOptions::default()).await;
    let settled = world.plan(&desired).await;
    assert!(settled.is_empty(), "{}", lines(&settled).join("\n"));

    // Others add things: told, and left alone by whatever changes.
    let additions: Vec<_> = ADDITIONS
        .iter()
        .filter(|(what, id, _)| {
            desired.resources.contains_key(&(*id).into()) && !is_left_out(&format!("add {what}"))
        })
        .collect();
    let names: Vec<&str> = additions.iter().map(|(what, ..)| *what).collect();
    world.others("add", &names);
    let mut expected: Vec<String> =
        additions.iter().map(|(_, id, told)| format!("{id}: {told}")).collect();
    expected.sort();
    let mut edited = declared(&world.opened.places, true);
    cut(&mut edited, &parts, &world.opened.places);
    for program in [&desired, &edited] {
        world.apply(program, &PlanOptions::default()).await;
        let plan = world.plan(program).await;
        assert!(plan.is_empty(), "{}", lines(&plan).join("\n"));
        let mut added: Vec<String> =
            plan.added.iter().map(|it| format!("{}: {}", it.id, it.what)).collect();
        added.sort();
        assert_eq!(added, expected);
    }
    world.others("undo", &names);

    // Destroyed to nothing, once the guards are lifted.
    let destroy = PlanOptions { destroy: true, ..PlanOptions::default() };
    let refused = world.engine.plan(&edited, &destroy).await.unwrap_err().to_string();
    assert!(refused.contains("--unprotect zone"), "{refused}");
    let targets = world.targets(&edited).await;
    let all = edited.resources.keys().cloned().collect();
    world.apply(&edited, &PlanOptions { unprotect: all, ..destroy }).await;
    assert!(world.engine.state(NAME).await.unwrap().unwrap().entries.is_empty());
    for (target, _) in targets {
        let seen = world.opened.provider().refresh(std::slice::from_ref(&target)).await;
        assert_eq!(seen, [Seen::Absent], "{}", target.id);
    }
}

#[tokio::test]
async fn it_lives_on_moto() {
    lives_on(Judge::Moto).await;
}

#[tokio::test]
async fn it_lives_on_ministack() {
    lives_on(Judge::Ministack).await;
}
