//! An internal tool: makes what its own inventory says, without the command line.
//!
//! Services come from a list, their tables are made in one account and their names in another;
//! the tool sees every event, and Ctrl-C stops it cleanly: what was begun is recorded, and the
//! next run goes on from there. `cargo run --example embedding` runs it on the embedded local AWS,
//! in memory.
#![allow(clippy::print_stdout, reason = "it is a command-line tool; only the library never prints")]

use std::path::Path;

use bicoastal::local::Cloud;
use bicoastal::prelude::*;
use bicoastal::runtime::{Event, Observer};
use bicoastal::{
    AwsProvider, Cancel, Desired, Engine as Runs, Error, FileStore, LocalClock, PlanOptions,
    local_connection, render,
};

/// What the tool knows of a service; yours would read this from a file or an API.
pub(crate) struct Service {
    pub(crate) name: &'static str,
    pub(crate) regions: ActiveRegions,
    pub(crate) partition_key: &'static str,
}

pub(crate) fn inventory() -> Vec<Service> {
    let two = || ActiveRegions::new(Region::UsEast1, Region::EuWest1);
    vec![
        Service { name: "carts", regions: two(), partition_key: "cart_id" },
        Service { name: "orders", regions: two(), partition_key: "order_id" },
        Service {
            name: "sessions",
            regions: two().and(Region::ApSouth1),
            partition_key: "session_id",
        },
    ]
}

/// The account of the tables is the default one; the zone is in an account of its own.
const WORKLOADS: &str = "000000000000";
const DNS: &str = "111122223333";

pub(crate) fn desired(services: &[Service]) -> Result<Desired, Error> {
    let mut stack = Stack::new("services");
    stack.tag("ManagedBy", "service-catalogue");
    let zone = stack
        .account("dns")
        .global()
        .add("zone", HostedZone::builder().name("services.example.com").build());
    for service in services {
        let table = stack.across(&service.regions).add(
            service.name,
            Table::builder()
                .name(service.name)
                .partition_key(Key::string(service.partition_key))
                .billing(Billing::OnDemand)
                .stream(StreamView::NewAndOldImages)
                .build(),
        );
        // Where clients learn which table is theirs: it waits for the table, and then names it.
        stack.account("dns").global().add(
            format!("{}-table", service.name),
            RecordSet::builder()
                .zone(&zone)
                .name(service.name)
                .values(RecordType::Txt, 300, [text!("\"table={}\"", table.arn())])
                .build(),
        );
        stack.export(service.name, table.arn());
    }
    Ok(stack.seal()?)
}

/// An engine that knows both accounts.
pub(crate) fn engine(cloud: &Cloud, state: &Path) -> Runs {
    let accounts = AwsProvider::new(local_connection(cloud, WORKLOADS))
        .account("dns", local_connection(cloud, DNS));
    Runs::new(accounts, FileStore::new(state)).with_clock(LocalClock::new(cloud))
}

/// Brings the cloud to what the inventory says; whether everything is done.
pub(crate) async fn reconcile(
    engine: &Runs,
    services: &[Service],
    observer: &dyn Observer,
    cancel: &Cancel,
) -> Result<bool, Error> {
    let desired = desired(services)?;
    let options = PlanOptions::default();
    let plan = engine.plan(&desired, &options).await?;
    if plan.is_empty() {
        return Ok(true);
    }
    let report = engine.apply(plan, &desired, &options, observer, cancel).await?;
    print!("{}", render::plain(&render::report(&report)));
    Ok(report.is_done())
}

struct Log;

impl Observer for Log {
    fn event(&self, event: &Event) {
        match event {
            Event::Started { what, .. } => println!("  … {what}"),
            Event::Called { call, .. } => println!("    {call}"),
            _ => {}
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let cancel = Cancel::new();
    let asked = cancel.clone();
    tokio::spawn(async move {
        // The first Ctrl-C stops it cleanly, the second at once.
        while tokio::signal::ctrl_c().await.is_ok() {
            asked.stop();
        }
    });
    match story(&cancel).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn story(cancel: &Cancel) -> Result<bool, Error> {
    let cloud = Cloud::new();
    let state = std::env::temp_dir().join(format!("bicoastal-embedding-{}", std::process::id()));
    let engine = engine(&cloud, &state);
    let done = reconcile(&engine, &inventory(), &Log, cancel).await;
    if let Some(state) = engine.state("services").await? {
        for (name, value) in &state.exports {
            println!("{name}: {value}");
        }
    }
    let _ = std::fs::remove_dir_all(&state);
    done
}
