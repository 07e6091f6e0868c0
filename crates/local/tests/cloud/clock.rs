use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bicoastal_local::Cloud;
use expect_test::expect;

use crate::who_am_i;

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Seconds since the cloud was born.
fn age(cloud: &Cloud) -> i64 {
    (cloud.now() - Cloud::new().now()) / 1000
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Sleepers that write down when they wake.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    async fn sleep(self, cloud: Cloud, name: &str, duration: Duration) {
        cloud.sleep(duration).await;
        self.write(&cloud, name);
    }

    fn write(&self, cloud: &Cloud, name: &str) {
        self.0.lock().unwrap().push(format!("{}s {name}", age(cloud)));
    }

    fn read(&self) -> String {
        self.0.lock().unwrap().join(", ")
    }
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    let cloud = Cloud::new();
    let diary = Diary::default();
    block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for (name, due) in [("c", 30), ("a", 10), ("d", 40), ("b", 20), ("a too", 10)] {
            tasks.spawn(diary.clone().sleep(cloud.clone(), name, seconds(due)));
        }
        while tasks.join_next().await.is_some() {}
    });
    expect!["10s a, 10s a too, 20s b, 30s c, 40s d"].assert_eq(&diary.read());
}

#[test]
fn many_sleepers_on_many_threads_take_no_longer_than_the_longest() {
    let cloud = Cloud::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let wakings = runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..50_u64 {
            let cloud = cloud.clone();
            // Twice, so that deadlines are also made while others are met.
            let rest = seconds(number * 7 % 50 + 1);
            tasks.spawn(async move {
                let due = cloud.now() + 1000 * rest.as_secs() as i64;
                cloud.sleep(rest).await;
                let woken = cloud.now();
                cloud.sleep(seconds(1)).await;
                woken - due
            });
        }
        tasks.join_all().await
    });
    assert!(wakings.iter().all(|late| *late >= 0), "nobody wakes too early: {wakings:?}");
    assert!(age(&cloud) >= 51, "the last one slept 50 s and 1 s");
}

#[test]
fn the_time_stands_still_while_somebody_works() {
    let cloud = Cloud::new();
    let diary = Diary::default();
    block_on(async {
        let sleeper = tokio::spawn(diary.clone().sleep(cloud.clone(), "sleeper", seconds(60)));
        for _ in 0..1000 {
            cloud.serve(who_am_i("us-east-1")).await.unwrap();
        }
        diary.write(&cloud, "worker");
        sleeper.await.unwrap();
    });
    expect!["0s worker, 60s sleeper"].assert_eq(&diary.read());
}

#[test]
fn held_time_does_not_move() {
    let cloud = Cloud::new();
    let diary = Diary::default();
    block_on(async {
        let hold = cloud.hold_time();
        let sleeper = tokio::spawn(diary.clone().sleep(cloud.clone(), "sleeper", seconds(60)));
        for _ in 0..10_000 {
            tokio::task::yield_now().await;
        }
        diary.write(&cloud, "holder");
        drop(hold);
        sleeper.await.unwrap();
    });
    expect!["0s holder, 60s sleeper"].assert_eq(&diary.read());
}

#[test]
fn a_sleep_that_was_dropped_wakes_nobody_and_moves_nothing() {
    let cloud = Cloud::new();
    let diary = Diary::default();
    block_on(async {
        tokio::select! {
            biased;
            () = diary.clone().sleep(cloud.clone(), "long", seconds(600)) => {}
            () = diary.clone().sleep(cloud.clone(), "short", seconds(6)) => {}
        }
        diary.clone().sleep(cloud.clone(), "after", seconds(60)).await;
    });
    expect!["6s short, 66s after"].assert_eq(&diary.read());
}

#[test]
fn a_sleep_that_nobody_polls_does_not_stop_the_time() {
    let cloud = Cloud::new();
    let diary = Diary::default();
    block_on(async {
        // As in a stream of futures whose consumer sleeps before it asks for the next.
        let mut stored = std::pin::pin!(cloud.sleep(seconds(5)));
        std::future::poll_fn(|context| {
            assert!(stored.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        diary.clone().sleep(cloud.clone(), "consumer", seconds(20)).await;
        stored.await;
        diary.write(&cloud, "stored");
    });
    expect!["20s consumer, 20s stored"].assert_eq(&diary.read());
}

#[test]
fn time_that_is_let_pass_wakes_who_is_due() {
    let cloud = Cloud::new();
    let diary = Diary::default();
    block_on(async {
        let hold = cloud.hold_time();
        let sleeper = tokio::spawn(diary.clone().sleep(cloud.clone(), "sleeper", seconds(60)));
        tokio::task::yield_now().await;
        cloud.advance(90_000);
        sleeper.await.unwrap();
        drop(hold);
    });
    expect!["90s sleeper"].assert_eq(&diary.read());
}

#[test]
fn a_part_of_a_millisecond_is_a_whole_one() {
    let cloud = Cloud::new();
    let born = cloud.now();
    block_on(cloud.sleep(Duration::from_nanos(1)));
    assert_eq!(cloud.now() - born, 1);
}
