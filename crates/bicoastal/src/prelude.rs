//! What a program that declares infrastructure needs: `use bicoastal::prelude::*`.
//!
//! Where two services use one name, the one that programs say more often is here; the other is
//! reached through its module: `kms::Key`, `s3::Encryption`.

pub use std::process::ExitCode;
pub use std::time::Duration;

pub use bicoastal_model::{
    ActiveRegions, Arn, Handle, Id, Input, Name, Output, PerRegion, PolicyDocument, Principal,
    Region, Rollout, Secret, Stack, Statement, text,
};

#[cfg(feature = "acm")]
pub use bicoastal_aws::acm::{self, Certificate, CertificateHandle};
#[cfg(feature = "dynamodb")]
pub use bicoastal_aws::dynamodb::{
    self, Billing, Consistency, GlobalIndex, Key, Keys, LocalIndex, PointInTimeRecovery,
    Projection, StreamView, Table, TableClass, TableHandle, WriteMode,
};
#[cfg(feature = "elbv2")]
pub use bicoastal_aws::elbv2::{
    self, Listener, ListenerAction, ListenerHandle, ListenerProtocol, ListenerRule,
    ListenerRuleHandle, LoadBalancer, LoadBalancerHandle, LoadBalancerType, RuleCondition, Scheme,
    TargetGroup, TargetGroupHandle, TargetProtocol, TargetType,
};
#[cfg(feature = "iam")]
pub use bicoastal_aws::iam::{self, Policy, PolicyHandle, Role, RoleHandle};
#[cfg(feature = "kms")]
pub use bicoastal_aws::kms;
#[cfg(feature = "rds")]
pub use bicoastal_aws::rds::{
    self, DbCluster, DbClusterHandle, DbClusterParameterGroup, DbInstance, DbInstanceHandle,
    DbSubnetGroup, Engine, GlobalCluster, GlobalClusterHandle, aurora,
};
#[cfg(feature = "route53")]
pub use bicoastal_aws::route53::{
    self, CidrCollection, CidrCollectionHandle, CidrLocation, GeoLocation, HealthCheck,
    HealthCheckHandle, HostedZone, HostedZoneHandle, Interval, KeySigningKey, RecordSet,
    RecordSetHandle, RecordType, RegionalFront, Routing, ZoneRef, latency_name,
};
#[cfg(feature = "s3")]
pub use bicoastal_aws::s3::{
    self, Bucket, BucketHandle, ReplicationConfiguration, ReplicationRule, replicated_buckets,
};
pub use bicoastal_aws::{AliasTarget, CallerIdentity};
