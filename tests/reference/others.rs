//! Somebody else with the SDK on the same cloud: who looks at what is there, and edits it by hand.

use std::collections::BTreeSet;

use bicoastal::local::Cloud;
use bicoastal_aws::Connection;

/// Where something may be.
pub(crate) const REGIONS: [&str; 3] = ["ap-south-1", "eu-west-1", "us-east-1"];

fn config(cloud: &Cloud, region: &'static str) -> aws_types::SdkConfig {
    Connection::base("000000000000")
        .http_client(cloud.http_client())
        .sleep_impl(cloud.sleep_impl())
        .time_source(cloud.time_source())
        .region(aws_sdk_rds::config::Region::new(region))
        .build()
}

pub(crate) fn rds(cloud: &Cloud, region: &'static str) -> aws_sdk_rds::Client {
    aws_sdk_rds::Client::new(&config(cloud, region))
}

pub(crate) fn dynamodb(cloud: &Cloud, region: &'static str) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&config(cloud, region))
}

pub(crate) fn s3(cloud: &Cloud, region: &'static str) -> aws_sdk_s3::Client {
    let config =
        aws_sdk_s3::config::Builder::from(&config(cloud, region)).force_path_style(true).build();
    aws_sdk_s3::Client::from_conf(config)
}

pub(crate) fn iam(cloud: &Cloud) -> aws_sdk_iam::Client {
    aws_sdk_iam::Client::new(&config(cloud, "us-east-1"))
}

pub(crate) fn route53(cloud: &Cloud) -> aws_sdk_route53::Client {
    aws_sdk_route53::Client::new(&config(cloud, "us-east-1"))
}

pub(crate) fn elbv2(cloud: &Cloud, region: &'static str) -> aws_sdk_elasticloadbalancingv2::Client {
    aws_sdk_elasticloadbalancingv2::Client::new(&config(cloud, region))
}

/// Everything that is there, in a line each: `us-east-1 table user-sessions`.
pub(crate) async fn inventory(cloud: &Cloud) -> BTreeSet<String> {
    let mut all = Vec::new();
    for region in REGIONS {
        all.extend(in_region(cloud, region).await);
    }
    all.extend(everywhere(cloud).await);
    let listed = all.len();
    let distinct: BTreeSet<String> = all.into_iter().collect();
    assert_eq!(listed, distinct.len(), "two things of one name: {distinct:#?}");
    distinct
}

async fn in_region(cloud: &Cloud, region: &'static str) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |kind: &str, name: &str| all.push(format!("{region} {kind} {name}"));
    let tables = dynamodb(cloud, region).list_tables().send().await.unwrap();
    tables.table_names().iter().for_each(|name| add("table", name));

    let rds = rds(cloud, region);
    for it in rds.describe_db_clusters().send().await.unwrap().db_clusters() {
        add("cluster", it.db_cluster_identifier().unwrap());
    }
    for it in rds.describe_db_instances().send().await.unwrap().db_instances() {
        add("instance", it.db_instance_identifier().unwrap());
    }
    for it in rds.describe_db_subnet_groups().send().await.unwrap().db_subnet_groups() {
        add("subnet group", it.db_subnet_group_name().unwrap());
    }
    let groups = rds.describe_db_cluster_parameter_groups().send().await.unwrap();
    for it in groups.db_cluster_parameter_groups() {
        add("parameter group", it.db_cluster_parameter_group_name().unwrap());
    }
    for it in rds.describe_db_cluster_snapshots().send().await.unwrap().db_cluster_snapshots() {
        add("snapshot", it.db_cluster_snapshot_identifier().unwrap());
    }

    let elbv2 = elbv2(cloud, region);
    for it in elbv2.describe_load_balancers().send().await.unwrap().load_balancers() {
        add("load balancer", it.load_balancer_name().unwrap());
        let listeners = elbv2
            .describe_listeners()
            .load_balancer_arn(it.load_balancer_arn().unwrap())
            .send()
            .await
            .unwrap();
        listeners.listeners().iter().for_each(|it| {
            add("listener", &it.port().unwrap().to_string());
        });
    }
    for it in elbv2.describe_target_groups().send().await.unwrap().target_groups() {
        add("target group", it.target_group_name().unwrap());
    }
    all.retain(|line| !line.contains(" default"));
    all
}

async fn everywhere(cloud: &Cloud) -> Vec<String> {
    let mut all = Vec::new();
    let mut add = |kind: &str, name: &str| all.push(format!("global {kind} {name}"));
    let rds = rds(cloud, "us-east-1");
    for it in rds.describe_global_clusters().send().await.unwrap().global_clusters() {
        add("cluster", it.global_cluster_identifier().unwrap());
    }
    for it in s3(cloud, "us-east-1").list_buckets().send().await.unwrap().buckets() {
        add("bucket", it.name().unwrap());
    }
    let iam = iam(cloud);
    for it in iam.list_roles().send().await.unwrap().roles() {
        add("role", it.role_name());
    }
    let own = aws_sdk_iam::types::PolicyScopeType::Local;
    for it in iam.list_policies().scope(own).send().await.unwrap().policies() {
        add("policy", it.policy_name().unwrap());
    }
    let route53 = route53(cloud);
    for zone in route53.list_hosted_zones().send().await.unwrap().hosted_zones() {
        add("zone", zone.name());
        let records =
            route53.list_resource_record_sets().hosted_zone_id(zone.id()).send().await.unwrap();
        for it in records.resource_record_sets() {
            let which = it.set_identifier().unwrap_or_default();
            add("record", format!("{} {} {which}", it.name(), it.r#type().as_str()).trim_end());
        }
    }
    for it in route53.list_health_checks().send().await.unwrap().health_checks() {
        let config = it.health_check_config().unwrap();
        add("health check", config.fully_qualified_domain_name().unwrap());
    }
    all.retain(|line| !line.contains("AWSServiceRole"));
    all
}
