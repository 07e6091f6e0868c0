//! What a listener does with what arrives.

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::diff::FieldChange;
use bicoastal_model::schema::Absent;
use bicoastal_model::{Arn, Field, Input, Shape};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::{TargetGroup, words};
pub use super::cognito::AuthenticateCognito;
pub use super::oidc::AuthenticateOidc;
pub use super::sign_in::SignIn;
use super::{cognito, oidc};

words! {
    /// How a redirect is said.
    pub enum RedirectStatus {
        /// 301: for good.
        Permanent = "HTTP_301",
        /// 302: for now.
        Found = "HTTP_302",
    }
}

/// One thing that is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum ListenerAction {
    /// Sends it to one or more target groups.
    Forward {
        /// The groups, at most 5.
        target_groups: Vec<ForwardTarget>,
        /// For how many seconds a client stays with one group: 1 to 604,800.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sticky_seconds: Option<u32>,
    },
    /// Sends the client elsewhere. What is left out stays as the client asked.
    Redirect {
        /// `HTTP` or `HTTPS`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        protocol: Option<String>,
        /// A port.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<String>,
        /// A host name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<String>,
        /// A path, with its leading slash.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// A query, without its question mark.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        query: Option<String>,
        /// For good or for now.
        status_code: RedirectStatus,
    },
    /// Answers by itself.
    FixedResponse {
        /// The status: 2XX, 4XX or 5XX.
        status_code: String,
        /// The kind of the body: `text/plain`, `text/html`, `text/css`, `application/javascript` or
        /// `application/json`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
        /// The body, at most 1,024 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message_body: Option<String>,
    },
    /// Lets only those go on whom a Cognito user pool knows. HTTPS only, before another action.
    AuthenticateCognito(Box<AuthenticateCognito>),
    /// Lets only those go on whom an identity provider of OpenID Connect knows. HTTPS only, before
    /// another action.
    AuthenticateOidc(Box<AuthenticateOidc>),
}

/// A target group, and its share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ForwardTarget {
    /// The group.
    pub target_group: Input<Arn<TargetGroup>>,
    /// Its share among the weights of all groups: 0 to 999, 1 unless said otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
}

impl ListenerAction {
    /// Sends everything to one target group.
    pub fn forward(target_group: impl Into<Input<Arn<TargetGroup>>>) -> Self {
        Self::Forward {
            target_groups: vec![ForwardTarget { target_group: target_group.into(), weight: None }],
            sticky_seconds: None,
        }
    }

    /// Sends a share to each of several target groups.
    pub fn forward_weighted<T: Into<Input<Arn<TargetGroup>>>>(
        target_groups: impl IntoIterator<Item = (T, u16)>,
    ) -> Self {
        let target = |(group, weight): (T, u16)| ForwardTarget {
            target_group: group.into(),
            weight: Some(weight),
        };
        Self::Forward {
            target_groups: target_groups.into_iter().map(target).collect(),
            sticky_seconds: None,
        }
    }

    /// Sends clients to HTTPS on port 443, for good.
    pub fn redirect_to_https() -> Self {
        Self::Redirect {
            protocol: Some("HTTPS".to_owned()),
            port: Some("443".to_owned()),
            host: None,
            path: None,
            query: None,
            status_code: RedirectStatus::Permanent,
        }
    }

    /// Answers with a status and plain text.
    pub fn fixed_response(status_code: u16, body: impl Into<String>) -> Self {
        Self::FixedResponse {
            status_code: status_code.to_string(),
            content_type: Some("text/plain".to_owned()),
            message_body: Some(body.into()),
        }
    }

    /// Asks a Cognito user pool who a user is.
    pub fn authenticate_cognito(pool: AuthenticateCognito) -> Self {
        Self::AuthenticateCognito(Box::new(pool))
    }

    /// Asks an identity provider of OpenID Connect who a user is.
    pub fn authenticate_oidc(provider: AuthenticateOidc) -> Self {
        Self::AuthenticateOidc(Box::new(provider))
    }

