//! All buckets of a region, with their tags.

use bicoastal_model::{OpError, Region};
use serde_json::json;

use super::read::bucket_tags;
use crate::cx::{Cx, GLOBAL};
use crate::kind::Listed;
use crate::s3::rules::{is_no_bucket, refused};

/// Asking for a page's size brings the regions along.
const PAGE: i32 = 1_000;

pub(super) async fn buckets(cx: &Cx, region: Region) -> Result<Vec<Listed>, OpError> {
    let all = cx.shared("s3 buckets".to_owned(), every_bucket(cx)).await?;
    let mut listed = Vec::new();
    for (name, _) in all.iter().filter(|(_, place)| *place == Some(region)) {
        let tags = match bucket_tags(&cx.s3(region), region, name).await {
            Ok(tags) => tags,
            // It went meanwhile, or AWS still lists it.
            Err(error) if is_no_bucket(&error) => continue,
            // A policy may keep even the account's own administrators out.
            Err(error) if error.code() == Some("AccessDenied") => continue,
            Err(error) => return Err(error),
        };
        listed.push(Listed {
            physical: name.clone(),
            identity: json!({ "name": name }),
            tags,
            token: None,
        });
    }
    Ok(listed)
}

/// Every bucket of the account, and where it is.
async fn every_bucket(cx: &Cx) -> Result<Vec<(String, Option<Region>)>, OpError> {
    let client = cx.s3(GLOBAL);
    let mut pages = client.list_buckets().max_buckets(PAGE).into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| refused("ListBuckets", GLOBAL, error))?;
        for bucket in page.buckets() {
            let Some(name) = bucket.name() else { continue };
            let place = match bucket.bucket_region() {
                Some(code) => code.parse().ok(),
                // Emulators leave it out.
                None => location(cx, name).await?,
            };
            all.push((name.to_owned(), place));
        }
    }
    Ok(all)
}

async fn location(cx: &Cx, name: &str) -> Result<Option<Region>, OpError> {
    let answer = cx.s3(GLOBAL).get_bucket_location().bucket(name).send().await;
    match answer.map_err(|error| refused("GetBucketLocation", GLOBAL, error)) {
        Ok(answer) => Ok(match answer.location_constraint().map(|it| it.as_str()) {
            None | Some("") => Some(GLOBAL),
            Some("EU") => Some(Region::EuWest1),
            Some(code) => code.parse().ok(),
        }),
        Err(error) if is_no_bucket(&error) => Ok(None),
        Err(error) => Err(error),
    }
}
