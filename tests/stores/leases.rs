//! One run at a time, whatever becomes of it.

use std::sync::Arc;
use std::time::Duration;

use bicoastal::Cancel;
use bicoastal::runtime::{Ask, StoreError};

use crate::stage::{ALL, REMOTE, Stage, exports, opened};

/// Both ask at once: one works, the other hears who does, since when and what for.
#[tokio::test]
async fn of_two_that_come_at_once_one_works_and_the_other_is_told() {
    for kind in ALL {
        let stage = Stage::new(kind).await;
        let (first, second) = (stage.store(), stage.store());
        let (one, other) = (Ask::new("apply"), Ask::new("destroy"));
        let work = async |store: &dyn bicoastal::runtime::StateStore, ask: &Ask| {
            let lease = store.lease("s", ask).await?;
            // At work until the other one has been told.
            let kept = tokio::time::timeout(Duration::from_secs(5), lease.keep()).await;
            assert!(kept.is_err(), "{kept:?}");
            Ok::<_, StoreError>(lease.note())
        };
        let told = tokio::select! {
            told = work(&*first, &one) => told,
            told = work(&*second, &other) => told,
        };
        let Err(StoreError::Held(words)) = told else { panic!("{kind:?}: {told:?}") };
        let host = stage.lease_words(&words);
        assert!(host, "{kind:?}: {words}");
    }
}

impl Stage {
    fn lease_words(&self, words: &str) -> bool {
        ["being changed by another run: ", " on ", ", process ", ", since ", "hint: ", "--wait"]
            .iter()
            .all(|word| words.contains(word))
            && (words.contains("apply") || words.contains("destroy"))
    }
}

#[tokio::test]
async fn who_waits_comes_next() {
    for kind in REMOTE {
        let stage = Stage::new(kind).await;
        let lease = stage.lease().await;
        let ask = Ask { wait: Duration::from_secs(600), ..Ask::new("destroy") };
        let store = stage.store();
        let work = async {
            let work = stage.cloud.sleep(Duration::from_secs(200));
            tokio::select! {
                lost = lease.keep() => panic!("{lost}"),
                () = work => lease.release().await,
            }
        };
        let (_, next) = tokio::join!(work, store.lease("s", &ask));
        let next = next.unwrap();
        assert_eq!((next.note().token, next.note().purpose.as_str()), (2, "destroy"), "{kind:?}");
    }
}

/// Told to stop, nobody goes on waiting, and nothing is taken.
#[tokio::test]
async fn who_waits_can_be_stopped() {
    for kind in ALL {
        let stage = Stage::new(kind).await;
        let lease = stage.lease().await;
        let cancel = Cancel::new();
        let ask = Ask {
            wait: Duration::from_secs(600),
            told: Some({
                let cancel = cancel.clone();
                Arc::new(move |_: &_| cancel.stop())
            }),
            cancel: Some(cancel),
            ..Ask::new("destroy")
        };
        let store = stage.store();
        let before = stage.cloud.now();
        let stopped = tokio::select! {
            lost = lease.keep() => panic!("{lost}"),
            stopped = store.lease("s", &ask) => stopped.map(|lease| lease.note()),
        };
        let Err(StoreError::Held(words)) = stopped else { panic!("{kind:?}: {stopped:?}") };
        expect_test::expect!["another run is changing the stack 's', and is not waited for any more; nothing was done"].assert_eq(&words);
        assert!(stage.cloud.now() - before < 1_000, "{kind:?}");
        assert_eq!(lease.note().token, 1);
        lease.release().await;
        drop(lease);
        let next = store.lease("s", &Ask::new("apply")).await.unwrap();
        assert_eq!(next.note().token, 2, "{kind:?}");
    }
}

