"""What ministack does otherwise than AWS."""

from emulator import THERE, document, refused, shown


def no_aliases_of_aws_keys(aws):
    """Each region has the aliases of AWS's own keys, which nobody else can make."""
    kms = aws.client("kms")
    shown(refused(kms.describe_key, KeyId="alias/aws/rds"), awaited="NotFoundException", by_aws=None)
    listed = [it["AliasName"] for it in kms.list_aliases()["Aliases"]]
    shown("alias/aws/rds" in listed, awaited=False, by_aws=True)


def forgets_global_write_forwarding(aws):
    """A member of a global cluster tells whether its writes are to be forwarded."""
    rds = aws.client("rds")
    rds.create_global_cluster(GlobalClusterIdentifier="forwards", Engine="aurora-postgresql", EngineVersion="16.8")
    seen = aws.cluster("forwards-1", GlobalClusterIdentifier="forwards", EnableGlobalWriteForwarding=True)
    shown(seen.get("GlobalWriteForwardingRequested"), awaited=None, by_aws=True)
    rds.modify_db_cluster(DBClusterIdentifier="forwards-1", EnableGlobalWriteForwarding=True)
    shown(aws.seen_cluster("forwards-1").get("GlobalWriteForwardingRequested"), awaited=None, by_aws=True)


def does_not_list_certificates(aws):
    """DescribeListenerCertificates is not known."""
    balancer = aws.balancer("proof-certified")
    elbv2 = aws.client("elbv2")
    group = aws.group("proof-certified")
    certificate = aws.client("acm").request_certificate(DomainName="proof.example")["CertificateArn"]
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=balancer, Port=443, Protocol="HTTPS", Certificates=[{"CertificateArn": certificate}],
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])["Listeners"]
    code = refused(elbv2.describe_listener_certificates, ListenerArn=listener["ListenerArn"])
    shown(code, awaited="InvalidAction", by_aws=None)


def moves_the_endpoint(aws):
    """A cluster keeps the endpoint that it was made with."""
    before = aws.cluster("moves")["Endpoint"]
    aws.instance("moves", "moves-1")
    after = aws.seen_cluster("moves")["Endpoint"]
    shown(after == before, awaited=False, by_aws=True)


def answers_with_nothing(aws):
    """A target group, listener or rule that is asked for and is not there is refused."""
    elbv2 = aws.client("elbv2")
    answer = elbv2.describe_target_groups(Names=["proof-nowhere"])
    shown(answer["TargetGroups"], awaited=[], by_aws="TargetGroupNotFound")
    balancer = aws.balancer("proof-nowhere")
    listener = balancer.replace(":loadbalancer/", ":listener/") + "/0123456789abcdef"
    shown(elbv2.describe_listeners(ListenerArns=[listener])["Listeners"], awaited=[], by_aws="ListenerNotFound")
    rule = listener.replace(":listener/", ":listener-rule/") + "/0123456789abcdef"
    shown(elbv2.describe_rules(RuleArns=[rule])["Rules"], awaited=[], by_aws="RuleNotFound")


def has_no_features_of_zones(aws):
    """UpdateHostedZoneFeatures switches accelerated recovery."""
    route53 = aws.client("route53")
    zone = route53.create_hosted_zone(Name="features.example", CallerReference="features")["HostedZone"]["Id"]
    code = refused(route53.update_hosted_zone_features, HostedZoneId=zone, EnableAcceleratedRecovery=True)
    shown(code, awaited="InvalidInput", by_aws=None)


def modifies_only_part_of_a_cluster(aws):
    """ModifyDBCluster changes which logs are exported, where writes are forwarded, how storage is paid."""
    aws.cluster("half")
    rds = aws.client("rds")
    rds.modify_db_cluster(
        DBClusterIdentifier="half", ApplyImmediately=True, StorageType="aurora-iopt1",
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["postgresql"]}, EnableLocalWriteForwarding=True)
    seen = aws.seen_cluster("half")
    shown(seen.get("EnabledCloudwatchLogsExports"), awaited=None, by_aws=["postgresql"])
    shown(seen.get("LocalWriteForwardingStatus"), awaited=None, by_aws="enabled")
    shown(seen.get("StorageType"), awaited=None, by_aws="aurora-iopt1")


