//! Rate limits: no call goes out before its token bucket lets it.
//!
//! Buckets are per service and account, for reads and writes and for operations that allow less, and
//! are shared by everything in the process that calls the same account in the same place. They run
//! on the clock that the connection brought.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::AsyncSleep;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_types::SdkConfig;
use bicoastal_model::rates::{self, Bucket, RECORD_CHANGES, Rate};

use futures_util::future::{Either, select};

use crate::classify::is_throttle;
use crate::clients::READ_TIMEOUT;

/// The buckets of one account.
#[derive(Debug, Default)]
struct Buckets(Mutex<BTreeMap<String, Bucket>>);

/// The buckets that are in use, by place and account number: the one thing that a process has only
/// once, because AWS counts what comes from all of it.
static IN_USE: Mutex<BTreeMap<(String, String), Weak<Buckets>>> = Mutex::new(BTreeMap::new());

/// The pace of one account's calls.
#[derive(Debug)]
pub(crate) struct Pace {
    /// Where the account is: `None` for a connection that shares with nobody.
    place: Option<String>,
    buckets: Mutex<Arc<Buckets>>,
    config: SdkConfig,
}

impl Pace {
    pub(crate) fn new(config: &SdkConfig, place: Option<String>) -> Self {
        Self { place, buckets: Mutex::default(), config: config.clone() }
    }

    /// The account is known: its buckets are those of everyone who calls it.
    pub(crate) fn is_of(&self, account: &str) {
        let Some(place) = &self.place else { return };
        let mut in_use = IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
        in_use.retain(|_, buckets| buckets.strong_count() > 0);
        let key = (place.clone(), account.to_owned());
        let mut own = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        match in_use.get(&key).and_then(Weak::upgrade) {
            Some(shared) => *own = shared,
            None => {
                in_use.insert(key, Arc::downgrade(&own));
            }
        }
    }

    fn now_ms(&self) -> u64 {
        let now = self.config.time_source().map_or(SystemTime::UNIX_EPOCH, |clock| clock.now());
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn with<T>(&self, name: &str, rate: Rate, act: impl FnOnce(&mut Bucket, u64) -> T) -> T {
        let now_ms = self.now_ms();
        let buckets = Arc::clone(&self.buckets.lock().unwrap_or_else(PoisonError::into_inner));
        let mut buckets = buckets.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets.entry(name.to_owned()).or_insert_with(|| Bucket::full(rate, now_ms));
        act(bucket, now_ms)
    }

    async fn wait(&self, time: Duration) {
        if !time.is_zero()
            && let Some(sleep) = self.config.sleep_impl()
        {
            sleep.sleep(time).await;
        }
    }

    /// The answer to a read, if it comes in time.
    async fn within(
        &self,
        time: Duration,
        answer: HttpConnectorFuture,
    ) -> Result<HttpResponse, ConnectorError> {
        let Some(sleep) = self.config.sleep_impl() else { return answer.await };
        match select(answer, sleep.sleep(time)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => {
                let words = format!("no answer within {} s", time.as_secs());
                let late = std::io::Error::new(std::io::ErrorKind::TimedOut, words);
                Err(ConnectorError::timeout(Box::new(late)))
            }
        }
    }

    /// Waits until this call, which changes something, may be made. Waited for outside of the call,
    /// so that it does not count among what the call may take.
    pub(crate) async fn write(&self, service: &str, operation: &str) {
        let waits = write_buckets(service, operation)
            .map(|(name, rate)| self.with(&name, rate, |bucket, now_ms| bucket.take(1.0, now_ms)));
        self.wait(waits.max().unwrap_or_default()).await;
    }

    /// AWS throttled this call, which changes something.
    pub(crate) fn throttled(&self, service: &str, operation: &str) {
        for (name, rate) in write_buckets(service, operation) {
            self.with(&name, rate, Bucket::throttled);
        }
    }

    /// Waits until so many record changes may be sent.
    pub(crate) async fn record_changes(&self, count: usize) {
        let wait = self.with("record changes", RECORD_CHANGES, |bucket, now_ms| {
            bucket.take(count as f64, now_ms)
        });
        self.wait(wait).await;
    }
}

fn write_buckets(service: &str, operation: &str) -> impl Iterator<Item = (String, Rate)> {
    let own = rates::operation(service, operation);
    let own = own.map(|rate| (format!("{service} {operation}"), rate));
    std::iter::once((format!("{service} writes"), rates::writes(service))).chain(own)
}

/// An HTTP client whose reads of a service are paced.
pub(crate) fn paced(
    client: SharedHttpClient,
    pace: Arc<Pace>,
    service: &'static str,
) -> SharedHttpClient {
    SharedHttpClient::new(Paced { inner: client, pace, service })
}

#[derive(Debug)]
struct Paced<T> {
    inner: T,
    pace: Arc<Pace>,
    service: &'static str,
}

impl HttpClient for Paced<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Paced {
            inner: self.inner.http_connector(settings, components),
            pace: self.pace.clone(),
            service: self.service,
        })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

