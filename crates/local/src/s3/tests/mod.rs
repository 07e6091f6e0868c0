//! S3 as a client sees it, call by call.

mod buckets;
mod documents;
mod objects;
mod replication;

use crate::call::{Call, Request, Service};
use crate::world::{DEFAULT_ACCOUNT, World};

/// A client of the S3 in one world.
#[derive(Default)]
struct S3 {
    world: World,
}

/// What to send beside method and path.
#[derive(Clone, Copy)]
struct With<'a> {
    region: &'a str,
    account: &'a str,
    host: &'a str,
    headers: &'a [(&'a str, &'a str)],
    body: &'a str,
}

impl Default for With<'_> {
    fn default() -> Self {
        Self {
            region: "us-east-1",
            account: DEFAULT_ACCOUNT,
            host: "127.0.0.1:4566",
            headers: &[],
            body: "",
        }
    }
}

impl S3 {
    /// Sends `METHOD /path?query`; answers `status` and what the body or the refusal says.
    fn send(&mut self, what: &str, with: With<'_>) -> String {
        let (status, _, body) = self.full(what, with);
        format!("{status} {body}").trim().to_owned()
    }

    /// The same, with the headers of the answer.
    fn full(&mut self, what: &str, with: With<'_>) -> (u16, Vec<(String, String)>, String) {
        let (method, target) = what.split_once(' ').unwrap();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let request = Request {
            method: method.into(),
            host: with.host.into(),
            path: path.into(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            headers: with.headers.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            body: with.body.to_owned().into(),
        };
        let call = Call {
            account: with.account.into(),
            region: with.region.into(),
            service: Service::S3,
            operation: super::operation(&request).into(),
            request,
        };
        super::settle(&mut self.world);
        match super::handle(&mut self.world, &call) {
            Ok(reply) => {
                let body = String::from_utf8_lossy(&reply.body).into_owned();
                let body = body
                    .replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "")
                    .replace(" xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"", "");
                (reply.status, reply.headers, body)
            }
            Err(fault) => {
                let body = format!("{}: {}", fault.code, fault.message);
                (fault.status, fault.headers.into_vec(), body)
            }
        }
    }

    /// Sends without anything beside method and path.
    fn get(&mut self, what: &str) -> String {
        self.send(what, With::default())
    }

    /// Sends with a body.
    fn put(&mut self, what: &str, body: &str) -> String {
        self.send(what, With { body, ..With::default() })
    }

    /// Makes a bucket in a region.
    fn bucket(&mut self, name: &str, region: &str) {
        let body = match region {
            "us-east-1" => String::new(),
            _ => format!(
                "<CreateBucketConfiguration><LocationConstraint>{region}</LocationConstraint>\
                 </CreateBucketConfiguration>"
            ),
        };
        let with = With { region, body: &body, ..With::default() };
        assert_eq!(self.send(&format!("PUT /{name}"), with), "200");
    }

    /// Turns versioning on.
    fn versioned(&mut self, name: &str, region: &str) {
        let body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        let with = With { region, body, ..With::default() };
        assert_eq!(self.send(&format!("PUT /{name}?versioning"), with), "200");
    }

    /// Makes a role that exists for S3.
    fn role(&mut self, name: &str) -> String {
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", "CreateRole")
            .append_pair("RoleName", name)
            .append_pair(
                "AssumeRolePolicyDocument",
                r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#,
            )
            .finish();
        self.iam("CreateRole", form);
        format!("arn:aws:iam::{DEFAULT_ACCOUNT}:role/{name}")
    }

    fn delete_role(&mut self, name: &str) {
        self.iam("DeleteRole", format!("Action=DeleteRole&RoleName={name}"));
    }

    fn iam(&mut self, operation: &str, form: String) {
        let call = Call {
            account: DEFAULT_ACCOUNT.into(),
            region: "us-east-1".into(),
            service: Service::Iam,
            operation: operation.into(),
            request: Request { method: "POST".into(), body: form.into(), ..Request::default() },
        };
        crate::iam::handle(&mut self.world, &call).unwrap();
    }

    /// Lets time pass.
    fn wait(&mut self, ms: i64) {
        self.world.now_ms += ms;
        super::settle(&mut self.world);
    }
}

/// The value of a header, or nothing.
fn header<'a>(headers: &'a [(String, String)], name: &str) -> &'a str {
    headers.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}
