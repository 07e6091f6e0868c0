//! State moves between places, and is in use in one of them at most.

use bicoastal::local::faults::{Effect, Rule};
use bicoastal::runtime::{Ask, Named, StoreError, migrate};

use crate::stage::{ALL, Kind, Stage, exports};

async fn go(stage: &Stage, from: Kind, to: Kind) -> Result<u64, StoreError> {
    let (old, new) = (stage.place(from), stage.place(to));
    let (source, target) = (stage.open(&old), stage.open(&new));
    let from = Named { store: &*source, name: &old };
    let to = Named { store: &*target, name: &new };
    migrate("s", from, to, &Ask::new("state migrate")).await.map(|state| state.generation)
}

#[tokio::test]
async fn state_moves_between_every_pair_and_back() {
    for from in ALL {
        for to in ALL.into_iter().filter(|to| *to != from) {
            let stage = Stage::with(from, 5, true).await;
            stage.build(to).await;
            let state = stage.load().await.unwrap().unwrap();
            assert_eq!(go(&stage, from, to).await, Ok(5), "{from:?} {to:?}");
            let there = stage.open(&stage.place(to));
            assert_eq!(there.load("s").await.unwrap().unwrap(), state, "{from:?} {to:?}");

            // Whoever goes on with the old one is refused, and told where it went.
            let refused = [
                stage.load().await.map(|_| ()).unwrap_err(),
                async {
                    let lease = stage.store().lease("s", &Ask::new("apply")).await?;
                    lease.load().await.map(|_| ())
                }
                .await
                .unwrap_err(),
                go(&stage, from, to).await.map(|_| ()).unwrap_err(),
            ];
            for error in refused {
                let StoreError::Moved(words) = &error else { panic!("{from:?} {to:?}: {error}") };
                assert!(words.contains(&stage.place(to)), "{words}");
            }

            // It goes on there, and comes back.
            let lease = there.lease("s", &Ask::new("apply")).await.unwrap();
            lease.load().await.unwrap();
            lease.append(&[exports(6)]).await.unwrap();
            lease.release().await;
            drop(lease);
            assert_eq!(go(&stage, to, from).await, Ok(6), "back, {from:?} {to:?}");
            assert_eq!(stage.generation().await, 6, "{from:?} {to:?}");
            assert!(matches!(there.load("s").await, Err(StoreError::Moved(_))));
        }
    }
}

#[tokio::test]
async fn a_state_of_its_own_is_not_overwritten() {
    let stage = Stage::with(Kind::S3, 5, false).await;
    stage.build(Kind::Dynamo).await;
    let there = stage.open(&stage.place(Kind::Dynamo));
    let lease = there.lease("s", &Ask::new("apply")).await.unwrap();
    lease.load().await.unwrap();
    lease.append(&crate::stage::opened()).await.unwrap();
    lease.release().await;
    let words = go(&stage, Kind::S3, Kind::Dynamo).await.unwrap_err().to_string();
    assert!(words.contains("has a state of the stack 's' already"), "{words}");
    assert_eq!(stage.generation().await, 5);
    assert_eq!(there.load("s").await.unwrap().unwrap().generation, 2);
}

/// Wherever a move is cut off, never two places are in use, and moving again finishes it.
#[tokio::test]
async fn a_move_that_was_cut_off_is_finished_by_another() {
    for writes in 0..12 {
        let stage = Stage::with(Kind::S3, 5, true).await;
        stage.build(Kind::Dynamo).await;
        let mut rule = Rule::new(Effect::RefuseConnection).mutating();
        rule.skip = writes;
        stage.cloud.faults().add(rule);
        let cut = go(&stage, Kind::S3, Kind::Dynamo).await;
        stage.cloud.faults().clear();
        let there = stage.open(&stage.place(Kind::Dynamo));
        let in_use = [stage.load().await, there.load("s").await]
            .into_iter()
            .filter(|state| matches!(state, Ok(Some(_))))
            .count();
        assert!(in_use <= 1, "after {writes}");
        match go(&stage, Kind::S3, Kind::Dynamo).await {
            Ok(5) | Err(StoreError::Moved(_)) => {}
            other => panic!("after {writes} ({cut:?}): {other:?}"),
        }
        assert_eq!(there.load("s").await.unwrap().unwrap().generation, 5, "after {writes}");
        assert!(matches!(stage.load().await, Err(StoreError::Moved(_))), "after {writes}");
    }
}
