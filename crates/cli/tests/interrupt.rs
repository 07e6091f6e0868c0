//! Ctrl-C, as a real signal: in a process of its own, because it is the process that gets it.
#![cfg(unix)]

use crate::common::run::Bench;

#[path = "verbs/common/mod.rs"]
mod common;

fn interrupt() {
    let this = std::process::id().to_string();
    let sent = std::process::Command::new("kill").args(["-INT", &this]).status();
    assert!(sent.is_ok_and(|status| status.success()));
}

#[test]
fn the_first_one_stops_and_the_next_run_goes_on() {
    let bench = Bench::new();
    // While the first turns are taken. The signal comes some time later; until then the bucket
    // is looked at again and again.
    let mut sent = false;
    bench.cloud.never_ready("us-east-1/assets-us-east-1", true);
    bench.cloud.watch(move |name| {
        if name == "us-east-1/assets-us-east-1" && !std::mem::replace(&mut sent, true) {
            interrupt();
        }
    });
    let ran = bench.run("apply");
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("Stopping: nothing new is begun"), "{}", ran.err);
    let last = "stopped: create us-east-1/assets was under way; the next apply goes on with it";
    assert!(ran.out.lines().any(|line| line == last), "{}", ran.out);
    assert!(ran.out.contains("Stopped: "), "{}", ran.out);

    bench.cloud.never_ready("us-east-1/assets-us-east-1", false);
    let ran = bench.run("apply");
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(bench.cloud.calls().len(), 5, "nothing is made twice");
    assert_eq!(bench.run("plan --detailed-exitcode").code, 0);
}
