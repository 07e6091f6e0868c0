//! What of the things that are found may be taken for the one that is meant.

use crate::provider::Ownership;

/// What our calls can have done so far, which says what of the things that are found may be taken
/// for the one that is meant. In the order of growing certainty, so that the greater one of two
/// holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// No call of ours was sent.
    Unmade,
    /// A call of ours may have made it: no answer came.
    InDoubt,
    /// A call of ours made it, or state has it.
    Made,
    /// The program takes it over, whoever's it is.
    Adopted,
}

/// Why something that was found is not to be touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// It bears another's mark: what that says.
    Anothers(String),
    /// It bears no mark, and no call of ours can have made it.
    Unmarked,
    /// It bears no mark, although what we make bears one from its first moment. It may not be
    /// visible yet.
    UnmarkedYet,
    /// Its kind can bear no mark, and it is not what our call was about to make.
    NotAsWanted,
}

impl Claim {
    /// Why what was found is not the thing that is meant; `None` where it is.
    ///
    /// `bears_marks` says whether things of its kind bear a mark from their creation on, and
    /// `as_wanted` whether it is exactly what our call was about to make.
    pub fn objection(
        self,
        found: &Ownership,
        bears_marks: bool,
        as_wanted: impl FnOnce() -> bool,
    ) -> Option<Objection> {
        match (self, found) {
            (Self::Adopted, _) | (_, Ownership::Ours) | (Self::Made, Ownership::Unmarked) => None,
            (_, Ownership::Foreign(whose)) => Some(Objection::Anothers(whose.clone())),
            (Self::Unmade, Ownership::Unmarked) => Some(Objection::Unmarked),
            (Self::InDoubt, Ownership::Unmarked) if bears_marks => Some(Objection::UnmarkedYet),
            (Self::InDoubt, Ownership::Unmarked) => {
                (!as_wanted()).then_some(Objection::NotAsWanted)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_anothers_is_only_taken_by_name() {
        let claims = [Claim::Unmade, Claim::InDoubt, Claim::Made, Claim::Adopted];
        let found = [Ownership::Ours, Ownership::Unmarked, Ownership::Foreign("b".to_owned())];
        let mut lines = String::new();
        for (claim, found) in
            claims.iter().flat_map(|claim| found.iter().map(move |it| (claim, it)))
        {
            for (bears, as_wanted) in [(true, true), (true, false), (false, true), (false, false)] {
                let word = match claim.objection(found, bears, || as_wanted) {
                    None => "ours".to_owned(),
                    Some(objection) => format!("{objection:?}"),
                };
                lines += &format!("{claim:?} {found:?} {bears} {as_wanted}: {word}\n");
            }
        }
        expect_test::expect![[r#"
            Unmade Ours true true: ours
            Unmade Ours true false: ours
            Unmade Ours false true: ours
            Unmade Ours false false: ours
            Unmade Unmarked true true: Unmarked
            Unmade Unmarked true false: Unmarked
            Unmade Unmarked false true: Unmarked
            Unmade Unmarked false false: Unmarked
            Unmade Foreign("b") true true: Anothers("b")
            Unmade Foreign("b") true false: Anothers("b")
            Unmade Foreign("b") false true: Anothers("b")
            Unmade Foreign("b") false false: Anothers("b")
            InDoubt Ours true true: ours
            InDoubt Ours true false: ours
            InDoubt Ours false true: ours
            InDoubt Ours false false: ours
            InDoubt Unmarked true true: UnmarkedYet
            InDoubt Unmarked true false: UnmarkedYet
            InDoubt Unmarked false true: ours
            InDoubt Unmarked false false: NotAsWanted
            InDoubt Foreign("b") true true: Anothers("b")
            InDoubt Foreign("b") true false: Anothers("b")
            InDoubt Foreign("b") false true: Anothers("b")
            InDoubt Foreign("b") false false: Anothers("b")
            Made Ours true true: ours
            Made Ours true false: ours
            Made Ours false true: ours
            Made Ours false false: ours
            Made Unmarked true true: ours
            Made Unmarked true false: ours
            Made Unmarked false true: ours
            Made Unmarked false false: ours
            Made Foreign("b") true true: Anothers("b")
            Made Foreign("b") true false: Anothers("b")
            Made Foreign("b") false true: Anothers("b")
            Made Foreign("b") false false: Anothers("b")
            Adopted Ours true true: ours
            Adopted Ours true false: ours
            Adopted Ours false true: ours
            Adopted Ours false false: ours
            Adopted Unmarked true true: ours
            Adopted Unmarked true false: ours
            Adopted Unmarked false true: ours
            Adopted Unmarked false false: ours
            Adopted Foreign("b") true true: ours
            Adopted Foreign("b") true false: ours
            Adopted Foreign("b") false true: ours
            Adopted Foreign("b") false false: ours
        "#]]
        .assert_eq(&lines);
    }

    #[test]
    fn what_happens_only_makes_it_more_certain() {
        assert_eq!(Claim::Made.max(Claim::InDoubt), Claim::Made);
        assert_eq!(Claim::Unmade.max(Claim::InDoubt), Claim::InDoubt);
        assert_eq!(Claim::Adopted.max(Claim::Made), Claim::Adopted);
    }
}
