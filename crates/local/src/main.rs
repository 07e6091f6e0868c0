//! `bicoastal-local`: the local AWS as a server on loopback.

use std::error::Error;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use bicoastal_local::Cloud;
use bicoastal_local::server::Server;
use clap::Parser;

/// A local AWS for any client that takes an endpoint URL.
///
/// Region and service are read from the signature, so one endpoint serves all of them. Any
/// credentials do; an access key id of twelve digits is the account. Beside AWS there are
/// /_bicoastal/sleep, advance, now, duration, calls, fault, held, region and world.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// Keep the cloud in this directory, and go on with what is there
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// How many virtual seconds pass in a real one
    #[arg(long, value_name = "N", default_value_t = 1)]
    speed: u32,
    /// Let everything be ready at once
    #[arg(long)]
    instant: bool,
}

fn main() -> ExitCode {
    match serve(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "bicoastal-local: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(args: &Args) -> Result<(), Box<dyn Error>> {
    let cloud = match &args.dir {
        Some(dir) => Cloud::open(dir)?,
        None => Cloud::new(),
    };
    // Said in each run, not by the run that made the snapshot.
    cloud.scale_durations(if args.instant { 0.0 } else { 1.0 });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(cloud, args.port)
            .await
            .map_err(|error| format!("port {} on 127.0.0.1: {error}", args.port))?
            .speed(args.speed);
        // Listening for the interrupt begins before anybody is told that they may send one.
        let interrupted = tokio::spawn(tokio::signal::ctrl_c());
        tokio::task::yield_now().await;
        // One line when it is ready: whoever started it waits for this.
        let mut out = std::io::stdout();
        writeln!(out, "bicoastal-local listening on http://{}", server.address())?;
        out.flush()?;
        let stop = async {
            let _ = interrupted.await;
        };
        Ok(server.run(stop).await?)
    })
}
