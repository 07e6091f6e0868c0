//! What a health check needs next, and how it is done.

use std::collections::BTreeMap;

use aws_sdk_route53::types as sdk;
use bicoastal_model::{Deletes, Input, OpError, Region, Snapshot, Target};
use serde_json::Value;

use super::{HealthCheck, read};
use crate::cx::{Cx, GLOBAL};
use crate::kind::{Kind, Listed, Next, Turn, TurnGoal};
use crate::route53::tags::{self, TagChange};
use crate::route53::{failed, listed, unbuilt};

/// A call on a health check.
#[derive(Clone, Debug, PartialEq)]
pub enum Call {
    Create(Box<HealthCheck>),
    Tag { id: String, change: TagChange },
    Update(Box<Update>),
    Delete { id: String },
}

/// A change of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    id: String,
    /// What was seen: somebody else's edit in between is not overwritten.
    version: Option<i64>,
    wanted: HealthCheck,
    /// The fields that are sent.
    set: Vec<&'static str>,
    /// What is unset, in AWS's words.
    reset: Vec<&'static str>,
}

/// Fields that an update can set; the others need another check.
const SETTABLE: &[&str] = &[
    "ip_address",
    "host",
    "port",
    "path",
    "search",
    "failure_threshold",
    "enable_sni",
    "checker_regions",
    "children",
    "healthy_children",
    "alarm",
    "insufficient_data",
    "inverted",
    "disabled",
];

impl Kind for HealthCheck {
    type Call = Call;

    async fn listed(cx: &Cx, _region: Region) -> Result<Vec<Listed>, OpError> {
        listed::health_checks(cx).await
    }

    async fn read<'a>(cx: &'a Cx, target: &'a Target) -> Result<Option<Snapshot>, OpError> {
        read::read(cx, target).await
    }

    /// By its token.
    fn refuses_twins(target: &Target) -> bool {
        !target.token.is_empty()
    }

    fn after(turn: &Turn<'_, Self>, call: &Call) -> Option<Snapshot> {
        match call {
            Call::Tag { change, .. } => tags::after(turn, change),
            Call::Create(_) | Call::Update(_) | Call::Delete { .. } => None,
        }
    }

    fn step(turn: &Turn<'_, Self>) -> Next<Call> {
        match (&turn.goal, turn.seen) {
            (TurnGoal::Present { wanted, .. }, None) => Next::Call(Call::Create(wanted.clone())),
            (TurnGoal::Present { wanted, .. }, Some(seen)) => present(turn, wanted, seen),
            (TurnGoal::Absent { .. }, None) => Next::Done,
            (TurnGoal::Absent { .. }, Some(seen)) => {
                Next::Call(Call::Delete { id: seen.physical.clone() })
            }
        }
    }

    async fn call<'a>(
        cx: &'a Cx,
        target: &'a Target,
        call: &'a Call,
    ) -> Result<Option<String>, OpError> {
        match call {
            Call::Create(wanted) => return create(cx, target, wanted).await,
            Call::Tag { id, change } => {
                tags::write(cx, sdk::TagResourceType::Healthcheck, id, change).await?;
            }
            Call::Update(update) => send(cx, update).await?,
            Call::Delete { id } => {
                let deleted =
                    cx.route53_write(GLOBAL).delete_health_check().health_check_id(id).send().await;
                if let Err(error) = deleted
                    && !error.as_service_error().is_some_and(|it| it.is_no_such_health_check())
                {
                    return Err(failed("DeleteHealthCheck", error));
                }
            }
        }
        Ok(None)
    }

    fn deletes(call: &Call) -> Deletes {
        Deletes::whole(matches!(call, Call::Delete { .. }))
    }

    fn name(call: &Call) -> &'static str {
        match call {
            Call::Create(_) => "CreateHealthCheck",
            Call::Tag { .. } => "ChangeTagsForResource",
            Call::Update(_) => "UpdateHealthCheck",
            Call::Delete { .. } => "DeleteHealthCheck",
        }
    }
}

fn present(turn: &Turn<'_, HealthCheck>, wanted: &HealthCheck, seen: &Snapshot) -> Next<Call> {
    // First of all the marks that say whose it is: they are not part of the create call.
    if let Some(change) = tags::change(turn) {
        return Next::Call(Call::Tag { id: seen.physical.clone(), change });
    }
    let (mut set, mut reset) = (Vec::new(), Vec::new());
    for &field in SETTABLE {
        if !turn.changed(field) {
            continue;
        }
        let unset = turn.changes(field).all(|change| change.after.is_null());
        let no_children = wanted.children.as_ref().is_some_and(Vec::is_empty);
        match field {
            "host" if unset => reset.push("FullyQualifiedDomainName"),
            "path" if unset => reset.push("ResourcePath"),
            "checker_regions" if unset => reset.push("Regions"),
            "children" if unset || no_children => reset.push("ChildHealthChecks"),
            field => set.push(field),
        }
    }
    if set.is_empty() && reset.is_empty() {
        return Next::Done;
    }
    Next::Call(Call::Update(Box::new(Update {
        id: seen.physical.clone(),
        version: seen.facts.get("version").and_then(Value::as_i64),
        wanted: wanted.clone(),
        set,
        reset,
    })))
}

