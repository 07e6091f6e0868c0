//! Listeners.

use serde::{Deserialize, Serialize};

use super::action::{self, Action};
use super::attributes::{self, Attributes};
use super::load_balancer::Kind;
use super::rule;
use super::tags::{self, Tags};
use super::tree;
use super::{Fields, Region, certificate, impossible, invalid, number, page, required};
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::seed;
use crate::world::World;
use crate::xml::Element;

/// What the API falls back to, which is older than what its own console would choose.
const DEFAULT_SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// A listener.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Listener {
    /// ARN of the load balancer.
    pub(super) load_balancer: String,
    /// None on a gateway.
    port: Option<i64>,
    protocol: Option<String>,
    ssl_policy: Option<String>,
    /// The default certificate first, then those of `AddListenerCertificates`.
    pub(super) certificates: Vec<String>,
    alpn: Option<String>,
    mutual_authentication: tree::Fields,
    pub(super) actions: Vec<Action>,
    attributes: Attributes,
    pub(super) tags: Tags,
}

impl Listener {
    /// Whether it ends TLS.
    pub(super) fn secure(&self) -> bool {
        matches!(self.protocol.as_deref(), Some("HTTPS" | "TLS"))
    }

    pub(super) fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    fn element(&self, arn: &str) -> Element {
        let mut element = Element::new("member")
            .text_child("ListenerArn", arn)
            .text_child("LoadBalancerArn", &self.load_balancer)
            .text_child_opt("Port", self.port)
            .text_child_opt("Protocol", self.protocol.as_ref());
        if let Some(default) = self.certificates.first() {
            let member = Element::new("member").text_child("CertificateArn", default);
            element = element.child(Element::new("Certificates").child(member));
        }
        element = element
            .text_child_opt("SslPolicy", self.ssl_policy.as_ref())
            .child(action::element("DefaultActions", &self.actions));
        if let Some(alpn) = &self.alpn {
            let member = Element { text: alpn.clone(), ..Element::new("member") };
            element = element.child(Element::new("AlpnPolicy").child(member));
        }
        if !self.mutual_authentication.is_empty() {
            element =
                element.child(tree::element("MutualAuthentication", &self.mutual_authentication));
        }
        element
    }

    /// What makes two listeners the same for a create that is repeated.
    fn settings(&self) -> impl PartialEq + '_ {
        (
            (&self.port, &self.protocol, &self.ssl_policy),
            (self.certificates.first(), &self.alpn, &self.mutual_authentication, &self.actions),
        )
    }
}

impl Region {
    /// Removes a listener with its rules; their groups are free after `until`.
    pub(super) fn remove_listener(&mut self, arn: &str, until: i64) {
        let Some(listener) = self.listeners.remove(arn) else { return };
        self.hold(&listener.actions, until);
        let rules: Vec<String> = self
            .rules
            .iter()
            .filter(|(_, rule)| rule.listener == arn)
            .map(|(arn, _)| arn.clone())
            .collect();
        for rule in rules {
            if let Some(rule) = self.rules.remove(&rule) {
                self.hold(&rule.actions, until);
            }
        }
    }

    /// Lets the groups of actions that are gone be in use a little longer.
    pub(super) fn hold(&mut self, actions: &[Action], until: i64) {
        for group in action::groups(actions) {
            if let Some(group) = self.target_groups.get_mut(group) {
                group.held_ms = group.held_ms.max(until);
            }
        }
    }
}

