//! What arrives: an HTTP request, already sorted by account, region and service.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The AWS services that the local cloud models. In JSON they have the names they sign with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// Certificate Manager (`acm`), look-ups only.
    Acm,
    /// DynamoDB (`dynamodb`), awsJson 1.0.
    DynamoDb,
    /// Elastic Load Balancing v2 (`elasticloadbalancing`), Query.
    #[serde(rename = "elasticloadbalancing")]
    Elbv2,
    /// Identity and Access Management (`iam`), Query.
    Iam,
    /// Key Management Service (`kms`), awsJson 1.1.
    Kms,
    /// Relational Database Service (`rds`), Query.
    Rds,
    /// Route 53 (`route53`), restXml.
    Route53,
    /// S3 (`s3`), restXml with its own habits.
    S3,
    /// Security Token Service (`sts`), Query.
    Sts,
}

impl Service {
    /// The name in the SigV4 credential scope.
    pub fn signing_name(self) -> &'static str {
        match self {
            Self::Acm => "acm",
            Self::DynamoDb => "dynamodb",
            Self::Elbv2 => "elasticloadbalancing",
            Self::Iam => "iam",
            Self::Kms => "kms",
            Self::Rds => "rds",
            Self::Route53 => "route53",
            Self::S3 => "s3",
            Self::Sts => "sts",
        }
    }

    /// The service that signs with this name.
    pub fn from_signing_name(name: &str) -> Option<Self> {
        [
            Self::Acm,
            Self::DynamoDb,
            Self::Elbv2,
            Self::Iam,
            Self::Kms,
            Self::Rds,
            Self::Route53,
            Self::S3,
            Self::Sts,
        ]
        .into_iter()
        .find(|service| service.signing_name() == name)
    }
}

/// One API call as a service sees it.
#[derive(Clone, Debug)]
pub struct Call {
    /// The twelve-digit account of the caller.
    pub account: String,
    /// The region in the credential scope (`us-east-1` for global services).
    pub region: String,
    /// The service called.
    pub service: Service,
    /// The operation, as far as the router can tell: the last part of
    /// `X-Amz-Target` (awsJson), the `Action` field (Query), or what the
    /// service's own `operation(&request)` says (restXml), e.g. `PutBucketPolicy`.
    pub operation: String,
    /// The HTTP request itself.
    pub request: Request,
}

impl Call {
    /// Whether the operation changes something, by the verbs that AWS uses for reading.
    pub fn is_mutating(&self) -> bool {
        let verbs: &[&str] = match self.service {
            Service::DynamoDb => &["BatchGet", "Query", "Scan", "TransactGet"],
            Service::Iam => &["Generate", "Simulate"],
            Service::Kms => &["Decrypt", "Encrypt", "Generate", "ReEncrypt", "Sign", "Verify"],
            Service::S3 => &["Select"],
            // Whatever it hands out is not kept.
            Service::Sts => return false,
            Service::Acm | Service::Elbv2 | Service::Rds | Service::Route53 => &[],
        };
        !["Describe", "Get", "Head", "List", "Test"]
            .iter()
            .chain(verbs)
            .any(|verb| self.operation.starts_with(verb))
    }
}

/// An HTTP request with its body in memory (`aws-chunked` framing already removed).
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `PUT`, …
    pub method: String,
    /// `Host` header (S3 virtual-host addressing needs it).
    pub host: String,
    /// The path as sent, still percent-encoded, with its leading slash.
    pub path: String,
    /// The query string's pairs, percent-decoded, in order. A bare key has an empty value.
    pub query: Vec<(String, String)>,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// An HTTP request whose body has arrived.
    pub fn from_http(parts: &http::request::Parts, body: Bytes) -> Self {
        let headers: Vec<(String, String)> = parts
            .headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let host = headers.iter().find(|(name, _)| name == "host").map(|(_, host)| host.clone());
        let query = parts.uri.query().unwrap_or_default();
        Self {
            method: parts.method.as_str().to_owned(),
            host: host
                .or_else(|| parts.uri.authority().map(ToString::to_string))
                .unwrap_or_default(),
            path: parts.uri.path().to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers,
            body,
        }
    }

    /// The first header of this (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The first query parameter of this name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether the query string has this key, with or without a value.
    pub fn has_query(&self, name: &str) -> bool {
        self.query(name).is_some()
    }
}
