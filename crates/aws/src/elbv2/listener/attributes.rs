//! The attributes of a listener: AWS sets them by a call of their own.

use std::collections::BTreeMap;

use bicoastal_model::Target;
use bicoastal_model::resource::Check;
use serde_json::{Map, Value};

use super::super::attributes::{self, As, Attribute};
use super::{Listener, ListenerProtocol};
use crate::kind::Turn;

/// An attribute that is a text; empty, AWS does as it does unless told.
const fn header(field: &'static str, key: &'static str) -> Attribute {
    Attribute::new(field, key, As::Text, "")
}

/// The fields that are attributes.
const ATTRIBUTES: &[Attribute] = &[
    Attribute::new("tcp_idle_timeout", "tcp.idle_timeout.seconds", As::Number, "350"),
    Attribute::new(
        "send_tcp_reset_on_idle_timeout",
        "send_tcp_reset.on_idle_timeout.enabled",
        As::Flag,
        "false",
    ),
    Attribute::new("server_header", "routing.http.response.server.enabled", As::Flag, "true"),
    header(
        "strict_transport_security",
        "routing.http.response.strict_transport_security.header_value",
    ),
    header("content_security_policy", "routing.http.response.content_security_policy.header_value"),
    Attribute::new(
        "x_content_type_options",
        "routing.http.response.x_content_type_options.header_value",
        As::Word("nosniff"),
        "",
    ),
    header("x_frame_options", "routing.http.response.x_frame_options.header_value"),
    header(
        "access_control_allow_origin",
        "routing.http.response.access_control_allow_origin.header_value",
    ),
    header(
        "access_control_allow_methods",
        "routing.http.response.access_control_allow_methods.header_value",
    ),
    header(
        "access_control_allow_headers",
        "routing.http.response.access_control_allow_headers.header_value",
    ),
    Attribute::new(
        "access_control_allow_credentials",
        "routing.http.response.access_control_allow_credentials.header_value",
        As::Word("true"),
        "",
    ),
    header(
        "access_control_expose_headers",
        "routing.http.response.access_control_expose_headers.header_value",
    ),
    Attribute::new(
        "access_control_max_age",
        "routing.http.response.access_control_max_age.header_value",
        As::Number,
        "",
    ),
    header(
        "mtls_clientcert_serial_number_header",
        "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
    ),
    header(
        "mtls_clientcert_issuer_header",
        "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
    ),
    header(
        "mtls_clientcert_subject_header",
        "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
    ),
    header(
        "mtls_clientcert_validity_header",
        "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
    ),
    header(
        "mtls_clientcert_leaf_header",
        "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name",
    ),
    header("mtls_clientcert_header", "routing.http.request.x_amzn_mtls_clientcert.header_name"),
    header("tls_version_header", "routing.http.request.x_amzn_tls_version.header_name"),
    header("tls_cipher_suite_header", "routing.http.request.x_amzn_tls_cipher_suite.header_name"),
];

/// Whether any of them is mentioned.
pub(super) fn are_mentioned(target: &Target) -> bool {
    attributes::any_mentioned(ATTRIBUTES, target)
}

/// Puts the attributes that AWS returned into properties.
pub(super) fn read(seen: &BTreeMap<String, String>, props: &mut Map<String, Value>) {
    attributes::read(ATTRIBUTES, seen, props);
}

/// The attributes that this turn has to set.
pub(super) fn changes(turn: &Turn<'_, Listener>) -> BTreeMap<String, String> {
    attributes::changes(ATTRIBUTES, turn)
}

/// Whether a listener of this protocol has attributes: of others, AWS does not tell any.
pub(super) fn are_of(protocol: Option<&str>) -> bool {
    matches!(protocol, None | Some("HTTP" | "HTTPS" | "TCP" | "TCP_UDP" | "GENEVE"))
}

/// Whether a listener of this protocol has this attribute, and which ones have it.
fn fits(key: &str, protocol: Option<ListenerProtocol>) -> (bool, &'static str) {
    use ListenerProtocol::{Http, Https, Tcp, TcpUdp};
    if key.starts_with("routing.http.request.") {
        (protocol == Some(Https), "HTTPS")
    } else if key.starts_with("routing.http.response.") {
        (matches!(protocol, Some(Http | Https)), "HTTP and HTTPS")
    } else if key.starts_with("tcp.") {
        let fits = matches!(protocol, None | Some(Tcp | TcpUdp));
        (fits, "TCP, TCP_UDP and gateway load balancers")
    } else {
        (protocol.is_none(), "gateway load balancers")
    }
}

/// How long the value of an attribute is at most, in bytes.
const LONGEST: usize = 1024;

pub(super) fn check(listener: &Listener, check: &mut Check) {
    let Ok(props) = serde_json::to_value(listener) else { return };
    for Attribute { field, key, .. } in ATTRIBUTES {
        let Some(value) = props.get(field) else { continue };
        let (fits, others) = fits(key, listener.protocol);
        check.ensure(fits, format!("{field} is for {others}"));
        let Value::String(text) = value else { continue };
        check.ensure(
            text.len() <= LONGEST,
            format!("{field} has {} bytes, and AWS takes {LONGEST}", text.len()),
        );
        match key.ends_with(".header_name") {
            true => check.ensure(
                text.bytes()
                    .all(|it| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it)),
                format!("{field} '{text}' is not the name of a header"),
            ),
            false => check.ensure(
                text.bytes().all(is_of_value),
                format!(
                    "{field} has characters that AWS does not take: letters, digits, spaces and \
                     _:;.,\\/'?!(){{}}[]@<>=-+*#&`|~^% are good"
                ),
            ),
        }
    }
    check.ensure(
        listener.tcp_idle_timeout.is_none_or(|it| (60..=6000).contains(&it)),
        "tcp_idle_timeout is not between 60 and 6000",
    );
}

/// What the value of a header can have in it, by the limitations that AWS's guide for application
/// load balancers names ("HTTP header modification").
fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_ :;.,\\/'?!(){}[]@<>=-+*#&`|~^%".contains(&byte)
}
