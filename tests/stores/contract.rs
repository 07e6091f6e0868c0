//! What is written is there, whatever happened to the calls.

use bicoastal::local::faults::{Effect, Rule};
use bicoastal::runtime::Ask;

use crate::stage::{ALL, Kind, REMOTE, Stage, exports, opened};

#[tokio::test]
async fn what_is_recorded_is_read_back() {
    for kind in ALL {
        let stage = Stage::new(kind).await;
        assert_eq!(stage.load().await, Ok(None), "{kind:?}");
        assert_eq!(stage.store().stacks().await, Ok(vec![]), "{kind:?}");
        let lease = stage.lease().await;
        assert_eq!(lease.load().await, Ok(None));
        lease.append(&opened()).await.unwrap();
        assert_eq!(stage.generation().await, 2, "{kind:?}");
        lease.append(&[exports(3), exports(4)]).await.unwrap();
        let state = stage.load().await.unwrap().unwrap();
        assert_eq!((state.lineage.as_str(), state.generation), ("abc", 4), "{kind:?}");
        lease.compact(&state).await.unwrap();
        assert_eq!(stage.load().await.unwrap().unwrap(), state, "{kind:?}");
        lease.append(&[exports(5)]).await.unwrap();
        lease.release().await;
        drop(lease);
        assert_eq!(stage.generation().await, 5, "{kind:?}");
        let lease = stage.lease().await;
        assert_eq!(lease.load().await.unwrap().unwrap().generation, 5, "{kind:?}");
        assert_eq!(stage.store().stacks().await, Ok(vec!["s".to_owned()]), "{kind:?}");
    }
}

/// The answer to any write is lost: it counts once. The request is lost: it does not count, and
/// nothing is half there.
#[tokio::test]
async fn a_lost_answer_is_no_loss_and_no_double() {
    for kind in REMOTE {
        for (effect, counts) in [(Effect::LoseAnswer, true), (Effect::LoseRequest, true)] {
            let stage = Stage::new(kind).await;
            let lease = stage.lease().await;
            lease.load().await.unwrap();
            stage.cloud.faults().add(Rule::new(effect.clone()).mutating().times(1));
            assert_eq!(lease.append(&opened()).await.is_ok(), counts, "{kind:?} {effect:?}");
            stage.cloud.faults().add(Rule::new(effect.clone()).mutating().times(1));
            lease.append(&[exports(3)]).await.unwrap();
            let state = stage.load().await.unwrap().unwrap();
            stage.cloud.faults().add(Rule::new(effect.clone()).mutating().times(1));
            lease.compact(&state).await.unwrap();
            stage.cloud.faults().add(Rule::new(effect.clone()).mutating().times(1));
            lease.release().await;
            assert_eq!(stage.load().await.unwrap().unwrap(), state, "{kind:?} {effect:?}");
            // It was given up: nobody has to wait.
            let before = stage.cloud.now();
            stage.lease().await;
            assert!(stage.cloud.now() - before < 10_000, "{kind:?} {effect:?}");
        }
    }
}

/// Whatever the write at which a run dies while it records, folds or gives up: the next one reads
/// what was recorded, and goes on.
#[tokio::test]
async fn a_death_at_any_write_leaves_the_state_whole() {
    for kind in REMOTE {
        for effect in [Effect::RefuseConnection, Effect::LoseAnswer] {
            for writes in 0..10 {
                let stage = Stage::with(kind, 3, true).await;
                let lease = stage.lease().await;
                lease.load().await.unwrap();
                let mut rule = Rule::new(effect.clone()).mutating();
                rule.skip = writes;
                stage.cloud.faults().add(rule);
                let mut recorded = 3;
                for number in [4, 5] {
                    if lease.append(&[exports(number)]).await.is_err() {
                        break;
                    }
                    recorded = number;
                }
                if recorded == 5 {
                    let state = stage.load().await.unwrap().unwrap();
                    let _ = lease.compact(&state).await;
                }
                std::mem::forget(lease);
                stage.cloud.faults().clear();
                let after = stage.generation().await;
                let possible = recorded..=recorded + 1;
                assert!(possible.contains(&after), "{kind:?} {effect:?} {writes}: {after}");
                let lease = stage.lease().await;
                let state = lease.load().await.unwrap().unwrap();
                assert!(possible.contains(&state.generation), "{kind:?} {effect:?} {writes}");
                lease.append(&[exports(state.generation + 1)]).await.unwrap();
                let state = stage.load().await.unwrap().unwrap();
                lease.compact(&state).await.unwrap();
                assert_eq!(stage.load().await.unwrap().unwrap(), state, "{kind:?} {writes}");
            }
        }
    }
}

