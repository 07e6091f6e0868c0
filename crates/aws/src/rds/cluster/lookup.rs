//! Existing clusters, looked up by name.

use bicoastal_model::{Lookup, OpError, Snapshot, Target};
use serde::{Deserialize, Serialize};

use super::{DbCluster, read};
use crate::cx::Cx;
use crate::kind::Found;
use crate::rds::listing;
use crate::rds::subnet_group::region;

/// A cluster that exists, by its name: `DbCluster::named("app")`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DbClusterQuery {
    /// Its name; case does not matter.
    pub identifier: String,
}

impl DbCluster {
    /// The existing cluster of this name in the region of the look-up.
    pub fn named(identifier: impl Into<String>) -> DbClusterQuery {
        DbClusterQuery { identifier: identifier.into() }
    }
}

impl Lookup for DbClusterQuery {
    type Of = DbCluster;
}

impl Found for DbClusterQuery {
    async fn find(cx: &Cx, target: &Target, query: &Self) -> Result<Option<Snapshot>, OpError> {
        let region = region(target);
        match listing::cluster(cx, region, &query.identifier).await? {
            Some(cluster) => Ok(Some(read::snapshot(cx, region, target, &cluster).await?)),
            None => Ok(None),
        }
    }
}
