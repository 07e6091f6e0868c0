//! What listeners and rules do with a request.

use serde::{Deserialize, Serialize};

use super::load_balancer::{Kind, LoadBalancer};
use super::tree;
use super::{Region, authenticate, invalid, number, one_of, required};
use crate::query::Params;
use crate::reply::Fault;
use crate::xml::Element;

/// An action, in the form that AWS brings it to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Action {
    kind: String,
    order: Option<i64>,
    /// Target groups and weights of a forward.
    groups: Vec<(String, i64)>,
    /// Whether a forward is sticky, and for how many seconds.
    sticky: (bool, Option<i64>),
    /// The configuration of every other kind, as it was sent, with its defaults.
    config: tree::Fields,
}

impl Action {
    /// The element of the configuration of this kind.
    fn config_name(&self) -> &'static str {
        match self.kind.as_str() {
            "redirect" => "RedirectConfig",
            "fixed-response" => "FixedResponseConfig",
            "authenticate-oidc" => "AuthenticateOidcConfig",
            "authenticate-cognito" => "AuthenticateCognitoConfig",
            "jwt-validation" => "JwtValidationConfig",
            _ => "ForwardConfig",
        }
    }

    fn element(&self) -> Element {
        let element = Element::new("member").text_child("Type", &self.kind);
        if self.kind != "forward" {
            let config = authenticate::shown(&self.config);
            return element
                .text_child_opt("Order", self.order)
                .child(tree::element(self.config_name(), &config));
        }
        // One group is shown both ways, several only in the configuration.
        let single = match self.groups.as_slice() {
            [(arn, _)] => Some(arn),
            _ => None,
        };
        let groups = self.groups.iter().map(|(arn, weight)| {
            Element::new("member").text_child("TargetGroupArn", arn).text_child("Weight", weight)
        });
        element.text_child_opt("TargetGroupArn", single).text_child_opt("Order", self.order).child(
            Element::new("ForwardConfig")
                .child(Element::new("TargetGroups").children(groups))
                .child(
                    Element::new("TargetGroupStickinessConfig")
                        .text_child("Enabled", self.sticky.0)
                        .text_child_opt("DurationSeconds", self.sticky.1),
                ),
        )
    }
}

pub(super) fn element(name: &str, actions: &[Action]) -> Element {
    Element::new(name).children(actions.iter().map(Action::element))
}

/// Whether any of the actions sends requests to the group.
pub(super) fn forwards_to(actions: &[Action], group: &str) -> bool {
    groups(actions).any(|own| own == group)
}

/// The groups that the actions send requests to.
pub(super) fn groups(actions: &[Action]) -> impl Iterator<Item = &str> {
    actions.iter().flat_map(|action| &action.groups).map(|(arn, _)| arn.as_str())
}

/// The actions of a request for a listener of this load balancer and protocol, instead of those
/// that are there.
pub(super) fn read(
    region: &mut Region,
    (balancer_arn, balancer): (&str, &LoadBalancer),
    protocol: Option<&str>,
    params: &Params,
    field: &str,
    old: &[Action],
) -> Result<Vec<Action>, Fault> {
    let sent = params.structs(field);
    if sent.is_empty() {
        return Err(invalid("At least one action must be specified"));
    }
    let several = sent.len() > 1;
    let mut actions = Vec::new();
    for (index, action) in sent.iter().enumerate() {
        let mut action = read_one(balancer.kind, protocol, action, old)?;
        if several && action.order.is_none() {
            action.order = i64::try_from(index + 1).ok();
        }
        for (group, _) in &action.groups {
            check_group(region, balancer_arn, balancer, protocol, group)?;
        }
        actions.push(action);
    }
    actions.sort_by_key(|action| action.order);
    let last = actions.last().map_or("", |action| action.kind.as_str());
    if !matches!(last, "forward" | "redirect" | "fixed-response") {
        return Err(Fault::new(
            400,
            "InvalidLoadBalancerAction",
            "The last action must be 'forward', 'redirect' or 'fixed-response'",
        ));
    }
    let finals =
        actions.iter().filter(|a| matches!(&*a.kind, "forward" | "redirect" | "fixed-response"));
    if finals.count() > 1 {
        return Err(Fault::new(
            400,
            "TooManyActions",
            "Only one action of type 'forward', 'redirect' or 'fixed-response' can be specified",
        ));
    }
    Ok(actions)
}

