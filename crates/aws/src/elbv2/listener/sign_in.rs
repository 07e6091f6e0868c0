//! What users of a listener are asked, whoever knows them.

use std::collections::BTreeMap;

use bicoastal_model::resource::Check;
use bon::Builder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How users are signed in, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Builder)]
pub struct SignIn {
    /// The cookie that keeps a user's session; `AWSELBAuthSessionCookie` unless said otherwise.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_cookie_name: Option<String>,
    /// What is asked of the provider; `openid` unless said otherwise.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// For how many seconds a user stays signed in: 1 to 604,800; a week unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_timeout: Option<u32>,
    /// Parameters that are added to the request to the authorization endpoint, at most 10.
    #[builder(default, with = |params: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| crate::tags::collect(params))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authentication_request_extra_params: BTreeMap<String, String>,
    /// What happens to users who are not signed in: `authenticate` (the default), `deny` or `allow`.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_unauthenticated_request: Option<String>,
}

/// The longest that a user stays signed in, in seconds.
const LONGEST_SESSION: u32 = 604_800;
/// How many parameters can be added, at most.
const EXTRA_PARAMS: usize = 10;

impl SignIn {
    /// As the API takes it.
    pub(super) fn seconds(&self) -> Option<i64> {
        self.session_timeout.map(i64::from)
    }

    /// The parameters, where there are any.
    pub(super) fn extra_params<M: FromIterator<(String, String)>>(&self) -> Option<M> {
        let extra = &self.authentication_request_extra_params;
        (!extra.is_empty()).then(|| extra.clone().into_iter().collect())
    }

    pub(super) fn check(&self, check: &mut Check) {
        check.ensure(
            self.session_timeout.is_none_or(|it| (1..=LONGEST_SESSION).contains(&it)),
            format!("session_timeout is not between 1 and {LONGEST_SESSION}"),
        );
        let extra = self.authentication_request_extra_params.len();
        check.ensure(
            extra <= EXTRA_PARAMS,
            format!("it adds {extra} parameters, and AWS takes {EXTRA_PARAMS}"),
        );
        check.ensure(
            self.on_unauthenticated_request
                .as_deref()
                .is_none_or(|it| ["authenticate", "deny", "allow"].contains(&it)),
            "who is not known is asked (authenticate), refused (deny) or let in (allow)",
        );
    }
}

/// The parts of an action that are about signing in, as AWS shows them.
pub(super) struct Seen<'a> {
    pub(super) session_cookie_name: Option<&'a str>,
    pub(super) scope: Option<&'a str>,
    pub(super) session_timeout: Option<i64>,
    pub(super) authentication_request_extra_params: Value,
    pub(super) on_unauthenticated_request: Option<&'a str>,
}

impl Seen<'_> {
    /// As properties.
    pub(super) fn tell(self, mut put: impl FnMut(&str, Value)) {
        put("session_cookie_name", json!(self.session_cookie_name));
        put("scope", json!(self.scope));
        put("session_timeout", json!(self.session_timeout));
        put("authentication_request_extra_params", self.authentication_request_extra_params);
        put("on_unauthenticated_request", json!(self.on_unauthenticated_request));
    }
}
