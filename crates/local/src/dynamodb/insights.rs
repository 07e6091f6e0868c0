//! CloudWatch Contributor Insights of a table or an index: `UpdateContributorInsights`,
//! `DescribeContributorInsights`, `ListContributorInsights`. Each replica has its own.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check;
use super::describe::seconds;
use super::fault::{not_found, validation};
use super::state::Ctx;
use super::table::Table;
use crate::reply::Fault;

const MODES: [&str; 2] = ["ACCESSED_AND_THROTTLED_KEYS", "THROTTLED_KEYS"];

/// Contributor Insights of one table or index.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Insights {
    /// What is recorded, where it is on.
    mode: Option<String>,
    /// Until then it is `ENABLING` or `DISABLING`.
    ready_at_ms: i64,
    changed_at_ms: Option<i64>,
    /// Switching it on ends badly.
    fails: bool,
}

impl Insights {
    fn status(&self, now: i64) -> &'static str {
        match (&self.mode, self.ready_at_ms <= now) {
            (Some(_), false) => "ENABLING",
            (Some(_), true) if self.fails => "FAILED",
            (Some(_), true) => "ENABLED",
            (None, false) => "DISABLING",
            (None, true) => "DISABLED",
        }
    }

    /// The rules that CloudWatch has for it: the keys most accessed and most throttled.
    fn rules(&self, table: &Table, index: Option<&str>, now: i64) -> Vec<String> {
        if self.status(now) != "ENABLED" {
            return Vec::new();
        }
        let keys = match index {
            None => &table.key_schema,
            Some(name) => match table.index(name) {
                Some(index) => &index.spec.key_schema,
                None => return Vec::new(),
            },
        };
        let has_sort = keys.iter().any(|element| element.key_type == "RANGE");
        let all = self.mode.as_deref() == Some("ACCESSED_AND_THROTTLED_KEYS");
        let kinds = [("PKC", all), ("PKT", true), ("SKC", all && has_sort), ("SKT", has_sort)];
        let what =
            index.map_or_else(|| table.name.clone(), |index| format!("{}-{index}", table.name));
        let since = self.changed_at_ms.unwrap_or_default();
        kinds
            .iter()
            .filter(|(_, is_there)| *is_there)
            .map(|(kind, _)| format!("DynamoDBContributorInsights-{kind}-{what}-{since}"))
            .collect()
    }
}

/// The table's, or that of the index of this name.
fn of<'t>(table: &'t Table, index: Option<&str>) -> Result<&'t Insights, Fault> {
    let Some(name) = index else { return Ok(&table.insights) };
    match table.index(name) {
        Some(index) => Ok(&index.insights),
        None => Err(not_found(format!(
            "Requested resource not found: index {name} of table {}",
            table.name
        ))),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Update {
    table_name: String,
    index_name: Option<String>,
    contributor_insights_action: String,
    contributor_insights_mode: Option<String>,
}

pub(super) fn update(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Update = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    let index = input.index_name.as_deref();
    let action = input.contributor_insights_action.as_str();
    check::one_of("contributorInsightsAction", action, &["ENABLE", "DISABLE"])?;
    if let Some(mode) = &input.contributor_insights_mode {
        check::one_of("contributorInsightsMode", mode, &MODES)?;
        if action == "DISABLE" {
            return Err(validation("ContributorInsightsMode can't be given to disable it"));
        }
    }
    let present = of(ctx.table(&name)?, index)?;
    let mode = (action == "ENABLE").then(|| {
        let kept = present.mode.clone().unwrap_or_else(|| MODES[0].to_owned());
        input.contributor_insights_mode.unwrap_or(kept)
    });
    let now = ctx.now();
    if present.mode != mode || present.fails {
        let ready_at_ms = ctx.due("dynamodb.insights.update", 30_000);
        let region = ctx.region;
        let fails = mode.is_some() && ctx.db().no_more_insights.contains(region);
        let next = Insights { mode, ready_at_ms, changed_at_ms: Some(now), fails };
        let table = ctx.table_mut(&name)?;
        match index {
            None => table.insights = next,
            Some(index) => {
                if let Some(index) = table.index_mut(index) {
                    index.insights = next;
                }
            }
        }
    }
    let insights = of(ctx.table(&name)?, index)?;
    Ok(summary(&name, index, insights, now))
}

/// What an update is answered with, and what a list holds.
fn summary(name: &str, index: Option<&str>, insights: &Insights, now: i64) -> Value {
    let mut answer = json!({
        "TableName": name,
        "ContributorInsightsStatus": insights.status(now),
    });
    if let Some(index) = index {
        answer["IndexName"] = json!(index);
    }
    if let Some(mode) = &insights.mode {
        answer["ContributorInsightsMode"] = json!(mode);
    }
    answer
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    table_name: String,
    index_name: Option<String>,
}

pub(super) fn describe(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Named = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    let index = input.index_name.as_deref();
    let now = ctx.now();
    let table = ctx.table(&name)?;
    let insights = of(table, index)?;
    let mut answer = summary(&name, index, insights, now);
    answer["ContributorInsightsRuleList"] = json!(insights.rules(table, index, now));
    if let Some(at) = insights.changed_at_ms {
        answer["LastUpdateDateTime"] = seconds(at);
    }
    if insights.status(now) == "FAILED" {
        answer["FailureException"] = json!({
            "ExceptionName": "LimitExceededException",
            "ExceptionDescription": "The account's limit of CloudWatch Contributor Insights rules \
                                     is reached",
        });
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    table_name: Option<String>,
}

/// Tables and indexes of the region that it was ever switched on for.
pub(super) fn list(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: List = ctx.input()?;
    let only = match &input.table_name {
        Some(given) => {
            let name = ctx.name(given)?;
            ctx.table(&name)?;
            Some(name)
        }
        None => None,
    };
    let (now, region) = (ctx.now(), ctx.region);
    let mut summaries = Vec::new();
    for table in ctx.db().tables.get(region).into_iter().flat_map(|tables| tables.values()) {
        if only.as_ref().is_some_and(|only| *only != table.name) {
            continue;
        }
        let indexes = table.indexes.iter();
        let indexes = indexes.map(|index| (Some(index.spec.index_name.as_str()), &index.insights));
        for (index, insights) in std::iter::once((None, &table.insights)).chain(indexes) {
            if insights.changed_at_ms.is_some() {
                summaries.push(summary(&table.name, index, insights, now));
            }
        }
    }
    Ok(json!({ "ContributorInsightsSummaries": summaries }))
}
