//! Plans, drift and stacks as people and programs see them: the words are frozen here.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use bicoastal_engine::order::Order;
use bicoastal_engine::picture;
use bicoastal_engine::plan::{
    Action, Added, Change, CriticalPath, Plan, PlannedMember, PlannedOp, Unseen,
};
use bicoastal_engine::record::Record;
use bicoastal_engine::render::{self, Style};
use bicoastal_engine::state::{FORMAT, Key, Verb};
use bicoastal_model::diff::{Cause, FieldChange};
use bicoastal_model::schema::{Change as Takes, OutputSpec};
use bicoastal_model::{
    ActiveRegions, Diagnostic, ErrorFacts, Field, Input, Lookup, OpError, Place, Region, Regional,
    Resource, Retry, Risk, Schema, ScopeKind, SourceLine, Spanning, Stack, Tier,
};
use expect_test::expect;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

fn empty() -> Plan {
    Plan {
        format: FORMAT,
        stack: "test".into(),
        lineage: "f00d".into(),
        generation: 7,
        fingerprint: String::new(),
        changes: Vec::new(),
        operations: Vec::new(),
        records: Vec::new(),
        added: Vec::new(),
        unseen: Vec::new(),
        left_out: Default::default(),
        exports: Vec::new(),
        calls: BTreeMap::new(),
        floor_ms: 0,
        path: CriticalPath::default(),
        warnings: Vec::new(),
    }
}

fn place(regions: &[Region]) -> Place {
    let scope = match regions {
        [] => ScopeKind::Global,
        [_] => ScopeKind::Regional,
        _ => ScopeKind::Spanning,
    };
    Place { account: None, scope, regions: regions.to_vec() }
}

fn change(action: Action, id: &str, regions: &[Region], risk: Risk, reason: &str) -> Change {
    Change {
        id: id.into(),
        kind: "Test:Thing".into(),
        place: place(regions),
        action,
        risk,
        reasons: Some(reason).filter(|it| !it.is_empty()).map(str::to_owned).into_iter().collect(),
        fields: Vec::new(),
        at: Some(SourceLine { file: "examples/active_active.rs".into(), line: 31 }),
        tier: Tier::Data,
    }
}

fn field(path: &str, cause: Cause, before: Value, after: Value) -> FieldChange {
    let change = Takes::InPlace;
    let (before, after) = (before.into(), after.into());
    FieldChange { path: path.into(), cause, before, after, change, risk: Risk::Safe }
}

fn operation(plan: &Plan, change: usize, verb: Verb, wave: u32) -> PlannedOp {
    let Change { id, place, .. } = &plan.changes[change];
    let member = PlannedMember {
        change,
        key: Key::new(id.clone(), 1),
        kind: "Test:Thing".into(),
        place: place.clone(),
        born: id.clone(),
        token: "token".into(),
        physical: None,
        verb,
        wanted: None,
        applied: None,
        seen: None,
        adopt: false,
        lift_guards: false,
        edges: Default::default(),
        protected: false,
        retained: false,
        superseded: false,
        patience_ms: None,
    };
    PlannedOp {
        members: vec![member],
        pause_ms: 0,
        pause_reason: String::new(),
        after: Default::default(),
        needs: Vec::new(),
        wave,
    }
}

