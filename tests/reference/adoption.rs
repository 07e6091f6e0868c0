//! What others made is taken over; and what a program may say about a resource holds for every
//! kind.

use std::collections::BTreeMap;

use bicoastal::model::value::{self, Value, json};
use bicoastal::plan::Action;
use bicoastal::runtime::ImportOptions;
use bicoastal::state::State;
use bicoastal::{FileStore, local_engine};
use expect_test::expect;

use crate::*;

/// As if somebody else had made everything: no tags of ours, no tokens of ours, no state.
async fn made_by_others(world: &mut World) {
    world.cloud.with_world(|world| {
        let mut all = serde_json::to_value(&*world).expect("it is data");
        strip(&mut all);
        *world = serde_json::from_value(all).expect("it is the same data but for marks");
    });
    // Buckets keep theirs as a document.
    for region in ["us-east-1", "ap-south-1"] {
        let tag = aws_sdk_s3::types::Tag::builder().key("Project").value("active-active").build();
        let tags = aws_sdk_s3::types::Tagging::builder().tag_set(tag.unwrap()).build().unwrap();
        let client = crate::others::s3(&world.cloud, region);
        let name = format!("naveenteja-assets-{region}");
        client.put_bucket_tagging().bucket(name).tagging(tags).send().await.unwrap();
    }
    std::fs::remove_dir_all(world.state_dir().join("test")).unwrap();
    world.engine = local_engine(&world.cloud, FileStore::new(world.state_dir()));
}

fn strip(value: &mut Value) {
    let is_key = |value: &Value| value.as_str().is_some_and(|it| it.starts_with("bicoastal:"));
    // A tag is a field, an object, or a pair, each service's own way.
    let is_mark = |value: &Value| match value {
        Value::Object(fields) => fields.values().any(is_key),
        Value::Array(pair) => pair.first().is_some_and(is_key),
        _ => false,
    };
    match value {
        Value::String(text) if text.starts_with("bc-") => {
            *text = text.replacen("bc-", "theirs-", 1)
        }
        Value::Array(items) => {
            items.retain(|item| !is_mark(item));
            items.iter_mut().for_each(strip);
        }
        Value::Object(fields) => {
            fields.retain(|name, _| !name.starts_with("bicoastal:"));
            fields.values_mut().for_each(strip);
        }
        _ => {}
    }
}

async fn state(world: &World) -> State {
    world.engine.state("test").await.unwrap().unwrap()
}

/// Nothing is left to do but to put our marks on what takes tags.
async fn only_marks_are_missing(world: &World, desired: &Desired) {
    let next = plan(world, desired).await;
    for change in &next.changes {
        let others = change.fields.iter().filter(|it| !it.path.starts_with("tags.bicoastal:"));
        let others: Vec<&str> = others.map(|it| it.path.as_str()).collect();
        assert_eq!((change.action, others), (Action::Update, Vec::new()), "{}", change.id);
    }
    let tagged = desired.resources.values().filter(|it| !it.lookup && it.schema.has_tags());
    assert_eq!(next.changes.len(), tagged.count());
}

#[tokio::test]
async fn each_thing_that_others_made_is_taken_over_by_name() {
    let mut world = applied(&two()).await;
    let desired = declared(&two());
    let named: BTreeMap<ResourceId, String> = state(&world)
        .await
        .entries
        .into_iter()
        .map(|(key, entry)| (key.id, entry.physical.unwrap()))
        .collect();
    made_by_others(&mut world).await;
    let clash = world.engine.plan(&desired, &PlanOptions::default()).await.unwrap_err();
    assert!(clash.to_string().contains("exists and is not of this stack"), "{clash}");

    let mark = world.cloud.calls().len();
    let options = ImportOptions { named, terraform: Vec::new() };
    let found = world.engine.import(&desired, options).await.unwrap();
    assert_eq!(found.rebuilt.left, []);
    assert!(found.rebuilt.absent.is_empty(), "{:?}", found.rebuilt.absent);
    world.engine.keep(found).await.unwrap();
    assert!(calls_since(&world, mark).is_empty());
    only_marks_are_missing(&world, &desired).await;
    world.apply_with(&desired, &PlanOptions::default()).await;
    assert_settled(&world, &desired).await;
}

