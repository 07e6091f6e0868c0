//! Several accounts in one program: a thing of every kind in another account than the default one, in
//! which there is something else, on the local cloud.

use std::collections::BTreeSet;

use bicoastal::aws::route53::ZoneVpc;
use bicoastal::local::Cloud;
use bicoastal::model::{Ownership, Provider, Seen};
use bicoastal::prelude::*;
use bicoastal::{AwsProvider, Desired, ResourceId, local_connection};
use bicoastal_engine::observe;
use bicoastal_model::value;
use expect_test::expect;

use crate::cloud::Opened;
use crate::contract::{Case, lines, output};
use crate::crash::Mortal;
use crate::runs::Runs;

const DEFAULT: &str = "000000000000";
const NUMBER: &str = "111111111111";
/// What the program calls the other account.
const OTHER: &str = "other";

/// Everything of the case is made in the other account and only there, is seen to be ours there, is
/// changed and goes there; the default account has its own, and nothing else.
pub async fn hold(case: &Case) {
    let opened = Opened::in_account(NUMBER);
    let cloud = opened.cloud.clone().expect("the local cloud");
    let provider = || {
        AwsProvider::new(local_connection(&cloud, DEFAULT))
            .account(OTHER, local_connection(&cloud, NUMBER))
    };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let runs = Runs::new(provider(), dir.path(), &opened);
    let mut desired = in_another_account(case.desired(&opened.places));
    let mut beside = Stack::new(case.name);
    let document = PolicyDocument::new([Statement::builder()
        .action(["s3:GetObject"])
        .resource(["arn:aws:s3:::beside/*"])
        .build()]);
    beside.global().add("beside", Policy::builder().name("beside").document(document).build());
    desired.resources.extend(beside.seal().expect("a policy").resources);

    runs.apply(&desired).await;
    assert_eq!(changed_by(&cloud, DEFAULT), ["CreatePolicy"], "{}", case.name);
    assert!(!changed_by(&cloud, NUMBER).is_empty(), "{}", case.name);

    let subject = moved(&case.subject.into());
    let state = runs.engine.state(case.name).await.expect("state").expect("state");
    let catalog = runs.engine.catalog();
    let targets = observe::targets(&desired, &state, &catalog, &Default::default());
    let (_, target) = targets.into_iter().find(|(key, _)| key.id == subject).expect("the subject");
    let schema = desired.resources[&subject].schema;
    let seen = provider().refresh(std::slice::from_ref(&target)).await;
    let [Seen::Present(seen)] = &seen[..] else { panic!("{}: {seen:?}", case.name) };
    let mark = if schema.has_tags() { Ownership::Ours } else { seen.ownership.clone() };
    assert_eq!(seen.ownership, mark, "{}", case.name);

    // Nothing is changed in the default account for it.
    if let Some(change) = (case.changes)(&opened.places).into_iter().next() {
        let mut edited = desired.clone();
        change.edit(&mut edited, &subject, refer_to_the_other_account);
        let plan = runs.plan(&edited).await;
        let changed: Vec<&ResourceId> = plan.effective().map(|change| &change.id).collect();
        assert_eq!(changed, [&subject], "{}: {:?}", case.name, lines(&plan));
        runs.carry_out(plan, &edited).await;
        runs.assert_settled(&edited, "changed").await;
        desired = edited;
    }
    assert_eq!(changed_by(&cloud, DEFAULT), ["CreatePolicy"], "{}", case.name);

    runs.destroy(&desired).await;
    assert_eq!(changed_by(&cloud, DEFAULT), ["CreatePolicy", "DeletePolicy"], "{}", case.name);
    let seen = provider().refresh(std::slice::from_ref(&target)).await;
    assert_eq!(seen, [Seen::Absent], "{}", case.name);
}

/// The operations that changed something with an account's credentials.
fn changed_by(cloud: &Cloud, account: &str) -> Vec<String> {
    let calls = cloud.calls();
    let changes = calls.iter().filter(|call| call.mutating && call.account == account);
    let distinct: BTreeSet<String> = changes.map(|call| call.operation.clone()).collect();
    distinct.into_iter().collect()
}

fn moved(id: &ResourceId) -> ResourceId {
    ResourceId::new(format!("{OTHER}:{id}"))
}

