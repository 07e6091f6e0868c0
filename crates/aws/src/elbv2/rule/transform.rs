//! How requests are rewritten before targets get them.

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::resource::Check;
use bicoastal_model::{Field, Shape};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{ListenerRule, regex};

/// A part of a request that fits a regular expression, and what stands in its place when a target
/// gets it. What does not fit goes on as it is ([Transforms][1]).
///
/// [1]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-transforms.html
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewrite {
    /// What is replaced: 1 to 1,024 characters of ASCII without white space. What AWS does not take
    /// in it is said at [`RulePatterns::RegexValues`](super::RulePatterns::RegexValues).
    pub regex: String,
    /// What stands in its place: at most 1,024 characters of ASCII without white space. `$1` is the
    /// first group of the expression.
    pub replace: String,
}

impl Rewrite {
    /// Replaces what fits an expression.
    pub fn new(regex: impl Into<String>, replace: impl Into<String>) -> Self {
        Self { regex: regex.into(), replace: replace.into() }
    }
}

/// The properties that are transforms.
pub(super) const HOST_HEADER: &str = "host_header_rewrite";
pub(super) const URL: &str = "url_rewrite";

const REWRITE: &[Field] = &[Field::new("regex"), Field::new("replace")];

/// How a transform compares.
pub(super) const SHAPE: Shape = Shape::Object(REWRITE);

const PLAIN: &str = "ASCII characters without white space";

pub(super) fn check(rule: &ListenerRule, check: &mut Check) {
    for (name, rewrite) in [(HOST_HEADER, &rule.host_header_rewrite), (URL, &rule.url_rewrite)] {
        let Some(Rewrite { regex: expression, replace }) = rewrite else { continue };
        let plain = |text: &str| text.len() <= 1024 && text.bytes().all(|it| it.is_ascii_graphic());
        check.ensure(
            !expression.is_empty() && plain(expression),
            format!("the regular expression of {name} is not {PLAIN}, 1 to 1024 of them"),
        );
        if let Some(mistake) = regex::mistake(expression) {
            check.error(format!("the regular expression of {name} has {mistake}"));
        }
        check.ensure(
            plain(replace),
            format!("the replacement of {name} is not {PLAIN}, at most 1024 of them"),
        );
    }
}

/// All transforms of a rule.
#[derive(Clone, Debug, Default)]
pub struct Transforms {
    /// Of the host that is asked for.
    pub(super) host_header: Option<Rewrite>,
    /// Of the path and the query.
    pub(super) url: Option<Rewrite>,
}

impl Transforms {
    /// Those of a rule that is to be made.
    pub(super) fn of(rule: &ListenerRule) -> Self {
        Self { host_header: rule.host_header_rewrite.clone(), url: rule.url_rewrite.clone() }
    }

    /// As the API takes them.
    pub(super) fn to_sdk(&self) -> Vec<types::RuleTransform> {
        let rewrite = |it: &Rewrite| {
            types::RewriteConfig::builder().regex(&it.regex).replace(&it.replace).build()
        };
        let host_header = self.host_header.as_ref().map(|it| {
            types::RuleTransform::builder()
                .r#type(types::TransformTypeEnum::HostHeaderRewrite)
                .host_header_rewrite_config(
                    types::HostHeaderRewriteConfig::builder().rewrites(rewrite(it)).build(),
                )
                .build()
        });
        let url = self.url.as_ref().map(|it| {
            types::RuleTransform::builder()
                .r#type(types::TransformTypeEnum::UrlRewrite)
                .url_rewrite_config(
                    types::UrlRewriteConfig::builder().rewrites(rewrite(it)).build(),
                )
                .build()
        });
        host_header.into_iter().chain(url).collect()
    }
}

/// Puts the transforms of a rule into properties.
pub(super) fn read(transforms: &[types::RuleTransform], props: &mut Map<String, Value>) {
    for transform in transforms {
        let host_header = transform.host_header_rewrite_config().map(|it| it.rewrites());
        let url = transform.url_rewrite_config().map(|it| it.rewrites());
        for (name, rewrites) in [(HOST_HEADER, host_header), (URL, url)] {
            if let Some([rewrite, ..]) = rewrites {
                let value = json!({ "regex": rewrite.regex(), "replace": rewrite.replace() });
                props.insert(name.to_owned(), value);
            }
        }
    }
}
