//! What an account has by itself, and features of tables that nobody here turned on.

use serde::Deserialize;
use serde_json::{Value, json};

use super::state::Ctx;
use crate::reply::Fault;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Named {
    table_name: String,
    index_name: Option<String>,
}

pub(super) fn limits() -> Value {
    json!({
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    })
}

pub(super) fn endpoints(ctx: &Ctx<'_>) -> Value {
    json!({
        "Endpoints": [{
            "Address": format!("dynamodb.{}.amazonaws.com", ctx.region),
            "CachePeriodInMinutes": 1440,
        }]
    })
}

/// Contributor Insights is off.
pub(super) fn contributor_insights(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Named = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    let table = ctx.table(&name)?;
    let mut answer = json!({
        "TableName": name,
        "ContributorInsightsRuleList": [],
        "ContributorInsightsStatus": "DISABLED",
    });
    if let Some(index) = input.index_name {
        if table.index(&index).is_none() {
            return Err(super::fault::not_found(format!(
                "Requested resource not found: index {index} of table {name}"
            )));
        }
        answer["IndexName"] = json!(index);
    }
    Ok(answer)
}

/// No Kinesis stream gets this table's changes.
pub(super) fn kinesis(ctx: &mut Ctx<'_>) -> Result<Value, Fault> {
    let input: Named = ctx.input()?;
    let name = ctx.name(&input.table_name)?;
    ctx.table(&name)?;
    Ok(json!({ "TableName": name, "KinesisDataStreamDestinations": [] }))
}

/// No table is a global table of the 2017 version.
pub(super) fn old_global_table() -> Fault {
    Fault::new(
        400,
        "GlobalTableNotFoundException",
        "Global table of version 2017.11.29 with this name does not exist",
    )
}
