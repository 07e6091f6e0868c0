//! What a table's properties mean.

use bicoastal_model::schema::{Absent, Cost, Field, OutputSpec, Risk, Schema, Shape, Takes, Tier};
use bicoastal_model::{Desired, Diagnostic, ScopeKind};

use super::settings::RECOVERY_DAYS;

const PROJECTION: &[Field] = &[
    Field::new("type").absent(Absent::Text("all")),
    Field::new("attributes").shape(Shape::Set(&Shape::Plain)),
];

const CEILINGS: &[Field] = &[
    Field::new("max_read").absent(Absent::Int(-1)),
    Field::new("max_write").absent(Absent::Int(-1)),
];

const INDEX: &[Field] = &[
    Field::new("name"),
    Field::new("partition_key").shape(Shape::List(&Shape::Plain)).disruptive(),
    Field::new("sort_key").shape(Shape::List(&Shape::Plain)).absent(Absent::EmptyList).disruptive(),
    Field::new("projection").shape(Shape::Object(PROJECTION)).disruptive(),
    Field::new("read").absent(Absent::Anything),
    Field::new("write").absent(Absent::Anything),
    Field::new("on_demand_throughput").shape(Shape::Object(CEILINGS)),
];

const LOCAL_INDEX: &[Field] = &[
    Field::new("name"),
    Field::new("sort_key"),
    Field::new("projection").shape(Shape::Object(PROJECTION)),
];

const BILLING: &[Field] = &[
    Field::new("mode").absent(Absent::Text("provisioned")),
    Field::new("read").absent(Absent::Anything),
    Field::new("write").absent(Absent::Anything),
];

const WARM: &[Field] =
    &[Field::new("read").absent(Absent::Anything), Field::new("write").absent(Absent::Anything)];

const RECOVERY: &[Field] = &[
    Field::new("enabled").absent(Absent::Bool(false)),
    Field::new("recovery_period_days").absent(Absent::Int(RECOVERY_DAYS as i64)),
];

const ENCRYPTION: &[Field] = &[
    Field::new("key").absent(Absent::Text("aws_owned")),
    Field::new("keys").shape(Shape::OwnedMap),
];

const REPLICA_INDEX: &[Field] =
    &[Field::new("name"), Field::new("read"), Field::new("max_read").absent(Absent::Int(-1))];

const OVERRIDE: &[Field] = &[
    Field::new("region"),
    Field::new("table_class").absent(Absent::Text("standard")),
    Field::new("read"),
    Field::new("max_read").absent(Absent::Int(-1)),
    Field::new("indexes").shape(Shape::Keyed { key: "name", fields: REPLICA_INDEX }),
    Field::new("point_in_time_recovery").shape(Shape::Object(RECOVERY)),
    Field::new("deletion_protection").absent(Absent::Bool(false)),
    Field::new("tags").shape(Shape::OwnedMap),
];

const POLICY: &[Field] = &[Field::new("region"), Field::new("document").shape(Shape::Policy)];

const REPLICA_INSIGHTS: &[Field] = &[
    Field::new("region"),
    Field::new("table").absent(Absent::Text("off")),
    Field::new("indexes").shape(Shape::OwnedMap),
];

const INSIGHTS: &[Field] = &[
    Field::new("table").absent(Absent::Text("off")),
    Field::new("indexes").shape(Shape::OwnedMap),
    Field::new("replicas").shape(Shape::Keyed { key: "region", fields: REPLICA_INSIGHTS }),
];

const DESTINATION: &[Field] =
    &[Field::new("region"), Field::new("stream"), Field::new("precision").absent(Absent::Anything)];

const FIELDS: &[Field] = &[
    Field::regions(),
    Field::new("name").replaces(),
    Field::new("partition_key").replaces(),
    Field::new("sort_key").replaces(),
    Field::new("local_indexes")
        .shape(Shape::Set(&Shape::Object(LOCAL_INDEX)))
        .absent(Absent::EmptyList)
        .replaces(),
    Field::new("indexes").shape(Shape::Keyed { key: "name", fields: INDEX }),
    Field::new("billing").shape(Shape::Object(BILLING)),
    Field::new("on_demand_throughput").shape(Shape::Object(CEILINGS)),
    Field::new("warm_throughput").shape(Shape::Object(WARM)).absent(Absent::Anything),
    Field::new("stream"),
    Field::new("time_to_live"),
    Field::new("point_in_time_recovery").shape(Shape::Object(RECOVERY)),
    Field::new("encryption").shape(Shape::Object(ENCRYPTION)),
    Field::new("table_class").absent(Absent::Text("standard")),
    Field::new("deletion_protection").absent(Absent::Bool(false)),
    Field::new("resource_policies").shape(Shape::Keyed { key: "region", fields: POLICY }),
    Field::new("contributor_insights").shape(Shape::Object(INSIGHTS)),
    Field::new("kinesis_destinations").shape(Shape::Keyed { key: "region", fields: DESTINATION }),
    Field::new("replica_overrides").shape(Shape::Keyed { key: "region", fields: OVERRIDE }),
    Field::new("consistency").absent(Absent::Anything).replaces(),
    Field::new("writes").local(),
    Field::tags(),
];

pub(super) const SCHEMA: Schema = Schema {
    kind: "DynamoDB:Table",
    service: "dynamodb",
    feature: "dynamodb",
    scope: ScopeKind::Spanning,
    tier: Tier::Data,
    fields: FIELDS,
    outputs: &[
        OutputSpec::changes_with("arn", &["regions"]),
        OutputSpec::property("name"),
        OutputSpec::changes_with("stream_arn", &["regions", "stream"]),
    ],
    identity: &["name"],
    delete_risk: Risk::DestroysData,
    guard: Some("deletion_protection"),
    // The table, one replica, recovery and tags of the replica; more with more regions.
    cost: Cost { create: 6, update: 2, delete: 2 },
    takes: Takes { create: 330, update: 30, delete: 150 },
    check_stack: Some(check_stack),
    ..Schema::BASE
};

/// Two tables of one name in one account are one table with two owners.
fn check_stack(desired: &Desired) -> Vec<Diagnostic> {
    let tables: Vec<_> = desired
        .resources
        .values()
        .filter(|it| it.schema.kind == SCHEMA.kind && !it.lookup)
        .filter_map(|it| Some((it, it.props.get("name")?.as_str()?)))
        .collect();
    let mut found = Vec::new();
    for (at, (table, name)) in tables.iter().enumerate() {
        let same = tables[..at].iter().find(|(other, other_name)| {
            other_name == name && other.place.account == table.place.account
        });
        if let Some((first, _)) = same {
            found.push(
                Diagnostic::error(format!(
                    "is the second table named '{name}'; the first one is declared at {}",
                    first.at
                ))
                .of(&table.id)
                .at(&table.at)
                .hint("a table and all its replicas are one resource: declare it once, across its regions"),
            );
        }
    }
    found
}
