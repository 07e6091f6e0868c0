//! Which web pages of other origins may use a bucket.

use aws_sdk_s3::types as sdk;
use bicoastal_model::Field;
use bicoastal_model::schema::{Absent, Shape};
use serde::{Deserialize, Serialize};

/// One rule: origins, methods and headers that a browser is told are welcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, bon::Builder)]
pub struct CorsRule {
    /// A name for the rule, at most 255 characters.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Origins, each with one `*` at most: `https://*.example.com`.
    #[builder(with = |origins: impl IntoIterator<Item = impl Into<String>>| origins.into_iter().map(Into::into).collect())]
    pub origins: Vec<String>,
    /// Methods that pages may use.
    #[builder(with = |methods: impl IntoIterator<Item = CorsMethod>| methods.into_iter().collect())]
    pub methods: Vec<CorsMethod>,
    /// Headers that requests may carry, each with one `*` at most.
    #[builder(default, with = |headers: impl IntoIterator<Item = impl Into<String>>| headers.into_iter().map(Into::into).collect())]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// Headers of answers that pages may read.
    #[builder(default, with = |headers: impl IntoIterator<Item = impl Into<String>>| headers.into_iter().map(Into::into).collect())]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exposed_headers: Vec<String>,
    /// How long a browser may remember the answer, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_seconds: Option<i32>,
}

/// A method that CORS can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum CorsMethod {
    /// Reading.
    Get,
    /// Reading headers.
    Head,
    /// Writing.
    Put,
    /// Uploading from a form.
    Post,
    /// Deleting.
    Delete,
}

const TEXTS: Shape = Shape::Set(&Shape::Plain);

pub(super) const FIELDS: &[Field] = &[
    Field::new("id"),
    Field::new("origins").shape(TEXTS),
    Field::new("methods").shape(TEXTS),
    Field::new("headers").shape(TEXTS).absent(Absent::EmptyList),
    Field::new("exposed_headers").shape(TEXTS).absent(Absent::EmptyList),
    Field::new("max_age_seconds"),
];

impl CorsMethod {
    fn code(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Get, Self::Head, Self::Put, Self::Post, Self::Delete]
            .into_iter()
            .find(|method| method.code() == code)
    }
}

impl CorsRule {
    pub(super) fn from_sdk(rule: &sdk::CorsRule) -> Self {
        Self {
            id: rule.id().map(str::to_owned),
            origins: rule.allowed_origins().to_vec(),
            methods: rule
                .allowed_methods()
                .iter()
                .filter_map(|code| CorsMethod::from_code(code))
                .collect(),
            headers: rule.allowed_headers().to_vec(),
            exposed_headers: rule.expose_headers().to_vec(),
            max_age_seconds: rule.max_age_seconds(),
        }
    }

    pub(super) fn to_sdk(&self) -> Option<sdk::CorsRule> {
        let some = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone());
        sdk::CorsRule::builder()
            .set_id(self.id.clone())
            .set_allowed_origins(Some(self.origins.clone()))
            .set_allowed_methods(Some(self.methods.iter().map(|it| it.code().into()).collect()))
            .set_allowed_headers(some(&self.headers))
            .set_expose_headers(some(&self.exposed_headers))
            .set_max_age_seconds(self.max_age_seconds)
            .build()
            .ok()
    }
}
