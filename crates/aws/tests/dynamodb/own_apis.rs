//! Contributor Insights and streams of Kinesis: by their own APIs, in each region.

use aws_sdk_dynamodb::types::ContributorInsightsAction;
use bicoastal_aws::dynamodb::{ContributorInsights, InsightsMode, ReplicaInsights, Table};
use bicoastal_model::Region;
use expect_test::expect;
use serde_json::{Value, json};

use super::common::{Harness, Subject};
use super::{HERE, THERE, THIRD, across, dynamodb, sessions, shown, with};

const ACCOUNT: &str = "000000000000";

/// The session table with an index.
fn indexed() -> Value {
    let index = json!({
        "name": "user",
        "partition_key": [{ "name": "user", "type": "S" }],
        "projection": { "type": "keys_only" },
    });
    with(sessions(), json!({ "indexes": [index] }))
}

fn insights(insights: impl Into<ContributorInsights>) -> Value {
    json!({ "contributor_insights": insights.into() })
}

/// What is recorded in each region, of the table and of its index.
async fn recorded(harness: &Harness, regions: &[Region]) -> String {
    let mut lines = Vec::new();
    for region in regions {
        let mut line = region.to_string();
        for index in [None, Some("user".to_owned())] {
            let describe = dynamodb(harness, *region).describe_contributor_insights();
            let answer = describe.table_name("user-sessions").set_index_name(index).send().await;
            let answer = answer.unwrap();
            let status = answer.contributor_insights_status().unwrap();
            let mode = answer.contributor_insights_mode().map_or("-", |it| it.as_str());
            line += &format!(" {status} {mode}");
        }
        lines.push(line);
    }
    lines.join(", ")
}

/// Applies each change on top of those before, and tells the calls and what came of them.
async fn walk(
    harness: &Harness,
    table: &mut Subject<'_>,
    mut props: Value,
    changes: &[Value],
) -> String {
    let mut seen = Vec::new();
    for change in changes {
        harness.cloud.advance(60_000);
        props = with(props, change.clone());
        if change["contributor_insights"].is_null() {
            props.as_object_mut().unwrap().remove("contributor_insights");
        }
        table.apply(&props).await;
        harness.cloud.advance(60_000);
        assert_eq!(table.drift(&props).await, Vec::<String>::new(), "{change}");
        let recorded = recorded(harness, &[HERE, THERE]).await;
        seen.push(format!("{change}\n    {}\n    {recorded}", shown(&table.calls)));
    }
    seen.join("\n")
}

