//! The cloud on loopback HTTP, for any AWS client that takes an endpoint URL.
//!
//! The server owns the time: it flows with the real one ([`Server::speed`]), and clients can send
//! their waits to it. Under `/_bicoastal/` (see [`control`]) is what no AWS has.

pub mod control;
mod flow;

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::call::Request;
use crate::cloud::{Cloud, NoAnswer};
use crate::remote::NOW_HEADER;
use crate::reply::Reply;
use flow::Flow;

/// A cloud that listens, but does not answer yet.
#[derive(Debug)]
pub struct Server {
    cloud: Cloud,
    listener: TcpListener,
    address: SocketAddr,
    speed: u32,
}

impl Server {
    /// Listens on `127.0.0.1:port`, and on no other interface; port 0 takes any free one.
    ///
    /// # Errors
    /// Where the port is taken.
    pub async fn bind(cloud: Cloud, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { cloud, listener, address, speed: 1 })
    }

    /// How many virtual seconds pass in a real one; 1 if not said, 0 stops the clock but for
    /// the waits that are sent to it.
    #[must_use]
    pub fn speed(mut self, speed: u32) -> Self {
        self.speed = speed;
        self
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is ready.
    ///
    /// # Errors
    /// Where the listening socket breaks.
    pub async fn run(self, stop: impl Future<Output = ()>) -> std::io::Result<()> {
        let mut stop = std::pin::pin!(stop);
        let flow = Arc::new(Flow::new(self.cloud, self.speed));
        loop {
            let stream = tokio::select! {
                accepted = self.listener.accept() => accepted?.0,
                () = &mut stop => return Ok(()),
            };
            let flow = Arc::clone(&flow);
            tokio::spawn(async move {
                let service = service_fn(|request| answer(&flow, request));
                // A client that goes away in the middle of a call is its own business.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }
}

/// The error closes the connection without an answer.
async fn answer(
    flow: &Flow,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, NoAnswer> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| NoAnswer::Reset)?;
    let request = Request::from_http(&parts, body.to_bytes());
    flow.catch_up();
    let reply: Reply = match request.path.strip_prefix("/_bicoastal/") {
        Some(endpoint) => control::handle(flow, endpoint, &request).await,
        None => flow.cloud().serve(request).await?,
    };
    // Whoever waits on this clock, and does not know yet that there is one, learns it from here.
    let now_ms = flow.cloud().now().to_string();
    Ok(reply.header(NOW_HEADER, now_ms).into_http().map(Full::new))
}
