//! DynamoDB: tables, global tables (2019.11.21) whose replicas really exist in their regions,
//! and the item calls that drills need. awsJson 1.0.

mod account;
mod backups;
mod capacity;
mod check;
mod create;
mod describe;
mod drill;
mod fault;
mod global;
mod insights;
mod items;
mod kinesis;
mod policy;
mod settle;
mod shape;
mod sse;
mod state;
mod strong;
mod table;
mod tags;
mod ttl;
mod update;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;

pub use items::replication::LostWrite;
pub use state::State;

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let ctx = &mut state::Ctx::new(world, call);
    let answer: Option<Value> = match call.operation.as_str() {
        "CreateTable" => Some(create::create(ctx)?),
        "DescribeTable" => Some(create::describe_table(ctx)?),
        "UpdateTable" => Some(update::update(ctx)?),
        "DeleteTable" => Some(create::delete(ctx)?),
        "ListTables" => Some(create::list(ctx)?),
        "UpdateTimeToLive" => Some(ttl::update(ctx)?),
        "DescribeTimeToLive" => Some(ttl::describe(ctx)?),
        "UpdateContinuousBackups" => Some(backups::update(ctx)?),
        "DescribeContinuousBackups" => Some(backups::describe(ctx)?),
        "TagResource" => tags::tag(ctx)?,
        "UntagResource" => tags::untag(ctx)?,
        "ListTagsOfResource" => tags::list(ctx)?,
        "PutResourcePolicy" => Some(policy::put(ctx)?),
        "GetResourcePolicy" => Some(policy::get(ctx)?),
        "DeleteResourcePolicy" => Some(policy::delete(ctx)?),
        "DescribeLimits" => Some(account::limits()),
        "DescribeEndpoints" => Some(account::endpoints(ctx)),
        "UpdateContributorInsights" => Some(insights::update(ctx)?),
        "DescribeContributorInsights" => Some(insights::describe(ctx)?),
        "ListContributorInsights" => Some(insights::list(ctx)?),
        "EnableKinesisStreamingDestination" => Some(kinesis::enable(ctx)?),
        "UpdateKinesisStreamingDestination" => Some(kinesis::update(ctx)?),
        "DisableKinesisStreamingDestination" => Some(kinesis::disable(ctx)?),
        "DescribeKinesisStreamingDestination" => Some(kinesis::describe(ctx)?),
        "ListGlobalTables" => Some(json!({ "GlobalTables": [] })),
        "DescribeGlobalTable" | "DescribeGlobalTableSettings" => {
            return Err(account::old_global_table());
        }
        "ListBackups" => Some(json!({ "BackupSummaries": [] })),
        "PutItem" => Some(items::write::put(ctx)?),
        "UpdateItem" => Some(items::write::update(ctx)?),
        "DeleteItem" => Some(items::write::delete(ctx)?),
        "GetItem" => Some(items::read::get(ctx)?),
        "Query" => Some(items::query::query(ctx)?),
        "Scan" => Some(items::query::scan(ctx)?),
        "BatchGetItem" => Some(items::batch::get(ctx)?),
        "BatchWriteItem" => Some(items::batch::write(ctx)?),
        "TransactGetItems" => Some(items::transact::get(ctx)?),
        "TransactWriteItems" => Some(items::transact::write(ctx)?),
        other => {
            return Err(Fault::new(
                400,
                "UnknownOperationException",
                format!("The operation {other} is not modelled"),
            ));
        }
    };
    Ok(match answer {
        Some(answer) => Reply::json(&answer),
        None => Reply::empty(200),
    })
}

/// Lets happen what was due by now.
pub fn settle(world: &mut World) {
    settle::settle(world);
}
