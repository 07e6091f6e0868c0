//! Time-outs: a thing of every kind for which the program has no patience, on the local cloud.

use std::time::Duration;

use bicoastal::{Desired, PlanOptions, render};
use bicoastal_engine::machine::Fate;

use crate::calls::Calls;
use crate::cloud::Judge;
use crate::contract::Case;
use crate::runs::Runs;

/// Kinds that AWS makes and deletes at once: nothing of them is ever waited for.
const AT_ONCE: &[&str] = &[
    "ELBv2:Listener",
    "ELBv2:ListenerRule",
    "ELBv2:TargetGroup",
    "IAM:Policy",
    "IAM:Role",
    "RDS:DBClusterParameterGroup",
    "RDS:DBSubnetGroup",
    "Route53:CidrCollection",
    "Route53:HealthCheck",
    "S3:Bucket",
    "S3:ReplicationConfiguration",
];

/// Where it is waited for, the wait ends after what the program says with an error that says so, in
/// the making and in the going; the next run, with patience, finishes what was begun.
pub async fn hold(case: &Case) {
    let opened = Judge::Local.open(case.name).expect("it needs nothing");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let runs = Runs::new(opened.provider(), dir.path(), &opened);
    let patient = case.desired(&opened.places);
    let mut hasty = patient.clone();
    let subject = hasty.resources.get_mut(&case.subject.into()).expect("the subject");
    let kind = subject.schema.kind;
    subject.patience = Some(Duration::from_secs(1));

    let mut waits = 0;
    waits += gives_up(&runs, case, &hasty, &PlanOptions::default()).await;
    let physical = runs.physical(case.name, &case.subject.into()).await;
    runs.apply(&patient).await;
    if physical.is_some() {
        let now = runs.physical(case.name, &case.subject.into()).await;
        assert_eq!(now, physical, "{}: it was made again", case.name);
    }
    waits += gives_up(&runs, case, &hasty, &Runs::to_nothing(&hasty)).await;
    let plan = runs.plan_with(&patient, &Runs::to_nothing(&patient)).await;
    runs.carry_out(plan, &patient).await;
    assert_eq!(
        waits == 0,
        AT_ONCE.contains(&kind),
        "{}: {kind} was waited for {waits} times",
        case.name
    );
}

/// Whether something was waited for in vain: 1, or 0 where all was done without a wait.
async fn gives_up(runs: &Runs, case: &Case, hasty: &Desired, options: &PlanOptions) -> usize {
    let plan = runs.plan_with(hasty, options).await;
    let calls = Calls::default();
    let report = runs.attempt(plan, hasty, &calls).await;
    if report.is_done() {
        return 0;
    }
    let said = render::plain(&render::report(&report));
    for change in report.troubled() {
        // What shares its calls with it shares its fate.
        let is_over = match &change.fate {
            Fate::Failed(failure) => failure.message.starts_with("still "),
            fate => change.id.as_str() != case.subject && matches!(fate, Fate::Skipped { .. }),
        };
        assert!(is_over, "{}: {said}", case.name);
    }
    let of_it = report.troubled().find(|change| change.id.as_str() == case.subject);
    assert!(of_it.is_some(), "{}: {said}", case.name);
    1
}
