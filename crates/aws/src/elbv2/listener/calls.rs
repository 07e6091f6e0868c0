//! The calls that a listener takes.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{OpError, Target};

use super::super::read::arn;
use super::super::send::{TagCall, answer, done};
use super::super::{region, to_tags};
use super::{Listener, MutualAuthentication, action};
use crate::cx::Cx;

/// One mutating call.
#[derive(Clone, Debug)]
pub enum ListenerCall {
    /// `CreateListener`, with everything that it takes.
    Create(Box<Listener>),
    /// `ModifyListener`, with the parts that differ.
    Modify(Box<Listener>, Modify),
    /// `ModifyListenerAttributes`.
    SetAttributes(BTreeMap<String, String>),
    /// `AddListenerCertificates`.
    AddCertificates(Vec<String>),
    /// `RemoveListenerCertificates`.
    RemoveCertificates(Vec<String>),
    /// `AddTags` or `RemoveTags`.
    Tags(TagCall),
    /// `DeleteListener`.
    Delete,
}

/// The parts of a listener to send.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Modify {
    pub port: bool,
    pub protocol: bool,
    pub certificate: bool,
    pub ssl_policy: bool,
    pub alpn_policy: bool,
    pub mutual_authentication: bool,
    pub default_actions: bool,
    /// The client secrets of the actions stay those that AWS has.
    pub keeps_secrets: bool,
}

impl ListenerCall {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "CreateListener",
            Self::Modify(..) => "ModifyListener",
            Self::SetAttributes(_) => "ModifyListenerAttributes",
            Self::AddCertificates(_) => "AddListenerCertificates",
            Self::RemoveCertificates(_) => "RemoveListenerCertificates",
            Self::Tags(tags) => tags.name(),
            Self::Delete => "DeleteListener",
        }
    }
}

/// Sets the parts of a listener that are to be sent on a request.
macro_rules! with_parts {
    ($request:expr, $listener:expr, $parts:expr) => {{
        let (listener, parts): (&Listener, Modify) = ($listener, $parts);
        let certificate = listener.certificate.as_ref().map(|arn| to_certificate(arn.as_str()));
        let protocol = listener.protocol.map(|it| types::ProtocolEnum::from(it.as_str()));
        let alpn = listener.alpn_policy.clone().unwrap_or_else(|| "None".to_owned());
        $request
            .set_port(listener.port.map(i32::from).filter(|_| parts.port))
            .set_protocol(protocol.filter(|_| parts.protocol))
            .set_certificates(certificate.filter(|_| parts.certificate).map(|it| vec![it]))
            .set_ssl_policy(listener.ssl_policy.clone().filter(|_| parts.ssl_policy))
            .set_alpn_policy(parts.alpn_policy.then(|| vec![alpn]))
            .set_mutual_authentication(parts.mutual_authentication.then(|| to_mutual(listener)))
            .set_default_actions(
                parts
                    .default_actions
                    .then(|| action::list_to_sdk(&listener.default_actions, parts.keeps_secrets)),
            )
    }};
}

pub(super) async fn call(
    cx: &Cx,
    target: &Target,
    call: &ListenerCall,
) -> Result<Option<String>, OpError> {
    let region = region(target);
    let client = cx.elbv2_write(region);
    if let ListenerCall::Create(wanted) = call {
        let parts = Modify {
            port: true,
            protocol: true,
            certificate: true,
            ssl_policy: true,
            alpn_policy: wanted.alpn_policy.is_some(),
            mutual_authentication: wanted.mutual_authentication.is_some(),
            default_actions: true,
            keeps_secrets: false,
        };
        let request = client
            .create_listener()
            .load_balancer_arn(wanted.load_balancer.as_str())
            .set_tags((!wanted.tags.is_empty()).then(|| to_tags(&wanted.tags)));
        let request = with_parts!(request, wanted, parts);
        let answer = answer(call.name(), region, request.send()).await?;
        let made = answer.listeners.unwrap_or_default().into_iter().next();
        let told = made.as_ref().and_then(|it| super::look::told(target, it, &wanted.tags));
        if let Some(seen) = told {
            cx.tell(seen);
        }
        return Ok(made.and_then(|made| made.listener_arn));
    }
    let arn = arn(target, super::look::read(cx, target)).await?;
    let name = call.name();
    let certificates = |arns: &[String]| Some(arns.iter().map(|arn| to_certificate(arn)).collect());
    match call {
        ListenerCall::Create(_) => return Ok(None),
        ListenerCall::Modify(wanted, parts) => {
            let request = client.modify_listener().listener_arn(&arn);
            done(name, region, with_parts!(request, wanted, *parts).send()).await?;
        }
        ListenerCall::SetAttributes(attributes) => {
            let attributes = attributes.iter().map(|(key, value)| {
                types::ListenerAttribute::builder().key(key).value(value).build()
            });
            let request = client.modify_listener_attributes().listener_arn(&arn);
            let request = request.set_attributes(Some(attributes.collect()));
            done(name, region, request.send()).await?;
        }
        ListenerCall::AddCertificates(arns) => {
            let request = client.add_listener_certificates().listener_arn(&arn);
            done(name, region, request.set_certificates(certificates(arns)).send()).await?;
        }
        ListenerCall::RemoveCertificates(arns) => {
            let request = client.remove_listener_certificates().listener_arn(&arn);
            done(name, region, request.set_certificates(certificates(arns)).send()).await?;
        }
        ListenerCall::Tags(tags) => tags.send(cx, region, &arn).await?,
        ListenerCall::Delete => {
            match done(name, region, client.delete_listener().listener_arn(&arn).send()).await {
                Err(error) if error.code() == Some("ListenerNotFound") => return Ok(None),
                deleted => deleted?,
            }
        }
    }
    Ok(Some(arn))
}

fn to_certificate(arn: &str) -> types::Certificate {
    types::Certificate::builder().certificate_arn(arn).build()
}

fn to_mutual(listener: &Listener) -> types::MutualAuthenticationAttributes {
    let mutual = types::MutualAuthenticationAttributes::builder();
    match &listener.mutual_authentication {
        None => mutual.mode("off").build(),
        Some(MutualAuthentication::Passthrough) => mutual.mode("passthrough").build(),
        Some(MutualAuthentication::Verify { trust_store, ignore_expiry }) => mutual
            .mode("verify")
            .trust_store_arn(trust_store.as_str())
            .ignore_client_certificate_expiry(*ignore_expiry)
            .build(),
    }
}
