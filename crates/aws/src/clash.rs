//! What is found and is not the thing that is meant: told, and left alone.

use bicoastal_model::diff::diff;
use bicoastal_model::{
    Claim, ErrorFacts, Goal, Member, Objection, OpError, Resource, Retry, Schema, Snapshot,
};

use crate::kind::Turn;

/// The turn of one member, unless what is there is another's.
///
/// `answers_twins` is what [`crate::kind::Kind::answers_twins`] says.
pub(crate) fn turn<'a, R: Resource>(
    member: &'a Member,
    answers_twins: bool,
    seen: Option<&'a Snapshot>,
) -> Result<Turn<'a, R>, OpError> {
    let claim = proved(member, answers_twins);
    if let Some(clash) = seen.and_then(|seen| clash(R::SCHEMA, member, claim, seen)) {
        return Err(clash);
    }
    Turn::new(&member.target, &member.goal, seen).map_err(|message| refusal(message, ""))
}

/// What is claimed of a thing: that a create was answered is no proof where it might have been
/// answered with another's.
fn proved(member: &Member, answers_twins: bool) -> Claim {
    match (member.claim, &member.goal) {
        (Claim::Made, Goal::Present { applied: None, .. }) if answers_twins => Claim::InDoubt,
        (claim, _) => claim,
    }
}

/// The refusal of what is there and not covered by the claim.
fn clash(schema: &Schema, member: &Member, claim: Claim, seen: &Snapshot) -> Option<OpError> {
    let (Goal::Present { wanted: meant, .. } | Goal::Absent { applied: meant, .. }) = &member.goal;
    let as_wanted = || diff(schema, meant, Some(meant), Some(&seen.props)).changes.is_empty();
    let objection = claim.objection(&seen.ownership, schema.has_tags(), as_wanted)?;
    let (id, physical) = (&member.target.id, &seen.physical);
    let why = match &objection {
        Objection::Anothers(whose) => whose,
        Objection::Unmarked | Objection::UnmarkedYet => "it bears no mark of this stack",
        Objection::NotAsWanted => "it is not what was being created",
    };
    let mut error = match &member.goal {
        Goal::Present { .. } => refusal(
            format!("{id} already exists as {physical} and is not ours: {why}"),
            &format!(
                "adopt it with stack.adopt(&…, \"{physical}\"), or give this one another name"
            ),
        ),
        Goal::Absent { .. } => refusal(
            format!("{physical} is there, where {id} was, and is not ours: {why}"),
            "plan again: it is left alone",
        ),
    };
    if let (Objection::UnmarkedYet, OpError::Refused { retry, .. }) = (&objection, &mut error) {
        // The mark of what was just made may not be visible yet.
        *retry = Retry::NotYet;
    }
    Some(error)
}

