"""What moto does otherwise than AWS."""

from emulator import HERE, THERE, document, refused, shown


def modifies_no_global_write_forwarding(aws):
    """A member of a global cluster that is told to forward writes says so."""
    rds = aws.client("rds")
    rds.create_global_cluster(GlobalClusterIdentifier="forwards", Engine="aurora-postgresql", EngineVersion="16.8")
    aws.cluster("forwards-1", GlobalClusterIdentifier="forwards")
    rds.modify_db_cluster(DBClusterIdentifier="forwards-1", EnableGlobalWriteForwarding=True)
    shown(aws.seen_cluster("forwards-1")["GlobalWriteForwardingRequested"], awaited=False, by_aws=True)


def makes_no_replicas(aws):
    """UpdateTable with ReplicaUpdates makes a replica, and DescribeTable shows it."""
    dynamodb = aws.table("replicas")
    dynamodb.update_table(TableName="replicas", ReplicaUpdates=[{"Create": {"RegionName": THERE}}])
    table = dynamodb.describe_table(TableName="replicas")["Table"]
    shown(table.get("Replicas"), awaited=None, by_aws=[{"RegionName": THERE}])
    code = refused(aws.client("dynamodb", THERE).describe_table, TableName="replicas")
    shown(code, awaited="ResourceNotFoundException", by_aws=None)


def tags_no_global_clusters(aws):
    """A global cluster has the tags that it is made with, and can be given others."""
    rds = aws.client("rds")
    tags = [{"Key": "Project", "Value": "x"}]
    made = rds.create_global_cluster(
        GlobalClusterIdentifier="tagged", Engine="aurora-postgresql", EngineVersion="16.8", Tags=tags)
    shown(made["GlobalCluster"]["TagList"], awaited=[], by_aws=tags)
    code = refused(rds.add_tags_to_resource, ResourceName=made["GlobalCluster"]["GlobalClusterArn"], Tags=tags)
    shown(code, awaited="InvalidParameterValue", by_aws=None)


def modifies_no_global_clusters(aws):
    """ModifyGlobalCluster is not known at all."""
    rds = aws.client("rds")
    rds.create_global_cluster(GlobalClusterIdentifier="modified", Engine="aurora-postgresql", EngineVersion="16.8")
    code = refused(rds.modify_global_cluster, GlobalClusterIdentifier="modified", DeletionProtection=True)
    shown(code, awaited="no answer that can be read", by_aws=None)


def makes_buckets_without_tags(aws):
    """CreateBucket takes tags in its configuration."""
    s3 = aws.client("s3", THERE)
    tags = [{"Key": "Project", "Value": "x"}]
    s3.create_bucket(
        Bucket="proof-tagged", CreateBucketConfiguration={"LocationConstraint": THERE, "Tags": tags})
    shown(refused(s3.get_bucket_tagging, Bucket="proof-tagged"), awaited="NoSuchTagSet", by_aws=tags)


def forgets_what_replication_copies(aws):
    """A replication rule says whether it copies delete markers and what replicas change."""
    s3 = aws.versioned("proof-source")
    aws.versioned("proof-copy", THERE)
    rule = {
        "ID": "there", "Priority": 1, "Status": "Enabled", "Filter": {"Prefix": ""},
        "Destination": {"Bucket": "arn:aws:s3:::proof-copy"},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}},
    }
    role = "arn:aws:iam::123456789012:role/copies"
    s3.put_bucket_replication(Bucket="proof-source", ReplicationConfiguration={"Role": role, "Rules": [rule]})
    (seen,) = s3.get_bucket_replication(Bucket="proof-source")["ReplicationConfiguration"]["Rules"]
    shown(seen.get("DeleteMarkerReplication"), awaited={"Status": "Disabled"}, by_aws={"Status": "Enabled"})
    shown(seen.get("SourceSelectionCriteria"), awaited=None, by_aws=rule["SourceSelectionCriteria"])


def names_documents_of_buckets_otherwise(aws):
    """The root of GetBucketVersioning's answer is VersioningConfiguration, and so on."""
    aws.client("s3").create_bucket(Bucket="proof-unversioned")
    body = aws.raw("/proof-unversioned?versioning")
    shown("<GetBucketVersioningResponse" in body, awaited=True, by_aws=False)
    shown("<VersioningConfiguration" in body, awaited=False, by_aws=True)
    body = aws.raw("/proof-unversioned?accelerate")
    shown("<AccelerateConfiguration" in body, awaited=False, by_aws=True)
    body = aws.raw("/proof-unversioned?notification")
    shown("<NotificationConfiguration" in body, awaited=False, by_aws=True)


