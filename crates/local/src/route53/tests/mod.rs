//! The service as a client sees it, without the wire.

mod answers;
mod batches;
mod checks;
mod signing;
mod zones;

use crate::call::{Call, Request, Service};
use crate::world::World;
use crate::xml::Element;

const ACCOUNT: &str = "000000000000";

/// A call with a method, a path (and query) and a body, by this account.
fn call_as(account: &str, method: &str, path: &str, body: &str) -> Call {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let request = Request {
        method: method.into(),
        path: format!("/2013-04-01/{path}"),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body: body.to_owned().into_bytes().into(),
        ..Request::default()
    };
    Call {
        account: account.into(),
        region: "us-east-1".into(),
        service: Service::Route53,
        operation: super::operation(&request).into(),
        request,
    }
}

/// The answer: the document, or `status code message`.
fn ask(world: &mut World, method: &str, path: &str, body: &str) -> Result<Element, String> {
    world.settle();
    match super::handle(world, &call_as(ACCOUNT, method, path, body)) {
        Ok(reply) => Ok(Element::parse(&reply.body).unwrap()),
        Err(fault) => Err(format!("{} {} {}", fault.status, fault.code, fault.message)),
    }
}

/// The refusal of a call that must be refused.
fn refusal(world: &mut World, method: &str, path: &str, body: &str) -> String {
    ask(world, method, path, body).unwrap_err()
}

/// A world with the public zone `example.com`, in sync; and its id.
fn zone() -> (World, String) {
    let mut world = World::default();
    let id = new_zone(&mut world, "example.com", "ref-1", "");
    world.now_ms += 60_000;
    (world, id)
}

fn new_zone(world: &mut World, name: &str, reference: &str, more: &str) -> String {
    let body = format!(
        "<CreateHostedZoneRequest><Name>{name}</Name>{more}<CallerReference>{reference}</CallerReference></CreateHostedZoneRequest>"
    );
    let answer = ask(world, "POST", "hostedzone", &body).unwrap();
    let id = answer.get("HostedZone").unwrap().text_of("Id").unwrap().to_owned();
    id.trim_start_matches("/hostedzone/").to_owned()
}

/// `ACTION name TYPE [policy…] = value | value` or `… -> zone dns-name health`.
///
/// Policies are written as XML; `id:x` sets the identifier, `check:x` the health check,
/// `ttl:n` another TTL than 60.
fn change_xml(line: &str) -> String {
    let (head, values, alias) = match line.split_once(" = ") {
        Some((head, values)) => (head, values, ""),
        None => match line.split_once(" -> ") {
            Some((head, alias)) => (head, "", alias),
            None => (line, "", ""),
        },
    };
    let mut words = head.split_whitespace();
    let mut next = || words.next().unwrap_or_default();
    let (action, name, record_type) = (next(), next(), next());
    let mut fields = String::new();
    let mut ttl = "60";
    for word in words {
        match word.split_once(':') {
            Some(("id", id)) => fields += &format!("<SetIdentifier>{id}</SetIdentifier>"),
            Some(("check", id)) => fields += &format!("<HealthCheckId>{id}</HealthCheckId>"),
            Some(("ttl", seconds)) => ttl = seconds,
            _ => fields += word,
        }
    }
    if !values.is_empty() {
        let values: String = values
            .split(" | ")
            .map(|value| format!("<ResourceRecord><Value>{value}</Value></ResourceRecord>"))
            .collect();
        fields += &format!("<TTL>{ttl}</TTL><ResourceRecords>{values}</ResourceRecords>");
    }
    if let [zone, dns_name, health] = alias.split_whitespace().collect::<Vec<_>>()[..] {
        fields += &format!(
            "<AliasTarget><HostedZoneId>{zone}</HostedZoneId><DNSName>{dns_name}</DNSName><EvaluateTargetHealth>{health}</EvaluateTargetHealth></AliasTarget>"
        );
    }
    format!(
        "<Change><Action>{action}</Action><ResourceRecordSet><Name>{name}</Name><Type>{record_type}</Type>{fields}</ResourceRecordSet></Change>"
    )
}

/// Sends a batch, one change a line.
fn change(world: &mut World, zone: &str, lines: &[&str]) -> Result<Element, String> {
    let changes: String = lines.iter().map(|line| change_xml(line)).collect();
    let body = format!(
        "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes>{changes}</Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
    );
    ask(world, "POST", &format!("hostedzone/{zone}/rrset/"), &body)
}

/// Names, types and identifiers of a listing, one a line.
fn listed(world: &mut World, path: &str) -> String {
    let answer = ask(world, "GET", path, "").unwrap();
    let sets = answer.get("ResourceRecordSets").unwrap();
    sets.all("ResourceRecordSet")
        .map(|set| {
            let of = |name: &str| set.text_of(name).unwrap_or_default();
            format!("{} {} {}", of("Name"), of("Type"), of("SetIdentifier")).trim_end().to_owned()
        })
        .collect::<Vec<_>>()
        .join("\n")
}
