//! Tables.

use bicoastal::aws::dynamodb::{
    Consistency, ContributorInsights, Encryption, InsightsMode, KinesisDestination,
    OnDemandThroughput, ReplicaIndex, ReplicaInsights, ReplicaOverride, WarmThroughput,
};
use bicoastal::prelude::*;
use serde_json::{Value, json};

use crate::cloud::Places;
use crate::contract::{Case, to};

const HERE: Region = Region::UsEast1;
const THERE: Region = Region::ApSouth1;

fn index(name: &str, projection: Projection) -> GlobalIndex {
    GlobalIndex::builder()
        .name(name)
        .partition_key(Key::string(name))
        .projection(projection)
        .build()
}

fn readable_by(account: &str) -> PolicyDocument {
    PolicyDocument::new([Statement::builder()
        .principal(Principal::aws(format!("arn:aws:iam::{account}:root")))
        .action(["dynamodb:GetItem"])
        .resource(["*"])
        .build()])
}

fn changes_to(region: Region, stream: &str) -> KinesisDestination {
    KinesisDestination::new(
        region,
        format!("arn:aws:kinesis:{region}:000000000000:stream/{stream}"),
    )
}

fn keys(places: &Places, at: usize) -> Encryption {
    Encryption::customer([HERE, THERE].map(|region| (region, places.of(region).keys[at].as_str())))
}

/// The session table of the reference architecture.
pub static TABLE: Case = Case {
    name: "contract-table",
    subject: "table",
    declare: |stack, _| {
        let table = Table::builder()
            .name("contract-table")
            .partition_key(Key::string("session_id"))
            .billing(Billing::OnDemand)
            .stream(StreamView::NewAndOldImages)
            .point_in_time_recovery(true)
            .deletion_protection(false)
            .tags([("Project", "x")])
            .build();
        let regions = ActiveRegions::new(HERE, THERE);
        stack.across(&regions).add("table", table);
    },
    changes: |places| {
        let three = [THERE, Region::EuWest1, HERE];
        vec![
            to("table_class", TableClass::StandardInfrequentAccess),
            to(
                "on_demand_throughput",
                OnDemandThroughput::builder().max_read(500).max_write(100).build(),
            ),
            to("warm_throughput", WarmThroughput::builder().read(20_000).build()).one_way(),
            to("point_in_time_recovery", PointInTimeRecovery::days(7)),
            to("point_in_time_recovery", PointInTimeRecovery::from(false)),
            to("encryption", Encryption::AwsManaged),
            to("encryption", keys(places, 0)),
            to("time_to_live", "expires_at"),
            to("indexes", [index("user", Projection::All)]),
            to("indexes", [index("user", Projection::All), index("day", Projection::KeysOnly)]),
            to(
                "indexes",
                [
                    index("user", Projection::include(["a", "b"])),
                    index("day", Projection::KeysOnly),
                ],
            ),
            to("tags", json!({ "Project": "y", "Team": "storage" })),
            to(
                "resource_policies",
                [dynamodb::ReplicaPolicy::new(HERE, readable_by("123456789012"))],
            ),
            to(
                "replica_overrides",
                [ReplicaOverride::builder(THERE)
                    .deletion_protection(false)
                    .table_class(TableClass::Standard)
                    .point_in_time_recovery(true)
                    .tags([("Only", "here")])
                    .build()],
            ),
            to("replica_overrides", Value::Null),
            to(
                "contributor_insights",
                ContributorInsights::from(InsightsMode::AccessedAndThrottledKeys),
            ),
            to(
                "contributor_insights",
                ContributorInsights::builder()
                    .table(InsightsMode::AccessedAndThrottledKeys)
                    .replicas([ReplicaInsights::builder(HERE).table(InsightsMode::Off).build()])
                    .build(),
            ),
            to("kinesis_destinations", [changes_to(HERE, "first"), changes_to(THERE, "first")]),
            to("kinesis_destinations", [changes_to(HERE, "second")]),
            to("encryption", Value::Null),
            to("regions", three),
            to("regions", [THERE, HERE]),
            to("deletion_protection", true),
        ]
    },
};

