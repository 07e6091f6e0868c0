//! The frame of the local cloud: time, faults, the snapshot, routing, and its two front doors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod binary;
mod chunked;
mod clock;
mod faults;
mod log;
mod routing;
mod sdk;
mod server;
mod snapshot;

use bicoastal_local::call::Request;
use bicoastal_local::{Cloud, Delivery};

/// A request of the Query protocol, signed for a service and region.
fn query(service: &str, region: &str, action: &str, fields: &[(&str, &str)]) -> Request {
    let body = std::iter::once(("Action", action))
        .chain(fields.iter().copied())
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&");
    Request {
        method: "POST".into(),
        path: "/".into(),
        headers: vec![(
            "authorization".into(),
            format!(
                "AWS4-HMAC-SHA256 Credential=test/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
            ),
        )],
        body: body.into(),
        ..Request::default()
    }
}

/// A call that changes something.
fn create_role(name: &str) -> Request {
    let trust = "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C%22Principal%22%3A%7B%22Service%22%3A%22s3.amazonaws.com%22%7D%2C%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D";
    let fields = [("RoleName", name), ("AssumeRolePolicyDocument", trust)];
    query("iam", "us-east-1", "CreateRole", &fields)
}

/// A call that changes nothing.
fn get_role(name: &str) -> Request {
    query("iam", "us-east-1", "GetRole", &[("RoleName", name)])
}

/// A call to a region of one's choice.
fn who_am_i(region: &str) -> Request {
    query("sts", region, "GetCallerIdentity", &[])
}

/// What came of a request: `200`, `400 Throttling`, `reset`, …
fn outcome(cloud: &Cloud, request: Request) -> String {
    match cloud.handle(request) {
        Delivery::Answered { reply, after_ms } => {
            let body = String::from_utf8_lossy(&reply.body);
            let code = body
                .split_once("<Code>")
                .and_then(|(_, rest)| rest.split_once("</Code>"))
                .map(|(code, _)| format!(" {code}"));
            let after = if after_ms > 0 { format!(" after {after_ms} ms") } else { String::new() };
            format!("{}{}{after}", reply.status, code.unwrap_or_default())
        }
        Delivery::Unanswered(no_answer) => no_answer.to_string(),
        Delivery::Held => "held".into(),
    }
}
