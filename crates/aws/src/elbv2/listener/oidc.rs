//! An identity provider of OpenID Connect that listeners and rules ask who a user is.

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::resource::Check;
use bicoastal_model::{Input, Secret};
use bon::Builder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sign_in::{Seen, SignIn};

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
    /// How users are signed in.
    #[builder(default)]
    #[serde(flatten)]
    pub sign_in: SignIn,
}

impl AuthenticateOidc {
    /// As the API takes it: without its secret where AWS keeps the one that it has.
    pub(super) fn to_sdk(&self, keeps_secret: bool) -> types::AuthenticateOidcActionConfig {
        let behaviour = self.sign_in.on_unauthenticated_request.as_deref();
        let config = types::AuthenticateOidcActionConfig::builder()
            .issuer(self.issuer.as_str())
            .authorization_endpoint(self.authorization_endpoint.as_str())
            .token_endpoint(self.token_endpoint.as_str())
            .user_info_endpoint(self.user_info_endpoint.as_str())
            .client_id(self.client_id.as_str())
            .set_session_cookie_name(self.sign_in.session_cookie_name.clone())
            .set_scope(self.sign_in.scope.clone())
            .set_session_timeout(self.sign_in.seconds())
            .set_authentication_request_extra_params(self.sign_in.extra_params())
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
        self.sign_in.check(check);
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
    let sign_in = Seen {
        session_cookie_name: seen.session_cookie_name(),
        scope: seen.scope(),
        session_timeout: seen.session_timeout(),
        authentication_request_extra_params: json!(seen.authentication_request_extra_params()),
        on_unauthenticated_request: seen.on_unauthenticated_request().map(|it| it.as_str()),
    };
    sign_in.tell(put);
}
