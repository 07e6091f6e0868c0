//! A run is stopped in the middle, another one takes over and finishes, and the first one wakes: it
//! changes nothing any more, neither in AWS nor in state, and says who took over.

use std::sync::{OnceLock, mpsc};

use bicoastal::local::log::Phase::{After, Before};
use serde_json::Value;

use crate::served::{Moment, Served, signal};
use crate::stage::Kind;
use crate::worlds;

/// What a run makes that nobody disturbs.
pub fn undisturbed() -> &'static Value {
    static WORLD: OnceLock<Value> = OnceLock::new();
    WORLD.get_or_init(|| {
        let served = Served::new(Kind::File);
        served.run(&["apply", "--yes"]).code(0);
        served.made()
    })
}

fn overtaken(kind: Kind, moment: Moment) {
    let what = format!("{kind:?} {moment:?}");
    let served = Served::new(kind);
    let (started, starting) = mpsc::channel::<u32>();
    let (stopped, stopping) = mpsc::channel();
    let starting = std::sync::Mutex::new(starting);
    served.at(moment, move || {
        let process = starting.lock().unwrap().recv().unwrap();
        signal(process, "STOP");
        stopped.send(()).unwrap();
    });
    let mut first = served.start(&["apply", "--yes"]);
    started.send(first.id()).unwrap();
    first.until(&stopping);
    if kind == Kind::File {
        // A lock ends with its process, and this one is alive. It takes somebody who removes it by
        // hand, or a file system that has no locks, to take over from it.
        std::fs::remove_file(served.stage.dir.path().join("state/s/lock")).unwrap();
    }

    let second = served.start(&["apply", "--yes"]);
    let process = second.id();
    let ran = second.end().code(0);
    if kind != Kind::File {
        let holder = format!("apply on {}, process {}, since 20", host(), first.id());
        ran.complains(&[&holder, "Looking whether it is still at work"]);
    }
    let everything = served.everything();
    let calls = served.stage.cloud.calls().len();

    signal(first.id(), "CONT");
    let by = format!("by another run: apply on {}, process {process}, since 20", host());
    first.end().code(1).complains(&["the lease of the stack 's' has ended", &by, "hint: "]);
    let (of_state, others) = served.changes_since(calls);
    assert!(others.is_empty(), "{what}: it calls on: {others:#?}");
    let written = of_state.iter().filter(|call| call.status == Some(200)).count();
    assert_eq!(written, 0, "{what}: it writes on: {of_state:#?}");
    let differences = worlds::differences(&everything, &served.everything());
    assert!(differences.is_empty(), "{what}: {differences:#?}");
    let differences = worlds::differences(undisturbed(), &served.made());
    assert!(differences.is_empty(), "{what}: {differences:#?}");
    served.run(&["plan", "--detailed-exitcode"]).code(0);
    println!("{what}: overtaken, woken, and nothing changed");
}

pub fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

#[test]
fn with_its_state_in_a_directory() {
    overtaken(Kind::File, Moment("CreateGlobalCluster", 1, Before));
    overtaken(Kind::File, Moment("CreateBucket", 2, After));
}

#[test]
fn with_its_state_in_s3() {
    overtaken(Kind::S3, Moment("CreateHostedZone", 1, Before));
    overtaken(Kind::S3, Moment("CreateDBInstance", 2, After));
    overtaken(Kind::S3, Moment("PutObject", 12, Before));
    overtaken(Kind::S3, Moment("PutObject", 20, After));
}

#[test]
fn with_its_state_in_s3_in_two_regions() {
    overtaken(Kind::S3Twice, Moment("PutBucketReplication", 1, Before));
    overtaken(Kind::S3Twice, Moment("PutObject", 31, After));
}

#[test]
fn with_its_state_in_dynamodb() {
    overtaken(Kind::Dynamo, Moment("UpdateTable", 1, After));
    overtaken(Kind::Dynamo, Moment("CreateLoadBalancer", 2, Before));
    overtaken(Kind::Dynamo, Moment("PutItem", 17, Before));
}

#[test]
fn with_its_state_in_dynamodb_in_three_regions() {
    overtaken(Kind::DynamoStrong, Moment("ChangeResourceRecordSets", 1, Before));
    overtaken(Kind::DynamoStrong, Moment("PutItem", 9, After));
}
