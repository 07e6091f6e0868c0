//! What AWS always sends, call by call: what its models require, and what its services never leave
//! out although the models allow it. Only what a conclusion hangs on is asked for: that a thing is
//! there, which one it is, that a list is all of it; of a call that makes something, what it has made.

use super::Body::{self, Json, Query, Rest};
use super::needs::Need::{
    self, Any, Asked, Flag, Flat, If, List, More, OneOf, Perhaps, Tag, Text, With, Within,
};

/// What the answer to a call has to contain, where that is known.
pub(super) fn of(service: &str, operation: &str) -> Option<Body> {
    let calls = match service {
        "DynamoDB" => DYNAMODB,
        "Elastic Load Balancing v2" => ELBV2,
        "IAM" => IAM,
        "KMS" => KMS,
        "RDS" => RDS,
        "Route 53" => ROUTE53,
        "S3" => S3,
        "STS" => STS,
        _ => return None,
    };
    calls.iter().find(|(name, _)| *name == operation).map(|(_, body)| *body)
}

type Calls = &'static [(&'static str, Body)];

const DYNAMODB: Calls = &[
    (
        "CreateTable",
        Json(&[Within(
            "TableDescription",
            &[Text("TableName"), Text("TableStatus"), Text("TableArn")],
        )]),
    ),
    (
        "DescribeTable",
        Json(&[Within(
            "Table",
            &[
                Text("TableName"),
                Text("TableStatus"),
                Text("TableArn"),
                List("KeySchema", "", &[Text("AttributeName"), Text("KeyType")]),
                List("AttributeDefinitions", "", &[Text("AttributeName"), Text("AttributeType")]),
                Perhaps("Replicas", &[Flat("", 0, &[Text("RegionName")])]),
                Perhaps("GlobalSecondaryIndexes", &[Flat("", 0, &[Text("IndexName")])]),
                Perhaps("LocalSecondaryIndexes", &[Flat("", 0, &[Text("IndexName")])]),
            ],
        )]),
    ),
    ("ListTables", Json(&[Any("TableNames")])),
    ("ListTagsOfResource", Json(&[List("Tags", "", &[Tag])])),
    (
        "DescribeContinuousBackups",
        Json(&[Within("ContinuousBackupsDescription", &[Text("ContinuousBackupsStatus")])]),
    ),
    ("DescribeTimeToLive", Json(&[Within("TimeToLiveDescription", &[Text("TimeToLiveStatus")])])),
    ("DescribeContributorInsights", Json(&[Text("ContributorInsightsStatus")])),
    (
        "DescribeKinesisStreamingDestination",
        Json(&[List(
            "KinesisDataStreamDestinations",
            "",
            &[Text("StreamArn"), Text("DestinationStatus")],
        )]),
    ),
    ("GetResourcePolicy", Json(&[Text("Policy")])),
    ("GetItem", Json(&[])),
    ("Query", Json(&[Any("Items")])),
];

const KEY: &[Need] = &[Text("Key")];