def gives_no_role_to_a_cluster(aws):
    """AddRoleToDBCluster is not known."""
    aws.cluster("roles")
    role = {"DBClusterIdentifier": "roles", "FeatureName": "s3Import", "RoleArn": "arn:aws:iam::000000000000:role/x"}
    code = refused(aws.client("rds").add_role_to_db_cluster, **role)
    shown(code, awaited="InvalidAction", by_aws=None)


def never_goes_back_in_time(aws):
    """An Aurora MySQL cluster says how far it can be taken back."""
    made = aws.client("rds").create_db_cluster(
        DBClusterIdentifier="back", Engine="aurora-mysql", MasterUsername="owner",
        MasterUserPassword="correct-horse", BacktrackWindow=3600)["DBCluster"]
    shown(made.get("BacktrackWindow"), awaited=None, by_aws=3600)


def modifies_only_part_of_an_instance(aws):
    """ModifyDBInstance changes who is promoted first, minor upgrades, Performance Insights."""
    aws.cluster("parts")
    aws.instance("parts", "parts-1", PromotionTier=2)
    aws.client("rds").modify_db_instance(
        DBInstanceIdentifier="parts-1", ApplyImmediately=True, PromotionTier=0,
        AutoMinorVersionUpgrade=False, EnablePerformanceInsights=True, PerformanceInsightsRetentionPeriod=62)
    seen = aws.seen_instance("parts-1")
    shown(seen["PromotionTier"], awaited=2, by_aws=0)
    shown(seen["AutoMinorVersionUpgrade"], awaited=True, by_aws=False)
    shown(seen["PerformanceInsightsEnabled"], awaited=False, by_aws=True)
    shown(seen["PerformanceInsightsRetentionPeriod"], awaited=7, by_aws=62)


def keeps_capitals_of_groups(aws):
    """The name of a subnet group is kept in small letters."""
    rds = aws.client("rds")
    subnets = [it["SubnetId"] for it in aws.subnets()[:2]]
    made = rds.create_db_subnet_group(
        DBSubnetGroupName="Capitals", DBSubnetGroupDescription="-", SubnetIds=subnets)["DBSubnetGroup"]
    shown(made["DBSubnetGroupName"], awaited="Capitals", by_aws="capitals")


def warms_no_tables(aws):
    """UpdateTable raises what a table is warm for."""
    dynamodb = aws.table("warm")
    dynamodb.update_table(TableName="warm", WarmThroughput={"ReadUnitsPerSecond": 20000})
    seen = dynamodb.describe_table(TableName="warm")["Table"]["WarmThroughput"]
    shown(seen["ReadUnitsPerSecond"], awaited=0, by_aws=20000)


def forgets_days_of_recovery(aws):
    """A table says how many days it can be taken back."""
    dynamodb = aws.table("days")
    days = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7}
    dynamodb.update_continuous_backups(TableName="days", PointInTimeRecoverySpecification=days)
    backups = dynamodb.describe_continuous_backups(TableName="days")["ContinuousBackupsDescription"]
    seen = backups["PointInTimeRecoveryDescription"]
    shown(seen.get("RecoveryPeriodInDays"), awaited=None, by_aws=7)


def lists_tags_one_by_one(aws):
    """ListTagsForResources tells the tags of several health checks."""
    route53 = aws.client("route53")
    made = route53.create_health_check(
        CallerReference="tags", HealthCheckConfig={
            "Type": "HTTPS", "FullyQualifiedDomainName": "tags.example", "RequestInterval": 30})
    code = refused(
        route53.list_tags_for_resources, ResourceType="healthcheck", ResourceIds=[made["HealthCheck"]["Id"]])
    shown(code, awaited="InvalidInput", by_aws=None)


