//! A Cognito user pool that listeners and rules ask who a user is.

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::Input;
use bicoastal_model::resource::Check;
use bon::Builder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sign_in::{Seen, SignIn};

/// Lets only those go on whom a Cognito user pool knows
/// ([`ListenerAction::authenticate_cognito`](super::ListenerAction::authenticate_cognito)).
///
/// [AWS's words on it](https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateCognitoActionConfig.html)
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Builder)]
pub struct AuthenticateCognito {
    /// The user pool's ARN.
    #[builder(into)]
    pub user_pool_arn: Input<String>,
    /// The id of the client in the pool.
    #[builder(into)]
    pub user_pool_client_id: Input<String>,
    /// The pool's domain prefix or domain.
    #[builder(into)]
    pub user_pool_domain: Input<String>,
    /// How users are signed in.
    #[builder(default)]
    #[serde(flatten)]
    pub sign_in: SignIn,
}

impl AuthenticateCognito {
    /// As the API takes it.
    pub(super) fn to_sdk(&self) -> types::AuthenticateCognitoActionConfig {
        let behaviour = self.sign_in.on_unauthenticated_request.as_deref();
        types::AuthenticateCognitoActionConfig::builder()
            .user_pool_arn(self.user_pool_arn.as_str())
            .user_pool_client_id(self.user_pool_client_id.as_str())
            .user_pool_domain(self.user_pool_domain.as_str())
            .set_session_cookie_name(self.sign_in.session_cookie_name.clone())
            .set_scope(self.sign_in.scope.clone())
            .set_session_timeout(self.sign_in.seconds())
            .set_authentication_request_extra_params(self.sign_in.extra_params())
            .set_on_unauthenticated_request(
                behaviour.map(types::AuthenticateCognitoActionConditionalBehaviorEnum::from),
            )
            .build()
    }

    pub(super) fn check(&self, check: &mut Check) {
        for (name, text) in [
            ("user_pool_arn", &self.user_pool_arn),
            ("user_pool_client_id", &self.user_pool_client_id),
            ("user_pool_domain", &self.user_pool_domain),
        ] {
            check.ensure(
                text.known().is_none_or(|text| !text.is_empty()),
                format!("{name} is empty"),
            );
        }
        self.sign_in.check(check);
    }
}

/// As properties.
pub(super) fn from_sdk(
    seen: &types::AuthenticateCognitoActionConfig,
    mut put: impl FnMut(&str, Value),
) {
    put("user_pool_arn", json!(seen.user_pool_arn()));
    put("user_pool_client_id", json!(seen.user_pool_client_id()));
    put("user_pool_domain", json!(seen.user_pool_domain()));
    let sign_in = Seen {
        session_cookie_name: seen.session_cookie_name(),
        scope: seen.scope(),
        session_timeout: seen.session_timeout(),
        authentication_request_extra_params: json!(seen.authentication_request_extra_params()),
        on_unauthenticated_request: seen.on_unauthenticated_request().map(|it| it.as_str()),
    };
    sign_in.tell(put);
}