const ELBV2: Calls = &[
    (
        "CreateLoadBalancer",
        Query(&[List(
            "LoadBalancers",
            "member",
            &[Text("LoadBalancerArn"), Text("LoadBalancerName")],
        )]),
    ),
    (
        "CreateTargetGroup",
        Query(&[List(
            "TargetGroups",
            "member",
            &[Text("TargetGroupArn"), Text("TargetGroupName")],
        )]),
    ),
    ("CreateListener", Query(&[List("Listeners", "member", &[Text("ListenerArn")])])),
    ("CreateRule", Query(&[List("Rules", "member", &[Text("RuleArn")])])),
    (
        "DescribeLoadBalancers",
        Query(&[
            List(
                "LoadBalancers",
                "member",
                &[
                    Text("LoadBalancerArn"),
                    Text("LoadBalancerName"),
                    Text("Type"),
                    Within("State", &[Text("Code")]),
                ],
            ),
            Asked("LoadBalancerArns.member.1", "LoadBalancers", None),
            Asked("Names.member.1", "LoadBalancers", None),
        ]),
    ),
    ("DescribeLoadBalancerAttributes", Query(&[List("Attributes", "member", KEY)])),
    (
        "DescribeTargetGroups",
        Query(&[
            List(
                "TargetGroups",
                "member",
                &[
                    Text("TargetGroupArn"),
                    Text("TargetGroupName"),
                    Text("TargetType"),
                    If(
                        "TargetType",
                        |it| it != "lambda",
                        &[Text("Protocol"), Text("Port"), Text("VpcId")],
                    ),
                ],
            ),
            Asked("TargetGroupArns.member.1", "TargetGroups", None),
            Asked("Names.member.1", "TargetGroups", None),
        ]),
    ),
    ("DescribeTargetGroupAttributes", Query(&[List("Attributes", "member", KEY)])),
    (
        "DescribeListeners",
        Query(&[
            List(
                "Listeners",
                "member",
                // A gateway load balancer's listener has neither a port nor a protocol.
                &[Text("ListenerArn"), Text("LoadBalancerArn")],
            ),
            Asked("ListenerArns.member.1", "Listeners", None),
        ]),
    ),
    ("DescribeListenerAttributes", Query(&[List("Attributes", "member", KEY)])),
    (
        "DescribeListenerCertificates",
        Query(&[List("Certificates", "member", &[Text("CertificateArn")])]),
    ),
    (
        "DescribeRules",
        Query(&[
            List("Rules", "member", &[Text("RuleArn"), Text("Priority"), Any("Actions")]),
            Asked("RuleArns.member.1", "Rules", None),
        ]),
    ),
    (
        "DescribeTags",
        Query(&[
            List(
                "TagDescriptions",
                "member",
                &[Text("ResourceArn"), List("Tags", "member", &[Tag])],
            ),
            Asked("ResourceArns.member.1", "TagDescriptions", None),
        ]),
    ),
];

const MARKED: Need = More("IsTruncated", &["Marker"]);
const ROLE: &[Need] = &[
    Text("RoleName"),
    Text("RoleId"),
    Text("Arn"),
    Text("Path"),
    Perhaps("Tags", &[Flat("member", 0, &[Tag])]),
];

const IAM: Calls = &[
    ("CreateRole", Query(&[Within("Role", ROLE)])),
    ("CreatePolicy", Query(&[Within("Policy", &[Text("PolicyName"), Text("Arn")])])),
    ("GetRole", Query(&[Within("Role", ROLE)])),
    ("ListRoles", Query(&[List("Roles", "member", ROLE), MARKED])),
    ("GetRolePolicy", Query(&[Text("PolicyName"), Text("PolicyDocument")])),
    ("ListRolePolicies", Query(&[Any("PolicyNames"), MARKED])),
    (
        "ListInstanceProfilesForRole",
        Query(&[List("InstanceProfiles", "member", &[Text("InstanceProfileName")]), MARKED]),
    ),
    (
        "ListAttachedRolePolicies",
        Query(&[List("AttachedPolicies", "member", &[Text("PolicyArn")]), MARKED]),
    ),
    (
        "GetAccountAuthorizationDetails",
        Query(&[
            List(
                "RoleDetailList",
                "member",
                &[
                    Text("RoleName"),
                    Text("RoleId"),
                    Text("Arn"),
                    Text("Path"),
                    List("RolePolicyList", "member", &[Text("PolicyName"), Text("PolicyDocument")]),
                    List("AttachedManagedPolicies", "member", &[Text("PolicyArn")]),
                    Perhaps("Tags", &[Flat("member", 0, &[Tag])]),
                ],
            ),
            MARKED,
        ]),
    ),
    (
        "GetPolicy",
        Query(&[Within(
            "Policy",
            &[
                Text("PolicyName"),
                Text("Arn"),
                Text("Path"),
                Text("DefaultVersionId"),
                Perhaps("Tags", &[Flat("member", 0, &[Tag])]),
            ],
        )]),
    ),
    ("GetPolicyVersion", Query(&[Within("PolicyVersion", &[Text("Document")])])),
    (
        "ListPolicies",
        Query(&[List("Policies", "member", &[Text("PolicyName"), Text("Arn")]), MARKED]),
    ),
    ("ListPolicyTags", Query(&[List("Tags", "member", &[Tag]), MARKED])),
    ("ListRoleTags", Query(&[List("Tags", "member", &[Tag]), MARKED])),
    (
        "ListPolicyVersions",
        Query(&[
            List("Versions", "member", &[Text("VersionId"), Text("IsDefaultVersion")]),
            MARKED,
        ]),
    ),
];