def has_no_features_of_zones(aws):
    """UpdateHostedZoneFeatures switches accelerated recovery."""
    route53 = aws.client("route53")
    zone = route53.create_hosted_zone(Name="features.example", CallerReference="features")["HostedZone"]["Id"]
    code = refused(route53.update_hosted_zone_features, HostedZoneId=zone, EnableAcceleratedRecovery=True)
    shown(code, awaited="404", by_aws=None)


def modifies_only_part_of_a_cluster(aws):
    """ModifyDBCluster changes who may authenticate, which logs are exported, where writes are forwarded."""
    aws.cluster("half")
    rds = aws.client("rds")
    rds.modify_db_cluster(
        DBClusterIdentifier="half", ApplyImmediately=True, EnableIAMDatabaseAuthentication=True,
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql"]}, EnableLocalWriteForwarding=True)
    seen = aws.seen_cluster("half")
    shown(seen["IAMDatabaseAuthenticationEnabled"], awaited=False, by_aws=True)
    shown(seen["EnabledCloudwatchLogsExports"], awaited=[], by_aws=["postgresql"])
    shown(seen.get("LocalWriteForwardingStatus"), awaited=None, by_aws="enabled")


def has_no_http_endpoints(aws):
    """EnableHttpEndpoint is not known."""
    arn = aws.cluster("endpoint")["DBClusterArn"]
    code = refused(aws.client("rds").enable_http_endpoint, ResourceArn=arn)
    shown(code, awaited="no answer that can be read", by_aws=None)


def takes_no_role_from_a_cluster(aws):
    """RemoveRoleFromDBCluster is not known."""
    aws.cluster("roles")
    role = {"DBClusterIdentifier": "roles", "FeatureName": "s3Import", "RoleArn": "arn:aws:iam::123456789012:role/x"}
    rds = aws.client("rds")
    rds.add_role_to_db_cluster(**role)
    code = refused(rds.remove_role_from_db_cluster, **role)
    shown(code, awaited="no answer that can be read", by_aws=None)


def has_no_performance_insights(aws):
    """An instance says whether Performance Insights is on."""
    aws.cluster("insights")
    aws.instance("insights", "insights-1")
    aws.client("rds").modify_db_instance(DBInstanceIdentifier="insights-1", EnablePerformanceInsights=True)
    seen = aws.seen_instance("insights-1").get("PerformanceInsightsEnabled")
    shown(seen, awaited=None, by_aws=True)


def resets_no_parameters(aws):
    """ResetDBClusterParameterGroup is not known."""
    rds = aws.client("rds")
    rds.create_db_cluster_parameter_group(
        DBClusterParameterGroupName="resets", DBParameterGroupFamily="aurora-postgresql16", Description="-")
    parameter = {"ParameterName": "work_mem", "ApplyMethod": "immediate"}
    code = refused(
        rds.reset_db_cluster_parameter_group, DBClusterParameterGroupName="resets", Parameters=[parameter])
    shown(code, awaited="no answer that can be read", by_aws=None)


def updates_only_part_of_a_table(aws):
    """UpdateTable changes the class, the limits and the encryption of a table."""
    dynamodb = aws.table("half")
    dynamodb.update_table(TableName="half", TableClass="STANDARD_INFREQUENT_ACCESS")
    dynamodb.update_table(TableName="half", OnDemandThroughput={"MaxReadRequestUnits": 500})
    dynamodb.update_table(TableName="half", SSESpecification={"Enabled": True, "SSEType": "KMS"})
    table = dynamodb.describe_table(TableName="half")["Table"]
    shown(table.get("TableClassSummary"), awaited=None, by_aws={"TableClass": "STANDARD_INFREQUENT_ACCESS"})
    shown(table.get("OnDemandThroughput"), awaited=None, by_aws={"MaxReadRequestUnits": 500})
    shown(table.get("SSEDescription"), awaited=None, by_aws={"Status": "ENABLED", "SSEType": "KMS"})


def knows_no_contributor_insights(aws):
    """A table tells whether Contributor Insights is on."""
    dynamodb = aws.table("insights")
    code = refused(dynamodb.describe_contributor_insights, TableName="insights")
    shown(code, awaited="500", by_aws=None)


def knows_no_streams_of_kinesis(aws):
    """A table tells which streams of Kinesis get its changes."""
    dynamodb = aws.table("kinesis")
    code = refused(dynamodb.describe_kinesis_streaming_destination, TableName="kinesis")
    shown(code, awaited="500", by_aws=None)


def forgets_server_names_of_checks(aws):
    """A check of HTTPS names its host while TLS is agreed on, unless it says otherwise."""
    made = aws.client("route53").create_health_check(
        CallerReference="sni", HealthCheckConfig={
            "Type": "HTTPS", "FullyQualifiedDomainName": "sni.example", "RequestInterval": 30})
    shown(made["HealthCheck"]["HealthCheckConfig"]["EnableSNI"], awaited=False, by_aws=True)


def forgets_alarms(aws):
    """A check of an alarm says which alarm it watches."""
    alarm = {"Region": HERE, "Name": "latency"}
    made = aws.client("route53").create_health_check(
        CallerReference="alarm", HealthCheckConfig={
            "Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": alarm, "InsufficientDataHealthStatus": "Unhealthy"})
    shown(made["HealthCheck"]["HealthCheckConfig"].get("AlarmIdentifier"), awaited=None, by_aws=alarm)


def makes_public_zones_of_networks(aws):
    """A zone that is made for a VPC is private."""
    made = aws.client("route53").create_hosted_zone(
        Name="proof", CallerReference="private", VPC={"VPCRegion": HERE, "VPCId": aws.subnets()[0]["VpcId"]})
    shown(made["HostedZone"]["Config"]["PrivateZone"], awaited=False, by_aws=True)


def keeps_roles_of_monitoring(aws):
    """An instance that is no longer monitored has no role for it."""
    aws.cluster("monitored")
    role = "arn:aws:iam::123456789012:role/monitors"
    aws.instance("monitored", "monitored-1", MonitoringInterval=60, MonitoringRoleArn=role)
    aws.client("rds").modify_db_instance(DBInstanceIdentifier="monitored-1", MonitoringInterval=0, ApplyImmediately=True)
    shown(aws.seen_instance("monitored-1").get("MonitoringRoleArn"), awaited=role, by_aws=None)
    for interval in (60, 0):
        aws.client("rds").modify_db_cluster(
            DBClusterIdentifier="monitored", MonitoringInterval=interval, MonitoringRoleArn=role, ApplyImmediately=True)
    shown(aws.seen_cluster("monitored").get("MonitoringRoleArn"), awaited=role, by_aws=None)


def authenticates_no_clients(aws):
    """A listener says how it authenticates clients."""
    elbv2 = aws.client("elbv2")
    certificate = aws.client("acm").request_certificate(DomainName="proof.example")["CertificateArn"]
    (made,) = elbv2.create_listener(
        LoadBalancerArn=aws.balancer("proof-mutual"), Port=443, Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate}], MutualAuthentication={"Mode": "passthrough"},
        DefaultActions=[{"Type": "forward", "TargetGroupArn": aws.group("proof-mutual")}])["Listeners"]
    shown(made.get("MutualAuthentication"), awaited=None, by_aws={"Mode": "passthrough"})


