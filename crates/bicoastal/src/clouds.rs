//! Engines on the embedded local cloud.

use std::time::Duration;

#[cfg(all(feature = "cli", feature = "tls"))]
use bicoastal_aws::clients::TIMEOUTS;
use bicoastal_aws::{AwsProvider, Connection};
use bicoastal_local::Cloud;
#[cfg(all(feature = "cli", feature = "tls"))]
use bicoastal_local::remote::RemoteClock;
use bicoastal_model::provider::BoxFuture;
#[cfg(all(feature = "cli", feature = "tls"))]
use bicoastal_runtime::SystemClock;
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

    fn is_virtual(&self) -> bool {
        true
    }
}

/// How old an answer to "what time is it" may be by the machine's own clock, which goes on while the
/// machine is suspended.
#[cfg(all(feature = "cli", feature = "tls"))]
const FRESH_MS: u64 = 250;

/// How often it is asked for one that is not older.
#[cfg(all(feature = "cli", feature = "tls"))]
const LOOKS: usize = 20;

/// The clock behind an endpoint: that of a served local cloud, once its answers have shown that it
/// is one, else the machine's.
#[cfg(all(feature = "cli", feature = "tls"))]
#[derive(Debug)]
pub(crate) struct EndpointClock {
    remote: RemoteClock,
    system: SystemClock,
}

#[cfg(all(feature = "cli", feature = "tls"))]
impl EndpointClock {
    /// The clock behind a URL, and a connection whose waits are on it.
    pub(crate) fn of(url: &str) -> (Connection, Option<Self>) {
        let connection = Connection::emulator(url);
        let config = connection.config();
        let (Some(remote), Some(client)) = (RemoteClock::behind(url), config.http_client()) else {
            return (connection, None);
        };
        let mut timeouts = TIMEOUTS.to_vec();
        timeouts.push(bicoastal_stores::TIMEOUT);
        let config = config
            .to_builder()
            .http_client(remote.watch(client))
            .sleep_impl(remote.sleep_impl(&timeouts))
            .time_source(remote.clone())
            .build();
        (Connection::new(config).in_place(url), Some(Self { remote, system: SystemClock::new() }))
    }
}

#[cfg(all(feature = "cli", feature = "tls"))]
impl Clock for EndpointClock {
    fn look(&self) -> BoxFuture<'_, Result<(), String>> {
        Box::pin(async {
            let failed =
                |why| format!("the cloud that lends its clock does not say what time it is: {why}");
            // Whoever was stopped meanwhile has heard what time it was before.
            for _ in 0..LOOKS {
                let asked_ms = self.system.now_ms();
                self.remote.look().await.map_err(|error| failed(error.to_string()))?;
                if self.system.now_ms() - asked_ms <= FRESH_MS {
                    return Ok(());
                }
            }
            Err(failed("it takes too long to say it".to_owned()))
        })
    }

    fn now_ms(&self) -> u64 {
        self.remote.now_ms().unwrap_or_else(|| self.system.now_ms())
    }

    fn unix_ms(&self) -> u64 {
        self.remote.now_ms().unwrap_or_else(|| self.system.unix_ms())
    }

    fn sleep<'a>(&'a self, time: Duration) -> BoxFuture<'a, ()> {
        Box::pin(self.remote.sleep(time))
    }

    fn is_virtual(&self) -> bool {
        self.remote.now_ms().is_some()
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
    .in_place(cloud.name())
}

/// An engine on an embedded local cloud, on that cloud's virtual time: for tests and first runs.
pub fn local_engine(cloud: &Cloud, store: impl StateStore + 'static) -> Engine {
    Engine::new(AwsProvider::new(local_connection(cloud, "000000000000")), store)
        .with_clock(LocalClock::new(cloud))
}
