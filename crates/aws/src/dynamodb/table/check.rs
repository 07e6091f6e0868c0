//! What can be told wrong with a table before any call.

use std::collections::{BTreeMap, BTreeSet};

use bicoastal_model::Region;
use bicoastal_model::resource::Check;

use super::Table;
use super::index::{Key, KeyType, Projection};
use super::settings::{Billing, Consistency, Encryption, PointInTimeRecovery, StreamView};

/// The sets that the three regions of strong consistency come from.
const STRONG_SETS: [&[Region]; 3] = [
    &[Region::UsEast1, Region::UsEast2, Region::UsWest2],
    &[Region::EuWest1, Region::EuWest2, Region::EuWest3, Region::EuCentral1],
    &[Region::ApNortheast1, Region::ApNortheast2, Region::ApNortheast3],
];

pub(super) fn check(table: &Table, check: &mut Check) {
    if let Some(given) = table.name.known() {
        name("the table", given, check);
    }
    keys(table, check);
    indexes(table, check);
    capacity(table, check);
    replication(table, check);
    strong(table, check);
    encryption(table, check);
    replicas(table, check);
    insights(table, check);
    kinesis(table, check);
    if let Some(attribute) = &table.time_to_live {
        check.ensure(
            (1..=255).contains(&attribute.len()),
            "the attribute of time to live has 1 to 255 bytes",
        );
        let is_key = std::iter::once(&table.partition_key)
            .chain(&table.sort_key)
            .any(|key| key.name == *attribute);
        check.ensure(!is_key, format!("time to live can't use the key attribute '{attribute}'"));
    }
    recovery(table.point_in_time_recovery, check);
    // Ownership marks take three of the fifty that AWS allows.
    check.ensure(
        table.tags.len() <= 47,
        format!("it has {} tags; beside the library's own three it can have 47", table.tags.len()),
    );
    for key in table.tags.keys() {
        check.ensure(
            !key.to_lowercase().starts_with("aws:"),
            format!("the tag '{key}' has the prefix 'aws:', which is AWS's own"),
        );
    }
}

