use expect_test::{Expect, expect};

use super::*;
use crate::schema::OutputSpec;
use crate::value::json;

const RULE: &[Field] = &[
    Field::new("id"),
    Field::new("priority"),
    Field::new("status").absent(Absent::Text("Enabled")),
    Field::new("targets").shape(Shape::Set(&Shape::Plain)),
];

const SETTINGS: &[Field] = &[
    Field::new("enabled").absent(Absent::Bool(false)),
    Field::new("size").disruptive(),
    Field::new("engine").replaces(),
    Field::new("password").shape(Shape::Secret),
    Field::new("seed").create_only(),
];

const SCHEMA: Schema = Schema {
    kind: "Test:Thing",
    fields: &[
        Field::new("name").replaces(),
        Field::new("count").absent(Absent::Int(1)),
        Field::new("flag").absent(Absent::Bool(false)),
        Field::new("zone").absent(Absent::Anything),
        Field::new("version").shape(Shape::VersionPrefix).disruptive(),
        Field::new("hosts").shape(Shape::Set(&Shape::DnsName)),
        Field::new("policy").shape(Shape::Policy).watched(),
        Field::new("attached").shape(Shape::OwnedSet(&Shape::Plain)).exclusive_if("claims"),
        Field::new("rules").shape(Shape::Keyed { key: "id", fields: RULE }),
        Field::new("settings").shape(Shape::Object(SETTINGS)),
        Field::new("logging").shape(Shape::Object(SETTINGS)).watched(),
        Field::new("secret").shape(Shape::Secret),
        Field::new("source").create_only(),
        Field::new("force").delete_option(),
        Field::new("claims").local(),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("arn")],
    ..Schema::BASE
};

fn show(difference: &Difference) -> String {
    let mut out = String::new();
    for it in &difference.changes {
        out += &format!("{}: {} → {} ", it.path, it.before, it.after);
        out += &format!("{:?} {:?} {:?}\n", it.cause, it.change, it.risk);
    }
    for it in &difference.extras {
        out += &format!("added {}: {}\n", it.path, it.value);
    }
    out
}

fn check(wanted: Value, applied: Value, seen: Value, expected: Expect) {
    let given = |value: &Value| (!value.is_null()).then(|| value.clone());
    let (a, s) = (given(&applied), given(&seen));
    expected.assert_eq(&show(&diff(&SCHEMA, &wanted, a.as_ref(), s.as_ref())));
}

/// `null` was applied: unset, which is what AWS says of it.
#[test]
fn what_was_unset_and_still_is_has_not_drifted() {
    for (applied, seen, expected) in [
        (json!({"count": null}), json!({"count": 1}), "count: 1 → 2 Edited InPlace Safe\n"),
        (json!({"count": null}), json!({}), "count: null → 2 Edited InPlace Safe\n"),
        (
            json!({"count": null}),
            json!({"count": 3}),
            "count: 3 → 2 EditedAndDrifted InPlace Safe\n",
        ),
    ] {
        let wanted = json!({"count": 2});
        assert_eq!(show(&diff(&SCHEMA, &wanted, Some(&applied), Some(&seen))), expected);
    }
    let (wanted, applied) = (json!({"zone": "a"}), json!({"zone": null}));
    let picked = json!({"zone": "b"});
    let difference = diff(&SCHEMA, &wanted, Some(&applied), Some(&picked));
    assert_eq!(show(&difference), "zone: \"b\" → \"a\" Edited InPlace Safe\n");
}