const KMS: Calls =
    &[("DescribeKey", Json(&[Within("KeyMetadata", &[Text("KeyId"), Text("Arn")])]))];

/// The tags of a thing that lists its own.
const MARKS: Need = Perhaps("TagList", &[Flat("Tag", 0, &[Tag])]);

fn is_aurora(engine: &str) -> bool {
    engine.starts_with("aurora")
}

const CLUSTER: &[Need] = &[Text("DBClusterIdentifier"), Text("DBClusterArn"), Text("Status")];

const RDS: Calls = &[
    ("CreateDBCluster", Query(&[Within("DBCluster", CLUSTER)])),
    ("RestoreDBClusterFromSnapshot", Query(&[Within("DBCluster", CLUSTER)])),
    ("RestoreDBClusterToPointInTime", Query(&[Within("DBCluster", CLUSTER)])),
    (
        "CreateDBInstance",
        Query(&[Within("DBInstance", &[Text("DBInstanceIdentifier"), Text("DBInstanceArn")])]),
    ),
    (
        "CreateGlobalCluster",
        Query(&[Within(
            "GlobalCluster",
            &[Text("GlobalClusterIdentifier"), Text("GlobalClusterArn")],
        )]),
    ),
    (
        "CreateDBSubnetGroup",
        Query(&[Within("DBSubnetGroup", &[Text("DBSubnetGroupName"), Text("DBSubnetGroupArn")])]),
    ),
    (
        "CreateDBClusterParameterGroup",
        Query(&[Within(
            "DBClusterParameterGroup",
            &[Text("DBClusterParameterGroupName"), Text("DBClusterParameterGroupArn")],
        )]),
    ),
    (
        "DescribeDBClusters",
        Query(&[
            List(
                "DBClusters",
                "DBCluster",
                &[
                    Text("DBClusterIdentifier"),
                    Text("DBClusterArn"),
                    Text("Status"),
                    Text("Engine"),
                    Text("EngineVersion"),
                    Text("DBSubnetGroup"),
                    Flag("StorageEncrypted", &[Text("KmsKeyId")]),
                    MARKS,
                ],
            ),
            Asked("DBClusterIdentifier", "DBClusters", Some("DBClusterIdentifier")),
        ]),
    ),
    (
        "DescribeDBInstances",
        Query(&[
            List(
                "DBInstances",
                "DBInstance",
                &[
                    Text("DBInstanceIdentifier"),
                    Text("DBInstanceArn"),
                    Text("DBInstanceStatus"),
                    Text("DBInstanceClass"),
                    Text("Engine"),
                    If("Engine", is_aurora, &[Text("DBClusterIdentifier")]),
                    MARKS,
                ],
            ),
            Asked("DBInstanceIdentifier", "DBInstances", Some("DBInstanceIdentifier")),
        ]),
    ),
    (
        "DescribeGlobalClusters",
        Query(&[
            List(
                "GlobalClusters",
                "GlobalClusterMember",
                &[
                    Text("GlobalClusterIdentifier"),
                    Text("GlobalClusterArn"),
                    Text("Status"),
                    Text("Engine"),
                    Any("StorageEncrypted"),
                    MARKS,
                    List("GlobalClusterMembers", "GlobalClusterMember", &[Text("DBClusterArn")]),
                ],
            ),
            Asked("GlobalClusterIdentifier", "GlobalClusters", Some("GlobalClusterIdentifier")),
        ]),
    ),
    (
        "DescribeDBSubnetGroups",
        Query(&[
            List("DBSubnetGroups", "DBSubnetGroup", &[Text("DBSubnetGroupName")]),
            Asked("DBSubnetGroupName", "DBSubnetGroups", Some("DBSubnetGroupName")),
        ]),
    ),
    (
        "DescribeDBClusterParameterGroups",
        Query(&[
            List(
                "DBClusterParameterGroups",
                "DBClusterParameterGroup",
                &[Text("DBClusterParameterGroupName"), Text("DBParameterGroupFamily")],
            ),
            Asked(
                "DBClusterParameterGroupName",
                "DBClusterParameterGroups",
                Some("DBClusterParameterGroupName"),
            ),
        ]),
    ),
    (
        "DescribeDBClusterParameters",
        Query(&[List("Parameters", "Parameter", &[Text("ParameterName")])]),
    ),
    ("ListTagsForResource", Query(&[List("TagList", "Tag", &[Tag])])),
];

