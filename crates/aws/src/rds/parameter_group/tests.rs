use bicoastal_model::{Check, Goal, Place, Region, Resource, ResourceId, ScopeKind, Target};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::kind::{Kind, Next, Turn};
use bicoastal_model::{Ownership, Snapshot, Status};

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::UsEast1] }
}

fn check(group: DbClusterParameterGroup, expected: Expect) {
    let mut check = Check::new(place());
    group.check(&mut check);
    expected.assert_eq(&check.errors().join("\n"));
}

#[test]
fn what_is_wrong_is_told_offline() {
    let group = || DbClusterParameterGroup::builder().name("app").family("aurora-postgresql16");
    check(
        group()
            .parameters([
                Parameter::immediate("Log_Statement", "ddl"),
                Parameter::immediate("rds.global_db_rpo", 20),
            ])
            .build(),
        expect![""],
    );
    check(
        group()
            .parameters([
                Parameter::immediate("log_statement", "ddl"),
                Parameter::immediate("log_statement", "all"),
                Parameter::immediate("rds.global_db_rpo", 5),
            ])
            .build(),
        expect![[r#"
            the parameter 'log_statement' is set twice
            'rds.global_db_rpo' is 20 seconds or more, not 5"#]],
    );
    check(
        DbClusterParameterGroup::builder().name("1--2").family("postgres16").build(),
        expect![[r#"
            '1--2' is no name for a parameter group: it has letters, digits and single hyphens, a letter first
            'postgres16' is no family of Aurora: expected aurora-postgresql16, aurora-mysql8.0, …"#]],
    );
}

/// The next step towards `wanted` from `applied`, with `seen` parameters.
fn step(wanted: &Value, applied: Option<&Value>, seen: Option<(Value, Value)>, expected: Expect) {
    let target = Target {
        id: ResourceId::new("us-east-1/app"),
        kind: "RDS:DBClusterParameterGroup".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: applied.unwrap_or(wanted).clone().into(),
        tags: BTreeMap::new(),
    };
    let goal = Goal::Present { wanted: wanted.clone(), applied: applied.cloned() };
    let snapshot = seen.map(|(parameters, defaults)| Snapshot {
        physical: "app".into(),
        props: json!({
            "name": "app",
            "family": "aurora-postgresql16",
            "parameters": parameters,
            "tags": {},
        }),
        outputs: BTreeMap::from([("arn".into(), json!("arn:app"))]),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: BTreeMap::from([("defaults".into(), defaults)]),
    });
    let turn = Turn::new(&target, &goal, snapshot.as_ref()).unwrap();
    let next = match DbClusterParameterGroup::step(&turn) {
        Next::Call(call) => match &call {
            io::Call::Set(set) => format!(
                "set {}",
                set.iter()
                    .map(|it| format!("{}={}", it.name, it.value))
                    .collect::<Vec<_>>()
                    .join(" ")
            ),
            io::Call::Reset(names) => format!("reset {}", names.join(" ")),
            other => DbClusterParameterGroup::name(other).to_owned(),
        },
        other => format!("{other:?}"),
    };
    expected.assert_eq(&next);
}

fn wanted(parameters: &[Parameter]) -> Value {
    json!({ "name": "app", "family": "aurora-postgresql16", "parameters": parameters })
}

#[test]
fn parameters_converge() {
    let ddl = wanted(&[Parameter::immediate("log_statement", "ddl")]);
    let seen =
        |value: &str| json!([{ "name": "log_statement", "value": value, "apply": "immediate" }]);
    step(&ddl, None, None, expect!["CreateDBClusterParameterGroup"]);
    step(&ddl, None, Some((json!([]), json!({}))), expect!["set log_statement=ddl"]);
    step(&ddl, Some(&ddl), Some((seen("ddl"), json!({}))), expect!["Done"]);
    step(&ddl, Some(&ddl), Some((seen("all"), json!({}))), expect!["set log_statement=ddl"]);
    // No longer mentioned: back to the default. Set by others: left alone.
    step(&wanted(&[]), Some(&ddl), Some((seen("ddl"), json!({}))), expect!["reset log_statement"]);
    step(&wanted(&[]), None, Some((seen("ddl"), json!({}))), expect!["Done"]);
    // A default that is shown with its value is not reset again and again.
    let by_default = json!({"log_statement": "none"});
    step(&wanted(&[]), Some(&ddl), Some((seen("none"), by_default)), expect!["Done"]);
    // What is so by default is not set.
    let autovacuum = wanted(&[Parameter::immediate("autovacuum", 1)]);
    step(&autovacuum, None, Some((json!([]), json!({"autovacuum": "1"}))), expect!["Done"]);
}

#[test]
fn twenty_parameters_travel_in_one_call() {
    let many: Vec<_> = (0..45).map(|n| Parameter::immediate(format!("p{n:02}"), n)).collect();
    let next = |seen: usize| {
        let seen: Vec<Value> = many[..seen].iter().map(|it| json!(it)).collect();
        (json!(seen), json!({}))
    };
    step(&wanted(&many), None, Some(next(40)), expect!["set p40=40 p41=41 p42=42 p43=43 p44=44"]);
    let goal = wanted(&many);
    step(
        &goal,
        None,
        Some(next(20)),
        expect![
            "set p20=20 p21=21 p22=22 p23=23 p24=24 p25=25 p26=26 p27=27 p28=28 p29=29 p30=30 p31=31 p32=32 p33=33 p34=34 p35=35 p36=36 p37=37 p38=38 p39=39"
        ],
    );
    step(&goal, None, Some(next(45)), expect!["Done"]);
}
