//! What an account has by itself.

use serde_json::{Value, json};

use super::state::Ctx;
use crate::reply::Fault;

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

/// No table is a global table of the 2017 version.
pub(super) fn old_global_table() -> Fault {
    Fault::new(
        400,
        "GlobalTableNotFoundException",
        "Global table of version 2017.11.29 with this name does not exist",
    )
}
