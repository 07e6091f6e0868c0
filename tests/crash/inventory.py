"""What is there, one thing a line, without the ids that are assigned; or where to put things.

Asks boto3, so that whoever made the things is not the one who says what was made.
"""
import json
import sys

import boto3

MARKS = ("bicoastal:lineage",)


def client(service):
    return boto3.client(service, endpoint_url=sys.argv[2], region_name="us-east-1")


def tags(listed):
    return {tag["Key"]: tag["Value"] for tag in listed if tag["Key"] not in MARKS}


def say(kind, name, **facts):
    print(kind, name, json.dumps(facts, sort_keys=True))


def place():
    """A VPC and two of its subnets."""
    subnets = client("ec2").describe_subnets()["Subnets"]
    vpc = subnets[0]["VpcId"]
    print(vpc, *[it["SubnetId"] for it in subnets if it["VpcId"] == vpc][:2])


def route53():
    dns = client("route53")
    hosts = {}
    for check in dns.list_health_checks()["HealthChecks"]:
        config = check["HealthCheckConfig"]
        hosts[check["Id"]] = config["FullyQualifiedDomainName"]
        of = dns.list_tags_for_resource(ResourceType="healthcheck", ResourceId=check["Id"])
        facts = {key: config.get(key) for key in ("Type", "Port", "ResourcePath")}
        say("check", hosts[check["Id"]], tags=tags(of["ResourceTagSet"]["Tags"]), **facts)
    for zone in dns.list_hosted_zones()["HostedZones"]:
        number = zone["Id"].split("/")[-1]
        of = dns.list_tags_for_resource(ResourceType="hostedzone", ResourceId=number)
        say("zone", zone["Name"], tags=tags(of["ResourceTagSet"]["Tags"]))
        for record in dns.list_resource_record_sets(HostedZoneId=number)["ResourceRecordSets"]:
            if record["Type"] in ("NS", "SOA"):
                continue
            check = hosts.get(record.get("HealthCheckId"))
            facts = {key: record.get(key) for key in ("SetIdentifier", "Weight", "TTL")}
            values = [it["Value"] for it in record["ResourceRecords"]]
            say("record", f"{record['Name']} {record['Type']}", check=check, values=values, **facts)


def iam():
    people = client("iam")
    for role in people.list_roles()["Roles"]:
        name = role["RoleName"]
        inline = people.list_role_policies(RoleName=name)["PolicyNames"]
        attached = people.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        say(
            "role",
            name,
            trust=role["AssumeRolePolicyDocument"],
            tags=tags(people.list_role_tags(RoleName=name)["Tags"]),
            attached=[it["PolicyName"] for it in attached],
            inline={
                it: people.get_role_policy(RoleName=name, PolicyName=it)["PolicyDocument"]
                for it in inline
            },
        )
    for policy in people.list_policies(Scope="Local")["Policies"]:
        of = people.list_policy_tags(PolicyArn=policy["Arn"])["Tags"]
        say("policy", policy["PolicyName"], tags=tags(of))


def elbv2():
    elb = client("elbv2")

    def of(arn):
        return tags(elb.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])

    for group in elb.describe_target_groups()["TargetGroups"]:
        facts = {key: group.get(key) for key in ("Protocol", "Port", "TargetType")}
        say("group", group["TargetGroupName"], tags=of(group["TargetGroupArn"]), **facts)
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        arn, name = balancer["LoadBalancerArn"], balancer["LoadBalancerName"]
        say("balancer", name, type=balancer.get("Type"), tags=of(arn))
        for listener in elb.describe_listeners(LoadBalancerArn=arn)["Listeners"]:
            say("listener", f"{name} {listener['Port']}", tags=of(listener["ListenerArn"]))


def rds():
    groups = client("rds").describe_db_cluster_parameter_groups()["DBClusterParameterGroups"]
    for group in groups:
        if not group["DBClusterParameterGroupName"].startswith("default"):
            say("parameters", group["DBClusterParameterGroupName"], of=group["DBParameterGroupFamily"])


if sys.argv[1] == "place":
    place()
else:
    for each in (route53, iam, elbv2, rds):
        each()