fn regions(wanted: &HealthCheck) -> Option<Vec<sdk::HealthCheckRegion>> {
    let regions = wanted.checker_regions.as_ref()?;
    Some(regions.iter().map(|region| sdk::HealthCheckRegion::from(region.code())).collect())
}

fn children(wanted: &HealthCheck) -> Option<Vec<String>> {
    let children = wanted.children.as_ref()?;
    Some(children.iter().map(|child| child.as_str().to_owned()).collect())
}

fn alarm(call: &str, wanted: &HealthCheck) -> Result<Option<sdk::AlarmIdentifier>, OpError> {
    let Some(alarm) = &wanted.alarm else { return Ok(None) };
    sdk::AlarmIdentifier::builder()
        .region(sdk::CloudWatchRegion::from(alarm.region.code()))
        .name(&alarm.name)
        .build()
        .map(Some)
        .map_err(|error| unbuilt(call, error))
}

fn insufficient(wanted: &HealthCheck) -> Option<sdk::InsufficientDataHealthStatus> {
    wanted.insufficient_data.map(|it| sdk::InsufficientDataHealthStatus::from(it.as_str()))
}

fn number(value: Option<u32>) -> Option<i32> {
    value.and_then(|value| i32::try_from(value).ok())
}

fn text(value: Option<&Input<String>>) -> Option<String> {
    value.map(|value| value.as_str().to_owned())
}

async fn create(cx: &Cx, target: &Target, wanted: &HealthCheck) -> Result<Option<String>, OpError> {
    const CALL: &str = "CreateHealthCheck";
    let config = sdk::HealthCheckConfig::builder()
        .r#type(sdk::HealthCheckType::from(wanted.check_type.as_str()))
        .set_ip_address(text(wanted.ip_address.as_ref()))
        .set_fully_qualified_domain_name(text(wanted.host.as_ref()))
        .set_port(wanted.port.map(i32::from))
        .set_resource_path(wanted.path.clone())
        .set_search_string(wanted.search.clone())
        .set_request_interval(number(wanted.interval.map(|it| it.seconds())))
        .set_failure_threshold(number(wanted.failure_threshold))
        .set_measure_latency(wanted.measure_latency)
        .set_enable_sni(wanted.enable_sni)
        .set_regions(regions(wanted))
        .set_child_health_checks(children(wanted))
        .set_health_threshold(number(wanted.healthy_children))
        .set_alarm_identifier(alarm(CALL, wanted)?)
        .set_insufficient_data_health_status(insufficient(wanted))
        .set_routing_control_arn(text(wanted.routing_control.as_ref()))
        .set_inverted(wanted.inverted)
        .set_disabled(wanted.disabled)
        .build()
        .map_err(|error| unbuilt(CALL, error))?;
    let made = cx
        .route53_write(GLOBAL)
        .create_health_check()
        .caller_reference(&target.token)
        .health_check_config(config)
        .send()
        .await
        .map_err(|error| failed(CALL, error))?;
    if let Some(check) = made.health_check() {
        cx.tell(read::snapshot(target, check, &BTreeMap::new()));
    }
    Ok(made.health_check().map(|check| check.id().to_owned()))
}

