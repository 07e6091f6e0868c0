//! route53

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;

/// What the service holds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {}

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let _ = world;
    Err(Fault::new(501, "NotImplemented", format!("{} is not modelled", call.operation)))
}

/// Lets happen what was due by now.
pub fn settle(world: &mut World) {
    let _ = world;
}

/// The API operation that a request is.
pub fn operation(request: &crate::call::Request) -> &'static str {
    let _ = request;
    "Unknown"
}
