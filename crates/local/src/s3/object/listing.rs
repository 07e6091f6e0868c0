//! `ListObjects` (both versions) and `ListObjectVersions`.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::attributes::listed_checksums;
use crate::call::{Call, Request};
use crate::reply::{Fault, Reply};
use crate::s3::access::open;
use crate::s3::state::{Bucket, Version};
use crate::s3::{acl, documents, faults};
use crate::world::{World, iso};
use crate::xml::Element;

const ESCAPED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b'/');

/// How keys are written in an answer.
pub(super) struct Spelling(bool);

impl Spelling {
    pub(super) fn of(request: &Request) -> Result<Self, Fault> {
        match request.query("encoding-type") {
            None | Some("") => Ok(Self(false)),
            Some("url") => Ok(Self(true)),
            Some(other) => Err(faults::invalid_argument(
                "Invalid Encoding Method specified in Request",
                "encoding-type",
                other,
            )),
        }
    }

    pub(super) fn key(&self, key: &str) -> String {
        if self.0 { utf8_percent_encode(key, ESCAPED).to_string() } else { key.to_owned() }
    }

    pub(super) fn say(&self, element: Element) -> Element {
        element.text_child_opt("EncodingType", self.0.then_some("url"))
    }
}

/// A number in the query string between 0 and 1000; larger ones are cut.
pub(super) fn most(request: &Request, name: &str) -> Result<usize, Fault> {
    match request.query(name) {
        None | Some("") => Ok(1000),
        Some(text) => text.parse::<usize>().map(|most| most.min(1000)).map_err(|_| {
            faults::invalid_argument(
                &format!("Provided {name} not an integer or within integer range"),
                name,
                text,
            )
        }),
    }
}

/// One line of a listing.
enum Line<'b> {
    Version { key: &'b str, version: &'b Version, latest: bool },
    Prefix(String),
}

/// What a page of a listing was cut from.
struct Page<'b> {
    lines: Vec<Line<'b>>,
    more: bool,
}

/// Collects lines after a marker; keys that share a prefix up to the delimiter are one line.
fn page<'b>(
    bucket: &'b Bucket,
    request: &Request,
    after: &Marker<'_>,
    most: usize,
    all_versions: bool,
) -> Page<'b> {
    let prefix = request.query("prefix").unwrap_or_default();
    let delimiter = request.query("delimiter").unwrap_or_default();
    let mut lines: Vec<Line<'b>> = Vec::new();
    let mut last_prefix = String::new();
    for (key, versions) in &bucket.objects {
        if !key.starts_with(prefix) || after.passes(key) {
            continue;
        }
        let rest = key.get(prefix.len()..).unwrap_or_default();
        let common = if delimiter.is_empty() { None } else { rest.find(delimiter) };
        if let Some(at) = common {
            let visible =
                all_versions || versions.last().is_some_and(|version| version.content.is_some());
            let common = key.get(..prefix.len() + at + delimiter.len()).unwrap_or_default();
            if !visible || common == last_prefix || after.passes_prefix(common) {
                continue;
            }
            if lines.len() == most {
                return Page { lines, more: true };
            }
            last_prefix = common.to_owned();
            lines.push(Line::Prefix(common.to_owned()));
            continue;
        }
        let mut skipping = after.version_to_skip(key, versions);
        for (at, version) in versions.iter().rev().enumerate() {
            let latest = at == 0;
            if !all_versions && (!latest || version.content.is_none()) {
                continue;
            }
            if let Some(id) = skipping {
                if version.id == id {
                    skipping = None;
                }
                continue;
            }
            if lines.len() == most {
                return Page { lines, more: true };
            }
            lines.push(Line::Version { key, version, latest });
        }
    }
    Page { lines, more: false }
}

/// Where a page begins: after this key, or after a version of it.
#[derive(Default)]
struct Marker<'a> {
    key: &'a str,
    version: Option<&'a str>,
}

impl Marker<'_> {
    fn passes(&self, key: &str) -> bool {
        if self.version.is_some() {
            key < self.key
        } else {
            !self.key.is_empty() && key <= self.key
        }
    }

    /// A page that ended with a common prefix goes on behind all of it.
    fn passes_prefix(&self, common: &str) -> bool {
        !self.key.is_empty() && common <= self.key
    }

    fn version_to_skip(&self, key: &str, versions: &[Version]) -> Option<&str> {
        let id = self.version.filter(|_| key == self.key)?;
        versions.iter().any(|version| version.id == id).then_some(id)
    }
}

impl Line<'_> {
    fn end(&self) -> (&str, Option<&str>) {
        match self {
            Self::Version { key, version, .. } => (key, Some(&version.id)),
            Self::Prefix(prefix) => (prefix, None),
        }
    }
}