#[tokio::test]
async fn insights_are_switched_in_every_region_and_of_single_replicas() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&indexed()).await;
    use InsightsMode::{AccessedAndThrottledKeys as All, Off, ThrottledKeys as Throttled};
    let changes = [
        insights(All),
        insights(Throttled),
        insights(ContributorInsights::builder().table(Throttled).indexes([("user", All)]).build()),
        insights(
            ContributorInsights::builder()
                .table(Throttled)
                .replicas([ReplicaInsights::builder(THERE)
                    .table(Off)
                    .indexes([("user", All)])
                    .build()])
                .build(),
        ),
        insights(ContributorInsights::builder().indexes([("user", Throttled)]).build()),
        insights(Off),
        insights(ContributorInsights::builder().table(All).indexes([("user", All)]).build()),
        json!({ "contributor_insights": null }),
    ];
    expect![[r#"
        {"contributor_insights":{"table":"accessed_and_throttled_keys"}}
            UpdateContributorInsights, UpdateContributorInsights
            us-east-1 ENABLED ACCESSED_AND_THROTTLED_KEYS DISABLED -, ap-south-1 ENABLED ACCESSED_AND_THROTTLED_KEYS DISABLED -
        {"contributor_insights":{"table":"throttled_keys"}}
            UpdateContributorInsights, UpdateContributorInsights
            us-east-1 ENABLED THROTTLED_KEYS DISABLED -, ap-south-1 ENABLED THROTTLED_KEYS DISABLED -
        {"contributor_insights":{"indexes":{"user":"accessed_and_throttled_keys"},"table":"throttled_keys"}}
            UpdateContributorInsights, UpdateContributorInsights
            us-east-1 ENABLED THROTTLED_KEYS ENABLED ACCESSED_AND_THROTTLED_KEYS, ap-south-1 ENABLED THROTTLED_KEYS ENABLED ACCESSED_AND_THROTTLED_KEYS
        {"contributor_insights":{"replicas":[{"indexes":{"user":"accessed_and_throttled_keys"},"region":"ap-south-1","table":"off"}],"table":"throttled_keys"}}
            UpdateContributorInsights, UpdateContributorInsights
            us-east-1 ENABLED THROTTLED_KEYS DISABLED -, ap-south-1 DISABLED - ENABLED ACCESSED_AND_THROTTLED_KEYS
        {"contributor_insights":{"indexes":{"user":"throttled_keys"}}}
            UpdateContributorInsights, UpdateContributorInsights, UpdateContributorInsights
            us-east-1 DISABLED - ENABLED THROTTLED_KEYS, ap-south-1 DISABLED - ENABLED THROTTLED_KEYS
        {"contributor_insights":{"table":"off"}}
            UpdateContributorInsights, UpdateContributorInsights
            us-east-1 DISABLED - DISABLED -, ap-south-1 DISABLED - DISABLED -
        {"contributor_insights":{"indexes":{"user":"accessed_and_throttled_keys"},"table":"accessed_and_throttled_keys"}}
            UpdateContributorInsights, UpdateContributorInsights, UpdateContributorInsights, UpdateContributorInsights
            us-east-1 ENABLED ACCESSED_AND_THROTTLED_KEYS ENABLED ACCESSED_AND_THROTTLED_KEYS, ap-south-1 ENABLED ACCESSED_AND_THROTTLED_KEYS ENABLED ACCESSED_AND_THROTTLED_KEYS
        {"contributor_insights":null}
            UpdateContributorInsights, UpdateContributorInsights, UpdateContributorInsights, UpdateContributorInsights
            us-east-1 DISABLED - DISABLED -, ap-south-1 DISABLED - DISABLED -"#]].assert_eq(&walk(&harness, &mut table, indexed(), &changes).await);
    table.destroy().await;
}

#[tokio::test]
async fn insights_are_made_with_their_table_and_for_a_new_replica() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let both = ContributorInsights::builder()
        .table(InsightsMode::ThrottledKeys)
        .indexes([("user", InsightsMode::AccessedAndThrottledKeys)])
        .build();
    let props = with(indexed(), insights(both));
    table.create_forgetfully(&props).await;
    let wider = across(&mut table, &[HERE, THERE, THIRD]);
    table.apply(&with(props, wider)).await;
    expect!["UpdateTable, UpdateContinuousBackups, TagResource, UpdateContributorInsights, UpdateContributorInsights"].assert_eq(&shown(&table.calls));
    harness.cloud.advance(60_000);
    expect!["us-east-1 ENABLED THROTTLED_KEYS ENABLED ACCESSED_AND_THROTTLED_KEYS, ap-south-1 ENABLED THROTTLED_KEYS ENABLED ACCESSED_AND_THROTTLED_KEYS, eu-west-1 ENABLED THROTTLED_KEYS ENABLED ACCESSED_AND_THROTTLED_KEYS"].assert_eq(&recorded(&harness, &[HERE, THERE, THIRD]).await);
    table.destroy().await;
}

