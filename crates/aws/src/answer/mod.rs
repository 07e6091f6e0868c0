//! Whether an answer is whole: only then may it say that something is not there.
//!
//! The SDK's parsers take what they find. A body that is empty or cut, a page without its list or
//! without the token that it promises: all of them become an answer in which things are missing,
//! and what is missing would be made again, or forgotten. So each answer to a read is held to what
//! AWS always sends ([`services`]) before anybody believes it. One that is not whole is an error like
//! a lost one: reads are repeated, and what still can't be read is unknown, never deleted.

mod needs;
mod services;
#[cfg(test)]
mod tests;
mod tree;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    InterceptorContext,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use needs::Need;
use tree::Node;

/// Holds the answers of a client to what AWS always sends. To be given to it as an interceptor and
/// as a retry classifier; [`believing`](crate::believing) does both.
#[derive(Clone, Copy, Debug)]
pub struct Whole;

impl Whole {
    /// Why the answer to a call is not believed, if it is not: what [`believing!`](crate::believing)
    /// clients ask. `asked` is the body of the request.
    pub fn lacks(
        self,
        service: &str,
        operation: &str,
        asked: &str,
        answer: &[u8],
    ) -> Option<String> {
        lacking(service, operation, asked, answer)
    }
}

/// A service's client of which only whole answers are believed, from its configuration's builder.
#[macro_export]
macro_rules! believing {
    ($service:ident, $builder:expr) => {
        $service::Client::from_conf(
            $builder.interceptor($crate::Whole).retry_classifier($crate::Whole).build(),
        )
    };
}

/// What an answer's document is.
#[derive(Clone, Copy, Debug)]
enum Body {
    /// The query protocol: what is needed is inside of `…Response` and `…Result`.
    Query(&'static [Need]),
    /// XML with this root; emulators may name it after the call instead.
    Rest(&'static str, &'static [Need]),
    /// An object.
    Json(&'static [Need]),
}

/// Why an answer is not believed.
#[derive(Debug, thiserror::Error)]
#[error("the answer is not whole: {0}")]
pub(crate) struct NotWhole(String);

/// Why an answer is not believed, if it is not. `asked` is the body of the request.
fn lacking(service: &str, operation: &str, asked: &str, answer: &[u8]) -> Option<String> {
    let body = services::of(service, operation)?;
    let parsed = match body {
        Body::Query(_) | Body::Rest(..) => tree::xml(answer),
        Body::Json(_) => tree::json(answer),
    };
    let root = match parsed {
        Ok(root) => root,
        Err(why) => return Some(why),
    };
    let answers = format!("{operation}Response");
    let rooted = |name: &str| root.name() == name || root.name() == answers;
    let (within, needs): (Option<&Node>, _) = match body {
        Body::Json(needs) => (Some(&root), needs),
        Body::Rest(name, needs) => (rooted(name).then_some(&root), needs),
        Body::Query(needs) => {
            let result = root.child(&format!("{operation}Result"));
            (result.filter(|_| rooted(&answers)), needs)
        }
    };
    let Some(within) = within else {
        return Some(format!("it is {}, not an answer to {operation}", root.name()));
    };
    needs::unmet(needs, within, asked)
}

/// The body of a request, kept until its answer is there.
#[derive(Debug)]
struct Asked(String);

impl Storable for Asked {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let known = |it: &Metadata| services::of(it.service(), it.name()).is_some();
        if config.load::<Metadata>().is_some_and(known) {
            let body = context.request().body().bytes().unwrap_or_default();
            let asked = Asked(String::from_utf8_lossy(body).into_owned());
            config.interceptor_state().store_put(asked);
        }
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        // A refusal says what it says; a body that streams is its reader's to check.
        let (Ok(_), Some(body)) = (context.output_or_error(), context.response().body().bytes())
        else {
            return Ok(());
        };
        let Some(metadata) = config.load::<Metadata>() else { return Ok(()) };
        let asked = config.load::<Asked>().map_or("", |asked| &asked.0);
        match self.lacks(metadata.service(), metadata.name(), asked, body) {
            Some(why) => Err(NotWhole(why).into()),
            None => Ok(()),
        }
    }
}

impl ClassifyRetry for Whole {
    fn name(&self) -> &'static str {
        "Whole"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.output_or_error() {
            Some(Err(error)) if error.is_interceptor_error() => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }
}
