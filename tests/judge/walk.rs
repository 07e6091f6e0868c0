//! boto3 walks through every call of the library on the local cloud; botocore's models judge.

use std::path::Path;

use bicoastal::local::Cloud;
use bicoastal::local::server::Server;

use crate::emulators::{Python, say};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_as_aws_models_it() {
    let what = "the walk of boto3 through the local cloud";
    let Some(python) = Python::or_skip(what) else { return };
    let server = Server::bind(Cloud::new(), 0).await.unwrap().speed(0);
    let url = format!("http://{}", server.address());
    let serving = tokio::spawn(server.run(std::future::pending()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let printed = tokio::task::spawn_blocking(move || {
        let sources = root.join("crates/aws/src");
        python.run(&root.join("tests/judge/walk"), &[&url, &sources.to_string_lossy()])
    })
    .await
    .unwrap();
    serving.abort();
    say(&format!("{what}: {}", printed.trim_end()));
}
