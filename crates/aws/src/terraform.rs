//! What the types of Terraform's AWS provider are here, and what their things are known by.

use bicoastal_model::schema::Schema;
use bicoastal_model::{Found, Place, Region, ScopeKind, TerraformInstance, Translated};
use serde_json::{Map, Value, json};

/// Types whose things are properties of another thing here.
const PARTS: &[(&str, &str)] = &[
    ("aws_dynamodb_contributor_insights", "DynamoDB:Table"),
    ("aws_dynamodb_kinesis_streaming_destination", "DynamoDB:Table"),
    ("aws_dynamodb_table_replica", "DynamoDB:Table"),
    ("aws_dynamodb_resource_policy", "DynamoDB:Table"),
    ("aws_dynamodb_tag", "DynamoDB:Table"),
    ("aws_iam_role_policy", "IAM:Role"),
    ("aws_iam_role_policies_exclusive", "IAM:Role"),
    ("aws_iam_role_policy_attachment", "IAM:Role"),
    ("aws_iam_role_policy_attachments_exclusive", "IAM:Role"),
    ("aws_lb_listener_certificate", "ELBv2:Listener"),
    ("aws_rds_cluster_role_association", "RDS:DBCluster"),
    ("aws_route53_cidr_location", "Route53:CidrCollection"),
    ("aws_route53_hosted_zone_dnssec", "Route53:HostedZone"),
    ("aws_route53_key_signing_key", "Route53:HostedZone"),
    ("aws_route53_query_log", "Route53:HostedZone"),
    ("aws_route53_zone_association", "Route53:HostedZone"),
    ("aws_s3_bucket_accelerate_configuration", "S3:Bucket"),
    ("aws_s3_bucket_acl", "S3:Bucket"),
    ("aws_s3_bucket_analytics_configuration", "S3:Bucket"),
    ("aws_s3_bucket_cors_configuration", "S3:Bucket"),
    ("aws_s3_bucket_intelligent_tiering_configuration", "S3:Bucket"),
    ("aws_s3_bucket_inventory", "S3:Bucket"),
    ("aws_s3_bucket_lifecycle_configuration", "S3:Bucket"),
    ("aws_s3_bucket_logging", "S3:Bucket"),
    ("aws_s3_bucket_metric", "S3:Bucket"),
    ("aws_s3_bucket_notification", "S3:Bucket"),
    ("aws_s3_bucket_object_lock_configuration", "S3:Bucket"),
    ("aws_s3_bucket_ownership_controls", "S3:Bucket"),
    ("aws_s3_bucket_policy", "S3:Bucket"),
    ("aws_s3_bucket_public_access_block", "S3:Bucket"),
    ("aws_s3_bucket_request_payment_configuration", "S3:Bucket"),
    ("aws_s3_bucket_server_side_encryption_configuration", "S3:Bucket"),
    ("aws_s3_bucket_versioning", "S3:Bucket"),
    ("aws_s3_bucket_website_configuration", "S3:Bucket"),
];

/// One type: our kind, the attribute that is our physical id, and the attributes of the natural key.
struct Type {
    name: &'static str,
    kind: &'static str,
    physical: &'static str,
    key: &'static [(&'static str, &'static str)],
}

const TYPES: &[Type] = &[
    Type {
        name: "aws_route53_zone",
        kind: "Route53:HostedZone",
        physical: "zone_id",
        key: &[("name", "name")],
    },
    Type {
        name: "aws_route53_record",
        kind: "Route53:RecordSet",
        physical: "",
        key: &[
            ("zone_id", "zone_id"),
            ("fqdn", "name"),
            ("type", "type"),
            ("set_identifier", "set_identifier"),
        ],
    },
    Type {
        name: "aws_route53_health_check",
        kind: "Route53:HealthCheck",
        physical: "id",
        key: &[
            ("type", "type"),
            ("fqdn", "host"),
            ("ip_address", "ip_address"),
            ("port", "port"),
            ("resource_path", "path"),
            ("search_string", "search"),
            ("routing_control_arn", "routing_control"),
        ],
    },
    Type { name: "aws_dynamodb_table", kind: "DynamoDB:Table", physical: "name", key: NAME },
    Type {
        name: "aws_rds_global_cluster",
        kind: "RDS:GlobalCluster",
        physical: "global_cluster_identifier",
        key: &[("global_cluster_identifier", "identifier")],
    },
    Type {
        name: "aws_rds_cluster",
        kind: "RDS:DBCluster",
        physical: "cluster_identifier",
        key: &[("cluster_identifier", "identifier")],
    },
    Type {
        name: "aws_rds_cluster_instance",
        kind: "RDS:DBInstance",
        physical: "identifier",
        key: &[("identifier", "identifier")],
    },
    Type { name: "aws_db_subnet_group", kind: "RDS:DBSubnetGroup", physical: "name", key: NAME },
    Type {
        name: "aws_rds_cluster_parameter_group",
        kind: "RDS:DBClusterParameterGroup",
        physical: "name",
        key: NAME,
    },
    Type {
        name: "aws_s3_bucket",
        kind: "S3:Bucket",
        physical: "bucket",
        key: &[("bucket", "name")],
    },
    Type {
        name: "aws_s3_bucket_replication_configuration",
        kind: "S3:ReplicationConfiguration",
        physical: "bucket",
        key: &[("bucket", "bucket")],
    },
    Type { name: "aws_iam_role", kind: "IAM:Role", physical: "name", key: NAME },
    Type { name: "aws_iam_policy", kind: "IAM:Policy", physical: "arn", key: NAME },
    Type { name: "aws_lb", kind: "ELBv2:LoadBalancer", physical: "arn", key: NAME },
    Type { name: "aws_alb", kind: "ELBv2:LoadBalancer", physical: "arn", key: NAME },
    Type { name: "aws_lb_target_group", kind: "ELBv2:TargetGroup", physical: "arn", key: NAME },
    Type { name: "aws_alb_target_group", kind: "ELBv2:TargetGroup", physical: "arn", key: NAME },
    Type { name: "aws_lb_listener", kind: "ELBv2:Listener", physical: "arn", key: LISTENER },
    Type { name: "aws_alb_listener", kind: "ELBv2:Listener", physical: "arn", key: LISTENER },
    Type { name: "aws_lb_listener_rule", kind: "ELBv2:ListenerRule", physical: "arn", key: RULE },
    Type { name: "aws_alb_listener_rule", kind: "ELBv2:ListenerRule", physical: "arn", key: RULE },
    Type {
        name: "aws_route53_cidr_collection",
        kind: "Route53:CidrCollection",
        physical: "id",
        key: NAME,
    },
];

