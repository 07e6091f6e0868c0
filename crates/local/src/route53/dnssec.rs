//! DNSSEC signing of public zones: key-signing keys, and whether a zone is signed.
//!
//! No answer of the resolver is signed. What is modelled is what the control plane refuses and in
//! which order it lets signing be switched, with key tags and digests that are computed as RFC 4034
//! says, from a public key that follows from the KMS key's ARN.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::zone::{Zone, find, find_mut};
use super::{answer, answer_status, changes, document, faults, names};
use crate::call::Call;
use crate::kms;
use crate::reply::{Fault, Reply};
use crate::world::{World, iso};
use crate::xml::Element;

/// Key-signing keys of one zone.
const MOST_KEYS: usize = 2;

/// A key-signing key: flags (zone key, secure entry point), protocol and algorithm of its DNSKEY.
const FLAGS: u16 = 257;
const PROTOCOL: u8 = 3;
/// ECDSA P-256 with SHA-256.
const ALGORITHM: u8 = 13;
/// SHA-256, of the DS record.
const DIGEST: u8 = 2;

/// How a zone is signed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Dnssec {
    /// Whether its answers are signed.
    pub signing: bool,
    /// Its key-signing keys by name.
    pub keys: BTreeMap<String, KeySigningKey>,
    /// The names of keys that a parent outside of the local cloud has DS records of.
    pub in_parent: BTreeSet<String>,
    /// When the last change of signing is in sync (ms): until then no other is taken.
    pub(super) in_sync_at_ms: i64,
}

/// A key-signing key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeySigningKey {
    /// Its name, unique in the zone.
    pub name: String,
    /// The ARN of its KMS key.
    pub kms_arn: String,
    /// Whether it signs.
    pub active: bool,
    pub(super) caller_reference: String,
    pub(super) created_ms: i64,
    pub(super) modified_ms: i64,
}

impl KeySigningKey {
    /// The two coordinates of a point, as a DNSKEY has them. (It is on no curve: nothing is signed.)
    fn public_key(&self) -> Vec<u8> {
        let half = |which: &str| Sha256::digest(format!("{which} of {}", self.kms_arn)).to_vec();
        [half("x"), half("y")].concat()
    }

    /// The DNSKEY record's data on the wire (RFC 4034, 2.1).
    fn rdata(&self) -> Vec<u8> {
        let mut data = FLAGS.to_be_bytes().to_vec();
        data.extend([PROTOCOL, ALGORITHM]);
        data.extend(self.public_key());
        data
    }

    /// The key tag (RFC 4034, appendix B).
    pub fn key_tag(&self) -> u16 {
        let sum: u32 = self
            .rdata()
            .iter()
            .enumerate()
            .map(|(at, byte)| u32::from(*byte) << if at % 2 == 0 { 8 } else { 0 })
            .sum();
        u16::try_from((sum + (sum >> 16)) & 0xffff).unwrap_or_default()
    }

    /// The DS record's data, as the parent of this zone has to have it (RFC 4034, 5.1).
    pub fn ds_record(&self, zone: &str) -> String {
        format!("{} {ALGORITHM} {DIGEST} {}", self.key_tag(), self.digest(zone))
    }

    fn digest(&self, zone: &str) -> String {
        let owner = names::wire(zone);
        let digest = Sha256::new().chain_update(owner).chain_update(self.rdata()).finalize();
        digest.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// What AWS says of it: one whose KMS key can't be used any more needs its owner.
    fn status(&self, world: &World) -> &'static str {
        match (self.active, kms::signs_zones(world, &self.kms_arn)) {
            (true, Ok(())) => "ACTIVE",
            (true, Err(_)) => "ACTION_NEEDED",
            (false, _) => "INACTIVE",
        }
    }