/// One of everything.
fn everything() -> Plan {
    use Region::{ApSouth1, UsEast1};
    let mut plan = empty();
    let mut zone = change(Action::Create, "zone", &[], Risk::Safe, "");
    zone.fields = vec![
        field("name", Cause::Edited, Value::Null, json!("example.com")),
        field("secret", Cause::Edited, Value::Null, json!({"$secret": "secret"})),
        field("generated", Cause::Edited, Value::Null, json!({"$name": "zone"})),
        field(
            "policy",
            Cause::Unknown,
            Value::Null,
            json!({"Statement": [{"Resource": {"$text": [
                {"$ref": {"id": "bucket", "attribute": "arn"}}, "/*"
            ]}}]}),
        ),
    ];
    let mut sessions =
        change(Action::Update, "user-sessions", &[ApSouth1, UsEast1], Risk::Disruptive, "");
    sessions.fields = vec![
        field("billing", Cause::Edited, json!("provisioned"), json!("on_demand")),
        field("tags.Team", Cause::Drifted, json!("them"), json!("us")),
        field("stream", Cause::EditedAndDrifted, json!({"view": "keys"}), Value::Null),
        field(
            "key",
            Cause::Unknown,
            json!("arn:old"),
            json!({"$ref": {"id": "key", "attribute": "arn"}}),
        ),
        field("password", Cause::Edited, json!({"$secret": "a"}), json!({"$secret": "b"})),
        field(
            "policy",
            Cause::Edited,
            json!(["a".repeat(200), "b", "c".repeat(200)]),
            json!(["a".repeat(200), "d"]),
        ),
        field("note", Cause::Edited, json!("a\u{1b}[31m\nb"), json!("x".repeat(300))),
    ];
    let mut front = change(
        Action::ReplaceDeleteFirst,
        "us-east-1/front",
        &[UsEast1],
        Risk::Disruptive,
        "subnets can't be changed in place",
    );
    front.fields = vec![FieldChange {
        change: Takes::Replace,
        ..field("subnets", Cause::Edited, json!(["a"]), json!(["b"]))
    }];
    let mut old = change(
        Action::Delete,
        "us-east-1/old",
        &[UsEast1],
        Risk::DestroysData,
        "no longer declared",
    );
    old.at = None;
    old.place.account = Some("dns".into());
    let gone = "it was deleted outside of the program";
    plan.changes = vec![
        zone,
        sessions,
        front,
        change(Action::ReplaceCreateFirst, "us-east-1/group", &[UsEast1], Risk::Safe, ""),
        old,
        change(Action::Adopt, "us-east-1/bucket", &[UsEast1], Risk::Safe, ""),
        change(Action::Forget, "us-east-1/kept", &[UsEast1], Risk::Safe, "no longer declared"),
        change(Action::Note, "us-east-1/noted", &[UsEast1], Risk::Safe, "its protection changes"),
        change(Action::Create, "us-east-1/role", &[UsEast1], Risk::Safe, gone),
    ];
    plan.operations =
        vec![operation(&plan, 0, Verb::Create, 1), operation(&plan, 1, Verb::Update, 1)];
    plan.operations.push(PlannedOp {
        members: Vec::new(),
        pause_ms: 120_000,
        pause_reason: "drain us-east-1: 2 × TTL 60 s".into(),
        ..operation(&plan, 0, Verb::Create, 2)
    });
    plan.operations.push(operation(&plan, 4, Verb::Delete, 2));
    plan.added = vec![
        Added { id: "zone".into(), what: "A api.example.com. (blue)".into(), value: Value::Null },
        Added {
            id: "user-sessions".into(),
            what: "regions[eu-west-1]".into(),
            value: json!("eu-west-1"),
        },
    ];
    let facts = ErrorFacts {
        call: "DescribeTable".into(),
        service: "dynamodb".into(),
        region: "us-east-1".into(),
        message: "no connection".into(),
        ..ErrorFacts::default()
    };
    plan.unseen = vec![Unseen { id: "us-east-1/table".into(), error: OpError::NotSent(facts) }];
    plan.left_out = ["us-east-1/alive".into(), "zone".into()].into();
    plan.calls = BTreeMap::from([("dynamodb".to_owned(), 3), ("rds".to_owned(), 61)]);
    plan.floor_ms = 11_001;
    let through = (0..12).map(|it| format!("step-{it}").as_str().into()).collect();
    plan.path = CriticalPath { ms: 2_820_000, through };
    plan.warnings = vec![Diagnostic::warning("it is Friday").hint("go home")];
    plan
}

