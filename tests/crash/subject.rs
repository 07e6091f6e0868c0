//! What a call is about, in words that are the same in every run: ids that AWS assigns are not.

use std::collections::BTreeSet;

use bicoastal_local::call::{Call, Service};
use bicoastal_local::query::Params;
use serde_json::Value;

/// The fields by which a Query call names its thing, the most particular ones first.
const FIELDS: &[&str] = &[
    "DBInstanceIdentifier",
    "DBClusterIdentifier",
    "GlobalClusterIdentifier",
    "DBSubnetGroupName",
    "DBClusterParameterGroupName",
    "ResourceName",
    "RoleName",
    "PolicyArn",
    "PolicyName",
    "Name",
    "ListenerArn",
    "TargetGroupArn",
    "LoadBalancerArn",
    "ResourceArns.member.1",
];

pub fn subject(call: &Call) -> String {
    match call.service {
        Service::Acm | Service::DynamoDb | Service::Kms => json(&call.request.body),
        Service::S3 => path(&call.request.path).into_iter().next().unwrap_or_default(),
        Service::Route53 => route53(call),
        Service::Elbv2 | Service::Iam | Service::Rds | Service::Sts => query(call),
    }
}

fn query(call: &Call) -> String {
    let params = Params::of(call);
    let of = |name: &&str| params.get(name).map(unnumbered);
    FIELDS.iter().find_map(of).unwrap_or_default()
}

fn json(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let name = body["TableName"].as_str().or(body["ResourceArn"].as_str()).unwrap_or_default();
    let replicas = &body["ReplicaUpdates"][0];
    let replica = ["Create", "Update", "Delete"]
        .iter()
        .find_map(|verb| replicas[verb]["RegionName"].as_str().map(|it| format!(" {verb} {it}")));
    format!("{}{}", unnumbered(name), replica.unwrap_or_default())
}

fn route53(call: &Call) -> String {
    let body = String::from_utf8_lossy(&call.request.body);
    let all = |tag: &str| -> BTreeSet<String> {
        body.split(&format!("<{tag}>"))
            .skip(1)
            .filter_map(|rest| rest.split("</").next())
            .map(unnumbered)
            .collect()
    };
    let mut words: Vec<String> = Vec::new();
    match call.operation.as_str() {
        "ChangeResourceRecordSets" => {
            words.extend(all("Action"));
            words.extend(all("Name").into_iter().filter(|name| !name.contains("elb.amazonaws")));
            words.extend(all("SetIdentifier"));
        }
        "ChangeTagsForResource" => words.extend(all("Value").into_iter().filter(|it| {
            !it.bytes().all(|byte| byte.is_ascii_hexdigit()) && it != "active-active"
        })),
        _ => {
            words.extend(all("Name"));
            words.extend(all("FullyQualifiedDomainName"));
            words.extend(all("IPAddress"));
        }
    }
    words.join(" ")
}

fn path(path: &str) -> Vec<String> {
    path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Without the parts of an ARN or of a DNS name that AWS assigns.
fn unnumbered(text: &str) -> String {
    let parts = text.split('/').filter(|part| {
        let hex = part.bytes().all(|byte| byte.is_ascii_hexdigit());
        !(hex && part.len() == 16)
    });
    let text = parts.collect::<Vec<_>>().join("/");
    match text.split_once(".elb.amazonaws.com") {
        Some((host, _)) => {
            let (name, region) = host.split_once('.').unwrap_or((host, ""));
            let name = name.rsplit_once('-').map_or(name, |(name, _)| name);
            format!("{name}.{region}")
        }
        None => text,
    }
}
