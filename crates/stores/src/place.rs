//! Places of state as they are written: `file:DIR`, `s3://bucket/prefix?region=…`,
//! `dynamodb://table?region=…`.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use bicoastal_aws::Connection;
use bicoastal_model::Region;
use bicoastal_runtime::{Clock, FileStore, StateStore};
use percent_encoding::percent_decode_str;

/// Where state is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a directory: `file:DIR`.
    File(PathBuf),
    /// In a bucket:
    /// `s3://BUCKET[/PREFIX]?region=R[&second=BUCKET@R][&without=R][&owner=ACCOUNT][&kms=KEY]`.
    S3 {
        /// The bucket.
        bucket: String,
        /// What the keys begin with; may be empty.
        prefix: String,
        /// Its region.
        region: Region,
        /// A second bucket, in another region, that everything is written to as well.
        second: Option<(String, Region)>,
        /// The region that is gone, and that is to be gone on without.
        without: Option<Region>,
        /// The account that must own the buckets.
        owner: Option<String>,
        /// The KMS key to encrypt with, instead of the bucket's default.
        kms: Option<String>,
    },
    /// In a table: `dynamodb://TABLE?region=R[&regions=R,R]`.
    DynamoDb {
        /// The table.
        table: String,
        /// Its regions, the one to be asked first first.
        regions: Vec<Region>,
    },
}

const HINT: &str = "\n  hint: write file:DIR, s3://BUCKET/PREFIX?region=REGION[&second=BUCKET@REGION] or dynamodb://TABLE?region=REGION[&regions=REGION,REGION]";

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why: String| format!("'{text}' is not a place for state: {why}{HINT}");
        if let Some(dir) = text.strip_prefix("file:") {
            if dir.is_empty() {
                return Err(wrong("it names no directory".into()));
            }
            return Ok(Self::File(dir.into()));
        }
        let (scheme, rest) =
            text.split_once("://").ok_or_else(|| wrong("it has no scheme".into()))?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut query = Query::parse(query).map_err(wrong)?;
        let place = match scheme {
            "s3" => s3(path, &mut query),
            "dynamodb" => dynamodb(path, &mut query),
            other => Err(format!("nothing is known of '{other}'")),
        };
        let place = place.map_err(wrong)?;
        match query.0.first() {
            Some((name, _)) => Err(wrong(format!("'{name}' means nothing here"))),
            None => Ok(place),
        }
    }
}

fn s3(path: &str, query: &mut Query) -> Result<Place, String> {
    let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
    if bucket.is_empty() {
        return Err("it names no bucket".into());
    }
    let region = query.region("region")?.ok_or("it says no region=REGION")?;
    let second = query.take("second").map(|second| {
        let (bucket, region) = second.split_once('@').ok_or("second is not BUCKET@REGION")?;
        Ok::<_, String>((bucket.to_owned(), parse_region(region)?))
    });
    let second = second.transpose()?;
    if second.as_ref().is_some_and(|(_, other)| *other == region) {
        return Err("the second bucket is in the region of the first".into());
    }
    let without = query.region("without")?;
    let known = [Some(region), second.as_ref().map(|(_, region)| *region)];
    if without.is_some() && (second.is_none() || !known.contains(&without)) {
        return Err("without names a region that is not one of two".into());
    }
    Ok(Place::S3 {
        bucket: bucket.to_owned(),
        prefix: prefix.trim_matches('/').to_owned(),
        region,
        second,
        without,
        owner: query.take("owner"),
        kms: query.take("kms"),
    })
}

fn dynamodb(table: &str, query: &mut Query) -> Result<Place, String> {
    if table.is_empty() || table.contains('/') {
        return Err("it names no table".into());
    }
    let mut regions: Vec<Region> = query.region("region")?.into_iter().collect();
    for region in query.take("regions").unwrap_or_default().split(',').filter(|it| !it.is_empty()) {
        let region = parse_region(region)?;
        if !regions.contains(&region) {
            regions.push(region);
        }
    }
    if regions.is_empty() {
        return Err("it says no region=REGION".into());
    }
    Ok(Place::DynamoDb { table: table.to_owned(), regions })
}

fn parse_region(text: &str) -> Result<Region, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// What is behind the `?`, taken out piece by piece.
struct Query(Vec<(String, String)>);

