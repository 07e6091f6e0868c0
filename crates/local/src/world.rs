//! The whole cloud as one value: plain data, so that it can be written to disk and read again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{acm, dynamodb, elbv2, iam, kms, rds, route53, s3};

/// Everything that exists, in every region and account, and the time.
///
/// Services are plain synchronous functions over it; there is one lock around the whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct World {
    /// The time, in milliseconds since 1970. It moves when somebody waits.
    pub now_ms: i64,
    /// How many ids were given out; makes ids deterministic.
    ids: u64,
    /// The id of the request that is being answered.
    #[serde(skip)]
    request_id: String,
    /// What operations take, where a test or the user said otherwise than the default.
    durations_ms: BTreeMap<String, i64>,
    /// All default durations are multiplied by this; 0 makes everything instant.
    pub duration_factor: f64,
    /// The regions that are lost: nobody there answers, and what replicates from or to them waits.
    pub regions_gone: BTreeSet<String>,
    /// Certificate Manager.
    pub acm: acm::State,
    /// DynamoDB.
    pub dynamodb: dynamodb::State,
    /// Elastic Load Balancing v2.
    pub elbv2: elbv2::State,
    /// Identity and Access Management.
    pub iam: iam::State,
    /// Key Management Service.
    pub kms: kms::State,
    /// Relational Database Service.
    pub rds: rds::State,
    /// Route 53.
    pub route53: route53::State,
    /// S3.
    pub s3: s3::State,
}

/// The account whose credentials are not of the form that names another
/// (see [`crate::router`]): an access key id of twelve digits is that account.
pub const DEFAULT_ACCOUNT: &str = "000000000000";

impl Default for World {
    fn default() -> Self {
        Self {
            // 2026-01-01T00:00:00Z: a fixed birth makes two new clouds equal.
            now_ms: 1_767_225_600_000,
            ids: 0,
            request_id: String::new(),
            durations_ms: BTreeMap::new(),
            duration_factor: 1.0,
            regions_gone: BTreeSet::new(),
            acm: Default::default(),
            dynamodb: Default::default(),
            elbv2: Default::default(),
            iam: Default::default(),
            kms: Default::default(),
            rds: Default::default(),
            route53: Default::default(),
            s3: Default::default(),
        }
    }
}

impl World {
    /// How long something takes, in milliseconds: `default_ms` unless overridden by name
    /// (names are `service.thing.verb`, e.g. `dynamodb.table.create`).
    pub fn duration_ms(&self, name: &str, default_ms: i64) -> i64 {
        match self.durations_ms.get(name) {
            Some(set) => *set,
            None => (default_ms as f64 * self.duration_factor) as i64,
        }
    }

    /// Overrides one duration.
    pub fn set_duration_ms(&mut self, name: &str, ms: i64) {
        self.durations_ms.insert(name.to_owned(), ms);
    }

    /// The id of the request that is being answered, for the places where a body carries it.
    /// Not a fresh id: answering a read changes nothing.
    pub fn request_id(&self) -> String {
        self.request_id.clone()
    }

    /// Called by the front door before each call.
    pub fn set_request_id(&mut self, id: &str) {
        id.clone_into(&mut self.request_id);
    }

    /// Whether a region is lost.
    pub fn is_gone(&self, region: &str) -> bool {
        self.regions_gone.contains(region)
    }

    /// How many fresh ids were given out.
    pub(crate) fn ids_given(&self) -> u64 {
        self.ids
    }

    /// 32 fresh hexadecimal digits, the same in every run that made the same calls.
    pub fn fresh_hex(&mut self) -> String {
        self.ids += 1;
        let digest = Sha256::digest(format!("bicoastal-local {}", self.ids));
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// A fresh UUID.
    pub fn fresh_uuid(&mut self) -> String {
        let hex = self.fresh_hex();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..32])
    }

    /// A fresh id of `length` (≤ 32) characters `A-Z0-9`, as zones, changes and roles have them.
    pub fn fresh_id(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        self.ids += 1;
        let digest = Sha256::digest(format!("bicoastal-local id {}", self.ids));
        digest
            .iter()
            .take(length)
            .map(|byte| char::from(ALPHABET[usize::from(*byte) % 36]))
            .collect()
    }

    /// The time as AWS writes it in XML: `2026-01-01T00:00:00.000Z`.
    pub fn now_iso(&self) -> String {
        iso(self.now_ms)
    }

    /// Lets everything happen that was due by now, in every service.
    pub fn settle(&mut self) {
        dynamodb::settle(self);
        elbv2::settle(self);
        iam::settle(self);
        rds::settle(self);
        route53::settle(self);
        s3::settle(self);
    }
}

/// A time as AWS writes it in XML.
pub fn iso(ms: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond()
    )
}
