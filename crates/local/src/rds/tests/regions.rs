//! Regions that are lost: what goes on without them.

use expect_test::expect;

use super::{Cloud, IN, US, arn};

#[test]
fn a_secondary_can_be_detached_while_its_primary_is_lost() {
    let mut cloud = Cloud::with_secondary();
    cloud.world.regions_gone.insert(US.to_owned());
    cloud.refused(
        IN,
        "RemoveFromGlobalCluster",
        &format!("GlobalClusterIdentifier=app DbClusterIdentifier={}", arn(US, "app-us")),
        expect![
            "InvalidDBClusterStateFault (400): DB cluster app-us in us-east-1 can't be reached."
        ],
    );
    cloud.ok(
        IN,
        "RemoveFromGlobalCluster",
        &format!("GlobalClusterIdentifier=app DbClusterIdentifier={}", arn(IN, "app-in")),
    );
    cloud.wait(180);
    assert_eq!(cloud.writer(IN, "app-in"), "app-in-1");
}

#[test]
fn nothing_ends_in_a_region_that_is_lost() {
    let mut cloud = Cloud::with_primary();
    cloud.instance(US, "app-us", "app-us-2", "");
    cloud.world.regions_gone.insert(US.to_owned());
    cloud.wait(10_000);
    let status = |cloud: &mut Cloud| {
        let found = cloud.ok(US, "DescribeDBInstances", "DBInstanceIdentifier=app-us-2");
        found.children[0].children[0].text_of("DBInstanceStatus").unwrap().to_owned()
    };
    assert_eq!(status(&mut cloud), "creating");
    cloud.world.regions_gone.clear();
    assert_eq!(status(&mut cloud), "available");
}
