//! What a program can ask for beside the properties, for a thing of every kind: fields whose differences
//! are left alone, protection, tags on everything, another id, being left alone and taken over.

use bicoastal::plan::Action;
use bicoastal::prelude::*;
use bicoastal::{Desired, PlanOptions, ResourceId};

use crate::cloud::{Judge, Opened};
use crate::contract::{Case, is_of, lines};
use crate::runs::Runs;

/// Holds a case to every option, on the local cloud: none of them is a call of its own, so the other
/// judges could not tell more.
pub async fn hold(case: &Case) {
    let opened = Judge::Local.open(case.name).expect("it needs nothing");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let runs = Runs::new(opened.provider(), dir.path(), &opened);
    let desired = case.desired(&opened.places);
    let trial = Trial { case, subject: case.subject.into(), opened, runs };
    trial.runs.apply(&desired).await;
    // What is made is not looked at again for being made moments ago.
    trial.a_month_passes().await;
    trial.fields_are_ignored(&desired).await;
    trial.tags_come_and_go(&desired).await;
    trial.is_protected(&desired).await;
    let desired = trial.has_another_id(desired).await;
    trial.is_left_alone_and_taken_over(desired).await;
}

struct Trial<'c> {
    case: &'c Case,
    subject: ResourceId,
    opened: Opened,
    runs: Runs,
}