def lists_no_boundaries(aws):
    """GetAccountAuthorizationDetails tells the boundary of a role's permissions."""
    iam = aws.client("iam")
    boundary = "arn:aws:iam::aws:policy/SecurityAudit"
    iam.create_role(RoleName="bound", AssumeRolePolicyDocument=document("sts:AssumeRole", "*"), PermissionsBoundary=boundary)
    listed = iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    (seen,) = [it for it in listed if it["RoleName"] == "bound"]
    shown(seen.get("PermissionsBoundary"), awaited=None, by_aws={"PermissionsBoundaryArn": boundary})


def upgrades_no_global_clusters(aws):
    """A global cluster has the version of its members."""
    rds = aws.client("rds")
    rds.create_global_cluster(GlobalClusterIdentifier="old", Engine="aurora-postgresql", EngineVersion="16.8")
    aws.cluster("old-1", GlobalClusterIdentifier="old")
    aws.instance("old-1", "old-1-1")
    rds.modify_db_cluster(DBClusterIdentifier="old-1", EngineVersion="16.9", ApplyImmediately=True)
    shown(aws.seen_cluster("old-1")["EngineVersion"], awaited="16.9", by_aws=None)
    (seen,) = rds.describe_global_clusters(GlobalClusterIdentifier="old")["GlobalClusters"]
    shown(seen["EngineVersion"], awaited="16.8", by_aws="16.9")


def has_checks_of_no_children(aws):
    """A calculated check says which checks it is calculated from."""
    made = aws.client("route53").create_health_check(
        CallerReference="children", HealthCheckConfig={
            "Type": "CALCULATED", "HealthThreshold": 0, "ChildHealthChecks": ["01234567-89ab-cdef-0123-456789abcdef"]})
    seen = made["HealthCheck"]["HealthCheckConfig"]["ChildHealthChecks"]
    shown(seen, awaited=[""], by_aws=["01234567-89ab-cdef-0123-456789abcdef"])


def updates_checks_with_words_of_python(aws):
    """What is true or false of a check is so in XML's words, and its regions have names."""
    route53 = aws.client("route53")
    made = route53.create_health_check(
        CallerReference="words", HealthCheckConfig={
            "Type": "HTTPS", "FullyQualifiedDomainName": "words.example", "RequestInterval": 30})
    which = made["HealthCheck"]["Id"]
    route53.update_health_check(HealthCheckId=which, EnableSNI=False, Inverted=True, Disabled=True)
    body = aws.raw(f"/2013-04-01/healthcheck/{which}")
    for name, value in [("EnableSNI", "False"), ("Inverted", "True"), ("Disabled", "True")]:
        shown(f"<{name}>{value}</{name}>" in body, awaited=True, by_aws=False)
    updated = route53.update_health_check(HealthCheckId=which, Regions=["us-east-1", "eu-west-1", "sa-east-1"])
    seen = updated["HealthCheck"]["HealthCheckConfig"]["Regions"]
    shown(seen, awaited=["", "", ""], by_aws=["us-east-1", "eu-west-1", "sa-east-1"])
    route53.delete_health_check(HealthCheckId=which)


def keeps_capitals_of_clusters(aws):
    """The identifier of a cluster is kept in small letters."""
    made = aws.client("rds").create_db_cluster(
        DBClusterIdentifier="Capitals", Engine="aurora-postgresql", MasterUsername="owner",
        MasterUserPassword="correct-horse")["DBCluster"]
    shown(made["DBClusterIdentifier"], awaited="Capitals", by_aws="capitals")


def keeps_roles_of_monitoring(aws):
    """An instance that is no longer monitored has no role for it."""
    aws.cluster("monitored")
    role = "arn:aws:iam::000000000000:role/monitors"
    aws.instance("monitored", "monitored-1", MonitoringInterval=60, MonitoringRoleArn=role)
    aws.client("rds").modify_db_instance(DBInstanceIdentifier="monitored-1", MonitoringInterval=0, ApplyImmediately=True)
    shown(aws.seen_instance("monitored-1").get("MonitoringRoleArn"), awaited=role, by_aws=None)


def has_no_cidr_collections(aws):
    """CreateCidrCollection is not known."""
    code = refused(aws.client("route53").create_cidr_collection, Name="proof", CallerReference="proof")
    shown(code, awaited="InvalidInput", by_aws=None)


