"""An emulator as the proofs see it."""

import json
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

HERE, THERE = "us-east-1", "ap-south-1"


class Emulator:
    def __init__(self, endpoint):
        self.endpoint = endpoint

    def client(self, service, region=HERE):
        config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
        return boto3.client(service, region_name=region, endpoint_url=self.endpoint, config=config)

    def raw(self, path):
        """What GET is answered, as it is on the wire."""
        with urllib.request.urlopen(self.endpoint + path) as answer:
            return answer.read().decode()

    def subnets(self, region=HERE):
        """Some of one VPC, each in a zone of its own."""
        zones = {it["AvailabilityZone"]: it for it in self.client("ec2", region).describe_subnets()["Subnets"]}
        return list(zones.values())

    def cluster(self, name, **more):
        """An Aurora cluster, as AWS shows it."""
        rds = self.client("rds")
        rds.create_db_cluster(
            DBClusterIdentifier=name, Engine="aurora-postgresql", EngineVersion="16.8",
            MasterUsername="owner", MasterUserPassword="correct-horse", **more)
        return self.seen_cluster(name)

    def seen_cluster(self, name):
        (cluster,) = self.client("rds").describe_db_clusters(DBClusterIdentifier=name)["DBClusters"]
        return cluster

    def instance(self, cluster, name, **more):
        """An instance in a cluster, as AWS shows it."""
        rds = self.client("rds")
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier=cluster, DBInstanceClass="db.r6g.large",
            Engine="aurora-postgresql", **more)
        return self.seen_instance(name)

    def seen_instance(self, name):
        (instance,) = self.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        return instance

    def table(self, name):
        """A table with a stream, which replicas need."""
        dynamodb = self.client("dynamodb")
        dynamodb.create_table(
            TableName=name, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
        return dynamodb

    def versioned(self, name, region=HERE):
        """A bucket of which versions are kept."""
        s3 = self.client("s3", region)
        there = {} if region == HERE else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **there)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return s3

    def without_parts(self, bucket):
        """Sets what both forget of a new bucket, and its lists, which are for the proof to look at."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
        seen = s3.get_bucket_request_payment(Bucket=bucket)
        shown(seen.get("Payer"), awaited=None, by_aws="Requester")
        s3.put_bucket_metrics_configuration(Bucket=bucket, Id="all", MetricsConfiguration={"Id": "all"})
        seen = s3.list_bucket_metrics_configurations(Bucket=bucket)
        shown(len(seen.get("MetricsConfigurationList", [])), awaited=0, by_aws=1)
        s3.put_bucket_analytics_configuration(
            Bucket=bucket, Id="all", AnalyticsConfiguration={"Id": "all", "StorageClassAnalysis": {}})
        seen = s3.list_bucket_analytics_configurations(Bucket=bucket)
        shown(len(seen.get("AnalyticsConfigurationList", [])), awaited=0, by_aws=1)
        tiers = {"Id": "all", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
        s3.put_bucket_intelligent_tiering_configuration(
            Bucket=bucket, Id="all", IntelligentTieringConfiguration=tiers)
        seen = s3.list_bucket_intelligent_tiering_configurations(Bucket=bucket)
        shown(len(seen.get("IntelligentTieringConfigurationList", [])), awaited=0, by_aws=1)
        lists = {
            "Id": "all", "IsEnabled": True, "IncludedObjectVersions": "Current", "OptionalFields": ["Size"],
            "Schedule": {"Frequency": "Weekly"},
            "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{bucket}", "Format": "CSV"}},
        }
        s3.put_bucket_inventory_configuration(Bucket=bucket, Id="all", InventoryConfiguration=lists)
        return s3

    def balancer(self, name, **more):
        """The ARN of a load balancer."""
        subnets = [it["SubnetId"] for it in self.subnets()[:2]]
        (made,) = self.client("elbv2").create_load_balancer(Name=name, Subnets=subnets, **more)["LoadBalancers"]
        return made["LoadBalancerArn"]

    def without_rules_of_private_links(self, name):
        """Sets what both forget: whether security groups judge what comes through PrivateLink."""
        elbv2 = self.client("elbv2")
        group = self.client("ec2").describe_security_groups()["SecurityGroups"][0]["GroupId"]
        arn = self.balancer(name, Type="network", SecurityGroups=[group])
        enforce = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
        elbv2.set_security_groups(LoadBalancerArn=arn, SecurityGroups=[group], **{enforce: "off"})
        (seen,) = elbv2.describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"]
        shown(seen.get(enforce), awaited=None, by_aws="off")

    def gateway(self, name):
        """The listener of a gateway load balancer."""
        group = self.group(name, Protocol="GENEVE", Port=6081)
        (made,) = self.client("elbv2").create_listener(
            LoadBalancerArn=self.balancer(name, Type="gateway"),
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])["Listeners"]
        return made

    def directories(self, name):
        """The directories that a cluster is in after it was told to join one."""
        self.cluster(name)
        self.client("rds").modify_db_cluster(
            DBClusterIdentifier=name, Domain="d-0123456789", DomainIAMRoleName="directories", ApplyImmediately=True)
        return self.seen_cluster(name).get("DomainMemberships")

    def zone(self, name):
        """The id of a hosted zone."""
        made = self.client("route53").create_hosted_zone(Name=name, CallerReference=name)
        return made["HostedZone"]["Id"].removeprefix("/hostedzone/")

    def unsigned(self, name):
        """The code with which a zone gets no key to sign with."""
        key = self.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        return refused(
            self.client("route53").create_key_signing_key, CallerReference=name, HostedZoneId=self.zone(name),
            KeyManagementServiceArn=key, Name="one", Status="ACTIVE")

    def group(self, name, **more):
        """The ARN of a target group."""
        vpc = self.subnets()[0]["VpcId"]
        asked = {"Protocol": "HTTP", "Port": 80, "TargetType": "ip", **more}
        (made,) = self.client("elbv2").create_target_group(Name=name, VpcId=vpc, **asked)["TargetGroups"]
        return made["TargetGroupArn"]


def refused(call, **asked):
    """The code that a call is refused with."""
    try:
        answer = call(**asked)
    except ClientError as error:
        return error.response["Error"]["Code"]
    except ResponseParserError:
        return "no answer that can be read"
    raise AssertionError(f"not refused: {answer}")


def document(action, resource, **more):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def shown(what, *, awaited, by_aws):
    """It shows this, where AWS shows that."""
    assert awaited != by_aws
    assert what == awaited, f"{what!r} instead of {awaited!r}; AWS: {by_aws!r}"