/// The listener that a request describes, on top of what there is.
fn read(
    world: &mut World,
    call: &Call,
    params: &Params,
    balancer_arn: &str,
    old: Option<&Listener>,
) -> Result<Listener, Fault> {
    let balancer = world.elbv2.at(call).load_balancer(balancer_arn)?.clone();
    let protocols: &[&str] = match balancer.kind {
        Kind::Application => &["HTTP", "HTTPS"],
        Kind::Network => &["TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"],
        Kind::Gateway => &[],
    };
    let text = |field: &str| params.get(field).map(ToOwned::to_owned);
    let protocol = text("Protocol").or_else(|| old.and_then(|old| old.protocol.clone()));
    let port = number(params, "Port", 1, 65535)?.or_else(|| old.and_then(|old| old.port));
    match (balancer.kind, &protocol, port) {
        (Kind::Gateway, None, None) => {}
        (Kind::Gateway, ..) => {
            return Err(invalid(
                "A listener of a gateway load balancer has neither a port nor a protocol",
            ));
        }
        (_, None, _) => return Err(invalid("A listener protocol must be specified")),
        (_, _, None) => return Err(invalid("A listener port must be specified")),
        (_, Some(protocol), _) if !protocols.contains(&protocol.as_str()) => {
            return Err(invalid(format!(
                "Listener protocol '{protocol}' must be one of '{}'",
                protocols.join(", ")
            )));
        }
        _ => {}
    }
    let secure = matches!(protocol.as_deref(), Some("HTTPS" | "TLS"));

    let mut certificates: Vec<String> = Vec::new();
    for sent in params.structs("Certificates") {
        certificates.push(required(&sent, "CertificateArn")?.to_owned());
    }
    if !secure && !certificates.is_empty() {
        return Err(invalid("Certificates can only be specified for HTTPS and TLS listeners"));
    }
    if certificates.len() > 1 {
        return Err(Fault::new(
            400,
            "TooManyCertificates",
            "Up to '1' certificate can be specified as the default of a listener",
        ));
    }
    for arn in &certificates {
        certificate::check(world, call, arn)?;
    }
    if let (true, Some(old)) = (secure, old) {
        if certificates.is_empty() {
            certificates.clone_from(&old.certificates);
        } else {
            certificates.extend(old.certificates.iter().skip(1).cloned());
        }
    }
    if secure && certificates.is_empty() {
        return Err(Fault::new(
            400,
            "ValidationError",
            "A certificate must be specified for HTTPS and TLS listeners",
        ));
    }

    let ssl_policy = match text("SslPolicy") {
        Some(_) if !secure => {
            return Err(invalid("An SSL policy can only be specified for HTTPS and TLS listeners"));
        }
        Some(policy) if policy.starts_with("ELBSecurityPolicy-") => Some(policy),
        Some(policy) => {
            return Err(Fault::new(
                400,
                "SSLPolicyNotFound",
                format!("SSL policy '{policy}' not found"),
            ));
        }
        None if secure => old
            .and_then(|old| old.ssl_policy.clone())
            .or_else(|| Some(DEFAULT_SSL_POLICY.to_owned())),
        None => None,
    };

    let alpn = params.list("AlpnPolicy").and_then(|policies| policies.into_iter().next());
    if let Some(policy) = &alpn {
        if protocol.as_deref() != Some("TLS") {
            return Err(invalid("An ALPN policy can only be specified for TLS listeners"));
        }
        let known = ["None", "HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred"];
        if !known.contains(&policy.as_str()) {
            return Err(Fault::new(
                400,
                "ALPNPolicyNotFound",
                format!("ALPN policy '{policy}' not found"),
            ));
        }
    }
    let alpn = alpn.or_else(|| old.and_then(|old| old.alpn.clone()));

    let mut mutual = tree::below(params, "MutualAuthentication");
    match mutual.get("Mode").map(String::as_str) {
        None if protocol.as_deref() == Some("HTTPS") => {
            mutual = match old {
                Some(old) if !old.mutual_authentication.is_empty() => {
                    old.mutual_authentication.clone()
                }
                _ => tree::Fields::from([("Mode".into(), "off".into())]),
            };
        }
        None => {}
        Some("off" | "passthrough") if protocol.as_deref() == Some("HTTPS") => {}
        Some("verify") if protocol.as_deref() == Some("HTTPS") => {
            let store = mutual.get("TrustStoreArn").map(String::as_str);
            if store != Some(&seed::trust_store_arn(&call.account, &call.region)) {
                return Err(Fault::new(400, "TrustStoreNotFound", "Trust store not found"));
            }
        }
        Some(mode) => {
            return Err(invalid(format!("The mutual authentication mode '{mode}' is not valid")));
        }
    }

    let region = world.elbv2.at(call);
    let actions = match old {
        Some(old) if params.structs("DefaultActions").is_empty() => old.actions.clone(),
        _ => {
            let protocol = protocol.as_deref();
            let old = old.map_or(&[][..], |old| &old.actions);
            let balancer = (balancer_arn, &balancer);
            action::read(region, balancer, protocol, params, "DefaultActions", old)?
        }
    };
    Ok(Listener {
        load_balancer: balancer_arn.to_owned(),
        port,
        attributes: attributes::of_listener(protocol.as_deref())
            .into_iter()
            .map(|(key, unset)| {
                let set = old.and_then(|old| old.attributes.get(&key)).cloned();
                (key, set.unwrap_or(unset))
            })
            .collect(),
        protocol,
        ssl_policy,
        certificates,
        alpn,
        mutual_authentication: mutual,
        actions,
        tags: old.map(|old| old.tags.clone()).unwrap_or_default(),
    })
}