    /// As an element of this name: AWS calls those of a list `member`.
    fn element(&self, name: &str, world: &World, zone: &str) -> Element {
        let public_key = BASE64_STANDARD.encode(self.public_key());
        Element::new(name)
            .text_child("Name", &self.name)
            .text_child("KmsArn", &self.kms_arn)
            .text_child("Flag", FLAGS)
            .text_child("SigningAlgorithmMnemonic", "ECDSAP256SHA256")
            .text_child("SigningAlgorithmType", ALGORITHM)
            .text_child("DigestAlgorithmMnemonic", "SHA-256")
            .text_child("DigestAlgorithmType", DIGEST)
            .text_child("KeyTag", self.key_tag())
            .text_child("DigestValue", self.digest(zone))
            .text_child("PublicKey", &public_key)
            .text_child("DSRecord", self.ds_record(zone))
            .text_child("DNSKEYRecord", format!("{FLAGS} {PROTOCOL} {ALGORITHM} {public_key}"))
            .text_child("Status", self.status(world))
            .text_child("CreatedDate", iso(self.created_ms))
            .text_child("LastModifiedDate", iso(self.modified_ms))
    }
}

fn public(zone: &Zone) -> Result<(), Fault> {
    if !zone.private {
        return Ok(());
    }
    Err(Fault::new(400, "InvalidArgument", "DNSSEC is not supported for private hosted zones."))
}

/// One change of signing at a time, each in sync before the next.
fn settled(zone: &Zone, now_ms: i64) -> Result<(), Fault> {
    if now_ms >= zone.dnssec.in_sync_at_ms && zone.editable(now_ms).is_ok() {
        return Ok(());
    }
    Err(Fault::new(
        400,
        "ConcurrentModification",
        "Another request that changes the DNSSEC signing of the hosted zone is in progress. Retry the request.",
    ))
}

fn no_such_key(name: &str) -> Fault {
    Fault::new(404, "NoSuchKeySigningKey", format!("Key Signing Key with name {name} not found."))
}

/// Submits a change of a zone's signing, and says how it stands.
fn submitted(world: &mut World, call: &Call, id: &str) -> Result<Element, Fault> {
    let now = world.now_ms;
    let change = changes::submit(world, &call.account, None);
    find_mut(world, &call.account, id)?.dnssec.in_sync_at_ms = change.in_sync_at_ms;
    Ok(change.element(now))
}

/// `CreateKeySigningKey`.
pub(super) fn create_key(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let request = document(call)?;
    let given = |name: &str, member: &str| {
        let value = request.text_of(name).filter(|value| !value.is_empty());
        value.map(str::to_owned).ok_or_else(|| faults::missing(member))
    };
    let id = super::routes::bare(&given("HostedZoneId", "hostedZoneId")?);
    let caller_reference = given("CallerReference", "callerReference")?;
    let kms_arn = given("KeyManagementServiceArn", "keyManagementServiceArn")?;
    let name = given("Name", "name")?;
    let active = match given("Status", "status")?.as_str() {
        "ACTIVE" => true,
        "INACTIVE" => false,
        other => {
            return Err(Fault::new(
                400,
                "InvalidKeySigningKeyStatus",
                format!("Key Signing Key status {other} is not valid."),
            ));
        }
    };
    let zone = find(world, &call.account, &id)?;
    public(zone)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(3..=128).contains(&name.len()) || !name.bytes().all(legal) {
        return Err(Fault::new(
            400,
            "InvalidKeySigningKeyName",
            format!("Key Signing Key name {name} is not valid."),
        ));
    }
    let keys = &zone.dnssec.keys;
    if keys.values().any(|key| key.name == name || key.kms_arn == kms_arn) {
        return Err(Fault::new(
            409,
            "KeySigningKeyAlreadyExists",
            "A Key Signing Key with the same name or customer managed key already exists.",
        ));
    }
    if keys.len() >= MOST_KEYS {
        return Err(Fault::new(
            400,
            "TooManyKeySigningKeys",
            format!("The hosted zone has the most Key Signing Keys that it can have: {MOST_KEYS}"),
        ));
    }
    settled(zone, world.now_ms)?;
    kms::signs_zones(world, &kms_arn).map_err(|why| {
        Fault::new(
            400,
            "InvalidKMSArn",
            format!("The KeyManagementServiceArn {kms_arn} is not valid to use with DNSSEC signing: {why}"),
        )
    })?;
    let now = world.now_ms;
    let key = KeySigningKey {
        name: name.clone(),
        kms_arn,
        active,
        caller_reference,
        created_ms: now,
        modified_ms: now,
    };
    let zone_name = find(world, &call.account, &id)?.name.clone();
    let shown = key.element("KeySigningKey", world, &zone_name);
    find_mut(world, &call.account, &id)?.dnssec.keys.insert(name.clone(), key);
    let change = submitted(world, call, &id)?;
    let location = format!("https://route53.amazonaws.com/2013-04-01/keysigningkey/{id}/{name}");
    Ok(answer_status(201, call, [change, shown]).header("location", location))
}

