//! `examples/embedding.rs`: two accounts in one process, events, and a clean stop.

use std::collections::BTreeSet;
use std::sync::Mutex;

use bicoastal::runtime::{Event, Observer};
use bicoastal::{Cancel, local::Cloud};

#[path = "../../examples/embedding.rs"]
#[allow(dead_code, reason = "its main function runs it as a program")]
mod example;

/// Counts what it sees, and stops the run at an event of its choice.
#[derive(Default)]
struct Watch {
    events: Mutex<Vec<Event>>,
    stop_at_call: Option<(usize, Cancel)>,
}

impl Watch {
    fn calls(&self) -> usize {
        let events = self.events.lock().expect("no panic");
        events.iter().filter(|event| matches!(event, Event::Called { .. })).count()
    }
}

impl Observer for Watch {
    fn event(&self, event: &Event) {
        self.events.lock().expect("no panic").push(event.clone());
        if let Some((calls, cancel)) = &self.stop_at_call
            && matches!(event, Event::Called { .. })
            && self.calls() == *calls
        {
            cancel.stop();
        }
    }
}

/// Which accounts each service was called in, for what changes something.
fn accounts(cloud: &Cloud) -> BTreeSet<(String, String)> {
    cloud
        .calls()
        .iter()
        .filter(|call| call.mutating)
        .map(|call| (format!("{:?}", call.service), call.account.clone()))
        .collect()
}

#[tokio::test]
async fn an_inventory_is_reconciled_in_two_accounts() {
    let (cloud, state) = (Cloud::new(), tempfile::tempdir().expect("a directory"));
    let engine = example::engine(&cloud, state.path());
    let (watch, services, never) = (Watch::default(), example::inventory(), Cancel::new());
    assert!(example::reconcile(&engine, &services, &watch, &never).await.expect("no error"));
    assert!(watch.calls() > 0);
    let expected = [("DynamoDb", "000000000000"), ("Route53", "111122223333")];
    let expected = expected.map(|(service, account)| (service.to_owned(), account.to_owned()));
    assert_eq!(accounts(&cloud), BTreeSet::from(expected));

    // Nothing to do: not one event.
    let quiet = Watch::default();
    assert!(example::reconcile(&engine, &services, &quiet, &never).await.expect("no error"));
    assert_eq!(quiet.events.lock().expect("no panic").len(), 0);
}

#[tokio::test]
async fn a_stopped_run_is_gone_on_with() {
    // Wherever it is stopped, the same things exist in the end.
    let mut ends = BTreeSet::new();
    for stop in 1..=9 {
        let (cloud, state) = (Cloud::new(), tempfile::tempdir().expect("a directory"));
        let engine = example::engine(&cloud, state.path());
        let services = example::inventory();
        let cancel = Cancel::new();
        let watch = Watch { stop_at_call: Some((stop, cancel.clone())), ..Watch::default() };
        let done = example::reconcile(&engine, &services, &watch, &cancel).await.expect("no error");
        // A call that was under way when it was asked to stop is finished and recorded.
        assert!(watch.calls() >= stop || done, "{stop}");
        let (again, never) = (Watch::default(), Cancel::new());
        let done = example::reconcile(&engine, &services, &again, &never).await.expect("no error");
        assert!(done, "{stop}");
        let exists = cloud.with_world(|world| {
            let dns = world.route53.account("111122223333").expect("the account of the zone");
            let records: Vec<usize> = dns.zones.values().map(|zone| zone.records.len()).collect();
            (dns.zones.len(), records)
        });
        let state = engine.state("services").await.expect("state").expect("it was applied");
        ends.insert(format!("{exists:?} {:?}", state.exports));
    }
    assert_eq!(ends.len(), 1, "{ends:#?}");
}
