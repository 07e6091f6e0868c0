//! Elastic Load Balancing v2.

use super::Page;

pub(super) const PAGES: &[Page] = &[
    ("ELBv2:LoadBalancer", BALANCER),
    ("ELBv2:TargetGroup", GROUP),
    ("ELBv2:Listener", LISTENER),
    ("ELBv2:ListenerRule", RULE),
];

const BALANCER: &str = "
Name -> name, @name
LoadBalancerArn -> @arn
DNSName -> @dns_name
CanonicalHostedZoneId -> @canonical_hosted_zone_id
VpcId -> @vpc_id
Type -> load_balancer_type
Scheme -> scheme
CustomerOwnedIpv4Pool -- Outposts are not regions, and no region can stand in for one
Subnets -> subnets
SubnetMappings.SubnetId -> subnet_mappings.subnet
SubnetMappings.AllocationId -> subnet_mappings.allocation_id
SubnetMappings.PrivateIPv4Address -> subnet_mappings.private_ipv4_address
SubnetMappings.IPv6Address -> subnet_mappings.ipv6_address
SecurityGroups -> security_groups
EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic -> enforce_security_group_inbound_rules_on_private_link_traffic
IpAddressType -> ip_address_type
IpamPools -- addresses of one's own need EC2's IPAM, which is never a dependency
MinimumLoadBalancerCapacity -- reserved capacity is bought and given back by operations, not declared
idle_timeout -> idle_timeout
deletion_protection -> deletion_protection
http2 -> http2
cross_zone -> cross_zone
access_logs -> access_logs.bucket, access_logs.prefix
connection_logs -> connection_logs.bucket, connection_logs.prefix
drop_invalid_header_fields -> drop_invalid_header_fields
preserve_host_header -> preserve_host_header
desync_mitigation_mode -> desync_mitigation
client_keep_alive -> client_keep_alive
x_amzn_tls_version_and_cipher_suite -> tls_version_and_cipher_headers
xff_client_port -> xff_client_port
xff_header_processing -> xff_headers
waf.fail_open -> waf_fail_open
zonal_shift -> zonal_shift
dns_record.client_routing_policy -> zone_routing
State -- observed: waited for while it is provisioning
Tags -> tags
";

const GROUP: &str = "
Name -> name, @name
TargetGroupArn -> @arn
LoadBalancerArns -- observed: listeners say it
Full name -> @full_name
Protocol -> protocol
ProtocolVersion -> protocol_version
Port -> port
VpcId -> vpc
TargetType -> target_type
IpAddressType -> ip_address_type
HealthCheckEnabled -> health_check.enabled
HealthCheckProtocol -> health_check.protocol
HealthCheckPort -> health_check.port
HealthCheckPath -> health_check.path
Matcher -> health_check.matcher
HealthCheckIntervalSeconds -> health_check.interval
HealthCheckTimeoutSeconds -> health_check.timeout
HealthyThresholdCount -> health_check.healthy_threshold
UnhealthyThresholdCount -> health_check.unhealthy_threshold
deregistration_delay -> deregistration_delay
deregistration_delay.connection_termination -> connection_termination
slow_start -> slow_start
load_balancing.algorithm -> algorithm
load_balancing.algorithm.anomaly_mitigation -> anomaly_mitigation
load_balancing.cross_zone -> cross_zone
stickiness.type -> stickiness.by
stickiness.duration -> stickiness.seconds
stickiness.app_cookie.cookie_name -> stickiness.cookie_name
preserve_client_ip -> preserve_client_ip
proxy_protocol_v2 -> proxy_protocol_v2
target_group_health.dns_failover.minimum_healthy_targets.count -> dns_failover_minimum_count
target_group_health.dns_failover.minimum_healthy_targets.percentage -> dns_failover_minimum_percentage
target_group_health.unhealthy_state_routing.minimum_healthy_targets.count -> unhealthy_routing_minimum_count
target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage -> unhealthy_routing_minimum_percentage
target_health_state.unhealthy.connection_termination -> unhealthy_connection_termination
target_health_state.unhealthy.draining_interval_seconds -> unhealthy_draining_interval
lambda.multi_value_headers -> lambda_multi_value_headers
target_failover -> target_failover
Targets -- registered by those who run them: never touched
Tags -> tags
";

