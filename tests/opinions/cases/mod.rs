//! A case for every kind: what is declared, and every field that can be changed.

mod dynamodb;
mod elbv2;
mod iam;
mod rds;
mod route53;
mod s3;

use std::collections::BTreeSet;

use bicoastal::AwsProvider;
use bicoastal::local::Cloud;
use bicoastal::model::Provider;
use bicoastal_model::schema::Change as Changes;

use crate::cloud::{Judge, Opened};
use crate::contract::{self, Case};
use crate::{accounts, exported, options, patience};

/// Each case before each judge, as tests of their own.
macro_rules! cases {
    ($($service:ident: $($case:ident),+;)+) => {
        /// Every case.
        pub fn all() -> Vec<&'static Case> {
            vec![$($(&$service::$case,)+)+]
        }

        $($(
            #[allow(non_snake_case, reason = "named as its data is")]
            mod $case {
                use super::*;

                #[tokio::test]
                async fn on_the_local_cloud() {
                    contract::judge(&$service::$case, Judge::Local).await;
                }

                #[tokio::test]
                async fn with_every_option() {
                    options::hold(&$service::$case).await;
                }

                #[tokio::test]
                async fn in_another_account() {
                    accounts::hold(&$service::$case).await;
                }

                #[tokio::test]
                async fn with_another_stacks_outputs() {
                    exported::hold(&$service::$case).await;
                }

                #[tokio::test]
                async fn without_patience() {
                    patience::hold(&$service::$case).await;
                }

                #[tokio::test]
                async fn on_moto() {
                    contract::judge(&$service::$case, Judge::Moto).await;
                }

                #[tokio::test]
                async fn on_ministack() {
                    contract::judge(&$service::$case, Judge::Ministack).await;
                }
            }
        )+)+
    };
}

cases! {
    dynamodb: TABLE, TABLE_OF_TWO_KEYS, TABLE_OF_ONE_MIND, TABLE_OF_CEILINGS;
    elbv2: LOAD_BALANCER, NETWORK_LOAD_BALANCER, TARGET_GROUP, NETWORK_TARGET_GROUP,
        GATEWAY_TARGET_GROUP, FUNCTION_TARGET_GROUP, LISTENER, WEB_LISTENER, TCP_LISTENER,
        GATEWAY_LISTENER, TLS_LISTENER, ASKING_LISTENER, RULE, REWRITING_RULE;
    iam: ROLE, POLICY;
    rds: SUBNET_GROUP, PARAMETER_GROUP, CLUSTER, MYSQL_CLUSTER, MANAGED_CLUSTER, INSTANCE,
        GLOBAL_CLUSTER, SECONDARY;
    route53: ZONE, SIGNED_ZONE, PRIVATE_ZONE, ADDRESSES, WEIGHTED, ALIAS, WEB_CHECK, ADDRESS_CHECK,
        CALCULATED_CHECK, ALARM_CHECK, CIDRS;
    s3: BUCKET, RARER_BUCKET, REPLICATION;
}

#[test]
fn every_field_of_every_kind_is_changed_by_a_case() {
    let places = Opened::places_of_a_new_world();
    let mut changed: BTreeSet<(&str, &str)> = BTreeSet::new();
    for case in all() {
        let desired = case.desired(&places);
        let kind = desired.resources[&case.subject.into()].schema.kind;
        for change in (case.changes)(&places) {
            changed.extend(change.fields.iter().map(|(field, _)| (kind, *field)));
        }
    }
    let cloud = Cloud::new();
    let provider = AwsProvider::new(bicoastal::local_connection(&cloud, "000000000000"));
    let mut missing = Vec::new();
    for schema in provider.catalog().iter() {
        for field in schema.fields {
            let is_updatable = matches!(field.change, Changes::InPlace | Changes::Disruptive);
            let is_changed = changed.contains(&(schema.kind, field.name));
            if is_updatable && !is_changed {
                missing.push(format!("{} {}", schema.kind, field.name));
            }
        }
    }
    assert!(missing.is_empty(), "give them a change in a case:\n{}", missing.join("\n"));
}
