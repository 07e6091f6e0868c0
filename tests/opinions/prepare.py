"""Makes in an emulator what programs never declare, and prints the ids, region by region.

    python prepare.py ENDPOINT REGION…
"""

import json
import sys

import boto3


def place(endpoint, region):
    def client(service):
        return boto3.client(service, region_name=region, endpoint_url=endpoint)

    ec2, acm, kms = client("ec2"), client("acm"), client("kms")
    subnets, zones = [], set()
    for subnet in ec2.describe_subnets()["Subnets"]:
        if subnet["AvailabilityZone"] not in zones:
            zones.add(subnet["AvailabilityZone"])
            subnets.append(subnet)
    vpc = subnets[0]["VpcId"]
    groups = [
        group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"] if group["VpcId"] == vpc
    ]
    groups.append(ec2.create_security_group(GroupName="more", Description="more", VpcId=vpc)["GroupId"])
    # S3 asks a queue whether it may send to it.
    sender = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**sender, "Resource": "*"}]}
    sqs = client("sqs")
    queue = sqs.create_queue(QueueName="made", Attributes={"Policy": json.dumps(policy)})["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    signer = {"Effect": "Allow", "Principal": {"Service": "dnssec-route53.amazonaws.com"}, "Resource": "*"}
    signs = {**signer, "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]}
    signing = {
        "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY",
        "Policy": json.dumps({"Version": "2012-10-17", "Statement": [signs]}),
    }
    logs, log_groups = client("logs"), ["/aws/route53/one", "/aws/route53/two"]
    for group in log_groups:
        logs.create_log_group(logGroupName=group)
    rds, parameter_groups = client("rds"), ["made-1", "made-2"]
    for group in parameter_groups:
        rds.create_db_parameter_group(
            DBParameterGroupName=group, DBParameterGroupFamily="aurora-postgresql16", Description="-")
    return {
        "vpcs": [vpc, ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]],
        "subnets": [subnet["SubnetId"] for subnet in subnets[:3]],
        "security_groups": groups[:2],
        "certificates": [
            acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"]
            for name in ("*.naveenteja.cloud", "more.naveenteja.cloud")
        ],
        "keys": [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)],
        "signing_keys": [kms.create_key(**signing)["KeyMetadata"]["Arn"] for _ in range(2)],
        "log_groups": [
            it["arn"].removesuffix(":*") for it in logs.describe_log_groups()["logGroups"]
            if it["logGroupName"] in log_groups
        ],
        "parameter_groups": parameter_groups,
        "queue": queue,
    }


print(json.dumps({region: place(sys.argv[1], region) for region in sys.argv[2:]}))
