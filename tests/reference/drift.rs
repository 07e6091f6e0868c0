//! Others change things by hand: what differs is drift, what is new is left alone.

use aws_sdk_rds::types as rds_types;
use expect_test::expect;

use crate::others::{dynamodb, elbv2, iam, inventory, rds, route53, s3};
use crate::*;

/// A field of something in each service is not what the program says any more.
async fn change_fields(world: &World) {
    let cloud = &world.cloud;
    let off = aws_sdk_dynamodb::types::PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(false)
        .build()
        .unwrap();
    dynamodb(cloud, "ap-south-1")
        .update_continuous_backups()
        .table_name("user-sessions")
        .point_in_time_recovery_specification(off)
        .send()
        .await
        .unwrap();
    let balancing = elbv2(cloud, "us-east-1");
    let balancers = balancing.describe_load_balancers().send().await.unwrap();
    let arn = balancers.load_balancers()[0].load_balancer_arn().unwrap();
    let listeners = balancing.describe_listeners().load_balancer_arn(arn).send().await.unwrap();
    balancing
        .modify_listener()
        .listener_arn(listeners.listeners()[0].listener_arn().unwrap())
        .ssl_policy("ELBSecurityPolicy-2016-08")
        .send()
        .await
        .unwrap();
    let open = aws_sdk_s3::types::PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .block_public_policy(false)
        .restrict_public_buckets(true)
        .build();
    s3(cloud, "us-east-1")
        .put_public_access_block()
        .bucket("naveenteja-assets-us-east-1")
        .public_access_block_configuration(open)
        .send()
        .await
        .unwrap();
    iam(cloud)
        .update_role()
        .role_name("naveenteja-assets-replication")
        .description("edited in the console")
        .send()
        .await
        .unwrap();
    rds(cloud, "ap-south-1")
        .modify_db_cluster()
        .db_cluster_identifier("app-ap-south-1")
        .deletion_protection(false)
        .send()
        .await
        .unwrap();
    rds(cloud, "us-east-1")
        .modify_db_instance()
        .db_instance_identifier("app-us-east-1-2")
        .db_instance_class("db.r6g.xlarge")
        .apply_immediately(true)
        .send()
        .await
        .unwrap();
    let routing = route53(cloud);
    let checks = routing.list_health_checks().send().await.unwrap();
    for check in checks.health_checks() {
        let host = check.health_check_config().unwrap().fully_qualified_domain_name().unwrap();
        if host.contains("us-east-1") {
            let id = check.id();
            routing
                .update_health_check()
                .health_check_id(id)
                .resource_path("/")
                .send()
                .await
                .unwrap();
        }
    }
    world.cloud.sleep(std::time::Duration::from_secs(3600)).await;
}

/// Something in each service that the program never said.
async fn add_things(world: &World) {
    use aws_sdk_route53::types::{
        Change, ChangeAction, ChangeBatch, ResourceRecord, ResourceRecordSet, RrType,
    };
    let cloud = &world.cloud;
    let routing = route53(cloud);
    let zones = routing.list_hosted_zones().send().await.unwrap();
    let theirs = ResourceRecordSet::builder()
        .name("blog.naveenteja.cloud")
        .r#type(RrType::A)
        .ttl(60)
        .resource_records(ResourceRecord::builder().value("192.0.2.9").build().unwrap())
        .build()
        .unwrap();
    let create =
        Change::builder().action(ChangeAction::Create).resource_record_set(theirs).build().unwrap();
    routing
        .change_resource_record_sets()
        .hosted_zone_id(zones.hosted_zones()[0].id())
        .change_batch(ChangeBatch::builder().changes(create).build().unwrap())
        .send()
        .await
        .unwrap();
    let replica = aws_sdk_dynamodb::types::ReplicationGroupUpdate::builder()
        .create(
            aws_sdk_dynamodb::types::CreateReplicationGroupMemberAction::builder()
                .region_name("eu-west-1")
                .build()
                .unwrap(),
        )
        .build();
    dynamodb(cloud, "us-east-1")
        .update_table()
        .table_name("user-sessions")
        .replica_updates(replica)
        .send()
        .await
        .unwrap();
    rds(cloud, "us-east-1")
        .create_db_instance()
        .db_instance_identifier("reports")
        .db_cluster_identifier("app-us-east-1")
        .db_instance_class("db.r6g.large")
        .engine("aurora-postgresql")
        .tags(rds_types::Tag::builder().key("Owner").value("reports").build())
        .send()
        .await
        .unwrap();
    s3(cloud, "ap-south-1")
        .put_bucket_policy()
        .bucket("naveenteja-assets-ap-south-1")
        .policy(
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"Scan","Effect":"Allow",
            "Principal":{"AWS":"arn:aws:iam::000000000000:root"},"Action":"s3:GetObject",
            "Resource":"arn:aws:s3:::naveenteja-assets-ap-south-1/*"}]}"#,
        )
        .send()
        .await
        .unwrap();
    iam(cloud)
        .put_role_policy()
        .role_name("naveenteja-assets-replication")
        .policy_name("audit")
        .policy_document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}]}"#,
        )
        .send()
        .await
        .unwrap();
    world.cloud.sleep(std::time::Duration::from_secs(3600)).await;
}

fn added(plan: &Plan) -> String {
    let lines: Vec<String> =
        plan.added.iter().map(|added| format!("{}: {}", added.id, added.what)).collect();
    lines.join("\n")
}

#[tokio::test]
async fn what_others_changed_is_drift_and_what_they_added_stays() {
    let world = applied(&two()).await;
    let desired = declared(&two());
    change_fields(&world).await;
    let drifted = plan(&world, &desired).await;
    expect![[r#"
        Update us-east-1/naveenteja-assets: public_access.block_policy (drifted)
        Update naveenteja-assets-replication: description (drifted)
        Update user-sessions: point_in_time_recovery.enabled (drifted)
        Update ap-south-1/app: deletion_protection (drifted)
        Update us-east-1/app-2: class (drifted)
        Update us-east-1/https: ssl_policy (drifted)
        Update alive-us-east-1: path (drifted)"#]]
    .assert_eq(&changes(&drifted).join("\n"));
    expect![""].assert_eq(&added(&drifted));
    world.apply_with(&desired, &PlanOptions::default()).await;
    assert_settled(&world, &desired).await;

    let before = inventory(&world.cloud).await;
    add_things(&world).await;
    let more = inventory(&world.cloud).await;
    let new: Vec<&str> = more.difference(&before).map(String::as_str).collect();
    expect![[r#"
        eu-west-1 table user-sessions
        global record blog.naveenteja.cloud. A
        us-east-1 instance reports"#]]
    .assert_eq(&new.join("\n"));
    let drifted = plan(&world, &desired).await;
    expect![""].assert_eq(&changes(&drifted).join("\n"));
    expect![[r#"
        ap-south-1/naveenteja-assets: policy
        naveenteja-assets-replication: inline_policies[audit]
        user-sessions: regions[eu-west-1]
        us-east-1/app: reports in app-us-east-1 (us-east-1)
        zone: A blog.naveenteja.cloud."#]]
    .assert_eq(&added(&drifted));
    let edited = seal(|stack| {
        active_active::serve_from(stack, &flags(), &two());
        stack.tag("Project", "both-coasts");
    });
    world.apply_with(&edited, &PlanOptions::default()).await;
    let after = plan(&world, &edited).await;
    assert_eq!(changes(&after), Vec::<String>::new());
    assert_eq!(added(&after), added(&drifted));
    assert_eq!(inventory(&world.cloud).await, more);
}