    /// Whether it asks users who they are.
    pub(super) fn asks(&self) -> bool {
        matches!(self, Self::AuthenticateCognito(_) | Self::AuthenticateOidc(_))
    }

    /// Whether it answers, so that nothing can come after it.
    pub(super) fn is_final(&self) -> bool {
        !self.asks()
    }
}

const FORWARD_TARGET: &[Field] =
    &[Field::new("target_group"), Field::new("weight").absent(Absent::Int(1))];

/// The parts of every kind of action together, with what AWS fills in.
pub(in crate::elbv2) const FIELDS: &[Field] = &[
    Field::new("type"),
    Field::new("target_groups").shape(Shape::Set(&Shape::Object(FORWARD_TARGET))),
    Field::new("sticky_seconds"),
    Field::new("protocol").absent(Absent::Text("#{protocol}")),
    Field::new("port").absent(Absent::Text("#{port}")),
    Field::new("host").absent(Absent::Text("#{host}")),
    Field::new("path").absent(Absent::Text("/#{path}")),
    Field::new("query").absent(Absent::Text("#{query}")),
    Field::new("status_code"),
    Field::new("content_type").absent(Absent::Text("text/plain")),
    Field::new("message_body").absent(Absent::Text("")),
    Field::new("user_pool_arn"),
    Field::new("user_pool_client_id"),
    Field::new("user_pool_domain"),
    Field::new("on_unauthenticated_request").absent(Absent::Text("authenticate")),
    Field::new("scope").absent(Absent::Text("openid")),
    Field::new("session_timeout").absent(Absent::Int(604_800)),
    Field::new("issuer"),
    Field::new("authorization_endpoint"),
    Field::new("token_endpoint"),
    Field::new("user_info_endpoint"),
    Field::new("client_id"),
    Field::new("client_secret").shape(Shape::Secret),
    Field::new("session_cookie_name").absent(Absent::Text("AWSELBAuthSessionCookie")),
    Field::new("authentication_request_extra_params").absent(Absent::Json("{}")),
];

/// Whether AWS has the client secrets of these actions already, if there are any: none is another
/// one than was sent last, and where each of them is, AWS shows an action for the same client.
pub(in crate::elbv2) fn keeps_secrets<'c>(
    mut changes: impl Iterator<Item = &'c FieldChange>,
    wanted: &[ListenerAction],
    seen: &Value,
) -> bool {
    let clients = wanted.iter().enumerate().filter_map(|(at, action)| match action {
        ListenerAction::AuthenticateOidc(oidc) => Some(oidc.is_client_of(&seen[at])),
        _ => None,
    });
    let are_there: Vec<bool> = clients.collect();
    !are_there.is_empty() && !are_there.contains(&false) && !changes.any(FieldChange::is_secret)
}

/// As the API takes them: with their order where there are several, and without their secrets
/// where AWS keeps those that it has.
pub(in crate::elbv2) fn list_to_sdk(
    actions: &[ListenerAction],
    keeps_secrets: bool,
) -> Vec<types::Action> {
    let several = actions.len() > 1;
    let numbered = (1..).zip(actions);
    numbered.map(|(order, it)| to_sdk(it, several.then_some(order), keeps_secrets)).collect()
}

/// As properties, in their order.
pub(in crate::elbv2) fn list_from_sdk(actions: &[types::Action]) -> Value {
    let mut actions: Vec<&types::Action> = actions.iter().collect();
    actions.sort_by_key(|action| action.order());
    actions.into_iter().map(from_sdk).collect()
}

