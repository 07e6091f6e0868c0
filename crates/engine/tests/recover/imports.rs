//! What others made, named by the user or taken from another tool's state.

use std::collections::BTreeMap;

use bicoastal_engine::record::{Begun, Ended, Record};
use bicoastal_engine::state::{Key, State, Verb};
use bicoastal_model::Region::{EuWest1, UsEast1};
use bicoastal_model::{Declared, Ownership, Place, Region, ScopeKind};
use expect_test::expect;
use serde_json::json;

use super::common::program::{global, output, regional};
use super::common::*;
use super::setting::{LINEAGE, Thing, check_import, thing};

const HERE: &[Region] = &[UsEast1];

fn bucket(name: &str) -> Declared {
    regional(UsEast1, name, BUCKET, json!({"name": name, "versioned": true}))
}

fn found(region: Region, physical: &str, name: &str) -> Thing {
    thing(BUCKET, &[region], physical, json!({"name": name, "versioned": true}))
}

fn empty() -> State {
    State::empty("test", LINEAGE)
}

/// A state with one bucket in it, `us-east-1/known`.
fn used() -> State {
    let mut state = empty();
    let key = Key::new("us-east-1/known", 1);
    let place = Place { account: None, scope: ScopeKind::Regional, regions: HERE.to_vec() };
    let begun = Begun {
        key: key.clone(),
        kind: BUCKET.kind.into(),
        place,
        born: key.id.clone(),
        token: "t".into(),
        physical: None,
        verb: Verb::Create,
        wanted: Some(json!({"name": "known"}).into()),
        edges: Default::default(),
        protected: false,
        retained: false,
    };
    let retired = Begun {
        key: Key::new("us-east-1/retired", 4),
        born: "us-east-1/retired".into(),
        ..begun.clone()
    };
    let deleted = Begun { verb: Verb::Delete, wanted: None, ..retired.clone() };
    let outputs = BTreeMap::from([("arn".to_owned(), json!("arn:known"))]);
    let there = Ended::Present { physical: "known".to_owned(), outputs: outputs.into() };
    let records = [
        Record::Opened { stack: "test".to_owned(), lineage: LINEAGE.to_owned() },
        Record::Account { name: String::new(), number: "111".to_owned() },
        Record::Begin { op: 1, members: vec![begun, retired] },
        Record::End { op: 1, results: vec![there.clone(), there], at_ms: None },
        Record::Begin { op: 2, members: vec![deleted] },
        Record::End { op: 2, results: vec![Ended::Gone], at_ms: None },
    ];
    for record in &records {
        state.fold(record).unwrap();
    }
    state
}