/// Who is dead does not renew: the lease ends by itself, and nobody is asked anything.
#[tokio::test]
async fn a_dead_holder_s_lease_ends_by_itself_and_a_stale_one_can_do_nothing() {
    for kind in REMOTE {
        let stage = Stage::with(kind, 2, false).await;
        let stale = stage.lease().await;
        stale.load().await.unwrap();
        let gate = stale.gate();
        let call = Duration::from_secs(30);
        assert!(gate.pass(call).is_ok());

        // Nobody renews: for whoever wants it that looks like death.
        let before = stage.cloud.now();
        let next = stage.store().lease("s", &Ask::new("apply")).await.unwrap();
        let waited = stage.cloud.now() - before;
        assert!((120_000..150_000).contains(&waited), "{kind:?}: {waited}");
        assert!(next.note().token > stale.note().token);

        // The stale one wakes: its gate closed by itself, before anybody could take over.
        assert!(gate.pass(Duration::ZERO).is_err(), "{kind:?}");
        assert_eq!(next.load().await.unwrap().unwrap().generation, 2, "{kind:?}");
        let calls = stage.cloud.calls().len();
        let Err(StoreError::Lost(words)) = stale.append(&[exports(3)]).await else {
            panic!("{kind:?}: a stale append");
        };
        for word in ["was taken by another run: apply on ", "process", "since", "hint: "] {
            assert!(words.contains(word), "{kind:?}: {words}");
        }
        assert!(matches!(stale.append(&[exports(3)]).await, Err(StoreError::Lost(_))));
        let state = stage.load().await.unwrap().unwrap();
        assert!(matches!(stale.compact(&state).await, Err(StoreError::Lost(_))), "{kind:?}");
        assert!(matches!(stale.keep().await, StoreError::Lost(_)), "{kind:?}");
        stale.release().await;
        let wrote = stage.cloud.calls()[calls..]
            .iter()
            .filter(|call| call.mutating && call.status == Some(200))
            .count();
        assert_eq!(wrote, 0, "{kind:?}");

        next.append(&[exports(3)]).await.unwrap();
        assert_eq!(stage.generation().await, 3, "{kind:?}");
        assert!(next.gate().pass(call).is_ok());
    }
}

/// No call is let through that could still be under way when the lease is over.
#[tokio::test]
async fn the_gate_closes_a_call_s_time_before_the_end_and_a_renewal_opens_it() {
    for kind in REMOTE {
        let stage = Stage::new(kind).await;
        let lease = stage.lease().await;
        let gate = lease.gate();
        let call = Duration::from_secs(30);
        stage.cloud.advance(59_000);
        assert!(gate.pass(call).is_ok(), "{kind:?}");
        stage.cloud.advance(2_000);
        let words = gate.pass(call).unwrap_err();
        assert!(words.contains("was not renewed in time"), "{words}");
        // Nobody took it meanwhile: it is renewed, and everything goes on.
        tokio::select! {
            lost = lease.keep() => panic!("{lost}"),
            () = stage.cloud.sleep(Duration::from_secs(20)) => {}
        }
        assert!(gate.pass(call).is_ok(), "{kind:?}");
        lease.release().await;
        assert!(gate.pass(Duration::ZERO).is_err(), "{kind:?}");
    }
}

/// The stale holder's write arrives in the very moment in which another takes over: either it
/// counts and is read, or it is refused.
#[tokio::test]
async fn a_write_in_the_moment_of_the_takeover_counts_or_is_refused() {
    for kind in REMOTE {
        for head_start in 0..6 {
            let stage = Stage::with(kind, 2, false).await;
            let stale = stage.lease().await;
            stale.load().await.unwrap();
            let next = stage.store().lease("s", &Ask::new("apply")).await.unwrap();
            // What only its own clock keeps it from: as if the call had been under way for long.
            let late = async {
                for _ in 0..head_start {
                    tokio::task::yield_now().await;
                }
                stale.append(&[exports(3)]).await
            };
            let (written, loaded) = tokio::join!(late, next.load());
            let generation = loaded.unwrap().unwrap().generation;
            let expected = if written.is_ok() { 3 } else { 2 };
            assert_eq!(generation, expected, "{kind:?} {head_start}: {written:?}");
            next.append(&[exports(generation + 1)]).await.unwrap();
            assert_eq!(stage.generation().await, generation + 1);
        }
    }
}

/// Many runs begin on nothing, at the same moment: one of them opens the journal.
#[tokio::test]
async fn first_runs_at_the_same_moment_are_one() {
    for kind in REMOTE {
        let stage = Stage::new(kind).await;
        let run = async || {
            let lease = stage.store().lease("s", &Ask::new("apply")).await?;
            let state = lease.load().await?;
            let first = state.is_none();
            if first {
                lease.append(&opened()).await?;
            }
            tokio::select! {
                lost = lease.keep() => return Err(lost),
                () = stage.cloud.sleep(Duration::from_secs(60)) => {}
            }
            lease.release().await;
            Ok::<_, StoreError>(first)
        };
        let ran = tokio::join!(run(), run(), run(), run());
        let ran = [ran.0, ran.1, ran.2, ran.3];
        let firsts = ran.iter().filter(|it| matches!(it, Ok(true))).count();
        let held = ran.iter().filter(|it| matches!(it, Err(StoreError::Held(_)))).count();
        assert_eq!((firsts, held), (1, 3), "{kind:?}: {ran:?}");
        assert_eq!(stage.generation().await, 2);
    }
}
