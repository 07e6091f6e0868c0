//! The first apply, and that nothing is left to do after it.

use expect_test::expect;

use crate::others::inventory;
use crate::*;

#[tokio::test]
async fn one_apply_makes_everything_and_nothing_is_left_to_do() {
    let world = World::new();
    let desired = declared(&two());
    world.apply_with(&desired, &PlanOptions::default()).await;
    let calls = world.cloud.calls();
    let (all, writes) = (calls.len(), calls.iter().filter(|call| call.mutating).count());

    let again = plan(&world, &desired).await;
    assert!(again.is_empty(), "{}", render::plain(&render::plan(&again)));
    assert!(again.added.is_empty(), "{:?}", again.added);
    let noop = world.cloud.calls().len() - all;
    world.engine.verify(&again, &desired, &PlanOptions::default()).await.unwrap();
    // What it takes today, and a little: more is a refresh that asks for too much.
    assert!(writes <= 40 && all <= 1_400 && noop <= 65, "{writes} {all} {noop}");
    println!("first apply: {all} calls, {writes} of them writes; plan without changes: {noop}");

    let there: Vec<String> = inventory(&world.cloud).await.into_iter().collect();
    expect![[r#"
        ap-south-1 cluster app-ap-south-1
        ap-south-1 instance app-ap-south-1-1
        ap-south-1 instance app-ap-south-1-2
        ap-south-1 listener 443
        ap-south-1 load balancer api
        ap-south-1 parameter group app-ap-south-1-1
        ap-south-1 subnet group app-ap-south-1
        ap-south-1 table user-sessions
        ap-south-1 target group api-1
        global bucket naveenteja-assets-ap-south-1
        global bucket naveenteja-assets-us-east-1
        global cluster app
        global health check api-320814116.us-east-1.elb.amazonaws.com
        global health check api-3790215154.ap-south-1.elb.amazonaws.com
        global record api.naveenteja.cloud. A ap-south-1
        global record api.naveenteja.cloud. A us-east-1
        global record naveenteja.cloud. NS
        global record naveenteja.cloud. SOA
        global role naveenteja-assets-replication
        global zone naveenteja.cloud.
        us-east-1 cluster app-us-east-1
        us-east-1 instance app-us-east-1-1
        us-east-1 instance app-us-east-1-2
        us-east-1 listener 443
        us-east-1 load balancer api
        us-east-1 parameter group app-us-east-1-1
        us-east-1 subnet group app-us-east-1
        us-east-1 table user-sessions
        us-east-1 target group api-1"#]]
    .assert_eq(&there.join("\n"));

    let state = world.engine.state("test").await.unwrap().unwrap();
    let exports: Vec<String> =
        state.exports.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    expect![[r#"
        endpoint-us-east-1: "api-320814116.us-east-1.elb.amazonaws.com"
        endpoint-ap-south-1: "api-3790215154.ap-south-1.elb.amazonaws.com"
        users reach: "https://api.naveenteja.cloud"
        zone: "ZCN5X83FCCU52DMA9IQTC"
        name servers: ["ns-49.awsdns-06.com","ns-749.awsdns-29.net","ns-1434.awsdns-51.org","ns-1991.awsdns-56.co.uk"]
        sessions: "arn:aws:dynamodb:ap-south-1:000000000000:table/user-sessions"
        database: "app.global-fchstjemvsw6.global.rds.amazonaws.com"
        database-ap-south-1: "app-ap-south-1.cluster-ro-3n0kr3t4gldk.ap-south-1.rds.amazonaws.com"
        database-us-east-1: "app-us-east-1.cluster-ro-yb19itx9lfae.us-east-1.rds.amazonaws.com"
        assets-ap-south-1: "naveenteja-assets-ap-south-1"
        assets-us-east-1: "naveenteja-assets-us-east-1""#]].assert_eq(&exports.join("\n"));
}

#[tokio::test]
async fn the_order_of_the_regions_means_nothing() {
    let world = applied(&two()).await;
    let swapped = ActiveRegions::new(Region::ApSouth1, Region::UsEast1);
    assert_settled(&world, &declared(&swapped)).await;
}
