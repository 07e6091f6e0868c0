//! Programs in a few words.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::value::Ref;
use bicoastal_model::{Declared, Desired, Place, Region, Rollout, Schema, ScopeKind, SourceLine};
use serde_json::{Value, json};

use super::*;

pub fn desired(resources: impl IntoIterator<Item = Declared>) -> Desired {
    Desired {
        stack: "test".to_owned(),
        resources: resources.into_iter().map(|it| (it.id.clone(), it)).collect(),
        rollout: Rollout::OneRegionAtATime,
        rto: None,
        exports: Vec::new(),
        secrets: BTreeMap::new(),
        warnings: Vec::new(),
    }
}

/// The line of a declaration is its place in the list of letters of its id: stable, and different.
pub fn declared(id: &str, schema: &'static Schema, regions: &[Region], props: Value) -> Declared {
    let mut regions = regions.to_vec();
    regions.sort();
    let mut props = props;
    if schema.scope == ScopeKind::Spanning {
        props["regions"] = json!(regions);
    }
    Declared {
        id: id.into(),
        schema,
        place: Place { account: None, scope: schema.scope, regions },
        props: props.into(),
        lookup: false,
        after: BTreeSet::new(),
        protected: schema.protected,
        retained: false,
        adopt: None,
        ignored: BTreeSet::new(),
        renamed_from: None,
        patience: None,
        at: SourceLine { file: "main.rs".into(), line: 1 },
        sealed: Default::default(),
    }
}

pub fn global(id: &str, schema: &'static Schema, props: Value) -> Declared {
    declared(id, schema, &[], props)
}

pub fn regional(region: Region, name: &str, schema: &'static Schema, props: Value) -> Declared {
    declared(&format!("{region}/{name}"), schema, &[region], props)
}

pub fn output(id: impl Into<String>, attribute: &str) -> Value {
    let id: String = id.into();
    Ref { id: id.as_str().into(), attribute: attribute.into() }.marker()
}

/// The reference architecture in small: a role, a table, and per region a bucket that knows the
/// others' role, a front, a health check and a latency record.
pub fn serving(regions: &[Region]) -> Vec<Declared> {
    let mut all = vec![
        global("role", ROLE, json!({"name": "copy", "policy": "p"})),
        declared(
            "sessions",
            TABLE,
            regions,
            json!({"name": "sessions", "key": "id", "billing": "demand"}),
        ),
        global("zone", ZONE, json!({"domain": "example.com"})),
    ];
    for &region in regions {
        all.push(regional(
            region,
            "assets",
            BUCKET,
            json!({"name": format!("assets-{region}"), "versioned": true, "peer": output("role", "arn")}),
        ));
        all.push(regional(
            region,
            "front",
            FRONT,
            json!({"name": "front", "idle": 60, "scheme": "public", "bucket": output(format!("{region}/assets"), "name")}),
        ));
        all.push(global(
            &region.named("alive"),
            CHECK,
            json!({"host": output(format!("{region}/front"), "dns"), "path": "/up"}),
        ));
        all.push(global(
            &region.named("api"),
            RECORD,
            json!({
                "zone": output("zone", "id"), "name": "api.example.com", "type": "A",
                "set": region.code(), "alias": output(format!("{region}/front"), "dns"),
                "check": output(region.named("alive"), "id"),
            }),
        ));
    }
    all
}

/// The same program with one resource edited.
pub fn edit(
    mut program: Vec<Declared>,
    id: &str,
    change: impl FnOnce(&mut Declared),
) -> Vec<Declared> {
    let declared = program.iter_mut().find(|it| it.id.as_str() == id);
    change(declared.expect("it is declared"));
    program
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Holder {
    password: bicoastal_model::Secret,
}

bicoastal_model::handle! {
    /// Only there to take a secret out of a program.
    pub struct HolderHandle {
        /// Unused.
        name: String,
    }
}

impl bicoastal_model::Resource for Holder {
    type Scope = bicoastal_model::Regional;
    type Handle = HolderHandle;
    const SCHEMA: &'static Schema = CLUSTER;
}

/// A secret as a sealed program holds it.
pub fn clear(text: &str) -> bicoastal_model::stack::Clear {
    let mut stack = bicoastal_model::Stack::new("secrets");
    stack.region(Region::UsEast1).add("holder", Holder { password: text.into() });
    let sealed = stack.seal().expect("nothing is wrong");
    sealed.secrets.into_values().next().expect("one secret")
}