#[test]
fn a_plan_of_everything() {
    expect![[r#"
          + zone  Test:Thing, global
              declared at examples/active_active.rs:31
              name: "example.com"
              secret: (secret)
              generated: "zone-…"
              policy: {Statement: [{Resource: "${bucket.arn}/*"}]}   (known after apply)
          ~ user-sessions  Test:Thing, ap-south-1+us-east-1  disruptive
              declared at examples/active_active.rs:31
              billing: "provisioned" → "on_demand"   (edited)
              tags.Team: "them" → "us"   (drifted)
              stream: {view: "keys"} → (none)   (edited and drifted)
              key: "arn:old" → ${key.arn}   (known after apply)
              password: (secret)   (edited)
              policy: …aaaaaaaaaaaaaaaaaaaaaaaaaa", "b", "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc… → …aaaaaaaaaaaaaaaaaaaaaaaaaa", "d"]   (edited)
              note: "a\u001b[31m\nb" → "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…   (edited)
        -/+ us-east-1/front  Test:Thing, us-east-1  deleted first: an outage  disruptive
              declared at examples/active_active.rs:31
              subnets can't be changed in place
              subnets: ["a"] → ["b"]   (edited)  takes a replacement
        +/- us-east-1/group  Test:Thing, us-east-1  the successor is made first
              declared at examples/active_active.rs:31
          - us-east-1/old  Test:Thing, us-east-1 of dns  destroys data
              no longer declared
         <= us-east-1/bucket  Test:Thing, us-east-1  an existing one is taken over
              declared at examples/active_active.rs:31
          x us-east-1/kept  Test:Thing, us-east-1  left alone in AWS, and not managed any more
              declared at examples/active_active.rs:31
              no longer declared
          = us-east-1/noted  Test:Thing, us-east-1  only recorded
              declared at examples/active_active.rs:31
              its protection changes
          + us-east-1/role  Test:Thing, us-east-1
              declared at examples/active_active.rs:31
              it was deleted outside of the program

        Order
          wave 1: ap-south-1+us-east-1, global
            + zone
            ~ user-sessions
          wave 2: us-east-1
            wait 2 min: drain us-east-1: 2 × TTL 60 s
            - us-east-1/old

        Added by others, left alone
          zone  A api.example.com. (blue)
          user-sessions  regions[eu-west-1]: "eu-west-1"

        Could not be seen: not known, and not touched
          us-east-1/table  dynamodb DescribeTable in us-east-1: no connection

        Left out: us-east-1/alive, zone

        warning: it is Friday
          hint: go home
        Plan: 2 to create, 1 to adopt, 1 to update, 2 to replace, 1 to delete, 1 to forget, 1 to record. About 64 calls (dynamodb 3, rds 61), at least 12 s.
        Longest path: about 47 min: step-0 → step-1 → step-2 → step-3 → (4 more) → step-8 → step-9 → step-10 → step-11
    "#]].assert_eq(&render::plain(&render::plan(&everything())));
}

#[test]
fn nothing_to_do() {
    let mut plan = empty();
    let mut all = vec![render::plain(&render::plan(&plan))];
    plan.records.push(Record::Superseded { key: Key::new("a", 1) });
    all.push(render::plain(&render::plan(&plan)));
    plan.unseen = everything().unseen;
    all.push(render::plain(&render::plan(&plan)));
    all.push(render::plain(&render::drift(&empty(), &[])));
    expect![[r#"
        No changes.
        No changes, except to what is recorded.
        Could not be seen: not known, and not touched
          us-east-1/table  dynamodb DescribeTable in us-east-1: no connection

        No changes to what could be seen.
        No drift: everything is as it was applied.
    "#]]
    .assert_eq(&all.concat());
}

#[test]
fn drift_is_what_others_did() {
    expect![[r#"
          ~ user-sessions  Test:Thing, ap-south-1+us-east-1
              declared at examples/active_active.rs:31
              tags.Team: "us" → "them"
              stream: (none) → {view: "keys"}
          - us-east-1/role  Test:Thing, us-east-1
              declared at examples/active_active.rs:31
              is gone: it was deleted outside of the program

        Added by others, left alone
          zone  A api.example.com. (blue)
          user-sessions  regions[eu-west-1]: "eu-west-1"

        Could not be seen: not known, and not touched
          us-east-1/table  dynamodb DescribeTable in us-east-1: no connection

        Left out: us-east-1/alive, zone

        warning: it is Friday
          hint: go home
        Drift: 2 resources drifted, 2 added by others, 1 could not be seen.
    "#]]
    .assert_eq(&render::plain(&render::drift(&everything(), &[])));
}

#[test]
fn no_text_can_forge_a_line() {
    for line in render::plan(&everything()) {
        for span in line {
            assert!(!span.text.contains(char::is_control), "{:?}", span.text);
        }
    }
    let lines = render::plan(&everything());
    let warned = lines.iter().flatten().filter(|span| span.style == Style::Error);
    assert_eq!(warned.map(|span| span.text.trim()).collect::<Vec<_>>(), ["destroys data"]);
}

#[test]
fn a_plan_for_programs() {
    let mut plan = everything();
    plan.changes.truncate(2);
    plan.operations.truncate(3);
    let json = serde_json::to_string_pretty(&render::plan_json(&plan)).unwrap();
    expect![[r#"
        {
          "added": [
            {
              "id": "zone",
              "value": null,
              "what": "A api.example.com. (blue)"
            },
            {
              "id": "user-sessions",
              "value": "eu-west-1",
              "what": "regions[eu-west-1]"
            }
          ],
          "calls": {
            "dynamodb": 3,
            "rds": 61
          },
          "changes": [
            {
              "account": null,
              "action": "create",
              "at": {
                "file": "examples/active_active.rs",
                "line": 31
              },
              "fields": [
                {
                  "after": "example.com",
                  "before": null,
                  "cause": "edited",
                  "change": "in_place",
                  "path": "name"
                },
                {
                  "after": "(secret)",
                  "before": null,
                  "cause": "edited",
                  "change": "in_place",
                  "path": "secret"
                },
                {
                  "after": {
                    "$name": "zone"
                  },
                  "before": null,
                  "cause": "edited",
                  "change": "in_place",
                  "path": "generated"
                },
                {
                  "after": {
                    "Statement": [
                      {
                        "Resource": {
                          "$text": [
                            {
                              "$ref": {
                                "attribute": "arn",
                                "id": "bucket"
                              }
                            },
                            "/*"
                          ]
                        }
                      }
                    ]
                  },
                  "before": null,
                  "cause": "unknown",
                  "change": "in_place",
                  "path": "policy"
                }
              ],
              "id": "zone",
              "kind": "Test:Thing",
              "reasons": [],
              "region": "global",
              "risk": "safe"
            },
            {
              "account": null,
              "action": "update",
              "at": {
                "file": "examples/active_active.rs",
                "line": 31
              },
              "fields": [
                {
                  "after": "on_demand",
                  "before": "provisioned",
                  "cause": "edited",
                  "change": "in_place",
                  "path": "billing"
                },
                {
                  "after": "us",
                  "before": "them",
                  "cause": "drifted",
                  "change": "in_place",
                  "path": "tags.Team"
                },
                {
                  "after": null,
                  "before": {
                    "view": "keys"
                  },
                  "cause": "edited_and_drifted",
                  "change": "in_place",
                  "path": "stream"
                },
                {
                  "after": {
                    "$ref": {
                      "attribute": "arn",
                      "id": "key"
                    }
                  },
                  "before": "arn:old",
                  "cause": "unknown",
                  "change": "in_place",
                  "path": "key"
                },
                {
                  "after": "(secret)",
                  "before": "(secret)",
                  "cause": "edited",
                  "change": "in_place",
                  "path": "password"
                },
                {
                  "after": [
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                    "d"
                  ],
                  "before": [
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                    "b",
                    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
                  ],
                  "cause": "edited",
                  "change": "in_place",
                  "path": "policy"
                },
                {
                  "after": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                  "before": "a\u001b[31m\nb",
                  "cause": "edited",
                  "change": "in_place",
                  "path": "note"
                }
              ],
              "id": "user-sessions",
              "kind": "Test:Thing",
              "reasons": [],
              "region": "ap-south-1+us-east-1",
              "risk": "disruptive"
            }
          ],
          "floor_seconds": 12,
          "generation": 7,
          "left_out": [
            "us-east-1/alive",
            "zone"
          ],
          "longest_path": {
            "ids": [
              "step-0",
              "step-1",
              "step-2",
              "step-3",
              "step-4",
              "step-5",
              "step-6",
              "step-7",
              "step-8",
              "step-9",
              "step-10",
              "step-11"
            ],
            "seconds": 2820
          },
          "operations": [
            {
              "after": [],
              "ids": [
                "zone"
              ],
              "pause_reason": "",
              "pause_seconds": 0,
              "ties": [],
              "verbs": [
                "create"
              ],
              "wave": 1
            },
            {
              "after": [],
              "ids": [
                "user-sessions"
              ],
              "pause_reason": "",
              "pause_seconds": 0,
              "ties": [],
              "verbs": [
                "update"
              ],
              "wave": 1
            },
            {
              "after": [],
              "ids": [],
              "pause_reason": "drain us-east-1: 2 × TTL 60 s",
              "pause_seconds": 120,
              "ties": [],
              "verbs": [],
              "wave": 2
            }
          ],
          "risk": "disruptive",
          "stack": "test",
          "unseen": [
            {
              "error": "dynamodb DescribeTable in us-east-1: no connection",
              "id": "us-east-1/table"
            }
          ],
          "warnings": [
            {
              "hint": "go home",
              "message": "it is Friday",
              "severity": "warning"
            }
          ]
        }"#]].assert_eq(&json);
}

#[test]
fn a_report_for_programs() {
    use bicoastal_engine::machine::{ChangeReport, Failure, Fate, Report};
    let facts = ErrorFacts {
        call: "CreateTable".into(),
        service: "dynamodb".into(),
        region: "us-east-1".into(),
        code: Some("LimitExceeded".into()),
        message: "too many".into(),
        request_id: Some("r-1".into()),
        ..ErrorFacts::default()
    };
    let error = OpError::Refused { retry: Retry::Never, facts };
    let failure = Failure {
        message: error.to_string(),
        hint: Some("ask for more".into()),
        error: Some(error),
    };
    let changes = everything().changes.into_iter().zip([
        Fate::Done,
        Fate::Failed(failure.clone().into()),
        Fate::Skipped { because: "user-sessions".into(), order: Order::Rollout },
        Fate::InDoubt(failure.into()),
        Fate::Abandoned,
        Fate::NotStarted,
    ]);
    let changes = changes.map(|(change, fate)| ChangeReport {
        id: change.id,
        kind: change.kind.into(),
        place: change.place,
        action: change.action,
        at: change.at,
        fate,
    });
    let report = Report { changes: changes.collect(), cancelled: true };
    expect![[r#"
        error: could not update user-sessions
          declared at examples/active_active.rs:31
          dynamodb CreateTable in us-east-1: LimitExceeded: too many (request r-1)
          hint: ask for more
        error: it is not known whether us-east-1/group was replaced; the next apply finds out
          declared at examples/active_active.rs:31
          dynamodb CreateTable in us-east-1: LimitExceeded: too many (request r-1)
          hint: ask for more
        skipped: replace us-east-1/front: the rollout stopped at user-sessions, which failed
        stopped: delete us-east-1/old was under way; the next apply goes on with it
        not begun: adopt us-east-1/bucket
        Stopped: 1 of 6 changes done, 1 failed, 1 in doubt, 1 skipped, 1 under way, 1 not begun. Nothing is undone; apply again to go on.
    "#]].assert_eq(&render::plain(&render::report(&report)));
    let json = render::report_json(&report);
    let lines: Vec<String> =
        json["changes"].as_array().unwrap().iter().map(Value::to_string).collect();
    expect![[r#"
        {"action":"create","at":{"file":"examples/active_active.rs","line":31},"fate":"done","id":"zone","kind":"Test:Thing","region":"global"}
        {"action":"update","at":{"file":"examples/active_active.rs","line":31},"error":{"call":"CreateTable","code":"LimitExceeded","hint":"ask for more","message":"dynamodb CreateTable in us-east-1: LimitExceeded: too many (request r-1)","request_id":"r-1"},"fate":"failed","id":"user-sessions","kind":"Test:Thing","region":"ap-south-1+us-east-1"}
        {"action":"replace_delete_first","at":{"file":"examples/active_active.rs","line":31},"because":"user-sessions","fate":"skipped","id":"us-east-1/front","kind":"Test:Thing","order":"rollout","region":"us-east-1"}
        {"action":"replace_create_first","at":{"file":"examples/active_active.rs","line":31},"error":{"call":"CreateTable","code":"LimitExceeded","hint":"ask for more","message":"dynamodb CreateTable in us-east-1: LimitExceeded: too many (request r-1)","request_id":"r-1"},"fate":"in_doubt","id":"us-east-1/group","kind":"Test:Thing","region":"us-east-1"}
        {"action":"delete","at":null,"fate":"abandoned","id":"us-east-1/old","kind":"Test:Thing","region":"us-east-1"}
        {"action":"adopt","at":{"file":"examples/active_active.rs","line":31},"fate":"not_started","id":"us-east-1/bucket","kind":"Test:Thing","region":"us-east-1"}"#]].assert_eq(&lines.join("\n"));
    assert_eq!(json["done"], false);
    assert_eq!(report.exit_code(), 1);
}

#[derive(Debug, Serialize, Deserialize)]
struct Table {
    name: Input<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Front {
    table: Input<String>,
}

#[derive(Debug, Serialize)]
struct ByName(String);

bicoastal_model::handle! {
    /// A table.
    pub struct TableHandle {
        /// Its ARN.
        arn: String,
    }
}

bicoastal_model::handle! {
    /// A front.
    pub struct FrontHandle {}
}

static TABLE: Schema = Schema {
    kind: "Test:Table",
    service: "test",
    scope: ScopeKind::Spanning,
    fields: &[Field::new("name"), Field::regions()],
    outputs: &[OutputSpec::assigned("arn")],
    ..Schema::BASE
};

static FRONT: Schema = Schema {
    kind: "Test:Front",
    service: "test",
    scope: ScopeKind::Regional,
    fields: &[Field::new("table")],
    ..Schema::BASE
};

impl Resource for Table {
    type Scope = Spanning;
    type Handle = TableHandle;
    const SCHEMA: &'static Schema = &TABLE;
}

impl Resource for Front {
    type Scope = Regional;
    type Handle = FrontHandle;
    const SCHEMA: &'static Schema = &FRONT;
}

impl Lookup for ByName {
    type Of = Front;
}

#[test]
fn a_stack_as_a_picture() {
    let mut stack = Stack::new("a \"stack\"");
    let regions = ActiveRegions::new(Region::UsEast1, Region::ApSouth1);
    let table = stack.across(&regions).add("sessions", Table { name: "s".into() });
    for region in regions.iter() {
        stack.region(region).add("front<1>", Front { table: table.arn().into() });
    }
    let front =
        stack.account("dns").region(Region::UsEast1).add("front", Front { table: "t".into() });
    let found = stack.region(Region::UsEast1).lookup("found", ByName("f".into()));
    stack.after(&front, &found);
    let desired = stack.seal().unwrap();
    expect![[r#"
        flowchart LR
          subgraph p0["ap-south-1"]
            n0["front&lt;1&gt;<br/>Test:Front"]
          end
          subgraph p1["ap-south-1+us-east-1"]
            n2["sessions<br/>Test:Table"]
          end
          subgraph p2["dns: us-east-1"]
            n1["front<br/>Test:Front"]
          end
          subgraph p3["us-east-1"]
            n3(["found<br/>Test:Front"])
            n4["front&lt;1&gt;<br/>Test:Front"]
          end
          n0 --> n2
          n1 --> n3
          n4 --> n2
    "#]]
    .assert_eq(&picture::mermaid(&desired));
    expect![[r#"
        digraph "a \"stack\"" {
          rankdir=LR;
          node [shape=box];
          subgraph cluster_0 {
            label="ap-south-1";
            n0 [label="front<1>\nTest:Front"];
          }
          subgraph cluster_1 {
            label="ap-south-1+us-east-1";
            n2 [label="sessions\nTest:Table"];
          }
          subgraph cluster_2 {
            label="dns: us-east-1";
            n1 [label="front\nTest:Front"];
          }
          subgraph cluster_3 {
            label="us-east-1";
            n3 [label="found\nTest:Front", style=dashed];
            n4 [label="front<1>\nTest:Front"];
          }
          n0 -> n2;
          n1 -> n3;
          n4 -> n2;
        }
    "#]]
    .assert_eq(&picture::dot(&desired));
}

#[test]
fn drift_is_summed_up_by_what_there_is_of_it() {
    use bicoastal_engine::recover::Orphan;
    let orphan = |born: Option<&str>, lineage: Option<&str>| Orphan {
        kind: "Test:Thing".into(),
        physical: "thing-1".into(),
        place: "us-east-1".into(),
        born: born.map(str::to_owned),
        lineage: lineage.map(str::to_owned),
    };
    let check = |plan: &Plan, orphans: &[Orphan], expect: expect_test::Expect| {
        expect.assert_eq(&render::plain(&render::drift(plan, orphans)));
    };
    let all = everything();
    let added = Plan { added: all.added[..1].to_vec(), ..empty() };
    check(
        &added,
        &[],
        expect![[r#"
        Added by others, left alone
          zone  A api.example.com. (blue)

        Drift: 0 resources drifted, 1 added by others.
    "#]],
    );
    let unseen = Plan { unseen: all.unseen.clone(), ..empty() };
    check(
        &unseen,
        &[],
        expect![[r#"
        Could not be seen: not known, and not touched
          us-east-1/table  dynamodb DescribeTable in us-east-1: no connection

        Drift: 0 resources drifted, 1 could not be seen.
    "#]],
    );
    let drifted = Plan { changes: vec![all.changes[1].clone()], ..empty() };
    check(
        &drifted,
        &[],
        expect![[r#"
          ~ user-sessions  Test:Thing, ap-south-1+us-east-1
              declared at examples/active_active.rs:31
              tags.Team: "us" → "them"
              stream: (none) → {view: "keys"}

        Drift: 1 resource drifted.
    "#]],
    );
    let orphans = [
        orphan(Some("us-east-1/thing"), None),
        orphan(Some("us-east-1/thing"), Some("cafe")),
        orphan(None, Some("cafe")),
        orphan(None, None),
    ];
    check(
        &empty(),
        &orphans,
        expect![[r#"
        Bears this stack's marks, and is in no state
          thing-1  Test:Thing, us-east-1  made as us-east-1/thing
          thing-1  Test:Thing, us-east-1  made as us-east-1/thing, of lineage cafe
          thing-1  Test:Thing, us-east-1  of lineage cafe
          thing-1  Test:Thing, us-east-1  made by a run that was stopped
          hint: nothing plans for these; import them, or delete them by hand

        Drift: 0 resources drifted, 4 of this stack in no state.
    "#]],
    );
    check(
        &Plan { added: added.added, unseen: unseen.unseen, ..drifted },
        &orphans[..1],
        expect![[r#"
              ~ user-sessions  Test:Thing, ap-south-1+us-east-1
                  declared at examples/active_active.rs:31
                  tags.Team: "us" → "them"
                  stream: (none) → {view: "keys"}

            Added by others, left alone
              zone  A api.example.com. (blue)

            Could not be seen: not known, and not touched
              us-east-1/table  dynamodb DescribeTable in us-east-1: no connection

            Bears this stack's marks, and is in no state
              thing-1  Test:Thing, us-east-1  made as us-east-1/thing
              hint: nothing plans for these; import them, or delete them by hand

            Drift: 1 resource drifted, 1 added by others, 1 of this stack in no state, 1 could not be seen.
        "#]],
    );
}

#[test]
fn fields_of_what_is_new_and_of_what_is_changed() {
    let mut plan = empty();
    let mut new = change(Action::Create, "new", &[], Risk::Safe, "");
    new.fields = vec![
        field("tags.bicoastal:stack", Cause::Edited, Value::Null, json!("test")),
        field("tags.team", Cause::Edited, Value::Null, json!("core")),
        // With its quotes: as long as is shown, and longer than that.
        field("fits", Cause::Edited, Value::Null, json!("x".repeat(118))),
        field("long", Cause::Edited, Value::Null, json!("x".repeat(119))),
        field("was", Cause::Drifted, json!("a"), json!("b")),
    ];
    let mut changed = change(Action::Update, "changed", &[], Risk::Safe, "");
    changed.fields = vec![
        field("tags.bicoastal:stack", Cause::Edited, Value::Null, json!("test")),
        field("unset", Cause::Edited, json!(1), Value::Null),
        field("other", Cause::Edited, json!("y"), json!("x".repeat(119))),
        // What they have in common is left out, and the rest is as long as is shown.
        field("same", Cause::Edited, json!("x".repeat(40)), json!("x".repeat(129))),
        field("more", Cause::Edited, json!("x".repeat(40)), json!("x".repeat(130))),
    ];
    plan.changes = vec![new, changed];
    expect![[r#"
          + new  Test:Thing, global
              declared at examples/active_active.rs:31
              tags.team: "core"
              fits: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
              long: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
              was: "a" → "b"   (drifted)
          ~ changed  Test:Thing, global
              declared at examples/active_active.rs:31
              tags.bicoastal:stack: (none) → "test"   (edited)
              unset: 1 → (none)   (edited)
              other: "y" → "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…   (edited)
              same: …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" → …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"   (edited)
              more: …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" → …xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…   (edited)

        Plan: 1 to create, 1 to update.
    "#]].assert_eq(&render::plain(&render::plan(&plan)));
}

#[test]
fn an_order_is_shown_where_there_is_something_to_wait_for() {
    let plan = |waves: &[u32], pause_ms: u64| {
        let mut plan = empty();
        plan.changes = vec![change(Action::Update, "it", &[], Risk::Safe, "")];
        plan.operations =
            waves.iter().map(|&wave| operation(&plan, 0, Verb::Update, wave)).collect();
        let pause = operation(&plan, 0, Verb::Update, 1);
        plan.operations.push(PlannedOp {
            members: Vec::new(),
            pause_ms,
            pause_reason: "why".into(),
            ..pause
        });
        render::plain(&render::plan(&plan))
    };
    expect![[r#"
          ~ it  Test:Thing, global
              declared at examples/active_active.rs:31

        Plan: 1 to update.
    "#]]
    .assert_eq(&plan(&[1], 0));
    expect![[r#"
          ~ it  Test:Thing, global
              declared at examples/active_active.rs:31

        Order
          wave 1: global
            ~ it
          wave 2: global
            ~ it

        Plan: 1 to update.
    "#]]
    .assert_eq(&plan(&[1, 2], 0));
    expect![[r#"
          ~ it  Test:Thing, global
              declared at examples/active_active.rs:31

        Order
            ~ it
            wait 1 s: why

        Plan: 1 to update.
    "#]]
    .assert_eq(&plan(&[1], 1000));
}

#[test]
fn notes_and_forgetting_have_no_effect_in_aws() {
    let plan = everything();
    let effective: Vec<&str> = plan.effective().map(|change| change.id.as_str()).collect();
    let expected = [
        "zone",
        "user-sessions",
        "us-east-1/front",
        "us-east-1/group",
        "us-east-1/old",
        "us-east-1/bucket",
        "us-east-1/role",
    ];
    assert_eq!(effective, expected);
}
