//! Secrets: clear for the call, a digest for the journal.

use std::collections::BTreeMap;

use bicoastal_model::value::{self, SECRET, Value, json};
use bicoastal_model::{Packed, ResourceId, secrets::markers};
use sha2::{Digest, Sha256};

use bicoastal_model::stack::Clear;

use super::Secrets;
use crate::digest;
use crate::state::Key;

/// The slots of the secrets in a value that are to be set: markers that hold no digest.
pub(super) fn slots(wanted: &Packed) -> Vec<String> {
    let slots = markers(wanted).into_iter().filter_map(|(_, slot)| slot.as_str());
    slots.filter(|slot| !digest::is_digest(slot)).map(str::to_owned).collect()
}

/// The secrets that are wanted as they were applied, by their digests: what makes the thing again,
/// or writes a list of which they are a part, may have to send them all the same.
fn kept<'s>(wanted: &Packed, key: &Key, secrets: &'s Secrets) -> BTreeMap<String, &'s str> {
    let clear = |(slot, content): (String, &Packed)| {
        let digest = content.as_str().filter(|it| digest::is_digest(it))?;
        Some((digest.to_owned(), secrets.get(&(key.id.clone(), slot))?.expose()))
    };
    markers(wanted).into_iter().filter_map(clear).collect()
}

/// What was applied, for the call: of the secrets only those that are wanted as they are, in clear.
pub(super) fn before(applied: &Packed, wanted: &Packed, key: &Key, secrets: &Secrets) -> Value {
    let kept = kept(wanted, key, secrets);
    let stays: Vec<&str> =
        markers(wanted).into_iter().filter_map(|(_, content)| content.as_str()).collect();
    let mut open = applied.to_value();
    value::rewrite(&mut open, &mut |inner| {
        let digest = value::marker(inner, SECRET)?.as_str()?;
        match kept.get(digest) {
            Some(clear) => Some(json!({ SECRET: clear })),
            None if digest::is_digest(digest) && stays.contains(&digest) => None,
            // No text is like it.
            None => Some(json!({ SECRET: null })),
        }
    });
    open
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
    let kept = kept(wanted, key, secrets);
    value::rewrite(&mut open, &mut |inner| {
        let slot = value::marker(inner, SECRET)?.as_str()?;
        let clear = clear(slot).map(Clear::expose).or_else(|| kept.get(slot).copied())?;
        Some(json!({ SECRET: clear }))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_was_applied_only_what_stays_is_told_to_a_call() {
        let key = Key { id: "db".into(), incarnation: 1 };
        let [stays, former] =
            ["stays", "former"].map(|it| digest::digest(it, b"a salt of its own"));
        let secrets = |stays: &str, changed: &str, doubted: &str| {
            let texts = [("stays", stays), ("changed", changed), ("doubted", doubted)];
            let fields =
                texts.map(|(name, it)| (name, Packed::object([(SECRET.into(), it.into())])));
            Packed::object(fields.map(|(name, it)| (name.into(), it)))
        };
        let applied = secrets(&stays, &former, "in doubt");
        let wanted = secrets(&stays, "changed", "doubted");
        let told = before(&applied, &wanted, &key, &Secrets::new());
        let none = json!({ SECRET: null });
        // Of what stays the digest is all that there is, on both sides.
        let expected = json!({ "stays": { SECRET: stays }, "changed": none, "doubted": none });
        assert_eq!(told, expected);
    }
}
