//! What a request must be like for a rule to hold.

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::schema::Absent;
use bicoastal_model::{Field, Shape};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One condition. Within it, one of its values is enough.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", rename_all = "kebab-case")]
pub enum RuleCondition {
    /// The host name that is asked for, `*` and `?` allowed. Its case does not matter.
    HostHeader {
        /// Patterns, each of at most 128 characters.
        values: Vec<String>,
    },
    /// The path that is asked for, without the query, `*` and `?` allowed. Its case matters.
    PathPattern {
        /// Patterns, each of at most 128 characters.
        values: Vec<String>,
    },
    /// A header, `*` and `?` allowed in its values.
    HttpHeader {
        /// Its name, at most 40 characters; its case does not matter. `Host` has a condition of
        /// its own.
        name: String,
        /// Patterns, each of at most 128 characters.
        values: Vec<String>,
    },
    /// The method: capital letters, no wildcards. `GET` does not mean `HEAD`.
    HttpRequestMethod {
        /// Methods, each of at most 40 characters.
        values: Vec<String>,
    },
    /// Parameters of the query, `*` and `?` allowed.
    QueryString {
        /// Keys and values.
        pairs: Vec<QueryPair>,
    },
    /// The client's address as the load balancer sees it: that of a proxy where there is one.
    SourceIp {
        /// Blocks of IPv4 or IPv6 addresses: `10.0.0.0/8`.
        values: Vec<String>,
    },
}

/// A parameter of a query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryPair {
    /// Its key; any, where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Its value.
    pub value: String,
}

fn texts(values: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    values.into_iter().map(Into::into).collect()
}

impl RuleCondition {
    /// One of these host names is asked for.
    pub fn host(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::HostHeader { values: texts(values) }
    }

    /// One of these paths is asked for.
    pub fn path(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::PathPattern { values: texts(values) }
    }

    /// A header has one of these values.
    pub fn header(
        name: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::HttpHeader { name: name.into(), values: texts(values) }
    }

    /// One of these methods is used.
    pub fn method(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::HttpRequestMethod { values: texts(values) }
    }

    /// The query has one of these parameters.
    pub fn query(pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let pair = |(key, value): (_, _)| QueryPair { key: Some(key), value };
        let pairs = pairs.into_iter().map(|(key, value)| pair((key.into(), value.into())));
        Self::QueryString { pairs: pairs.collect() }
    }

    /// The client is in one of these blocks.
    pub fn source_ip(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::SourceIp { values: texts(values) }
    }

    /// AWS's word for what it looks at.
    pub(super) fn field(&self) -> &'static str {
        match self {
            Self::HostHeader { .. } => "host-header",
            Self::PathPattern { .. } => "path-pattern",
            Self::HttpHeader { .. } => "http-header",
            Self::HttpRequestMethod { .. } => "http-request-method",
            Self::QueryString { .. } => "query-string",
            Self::SourceIp { .. } => "source-ip",
        }
    }

    /// The texts that are compared; those of a query as well.
    pub(super) fn values(&self) -> Vec<&str> {
        match self {
            Self::HostHeader { values }
            | Self::PathPattern { values }
            | Self::HttpHeader { values, .. }
            | Self::HttpRequestMethod { values }
            | Self::SourceIp { values } => values.iter().map(String::as_str).collect(),
            Self::QueryString { pairs } => pairs.iter().map(|it| it.value.as_str()).collect(),
        }
    }
}

const PAIR: &[Field] = &[Field::new("key"), Field::new("value")];

/// The parts of every condition together.
pub(super) const FIELDS: &[Field] = &[
    Field::new("field"),
    Field::new("name").shape(Shape::CaseInsensitive),
    Field::new("values").shape(Shape::Set(&Shape::Plain)).absent(Absent::EmptyList),
    Field::new("pairs").shape(Shape::Set(&Shape::Object(PAIR))).absent(Absent::EmptyList),
];

/// As the API takes it.
pub(super) fn to_sdk(condition: &RuleCondition) -> types::RuleCondition {
    let builder = types::RuleCondition::builder().field(condition.field());
    match condition {
        RuleCondition::HostHeader { values } => {
            let config = types::HostHeaderConditionConfig::builder();
            builder.host_header_config(config.set_values(Some(values.clone())).build())
        }
        RuleCondition::PathPattern { values } => {
            let config = types::PathPatternConditionConfig::builder();
            builder.path_pattern_config(config.set_values(Some(values.clone())).build())
        }
        RuleCondition::HttpHeader { name, values } => {
            let config = types::HttpHeaderConditionConfig::builder().http_header_name(name);
            builder.http_header_config(config.set_values(Some(values.clone())).build())
        }
        RuleCondition::HttpRequestMethod { values } => {
            let config = types::HttpRequestMethodConditionConfig::builder();
            builder.http_request_method_config(config.set_values(Some(values.clone())).build())
        }
        RuleCondition::QueryString { pairs } => {
            let pairs = pairs.iter().map(|pair| {
                types::QueryStringKeyValuePair::builder()
                    .set_key(pair.key.clone())
                    .value(&pair.value)
                    .build()
            });
            let config = types::QueryStringConditionConfig::builder();
            builder.query_string_config(config.set_values(Some(pairs.collect())).build())
        }
        RuleCondition::SourceIp { values } => {
            let config = types::SourceIpConditionConfig::builder();
            builder.source_ip_config(config.set_values(Some(values.clone())).build())
        }
    }
    .build()
}

/// As properties. AWS says hosts and paths in two ways; they are one here.
pub(super) fn from_sdk(condition: &types::RuleCondition) -> Value {
    let field = condition.field().unwrap_or_default();
    let mut value = json!({ "field": field });
    let values = match field {
        "host-header" => condition.host_header_config().map(|it| it.values()),
        "path-pattern" => condition.path_pattern_config().map(|it| it.values()),
        "http-request-method" => condition.http_request_method_config().map(|it| it.values()),
        "source-ip" => condition.source_ip_config().map(|it| it.values()),
        "http-header" => condition.http_header_config().map(|it| {
            value["name"] = json!(it.http_header_name());
            it.values()
        }),
        "query-string" => {
            let pairs = condition.query_string_config().map(|it| it.values()).unwrap_or_default();
            value["pairs"] = pairs
                .iter()
                .map(|pair| match pair.key() {
                    Some(key) => json!({ "key": key, "value": pair.value() }),
                    None => json!({ "value": pair.value() }),
                })
                .collect();
            return value;
        }
        _ => None,
    };
    value["values"] = json!(values.unwrap_or_else(|| condition.values()));
    value
}
