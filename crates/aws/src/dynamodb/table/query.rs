//! Looking a table up by its name.

use bicoastal_model::{Lookup, OpError, Snapshot, Target};
use serde::{Deserialize, Serialize};

use super::{Table, read};
use crate::cx::Cx;
use crate::kind::Found;

/// A table that exists, by its name, in the regions that it is looked up across.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableQuery {
    name: String,
}

impl TableQuery {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl Lookup for TableQuery {
    type Of = Table;
}

impl Found for TableQuery {
    async fn find<'a>(
        cx: &'a Cx,
        target: &'a Target,
        query: &'a Self,
    ) -> Result<Option<Snapshot>, OpError> {
        let target = Target { physical: Some(query.name.clone()), ..target.clone() };
        read::read(cx, &target).await
    }
}
