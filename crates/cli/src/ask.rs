//! When a run asks before it changes anything, and when it refuses because it can't.

use bicoastal_engine::plan::{Action, Plan};
use bicoastal_model::Risk;

use crate::console::Console;
use crate::failure::Failure;

/// What is about to be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// A run without a verb.
    Story,
    /// `apply`.
    Apply,
    /// `apply --plan`: somebody has looked at it.
    Saved,
    /// `destroy`.
    Destroy,
}

/// How it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Without a question.
    Given,
    /// With a question that `y` answers.
    Ask,
    /// With a question that only `yes` in full answers: data is lost.
    AskInFull,
    /// Not at all: nobody can be asked.
    Refused(String),
}

/// What a plan deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Harm {
    /// How many resources change in AWS.
    pub(crate) changes: usize,
    /// How many of them are deleted or replaced.
    pub(crate) deleted: usize,
    /// How many of them take data with them.
    pub(crate) data: usize,
}

impl Harm {
    pub(crate) fn of(plan: &Plan) -> Self {
        let deletes = |action| {
            matches!(
                action,
                Action::Delete | Action::ReplaceCreateFirst | Action::ReplaceDeleteFirst
            )
        };
        Self {
            changes: plan.effective().count(),
            deleted: plan.effective().filter(|it| deletes(it.action)).count(),
            data: plan.effective().filter(|it| it.risk == Risk::DestroysData).count(),
        }
    }

    fn is_destructive(self) -> bool {
        self.deleted > 0 || self.data > 0
    }

    /// In words: `this destroys the data of 2 resources`.
    fn words(self) -> String {
        let resources = |count: usize| match count {
            1 => "1 resource".to_owned(),
            many => format!("{many} resources"),
        };
        match self {
            Self { data: 1.., .. } => {
                format!("this destroys the data of {}", resources(self.data))
            }
            Self { deleted: 1.., .. } => {
                format!("this deletes or replaces {}", resources(self.deleted))
            }
            _ => format!("this changes {}", resources(self.changes)),
        }
    }
}

/// The rule: `--yes` answers everything; on the local cloud only what is destructive is worth a
/// question that nobody can answer; what was looked at is only asked about where it loses data.
pub(crate) fn consent(
    occasion: Occasion,
    harm: Harm,
    local: bool,
    yes: bool,
    can_ask: bool,
) -> Consent {
    let needed = match occasion {
        Occasion::Saved => harm.data > 0,
        Occasion::Story if local => harm.is_destructive(),
        Occasion::Apply if local && !can_ask => harm.is_destructive(),
        Occasion::Story | Occasion::Apply | Occasion::Destroy => true,
    };
    if yes || harm.changes == 0 || !needed {
        return Consent::Given;
    }
    match (can_ask, harm.data) {
        (true, 0) => Consent::Ask,
        (true, _) => Consent::AskInFull,
        (false, _) => Consent::Refused(harm.words()),
    }
}

/// Asks where that is needed; `false` is a no.
///
/// # Errors
///
/// Where nobody can be asked.
pub(crate) fn ask(console: &Console<'_>, consent: Consent, harm: Harm) -> Result<bool, Failure> {
    let answer = match consent {
        Consent::Given => return Ok(true),
        Consent::Ask => console.ask("Apply these changes? [y/N]")?,
        Consent::AskInFull => {
            let words = harm.words();
            let words = words.strip_prefix("this ").unwrap_or(&words);
            console.ask(&format!("This {words}. Type 'yes' to go on:"))?
        }
        Consent::Refused(words) => {
            return Err(Failure::with_hint(
                format!("{words}, and there is nobody to ask; nothing was done"),
                "look at the plan, then run the same with --yes",
            ));
        }
    };
    let answer = answer.unwrap_or_default().to_lowercase();
    Ok(match consent {
        Consent::AskInFull => answer == "yes",
        _ => answer == "y" || answer == "yes",
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(occasion: Occasion, expect: Expect) {
        let creates = Harm { changes: 3, deleted: 0, data: 0 };
        let deletes = Harm { changes: 3, deleted: 1, data: 0 };
        let loses = Harm { changes: 3, deleted: 1, data: 1 };
        let mut table = String::new();
        for (cloud, local) in [("local", true), ("aws", false)] {
            for (who, can_ask) in [("terminal", true), ("script", false)] {
                let cells = [creates, deletes, loses].map(|harm| {
                    match consent(occasion, harm, local, false, can_ask) {
                        Consent::Given => "goes".to_owned(),
                        Consent::Ask => "asks".to_owned(),
                        Consent::AskInFull => "asks for yes".to_owned(),
                        Consent::Refused(_) => "refuses".to_owned(),
                    }
                });
                table.push_str(&format!("{cloud} {who}: {}\n", cells.join(" | ")));
            }
        }
        expect.assert_eq(&table);
    }

    #[test]
    fn creates_deletes_and_loss_of_data() {
        check(
            Occasion::Story,
            expect![[r#"
            local terminal: goes | asks | asks for yes
            local script: goes | refuses | refuses
            aws terminal: asks | asks | asks for yes
            aws script: refuses | refuses | refuses
        "#]],
        );
        check(
            Occasion::Apply,
            expect![[r#"
            local terminal: asks | asks | asks for yes
            local script: goes | refuses | refuses
            aws terminal: asks | asks | asks for yes
            aws script: refuses | refuses | refuses
        "#]],
        );
        check(
            Occasion::Saved,
            expect![[r#"
            local terminal: goes | goes | asks for yes
            local script: goes | goes | refuses
            aws terminal: goes | goes | asks for yes
            aws script: goes | goes | refuses
        "#]],
        );
        check(
            Occasion::Destroy,
            expect![[r#"
            local terminal: asks | asks | asks for yes
            local script: refuses | refuses | refuses
            aws terminal: asks | asks | asks for yes
            aws script: refuses | refuses | refuses
        "#]],
        );
    }

    #[test]
    fn yes_and_nothing_to_do_need_no_question() {
        let loses = Harm { changes: 1, deleted: 1, data: 1 };
        assert_eq!(consent(Occasion::Destroy, loses, false, true, false), Consent::Given);
        let nothing = Harm { changes: 0, deleted: 0, data: 0 };
        assert_eq!(consent(Occasion::Destroy, nothing, false, false, false), Consent::Given);
    }
}