impl HttpConnector for Paced<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (service, pace, inner) = (self.service, self.pace.clone(), self.inner.clone());
        // awsJson says which operation it is in a header.
        let target = request.headers().get("x-amz-target").and_then(|it| it.rsplit('.').next());
        let own = target.and_then(|name| Some((name, rates::operation(service, name)?)));
        let own = own.map(|(name, rate)| (format!("{service} {name}"), rate));
        let all = (format!("{service} reads"), rates::reads(service));
        let buckets: Vec<(String, Rate)> = std::iter::once(all).chain(own).collect();
        let waits = buckets
            .iter()
            .map(|(name, rate)| pace.with(name, *rate, |bucket, now_ms| bucket.take(1.0, now_ms)));
        let wait = waits.max().unwrap_or_default();
        HttpConnectorFuture::new(async move {
            pace.wait(wait).await;
            let mut answer = pace.within(READ_TIMEOUT, inner.call(request)).await?;
            if throttles(&mut answer).await {
                for (name, rate) in &buckets {
                    pace.with(name, *rate, Bucket::throttled);
                }
            }
            Ok(answer)
        })
    }
}

/// Whether AWS says "too fast". A refusal's words are read, and put back.
async fn throttles(answer: &mut HttpResponse) -> bool {
    match answer.status().as_u16() {
        429 | 503 => true,
        400 => {
            let body = std::mem::replace(answer.body_mut(), SdkBody::empty());
            let Ok(words) = ByteStream::new(body).collect().await else {
                // The SDK finds the same broken answer, and says so.
                *answer.body_mut() = SdkBody::from("");
                return false;
            };
            let words = words.into_bytes();
            let says = is_throttle(&String::from_utf8_lossy(&words));
            *answer.body_mut() = SdkBody::from(words);
            says
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use bicoastal_model::Region;

    use super::*;
    use crate::clients::Clients;
    use crate::cx::{Cx, Purpose};

    fn connection(place: Option<&str>) -> Pace {
        Pace::new(&SdkConfig::builder().build(), place.map(str::to_owned))
    }

    /// Takes the one token there is: how long the next has to wait.
    fn wait(pace: &Pace) -> Duration {
        pace.with("iam writes", rates::writes("iam"), |bucket, now_ms| bucket.take(1.0, now_ms))
    }

    #[test]
    fn who_calls_the_same_account_shares_and_nobody_else_does() {
        let pair = [connection(Some("pace test")), connection(Some("pace test"))];
        pair.iter().for_each(|it| it.is_of("111111111111"));
        let other = connection(Some("pace test"));
        other.is_of("222222222222");
        let elsewhere = connection(Some("pace test, elsewhere"));
        elsewhere.is_of("111111111111");
        let alone = connection(None);
        alone.is_of("111111111111");
        assert_eq!(wait(&pair[0]), Duration::ZERO);
        assert_eq!(wait(&pair[1]), Duration::from_millis(200));
        for it in [&other, &elsewhere, &alone] {
            assert_eq!(wait(it), Duration::ZERO);
        }
    }

    /// Tags are listed ten a second: a plan of hundreds of tables waits for its turn for minutes.
    #[tokio::test]
    async fn a_read_that_waits_for_its_turn_does_not_time_out() {
        let cloud = bicoastal_local::Cloud::new();
        let config = crate::Connection::base("test")
            .http_client(cloud.http_client())
            .sleep_impl(cloud.sleep_impl())
            .time_source(cloud.time_source())
            .build();
        let clients = Clients::new(crate::Connection::new(config));
        let rate = rates::operation("dynamodb", "ListTagsOfResource").unwrap();
        for _ in 0..300 {
            clients.pace().with("dynamodb ListTagsOfResource", rate, |bucket, now_ms| {
                bucket.take(10.0, now_ms)
            });
        }
        let before = clients.pace().now_ms();
        let cx = Cx::new(Arc::new(clients), Purpose::Refresh);
        let arn = "arn:aws:dynamodb:us-east-1:000000000000:table/none";
        let asked = cx.dynamodb(Region::UsEast1).list_tags_of_resource().resource_arn(arn).send();
        let refused = asked.await.unwrap_err();
        assert_eq!(refused.into_service_error().meta().code(), Some("ResourceNotFoundException"));
        assert_eq!(cx.clients().pace().now_ms().saturating_sub(before) / 1_000, 299);
    }

    #[tokio::test]
    async fn a_throttled_answer_is_noticed_and_still_whole() {
        for (status, body, expected) in [
            (400, "<Error><Code>Throttling</Code></Error>", true),
            (400, r#"{"__type":"com.amazonaws#ThrottlingException"}"#, true),
            (400, "<Error><Code>PriorRequestNotComplete</Code></Error>", false),
            (400, "<Error><Code>InvalidInput</Code></Error>", false),
            (503, "SlowDown", true),
            (200, "Throttling", false),
        ] {
            let mut answer = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body));
            assert_eq!(throttles(&mut answer).await, expected, "{status} {body}");
            assert_eq!(answer.body().bytes(), Some(body.as_bytes()));
        }
    }
}
