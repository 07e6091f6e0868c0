//! What S3 asks IAM.

use crate::iam;
use crate::world::World;

/// The unique id of the role with this ARN, if there is one that has spread to where S3 looks.
pub(super) fn id(world: &World, arn: &str) -> Option<String> {
    let account = arn.split(':').nth(4)?;
    iam::role_usable(world, account, arn).then(|| iam::role_id(world, arn)).flatten()
}
