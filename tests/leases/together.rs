//! Several runs at once.

use bicoastal::local::log::Phase::{After, Before};

use crate::served::{Moment, Served, signal};
use crate::stage::Kind;
use crate::stopped::undisturbed;
use crate::worlds;

/// Two applies at once: one works, the other hears who does, or waits and then works. Who only
/// looks needs no lease.
fn at_once(kind: Kind) {
    let served = Served::new(kind);
    // Before anything is made that is made once only; nothing else waits for it.
    let hold = served.hold_at(Moment("CreateHostedZone", 1, Before));
    let mut first = served.start(&["apply", "--yes"]);
    hold.until_it_comes(&mut first);

    let holder = format!("apply on {}, process {}, since 20", crate::stopped::host(), first.id());
    let refused = served.run(&["apply", "--yes"]).code(1);
    let held = format!("the stack 's' is being changed by another run: {holder}");
    refused.complains(&[&held, "nothing was done", "hint: ", "--wait"]);
    served.run(&["destroy", "--yes"]).code(1);
    let edit = ["state", "mv", "zone", "other"];
    served.run(&edit).code(1).complains(&[&held]);

    for args in [&["plan"][..], &["drift"], &["outputs"], &["state", "list"], &["graph"]] {
        let ran = served.run(args).code(0);
        assert!(!ran.err.contains("another run"), "{kind:?} {args:?}: {}", ran.err);
    }

    let waiting = served.start(&["apply", "--yes", "--wait"]);
    waiting.until_it_says(&format!("Another run is changing the stack 's': {holder}"));
    waiting.until_it_says("Waiting until it is done");
    drop(hold);
    first.end().code(0).says(&["Done: 28 changes."]);
    waiting.end().code(0).complains(&["Planning again."]).says(&["No changes."]);
    let differences = worlds::differences(undisturbed(), &served.made());
    assert!(differences.is_empty(), "{kind:?}: {differences:#?}");
}

#[test]
fn one_works_and_the_other_is_told_or_waits_in_a_directory() {
    at_once(Kind::File);
}

#[test]
fn one_works_and_the_other_is_told_or_waits_in_s3() {
    at_once(Kind::S3);
}

#[test]
fn one_works_and_the_other_is_told_or_waits_in_dynamodb() {
    at_once(Kind::Dynamo);
}

/// Interrupted once, nobody goes on waiting.
#[test]
fn waiting_is_interrupted() {
    let served = Served::new(Kind::File);
    let hold = served.hold_at(Moment("CreateHostedZone", 1, Before));
    let mut first = served.start(&["apply", "--yes"]);
    hold.until_it_comes(&mut first);
    let waiting = served.start(&["apply", "--yes", "--wait"]);
    waiting.until_it_says("Waiting until it is done");
    signal(waiting.id(), "INT");
    waiting.end().code(1).complains(&["is not waited for any more; nothing was done"]);
    drop(hold);
    first.end().code(0);
}

/// Nobody waits longer than asked for a holder that is at work.
#[test]
fn patience_ends() {
    let served = Served::new(Kind::S3);
    let hold = served.hold_at(Moment("CreateHostedZone", 1, Before));
    let mut first = served.start(&["apply", "--yes"]);
    hold.until_it_comes(&mut first);
    let before = served.stage.cloud.now();
    served.run(&["apply", "--yes", "--wait=5m"]).code(1).complains(&[
        "Waiting until it is done",
        "is being changed by another run",
        "hint: ",
    ]);
    let waited = served.stage.cloud.now() - before;
    assert!((300_000..3_600_000).contains(&waited), "{waited}");
    drop(hold);
    first.end().code(0);
}

/// Who is dead holds nothing: in a directory from that moment on, elsewhere when nobody has heard of
/// it for as long as its lease and a call may last.
#[test]
fn a_dead_run_s_lease_ends_by_itself() {
    for (kind, at_least) in [(Kind::File, 0), (Kind::S3, 120_000), (Kind::Dynamo, 120_000)] {
        let served = Served::new(kind);
        let hold = served.hold_at(Moment("CreateGlobalCluster", 1, After));
        let mut first = served.start(&["apply", "--yes"]);
        hold.until_it_comes(&mut first);
        assert_eq!(first.kill().code, None);
        drop(hold);
        let before = served.stage.cloud.now();
        served.run(&["apply", "--yes"]).code(0);
        let took = served.stage.cloud.now() - before;
        assert!(took >= at_least, "{kind:?}: {took}");
        let differences = worlds::differences(undisturbed(), &served.made());
        assert!(differences.is_empty(), "{kind:?}: {differences:#?}");
    }
}
