//! What stands between the program and its cloud: it numbers the calls that change something, and
//! at one of them, or at each of them, everything stops, or the connection breaks.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use bicoastal_local::call::Request;
use bicoastal_local::router;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::kept;
use crate::subject::subject;

/// One mutating call of a run: what it is, and the how-manieth of its like. Runs are concurrent:
/// a number among all calls would be another call in the next run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub call: String,
    pub nth: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} #{}", self.call, self.nth)
    }
}

/// Which call is struck.
#[derive(Clone, Debug)]
pub enum At {
    This(Position),
    /// The nth of all, from 1.
    Nth(usize),
    /// The nth write of state, from 1, that comes after this call. How many there are in a run is
    /// never the same, because what is to be written at one time is one write: by their own
    /// numbers the late ones would be calls that some runs do not make.
    Write {
        after: Position,
        nth: usize,
    },
    Each,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::This(position) => position.fmt(f),
            Self::Nth(nth) => write!(f, "call #{nth}"),
            Self::Write { after, nth } => write!(f, "write #{nth} of state after {after}"),
            Self::Each => f.write_str("each call"),
        }
    }
}

/// On which side of a call everything stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The call has not reached the cloud.
    Before,
    /// The cloud has done it, and the answer has not arrived.
    After,
}

/// Everything has stopped at a call.
#[derive(Debug)]
pub struct Stop {
    pub position: Position,
    pub side: Side,
    go_on: oneshot::Sender<()>,
}

impl Stop {
    /// Lets the call go its way; whoever was killed meanwhile is not there to see it.
    pub fn go_on(self) {
        let _ = self.go_on.send(());
    }
}

/// What happens there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// Everything stops before the call has reached the cloud.
    StopBefore,
    /// Everything stops when the cloud has done it, before the answer arrives.
    StopAfter,
    /// This call alone waits on both sides until it may go on.
    Wait,
    /// The connection breaks before the call has reached the cloud.
    LoseRequest,
    /// The connection breaks when the cloud has done it.
    LoseAnswer,
}

#[derive(Debug, Default)]
struct State {
    calls: Vec<Position>,
    counts: BTreeMap<String, usize>,
    strike: Option<(At, How)>,
    /// The writes of state since the call after which one of them is struck.
    writes: Option<usize>,
    stopped: bool,
    struck: bool,
}

impl State {
    /// Takes note of a call that arrives. What is in store for it.
    fn arrived(&mut self, position: &Position) -> Option<How> {
        self.calls.push(position.clone());
        let (at, how) = self.strike.clone()?;
        let is_it = match &at {
            At::This(at) => at == position,
            At::Nth(nth) => *nth == self.calls.len(),
            At::Write { after, .. } if after == position => {
                self.writes = Some(0);
                false
            }
            At::Write { nth, .. } if kept::is_write(&position.call) => {
                let writes = self.writes.as_mut()?;
                *writes += 1;
                *writes == *nth
            }
            At::Write { .. } => false,
            At::Each => true,
        };
        is_it.then_some(how)
    }
}

#[derive(Debug)]
struct Inner {
    upstream: SocketAddr,
    client: Client<HttpConnector, Full<Bytes>>,
    state: Mutex<State>,
    /// Mutating calls that are on their way to the cloud or at it.
    at_cloud: AtomicUsize,
    stops: mpsc::Sender<Stop>,
}

/// The connection breaks.
#[derive(Debug, thiserror::Error)]
#[error("broken")]
struct Broken;

