//! IAM policy documents: built with types, compared by meaning.

use std::collections::BTreeMap;

use bon::Builder;
use serde::{Deserialize, Serialize};

use crate::input::Input;
use crate::region::Region;
use crate::value::{Value, json};

pub(crate) mod reach;
mod requested;
mod service;

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Effect {
    /// Allows.
    Allow,
    /// Denies.
    Deny,
}

/// Whom a statement of a trust or resource policy is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Principal {
    /// An AWS service: `s3.amazonaws.com`.
    Service(Vec<Input<String>>),
    /// Accounts, roles or users, by ARN or account number.
    #[serde(rename = "AWS")]
    Aws(Vec<Input<String>>),
    /// An identity provider.
    Federated(Vec<Input<String>>),
}

impl Principal {
    /// One AWS service.
    pub fn service(name: impl Into<Input<String>>) -> Self {
        Self::Service(vec![name.into()])
    }

    /// One AWS service, as it is called in one region: `logs` (or `logs.amazonaws.com`) in
    /// `me-south-1` is `logs.me-south-1.amazonaws.com`.
    ///
    /// Some services call themselves like this in regions that an account has to enable
    /// ([`Region::is_opt_in`]); which ones do is said by each service's documentation.
    pub fn service_in(service: &str, region: Region) -> Self {
        Self::service(service::in_region(service::short(service), region))
    }

    /// One AWS service, as it is called in each of these regions: by its plain name where every
    /// account has the region, and by the region's own where an account has to enable it.
    ///
    /// ```
    /// # use bicoastal_model::{ActiveRegions, Principal, Region};
    /// let regions = ActiveRegions::new(Region::EuWest1, Region::MeSouth1);
    /// assert_eq!(
    ///     Principal::service_across("logs.amazonaws.com", &regions),
    ///     Principal::Service(vec![
    ///         "logs.amazonaws.com".into(),
    ///         "logs.me-south-1.amazonaws.com".into(),
    ///     ]),
    /// );
    /// ```
    pub fn service_across(service: &str, regions: impl IntoIterator<Item = Region>) -> Self {
        let names = service::across(service::short(service), regions);
        Self::Service(names.into_iter().map(Input::from).collect())
    }

    /// One account, role or user.
    pub fn aws(arn: impl Into<Input<String>>) -> Self {
        Self::Aws(vec![arn.into()])
    }
}

/// One statement of a policy document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Builder)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// An identifier, unique in its document: letters and digits.
    #[builder(into)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Allow or deny.
    #[builder(default = Effect::Allow)]
    pub effect: Effect,
    /// Whom it is about (trust and resource policies only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// What may be done: `s3:GetObject`.
    #[builder(with = |actions: impl IntoIterator<Item = impl Into<String>>| actions.into_iter().map(Into::into).collect())]
    pub action: Vec<String>,
    /// On what (identity and resource policies only): ARNs, with outputs where needed.
    #[builder(default, with = |resources: impl IntoIterator<Item = impl Into<Input<String>>>| resources.into_iter().map(Into::into).collect())]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<Input<String>>,
    /// When: operator → key → values.
    #[builder(default)]
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub condition: BTreeMap<String, BTreeMap<String, Vec<Input<String>>>>,
}

/// An IAM policy document, version `2012-10-17`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    /// Always `2012-10-17`.
    pub version: String,
    /// What it says.
    pub statement: Vec<Statement>,
}

impl PolicyDocument {
    /// A document of these statements.
    pub fn new(statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { version: "2012-10-17".to_owned(), statement: statements.into_iter().collect() }
    }

    /// A trust policy that lets one AWS service assume the role.
    pub fn trust_service(service: &str) -> Self {
        Self::new([Statement::builder()
            .principal(Principal::service(service))
            .action(["sts:AssumeRole"])
            .build()])
    }
}

/// A policy document as it means, for comparison: single values as lists, sorted and without
/// doubles; actions lower-case; account numbers as their root ARN; `"*"` principals as
/// `{"AWS": ["*"]}`; statements sorted. A document in a text is parsed first.
pub fn canonical(document: &Value) -> Value {
    if let Value::String(text) = document {
        return match serde_json::from_str::<Value>(text) {
            Ok(parsed) => canonical(&parsed),
            Err(_) => document.clone(),
        };
    }
    let Some(object) = document.as_object() else { return document.clone() };
    let statements = match object.get("Statement") {
        Some(Value::Array(list)) => list.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    };
    let mut statements: Vec<Value> = statements.iter().map(canonical_statement).collect();
    sort(&mut statements);
    statements.dedup();
    let version = object.get("Version").cloned().unwrap_or_else(|| json!("2008-10-17"));
    let mut canonical = json!({ "Version": version, "Statement": statements });
    if let (Some(id), Some(fields)) = (object.get("Id"), canonical.as_object_mut()) {
        fields.insert("Id".into(), id.clone());
    }
    canonical
}

