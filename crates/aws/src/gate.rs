//! The last moment before a call that changes something goes out: may it still?

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use bicoastal_model::provider::Gate;

/// How long a call that changes something may take, from its signature to its answer.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(30);

tokio::task_local! {
    /// The gate of the turn that runs.
    static GATE: Arc<dyn Gate>;
}

/// Runs a turn whose calls have to pass a gate.
pub(crate) async fn under<F: Future>(gate: Arc<dyn Gate>, turn: F) -> F::Output {
    GATE.scope(gate, turn).await
}

/// An HTTP client that asks the gate of the turn before it sends anything. What happens outside
/// of a turn is sent.
pub(crate) fn gated(client: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Gated(client))
}

/// What the gate said.
#[derive(Debug)]
pub(crate) struct Closed(String);

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Closed {}

#[derive(Debug)]
struct Gated<T>(T);

impl HttpClient for Gated<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Gated(self.0.http_connector(settings, components)))
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}

impl HttpConnector for Gated<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Ok(gate) = GATE.try_with(Arc::clone) else { return self.0.call(request) };
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            if let Err(why) = gate.look().await.and_then(|()| gate.pass(CALL_TIMEOUT)) {
                let error = ConnectorError::user(Box::new(Closed(why)));
                return Err(error.never_connected());
            }
            let mut call = Box::pin(connector.call(request));
            // The process may have been stopped after it passed, before anything was written to
            // the connection: what is woken too late is dropped. It may have happened.
            poll_fn(move |context| match gate.pass(Duration::ZERO) {
                Ok(()) => call.as_mut().poll(context),
                Err(why) => {
                    let late = std::io::Error::new(std::io::ErrorKind::TimedOut, why);
                    Poll::Ready(Err(ConnectorError::timeout(Box::new(late))))
                }
            })
            .await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

    use super::*;
    use crate::classify::cause;

    #[derive(Debug, Default)]
    struct Counting(Mutex<usize>);

    impl HttpConnector for Counting {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            *self.0.lock().unwrap() += 1;
            let body = aws_smithy_types::body::SdkBody::empty();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().unwrap(), body)))
        }
    }

    #[derive(Debug)]
    struct Until(Mutex<Vec<Result<(), String>>>);

    impl Gate for Until {
        fn pass(&self, _: Duration) -> Result<(), String> {
            self.0.lock().unwrap().remove(0)
        }
    }

    async fn call(
        answers: Vec<Result<(), String>>,
    ) -> (Result<HttpResponse, ConnectorError>, usize) {
        let counting = Arc::new(Counting::default());
        #[derive(Debug)]
        struct Shared(Arc<Counting>);
        impl HttpConnector for Shared {
            fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
                self.0.call(request)
            }
        }
        let gated = Gated(SharedHttpConnector::new(Shared(counting.clone())));
        let gate: Arc<dyn Gate> = Arc::new(Until(Mutex::new(answers)));
        let answer = under(gate, async { gated.call(HttpRequest::empty()).await }).await;
        let calls = *counting.0.lock().unwrap();
        (answer, calls)
    }

    #[tokio::test]
    async fn a_closed_gate_sends_nothing_and_one_that_closes_meanwhile_leaves_doubt() {
        let (answer, calls) = call(vec![Ok(()), Ok(())]).await;
        assert!(answer.is_ok());
        assert_eq!(calls, 1);

        let (answer, calls) = call(vec![Err("too late".into())]).await;
        let error = answer.unwrap_err();
        assert_eq!(calls, 0);
        assert_eq!(cause::<Closed>(&error).map(ToString::to_string).as_deref(), Some("too late"));

        let (answer, _) = call(vec![Ok(()), Err("too late".into())]).await;
        assert!(cause::<Closed>(&answer.unwrap_err()).is_none());
    }
}
