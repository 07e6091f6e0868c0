//! kms

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
