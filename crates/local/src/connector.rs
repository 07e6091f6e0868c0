//! The cloud under real SDK clients, in one process: an HTTP client, a clock and a way to sleep.
//! The crate's own page shows how a client is made with them.

use std::io;
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt;

use crate::call::Request;
use crate::cloud::{Cloud, NoAnswer};

impl Cloud {
    /// The HTTP client through which SDK clients of any service and region reach this cloud.
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(Connector(self.clone()))
    }

    /// Sleeps on this cloud's virtual time.
    pub fn sleep_impl(&self) -> SharedAsyncSleep {
        SharedAsyncSleep::new(Connector(self.clone()))
    }

    /// This cloud's virtual time.
    pub fn time_source(&self) -> SharedTimeSource {
        SharedTimeSource::new(Connector(self.clone()))
    }
}

#[derive(Clone, Debug)]
struct Connector(Cloud);

impl HttpClient for Connector {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let cloud = self.0.clone();
        HttpConnectorFuture::new(async move {
            let request = read(request).await?;
            let reply = cloud.serve(request).await.map_err(broken)?;
            HttpResponse::try_from(reply.into_http().map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

async fn read(request: HttpRequest) -> Result<Request, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(ConnectorError::user)?;
    Ok(Request::from_http(&parts, body.to_bytes()))
}

/// As a real connector reports it: whether a connection was made decides whether
/// the call could have happened.
fn broken(no_answer: NoAnswer) -> ConnectorError {
    let error = |kind| Box::new(io::Error::new(kind, no_answer));
    match no_answer {
        NoAnswer::Refused => {
            ConnectorError::io(error(io::ErrorKind::ConnectionRefused)).never_connected()
        }
        NoAnswer::ConnectTimeout => {
            ConnectorError::timeout(error(io::ErrorKind::TimedOut)).never_connected()
        }
        NoAnswer::Reset => ConnectorError::io(error(io::ErrorKind::ConnectionReset)),
    }
}

impl AsyncSleep for Connector {
    fn sleep(&self, duration: Duration) -> Sleep {
        Sleep::new(self.0.sleep(duration))
    }
}

impl TimeSource for Connector {
    fn now(&self) -> SystemTime {
        let ms = u64::try_from(self.0.now()).unwrap_or_default();
        SystemTime::UNIX_EPOCH + Duration::from_millis(ms)
    }
}