const NAME: &[(&str, &str)] = &[("name", "name")];
const RULE: &[(&str, &str)] = &[("listener_arn", "listener"), ("priority", "priority")];
const LISTENER: &[(&str, &str)] = &[("load_balancer_arn", "load_balancer"), ("port", "port")];

/// What a thing of a Terraform state is here. `schema` answers the kinds that are compiled in.
pub(crate) fn translate(
    instance: &TerraformInstance,
    schema: impl Fn(&str) -> Option<&'static Schema>,
) -> Translated {
    if let Some((_, kind)) = PARTS.iter().find(|(name, _)| *name == instance.resource_type) {
        return Translated::Part(kind);
    }
    let Some(known) = TYPES.iter().find(|it| it.name == instance.resource_type) else {
        return Translated::Unknown;
    };
    let Some(schema) = schema(known.kind) else { return Translated::Unknown };
    let attribute = |name: &str| instance.attributes.get(name).filter(|value| !is_unset(value));
    let physical = match known.physical {
        "" => Some(String::new()),
        name => attribute(name).and_then(Value::as_str).map(str::to_owned),
    };
    let Some(physical) = physical else { return Translated::Unknown };
    let mut identity: Map<String, Value> = Map::new();
    for (theirs, ours) in known.key {
        if let Some(value) = attribute(theirs) {
            identity.insert((*ours).to_owned(), value.clone());
        }
    }
    if known.kind == "Route53:HostedZone" {
        let vpcs = attribute("vpc").and_then(Value::as_array).is_some_and(|it| !it.is_empty());
        identity.insert("private".to_owned(), json!(vpcs));
    }
    // Older providers keep the name as it was written, and no full one.
    if known.kind == "Route53:RecordSet"
        && !identity.contains_key("name")
        && let Some(name) = attribute("name")
    {
        identity.insert("name".to_owned(), name.clone());
    }
    let region = attribute("region").and_then(Value::as_str);
    let region = region.or_else(|| attribute("arn")?.as_str()?.split(':').nth(3));
    let region: Option<Region> = region.and_then(|it| it.parse().ok());
    let regions = match schema.scope {
        ScopeKind::Regional => region.into_iter().collect(),
        ScopeKind::Global | ScopeKind::Spanning => Vec::new(),
    };
    Translated::Thing(Box::new(Found {
        kind: known.kind.to_owned(),
        place: Place { account: None, scope: schema.scope, regions },
        physical,
        identity: Value::Object(identity),
        tags: std::collections::BTreeMap::new(),
        token: None,
    }))
}

/// What Terraform writes where nothing was set.
fn is_unset(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_can_be_made_has_a_type() {
        let known: Vec<&str> = TYPES.iter().map(|it| it.kind).collect();
        let registry = crate::registry();
        let missing: Vec<&str> =
            registry.schemas().map(|it| it.kind).filter(|kind| !known.contains(kind)).collect();
        // These are only looked up.
        assert_eq!(missing, ["ACM:Certificate", "KMS:Key", "STS:CallerIdentity"]);
    }

    #[test]
    fn natural_keys_are_whole() {
        for known in TYPES {
            let registry = crate::registry();
            let Some(schema) = registry.schemas().find(|it| it.kind == known.kind) else {
                continue;
            };
            for field in schema.identity {
                assert!(known.key.iter().any(|(_, ours)| ours == field), "{}: {field}", known.name);
            }
            for (_, ours) in known.key {
                assert!(schema.field(ours).is_some(), "{}: {ours}", known.name);
            }
        }
    }
}
