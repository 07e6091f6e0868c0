//! kms

use crate::provider::Registry;

/// A KMS key: `Arn<Key>`.
#[derive(Clone, Copy, Debug)]
pub enum Key {}

pub(crate) fn register(registry: Registry) -> Registry {
    registry
}
