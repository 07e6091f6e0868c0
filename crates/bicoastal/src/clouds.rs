//! Engines on the embedded local cloud.

use std::time::Duration;

use bicoastal_aws::{AwsProvider, Connection};
use bicoastal_local::Cloud;
use bicoastal_model::provider::BoxFuture;
use bicoastal_runtime::{Clock, Engine, StateStore};

/// The virtual clock of a local cloud, for an engine that works on it.
#[derive(Clone, Debug)]
pub struct LocalClock(Cloud);

impl LocalClock {
    /// The clock of this cloud.
    pub fn new(cloud: &Cloud) -> Self {
        Self(cloud.clone())
    }
}

impl Clock for LocalClock {
    fn now_ms(&self) -> u64 {
        u64::try_from(self.0.now()).unwrap_or(0)
    }

    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        Box::pin(self.0.sleep(time))
    }
}

/// A connection to an embedded local cloud, as the account of this number
/// (`000000000000` is the default one).
pub fn local_connection(cloud: &Cloud, account: &str) -> Connection {
    Connection::new(
        Connection::base(account)
            .http_client(cloud.http_client())
            .sleep_impl(cloud.sleep_impl())
            .time_source(cloud.time_source())
            .build(),
    )
    .with_path_style()
}

/// An engine on an embedded local cloud, on that cloud's virtual time: for tests and first runs.
pub fn local_engine(cloud: &Cloud, store: impl StateStore + 'static) -> Engine {
    Engine::new(AwsProvider::new(local_connection(cloud, "000000000000")), store)
        .with_clock(LocalClock::new(cloud))
}