#[tokio::test]
async fn what_others_do_to_insights_is_seen_where_they_are_declared() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let props = with(indexed(), insights(InsightsMode::ThrottledKeys));
    table.apply(&props).await;
    harness.cloud.advance(60_000);
    let update = dynamodb(&harness, THERE).update_contributor_insights();
    let off = update.table_name("user-sessions");
    let off = off.contributor_insights_action(ContributorInsightsAction::Disable);
    off.send().await.unwrap();
    // Nothing is declared for the index.
    let update = dynamodb(&harness, THERE).update_contributor_insights();
    let on = update.table_name("user-sessions").index_name("user");
    let on = on.contributor_insights_action(ContributorInsightsAction::Enable);
    on.send().await.unwrap();
    let seen: Vec<String> = table
        .difference(&props)
        .await
        .changes
        .iter()
        .map(|it| format!("{}: {} → {}", it.path, it.before, it.after))
        .collect();
    expect![[r#"contributor_insights.table: {"ap-south-1":"off","us-east-1":"throttled_keys"} → "throttled_keys""#]].assert_eq(&seen.join("\n"));
    // It is switched on again when it is off.
    table.apply(&props).await;
    expect!["UpdateContributorInsights"].assert_eq(&shown(&table.calls));
}

#[tokio::test]
async fn insights_that_failed_say_why_and_are_tried_by_the_next_run() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let refuse = |refuse: bool| {
        harness.cloud.with_world(|world| {
            world.dynamodb.refuse_insights(ACCOUNT, THERE.code(), refuse);
        });
    };
    refuse(true);
    let props = with(indexed(), insights(InsightsMode::ThrottledKeys));
    table.apply(&props).await;
    harness.cloud.advance(60_000);
    let told = |difference: bicoastal_model::diff::Difference| {
        let it = difference.changes.into_iter().next().unwrap();
        format!("{}: {} → {}", it.path, it.before, it.after)
    };
    expect![[r#"contributor_insights.table: {"ap-south-1":"FAILED LimitExceededException The account's limit of CloudWatch Contributor Insights rules is reached","us-east-1":"throttled_keys"} → "throttled_keys""#]].assert_eq(&told(table.difference(&props).await));
    refuse(false);
    table.apply(&props).await;
    assert_eq!(table.calls, ["UpdateContributorInsights"]);
    harness.cloud.advance(60_000);
    assert_eq!(table.drift(&props).await, Vec::<String>::new());
}

/// The calls that one look of a plan makes, by their names.
async fn looks(harness: &Harness, table: &Subject<'_>) -> String {
    let before = harness.cloud.calls().len();
    table.read().await.unwrap();
    let mut counts = std::collections::BTreeMap::new();
    for call in harness.cloud.calls().into_iter().skip(before) {
        *counts.entry(call.operation).or_insert(0) += 1;
    }
    let counts: Vec<String> =
        counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    counts.join(", ")
}

#[tokio::test]
async fn only_what_is_declared_is_asked_for() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    table.apply(&indexed()).await;
    let mut seen = vec![looks(&harness, &table).await];
    for more in [
        json!({ "replica_overrides": [{ "region": "ap-south-1", "max_read": 9 }] }),
        insights(InsightsMode::ThrottledKeys),
        insights(
            ContributorInsights::builder().indexes([("user", InsightsMode::ThrottledKeys)]).build(),
        ),
        json!({ "kinesis_destinations": [to(THERE, "changes")] }),
    ] {
        table.apply(&with(indexed(), more)).await;
        seen.push(looks(&harness, &table).await);
    }
    expect![[r#"
        DescribeContinuousBackups 2, DescribeTable 2, ListTagsOfResource 2
        DescribeContinuousBackups 2, DescribeTable 2, ListTagsOfResource 2
        DescribeContinuousBackups 2, DescribeContributorInsights 2, DescribeTable 2, ListTagsOfResource 2
        DescribeContinuousBackups 2, DescribeContributorInsights 2, DescribeTable 2, ListTagsOfResource 2
        DescribeContinuousBackups 2, DescribeKinesisStreamingDestination 2, DescribeTable 2, ListTagsOfResource 2"#]].assert_eq(&seen.join("\n"));
}

fn arn(region: Region, stream: &str) -> String {
    format!("arn:aws:kinesis:{region}:{ACCOUNT}:stream/{stream}")
}

fn to(region: Region, stream: &str) -> Value {
    json!({ "region": region, "stream": arn(region, stream) })
}

/// The streams of each region, with their state.
async fn streams(harness: &Harness, regions: &[Region]) -> String {
    let mut lines = Vec::new();
    for region in regions {
        let describe = dynamodb(harness, *region).describe_kinesis_streaming_destination();
        let answer = describe.table_name("user-sessions").send().await.unwrap();
        let mut line = region.to_string();
        for it in answer.kinesis_data_stream_destinations() {
            let stream = it.stream_arn().unwrap().rsplit('/').next().unwrap();
            let precision = it.approximate_creation_date_time_precision().unwrap();
            line += &format!(" {stream} {} {precision}", it.destination_status().unwrap());
        }
        lines.push(line);
    }
    lines.join(", ")
}

#[tokio::test]
async fn changes_are_sent_to_a_stream_of_each_region() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let sent = |to: &[Value]| with(sessions(), json!({ "kinesis_destinations": to }));
    let precise = |it: Value, precision: &str| with(it, json!({ "precision": precision }));
    table.create_forgetfully(&sent(&[to(HERE, "a"), to(THERE, "a")])).await;
    let mut seen = vec![streams(&harness, &[HERE, THERE]).await];
    for props in [
        sent(&[precise(to(HERE, "a"), "millisecond"), precise(to(THERE, "a"), "microsecond")]),
        sent(&[precise(to(HERE, "b"), "millisecond"), to(THERE, "a")]),
        sent(&[to(HERE, "b")]),
        sent(&[]),
        sent(&[to(HERE, "a")]),
        sessions(),
    ] {
        harness.cloud.advance(60_000);
        table.apply(&props).await;
        harness.cloud.advance(60_000);
        assert_eq!(table.drift(&props).await, Vec::<String>::new());
        let streams = streams(&harness, &[HERE, THERE]).await;
        seen.push(format!("{}\n    {streams}", shown(&table.calls)));
    }
    expect![[r#"
        us-east-1 a ENABLING MICROSECOND, ap-south-1 a ENABLING MICROSECOND
        UpdateKinesisStreamingDestination
            us-east-1 a ACTIVE MILLISECOND, ap-south-1 a ACTIVE MICROSECOND
        DisableKinesisStreamingDestination, EnableKinesisStreamingDestination
            us-east-1 a DISABLED MILLISECOND b ACTIVE MILLISECOND, ap-south-1 a ACTIVE MICROSECOND
        DisableKinesisStreamingDestination
            us-east-1 a DISABLED MILLISECOND b ACTIVE MILLISECOND, ap-south-1 a DISABLED MICROSECOND
        DisableKinesisStreamingDestination
            us-east-1 a DISABLED MILLISECOND b DISABLED MILLISECOND, ap-south-1 a DISABLED MICROSECOND
        EnableKinesisStreamingDestination
            us-east-1 b DISABLED MILLISECOND a ACTIVE MICROSECOND, ap-south-1 a DISABLED MICROSECOND
        DisableKinesisStreamingDestination
            us-east-1 b DISABLED MILLISECOND a DISABLED MICROSECOND, ap-south-1 a DISABLED MICROSECOND"#]].assert_eq(&seen.join("\n"));
    table.destroy().await;
}

#[tokio::test]
async fn what_others_do_to_streams_is_seen_where_one_is_declared() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let props = with(sessions(), json!({ "kinesis_destinations": [to(HERE, "ours")] }));
    table.apply(&props).await;
    harness.cloud.advance(60_000);
    let disable = dynamodb(&harness, HERE).disable_kinesis_streaming_destination();
    disable.table_name("user-sessions").stream_arn(arn(HERE, "ours")).send().await.unwrap();
    harness.cloud.advance(60_000);
    let mut seen = vec![format!("{:?}", table.drift(&props).await)];
    for region in [HERE, THERE] {
        let enable = dynamodb(&harness, region).enable_kinesis_streaming_destination();
        let enable = enable.table_name("user-sessions").stream_arn(arn(region, "theirs"));
        enable.send().await.unwrap();
    }
    harness.cloud.advance(60_000);
    seen.push(format!("{:?}", table.drift(&props).await));
    table.apply(&props).await;
    seen.push(shown(&table.calls));
    harness.cloud.advance(60_000);
    seen.push(streams(&harness, &[HERE, THERE]).await);
    expect![[r#"
        ["kinesis_destinations[us-east-1]"]
        ["kinesis_destinations[us-east-1].stream", "(kinesis_destinations[ap-south-1])"]
        DisableKinesisStreamingDestination, EnableKinesisStreamingDestination
        us-east-1 theirs DISABLED MICROSECOND ours ACTIVE MICROSECOND, ap-south-1 theirs ACTIVE MICROSECOND"#]].assert_eq(&seen.join("\n"));
}

#[tokio::test]
async fn a_stream_that_is_not_there_is_told_and_tried_by_the_next_run() {
    let harness = Harness::new();
    let mut table = harness.spanning::<Table>("sessions", &[HERE, THERE]);
    let lose = |lose: bool| {
        harness.cloud.with_world(|world| {
            world.dynamodb.lose_stream(ACCOUNT, &arn(HERE, "gone"), lose);
        });
    };
    lose(true);
    let props = with(sessions(), json!({ "kinesis_destinations": [to(HERE, "gone")] }));
    table.apply(&props).await;
    harness.cloud.advance(60_000);
    let it = table.difference(&props).await.changes.remove(0);
    expect![[r#"kinesis_destinations[us-east-1].stream: "arn:aws:kinesis:us-east-1:000000000000:stream/gone ENABLE_FAILED The Kinesis data stream does not exist""#]].assert_eq(&format!("{}: {}", it.path, it.before));
    lose(false);
    table.apply(&props).await;
    assert_eq!(table.calls, ["EnableKinesisStreamingDestination"]);
    harness.cloud.advance(60_000);
    assert_eq!(table.drift(&props).await, Vec::<String>::new());
}
