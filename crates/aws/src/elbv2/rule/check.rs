//! What is wrong with listener rules, told offline.

use std::collections::BTreeMap;
use std::net::IpAddr;

use bicoastal_model::resource::Check;
use bicoastal_model::{Desired, Diagnostic, Packed};

use super::super::listener::check::check_actions;
use super::{ListenerRule, RuleCondition, regex, transform};
use crate::tags::check_tags;

/// How many values all conditions of a rule have together, at most.
const VALUES: usize = 5;
/// How many wildcards they have together, at most.
const WILDCARDS: usize = 5;

pub(super) fn check(rule: &ListenerRule, check: &mut Check) {
    check.ensure(
        (1..=50_000).contains(&rule.priority),
        format!("priority {} is not between 1 and 50000", rule.priority),
    );
    check_conditions(&rule.conditions, check);
    check_actions(&rule.actions, check);
    transform::check(rule, check);
    check_tags(check, &rule.tags, 50);
}

fn check_conditions(conditions: &[RuleCondition], check: &mut Check) {
    check.ensure(!conditions.is_empty(), "a rule has at least one condition");
    for once in ["host-header", "path-pattern", "http-request-method", "source-ip"] {
        check.ensure(
            conditions.iter().filter(|it| it.field() == once).count() <= 1,
            format!("a rule has one {once} condition; give that one several values"),
        );
    }
    let values: Vec<&str> = conditions.iter().flat_map(RuleCondition::values).collect();
    check.ensure(
        values.len() <= VALUES,
        format!("the conditions have {} values together, and AWS takes {VALUES}", values.len()),
    );
    let is_wild = |it: &char| matches!(it, '*' | '?');
    let plain = conditions.iter().filter(|it| !it.is_regex()).flat_map(RuleCondition::values);
    let wild = plain.flat_map(str::chars).filter(is_wild).count();
    check.ensure(
        wild <= WILDCARDS,
        format!("the conditions have {wild} wildcards together, and AWS takes {WILDCARDS}"),
    );
    for condition in conditions {
        let field = condition.field();
        check.ensure(!condition.values().is_empty(), format!("a {field} condition has no value"));
        for value in condition.values() {
            check.ensure(
                (1..=128).contains(&value.chars().count()),
                format!("a {field} condition's value has 1 to 128 characters"),
            );
            if let Some(mistake) = regex::mistake(value).filter(|_| condition.is_regex()) {
                check.error(format!(
                    "the regular expression '{value}' of a {field} condition has {mistake}"
                ));
            }
        }
        check_condition(condition, check);
    }
}

fn check_condition(condition: &RuleCondition, check: &mut Check) {
    match condition {
        RuleCondition::HttpHeader { name, .. } => {
            check.ensure(
                (1..=40).contains(&name.chars().count()) && !name.contains(['*', '?']),
                format!("'{name}' is not the name of a header: 1 to 40 characters, no wildcards"),
            );
            check.ensure(
                !name.eq_ignore_ascii_case("host"),
                "the Host header has a condition of its own: RuleCondition::host",
            );
        }
        RuleCondition::HttpRequestMethod { values } => {
            for method in values {
                let legal = |it: char| it.is_ascii_uppercase() || it == '-' || it == '_';
                check.ensure(
                    method.len() <= 40 && method.chars().all(legal),
                    format!("'{method}' is not a method: capital letters, hyphens, underscores"),
                );
            }
        }
        RuleCondition::SourceIp { values } => {
            for block in values {
                check.ensure(is_block(block), format!("'{block}' is not a block of addresses"));
            }
        }
        RuleCondition::HostHeader { .. }
        | RuleCondition::PathPattern { .. }
        | RuleCondition::QueryString { .. } => {}
    }
}

/// `10.0.0.0/8`, `2001:db8::/32`.
fn is_block(block: &str) -> bool {
    let Some((address, bits)) = block.split_once('/') else { return false };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    bits.parse::<u8>().is_ok_and(|bits| bits <= most)
}

/// Whether an action of this type asks users who they are.
fn is_question(kind: Option<&str>) -> bool {
    matches!(kind, Some("authenticate-cognito" | "authenticate-oidc"))
}

/// One rule for each priority of a listener; only web listeners have rules, and only HTTPS ones
/// ask users who they are.
pub(super) fn check_stack(desired: &Desired) -> Vec<Diagnostic> {
    let mut seen = BTreeMap::new();
    let mut found = Vec::new();
    for declared in desired.resources.values() {
        if declared.schema.kind != "ELBv2:ListenerRule" || declared.lookup {
            continue;
        }
        let mut wrong = |message: String| {
            found.push(Diagnostic::error(message).of(&declared.id).at(&declared.at));
        };
        let of = declared.props.get("listener");
        let priority = declared.props.get("priority").map(ToString::to_string).unwrap_or_default();
        let place = (of.map(ToString::to_string), priority.clone());
        if let Some(other) = seen.insert(place, &declared.id) {
            wrong(format!("its priority {priority} is the priority of {other}"));
        }
        let listener = of.and_then(Packed::as_ref).and_then(|it| desired.resources.get(&it.id));
        let Some(protocol) =
            listener.and_then(|it| it.props.get("protocol")).and_then(Packed::as_str)
        else {
            continue;
        };
        if !matches!(protocol, "HTTP" | "HTTPS") {
            wrong(format!("its listener speaks {protocol}, and only HTTP and HTTPS have rules"));
        }
        let actions = declared.props.get("actions").and_then(Packed::as_array);
        let asks = actions.is_some_and(|all| all.iter().any(|it| is_question(it["type"].as_str())));
        if asks && protocol != "HTTPS" {
            wrong("users can only be asked who they are by HTTPS".to_owned());
        }
    }
    found
}
