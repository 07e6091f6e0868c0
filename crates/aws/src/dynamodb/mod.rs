//! dynamodb

use crate::provider::Registry;

pub(crate) fn register(registry: Registry) -> Registry {
    registry
}