/// Answers `ListObjects` and `ListObjectsV2`.
pub(in crate::s3) fn objects(world: &World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let request = &call.request;
    let spelling = Spelling::of(request)?;
    let newer = call.operation == "ListObjectsV2";
    let most = most(request, "max-keys")?;
    let token = request.query("continuation-token").map(untoken);
    let marker = match (&token, newer) {
        (Some(token), true) => token.as_str(),
        (None, true) => request.query("start-after").unwrap_or_default(),
        (_, false) => request.query("marker").unwrap_or_default(),
    };
    let page = page(bucket, request, &Marker { key: marker, version: None }, most, false);
    let more = page.more && most > 0;
    let owner = !newer || request.query("fetch-owner") == Some("true");
    let mut root = documents::root("ListBucketResult")
        .text_child("Name", name)
        .text_child("Prefix", spelling.key(request.query("prefix").unwrap_or_default()))
        .text_child_opt("Delimiter", request.query("delimiter").map(|text| spelling.key(text)))
        .text_child("MaxKeys", most)
        .text_child("IsTruncated", more);
    let next = page.lines.last().filter(|_| more).map(|line| line.end().0);
    if newer {
        root = root
            .text_child("KeyCount", page.lines.len())
            .text_child_opt(
                "StartAfter",
                request.query("start-after").map(|text| spelling.key(text)),
            )
            .text_child_opt("ContinuationToken", request.query("continuation-token"))
            .text_child_opt("NextContinuationToken", next.map(token_of));
    } else {
        root = root.text_child("Marker", spelling.key(marker)).text_child_opt(
            "NextMarker",
            next.filter(|_| request.has_query("delimiter")).map(|key| spelling.key(key)),
        );
    }
    root = spelling.say(root);
    for line in &page.lines {
        root = root.child(match line {
            Line::Prefix(prefix) => common_prefix(&spelling, prefix),
            Line::Version { key, version, .. } => {
                let mut element = entry("Contents", &spelling, key, version);
                if owner {
                    element = element.child(acl::owner("Owner", &bucket.account));
                }
                element
            }
        });
    }
    Ok(documents::answer(&root).header("x-amz-bucket-region", &bucket.region))
}

/// Answers `ListObjectVersions`.
pub(in crate::s3) fn versions(world: &World, call: &Call, name: &str) -> Result<Reply, Fault> {
    let bucket = open(world, call, name)?;
    let request = &call.request;
    let spelling = Spelling::of(request)?;
    let most = most(request, "max-keys")?;
    let key_marker = request.query("key-marker").unwrap_or_default();
    let version_marker = request.query("version-id-marker").filter(|id| !id.is_empty());
    if version_marker.is_some() && key_marker.is_empty() {
        return Err(faults::invalid_argument(
            "A version-id marker cannot be specified without a key marker.",
            "version-id-marker",
            version_marker.unwrap_or_default(),
        ));
    }
    let marker = Marker { key: key_marker, version: version_marker };
    let page = page(bucket, request, &marker, most, true);
    let more = page.more && most > 0;
    let next = page.lines.last().filter(|_| more).map(Line::end);
    let mut root = documents::root("ListVersionsResult")
        .text_child("Name", name)
        .text_child("Prefix", spelling.key(request.query("prefix").unwrap_or_default()))
        .text_child("KeyMarker", spelling.key(key_marker))
        .text_child("VersionIdMarker", version_marker.unwrap_or_default())
        .text_child_opt("Delimiter", request.query("delimiter").map(|text| spelling.key(text)))
        .text_child("MaxKeys", most)
        .text_child("IsTruncated", more)
        .text_child_opt("NextKeyMarker", next.map(|(key, _)| spelling.key(key)))
        .text_child_opt("NextVersionIdMarker", next.and_then(|(_, id)| id));
    root = spelling.say(root);
    for line in &page.lines {
        root = root.child(match line {
            Line::Prefix(prefix) => common_prefix(&spelling, prefix),
            Line::Version { key, version, latest } => {
                let name = if version.content.is_some() { "Version" } else { "DeleteMarker" };
                entry(name, &spelling, key, version)
                    .text_child("VersionId", &version.id)
                    .text_child("IsLatest", latest)
                    .child(acl::owner("Owner", &bucket.account))
            }
        });
    }
    Ok(documents::answer(&root))
}

fn entry(name: &str, spelling: &Spelling, key: &str, version: &Version) -> Element {
    let element = Element::new(name)
        .text_child("Key", spelling.key(key))
        .text_child("LastModified", iso(version.modified_ms));
    let Some(content) = &version.content else { return element };
    listed_checksums(
        version,
        element
            .text_child("ETag", format!("\"{}\"", content.etag))
            .text_child("Size", content.body.len())
            .text_child("StorageClass", content.storage_class()),
    )
}

fn common_prefix(spelling: &Spelling, prefix: &str) -> Element {
    Element::new("CommonPrefixes").text_child("Prefix", spelling.key(prefix))
}

/// Tokens are opaque, so that nobody builds one.
fn token_of(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn untoken(token: &str) -> String {
    let bytes: Vec<u8> = (0..token.len() / 2)
        .filter_map(|at| u8::from_str_radix(token.get(at * 2..at * 2 + 2)?, 16).ok())
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}