fn canonical_statement(statement: &Value) -> Value {
    let Some(object) = statement.as_object() else { return statement.clone() };
    let mut fields = serde_json::Map::new();
    for (key, value) in object {
        let value = match key.as_str() {
            "Action" | "NotAction" => list(value, |text| text.to_ascii_lowercase()),
            "Resource" | "NotResource" => list(value, str::to_owned),
            "Principal" | "NotPrincipal" => canonical_principal(value),
            "Condition" => canonical_condition(value),
            _ => value.clone(),
        };
        fields.insert(key.clone(), value);
    }
    Value::Object(fields)
}

fn canonical_principal(principal: &Value) -> Value {
    match principal {
        Value::String(text) if text == "*" => json!({ "AWS": ["*"] }),
        Value::Object(kinds) => Value::Object(
            kinds
                .iter()
                .map(|(kind, who)| {
                    let who = list(who, |text| {
                        if kind == "AWS"
                            && text.len() == 12
                            && text.bytes().all(|b| b.is_ascii_digit())
                        {
                            format!("arn:aws:iam::{text}:root")
                        } else {
                            text.to_owned()
                        }
                    });
                    (kind.clone(), who)
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

fn canonical_condition(condition: &Value) -> Value {
    let Some(operators) = condition.as_object() else { return condition.clone() };
    let operators = operators.iter().map(|(operator, keys)| {
        let keys = match keys.as_object() {
            Some(keys) => Value::Object(
                keys.iter()
                    .map(|(key, values)| (key.to_ascii_lowercase(), list(values, str::to_owned)))
                    .collect(),
            ),
            None => keys.clone(),
        };
        (operator.clone(), keys)
    });
    Value::Object(operators.collect())
}

/// A value or a list of values as a sorted list of texts without doubles.
fn list(value: &Value, normal: impl Fn(&str) -> String) -> Value {
    let items = match value {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let mut items: Vec<Value> = items
        .iter()
        .map(|item| match item {
            Value::String(text) => json!(normal(text)),
            Value::Bool(flag) => json!(flag.to_string()),
            Value::Number(number) => json!(number.to_string()),
            other => other.clone(),
        })
        .collect();
    sort(&mut items);
    items.dedup();
    Value::Array(items)
}

/// The items of a list, or the one value that stands for a list.
fn items(value: &Value) -> &[Value] {
    match value {
        Value::Null => &[],
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

/// The same as texts; `None` where something else is among them (outputs that are not known yet).
fn texts(value: &Value) -> Option<Vec<&str>> {
    items(value).iter().map(Value::as_str).collect()
}

fn sort(values: &mut [Value]) {
    values.sort_by_cached_key(ToString::to_string);
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_service_is_named_for_regions() {
        let named = |principal: Principal| match principal {
            Principal::Service(names) => {
                names.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" ")
            }
            other => format!("{other:?}"),
        };
        let in_one = |name| named(Principal::service_in(name, Region::MeSouth1));
        expect!["logs.me-south-1.amazonaws.com"].assert_eq(&in_one("logs"));
        expect!["delivery.logs.me-south-1.amazonaws.com"]
            .assert_eq(&in_one("delivery.logs.amazonaws.com"));
        let across = |regions: &[Region]| {
            named(Principal::service_across("logs.amazonaws.com", regions.iter().copied()))
        };
        for (regions, expect) in [
            (
                &[Region::UsEast1, Region::MeSouth1, Region::EuWest1, Region::AfSouth1][..],
                expect![
                    "logs.amazonaws.com logs.af-south-1.amazonaws.com logs.me-south-1.amazonaws.com"
                ],
            ),
            (&[Region::AfSouth1], expect!["logs.af-south-1.amazonaws.com"]),
            (&[Region::UsEast1], expect!["logs.amazonaws.com"]),
            (&[], expect![""]),
        ] {
            expect.assert_eq(&across(regions));
        }
    }

    #[test]
    fn documents_compare_by_meaning() {
        let same = |a: &str, b: &str| {
            canonical(&Value::String(a.to_owned())) == canonical(&Value::String(b.to_owned()))
        };
        assert!(same(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"S3:GetObject","Resource":"*"}}"#,
            r#"{"Statement":[{"Resource":["*"],"Action":["s3:getobject"],"Effect":"Allow"}],"Version":"2012-10-17"}"#,
        ));
        assert!(same(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"sts:AssumeRole"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::123456789012:root"]},"Action":"sts:AssumeRole"}]}"#,
        ));
        assert!(same(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":true}}}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"Bool":{"AWS:SecureTransport":["true"]}}}]}"#,
        ));
        assert!(!same(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:b","Resource":"*"}]}"#,
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"a:b","Resource":"*"}]}"#,
        ));
    }
}
