//! Whole engines, two at a time.

use bicoastal::aws::s3::Bucket;
use bicoastal::local::Cloud;
use bicoastal::runtime::{Clock, Quiet};
use bicoastal::{Cancel, Desired, Engine, LocalClock, PlanOptions, Region, Stack, local_engine};

use crate::stage::{ALL, Kind, REMOTE, Stage};

fn desired() -> Desired {
    let mut stack = Stack::new("s");
    for name in ["one", "two", "three"] {
        stack.region(Region::UsEast1).add(name, Bucket::builder().name(name).build());
    }
    stack.seal().unwrap()
}

fn engine(stage: &Stage) -> Engine {
    local_engine(&stage.cloud, stage.store())
}

async fn deploy(engine: &Engine) -> Result<bool, bicoastal::Error> {
    let (desired, options) = (desired(), PlanOptions::default());
    let plan = engine.plan(&desired, &options).await?;
    let report = engine.apply(plan, &desired, &options, &Quiet, &Cancel::new()).await?;
    Ok(report.is_done())
}

fn made(cloud: &Cloud) -> usize {
    let calls = cloud.calls();
    let ok = calls.iter().filter(|it| it.operation == "CreateBucket" && it.status == Some(200));
    // The buckets of the store itself were made before.
    ok.count()
}

/// Two deploys of the same thing, at once, on nothing: one makes it, the other is refused, and
/// nothing is made twice.
#[tokio::test]
async fn two_first_deploys_at_once_make_everything_once() {
    for kind in ALL {
        let stage = Stage::new(kind).await;
        let before = made(&stage.cloud);
        let (one, other) = (engine(&stage), engine(&stage));
        let (one, other) = tokio::join!(deploy(&one), deploy(&other));
        let done = [&one, &other].iter().filter(|it| matches!(it, Ok(true))).count();
        let refused = [&one, &other]
            .iter()
            .filter(|it| matches!(it, Err(error) if error.is_held() || error.is_stale_plan()))
            .count();
        assert_eq!((done, refused), (1, 1), "{kind:?}: {one:?} {other:?}");
        assert_eq!(made(&stage.cloud) - before, 3, "{kind:?}");
        let third = engine(&stage);
        let plan = third.plan(&desired(), &PlanOptions::default()).await.unwrap();
        assert!(plan.is_empty(), "{kind:?}");
    }
}

/// An apply whose process was stopped in the middle, long enough to lose its stack: when it wakes
/// it changes nothing any more, and says why it ended.
#[tokio::test]
async fn who_wakes_after_the_takeover_calls_nothing() {
    for kind in REMOTE {
        let stage = Stage::new(kind).await;
        let sleeper = engine(&stage);
        let (desired, options) = (desired(), PlanOptions::default());
        let plan = sleeper.plan(&desired, &options).await.unwrap();
        let cancel = Cancel::new();
        let mut sleeping = Box::pin(sleeper.apply(plan, &desired, &options, &Quiet, &cancel));
        // It runs until its first bucket is there, and then is not polled any more.
        let before = made(&stage.cloud);
        std::future::poll_fn(|context| {
            if made(&stage.cloud) > before {
                return std::task::Poll::Ready(());
            }
            assert!(sleeping.as_mut().poll(context).is_pending(), "{kind:?}");
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        let clock = LocalClock::new(&stage.cloud);
        let stopped = clock.now_ms();
        // Time that nobody can wait through but the others.
        stage.cloud.advance(150_000);
        let ran = deploy(&engine(&stage)).await;
        assert!(matches!(ran, Ok(true)), "{kind:?}: {ran:?}");
        assert!(clock.now_ms() > stopped);
        let calls = stage.cloud.calls().len();
        let generation = stage.generation().await;

        let error = sleeping.await.unwrap_err();
        assert!(error.is_lost(), "{kind:?}: {error}");
        let words = error.to_string();
        assert!(words.contains("was taken") && words.contains("hint: "), "{kind:?}: {words}");
        let changed: Vec<_> = stage.cloud.calls()[calls..]
            .iter()
            .filter(|call| call.mutating && call.status == Some(200))
            .map(|call| call.operation.clone())
            .collect();
        assert_eq!(changed, Vec::<String>::new(), "{kind:?}");
        assert_eq!(stage.generation().await, generation, "{kind:?}");
        let _ = Kind::S3;
    }
}
