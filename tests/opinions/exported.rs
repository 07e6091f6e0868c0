//! Another stack's outputs: what a thing of every kind can take from elsewhere comes from a stack of its
//! own, on the local cloud.

use std::collections::BTreeSet;

use bicoastal::{Desired, ResourceId};
use bicoastal_model::value;
use serde_json::Value;

use crate::cloud::Judge;
use crate::contract::{Case, output};
use crate::runs::Runs;

const ELSEWHERE: &str = "elsewhere";

/// Kinds and what of them is given in words by their cases although its type takes an output too:
/// each text in it comes from the other stack. What a case gives as an output does so in any case.
const TAKEN: &[(&str, &[&str])] = &[
    ("DynamoDB:Table", &["name"]),
    ("ELBv2:Listener", &["certificate"]),
    ("ELBv2:LoadBalancer", &["subnets", "subnet_mappings.subnet", "security_groups"]),
    ("ELBv2:TargetGroup", &["vpc"]),
    ("IAM:Policy", &["document.resource"]),
    ("IAM:Role", &["attached_policies", "permissions_boundary"]),
    ("RDS:DBCluster", &["identifier", "security_group_ids", "kms_key"]),
    ("RDS:DBInstance", &["identifier"]),
    ("RDS:DBSubnetGroup", &["subnet_ids"]),
    ("RDS:GlobalCluster", &["identifier"]),
    ("Route53:CidrCollection", &["name"]),
    ("S3:Bucket", &["name"]),
];

/// Kinds, and single cases, that take nothing from anything else, unless their case says otherwise: their properties are
/// plain words and numbers.
const TAKES_NOTHING: &[&str] = &[
    "RDS:DBClusterParameterGroup",
    "Route53:HealthCheck",
    "Route53:HostedZone",
    // It is in no network.
    "contract-function-target-group",
];

/// What it needs is made by one stack, and it by another, which reads the first one's exports.
pub async fn hold(case: &Case) {
    let opened = Judge::Local.open(case.name).expect("it needs nothing");
    let dir = tempfile::tempdir().expect("a temporary directory");
    let runs = Runs::new(opened.provider(), dir.path(), &opened);
    let (elsewhere, ours) = apart(case, case.desired(&opened.places));
    let kind = ours.resources[&case.subject.into()].schema.kind;
    if elsewhere.exports.is_empty() {
        let is_known = TAKES_NOTHING.contains(&kind) || TAKES_NOTHING.contains(&case.name);
        assert!(is_known, "{}: what does {kind} take?", case.name);
        return;
    }
    // Who reads from a stack that nobody ever applied is told.
    let early =
        runs.engine.plan(&ours, &Default::default()).await.expect_err("nothing is exported");
    assert!(early.to_string().contains(ELSEWHERE), "{}: {early}", case.name);
    runs.apply(&elsewhere).await;
    runs.apply(&ours).await;
    runs.assert_settled(&elsewhere, "beside what reads from it").await;
    runs.destroy(&ours).await;
    runs.assert_settled(&elsewhere, "when nothing reads from it any more").await;
    runs.destroy(&elsewhere).await;
}

/// The stack of what the subject needs, and that of the subject and what needs it.
fn apart(case: &Case, desired: Desired) -> (Desired, Desired) {
    let subject = ResourceId::from(case.subject);
    let mut kept = BTreeSet::from([subject.clone()]);
    loop {
        let more: Vec<ResourceId> = desired
            .resources
            .iter()
            .filter(|(id, it)| !kept.contains(*id) && it.edges().iter().any(|of| kept.contains(of)))
            .map(|(id, _)| id.clone())
            .collect();
        if more.is_empty() {
            break;
        }
        kept.extend(more);
    }
    let (mut elsewhere, mut ours) = (desired.clone(), desired);
    elsewhere.stack = ELSEWHERE.to_owned();
    elsewhere.resources.retain(|id, _| !kept.contains(id));
    elsewhere.secrets.retain(|(of, _), _| !kept.contains(of));
    ours.resources.retain(|id, _| kept.contains(id));
    ours.secrets.retain(|(of, _), _| kept.contains(of));
    let mut exports = Exports(Vec::new());
    for (id, declared) in &mut ours.resources {
        declared.after.retain(|id| kept.contains(id));
        let literal =
            TAKEN.iter().find(|(kind, _)| *id == subject && *kind == declared.schema.kind);
        declared.props.edit(|props| {
            value::rewrite(props, &mut |inner| {
                let it = value::as_ref(inner).filter(|it| !kept.contains(&it.id))?;
                Some(exports.instead_of(format!("{} of {}", it.attribute, it.id), inner))
            });
            for path in literal.iter().flat_map(|(_, paths)| *paths) {
                let parts: Vec<&str> = path.split('.').collect();
                exports.take(props, &parts, path);
            }
        });
    }
    elsewhere.exports = exports.0;
    (elsewhere, ours)
}

/// What the other stack shows: names and values.
struct Exports(Vec<(String, Value)>);

impl Exports {
    /// Exports the value, and says how the other stack refers to it.
    fn instead_of(&mut self, name: String, exported: &Value) -> Value {
        if self.0.iter().all(|(taken, _)| *taken != name) {
            self.0.push((name.clone(), exported.clone()));
        }
        output(&format!("stack:{ELSEWHERE}"), &name)
    }

    /// Every text under a path, whatever lists are on the way.
    fn take(&mut self, value: &mut Value, path: &[&str], name: &str) {
        match (&mut *value, path) {
            (Value::Array(items), path) => {
                for (at, item) in items.iter_mut().enumerate() {
                    self.take(item, path, &format!("{name} {at}"));
                }
            }
            (Value::Object(fields), [first, rest @ ..]) => {
                for (field, inner) in fields {
                    // A policy document has its statements in between, and its own capitals.
                    let is_it = field.eq_ignore_ascii_case(first);
                    if is_it {
                        self.take(inner, rest, name);
                    } else if field == "Statement" {
                        self.take(inner, path, name);
                    }
                }
            }
            (Value::String(_), []) => {
                let exported = value.clone();
                *value = self.instead_of(name.to_owned(), &exported);
            }
            _ => {}
        }
    }
}
