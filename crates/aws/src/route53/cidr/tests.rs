#![allow(clippy::unwrap_used, reason = "tests stop where they find something odd")]

use bicoastal_model::resource::Check;
use bicoastal_model::{
    Goal, Ownership, Place, Resource, ResourceId, ScopeKind, Snapshot, Status, Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::{CidrCall, CidrCollection, CidrLocation};
use crate::kind::{Kind, Next, Turn};

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Global, regions: Vec::new() }
}

fn offices(locations: &[(&str, &[&str])]) -> CidrCollection {
    let location =
        |(name, blocks): &(&str, &[&str])| CidrLocation::new(*name, blocks.iter().copied());
    CidrCollection::builder().name("offices").locations(locations.iter().map(location)).build()
}

fn wrong(collection: &CidrCollection, expect: Expect) {
    let mut check = Check::new(place());
    collection.check(&mut check);
    expect.assert_eq(&check.errors().join("\n"));
}

#[test]
fn mistakes_are_found_offline() {
    wrong(
        &offices(&[
            ("berlin", &["192.0.2.0/24", "2001:db8::/32"]),
            ("all", &["0.0.0.0/0", "::/0"]),
        ]),
        expect![[""]],
    );
    let mut named = offices(&[("berlin", &["192.0.2.0/24"])]);
    named.name = "our offices".into();
    wrong(
        &named,
        expect![
            "the collection is called 'our offices': 1 to 64 letters, digits, hyphens and underscores"
        ],
    );
    wrong(
        &offices(&[("a-name-far-too-long", &["192.0.2.0/24"]), ("b", &[]), ("b", &["x"])]),
        expect![[r#"
            a location is called 'a-name-far-too-long': 1 to 16 letters, digits, hyphens and underscores
            the location 'b' has no block
            two locations are called 'b'
            'x' is not a block of addresses, like 192.0.2.0/24"#]],
    );
    wrong(
        &offices(&[
            ("a", &["192.0.2.0/25", "2001:db8::/49", "192.0.2.1/24", "192.0.2.0"]),
            ("b", &["2001:DB8::/32", "2001:db8::/32"]),
        ]),
        expect![[r#"
            the block 192.0.2.0/25 is narrower than /24
            the block 2001:db8::/49 is narrower than /48
            the block 192.0.2.1/24 has bits set behind its first 24
            '192.0.2.0' is not a block of addresses, like 192.0.2.0/24
            the block 2001:db8::/32 is in 'b' and in 'b'"#]],
    );
}

fn next(
    wanted: Option<&CidrCollection>,
    applied: Option<&CidrCollection>,
    seen: Option<Value>,
) -> String {
    let target = Target {
        id: ResourceId::new("offices"),
        kind: "Route53:CidrCollection".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: seen.as_ref().map(|_| "id".to_owned()),
        props: json!({}).into(),
        tags: Default::default(),
    };
    let applied = applied.map(|it| serde_json::to_value(it).unwrap());
    let goal = match wanted {
        Some(wanted) => {
            let wanted = serde_json::to_value(wanted).unwrap();
            Goal::Present { wanted, applied }
        }
        None => Goal::Absent { applied: applied.unwrap(), lift_guards: false },
    };
    let seen = seen.map(|locations| Snapshot {
        physical: "id".into(),
        props: json!({ "name": "offices", "locations": locations }),
        outputs: Default::default(),
        status: Status::Ready,
        ownership: Ownership::Unmarked,
        children: Vec::new(),
        facts: [("version".to_owned(), json!(3))].into(),
    });
    let turn = Turn::<CidrCollection>::new(&target, &goal, seen.as_ref()).unwrap();
    match CidrCollection::step(&turn) {
        Next::Call(CidrCall::Change { version, remove, put }) => {
            format!("Change {version:?} -{remove:?} +{put:?}")
        }
        Next::Call(call) => format!("{call:?}"),
        Next::Refuse { message, .. } => message,
        other => format!("{other:?}"),
    }
}

#[test]
fn blocks_leave_before_they_come_and_others_stay() {
    let one = offices(&[("a", &["10.0.0.0/8"]), ("b", &["192.0.2.0/24"])]);
    let moved = offices(&[("a", &["192.0.2.0/24"])]);
    let a = json!({ "name": "a", "blocks": ["10.0.0.0/8"] });
    let b = json!({ "name": "b", "blocks": ["192.0.2.0/24"] });
    let theirs = json!({ "name": "theirs", "blocks": ["198.51.100.0/24"] });
    let out = [
        next(Some(&one), None, None),
        next(Some(&one), None, Some(json!([]))),
        next(Some(&one), Some(&one), Some(json!([b, a, theirs]))),
        next(Some(&moved), Some(&one), Some(json!([a, b, theirs]))),
        next(None, Some(&one), Some(json!([a, b]))),
        next(None, Some(&one), Some(json!([a, theirs]))),
        next(None, Some(&one), Some(json!([]))),
        next(None, Some(&one), None),
    ];
    expect![[r#"
        Create { name: "offices" }
        Change Some(3) -[] +[("a", "10.0.0.0/8"), ("b", "192.0.2.0/24")]
        Done
        Change Some(3) -[("a", "10.0.0.0/8"), ("b", "192.0.2.0/24")] +[("a", "192.0.2.0/24")]
        Change Some(3) -[("a", "10.0.0.0/8"), ("b", "192.0.2.0/24")] +[]
        the collection has the location 'theirs', which nobody declared
        Delete
        Done
    "#]]
    .assert_eq(&(out.join("\n") + "\n"));
}

#[test]
fn a_thousand_blocks_are_one_call() {
    let blocks: Vec<String> =
        (0..2500).map(|it| format!("10.{}.{}.0/24", it / 256, it % 256)).collect();
    let many = CidrCollection::builder()
        .name("offices")
        .locations([CidrLocation::new("a", &blocks)])
        .build();
    let mut there: Vec<String> = Vec::new();
    let mut calls = 0;
    loop {
        let target = Target {
            id: ResourceId::new("offices"),
            kind: "Route53:CidrCollection".into(),
            place: place(),
            incarnation: 1,
            token: "bc-test-1".into(),
            physical: Some("id".into()),
            props: json!({}).into(),
            tags: Default::default(),
        };
        let wanted = serde_json::to_value(&many).unwrap();
        let goal = Goal::Present { wanted, applied: None };
        let seen = Snapshot {
            physical: "id".into(),
            props: json!({ "name": "offices", "locations": [{ "name": "a", "blocks": there }] }),
            outputs: Default::default(),
            status: Status::Ready,
            ownership: Ownership::Unmarked,
            children: Vec::new(),
            facts: Default::default(),
        };
        let turn = Turn::<CidrCollection>::new(&target, &goal, Some(&seen)).unwrap();
        let Next::Call(CidrCall::Change { put, .. }) = CidrCollection::step(&turn) else { break };
        assert!(put.len() <= 1000);
        there.extend(put.into_iter().map(|(_, block)| block));
        calls += 1;
    }
    assert_eq!((calls, there.len()), (3, 2500));
}