pub struct Proxy {
    address: SocketAddr,
    inner: Arc<Inner>,
    stops: mpsc::Receiver<Stop>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// In front of whoever listens at `upstream`.
    pub fn new(runtime: &Handle, upstream: SocketAddr) -> Self {
        let (sender, stops) = mpsc::channel();
        let inner = Arc::new(Inner {
            upstream,
            client: Client::builder(TokioExecutor::new()).build_http(),
            state: Mutex::default(),
            at_cloud: AtomicUsize::new(0),
            stops: sender,
        });
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let task = runtime.spawn(listen(listener, Arc::clone(&inner)));
        Self { address, inner, stops, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A new run begins, with this in store for it.
    pub fn arm(&self, strike: Option<(At, How)>) {
        while self.stops.try_recv().is_ok() {}
        *self.inner.state() = State { strike, ..State::default() };
    }

    /// Where everything has stopped.
    pub fn stops(&self) -> &mpsc::Receiver<Stop> {
        &self.stops
    }

    /// Until the cloud has carried out whatever has reached it.
    pub fn until_quiet(&self) {
        while self.inner.at_cloud.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
    }

    /// The mutating calls of the run, in the order of their arrival, and whether one was struck.
    pub fn seen(&self) -> (Vec<Position>, bool) {
        let state = self.inner.state();
        (state.calls.clone(), state.struck)
    }
}

impl Inner {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to a request that arrives; `Err` for one that comes too late.
    fn admit(&self, request: &Request) -> Result<Option<Admitted>, ()> {
        let call = router::route(request.clone()).ok().filter(|call| call.is_mutating());
        let mut state = self.state();
        if state.stopped {
            return Err(());
        }
        let Some(call) = call else { return Ok(None) };
        let service = call.service.signing_name();
        let name = format!("{service} {} {} {}", call.region, call.operation, subject(&call));
        let count = state.counts.entry(name.trim_end().to_owned()).or_default();
        *count += 1;
        let position = Position { call: name.trim_end().to_owned(), nth: *count };
        let how = state.arrived(&position);
        state.struck |= how.is_some();
        if how == Some(How::StopBefore) {
            state.stopped = true;
        }
        Ok(Some(Admitted { position, how }))
    }

    /// Says that a call has stopped here, and waits until it may go on.
    async fn stop(&self, position: &Position, side: Side) {
        let (go_on, going) = oneshot::channel();
        let _ = self.stops.send(Stop { position: position.clone(), side, go_on });
        if going.await.is_err() {
            // It never may.
            std::future::pending::<()>().await;
        }
    }
}

/// A mutating call that may go to the cloud.
struct Admitted {
    position: Position,
    how: Option<How>,
}

async fn listen(listener: TcpListener, inner: Arc<Inner>) {
    while let Ok((stream, _)) = listener.accept().await {
        let inner = Arc::clone(&inner);
        tokio::spawn(async move {
            let service = service_fn(|request| pass(&inner, request));
            // Whoever is killed does not say good-bye.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn pass(
    inner: &Arc<Inner>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Broken> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let admitted = match inner.admit(&Request::from_http(&parts, body.clone())) {
        Ok(admitted) => admitted,
        Err(()) => std::future::pending().await,
    };
    let how = admitted.as_ref().and_then(|it| it.how);
    match (how, &admitted) {
        (Some(How::StopBefore | How::Wait), Some(it)) => {
            inner.stop(&it.position, Side::Before).await;
        }
        (Some(How::LoseRequest), _) => return Err(Broken),
        _ => {}
    }
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut forwarded = hyper::Request::builder()
        .method(parts.method)
        .uri(format!("http://{}{path}", inner.upstream))
        .body(Full::new(body))
        .map_err(|_| Broken)?;
    *forwarded.headers_mut() = parts.headers;
    // A call that has arrived is carried out whatever becomes of the caller, as everywhere.
    let waits = path.starts_with("/_bicoastal/");
    let (inner, changes) = (Arc::clone(inner), usize::from(admitted.is_some()));
    inner.at_cloud.fetch_add(changes, Ordering::SeqCst);
    let passed_on = Arc::clone(&inner);
    let answer = async move {
        let answer = passed_on.pass_on(forwarded).await;
        passed_on.at_cloud.fetch_sub(changes, Ordering::SeqCst);
        answer
    };
    let answer =
        if waits { answer.await? } else { tokio::spawn(answer).await.map_err(|_| Broken)?? };
    match (how, &admitted) {
        (Some(How::StopAfter), Some(it)) => {
            inner.state().stopped = true;
            inner.stop(&it.position, Side::After).await;
        }
        (Some(How::Wait), Some(it)) => inner.stop(&it.position, Side::After).await,
        (Some(How::LoseAnswer), _) => return Err(Broken),
        _ => {}
    }
    Ok(answer)
}

impl Inner {
    async fn pass_on(
        &self,
        request: hyper::Request<Full<Bytes>>,
    ) -> Result<hyper::Response<Full<Bytes>>, Broken> {
        let (parts, body) = self.client.request(request).await.map_err(|_| Broken)?.into_parts();
        let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
        Ok(hyper::Response::from_parts(parts, Full::new(body)))
    }
}
