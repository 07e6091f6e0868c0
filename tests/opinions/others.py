"""Somebody else adds things to the example's resources, or takes them away again.

    python others.py ENDPOINT add|undo WHAT…
"""

import json
import sys

import boto3

HERE, THERE, ELSEWHERE = "us-east-1", "ap-south-1", "eu-west-1"


def client(service, region=HERE):
    return boto3.client(service, region_name=region, endpoint_url=sys.argv[1])


def document(action, resource, **more):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def record(adds):
    route53 = client("route53")
    (zone,) = (it for it in route53.list_hosted_zones()["HostedZones"] if it["Name"] == "naveenteja.cloud.")
    blog = {"Name": "blog.naveenteja.cloud.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.9"}]}
    change = {"Action": "CREATE" if adds else "DELETE", "ResourceRecordSet": blog}
    route53.change_resource_record_sets(HostedZoneId=zone["Id"], ChangeBatch={"Changes": [change]})


def replica(adds):
    update = {"Create" if adds else "Delete": {"RegionName": ELSEWHERE}}
    client("dynamodb").update_table(TableName="user-sessions", ReplicaUpdates=[update])


def inline_policy(adds):
    of = {"RoleName": "naveenteja-assets-replication", "PolicyName": "audit"}
    if adds:
        client("iam").put_role_policy(**of, PolicyDocument=document("s3:ListAllMyBuckets", "*"))
    else:
        client("iam").delete_role_policy(**of)


def bucket_policy(adds):
    name = f"naveenteja-assets-{THERE}"
    if adds:
        principal = {"AWS": "arn:aws:iam::123456789012:root"}
        policy = document("s3:GetObject", f"arn:aws:s3:::{name}/*", Principal=principal)
        client("s3", THERE).put_bucket_policy(Bucket=name, Policy=policy)
    else:
        client("s3", THERE).delete_bucket_policy(Bucket=name)


def instance(adds):
    rds = client("rds")
    if adds:
        rds.create_db_instance(
            DBInstanceIdentifier="reports", DBClusterIdentifier=f"app-{HERE}",
            DBInstanceClass="db.r6g.large", Engine="aurora-postgresql")
    else:
        rds.delete_db_instance(DBInstanceIdentifier="reports", SkipFinalSnapshot=True)


for what in sys.argv[3:]:
    globals()[what.replace(" ", "_")](sys.argv[2] == "add")
