use proptest::prelude::*;

use super::*;
use crate::diff::{Cause, diff, target};
use crate::provider::Goal;

const USER: &[Field] = &[
    Field::new("name"),
    Field::new("level").absent(crate::schema::Absent::Int(1)),
    Field::new("password").shape(Shape::Secret),
];

const SCHEMA: Schema = Schema {
    kind: "Test:Locked",
    fields: &[
        Field::new("name"),
        Field::new("secret").shape(Shape::Secret),
        Field::new("inside").shape(Shape::Object(USER)),
        Field::new("steps").shape(Shape::List(&Shape::Object(USER))),
        Field::new("set").shape(Shape::Set(&Shape::Object(USER))),
        Field::new("users").shape(Shape::Keyed { key: "name", fields: USER }),
        Field::new("owned").shape(Shape::OwnedSet(&Shape::Object(USER))),
    ],
    ..Schema::BASE
};

fn user(name: &str, password: &str) -> Value {
    json!({ "name": name, "password": { "$secret": password } })
}

fn packed(value: &Value) -> Packed {
    value.into()
}

/// What AWS shows of it.
fn shown(value: &Value) -> Value {
    without(&packed(value)).to_value()
}

fn changes(wanted: &Value, applied: &Value, seen: &Value) -> Vec<String> {
    let found = diff(&SCHEMA, wanted, Some(applied), Some(seen)).changes;
    found.iter().map(|it| format!("{} {:?} {}", it.path, it.cause, it.is_secret())).collect()
}

#[test]
fn a_changed_secret_is_one_change_at_its_path() {
    for (field, before, after, path) in [
        ("steps", json!([user("a", "1")]), json!([user("a", "2")]), "steps[0].password"),
        ("set", json!([user("a", "1")]), json!([user("a", "2")]), "set[0].password"),
        ("users", json!([user("a", "1")]), json!([user("a", "2")]), "users[a].password"),
        (
            "owned",
            json!([user("a", "1")]),
            json!([user("a", "2")]),
            r#"owned[{"name":"a"}].password"#,
        ),
        ("inside", user("a", "1"), user("a", "2"), "inside.password"),
    ] {
        let (before, after) = (json!({ field: before }), json!({ field: after }));
        let seen = shown(&before);
        assert_eq!(changes(&after, &before, &seen), [format!("{path} Edited true")]);
        assert_eq!(changes(&before, &before, &seen), [""; 0]);
    }
}

#[test]
fn others_changes_beside_a_secret_are_told_without_it() {
    let applied = json!({ "steps": [user("a", "1"), { "name": "b" }] });
    let drifted = json!({ "steps": [{ "name": "a" }, { "name": "c" }] });
    let found = diff(&SCHEMA, &applied, Some(&applied), Some(&drifted)).changes;
    let [change] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((change.path.as_str(), change.cause), ("steps", Cause::Drifted));
    assert_eq!(change.before, drifted["steps"]);
    assert_eq!(change.after, json!([{ "name": "a" }, { "name": "b" }]));
    // Both at once.
    let wanted = json!({ "steps": [user("a", "2"), { "name": "d" }] });
    assert_eq!(
        changes(&wanted, &applied, &shown(&applied)),
        ["steps Edited false", "steps[0].password Edited true"]
    );
    // The element with it is gone, or the whole list.
    let gone = json!({ "steps": [{ "name": "b" }] });
    assert_eq!(changes(&applied, &applied, &gone), ["steps Drifted false"]);
    assert_eq!(changes(&applied, &applied, &json!({})), ["steps Drifted false"]);
    // One that is not known: adopted, or of a state that was lost.
    let bare = shown(&applied);
    assert_eq!(changes(&applied, &bare, &bare), ["steps[0].password Edited true"]);
    assert_eq!(changes(&bare, &applied, &bare), ["steps[0].password Edited true"]);
}

