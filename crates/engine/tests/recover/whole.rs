//! The program's own resources: what is read in which order, and what is claimed.

use std::collections::BTreeMap;

use bicoastal_engine::recover::{Rebuild, World};
use bicoastal_model::Region::{EuWest1, UsEast1};
use bicoastal_model::stack::STACK_OUTPUTS;
use bicoastal_model::{Addition, Declared, Region, Seen, Status};
use expect_test::expect;
use serde_json::json;

use super::common::program::{clear, declared, desired, edit, global, output, regional, serving};
use super::common::*;
use super::setting::{Thing, check, check_in, thing};

const HERE: &[Region] = &[UsEast1];

fn there(serving: bool) -> Vec<Thing> {
    let front =
        json!({"name": "front", "idle": 60, "scheme": "public", "bucket": "assets-us-east-1"});
    let record = json!({"zone": "Z1.id", "name": "api.example.com", "type": "A", "set": "us-east-1",
        "alias": "F1.dns", "check": "C1.id"});
    let mut all = vec![
        thing(ROLE, &[], "role-1", json!({"name": "copy", "policy": "p"})).born("role"),
        thing(
            TABLE,
            HERE,
            "T1",
            json!({"name": "sessions", "key": "id", "billing": "demand", "regions": ["us-east-1"]}),
        )
        .born("sessions"),
        thing(ZONE, &[], "Z1", json!({"domain": "example.com."})).made_with("zone", 1),
        thing(
            BUCKET,
            HERE,
            "B1",
            json!({"name": "assets-us-east-1", "versioned": true, "peer": "role-1.arn"}),
        )
        .born("us-east-1/assets"),
    ];
    if serving {
        all.extend([
            thing(FRONT, HERE, "F1", front).born("us-east-1/front").made_with("us-east-1/front", 1),
            thing(CHECK, &[], "C1", json!({"host": "F1.dns", "path": "/up"}))
                .made_with("alive-us-east-1", 1),
            thing(RECORD, &[], "R1", record),
        ]);
    }
    all
}

