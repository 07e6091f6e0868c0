//! Which cloud a run talks to: AWS, an emulator behind a URL, or the embedded local one.

use bicoastal_aws::Connection;
#[cfg(feature = "local")]
use {
    bicoastal_aws::AwsProvider,
    bicoastal_local::Cloud,
    bicoastal_model::provider::BoxFuture,
    bicoastal_runtime::{Clock, Engine, StateStore},
    std::time::Duration,
};

/// The virtual clock of a local cloud, for an engine that works on it.
#[cfg(feature = "local")]
#[derive(Clone, Debug)]
pub struct LocalClock(Cloud);

#[cfg(feature = "local")]
impl LocalClock {
    /// The clock of this cloud.
    pub fn new(cloud: &Cloud) -> Self {
        Self(cloud.clone())
    }
}

#[cfg(feature = "local")]
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
#[cfg(feature = "local")]
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
#[cfg(feature = "local")]
pub fn local_engine(cloud: &Cloud, store: impl StateStore + 'static) -> Engine {
    Engine::new(AwsProvider::new(local_connection(cloud, "000000000000")), store)
        .with_clock(LocalClock::new(cloud))
}