/// The resources of a state, as Terraform would have kept them.
fn as_terraform(state: &State) -> Vec<bicoastal::model::TerraformInstance> {
    let one = |kind: &str, id: &str, physical: &str, applied: &Value, outputs: &Value| {
        let of = |field: &str| applied[field].clone();
        let (name, attributes) = match kind {
            "Route53:HostedZone" => {
                ("aws_route53_zone", json!({ "zone_id": physical, "name": of("name"), "vpc": [] }))
            }
            "Route53:RecordSet" => (
                "aws_route53_record",
                json!({
                    "zone_id": of("zone_id"), "fqdn": of("name"), "type": of("type"), "set_identifier": of("set_identifier"),
                }),
            ),
            "Route53:HealthCheck" => (
                "aws_route53_health_check",
                json!({
                    "id": physical, "type": of("type"), "fqdn": of("host"), "resource_path": of("path"), "port": 443, "ip_address": "",
                }),
            ),
            "DynamoDB:Table" => {
                ("aws_dynamodb_table", json!({ "name": of("name"), "arn": outputs["arn"] }))
            }
            "RDS:GlobalCluster" => {
                ("aws_rds_global_cluster", json!({ "global_cluster_identifier": of("identifier") }))
            }
            "RDS:DBCluster" => (
                "aws_rds_cluster",
                json!({ "cluster_identifier": of("identifier"), "arn": outputs["arn"] }),
            ),
            "RDS:DBInstance" => (
                "aws_rds_cluster_instance",
                json!({ "identifier": of("identifier"), "arn": outputs["arn"] }),
            ),
            "RDS:DBSubnetGroup" => {
                ("aws_db_subnet_group", json!({ "name": of("name"), "arn": outputs["arn"] }))
            }
            "RDS:DBClusterParameterGroup" => (
                "aws_rds_cluster_parameter_group",
                json!({ "name": of("name"), "arn": outputs["arn"] }),
            ),
            "S3:Bucket" => {
                ("aws_s3_bucket", json!({ "bucket": of("name"), "region": id.split('/').next() }))
            }
            "S3:ReplicationConfiguration" => {
                ("aws_s3_bucket_replication_configuration", json!({ "bucket": of("bucket") }))
            }
            "IAM:Role" => ("aws_iam_role", json!({ "name": of("name"), "arn": outputs["arn"] })),
            "ELBv2:LoadBalancer" => ("aws_lb", json!({ "name": of("name"), "arn": physical })),
            "ELBv2:TargetGroup" => {
                ("aws_lb_target_group", json!({ "name": of("name"), "arn": physical }))
            }
            "ELBv2:Listener" => (
                "aws_lb_listener",
                json!({
                    "load_balancer_arn": of("load_balancer"), "port": of("port"), "arn": physical,
                }),
            ),
            other => panic!("{other} has no Terraform type in this test"),
        };
        bicoastal::model::TerraformInstance {
            address: format!("{name}.{}", id.replace('/', "_")),
            resource_type: name.to_owned(),
            attributes,
        }
    };
    let entries = state.entries.iter().map(|(key, entry)| {
        let (applied, outputs) = (json!(entry.applied), json!(entry.outputs));
        one(&entry.kind, key.id.as_str(), entry.physical.as_ref().unwrap(), &applied, &outputs)
    });
    entries.collect()
}