def watches_no_clusters(aws):
    """ModifyDBCluster changes how a cluster is watched, and its kind of network."""
    aws.cluster("watched")
    aws.client("rds").modify_db_cluster(
        DBClusterIdentifier="watched", ApplyImmediately=True, EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=465, DatabaseInsightsMode="advanced", NetworkType="DUAL",
        MonitoringInterval=60, MonitoringRoleArn="arn:aws:iam::000000000000:role/monitors")
    seen = aws.seen_cluster("watched")
    shown(seen.get("PerformanceInsightsEnabled"), awaited=None, by_aws=True)
    shown(seen.get("PerformanceInsightsRetentionPeriod"), awaited=None, by_aws=465)
    shown(seen.get("DatabaseInsightsMode"), awaited=None, by_aws="advanced")
    shown(seen.get("MonitoringInterval"), awaited=None, by_aws=60)
    shown(seen["NetworkType"], awaited="IPV4", by_aws="DUAL")


def forgets_where_weights_forward(aws):
    """An action that forwards by weights says where to."""
    elbv2 = aws.client("elbv2")
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=aws.balancer("proof-forwards"), Port=80, Protocol="HTTP",
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}])["Listeners"]
    forward = {"TargetGroups": [{"TargetGroupArn": aws.group("proof-forwards"), "Weight": 1}]}
    (rule,) = elbv2.create_rule(
        ListenerArn=listener["ListenerArn"], Priority=10,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}],
        Actions=[{"Type": "forward", "ForwardConfig": forward}])["Rules"]
    shown(rule["Actions"], awaited=[{"Type": "forward", "Order": 1}], by_aws=[{"ForwardConfig": forward}])