#[test]
fn edited_drifted_or_both() {
    check(
        json!({"count": 2}),
        json!({"count": 1}),
        json!({"count": 1}),
        expect![[r#"
        count: 1 → 2 Edited InPlace Safe
    "#]],
    );
    check(
        json!({"count": 2}),
        json!({"count": 2}),
        json!({"count": 3}),
        expect![[r#"
        count: 3 → 2 Drifted InPlace Safe
    "#]],
    );
    check(
        json!({"count": 2}),
        json!({"count": 1}),
        json!({"count": 3}),
        expect![[r#"
        count: 3 → 2 EditedAndDrifted InPlace Safe
    "#]],
    );
    check(json!({"count": 2}), json!({"count": 1}), json!({"count": 2}), expect![[""]]);
    check(
        json!({"count": 2}),
        json!(null),
        json!({"count": 3}),
        expect![[r#"
        count: 3 → 2 Edited InPlace Safe
    "#]],
    );
    check(
        json!({"name": "a"}),
        json!({"name": "b"}),
        json!({"name": "b"}),
        expect![[r#"
        name: "b" → "a" Edited Replace Safe
    "#]],
    );
    check(
        json!({"version": "16"}),
        json!({"version": "16"}),
        json!({"version": "16.4"}),
        expect![[""]],
    );
    check(
        json!({"version": "17"}),
        json!({"version": "16"}),
        json!({"version": "16.4"}),
        expect![[r#"
            version: "16.4" → "17" Edited Disruptive Disruptive
        "#]],
    );
}

#[test]
fn three_kinds_of_nothing() {
    // Never mentioned: whatever is there is AWS's or somebody else's.
    check(json!({}), json!({}), json!({"count": 7, "zone": "a", "name": "x"}), expect![[""]]);
    // Formerly mentioned: unset, unless it is unset already.
    check(
        json!({}),
        json!({"count": 7}),
        json!({"count": 7}),
        expect![[r#"
        count: 7 → null Edited InPlace Safe
    "#]],
    );
    check(json!({}), json!({"count": 7}), json!({"count": 1}), expect![[""]]);
    check(json!({}), json!({"count": 7}), json!({}), expect![[""]]);
    check(json!({}), json!({"zone": "a"}), json!({"zone": "b"}), expect![[""]]);
    // Explicitly none: unset, and kept so.
    check(
        json!({"count": null}),
        json!({"count": 7}),
        json!({"count": 7}),
        expect![[r#"
        count: 7 → null Edited InPlace Safe
    "#]],
    );
    check(
        json!({"count": null}),
        json!({"count": null}),
        json!({"count": 7}),
        expect![[r#"
        count: 7 → null Drifted InPlace Safe
    "#]],
    );
    check(
        json!({"count": null}),
        json!({}),
        json!({"count": 7}),
        expect![[r#"
        count: 7 → null Edited InPlace Safe
    "#]],
    );
    check(json!({"count": null}), json!({}), json!({"count": 1}), expect![[""]]);
    // Unset long ago: what somebody set since is theirs.
    check(json!({}), json!({"count": null}), json!({"count": 7}), expect![[""]]);
}

#[test]
fn defaults_are_as_good_as_nothing() {
    check(json!({"flag": false, "count": 1}), json!(null), json!({}), expect![[""]]);
    check(
        json!({"flag": true}),
        json!({"flag": false}),
        json!({}),
        expect![[r#"
        flag: null → true Edited InPlace Safe
    "#]],
    );
    check(
        json!({"flag": true}),
        json!({"flag": true}),
        json!({}),
        expect![[r#"
        flag: null → true Drifted InPlace Safe
    "#]],
    );
    check(json!({"hosts": []}), json!({"hosts": []}), json!({}), expect![[""]]);
    check(json!({}), json!({"hosts": ["a"]}), json!({"hosts": []}), expect![[""]]);
    check(json!({"settings": {"enabled": false}}), json!({}), json!({}), expect![[""]]);
    check(
        json!({}),
        json!({"settings": {"enabled": true}}),
        json!({"settings": {"enabled": false}}),
        expect![[""]],
    );
}

#[test]
fn what_is_not_there_is_made_with_everything_mentioned() {
    check(
        json!({"name": "a", "flag": false, "force": true, "source": "s", "tags": {"a": "1"},
            "rules": [{"id": "x"}], "settings": {"size": 1}, "secret": {"$secret": "secret"}}),
        json!(null),
        json!(null),
        expect![[r#"
            name: null → "a" Edited Replace Safe
            flag: null → false Edited InPlace Safe
            rules[x]: null → {"id":"x"} Edited InPlace Safe
            settings: null → {"size":1} Edited InPlace Safe
            secret: null → {"$secret":"secret"} Edited InPlace Safe
            source: null → "s" Edited CreateOnly Safe
            force: null → true Edited DeleteOption Safe
            tags.a: null → "1" Edited InPlace Safe
        "#]],
    );
}

#[test]
fn unknown_outputs_count_as_changed() {
    let unknown = || json!({"$ref": {"id": "other", "attribute": "arn"}});
    let before = json!({"name": "a", "attached": ["a"], "tags": {"t": "a"},
        "rules": [{"id": "x", "priority": 1}], "settings": {"size": 1}});
    check(
        json!({"name": unknown(), "attached": [unknown()], "tags": {"t": unknown()},
            "rules": [{"id": "x", "priority": unknown()}, {"id": "y", "priority": unknown()}],
            "settings": {"size": {"$text": ["a", unknown()]}}}),
        before.clone(),
        before,
        expect![[r#"
            name: "a" → {"$ref":{"attribute":"arn","id":"other"}} Unknown Replace Safe
            attached[${other.arn}]: null → {"$ref":{"attribute":"arn","id":"other"}} Unknown InPlace Safe
            attached[a]: "a" → null Edited InPlace Safe
            rules[x].priority: 1 → {"$ref":{"attribute":"arn","id":"other"}} Unknown InPlace Safe
            rules[y]: null → {"id":"y","priority":{"$ref":{"attribute":"arn","id":"other"}}} Unknown InPlace Safe
            settings.size: 1 → {"$text":["a",{"$ref":{"attribute":"arn","id":"other"}}]} Unknown Disruptive Disruptive
            tags.t: "a" → {"$ref":{"attribute":"arn","id":"other"}} Unknown InPlace Safe
        "#]],
    );
}

#[test]
fn sets_of_which_others_own_a_part() {
    let list = |items: &[&str]| json!({"attached": items});
    check(
        list(&["a", "b"]),
        list(&["a"]),
        list(&["a", "x"]),
        expect![[r#"
        attached[b]: null → "b" Edited InPlace Safe
        added attached[x]: "x"
    "#]],
    );
    check(
        list(&["a"]),
        list(&["a", "b"]),
        list(&["b", "x"]),
        expect![[r#"
        attached[a]: null → "a" Drifted InPlace Safe
        attached[b]: "b" → null Edited InPlace Safe
        added attached[x]: "x"
    "#]],
    );
    check(
        json!({}),
        list(&["a"]),
        list(&["a", "x"]),
        expect![[r#"
        attached[a]: "a" → null Edited InPlace Safe
        added attached[x]: "x"
    "#]],
    );
    check(
        json!({"attached": null}),
        list(&["a"]),
        list(&["a", "x"]),
        expect![[r#"
        attached[a]: "a" → null Edited InPlace Safe
        added attached[x]: "x"
    "#]],
    );
    check(
        json!({"attached": ["a"], "claims": true}),
        json!({"attached": ["a"], "claims": true}),
        list(&["a", "x"]),
        expect![[r#"
            attached[x]: "x" → null Drifted InPlace Safe
        "#]],
    );
}

#[test]
fn tags_of_others_stay_and_those_of_aws_are_not_even_shown() {
    check(
        json!({"tags": {"mine": "2", "new": "1"}}),
        json!({"tags": {"mine": "1", "old": "1"}}),
        json!({"tags": {"mine": "1", "old": "1", "theirs": "1", "aws:cloudformation:stack": "s"}}),
        expect![[r#"
            tags.mine: "1" → "2" Edited InPlace Safe
            tags.new: null → "1" Edited InPlace Safe
            tags.old: "1" → null Edited InPlace Safe
            added tags.theirs: "1"
        "#]],
    );
}

#[test]
fn entries_are_told_apart_by_key() {
    check(
        json!({"rules": [{"id": "b", "priority": 2}, {"id": "a", "priority": 1, "targets": ["y", "x"]}, {"id": "c"}]}),
        json!({"rules": [{"id": "a", "priority": 1}, {"id": "b", "priority": 1, "status": "Disabled"}, {"id": "d"}]}),
        json!({"rules": [
            {"id": "a", "priority": 3, "status": "Enabled", "targets": ["x", "y"]},
            {"id": "b", "priority": 1, "status": "Disabled"},
            {"id": "d"}, {"id": "theirs"},
        ]}),
        expect![[r#"
            rules[b].priority: 1 → 2 Edited InPlace Safe
            rules[b].status: "Disabled" → null Edited InPlace Safe
            rules[a].priority: 3 → 1 Drifted InPlace Safe
            rules[c]: null → {"id":"c"} Edited InPlace Safe
            rules[d]: {"id":"d"} → null Edited InPlace Safe
            added rules[theirs]: {"id":"theirs"}
        "#]],
    );
}

#[test]
fn objects_are_compared_part_by_part() {
    check(
        json!({"settings": {"enabled": true, "size": 2, "engine": "b", "seed": 2, "password": {"$secret": "d"}}}),
        json!({"settings": {"enabled": true, "size": 1, "engine": "a", "seed": 1, "password": {"$secret": "d"}}}),
        json!({"settings": {"size": 1, "engine": "a", "extra": 1}}),
        expect![[r#"
            settings.enabled: null → true Drifted InPlace Safe
            settings.size: 1 → 2 Edited Disruptive Disruptive
            settings.engine: "a" → "b" Edited Replace Safe
        "#]],
    );
    // A part that is not mentioned any more, and one that never was.
    check(
        json!({"settings": {"size": 1}}),
        json!({"settings": {"size": 1, "enabled": true}}),
        json!({"settings": {"size": 1, "enabled": true, "engine": "a"}}),
        expect![[r#"
            settings.enabled: true → null Edited InPlace Safe
        "#]],
    );
    check(
        json!({"settings": {"password": {"$secret": "settings.password"}}}),
        json!({"settings": {"password": {"$secret": "d"}}}),
        json!({"settings": {}}),
        expect![[r#"
            settings.password: {"$secret":"d"} → {"$secret":"settings.password"} Edited InPlace Safe
        "#]],
    );
    check(
        json!({"settings": null}),
        json!({"settings": {"size": 1}}),
        json!({"settings": {"size": 1}}),
        expect![[r#"
            settings: {"size":1} → null Edited InPlace Safe
        "#]],
    );
}

#[test]
fn what_is_watched_is_reported_where_others_set_it() {
    check(
        json!({}),
        json!({}),
        json!({"policy": {"Statement": []}, "logging": {"enabled": true}}),
        expect![[r#"
            added policy: {"Statement":[]}
            added logging: {"enabled":true}
        "#]],
    );
    check(json!({}), json!({}), json!({"logging": {"enabled": false}}), expect![[""]]);
}

#[test]
fn what_aws_does_not_have_is_compared_with_what_was_applied() {
    check(
        json!({"force": true, "claims": true, "source": "b", "secret": {"$secret": "secret"}}),
        json!({"force": false, "source": "a", "secret": {"$secret": "digest"}}),
        json!({}),
        expect![[r#"
            secret: {"$secret":"digest"} → {"$secret":"secret"} Edited InPlace Safe
            force: false → true Edited DeleteOption Safe
            claims: null → true Edited Local Safe
        "#]],
    );
    check(
        json!({"force": true, "secret": {"$secret": "d"}}),
        json!({"force": true, "secret": {"$secret": "d"}}),
        json!({}),
        expect![[""]],
    );
}

fn merge(wanted: Value, applied: Value, seen: Value, expected: Expect) {
    let merged = target(&SCHEMA, &wanted, Some(&applied), Some(&seen));
    expected.assert_eq(&format!("{}\n", serde_json::to_string_pretty(&merged).unwrap()));
}

#[test]
fn what_others_own_is_written_back() {
    merge(
        json!({"attached": ["a"], "tags": {"mine": "2"}, "hosts": ["h"],
            "rules": [{"id": "a", "priority": 1}], "settings": {"size": 2}}),
        json!({"attached": ["a", "b"], "tags": {"mine": "1", "old": "1"}, "count": 2,
            "rules": [{"id": "a", "status": "Disabled"}, {"id": "b"}], "settings": {"enabled": true}}),
        json!({"attached": ["b", "x"], "tags": {"old": "1", "theirs": "1"}, "hosts": ["i"],
            "rules": [{"id": "a", "status": "Disabled", "targets": ["t"]}, {"id": "b"}, {"id": "x", "priority": 9}],
            "settings": {"size": 1, "enabled": true, "engine": "e"}, "name": "never mentioned"}),
        expect![[r#"
            {
              "attached": [
                "x",
                "a"
              ],
              "count": null,
              "hosts": [
                "h"
              ],
              "rules": [
                {
                  "id": "x",
                  "priority": 9
                },
                {
                  "id": "a",
                  "priority": 1,
                  "status": null,
                  "targets": [
                    "t"
                  ]
                }
              ],
              "settings": {
                "enabled": null,
                "engine": "e",
                "size": 2
              },
              "tags": {
                "mine": "2",
                "theirs": "1"
              }
            }
        "#]],
    );
}

#[test]
fn a_claim_of_the_whole_drops_others() {
    let all = json!({"attached": ["a"], "claims": true});
    merge(
        all.clone(),
        all,
        json!({"attached": ["a", "x"]}),
        expect![[r#"
        {
          "attached": [
            "a"
          ],
          "claims": true
        }
    "#]],
    );
}