fn duplicate(balancer: &str) -> Fault {
    Fault::new(
        400,
        "DuplicateListener",
        format!("A listener already exists on this port for this load balancer '{balancer}'"),
    )
}

pub(super) fn create(world: &mut World, call: &Call, params: &Params) -> Fields {
    let balancer = required(params, "LoadBalancerArn")?.to_owned();
    let mut listener = read(world, call, params, &balancer, None)?;
    listener.tags = tags::read(params)?;
    let region = world.elbv2.at(call);
    let siblings = || region.listeners.iter().filter(|(_, other)| other.load_balancer == balancer);
    if let Some((arn, existing)) = siblings().find(|(_, other)| other.port == listener.port) {
        if existing.settings() == listener.settings() {
            return Ok(vec![Element::new("Listeners").child(existing.element(arn))]);
        }
        return Err(duplicate(&balancer));
    }
    if siblings().count() >= 50 {
        return Err(Fault::new(
            400,
            "TooManyListeners",
            "The maximum number of listeners '50' has been reached",
        ));
    }
    let hex = world.fresh_hex();
    let arn = format!("{}/{}", balancer.replacen(":loadbalancer/", ":listener/", 1), &hex[..16]);
    let default_rule = rule::default_arn(&arn, &world.fresh_hex());
    let element = listener.element(&arn);
    let region = world.elbv2.at(call);
    region.rules.insert(default_rule, rule::Rule::default_of(&arn));
    region.listeners.insert(arn, listener);
    Ok(vec![Element::new("Listeners").child(element)])
}

pub(super) fn modify(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "ListenerArn")?;
    let old = world.elbv2.at(call).listener(arn)?.clone();
    let until = world.now_ms + world.duration_ms("elbv2.target_group.release", 0);
    let listener = read(world, call, params, &old.load_balancer, Some(&old))?;
    let region = world.elbv2.at(call);
    let taken = region.listeners.iter().any(|(other_arn, other)| {
        other_arn != arn && other.load_balancer == old.load_balancer && other.port == listener.port
    });
    if taken {
        return Err(duplicate(&old.load_balancer));
    }
    let element = listener.element(arn);
    region.hold(&old.actions, until);
    region.listeners.insert(arn.to_owned(), listener);
    Ok(vec![Element::new("Listeners").child(element)])
}

pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arns = params.list("ListenerArns");
    let balancer = params.get("LoadBalancerArn");
    let region = world.elbv2.at(call);
    match (&arns, balancer) {
        (Some(_), Some(_)) | (None, None) => {
            return Err(invalid("You must specify either listener ARNs or a load balancer ARN"));
        }
        (Some(arns), None) => {
            for arn in arns {
                region.listener(arn)?;
            }
        }
        (None, Some(balancer)) => {
            region.load_balancer(balancer)?;
        }
    }
    let found = region.listeners.iter().filter(|(arn, listener)| {
        arns.as_ref().is_none_or(|arns| arns.contains(arn))
            && balancer.is_none_or(|balancer| listener.load_balancer == balancer)
    });
    page(params, "Listeners", found.map(|(arn, listener)| (arn.clone(), listener.element(arn))))
}

pub(super) fn delete(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arn = required(params, "ListenerArn")?;
    let until = world.now_ms + world.duration_ms("elbv2.target_group.release", 0);
    let region = world.elbv2.at(call);
    region.listener(arn)?;
    region.remove_listener(arn, until);
    Ok(Vec::new())
}

pub(super) fn describe_attributes(world: &mut World, call: &Call, params: &Params) -> Fields {
    let listener = world.elbv2.at(call).listener(required(params, "ListenerArn")?)?;
    if listener.attributes.is_empty() {
        return Err(impossible("Listeners of this protocol have no attributes"));
    }
    Ok(vec![attributes::element(&listener.attributes)])
}

pub(super) fn modify_attributes(world: &mut World, call: &Call, params: &Params) -> Fields {
    let listener = world.elbv2.at(call).listener(required(params, "ListenerArn")?)?;
    let known = attributes::of_listener(listener.protocol.as_deref());
    if known.is_empty() {
        return Err(impossible("Listeners of this protocol have no attributes"));
    }
    attributes::modify(&mut listener.attributes, &known, params, "Listener")?;
    Ok(vec![attributes::element(&listener.attributes)])
}
