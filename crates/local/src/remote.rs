//! The client's side of a served cloud: waits on the clock of another process.
//!
//! A served cloud says what time it is in a header of every answer ([`NOW_HEADER`]). A client that
//! watches for it ([`RemoteClock::watch`]) learns from the first answer to what it was going to ask
//! anyway that there is a clock to wait on; nobody else is ever asked for one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SystemTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// In every answer of a served cloud: its virtual time, in milliseconds since 1970.
pub const NOW_HEADER: &str = "x-bicoastal-now";

/// Sleeps on the clock of the cloud that is served at `address` (`127.0.0.1:4566`).
///
/// Where nobody answers there, it sleeps in real time.
pub fn sleep_impl(address: impl Into<String>) -> SharedAsyncSleep {
    let clock = RemoteClock::at(address);
    clock.seen(0);
    clock.sleep_impl(&[])
}

/// The clock of whoever listens at an address: the cloud's where one is served there, else the
/// machine's. Clones are the same clock.
#[derive(Clone, Debug)]
pub struct RemoteClock(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    address: String,
    /// The latest time that an answer told, plus one; 0 while none has.
    told_ms: AtomicU64,
}

impl RemoteClock {
    /// Of the server at `HOST:PORT`, which is not asked: see [`watch`](Self::watch).
    pub fn at(address: impl Into<String>) -> Self {
        Self(Arc::new(Shared { address: address.into(), told_ms: AtomicU64::new(0) }))
    }

    /// Of the server behind `http://HOST:PORT`; `None` where the URL is not of that form.
    pub fn behind(url: &str) -> Option<Self> {
        let address = url.strip_prefix("http://")?.split('/').next()?;
        let port = address.rsplit_once(':')?.1;
        port.parse::<u16>().is_ok().then(|| Self::at(address))
    }

    /// The same HTTP client, whose answers are looked at for the time.
    pub fn watch(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(Watching { client, clock: self.clone() })
    }

    /// The cloud's time when it last said so, in milliseconds since 1970; `None` while no answer
    /// has told one: then it is no served cloud, or was not asked anything yet.
    pub fn now_ms(&self) -> Option<u64> {
        self.0.told_ms.load(Ordering::Relaxed).checked_sub(1)
    }

    fn seen(&self, now_ms: u64) {
        self.0.told_ms.fetch_max(now_ms.saturating_add(1), Ordering::Relaxed);
    }

    /// Asks the cloud what time it is; nothing is asked where there is no served cloud. What
    /// [`now_ms`](Self::now_ms) says is as old as the last answer: other processes may have waited
    /// for hours since.
    ///
    /// # Errors
    /// Where the cloud told the time before, and does not now.
    pub async fn look(&self) -> std::io::Result<()> {
        if self.now_ms().is_some() {
            self.seen(ask(&self.0.address, "GET", "now").await?);
        }
        Ok(())
    }

    /// Waits on the cloud's clock; in real time where there is none, or nobody listens any more.
    #[expect(clippy::disallowed_methods, reason = "without a served clock there is only real time")]
    pub async fn sleep(&self, duration: Duration) {
        let asked = match self.now_ms() {
            Some(_) => {
                let ms = duration.as_nanos().div_ceil(1_000_000);
                ask(&self.0.address, "POST", &format!("sleep?ms={ms}")).await.ok()
            }
            None => None,
        };
        match asked {
            Some(now_ms) => self.seen(now_ms),
            None => tokio::time::sleep(duration).await,
        }
    }

    /// The SDK's waits on this clock. `timeouts` are the durations that are no waits but the end
    /// of one's patience with an answer: they stay in real time, because a clock that jumps while
    /// everybody waits must not run out on a call that is being answered.
    pub fn sleep_impl(&self, timeouts: &[Duration]) -> SharedAsyncSleep {
        SharedAsyncSleep::new(RemoteSleep { clock: self.clone(), timeouts: timeouts.to_vec() })
    }
}

/// What is as old as the cloud says, not as the machine: what was read there.
impl TimeSource for RemoteClock {
    fn now(&self) -> SystemTime {
        match self.now_ms() {
            Some(ms) => SystemTime::UNIX_EPOCH + Duration::from_millis(ms),
            None => SystemTimeSource::new().now(),
        }
    }
}

#[derive(Debug)]
struct RemoteSleep {
    clock: RemoteClock,
    timeouts: Vec<Duration>,
}

impl AsyncSleep for RemoteSleep {
    #[expect(clippy::disallowed_methods, reason = "time-outs are real")]
    fn sleep(&self, duration: Duration) -> Sleep {
        if self.timeouts.contains(&duration) {
            return Sleep::new(tokio::time::sleep(duration));
        }
        let clock = self.clock.clone();
        Sleep::new(async move { clock.sleep(duration).await })
    }
}

#[derive(Clone, Debug)]
struct Watching<C> {
    client: C,
    clock: RemoteClock,
}

impl HttpClient for Watching<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let client = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Watching { client, clock: self.clock.clone() })
    }
}

impl HttpConnector for Watching<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (answer, clock) = (self.client.call(request), self.clock.clone());
        HttpConnectorFuture::new(async move {
            let answer = answer.await?;
            if let Some(now_ms) = answer.headers().get(NOW_HEADER).and_then(|it| it.parse().ok()) {
                clock.seen(now_ms);
            }
            Ok(answer)
        })
    }
}

/// Asks for something beside AWS (see [`crate::server::control`]), and returns what time it is when
/// that is answered.
async fn ask(address: &str, method: &str, what: &str) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!(
        "{method} /_bicoastal/{what} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    told(&answer).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

/// The time in an answer that is no refusal.
fn told(answer: &str) -> Option<u64> {
    let (head, _) = answer.strip_prefix("HTTP/1.1 200")?.split_once("\r\n\r\n")?;
    let mut headers = head.lines().filter_map(|line| line.split_once(':'));
    let (_, now_ms) = headers.find(|(name, _)| name.eq_ignore_ascii_case(NOW_HEADER))?;
    now_ms.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_plain_url_with_a_port_may_be_a_served_cloud() {
        let address = |url| RemoteClock::behind(url).map(|clock| clock.0.address.clone());
        assert_eq!(address("http://127.0.0.1:4566").as_deref(), Some("127.0.0.1:4566"));
        assert_eq!(address("http://localhost:4566/").as_deref(), Some("localhost:4566"));
        assert_eq!(address("http://[::1]:4566").as_deref(), Some("[::1]:4566"));
        assert_eq!(address("https://example.com:443"), None);
        assert_eq!(address("http://example.com"), None);
    }

    #[test]
    fn an_answer_tells_the_time_or_is_none() {
        let told = |answer: &str| told(&answer.replace('\n', "\r\n"));
        assert_eq!(told("HTTP/1.1 200 OK\nX-Bicoastal-Now: 12\n\n{}"), Some(12));
        assert_eq!(told("HTTP/1.1 200 OK\ncontent-length: 0\n\n"), None);
        assert_eq!(told("HTTP/1.1 404 Not Found\nx-bicoastal-now: 12\n\n"), None);
        assert_eq!(told(""), None);
    }
}
