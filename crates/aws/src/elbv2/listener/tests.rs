use bicoastal_model::resource::Check;
use bicoastal_model::same::same;
use bicoastal_model::{
    Goal, Ownership, Place, Region, Resource, ResourceId, ScopeKind, Snapshot, Stack, Status,
    Target,
};
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::calls::ListenerCall;
use super::{
    AuthenticateCognito, AuthenticateOidc, FrameOptions, Listener, ListenerAction,
    ListenerProtocol, MutualAuthentication, SignIn, action,
};
use crate::kind::{Kind, Next, Turn};

const HERE: &str = "arn:aws:acm:us-east-1:1:certificate/1";
const MORE: &str = "arn:aws:acm:us-east-1:1:certificate/2";
const GROUP: &str = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/web/1";
const BALANCER: &str = "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/front/1";

fn place() -> Place {
    Place { account: None, scope: ScopeKind::Regional, regions: vec![Region::UsEast1] }
}

fn https() -> Listener {
    Listener::builder()
        .load_balancer(BALANCER)
        .port(443)
        .protocol(ListenerProtocol::Https)
        .certificate(HERE)
        .ssl_policy("ELBSecurityPolicy-TLS13-1-2-2021-06")
        .default_actions([ListenerAction::forward(GROUP)])
        .build()
}

fn oidc(secret: &str) -> AuthenticateOidc {
    AuthenticateOidc::builder()
        .issuer("https://idp.example.com/")
        .authorization_endpoint("https://idp.example.com/authorize")
        .token_endpoint("https://idp.example.com/token")
        .user_info_endpoint("https://idp.example.com/userinfo")
        .client_id("front")
        .client_secret(secret)
        .build()
}

fn cognito() -> AuthenticateCognito {
    AuthenticateCognito::builder()
        .user_pool_arn("arn:aws:cognito-idp:us-east-1:000000000000:userpool/p")
        .user_pool_client_id("client")
        .user_pool_domain("users")
        .build()
}

/// Everything of signing in is said, and nothing as AWS would have it.
fn whole() -> SignIn {
    SignIn::builder()
        .session_cookie_name("Session")
        .scope("openid email")
        .session_timeout(3600)
        .authentication_request_extra_params([("prompt", "login")])
        .on_unauthenticated_request("deny")
        .build()
}

fn asking(oidc: AuthenticateOidc) -> Listener {
    let actions = vec![ListenerAction::authenticate_oidc(oidc), ListenerAction::forward(GROUP)];
    Listener { default_actions: actions, ..https() }
}

fn wrong(listener: &Listener, expect: Expect) {
    let mut check = Check::new(place());
    listener.check(&mut check);
    let found: Vec<String> = check
        .into_diagnostics()
        .into_iter()
        .map(|it| format!("{:?}: {}", it.severity, it.message))
        .collect();
    expect.assert_eq(&found.join("\n"));
}

