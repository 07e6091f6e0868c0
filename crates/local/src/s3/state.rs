//! What S3 holds: plain data.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::xml::Element;

/// All buckets of all accounts: their names share one namespace.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// By name.
    pub(super) buckets: BTreeMap<String, Bucket>,
    /// Names of deleted buckets and when they can be taken again.
    pub(super) released: BTreeMap<String, i64>,
    /// Replication work that is under way.
    pub(super) tasks: Vec<Task>,
    /// Counts writes, so that two at the same millisecond have an order.
    pub(super) sequence: u64,
}

/// A bucket with everything in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    pub(super) account: String,
    pub(super) region: String,
    /// What `GetBucketLocation` says: empty for us-east-1, `EU` where it was created so.
    pub(super) location: String,
    pub(super) created_ms: i64,
    /// Calls before this do not see the bucket yet.
    pub(super) visible_at_ms: i64,
    /// Writes of sub-configurations before this collide with one another.
    pub(super) busy_until_ms: i64,
    /// When versioning, first enabled, has spread to where replication looks; 0 if never.
    pub(super) versioned_at_ms: i64,
    pub(super) object_lock: bool,
    /// Single sub-configurations by the key of the query string that names them.
    pub(super) settings: BTreeMap<String, Setting>,
    /// Sub-configurations with ids (`inventory`, `metrics`, …): kind, then id, then document.
    pub(super) lists: BTreeMap<String, BTreeMap<String, String>>,
    pub(super) acl: Vec<Grant>,
    /// The role ids behind the role ARNs in the policy, as they were when it was put.
    pub(super) policy_principals: BTreeMap<String, String>,
    /// What the lifecycle configuration says about small objects.
    pub(super) transition_minimum: String,
    /// Versions of each key, oldest first.
    pub(super) objects: BTreeMap<String, Vec<Version>>,
    /// Multipart uploads under way, by upload id.
    pub(super) uploads: BTreeMap<String, Upload>,
}

/// A sub-configuration, and what readers see of it while the last write spreads.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Setting {
    now: Option<String>,
    before: Option<String>,
    visible_at_ms: i64,
}

/// Whether versions are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versioning {
    Never,
    Enabled,
    Suspended,
}

impl Bucket {
    /// The text of a sub-configuration that is in force.
    pub(super) fn setting(&self, kind: &str) -> Option<&str> {
        self.settings.get(kind)?.now.as_deref()
    }

    /// The document of a sub-configuration that is in force.
    pub(super) fn document(&self, kind: &str) -> Option<Element> {
        Element::parse(self.setting(kind)?.as_bytes())
    }

    /// What a reader sees, which may be older than what is in force.
    pub(super) fn seen(&self, kind: &str, now_ms: i64) -> Option<&str> {
        let setting = self.settings.get(kind)?;
        let text = if now_ms < setting.visible_at_ms { &setting.before } else { &setting.now };
        text.as_deref()
    }

    /// Writes a sub-configuration; readers see it at `visible_at_ms`.
    pub(super) fn set(
        &mut self,
        kind: &str,
        text: Option<String>,
        now_ms: i64,
        visible_at_ms: i64,
    ) {
        let before = self.seen(kind, now_ms).map(str::to_owned);
        self.settings.insert(kind.to_owned(), Setting { now: text, before, visible_at_ms });
    }

    pub(super) fn versioning(&self) -> Versioning {
        let status =
            self.document("versioning").and_then(|doc| doc.text_of("Status").map(str::to_owned));
        match status.as_deref() {
            Some("Enabled") => Versioning::Enabled,
            Some(_) => Versioning::Suspended,
            None => Versioning::Never,
        }
    }

    /// Who owns objects; without ownership controls it is whoever wrote them.
    pub(super) fn ownership(&self) -> String {
        self.document("ownershipControls")
            .and_then(|doc| Some(doc.get("Rule")?.text_of("ObjectOwnership")?.to_owned()))
            .unwrap_or_else(|| "ObjectWriter".to_owned())
    }

    /// Whether one of the four switches of the public access block is on.
    pub(super) fn blocks(&self, switch: &str) -> bool {
        self.document("publicAccessBlock")
            .is_some_and(|doc| doc.text_of(switch).is_some_and(|text| text.trim() == "true"))
    }

    /// The current version of a key, which may be a delete marker.
    pub(super) fn latest(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.last()
    }

    /// A certain version of a key.
    pub(super) fn version(&self, key: &str, id: &str) -> Option<&Version> {
        self.objects.get(key)?.iter().find(|version| version.id == id)
    }

