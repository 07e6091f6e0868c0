//! Existing load balancers: most active-active stacks only refer to them.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types;
use bicoastal_model::{
    Arn, ErrorFacts, Lookup, OpError, Ownership, Region, Retry, Snapshot, Target,
};
use serde::{Deserialize, Serialize};

use super::super::read::{shared_load_balancers, tags, tags_of};
use super::super::{SERVICE, region};
use super::LoadBalancer;
use super::look::snapshot;
use crate::cx::Cx;
use crate::kind::Found;
use crate::tags::collect;

/// How to find a load balancer that exists already: made by [`LoadBalancer::named`],
/// [`LoadBalancer::with_arn`] or [`LoadBalancer::tagged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoadBalancerQuery {
    /// By its name in the region.
    Name(String),
    /// By its ARN.
    Arn(Arn<LoadBalancer>),
    /// By tags, all of which it must have; exactly one load balancer may have them.
    Tags(BTreeMap<String, String>),
}

impl LoadBalancer {
    /// The existing load balancer of this name in the region of the look-up.
    pub fn named(name: impl Into<String>) -> LoadBalancerQuery {
        LoadBalancerQuery::Name(name.into())
    }

    /// The existing load balancer with this ARN, which must be of the region of the look-up.
    pub fn with_arn(arn: impl Into<String>) -> LoadBalancerQuery {
        LoadBalancerQuery::Arn(Arn::new(arn))
    }

    /// The one existing load balancer of the region that has all of these tags.
    pub fn tagged(
        tags: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> LoadBalancerQuery {
        LoadBalancerQuery::Tags(collect(tags))
    }
}

impl Lookup for LoadBalancerQuery {
    type Of = LoadBalancer;
}

impl Found for LoadBalancerQuery {
    async fn find(cx: &Cx, target: &Target, query: &Self) -> Result<Option<Snapshot>, OpError> {
        let region = region(target);
        if let Self::Arn(arn) = query
            && arn.as_str().split(':').nth(3) != Some(region.code())
        {
            return Err(refusal(
                region,
                format!("{arn} is not of the region {region} it is looked up in"),
                "look it up in its own region",
            ));
        }
        let all = shared_load_balancers(cx, region).await?;
        let found: Vec<&types::LoadBalancer> = match query {
            Self::Name(name) => {
                all.iter().filter(|it| it.load_balancer_name() == Some(name)).collect()
            }
            Self::Arn(arn) => {
                all.iter().filter(|it| it.load_balancer_arn() == Some(arn.as_str())).collect()
            }
            Self::Tags(wanted) => {
                let arns: Vec<String> =
                    all.iter().filter_map(|it| it.load_balancer_arn().map(str::to_owned)).collect();
                let key = format!("elbv2:balancer-tags:{region}");
                let tags = cx.shared(key, tags_of(cx, region, &arns)).await?;
                let has = |it: &&types::LoadBalancer| {
                    let own = tags.get(it.load_balancer_arn().unwrap_or_default());
                    wanted
                        .iter()
                        .all(|(key, value)| own.is_some_and(|own| own.get(key) == Some(value)))
                };
                all.iter().filter(has).collect()
            }
        };
        match found.as_slice() {
            [] => Ok(None),
            [one] => {
                let arn = one.load_balancer_arn().unwrap_or_default();
                let tags = tags(cx, region, arn).await?;
                Ok(Some(snapshot(one, &tags, &BTreeMap::new(), Ownership::Unmarked)))
            }
            several => {
                let names: Vec<&str> =
                    several.iter().filter_map(|it| it.load_balancer_name()).collect();
                Err(refusal(
                    region,
                    format!("several load balancers in {region} match: {}", names.join(", ")),
                    "name more tags, or look it up by its name",
                ))
            }
        }
    }
}

fn refusal(region: Region, message: String, hint: &str) -> OpError {
    OpError::Refused {
        retry: Retry::Never,
        facts: ErrorFacts {
            call: "DescribeLoadBalancers".to_owned(),
            service: SERVICE.to_owned(),
            region: region.code().to_owned(),
            message,
            hint: Some(hint.to_owned()),
            ..ErrorFacts::default()
        },
    }
}
