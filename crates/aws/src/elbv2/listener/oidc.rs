//! An identity provider of OpenID Connect that listeners and rules ask who a user is.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::resource::Check;
use bicoastal_model::{Input, Secret};
use bon::Builder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Lets only those go on whom an identity provider of OpenID Connect knows
/// ([`ListenerAction::authenticate_oidc`](super::ListenerAction::authenticate_oidc)).
///
/// AWS takes the client secret and never shows it. What was sent last is believed to be there; a
/// change of anything else leaves it where it is (`UseExistingClientSecret`).
///
/// [AWS's words on it](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Builder)]
pub struct AuthenticateOidc {
    /// The provider's issuer identifier, an HTTPS URL.
    #[builder(into)]
    pub issuer: Input<String>,
    /// Where users are sent to sign in, an HTTPS URL.
    #[builder(into)]
    pub authorization_endpoint: Input<String>,
    /// Where the load balancer gets tokens, an HTTPS URL.
    #[builder(into)]
    pub token_endpoint: Input<String>,
    /// Where the load balancer gets a user's claims, an HTTPS URL.
    #[builder(into)]
    pub user_info_endpoint: Input<String>,
    /// The id that the provider knows the load balancer by.
    #[builder(into)]
    pub client_id: Input<String>,
    /// The secret that belongs to it.
    #[builder(into)]
    pub client_secret: Secret,
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

/// How many parameters can be added, at most.
const EXTRA_PARAMS: usize = 10;

impl AuthenticateOidc {
    /// As the API takes it: without its secret where AWS keeps the one that it has.
    pub(super) fn to_sdk(&self, keeps_secret: bool) -> types::AuthenticateOidcActionConfig {
        let behaviour = self.on_unauthenticated_request.as_deref();
        let extra = &self.authentication_request_extra_params;
        let config = types::AuthenticateOidcActionConfig::builder()
            .issuer(self.issuer.as_str())
            .authorization_endpoint(self.authorization_endpoint.as_str())
            .token_endpoint(self.token_endpoint.as_str())
            .user_info_endpoint(self.user_info_endpoint.as_str())
            .client_id(self.client_id.as_str())
            .set_session_cookie_name(self.session_cookie_name.clone())
            .set_scope(self.scope.clone())
            .set_session_timeout(self.session_timeout.map(i64::from))
            .set_authentication_request_extra_params(
                (!extra.is_empty()).then(|| extra.clone().into_iter().collect()),
            )
            .set_on_unauthenticated_request(
                behaviour.map(types::AuthenticateOidcActionConditionalBehaviorEnum::from),
            );
        // AWS refuses both together.
        match keeps_secret {
            true => config.use_existing_client_secret(true).build(),
            false => config.client_secret(self.client_secret.expose()).build(),
        }
    }

    /// Whether what AWS shows is an action of the same client of the same provider.
    pub(super) fn is_client_of(&self, seen: &Value) -> bool {
        seen["type"] == "authenticate-oidc"
            && seen["issuer"] == self.issuer.as_str()
            && seen["client_id"] == self.client_id.as_str()
    }

    pub(super) fn check(&self, check: &mut Check) {
        for (name, url) in [
            ("issuer", &self.issuer),
            ("authorization_endpoint", &self.authorization_endpoint),
            ("token_endpoint", &self.token_endpoint),
            ("user_info_endpoint", &self.user_info_endpoint),
        ] {
            let host = |url: &str| {
                let rest = url.strip_prefix("https://")?;
                rest.split('/').next().filter(|host| !host.is_empty()).map(str::to_owned)
            };
            check.ensure(
                url.known().is_none_or(|url| host(url).is_some()),
                format!("{name} is a whole URL that begins with https://"),
            );
        }
        check.ensure(self.client_id.known().is_none_or(|id| !id.is_empty()), "client_id is empty");
        check.ensure(!self.client_secret.expose().is_empty(), "client_secret is empty");
        check.ensure(
            self.session_timeout.is_none_or(|it| (1..=604_800).contains(&it)),
            "session_timeout is not between 1 and 604800",
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

/// As properties. AWS never shows the secret; an emulator that does is not listened to.
pub(super) fn from_sdk(
    seen: &types::AuthenticateOidcActionConfig,
    mut put: impl FnMut(&str, Value),
) {
    put("issuer", json!(seen.issuer()));
    put("authorization_endpoint", json!(seen.authorization_endpoint()));
    put("token_endpoint", json!(seen.token_endpoint()));
    put("user_info_endpoint", json!(seen.user_info_endpoint()));
    put("client_id", json!(seen.client_id()));
    put("session_cookie_name", json!(seen.session_cookie_name()));
    put("scope", json!(seen.scope()));
    put("session_timeout", json!(seen.session_timeout()));
    put("authentication_request_extra_params", json!(seen.authentication_request_extra_params()));
    let behaviour = seen.on_unauthenticated_request();
    put("on_unauthenticated_request", json!(behaviour.map(|it| it.as_str())));
}