#[test]
fn mistakes_are_found_offline() {
    wrong(&https(), expect![[""]]);
    wrong(
        &Listener::builder()
            .load_balancer(BALANCER)
            .port(443)
            .protocol(ListenerProtocol::Https)
            .certificate("arn:aws:acm:eu-west-1:1:certificate/1")
            .alpn_policy("Any")
            .default_actions([
                ListenerAction::forward(GROUP),
                ListenerAction::fixed_response(302, "no"),
            ])
            .build(),
        expect![[r#"
            Warning: it names no ssl_policy, and AWS falls back to ELBSecurityPolicy-2016-08, which still allows TLS 1.0; name e.g. ELBSecurityPolicy-TLS13-1-2-2021-06
            Error: 'arn:aws:acm:eu-west-1:1:certificate/1' is not the ARN of a certificate in us-east-1
            Error: alpn_policy is for TLS
            Error: 'Any' is not an ALPN policy
            Error: the last action, and only the last, must forward, redirect or respond
            Error: '302' is not a status of the form 2XX, 4XX or 5XX"#]],
    );
    wrong(
        &Listener::builder()
            .load_balancer(BALANCER)
            .port(0)
            .protocol(ListenerProtocol::Tcp)
            .certificate(HERE)
            .mutual_authentication(MutualAuthentication::Passthrough)
            .default_actions([ListenerAction::Redirect {
                protocol: None,
                port: None,
                host: None,
                path: None,
                query: None,
                status_code: super::RedirectStatus::Found,
            }])
            .build(),
        expect![[r#"
            Error: port 0 is not a port
            Error: a certificate is for HTTPS and TLS
            Error: mutual_authentication is for HTTPS
            Error: only HTTP and HTTPS listeners can do anything else than forward
            Error: a redirect that changes nothing is a loop"#]],
    );
    wrong(
        &Listener::builder()
            .load_balancer(BALANCER)
            .port(80)
            .default_actions([ListenerAction::forward_weighted([(GROUP, 1000); 6])])
            .build(),
        expect![[r#"
            Error: it has a port without a protocol, or a protocol without a port
            Error: a forward has between 1 and 5 target groups
            Error: a weight is not between 0 and 999"#]],
    );
}

#[test]
fn attributes_fit_their_protocol() {
    wrong(
        &Listener {
            server_header: Some(false),
            strict_transport_security: Some("max-age=31536000; includeSubDomains".into()),
            x_frame_options: Some(FrameOptions::Deny),
            mtls_clientcert_leaf_header: Some("X-Client-Leaf".into()),
            ..https()
        },
        expect![[""]],
    );
    let tcp = || {
        let tcp = Listener::builder().load_balancer(BALANCER).port(80);
        let tcp = tcp.protocol(ListenerProtocol::Tcp).tcp_idle_timeout(6000);
        tcp.default_actions([ListenerAction::forward(GROUP)]).build()
    };
    wrong(&tcp(), expect![[""]]);
    let gateway = || {
        let gateway = Listener::builder().load_balancer(BALANCER).tcp_idle_timeout(60);
        gateway.default_actions([ListenerAction::forward(GROUP)]).build()
    };
    wrong(&Listener { send_tcp_reset_on_idle_timeout: Some(true), ..gateway() }, expect![[""]]);
    wrong(
        &Listener {
            content_security_policy: Some("default-src \"self\"".into()),
            access_control_allow_origin: Some("a".repeat(1025)),
            tls_version_header: Some("X Tls: Version".into()),
            tcp_idle_timeout: Some(60),
            ..https()
        },
        expect![[r#"
            Error: tcp_idle_timeout is for TCP, TCP_UDP and gateway load balancers
            Error: content_security_policy has characters that AWS does not take: letters, digits, spaces and _:;.,\/'?!(){}[]@<>=-+*#&`|~^% are good
            Error: access_control_allow_origin has 1025 bytes, and AWS takes 1024
            Error: tls_version_header 'X Tls: Version' is not the name of a header"#]],
    );
    wrong(
        &Listener {
            tcp_idle_timeout: Some(59),
            send_tcp_reset_on_idle_timeout: Some(true),
            server_header: Some(true),
            tls_cipher_suite_header: Some("X-Cipher".into()),
            ..tcp()
        },
        expect![[r#"
            Error: send_tcp_reset_on_idle_timeout is for gateway load balancers
            Error: server_header is for HTTP and HTTPS
            Error: tls_cipher_suite_header is for HTTPS
            Error: tcp_idle_timeout is not between 60 and 6000"#]],
    );
    wrong(
        &Listener { protocol: Some(ListenerProtocol::Http), port: Some(80), ..gateway() },
        expect!["Error: tcp_idle_timeout is for TCP, TCP_UDP and gateway load balancers"],
    );
}

#[test]
fn attributes_are_set_after_the_protocol() {
    let old = Listener {
        protocol: Some(ListenerProtocol::Http),
        certificate: None,
        ssl_policy: None,
        x_content_type_options: Some(true),
        access_control_max_age: Some(60),
        ..https()
    };
    let new = Listener {
        server_header: Some(false),
        x_frame_options: Some(FrameOptions::SameOrigin),
        access_control_allow_credentials: Some(true),
        tls_version_header: Some("X-Tls".into()),
        ..https()
    };
    let seen = |listener: &Listener| Some(serde_json::to_value(listener).unwrap());
    let moved = Listener {
        protocol: new.protocol,
        certificate: new.certificate.clone(),
        ssl_policy: new.ssl_policy.clone(),
        ..old.clone()
    };
    // As AWS tells them where nobody set any.
    let mut plain = seen(&https()).unwrap();
    for (field, value) in [
        ("server_header", json!(true)),
        ("x_frame_options", json!("")),
        ("x_content_type_options", json!(false)),
        ("tls_version_header", json!("")),
    ] {
        plain[field] = value;
    }
    let named =
        Listener { server_header: Some(true), x_content_type_options: Some(false), ..https() };
    let out = [
        next(Some(&new), &old, seen(&old)),
        next(Some(&new), &old, seen(&moved)),
        next(Some(&new), &new, seen(&new)),
        next(Some(&https()), &https(), Some(plain.clone())),
        next(Some(&named), &named, Some(plain)),
    ];
    expect![[r#"
        Modify protocol: certificate: ssl_policy:
        SetAttributes({"routing.http.request.x_amzn_tls_version.header_name": "X-Tls", "routing.http.response.access_control_allow_credentials.header_value": "true", "routing.http.response.access_control_max_age.header_value": "", "routing.http.response.server.enabled": "false", "routing.http.response.x_content_type_options.header_value": "", "routing.http.response.x_frame_options.header_value": "SAMEORIGIN"})
        Done
        Done
        Done
    "#]].assert_eq(&(out.join("\n") + "\n"));
}

#[test]
fn mistakes_with_an_identity_provider_are_found_offline() {
    wrong(&asking(oidc("hunter2")), expect![[""]]);
    let extra = |many: usize| (0..many).map(|it| (format!("p{it}"), String::new())).collect();
    let most = SignIn {
        session_timeout: Some(604_800),
        authentication_request_extra_params: extra(10),
        on_unauthenticated_request: Some("allow".to_owned()),
        ..SignIn::default()
    };
    wrong(&asking(AuthenticateOidc { sign_in: most, ..oidc("hunter2") }), expect![[""]]);
    let odd = SignIn {
        session_timeout: Some(0),
        authentication_request_extra_params: extra(11),
        on_unauthenticated_request: Some("ask".to_owned()),
        ..SignIn::default()
    };
    let bad = AuthenticateOidc {
        issuer: "http://idp.example.com".into(),
        authorization_endpoint: "https:///authorize".into(),
        token_endpoint: "idp.example.com/token".into(),
        user_info_endpoint: "https://".into(),
        client_id: "".into(),
        sign_in: odd.clone(),
        ..oidc("")
    };
    wrong(
        &asking(bad),
        expect![[r#"
            Error: issuer is a whole URL that begins with https://
            Error: authorization_endpoint is a whole URL that begins with https://
            Error: token_endpoint is a whole URL that begins with https://
            Error: user_info_endpoint is a whole URL that begins with https://
            Error: client_id is empty
            Error: client_secret is empty
            Error: session_timeout is not between 1 and 604800
            Error: it adds 11 parameters, and AWS takes 10
            Error: who is not known is asked (authenticate), refused (deny) or let in (allow)"#]],
    );
    let too_long = SignIn::builder().session_timeout(604_801).build();
    wrong(
        &asking(AuthenticateOidc { sign_in: too_long, ..oidc("hunter2") }),
        expect!["Error: session_timeout is not between 1 and 604800"],
    );
    let pool = AuthenticateCognito { user_pool_client_id: "".into(), sign_in: odd, ..cognito() };
    let actions = vec![ListenerAction::authenticate_cognito(pool), ListenerAction::forward(GROUP)];
    wrong(
        &Listener { default_actions: actions, ..https() },
        expect![[r#"
            Error: user_pool_client_id is empty
            Error: session_timeout is not between 1 and 604800
            Error: it adds 11 parameters, and AWS takes 10
            Error: who is not known is asked (authenticate), refused (deny) or let in (allow)"#]],
    );
    // Nothing comes after it, and nobody is asked without TLS.
    let plain = Listener::builder()
        .load_balancer(BALANCER)
        .port(80)
        .protocol(ListenerProtocol::Http)
        .default_actions([ListenerAction::authenticate_oidc(oidc("hunter2"))]);
    wrong(
        &plain.build(),
        expect![[r#"
            Error: users can only be asked who they are by HTTPS
            Error: the last action, and only the last, must forward, redirect or respond"#]],
    );
}

/// How an action is sent, and as what of the listener that is there.
#[test]
fn a_client_secret_is_sent_where_aws_does_not_have_it() {
    // As a program's goal has it, in clear.
    let value = |oidc: &AuthenticateOidc| {
        let mut value = serde_json::to_value(asking(oidc.clone())).unwrap();
        value["default_actions"][0]["client_secret"]["$secret"] =
            json!(oidc.client_secret.expose());
        value
    };
    let seen = |oidc: &AuthenticateOidc| {
        let mut value = value(oidc);
        value["default_actions"][0].as_object_mut().unwrap().remove("client_secret");
        value
    };
    let (old, new) = (oidc("old"), oidc("new"));
    let wider = SignIn::builder().scope("openid email").build();
    let wider = AuthenticateOidc { sign_in: wider, ..old.clone() };
    let other = AuthenticateOidc { client_id: "other".into(), ..old.clone() };
    let mut out = String::new();
    for (wanted, applied, seen) in [
        (&old, value(&old), seen(&old)),
        (&new, value(&old), seen(&old)),
        // Nothing is known of what was applied: adopted, or in doubt.
        (&old, seen(&old), seen(&old)),
        (&wider, value(&old), seen(&old)),
        // Drift beside it, and of it.
        (&old, value(&old), seen(&wider)),
        (&old, value(&old), seen(&other)),
        (&old, value(&old), serde_json::to_value(https()).unwrap()),
        (&other, value(&old), seen(&old)),
    ] {
        let goal = Goal::Present { wanted: value(wanted), applied: Some(applied) };
        let seen = snapshot(seen);
        let target = target();
        let turn = Turn::<Listener>::new(&target, &goal, Some(&seen)).unwrap();
        let Next::Call(call) = Listener::step(&turn) else {
            out += "nothing\n";
            continue;
        };
        assert!(Listener::takes_secrets(&call) && !format!("{call:?}").contains("old"));
        let ListenerCall::Modify(listener, parts) = call else { panic!("{call:?}") };
        let sent = action::list_to_sdk(&listener.default_actions, parts.keeps_secrets);
        let sent = sent[0].authenticate_oidc_config().unwrap();
        let existing = sent.use_existing_client_secret();
        out += &format!("secret {:?}, existing {existing:?}\n", sent.client_secret());
    }
    expect![[r#"
        nothing
        secret Some("new"), existing None
        secret Some("old"), existing None
        secret None, existing Some(true)
        secret None, existing Some(true)
        secret Some("old"), existing None
        secret Some("old"), existing None
        secret Some("old"), existing None
    "#]]
    .assert_eq(&out);
    for call in
        [ListenerCall::AddCertificates(Vec::new()), ListenerCall::RemoveCertificates(Vec::new())]
    {
        assert!(!Listener::takes_secrets(&call));
    }
}

#[test]
fn a_port_has_one_listener() {
    let mut stack = Stack::new("test");
    for id in ["one", "two"] {
        stack.region(Region::UsEast1).add(id, https());
    }
    let found: Vec<String> = stack.seal().unwrap_err().0.into_iter().map(|it| it.message).collect();
    expect!["its port 443 is the port of us-east-1/one"].assert_eq(&found.join("\n"));
}

#[cfg(feature = "acm")]
#[test]
fn certificates_are_looked_up_in_the_region_of_the_listener() {
    use bicoastal_model::{Arn, Input, Output};

    use crate::acm::Certificate;
    let found = |region: &str| -> Input<Arn<Certificate>> {
        Output::new(ResourceId::new(format!("{region}/cert")), "arn").into()
    };
    let listener = |first: &str, more: &str| {
        let mut stack = Stack::new("test");
        for region in [Region::UsEast1, Region::EuWest1] {
            stack.region(region).lookup("cert", Certificate::for_domain("example.com"));
        }
        let listener = Listener {
            certificate: Some(found(first)),
            additional_certificates: vec![found(more)],
            ..https()
        };
        stack.region(Region::UsEast1).add("https", listener);
        match stack.seal() {
            Ok(_) => String::new(),
            Err(wrong) => wrong.0.into_iter().map(|it| it.message).collect::<Vec<_>>().join("\n"),
        }
    };
    expect![[""]].assert_eq(&listener("us-east-1", "us-east-1"));
    expect!["the certificate eu-west-1/cert is one of eu-west-1, and a listener takes those of its own region, us-east-1"].assert_eq(&listener("eu-west-1", "us-east-1"));
    expect!["the certificate eu-west-1/cert is one of eu-west-1, and a listener takes those of its own region, us-east-1"].assert_eq(&listener("us-east-1", "eu-west-1"));
}

#[test]
fn actions_are_the_same_however_aws_says_them() {
    use aws_sdk_elasticloadbalancingv2::types;
    let shape = super::SCHEMA.field("default_actions").unwrap().shape;
    let check = |wanted: ListenerAction, seen: &types::Action| {
        let wanted = json!([wanted]);
        let seen = json!([action::from_sdk(seen)]);
        assert!(same(&shape, &wanted, &seen), "{wanted} {seen}");
    };
    let plain = types::Action::builder()
        .r#type(types::ActionTypeEnum::Forward)
        .target_group_arn(GROUP)
        .build();
    check(ListenerAction::forward(GROUP), &plain);
    for action in [
        ListenerAction::forward(GROUP),
        ListenerAction::forward_weighted([(GROUP, 1), (BALANCER, 0)]),
        ListenerAction::Forward {
            target_groups: vec![super::ForwardTarget { target_group: GROUP.into(), weight: None }],
            sticky_seconds: Some(60),
        },
        ListenerAction::redirect_to_https(),
        ListenerAction::fixed_response(503, "closed"),
        ListenerAction::authenticate_cognito(cognito()),
        ListenerAction::authenticate_cognito(AuthenticateCognito { sign_in: whole(), ..cognito() }),
        ListenerAction::authenticate_oidc(oidc("hunter2")),
        ListenerAction::authenticate_oidc(AuthenticateOidc { sign_in: whole(), ..oidc("hunter2") }),
    ] {
        check(action.clone(), &action::to_sdk(&action, None, false));
    }
    let redirect = types::RedirectActionConfig::builder()
        .protocol("HTTPS")
        .port("443")
        .host("#{host}")
        .path("/#{path}")
        .query("#{query}")
        .status_code(types::RedirectActionStatusCodeEnum::Http301)
        .build();
    let filled = types::Action::builder()
        .r#type(types::ActionTypeEnum::Redirect)
        .redirect_config(redirect)
        .build();
    check(ListenerAction::redirect_to_https(), &filled);
    let (one, other) =
        (json!([ListenerAction::forward(GROUP)]), json!([ListenerAction::forward(BALANCER)]));
    assert!(!same(&shape, &one, &other));
}

fn target() -> Target {
    Target {
        id: ResourceId::new("us-east-1/https"),
        kind: "ELBv2:Listener".into(),
        place: place(),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: json!({}).into(),
        tags: Default::default(),
    }
}

fn snapshot(props: Value) -> Snapshot {
    Snapshot {
        physical: "arn".into(),
        props,
        outputs: Default::default(),
        status: Status::Ready,
        ownership: Ownership::Ours,
        children: Vec::new(),
        facts: Default::default(),
    }
}

fn next(wanted: Option<&Listener>, applied: &Listener, seen: Option<Value>) -> String {
    let target = target();
    let applied = serde_json::to_value(applied).unwrap();
    let goal = match wanted {
        Some(wanted) => {
            Goal::Present { wanted: serde_json::to_value(wanted).unwrap(), applied: Some(applied) }
        }
        None => Goal::Absent { applied, lift_guards: false },
    };
    let seen = seen.map(snapshot);
    let turn = Turn::<Listener>::new(&target, &goal, seen.as_ref()).unwrap();
    match Listener::step(&turn) {
        Next::Call(ListenerCall::Create(_)) => "Create".to_owned(),
        Next::Call(ListenerCall::Modify(_, parts)) => {
            let debug = format!("{parts:?}");
            let parts: Vec<&str> = debug
                .split([' ', ','])
                .zip(debug.split([' ', ',']).skip(1))
                .filter(|(_, value)| *value == "true")
                .map(|(name, _)| name)
                .collect();
            format!("Modify {}", parts.join(" "))
        }
        Next::Call(call) => format!("{call:?}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn changes_go_in_few_calls() {
    let old = https();
    let mut new = https();
    new.port = Some(8443);
    new.default_actions = vec![ListenerAction::forward(BALANCER)];
    new.additional_certificates = vec![MORE.into()];
    let seen = serde_json::to_value(&old).unwrap();
    let mut moved = serde_json::to_value(&new).unwrap();
    moved.as_object_mut().unwrap().remove("additional_certificates");
    let mut with_more = serde_json::to_value(&new).unwrap();
    with_more["additional_certificates"] = json!([MORE, "theirs"]);
    let mut without = new.clone();
    without.additional_certificates.clear();
    let plain = Listener::builder()
        .load_balancer(BALANCER)
        .port(443)
        .protocol(ListenerProtocol::Http)
        .default_actions([ListenerAction::forward(GROUP)])
        .build();
    let as_plain = serde_json::to_value(&plain).unwrap();
    let out = [
        next(Some(&new), &old, None),
        next(Some(&new), &old, Some(seen.clone())),
        next(Some(&new), &old, Some(moved)),
        next(Some(&new), &new, Some(with_more.clone())),
        next(Some(&without), &new, Some(with_more)),
        next(Some(&old), &plain, Some(as_plain)),
        next(Some(&plain), &old, Some(seen)),
        next(None, &old, Some(json!({}))),
        next(None, &old, None),
    ];
    expect![[r#"
        Create
        Modify port: default_actions:
        AddCertificates(["arn:aws:acm:us-east-1:1:certificate/2"])
        Done
        RemoveCertificates(["arn:aws:acm:us-east-1:1:certificate/2"])
        Modify protocol: certificate: ssl_policy:
        Modify protocol: certificate: ssl_policy:
        Delete
        Done
    "#]]
    .assert_eq(&(out.join("\n") + "\n"));
}
