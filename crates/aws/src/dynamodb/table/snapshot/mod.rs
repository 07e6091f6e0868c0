//! From what AWS answers to what the program says: pure.

mod capacity;
mod own_apis;
mod props;
mod states;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::TableDescription;
use bicoastal_model::{Ownership, Snapshot, Target};
use serde_json::{Value, json};

use super::look::{Look, group};
use crate::ownership::ownership;

pub(super) use states::status;

/// The table as one thing.
pub(super) fn snapshot(target: &Target, look: &Look) -> Option<Snapshot> {
    let view = look.view()?;
    let facts = states::facts(look, view);
    let outputs = outputs(target, look, view);
    Some(Snapshot {
        physical: view.table_name().unwrap_or_default().to_owned(),
        props: props::props(target, look, view, &facts),
        outputs,
        status: states::status(look, view),
        ownership: whose(target, look),
        children: Vec::new(),
        facts: facts.into_map(),
    })
}

/// A replica that is just made bears no tags yet: one member's mark is enough.
pub(super) fn whose(target: &Target, look: &Look) -> Ownership {
    let mut whose = Ownership::Unmarked;
    for member in look.members.values() {
        match ownership(target, &member.tags) {
            Ownership::Ours => return Ownership::Ours,
            foreign @ Ownership::Foreign(_) => whose = foreign,
            Ownership::Unmarked => {}
        }
    }
    whose
}

fn outputs(target: &Target, look: &Look, view: &TableDescription) -> BTreeMap<String, Value> {
    let mut outputs = BTreeMap::from([("name".to_owned(), json!(view.table_name()))]);
    let mut first = true;
    for region in group(look.home, view) {
        let ours = target.place.regions.contains(&region);
        let arn = match look.members.get(&region) {
            Some(member) => member.description.table_arn(),
            None => view
                .replicas()
                .iter()
                .find(|replica| replica.region_name() == Some(region.code()))
                .and_then(|replica| replica.replica_arn()),
        };
        let stream = look.members.get(&region).and_then(|it| it.description.latest_stream_arn());
        if let Some(arn) = arn {
            outputs.insert(format!("arn.{region}"), json!(arn));
        }
        if let Some(stream) = stream {
            outputs.insert(format!("stream_arn.{region}"), json!(stream));
        }
        if ours && first {
            first = false;
            outputs.insert("arn".to_owned(), json!(arn));
            outputs.insert("stream_arn".to_owned(), json!(stream));
        }
    }
    outputs
}