def forgets_expressions_of_rules(aws):
    """A rule's paths can be compared by regular expressions."""
    elbv2 = aws.client("elbv2")
    answers = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    (listener,) = elbv2.create_listener(
        LoadBalancerArn=aws.balancer("proof-expressions"), Port=80, Protocol="HTTP", DefaultActions=answers)["Listeners"]
    (rule,) = elbv2.create_rule(
        ListenerArn=listener["ListenerArn"], Priority=10, Actions=answers,
        Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/api/"]}}])["Rules"]
    (condition,) = rule["Conditions"]
    shown(condition.get("PathPatternConfig", {}).get("RegexValues"), awaited=None, by_aws=["^/api/"])


def changes_one_replica_alone(aws):
    """The class of a replica can be changed; encryption and how it is paid are those of all replicas."""
    dynamodb = aws.table("replicas")
    dynamodb.update_table(TableName="replicas", ReplicaUpdates=[{"Create": {"RegionName": THERE}}])
    infrequent = {"RegionName": THERE, "TableClassOverride": "STANDARD_INFREQUENT_ACCESS"}
    dynamodb.update_table(TableName="replicas", ReplicaUpdates=[{"Update": infrequent}])
    dynamodb.update_table(TableName="replicas", SSESpecification={"Enabled": True, "SSEType": "KMS"})
    dynamodb.update_table(TableName="replicas", OnDemandThroughput={"MaxReadRequestUnits": 500})
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    dynamodb.update_table(TableName="replicas", BillingMode="PROVISIONED", ProvisionedThroughput=units)
    there = aws.client("dynamodb", THERE).describe_table(TableName="replicas")["Table"]
    shown(there.get("TableClassSummary"), awaited=None, by_aws={"TableClass": "STANDARD_INFREQUENT_ACCESS"})
    shown(there.get("SSEDescription"), awaited=None, by_aws={"Status": "ENABLED", "SSEType": "KMS"})
    shown(there.get("OnDemandThroughput"), awaited=None, by_aws={"MaxReadRequestUnits": 500})
    shown(there["BillingModeSummary"]["BillingMode"], awaited="PAY_PER_REQUEST", by_aws="PROVISIONED")


def overrides_no_reads(aws):
    """A replica may have a ceiling of reads of its own, which its peers tell."""
    dynamodb = aws.table("ceilings")
    dynamodb.update_table(TableName="ceilings", ReplicaUpdates=[{"Create": {"RegionName": THERE}}])
    own = {"RegionName": THERE, "OnDemandThroughputOverride": {"MaxReadRequestUnits": 40}}
    dynamodb.update_table(TableName="ceilings", ReplicaUpdates=[{"Update": own}])
    replicas = dynamodb.describe_table(TableName="ceilings")["Table"]["Replicas"]
    (replica,) = [it for it in replicas if it["RegionName"] == THERE]
    shown(replica.get("OnDemandThroughputOverride"), awaited=None, by_aws={"MaxReadRequestUnits": 40})


def moves_the_port(aws):
    """A cluster keeps the port that it was given, whatever instances come."""
    aws.cluster("ports")
    aws.instance("ports", "ports-1")
    aws.client("rds").modify_db_cluster(DBClusterIdentifier="ports", Port=5433, ApplyImmediately=True)
    aws.instance("ports", "ports-2")
    shown(aws.seen_cluster("ports")["Port"], awaited=5432, by_aws=5433)


def has_only_part_of_a_bucket(aws):
    """Who pays, lists, metrics, analyses and tiers of a bucket are kept."""
    bucket = "proof-partly"
    s3 = aws.without_parts(bucket)
    seen = s3.list_bucket_inventory_configurations(Bucket=bucket)
    shown(len(seen.get("InventoryConfigurationList", [])), awaited=0, by_aws=1)


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


def forgets_rules_of_private_links(aws):
    """A network load balancer says whether its security groups judge what comes through PrivateLink."""
    aws.without_rules_of_private_links("proof-linked")


def joins_no_directories(aws):
    """A cluster says which directory it is in."""
    shown(aws.directories("joins"), awaited=None, by_aws=[{"Domain": "d-0123456789"}])


def signs_no_zones(aws):
    """CreateKeySigningKey gives a zone a key that signs."""
    shown(aws.unsigned("signed.example"), awaited="InvalidInput", by_aws=None)


def shows_ports_of_gateways(aws):
    """The listener of a gateway load balancer has neither a protocol nor a port."""
    made = aws.gateway("proof-gateway")
    shown((made.get("Protocol"), made.get("Port")), awaited=("HTTP", 80), by_aws=(None, None))


def logs_no_queries(aws):
    """CreateQueryLoggingConfig says where the queries of a zone are logged."""
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/proof"
    create = aws.client("route53").create_query_logging_config
    code = refused(create, HostedZoneId=aws.zone("logged.example"), CloudWatchLogsLogGroupArn=arn)
    shown(code, awaited="InvalidInput", by_aws=None)


def never_agrees_at_once(aws):
    """A table's replicas can agree at once, with a witness in a third region."""
    dynamodb = aws.table("agrees")
    dynamodb.update_table(
        TableName="agrees", MultiRegionConsistency="STRONG",
        ReplicaUpdates=[{"Create": {"RegionName": "us-east-2"}}],
        GlobalTableWitnessUpdates=[{"Create": {"RegionName": "us-west-2"}}])
    seen = dynamodb.describe_table(TableName="agrees")["Table"]
    shown(seen.get("MultiRegionConsistency"), awaited=None, by_aws="STRONG")
    shown(seen.get("GlobalTableWitnesses"), awaited=None, by_aws=[{"RegionName": "us-west-2"}])


def keeps_passwords_of_clusters(aws):
    """ModifyDBCluster leaves a password to RDS, and takes it back."""
    rds = aws.client("rds")
    aws.cluster("leaves")
    rds.modify_db_cluster(DBClusterIdentifier="leaves", ManageMasterUserPassword=True, ApplyImmediately=True)
    shown(aws.seen_cluster("leaves").get("MasterUserSecret"), awaited=None, by_aws={"SecretStatus": "creating"})
    rds.create_db_cluster(
        DBClusterIdentifier="takes", Engine="aurora-postgresql", MasterUsername="owner", ManageMasterUserPassword=True)
    code = refused(
        rds.modify_db_cluster, DBClusterIdentifier="takes", ManageMasterUserPassword=False,
        MasterUserPassword="correct-horse", ApplyImmediately=True)
    shown(code, awaited="InvalidParameterCombination", by_aws=None)
