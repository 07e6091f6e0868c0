"""Route 53: zones, records of every policy and type, health checks, CIDR collections (route53.md)."""

import json

import seed


def walk(w):
    w.note = "route53"
    service = "route53"
    call = lambda operation, **p: w.call(service, operation, **p)  # noqa: E731
    refused = lambda code, operation, **p: w.refused(code, service, operation, **p)  # noqa: E731

    # §1 zones.
    made = call("create_hosted_zone", Name="Example.COM", CallerReference="walk-1",
                HostedZoneConfig={"Comment": "first", "PrivateZone": False})
    zone = made["HostedZone"]["Id"]
    w.check(made["HostedZone"]["Name"] == "example.com.", "a zone's name is lower-cased and dotted")
    w.check(zone.startswith("/hostedzone/Z"), "ids of zones come with their prefix")
    w.check(len(made["DelegationSet"]["NameServers"]) == 4, "a public zone has four name servers")
    refused("HostedZoneAlreadyExists", "create_hosted_zone", Name="other.com", CallerReference="walk-1")
    refused("InvalidDomainName", "create_hosted_zone", Name="com", CallerReference="walk-tld")
    refused("InvalidDomainName", "create_hosted_zone", Name="*.example.com", CallerReference="walk-star")
    refused("InvalidDomainName", "create_hosted_zone", Name="a..b.com", CallerReference="walk-dots")
    refused("InvalidInput", "create_hosted_zone", Name="x.com", CallerReference="r" * 129)
    # There is no EC2 here: any id of a VPC's form is taken for one that exists.
    refused("InvalidVPCId", "create_hosted_zone", Name="x.internal", CallerReference="walk-vpc",
            VPC={"VPCRegion": "us-east-1", "VPCId": "no-vpc"})
    change = made["ChangeInfo"]["Id"]
    w.check(call("get_change", Id=change)["ChangeInfo"]["Status"] == "PENDING", "a change is pending at first")
    w.later(120)
    w.check(call("get_change", Id=change)["ChangeInfo"]["Status"] == "INSYNC", "a change gets in sync")
    refused("NoSuchChange", "get_change", Id="CDOESNOTEXIST")
    twin = call("create_hosted_zone", Name="example.com", CallerReference="walk-2")["HostedZone"]["Id"]
    call("get_hosted_zone", Id=zone)
    refused("NoSuchHostedZone", "get_hosted_zone", Id="ZNOTTHERE")
    call("list_hosted_zones")
    call("list_hosted_zones", MaxItems="1")
    named = call("list_hosted_zones_by_name", DNSName="example.com")
    w.check(len(named["HostedZones"]) == 2, "two zones may bear one name")
    page = call("list_hosted_zones_by_name", DNSName="example.com", MaxItems="1")
    w.check(page["IsTruncated"] and page["NextHostedZoneId"], "a page says where the next one begins")
    call("get_hosted_zone_count")
    call("update_hosted_zone_comment", Id=zone, Comment="second")
    call("update_hosted_zone_comment", Id=zone)
    refused("NoSuchHostedZone", "update_hosted_zone_comment", Id="ZNOTTHERE", Comment="x")
    refused("InvalidInput", "update_hosted_zone_comment", Id=zone, Comment="c" * 257)
    call("get_hosted_zone_limit", Type="MAX_RRSETS_BY_ZONE", HostedZoneId=zone)
    call("get_account_limit", Type="MAX_HOSTED_ZONES_BY_OWNER")
    call("update_hosted_zone_features", HostedZoneId=zone, EnableAcceleratedRecovery=True)
    w.later(900)
    features = call("get_hosted_zone", Id=zone)["HostedZone"].get("Features", {})
    w.check(features.get("AcceleratedRecoveryStatus") == "ENABLED", "accelerated recovery is on")
    call("update_hosted_zone_features", HostedZoneId=zone, EnableAcceleratedRecovery=False)
    w.later(900)
    refused("NoSuchHostedZone", "update_hosted_zone_features", HostedZoneId="ZNOTTHERE", EnableAcceleratedRecovery=True)

    # Private zones and who sees them.
    vpc = {"VPCRegion": "us-east-1", "VPCId": seed.vpc("us-east-1")}
    other = {"VPCRegion": "ap-south-1", "VPCId": seed.vpc("ap-south-1")}
    private = call("create_hosted_zone", Name="corp.internal", CallerReference="walk-private", VPC=vpc,
                   HostedZoneConfig={"PrivateZone": True})["HostedZone"]["Id"]
    refused("ConflictingDomainExists", "create_hosted_zone", Name="corp.internal", CallerReference="walk-clash", VPC=vpc)
    call("associate_vpc_with_hosted_zone", HostedZoneId=private, VPC=other, Comment="also")
    refused("PublicZoneVPCAssociation", "associate_vpc_with_hosted_zone", HostedZoneId=zone, VPC=vpc)
    refused("InvalidVPCId", "associate_vpc_with_hosted_zone", HostedZoneId=private,
            VPC={"VPCRegion": "us-east-1", "VPCId": "no-vpc"})
    call("list_hosted_zones_by_vpc", VPCId=vpc["VPCId"], VPCRegion="us-east-1")
    call("disassociate_vpc_from_hosted_zone", HostedZoneId=private, VPC=other)
    refused("VPCAssociationNotFound", "disassociate_vpc_from_hosted_zone", HostedZoneId=private, VPC=other)
    refused("LastVPCAssociation", "disassociate_vpc_from_hosted_zone", HostedZoneId=private, VPC=vpc)
    call("create_vpc_association_authorization", HostedZoneId=private, VPC=other)
    call("list_vpc_association_authorizations", HostedZoneId=private)
    call("delete_vpc_association_authorization", HostedZoneId=private, VPC=other)
    refused("VPCAssociationAuthorizationNotFound", "delete_vpc_association_authorization", HostedZoneId=private, VPC=other)
    w.refused("NoSuchHostedZone", service, "get_hosted_zone", key="111111111111", Id=private)

    # Signing: keys, their limits, and what may be switched when.
    signer = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "dnssec-route53.amazonaws.com"},
        "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"], "Resource": "*"}]}
    sign_with = lambda: w.call("kms", "create_key", KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY",  # noqa: E731
                               Policy=json.dumps(signer))["KeyMetadata"]["Arn"]
    keys = [sign_with() for _ in range(3)]
    signed = call("create_hosted_zone", Name="signed.com", CallerReference="walk-signed")["HostedZone"]["Id"]
    w.later(120)
    add = {"HostedZoneId": signed, "Status": "ACTIVE"}
    w.check(call("get_dnssec", HostedZoneId=signed)["Status"]["ServeSignature"] == "NOT_SIGNING", "a zone is not signed")
    refused("DNSSECNotFound", "enable_hosted_zone_dnssec", HostedZoneId=signed)
    refused("InvalidKMSArn", "create_key_signing_key", CallerReference="walk-none", Name="none",
            KeyManagementServiceArn="arn:aws:kms:us-east-1:000000000000:key/none", **add)
    refused("InvalidKeySigningKeyName", "create_key_signing_key", CallerReference="walk-odd", Name="a-b",
            KeyManagementServiceArn=keys[0], **add)
    for name, key in (("one", keys[0]), ("two", keys[1])):
        made = call("create_key_signing_key", CallerReference=f"walk-{name}", Name=name, KeyManagementServiceArn=key, **add)
        w.check(made.get("Location", "").endswith(f"/{name}"), "a key has a location")
        w.later(120)
    refused("KeySigningKeyAlreadyExists", "create_key_signing_key", CallerReference="walk-again", Name="one",
            KeyManagementServiceArn=keys[2], **add)
    refused("TooManyKeySigningKeys", "create_key_signing_key", CallerReference="walk-three", Name="three",
            KeyManagementServiceArn=keys[2], **add)
    call("enable_hosted_zone_dnssec", HostedZoneId=signed)
    refused("ConcurrentModification", "deactivate_key_signing_key", HostedZoneId=signed, Name="one")
    w.later(120)
    seen = call("get_dnssec", HostedZoneId=signed)
    w.check(seen["Status"]["ServeSignature"] == "SIGNING" and len(seen["KeySigningKeys"]) == 2, "a zone is signed with its keys")
    w.check(seen["KeySigningKeys"][0]["DSRecord"].startswith(f"{seen['KeySigningKeys'][0]['KeyTag']} 13 2 "), "a DS record has the key's tag")
    refused("InvalidKeySigningKeyStatus", "delete_key_signing_key", HostedZoneId=signed, Name="one")
    refused("HostedZoneNotEmpty", "delete_hosted_zone", Id=signed)
    call("deactivate_key_signing_key", HostedZoneId=signed, Name="one")
    w.later(120)
    refused("KeySigningKeyInUse", "deactivate_key_signing_key", HostedZoneId=signed, Name="two")
    call("activate_key_signing_key", HostedZoneId=signed, Name="one")
    w.later(120)
    call("disable_hosted_zone_dnssec", HostedZoneId=signed)
    w.later(120)
    refused("DNSSECNotFound", "disable_hosted_zone_dnssec", HostedZoneId=signed)
    for name in ("one", "two"):
        call("deactivate_key_signing_key", HostedZoneId=signed, Name=name)
        w.later(120)
        call("delete_key_signing_key", HostedZoneId=signed, Name=name)
        w.later(120)
    refused("NoSuchKeySigningKey", "activate_key_signing_key", HostedZoneId=signed, Name="one")
    refused("InvalidArgument", "get_dnssec", HostedZoneId=private)

    # Query logging.
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/route53/signed.com"
    log = call("create_query_logging_config", HostedZoneId=signed, CloudWatchLogsLogGroupArn=group)["QueryLoggingConfig"]["Id"]
    refused("QueryLoggingConfigAlreadyExists", "create_query_logging_config", HostedZoneId=signed,
            CloudWatchLogsLogGroupArn=group)
    refused("NoSuchCloudWatchLogsLogGroup", "create_query_logging_config", HostedZoneId=zone,
            CloudWatchLogsLogGroupArn=group.replace("0" * 12, "1" * 12))
    refused("InvalidInput", "create_query_logging_config", HostedZoneId=private, CloudWatchLogsLogGroupArn=group)
    call("get_query_logging_config", Id=log)
    call("list_query_logging_configs")
    call("list_query_logging_configs", HostedZoneId=signed)
    call("delete_query_logging_config", Id=log)
    refused("NoSuchQueryLoggingConfig", "get_query_logging_config", Id=log)
    refused("NoSuchQueryLoggingConfig", "delete_query_logging_config", Id=log)
    call("delete_hosted_zone", Id=signed)

    # Delegation sets.
    sets = call("create_reusable_delegation_set", CallerReference="walk-set")["DelegationSet"]["Id"]
    refused("DelegationSetAlreadyCreated", "create_reusable_delegation_set", CallerReference="walk-set")
    call("get_reusable_delegation_set", Id=sets)
    refused("NoSuchDelegationSet", "get_reusable_delegation_set", Id="N0NE")
    call("list_reusable_delegation_sets")
    call("get_reusable_delegation_set_limit", Type="MAX_ZONES_BY_REUSABLE_DELEGATION_SET", DelegationSetId=sets)
    white = call("create_hosted_zone", Name="white.com", CallerReference="walk-white", DelegationSetId=sets)["HostedZone"]["Id"]
    refused("DelegationSetInUse", "delete_reusable_delegation_set", Id=sets)
    call("delete_hosted_zone", Id=white)
    call("delete_reusable_delegation_set", Id=sets)
    refused("NoSuchDelegationSet", "delete_reusable_delegation_set", Id=sets)

    # Tags.
    tags = [{"Key": "Project", "Value": "x"}, {"Key": "empty", "Value": ""}]
    call("change_tags_for_resource", ResourceType="hostedzone", ResourceId=zone.split("/")[-1], AddTags=tags)
    call("list_tags_for_resource", ResourceType="hostedzone", ResourceId=zone.split("/")[-1])
    call("list_tags_for_resources", ResourceType="hostedzone", ResourceIds=[zone.split("/")[-1], twin.split("/")[-1]])
    call("change_tags_for_resource", ResourceType="hostedzone", ResourceId=zone.split("/")[-1], RemoveTagKeys=["empty"])
    refused("NoSuchHostedZone", "list_tags_for_resource", ResourceType="hostedzone", ResourceId="ZNOTTHERE")
    refused("NoSuchHealthCheck", "change_tags_for_resource", ResourceType="healthcheck",
            ResourceId="00000000-0000-0000-0000-000000000000", AddTags=tags)
    many = [{"Key": f"k{n}", "Value": "v"} for n in range(11)]
    refused("InvalidInput", "change_tags_for_resource", ResourceType="hostedzone", ResourceId=zone.split("/")[-1], AddTags=many)

    # §3 health checks of every type.
    checks = {}
    http = {"Type": "HTTPS", "FullyQualifiedDomainName": "front.example.com", "Port": 443,
            "ResourcePath": "/healthz", "RequestInterval": 10, "FailureThreshold": 3, "EnableSNI": True,
            "Regions": ["us-east-1", "eu-west-1", "sa-east-1"], "MeasureLatency": True}
    make = lambda name, config: call("create_health_check", CallerReference=f"walk-{name}", HealthCheckConfig=config)  # noqa: E731
    made = make("https", http)
    checks["https"] = made["HealthCheck"]["Id"]
    w.check(made.get("Location", "").endswith(checks["https"]), "a health check has a location")
    again = make("https", http)
    w.check(again and again["HealthCheck"]["Id"] == checks["https"], "the same reference and settings are the same check")
    refused("HealthCheckAlreadyExists", "create_health_check", CallerReference="walk-https",
            HealthCheckConfig={**http, "Port": 8443})
    for name, config in {
        "http": {"Type": "HTTP", "IPAddress": "198.51.100.7", "Port": 80, "ResourcePath": "/"},
        "match": {"Type": "HTTP_STR_MATCH", "IPAddress": "198.51.100.7", "SearchString": "alive & <well>"},
        "matchs": {"Type": "HTTPS_STR_MATCH", "FullyQualifiedDomainName": "a.example.com", "SearchString": "ok"},
        "tcp": {"Type": "TCP", "IPAddress": "2001:db8::7", "Port": 5432},
        "alarm": {"Type": "CLOUDWATCH_METRIC", "AlarmIdentifier": {"Region": "us-east-1", "Name": "lag"},
                  "InsufficientDataHealthStatus": "LastKnownStatus"},
        "control": {"Type": "RECOVERY_CONTROL", "RoutingControlArn":
                    "arn:aws:route53-recovery-control::111122223333:controlpanel/0123456789abcdef0123456789abcdef/routingcontrol/abcdefg1234567"},
    }.items():
        made = make(name, config)
        if made:
            checks[name] = made["HealthCheck"]["Id"]
    made = make("all", {"Type": "CALCULATED", "ChildHealthChecks": [checks["https"], checks["http"]], "HealthThreshold": 1, "Inverted": True})
    checks["all"] = made["HealthCheck"]["Id"]
    invalid = [
        {"Type": "HTTP"},
        {"Type": "HTTP_STR_MATCH", "IPAddress": "198.51.100.7"},
        {"Type": "TCP", "IPAddress": "198.51.100.7"},
        {"Type": "CALCULATED"},
        {"Type": "CLOUDWATCH_METRIC"},
        {"Type": "HTTP", "IPAddress": "10.0.0.1"},
        {"Type": "HTTP", "IPAddress": "198.51.100.7", "RequestInterval": 20},
        {"Type": "HTTP", "IPAddress": "198.51.100.7", "FailureThreshold": 11},
        {"Type": "HTTP", "IPAddress": "198.51.100.7", "Port": 70000},
        {"Type": "HTTP", "IPAddress": "198.51.100.7", "Regions": ["us-east-1"]},
        {"Type": "SOMETHING", "IPAddress": "198.51.100.7"},
    ]
    for n, config in enumerate(invalid):
        refused("InvalidInput", "create_health_check", CallerReference=f"walk-bad-{n}", HealthCheckConfig=config)
    version = call("get_health_check", HealthCheckId=checks["https"])["HealthCheck"]["HealthCheckVersion"]
    updated = call("update_health_check", HealthCheckId=checks["https"], HealthCheckVersion=version, Port=8443,
                   ResourcePath="/ready", FailureThreshold=2, Inverted=True, Disabled=True, EnableSNI=False)
    w.check(updated["HealthCheck"]["HealthCheckVersion"] == version + 1, "an update raises the version")
    refused("HealthCheckVersionMismatch", "update_health_check", HealthCheckId=checks["https"], HealthCheckVersion=version, Port=443)
    reset = call("update_health_check", HealthCheckId=checks["https"], ResetElements=["ResourcePath", "Regions"])
    w.check("Regions" not in reset["HealthCheck"]["HealthCheckConfig"], "a reset element is gone")
    refused("NoSuchHealthCheck", "update_health_check", HealthCheckId="00000000-0000-0000-0000-000000000000", Port=1)
    refused("InvalidInput", "update_health_check", HealthCheckId=checks["https"], IPAddress="198.51.100.9")
    refused("NoSuchHealthCheck", "get_health_check", HealthCheckId="00000000-0000-0000-0000-000000000000")
    call("list_health_checks")
    page = call("list_health_checks", MaxItems="2")
    w.check(page["IsTruncated"] and page["NextMarker"], "health checks come in pages")
    call("get_health_check_count")
    call("get_health_check_status", HealthCheckId=checks["http"])
    call("get_health_check_last_failure_reason", HealthCheckId=checks["http"])
    call("get_checker_ip_ranges")
    call("change_tags_for_resource", ResourceType="healthcheck", ResourceId=checks["https"], AddTags=tags)
    call("list_tags_for_resources", ResourceType="healthcheck", ResourceIds=[checks["https"]])

    # CIDR collections.
    made = call("create_cidr_collection", Name="offices", CallerReference="walk-cidr")
    collection = made["Collection"]["Id"]
    refused("CidrCollectionAlreadyExistsException", "create_cidr_collection", Name="offices", CallerReference="walk-cidr-2")
    call("change_cidr_collection", Id=collection, CollectionVersion=1, Changes=[
        {"LocationName": "berlin", "Action": "PUT", "CidrList": ["192.0.2.0/24", "2001:db8::/32"]}])
    refused("CidrCollectionVersionMismatchException", "change_cidr_collection", Id=collection, CollectionVersion=1, Changes=[
        {"LocationName": "paris", "Action": "PUT", "CidrList": ["198.51.100.0/24"]}])
    refused("NoSuchCidrCollectionException", "change_cidr_collection", Id="00000000-0000-0000-0000-000000000000", Changes=[
        {"LocationName": "paris", "Action": "PUT", "CidrList": ["198.51.100.0/24"]}])
    call("list_cidr_collections")
    call("list_cidr_locations", CollectionId=collection)
    call("list_cidr_blocks", CollectionId=collection)
    refused("NoSuchCidrCollectionException", "list_cidr_locations", CollectionId="00000000-0000-0000-0000-000000000000")

    # §2 records of every policy and type.
    def change_of(action, name, kind, **rest):
        values = rest.pop("values", None)
        record = {"Name": name, "Type": kind, **rest}
        if values is not None:
            record.setdefault("TTL", 60)
            record["ResourceRecords"] = [{"Value": value} for value in values]
        return {"Action": action, "ResourceRecordSet": record}

    def batch(*changes, comment="walk"):
        return call("change_resource_record_sets", HostedZoneId=zone,
                    ChangeBatch={"Comment": comment, "Changes": list(changes)})

    def bad(code, *changes, says=None):
        refused(code, "change_resource_record_sets", HostedZoneId=zone, says=says,
                ChangeBatch={"Changes": list(changes)})

    one = change_of("CREATE", "a.example.com", "A", values=["192.0.2.1", "192.0.2.2"])
    batch(one)
    types = {
        "AAAA": ["2001:db8::1"], "CNAME": ["target.example.net"], "MX": ["10 mail.example.com."],
        "TXT": ['"quoted \\"text\\"" "and more"', '"\\303\\244"'], "SPF": ['"v=spf1 -all"'], "PTR": ["host.example.com"],
        "SRV": ["1 2 5432 db.example.com"], "CAA": ['0 issue "letsencrypt.org"'],
        "NAPTR": ['100 10 "U" "E2U+sip" "!^.*$!sip:info@example.com!" .'],
        "DS": ["12345 3 1 123456789ABCDEF67890123456789ABCDEF67890"], "NS": ["ns1.example.net."],
        "TLSA": ["3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"],
        "SSHFP": ["1 1 0123456789abcdef0123456789abcdef01234567"],
        "SVCB": ["1 svc.example.com. alpn=h2"], "HTTPS": ["1 . alpn=h2"],
    }
    batch(*(change_of("CREATE", f"t-{kind.lower()}.example.com", kind, values=values) for kind, values in types.items()))
    batch(change_of("CREATE", "*.star.example.com", "A", values=["192.0.2.3"]),
          change_of("CREATE", "at@sign.example.com", "TXT", values=['"x"']))
    groups = {
        "weighted": [{"Weight": 0}, {"Weight": 255}],
        "latency": [{"Region": "us-east-1"}, {"Region": "ap-south-1"}],
        "geo": [{"GeoLocation": {"ContinentCode": "EU"}}, {"GeoLocation": {"CountryCode": "US", "SubdivisionCode": "CA"}},
                {"GeoLocation": {"CountryCode": "*"}}],
        "multi": [{"MultiValueAnswer": True}, {"MultiValueAnswer": True}],
        "failover": [{"Failover": "PRIMARY", "HealthCheckId": checks["https"]}, {"Failover": "SECONDARY"}],
        "near": [{"GeoProximityLocation": {"AWSRegion": "us-east-1", "Bias": -10}},
                 {"GeoProximityLocation": {"Coordinates": {"Latitude": "52.52", "Longitude": "13.40"}}},
                 {"GeoProximityLocation": {"LocalZoneGroup": "us-east-1-bue-1"}}],
        "cidr": [{"CidrRoutingConfig": {"CollectionId": collection, "LocationName": "berlin"}},
                 {"CidrRoutingConfig": {"CollectionId": collection, "LocationName": "*"}}],
    }
    for name, members in groups.items():
        batch(*(change_of("CREATE", f"{name}.example.com", "A", values=[f"192.0.2.{n + 1}"], SetIdentifier=f"m{n}", **member)
                for n, member in enumerate(members)))
    alias = {"HostedZoneId": zone.split("/")[-1], "DNSName": "a.example.com", "EvaluateTargetHealth": True}
    batch(change_of("CREATE", "alias.example.com", "A", AliasTarget=alias))
    refused("CidrCollectionInUseException", "delete_cidr_collection", Id=collection)
    refused("CidrBlockInUseException", "change_cidr_collection", Id=collection, Changes=[
        {"LocationName": "berlin", "Action": "DELETE_IF_EXISTS", "CidrList": ["192.0.2.0/24", "2001:db8::/32"]}])

    bad("InvalidChangeBatch", one, says="already exists")
    bad("InvalidChangeBatch", change_of("DELETE", "a.example.com", "A", values=["192.0.2.9"]), says="do not match")
    bad("InvalidChangeBatch", change_of("DELETE", "gone.example.com", "A", values=["192.0.2.9"]), says="not found")
    bad("InvalidChangeBatch", change_of("CREATE", "notexample.com", "A", values=["192.0.2.9"]))
    bad("InvalidChangeBatch", change_of("CREATE", "example.com", "CNAME", values=["x.example.net"]))
    bad("InvalidChangeBatch", change_of("CREATE", "a.example.com", "CNAME", values=["x.example.net"]))
    bad("InvalidChangeBatch", change_of("CREATE", "weighted.example.com", "A", values=["192.0.2.9"]))
    bad("InvalidChangeBatch", change_of("CREATE", "latency.example.com", "A", values=["192.0.2.9"], SetIdentifier="w", Weight=1))
    bad("InvalidChangeBatch", change_of("CREATE", "latency.example.com", "A", values=["192.0.2.9"], SetIdentifier="w", Region="us-east-1"))
    bad("InvalidChangeBatch", change_of("CREATE", "failover.example.com", "A", values=["192.0.2.9"], SetIdentifier="w", Failover="PRIMARY", HealthCheckId=checks["https"]))
    bad("InvalidChangeBatch", change_of("CREATE", "bad.example.com", "A", values=["not an address"]))
    bad("InvalidChangeBatch", change_of("CREATE", "bad.example.com", "MX", values=["mail.example.com"]))
    bad("InvalidChangeBatch", change_of("CREATE", "bad.example.com", "TXT", values=["unquoted text"]))
    bad("InvalidChangeBatch", change_of("CREATE", "bad.example.com", "TXT", values=['"' + "x" * 256 + '"']))
    bad("NoSuchHealthCheck", change_of("CREATE", "bad.example.com", "A", values=["192.0.2.9"],
        SetIdentifier="x", Weight=1, HealthCheckId="00000000-0000-0000-0000-000000000000"))
    bad("InvalidChangeBatch", change_of("DELETE", "example.com", "NS", values=["ns1.example.net"]))
    bad("InvalidChangeBatch", change_of("CREATE", "bad.example.com", "A",
        AliasTarget={**alias, "DNSName": "nothing.example.com"}))
    bad("InvalidInput", change_of("CREATE", "bad.example.com", "A", values=["192.0.2.9"], SetIdentifier="x"))
    bad("InvalidInput", change_of("CREATE", "bad.example.com", "A", values=["192.0.2.9"], SetIdentifier="x", Weight=1, Region="us-east-1"))
    bad("InvalidInput", change_of("CREATE", "bad.example.com", "A", values=["192.0.2.9"], Weight=1))
    bad("InvalidInput", change_of("CREATE", "bad.example.com", "A", AliasTarget=alias, TTL=60))
    bad("InvalidInput", change_of("CREATE", "bad.example.com", "A", values=["192.0.2.9"], SetIdentifier="x",
        GeoLocation={"ContinentCode": "EU", "CountryCode": "DE"}))
    bad("InvalidInput", change_of("CREATE", "bad.example.com", "NOTYPE", values=["x"]))
    bad("InvalidInput", change_of("CREATE", "bad.example.com", "A", values=["192.0.2.9"], SetIdentifier="x", Weight=256))
    bad("InvalidChangeBatch", *(change_of("CREATE", f"n{n}.example.com", "A", values=["192.0.2.9"]) for n in range(1001)))
    bad("InvalidChangeBatch", *(change_of("UPSERT", f"n{n}.example.com", "A", values=["192.0.2.9"]) for n in range(501)))
    refused("NoSuchHostedZone", "change_resource_record_sets", HostedZoneId="ZNOTTHERE", ChangeBatch={"Changes": [one]})
    refused("InvalidInput", "change_resource_record_sets", HostedZoneId=zone, ChangeBatch={"Changes": []})
    # All or nothing.
    bad("InvalidChangeBatch", change_of("CREATE", "half.example.com", "A", values=["192.0.2.9"]), one)
    records = call("list_resource_record_sets", HostedZoneId=zone)
    w.check(not any(r["Name"] == "half.example.com." for r in records["ResourceRecordSets"]), "a refused batch does nothing")
    w.check(any(r["Name"] == "\\052.star.example.com." for r in records["ResourceRecordSets"]), "a star comes back escaped")
    page = call("list_resource_record_sets", HostedZoneId=zone, MaxItems="1",
                StartRecordName="latency.example.com", StartRecordType="A", StartRecordIdentifier="m1")
    w.check(page["ResourceRecordSets"][0].get("SetIdentifier") == "m1", "a page begins where it is told to")
    w.check(page["IsTruncated"], "there is more after the first")
    refused("InvalidInput", "list_resource_record_sets", HostedZoneId=zone, StartRecordType="A")
    refused("NoSuchHostedZone", "list_resource_record_sets", HostedZoneId="ZNOTTHERE")

    # What a drill asks.
    w.later(120)
    answer = call("test_dns_answer", HostedZoneId=zone, RecordName="a.example.com", RecordType="A")
    w.check(sorted(answer["RecordData"]) == ["192.0.2.1", "192.0.2.2"], "the answer is the record's")
    call("test_dns_answer", HostedZoneId=zone, RecordName="geo.example.com", RecordType="A", ResolverIP="198.51.100.1",
         EDNS0ClientSubnetIP="203.0.113.0", EDNS0ClientSubnetMask="24")
    nothing = call("test_dns_answer", HostedZoneId=zone, RecordName="nothing.example.com", RecordType="A")
    w.check(nothing["ResponseCode"] == "NXDOMAIN" and nothing["RecordData"] == [], "no name, no answer")
    refused("NoSuchHostedZone", "test_dns_answer", HostedZoneId="ZNOTTHERE", RecordName="a.example.com", RecordType="A")

    # The end.
    refused("HostedZoneNotEmpty", "delete_hosted_zone", Id=zone)
    refused("NoSuchHealthCheck", "delete_health_check",
            HealthCheckId="00000000-0000-0000-0000-000000000000")
    rest = [{"Action": "DELETE", "ResourceRecordSet": r} for r in records["ResourceRecordSets"]
            if not (r["Name"] == "example.com." and r["Type"] in ("NS", "SOA"))]
    batch(*rest)
    refused("CidrCollectionInUseException", "delete_cidr_collection", Id=collection)
    call("change_cidr_collection", Id=collection, Changes=[
        {"LocationName": "berlin", "Action": "DELETE_IF_EXISTS", "CidrList": ["192.0.2.0/24", "2001:db8::/32"]}])
    call("delete_cidr_collection", Id=collection)
    refused("NoSuchCidrCollectionException", "delete_cidr_collection", Id=collection)
    for check in (checks["all"], *(v for k, v in checks.items() if k != "all")):
        call("delete_health_check", HealthCheckId=check)
    refused("HealthCheckAlreadyExists", "create_health_check", CallerReference="walk-https", HealthCheckConfig=http)
    for gone in (zone, twin, private):
        call("delete_hosted_zone", Id=gone)
    refused("NoSuchHostedZone", "delete_hosted_zone", Id=zone)
