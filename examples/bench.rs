//! Whole runs, measured: calls by service, waves, wall, processor and memory of plans, a first
//! apply, an edit, a destroy, and a zone with as many records as it holds.
//!
//! `cargo run --release --example bench` serves the local cloud from another process and runs
//! everything against it; `--endpoint-url` takes any emulator, `--latency 50` lets every call take
//! that many milliseconds on top, `--json` prints lines of JSON. Each run is a process of its own,
//! so that its memory is its own.
#![allow(clippy::print_stdout, reason = "it is a command-line tool; only the library never prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use bicoastal::aws::clients::TIMEOUTS;
use bicoastal::local::remote::RemoteClock;
use bicoastal::local::{Cloud, server::Server};
use bicoastal::model::provider::BoxFuture;
use bicoastal::plan::{Plan, critical_path};
use bicoastal::prelude::*;
use bicoastal::runtime::{Clock, Quiet, SystemClock};
use bicoastal::{
    AwsProvider, Cancel, Connection, Desired, Engine as Runs, FileStore, PlanOptions, ResourceId,
};
use clap::Parser;
use serde_json::{Value, json};

#[path = "active_active.rs"]
#[allow(dead_code, reason = "the example's own `main`")]
mod active_active;
#[path = "dns_at_scale.rs"]
#[allow(dead_code, reason = "the example's own `main`")]
mod dns_at_scale;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Measures whole runs against a cloud in another process.
#[derive(Parser)]
struct Args {
    /// Any endpoint that speaks AWS's protocols; without it the local cloud is served
    #[arg(long)]
    endpoint_url: Option<String>,
    /// Milliseconds that every call takes on top of what the endpoint takes
    #[arg(long, default_value_t = 0)]
    latency: u64,
    /// How many records are made in one zone
    #[arg(long, default_value_t = 9_998)]
    records: u32,
    /// Only these runs
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// One line of JSON for each run
    #[arg(long)]
    json: bool,
    /// Serves the local cloud: what the endpoint is without `--endpoint-url`
    #[arg(long, hide = true)]
    serve: bool,
    /// One run, in this process
    #[arg(long, hide = true)]
    run: Option<String>,
    /// Where the state of a run is
    #[arg(long, hide = true)]
    state: Option<PathBuf>,
    #[command(flatten)]
    reference: active_active::Flags,
}

