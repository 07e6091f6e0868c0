//! A bucket that exists already, found by its name.

use std::collections::BTreeMap;

use bicoastal_model::{Lookup, OpError, Snapshot, Target};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Bucket, read};
use crate::cx::Cx;
use crate::kind::Found;

/// Finds a bucket in the region it is looked up in. See [`Bucket::named`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketQuery {
    name: String,
}

impl Bucket {
    /// The bucket of this name, which somebody else made: for `stack.region(…).lookup`.
    pub fn named(name: impl Into<String>) -> BucketQuery {
        BucketQuery { name: name.into() }
    }
}

impl Lookup for BucketQuery {
    type Of = Bucket;
}

impl Found for BucketQuery {
    async fn find(cx: &Cx, target: &Target, query: &Self) -> Result<Option<Snapshot>, OpError> {
        let target = Target {
            physical: Some(query.name.clone()),
            props: json!({ "name": query.name }).into(),
            tags: BTreeMap::new(),
            ..target.clone()
        };
        read::read(cx, &target).await
    }
}
