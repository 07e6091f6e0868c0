//! Secrets: clear for the call, a digest for the journal.

use bicoastal_model::ResourceId;
use bicoastal_model::value::{self, SECRET, marker};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Secrets;
use crate::digest;
use crate::state::Key;

/// The slots of the secrets in a value that are to be set: markers that hold no digest.
pub(super) fn slots(wanted: &Value) -> Vec<String> {
    let mut slots = Vec::new();
    let mut copy = wanted.clone();
    value::rewrite(&mut copy, &mut |inner| {
        if let Some(slot) = marker(inner, SECRET).and_then(Value::as_str)
            && !digest::is_digest(slot)
        {
            slots.push(slot.to_owned());
        }
        None
    });
    slots
}

/// The value with its slots filled: once in clear, once with digests.
pub(crate) fn fill(wanted: &Value, key: &Key, secrets: &Secrets, salt: [u8; 16]) -> (Value, Value) {
    let clear = |slot: &str| secrets.get(&(key.id.clone(), slot.to_owned()));
    let (mut open, mut sealed) = (wanted.clone(), wanted.clone());
    value::rewrite(&mut open, &mut |inner| {
        let slot = marker(inner, SECRET)?.as_str()?;
        Some(json!({ SECRET: clear(slot)?.expose() }))
    });
    value::rewrite(&mut sealed, &mut |inner| {
        let slot = marker(inner, SECRET)?.as_str()?;
        let digest = digest::digest(clear(slot)?.expose(), &salt_of(salt, key, slot));
        Some(json!({ SECRET: digest }))
    });
    (open, sealed)
}

/// Two slots with the same secret have different digests.
fn salt_of(salt: [u8; 16], key: &Key, slot: &str) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(format!("{key} {slot}"));
    hasher.finalize().iter().take(16).copied().collect()
}

/// The resource that a slot is missing of, in words.
pub(super) fn missing(id: &ResourceId, slot: &str) -> String {
    format!("the secret {slot} of {id} is not supplied by the program")
}