const LISTENER: &str = "
ListenerArn -> @arn
LoadBalancerArn -> load_balancer
Port -> port
Protocol -> protocol
Certificates -> certificate
AddListenerCertificates -> additional_certificates
SslPolicy -> ssl_policy
AlpnPolicy -> alpn_policy
MutualAuthentication.Mode -> mutual_authentication.mode
MutualAuthentication.TrustStoreArn -> mutual_authentication.trust_store
MutualAuthentication.IgnoreClientCertificateExpiry -> mutual_authentication.ignore_expiry
tcp.idle_timeout -> tcp_idle_timeout
send_tcp_reset.on_idle_timeout -> send_tcp_reset_on_idle_timeout
routing.http.response.server -> server_header
routing.http.response.strict_transport_security -> strict_transport_security
routing.http.response.content_security_policy -> content_security_policy
routing.http.response.x_content_type_options -> x_content_type_options
routing.http.response.x_frame_options -> x_frame_options
routing.http.response.access_control_allow_origin -> access_control_allow_origin
routing.http.response.access_control_allow_methods -> access_control_allow_methods
routing.http.response.access_control_allow_headers -> access_control_allow_headers
routing.http.response.access_control_allow_credentials -> access_control_allow_credentials
routing.http.response.access_control_expose_headers -> access_control_expose_headers
routing.http.response.access_control_max_age -> access_control_max_age
routing.http.request.x_amzn_mtls_clientcert_serial_number -> mtls_clientcert_serial_number_header
routing.http.request.x_amzn_mtls_clientcert_issuer -> mtls_clientcert_issuer_header
routing.http.request.x_amzn_mtls_clientcert_subject -> mtls_clientcert_subject_header
routing.http.request.x_amzn_mtls_clientcert_validity -> mtls_clientcert_validity_header
routing.http.request.x_amzn_mtls_clientcert_leaf -> mtls_clientcert_leaf_header
routing.http.request.x_amzn_mtls_clientcert -> mtls_clientcert_header
routing.http.request.x_amzn_tls_version -> tls_version_header
routing.http.request.x_amzn_tls_cipher_suite -> tls_cipher_suite_header
DefaultActions.Type -> default_actions.type
DefaultActions.Forward -> default_actions.target_groups.target_group, default_actions.target_groups.weight, default_actions.sticky_seconds
DefaultActions.Redirect -> default_actions.protocol, default_actions.port, default_actions.host, default_actions.path, default_actions.query, default_actions.status_code
DefaultActions.FixedResponse -> default_actions.status_code, default_actions.content_type, default_actions.message_body
DefaultActions.AuthenticateCognito -> default_actions.user_pool_arn, default_actions.user_pool_client_id, default_actions.user_pool_domain, default_actions.session_cookie_name, default_actions.scope, default_actions.session_timeout, default_actions.authentication_request_extra_params, default_actions.on_unauthenticated_request
DefaultActions.AuthenticateOidc -> default_actions.issuer, default_actions.authorization_endpoint, default_actions.token_endpoint, default_actions.user_info_endpoint, default_actions.client_id, default_actions.client_secret, default_actions.session_cookie_name, default_actions.scope, default_actions.session_timeout, default_actions.authentication_request_extra_params, default_actions.on_unauthenticated_request
Tags -> tags
+ watch_rules: others' rules are reported, for one call more
";

const RULE: &str = "
RuleArn -> @arn
ListenerArn -> listener
Priority -> priority
Conditions.Field -> conditions.field
Conditions.HostHeader -> conditions.values
Conditions.PathPattern -> conditions.values
Conditions.HttpHeader -> conditions.name, conditions.values
Conditions.HttpRequestMethod -> conditions.values
Conditions.QueryString -> conditions.pairs.key, conditions.pairs.value
Conditions.SourceIp -> conditions.values
Conditions.RegexValues -> conditions.regex_values
Transforms.HostHeaderRewriteConfig -> host_header_rewrite.regex, host_header_rewrite.replace
Transforms.UrlRewriteConfig -> url_rewrite.regex, url_rewrite.replace
Actions.Type -> actions.type
Actions.Forward -> actions.target_groups.target_group, actions.target_groups.weight, actions.sticky_seconds
Actions.Redirect -> actions.protocol, actions.port, actions.host, actions.path, actions.query, actions.status_code
Actions.FixedResponse -> actions.status_code, actions.content_type, actions.message_body
Actions.AuthenticateCognito -> actions.user_pool_arn, actions.user_pool_client_id, actions.user_pool_domain, actions.session_cookie_name, actions.scope, actions.session_timeout, actions.authentication_request_extra_params, actions.on_unauthenticated_request
Actions.AuthenticateOidc -> actions.issuer, actions.authorization_endpoint, actions.token_endpoint, actions.user_info_endpoint, actions.client_id, actions.client_secret, actions.session_cookie_name, actions.scope, actions.session_timeout, actions.authentication_request_extra_params, actions.on_unauthenticated_request
IsDefault -- the default rule is the listener's own default_actions
Tags -> tags
";
