"""Load balancers, target groups, listeners and their rules (elbv2.md)."""

import seed

REGION = "us-east-1"


def walk(w):
    w.note = "elbv2"
    call = lambda operation, **p: w.call("elbv2", operation, **p)  # noqa: E731
    refused = lambda code, operation, **p: w.refused(code, "elbv2", operation, **p)  # noqa: E731
    subnets, group = seed.subnets(REGION), seed.security_group(REGION)
    certificate = seed.certificate(REGION)
    gone = f"arn:aws:elasticloadbalancing:{REGION}:000000000000:"

    # §2 load balancers.
    made = call("create_load_balancer", Name="Walk", Subnets=subnets[:2], SecurityGroups=[group],
                Tags=[{"Key": "Project", "Value": "x"}, {"Key": "empty", "Value": ""}])
    balancer = made["LoadBalancers"][0]
    arn = balancer["LoadBalancerArn"]
    w.check(balancer["State"]["Code"] == "provisioning", "a balancer is provisioned for a while")
    w.check(balancer["DNSName"].startswith("Walk-"), "the DNS name keeps the capitals of the name")
    again = call("create_load_balancer", Name="Walk", Subnets=subnets[:2], SecurityGroups=[group],
                 Tags=[{"Key": "Project", "Value": "x"}, {"Key": "empty", "Value": ""}])
    w.check(again and again["LoadBalancers"][0]["LoadBalancerArn"] == arn, "the same name and settings are the same balancer")
    refused("DuplicateLoadBalancerName", "create_load_balancer", Name="Walk", Subnets=subnets[:2], Scheme="internal")
    refused("ValidationError", "create_load_balancer", Name="-bad", Subnets=subnets[:2])
    refused("ValidationError", "create_load_balancer", Name="b" * 33, Subnets=subnets[:2])
    refused("ValidationError", "create_load_balancer", Name="internal-x", Subnets=subnets[:2])
    refused("SubnetNotFound", "create_load_balancer", Name="bad", Subnets=["subnet-0123456789abcdef0", subnets[0]])
    refused("ValidationError", "create_load_balancer", Name="bad", Subnets=subnets[:1])
    refused("InvalidSecurityGroup", "create_load_balancer", Name="bad", Subnets=subnets[:2], SecurityGroups=["no-group"])
    w.later(600)
    described = call("describe_load_balancers", LoadBalancerArns=[arn])["LoadBalancers"][0]
    w.check(described["State"]["Code"] == "active", "a balancer gets active")
    call("describe_load_balancers", Names=["Walk"])
    call("describe_load_balancers")
    refused("LoadBalancerNotFound", "describe_load_balancers", Names=["nobody"])
    refused("LoadBalancerNotFound", "describe_load_balancers", LoadBalancerArns=[gone + "loadbalancer/app/x/0123456789abcdef"])
    call("describe_load_balancer_attributes", LoadBalancerArn=arn)
    call("modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=[
        {"Key": "idle_timeout.timeout_seconds", "Value": "120"}, {"Key": "deletion_protection.enabled", "Value": "true"}])
    refused("InvalidConfigurationRequest", "modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=[{"Key": "no.such", "Value": "x"}])
    refused("LoadBalancerNotFound", "modify_load_balancer_attributes", LoadBalancerArn=gone + "loadbalancer/app/x/0123456789abcdef",
            Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "120"}])
    refused("OperationNotPermitted", "delete_load_balancer", LoadBalancerArn=arn)
    call("modify_load_balancer_attributes", LoadBalancerArn=arn, Attributes=[{"Key": "deletion_protection.enabled", "Value": "false"}])
    call("set_subnets", LoadBalancerArn=arn, Subnets=subnets)
    refused("SubnetNotFound", "set_subnets", LoadBalancerArn=arn, Subnets=["subnet-0123456789abcdef0", subnets[0]])
    call("set_security_groups", LoadBalancerArn=arn, SecurityGroups=[group])
    refused("InvalidSecurityGroup", "set_security_groups", LoadBalancerArn=arn, SecurityGroups=["no-group"])
    call("set_ip_address_type", LoadBalancerArn=arn, IpAddressType="dualstack")
    refused("ValidationError", "set_ip_address_type", LoadBalancerArn=arn, IpAddressType="ipv9")
    call("set_ip_address_type", LoadBalancerArn=arn, IpAddressType="ipv4")
    call("add_tags", ResourceArns=[arn], Tags=[{"Key": "More", "Value": "y"}])
    call("remove_tags", ResourceArns=[arn], TagKeys=["More"])
    call("describe_tags", ResourceArns=[arn])
    refused("LoadBalancerNotFound", "add_tags", ResourceArns=[gone + "loadbalancer/app/x/0123456789abcdef"], Tags=[{"Key": "a", "Value": "b"}])
    refused("DuplicateTagKeys", "add_tags", ResourceArns=[arn], Tags=[{"Key": "a", "Value": "b"}, {"Key": "a", "Value": "c"}])
    call("describe_capacity_reservation", LoadBalancerArn=arn)

    # §3 target groups.
    vpc = seed.vpc(REGION)
    target = dict(Name="walk", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip", HealthCheckPath="/healthz",
                  Matcher={"HttpCode": "200-299"}, Tags=[{"Key": "Project", "Value": "x"}])
    group_arn = call("create_target_group", **target)["TargetGroups"][0]["TargetGroupArn"]
    again = call("create_target_group", **target)
    w.check(again and again["TargetGroups"][0]["TargetGroupArn"] == group_arn, "the same name and settings are the same group")
    refused("DuplicateTargetGroupName", "create_target_group", **{**target, "Port": 9090})
    refused("ValidationError", "create_target_group", Name="bad")
    refused("ValidationError", "create_target_group", **{**target, "Name": "bad", "HealthCheckTimeoutSeconds": 30, "HealthCheckIntervalSeconds": 10})
    refused("ValidationError", "create_target_group", **{**target, "Name": "bad", "Protocol": "FTP"})
    spare = call("create_target_group", Name="spare", TargetType="lambda")["TargetGroups"][0]["TargetGroupArn"]
    tcp = call("create_target_group", Name="tcp", Protocol="TCP", Port=5432, VpcId=vpc)["TargetGroups"][0]["TargetGroupArn"]
    call("describe_target_groups", TargetGroupArns=[group_arn])
    call("describe_target_groups", Names=["walk"])
    call("describe_target_groups")
    refused("TargetGroupNotFound", "describe_target_groups", Names=["nobody"])
    call("modify_target_group", TargetGroupArn=group_arn, HealthCheckPath="/ready", HealthyThresholdCount=3)
    refused("TargetGroupNotFound", "modify_target_group", TargetGroupArn=gone + "targetgroup/x/0123456789abcdef", HealthCheckPath="/x")
    refused("ValidationError", "modify_target_group", TargetGroupArn=group_arn, HealthyThresholdCount=99)
    call("describe_target_group_attributes", TargetGroupArn=group_arn)
    call("modify_target_group_attributes", TargetGroupArn=group_arn, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "30"}])
    refused("InvalidConfigurationRequest", "modify_target_group_attributes", TargetGroupArn=group_arn, Attributes=[{"Key": "no.such", "Value": "x"}])
    refused("TargetGroupNotFound", "describe_target_group_attributes", TargetGroupArn=gone + "targetgroup/x/0123456789abcdef")
    call("register_targets", TargetGroupArn=group_arn, Targets=[{"Id": "10.0.0.7", "Port": 8080}])
    call("describe_target_health", TargetGroupArn=group_arn)
    refused("TargetGroupNotFound", "describe_target_health", TargetGroupArn=gone + "targetgroup/x/0123456789abcdef")
    call("deregister_targets", TargetGroupArn=group_arn, Targets=[{"Id": "10.0.0.7"}])

    # §4 listeners.
    forward = [{"Type": "forward", "TargetGroupArn": group_arn}]
    https = dict(LoadBalancerArn=arn, Port=443, Protocol="HTTPS", Certificates=[{"CertificateArn": certificate}],
                 SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06", DefaultActions=forward, Tags=[{"Key": "Project", "Value": "x"}])
    listener = call("create_listener", **https)["Listeners"][0]
    w.check("ForwardConfig" in listener["DefaultActions"][0], "a forward to one group comes back in both forms")
    call("create_listener", LoadBalancerArn=arn, Port=80, Protocol="HTTP", DefaultActions=[
        {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}])
    call("create_listener", LoadBalancerArn=arn, Port=81, Protocol="HTTP", DefaultActions=[
        {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "ContentType": "text/plain", "MessageBody": "off"}}])
    refused("DuplicateListener", "create_listener", LoadBalancerArn=arn, Port=443, Protocol="HTTP", DefaultActions=forward)
    refused("LoadBalancerNotFound", "create_listener", **{**https, "LoadBalancerArn": gone + "loadbalancer/app/x/0123456789abcdef"})
    refused("TargetGroupNotFound", "create_listener", **{**https, "Port": 444, "DefaultActions": [
        {"Type": "forward", "TargetGroupArn": gone + "targetgroup/x/0123456789abcdef"}]})
    refused("CertificateNotFound", "create_listener", **{**https, "Port": 444, "Certificates": [
        {"CertificateArn": certificate[:-12] + "000000000000"}]})
    refused("ValidationError", "create_listener", LoadBalancerArn=arn, Port=444, Protocol="HTTPS", DefaultActions=forward)
    refused("SSLPolicyNotFound", "create_listener", **{**https, "Port": 444, "SslPolicy": "no-such-policy"})
    refused("IncompatibleProtocols", "create_listener", LoadBalancerArn=arn, Port=444, Protocol="HTTP", DefaultActions=[
        {"Type": "forward", "TargetGroupArn": tcp}])
    listener_arn = listener["ListenerArn"]
    call("describe_listeners", LoadBalancerArn=arn)
    call("describe_listeners", ListenerArns=[listener_arn])
    refused("ListenerNotFound", "describe_listeners", ListenerArns=[listener_arn[:-4] + "0000"])
    call("modify_listener", ListenerArn=listener_arn, Port=8443)
    refused("DuplicateListener", "modify_listener", ListenerArn=listener_arn, Port=80)
    refused("ListenerNotFound", "modify_listener", ListenerArn=listener_arn[:-4] + "0000", Port=1)
    other = w.call("acm", "request_certificate", DomainName="more.example.com", ValidationMethod="DNS")["CertificateArn"]
    w.later(4000)
    call("add_listener_certificates", ListenerArn=listener_arn, Certificates=[{"CertificateArn": other}])
    refused("CertificateNotFound", "add_listener_certificates", ListenerArn=listener_arn, Certificates=[{"CertificateArn": certificate[:-12] + "000000000000"}])
    call("describe_listener_certificates", ListenerArn=listener_arn)
    call("remove_listener_certificates", ListenerArn=listener_arn, Certificates=[{"CertificateArn": other}])
    refused("OperationNotPermitted", "remove_listener_certificates", ListenerArn=listener_arn, Certificates=[{"CertificateArn": certificate}])
    call("describe_listener_attributes", ListenerArn=listener_arn)
    call("modify_listener_attributes", ListenerArn=listener_arn, Attributes=[{"Key": "routing.http.response.server.enabled", "Value": "false"}])
    refused("InvalidConfigurationRequest", "modify_listener_attributes", ListenerArn=listener_arn,
            Attributes=[{"Key": "tcp.idle_timeout.seconds", "Value": "60"}])

    # Rules.
    rule = call("create_rule", ListenerArn=listener_arn, Priority=10, Actions=forward,
                Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/api/*"]}}])["Rules"][0]["RuleArn"]
    refused("PriorityInUse", "create_rule", ListenerArn=listener_arn, Priority=10, Actions=forward,
            Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["x.example.com"]}}])
    call("describe_rules", ListenerArn=listener_arn)
    refused("RuleNotFound", "describe_rules", RuleArns=[rule[:-4] + "0000"])
    call("modify_rule", RuleArn=rule, Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["x.example.com"]}}])
    call("modify_rule", RuleArn=rule, Conditions=[{"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[12]/"]}}])
    refused("ValidationError", "modify_rule", RuleArn=rule, Conditions=[
        {"Field": "path-pattern", "PathPatternConfig": {"RegexValues": ["^/v[12]/"], "Values": ["/v1/*"]}}])
    url = {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": "^/api/(.*)$", "Replace": "/$1"}]}}
    host = {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {"Rewrites": [{"Regex": "^.*$", "Replace": "x.internal"}]}}
    seen = call("modify_rule", RuleArn=rule, Transforms=[url, host])["Rules"][0]
    w.check(seen["Transforms"] == [url, host], "a rule shows its transforms")
    refused("ValidationError", "modify_rule", RuleArn=rule, Transforms=[url, url])
    refused("ValidationError", "modify_rule", RuleArn=rule, Transforms=[url], ResetTransforms=True)
    seen = call("modify_rule", RuleArn=rule, ResetTransforms=True)["Rules"][0]
    w.check(seen["Transforms"] == [], "a rule can lose its transforms")
    call("set_rule_priorities", RulePriorities=[{"RuleArn": rule, "Priority": 20}])
    call("delete_rule", RuleArn=rule)
    refused("RuleNotFound", "delete_rule", RuleArn=rule)

    # The end.
    refused("ResourceInUse", "delete_target_group", TargetGroupArn=group_arn)
    call("delete_listener", ListenerArn=listener_arn)
    refused("ListenerNotFound", "delete_listener", ListenerArn=listener_arn)
    call("delete_load_balancer", LoadBalancerArn=arn)
    call("delete_load_balancer", LoadBalancerArn=arn)
    for each in (group_arn, spare, tcp):
        call("delete_target_group", TargetGroupArn=each)
    refused("InvalidAction", "create_trust_store",
            Name="x", CaCertificatesBundleS3Bucket="b", CaCertificatesBundleS3Key="k")

    # A network load balancer has no security group unless it was made with one.
    nlb = call("create_load_balancer", Name="net", Type="network", Subnets=subnets[:2], Scheme="internal")["LoadBalancers"][0]
    w.check(nlb["CanonicalHostedZoneId"] != balancer["CanonicalHostedZoneId"], "a network balancer has a zone of its own")
    call("describe_load_balancer_attributes", LoadBalancerArn=nlb["LoadBalancerArn"])
    call("delete_load_balancer", LoadBalancerArn=nlb["LoadBalancerArn"])