/// As the API takes it, in its place among several.
pub(super) fn to_sdk(
    action: &ListenerAction,
    order: Option<i32>,
    keeps_secrets: bool,
) -> types::Action {
    let builder = types::Action::builder().set_order(order);
    match action {
        ListenerAction::Forward { target_groups, sticky_seconds } => {
            let groups = target_groups.iter().map(|target| {
                types::TargetGroupTuple::builder()
                    .target_group_arn(target.target_group.as_str())
                    .weight(i32::from(target.weight.unwrap_or(1)))
                    .build()
            });
            let stickiness = types::TargetGroupStickinessConfig::builder()
                .enabled(sticky_seconds.is_some())
                .set_duration_seconds(sticky_seconds.and_then(|it| i32::try_from(it).ok()))
                .build();
            let forward = types::ForwardActionConfig::builder()
                .set_target_groups(Some(groups.collect()))
                .target_group_stickiness_config(stickiness)
                .build();
            builder.r#type(types::ActionTypeEnum::Forward).forward_config(forward).build()
        }
        ListenerAction::Redirect { protocol, port, host, path, query, status_code } => {
            let status = types::RedirectActionStatusCodeEnum::from(status_code.as_str());
            let redirect = types::RedirectActionConfig::builder()
                .set_protocol(protocol.clone())
                .set_port(port.clone())
                .set_host(host.clone())
                .set_path(path.clone())
                .set_query(query.clone())
                .status_code(status)
                .build();
            builder.r#type(types::ActionTypeEnum::Redirect).redirect_config(redirect).build()
        }
        ListenerAction::FixedResponse { status_code, content_type, message_body } => {
            let response = types::FixedResponseActionConfig::builder()
                .status_code(status_code)
                .set_content_type(content_type.clone())
                .set_message_body(message_body.clone())
                .build();
            builder
                .r#type(types::ActionTypeEnum::FixedResponse)
                .fixed_response_config(response)
                .build()
        }
        ListenerAction::AuthenticateCognito(cognito) => builder
            .r#type(types::ActionTypeEnum::AuthenticateCognito)
            .authenticate_cognito_config(cognito.to_sdk())
            .build(),
        ListenerAction::AuthenticateOidc(oidc) => builder
            .r#type(types::ActionTypeEnum::AuthenticateOidc)
            .authenticate_oidc_config(oidc.to_sdk(keeps_secrets))
            .build(),
    }
}

/// As properties. AWS says a forward to one group in two ways; it is one here.
pub(super) fn from_sdk(action: &types::Action) -> Value {
    let kind = action.r#type().map_or("", types::ActionTypeEnum::as_str);
    let mut value = json!({ "type": kind });
    let mut put = |name: &str, part: Value| {
        if !part.is_null() {
            value[name] = part;
        }
    };
    if let Some(forward) = action.forward_config() {
        let groups = forward.target_groups().iter();
        put(
            "target_groups",
            groups
                .map(|it| {
                    let weight = it.weight().unwrap_or(1);
                    json!({ "target_group": it.target_group_arn(), "weight": weight })
                })
                .collect(),
        );
        let sticky = forward.target_group_stickiness_config();
        let sticky = sticky.filter(|it| it.enabled() == Some(true));
        put("sticky_seconds", json!(sticky.and_then(|it| it.duration_seconds())));
    } else if let Some(arn) = action.target_group_arn() {
        put("target_groups", json!([{ "target_group": arn, "weight": 1 }]));
    }
    if let Some(redirect) = action.redirect_config() {
        put("protocol", json!(redirect.protocol()));
        put("port", json!(redirect.port()));
        put("host", json!(redirect.host()));
        put("path", json!(redirect.path()));
        put("query", json!(redirect.query()));
        put("status_code", json!(redirect.status_code().map(|it| it.as_str())));
    }
    if let Some(response) = action.fixed_response_config() {
        put("status_code", json!(response.status_code()));
        put("content_type", json!(response.content_type()));
        put("message_body", json!(response.message_body()));
    }
    if let Some(cognito) = action.authenticate_cognito_config() {
        cognito::from_sdk(cognito, &mut put);
    }
    if let Some(oidc) = action.authenticate_oidc_config() {
        oidc::from_sdk(oidc, put);
    }
    value
}
