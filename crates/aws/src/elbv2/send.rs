//! What the calls of all kinds have in common.

use std::collections::BTreeMap;
use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use bicoastal_model::{OpError, Region, Resource};

use super::{RULES, SERVICE, to_tags};
use crate::classify::classify;
use crate::cx::Cx;
use crate::kind::Turn;
use crate::tags::tag_changes;

/// What AWS answers a call, or what its refusal means.
pub(super) async fn answer<T, E>(
    call: &str,
    region: Region,
    sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> Result<T, OpError>
where
    E: ProvideErrorMetadata + RequestId + StdError + Send + Sync + 'static,
{
    sent.await.map_err(|error| classify(SERVICE, call, region, RULES, error))
}

/// The same, where the answer says nothing that is of use.
pub(super) async fn done<T, E>(
    call: &str,
    region: Region,
    sent: impl Future<Output = Result<T, SdkError<E, HttpResponse>>>,
) -> Result<(), OpError>
where
    E: ProvideErrorMetadata + RequestId + StdError + Send + Sync + 'static,
{
    answer(call, region, sent).await.map(drop)
}

/// A call that changes the tags of anything that has an ARN.
#[derive(Clone, Debug)]
pub enum TagCall {
    /// `AddTags`.
    Add(BTreeMap<String, String>),
    /// `RemoveTags`.
    Remove(Vec<String>),
}

impl TagCall {
    /// The next one of this turn, if tags differ.
    pub(super) fn next<R: Resource>(turn: &Turn<'_, R>) -> Option<Self> {
        let tags = tag_changes(turn);
        match (tags.set.is_empty(), tags.remove.is_empty()) {
            (false, _) => Some(Self::Add(tags.set)),
            (true, false) => Some(Self::Remove(tags.remove)),
            (true, true) => None,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "AddTags",
            Self::Remove(_) => "RemoveTags",
        }
    }

    pub(super) async fn send(&self, cx: &Cx, region: Region, arn: &str) -> Result<(), OpError> {
        let client = cx.elbv2_write(region);
        match self {
            Self::Add(tags) => {
                let call = client.add_tags().resource_arns(arn).set_tags(Some(to_tags(tags)));
                done(self.name(), region, call.send()).await
            }
            Self::Remove(keys) => {
                let call = client.remove_tags().resource_arns(arn).set_tag_keys(Some(keys.clone()));
                done(self.name(), region, call.send()).await
            }
        }
    }
}
