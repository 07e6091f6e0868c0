//! What is wrong with listeners, told offline.

use std::collections::BTreeMap;

use bicoastal_model::resource::Check;
use bicoastal_model::{Desired, Diagnostic, Packed};

use super::{Listener, ListenerAction, ListenerProtocol, attributes};
use crate::tags::check_tags;

pub(super) fn check(listener: &Listener, check: &mut Check) {
    check.ensure(
        listener.port.is_some() == listener.protocol.is_some(),
        "it has a port without a protocol, or a protocol without a port",
    );
    check.ensure(listener.port != Some(0), "port 0 is not a port");
    let secure = listener.protocol.is_some_and(ListenerProtocol::is_secure);
    check.ensure(
        secure == listener.certificate.is_some(),
        match secure {
            true => "HTTPS and TLS need a certificate",
            false => "a certificate is for HTTPS and TLS",
        },
    );
    check.ensure(
        secure || (listener.additional_certificates.is_empty() && listener.ssl_policy.is_none()),
        "additional_certificates and ssl_policy are for HTTPS and TLS",
    );
    if secure && listener.ssl_policy.is_none() {
        check.warning(
            "it names no ssl_policy, and AWS falls back to ELBSecurityPolicy-2016-08, which still \
             allows TLS 1.0; name e.g. ELBSecurityPolicy-TLS13-1-2-2021-06",
        );
    }
    if let Some(region) = check.region() {
        let certificates = listener.certificate.iter().chain(&listener.additional_certificates);
        for arn in certificates.filter_map(|arn| arn.known()) {
            let parts: Vec<&str> = arn.as_str().split(':').collect();
            // IAM's own certificates are global.
            let here = parts.get(3) == Some(&region.code()) || parts.get(2) == Some(&"iam");
            check.ensure(
                here && parts.first() == Some(&"arn"),
                format!("'{arn}' is not the ARN of a certificate in {region}"),
            );
        }
    }
    if let Some(alpn) = listener.alpn_policy.as_deref() {
        check.ensure(listener.protocol == Some(ListenerProtocol::Tls), "alpn_policy is for TLS");
        let known = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];
        check.ensure(known.contains(&alpn), format!("'{alpn}' is not an ALPN policy"));
    }
    check.ensure(
        listener.mutual_authentication.is_none()
            || listener.protocol == Some(ListenerProtocol::Https),
        "mutual_authentication is for HTTPS",
    );
    attributes::check(listener, check);
    check_protocol(listener, check);
    check_actions(&listener.default_actions, check);
    check_tags(check, &listener.tags, 50);
}

/// Only web listeners do more than forward, and only HTTPS ones ask users who they are.
fn check_protocol(listener: &Listener, check: &mut Check) {
    let web = matches!(listener.protocol, Some(ListenerProtocol::Http | ListenerProtocol::Https));
    let https = listener.protocol == Some(ListenerProtocol::Https);
    for action in &listener.default_actions {
        check.ensure(
            web || matches!(action, ListenerAction::Forward { .. }),
            "only HTTP and HTTPS listeners can do anything else than forward",
        );
        check.ensure(https || !action.asks(), "users can only be asked who they are by HTTPS");
    }
}

/// What is wrong with actions, whoever's they are.
pub(in crate::elbv2) fn check_actions(actions: &[ListenerAction], check: &mut Check) {
    let finals = actions.iter().filter(|action| action.is_final()).count();
    check.ensure(
        finals == 1 && actions.last().is_some_and(ListenerAction::is_final),
        "the last action, and only the last, must forward, redirect or respond",
    );
    for action in actions {
        match action {
            ListenerAction::Forward { target_groups, sticky_seconds } => {
                check.ensure(
                    (1..=5).contains(&target_groups.len()),
                    "a forward has between 1 and 5 target groups",
                );
                check.ensure(
                    target_groups.iter().all(|it| it.weight.is_none_or(|weight| weight <= 999)),
                    "a weight is not between 0 and 999",
                );
                check.ensure(
                    sticky_seconds.is_none_or(|it| (1..=604_800).contains(&it)),
                    "sticky_seconds is not between 1 and 604800",
                );
            }
            ListenerAction::Redirect { protocol, port, host, path, .. } => {
                check.ensure(
                    [protocol, port, host, path].iter().any(|part| part.is_some()),
                    "a redirect that changes nothing is a loop",
                );
                check.ensure(
                    protocol
                        .as_deref()
                        .is_none_or(|it| ["HTTP", "HTTPS", "#{protocol}"].contains(&it)),
                    "a redirect's protocol is HTTP or HTTPS",
                );
                check.ensure(
                    path.as_deref().is_none_or(|path| path.starts_with('/')),
                    "a redirect's path begins with /",
                );
            }
            ListenerAction::FixedResponse { status_code, content_type, message_body } => {
                let code = status_code.as_bytes();
                check.ensure(
                    code.len() == 3
                        && b"245".contains(&code[0])
                        && code.iter().all(u8::is_ascii_digit),
                    format!("'{status_code}' is not a status of the form 2XX, 4XX or 5XX"),
                );
                let known = [
                    "text/plain",
                    "text/css",
                    "text/html",
                    "application/javascript",
                    "application/json",
                ];
                check.ensure(
                    content_type.as_deref().is_none_or(|it| known.contains(&it)),
                    format!("a fixed response is one of {}", known.join(", ")),
                );
                check.ensure(
                    message_body.as_deref().is_none_or(|it| it.chars().count() <= 1024),
                    "a fixed response has at most 1024 characters",
                );
            }
            ListenerAction::AuthenticateCognito(cognito) => cognito.check(check),
            ListenerAction::AuthenticateOidc(oidc) => oidc.check(check),
        }
    }
}

/// Two listeners of one load balancer can't have one port, and a listener takes certificates of its
/// own region only.
pub(super) fn check_stack(desired: &Desired) -> Vec<Diagnostic> {
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    for declared in desired.resources.values() {
        if declared.schema.kind != "ELBv2:Listener" || declared.lookup {
            continue;
        }
        let mut wrong = |message: String| {
            found.push(Diagnostic::error(message).of(&declared.id).at(&declared.at));
        };
        let balancer = declared.props.get("load_balancer").map(ToString::to_string);
        let port = declared.props.get("port").map(ToString::to_string);
        if let Some(other) = seen.insert((balancer, port.clone()), &declared.id) {
            wrong(match port {
                Some(port) => format!("its port {port} is the port of {other}"),
                None => format!("its load balancer has {other} already"),
            });
        }
        let Some(here) = declared.place.region() else { continue };
        let certificates =
            ["certificate", "additional_certificates"].map(|it| declared.props.get(it));
        for certificate in certificates.into_iter().flatten().flat_map(Packed::refs) {
            let from = desired.resources.get(&certificate.id).and_then(|it| it.place.region());
            if let Some(there) = from.filter(|there| *there != here) {
                wrong(format!(
                    "the certificate {} is one of {there}, and a listener takes those of its own \
                     region, {here}",
                    certificate.id
                ));
            }
        }
    }
    found
}