#[tokio::test]
async fn a_terraform_state_is_taken_over_kind_by_kind() {
    let mut world = applied(&two()).await;
    let desired = declared(&two());
    let mut terraform = as_terraform(&state(&world).await);
    for (name, id) in
        [("aws_s3_bucket_versioning", "assets"), ("aws_cloudfront_distribution", "E1")]
    {
        terraform.push(bicoastal::model::TerraformInstance {
            address: format!("{name}.main"),
            resource_type: name.to_owned(),
            attributes: json!({ "id": id }),
        });
    }
    made_by_others(&mut world).await;
    let mark = world.cloud.calls().len();
    let options = ImportOptions { named: BTreeMap::new(), terraform };
    let found = world.engine.import(&desired, options).await.unwrap();
    let left: Vec<String> = found
        .rebuilt
        .left
        .iter()
        .map(|it| format!("{} {}: {}", it.what, it.physical, it.why))
        .collect();
    expect![[r#"
        aws_cloudfront_distribution.main E1: there is no such kind here
        aws_s3_bucket_versioning.main assets: it is a property of its S3:Bucket here"#]]
    .assert_eq(&left.join("\n"));
    assert!(found.rebuilt.absent.is_empty(), "{:?}", found.rebuilt.absent);
    world.engine.keep(found).await.unwrap();
    assert!(calls_since(&world, mark).is_empty());
    only_marks_are_missing(&world, &desired).await;
    world.apply_with(&desired, &PlanOptions::default()).await;
    assert_settled(&world, &desired).await;
}

/// Something of a resource that can be changed in place: which, and the resource with it changed.
fn edited(desired: &Desired, id: &ResourceId) -> (&'static str, Desired) {
    let mut edited = desired.clone();
    let declared = edited.resources.get_mut(id).unwrap();
    let kind = declared.schema.kind;
    let field = declared.props.edit(|props| match kind {
        "Route53:RecordSet" => {
            props["alias"]["evaluate_target_health"] = json!(false);
            "alias.evaluate_target_health"
        }
        "S3:ReplicationConfiguration" => {
            props["rules"][0]["priority"] = json!(77);
            "rules"
        }
        _ => {
            props["tags"]["Project"] = json!("another");
            "tags.Project"
        }
    });
    (field, edited)
}

fn own_ids(desired: &Desired) -> Vec<ResourceId> {
    desired.resources.values().filter(|it| !it.lookup).map(|it| it.id.clone()).collect()
}

#[tokio::test]
async fn ignored_fields_of_every_kind_are_left_alone() {
    let world = applied(&two()).await;
    let desired = declared(&two());
    for id in own_ids(&desired) {
        let (field, mut edited) = edited(&desired, &id);
        let edits = plan(&world, &edited).await.changes;
        assert_eq!(edits.iter().map(|it| &it.id).collect::<Vec<_>>(), [&id], "{field}");
        edited.resources.get_mut(&id).unwrap().ignored.insert(field.to_owned());
        let ignored = plan(&world, &edited).await;
        assert!(ignored.effective().next().is_none(), "{id}: {:?}", changes(&ignored));
    }
}

#[tokio::test]
async fn every_kind_can_be_protected_and_be_left_behind() {
    let world = applied(&two()).await;
    let mut desired = declared(&two());
    for declared in desired.resources.values_mut() {
        declared.protected = true;
    }
    world.apply_with(&desired, &PlanOptions::default()).await;
    let destroy = PlanOptions { destroy: true, ..PlanOptions::default() };
    let refused = world.engine.plan(&desired, &destroy).await.unwrap_err().to_string();
    for id in own_ids(&desired) {
        assert!(refused.contains(&format!("--unprotect {id}")), "{id}: {refused}");
    }
    for declared in desired.resources.values_mut() {
        (declared.protected, declared.retained) = (false, true);
    }
    world.apply_with(&desired, &PlanOptions::default()).await;
    let mark = world.cloud.calls().len();
    let nothing = seal(|_| {});
    let forgets = plan(&world, &nothing).await;
    assert!(
        forgets.changes.iter().all(|it| it.action == Action::Forget),
        "{:?}",
        changes(&forgets)
    );
    assert_eq!(forgets.changes.len(), own_ids(&desired).len());
    world.apply_with(&nothing, &PlanOptions::default()).await;
    assert!(calls_since(&world, mark).is_empty());
    assert!(state(&world).await.entries.is_empty());
}

/// The same program with another id for everything.
fn renamed(desired: &Desired) -> Desired {
    let new = |id: &ResourceId| ResourceId::new(format!("{id}-again"));
    let is_own = |id: &ResourceId| desired.resources.get(id).is_some_and(|it| !it.lookup);
    let mut rename = |inner: &Value| {
        let mut reference = value::as_ref(inner)?;
        if !is_own(&reference.id) {
            return None;
        }
        reference.id = new(&reference.id);
        Some(reference.marker())
    };
    let mut renamed = desired.clone();
    renamed.resources.clear();
    for declared in desired.resources.values() {
        let mut declared = declared.clone();
        declared.props.edit(|props| value::rewrite(props, &mut rename));
        declared.after =
            declared.after.iter().map(|id| if is_own(id) { new(id) } else { id.clone() }).collect();
        if !declared.lookup {
            declared.renamed_from = Some(declared.id.clone());
            declared.id = new(&declared.id);
        }
        renamed.resources.insert(declared.id.clone(), declared);
    }
    for (_, value) in &mut renamed.exports {
        value::rewrite(value, &mut rename);
    }
    renamed.secrets = desired
        .secrets
        .iter()
        .map(|((id, slot), clear)| ((new(id), slot.clone()), clear.clone()))
        .collect();
    renamed
}

#[tokio::test]
async fn every_kind_can_be_renamed_without_a_call() {
    let world = applied(&two()).await;
    let again = renamed(&declared(&two()));
    let mark = world.cloud.calls().len();
    let moves = plan(&world, &again).await;
    assert!(moves.effective().next().is_none(), "{:?}", changes(&moves));
    world.apply_with(&again, &PlanOptions::default()).await;
    assert!(calls_since(&world, mark).is_empty());
    assert_settled(&world, &again).await;

    // The marks still say the former names; a recovery knows them by what the program says.
    let mut world = world;
    std::fs::remove_dir_all(world.state_dir().join("test")).unwrap();
    world.engine = local_engine(&world.cloud, FileStore::new(world.state_dir()));
    let found = world.engine.recover(&again, &bicoastal::RecoverOptions::default()).await.unwrap();
    assert_eq!(found.rebuilt.left, []);
    world.engine.keep(found).await.unwrap();
    assert_settled(&world, &again).await;
}

/// What Terraform 1.11 with the AWS provider 5.100 wrote of the local cloud.
#[test]
fn what_terraform_writes_is_understood() {
    use bicoastal::model::{Provider, Translated};
    let read = bicoastal::recover::terraform::read(include_str!("terraform.tfstate")).unwrap();
    let cloud = bicoastal::local::Cloud::new();
    let provider = bicoastal::AwsProvider::new(bicoastal::local_connection(&cloud, "000000000000"));
    let understood: Vec<String> = read
        .iter()
        .map(|instance| match provider.translate(instance) {
            Translated::Thing(it) => format!(
                "{}: {} [{}] {} {}",
                instance.address,
                it.kind,
                it.place.label(),
                it.physical,
                it.identity
            ),
            Translated::Part(kind) => format!("{}: part of a {kind}", instance.address),
            Translated::Unknown => format!("{}: unknown", instance.address),
        })
        .collect();
    expect![[r#"
        aws_db_subnet_group.app: RDS:DBSubnetGroup [us-east-1] example-app {"name":"example-app"}
        aws_dynamodb_table.sessions: DynamoDB:Table [] sessions {"name":"sessions"}
        aws_iam_policy.replicate: IAM:Policy [global] arn:aws:iam::000000000000:policy/example-replicate {"name":"example-replicate"}
        aws_iam_role.replicate: IAM:Role [global] example-replicate {"name":"example-replicate"}
        aws_iam_role_policy_attachment.replicate: part of a IAM:Role
        aws_lb.front: ELBv2:LoadBalancer [us-east-1] arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/example-front/45dfbb8ced98f3c6 {"name":"example-front"}
        aws_lb_listener.http: ELBv2:Listener [us-east-1] arn:aws:elasticloadbalancing:us-east-1:000000000000:listener/app/example-front/45dfbb8ced98f3c6/3e3a578dd719a9ff {"load_balancer":"arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/example-front/45dfbb8ced98f3c6","port":80}
        aws_lb_target_group.web: ELBv2:TargetGroup [us-east-1] arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/example-web/b863f208d427456a {"name":"example-web"}
        aws_rds_cluster.app: RDS:DBCluster [us-east-1] example-app-us {"identifier":"example-app-us"}
        aws_rds_cluster_instance.app: RDS:DBInstance [us-east-1] example-app-us-1 {"identifier":"example-app-us-1"}
        aws_rds_cluster_parameter_group.app: RDS:DBClusterParameterGroup [us-east-1] example-app {"name":"example-app"}
        aws_rds_global_cluster.app: RDS:GlobalCluster [] example-app {"identifier":"example-app"}
        aws_route53_health_check.web: Route53:HealthCheck [global] 889a885b-3aeb-c78a-802f-a64947f7695d {"host":"www.example.net","path":"/healthz","port":443,"type":"HTTPS"}
        aws_route53_record.www: Route53:RecordSet [global]  {"name":"www.example.net","type":"A","zone_id":"Z8K2AV2CC34KQ7ZJRDCRN"}
        aws_route53_zone.main: Route53:HostedZone [global] Z8K2AV2CC34KQ7ZJRDCRN {"name":"example.net","private":false}
        aws_s3_bucket.assets: S3:Bucket [us-east-1] example-assets {"name":"example-assets"}
        aws_s3_bucket.copies: S3:Bucket [us-east-1] example-copies {"name":"example-copies"}
        aws_s3_bucket_replication_configuration.assets: S3:ReplicationConfiguration [] example-assets {"bucket":"example-assets"}
        aws_s3_bucket_versioning.assets: part of a S3:Bucket
        aws_s3_bucket_versioning.copies: part of a S3:Bucket"#]].assert_eq(&understood.join("\n"));
}

#[tokio::test]
async fn each_wait_takes_as_long_as_the_program_says() {
    let world = World::new();
    let minute = std::time::Duration::from_secs(60);
    let declare = |patience: std::time::Duration| {
        seal(|stack| {
            let table = Table::builder()
                .name("slow")
                .partition_key(Key::string("id"))
                .billing(Billing::OnDemand)
                .stream(StreamView::NewAndOldImages);
            let table = stack.across(&two()).add("slow", table.build());
            stack.patience(&table, patience);
        })
    };
    world.cloud.set_duration("dynamodb.table.create", 120 * minute);
    let (options, cancel) = (PlanOptions::default(), bicoastal::Cancel::new());
    let hasty = declare(2 * minute);
    let first = plan(&world, &hasty).await;
    let quiet = bicoastal::runtime::Quiet;
    let report = world.engine.apply(first, &hasty, &options, &quiet, &cancel).await.unwrap();
    let told = render::plain(&render::report(&report));
    assert!(told.contains("still ") && told.contains("after 2 min"), "{told}");
    // Longer than the kind itself would wait, and it goes on where it was left.
    world.apply_with(&declare(180 * minute), &options).await;
    assert_settled(&world, &declare(180 * minute)).await;
}
