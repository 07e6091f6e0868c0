//! Listeners.

pub(super) mod action;
mod attributes;
mod calls;
pub(super) mod check;
mod cognito;
mod look;
mod oidc;
mod sign_in;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use bicoastal_model::schema::{Absent, Cost, OutputSpec};
use bicoastal_model::{
    Arn, Deletes, Field, Input, OpError, Region, Regional, Resource, Risk, Schema, ScopeKind,
    Shape, Snapshot, Target, Tier, handle, resource::Check,
};
use bon::Builder;
use serde::{Deserialize, Serialize};

use super::{LoadBalancer, words};
use crate::cx::Cx;
use crate::kind::{Kind, Listed, Next, Turn};
use crate::markers::Certificate;
use crate::tags::{self, is_false};
pub use action::{
    AuthenticateCognito, AuthenticateOidc, ForwardTarget, ListenerAction, RedirectStatus, SignIn,
};
use calls::ListenerCall;

words! {
    /// How clients speak to a listener.
    pub enum ListenerProtocol {
        /// HTTP (application).
        Http = "HTTP",
        /// HTTPS (application).
        Https = "HTTPS",
        /// TCP (network).
        Tcp = "TCP",
        /// TLS (network).
        Tls = "TLS",
        /// UDP (network).
        Udp = "UDP",
        /// TCP and UDP on one port (network).
        TcpUdp = "TCP_UDP",
        /// QUIC (network).
        Quic = "QUIC",
        /// TCP and QUIC on one port (network).
        TcpQuic = "TCP_QUIC",
    }
}

words! {
    /// Whether a page may stand in another's frame.
    pub enum FrameOptions {
        /// In no one's.
        Deny = "DENY",
        /// In those of pages of the same origin.
        SameOrigin = "SAMEORIGIN",
    }
}

impl ListenerProtocol {
    /// Whether it needs a certificate.
    pub(super) fn is_secure(self) -> bool {
        matches!(self, Self::Https | Self::Tls)
    }
}

/// A listener of a load balancer: a port, and what is done with what arrives there.
///
/// Where something else moves the weights between target groups (a blue/green deployment), let the
/// stack ignore changes of `default_actions`.
#[derive(Debug, Clone, Serialize, Deserialize, Builder)]
pub struct Listener {
    /// The load balancer. A change is a new listener.
    #[builder(into)]
    pub load_balancer: Input<Arn<LoadBalancer>>,

    /// What is done with what arrives, in order; the last one answers. Usually one:
    /// [`ListenerAction::forward`].
    #[builder(with = |actions: impl IntoIterator<Item = ListenerAction>| actions.into_iter().collect())]
    pub default_actions: Vec<ListenerAction>,

    /// The port, one listener each; a gateway load balancer's listener has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,

    /// How clients speak; a gateway load balancer's listener says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<ListenerProtocol>,

    /// The certificate that clients get who ask for no name in particular. HTTPS and TLS, in the
    /// load balancer's own region.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Input<Arn<Certificate>>>,

    /// More certificates, chosen by the name that a client asks for; others' stay.
    #[builder(default, with = |arns: impl IntoIterator<Item = impl Into<Input<Arn<Certificate>>>>| arns.into_iter().map(Into::into).collect())]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_certificates: Vec<Input<Arn<Certificate>>>,

    /// Which TLS versions and ciphers clients may use. AWS falls back to `ELBSecurityPolicy-2016-08`,
    /// which still allows TLS 1.0: name one, e.g. `ELBSecurityPolicy-TLS13-1-2-2021-06`.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssl_policy: Option<String>,

    /// How HTTP/2 is agreed on: `HTTP1Only`, `HTTP2Only`, `HTTP2Optional`, `HTTP2Preferred`, `None`.
    /// TLS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpn_policy: Option<String>,

    /// Whether clients show a certificate too; they don't unless said otherwise. HTTPS only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutual_authentication: Option<MutualAuthentication>,

    /// Whether rules that others add to it are reported, and keep it from being deleted unasked. It
    /// takes one call more per listener.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "is_false")]
    pub watch_rules: bool,

    /// After how many seconds without traffic a TCP connection is forgotten: 60 to 6,000, 350 unless
    /// said otherwise. TCP, TCP with UDP, and gateway load balancers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp_idle_timeout: Option<u32>,