def rewrites_no_requests(aws):
    """A rule says how it rewrites the requests that it forwards, and can be told to do it otherwise."""
    elbv2 = aws.client("elbv2")
    forward = [{"Type": "forward", "TargetGroupArn": aws.group("proof-rewrites")}]
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=aws.balancer("proof-rewrites"), Port=80, Protocol="HTTP", DefaultActions=forward)["Listeners"]
    rewrite = {"Rewrites": [{"Regex": "^/api/(.*)$", "Replace": "/$1"}]}
    transforms = [{"Type": "url-rewrite", "UrlRewriteConfig": rewrite}]
    (rule,) = elbv2.create_rule(
        ListenerArn=listener["ListenerArn"], Priority=10, Actions=forward, Transforms=transforms,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}])["Rules"]
    shown(rule.get("Transforms"), awaited=None, by_aws=transforms)
    code = refused(elbv2.modify_rule, RuleArn=rule["RuleArn"], Transforms=transforms)
    shown(code, awaited="ValidationError", by_aws=None)


def fails_at_expressions_of_rules(aws):
    """A rule's paths can be compared by regular expressions."""
    elbv2 = aws.client("elbv2")
    answers = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=aws.balancer("proof-expressions"), Port=80, Protocol="HTTP", DefaultActions=answers)["Listeners"]
    code = refused(
        elbv2.create_rule, ListenerArn=listener["ListenerArn"], Priority=10, Actions=answers,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/api/"]}}])
    shown(code, awaited="no answer that can be read", by_aws=None)


def reads_no_lists_in_policies_of_logs(aws):
    """What a policy says of one action, resource or service it may say in a list of one."""
    s3 = aws.client("s3")
    for name in ("proof-logged", "proof-logs"):
        s3.create_bucket(Bucket=name)
    status = {"LoggingEnabled": {"TargetBucket": "proof-logs", "TargetPrefix": "a/"}}
    service, objects = "logging.s3.amazonaws.com", "arn:aws:s3:::proof-logs/*"
    s3.put_bucket_policy(Bucket="proof-logs", Policy=document(
        ["s3:PutObject"], [objects], Principal={"Service": [service]}))
    code = refused(s3.put_bucket_logging, Bucket="proof-logged", BucketLoggingStatus=status)
    shown(code, awaited="InvalidTargetBucketForLogging", by_aws=None)
    # The same without lists.
    s3.put_bucket_policy(Bucket="proof-logs", Policy=document("s3:PutObject", objects, Principal={"Service": service}))
    s3.put_bucket_logging(Bucket="proof-logged", BucketLoggingStatus=status)


def has_no_cidr_collections(aws):
    """CreateCidrCollection is not known."""
    code = refused(aws.client("route53").create_cidr_collection, Name="proof", CallerReference="proof")
    shown(code, awaited="404", by_aws=None)


def shows_no_insights_of_clusters(aws):
    """A cluster says whether Performance Insights is on."""
    aws.cluster("watched")
    aws.client("rds").modify_db_cluster(
        DBClusterIdentifier="watched", EnablePerformanceInsights=True, ApplyImmediately=True)
    shown(aws.seen_cluster("watched").get("PerformanceInsightsEnabled"), awaited=None, by_aws=True)


def keeps_listeners_of_tls(aws):
    """ModifyListener changes the certificate of a TLS listener, and what it agrees on."""
    elbv2, acm = aws.client("elbv2"), aws.client("acm")
    certificate, other = [
        acm.request_certificate(DomainName=name)["CertificateArn"] for name in ("one.example", "two.example")]
    (made,) = elbv2.create_listener(
        LoadBalancerArn=aws.balancer("proof-alpn", Type="network"), Port=443, Protocol="TLS",
        Certificates=[{"CertificateArn": certificate}], AlpnPolicy=["HTTP2Preferred"],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": aws.group("proof-alpn", Protocol="TCP")}])["Listeners"]
    (seen,) = elbv2.modify_listener(ListenerArn=made["ListenerArn"], AlpnPolicy=["HTTP2Optional"])["Listeners"]
    shown(seen["AlpnPolicy"], awaited=["HTTP2Preferred"], by_aws=["HTTP2Optional"])
    (seen,) = elbv2.modify_listener(
        ListenerArn=made["ListenerArn"], Certificates=[{"CertificateArn": other}])["Listeners"]
    shown([it["CertificateArn"] for it in seen["Certificates"]], awaited=[certificate], by_aws=[other])


def lets_no_member_go(aws):
    """RemoveFromGlobalCluster takes a member of any region out, by its ARN."""
    home, away = aws.client("rds"), aws.client("rds", THERE)
    home.create_global_cluster(GlobalClusterIdentifier="keeps", Engine="aurora-postgresql", EngineVersion="16.8")
    aws.cluster("keeps-1", GlobalClusterIdentifier="keeps")
    member = away.create_db_cluster(
        DBClusterIdentifier="keeps-2", Engine="aurora-postgresql", EngineVersion="16.8",
        GlobalClusterIdentifier="keeps")["DBCluster"]["DBClusterArn"]
    for rds in (home, away):
        rds.remove_from_global_cluster(GlobalClusterIdentifier="keeps", DbClusterIdentifier=member)
        listed = rds.describe_global_clusters()["GlobalClusters"]
        (seen,) = [it for it in listed if it["GlobalClusterIdentifier"] == "keeps"]
        arns = [it["DBClusterArn"] for it in seen["GlobalClusterMembers"]]
        shown(member in arns, awaited=True, by_aws=False)


def answers_with_other_global_clusters(aws):
    """A global cluster that is asked for by name and is not there is refused."""
    rds = aws.client("rds")
    rds.create_global_cluster(GlobalClusterIdentifier="another", Engine="aurora-postgresql", EngineVersion="16.8")
    listed = rds.describe_global_clusters(GlobalClusterIdentifier="proof-nowhere")["GlobalClusters"]
    shown("another" in [it["GlobalClusterIdentifier"] for it in listed], awaited=True, by_aws=False)


def has_only_part_of_a_bucket(aws):
    """Who pays, lists, metrics, analyses and tiers of a bucket are kept, and events go to EventBridge."""
    bucket = "proof-partly"
    s3 = aws.without_parts(bucket)
    seen = s3.list_bucket_inventory_configurations(Bucket=bucket)
    (seen,) = seen["InventoryConfigurationList"]
    shown(seen["IncludedObjectVersions"], awaited="All", by_aws="Current")
    shown(seen["OptionalFields"], awaited=["Field"], by_aws=["Size"])
    notified = {"EventBridgeConfiguration": {}}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=notified)
    seen = s3.get_bucket_notification_configuration(Bucket=bucket)
    shown(seen.get("EventBridgeConfiguration"), awaited=None, by_aws={})


def takes_no_minimum_of_transitions(aws):
    """A bucket's lifecycle says from which size on objects move."""
    s3, bucket = aws.client("s3"), "proof-minimum"
    s3.create_bucket(Bucket=bucket)
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 3}}
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, TransitionDefaultMinimumObjectSize="varies_by_storage_class",
        LifecycleConfiguration={"Rules": [rule]})
    seen = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["TransitionDefaultMinimumObjectSize"]
    shown(seen, awaited="all_storage_classes_128K", by_aws="varies_by_storage_class")