impl Query {
    fn parse(text: &str) -> Result<Self, String> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or(format!("'{pair}' has no value"))?;
            if pairs.iter().any(|(known, _)| known == name) {
                return Err(format!("'{name}' is said twice"));
            }
            let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
            pairs.push((name.to_owned(), value));
        }
        Ok(Self(pairs))
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(index).1)
    }

    fn region(&mut self, name: &str) -> Result<Option<Region>, String> {
        self.take(name).map(|text| parse_region(&text)).transpose()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(dir) => write!(f, "file:{}", dir.display()),
            Self::S3 { bucket, prefix, region, second, without, owner, kms } => {
                write!(f, "s3://{bucket}")?;
                if !prefix.is_empty() {
                    write!(f, "/{prefix}")?;
                }
                write!(f, "?region={region}")?;
                if let Some((bucket, region)) = second {
                    write!(f, "&second={bucket}@{region}")?;
                }
                for (name, value) in
                    [("without", &without.map(|it| it.to_string())), ("owner", owner), ("kms", kms)]
                {
                    if let Some(value) = value {
                        write!(f, "&{name}={value}")?;
                    }
                }
                Ok(())
            }
            Self::DynamoDb { table, regions } => {
                let names: Vec<&str> = regions.iter().map(|region| region.code()).collect();
                let (first, others) = names.split_first().unwrap_or((&"", &[]));
                write!(f, "dynamodb://{table}?region={first}")?;
                if others.is_empty() { Ok(()) } else { write!(f, "&regions={}", others.join(",")) }
            }
        }
    }
}

impl Place {
    /// Whether it takes a connection to AWS to get there.
    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::File(_))
    }
}

/// Opens a place for state. One in AWS needs a connection; leases are measured with the clock.
///
/// # Errors
///
/// In words, where the place is not compiled in or needs a connection and has none.
pub fn open(
    place: &Place,
    connection: Option<&Connection>,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn StateStore>, String> {
    let connected =
        || connection.ok_or_else(|| format!("{place} can't be reached without a cloud"));
    match place {
        Place::File(dir) => Ok(Arc::new(FileStore::new(dir.clone()))),
        #[cfg(feature = "s3")]
        Place::S3 { bucket, prefix, region, second, without, owner, kms } => {
            let connection = connected()?;
            let part = |bucket: &str, region: Region| {
                let mut part = crate::S3::new(connection, bucket, prefix, region);
                if let Some(owner) = owner {
                    part = part.owned_by(owner);
                }
                match kms {
                    Some(key) => part.encrypted_with(key),
                    None => part,
                }
            };
            let mut store = crate::ObjectStore::new(part(bucket, *region), clock);
            if let Some((bucket, second)) = second {
                store = store.and(part(bucket, *second));
                if let Some(without) = without {
                    store = store.without(usize::from(without == second));
                }
            }
            Ok(Arc::new(store))
        }
        #[cfg(feature = "dynamodb")]
        Place::DynamoDb { table, regions } => {
            let table = crate::DynamoDb::new(connected()?, table, regions);
            Ok(Arc::new(crate::ObjectStore::new(table, clock)))
        }
        #[cfg(not(all(feature = "s3", feature = "dynamodb")))]
        _ => {
            let _ = (&clock, connected);
            Err(format!(
                "{place} needs a service that is not compiled in\n  hint: enable the cargo feature 's3' or 'dynamodb' of bicoastal"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_written() {
        for text in [
            "file:.bicoastal",
            "s3://state?region=us-east-1",
            "s3://state/team/a?region=us-east-1&second=state-2@ap-south-1&without=us-east-1&owner=123456789012&kms=alias/state",
            "dynamodb://state?region=us-east-1",
            "dynamodb://state?region=us-east-1&regions=us-east-2,us-west-2",
        ] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        for (text, why) in [
            ("state", "no scheme"),
            ("file:", "no directory"),
            ("ftp://x", "nothing is known of 'ftp'"),
            ("s3://?region=us-east-1", "no bucket"),
            ("s3://state", "no region"),
            ("s3://state?region=atlantis", "atlantis"),
            ("s3://state?region=us-east-1&second=other", "BUCKET@REGION"),
            ("s3://state?region=us-east-1&second=other@us-east-1", "in the region of the first"),
            ("s3://state?region=us-east-1&without=us-east-1", "not one of two"),
            ("s3://state?region=us-east-1&regoin=x", "'regoin' means nothing"),
            ("s3://state?region=us-east-1&region=us-east-1", "twice"),
            ("dynamodb://?region=us-east-1", "no table"),
            ("dynamodb://state", "no region"),
        ] {
            let words = text.parse::<Place>().unwrap_err();
            assert!(words.contains(why) && words.contains("hint:"), "{text}: {words}");
        }
    }
}