    /// A certain version of a key, to be edited.
    pub(super) fn version_mut(&mut self, key: &str, id: &str) -> Option<&mut Version> {
        self.objects.get_mut(key)?.iter_mut().find(|version| version.id == id)
    }

    /// Adds a version where its age puts it: replicas may arrive out of order, and both
    /// sides must agree on which one is current.
    pub(super) fn insert(&mut self, key: &str, version: Version) {
        let versions = self.objects.entry(key.to_owned()).or_default();
        let at = versions.partition_point(|other| other.order() <= version.order());
        versions.insert(at, version);
    }

    /// Removes a version; a key without versions is gone.
    pub(super) fn remove(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.objects.get_mut(key)?;
        let at = versions.iter().position(|version| version.id == id)?;
        let removed = versions.remove(at);
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Some(removed)
    }
}

/// One version of an object, or a delete marker.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Version {
    /// `null` where versioning was not enabled.
    pub(super) id: String,
    pub(super) modified_ms: i64,
    pub(super) sequence: u64,
    /// `None` for a delete marker.
    pub(super) content: Option<Content>,
    /// Whether this is a copy that replication made.
    pub(super) replica: bool,
    /// How far the copies in other buckets are, by bucket.
    pub(super) copies: BTreeMap<String, Progress>,
}

impl Version {
    fn order(&self) -> (i64, u64) {
        (self.modified_ms, self.sequence)
    }

    /// The value of `x-amz-replication-status`.
    pub(super) fn replication_status(&self) -> Option<&'static str> {
        let any = |progress| self.copies.values().any(|copy| *copy == progress);
        if any(Progress::Failed) {
            Some("FAILED")
        } else if self.replica {
            Some("REPLICA")
        } else if any(Progress::Pending) {
            Some("PENDING")
        } else if any(Progress::Completed) {
            Some("COMPLETED")
        } else {
            None
        }
    }
}

/// How far a copy is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Progress {
    Pending,
    Completed,
    Failed,
}

/// The bytes of an object and what is said about them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Content {
    #[serde(with = "base64_text")]
    pub(super) body: Bytes,
    /// Without quotes.
    pub(super) etag: String,
    /// `content-type`, `cache-control`, `x-amz-meta-…`, `x-amz-storage-class`, …
    pub(super) headers: BTreeMap<String, String>,
    /// `x-amz-checksum-…` headers.
    pub(super) checksums: BTreeMap<String, String>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) encryption: Encryption,
    pub(super) lock: Lock,
    pub(super) acl: Vec<Grant>,
    /// Sizes of the parts, where it was uploaded in parts.
    pub(super) parts: Vec<usize>,
    /// When tags, ACL or lock were last edited: the later edit wins between replicas.
    pub(super) edited: (i64, u64),
}

impl Content {
    pub(super) fn storage_class(&self) -> &str {
        self.headers.get("x-amz-storage-class").map_or("STANDARD", String::as_str)
    }
}

/// How an object is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Encryption {
    /// `AES256`, `aws:kms`, `aws:kms:dsse`; empty with a key of the customer's.
    pub(super) algorithm: String,
    pub(super) key: Option<String>,
    pub(super) bucket_key: bool,
    /// The MD5 of the key that the customer sent.
    pub(super) customer_key_md5: Option<String>,
}

/// What keeps a version from being deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lock {
    /// `GOVERNANCE` or `COMPLIANCE`.
    pub(super) mode: Option<String>,
    /// As it was sent, ISO 8601.
    pub(super) until: Option<String>,
    pub(super) legal_hold: bool,
}

/// An entry of an ACL.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) grantee: Grantee,
    pub(super) permission: String,
}

/// Whom an ACL speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Grantee {
    /// A canonical user id.
    User(String),
    /// An e-mail address.
    Email(String),
    /// A group's URI.
    Group(String),
}

/// A multipart upload under way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) started_ms: i64,
    /// What the object will be but for its body.
    pub(super) content: Content,
    pub(super) parts: BTreeMap<u32, Part>,
}

/// One part of an upload.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Part {
    #[serde(with = "base64_text")]
    pub(super) body: Bytes,
    pub(super) etag: String,
    pub(super) modified_ms: i64,
    pub(super) checksums: BTreeMap<String, String>,
}

/// A copy that replication has still to make.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Task {
    pub(super) due_ms: i64,
    pub(super) source: String,
    pub(super) destination: String,
    pub(super) key: String,
    pub(super) version: String,
    pub(super) what: What,
}

/// What a replication task copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    /// A version or a delete marker.
    Version,
    /// Tags, ACL and lock of a version.
    Metadata,
}

mod base64_text {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(body: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(body))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD.decode(text).map(Bytes::from).map_err(D::Error::custom)
    }
}