/// The runs, in an order in which each finds what it needs.
const RUNS: [&str; 10] = [
    "first-plan",
    "first-apply",
    "no-op",
    "edit",
    "destroy",
    "dns-create",
    "dns-no-op",
    "dns-change",
    "dns-delete",
    "dns-destroy",
];

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match (&args.run, args.serve) {
        (_, true) => serve(),
        (Some(run), _) => measure(&args, run),
        (None, false) => all(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

fn serve() -> Outcome<()> {
    runtime()?.block_on(async {
        let server = Server::bind(Cloud::new(), 0).await?;
        println!("http://{}", server.address());
        Ok(server.run(std::future::pending()).await?)
    })
}

/// A served cloud that goes with whoever started it.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn all(args: &Args) -> Outcome<()> {
    let this = std::env::current_exe()?;
    let mut served = None;
    let url = match &args.endpoint_url {
        Some(url) => url.clone(),
        None => {
            let child = Command::new(&this).arg("--serve").stdout(Stdio::piped()).spawn()?;
            let child = &mut served.insert(Served(child)).0;
            let mut line = String::new();
            let out = child.stdout.take().ok_or("the served cloud says nothing")?;
            BufReader::new(out).read_line(&mut line)?;
            line.trim().to_owned()
        }
    };
    let state = std::env::temp_dir().join(format!("bicoastal-bench-{}", std::process::id()));
    if !args.json {
        println!("{HEAD}");
    }
    for run in RUNS {
        if !args.only.is_empty() && !args.only.iter().any(|it| it == run) {
            continue;
        }
        let mut command = Command::new(&this);
        command.args(["--run", run, "--endpoint-url", &url]).arg("--state").arg(&state);
        command.args(["--latency", &args.latency.to_string()]);
        command.args(["--records", &args.records.to_string()]);
        let answer = command.output()?;
        let line = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        if !answer.status.success() {
            return Err(format!("{run}: {line}").into());
        }
        if args.json {
            println!("{line}");
        } else {
            println!("{}", row(&serde_json::from_str(&line)?));
        }
    }
    let _ = std::fs::remove_dir_all(state);
    Ok(())
}

const HEAD: &str = "| run | changes | waves | calls | writes | by service | chain | wall | the cloud's time | CPU | peak |\n|---|---|---|---|---|---|---|---|---|---|---|";

fn row(measured: &Value) -> String {
    let by_service = measured["by_service"].as_object().into_iter().flatten();
    let by_service: Vec<String> = by_service.map(|(name, it)| format!("{name} {it}")).collect();
    format!(
        "| {} | {} | {} | {} | {} | {} | {} s | {} s | {} s | {} s | {} MB |",
        measured["run"].as_str().unwrap_or_default(),
        measured["changes"],
        measured["waves"],
        measured["calls"],
        measured["writes"],
        by_service.join(", "),
        measured["critical_path_s"],
        measured["wall_s"],
        measured["cloud_s"],
        measured["cpu_s"],
        measured["peak_mb"],
    )
}

/// One run, and one line of JSON about it.
#[expect(clippy::disallowed_methods, reason = "what is measured is real time")]
fn measure(args: &Args, run: &str) -> Outcome<()> {
    let url = args.endpoint_url.as_deref().ok_or("a run needs an endpoint")?;
    let state = args.state.as_deref().unwrap_or(Path::new("."));
    let (calls, began) = (Calls::default(), Instant::now());
    let clock = BenchClock::behind(url)?;
    let engine = engine(url, &clock, state, &calls, Duration::from_millis(args.latency));
    let (desired, options) = program(args, run)?;
    let (plan, cloud_ms) =
        runtime()?.block_on(carry_out(&engine, &clock, &desired, &options, run))?;
    let counted = calls.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let all: usize = counted.values().flat_map(|it| it.values()).sum();
    let writes = counted.values().flatten().filter(|(operation, _)| is_write(operation));
    let by_service: BTreeMap<&String, usize> =
        counted.iter().map(|(service, calls)| (service, calls.values().sum())).collect();
    let waves = plan.operations.iter().map(|it| it.wave).max().unwrap_or(0);
    let tenth = |value: f64| (value * 100.0).round() / 100.0;
    let path = critical_path(&plan, &engine.catalog());
    let measured = json!({
        "run": run,
        "changes": plan.changes.len(),
        "waves": waves,
        "calls": all,
        "writes": writes.map(|(_, count)| count).sum::<usize>(),
        "by_service": by_service,
        "by_operation": counted,
        "floor_s": plan.floor_ms as f64 / 1_000.0,
        "critical_path_s": path.ms / 1_000,
        "critical_path": path.through,
        "wall_s": tenth(began.elapsed().as_secs_f64()),
        "cloud_s": cloud_ms as f64 / 1_000.0,
        "cpu_s": cpu_seconds(),
        "peak_mb": peak_mb(),
    });
    println!("{measured}");
    Ok(())
}

/// The plan, and the milliseconds of the cloud's time that it took to carry it out.
async fn carry_out(
    engine: &Runs,
    clock: &BenchClock,
    desired: &Desired,
    options: &PlanOptions,
    run: &str,
) -> Outcome<(Plan, u64)> {
    let plan = engine.plan(desired, options).await?;
    let applies = !run.ends_with("no-op") && !run.ends_with("plan");
    if run.ends_with("no-op") && !plan.is_empty() {
        return Err(format!("{} changes are left", plan.changes.len()).into());
    }
    if applies {
        let (kept, before) = (plan.clone(), clock.now_ms());
        let report = engine.apply(plan, desired, options, &Quiet, &Cancel::new()).await?;
        if !report.is_done() {
            let words = bicoastal::render::plain(&bicoastal::render::report(&report));
            return Err(words.into());
        }
        return Ok((kept, clock.now_ms().saturating_sub(before)));
    }
    Ok((plan, 0))
}

/// What a run declares.
fn program(args: &Args, run: &str) -> Outcome<(Desired, PlanOptions)> {
    let mut stack = Stack::new(if run.starts_with("dns") { "dns" } else { "reference" });
    let mut options = PlanOptions::default();
    let domain = "bench.example";
    match run {
        "dns-create" | "dns-no-op" => dns_at_scale::many(&mut stack, domain, args.records, 60),
        "dns-change" => dns_at_scale::many(&mut stack, domain, args.records, 120),
        "dns-delete" => dns_at_scale::many(&mut stack, domain, 0, 120),
        "dns-destroy" => {
            options.destroy = true;
            options.unprotect = [ResourceId::from("zone")].into();
        }
        run => {
            active_active::declare(&mut stack, &args.reference);
            if run == "edit" {
                stack.tag("Edited", "yes");
            }
            if run == "destroy" {
                options.destroy = true;
                let guarded = ["user-sessions", "zone", "app", "us-east-1/app", "ap-south-1/app"];
                options.unprotect = guarded.map(ResourceId::from).into();
            }
        }
    }
    let desired = stack.seal().map_err(|mistakes| mistakes.to_string())?;
    Ok((desired, options))
}

/// The clock behind an endpoint: a served cloud lends its own.
#[derive(Clone, Debug)]
struct BenchClock(RemoteClock, Arc<SystemClock>);

impl BenchClock {
    fn behind(url: &str) -> Outcome<Self> {
        let remote = RemoteClock::behind(url).ok_or("the endpoint is no http://HOST:PORT")?;
        Ok(Self(remote, Arc::new(SystemClock::new())))
    }
}

impl Clock for BenchClock {
    fn now_ms(&self) -> u64 {
        self.0.now_ms().unwrap_or_else(|| self.1.now_ms())
    }

    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        Box::pin(self.0.sleep(time))
    }

    fn is_virtual(&self) -> bool {
        self.0.now_ms().is_some()
    }
}

