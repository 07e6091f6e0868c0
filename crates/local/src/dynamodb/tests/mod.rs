//! The service at its handler: answers, refusals, and states as time moves.

mod global;
mod items;
mod replication;
mod settings;
mod tables;

use serde_json::{Value, json};

use super::handle;
use crate::call::{Call, Request, Service};
use crate::world::{DEFAULT_ACCOUNT, World};

const HERE: &str = "us-east-1";
const THERE: &str = "ap-south-1";

/// One call in a region: the answer, or `Code: message`.
fn call(world: &mut World, region: &str, operation: &str, body: Value) -> Result<Value, String> {
    world.settle();
    let call = Call {
        account: DEFAULT_ACCOUNT.into(),
        region: region.into(),
        service: Service::DynamoDb,
        operation: operation.into(),
        request: Request { body: body.to_string().into_bytes().into(), ..Request::default() },
    };
    match handle(world, &call) {
        Ok(reply) if reply.body.is_empty() => Ok(Value::Null),
        Ok(reply) => Ok(serde_json::from_slice(&reply.body).unwrap()),
        Err(fault) => Err(format!("{}: {}", fault.code, fault.message)),
    }
}

/// A call that must be answered.
#[track_caller]
fn ok(world: &mut World, region: &str, operation: &str, body: Value) -> Value {
    call(world, region, operation, body).unwrap()
}

/// The code of a refusal, or `ok`.
fn code(world: &mut World, region: &str, operation: &str, body: Value) -> String {
    match call(world, region, operation, body) {
        Ok(_) => "ok".into(),
        Err(refusal) => refusal.split(':').next().unwrap_or_default().to_owned(),
    }
}

/// Lets seconds pass.
fn pass(world: &mut World, seconds: i64) {
    world.now_ms += seconds * 1000;
    world.settle();
}

/// A small on-demand table with a stream.
fn sessions() -> Value {
    json!({
        "TableName": "sessions",
        "AttributeDefinitions": [{ "AttributeName": "id", "AttributeType": "S" }],
        "KeySchema": [{ "AttributeName": "id", "KeyType": "HASH" }],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": { "StreamEnabled": true, "StreamViewType": "NEW_AND_OLD_IMAGES" },
    })
}

fn with(mut base: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        base[key] = value.clone();
    }
    base
}

fn update(more: Value) -> Value {
    with(json!({ "TableName": "sessions" }), more)
}

fn table(world: &mut World, region: &str) -> Value {
    ok(world, region, "DescribeTable", json!({ "TableName": "sessions" }))["Table"].clone()
}

fn create_replica(region: &str) -> Value {
    update(json!({ "ReplicaUpdates": [{ "Create": { "RegionName": region } }] }))
}

fn delete_replica(region: &str) -> Value {
    update(json!({ "ReplicaUpdates": [{ "Delete": { "RegionName": region } }] }))
}

/// The table, made and active.
fn world() -> World {
    let mut world = World::default();
    ok(&mut world, HERE, "CreateTable", sessions());
    pass(&mut world, 60);
    world
}

/// The table with an active replica.
fn pair() -> World {
    let mut world = world();
    ok(&mut world, HERE, "UpdateTable", create_replica(THERE));
    pass(&mut world, 600);
    world
}

/// `region table-status [peer status …]`, as one region sees it.
fn view(world: &mut World, region: &str) -> String {
    let table = match call(world, region, "DescribeTable", json!({ "TableName": "sessions" })) {
        Ok(answer) => answer["Table"].clone(),
        Err(refusal) => {
            return format!("{region} {}", refusal.split(':').next().unwrap_or_default());
        }
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let peers: Vec<String> = table["Replicas"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|peer| format!("{} {}", text(&peer["RegionName"]), text(&peer["ReplicaStatus"])))
        .collect();
    format!("{region} {} [{}]", text(&table["TableStatus"]), peers.join(", "))
}