fn name(what: &str, name: &str, check: &mut Check) {
    let fits = (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    check.ensure(fits, format!("{what}'s name '{name}' is not 3 to 255 of [a-zA-Z0-9_.-]"));
}

/// One attribute has one type, wherever it is part of a key.
fn keys(table: &Table, check: &mut Check) {
    let own = std::iter::once(&table.partition_key).chain(&table.sort_key);
    let all = own
        .chain(table.local_indexes.iter().map(|index| &index.sort_key))
        .chain(table.indexes.iter().flat_map(|index| index.keys()));
    let mut types: BTreeMap<&str, KeyType> = BTreeMap::new();
    for Key { name, kind } in all {
        check.ensure(
            (1..=255).contains(&name.len()),
            format!("the key attribute '{name}' has 1 to 255 bytes"),
        );
        if *types.entry(name).or_insert(*kind) != *kind {
            check.error(format!("the key attribute '{name}' has two types"));
        }
    }
    if table.sort_key.as_ref().is_some_and(|key| key.name == table.partition_key.name) {
        check.error("the sort key is the partition key");
    }
}

fn indexes(table: &Table, check: &mut Check) {
    check.ensure(
        table.local_indexes.len() <= 5,
        format!("it has {} local indexes of at most 5", table.local_indexes.len()),
    );
    check.ensure(
        table.indexes.len() <= 20,
        format!("it has {} global indexes of at most 20", table.indexes.len()),
    );
    if !table.local_indexes.is_empty() && table.sort_key.is_none() {
        check.error("a table with local indexes needs a sort key");
    }
    let local = table.local_indexes.iter().map(|index| (&index.name, &index.projection));
    let global = table.indexes.iter().map(|index| (&index.name, &index.projection));
    let mut names = BTreeSet::new();
    let mut projected = 0;
    for (index, projection) in local.chain(global) {
        name(&format!("index '{index}'"), index, check);
        check.ensure(names.insert(index), format!("two indexes are named '{index}'"));
        if let Projection::Include { attributes } = projection {
            check.ensure(
                !attributes.is_empty(),
                format!("index '{index}' includes attributes and names none"),
            );
            projected += attributes.len();
        }
    }
    check.ensure(
        projected <= 100,
        format!("indexes include {projected} attributes together, of at most 100"),
    );
    for index in &table.indexes {
        let (partition, sort) = (index.partition_key.0.len(), index.sort_key.0.len());
        check.ensure(
            (1..=4).contains(&partition) && sort <= 4,
            format!(
                "index '{}' has {partition} partition and {sort} sort attributes; it can have 1 \
                 to 4, and 0 to 4",
                index.name
            ),
        );
        let distinct: BTreeSet<&str> = index.keys().map(|key| key.name.as_str()).collect();
        check.ensure(
            distinct.len() == partition + sort,
            format!("index '{}' has an attribute twice in its key", index.name),
        );
    }
}

fn capacity(table: &Table, check: &mut Check) {
    match table.billing {
        Billing::OnDemand => {
            if let Some(index) =
                table.indexes.iter().find(|it| it.read.is_some() || it.write.is_some())
            {
                check.error(format!(
                    "index '{}' has capacity units, and the table is paid by request",
                    index.name
                ));
            }
        }
        Billing::Provisioned { read, write } => {
            check.ensure(
                table.on_demand_throughput.is_none(),
                "on_demand_throughput is for tables that are paid by request",
            );
            if let Some(index) = table.indexes.iter().find(|it| it.on_demand_throughput.is_some()) {
                check.error(format!(
                    "index '{}' has ceilings of requests, and the table is provisioned",
                    index.name
                ));
            }
            let indexes =
                table.indexes.iter().flat_map(|index| index.read.into_iter().chain(index.write));
            for units in [read, write].into_iter().chain(indexes) {
                check.ensure(
                    units.min >= 1 && units.min <= units.max,
                    format!("{}..{} is no range of at least 1 unit", units.min, units.max),
                );
            }
            if write.min == write.max {
                check.error_with_hint(
                    "the writes of a table with replicas must be scaled automatically or be paid \
                     by request",
                    "use Billing::OnDemand, or give the range that your scaling target keeps to",
                );
            }
        }
    }
    let of_indexes = table.indexes.iter().filter_map(|index| index.on_demand_throughput);
    for ceilings in table.on_demand_throughput.into_iter().chain(of_indexes) {
        for units in ceilings.max_read.into_iter().chain(ceilings.max_write) {
            ceiling(units, check);
        }
    }
    own_reads(table, check);
}

/// Reads of single replicas, of tables and of indexes.
fn own_reads(table: &Table, check: &mut Check) {
    let on_demand = matches!(table.billing, Billing::OnDemand);
    for own in &table.replica_overrides {
        let region = own.region;
        let mut seen = BTreeSet::new();
        for index in &own.indexes {
            check.ensure(
                table.indexes.iter().any(|it| it.name == index.name),
                format!("the override of {region} is of index '{}', which it has not", index.name),
            );
            check.ensure(
                seen.insert(&index.name),
                format!("the override of {region} has index '{}' twice", index.name),
            );
        }
        let names = own.indexes.iter().map(|index| Some(index.name.as_str()));
        for of in std::iter::once(None).chain(names) {
            let what = of.map_or_else(String::new, |name| format!(" of index '{name}'"));
            if let Some(units) = own.read_of(of) {
                check.ensure(
                    !on_demand,
                    format!("{region} has read units{what}, and the table is paid by request"),
                );
                check.ensure(
                    units.min >= 1 && units.min <= units.max,
                    format!("{}..{} is no range of at least 1 unit", units.min, units.max),
                );
            }
            if let Some(units) = own.max_read_of(of) {
                check.ensure(
                    on_demand,
                    format!("{region} has a ceiling of reads{what}, and the table is provisioned"),
                );
                ceiling(units, check);
            }
        }
    }
}

fn ceiling(units: i64, check: &mut Check) {
    check.ensure(
        units == -1 || units >= 1,
        format!("a ceiling of {units} requests is neither at least 1 nor -1 for none"),
    );
}

fn insights(table: &Table, check: &mut Check) {
    let Some(insights) = &table.contributor_insights else { return };
    let indexes: BTreeSet<&String> = table.indexes.iter().map(|index| &index.name).collect();
    let named: BTreeSet<&String> = insights.named().collect();
    for name in named.difference(&indexes) {
        check.error(format!(
            "Contributor Insights is declared for the global index '{name}', which it has not"
        ));
    }
}

/// Each replica sends its changes to a stream of its own region.
fn kinesis(table: &Table, check: &mut Check) {
    for it in &table.kinesis_destinations {
        let Some(arn) = it.stream.known() else { continue };
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let is_there = matches!(
            parts[..],
            ["arn", _, "kinesis", region, _, stream]
                if region == it.region.code() && stream.starts_with("stream/")
        );
        if !is_there {
            check.error_with_hint(
                format!(
                    "the changes of {} go to '{arn}', which is not the ARN of a Kinesis data \
                     stream there",
                    it.region
                ),
                "each replica has a stream in its own region: arn:aws:kinesis:REGION:ACCOUNT:stream/NAME",
            );
        }
    }
}

fn replication(table: &Table, check: &mut Check) {
    let strong = matches!(table.consistency, Some(Consistency::Strong { .. }));
    if !strong && table.stream != Some(StreamView::NewAndOldImages) {
        check.error_with_hint(
            "a table with replicas needs a stream with new and old images",
            "add .stream(StreamView::NewAndOldImages)",
        );
    }
}

fn strong(table: &Table, check: &mut Check) {
    let Some(Consistency::Strong { witness }) = table.consistency else { return };
    let mut regions: BTreeSet<Region> = check.place().regions.iter().copied().collect();
    let replicas = regions.len();
    regions.extend(witness);
    if regions.len() != 3 || replicas + usize::from(witness.is_some()) != 3 {
        check.error_with_hint(
            format!(
                "strong consistency takes exactly three regions; it has {replicas} replicas{}",
                if witness.is_some() { " and a witness" } else { "" }
            ),
            "declare it across three regions, or across two with a third one as witness",
        );
    } else if !STRONG_SETS.iter().any(|set| regions.iter().all(|region| set.contains(region))) {
        check.error_with_hint(
            "the three regions of strong consistency are not of one set",
            "sets: us-east-1, us-east-2, us-west-2; eu-west-1, eu-west-2, eu-west-3, eu-central-1; \
             ap-northeast-1, -2, -3",
        );
    }
    check.ensure(table.time_to_live.is_none(), "strong consistency has no time to live");
    check.ensure(table.local_indexes.is_empty(), "strong consistency has no local indexes");
}

fn encryption(table: &Table, check: &mut Check) {
    let Some(Encryption::Customer { keys }) = &table.encryption else { return };
    let regions = check.place().regions.clone();
    for region in &regions {
        let Some(key) = keys.get(region) else {
            check
                .error(format!("it is encrypted with a key of each region, and {region} has none"));
            continue;
        };
        if let Some(arn) = key.known()
            && !arn.as_str().contains(&format!(":kms:{region}:"))
        {
            check.error_with_hint(
                format!("the key of {region} is '{arn}', which is not the ARN of a key there"),
                "each region needs a key of its own; a replica of a multi-Region key is one",
            );
        }
    }
    for region in keys.keys().filter(|region| !regions.contains(region)) {
        check.warning(format!("it has a key for {region}, where it has no replica"));
    }
}

fn replicas(table: &Table, check: &mut Check) {
    let regions = check.place().regions.clone();
    let overrides = table.replica_overrides.iter().map(|it| ("override", it.region));
    let policies = table.resource_policies.iter().map(|it| ("policy", it.region));
    let mut seen = BTreeSet::new();
    let streams = table.kinesis_destinations.iter().map(|it| ("stream", it.region));
    let insights = table.contributor_insights.iter().flat_map(|it| &it.replicas);
    let insights = insights.map(|it| ("insights", it.region));
    for (what, region) in overrides.chain(policies).chain(streams).chain(insights) {
        check.ensure(
            regions.contains(&region),
            format!("it has a replica {what} for {region}, where it has no replica"),
        );
        check.ensure(
            seen.insert((what, region)),
            format!("it has two replica {what} entries for {region}"),
        );
    }
    for it in &table.replica_overrides {
        recovery(it.point_in_time_recovery, check);
    }
    for policy in &table.resource_policies {
        let size = policy.document.text().len();
        check.ensure(
            size <= 20 * 1024,
            format!("the policy of {} has {size} bytes of at most 20480", policy.region),
        );
    }
}

fn recovery(recovery: Option<PointInTimeRecovery>, check: &mut Check) {
    let Some(PointInTimeRecovery { enabled, recovery_period_days: Some(days) }) = recovery else {
        return;
    };
    check.ensure(
        (1..=35).contains(&days),
        format!("point-in-time recovery goes back 1 to 35 days, not {days}"),
    );
    check.ensure(enabled, "point-in-time recovery is off and yet has a number of days");
}