    /// Whether who sends on a connection that was forgotten gets a TCP reset; they don't unless said
    /// otherwise. Gateway load balancers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_tcp_reset_on_idle_timeout: Option<bool>,

    /// Whether responses have the load balancer's own `Server` header; they have unless said
    /// otherwise. HTTP and HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_header: Option<bool>,

    /// `Strict-Transport-Security`: for how long browsers ask by HTTPS only, e.g.
    /// `max-age=31536000; includeSubDomains`. HTTP and HTTPS.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict_transport_security: Option<String>,

    /// `Content-Security-Policy`: what browsers may load and run. HTTP and HTTPS.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_security_policy: Option<String>,

    /// Whether responses have `X-Content-Type-Options: nosniff`: browsers don't guess types. HTTP and HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_content_type_options: Option<bool>,

    /// `X-Frame-Options`: whether a page may stand in another's frame. HTTP and HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x_frame_options: Option<FrameOptions>,

    /// `Access-Control-Allow-Origin`: whose pages may ask: one origin, or `*`. HTTP and HTTPS.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_control_allow_origin: Option<String>,

    /// `Access-Control-Allow-Methods`: by which methods, e.g. `GET,HEAD`, or `*`. HTTP and HTTPS.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_control_allow_methods: Option<String>,

    /// `Access-Control-Allow-Headers`: with which headers, or `*`. HTTP and HTTPS.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_control_allow_headers: Option<String>,

    /// Whether responses have `Access-Control-Allow-Credentials: true`: browsers send cookies along. HTTP and HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_control_allow_credentials: Option<bool>,

    /// `Access-Control-Expose-Headers`: which headers of the response they may see, or `*`. HTTP and HTTPS.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_control_expose_headers: Option<String>,

    /// `Access-Control-Max-Age`: for how many seconds browsers remember that. HTTP and HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_control_max_age: Option<u32>,

    /// The name of the header that is `X-Amzn-Mtls-Clientcert-Serial-Number` unless said otherwise. HTTPS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls_clientcert_serial_number_header: Option<String>,

    /// The name of the header that is `X-Amzn-Mtls-Clientcert-Issuer` unless said otherwise. HTTPS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls_clientcert_issuer_header: Option<String>,

    /// The name of the header that is `X-Amzn-Mtls-Clientcert-Subject` unless said otherwise. HTTPS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls_clientcert_subject_header: Option<String>,

    /// The name of the header that is `X-Amzn-Mtls-Clientcert-Validity` unless said otherwise. HTTPS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls_clientcert_validity_header: Option<String>,

    /// The name of the header that is `X-Amzn-Mtls-Clientcert-Leaf` unless said otherwise. HTTPS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls_clientcert_leaf_header: Option<String>,

    /// The name of the header that is `X-Amzn-Mtls-Clientcert` unless said otherwise. HTTPS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mtls_clientcert_header: Option<String>,

    /// The name of the header that is `X-Amzn-Tls-Version` unless said otherwise. HTTPS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_version_header: Option<String>,

    /// The name of the header that is `X-Amzn-Tls-Cipher-Suite` unless said otherwise. HTTPS only.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_cipher_suite_header: Option<String>,

    /// Tags, at most 50.
    #[builder(default, with = |tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>| tags::collect(tags))]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// How clients show who they are with a certificate of their own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum MutualAuthentication {
    /// Targets get the client's certificates and judge for themselves.
    Passthrough,
    /// The load balancer lets only those in whose certificate the trust store knows.
    Verify {
        /// The trust store's ARN.
        trust_store: Input<String>,
        /// Whether certificates that have run out are good enough.
        #[serde(default)]
        ignore_expiry: bool,
    },
}

handle! {
    /// A declared listener.
    pub struct ListenerHandle {
        /// The listener's ARN.
        arn: Arn<Listener>,
    }
}

const MUTUAL_AUTHENTICATION: &[Field] = &[
    Field::new("mode"),
    Field::new("trust_store"),
    Field::new("ignore_expiry").absent(Absent::Bool(false)),
];