/// The zone and the key of a call that changes a key, which is there and may be changed now.
fn key_of<'w>(world: &'w World, call: &Call, id: &str, name: &str) -> Result<&'w Zone, Fault> {
    // The API has no other word for a zone that is not there.
    let zone = find(world, &call.account, id).map_err(|_| no_such_key(name))?;
    if !zone.dnssec.keys.contains_key(name) {
        return Err(no_such_key(name));
    }
    settled(zone, world.now_ms)?;
    Ok(zone)
}

fn switch(
    world: &mut World,
    call: &Call,
    (id, name): (&str, &str),
    active: bool,
) -> Result<Reply, Fault> {
    let now = world.now_ms;
    let zone = find_mut(world, &call.account, id)?;
    if let Some(key) = zone.dnssec.keys.get_mut(name) {
        key.active = active;
        key.modified_ms = now;
    }
    let change = submitted(world, call, id)?;
    Ok(answer(call, [change]))
}

/// `ActivateKeySigningKey`.
pub(super) fn activate(
    world: &mut World,
    call: &Call,
    id: &str,
    name: &str,
) -> Result<Reply, Fault> {
    let zone = key_of(world, call, id, name)?;
    let arn = zone.dnssec.keys.get(name).map(|key| key.kms_arn.clone()).unwrap_or_default();
    kms::signs_zones(world, &arn).map_err(|why| {
        Fault::new(400, "InvalidKMSArn", format!("The customer managed key {arn} {why}"))
    })?;
    switch(world, call, (id, name), true)
}

/// `DeactivateKeySigningKey`: not of the only key that signs, nor of one that the parent vouches for.
pub(super) fn deactivate(
    world: &mut World,
    call: &Call,
    id: &str,
    name: &str,
) -> Result<Reply, Fault> {
    let zone = key_of(world, call, id, name)?;
    let active = |key: &&KeySigningKey| key.active;
    let others = zone.dnssec.keys.values().filter(active).any(|key| key.name != name);
    if zone.dnssec.signing && !others {
        return Err(Fault::new(
            400,
            "KeySigningKeyInUse",
            "The Key Signing Key cannot be deactivated because it is the only active key of a hosted zone with DNSSEC signing enabled.",
        ));
    }
    if zone.dnssec.signing && in_parent(world, zone, |key| key == name) {
        return Err(in_parent_fault(&zone.name));
    }
    switch(world, call, (id, name), false)
}

/// `DeleteKeySigningKey`.
pub(super) fn delete_key(
    world: &mut World,
    call: &Call,
    id: &str,
    name: &str,
) -> Result<Reply, Fault> {
    let zone = key_of(world, call, id, name)?;
    if zone.dnssec.keys.get(name).is_some_and(|key| key.active) {
        return Err(Fault::new(
            400,
            "InvalidKeySigningKeyStatus",
            format!(
                "Key Signing Key with name {name} cannot be deleted because current status is not INACTIVE."
            ),
        ));
    }
    find_mut(world, &call.account, id)?.dnssec.keys.remove(name);
    let change = submitted(world, call, id)?;
    Ok(answer(call, [change]))
}

