mod check;
mod snapshot;
mod step;

use bicoastal_model::{Place, Region, ResourceId, ScopeKind, Target};
use serde_json::{Value, json};

const HERE: Region = Region::UsEast1;
const THERE: Region = Region::ApSouth1;

fn place(regions: &[Region]) -> Place {
    let mut regions = regions.to_vec();
    regions.sort();
    Place { account: None, scope: ScopeKind::Spanning, regions }
}

/// The session table of the reference architecture, as the planner hands it over.
fn props(more: Value) -> Value {
    let mut props = json!({
        "name": "user-sessions",
        "partition_key": { "name": "session_id", "type": "S" },
        "billing": { "mode": "on_demand" },
        "stream": "new_and_old_images",
        "regions": ["ap-south-1", "us-east-1"],
    });
    for (key, value) in more.as_object().unwrap() {
        props[key] = value.clone();
    }
    props
}

fn target(props: &Value) -> Target {
    Target {
        id: ResourceId::new("sessions"),
        kind: "DynamoDB:Table".into(),
        place: place(&[HERE, THERE]),
        incarnation: 1,
        token: "bc-test-1".into(),
        physical: None,
        props: props.clone().into(),
        tags: [("bicoastal:lineage", "one"), ("bicoastal:resource", "sessions")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
    }
}
