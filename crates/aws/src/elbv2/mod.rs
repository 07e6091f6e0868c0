//! Elastic Load Balancing v2: load balancers, target groups, listeners and their rules.
//!
//! What is behind a target group is registered elsewhere (by an Auto Scaling group, ECS, EKS), and
//! is never touched.

mod attributes;
mod listed;
mod listener;
mod load_balancer;
mod read;
mod rule;
mod send;
mod target_group;

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::Tag;
use bicoastal_model::{Region, Retry, Target};

use crate::classify::Rule;
use crate::cx::GLOBAL;
use crate::provider::Registry;
pub use listener::{
    AuthenticateCognito, AuthenticateOidc, ForwardTarget, FrameOptions, Listener, ListenerAction,
    ListenerHandle, ListenerProtocol, MutualAuthentication, RedirectStatus, SignIn,
};
pub use load_balancer::{
    DesyncMitigation, IpAddressType, LoadBalancer, LoadBalancerHandle, LoadBalancerQuery,
    LoadBalancerType, LogBucket, Scheme, SubnetMapping, XffHeaders, ZoneRouting,
};
pub use rule::{ListenerRule, ListenerRuleHandle, QueryPair, Rewrite, RuleCondition, RulePatterns};
pub use target_group::{
    BalancingAlgorithm, CrossZone, ProtocolVersion, Stickiness, StickinessType, TargetFailover,
    TargetGroup, TargetGroupHandle, TargetHealthCheck, TargetHealthCheckProtocol, TargetIpType,
    TargetProtocol, TargetType,
};

pub(crate) fn register(registry: Registry) -> Registry {
    registry
        .kind::<LoadBalancer>()
        .kind::<TargetGroup>()
        .kind::<Listener>()
        .kind::<ListenerRule>()
        .lookup::<LoadBalancerQuery>()
}

/// An enum whose values AWS writes as words.
macro_rules! words {
    (
        $(#[$doc:meta])*
        pub enum $name:ident {
            $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The word that AWS uses.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}
use words;

const fn rule(
    code: &'static str,
    fragment: &'static str,
    retry: Retry,
    hint: &'static str,
) -> Rule {
    Rule { code, fragment, retry, hint }
}

/// What the service's refusals mean.
const RULES: &[Rule] = &[
    // A group stays in use for a while after the listener that used it is gone or points elsewhere.
    rule(
        "ResourceInUse",
        "",
        Retry::NotYet,
        "another listener, rule or service still uses it; point that elsewhere first",
    ),
    rule(
        "CertificateNotFound",
        "",
        Retry::NotYet,
        "the certificate must be issued, and in the load balancer's own region",
    ),
    rule(
        "UnsupportedCertificate",
        "",
        Retry::Never,
        "the certificate is not issued yet, or its key is of a kind that load balancers don't take",
    ),
    rule("TrustStoreNotReady", "", Retry::NotYet, ""),
    rule("TargetGroupNotFound", "", Retry::NotYet, ""),
    rule("LoadBalancerNotFound", "", Retry::NotYet, ""),
    rule("ListenerNotFound", "", Retry::NotYet, ""),
    rule("RuleNotFound", "", Retry::NotYet, ""),
    // The log bucket's policy, or its spread over S3, may be behind.
    rule(
        "InvalidConfigurationRequest",
        "access denied for bucket",
        Retry::NotYet,
        "the log bucket's policy must let the load balancing service write to it",
    ),
    rule(
        "DuplicateLoadBalancerName",
        "",
        Retry::Never,
        "a load balancer of this name exists with other settings; rename this one, or adopt that",
    ),
    rule(
        "DuplicateTargetGroupName",
        "",
        Retry::Never,
        "a target group of this name exists with other settings; Name::generated avoids the clash",
    ),
    rule(
        "DuplicateListener",
        "",
        Retry::Never,
        "the load balancer has another listener on this port; adopt it, or take another port",
    ),
    // The rule that has it may be about to move or to go, in the same run.
    rule(
        "PriorityInUse",
        "",
        Retry::NotYet,
        "the listener has another rule of this priority; rules that exchange priorities need a free \
         one in between",
    ),
    rule(
        "TargetGroupAssociationLimit",
        "",
        Retry::Never,
        "a target group serves one load balancer; declare one for each",
    ),
    rule(
        "OperationNotPermitted",
        "deletion protection",
        Retry::Never,
        "deletion protection is on; lift it with --unprotect and the resource's id",
    ),
];

const SERVICE: &str = "elasticloadbalancing";

/// The region of a resource: everything here is regional.
fn region(target: &Target) -> Region {
    target.region().unwrap_or(GLOBAL)
}

fn to_tags(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// What is wrong with the name of a load balancer or target group. A generated name gets the
/// incarnation appended.
fn check_name(name: &bicoastal_model::Name) -> Option<String> {
    let (name, longest) = match name {
        bicoastal_model::Name::Fixed(name) => (name.known()?, 32),
        bicoastal_model::Name::Generated(prefix) => (prefix, 28),
    };
    let good = !name.is_empty()
        && name.len() <= longest
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.starts_with("internal-");
    (!good).then(|| {
        format!(
            "the name '{name}' is not one of 1 to {longest} letters, digits and inner hyphens that \
             does not begin with 'internal-'"
        )
    })
}
