//! Secrets: clear for the call, a digest for the journal.

use bicoastal_model::value::{self, SECRET, Value, json};
use bicoastal_model::{Packed, ResourceId};
use sha2::{Digest, Sha256};

use super::Secrets;
use crate::digest;
use crate::state::Key;

/// The slots of the secrets in a value that are to be set: markers that hold no digest.
pub(super) fn slots(wanted: &Packed) -> Vec<String> {
    let mut slots = Vec::new();
    wanted.visit(&mut |inner| {
        if let Some(slot) = inner.marker(SECRET).and_then(Packed::as_str)
            && !digest::is_digest(slot)
        {
            slots.push(slot.to_owned());
        }
    });
    slots
}

/// The value with its slots filled: once in clear, once with digests.
pub(crate) fn fill(
    wanted: &Packed,
    key: &Key,
    secrets: &Secrets,
    salt: [u8; 16],
) -> (Value, Packed) {
    let clear = |slot: &str| secrets.get(&(key.id.clone(), slot.to_owned()));
    // What is in clear is never packed.
    let mut open = wanted.to_value();
    if secrets.is_empty() {
        return (open, wanted.clone());
    }
    value::rewrite(&mut open, &mut |inner| {
        let slot = value::marker(inner, SECRET)?.as_str()?;
        Some(json!({ SECRET: clear(slot)?.expose() }))
    });
    let sealed = wanted.rewrite(&mut |inner| {
        let slot = inner.marker(SECRET)?.as_str()?;
        let digest = digest::digest(clear(slot)?.expose(), &salt_of(salt, key, slot));
        Some(Packed::object([(SECRET.into(), digest.into())]))
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