impl Trial<'_> {
    async fn a_month_passes(&self) {
        use bicoastal::runtime::Clock as _;
        self.opened.clock.sleep(std::time::Duration::from_secs(31 * 86_400)).await;
    }

    /// What the program says of them now, and what anybody does to them, is nothing to do.
    async fn fields_are_ignored(&self, desired: &Desired) {
        let mut edited = desired.clone();
        let mut fields = Vec::new();
        for change in (self.case.changes)(&self.opened.places) {
            // Regions are where it is, besides what it is.
            if change.fields.iter().any(|(field, _)| *field == "regions") {
                continue;
            }
            change.edit(&mut edited, &self.subject, |_| {});
            fields.extend(change.fields.iter().map(|(field, _)| *field).chain(change.dropped));
        }
        assert!(!fields.is_empty(), "nothing changes");
        let told = self.runs.plan(&edited).await;
        let seen = |field: &&str| {
            told.changes.iter().any(|it| it.fields.iter().any(|it| is_of(&it.path, &[field])))
        };
        // Of what is set to a value and back again, nothing is left.
        let differing = fields.iter().filter(|field| seen(field)).count();
        assert!(differing > 0 || fields.is_empty(), "{}: {fields:?}", self.case.name);
        let declared = edited.resources.get_mut(&self.subject).expect("the subject");
        declared.ignored.extend(fields.iter().map(|field| (*field).to_owned()));
        // What it refers to now is recorded, and nothing else.
        let plan = self.runs.plan(&edited).await;
        let left = plan.effective().count() + plan.operations.len();
        assert_eq!(left, 0, "{}: {}", self.case.name, lines(&plan).join("; "));
    }

    /// A tag on everything is a tag on this, if it takes tags, and nothing else.
    async fn tags_come_and_go(&self, desired: &Desired) {
        let mut stack = Stack::new(self.case.name);
        (self.case.declare)(&mut stack, &self.opened.places);
        stack.tag("Team", "payments");
        let tagged = stack.seal().unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let plan = self.runs.plan(&tagged).await;
        let said = plan.changes.iter().find(|change| change.id == self.subject);
        let takes_tags = desired.resources[&self.subject].schema.has_tags();
        let fields: Vec<&str> = said
            .iter()
            .flat_map(|change| &change.fields)
            .map(|field| field.path.as_str())
            .collect();
        let expected: &[&str] = if takes_tags { &["tags.Team"] } else { &[] };
        assert_eq!(fields, expected, "{}", self.case.name);
        assert!(plan.changes.iter().all(|change| change.action == Action::Update));
        self.runs.carry_out(plan, &tagged).await;
        self.runs.assert_settled(&tagged, "tagged").await;
        self.runs.apply(desired).await;
    }

    /// It is deleted only by name, whether the program is taken down or it alone is dropped.
    async fn is_protected(&self, desired: &Desired) {
        let mut protected = desired.clone();
        protected.resources.get_mut(&self.subject).expect("the subject").protected = true;
        self.runs.apply(&protected).await;
        let options = PlanOptions { destroy: true, ..PlanOptions::default() };
        let refused =
            self.runs.engine.plan(&protected, &options).await.expect_err("it is protected");
        let (said, name) = (refused.to_string(), &self.subject);
        assert!(said.contains(&format!("--unprotect {name}")), "{}: {said}", self.case.name);
        let mut bare = desired.clone();
        bare.resources.get_mut(&self.subject).expect("the subject").protected = false;
        self.runs.apply(&bare).await;
    }

    /// Another id is another word for the same thing: nothing is called.
    async fn has_another_id(&self, desired: Desired) -> Desired {
        if desired.resources.values().any(|it| it.edges().contains(&self.subject)) {
            // Whoever refers to it would have to be written anew; kinds that this is so for have a case
            // in which they are referred to by nobody.
            return desired;
        }
        let physical = self.runs.physical(self.case.name, &self.subject).await;
        let mut renamed = desired;
        let mut declared = renamed.resources.remove(&self.subject).expect("the subject");
        let id = ResourceId::from(format!("{}-by-another-name", self.subject).as_str());
        declared.id = id.clone();
        declared.renamed_from = Some(self.subject.clone());
        renamed.resources.insert(id.clone(), declared);
        let secrets = std::mem::take(&mut renamed.secrets);
        renamed.secrets = secrets
            .into_iter()
            .map(|((of, slot), clear)| match of == self.subject {
                true => ((id.clone(), slot), clear),
                false => ((of, slot), clear),
            })
            .collect();
        let plan = self.runs.plan(&renamed).await;
        assert!(plan.operations.is_empty(), "{}: {}", self.case.name, lines(&plan).join("; "));
        assert_eq!(self.runs.carry_out(plan, &renamed).await, 0, "{}", self.case.name);
        assert_eq!(self.runs.physical(self.case.name, &id).await, physical, "{}", self.case.name);
        self.runs.assert_settled(&renamed, "under another id").await;
        renamed
    }

    /// Its declaration goes, and it stays; then the program takes it over by AWS's id for it.
    async fn is_left_alone_and_taken_over(&self, mut desired: Desired) {
        let dependents = desired.resources.values().any(|it| it.edges().contains(&self.subject));
        if dependents {
            return;
        }
        let renamed = desired.resources.keys().find(|id| {
            **id == self.subject || id.as_str() == format!("{}-by-another-name", self.subject)
        });
        let id = renamed.expect("the subject").clone();
        desired.resources.get_mut(&id).expect("the subject").retained = true;
        self.runs.apply(&desired).await;
        let physical = self.runs.physical(self.case.name, &id).await.expect("it is there");
        let mut without = desired.clone();
        let declared = without.resources.remove(&id).expect("the subject");
        let plan = self.runs.plan(&without).await;
        assert_eq!(self.runs.carry_out(plan, &without).await, 0, "{}", self.case.name);
        assert_eq!(self.runs.physical(self.case.name, &id).await, None, "{}", self.case.name);

        let mut adopting = without;
        let declared = bicoastal::model::Declared {
            adopt: Some(physical.clone()),
            renamed_from: None,
            ..declared
        };
        adopting.resources.insert(id.clone(), declared);
        let plan = self.runs.plan(&adopting).await;
        let said = lines(&plan).join("; ");
        let change = plan.changes.iter().find(|change| change.id == id);
        let action = change.map(|change| change.action);
        assert_eq!(action, Some(Action::Adopt), "{}: {said}", self.case.name);
        self.runs.carry_out(plan, &adopting).await;
        assert_eq!(
            self.runs.physical(self.case.name, &id).await,
            Some(physical),
            "{}",
            self.case.name
        );
        self.runs.assert_settled(&adopting, "taken over").await;
    }
}
