//! A bucket as a website.

use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::types as sdk;
use bicoastal_model::schema::{Absent, Shape};
use bicoastal_model::{Check, Field};
use serde::{Deserialize, Serialize};

/// How the bucket's website endpoint answers. The endpoint speaks HTTP only; whoever is to read
/// the pages must be allowed to by the bucket's policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Website {
    /// With the objects of the bucket.
    Pages {
        /// The object that a folder is answered with: `index.html`, without a slash.
        index_document: String,
        /// The object that errors of the class 4XX are answered with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error_document: Option<String>,
        /// What is answered with a redirect instead; the first rule that fits decides, at most 50.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        routing_rules: Vec<RoutingRule>,
    },
    /// With a redirect to another host, whatever is asked for.
    Redirect {
        /// The host.
        host: String,
        /// How it is spoken to: `http` or `https`; as the client did unless said otherwise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        protocol: Option<String>,
    },
}

impl Website {
    /// With the objects of the bucket, `error` for what is not there.
    pub fn pages(index: impl Into<String>, error: impl Into<String>) -> Self {
        Self::Pages {
            index_document: index.into(),
            error_document: Some(error.into()),
            routing_rules: Vec::new(),
        }
    }

    /// With a redirect to another host.
    pub fn redirect(host: impl Into<String>) -> Self {
        Self::Redirect { host: host.into(), protocol: None }
    }
}

/// One redirect of a website.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, bon::Builder)]
pub struct RoutingRule {
    /// For keys that begin like this.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_prefix: Option<String>,
    /// For requests that would be answered with this status: `404`.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when_status: Option<String>,
    /// To this host; the same unless said otherwise.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// By `http` or `https`; as the client did unless said otherwise.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protocol: Option<String>,
    /// To a key that begins like this instead of `when_prefix`. Not with `to_key`.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_prefix: Option<String>,
    /// To this key. Not with `to_prefix`.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_key: Option<String>,
    /// With this status, of the class 3XX; `301` unless said otherwise.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

const RULE: &[Field] = &[
    Field::new("when_prefix"),
    Field::new("when_status"),
    Field::new("host"),
    Field::new("protocol"),
    Field::new("to_prefix"),
    Field::new("to_key"),
    Field::new("status"),
];

pub(super) const FIELDS: &[Field] = &[
    Field::new("mode"),
    Field::new("index_document"),
    Field::new("error_document"),
    Field::new("routing_rules").shape(Shape::List(&Shape::Object(RULE))).absent(Absent::EmptyList),
    Field::new("host"),
    Field::new("protocol"),
];

pub(super) fn check(website: &Website, check: &mut Check) {
    let protocol = |protocol: &Option<String>, check: &mut Check| {
        check.ensure(
            protocol.as_deref().is_none_or(|it| ["http", "https"].contains(&it)),
            "a website redirects by http or https",
        );
    };
    match website {
        Website::Redirect { host, protocol: by } => {
            check.ensure(!host.is_empty(), "a website that redirects needs a host");
            protocol(by, check);
        }
        Website::Pages { index_document, error_document, routing_rules } => {
            check.ensure(
                !index_document.is_empty() && !index_document.contains('/'),
                format!("'{index_document}' is not the name of an index document: no slash in it"),
            );
            check.ensure(
                error_document.as_deref() != Some(""),
                "an error document has a name of at least one character",
            );
            check.ensure(routing_rules.len() <= 50, "a website has at most 50 routing rules");
            for rule in routing_rules {
                protocol(&rule.protocol, check);
                let to = [&rule.host, &rule.protocol, &rule.to_prefix, &rule.to_key, &rule.status];
                check.ensure(
                    to.iter().any(|it| it.is_some()),
                    "a routing rule redirects to the very place that was asked for",
                );
                check.ensure(
                    rule.to_prefix.is_none() || rule.to_key.is_none(),
                    "a routing rule replaces the key or its prefix, not both",
                );
                check.ensure(
                    rule.status.as_deref().is_none_or(|it| it.len() == 3 && it.starts_with('3')),
                    "a routing rule redirects with a status of the class 3XX",
                );
            }
        }
    }
}

fn protocol(text: &Option<String>) -> Option<sdk::Protocol> {
    text.as_deref().map(sdk::Protocol::from)
}

pub(super) fn to_sdk(website: &Website) -> Result<sdk::WebsiteConfiguration, BuildError> {
    let builder = sdk::WebsiteConfiguration::builder();
    Ok(match website {
        Website::Redirect { host, protocol: by } => {
            let all = sdk::RedirectAllRequestsTo::builder().host_name(host);
            builder.redirect_all_requests_to(all.set_protocol(protocol(by)).build()?).build()
        }
        Website::Pages { index_document, error_document, routing_rules } => {
            let index = sdk::IndexDocument::builder().suffix(index_document).build()?;
            let error = error_document.as_ref().map(|key| sdk::ErrorDocument::builder().key(key));
            let error = error.map(|it| it.build()).transpose()?;
            let rules: Vec<_> = routing_rules.iter().map(rule_to_sdk).collect();
            builder
                .index_document(index)
                .set_error_document(error)
                .set_routing_rules((!rules.is_empty()).then_some(rules))
                .build()
        }
    })
}

fn rule_to_sdk(rule: &RoutingRule) -> sdk::RoutingRule {
    let condition = sdk::Condition::builder()
        .set_key_prefix_equals(rule.when_prefix.clone())
        .set_http_error_code_returned_equals(rule.when_status.clone())
        .build();
    let narrowed = rule.when_prefix.is_some() || rule.when_status.is_some();
    let redirect = sdk::Redirect::builder()
        .set_host_name(rule.host.clone())
        .set_protocol(protocol(&rule.protocol))
        .set_replace_key_prefix_with(rule.to_prefix.clone())
        .set_replace_key_with(rule.to_key.clone())
        .set_http_redirect_code(rule.status.clone())
        .build();
    sdk::RoutingRule::builder()
        .set_condition(narrowed.then_some(condition))
        .redirect(redirect)
        .build()
}

pub(super) fn from_sdk(
    index: Option<&sdk::IndexDocument>,
    error: Option<&sdk::ErrorDocument>,
    redirect: Option<&sdk::RedirectAllRequestsTo>,
    rules: &[sdk::RoutingRule],
) -> Website {
    let text = |text: Option<&str>| text.map(str::to_owned);
    if let Some(all) = redirect {
        return Website::Redirect {
            host: all.host_name().to_owned(),
            protocol: all.protocol().map(|it| it.as_str().to_owned()),
        };
    }
    let rule = |rule: &sdk::RoutingRule| {
        let (when, to) = (rule.condition(), rule.redirect());
        RoutingRule {
            when_prefix: text(when.and_then(|it| it.key_prefix_equals())),
            when_status: text(when.and_then(|it| it.http_error_code_returned_equals())),
            host: text(to.and_then(|it| it.host_name())),
            protocol: to.and_then(|it| it.protocol()).map(|it| it.as_str().to_owned()),
            to_prefix: text(to.and_then(|it| it.replace_key_prefix_with())),
            to_key: text(to.and_then(|it| it.replace_key_with())),
            status: text(to.and_then(|it| it.http_redirect_code())),
        }
    };
    Website::Pages {
        index_document: index.map(|it| it.suffix().to_owned()).unwrap_or_default(),
        error_document: error.map(|it| it.key().to_owned()),
        routing_rules: rules.iter().map(rule).collect(),
    }
}
