//! What S3 asks IAM.

use crate::iam;
use crate::world::World;

/// The unique id of the role with this ARN, if there is one.
pub(super) fn id(world: &World, arn: &str) -> Option<String> {
    iam::role_id(world, arn)
}