const ZONE: &[Need] =
    &[Text("Id"), Text("Name"), Text("CallerReference"), Within("Config", &[Text("PrivateZone")])];

const CHECK: &[Need] = &[
    Text("Id"),
    Text("CallerReference"),
    Text("HealthCheckVersion"),
    Within(
        "HealthCheckConfig",
        &[Text("Type"), If("Type", is_checked, &[Text("RequestInterval")])],
    ),
];

/// What is asked itself, and not made from other checks, alarms or controls.
fn is_checked(kind: &str) -> bool {
    kind.starts_with("HTTP") || kind == "TCP"
}

const TAGS: &[Need] = &[Text("ResourceId"), List("Tags", "Tag", &[Tag])];

/// What routes by a policy has a name among its like.
const ROUTED: &[&str] = &[
    "CidrRoutingConfig",
    "Failover",
    "GeoLocation",
    "GeoProximityLocation",
    "MultiValueAnswer",
    "Region",
    "Weight",
];

const ROUTE53: Calls = &[
    ("CreateHostedZone", Rest("CreateHostedZoneResponse", &[Within("HostedZone", ZONE)])),
    ("CreateHealthCheck", Rest("CreateHealthCheckResponse", &[Within("HealthCheck", CHECK)])),
    (
        "CreateCidrCollection",
        Rest("CreateCidrCollectionResponse", &[Within("Collection", &[Text("Id"), Text("Arn")])]),
    ),
    (
        "ChangeResourceRecordSets",
        Rest(
            "ChangeResourceRecordSetsResponse",
            &[Within("ChangeInfo", &[Text("Id"), Text("Status")])],
        ),
    ),
    (
        "GetHostedZone",
        Rest(
            "GetHostedZoneResponse",
            &[Within("HostedZone", ZONE), OneOf(&["DelegationSet", "VPCs"])],
        ),
    ),
    (
        "ListHostedZones",
        Rest(
            "ListHostedZonesResponse",
            &[List("HostedZones", "HostedZone", ZONE), More("IsTruncated", &["NextMarker"])],
        ),
    ),
    (
        "ListHostedZonesByName",
        Rest(
            "ListHostedZonesByNameResponse",
            &[
                List("HostedZones", "HostedZone", ZONE),
                More("IsTruncated", &["NextDNSName", "NextHostedZoneId"]),
            ],
        ),
    ),
    (
        "ListResourceRecordSets",
        Rest(
            "ListResourceRecordSetsResponse",
            &[
                List(
                    "ResourceRecordSets",
                    "ResourceRecordSet",
                    &[
                        Text("Name"),
                        Text("Type"),
                        OneOf(&["ResourceRecords", "AliasTarget", "TrafficPolicyInstanceId"]),
                        With(ROUTED, "SetIdentifier"),
                    ],
                ),
                More("IsTruncated", &["NextRecordName", "NextRecordType"]),
            ],
        ),
    ),
    ("GetHealthCheck", Rest("GetHealthCheckResponse", &[Within("HealthCheck", CHECK)])),
    (
        "ListHealthChecks",
        Rest(
            "ListHealthChecksResponse",
            &[List("HealthChecks", "HealthCheck", CHECK), More("IsTruncated", &["NextMarker"])],
        ),
    ),
    ("ListTagsForResource", Rest("ListTagsForResourceResponse", &[Within("ResourceTagSet", TAGS)])),
    (
        "ListTagsForResources",
        Rest("ListTagsForResourcesResponse", &[List("ResourceTagSets", "ResourceTagSet", TAGS)]),
    ),
    (
        "GetDNSSEC",
        Rest(
            "GetDNSSECResponse",
            &[
                Within("Status", &[Text("ServeSignature")]),
                List(
                    "KeySigningKeys",
                    "member",
                    &[
                        Text("Name"),
                        Text("KmsArn"),
                        Text("Status"),
                        If(
                            "Status",
                            |it| it == "ACTIVE" || it == "INACTIVE",
                            &[
                                Text("KeyTag"),
                                Text("DigestValue"),
                                Text("DSRecord"),
                                Text("PublicKey"),
                            ],
                        ),
                    ],
                ),
            ],
        ),
    ),
    (
        "ListQueryLoggingConfigs",
        Rest(
            "ListQueryLoggingConfigsResponse",
            &[List(
                "QueryLoggingConfigs",
                "QueryLoggingConfig",
                &[Text("Id"), Text("HostedZoneId"), Text("CloudWatchLogsLogGroupArn")],
            )],
        ),
    ),
    (
        "GetChange",
        Rest("GetChangeResponse", &[Within("ChangeInfo", &[Text("Id"), Text("Status")])]),
    ),
];

