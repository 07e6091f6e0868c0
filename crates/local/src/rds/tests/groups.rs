use expect_test::expect;

use super::{Cloud, IN, US, lines};
use crate::seed;

fn subnets(ids: &[&str]) -> String {
    let named = ids
        .iter()
        .enumerate()
        .map(|(at, id)| format!("SubnetIds.SubnetIdentifier.{}={id}", at + 1));
    format!(
        "DBSubnetGroupName=Front DBSubnetGroupDescription=front {}",
        named.collect::<Vec<_>>().join(" ")
    )
}

#[test]
fn subnet_groups_cover_two_zones() {
    let mut cloud = Cloud::new();
    let [a, b, c] = seed::subnet_ids(US);
    cloud.refused(US, "CreateDBSubnetGroup", &subnets(&[&a]), expect!["DBSubnetGroupDoesNotCoverEnoughAZs (400): The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: us-east-1a. Add subnets to cover at least 2 AZs."]);
    cloud.refused(
        IN,
        "CreateDBSubnetGroup",
        &subnets(&[&a, &b]),
        expect!["InvalidSubnet (400): The subnet ID 'subnet-03c40c6aec17dedad' does not exist"],
    );
    let made = cloud.ok(US, "CreateDBSubnetGroup", &subnets(&[&a, &b]));
    expect![[r#"
        DBSubnetGroup
          DBSubnetGroupName front
          DBSubnetGroupDescription front
          VpcId vpc-07fd2334857879d8e
          SubnetGroupStatus Complete
          Subnets
            Subnet
              SubnetIdentifier subnet-03c40c6aec17dedad
              SubnetAvailabilityZone
                Name us-east-1a
              SubnetOutpost
              SubnetStatus Active
            Subnet
              SubnetIdentifier subnet-072b4ef94f74c9243
              SubnetAvailabilityZone
                Name us-east-1b
              SubnetOutpost
              SubnetStatus Active
          DBSubnetGroupArn arn:aws:rds:us-east-1:000000000000:subgrp:front
          SupportedNetworkTypes
            member IPV4"#]]
    .assert_eq(&lines(&made.children[0]));
    cloud.refused(
        US,
        "CreateDBSubnetGroup",
        &subnets(&[&a, &b]),
        expect!["DBSubnetGroupAlreadyExists (400): The DB subnet group 'front' already exists."],
    );
    cloud.ok(
        US,
        "CreateDBCluster",
        "DBClusterIdentifier=shop Engine=aurora-mysql MasterUsername=owner \
         MasterUserPassword=correct-horse DBSubnetGroupName=front",
    );
    cloud.wait(300);
    cloud.ok(
        US,
        "CreateDBInstance",
        "DBInstanceIdentifier=shop-1 DBClusterIdentifier=shop Engine=aurora-mysql \
         DBInstanceClass=db.t4g.medium",
    );
    cloud.refused(US, "ModifyDBSubnetGroup", &subnets(&[&b, &c]), expect!["SubnetAlreadyInUse (400): The subnet 'subnet-03c40c6aec17dedad' is in use by the DB instance 'shop-1'."]);
    cloud.ok(US, "ModifyDBSubnetGroup", &subnets(&[&a, &c]));
    cloud.refused(US, "DeleteDBSubnetGroup", "DBSubnetGroupName=front", expect!["InvalidDBSubnetGroupStateFault (400): Cannot delete the subnet group 'front' because at least one database cluster: shop is still using it."]);
    cloud.refused(
        US,
        "DeleteDBSubnetGroup",
        "DBSubnetGroupName=none",
        expect!["DBSubnetGroupNotFoundFault (404): DB subnet group 'none' does not exist."],
    );
    let all = cloud.ok(US, "DescribeDBSubnetGroups", "");
    let names: Vec<_> =
        all.children[0].children.iter().filter_map(|g| g.text_of("DBSubnetGroupName")).collect();
    assert_eq!(names, ["default", "front"]);
}

fn parameters(number: usize) -> String {
    let each = (1..=number).map(|at| {
        format!(
            "Parameters.Parameter.{at}.ParameterName=custom.p{at} \
             Parameters.Parameter.{at}.ParameterValue=1 \
             Parameters.Parameter.{at}.ApplyMethod=immediate"
        )
    });
    format!("DBClusterParameterGroupName=shop {}", each.collect::<Vec<_>>().join(" "))
}

fn parameter(name: &str, value: &str, method: &str) -> String {
    format!(
        "DBClusterParameterGroupName=shop Parameters.Parameter.1.ParameterName={name} \
         Parameters.Parameter.1.ParameterValue={value} Parameters.Parameter.1.ApplyMethod={method}"
    )
}

/// The parameters that the user set.
fn set(cloud: &mut Cloud) -> String {
    let found =
        cloud.ok(US, "DescribeDBClusterParameters", "DBClusterParameterGroupName=shop Source=user");
    let each = found.children[0].children.iter().map(|parameter| {
        let text = |name: &str| parameter.text_of(name).unwrap_or("-").to_owned();
        format!(
            "{}={} {} {}",
            text("ParameterName"),
            text("ParameterValue"),
            text("ApplyType"),
            text("ApplyMethod")
        )
    });
    each.collect::<Vec<_>>().join("\n")
}

#[test]
fn parameters_are_set_twenty_at_a_time() {
    let mut cloud = Cloud::new();
    let group = "DBClusterParameterGroupName=Shop DBParameterGroupFamily=aurora-postgresql16 \
                 Description=for+the+shop";
    let made = cloud.ok(US, "CreateDBClusterParameterGroup", group);
    expect![[r#"
        DBClusterParameterGroup
          DBClusterParameterGroupName shop
          DBParameterGroupFamily aurora-postgresql16
          Description for the shop
          DBClusterParameterGroupArn arn:aws:rds:us-east-1:000000000000:cluster-pg:shop"#]]
    .assert_eq(&lines(&made.children[0]));
    cloud.refused(
        US,
        "CreateDBClusterParameterGroup",
        group,
        expect!["DBParameterGroupAlreadyExists (400): Parameter group shop already exists"],
    );
    cloud.refused(
        US,
        "CreateDBClusterParameterGroup",
        "DBClusterParameterGroupName=b DBParameterGroupFamily=postgres16 Description=b",
        expect!["InvalidParameterValue (400): ParameterGroupFamily postgres16 is not a valid parameter group family"],
    );
    let modify = "ModifyDBClusterParameterGroup";
    cloud.refused(US, modify, &parameters(21), expect!["InvalidParameterValue (400): Too many parameters in the request: 21. A maximum of 20 parameters can be modified in a single request."]);
    cloud.ok(US, modify, &parameters(2));
    cloud.refused(US, modify, &parameter("max_connections", "500", "immediate"), expect!["InvalidParameterCombination (400): cannot use immediate apply method for static parameter"]);
    cloud.refused(US, modify, &parameter("log_statement", "some", "immediate"), expect!["InvalidParameterValue (400): Invalid parameter value: some for: log_statement allowed values are: none,ddl,mod,all"]);
    cloud.refused(US, modify, &parameter("work_mem", "lots", "immediate"), expect!["InvalidParameterValue (400): Invalid parameter value: lots for: work_mem allowed values are: 64-2147483647"]);
    cloud.ok(US, modify, &parameter("MAX_connections", "0500", "pending-reboot"));
    cloud.ok(US, modify, &parameter("log_statement", "DDL", "immediate"));
    // What is the default anyway is not shown as the user's.
    cloud.ok(US, modify, &parameter("autovacuum", "1", "immediate"));
    expect![[r#"
        custom.p1=1 dynamic immediate
        custom.p2=1 dynamic immediate
        log_statement=ddl dynamic immediate
        max_connections=500 static pending-reboot"#]]
    .assert_eq(&set(&mut cloud));
    cloud.ok(
        US,
        "ResetDBClusterParameterGroup",
        "DBClusterParameterGroupName=shop Parameters.Parameter.1.ParameterName=custom.p1 \
         Parameters.Parameter.1.ApplyMethod=immediate",
    );
    cloud.ok(
        US,
        "ResetDBClusterParameterGroup",
        "DBClusterParameterGroupName=shop ResetAllParameters=true",
    );
    assert_eq!(set(&mut cloud), "");
}

#[test]
fn static_parameters_wait_for_a_reboot() {
    let mut cloud = Cloud::with_primary();
    cloud.ok(
        US,
        "CreateDBClusterParameterGroup",
        "DBClusterParameterGroupName=shop DBParameterGroupFamily=aurora-postgresql16 Description=x",
    );
    let status = |cloud: &mut Cloud| {
        let cluster = cloud.cluster(US, "app-us");
        let member = &cluster.get("DBClusterMembers").unwrap().children[0];
        member.text_of("DBClusterParameterGroupStatus").unwrap().to_owned()
    };
    cloud.ok(US, "ModifyDBCluster", "DBClusterIdentifier=app-us DBClusterParameterGroupName=shop");
    assert_eq!(status(&mut cloud), "pending-reboot");
    cloud.wait(60);
    cloud.ok(US, "RebootDBInstance", "DBInstanceIdentifier=app-us-1");
    cloud.wait(120);
    assert_eq!(status(&mut cloud), "in-sync");
    let modify = "ModifyDBClusterParameterGroup";
    cloud.ok(US, modify, &parameter("log_statement", "ddl", "immediate"));
    assert_eq!(status(&mut cloud), "in-sync");
    cloud.ok(US, modify, &parameter("rds.logical_replication", "1", "pending-reboot"));
    assert_eq!(status(&mut cloud), "pending-reboot");
    cloud.refused(
        US,
        "DeleteDBClusterParameterGroup",
        "DBClusterParameterGroupName=shop",
        expect!["InvalidDBParameterGroupState (400): One or more database instances are still members of this parameter group, so the group cannot be deleted"],
    );
    cloud.refused(
        US,
        "DeleteDBClusterParameterGroup",
        "DBClusterParameterGroupName=default.aurora-postgresql16",
        expect![
            "InvalidDBParameterGroupState (400): Default DBClusterParameterGroup cannot be deleted."
        ],
    );
    cloud.refused(
        US,
        "DeleteDBClusterParameterGroup",
        "DBClusterParameterGroupName=none",
        expect!["DBParameterGroupNotFound (404): DBClusterParameterGroup not found: none"],
    );
}