def blocks_no_encryption(aws):
    """A bucket's encryption names the types that uploads may not use."""
    s3, bucket = aws.client("s3"), "proof-blocks"
    s3.create_bucket(Bucket=bucket)
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    (seen,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    shown(seen.get("BlockedEncryptionTypes"), awaited=None, by_aws=rule["BlockedEncryptionTypes"])


def locks_for_days_and_years(aws):
    """A lock is for days or for years."""
    s3 = aws.versioned("proof-lock")
    wanted = {"Mode": "GOVERNANCE", "Days": 7}
    s3.put_object_lock_configuration(
        Bucket="proof-lock",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": wanted}})
    seen = s3.get_object_lock_configuration(Bucket="proof-lock")["ObjectLockConfiguration"]["Rule"]
    shown(seen["DefaultRetention"], awaited={**wanted, "Years": 0}, by_aws=wanted)


def forgets_rules_of_private_links(aws):
    """A network load balancer says whether its security groups judge what comes through PrivateLink."""
    aws.without_rules_of_private_links("proof-linked")


def joins_no_directories(aws):
    """A cluster says which directory it is in."""
    shown(aws.directories("joins"), awaited=[], by_aws=[{"Domain": "d-0123456789"}])


def signs_no_zones(aws):
    """CreateKeySigningKey gives a zone a key that signs."""
    shown(aws.unsigned("signed.example"), awaited="404", by_aws=None)


def shows_protocols_of_gateways(aws):
    """The listener of a gateway load balancer has neither a protocol nor a policy of TLS."""
    made = aws.gateway("proof-gateway")
    shown(made.get("Protocol"), awaited="", by_aws=None)
    shown(made.get("SslPolicy"), awaited="ELBSecurityPolicy-2016-08", by_aws=None)


def knows_groups_of_logs_by_their_streams(aws):
    """Queries are logged to a group whose ARN names it alone."""
    aws.client("logs").create_log_group(logGroupName="/aws/route53/proof")
    arn = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/proof"
    create = aws.client("route53").create_query_logging_config
    code = refused(create, HostedZoneId=aws.zone("logged.example"), CloudWatchLogsLogGroupArn=arn)
    shown(code, awaited="NoSuchCloudWatchLogsLogGroup", by_aws=None)
    # The same as CloudWatch Logs shows it.
    create(HostedZoneId=aws.zone("also-logged.example"), CloudWatchLogsLogGroupArn=f"{arn}:*")


def keeps_certificates_of_listeners(aws):
    """A listener that no longer speaks TLS has no certificate."""
    elbv2 = aws.client("elbv2")
    certificate = aws.client("acm").request_certificate(DomainName="proof.example")["CertificateArn"]
    (made,) = elbv2.create_listener(
        LoadBalancerArn=aws.balancer("proof-plain"), Port=443, Protocol="HTTPS",
        Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": aws.group("proof-plain")}])["Listeners"]
    (seen,) = elbv2.modify_listener(ListenerArn=made["ListenerArn"], Protocol="HTTP")["Listeners"]
    shown(seen.get("Certificates"), awaited=[{"CertificateArn": certificate}], by_aws=None)


def turns_no_listener_to_udp(aws):
    """A listener of TCP can come to take UDP too."""
    elbv2 = aws.client("elbv2")
    (made,) = elbv2.create_listener(
        LoadBalancerArn=aws.balancer("proof-udp", Type="network"), Port=53, Protocol="TCP",
        DefaultActions=[{"Type": "forward", "TargetGroupArn": aws.group("proof-udp", Protocol="TCP_UDP")}])["Listeners"]
    code = refused(elbv2.modify_listener, ListenerArn=made["ListenerArn"], Protocol="TCP_UDP")
    shown(code, awaited="UnsupportedProtocol", by_aws=None)
