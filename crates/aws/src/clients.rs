//! One client per service, region and account, shared by everything that runs.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use bicoastal_model::Region;
use serde_json::Value;

use crate::gate;

/// How one account is reached: credentials, connector, clock and endpoint, as an [`SdkConfig`].
#[derive(Clone, Debug)]
pub struct Connection {
    config: SdkConfig,
    path_style: bool,
}

impl Connection {
    /// From a configuration of the SDK. Its region and retry settings are ignored: every call
    /// names its region, and the library decides on retries.
    pub fn new(config: SdkConfig) -> Self {
        let path_style = config.endpoint_url().is_some();
        Self { config, path_style }
    }

    /// The same with S3 buckets addressed in the path, as emulators need it.
    #[must_use]
    pub fn with_path_style(mut self) -> Self {
        self.path_style = true;
        self
    }

    /// The SDK's configuration for a region. An answer is waited for as long as `timeout` says;
    /// a connection never long, because a dead region must be told from a slow one while users
    /// wait.
    pub fn regional(&self, region: Region, retry: RetryConfig, timeout: Duration) -> SdkConfig {
        let timeout = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(timeout)
            .build();
        self.config
            .to_builder()
            .region(aws_types::region::Region::new(region.code()))
            .retry_config(retry)
            .timeout_config(timeout)
            .build()
    }

    /// Whether S3 buckets are addressed in the path: emulators behind one URL need it.
    pub fn path_style(&self) -> bool {
        self.path_style
    }

    /// The default chain of credentials (environment, profile, single sign-on, container,
    /// instance), as every AWS tool reads it.
    #[cfg(feature = "tls")]
    pub async fn from_default_chain(profile: Option<&str>) -> Self {
        use aws_smithy_http_client::{Builder, tls};
        let client = Builder::new()
            .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
            .build_https();
        let mut loader =
            aws_config::defaults(aws_config::BehaviorVersion::latest()).http_client(client);
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        Self::new(loader.load().await)
    }

    /// An emulator behind a URL, with credentials of no account in particular. Whether a body
    /// stalls is not watched, which would take a wait of the clock for every call.
    #[cfg(feature = "tls")]
    pub fn emulator(endpoint_url: &str) -> Self {
        use aws_sdk_sts::config::StalledStreamProtectionConfig;
        let client = aws_smithy_http_client::Builder::new().build_http();
        Self::new(
            Self::base("test")
                .http_client(client)
                .endpoint_url(endpoint_url)
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
                .build(),
        )
    }

    /// The configuration of the SDK that it was made from.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// What every hand-made configuration starts from; `key` is the access key id.
    pub fn base(key: &str) -> aws_types::sdk_config::Builder {
        use aws_credential_types::Credentials;
        use aws_credential_types::provider::SharedCredentialsProvider;
        SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_types::region::Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
                key,
                "test",
                None,
                None,
                "bicoastal",
            )))
            .sleep_impl(aws_smithy_async::rt::sleep::default_async_sleep().unwrap_or_else(|| {
                aws_smithy_async::rt::sleep::SharedAsyncSleep::new(
                    aws_smithy_async::rt::sleep::TokioSleep::new(),
                )
            }))
            .time_source(aws_smithy_async::time::SystemTimeSource::new())
    }
}

/// The clients of one account.
///
/// Reads are repeated by the SDK; calls that change something get one attempt, because a retry
/// below the journal is a call that nobody recorded.
#[derive(Debug)]
pub struct Clients {
    connection: Connection,
    notes: Mutex<BTreeMap<String, Value>>,
    made: Mutex<BTreeMap<Which, Arc<dyn Any + Send + Sync>>>,
}

/// Service, region, and whether it changes things.
type Which = (&'static str, String, bool);

/// How long a connection is attempted. A dead region must be told from a slow one while users
/// wait: connecting is given up early, an answer is not.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the answer to a read is waited for.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// Every time-out of a call. Whoever lends a clock to the SDK keeps these on the machine's.
pub const TIMEOUTS: [Duration; 3] = [CONNECT_TIMEOUT, READ_TIMEOUT, gate::CALL_TIMEOUT];

/// Attempts of a read, the first one included.
const READ_ATTEMPTS: u32 = 6;

impl Clients {
    /// For one account.
    pub fn new(connection: Connection) -> Self {
        Self { connection, notes: Mutex::default(), made: Mutex::default() }
    }

    /// Notes what was seen just before a call changed it, for services whose reads lag behind
    /// their writes: a read that still shows it is an old one, and no reason to call again.
    pub fn note(&self, key: String, before: Value) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).insert(key, before);
    }

    /// What was noted and not forgotten yet.
    pub fn noted(&self, key: &str) -> Option<Value> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Forgets a note: the change has been seen.
    pub fn forget(&self, key: &str) {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }

    /// Waits, on the clock that the connection brought.
    pub async fn sleep(&self, duration: Duration) {
        if let Some(sleep) = self.connection.config.sleep_impl() {
            use aws_smithy_async::rt::sleep::AsyncSleep;
            sleep.sleep(duration).await;
        }
    }

    /// Whether S3 buckets are addressed in the path: emulators behind one URL need it.
    pub fn path_style(&self) -> bool {
        self.connection.path_style
    }

    /// The client of a service for a region: made once by `make`, then shared.
    /// `write` clients make one attempt.
    pub fn get<C: Clone + Send + Sync + 'static>(
        &self,
        service: &'static str,
        region: Region,
        write: bool,
        make: impl FnOnce(&SdkConfig) -> C,
    ) -> C {
        let key = (service, region.code().to_owned(), write);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = made.get(&key).and_then(|client| client.downcast_ref::<C>()) {
            return client.clone();
        }
        let client = make(&self.config(region, write));
        made.insert(key, Arc::new(client.clone()));
        client
    }

    fn config(&self, region: Region, write: bool) -> SdkConfig {
        let retry = if write {
            RetryConfig::disabled()
        } else {
            RetryConfig::standard().with_max_attempts(READ_ATTEMPTS)
        };
        let timeout = if write { gate::CALL_TIMEOUT } else { READ_TIMEOUT };
        let config = self.connection.regional(region, retry, timeout);
        match config.http_client() {
            Some(client) if write => {
                let client = gate::gated(client);
                config.into_builder().http_client(client).build()
            }
            _ => config,
        }
    }
}
