//! What is too early to be believed: AWS may not show yet what was made or changed moments ago.
//!
//! A plan that believed it would make the thing a second time, or forget it where it is to be
//! deleted; replace what has just been replaced; or take for removed what has just been set.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bicoastal_model::diff::{Cause, diff};
use bicoastal_model::schema::Change;
use bicoastal_model::{Catalog, Declared, Desired, Packed, Region};

use crate::observe::{Look, Thing};
use crate::plan::PlannedMember;
use crate::planner::is_ignored;
use crate::planner::view::moved;
use crate::state::{Entry, Key, State, Verb};

/// How long AWS may take to show everywhere that something is there: two minutes by the documentation
/// of IAM, the slowest, and one more.
pub const WITHIN: Duration = Duration::from_secs(180);

/// How long AWS may take to show how something is that it shows. Operations on what is known to show
/// changes late end only when they are shown, so this is for the rest.
const CHANGES_WITHIN: Duration = Duration::from_secs(90);

/// The pauses between looks: the first, and the longest. Each is twice as long as the one before.
const POLLS: (Duration, Duration) = (Duration::from_secs(3), Duration::from_secs(15));

/// How often something is looked at again in any case that the plan saw and that is then said to be
/// gone, although nothing of ours deleted it.
pub const LOOKS: u32 = 2;

/// Whether it is too early to believe that something is gone that nothing of ours deleted, after so many
/// more looks that did not show it, over so long.
pub fn is_early(looks: u32, absent: Duration, may_lag: bool) -> bool {
    looks < LOOKS || may_lag && absent < WITHIN
}

/// The regions that have a part of what is to be deleted: those that the plan saw, as far as they are
/// ours.
pub(crate) fn regions(member: &PlannedMember) -> BTreeSet<Region> {
    let mut ours = listed(member.applied.as_ref());
    ours.extend(&member.place.regions);
    match &member.seen {
        Some(seen) => listed(Some(seen)).intersection(&ours).copied().collect(),
        None => ours,
    }
}

fn listed(props: Option<&Packed>) -> BTreeSet<Region> {
    let regions = props.and_then(|it| it.get("regions")).and_then(Packed::as_array);
    let codes = regions.into_iter().flatten().filter_map(Packed::as_str);
    codes.filter_map(|code| code.parse().ok()).collect()
}

/// How long to wait before the next look, after so many.
pub fn pause(looks: u32) -> Duration {
    POLLS.0.saturating_mul(1 << looks.min(10)).min(POLLS.1)
}

impl State {
    /// Whether something was made so shortly before this moment, in milliseconds since 1970, that
    /// AWS may not show it everywhere.
    pub fn may_lag(&self, now_ms: u64) -> bool {
        self.has_changed(WITHIN, now_ms)
    }

    fn has_changed(&self, within: Duration, now_ms: u64) -> bool {
        // Another machine's clock may be ahead of this one's.
        self.changed_ms.is_some_and(|at| u128::from(now_ms.abs_diff(at)) < within.as_millis())
    }
}

/// What is to be looked at again before it is believed, because a run changed things moments ago:
/// what is recorded as made and seen to be absent, unless something of ours has begun to delete it;
/// and what is otherwise than it is recorded, unless an operation on it has not ended well.
pub fn to_look_at_again(
    desired: &Desired,
    state: &State,
    catalog: &Catalog,
    seen: &BTreeMap<Key, Look>,
    now_ms: u64,
) -> Vec<Key> {
    if !state.may_lag(now_ms) {
        return Vec::new();
    }
    let changes = state.has_changed(CHANGES_WITHIN, now_ms);
    let view = moved(desired, state);
    let state = &*view.state;
    let too_early = |(key, look): &(&Key, &Look)| {
        let Some(entry) = state.entries.get(*key) else { return false };
        let deleting = entry.doubt.as_ref().is_some_and(|it| it.verb == Verb::Delete);
        match look {
            Look::Absent => entry.applied.is_some() && !deleting,
            Look::Present(thing) => {
                let declared = desired.resources.get(&key.id);
                changes && entry.doubt.is_none() && is_otherwise(catalog, entry, declared, thing)
            }
            Look::Unknown(_) => false,
        }
    };
    seen.iter().filter(too_early).map(|(key, _)| key.clone()).collect()
}

