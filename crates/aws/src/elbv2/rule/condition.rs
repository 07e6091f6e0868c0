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
    /// The host name that is asked for. The case of values does not matter.
    HostHeader {
        /// What it is compared with.
        #[serde(flatten)]
        patterns: RulePatterns,
    },
    /// The path that is asked for, without the query. Its case matters.
    PathPattern {
        /// What it is compared with.
        #[serde(flatten)]
        patterns: RulePatterns,
    },
    /// A header.
    HttpHeader {
        /// Its name, at most 40 characters; its case does not matter. `Host` has a condition of
        /// its own.
        name: String,
        /// What it is compared with.
        #[serde(flatten)]
        patterns: RulePatterns,
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

/// What a host, a path or a header is compared with. One condition has the one or the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RulePatterns {
    /// Texts, each of 1 to 128 characters: `*` is any number of characters, `?` is one.
    Values(Vec<String>),
    /// Regular expressions, each of 1 to 128 characters of ASCII.
    ///
    /// AWS takes no lookaheads, lookbehinds, backreferences, atomic groups, possessive quantifiers,
    /// subroutines, recursion and Unicode character classes ([Condition types][1]).
    ///
    /// [1]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
    RegexValues(Vec<String>),
}

impl RulePatterns {
    /// The texts or expressions.
    fn all(&self) -> &[String] {
        match self {
            Self::Values(all) | Self::RegexValues(all) => all,
        }
    }

    /// As the API takes them: texts, expressions.
    fn to_sdk(&self) -> (Option<Vec<String>>, Option<Vec<String>>) {
        match self {
            Self::Values(values) => (Some(values.clone()), None),
            Self::RegexValues(expressions) => (None, Some(expressions.clone())),
        }
    }
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
        Self::HostHeader { patterns: RulePatterns::Values(texts(values)) }
    }

    /// The host name that is asked for fits one of these regular expressions.
    pub fn host_regex(expressions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::HostHeader { patterns: RulePatterns::RegexValues(texts(expressions)) }
    }

    /// One of these paths is asked for.
    pub fn path(values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::PathPattern { patterns: RulePatterns::Values(texts(values)) }
    }

    /// The path that is asked for fits one of these regular expressions.
    pub fn path_regex(expressions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::PathPattern { patterns: RulePatterns::RegexValues(texts(expressions)) }
    }

    /// A header has one of these values.
    pub fn header(
        name: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        Self::HttpHeader { name: name.into(), patterns: RulePatterns::Values(texts(values)) }
    }

    /// A header fits one of these regular expressions.
    pub fn header_regex(
        name: impl Into<String>,
        expressions: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let patterns = RulePatterns::RegexValues(texts(expressions));
        Self::HttpHeader { name: name.into(), patterns }
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

    /// What is compared: texts, expressions, and the values of a query.
    pub(super) fn values(&self) -> Vec<&str> {
        match self {
            Self::HostHeader { patterns }
            | Self::PathPattern { patterns }
            | Self::HttpHeader { patterns, .. } => {
                patterns.all().iter().map(String::as_str).collect()
            }
            Self::HttpRequestMethod { values } | Self::SourceIp { values } => {
                values.iter().map(String::as_str).collect()
            }
            Self::QueryString { pairs } => pairs.iter().map(|it| it.value.as_str()).collect(),
        }
    }

    /// Its values are regular expressions.
    pub(super) fn is_regex(&self) -> bool {
        matches!(
            self,
            Self::HostHeader { patterns: RulePatterns::RegexValues(_) }
                | Self::PathPattern { patterns: RulePatterns::RegexValues(_) }
                | Self::HttpHeader { patterns: RulePatterns::RegexValues(_), .. }
        )
    }
}

const PAIR: &[Field] = &[Field::new("key"), Field::new("value")];

/// The parts of every condition together.
pub(super) const FIELDS: &[Field] = &[
    Field::new("field"),
    Field::new("name").shape(Shape::CaseInsensitive),
    Field::new("values").shape(Shape::Set(&Shape::Plain)).absent(Absent::EmptyList),
    Field::new("regex_values").shape(Shape::Set(&Shape::Plain)).absent(Absent::EmptyList),
    Field::new("pairs").shape(Shape::Set(&Shape::Object(PAIR))).absent(Absent::EmptyList),
];

/// As the API takes it.
pub(super) fn to_sdk(condition: &RuleCondition) -> types::RuleCondition {
    let builder = types::RuleCondition::builder().field(condition.field());
    match condition {
        RuleCondition::HostHeader { patterns } => {
            let (values, expressions) = patterns.to_sdk();
            let config = types::HostHeaderConditionConfig::builder();
            builder
                .host_header_config(config.set_values(values).set_regex_values(expressions).build())
        }
        RuleCondition::PathPattern { patterns } => {
            let (values, expressions) = patterns.to_sdk();
            let config = types::PathPatternConditionConfig::builder();
            builder.path_pattern_config(
                config.set_values(values).set_regex_values(expressions).build(),
            )
        }
        RuleCondition::HttpHeader { name, patterns } => {
            let (values, expressions) = patterns.to_sdk();
            let config = types::HttpHeaderConditionConfig::builder().http_header_name(name);
            builder
                .http_header_config(config.set_values(values).set_regex_values(expressions).build())
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
    let none: &[String] = &[];
    let (values, expressions) = match field {
        "host-header" => condition
            .host_header_config()
            .map_or((none, none), |it| (it.values(), it.regex_values())),
        "path-pattern" => condition
            .path_pattern_config()
            .map_or((none, none), |it| (it.values(), it.regex_values())),
        "http-header" => condition.http_header_config().map_or((none, none), |it| {
            value["name"] = json!(it.http_header_name());
            (it.values(), it.regex_values())
        }),
        "http-request-method" => {
            (condition.http_request_method_config().map_or(none, |it| it.values()), none)
        }
        "source-ip" => (condition.source_ip_config().map_or(none, |it| it.values()), none),
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
        _ => (none, none),
    };
    let or = |own: &[String], plain: &[String]| match own {
        [] => json!(plain),
        own => json!(own),
    };
    match or(expressions, condition.regex_values()) {
        Value::Array(none) if none.is_empty() => {
            value["values"] = or(values, condition.values());
        }
        expressions => value["regex_values"] = expressions,
    }
    value
}