/// A table with keys of two parts, whose capacity comes to be reserved and scaled by somebody else.
pub static TABLE_OF_TWO_KEYS: Case = Case {
    name: "contract-ranged-table",
    subject: "table",
    declare: |stack, _| {
        let table = Table::builder()
            .name("contract-ranged-table")
            .partition_key(Key::string("id"))
            .sort_key(Key::number("at"))
            .local_indexes([LocalIndex::builder()
                .name("by-what")
                .sort_key(Key::string("what"))
                .projection(Projection::KeysOnly)
                .build()])
            .indexes([index("user", Projection::All)])
            .billing(Billing::OnDemand)
            .stream(StreamView::NewAndOldImages)
            .build();
        let regions = ActiveRegions::new(HERE, THERE);
        stack.across(&regions).add("table", table);
    },
    changes: |_| {
        vec![
            to("tags", json!({ "Project": "y" })),
            to("billing", Billing::provisioned(5..=100, 5..=100)),
            to("billing", Billing::provisioned(10..=100, 20..=100)),
            to("billing", Billing::OnDemand),
            to("billing", Billing::provisioned(7, 7..=100)),
        ]
    },
};

/// A table whose replicas agree at once, and not by its stream.
pub static TABLE_OF_ONE_MIND: Case = Case {
    name: "contract-agreeing-table",
    subject: "table",
    declare: |stack, _| {
        let table = Table::builder()
            .name("contract-agreeing-table")
            .partition_key(Key::string("id"))
            .billing(Billing::OnDemand)
            .consistency(Consistency::Strong { witness: Some(Region::UsWest2) })
            .build();
        let regions = ActiveRegions::new(HERE, Region::UsEast2);
        stack.across(&regions).add("table", table);
    },
    changes: |_| {
        vec![
            to("stream", StreamView::KeysOnly),
            to("stream", StreamView::NewImage),
            to("stream", Value::Null),
            to("stream", StreamView::NewAndOldImages),
        ]
    },
};

/// A table of ceilings: what is shared, and what single replicas and indexes have of their own.
pub static TABLE_OF_CEILINGS: Case = Case {
    name: "contract-table-of-ceilings",
    subject: "table",
    declare: |stack, _| {
        let table = Table::builder()
            .name("contract-table-of-ceilings")
            .partition_key(Key::string("id"))
            .indexes([limited("user", 50)])
            .billing(Billing::OnDemand)
            .on_demand_throughput(OnDemandThroughput::builder().max_read(500).build())
            .stream(StreamView::NewAndOldImages)
            .replica_overrides([own(40, 4)])
            .build();
        let regions = ActiveRegions::new(HERE, THERE);
        stack.across(&regions).add("table", table);
    },
    changes: |_| {
        vec![
            to("indexes", [limited("user", 60), limited("day", 7)]),
            to("replica_overrides", [own(30, -1)]),
            to("on_demand_throughput", OnDemandThroughput::builder().max_write(9).build()),
            to(
                "contributor_insights",
                ContributorInsights::builder()
                    .indexes([("user", InsightsMode::ThrottledKeys)])
                    .replicas([ReplicaInsights::builder(HERE)
                        .table(InsightsMode::AccessedAndThrottledKeys)
                        .indexes([("day", InsightsMode::AccessedAndThrottledKeys)])
                        .build()])
                    .build(),
            ),
            to("contributor_insights", ContributorInsights::from(InsightsMode::ThrottledKeys)),
            to("replica_overrides", Value::Null),
            to("indexes", [index("user", Projection::All)]),
            to("indexes", [limited("user", 70)]),
        ]
    },
};

fn limited(name: &str, max_read: i64) -> GlobalIndex {
    let ceilings = OnDemandThroughput::builder().max_read(max_read).build();
    GlobalIndex { on_demand_throughput: Some(ceilings), ..index(name, Projection::All) }
}

/// What the first replica that is made has of its own.
fn own(table: i64, index: i64) -> ReplicaOverride {
    ReplicaOverride::builder(THERE)
        .max_read(table)
        .indexes([ReplicaIndex::builder("user").max_read(index).build()])
        .build()
}
