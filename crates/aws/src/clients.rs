//! One client per service, region and account, shared by everything that runs.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_smithy_runtime_api::client::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use bicoastal_model::{OpError, Region};
use serde_json::Value;

use crate::gate;
use crate::pace::{self, Pace};

/// How one account is reached: credentials, connector, clock and endpoint, as an [`SdkConfig`].
#[derive(Clone, Debug)]
pub struct Connection {
    config: SdkConfig,
    path_style: bool,
    place: Option<String>,
}

impl Connection {
    /// From a configuration of the SDK. Its region and retry settings are ignored: every call
    /// names its region, and the library decides on retries.
    pub fn new(config: SdkConfig) -> Self {
        let path_style = config.endpoint_url().is_some();
        Self { config, path_style, place: None }
    }

    /// The same for a cloud of this name, which everyone who calls it gives: connections to one
    /// account of one cloud keep to its rate limits together. AWS itself and an
    /// [`emulator`](Self::emulator) have their names.
    #[must_use]
    pub fn in_place(mut self, name: impl Into<String>) -> Self {
        self.place = Some(name.into());
        self
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
        Self::new(loader.load().await).in_place("aws")
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
        .in_place(endpoint_url)
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
    pace: Arc<Pace>,
    notes: Mutex<BTreeMap<String, Value>>,
    made: Mutex<BTreeMap<Which, Arc<dyn Any + Send + Sync>>>,
    recent: Mutex<BTreeMap<String, Recent>>,
}

/// The last of a read that is shared for a while, and when it was.
type Recent = Arc<tokio::sync::Mutex<Option<(SystemTime, Arc<dyn Any + Send + Sync>)>>>;

/// Service, region, and whether it changes things.
type Which = (&'static str, String, bool);

/// How long a connection is attempted. A dead region must be told from a slow one while users
/// wait: connecting is given up early, an answer is not.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long the answer to a read is waited for.
pub(crate) const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// How long an attempt of a read may take with the wait for its turn, far above what a bucket at its
/// slowest lets the reads of a refresh wait. The answer itself is waited for as said above.
const PACED_READ_TIMEOUT: Duration = Duration::from_secs(1_200);

/// Every time-out of a call. Whoever lends a clock to the SDK keeps these on the machine's.
pub const TIMEOUTS: [Duration; 4] =
    [CONNECT_TIMEOUT, READ_TIMEOUT, PACED_READ_TIMEOUT, gate::CALL_TIMEOUT];

/// Attempts of a read, the first one included.
const READ_ATTEMPTS: u32 = 6;

impl Clients {
    /// For one account.
    pub fn new(connection: Connection) -> Self {
        Self {
            pace: Arc::new(Pace::new(&connection.config, connection.place.clone())),
            connection,
            notes: Mutex::default(),
            made: Mutex::default(),
            recent: Mutex::default(),
        }
    }

    /// The pace of the account's calls.
    pub(crate) fn pace(&self) -> &Pace {
        &self.pace
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

    /// What a read brought that is at most so old, or else what it brings now. Operations that wait
    /// for AWS at the same time look once.
    ///
    /// # Errors
    ///
    /// What `read` answers.
    pub async fn recent<T, F>(&self, key: String, age: Duration, read: F) -> Result<Arc<T>, OpError>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<T, OpError>>,
    {
        let cell = {
            let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
            recent.entry(key).or_default().clone()
        };
        // Whoever comes while it is being read waits for that.
        let mut last = cell.lock().await;
        let now = self.now();
        if let Some((at, value)) = &*last
            && now.duration_since(*at).is_ok_and(|passed| passed <= age)
            && let Ok(value) = value.clone().downcast::<T>()
        {
            return Ok(value);
        }
        let value = Arc::new(read.await?);
        *last = Some((self.now(), value.clone()));
        Ok(value)
    }

    /// The time, on the clock that the connection brought.
    pub fn now(&self) -> SystemTime {
        let clock = self.connection.config.time_source();
        clock.map_or(SystemTime::UNIX_EPOCH, |clock| clock.now())
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
        let client = make(&self.config(service, region, write));
        made.insert(key, Arc::new(client.clone()));
        client
    }

    fn config(&self, service: &'static str, region: Region, write: bool) -> SdkConfig {
        let retry = if write {
            RetryConfig::disabled()
        } else {
            RetryConfig::standard().with_max_attempts(READ_ATTEMPTS)
        };
        let timeout = if write { gate::CALL_TIMEOUT } else { PACED_READ_TIMEOUT };
        let config = self.connection.regional(region, retry, timeout);
        let Some(client) = config.http_client() else { return config };
        if write {
            // Who makes them has waited for their turn.
            return config.into_builder().http_client(gate::gated(client)).build();
        }
        // A request that waits for its turn is not one that the connection does not take.
        let stalled = StalledStreamProtectionConfig::enabled().upload_enabled(false).build();
        let client = pace::paced(client, self.pace.clone(), service);
        config.into_builder().http_client(client).stalled_stream_protection(stalled).build()
    }
}