fn read_one(
    kind: Kind,
    protocol: Option<&str>,
    params: &Params,
    old: &[Action],
) -> Result<Action, Fault> {
    const KINDS: [&str; 6] = [
        "forward",
        "redirect",
        "fixed-response",
        "authenticate-oidc",
        "authenticate-cognito",
        "jwt-validation",
    ];
    required(params, "Type")?;
    let action_kind = one_of(params, "Type", &KINDS)?.unwrap_or("forward");
    let refuse = |why: String| Err(Fault::new(400, "InvalidLoadBalancerAction", why));
    if kind != Kind::Application && action_kind != "forward" {
        return refuse(format!(
            "The action type '{action_kind}' is not valid for {} load balancers",
            kind.name()
        ));
    }
    if matches!(action_kind, "authenticate-oidc" | "authenticate-cognito" | "jwt-validation")
        && protocol != Some("HTTPS")
    {
        return refuse(format!("The action type '{action_kind}' needs an HTTPS listener"));
    }
    let mut action = Action {
        kind: action_kind.to_owned(),
        order: number(params, "Order", 1, 50_000)?,
        groups: Vec::new(),
        sticky: (false, None),
        config: tree::Fields::new(),
    };
    if action_kind == "forward" {
        read_forward(&mut action, params)?;
        return Ok(action);
    }
    if params.get("TargetGroupArn").is_some() {
        return refuse(
            "You can specify a target group only if the action type is 'forward'".into(),
        );
    }
    action.config = tree::below(params, action.config_name());
    if action.config.is_empty() {
        return refuse(format!(
            "A {action_kind} action must be specified with a {}",
            action.config_name()
        ));
    }
    let status = action.config.get("StatusCode").map(String::as_str).unwrap_or_default();
    match action_kind {
        "redirect" => {
            if !matches!(status, "HTTP_301" | "HTTP_302") {
                return Err(invalid(format!("The status code '{status}' is not valid")));
            }
            let mut same = true;
            for (field, default) in [
                ("Host", "#{host}"),
                ("Path", "/#{path}"),
                ("Port", "#{port}"),
                ("Protocol", "#{protocol}"),
                ("Query", "#{query}"),
            ] {
                let value = action.config.entry(field.into()).or_insert_with(|| default.into());
                same &= value == default || field == "Query";
            }
            if same {
                return refuse(
                    "The redirect configuration is not valid because it creates a loop.".into(),
                );
            }
        }
        "fixed-response" => {
            let code = status.as_bytes();
            let good = code.len() == 3
                && matches!(code[0], b'2' | b'4' | b'5')
                && code.iter().all(u8::is_ascii_digit);
            if !good {
                return Err(invalid(format!(
                    "The status code '{status}' must be of the form 2XX, 4XX or 5XX"
                )));
            }
        }
        "authenticate-oidc" | "authenticate-cognito" => {
            let name = action.config_name();
            let existing = old.iter().filter(|it| it.kind == "authenticate-oidc");
            let existing = existing.map(|it| &it.config);
            authenticate::judge(name, params, &mut action.config, existing)?;
        }
        _ => {}
    }
    Ok(action)
}

fn read_forward(action: &mut Action, params: &Params) -> Result<(), Fault> {
    for group in params.structs("ForwardConfig.TargetGroups") {
        let arn = required(&group, "TargetGroupArn")?.to_owned();
        action.groups.push((arn, number(&group, "Weight", 0, 999)?.unwrap_or(1)));
    }
    if let Some(arn) = params.get("TargetGroupArn") {
        match action.groups.as_slice() {
            [] => action.groups.push((arn.to_owned(), 1)),
            [(same, _)] if same == arn => {}
            _ => {
                return Err(invalid(
                    "You cannot specify both a target group ARN and a forward configuration with \
                     other target groups",
                ));
            }
        }
    }
    if action.groups.is_empty() {
        return Err(invalid("A target group ARN must be specified"));
    }
    if action.groups.len() > 5 {
        return Err(Fault::new(
            400,
            "TooManyTargetGroups",
            "A forward action can have at most 5 target groups",
        ));
    }
    let sticky = "ForwardConfig.TargetGroupStickinessConfig";
    let enabled = params.bool(&format!("{sticky}.Enabled")).unwrap_or(false);
    let seconds = number(params, &format!("{sticky}.DurationSeconds"), 1, 604_800)?;
    if enabled && seconds.is_none() {
        return Err(invalid("A duration must be specified for target group stickiness"));
    }
    action.sticky = (enabled, seconds);
    Ok(())
}

/// Refuses a group that the load balancer cannot send requests to.
fn check_group(
    region: &mut Region,
    balancer_arn: &str,
    balancer: &LoadBalancer,
    protocol: Option<&str>,
    arn: &str,
) -> Result<(), Fault> {
    let users = region.users_of(arn);
    let group = region.target_group(arn)?;
    let own = group.protocol.as_deref();
    let fits = match balancer.kind {
        Kind::Application => matches!(own, None | Some("HTTP" | "HTTPS")),
        Kind::Gateway => own == Some("GENEVE"),
        Kind::Network => match (protocol, own) {
            (Some("TCP" | "TLS"), Some("TCP" | "TLS" | "TCP_UDP")) => true,
            (listener, group) => listener == group,
        },
    };
    if !fits {
        return Err(Fault::new(
            400,
            "IncompatibleProtocols",
            format!(
                "The protocol '{}' of the listener is not supported with a target group with the \
                 protocol '{}'",
                protocol.unwrap_or("none"),
                own.unwrap_or("none")
            ),
        ));
    }
    if group.vpc.as_ref().is_some_and(|vpc| *vpc != balancer.vpc) {
        return Err(super::impossible(
            "The load balancer and the target group are in different VPCs",
        ));
    }
    if users.iter().any(|user| user != balancer_arn) {
        return Err(Fault::new(
            400,
            "TargetGroupAssociationLimit",
            format!(
                "The following target groups cannot be associated with more than one load \
                 balancer: {arn}"
            ),
        ));
    }
    Ok(())
}
