//! A role that exists already, found by its name.

use std::collections::BTreeMap;

use bicoastal_model::{Lookup, OpError, Snapshot, Target};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Role, read};
use crate::cx::Cx;
use crate::kind::Found;

/// Finds a role of the account. See [`Role::named`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleQuery {
    name: String,
}

impl Role {
    /// The role of this name, whatever its case and path, which somebody else made: for
    /// `stack.global().lookup`.
    pub fn named(name: impl Into<String>) -> RoleQuery {
        RoleQuery { name: name.into() }
    }
}

impl Lookup for RoleQuery {
    type Of = Role;
}

impl Found for RoleQuery {
    async fn find(cx: &Cx, target: &Target, query: &Self) -> Result<Option<Snapshot>, OpError> {
        let target = Target {
            physical: Some(query.name.clone()),
            props: json!({ "name": query.name }).into(),
            tags: BTreeMap::new(),
            ..target.clone()
        };
        // One read of one role: the listings of a refresh are for roles that are declared.
        read::one(cx, &target).await
    }
}