async fn send(cx: &Cx, update: &Update) -> Result<(), OpError> {
    const CALL: &str = "UpdateHealthCheck";
    let Update { wanted, set, reset, .. } = update;
    let sent = |field: &str| set.contains(&field);
    let reset: Vec<_> = reset.iter().map(|name| sdk::ResettableElementName::from(*name)).collect();
    cx.route53_write(GLOBAL)
        .update_health_check()
        .health_check_id(&update.id)
        .set_health_check_version(update.version)
        .set_ip_address(text(wanted.ip_address.as_ref()).filter(|_| sent("ip_address")))
        .set_fully_qualified_domain_name(text(wanted.host.as_ref()).filter(|_| sent("host")))
        .set_port(wanted.port.map(i32::from).filter(|_| sent("port")))
        .set_resource_path(wanted.path.clone().filter(|_| sent("path")))
        .set_search_string(wanted.search.clone().filter(|_| sent("search")))
        // What goes back to AWS's own value has to be said: it can't be reset.
        .set_failure_threshold(
            sent("failure_threshold").then(|| number(wanted.failure_threshold).unwrap_or(3)),
        )
        .set_enable_sni(sent("enable_sni").then(|| wanted.enable_sni.unwrap_or(true)))
        .set_regions(regions(wanted).filter(|_| sent("checker_regions")))
        .set_child_health_checks(children(wanted).filter(|_| sent("children")))
        .set_health_threshold(number(wanted.healthy_children).filter(|_| sent("healthy_children")))
        .set_alarm_identifier(alarm(CALL, wanted)?.filter(|_| sent("alarm")))
        .set_insufficient_data_health_status(
            insufficient(wanted).filter(|_| sent("insufficient_data")),
        )
        .set_inverted(sent("inverted").then(|| wanted.inverted.unwrap_or(false)))
        .set_disabled(sent("disabled").then(|| wanted.disabled.unwrap_or(false)))
        .set_reset_elements((!reset.is_empty()).then_some(reset))
        .send()
        .await
        .map_err(|error| failed(CALL, error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use bicoastal_model::{Goal, Ownership, Place, ResourceId, ScopeKind, Status};
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(wanted: Option<Value>, applied: Option<Value>, seen: Option<Value>, expected: Expect) {
        let target = Target {
            id: ResourceId::new("alive"),
            kind: "Route53:HealthCheck".into(),
            place: Place { account: None, scope: ScopeKind::Global, regions: Vec::new() },
            incarnation: 1,
            token: "t".into(),
            physical: None,
            props: json!({}).into(),
            tags: BTreeMap::new(),
        };
        let seen = seen.map(|props| Snapshot {
            physical: "hc-1".into(),
            props,
            outputs: BTreeMap::new(),
            status: Status::Ready,
            ownership: Ownership::Ours,
            children: Vec::new(),
            facts: BTreeMap::from([("version".to_owned(), json!(7))]),
        });
        let goal = match wanted {
            Some(wanted) => Goal::Present { wanted, applied },
            None => Goal::Absent { applied: applied.unwrap_or(Value::Null), lift_guards: false },
        };
        let turn = Turn::<HealthCheck>::new(&target, &goal, seen.as_ref()).unwrap();
        let shown = match HealthCheck::step(&turn) {
            Next::Call(Call::Update(update)) => {
                let Update { version, set, reset, .. } = *update;
                format!("update {version:?}: set {set:?} reset {reset:?}")
            }
            Next::Call(Call::Tag { change, .. }) => format!("{change:?}"),
            Next::Call(call) => HealthCheck::name(&call).to_owned(),
            Next::Done => "done".to_owned(),
            other => format!("{other:?}"),
        };
        expected.assert_eq(&shown);
    }

    fn with(mut props: Value, more: Value) -> Value {
        for (name, value) in more.as_object().unwrap() {
            props[name] = value.clone();
        }
        props
    }

    fn https(more: Value) -> Value {
        with(json!({"type": "HTTPS", "host": "a.example.com", "port": 443}), more)
    }

    /// As AWS answers: with every default.
    fn as_seen(more: Value) -> Value {
        let defaults = json!({
            "by_address": false, "interval": 30, "failure_threshold": 3, "measure_latency": false,
            "enable_sni": true, "inverted": false, "disabled": false, "tags": {},
        });
        with(https(defaults), more)
    }

    #[test]
    fn it_is_made_marked_and_left_alone() {
        let wanted = https(json!({"tags": {"a": "1"}}));
        check(Some(wanted.clone()), None, None, expect!["CreateHealthCheck"]);
        check(
            Some(wanted.clone()),
            None,
            Some(as_seen(json!({}))),
            expect![[r#"TagChange { add: [("a", "1")], remove: [] }"#]],
        );
        let tagged = as_seen(json!({"tags": {"a": "1", "theirs": "x"}}));
        check(Some(wanted), None, Some(tagged), expect!["done"]);
    }

    #[test]
    fn only_what_differs_is_sent_with_the_version_seen() {
        let applied = https(json!({"path": "/a", "failure_threshold": 2}));
        let seen = as_seen(json!({"path": "/a", "failure_threshold": 2}));
        check(
            Some(https(json!({"path": "/b", "failure_threshold": 2}))),
            Some(applied.clone()),
            Some(seen.clone()),
            expect![[r#"update Some(7): set ["path"] reset []"#]],
        );
        check(
            Some(https(json!({}))),
            Some(applied),
            Some(seen),
            expect![[r#"update Some(7): set ["failure_threshold"] reset ["ResourcePath"]"#]],
        );
    }

    #[test]
    fn what_was_never_mentioned_is_left_alone() {
        let seen = as_seen(json!({"inverted": true, "path": "/theirs"}));
        check(Some(https(json!({}))), Some(https(json!({}))), Some(seen), expect!["done"]);
    }

    #[test]
    fn it_is_deleted_once() {
        check(None, None, Some(as_seen(json!({}))), expect!["DeleteHealthCheck"]);
        check(None, None, None, expect!["done"]);
    }
}