static SCHEMA: Schema = Schema {
    kind: "ELBv2:Listener",
    service: "elasticloadbalancing",
    feature: "elbv2",
    scope: ScopeKind::Regional,
    tier: Tier::Compute,
    fields: &[
        Field::new("load_balancer").replaces(),
        Field::new("port").disruptive(),
        Field::new("protocol").disruptive(),
        Field::new("certificate"),
        Field::new("additional_certificates").shape(Shape::OwnedSet(&Shape::Plain)),
        Field::new("ssl_policy").absent(Absent::Anything),
        Field::new("alpn_policy").absent(Absent::Text("None")),
        Field::new("mutual_authentication").shape(Shape::Object(MUTUAL_AUTHENTICATION)),
        Field::new("default_actions").shape(Shape::List(&Shape::Object(action::FIELDS))),
        Field::new("watch_rules").local().absent(Absent::Bool(false)),
        Field::new("tcp_idle_timeout").absent(Absent::Int(350)),
        Field::new("send_tcp_reset_on_idle_timeout").absent(Absent::Bool(false)),
        Field::new("server_header").absent(Absent::Bool(true)),
        Field::new("strict_transport_security").absent(Absent::Text("")),
        Field::new("content_security_policy").absent(Absent::Text("")),
        Field::new("x_content_type_options").absent(Absent::Bool(false)),
        Field::new("x_frame_options").absent(Absent::Text("")),
        Field::new("access_control_allow_origin").absent(Absent::Text("")),
        Field::new("access_control_allow_methods").absent(Absent::Text("")),
        Field::new("access_control_allow_headers").absent(Absent::Text("")),
        Field::new("access_control_allow_credentials").absent(Absent::Bool(false)),
        Field::new("access_control_expose_headers").absent(Absent::Text("")),
        Field::new("access_control_max_age"),
        Field::new("mtls_clientcert_serial_number_header").absent(Absent::Text("")),
        Field::new("mtls_clientcert_issuer_header").absent(Absent::Text("")),
        Field::new("mtls_clientcert_subject_header").absent(Absent::Text("")),
        Field::new("mtls_clientcert_validity_header").absent(Absent::Text("")),
        Field::new("mtls_clientcert_leaf_header").absent(Absent::Text("")),
        Field::new("mtls_clientcert_header").absent(Absent::Text("")),
        Field::new("tls_version_header").absent(Absent::Text("")),
        Field::new("tls_cipher_suite_header").absent(Absent::Text("")),
        Field::tags(),
    ],
    outputs: &[OutputSpec::assigned("arn")],
    identity: &["load_balancer", "port"],
    delete_risk: Risk::Disruptive,
    cost: Cost { create: 1, update: 1, delete: 1 },
    check_stack: Some(check::check_stack),
    ..Schema::BASE
};

impl Resource for Listener {
    type Scope = Regional;
    type Handle = ListenerHandle;
    const SCHEMA: &'static Schema = &SCHEMA;

    fn check(&self, check: &mut Check) {
        check::check(self, check);
    }
}

impl Kind for Listener {
    type Call = ListenerCall;

    async fn listed(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
        super::listed::listeners(cx, region).await
    }

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        look::read(cx, target).await
    }

    /// A create is refused, or answered with what is there: whose that is, is asked.
    fn refuses_twins(_: &Target) -> bool {
        true
    }

    fn answers_twins() -> bool {
        true
    }

    async fn confirm<'a>(
        cx: &'a Cx,
        target: &'a Target,
        told: &'a Snapshot,
    ) -> Result<bool, OpError> {
        super::read::confirm(cx, target, told).await
    }

    fn step(turn: &Turn<'_, Self>) -> Next<ListenerCall> {
        step::step(turn)
    }

    async fn call(
        cx: &Cx,
        target: &Target,
        call: &ListenerCall,
    ) -> Result<Option<String>, OpError> {
        calls::call(cx, target, call).await
    }

    fn deletes(call: &ListenerCall) -> Deletes {
        Deletes::whole(matches!(call, ListenerCall::Delete))
    }

    fn takes_secrets(call: &ListenerCall) -> bool {
        match call {
            ListenerCall::Create(_) => true,
            ListenerCall::Modify(_, parts) => parts.default_actions,
            _ => false,
        }
    }

    fn name(call: &ListenerCall) -> &'static str {
        call.name()
    }
}
