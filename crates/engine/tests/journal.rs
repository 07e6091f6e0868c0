//! The journal: what may follow what, and what damage does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use bicoastal_engine::fold::merged;
use bicoastal_engine::journal::{decode, encode};
use bicoastal_engine::record::{Begun, Ended, Record};
use bicoastal_engine::state::{Doubt, Key, LookedUp, State, Verb};
use bicoastal_model::{ErrorFacts, OpError, Place};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

fn opened() -> Record {
    Record::Opened { stack: "test".into(), lineage: "f00d".into() }
}

fn begin(op: u64, members: &[(Verb, &str, u32)]) -> Record {
    let place: Place = serde_json::from_value(
        json!({"scope": "spanning", "regions": ["ap-south-1", "eu-west-1", "us-east-1"]}),
    )
    .unwrap();
    let members = members.iter().map(|(verb, id, incarnation)| Begun {
        key: Key::new(*id, *incarnation),
        kind: "Test:Thing".into(),
        place: place.clone(),
        born: (*id).into(),
        token: format!("{id}-{incarnation}").into(),
        physical: None,
        verb: *verb,
        wanted: (*verb != Verb::Delete)
            .then(|| json!({"size": op, "regions": ["us-east-1", "ap-south-1"]}).into()),
        edges: Default::default(),
        protected: *verb != Verb::Delete,
        retained: false,
    });
    Record::Begin { op, members: members.collect() }
}

fn present() -> Ended {
    Ended::Present { physical: "arn".into(), outputs: [("arn", "arn")].into() }
}

fn not_begun() -> Ended {
    Ended::NotBegun(OpError::NotSent(ErrorFacts::default()))
}

fn failed() -> Ended {
    Ended::Failed(OpError::NotSent(ErrorFacts::default()))
}

fn end(op: u64, results: &[Ended]) -> Record {
    Record::End { op, results: results.to_vec(), at_ms: None }
}

fn noted(key: Key) -> Record {
    Record::Noted {
        key,
        physical: Some("noted".into()),
        applied: json!({"size": 9}).into(),
        outputs: Default::default(),
        edges: ["other".into()].into(),
        protected: false,
        retained: true,
    }
}

fn moved(from: &str, to: &str) -> Record {
    Record::Moved { from: from.into(), to: to.into() }
}

fn superseded(id: &str) -> Record {
    Record::Superseded { key: Key::new(id, 1) }
}

/// The state after these entries, a line per thing; or what is wrong with them.
fn folded(records: &[Record]) -> String {
    let mut state = State::empty("test", "f00d");
    for record in records {
        let before = state.clone();
        if let Err(illegal) = state.fold(record) {
            assert_eq!(state, before, "nothing is changed by what is refused");
            return format!("{}: {}: {}", illegal.position, illegal.entry, illegal.why);
        }
        assert_eq!(state.generation, before.generation + 1);
    }
    let mut lines = Vec::new();
    for (key, entry) in &state.entries {
        let doubt = match &entry.doubt {
            Some(Doubt { op, verb, .. }) => format!(" {verb:?} {op} in doubt"),
            None => String::new(),
        };
        let applied = entry.applied.as_ref().map(|it| it["size"].clone()).unwrap_or_default();
        let flags = [
            (entry.superseded, " superseded"),
            (entry.protected, " protected"),
            (entry.retained, " retained"),
        ];
        let flags: String = flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        let place = entry.place.label();
        lines.push(format!("{key} size {applied} in {place}{doubt}{flags}"));
    }
    lines.extend(state.retired.iter().map(|(id, last)| format!("{id}#{last} is gone")));
    lines.join("\n")
}

fn check(records: &[Record], expected: Expect) {
    let all: Vec<Record> = std::iter::once(opened()).chain(records.iter().cloned()).collect();
    expected.assert_eq(&folded(&all));
}

