//! The Query protocol: a flat form in, XML out.

use std::collections::BTreeMap;

use crate::call::{Call, Service};
use crate::reply::{Reply, namespace};
use crate::xml::Element;

/// The fields of a Query request.
#[derive(Clone, Debug, Default)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Reads the form in the body (or the query string of a `GET`).
    pub fn of(call: &Call) -> Self {
        let mut fields: BTreeMap<String, String> = call.request.query.iter().cloned().collect();
        fields.extend(form_urlencoded::parse(&call.request.body).into_owned());
        Self(fields)
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All fields, sorted by name.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a field as a boolean.
    pub fn bool(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value.eq_ignore_ascii_case("true"))
    }

    /// The value of a field as an integer.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(|value| value.parse().ok())
    }

    /// A list, whatever its members are called: `name.member.N`, `name.<Item>.N` or `name.N`,
    /// in the order of N. `None` where the list was not sent at all; an explicitly empty list
    /// (`name=`) is `Some(vec![])`.
    pub fn list(&self, name: &str) -> Option<Vec<String>> {
        let members: Vec<String> =
            self.structs(name).into_iter().filter_map(|item| item.0.get("").cloned()).collect();
        if members.is_empty() && self.get(name) != Some("") { None } else { Some(members) }
    }

    /// A list of structures: for each member its own fields (a plain member has the single field `""`).
    pub fn structs(&self, name: &str) -> Vec<Params> {
        let prefix = format!("{name}.");
        let mut members: BTreeMap<u32, BTreeMap<String, String>> = BTreeMap::new();
        for (key, value) in &self.0 {
            let Some(rest) = key.strip_prefix(&prefix) else { continue };
            let mut parts = rest.splitn(2, '.');
            let first = parts.next().unwrap_or_default();
            let (number, tail) = match first.parse::<u32>() {
                Ok(number) => (Some(number), parts.next()),
                Err(_) => {
                    let rest = parts.next().unwrap_or_default();
                    let mut parts = rest.splitn(2, '.');
                    (parts.next().and_then(|part| part.parse().ok()), parts.next())
                }
            };
            if let Some(number) = number {
                members
                    .entry(number)
                    .or_default()
                    .insert(tail.unwrap_or_default().to_owned(), value.clone());
            }
        }
        members.into_values().map(Params).collect()
    }
}

/// `<OpResponse><OpResult>…</OpResult><ResponseMetadata>…` around `fields`.
pub fn answer(call: &Call, request_id: &str, fields: impl IntoIterator<Item = Element>) -> Reply {
    let operation = &call.operation;
    let mut root = Element::new(format!("{operation}Response"));
    if let Some(namespace) = namespace(call.service) {
        root = root.attribute("xmlns", namespace);
    }
    let result = Element::new(format!("{operation}Result")).children(fields);
    Reply::xml(
        &root
            .child(result)
            .child(Element::new("ResponseMetadata").text_child("RequestId", request_id)),
    )
}

/// `<name><member>…</member>…</name>`; RDS names its members otherwise, so it passes `item`.
pub fn list(name: &str, item: &str, members: impl IntoIterator<Item = Element>) -> Element {
    Element::new(name).children(members.into_iter().map(|mut member| {
        member.name = item.to_owned();
        member
    }))
}

/// The services that speak this protocol.
pub fn speaks(service: Service) -> bool {
    matches!(service, Service::Elbv2 | Service::Iam | Service::Rds | Service::Sts)
}