fn refer_to_the_other_account(value: &mut serde_json::Value) {
    value::rewrite(value, &mut |inner| {
        let it = value::as_ref(inner)?;
        Some(output(moved(&it.id).as_str(), &it.attribute))
    });
}

/// As if each of it were declared with `stack.account("other")`.
fn in_another_account(mut desired: Desired) -> Desired {
    let resources = std::mem::take(&mut desired.resources);
    desired.resources = resources
        .into_iter()
        .map(|(id, mut declared)| {
            declared.id = moved(&id);
            declared.place.account = Some(OTHER.to_owned());
            declared.after = declared.after.iter().map(moved).collect();
            declared.props.edit(refer_to_the_other_account);
            (declared.id.clone(), declared)
        })
        .collect();
    let secrets = std::mem::take(&mut desired.secrets);
    desired.secrets =
        secrets.into_iter().map(|((of, slot), clear)| ((moved(&of), slot), clear)).collect();
    desired
}

/// The VPC's account associates it with a zone of the default account, which lets it for as long as
/// that takes, wherever the program is killed; and no longer sees it when the program says so.
#[tokio::test]
async fn a_vpc_of_another_account_sees_a_private_zone() {
    let opened = Opened::in_account(DEFAULT);
    let cloud = opened.cloud.clone().expect("the local cloud");
    let provider = || {
        AwsProvider::new(local_connection(&cloud, DEFAULT))
            .account(OTHER, local_connection(&cloud, NUMBER))
    };
    let of_region = |region: Region| opened.places.of(region).vpcs[0].clone();
    let program = |theirs: &[Region]| {
        let mut vpcs = vec![ZoneVpc::new(Region::UsEast1, of_region(Region::UsEast1))];
        vpcs.extend(theirs.iter().map(|it| ZoneVpc::new(*it, of_region(*it)).in_account(OTHER)));
        let mut stack = Stack::new("two-accounts");
        stack.global().add("zone", HostedZone::builder().name("corp").vpcs(vpcs).build());
        stack.seal().unwrap_or_else(|mistakes| panic!("{mistakes}"))
    };
    let dir = tempfile::tempdir().expect("a temporary directory");
    let mut said = String::new();
    for theirs in [&[Region::ApSouth1][..], &[]] {
        let desired = program(theirs);
        let before = cloud.calls().len();
        for deaths in 0.. {
            assert!(deaths < 20, "it never ends: {said}");
            let mortal = Mortal::new(provider(), None);
            let engine =
                bicoastal::Engine::new(mortal.clone(), bicoastal::FileStore::new(dir.path()))
                    .with_clock(opened.clock.clone());
            let options = bicoastal::PlanOptions::default();
            let plan = engine.plan(&desired, &options).await.expect("a plan");
            if plan.is_empty() {
                break;
            }
            let (cancel, calls) = (bicoastal::Cancel::new(), crate::calls::Calls::default());
            tokio::select! {
                report = engine.apply(plan, &desired, &options, &calls, &cancel) => {
                    assert!(report.expect("a report").is_done());
                }
                _ = mortal.died() => {}
            }
        }
        let calls = cloud.calls();
        for call in calls[before..].iter().filter(|call| call.mutating) {
            let account = if call.account == DEFAULT { "zone's" } else { "VPC's" };
            said.push_str(&format!("{account} {}\n", call.operation));
        }
        said.push_str("--\n");
    }
    expect![[r#"
        zone's CreateHostedZone
        zone's ChangeTagsForResource
        zone's CreateVPCAssociationAuthorization
        VPC's AssociateVPCWithHostedZone
        zone's DeleteVPCAssociationAuthorization
        --
        zone's DisassociateVPCFromHostedZone
        --
    "#]]
    .assert_eq(&said);

    let runs = Runs::new(AwsProvider::new(local_connection(&cloud, DEFAULT)), dir.path(), &opened);
    let desired = program(&[Region::ApSouth1]);
    let plan = runs.plan(&desired).await;
    let report = runs.attempt(plan, &desired, &crate::calls::Calls::default()).await;
    let told = bicoastal::render::plain(&bicoastal::render::report(&report));
    assert!(told.contains("no connection is configured for the account 'other'"), "{told}");
}
