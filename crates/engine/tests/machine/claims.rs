//! What may be taken for a thing, turn by turn: by what our calls can have done so far.

use bicoastal_engine::machine::Step;
use bicoastal_engine::record::{Begun, Record};
use bicoastal_engine::state::{Key, State, Verb, token};
use bicoastal_model::{Claim, Retry};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::cloud::{Cloud, Fault, Planned, THING, opened, us_east_1};

/// The claims of each turn of one operation, of which the first calls meet these faults.
fn claims(state: &State, verb: Verb, adopt: bool, faults: &[Option<Fault>]) -> String {
    let mut plan = Planned::of(state);
    let mut member = plan.member(verb, "it", json!({"name": "a", "size": 1}));
    member.adopt = adopt;
    member.applied = state.entries.get(&member.key).and_then(|it| it.base());
    if verb == Verb::Delete {
        member.applied = Some(json!({"name": "a", "size": 1}).into());
    }
    let token = member.token.clone();
    plan.op(vec![member], &[]);
    let mut execution = plan.execution(state, Default::default()).unwrap();
    let mut cloud = Cloud { faults: faults.iter().cloned().collect(), ..Cloud::default() };
    if verb == Verb::Delete || verb == Verb::Adopt {
        cloud.put(&token, "it-0", json!({"name": "a"}));
    }
    let mut claims: Vec<Claim> = Vec::new();
    loop {
        match execution.next() {
            Step::Record(records) => execution.recorded(records.last().unwrap().0),
            Step::Turn { op, operation, .. } => {
                claims.extend(operation.members.iter().map(|it| it.claim));
                execution.answered(op, cloud.advance(&operation));
            }
            Step::Finished => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(execution.report().is_done(), "{:?}", execution.report());
    claims.iter().map(|claim| format!("{claim:?}")).collect::<Vec<_>>().join(" ")
}

/// A state that has begun to make it, and no more.
pub(crate) fn unborn(physical: Option<&str>) -> State {
    let mut state = opened();
    let key = Key::new("it", 1);
    let begun = Begun {
        key: key.clone(),
        kind: THING.kind.into(),
        place: us_east_1(),
        born: key.id.clone(),
        token: token(&state.lineage, &key.id, 1).into(),
        physical: None,
        verb: Verb::Create,
        wanted: Some(json!({"name": "a", "size": 1}).into()),
        edges: Default::default(),
        protected: false,
        retained: false,
    };
    state.fold(&Record::Begin { op: 1, members: vec![begun] }).unwrap();
    if let Some(physical) = physical {
        state.fold(&Record::Named { op: 1, key, physical: physical.to_owned() }).unwrap();
    }
    state
}

pub(crate) fn recorded() -> State {
    let mut state = unborn(None);
    let present = json!({"present": {"physical": "it-0", "outputs": {}}});
    let results: Value = json!({"end": {"op": 1, "results": [present]}});
    state.fold(&serde_json::from_value(results).unwrap()).unwrap();
    state
}

#[test]
fn a_claim_grows_with_what_calls_can_have_done() {
    use Fault::{AnswerLost, CallLost, NotSent, Refused, Waiting};
    let check = |said: &str, all: String, expected: Expect| {
        expected.assert_eq(&format!("{said}: {all}"));
    };
    let create = |faults: &[Option<Fault>]| claims(&opened(), Verb::Create, false, faults);
    check("accepted", create(&[]), expect!["accepted: Unmade Made Made"]);
    check("not sent", create(&[Some(NotSent)]), expect!["not sent: Unmade Unmade Made Made"]);
    check(
        "refused",
        create(&[Some(Refused(Retry::Throttled))]),
        expect!["refused: Unmade Unmade Made Made"],
    );
    check("waiting", create(&[Some(Waiting)]), expect!["waiting: Unmade Unmade Made Made"]);
    check(
        "never arrived",
        create(&[Some(CallLost)]),
        expect!["never arrived: Unmade InDoubt Made Made"],
    );
    check("no answer", create(&[Some(AnswerLost)]), expect!["no answer: Unmade InDoubt Made"]);
    check(
        "no answer, refused",
        create(&[Some(CallLost), Some(Refused(Retry::Busy))]),
        expect!["no answer, refused: Unmade InDoubt InDoubt Made Made"],
    );
    check(
        "no answer to the second",
        create(&[None, Some(CallLost)]),
        expect!["no answer to the second: Unmade Made Made Made"],
    );
    let state = unborn(None);
    check(
        "begun by another run",
        claims(&state, Verb::Create, false, &[]),
        expect!["begun by another run: InDoubt Made Made"],
    );
    let state = unborn(Some("it-0"));
    check(
        "named by another run",
        claims(&state, Verb::Create, false, &[]),
        expect!["named by another run: Made Made Made"],
    );
    check(
        "adopted",
        claims(&opened(), Verb::Adopt, true, &[Some(CallLost)]),
        expect!["adopted: Adopted Adopted Adopted"],
    );
    check(
        "a stranger's delete",
        claims(&opened(), Verb::Delete, true, &[]),
        expect!["a stranger's delete: Adopted Adopted"],
    );
    let state = recorded();
    check(
        "recorded",
        claims(&state, Verb::Update, false, &[Some(CallLost)]),
        expect!["recorded: Made Made Made Made"],
    );
    check(
        "its delete",
        claims(&state, Verb::Delete, false, &[Some(AnswerLost)]),
        expect!["its delete: Made Made"],
    );
}
