//! Operations on health checks.

use super::check_rules::{CHECKER_REGIONS, check, with_defaults};
use super::health::{Config, Health, HealthCheck};
use super::{Page, answer, answer_status, document, faults, limits, text};
use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use crate::xml::Element;

/// How long the caller reference of a deleted check is remembered ("days").
const REFERENCE_MEMORY_MS: i64 = 7 * 86_400_000;

const TYPES: [&str; 8] = [
    "HTTP",
    "HTTPS",
    "HTTP_STR_MATCH",
    "HTTPS_STR_MATCH",
    "TCP",
    "CALCULATED",
    "CLOUDWATCH_METRIC",
    "RECOVERY_CONTROL",
];

fn find<'a>(world: &'a World, account: &str, id: &str) -> Result<&'a HealthCheck, Fault> {
    world
        .route53
        .account(account)
        .and_then(|account| account.health_checks.get(id))
        .ok_or_else(|| faults::no_such_health_check(id))
}

/// `CreateHealthCheck`: the same reference with the same settings is the same check.
pub(super) fn create(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let request = document(call)?;
    let reference = request.text_of("CallerReference").unwrap_or_default().to_owned();
    if reference.is_empty() || reference.len() > 64 {
        return Err(faults::constraint(
            &reference,
            "callerReference",
            "Member must have length between 1 and 64",
        ));
    }
    let element =
        request.get("HealthCheckConfig").ok_or_else(|| faults::missing("healthCheckConfig"))?;
    let check_type = element.text_of("Type").unwrap_or_default();
    if !TYPES.contains(&check_type) {
        return Err(faults::constraint(
            check_type,
            "healthCheckConfig.type",
            &format!("Member must satisfy enum value set: [{}]", TYPES.join(", ")),
        ));
    }
    let mut config = Config { check_type: check_type.to_owned(), ..Config::default() };
    read(element, &mut config)?;
    config.measure_latency = boolean(element, "MeasureLatency");
    config.routing_control_arn = element.text_of("RoutingControlArn").map(str::to_owned);
    config.request_interval = integer(element, "RequestInterval", 10, 30)?;
    check(&config)?;
    let config = with_defaults(config);

    let account = world.route53.account_mut(&call.account);
    let live = account.health_checks.values().find(|check| check.caller_reference == reference);
    let spent = account.spent_references.contains_key(&reference);
    match live {
        Some(check) if check.config == config => return Ok(created(call, check)),
        None if !spent => {}
        _ => {
            return Err(Fault::new(
                409,
                "HealthCheckAlreadyExists",
                "The health check you're attempting to create already exists, or a deleted one had the same caller reference, with other settings.",
            ));
        }
    }
    if account.health_checks.len() >= limits::HEALTH_CHECKS {
        return Err(Fault::new(
            400,
            "TooManyHealthChecks",
            "Limits Exceeded: MAX_HEALTH_CHECKS_BY_OWNER - Cannot create more health checks.",
        ));
    }
    let id = world.fresh_uuid();
    let check = HealthCheck { id: id.clone(), caller_reference: reference, version: 1, config };
    let reply = created(call, &check);
    world.route53.account_mut(&call.account).health_checks.insert(id, check);
    Ok(reply)
}

fn created(call: &Call, check: &HealthCheck) -> Reply {
    answer_status(201, call, [check.element()]).header(
        "location",
        format!("https://route53.amazonaws.com/2013-04-01/healthcheck/{}", check.id),
    )
}

fn boolean(element: &Element, name: &str) -> Option<bool> {
    element.text_of(name).map(|value| value == "true")
}

fn integer(element: &Element, name: &str, least: u32, most: u32) -> Result<Option<u32>, Fault> {
    match element.text_of(name) {
        None => Ok(None),
        Some(value) => match value.parse::<u32>() {
            Ok(number) if (least..=most).contains(&number) => Ok(Some(number)),
            _ => Err(faults::constraint(
                value,
                name,
                &format!("Member must have a value between {least} and {most}"),
            )),
        },
    }
}

fn members(element: &Element, name: &str, member: &str) -> Option<Vec<String>> {
    element.get(name).map(|list| list.all(member).map(|item| item.text.clone()).collect())
}

/// Reads what both creation and update can say; what is not said stays.
fn read(element: &Element, config: &mut Config) -> Result<(), Fault> {
    let own = |name: &str| element.text_of(name).map(str::to_owned);
    let set = |place: &mut Option<String>, name: &str| {
        if let Some(value) = own(name) {
            *place = Some(value).filter(|value| !value.is_empty());
        }
    };
    set(&mut config.ip_address, "IPAddress");
    set(&mut config.resource_path, "ResourcePath");
    set(&mut config.fqdn, "FullyQualifiedDomainName");
    set(&mut config.search_string, "SearchString");
    set(&mut config.insufficient_data, "InsufficientDataHealthStatus");
    if let Some(port) = integer(element, "Port", 1, 65_535)? {
        config.port = u16::try_from(port).ok();
    }
    if let Some(threshold) = integer(element, "FailureThreshold", 1, 10)? {
        config.failure_threshold = Some(threshold);
    }
    if let Some(threshold) = integer(element, "HealthThreshold", 0, 256)? {
        config.health_threshold = Some(threshold);
    }
    config.inverted = boolean(element, "Inverted").unwrap_or(config.inverted);
    config.disabled = boolean(element, "Disabled").unwrap_or(config.disabled);
    config.enable_sni = boolean(element, "EnableSNI").or(config.enable_sni);
    if let Some(children) = members(element, "ChildHealthChecks", "ChildHealthCheck") {
        config.children = children;
    }
    if let Some(regions) = members(element, "Regions", "Region") {
        config.regions = regions;
    }
    if let Some(alarm) = element.get("AlarmIdentifier") {
        let part = |name| alarm.text_of(name).unwrap_or_default().to_owned();
        config.alarm = Some((part("Region"), part("Name")));
    }
    Ok(())
}