/// Whether it is otherwise than it was applied, in something that the program cares for.
fn is_otherwise(
    catalog: &Catalog,
    entry: &Entry,
    declared: Option<&Declared>,
    thing: &Thing,
) -> bool {
    let (Some(schema), Some(applied)) = (catalog.get(&entry.kind), &entry.applied) else {
        return false;
    };
    let changes = diff(schema, applied, Some(applied), Some(&thing.props)).changes;
    changes.iter().any(|it| {
        !matches!(it.change, Change::CreateOnly | Change::DeleteOption | Change::Local)
            && it.cause != Cause::Unknown
            && !declared.is_some_and(|declared| is_ignored(declared, &it.path))
    })
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{
        Field, Fields, Ids, Ownership, Place, Schema, ScopeKind, SourceLine, Stack, Status,
    };
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;
    use crate::state::Doubt;

    #[test]
    fn absence_is_believed_from_a_moment_on() {
        let short = WITHIN - Duration::from_millis(1);
        assert!(is_early(LOOKS - 1, WITHIN, false) && is_early(LOOKS, short, true));
        assert!(!is_early(LOOKS, WITHIN, true) && !is_early(LOOKS, Duration::ZERO, false));
    }

    static THING: Schema = Schema {
        kind: "Test:Thing",
        fields: &[Field::new("key"), Field::new("size")],
        ..Schema::BASE
    };

    const MADE_MS: u64 = 1_000_000;

    fn entry(applied: bool, doubt: Option<Verb>) -> Entry {
        Entry {
            kind: "Test:Thing".into(),
            place: Place { account: None, scope: ScopeKind::Global, regions: Vec::new() },
            born: "thing".into(),
            token: "token".into(),
            physical: Some("physical".to_owned()),
            applied: applied.then(|| json!({"key": "a", "size": 1}).into()),
            outputs: Fields::default(),
            edges: Ids::default(),
            protected: false,
            retained: false,
            superseded: false,
            doubt: doubt.map(|verb| Doubt { op: 1, verb, wanted: None }),
        }
    }

    fn thing(props: bicoastal_model::Packed) -> Thing {
        Thing {
            physical: "physical".to_owned(),
            props,
            outputs: Fields::default(),
            status: Status::Ready,
            ownership: Ownership::Ours,
            children: Vec::new(),
            facts: Fields::default(),
        }
    }

    fn declared(id: &str, ignored: &str) -> Declared {
        Declared {
            id: id.into(),
            schema: &THING,
            place: Place { account: None, scope: ScopeKind::Global, regions: Vec::new() },
            props: json!({"key": "a", "size": 1}).into(),
            lookup: false,
            after: Default::default(),
            protected: false,
            retained: false,
            adopt: None,
            ignored: [ignored.to_owned()].into(),
            renamed_from: None,
            patience: None,
            at: SourceLine { file: "main.rs".into(), line: 1 },
            sealed: Default::default(),
        }
    }

    /// What is looked at again, so long after the last change.
    fn check(changed_ms: Option<u64>, now_ms: u64, expected: Expect) {
        let mut desired = Stack::new("test").seal().unwrap();
        let mut state = State::empty("test", "lineage");
        state.changed_ms = changed_ms;
        let entries = [
            ("made", entry(true, None)),
            ("being changed", entry(true, Some(Verb::Update))),
            ("being deleted", entry(true, Some(Verb::Delete))),
            ("being made", entry(false, Some(Verb::Create))),
        ];
        for (id, entry) in entries {
            state.entries.insert(Key::new(id, 1), entry);
        }
        let mut seen: BTreeMap<Key, Look> =
            state.entries.keys().map(|key| (key.clone(), Look::Absent)).collect();
        seen.insert(Key::new("declared", 1), Look::Absent);
        for (id, props) in [
            ("as it was made", json!({"key": "a", "size": 1})),
            ("otherwise", json!({"key": "a", "size": 2})),
            ("otherwise where it may be", json!({"key": "a", "size": 2})),
        ] {
            state.entries.insert(Key::new(id, 1), entry(true, None));
            seen.insert(Key::new(id, 1), Look::Present(Box::new(thing(props.into()))));
        }
        let free = declared("otherwise where it may be", "size");
        desired.resources.insert(free.id.clone(), free);
        let catalog = Catalog::new([&THING]);
        let again = to_look_at_again(&desired, &state, &catalog, &seen, now_ms);
        let again: Vec<String> = again.iter().map(ToString::to_string).collect();
        expected.assert_eq(&again.join(", "));
    }

    #[test]
    fn only_what_may_not_be_shown_yet_is_looked_at_again() {
        check(Some(MADE_MS), MADE_MS, expect!["being changed#1, made#1, otherwise#1"]);
        check(Some(MADE_MS), MADE_MS + 179_999, expect!["being changed#1, made#1"]);
        check(Some(MADE_MS), MADE_MS + 180_000, expect![""]);
        // Made by a machine whose clock is a minute ahead, or two hours.
        check(Some(MADE_MS), MADE_MS - 60_000, expect!["being changed#1, made#1, otherwise#1"]);
        check(Some(8_200_000), MADE_MS, expect![""]);
        check(None, MADE_MS, expect![""]);
    }
}