#[test]
fn what_is_named_is_claimed() {
    let things = [found(UsEast1, "assets", "assets")];
    let named = [("us-east-1/assets", "assets")];
    check_import(
        vec![bucket("assets")],
        &empty(),
        &named,
        &[],
        &things,
        expect![[r#"
        0 read us-east-1/assets Fake:Bucket in us-east-1 #1 assets {"name":"assets","versioned":true}
        opened test l1
        begin 1
          Adopt us-east-1/assets#1 in us-east-1 {"name":"assets","versioned":true} → assets {"arn":"assets.arn","name":"assets"}
        end 1
        claimed us-east-1/assets#1 assets: was named, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
    "#]],
    );
    // What differs is told, and the next plan makes it so.
    let other = [found(UsEast1, "assets", "assets").but(|it| it.props["versioned"] = json!(false))];
    check_import(
        vec![bucket("assets")],
        &empty(),
        &named,
        &[],
        &other,
        expect![[r#"
        0 read us-east-1/assets Fake:Bucket in us-east-1 #1 assets {"name":"assets","versioned":true}
        opened test l1
        begin 1
          Adopt us-east-1/assets#1 in us-east-1 {"name":"assets"} → assets {"arn":"assets.arn","name":"assets"}
        end 1
        claimed us-east-1/assets#1 assets: was named, versioned differs, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
    "#]],
    );
    check_import(
        vec![bucket("assets")],
        &empty(),
        &named,
        &[],
        &[],
        expect![[r#"
        0 read us-east-1/assets Fake:Bucket in us-east-1 #1 assets {"name":"assets","versioned":true}
        opened test l1
        left us-east-1/assets assets: there is no such Fake:Bucket in us-east-1 (check its id, its region and the credentials)
        absent us-east-1/assets
    "#]],
    );
}

#[test]
fn a_state_goes_on_where_it_was() {
    let things = [found(UsEast1, "assets", "assets"), found(UsEast1, "retired", "retired")];
    let named = [
        ("us-east-1/known", "known"),
        ("us-east-1/assets", "assets"),
        ("us-east-1/retired", "retired"),
    ];
    let mut peer = bucket("assets");
    peer.props =
        json!({"name": "assets", "versioned": true, "peer": output("us-east-1/known", "arn")})
            .into();
    let program = vec![bucket("known"), peer, bucket("retired")];
    check_import(
        program,
        &used(),
        &named,
        &[],
        &things,
        expect![[r#"
        0 read us-east-1/retired Fake:Bucket in us-east-1 #1 retired {"name":"retired","versioned":true}
        1 read us-east-1/assets Fake:Bucket in us-east-1 #1 assets {"name":"assets","peer":"arn:known","versioned":true}
        begin 3
          Adopt us-east-1/assets#1 in us-east-1 after [us-east-1/known] {"name":"assets","versioned":true} → assets {"arn":"assets.arn","name":"assets"}
          Adopt us-east-1/retired#5 in us-east-1 {"name":"retired","versioned":true} → retired {"arn":"retired.arn","name":"retired"}
        end 3
        claimed us-east-1/assets#1 assets: was named, peer differs, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
        claimed us-east-1/retired#5 retired: was named, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
    "#]],
    );
}

#[test]
fn what_is_anothers_or_known_already_is_refused() {
    let foreign = found(UsEast1, "a", "a");
    let foreign = foreign.but(|it| it.ownership = Ownership::Foreign("stack b".to_owned()));
    let known = found(UsEast1, "known", "known");
    let program = vec![bucket("a"), bucket("again")];
    let named = [("us-east-1/a", "a"), ("us-east-1/again", "known")];
    check_import(
        program,
        &used(),
        &named,
        &[],
        &[foreign, known],
        expect![[r#"
        0 read us-east-1/a Fake:Bucket in us-east-1 #1 a {"name":"a","versioned":true}
        0 read us-east-1/again Fake:Bucket in us-east-1 #1 known {"name":"again","versioned":true}
        left us-east-1/a a: it is another's: stack b (to take it over, say stack.adopt(&handle, "a"))
        left us-east-1/again known: it is us-east-1/known in state (to give it another id: state mv us-east-1/known us-east-1/again)
        absent us-east-1/a
        absent us-east-1/again
    "#]],
    );
    // In another region the same name, and of another kind the same id, is another thing.
    let program = vec![
        regional(EuWest1, "again", BUCKET, json!({"name": "known", "versioned": true})),
        regional(UsEast1, "front", FRONT, json!({"name": "known"})),
    ];
    let things =
        [found(EuWest1, "known", "known"), thing(FRONT, HERE, "known", json!({"name": "known"}))];
    let named = [("eu-west-1/again", "known"), ("us-east-1/front", "known")];
    check_import(
        program,
        &used(),
        &named,
        &[],
        &things,
        expect![[r#"
        0 read eu-west-1/again Fake:Bucket in eu-west-1 #1 known {"name":"known","versioned":true}
        0 read us-east-1/front Fake:Front in us-east-1 #1 known {"name":"known"}
        begin 3
          Adopt eu-west-1/again#1 in eu-west-1 {"name":"known","versioned":true} → known {"arn":"known.arn","name":"known"}
          Adopt us-east-1/front#1 in us-east-1 {"name":"known"} → known {"arn":"known.arn","dns":"known.dns"}
        end 3
        claimed eu-west-1/again#1 known: was named, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
        claimed us-east-1/front#1 known: was named, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
    "#]],
    );
}

#[test]
fn what_cannot_become_what_is_declared_is_refused() {
    let program =
        vec![regional(UsEast1, "front", FRONT, json!({"name": "front", "scheme": "public"}))];
    let inside = thing(FRONT, HERE, "F1", json!({"name": "front", "scheme": "internal"}));
    let named = [("us-east-1/front", "F1")];
    check_import(
        program,
        &empty(),
        &named,
        &[],
        &[inside],
        expect![[r#"
        0 read us-east-1/front Fake:Front in us-east-1 #1 F1 {"name":"front","scheme":"public"}
        opened test l1
        left us-east-1/front F1: it can't become what is declared: scheme is "internal", and only a new one can have another (declare it as it is, import it, then change it)
        absent us-east-1/front
    "#]],
    );
    // What is not known yet may become anything.
    let scheme = json!({"name": "front", "scheme": output("us-east-1/unmade", "arn")});
    let program = vec![regional(UsEast1, "front", FRONT, scheme), bucket("unmade")];
    let inside = thing(FRONT, HERE, "F1", json!({"name": "front", "scheme": "internal"}));
    check_import(
        program,
        &empty(),
        &named,
        &[],
        &[inside],
        expect![[r#"
        0 read us-east-1/front Fake:Front in us-east-1 #1 F1 {"name":"front","scheme":{"$ref":{"attribute":"arn","id":"us-east-1/unmade"}}}
        opened test l1
        begin 1
          Adopt us-east-1/front#1 in us-east-1 after [us-east-1/unmade] {"name":"front"} → F1 {"arn":"F1.arn","dns":"F1.dns"}
        end 1
        claimed us-east-1/front#1 F1: was named, scheme differs, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
        absent us-east-1/unmade
    "#]],
    );
}

#[test]
fn another_tools_things_are_matched_by_their_natural_keys() {
    let here = found(UsEast1, "assets", "assets");
    let there = found(EuWest1, "assets", "assets");
    let front = thing(FRONT, HERE, "F1", json!({"name": "assets"}));
    let program = || vec![bucket("assets")];
    let things = [here.clone(), front.clone()];
    let all = [("aws.eu", &there), ("aws.us", &here), ("aws.front", &front)];
    check_import(
        program(),
        &empty(),
        &[],
        &all,
        &things,
        expect![[r#"
        0 read us-east-1/assets Fake:Bucket in us-east-1 #1 assets {"name":"assets","versioned":true}
        opened test l1
        begin 1
          Adopt us-east-1/assets#1 in us-east-1 {"name":"assets","versioned":true} → assets {"arn":"assets.arn","name":"assets"}
        end 1
        claimed us-east-1/assets#1 assets: was named, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
        left aws.eu assets: nothing that the program declares is this
        left aws.front F1: nothing that the program declares is this
    "#]],
    );
    check_import(
        program(),
        &empty(),
        &[],
        &all[..1],
        &things,
        expect![[r#"
        opened test l1
        left aws.eu assets: nothing that the program declares is this
        absent us-east-1/assets
    "#]],
    );
    let twice = [("aws.one", &here), ("aws.two", &here)];
    check_import(
        program(),
        &empty(),
        &[],
        &twice,
        &things,
        expect![[r#"
        opened test l1
        left aws.one assets: nothing that the program declares is this
        left aws.two assets: nothing that the program declares is this
        left us-east-1/assets aws.one, aws.two: several fit it equally (say which one: import us-east-1/assets ID)
        absent us-east-1/assets
    "#]],
    );
    check_import(
        program(),
        &empty(),
        &[],
        &twice[..1],
        &[],
        expect![[r#"
        0 read us-east-1/assets Fake:Bucket in us-east-1 #1 assets {"name":"assets","versioned":true}
        opened test l1
        left aws.one assets: there is no such Fake:Bucket in us-east-1 (check its id, its region and the credentials)
        absent us-east-1/assets
    "#]],
    );
    // Where its natural key alone tells, it is looked for everywhere and without an id.
    let mut anywhere = found(UsEast1, "", "assets");
    anywhere.found.place.regions.clear();
    check_import(
        program(),
        &empty(),
        &[],
        &[("aws.any", &anywhere)],
        &things,
        expect![[r#"
        0 read us-east-1/assets Fake:Bucket in us-east-1 #1 by its key {"name":"assets","versioned":true}
        opened test l1
        begin 1
          Adopt us-east-1/assets#1 in us-east-1 {"name":"assets","versioned":true} → assets {"arn":"assets.arn","name":"assets"}
        end 1
        claimed us-east-1/assets#1 assets: was named, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
    "#]],
    );
    // One is matched once.
    let program = vec![bucket("assets"), regional(UsEast1, "z", BUCKET, json!({"name": "assets"}))];
    check_import(
        program,
        &empty(),
        &[],
        &twice[..1],
        &things,
        expect![[r#"
        0 read us-east-1/assets Fake:Bucket in us-east-1 #1 assets {"name":"assets","versioned":true}
        opened test l1
        begin 1
          Adopt us-east-1/assets#1 in us-east-1 {"name":"assets","versioned":true} → assets {"arn":"assets.arn","name":"assets"}
        end 1
        claimed us-east-1/assets#1 assets: was named, tags.bicoastal:lineage differs, tags.bicoastal:resource differs, tags.bicoastal:stack differs
        absent us-east-1/z
    "#]],
    );
}

#[test]
fn what_depends_on_what_is_not_known_is_not_matched() {
    let program = vec![
        bucket("unmade"),
        regional(UsEast1, "b", BUCKET, json!({"name": output("us-east-1/unmade", "arn")})),
    ];
    let it = found(UsEast1, "b", "b");
    check_import(
        program,
        &empty(),
        &[],
        &[("aws.b", &it)],
        std::slice::from_ref(&it),
        expect![[r#"
            opened test l1
            left aws.b b: nothing that the program declares is this
            absent us-east-1/b
            absent us-east-1/unmade
        "#]],
    );
}

#[test]
fn what_has_no_natural_key_is_matched_by_what_is_told_of_it() {
    let zone = |props: serde_json::Value| {
        let mut zone = thing(ZONE, &[], "Z1", props.clone());
        zone.found.identity = props;
        zone
    };
    let same = zone(json!({"domain": "example.com."}));
    let other = zone(json!({"domain": "example.org"}));
    let comment = zone(json!({"domain": "example.com", "comment": "of AWS's", "odd": 1}));
    let silent = zone(json!({}));
    let program = || vec![global("zone", ZONE, json!({"domain": "example.com"}))];
    let things = [thing(ZONE, &[], "Z1", json!({"domain": "example.com"}))];
    let run = |it: &Thing, expect| {
        check_import(program(), &empty(), &[], &[("aws.zone", it)], &things, expect);
    };
    run(
        &same,
        expect![[r#"
        0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
        opened test l1
        begin 1
          Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
        end 1
        claimed zone#1 Z1: was named
    "#]],
    );
    run(
        &other,
        expect![[r#"
        opened test l1
        left aws.zone Z1: nothing that the program declares is this
        absent zone
    "#]],
    );
    run(
        &comment,
        expect![[r#"
        0 read zone Fake:Zone in global #1 Z1 {"domain":"example.com"}
        opened test l1
        begin 1
          Adopt zone#1 in global {"domain":"example.com"} → Z1 {"id":"Z1.id"}
        end 1
        claimed zone#1 Z1: was named
    "#]],
    );
    run(
        &silent,
        expect![[r#"
        opened test l1
        left aws.zone Z1: nothing that the program declares is this
        absent zone
    "#]],
    );
}
