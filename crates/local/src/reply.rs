//! What goes back: a reply, or a fault in the words of AWS.

use bytes::Bytes;
use serde_json::Value;

use crate::call::Service;
use crate::xml::Element;

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case. The front door adds request ids and `content-type` where missing.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// `200 OK` with an XML document.
    pub fn xml(root: &Element) -> Self {
        Self::xml_status(200, root)
    }

    /// An XML document with another status (`201 Created` of Route 53).
    pub fn xml_status(status: u16, root: &Element) -> Self {
        Self {
            status,
            headers: vec![("content-type".into(), "text/xml".into())],
            body: root.to_document().into_bytes(),
        }
    }

    /// `200 OK` with a JSON document.
    pub fn json(value: &Value) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".into(), "application/x-amz-json-1.0".into())],
            body: value.to_string().into_bytes(),
        }
    }

    /// An empty body with a status (`204 No Content` of S3).
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The same reply with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// What `HEAD` is answered: the headers, the length among them, and no body.
    #[must_use]
    pub fn without_body(mut self) -> Self {
        if !self.headers.iter().any(|(name, _)| name == "content-length") {
            self.headers.push(("content-length".into(), self.body.len().to_string()));
        }
        self.body.clear();
        self
    }

    /// The reply as an HTTP response. A header that HTTP does not allow is left out.
    pub fn into_http(self) -> http::Response<Bytes> {
        let mut response = http::Response::new(Bytes::from(self.body));
        *response.status_mut() = http::StatusCode::from_u16(self.status)
            .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in self.headers {
            let name = http::HeaderName::from_bytes(name.as_bytes());
            let value = http::HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}

/// A refusal, with AWS's own code: rendered in the protocol of the service by [`Fault::reply`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// HTTP status.
    pub status: u16,
    /// The code on the wire, e.g. `NoSuchHostedZone`.
    pub code: String,
    /// The message.
    pub message: String,
    /// Further elements inside `<Error>` (or members of the JSON body), in order.
    pub details: Vec<(String, String)>,
    /// Headers of the answer, e.g. `x-amz-bucket-region`.
    /// A boxed slice, because a refusal is moved about a lot and is to stay small.
    pub headers: Box<[(String, String)]>,
    /// The whole body instead of the usual error document
    /// (Route 53's `InvalidChangeBatch`, answers to `HEAD`).
    pub body: Option<Vec<u8>>,
}

impl Fault {
    /// A fault with a status, a code and a message.
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            details: Vec::new(),
            headers: Box::default(),
            body: None,
        }
    }

    /// The same fault with one more element in its error document.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<String>) -> Self {
        self.details.push((name.into(), value.into()));
        self
    }

    /// The same fault with one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let mut headers = self.headers.into_vec();
        headers.push((name.into(), value.into()));
        self.headers = headers.into();
        self
    }

    /// The answer in the protocol of `service`.
    pub fn reply(&self, service: Service, request_id: &str) -> Reply {
        let mut headers = self.headers.to_vec();
        let body = match (&self.body, service) {
            (Some(body), _) => body.clone(),
            (None, Service::DynamoDb | Service::Kms | Service::Acm) => {
                let prefix = match service {
                    Service::DynamoDb => "com.amazonaws.dynamodb.v20120810#",
                    _ => "",
                };
                let mut document = serde_json::Map::new();
                document.insert("__type".into(), format!("{prefix}{}", self.code).into());
                document.insert("message".into(), self.message.clone().into());
                for (name, value) in &self.details {
                    document.insert(name.clone(), value.clone().into());
                }
                headers.push(("content-type".into(), "application/x-amz-json-1.0".into()));
                headers.push(("x-amzn-errortype".into(), self.code.clone()));
                Value::Object(document).to_string().into_bytes()
            }
            (None, Service::S3) => {
                headers.push(("content-type".into(), "application/xml".into()));
                let mut error = Element::new("Error")
                    .text_child("Code", &self.code)
                    .text_child("Message", &self.message);
                for (name, value) in &self.details {
                    error = error.text_child(name, value);
                }
                error.text_child("RequestId", request_id).to_document().into_bytes()
            }
            (None, _) => {
                headers.push(("content-type".into(), "text/xml".into()));
                let mut error = Element::new("Error")
                    .text_child("Type", if self.status < 500 { "Sender" } else { "Receiver" })
                    .text_child("Code", &self.code)
                    .text_child("Message", &self.message);
                for (name, value) in &self.details {
                    error = error.text_child(name, value);
                }
                let mut root = Element::new("ErrorResponse");
                if let Some(namespace) = namespace(service) {
                    root = root.attribute("xmlns", namespace);
                }
                root.child(error).text_child("RequestId", request_id).to_document().into_bytes()
            }
        };
        Reply { status: self.status, headers, body }
    }
}

/// The XML namespace of a service's documents.
pub fn namespace(service: Service) -> Option<&'static str> {
    Some(match service {
        Service::Elbv2 => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        Service::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
        Service::Rds => "http://rds.amazonaws.com/doc/2014-10-31/",
        Service::Route53 => "https://route53.amazonaws.com/doc/2013-04-01/",
        Service::S3 => "http://s3.amazonaws.com/doc/2006-03-01/",
        Service::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        Service::Acm | Service::DynamoDb | Service::Kms => return None,
    })
}
