//! The cloud on loopback HTTP, for any AWS client that takes an endpoint URL.

use std::convert::Infallible;
use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::call::Request;
use crate::cloud::Cloud;
use crate::reply::Reply;

/// A cloud that listens, but does not answer yet.
#[derive(Debug)]
pub struct Server {
    cloud: Cloud,
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Listens on `127.0.0.1:port`, and on no other interface; port 0 takes any free one.
    ///
    /// # Errors
    /// Where the port is taken.
    pub async fn bind(cloud: Cloud, port: u16) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        Ok(Self { cloud, listener, address })
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
        loop {
            let stream = tokio::select! {
                accepted = self.listener.accept() => accepted?.0,
                () = &mut stop => return Ok(()),
            };
            let cloud = self.cloud.clone();
            tokio::spawn(async move {
                let service = service_fn(|request| answer(&cloud, request));
                // A client that goes away in the middle of a call is its own business.
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    }
}

async fn answer(
    cloud: &Cloud,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else { return Ok(respond(Reply::empty(400), false)) };
    let head = parts.method == http::Method::HEAD;
    let request = Request::from_http(&parts, body.to_bytes());
    Ok(respond(cloud.handle(request), head))
}

/// A reply as HTTP. An answer to `HEAD` names the length of the body it leaves out.
fn respond(reply: Reply, head: bool) -> hyper::Response<Full<Bytes>> {
    let reply = if head { reply.without_body() } else { reply };
    reply.into_http().map(Full::new)
}
