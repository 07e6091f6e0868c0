//! Route 53.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    ("Route53:HostedZone", ZONE),
    ("Route53:RecordSet", RECORD),
    ("Route53:HealthCheck", CHECK),
    ("Route53:CidrCollection", CIDR),
];

const ZONE: &str = "
Id -> @id
CallerReference -- the library makes it from the lineage, the id and the incarnation, to find a lost create again
Name -> name, @name
Public/private -> private
DelegationSetId -> delegation_set
Comment -> comment
VPCs -> vpcs
VPC association authorisation -> vpc_accounts
Features.AcceleratedRecovery -> accelerated_recovery
NS -> @name_servers
SOA -- AWS writes it; as a record it can be declared like any other
LinkedService -- read only: a zone that another service keeps is refused
Arn -> @arn
Tags -> tags
DNSSEC signing -> dnssec_signing, key_signing_keys.name, key_signing_keys.kms_key, key_signing_keys.status, @delegation_signers, @ds_record
Query logging -> query_log_group
+ exclusive_records: claims every record of the zone
+ force_destroy: a delete first removes the records that are left
";

const RECORD: &str = "
HostedZoneId -> zone_id
Name -> name, @name
Type -> type
SetIdentifier -> set_identifier
TTL -> ttl
ResourceRecords -> values
TXT strings -> values
AliasTarget.HostedZoneId -> alias.zone_id
AliasTarget.DNSName -> alias.dns_name
AliasTarget.EvaluateTargetHealth -> alias.evaluate_target_health
HealthCheckId -> health_check
Routing policy -> routing.policy
Weight -> routing.weight
Region -> routing.region
Failover -> routing.role
GeoLocation.ContinentCode -> routing.continent
GeoLocation.CountryCode -> routing.country
GeoLocation.SubdivisionCode -> routing.subdivision
GeoProximityLocation.AWSRegion -> routing.region
GeoProximityLocation.LocalZoneGroup -> routing.local_zone_group
GeoProximityLocation.Coordinates -> routing.latitude, routing.longitude
GeoProximityLocation.Bias -> routing.bias
MultiValueAnswer -> routing.policy
CidrRoutingConfig.CollectionId -> routing.collection
CidrRoutingConfig.LocationName -> routing.location
TrafficPolicyInstanceId -- records of a traffic policy are that policy's to change
Record set protection -- it is somebody else's word against us: a protected record is refused with its comment
";

const CHECK: &str = "
Id -> @id
CallerReference -- the library makes it from the lineage, the id and the incarnation
Type -> type
IPAddress -> ip_address
FullyQualifiedDomainName -> host
Port -> port
ResourcePath -> path
SearchString -> search
RequestInterval -> interval
FailureThreshold -> failure_threshold
MeasureLatency -> measure_latency
EnableSNI -> enable_sni
Regions -> checker_regions
ChildHealthChecks -> children
HealthThreshold -> healthy_children
AlarmIdentifier.Region -> alarm.region
AlarmIdentifier.Name -> alarm.name
InsufficientDataHealthStatus -> insufficient_data
RoutingControlArn -> routing_control
Inverted -> inverted
Disabled -> disabled
HealthCheckVersion -- it travels with every update, so that nobody else's is overwritten
LinkedService -- read only: a check that another service keeps is refused
Arn -> @arn
Tags -> tags
+ by_address: whether it has an address, which can't be added or taken away later
";

const CIDR: &str = "
Id -> @id
Arn -> @arn
Name -> name
CallerReference -- the library's token: repeating a create with it answers the same collection
Version -- it travels with every change, so that nobody else's is overwritten
LocationName -> locations.name
CidrList -> locations.blocks
";