#[test]
fn a_missing_element_brings_its_secret_along() {
    let wanted = json!({ "owned": [user("a", "1")], "users": [user("a", "1")] });
    let none = json!({ "owned": [], "users": [] });
    assert_eq!(
        changes(&wanted, &none, &none),
        ["users[a] Edited false", r#"owned[{"name":"a"}] Edited false"#]
    );
}

#[test]
fn elements_are_told_apart_without_their_secrets() {
    let pairs = |field: &str, before: Value, after: Value| {
        let (before, after) = (json!({ field: before }), json!({ field: after }));
        let (before, after) = (packed(&before), packed(&after));
        wanted(&SCHEMA, &after, Some(&before))
            .into_iter()
            .map(|it| {
                format!("{}: {}", it.path, it.applied.map_or(String::new(), Packed::to_string))
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (a, b) = (user("a", "1"), user("b", "2"));
    let edited = json!({ "name": "a", "level": 2, "password": { "$secret": "3" } });
    for (field, before, after, expected) in [
        ("steps", json!([a, b]), json!([a, b]), ["1", "2"]),
        ("steps", json!([a, b]), json!([b, a]), ["2", "1"]),
        // Edited, in its place.
        ("steps", json!([a, b]), json!([edited, b]), ["1", "2"]),
        ("set", json!([a, b]), json!([b, a]), ["2", "1"]),
        ("users", json!([a, b]), json!([b, edited]), ["2", "1"]),
        // Nothing but the place tells these apart.
        ("steps", json!([user("a", "1"), user("a", "2")]), json!([a, a]), ["1", "2"]),
    ] {
        let found = pairs(field, before, after);
        for (index, secret) in expected.iter().enumerate() {
            let part = found.split(", ").nth(index).unwrap();
            assert!(part.ends_with(&format!(r#"{{"$secret":"{secret}"}}"#)), "{field}: {found}");
        }
    }
    assert_eq!(
        pairs("steps", json!([{ "name": "x" }, a]), json!([a])),
        r#"steps[0].password: {"$secret":"1"}"#
    );
    assert_eq!(pairs("steps", json!([{ "name": "a" }]), json!([a])), "steps[0].password: ");
}

#[test]
fn slots_are_the_dotted_paths() {
    let value = packed(&json!({ "secret": { "$secret": "s" }, "steps": [{}, user("a", "1")] }));
    let found: Vec<String> =
        markers(&value).iter().map(|(slot, content)| format!("{slot}={content}")).collect();
    assert_eq!(found, [r#"secret="s""#, r#"steps.1.password="1""#]);
}

/// Users by number: level and password.
type Users = Vec<(u8, u8, Option<u8>)>;

fn users() -> impl Strategy<Value = Users> {
    proptest::collection::vec((0u8..3, 1u8..3, proptest::option::of(0u8..3)), 0..4)
}

fn written(users: &Users, distinct: bool) -> Value {
    let mut seen = Vec::new();
    let entry = |(name, level, password): &(u8, u8, Option<u8>)| {
        if distinct && seen.contains(name) {
            return None;
        }
        seen.push(*name);
        let mut entry = json!({ "name": format!("u{name}"), "level": level });
        if let Some(password) = password {
            entry["password"] = json!({ "$secret": format!("p{password}") });
        }
        Some(entry)
    };
    users.iter().filter_map(entry).collect()
}

fn props(users: &Users) -> Value {
    json!({
        "steps": written(users, false), "set": written(users, true),
        "users": written(users, true), "owned": written(users, true),
    })
}

proptest! {
    /// Whatever was there before, once everything was written that is wanted, nothing differs.
    #[test]
    fn what_was_sent_is_believed(before in users(), after in users(), drifted in users()) {
        let (applied, after) = (props(&before), props(&after));
        let seen = shown(&props(&drifted));
        let mut goal = Goal::Present { wanted: after.clone(), applied: Some(applied.clone()) };
        goal.secrets_sent(&SCHEMA);
        let Goal::Present { applied: Some(now), .. } = goal else { panic!("it is wanted") };
        // What is left to do is told of, with no secret in it.
        for change in diff(&SCHEMA, &after, Some(&now), Some(&seen)).changes {
            prop_assert!(!change.is_secret(), "{change:?}");
        }
        let there = shown(&target(&SCHEMA, &after, Some(&applied), Some(&seen)));
        for change in diff(&SCHEMA, &after, Some(&now), Some(&there)).changes {
            prop_assert!(change.after.is_null(), "{change:?}");
        }
    }

    /// Nothing that AWS shows or does not show of other fields makes a secret another one.
    #[test]
    fn drift_changes_no_secret(users in users(), drifted in users()) {
        let wanted = props(&users);
        let seen = shown(&props(&drifted));
        for change in diff(&SCHEMA, &wanted, Some(&wanted), Some(&seen)).changes {
            prop_assert!(!change.is_secret(), "{change:?}");
        }
        prop_assert!(diff(&SCHEMA, &wanted, Some(&wanted), Some(&shown(&wanted))).changes.is_empty());
    }

    /// A secret that changed is in the plan, whatever else is.
    #[test]
    fn a_change_is_never_missed(users in users(), pick in any::<prop::sample::Index>()) {
        let before = props(&users);
        let found: Vec<String> =
            markers(&packed(&before)).into_iter().map(|(slot, _)| slot).collect();
        prop_assume!(!found.is_empty());
        let slot = format!("/{}", found[pick.index(found.len())].replace('.', "/"));
        let mut after = before.clone();
        *after.pointer_mut(&slot).unwrap() = json!({ "$secret": "new" });
        let changes = diff(&SCHEMA, &after, Some(&before), Some(&shown(&before))).changes;
        let [change] = changes.as_slice() else { panic!("{changes:?}") };
        prop_assert!(change.is_secret());
        prop_assert_eq!(&change.after, &json!({ "$secret": "new" }));
    }
}