/// `GetHealthCheck`.
pub(super) fn get(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    Ok(answer(call, [find(world, &call.account, id)?.element()]))
}

/// `UpdateHealthCheck`.
pub(super) fn update(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let request = document(call)?;
    let present = find(world, &call.account, id)?;
    let version = request.text_of("HealthCheckVersion").and_then(|version| version.parse().ok());
    if version.is_some_and(|version: u64| version != present.version) {
        return Err(Fault::new(
            409,
            "HealthCheckVersionMismatch",
            format!(
                "The health check version is {}, and not the one in the request.",
                present.version
            ),
        ));
    }
    let mut config = present.config.clone();
    for reset in members(&request, "ResetElements", "ResettableElementName").unwrap_or_default() {
        match reset.as_str() {
            "FullyQualifiedDomainName" => config.fqdn = None,
            "Regions" => config.regions.clear(),
            "ResourcePath" => config.resource_path = None,
            "ChildHealthChecks" => config.children.clear(),
            other => {
                return Err(faults::constraint(
                    other,
                    "resetElements",
                    "Member must satisfy enum value set: [FullyQualifiedDomainName, Regions, ResourcePath, ChildHealthChecks]",
                ));
            }
        }
    }
    read(&request, &mut config)?;
    if config.ip_address.is_some() != present.config.ip_address.is_some() {
        return Err(faults::invalid_input(
            "Invalid parameter : IPAddress cannot be added to or removed from an existing health check",
        ));
    }
    check(&config)?;
    let updated = HealthCheck { version: present.version + 1, config, ..present.clone() };
    let reply = answer(call, [updated.element()]);
    world.route53.account_mut(&call.account).health_checks.insert(id.to_owned(), updated);
    Ok(reply)
}

/// `DeleteHealthCheck`: records that use it do not stop it.
pub(super) fn delete(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let until = world.now_ms + REFERENCE_MEMORY_MS;
    let account = world.route53.account_mut(&call.account);
    let check = account.health_checks.remove(id).ok_or_else(|| faults::no_such_health_check(id))?;
    account.spent_references.insert(check.caller_reference, until);
    account.observed.remove(id);
    account.tags.remove(&format!("healthcheck/{id}"));
    Ok(answer(call, []))
}

fn all<'a>(world: &'a World, account: &str) -> impl Iterator<Item = &'a HealthCheck> + use<'a> {
    world.route53.account(account).into_iter().flat_map(|account| account.health_checks.values())
}

/// `ListHealthChecks`.
pub(super) fn list(world: &World, call: &Call) -> Result<Reply, Fault> {
    let marker = call.request.query("marker").unwrap_or_default();
    let checks = all(world, &call.account).filter(|check| check.id.as_str() >= marker);
    let page = Page::cut(&call.request, 100, checks)?;
    let mut fields = vec![
        Element::new("HealthChecks").children(page.items.iter().map(|check| check.element())),
        text("Marker", marker),
        text("IsTruncated", page.next.is_some()),
    ];
    fields.extend(page.next.map(|check| text("NextMarker", &check.id)));
    fields.push(text("MaxItems", page.max_items));
    Ok(answer(call, fields))
}

/// `GetHealthCheckCount`.
pub(super) fn count(world: &World, call: &Call) -> Result<Reply, Fault> {
    Ok(answer(call, [text("HealthCheckCount", all(world, &call.account).count())]))
}

/// `GetHealthCheckStatus`: what each checker region sees now.
pub(super) fn status(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let observed = observations(world, call, id, |healthy| {
        if healthy {
            "Success: HTTP Status Code 200, OK"
        } else {
            "Failure: Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your firewall."
        }
    })?;
    Ok(answer(call, [observed]))
}

/// `GetHealthCheckLastFailureReason`.
pub(super) fn last_failure(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let observed = observations(world, call, id, |healthy| {
        if healthy {
            "No failures in the last 14 days"
        } else {
            "Failure: Connection timed out. The endpoint or the internet connection is down, or requests are being blocked by your firewall."
        }
    })?;
    Ok(answer(call, [observed]))
}

fn observations(
    world: &World,
    call: &Call,
    id: &str,
    words: impl Fn(bool) -> &'static str,
) -> Result<Element, Fault> {
    let check = find(world, &call.account, id)?;
    if !check.config.has_endpoint() {
        return Err(faults::invalid_input(format!(
            "The status of health checks of type {} cannot be observed",
            check.config.check_type
        )));
    }
    let healthy = world
        .route53
        .account(&call.account)
        .and_then(|account| account.observed.get(id))
        .is_none_or(|health| *health == Health::Healthy);
    let regions: Vec<&str> = if check.config.regions.is_empty() {
        CHECKER_REGIONS.to_vec()
    } else {
        check.config.regions.iter().map(String::as_str).collect()
    };
    let observed = regions.into_iter().enumerate().map(|(index, region)| {
        Element::new("HealthCheckObservation")
            .text_child("Region", region)
            .text_child("IPAddress", format!("192.0.2.{}", index + 1))
            .child(
                Element::new("StatusReport")
                    .text_child("Status", words(healthy))
                    .text_child("CheckedTime", world.now_iso()),
            )
    });
    Ok(Element::new("HealthCheckObservations").children(observed))
}