const KEYED: Need = More("IsTruncated", &["NextKeyMarker"]);

const S3: Calls = &[
    ("ListBuckets", Rest("ListAllMyBucketsResult", &[List("Buckets", "Bucket", &[Text("Name")])])),
    ("GetBucketLocation", Rest("LocationConstraint", &[])),
    ("GetBucketTagging", Rest("Tagging", &[List("TagSet", "Tag", &[Tag])])),
    ("GetBucketVersioning", Rest("VersioningConfiguration", &[])),
    (
        "GetBucketEncryption",
        Rest(
            "ServerSideEncryptionConfiguration",
            &[Flat(
                "Rule",
                1,
                &[Perhaps("ApplyServerSideEncryptionByDefault", &[Text("SSEAlgorithm")])],
            )],
        ),
    ),
    (
        "GetPublicAccessBlock",
        Rest(
            "PublicAccessBlockConfiguration",
            &[
                Text("BlockPublicAcls"),
                Text("IgnorePublicAcls"),
                Text("BlockPublicPolicy"),
                Text("RestrictPublicBuckets"),
            ],
        ),
    ),
    (
        "GetBucketOwnershipControls",
        Rest("OwnershipControls", &[Flat("Rule", 1, &[Text("ObjectOwnership")])]),
    ),
    ("GetBucketPolicy", Json(&[])),
    (
        "GetBucketLifecycleConfiguration",
        Rest("LifecycleConfiguration", &[Flat("Rule", 1, &[Text("Status")])]),
    ),
    (
        "GetBucketCors",
        Rest(
            "CORSConfiguration",
            &[Flat("CORSRule", 1, &[Any("AllowedMethod"), Any("AllowedOrigin")])],
        ),
    ),
    (
        "GetBucketLogging",
        Rest("BucketLoggingStatus", &[Perhaps("LoggingEnabled", &[Text("TargetBucket")])]),
    ),
    (
        "GetBucketReplication",
        Rest(
            "ReplicationConfiguration",
            &[
                Text("Role"),
                Flat(
                    "Rule",
                    1,
                    &[Text("ID"), Text("Status"), Within("Destination", &[Text("Bucket")])],
                ),
            ],
        ),
    ),
    (
        "ListObjectVersions",
        Rest(
            "ListVersionsResult",
            &[KEYED, Flat("Version", 0, &[Text("Key")]), Flat("DeleteMarker", 0, &[Text("Key")])],
        ),
    ),
    (
        "ListMultipartUploads",
        Rest(
            "ListMultipartUploadsResult",
            &[KEYED, Flat("Upload", 0, &[Text("Key"), Text("UploadId")])],
        ),
    ),
    (
        "ListObjectsV2",
        Rest(
            "ListBucketResult",
            &[More("IsTruncated", &["NextContinuationToken"]), Flat("Contents", 0, &[Text("Key")])],
        ),
    ),
];

const STS: Calls = &[("GetCallerIdentity", Query(&[Text("Account"), Text("Arn")]))];