fn not_found() -> Fault {
    Fault::new(400, "DNSSECNotFound", "The hosted zone does not have any DNSSEC resources.")
}

fn sign(world: &mut World, call: &Call, id: &str, signing: bool) -> Result<Reply, Fault> {
    find_mut(world, &call.account, id)?.dnssec.signing = signing;
    let change = submitted(world, call, id)?;
    Ok(answer(call, [change]))
}

/// `EnableHostedZoneDNSSEC`.
pub(super) fn enable(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let zone = find(world, &call.account, id)?;
    public(zone)?;
    let keys = &zone.dnssec.keys;
    if keys.is_empty() {
        return Err(not_found());
    }
    if !keys.values().any(|key| key.active) {
        return Err(Fault::new(
            400,
            "KeySigningKeyWithActiveStatusNotFound",
            "No Key Signing Key with the status ACTIVE was found.",
        ));
    }
    settled(zone, world.now_ms)?;
    sign(world, call, id, true)
}

/// `DisableHostedZoneDNSSEC`: not while the parent vouches for one of the keys.
pub(super) fn disable(world: &mut World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let zone = find(world, &call.account, id)?;
    public(zone)?;
    if !zone.dnssec.signing {
        return Err(not_found());
    }
    settled(zone, world.now_ms)?;
    if in_parent(world, zone, |_| true) {
        return Err(in_parent_fault(&zone.name));
    }
    sign(world, call, id, false)
}

/// `GetDNSSEC`.
pub(super) fn get(world: &World, call: &Call, id: &str) -> Result<Reply, Fault> {
    let zone = find(world, &call.account, id)?;
    public(zone)?;
    let keys = &zone.dnssec.keys;
    let needed = keys.values().any(|key| key.status(world) == "ACTION_NEEDED");
    let status = match (zone.dnssec.signing, needed) {
        (true, false) => "SIGNING",
        (true, true) => "ACTION_NEEDED",
        (false, _) => "NOT_SIGNING",
    };
    let keys = keys.values().map(|key| key.element("member", world, &zone.name));
    Ok(answer(
        call,
        [
            Element::new("Status").text_child("ServeSignature", status),
            Element::new("KeySigningKeys").children(keys),
        ],
    ))
}

fn in_parent_fault(zone: &str) -> Fault {
    Fault::new(
        400,
        "KeySigningKeyInParentDSRecord",
        format!(
            "A DS record of the parent of '{zone}' refers to a Key Signing Key: disabling it would break the authentication chain."
        ),
    )
}

/// Whether the parent has a DS record of one of these keys: a public zone above it in the local
/// cloud, whoever's, or what [`super::State::publish_ds`] said of one elsewhere.
fn in_parent(world: &World, zone: &Zone, of: impl Fn(&str) -> bool) -> bool {
    let keys: Vec<&KeySigningKey> = zone.dnssec.keys.values().filter(|key| of(&key.name)).collect();
    if keys.iter().any(|key| zone.dnssec.in_parent.contains(&key.name)) {
        return true;
    }
    let wanted: Vec<String> = keys.iter().map(|key| key.ds_record(&zone.name)).collect();
    world
        .route53
        .accounts
        .values()
        .flat_map(|account| account.zones.values())
        .filter(|above| {
            !above.private && above.name != zone.name && names::is_inside(&zone.name, &above.name)
        })
        .flat_map(|above| above.served(world.now_ms).values())
        .filter(|record| record.record_type == "DS" && record.name == zone.name)
        .flat_map(|record| &record.values)
        .any(|value| wanted.iter().any(|ds| ds.eq_ignore_ascii_case(value)))
}
