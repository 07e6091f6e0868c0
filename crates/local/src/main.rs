//! `bicoastal-local`: the local AWS as a server on loopback.

use std::io::Write;
use std::process::ExitCode;

use bicoastal_local::Cloud;
use bicoastal_local::server::Server;
use clap::Parser;

/// A local AWS for any client that takes an endpoint URL.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Port on 127.0.0.1; 0 takes any free one
    #[arg(long, default_value_t = 4566)]
    port: u16,
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

fn serve(args: &Args) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = Server::bind(Cloud::new(), args.port).await?;
        // One line when it is ready: whoever started it waits for this.
        let mut out = std::io::stdout();
        writeln!(out, "bicoastal-local listening on http://{}", server.address())?;
        out.flush()?;
        server
            .run(async {
                let _ = tokio::signal::ctrl_c().await;
            })
            .await
    })
}