#[test]
fn a_life() {
    use Verb::{Create, Delete, Update};
    let mut life = vec![begin(1, &[(Create, "a", 1), (Create, "b", 1)])];
    check(
        &life,
        expect![[r#"
        a#1 size null in ap-south-1+eu-west-1+us-east-1 Create 1 in doubt protected
        b#1 size null in ap-south-1+eu-west-1+us-east-1 Create 1 in doubt protected"#]],
    );
    life.push(end(1, &[present(), failed()]));
    check(
        &life,
        expect![[r#"
        a#1 size 1 in ap-south-1+us-east-1 protected
        b#1 size null in ap-south-1+eu-west-1+us-east-1 Create 0 in doubt protected"#]],
    );
    life.extend([begin(2, &[(Update, "b", 1)]), end(2, &[present()])]);
    check(
        &life,
        expect![[r#"
        a#1 size 1 in ap-south-1+us-east-1 protected
        b#1 size 2 in ap-south-1+us-east-1 protected"#]],
    );
    life.extend([begin(3, &[(Create, "a", 2)]), end(3, &[present()]), superseded("a")]);
    check(
        &life,
        expect![[r#"
        a#1 size 1 in ap-south-1+us-east-1 superseded protected
        a#2 size 3 in ap-south-1+us-east-1 protected
        b#1 size 2 in ap-south-1+us-east-1 protected"#]],
    );
    life.extend([
        begin(4, &[(Delete, "a", 1), (Delete, "b", 1)]),
        end(4, &[Ended::Gone, failed()]),
    ]);
    check(
        &life,
        expect![[r#"
        a#2 size 3 in ap-south-1+us-east-1 protected
        b#1 size 2 in ap-south-1+eu-west-1+us-east-1 Delete 0 in doubt protected
        a#1 is gone"#]],
    );
    life.extend([moved("a", "c"), noted(Key::new("c", 2))]);
    check(
        &life,
        expect![[r#"
        b#1 size 2 in ap-south-1+eu-west-1+us-east-1 Delete 0 in doubt protected
        c#2 size 9 in ap-south-1+us-east-1 retained
        c#1 is gone"#]],
    );
    life.push(Record::Forgotten { key: Key::new("b", 1), reason: "it is gone".into() });
    check(
        &life,
        expect![[r#"
        c#2 size 9 in ap-south-1+us-east-1 retained
        b#1 is gone
        c#1 is gone"#]],
    );
    life.push(Record::Protected { id: "c".into(), protected: true });
    check(
        &life,
        expect![[r#"
        c#2 size 9 in ap-south-1+us-east-1 protected retained
        b#1 is gone
        c#1 is gone"#]],
    );
}

#[test]
fn what_was_not_begun_is_as_it_was_before() {
    use Verb::{Adopt, Create, Delete, Update};
    check(&[begin(1, &[(Create, "a", 1)]), end(1, &[not_begun()])], expect![[""]]);
    check(&[begin(1, &[(Adopt, "a", 1)]), end(1, &[not_begun()])], expect![[""]]);
    let made = [begin(1, &[(Create, "a", 1)]), end(1, &[present()])];
    for verb in [Update, Delete] {
        let mut records = made.to_vec();
        records.extend([begin(2, &[(verb, "a", 1)]), end(2, &[not_begun()])]);
        check(&records, expect!["a#1 size 1 in ap-south-1+eu-west-1+us-east-1 protected"]);
    }
}

#[test]
fn what_was_never_ours_leaves_nothing_behind() {
    for (ended, expected) in [
        (Ended::Gone, expect!["a#1 is gone"]),
        (failed(), expect!["a#1 is gone"]),
        (not_begun(), expect![""]),
    ] {
        check(&[begin(1, &[(Verb::Delete, "a", 1)]), end(1, &[ended])], expected);
    }
}

#[test]
fn what_cannot_have_happened_is_refused_with_its_position() {
    use Verb::{Create, Delete, Update};
    let made = || vec![begin(1, &[(Create, "a", 1)]), end(1, &[present()])];
    let then = |more: &[Record]| -> Vec<Record> {
        let mut all = vec![opened()];
        all.extend(made());
        all.extend_from_slice(more);
        all
    };
    let edited = |edit: fn(&mut Begun)| -> Record {
        let mut record = begin(2, &[(Update, "a", 1)]);
        if let Record::Begin { members, .. } = &mut record {
            members.iter_mut().for_each(edit);
        }
        record
    };
    let other = Record::Opened { stack: "other".into(), lineage: "f00d".into() };
    let another = Record::Opened { stack: "test".into(), lineage: "beef".into() };
    let named = |op| Record::Named { op, key: Key::new("a", 1), physical: "id".into() };
    let account = |number: &str| Record::Account { name: "".into(), number: number.into() };
    let forgotten = Record::Forgotten { key: Key::new("a", 1), reason: "".into() };
    let twice = [(Create, "b", 1), (Create, "b", 1)];
    let all: Vec<Vec<Record>> = vec![
        vec![account("1")],
        vec![other],
        vec![another],
        vec![opened(), opened()],
        then(&[account("1"), account("2")]),
        then(&[begin(1, &[(Update, "a", 1)])]),
        then(&[begin(2, &[])]),
        then(&[begin(2, &twice)]),
        then(&[begin(2, &[(Create, "c", 1), (Create, "b", 1)])]),
        then(&[begin(2, &[(Create, "a", 1)])]),
        then(&[begin(2, &[(Update, "b", 1)])]),
        then(&[edited(|it| it.kind = "Test:Other".into())]),
        then(&[edited(|it| it.token = "other".into())]),
        then(&[edited(|it| it.wanted = None)]),
        then(&[superseded("a"), begin(2, &[(Update, "a", 1)])]),
        then(&[superseded("a"), superseded("a")]),
        then(&[superseded("a"), noted(Key::new("a", 1))]),
        then(&[
            begin(2, &[(Delete, "a", 1)]),
            end(2, &[Ended::Gone]),
            begin(3, &[(Create, "a", 1)]),
        ]),
        then(&[end(1, &[present()])]),
        then(&[end(0, &[present()])]),
        then(&[end(7, &[present()])]),
        then(&[begin(2, &[(Update, "a", 1)]), end(2, &[])]),
        then(&[begin(2, &[(Update, "a", 1)]), end(2, &[Ended::Gone])]),
        then(&[begin(2, &[(Delete, "a", 1)]), end(2, &[present()])]),
        then(&[begin(2, &[(Delete, "a", 1)]), end(2, &[failed()]), end(2, &[Ended::Gone])]),
        vec![opened(), begin(1, &[(Create, "a", 1)]), named(1), end(1, &[not_begun()])],
        then(&[named(1)]),
        then(&[forgotten.clone(), forgotten]),
        then(&[moved("b", "c")]),
        then(&[begin(2, &[(Create, "b", 1)]), moved("a", "b")]),
        then(&[Record::Protected { id: "b".into(), protected: true }]),
    ];
    let all: Vec<String> = all.iter().map(|records| folded(records)).collect();
    expect![[r#"
        1: account: a journal opens with whose it is
        1: opened: it is the journal of stack 'other', not of 'test'
        1: opened: its lineage is beef, not f00d
        2: opened: the journal is open already
        5: account: account '' is bound to 1, not to 2
        4: begin: operation 1 comes after operation 1
        4: begin: operation 2 is about nothing
        4: begin: the members of operation 2 are not in the order of their keys
        4: begin: the members of operation 2 are not in the order of their keys
        4: begin: a#1 is there already
        4: begin: b#1 is not recorded
        4: begin: a#1 is a Test:Thing, not a Test:Other
        4: begin: a#1 has another token
        4: begin: what is wanted of a#1 does not fit what is done to it
        5: begin: a#1 is superseded
        5: superseded: a#1 is superseded already
        5: noted: a#1 is superseded
        6: begin: incarnation 1 of a is gone for good
        4: end: operation 1 is not under way
        4: end: operation 0 is not under way
        4: end: operation 7 is not under way
        5: end: operation 2 is about 1 things and has 0 results
        5: end: a#1 can't end as gone
        5: end: a#1 can't end as present
        6: end: operation 2 is not under way
        4: end: a#1 can't end as not begun
        4: named: operation 1 is not under way on a#1
        5: forgotten: a#1 is not recorded
        4: moved: b is not recorded
        5: moved: b is recorded already
        4: protected: b is not recorded"#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn what_is_superseded_comes_back_and_an_account_stays_what_it_is() {
    use Verb::{Create, Update};
    let made = [begin(1, &[(Create, "a", 1)]), end(1, &[present()])];
    let restored = || Record::Restored { key: Key::new("a", 1) };
    let account = |number: &str| Record::Account { name: String::new(), number: number.into() };
    let with = |more: &[Record]| [&made, more].concat();
    check(
        &with(&[superseded("a"), restored()]),
        expect!["a#1 size 1 in ap-south-1+us-east-1 protected"],
    );
    check(&with(&[restored()]), expect!["4: restored: a#1 is not superseded"]);
    check(
        &with(&[superseded("a"), superseded("a")]),
        expect!["5: superseded: a#1 is superseded already"],
    );
    check(
        &with(&[account("1"), account("1")]),
        expect!["a#1 size 1 in ap-south-1+us-east-1 protected"],
    );
    check(
        &with(&[account("1"), account("2")]),
        expect!["5: account: account '' is bound to 1, not to 2"],
    );
    // An update that did not end is no reason to make it again.
    check(
        &with(&[begin(2, &[(Update, "a", 1)]), begin(3, &[(Create, "a", 1)])]),
        expect!["5: begin: a#1 is there already"],
    );
    // Never made, and not in doubt any more: noted by a plan that saw it.
    let unmade =
        [begin(1, &[(Create, "a", 1)]), noted(Key::new("a", 1)), begin(2, &[(Create, "a", 1)])];
    check(&unmade, expect!["4: begin: a#1 is there already"]);
}

#[test]
fn flags_that_are_off_are_not_written() {
    let mut state = State::empty("test", "f00d");
    for record in [opened(), begin(1, &[(Verb::Create, "a", 1)]), end(1, &[present()])] {
        state.fold(&record).unwrap();
    }
    let written = serde_json::to_value(&state).unwrap();
    let text = written.to_string();
    assert!(text.contains("\"protected\":true"), "{text}");
    assert!(!text.contains("retained") && !text.contains("superseded"), "{text}");
    let again: State = serde_json::from_value(written).unwrap();
    assert_eq!(again, state);
}

#[test]
fn what_was_about_to_be_set_counts_as_mentioned() {
    let listed =
        |secret: &str| json!({"list": [{"n": 1, "password": {"$secret": secret}}, {"n": 2}]});
    let cases = [
        (json!({"a": 1, "b": 2}), json!({"a": 3, "c": 4})),
        (json!({"regions": ["eu", "us"]}), json!({"regions": ["ap", "us"]})),
        (json!({"tags": {"x": "1", "y": "2"}}), json!({"tags": {"x": "3"}})),
        (json!({"password": {"$secret": "old"}}), json!({"password": {"$secret": "new"}})),
        (json!({"password": {"$secret": "same"}}), json!({"password": {"$secret": "same"}})),
        (json!({}), json!({"password": {"$secret": "new"}})),
        (json!({"password": {"$secret": "old"}}), json!({"a": 1})),
        (listed("old"), listed("new")),
        (listed("same"), json!({"list": [{"n": 2, "password": {"$secret": "same"}}]})),
        (json!({"a": [1]}), json!({"a": null})),
    ];
    let all = cases.map(|(applied, about)| merged(&applied.into(), &about.into()).to_string());
    expect![[r#"
        {"a":3,"b":2,"c":4}
        {"regions":["ap","us","eu"]}
        {"tags":{"x":"3","y":"2"}}
        {"password":{"$secret":"in doubt"}}
        {"password":{"$secret":"same"}}
        {"password":{"$secret":"in doubt"}}
        {"a":1,"password":{"$secret":"in doubt"}}
        {"list":[{"n":1,"password":{"$secret":"in doubt"}},{"n":2},{"n":1,"password":{"$secret":"in doubt"}}]}
        {"list":[{"n":2,"password":{"$secret":"same"}},{"n":1,"password":{"$secret":"same"}},{"n":2}]}
        {"a":null}"#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn a_doubt_that_is_followed_by_another_is_not_forgotten() {
    use Verb::{Create, Update};
    let mut state = State::empty("test", "f00d");
    let records = [opened(), begin(1, &[(Create, "a", 1)]), end(1, &[failed()])];
    records.iter().for_each(|record| state.fold(record).unwrap());
    // It was there after all, and is changed; nobody knows how far that came either.
    state.fold(&begin(2, &[(Update, "a", 1)])).unwrap();
    let entry = &state.entries[&Key::new("a", 1)];
    assert_eq!(entry.applied.as_ref().unwrap()["size"], json!(1));
    assert_eq!(entry.base().unwrap()["size"], json!(2));
}

#[test]
fn a_move_takes_references_and_the_past_along() {
    let mut state = State::empty("test", "f00d");
    let records = [
        opened(),
        begin(1, &[(Verb::Create, "a", 1), (Verb::Create, "other", 1)]),
        end(1, &[present(), present()]),
        begin(2, &[(Verb::Create, "a", 2)]),
        end(2, &[present()]),
        superseded("a"),
        begin(3, &[(Verb::Delete, "other", 1)]),
        end(3, &[Ended::Gone]),
        noted(Key::new("a", 2)),
        Record::LookedUp {
            id: "zone".into(),
            found: Some(LookedUp { kind: "Test:Zone".into(), outputs: Default::default() }),
        },
        Record::Exports { exports: vec![("url".into(), json!("https://"))] },
        begin(4, &[(Verb::Create, "other", 2)]),
        end(4, &[present()]),
        moved("other", "new"),
    ];
    records.iter().for_each(|record| state.fold(record).unwrap());
    assert_eq!(state.entries[&Key::new("a", 2)].edges, ["new".into()].into());
    assert_eq!(state.entries[&Key::new("new", 2)].born, "other".into());
    assert_eq!(state.retired, BTreeMap::from([("new".into(), 1)]));
    assert_eq!((state.lookups.len(), state.exports.len()), (1, 1));
    assert_eq!(state.current(&"a".into()).map(|(key, _)| key.incarnation), Some(2));
}

fn journal() -> Vec<Record> {
    use Verb::{Create, Delete};
    vec![
        opened(),
        Record::Account { name: "".into(), number: "123456789012".into() },
        begin(1, &[(Create, "a", 1), (Create, "b", 1)]),
        Record::Named { op: 1, key: Key::new("a", 1), physical: "id\nwith a line".into() },
        end(1, &[present(), failed()]),
        begin(2, &[(Delete, "a", 1)]),
        end(2, &[Ended::Gone]),
    ]
}

fn bytes(records: &[Record]) -> String {
    records.iter().enumerate().map(|(at, it)| encode(at as u64 + 1, it)).collect()
}

#[test]
fn lines_are_numbered_and_checked() {
    expect![[r#"
        2ceb733dd74c9155 1 {"opened":{"stack":"test","lineage":"f00d"}}
        8a0f7a4314fa1477 2 {"account":{"name":"","number":"123456789012"}}
    "#]]
    .assert_eq(&bytes(&journal()[..2]));
    let decoded = decode(bytes(&journal()).as_bytes()).unwrap();
    assert_eq!((decoded.torn_tail, decoded.bytes_good), (false, bytes(&journal()).len()));
    let records: Vec<Record> = decoded.records.into_iter().map(|(_, record)| record).collect();
    assert_eq!(records, journal());
}

#[test]
fn a_line_that_is_not_what_was_written_is_damage() {
    let good = bytes(&journal());
    let lines: Vec<&str> = good.split_inclusive('\n').collect();
    let unknown = r#"3 {"invented":{}}"#;
    let all = [
        good.replacen("123456789012", "123456789013", 1),
        good.replacen("\"op\":1", "\"op\":2", 1),
        [lines[0], lines[2]].concat(),
        [lines[0], lines[1], lines[1]].concat(),
        [lines[0], "\n", lines[1]].concat(),
        [lines[0], "no more than words\n"].concat(),
        [lines[0], "\u{0}\u{0}\n", lines[1]].concat(),
        [lines[0], lines[1], &format!("{}\n", unknown)].concat(),
    ];
    let all: Vec<String> = all
        .iter()
        .map(|text| {
            let damaged = decode(text.as_bytes()).unwrap_err();
            format!("{}: {}", damaged.line, damaged.why)
        })
        .collect();
    expect![[r#"
        2: its check sum does not fit
        3: its check sum does not fit
        2: it has number 3 and follows number 1
        3: it has number 2 and follows number 2
        2: it has no check sum
        2: its check sum does not fit
        2: it has no check sum
        3: its check sum does not fit"#]]
    .assert_eq(&all.join("\n"));
    let whole = decode(b"words\n").unwrap_err().to_string();
    expect![[r#"
        line 1 of the journal is damaged: it has no check sum
          hint: restore the journal from a copy; the lines before it are good"#]]
    .assert_eq(&whole);
    let text = decode(&[0xff, b'\n']).unwrap_err();
    assert_eq!(text.why, "it is not text");
}

#[test]
fn a_snapshot_takes_up_a_journal_where_it_was_made() {
    let numbered = decode(bytes(&journal()).as_bytes()).unwrap().records;
    let mut whole = State::empty("test", "f00d");
    whole.replay(&numbered).unwrap();
    let mut half = State::empty("test", "f00d");
    half.replay(&numbered[..3]).unwrap();
    let mut late = half.clone();
    half.replay(&numbered).unwrap();
    assert_eq!(half, whole);
    assert_eq!(
        late.replay(&numbered[4..]).unwrap_err().why,
        "entry 4 is missing",
        "a gap is not passed over"
    );
    let saved: State = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
    assert_eq!(saved, whole);
}

proptest! {
    /// A write that is cut short loses what nobody relied on, and nothing else.
    #[test]
    fn a_torn_tail_is_dropped(cut in 0usize..2000) {
        let good = bytes(&journal());
        let cut = cut.min(good.len());
        let decoded = decode(&good.as_bytes()[..cut]).unwrap();
        let whole = good[..cut].matches('\n').count();
        prop_assert_eq!(decoded.records.len(), whole);
        prop_assert_eq!(decoded.torn_tail, !good[..cut].is_empty() && !good[..cut].ends_with('\n'));
        prop_assert_eq!(decoded.bytes_good, good[..cut].rfind('\n').map_or(0, |at| at + 1));
    }

    /// A byte that changes is noticed, wherever it is.
    #[test]
    fn no_byte_changes_unnoticed(at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let good = bytes(&journal());
        let at = at.index(good.len());
        let mut bad = good.clone().into_bytes();
        prop_assume!(bad[at] != to);
        bad[at] = to;
        match decode(&bad) {
            Err(_) => {}
            // Only where the last line lost its end.
            Ok(decoded) => {
                prop_assert_eq!(at, good.len() - 1);
                prop_assert!(decoded.torn_tail);
            }
        }
    }
}

/// When a run last left something there: what took something away, and what says no time, is no word
/// of that.
#[test]
fn the_last_time_that_something_was_left_there_is_known() {
    let mut state = State::empty("test", "f00d");
    state.fold(&opened()).unwrap();
    let mut known = Vec::new();
    for (op, (verb, ended, at_ms)) in (1..).zip([
        (Verb::Create, not_begun(), Some(3)),
        (Verb::Create, present(), Some(5)),
        (Verb::Update, present(), None),
        (Verb::Update, failed(), Some(8)),
        (Verb::Delete, Ended::Gone, Some(9)),
    ]) {
        state.fold(&begin(op, &[(verb, "thing", 1)])).unwrap();
        state.fold(&Record::End { op, results: vec![ended], at_ms }).unwrap();
        known.push(state.changed_ms);
    }
    assert_eq!(known, [None, Some(5), Some(5), Some(5), Some(5)]);
}
