//! Which operation a method and a path are.

use percent_encoding::percent_decode_str;

use crate::call::Request;

/// The path's segments after the API version, percent-decoded and without `/hostedzone/`-like
/// prefixes inside them (some clients send back ids as they were given).
pub(super) fn segments(request: &Request) -> Vec<String> {
    request
        .path
        .split('/')
        .filter(|part| !part.is_empty())
        .skip(1)
        .map(|part| bare(&percent_decode_str(part).decode_utf8_lossy()))
        .collect()
}

/// An id without the prefix that AWS's answers give it.
pub(super) fn bare(id: &str) -> String {
    id.trim_start_matches("/hostedzone/")
        .trim_start_matches("/change/")
        .trim_start_matches("/delegationset/")
        .to_owned()
}

/// The API operation that a request is.
pub fn operation(request: &Request) -> &'static str {
    let parts = segments(request);
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match (request.method.as_str(), parts.as_slice()) {
        ("POST", ["hostedzone"]) => "CreateHostedZone",
        ("GET", ["hostedzone"]) => "ListHostedZones",
        ("GET", ["hostedzonesbyname"]) => "ListHostedZonesByName",
        ("GET", ["hostedzonesbyvpc"]) => "ListHostedZonesByVPC",
        ("GET", ["hostedzonecount"]) => "GetHostedZoneCount",
        ("GET", ["hostedzonelimit", _, _]) => "GetHostedZoneLimit",
        ("GET", ["hostedzone", _]) => "GetHostedZone",
        ("POST", ["hostedzone", _]) => "UpdateHostedZoneComment",
        ("DELETE", ["hostedzone", _]) => "DeleteHostedZone",
        ("GET", ["hostedzone", _, "dnssec"]) => "GetDNSSEC",
        ("POST", ["hostedzone", _, "enable-dnssec"]) => "EnableHostedZoneDNSSEC",
        ("POST", ["hostedzone", _, "disable-dnssec"]) => "DisableHostedZoneDNSSEC",
        ("POST", ["hostedzone", _, "features"]) => "UpdateHostedZoneFeatures",
        ("POST", ["hostedzone", _, "associatevpc"]) => "AssociateVPCWithHostedZone",
        ("POST", ["hostedzone", _, "disassociatevpc"]) => "DisassociateVPCFromHostedZone",
        ("POST", ["hostedzone", _, "authorizevpcassociation"]) => {
            "CreateVPCAssociationAuthorization"
        }
        ("GET", ["hostedzone", _, "authorizevpcassociation"]) => "ListVPCAssociationAuthorizations",
        ("POST", ["hostedzone", _, "deauthorizevpcassociation"]) => {
            "DeleteVPCAssociationAuthorization"
        }
        ("POST", ["hostedzone", _, "rrset"]) => "ChangeResourceRecordSets",
        ("GET", ["hostedzone", _, "rrset"]) => "ListResourceRecordSets",
        ("GET", ["change", _]) => "GetChange",
        ("POST", ["delegationset"]) => "CreateReusableDelegationSet",
        ("GET", ["delegationset"]) => "ListReusableDelegationSets",
        ("GET", ["delegationset", _]) => "GetReusableDelegationSet",
        ("DELETE", ["delegationset", _]) => "DeleteReusableDelegationSet",
        ("GET", ["reusabledelegationsetlimit", _, _]) => "GetReusableDelegationSetLimit",
        ("POST", ["healthcheck"]) => "CreateHealthCheck",
        ("GET", ["healthcheck"]) => "ListHealthChecks",
        ("GET", ["healthcheckcount"]) => "GetHealthCheckCount",
        ("GET", ["healthcheck", _]) => "GetHealthCheck",
        ("POST", ["healthcheck", _]) => "UpdateHealthCheck",
        ("DELETE", ["healthcheck", _]) => "DeleteHealthCheck",
        ("GET", ["healthcheck", _, "status"]) => "GetHealthCheckStatus",
        ("GET", ["healthcheck", _, "lastfailurereason"]) => "GetHealthCheckLastFailureReason",
        ("GET", ["checkeripranges"]) => "GetCheckerIpRanges",
        ("POST", ["tags", _, _]) => "ChangeTagsForResource",
        ("GET", ["tags", _, _]) => "ListTagsForResource",
        ("POST", ["tags", _]) => "ListTagsForResources",
        ("POST", ["cidrcollection"]) => "CreateCidrCollection",
        ("GET", ["cidrcollection"]) => "ListCidrCollections",
        ("POST", ["cidrcollection", _]) => "ChangeCidrCollection",
        ("GET", ["cidrcollection", _]) => "ListCidrLocations",
        ("DELETE", ["cidrcollection", _]) => "DeleteCidrCollection",
        ("GET", ["cidrcollection", _, "cidrblocks"]) => "ListCidrBlocks",
        ("GET", ["accountlimit", _]) => "GetAccountLimit",
        ("POST", ["keysigningkey"]) => "CreateKeySigningKey",
        ("POST", ["keysigningkey", _, _, "activate"]) => "ActivateKeySigningKey",
        ("POST", ["keysigningkey", _, _, "deactivate"]) => "DeactivateKeySigningKey",
        ("DELETE", ["keysigningkey", _, _]) => "DeleteKeySigningKey",
        ("POST", ["queryloggingconfig"]) => "CreateQueryLoggingConfig",
        ("GET", ["queryloggingconfig"]) => "ListQueryLoggingConfigs",
        ("GET", ["queryloggingconfig", _]) => "GetQueryLoggingConfig",
        ("DELETE", ["queryloggingconfig", _]) => "DeleteQueryLoggingConfig",
        ("GET", ["testdnsanswer"]) => "TestDNSAnswer",
        ("GET", ["geolocation"]) => "GetGeoLocation",
        ("GET", ["geolocations"]) => "ListGeoLocations",
        (_, ["trafficpolicy" | "trafficpolicies" | "trafficpolicyinstance", ..]) => {
            "TrafficPolicies"
        }
        (_, ["trafficpolicyinstances" | "trafficpolicyinstancecount", ..]) => "TrafficPolicies",
        _ => "UnknownOperation",
    }
}