fn engine(url: &str, clock: &BenchClock, state: &Path, calls: &Calls, latency: Duration) -> Runs {
    let connection = Connection::emulator(url);
    let config = connection.config();
    let mut builder = config.to_builder();
    if let Some(client) = config.http_client() {
        let counted = Counted { inner: clock.0.watch(client), calls: calls.clone(), latency };
        builder = builder.http_client(SharedHttpClient::new(counted));
    }
    let config =
        builder.sleep_impl(clock.0.sleep_impl(&TIMEOUTS)).time_source(clock.0.clone()).build();
    let provider = AwsProvider::new(Connection::new(config).in_place(url));
    Runs::new(provider, FileStore::new(state)).with_clock(clock.clone())
}

/// Calls by service and operation.
#[derive(Clone, Debug, Default)]
struct Calls(Arc<Mutex<BTreeMap<String, BTreeMap<String, usize>>>>);

/// Counts what goes out, and lets it take its time.
#[derive(Clone, Debug)]
struct Counted<T> {
    inner: T,
    calls: Calls,
    latency: Duration,
}

impl HttpClient for Counted<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Counted {
            inner: self.inner.http_connector(settings, components),
            calls: self.calls.clone(),
            latency: self.latency,
        })
    }
}

impl HttpConnector for Counted<SharedHttpConnector> {
    #[expect(clippy::disallowed_methods, reason = "latency is real time")]
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (service, operation) = named(&request);
        let mut calls = self.calls.0.lock().unwrap_or_else(PoisonError::into_inner);
        *calls.entry(service).or_default().entry(operation).or_default() += 1;
        drop(calls);
        let (inner, latency) = (self.inner.clone(), self.latency);
        HttpConnectorFuture::new(async move {
            if !latency.is_zero() {
                tokio::time::sleep(latency).await;
            }
            inner.call(request).await
        })
    }
}

/// The service that a request is signed for, and its operation: awsJson names it in a header, the
/// Query protocol in its form; of REST it is the method and the kind of path.
fn named(request: &HttpRequest) -> (String, String) {
    let header = |name: &str| request.headers().get(name).unwrap_or_default();
    let scope = header("authorization").split("Credential=").nth(1).unwrap_or_default();
    let service = scope.split('/').nth(3).unwrap_or("unsigned").to_owned();
    let form = request.body().bytes().unwrap_or_default();
    let form = String::from_utf8_lossy(form).into_owned();
    let action = form.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let operation = match (header("x-amz-target").rsplit('.').next(), action) {
        (Some(target), _) if !target.is_empty() => target.to_owned(),
        (_, Some(action)) => action.to_owned(),
        _ => {
            let path = request.uri().split("://").nth(1).unwrap_or_default();
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let kind =
                path.split('/').skip(1).filter(|it| it.chars().all(|c| c.is_ascii_lowercase()));
            // The tags of several things are asked for with a POST.
            let of_several = path.split('/').rev().nth(1) == Some("tags");
            let kind = if of_several { "tags" } else { kind.last().unwrap_or_default() };
            let part = query.split(['&', '=']).next().unwrap_or_default();
            format!("{} {kind}?{part}", request.method())
        }
    };
    (service, operation)
}

fn is_write(operation: &str) -> bool {
    let reads = ["GET ", "HEAD ", "Describe", "List", "Get", "POST tags?"];
    !reads.iter().any(|read| operation.starts_with(read))
}

/// Seconds of the processor, of user and system, as Linux counts them in hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(12) + ticks(13)) / 100.0
}

/// The most memory that the process ever held, in millions of bytes.
fn peak_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1_024 / 1_000_000
}
