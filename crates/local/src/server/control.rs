//! What a served cloud offers beside AWS, under `/_bicoastal/`. Parameters are in the query
//! string, answers are JSON; a wrong request is answered 400 with `{"error": …}`.
//!
//! | request | what it does |
//! |---|---|
//! | `GET now` | `{"now_ms": …}`, the virtual time in milliseconds since 1970 |
//! | `POST sleep?ms=N` | answers when N virtual milliseconds have passed. While every client waits here, the time jumps to the earliest deadline, so that nobody waits for real |
//! | `POST advance?ms=N` | lets N virtual milliseconds pass at once |
//! | `POST duration?name=dynamodb.table.create&ms=N` | says how long something takes |
//! | `GET calls` | the log, an array of [`crate::CallRecord`] |
//! | `GET fault` | the rules in force, an array of [`crate::faults::Standing`] |
//! | `POST fault`, a [`Rule`] as the body | puts a rule in force; `{"id": …}`. `{"effect": "throttle", "service": "route53", "times": 3}` |
//! | `DELETE fault`, `DELETE fault?id=N` | takes all rules, or one, out of force |
//! | `POST held` | answers when a rule holds a call ([`crate::Cloud::until_held`]): the moment to kill the client |
//! | `POST region?name=us-east-1&gone=true` | loses a region, or (`gone=false`) has it back |
//! | `GET world` | everything that exists |

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use super::flow::Flow;
use crate::call::Request;
use crate::faults::Rule;
use crate::reply::Reply;

type Answer = Result<Value, String>;

pub(super) async fn handle(flow: &Flow, endpoint: &str, request: &Request) -> Reply {
    let cloud = flow.cloud();
    let answer = match (request.method.as_str(), endpoint) {
        ("GET", "now") => now(flow),
        ("GET", "calls") => to_json(&cloud.calls()),
        ("GET", "fault") => to_json(&cloud.faults().standing()),
        ("GET", "world") => to_json(&cloud.core().world),
        ("POST", "sleep") => match number(request, "ms") {
            Ok(ms) => {
                flow.sleep(Duration::from_millis(ms)).await;
                now(flow)
            }
            Err(error) => Err(error),
        },
        ("POST", "held") => {
            cloud.until_held().await;
            now(flow)
        }
        ("POST", "advance") => number(request, "ms").and_then(|ms| {
            cloud.advance(i64::try_from(ms).unwrap_or(i64::MAX));
            now(flow)
        }),
        ("POST", "duration") => set_duration(flow, request),
        ("POST", "fault") => add_fault(flow, request),
        ("DELETE", "fault") => remove_fault(flow, request),
        ("POST", "region") => lose_region(flow, request),
        (method, _) => {
            let error = format!("there is no {method} /_bicoastal/{endpoint}");
            return reply(404, &json!({ "error": error }));
        }
    };
    match answer {
        Ok(value) => reply(200, &value),
        Err(error) => reply(400, &json!({ "error": error })),
    }
}

fn reply(status: u16, value: &Value) -> Reply {
    Reply {
        status,
        headers: vec![("content-type".into(), "application/json".into())],
        body: value.to_string().into_bytes(),
    }
}

fn to_json(value: &impl Serialize) -> Answer {
    serde_json::to_value(value).map_err(|error| error.to_string())
}

fn now(flow: &Flow) -> Answer {
    Ok(json!({ "now_ms": flow.cloud().now() }))
}

fn parameter<'a>(request: &'a Request, name: &str) -> Result<&'a str, String> {
    request.query(name).ok_or_else(|| format!("the parameter {name} is missing"))
}

fn number(request: &Request, name: &str) -> Result<u64, String> {
    let text = parameter(request, name)?;
    text.parse().map_err(|_| format!("{name}={text} is not a whole number"))
}

fn set_duration(flow: &Flow, request: &Request) -> Answer {
    let ms = number(request, "ms")?;
    flow.cloud().set_duration(parameter(request, "name")?, Duration::from_millis(ms));
    Ok(json!({}))
}

fn add_fault(flow: &Flow, request: &Request) -> Answer {
    let rule: Rule =
        serde_json::from_slice(&request.body).map_err(|error| format!("not a rule: {error}"))?;
    Ok(json!({ "id": flow.cloud().faults().add(rule) }))
}

fn remove_fault(flow: &Flow, request: &Request) -> Answer {
    if request.has_query("id") {
        let id = number(request, "id")?;
        if !flow.cloud().faults().remove(id) {
            return Err(format!("there is no rule {id}"));
        }
    } else {
        flow.cloud().faults().clear();
    }
    Ok(json!({}))
}

fn lose_region(flow: &Flow, request: &Request) -> Answer {
    let name = parameter(request, "name")?;
    match parameter(request, "gone")? {
        "true" => flow.cloud().faults().region_gone(name),
        "false" => flow.cloud().faults().region_back(name),
        other => return Err(format!("gone={other} is neither true nor false")),
    }
    Ok(json!({}))
}
