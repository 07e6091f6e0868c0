//! What a cluster's properties mean to the planner.

use bicoastal_model::schema::{
    Absent, Cost, Field, Joining, Made, OutputSpec, Risk, Schema, Shape, Takes, Tier,
};
use bicoastal_model::{Packed, ScopeKind};

use crate::rds::{SERVICE, rules};

/// A replacement of a cluster starts with empty storage.
const fn replaces(name: &'static str) -> Field {
    let mut field = Field::new(name).replaces();
    field.risk = Risk::DestroysData;
    field
}

const SCALING: &[Field] = &[
    Field::new("min"),
    Field::new("max"),
    Field::new("seconds_until_pause").absent(Absent::Anything),
];

const DOMAIN: &[Field] = &[Field::new("id"), Field::new("iam_role_name")];

const ROLE: &[Field] = &[Field::new("role"), Field::new("feature")];

pub(super) static SCHEMA: Schema = Schema {
    kind: "RDS:DBCluster",
    service: SERVICE,
    feature: "rds",
    scope: ScopeKind::Regional,
    tier: Tier::Data,
    fields: &[
        replaces("identifier").shape(Shape::CaseInsensitive),
        replaces("engine"),
        Field::new("engine_version").shape(Shape::VersionPrefix).disruptive(),
        Field::new("allow_major_version_upgrade").local(),
        // Where nothing is said any more it stays where it is: leaving would promote it.
        replaces("global_cluster").shape(Shape::CaseInsensitive).absent(Absent::Anything),
        Field::new("global_regions").shape(Shape::Set(&Shape::Plain)).local(),
        Field::new("initial_writer").create_only(),
        Field::new("restore_from").create_only(),
        Field::new("database_name").create_only(),
        Field::new("master_username").create_only(),
        Field::new("master_password").shape(Shape::Secret),
        Field::new("manage_master_password").absent(Absent::Bool(false)),
        Field::new("master_secret_key").absent(Absent::Anything),
        replaces("subnet_group").shape(Shape::CaseInsensitive).absent(Absent::Text("default")),
        Field::new("parameter_group").shape(Shape::CaseInsensitive),
        Field::new("security_group_ids").shape(Shape::Set(&Shape::Plain)).absent(Absent::Anything),
        Field::new("port").disruptive().absent(Absent::Anything),
        replaces("storage_encrypted").absent(Absent::Bool(false)),
        replaces("kms_key").absent(Absent::Anything),
        Field::new("storage_type").absent(Absent::Text("aurora")),
        replaces("availability_zones")
            .shape(Shape::AtLeast(&Shape::Plain))
            .absent(Absent::Anything),
        Field::new("backup_retention_days").absent(Absent::Int(1)),
        Field::new("backup_window").absent(Absent::Anything),
        Field::new("maintenance_window").shape(Shape::CaseInsensitive).absent(Absent::Anything),
        Field::new("deletion_protection").absent(Absent::Bool(false)),
        Field::new("copy_tags_to_snapshot").absent(Absent::Bool(false)),
        Field::new("iam_authentication").absent(Absent::Bool(false)),
        Field::new("http_endpoint").absent(Absent::Bool(false)),
        Field::new("cloudwatch_logs").shape(Shape::Set(&Shape::Plain)).absent(Absent::EmptyList),
        Field::new("serverless_scaling").shape(Shape::Object(SCALING)).absent(Absent::Anything),
        Field::new("global_write_forwarding").absent(Absent::Bool(false)),
        Field::new("local_write_forwarding").absent(Absent::Bool(false)),
        Field::new("backtrack_window_seconds").absent(Absent::Int(0)),
        Field::new("network_type").disruptive().absent(Absent::Text("IPV4")),
        Field::new("monitoring_interval").absent(Absent::Int(0)),
        Field::new("monitoring_role"),
        Field::new("performance_insights").absent(Absent::Bool(false)),
        Field::new("performance_insights_retention_days").absent(Absent::Anything),
        Field::new("performance_insights_key").absent(Absent::Anything),
        Field::new("database_insights").absent(Absent::Text("standard")),
        Field::new("domain").shape(Shape::Object(DOMAIN)),
        Field::new("lifecycle_support").create_only(),
        Field::new("roles").shape(Shape::OwnedSet(&Shape::Object(ROLE))),
        Field::new("wait_for_maintenance_window").local(),
        Field::new("final_snapshot").delete_option(),
        Field::new("delete_automated_backups").delete_option(),
        Field::tags(),
    ],
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::property("identifier"),
        OutputSpec::assigned("endpoint"),
        OutputSpec::assigned("reader_endpoint"),
        OutputSpec::assigned("hosted_zone_id"),
        OutputSpec::changes_with("port", &["port"]),
        OutputSpec::changes_with("master_secret_arn", &["manage_master_password"]),
        OutputSpec::assigned("db_cluster_resource_id"),
    ],
    identity: &["identifier"],
    delete_risk: Risk::DestroysData,
    guard: Some("deletion_protection"),
    cost: Cost { create: 2, update: 2, delete: 3 },
    takes: Takes { create: 300, update: 60, delete: 300 },
    joins: Some(joins),
    check_stack: Some(rules::check),
    ..Schema::BASE
};

/// A cluster joins a global database when an instance of the first member writes and no other
/// cluster is being made in it.
fn joins(own: usize, made: &[Made<'_>]) -> Option<Joining> {
    let first = |props: &Packed| props["initial_writer"].as_bool() == Some(true);
    let props = made.get(own).map(|it| it.props).filter(|props| !first(props))?;
    let global = props.get("global_cluster").filter(|it| !it.is_null())?;
    let is_member =
        |it: &Made<'_>| it.kind == SCHEMA.kind && it.props.get("global_cluster") == Some(global);
    let writer = made.iter().find(|it| is_member(it) && first(it.props));
    let writer = writer.and_then(|it| it.props.get("identifier"));
    let after = made.iter().enumerate().filter(|&(at, it)| match is_member(it) {
        true => at < own || first(it.props),
        false => writer.is_some() && it.props.get("cluster") == writer,
    });
    Some(Joining { after: after.map(|(at, _)| at).collect(), takes: 900 })
}

#[cfg(test)]
mod tests {
    use bicoastal_model::value::json;

    use super::*;

    #[test]
    fn a_secondary_joins_when_the_first_one_is_written() {
        let cluster = |name: &str, global: &str, first: Option<bool>| {
            let props =
                json!({"identifier": name, "global_cluster": global, "initial_writer": first});
            ("RDS:DBCluster", Packed::from(props))
        };
        let instance = |of: &str| ("RDS:DBInstance", Packed::from(json!({"cluster": of})));
        let all = [
            cluster("first", "app", Some(true)),
            instance("first"),
            cluster("second", "app", None),
            instance("second"),
            cluster("third", "app", Some(false)),
            cluster("other", "another", None),
            ("RDS:DBCluster", Packed::from(json!({"identifier": "alone"}))),
        ];
        let made: Vec<Made<'_>> = all.iter().map(|(kind, props)| Made { kind, props }).collect();
        let after = |own: usize| joins(own, &made).map(|it| it.after);
        assert_eq!(after(0), None);
        assert_eq!(after(2), Some(vec![0, 1]));
        // They come one by one.
        assert_eq!(after(4), Some(vec![0, 1, 2]));
        // Its first member is there already.
        assert_eq!(after(5), Some(vec![]));
        assert_eq!(after(6), None);
    }
}
