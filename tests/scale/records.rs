//! Records: as few calls as AWS allows, at the pace that it allows.

use bicoastal::{PlanOptions, Stack};
use bicoastal_local::route53::throttle::{Rate, Throttling};
use bicoastal_model::rates::RECORD_CHANGES;

use crate::common::{World, seal};
use crate::{apply, assert_never_throttled, dns_at_scale, since};

/// A quarter of what the quota of a zone leaves beside its own NS and SOA: the `bench` example makes
/// all 9,998, and this is what a debug build does in seconds.
const FULL: u32 = 2_500;

fn records(count: u32, ttl: u32) -> impl Fn(&mut Stack) {
    move |stack| dns_at_scale::many(stack, "scale.example", count, ttl)
}

fn throttled() -> World {
    let world = World::new();
    let changes = Rate { burst: RECORD_CHANGES.burst, per_second: RECORD_CHANGES.per_second };
    world.cloud.with_world(|world| {
        world.route53.throttling =
            Throttling { enabled: true, changes: Some(changes), ..Throttling::default() };
    });
    world
}

/// The fewest batches that both caps of a call allow: every record here has one value of at most
/// eleven characters, so that elements decide.
fn fewest(elements: u32) -> usize {
    elements.div_ceil(1_000) as usize
}

#[tokio::test]
async fn records_are_made_changed_and_deleted_in_the_fewest_batches() {
    let world = throttled();
    for (what, count, ttl, lower) in [
        ("created", FULL, 60, fewest(FULL)),
        // An UPSERT counts twice.
        ("changed", FULL, 120, fewest(FULL * 2)),
        ("deleted", 0, 120, fewest(FULL)),
    ] {
        let desired = seal(records(count, ttl));
        let plan = world.plan_with(&desired, &PlanOptions::default()).await;
        let mark = world.cloud.calls().len();
        apply(&world.cloud, &world.engine, &desired, plan).await;
        let calls = since(&world.cloud, mark);
        let batches = calls["ChangeResourceRecordSets"];
        assert!((lower..=lower + 1).contains(&batches), "{what}: {batches}, at least {lower}");
        // The batches of a zone follow each other, and each is waited for by one loop: what is read
        // besides is nothing.
        let loops = ["ChangeResourceRecordSets", "GetChange"];
        let others: Vec<&str> =
            calls.keys().map(String::as_str).filter(|name| !loops.contains(name)).collect();
        let expected: &[&str] = match what {
            "created" => &["ChangeTagsForResource", "CreateHostedZone"],
            _ => &[],
        };
        assert_eq!(others, expected, "{what}");

        let mark = world.cloud.calls().len();
        let again = world.plan_with(&desired, &PlanOptions::default()).await;
        assert!(again.is_empty() && again.added.is_empty());
        let reads: usize = since(&world.cloud, mark).values().sum();
        // Whose account it is, the zone, its tags, and its pages: NS and SOA are on them as well.
        assert_eq!(reads, 3 + (count as usize + 2).div_ceil(300), "{what}");
        assert!(reads <= 40);
    }
    assert_never_throttled(&world.cloud);
}
