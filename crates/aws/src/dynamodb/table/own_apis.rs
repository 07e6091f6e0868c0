//! What has an API of its own in each region: Contributor Insights, and streams of Kinesis.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{
    ApproximateCreationDateTimePrecision, ContributorInsightsMode, ContributorInsightsStatus,
    TableDescription,
};
use bicoastal_model::{OpError, Packed, Region, Target};
use futures_util::future::join_all;

use super::super::rules::RULES;
use super::insights::{InsightsFacts, InsightsMode};
use super::kinesis::{DestinationFacts, TimestampPrecision};
use crate::classify::classify;
use crate::cx::{Cx, Purpose};

/// The table, or the index of this name.
type Of = Option<String>;

/// What Contributor Insights has to be asked of. A plan is told what is mentioned. An operation is
/// told all: what was last applied may not mention yet what is to be.
pub(super) fn asked(target: &Target, purpose: Purpose, description: &TableDescription) -> Vec<Of> {
    let Some(insights) = target.props.get("contributor_insights") else { return Vec::new() };
    let all = purpose == Purpose::Turn;
    let is_named = |index: &str| {
        mentioned(insights).any(|it| it.get("indexes").is_some_and(|it| it.get(index).is_some()))
    };
    let table = all || mentioned(insights).any(|it| it.get("table").is_some());
    let indexes = description.global_secondary_indexes().iter();
    let indexes = indexes
        .filter_map(|index| index.index_name())
        .filter(|name| all || is_named(name))
        .map(|name| Some(name.to_owned()));
    table.then_some(None).into_iter().chain(indexes).collect()
}

/// What is said of all replicas, and of single ones.
pub(super) fn mentioned(insights: &Packed) -> impl Iterator<Item = &Packed> {
    let replicas = insights.get("replicas").and_then(Packed::as_array);
    std::iter::once(insights).chain(replicas.into_iter().flatten())
}

/// Contributor Insights of a region's table and indexes, one call each.
pub(super) async fn insights(
    cx: &Cx,
    region: Region,
    name: &str,
    asked: Vec<Of>,
) -> Result<(Option<InsightsFacts>, BTreeMap<String, InsightsFacts>), OpError> {
    let answers = asked.into_iter().map(|of| async move {
        let facts = one(cx, region, name, of.as_deref()).await?;
        Ok::<_, OpError>((of, facts))
    });
    let (mut table, mut indexes) = (None, BTreeMap::new());
    for answer in join_all(answers).await {
        let (of, facts) = answer?;
        match of {
            None => table = Some(facts),
            Some(index) => {
                indexes.insert(index, facts);
            }
        }
    }
    Ok((table, indexes))
}

async fn one(
    cx: &Cx,
    region: Region,
    name: &str,
    index: Option<&str>,
) -> Result<InsightsFacts, OpError> {
    let answer = cx
        .dynamodb(region)
        .describe_contributor_insights()
        .table_name(name)
        .set_index_name(index.map(str::to_owned))
        .send()
        .await
        .map_err(|error| classify("dynamodb", "DescribeContributorInsights", region, RULES, error));
    let answer = match answer {
        Ok(answer) => answer,
        // The index went meanwhile; so it would be with the table, whose other reads say that.
        Err(error) if index.is_some() && error.code() == Some("ResourceNotFoundException") => {
            return Ok(off("DISABLED"));
        }
        Err(error) => return Err(error),
    };
    let status = answer
        .contributor_insights_status()
        .map_or("DISABLED", ContributorInsightsStatus::as_str)
        .to_owned();
    let mode = match (status.as_str(), answer.contributor_insights_mode()) {
        ("ENABLED" | "ENABLING", Some(ContributorInsightsMode::ThrottledKeys)) => {
            InsightsMode::ThrottledKeys
        }
        ("ENABLED" | "ENABLING", _) => InsightsMode::AccessedAndThrottledKeys,
        _ => InsightsMode::Off,
    };
    let failure = (status == "FAILED").then(|| {
        let failure = answer.failure_exception();
        let part = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let name = part(failure.and_then(|it| it.exception_name()));
        format!("{name} {}", part(failure.and_then(|it| it.exception_description())))
    });
    Ok(InsightsFacts { mode, status, failure })
}

fn off(status: &str) -> InsightsFacts {
    InsightsFacts { mode: InsightsMode::Off, status: status.to_owned(), failure: None }
}

/// The streams of Kinesis that get a replica's changes. One that was let go is told for a day.
pub(super) async fn destinations(
    cx: &Cx,
    region: Region,
    name: &str,
) -> Result<Vec<DestinationFacts>, OpError> {
    let answer =
        cx.dynamodb(region).describe_kinesis_streaming_destination().table_name(name).send();
    let answer = answer.await.map_err(|error| {
        classify("dynamodb", "DescribeKinesisStreamingDestination", region, RULES, error)
    })?;
    let told = answer.kinesis_data_stream_destinations().iter();
    let facts = told.filter_map(|it| {
        Some(DestinationFacts {
            stream: it.stream_arn()?.to_owned(),
            status: it.destination_status()?.as_str().to_owned(),
            precision: it.approximate_creation_date_time_precision().and_then(|it| match it {
                ApproximateCreationDateTimePrecision::Millisecond => {
                    Some(TimestampPrecision::Millisecond)
                }
                ApproximateCreationDateTimePrecision::Microsecond => {
                    Some(TimestampPrecision::Microsecond)
                }
                _ => None,
            }),
            words: it
                .destination_status_description()
                .filter(|it| !it.is_empty())
                .map(str::to_owned),
        })
    });
    Ok(facts.collect())
}