#[test]
fn a_stack_comes_back_as_it_was() {
    check(
        serving(HERE),
        &there(true),
        expect![[r#"
            0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
            0 read sessions Fake:Table in us-east-1 #1 T1 {"billing":"demand","key":"id","name":"sessions","regions":["us-east-1"]}
            0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
            1 read us-east-1/assets Fake:Bucket in us-east-1 #1 B1 {"name":"assets-us-east-1","peer":"role-1.arn","versioned":true}
            2 read us-east-1/front Fake:Front in us-east-1 #1 F1 {"bucket":"assets-us-east-1","idle":60,"name":"front","scheme":"public"}
            3 read alive-us-east-1 Fake:Check in global #1 C1 {"host":"F1.dns","path":"/up"}
            4 read api-us-east-1 Fake:Record in global #1 by its key {"alias":"F1.dns","check":"C1.id","name":"api.example.com","set":"us-east-1","type":"A","zone":"Z1.id"}
            opened test l1
            begin 1
              Adopt alive-us-east-1#1 in global after [us-east-1/front] {"host":"F1.dns","path":"/up"} → C1 {"id":"C1.id","path":"/up"}
              Adopt api-us-east-1#1 in global after [alive-us-east-1 us-east-1/front zone] {"alias":"F1.dns","check":"C1.id","name":"api.example.com","set":"us-east-1","type":"A","zone":"Z1.id"} → R1 {}
              Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
              Adopt sessions#1 in us-east-1 3 tags {"billing":"demand","key":"id","name":"sessions","regions":["us-east-1"]} → T1 {"arn":"T1.arn","name":"sessions"}
              Adopt us-east-1/assets#1 in us-east-1 after [role] 3 tags {"name":"assets-us-east-1","peer":"role-1.arn","versioned":true} → B1 {"arn":"B1.arn","name":"assets-us-east-1"}
              Adopt us-east-1/front#1 in us-east-1 after [us-east-1/assets] 3 tags {"bucket":"assets-us-east-1","idle":60,"name":"front","scheme":"public"} → F1 {"arn":"F1.arn","dns":"F1.dns"}
              Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
            end 1
            claimed alive-us-east-1#1 C1: was made with its token
            claimed api-us-east-1#1 R1: is as declared, inside what is ours
            claimed role#1 role-1: bears its tags
            claimed sessions#1 T1: bears its tags
            claimed us-east-1/assets#1 B1: bears its tags
            claimed us-east-1/front#1 F1: bears its tags
            claimed zone#1 Z1: was made with its token
        "#]],
    );
}

#[test]
fn what_is_gone_is_absent_and_what_stands_on_it_is_not_asked_for() {
    let mut things = there(false);
    things[2] = things[2].clone().gone();
    check(
        serving(HERE),
        &things,
        expect![[r#"
        0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
        0 read sessions Fake:Table in us-east-1 #1 T1 {"billing":"demand","key":"id","name":"sessions","regions":["us-east-1"]}
        0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
        1 read us-east-1/assets Fake:Bucket in us-east-1 #1 B1 {"name":"assets-us-east-1","peer":"role-1.arn","versioned":true}
        2 read alive-us-east-1 Fake:Check in global #1 by its key {"host":{"$ref":{"attribute":"dns","id":"us-east-1/front"}},"path":"/up"}
        opened test l1
        begin 1
          Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
          Adopt sessions#1 in us-east-1 3 tags {"billing":"demand","key":"id","name":"sessions","regions":["us-east-1"]} → T1 {"arn":"T1.arn","name":"sessions"}
          Adopt us-east-1/assets#1 in us-east-1 after [role] 3 tags {"name":"assets-us-east-1","peer":"role-1.arn","versioned":true} → B1 {"arn":"B1.arn","name":"assets-us-east-1"}
        end 1
        claimed role#1 role-1: bears its tags
        claimed sessions#1 T1: bears its tags
        claimed us-east-1/assets#1 B1: bears its tags
        absent alive-us-east-1
        absent api-us-east-1
        absent us-east-1/front
        absent zone
    "#]],
    );
}

#[test]
fn what_cannot_be_read_is_not_claimed() {
    let mut things = there(true);
    things[3] = things[3].clone().dark();
    check(
        serving(HERE),
        &things,
        expect![[r#"
            0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
            0 read sessions Fake:Table in us-east-1 #1 T1 {"billing":"demand","key":"id","name":"sessions","regions":["us-east-1"]}
            0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
            1 read us-east-1/assets Fake:Bucket in us-east-1 #1 B1 {"name":"assets-us-east-1","peer":"role-1.arn","versioned":true}
            2 read us-east-1/front Fake:Front in us-east-1 #1 F1 {"bucket":{"$ref":{"attribute":"name","id":"us-east-1/assets"}},"idle":60,"name":"front","scheme":"public"}
            3 read alive-us-east-1 Fake:Check in global #1 C1 {"host":"F1.dns","path":"/up"}
            4 read api-us-east-1 Fake:Record in global #1 by its key {"alias":"F1.dns","check":"C1.id","name":"api.example.com","set":"us-east-1","type":"A","zone":"Z1.id"}
            opened test l1
            begin 1
              Adopt alive-us-east-1#1 in global after [us-east-1/front] {"host":"F1.dns","path":"/up"} → C1 {"id":"C1.id","path":"/up"}
              Adopt api-us-east-1#1 in global after [alive-us-east-1 us-east-1/front zone] {"alias":"F1.dns","check":"C1.id","name":"api.example.com","set":"us-east-1","type":"A","zone":"Z1.id"} → R1 {}
              Adopt role#1 in global 3 tags {"name":"copy","policy":"p"} → role-1 {"arn":"role-1.arn","name":"copy"}
              Adopt sessions#1 in us-east-1 3 tags {"billing":"demand","key":"id","name":"sessions","regions":["us-east-1"]} → T1 {"arn":"T1.arn","name":"sessions"}
              Adopt us-east-1/front#1 in us-east-1 after [us-east-1/assets] 3 tags {"idle":60,"name":"front","scheme":"public"} → F1 {"arn":"F1.arn","dns":"F1.dns"}
              Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
            end 1
            claimed alive-us-east-1#1 C1: was made with its token
            claimed api-us-east-1#1 R1: is as declared, inside what is ours
            claimed role#1 role-1: bears its tags
            claimed sessions#1 T1: bears its tags
            claimed us-east-1/front#1 F1: bears its tags, bucket differs
            claimed zone#1 Z1: was made with its token
            unread us-east-1/assets:   in : 
            absent us-east-1/assets
        "#]],
    );
}

#[test]
fn what_aws_is_at_work_on_is_in_doubt() {
    let busy = thing(ROLE, &[], "role-1", json!({"name": "copy", "policy": "q"}));
    let busy = busy.born("role").but(|it| it.status = Status::Busy("creating".to_owned()));
    let failed = thing(ZONE, &[], "Z1", json!({"domain": "example.com"})).made_with("zone", 1);
    let failed = failed.but(|it| it.status = Status::Failed("no".to_owned()));
    let program = vec![
        global("role", ROLE, json!({"name": "copy", "policy": "p"})),
        global("zone", ZONE, json!({"domain": "example.com"})),
    ];
    check(
        program,
        &[busy, failed],
        expect![[r#"
        0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"p"}
        0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
        opened test l1
        begin 1
          Adopt role#1 in global 3 tags {"name":"copy"} →  recover in : it was creating when it was found
          Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
        end 1
        claimed role#1 role-1: bears its tags, AWS is creating it, policy differs
        claimed zone#1 Z1: was made with its token
    "#]],
    );
}

#[test]
fn what_waits_for_itself_is_refused() {
    let front = |name: &str, other: &str| {
        global(name, ZONE, json!({"domain": "example.com", "comment": output(other, "id")}))
    };
    check(
        vec![front("a", "b"), front("b", "a")],
        &[],
        expect![[r#"
        error: these wait for each other: a → b
    "#]],
    );
}

#[test]
fn what_waits_for_something_else_only_comes_after_it() {
    let mut second = global("a", ROLE, json!({"name": "a", "policy": "p"}));
    second.after.insert("b".into());
    second.retained = true;
    let first = global("b", ROLE, json!({"name": "b", "policy": "p"}));
    let things = [
        thing(ROLE, &[], "role-a", json!({"name": "a", "policy": "p"})).born("a"),
        thing(ROLE, &[], "role-b", json!({"name": "b", "policy": "p"})).born("b"),
    ];
    check(
        vec![second, first],
        &things,
        expect![[r#"
        0 read b Fake:Role in global #1 role-b {"name":"b","policy":"p"}
        1 read a Fake:Role in global #1 role-a {"name":"a","policy":"p"}
        opened test l1
        begin 1
          Adopt a#1 in global after [b] retained 3 tags {"name":"a","policy":"p"} → role-a {"arn":"role-a.arn","name":"a"}
          Adopt b#1 in global 3 tags {"name":"b","policy":"p"} → role-b {"arn":"role-b.arn","name":"b"}
        end 1
        claimed a#1 role-a: bears its tags
        claimed b#1 role-b: bears its tags
    "#]],
    );
}

fn record(set: &str, more: serde_json::Value) -> Declared {
    let mut props = json!({"zone": output("zone", "id"), "name": "a.example.com", "type": "A",
        "set": set});
    props.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    global(set, RECORD, props)
}

fn in_zone(set: &str, more: serde_json::Value) -> Thing {
    let mut props = json!({"zone": "Z1.id", "name": "a.example.com", "type": "A", "set": set});
    props.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    thing(RECORD, &[], &format!("R-{set}"), props)
}

#[test]
fn what_bears_no_mark_is_claimed_inside_what_is_ours_and_as_declared() {
    let zone = global("zone", ZONE, json!({"domain": "example.com"}));
    let program = vec![
        zone.clone(),
        record("same", json!({"ttl": 60, "values": ["10.0.0.1"]})),
        record("other-ttl", json!({"ttl": 60, "values": ["10.0.0.1"]})),
        record("more-values", json!({"ttl": 60, "values": ["10.0.0.1"]})),
        global("nowhere", RECORD, json!({"zone": "Z9", "name": "n.", "type": "A", "set": "n"})),
    ];
    let things = [
        thing(ZONE, &[], "Z1", json!({"domain": "example.com"})).made_with("zone", 1),
        in_zone("same", json!({"ttl": 60, "values": ["10.0.0.1"]})),
        in_zone("other-ttl", json!({"ttl": 61, "values": ["10.0.0.1"]})),
        in_zone("more-values", json!({"ttl": 60, "values": ["10.0.0.1", "10.0.0.2"]})),
        thing(RECORD, &[], "R9", json!({"zone": "Z9", "name": "n.", "type": "A", "set": "n"})),
    ];
    check(
        program,
        &things,
        expect![[r#"
            0 read nowhere Fake:Record in global #1 by its key {"name":"n.","set":"n","type":"A","zone":"Z9"}
            0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
            1 read more-values Fake:Record in global #1 by its key {"name":"a.example.com","set":"more-values","ttl":60,"type":"A","values":["10.0.0.1"],"zone":"Z1.id"}
            1 read other-ttl Fake:Record in global #1 by its key {"name":"a.example.com","set":"other-ttl","ttl":60,"type":"A","values":["10.0.0.1"],"zone":"Z1.id"}
            1 read same Fake:Record in global #1 by its key {"name":"a.example.com","set":"same","ttl":60,"type":"A","values":["10.0.0.1"],"zone":"Z1.id"}
            opened test l1
            begin 1
              Adopt same#1 in global after [zone] {"name":"a.example.com","set":"same","ttl":60,"type":"A","values":["10.0.0.1"],"zone":"Z1.id"} → R-same {}
              Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
            end 1
            claimed same#1 R-same: is as declared, inside what is ours
            claimed zone#1 Z1: was made with its token
            left more-values R-more-values: it can bear no mark, and is not as declared (to take it over, say stack.adopt(&handle, "R-more-values"))
            left nowhere R9: it can bear no mark, and is inside of nothing that is this stack's (to take it over, say stack.adopt(&handle, "R9"))
            left other-ttl R-other-ttl: it can bear no mark, and is not as declared (to take it over, say stack.adopt(&handle, "R-other-ttl"))
            absent more-values
            absent nowhere
            absent other-ttl
        "#]],
    );
}

#[test]
fn a_zone_that_was_looked_up_is_not_ours() {
    let mut zone = global("zone", ZONE, json!({"domain": "example.com"}));
    zone.lookup = true;
    let snapshot = thing(ZONE, &[], "Z1", json!({"domain": "example.com"})).snapshot;
    let program = desired([zone, record("same", json!({"ttl": 60}))]);
    let world = World {
        lookups: BTreeMap::from([("zone".into(), Seen::Present(snapshot))]),
        ..World::default()
    };
    check_in(
        &program,
        &world,
        &[in_zone("same", json!({"ttl": 60}))],
        expect![[r#"
            0 read same Fake:Record in global #1 by its key {"name":"a.example.com","set":"same","ttl":60,"type":"A","zone":"Z1.id"}
            opened test l1
            looked up zone: {"kind":"Fake:Zone","outputs":{"id":"Z1.id"}}
            left same R-same: it can bear no mark, and is inside of nothing that is this stack's (to take it over, say stack.adopt(&handle, "R-same"))
            absent same
        "#]],
    );
}

#[test]
fn what_bears_no_mark_is_claimed_where_the_program_adopts_it() {
    let adopted = |mut declared: Declared| {
        declared.adopt = Some(format!("R-{}", declared.id));
        declared
    };
    let program = vec![
        global("zone", ZONE, json!({"domain": "example.com"})),
        adopted(record("theirs", json!({"ttl": 60}))),
        adopted(record("gone", json!({}))),
        adopted(global("unknown", RECORD, json!({"zone": output("unmade", "id")}))),
        global("unmade", ZONE, json!({"domain": "example.org"})),
    ];
    let zone = thing(ZONE, &[], "Z1", json!({"domain": "example.com"})).made_with("zone", 1);
    check(
        program,
        &[zone, in_zone("theirs", json!({"ttl": 61}))],
        expect![[r#"
            0 read unmade Fake:Zone in global #1 by its key {"domain":"example.org"}
            0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
            1 read gone Fake:Record in global #1 R-gone {"name":"a.example.com","set":"gone","type":"A","zone":"Z1.id"}
            1 read theirs Fake:Record in global #1 R-theirs {"name":"a.example.com","set":"theirs","ttl":60,"type":"A","zone":"Z1.id"}
            opened test l1
            begin 1
              Adopt theirs#1 in global after [zone] {"name":"a.example.com","set":"theirs","type":"A","zone":"Z1.id"} → R-theirs {}
              Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
            end 1
            claimed theirs#1 R-theirs: was named, ttl differs
            claimed zone#1 Z1: was made with its token
            left gone R-gone: there is no such Fake:Record in global (check its id, its region and the credentials)
            absent gone
            absent unknown
            absent unmade
        "#]],
    );
}

#[test]
fn what_is_inside_and_not_declared_is_told() {
    let child = |set: &str| Addition {
        kind: "Fake:Record".to_owned(),
        identity: json!({"zone": "Z1.id", "name": "a.example.com.", "type": "A", "set": set}),
        label: format!("A a.example.com. ({set})"),
    };
    let odd = Addition { kind: "Odd".to_owned(), identity: json!({}), label: "odd".to_owned() };
    let zone = thing(ZONE, &[], "Z1", json!({"domain": "example.com"})).made_with("zone", 1);
    let zone = zone.but(|it| {
        it.children = vec![child("same"), child("stray"), child("else"), child("other-ttl"), odd];
    });
    // Its own id is another, so that only what was claimed tells that it is known.
    let stray = in_zone("stray", json!({})).made_with("gone", 1);
    // Declared, though it is not claimed.
    let left = in_zone("other-ttl", json!({"ttl": 1}));
    let things = [zone, in_zone("same", json!({})), stray, left];
    let program = vec![
        global("zone", ZONE, json!({"domain": "example.com"})),
        record("same", json!({})),
        record("other-ttl", json!({"ttl": 2})),
    ];
    check(
        program,
        &things,
        expect![[r#"
            0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
            1 read other-ttl Fake:Record in global #1 by its key {"name":"a.example.com","set":"other-ttl","ttl":2,"type":"A","zone":"Z1.id"}
            1 read same Fake:Record in global #1 by its key {"name":"a.example.com","set":"same","type":"A","zone":"Z1.id"}
            opened test l1
            begin 1
              Adopt same#1 in global after [zone] {"name":"a.example.com","set":"same","type":"A","zone":"Z1.id"} → R-same {}
              Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
            end 1
            claimed same#1 R-same: is as declared, inside what is ours
            claimed zone#1 Z1: was made with its token
            left Fake:Record R-stray: it bears the stack's token, and the program declares nothing that it was made for (if it is nobody's, delete it by hand)
            left inside zone A a.example.com. (else): the program does not declare it; it is left alone
            left inside zone A a.example.com. (stray): the program does not declare it; it is left alone
            left inside zone odd: the program does not declare it; it is left alone
            left other-ttl R-other-ttl: it can bear no mark, and is not as declared (to take it over, say stack.adopt(&handle, "R-other-ttl"))
            absent other-ttl
        "#]],
    );
}

#[test]
fn accounts_look_ups_exports_and_other_stacks_are_recorded() {
    let mut zone = global("zone", ZONE, json!({"domain": "example.com"}));
    zone.lookup = true;
    let mut gone = global("gone", ZONE, json!({"domain": "example.org"}));
    gone.lookup = true;
    let role = json!({"name": "copy", "policy": output("zone", "id")});
    let other = json!({"name": "two", "policy": output(format!("{STACK_OUTPUTS}net"), "vpc")});
    let none = json!({"name": "three", "policy": output(format!("{STACK_OUTPUTS}net"), "none")});
    let mut program = desired([
        zone,
        gone,
        global("role", ROLE, role),
        global("two", ROLE, other),
        global("three", ROLE, none),
    ]);
    program.exports = vec![("role".to_owned(), output("role", "arn"))];
    let world = World {
        accounts: BTreeMap::from([("".to_owned(), "111".to_owned())]),
        lookups: BTreeMap::from([
            ("zone".into(), Seen::Present(thing(ZONE, &[], "Z1", json!({})).snapshot)),
            ("gone".into(), Seen::Absent),
        ]),
        stacks: BTreeMap::from([(
            "net".to_owned(),
            BTreeMap::from([("vpc".to_owned(), json!("vpc-1"))]),
        )]),
    };
    let things = [
        thing(ROLE, &[], "role-1", json!({"name": "copy", "policy": "Z1.id"})).born("role"),
        thing(ROLE, &[], "role-2", json!({"name": "two", "policy": "vpc-1"})).born("two"),
        thing(ROLE, &[], "role-3", json!({"name": "three", "policy": "p"})).born("three"),
    ];
    check_in(
        &program,
        &world,
        &things,
        expect![[r#"
        0 read three Fake:Role in global #1 role-3 {"name":"three","policy":{"$ref":{"attribute":"none","id":"stack:net"}}}
        0 read two Fake:Role in global #1 role-2 {"name":"two","policy":"vpc-1"}
        0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"Z1.id"}
        opened test l1
        account '' 111
        begin 1
          Adopt role#1 in global 3 tags {"name":"copy","policy":"Z1.id"} → role-1 {"arn":"role-1.arn","name":"copy"}
          Adopt three#1 in global 3 tags {"name":"three"} → role-3 {"arn":"role-3.arn","name":"three"}
          Adopt two#1 in global 3 tags {"name":"two","policy":"vpc-1"} → role-2 {"arn":"role-2.arn","name":"two"}
        end 1
        looked up zone: {"kind":"Fake:Zone","outputs":{"id":"Z1.id"}}
        exports [("role", String("role-1.arn"))]
        claimed role#1 role-1: bears its tags
        claimed three#1 role-3: bears its tags, policy differs
        claimed two#1 role-2: bears its tags
    "#]],
    );
    program.exports = vec![("role".to_owned(), output("nothing", "arn"))];
    check_in(
        &program,
        &world,
        &things[..1],
        expect![[r#"
        0 read role Fake:Role in global #1 role-1 {"name":"copy","policy":"Z1.id"}
        opened test l1
        account '' 111
        begin 1
          Adopt role#1 in global 3 tags {"name":"copy","policy":"Z1.id"} → role-1 {"arn":"role-1.arn","name":"copy"}
        end 1
        looked up zone: {"kind":"Fake:Zone","outputs":{"id":"Z1.id"}}
        claimed role#1 role-1: bears its tags
        absent three
        absent two
    "#]],
    );
}

#[test]
fn a_secret_counts_as_applied() {
    let props = json!({"name": "db", "group": "g", "engine": "16", "source": "snap-1",
        "password": {"$secret": "password"}});
    let mut program = desired([regional(UsEast1, "db", CLUSTER, props)]);
    let slot = ("us-east-1/db".into(), "password".to_owned());
    program.secrets.insert(slot, clear("open sesame"));
    let db = thing(CLUSTER, HERE, "DB1", json!({"name": "db", "group": "g", "engine": "16.3"}));
    let db = db.made_with("us-east-1/db", 1);
    check_in(
        &program,
        &World::default(),
        &[db],
        expect![[r#"
        0 read us-east-1/db Fake:Cluster in us-east-1 #1 DB1 {"engine":"16","group":"g","name":"db","password":{"$secret":"password"},"source":"snap-1"}
        opened test l1
        begin 1
          Adopt us-east-1/db#1 in us-east-1 {"engine":"16","group":"g","name":"db","password":{"$secret":"argon2id:19456,2,1:2b51f8d8146855772147d16f5d4f15a6:2b27803781198feb0eb3e8f0fceb598c42a746323c577c77d7c1372d8e3243a0"},"source":"snap-1"} → DB1 {"arn":"DB1.arn","endpoint":"DB1.endpoint","name":"db"}
        end 1
        claimed us-east-1/db#1 DB1: was made with its token, secret password
    "#]],
    );
}

#[test]
fn many_things_are_claimed_in_several_entries() {
    let id = |n: usize| format!("role-{n:02}");
    let program = (0..51).map(|n| global(&id(n), ROLE, json!({"name": id(n), "policy": "p"})));
    let things: Vec<Thing> = (0..51)
        .map(|n| thing(ROLE, &[], &id(n), json!({"name": id(n), "policy": "p"})).born(&id(n)))
        .collect();
    let (desired, catalog, world) = (desired(program), catalog(), World::default());
    let found: Vec<_> = things.iter().map(|it| it.found.clone()).collect();
    let rebuild =
        Rebuild::recover(&desired, &catalog, &world, super::setting::LINEAGE, &found, [7; 16])
            .unwrap();
    let rebuilt = super::setting::run(rebuild, &things, &mut String::new());
    let sizes: Vec<(u64, usize)> = rebuilt
        .records
        .iter()
        .filter_map(|it| match it {
            bicoastal_engine::record::Record::Begin { op, members } => Some((*op, members.len())),
            _ => None,
        })
        .collect();
    assert_eq!(sizes, [(1, 50), (2, 1)]);
}

#[test]
fn what_spans_regions_is_one_thing() {
    let both = [UsEast1, EuWest1];
    let props = json!({"name": "sessions", "key": "id", "billing": "demand",
        "regions": ["eu-west-1", "us-east-1"]});
    let program = vec![declared(
        "sessions",
        TABLE,
        &both,
        json!({"name": "sessions", "key": "id",
        "billing": "demand"}),
    )];
    // The replica's tags are the ones that were written; a table of another name is another one.
    let first = thing(TABLE, &[EuWest1], "T1", props.clone());
    let second = thing(TABLE, &[UsEast1], "T1", props.clone()).born("sessions");
    let third = thing(TABLE, &[UsEast1], "T1", props.clone()).tagged("l2", Some("x"), None);
    let mut fourth = thing(TABLE, &[UsEast1], "T1", props).born("elsewhere");
    fourth.found.place.account = Some("other".to_owned());
    check(
        program.clone(),
        &[first.clone(), second.clone()],
        expect![[r#"
        0 read sessions Fake:Table in eu-west-1+us-east-1 #1 T1 {"billing":"demand","key":"id","name":"sessions","regions":["eu-west-1","us-east-1"]}
        opened test l1
        begin 1
          Adopt sessions#1 in eu-west-1+us-east-1 {"billing":"demand","key":"id","name":"sessions","regions":["eu-west-1","us-east-1"]} → T1 {"arn":"T1.arn","name":"sessions"}
        end 1
        claimed sessions#1 T1: bears its tags, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
    "#]],
    );
    check(
        program.clone(),
        &[second.clone(), third, first.clone()],
        expect![[r#"
        0 read sessions Fake:Table in eu-west-1+us-east-1 #1 T1 {"billing":"demand","key":"id","name":"sessions","regions":["eu-west-1","us-east-1"]}
        opened test l1
        begin 1
          Adopt sessions#1 in eu-west-1+us-east-1 3 tags {"billing":"demand","key":"id","name":"sessions","regions":["eu-west-1","us-east-1"]} → T1 {"arn":"T1.arn","name":"sessions"}
        end 1
        claimed sessions#1 T1: bears its tags
    "#]],
    );
    check(
        program.clone(),
        &[second.clone(), fourth],
        expect![[r#"
        0 read sessions Fake:Table in eu-west-1+us-east-1 #1 T1 {"billing":"demand","key":"id","name":"sessions","regions":["eu-west-1","us-east-1"]}
        0 read sessions Fake:Table in eu-west-1+us-east-1 #1 T1 born elsewhere {"billing":"demand","key":"id","name":"sessions","regions":["eu-west-1","us-east-1"]}
        opened test l1
        left sessions T1: several bear its mark, and which one is in use can't be told (say which one: import sessions T1)
        absent sessions
    "#]],
    );
    // What is in one region is as many things as there are regions.
    let role = |region| thing(BUCKET, &[region], "B", json!({"name": "b"})).born("b");
    check(
        edit(program, "sessions", |it| it.retained = true),
        &[second, role(UsEast1), role(EuWest1)],
        expect![[r#"
            0 read b Fake:Bucket in us-east-1 #1 B {"name":"b"}
            0 read b Fake:Bucket in eu-west-1 #1 B {"name":"b"}
            0 read sessions Fake:Table in eu-west-1+us-east-1 #1 T1 {"billing":"demand","key":"id","name":"sessions","regions":["eu-west-1","us-east-1"]}
            opened test l1
            begin 1
              Adopt b#1 in us-east-1 protected 3 tags {"name":"b"} → B {"arn":"B.arn","name":"b"}
              Adopt b#2 in eu-west-1 protected 3 tags {"name":"b"} → B {"arn":"B.arn","name":"b"}
              Adopt sessions#1 in eu-west-1+us-east-1 retained 3 tags {"billing":"demand","key":"id","name":"sessions","regions":["eu-west-1","us-east-1"]} → T1 {"arn":"T1.arn","name":"sessions"}
            end 1
            superseded b#1
            claimed b#1 B: bears its tags, undeclared, superseded
            claimed b#2 B: bears its tags, undeclared
            claimed sessions#1 T1: bears its tags
        "#]],
    );
}

#[test]
fn a_rebuild_is_told_by_its_stack() {
    let (desired, catalog, world) = (desired([]), catalog(), World::default());
    let rebuild = Rebuild::recover(&desired, &catalog, &world, "l1", &[], [7; 16]).unwrap();
    assert_eq!(format!("{rebuild:?}"), "Rebuild { stack: \"test\", .. }");
}