/// A refusal that is not AWS's words.
pub(crate) fn refusal(message: impl Into<String>, hint: &str) -> OpError {
    OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            message: message.into(),
            hint: (!hint.is_empty()).then(|| hint.to_owned()),
            ..ErrorFacts::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bicoastal_model::{Field, Memory, Ownership, Place, ScopeKind, Status, Target};
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::*;

    /// Bears a mark from its creation on.
    const MARKED: Schema = Schema {
        kind: "Test:Marked",
        fields: &[Field::new("size"), Field::tags()],
        ..Schema::BASE
    };
    /// Can bear none.
    const BARE: Schema =
        Schema { kind: "Test:Bare", fields: &[Field::new("size")], ..Schema::BASE };

    fn target(schema: &Schema) -> Target {
        Target {
            id: "thing".into(),
            kind: schema.kind.to_owned(),
            place: Place { account: None, scope: ScopeKind::Global, regions: Vec::new() },
            incarnation: 1,
            token: "token".to_owned(),
            physical: None,
            props: Value::Null.into(),
            tags: BTreeMap::new(),
        }
    }

    fn said(schema: &Schema, goal: &Goal, claim: Claim, found: &Ownership, size: u8) -> String {
        let target = target(schema);
        let seen = Snapshot {
            physical: "a-name".to_owned(),
            props: json!({ "size": size }),
            outputs: BTreeMap::new(),
            status: Status::Ready,
            ownership: found.clone(),
            children: Vec::new(),
            facts: BTreeMap::new(),
        };
        let (goal, memory) = (goal.clone(), Memory::default());
        match clash(schema, &Member { target, goal, claim, memory }, claim, &seen) {
            None => "ours".to_owned(),
            Some(OpError::Refused { retry, facts }) => {
                format!("{retry:?}: {} ({})", facts.message, facts.hint.unwrap_or_default())
            }
            Some(other) => format!("{other:?}"),
        }
    }

    /// What is said of something of size 1, for every claim and every mark.
    fn check(schema: &Schema, goal: &Goal, size: u8, expected: Expect) {
        let mut lines = String::new();
        for found in [Ownership::Ours, Ownership::Unmarked, Ownership::Foreign("b's".to_owned())] {
            for claim in [Claim::Unmade, Claim::InDoubt, Claim::Made, Claim::Adopted] {
                let said = said(schema, goal, claim, &found, size);
                if said != "ours" {
                    lines += &format!("{found:?}, {claim:?}: {said}\n");
                }
            }
        }
        expected.assert_eq(&lines);
    }

    #[test]
    fn only_what_is_provably_ours_is_taken_for_it() {
        let present = Goal::Present { wanted: json!({"size": 1}), applied: None };
        let absent = Goal::Absent { applied: json!({"size": 1}), lift_guards: false };
        check(
            &MARKED,
            &present,
            1,
            expect![[r#"
            Unmarked, Unmade: Never: thing already exists as a-name and is not ours: it bears no mark of this stack (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Unmarked, InDoubt: NotYet: thing already exists as a-name and is not ours: it bears no mark of this stack (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), Unmade: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), InDoubt: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), Made: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
        "#]],
        );
        // It can bear no mark: after a doubt it is what is as wanted.
        check(
            &BARE,
            &present,
            1,
            expect![[r#"
            Unmarked, Unmade: Never: thing already exists as a-name and is not ours: it bears no mark of this stack (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), Unmade: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), InDoubt: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), Made: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
        "#]],
        );
        check(
            &BARE,
            &present,
            2,
            expect![[r#"
            Unmarked, Unmade: Never: thing already exists as a-name and is not ours: it bears no mark of this stack (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Unmarked, InDoubt: Never: thing already exists as a-name and is not ours: it is not what was being created (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), Unmade: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), InDoubt: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
            Foreign("b's"), Made: Never: thing already exists as a-name and is not ours: b's (adopt it with stack.adopt(&…, "a-name"), or give this one another name)
        "#]],
        );
        // Nobody else's is deleted.
        check(
            &MARKED,
            &absent,
            1,
            expect![[r#"
            Unmarked, Unmade: Never: a-name is there, where thing was, and is not ours: it bears no mark of this stack (plan again: it is left alone)
            Unmarked, InDoubt: NotYet: a-name is there, where thing was, and is not ours: it bears no mark of this stack (plan again: it is left alone)
            Foreign("b's"), Unmade: Never: a-name is there, where thing was, and is not ours: b's (plan again: it is left alone)
            Foreign("b's"), InDoubt: Never: a-name is there, where thing was, and is not ours: b's (plan again: it is left alone)
            Foreign("b's"), Made: Never: a-name is there, where thing was, and is not ours: b's (plan again: it is left alone)
        "#]],
        );
        check(
            &BARE,
            &absent,
            2,
            expect![[r#"
            Unmarked, Unmade: Never: a-name is there, where thing was, and is not ours: it bears no mark of this stack (plan again: it is left alone)
            Unmarked, InDoubt: Never: a-name is there, where thing was, and is not ours: it is not what was being created (plan again: it is left alone)
            Foreign("b's"), Unmade: Never: a-name is there, where thing was, and is not ours: b's (plan again: it is left alone)
            Foreign("b's"), InDoubt: Never: a-name is there, where thing was, and is not ours: b's (plan again: it is left alone)
            Foreign("b's"), Made: Never: a-name is there, where thing was, and is not ours: b's (plan again: it is left alone)
        "#]],
        );
    }

    #[test]
    fn an_answer_that_might_be_about_anothers_proves_nothing() {
        let creating = Goal::Present { wanted: json!({}), applied: None };
        let changing = Goal::Present { wanted: json!({}), applied: Some(json!({})) };
        let deleting = Goal::Absent { applied: json!({}), lift_guards: false };
        let mut lines = String::new();
        for (name, goal) in [("create", creating), ("change", changing), ("delete", deleting)] {
            for claim in [Claim::Unmade, Claim::InDoubt, Claim::Made, Claim::Adopted] {
                let (target, memory) = (target(&MARKED), Memory::default());
                let member = Member { target, goal: goal.clone(), claim, memory };
                let (refused, answered) = (proved(&member, false), proved(&member, true));
                assert_eq!(refused, claim);
                if answered != claim {
                    lines += &format!("{name}: {claim:?} is {answered:?}\n");
                }
            }
        }
        expect![[r#"
            create: Made is InDoubt
        "#]]
        .assert_eq(&lines);
    }
}
