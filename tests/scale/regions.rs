//! Twenty zones, five regions, 200 tables, 200 buckets: what a plan without changes asks.

use bicoastal::prelude::*;
use bicoastal::{PlanOptions, Stack};
use expect_test::expect;

use crate::common::{World, seal};
use crate::{apply, since};

const REGIONS: [Region; 5] =
    [Region::UsEast1, Region::ApSouth1, Region::EuWest1, Region::UsWest2, Region::SaEast1];

/// So many of everything: `many` is 20 for the whole fleet.
fn fleet(stack: &mut Stack, many: usize) {
    for number in 0..many {
        let name = format!("zone-{number}.example");
        let zone =
            stack.global().add(format!("zone-{number}"), HostedZone::builder().name(name).build());
        for record in 0..5 {
            let name = format!("host-{record}");
            let address = format!("192.0.2.{record}");
            let set = RecordSet::builder().zone(&zone).name(&name).a(60, [address]).build();
            stack.global().add(format!("host-{number}-{record}"), set);
        }
        let check = HealthCheck::https(format!("zone-{number}.example")).build();
        stack.global().add(format!("alive-{number}"), check);
        let role = Role::builder()
            .name(format!("role-{number}"))
            .assume_role_policy(PolicyDocument::trust_service("s3.amazonaws.com"))
            .build();
        stack.global().add(format!("role-{number}"), role);
    }
    for number in 0..many * 10 {
        let (here, next) = (REGIONS[number % 5], REGIONS[(number + 1) % 5]);
        let both = ActiveRegions::new(here, next);
        let table = Table::builder()
            .name(format!("table-{number}"))
            .partition_key(Key::string("id"))
            .billing(Billing::OnDemand)
            .stream(StreamView::NewAndOldImages)
            .writes(WriteMode::AnyRegion)
            .build();
        stack.across(&both).add(format!("table-{number}"), table);
        let bucket = Bucket::builder()
            .name(format!("fleet-bucket-{number}"))
            .versioning(s3::Versioning::Enabled);
        stack.region(here).add(format!("bucket-{number}"), bucket.build());
    }
}

/// The calls of a plan without changes.
async fn no_op(many: usize) -> String {
    let world = World::new();
    let desired = seal(|stack| fleet(stack, many));
    let plan = world.plan_with(&desired, &PlanOptions::default()).await;
    apply(&world.cloud, &world.engine, &desired, plan).await;
    let mark = world.cloud.calls().len();
    let again = world.plan_with(&desired, &PlanOptions::default()).await;
    let said = || bicoastal::render::plain(&bicoastal::render::plan(&again));
    assert!(again.is_empty() && again.unseen.is_empty(), "{}", said());
    let calls = since(&world.cloud, mark);
    let all: usize = calls.values().sum();
    let lines = calls.iter().map(|(name, count)| format!("{name}: {count}"));
    lines.chain([format!("{all} in all")]).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn calls_grow_with_listings_where_aws_has_one() {
    expect![[r#"
        DescribeTable: 40
        GetAccountAuthorizationDetails: 1
        GetBucketPolicy: 20
        GetBucketTagging: 20
        GetBucketVersioning: 20
        GetCallerIdentity: 1
        GetHostedZone: 2
        ListHealthChecks: 1
        ListObjectVersions: 20
        ListResourceRecordSets: 2
        ListRoles: 1
        ListTagsForResources: 2
        ListTagsOfResource: 40
        170 in all"#]]
    .assert_eq(&no_op(2).await);
}

#[tokio::test]
#[ignore = "the same for the whole fleet, which a debug build takes minutes to make"]
async fn the_whole_fleet_takes_ten_times_as_many_where_it_has_none() {
    expect![[r#"
        DescribeTable: 400
        GetAccountAuthorizationDetails: 1
        GetBucketPolicy: 200
        GetBucketTagging: 200
        GetBucketVersioning: 200
        GetCallerIdentity: 1
        GetHostedZone: 20
        ListHealthChecks: 1
        ListObjectVersions: 200
        ListResourceRecordSets: 20
        ListRoles: 1
        ListTagsForResources: 4
        ListTagsOfResource: 400
        1648 in all"#]]
    .assert_eq(&no_op(20).await);
}
