//! Users are asked who they are by an identity provider, whose client secret AWS never shows.

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, AuthenticateOidcActionConfig, FixedResponseActionConfig,
};
use bicoastal_aws::elbv2::{
    AuthenticateOidc, Listener, ListenerAction, ListenerRule, LoadBalancer, RuleCondition, SignIn,
    TargetGroup,
};
use serde_json::{Value, json};

use crate::common::{Harness, Subject};
use crate::{HERE, front, https, props, web};

fn provider() -> AuthenticateOidc {
    AuthenticateOidc::builder()
        .issuer("https://idp.example.com")
        .authorization_endpoint("https://idp.example.com/authorize")
        .token_endpoint("https://idp.example.com/token")
        .user_info_endpoint("https://idp.example.com/userinfo")
        .client_id("front")
        .client_secret("")
        .build()
}

/// Asks, and answers. As in a goal, the secret is in clear.
fn actions(of: AuthenticateOidc, secret: &str) -> Value {
    let mut actions = json!([
        ListenerAction::authenticate_oidc(of),
        ListenerAction::fixed_response(200, "welcome")
    ]);
    actions[0]["client_secret"] = json!({ "$secret": secret });
    actions
}

/// Everything of signing in is said, and nothing as AWS would have it.
pub(crate) fn whole() -> SignIn {
    SignIn::builder()
        .session_cookie_name("Session")
        .scope("openid email")
        .session_timeout(3600)
        .authentication_request_extra_params([("prompt", "login")])
        .on_unauthenticated_request("deny")
        .build()
}

/// Every field but the secret, set to something that AWS would not choose.
fn all() -> AuthenticateOidc {
    AuthenticateOidc { sign_in: whole(), ..provider() }
}

/// What the cloud keeps of client secrets: their digests.
fn kept(harness: &Harness) -> Vec<String> {
    fn walk(value: &Value, out: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                out.extend(fields.get("ClientSecret").map(ToString::to_string));
                fields.values().for_each(|field| walk(field, out));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, out)),
            _ => {}
        }
    }
    let world = harness.cloud.with_world(|world| serde_json::to_value(&*world).unwrap());
    let mut found = Vec::new();
    walk(&world, &mut found);
    found
}

/// The one secret that the cloud has.
fn secret(harness: &Harness) -> String {
    let kept = kept(harness);
    assert_eq!(kept.len(), 1, "{kept:?}");
    kept[0].clone()
}

/// Takes a listener or a rule through everything that can come to its actions. `edit` is somebody
/// else's edit of them.
async fn hold(
    harness: &Harness,
    subject: &mut Subject<'_>,
    field: &str,
    modify: &str,
    wanted: Value,
) {
    let with = |actions: Value| {
        let mut wanted = wanted.clone();
        wanted[field] = actions;
        wanted
    };
    let asks = with(actions(provider(), "hunter2"));
    let made = subject.apply(&asks).await;
    assert_eq!(subject.calls.len(), 1, "{:?}", subject.calls);
    assert!(made.props[field][0].get("client_secret").is_none(), "{}", made.props);
    let first = secret(harness);

    // Another secret is one change, and one call.
    let other = with(actions(provider(), "correct-horse"));
    assert_eq!(subject.drift(&other).await, [format!("{field}[0].client_secret")]);
    subject.apply(&other).await;
    assert_eq!(subject.calls, [modify]);
    let second = secret(harness);
    assert_ne!(first, second);

    // Everything else leaves it where it is.
    let filled = with(actions(all(), "correct-horse"));
    assert_eq!(subject.drift(&filled).await, [field]);
    subject.apply(&filled).await;
    assert_eq!(subject.calls, [modify]);
    assert_eq!(secret(harness), second);

    // Of another client it is another one, even if it reads the same.
    let client = AuthenticateOidc { client_id: "other".into(), ..all() };
    subject.apply(&with(actions(client, "correct-horse"))).await;
    subject.apply(&filled).await;
    assert_eq!(secret(harness), second);

    // Somebody else edits what is beside it: it is kept. They take the action away: it is sent.
    let arn = subject.target.physical.clone().unwrap();
    let answers = FixedResponseActionConfig::builder().status_code("200").build();
    let answer = Action::builder()
        .r#type(ActionTypeEnum::FixedResponse)
        .order(2)
        .fixed_response_config(answers)
        .build();
    let theirs = AuthenticateOidcActionConfig::builder()
        .issuer("https://idp.example.com")
        .authorization_endpoint("https://idp.example.com/authorize")
        .token_endpoint("https://idp.example.com/token")
        .user_info_endpoint("https://idp.example.com/userinfo")
        .client_id("front")
        .scope("profile")
        .use_existing_client_secret(true)
        .build();
    let ask = Action::builder()
        .r#type(ActionTypeEnum::AuthenticateOidc)
        .order(1)
        .authenticate_oidc_config(theirs)
        .build();
    for edit in [vec![ask, answer.clone()], vec![answer]] {
        let elb = Client::new(&harness.sdk_in(HERE));
        match modify {
            "ModifyRule" => {
                let edit = elb.modify_rule().rule_arn(&arn).set_actions(Some(edit));
                edit.send().await.map(drop).unwrap();
            }
            _ => {
                let edit = elb.modify_listener().listener_arn(&arn).set_default_actions(Some(edit));
                edit.send().await.map(drop).unwrap();
            }
        }
        assert_eq!(subject.drift(&filled).await, [field]);
        subject.apply(&filled).await;
        assert_eq!(subject.calls, [modify]);
        assert_eq!(secret(harness), second);
    }

    // Taken over: nobody knows what secret it has, so it gets the program's.
    subject.applied.as_mut().unwrap()[field][0].as_object_mut().unwrap().remove("client_secret");
    assert_eq!(subject.drift(&filled).await, [format!("{field}[0].client_secret")]);
    subject.apply(&filled).await;
    assert_eq!(subject.calls, [modify]);
    subject.apply(&asks).await;
    assert_eq!(secret(harness), first);
    subject.apply(&wanted).await;
    assert_eq!(kept(harness), Vec::<String>::new());
}

#[tokio::test]
async fn a_listener_asks_an_identity_provider() {
    let harness = Harness::new();
    let balancer = harness.regional::<LoadBalancer>("front", HERE).apply(&front()).await.physical;
    let group = harness.regional::<TargetGroup>("web", HERE).apply(&web("web")).await.physical;
    let mut listener = harness.regional::<Listener>("https", HERE);
    let wanted = https(&balancer, &group);
    hold(&harness, &mut listener, "default_actions", "ModifyListener", wanted).await;
}

#[tokio::test]
async fn a_listener_rule_asks_an_identity_provider() {
    let harness = Harness::new();
    let balancer = harness.regional::<LoadBalancer>("front", HERE).apply(&front()).await.physical;
    let group = harness.regional::<TargetGroup>("web", HERE).apply(&web("web")).await.physical;
    let mut listener = harness.regional::<Listener>("https", HERE);
    let listener = listener.apply(&https(&balancer, &group)).await.physical;
    let mut rule = harness.regional::<ListenerRule>("api", HERE);
    let wanted = props(
        ListenerRule::builder()
            .listener(listener.as_str())
            .priority(10)
            .conditions([RuleCondition::path(["/api/*"])])
            .actions([ListenerAction::forward(group.as_str())])
            .build(),
    );
    hold(&harness, &mut rule, "actions", "ModifyRule", wanted).await;
}