/// What does not fit into one item is there whole or not at all.
#[tokio::test]
async fn a_group_may_be_larger_than_an_item() {
    for kind in ALL {
        let stage = Stage::with(kind, 2, false).await;
        let lease = stage.lease().await;
        lease.load().await.unwrap();
        let long = "x".repeat(300_000);
        let records: Vec<_> = (3..8)
            .map(|number| {
                let exports = vec![("long".to_owned(), format!("{number}{long}").into())];
                (number, bicoastal::record::Record::Exports { exports })
            })
            .collect();
        lease.append(&records).await.unwrap();
        let state = stage.load().await.unwrap().unwrap();
        assert_eq!(state.generation, 7, "{kind:?}");
        lease.compact(&state).await.unwrap();
        assert_eq!(stage.load().await.unwrap().unwrap(), state, "{kind:?}");
        lease.release().await;
    }
}

/// Eras that are over are cleared away, parts included: what is kept does not grow for ever.
#[tokio::test]
async fn what_is_over_is_cleared_away() {
    let stage = Stage::with(Kind::S3, 2, false).await;
    let mut counts = Vec::new();
    for number in 3..13 {
        let lease = stage.store().lease("s", &Ask::new("apply")).await.unwrap();
        lease.load().await.unwrap();
        lease.append(&[exports(number)]).await.unwrap();
        let state = stage.load().await.unwrap().unwrap();
        lease.compact(&state).await.unwrap();
        lease.release().await;
        let s3 = stage.s3(bicoastal::Region::UsEast1);
        let listed = s3.list_objects_v2().bucket("state").send().await.unwrap();
        counts.push(listed.key_count.unwrap());
    }
    assert!(counts.iter().all(|count| *count <= 8), "{counts:?}");
}

/// Where our next group goes somebody's bytes are already: they are not overwritten, and nothing
/// more is written. Our own are our own write.
#[tokio::test]
async fn a_slot_that_somebody_has_taken_is_not_overwritten() {
    for kind in REMOTE {
        let stage = Stage::with(kind, 3, false).await;
        let lease = stage.lease().await;
        lease.load().await.unwrap();
        lease.append(&[exports(4)]).await.unwrap();
        let raw = stage.raw();
        let names = raw.list("s/journal/").await.unwrap();
        let next = {
            let (era, last) = names.last().unwrap().rsplit_once('/').unwrap();
            format!("{era}/{:010}", last.parse::<u64>().unwrap() + 1)
        };
        let theirs = b"somebody else's".to_vec();
        assert!(raw.create(&next, &theirs).await.unwrap().is_some(), "{kind:?}");
        let words = lease.append(&[exports(5)]).await.unwrap_err().to_string();
        assert!(words.contains("by a run that has no lease"), "{kind:?}: {words}");
        assert!(words.contains("hint: "), "{kind:?}: {words}");
        assert!(lease.append(&[exports(5)]).await.is_err(), "{kind:?}");
        assert_eq!(raw.get(&next).await.unwrap().unwrap().bytes, theirs, "{kind:?}");
        // A name that is taken stays as it is, and what has changed is not replaced.
        assert_eq!(raw.create(&next, b"x").await.unwrap(), None, "{kind:?}");
        let stale = raw.replace(&next, b"x", "not its version").await.unwrap();
        assert_eq!(stale, None, "{kind:?}");
        assert_eq!(raw.get(&next).await.unwrap().unwrap().bytes, theirs, "{kind:?}");
    }
}

/// A global table without strong consistency would let two runs in two regions not see each other.
#[tokio::test]
async fn a_copy_that_lags_behind_is_no_place_for_state() {
    let stage = Stage::new(Kind::File).await;
    stage.table("lagging", Some(aws_sdk_dynamodb::types::MultiRegionConsistency::Eventual)).await;
    for place in [
        "dynamodb://lagging?region=us-east-1&regions=us-east-2",
        "dynamodb://lagging?region=us-east-1",
    ] {
        let store = stage.open(place);
        let words = store.lease("s", &Ask::new("apply")).await.unwrap_err().to_string();
        assert!(words.contains("without strong consistency"), "{words}");
        assert!(words.contains("hint: use a global table with multi-region strong"), "{words}");
    }
}
