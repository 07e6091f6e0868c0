//! Secrets as digests: enough to tell whether one changed, too slow to guess from.

use argon2::{Algorithm, Argon2, Params, Version};

/// Memory in KiB, passes and lanes: OWASP's least for argon2id (19 MiB, 2 passes, 1 lane).
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
const LENGTH: usize = 32;

/// The digest of a secret: `argon2id:<KiB>,<passes>,<lanes>:<salt>:<hash>`, salt and hash in hex.
///
/// The same secret and salt make the same text. The salt has at least 8 bytes; a shorter one is
/// padded with zeros.
pub fn digest(clear: &str, salt: &[u8]) -> String {
    let mut salt = salt.to_vec();
    salt.resize(salt.len().max(8), 0);
    let (memory, passes, lanes) = COST;
    // The cost is within argon2's limits, so there always is a hash.
    let hash = hash(clear, &salt, COST).unwrap_or_default();
    format!("argon2id:{memory},{passes},{lanes}:{}:{}", hex(&salt), hex(&hash))
}

/// Whether the digest is of this secret. A text that is no digest is of no secret.
pub fn verify(clear: &str, digest: &str) -> bool {
    parse(digest).is_some_and(|(cost, salt, expected)| {
        hash(clear, &salt, cost).is_some_and(|hash| {
            // Every byte is looked at, whichever differs.
            hash.len() == expected.len()
                && hash.iter().zip(&expected).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
        })
    })
}

/// Whether the text is a digest made here.
pub fn is_digest(text: &str) -> bool {
    parse(text).is_some()
}

type Cost = (u32, u32, u32);

fn parse(digest: &str) -> Option<(Cost, Vec<u8>, Vec<u8>)> {
    let mut parts = digest.strip_prefix("argon2id:")?.split(':');
    let (cost, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
    let mut numbers = cost.split(',').map(str::parse::<u32>);
    let cost = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    Some((cost, unhex(salt)?, unhex(hash)?))
}

fn hash(clear: &str, salt: &[u8], (memory, passes, lanes): Cost) -> Option<Vec<u8>> {
    let params = Params::new(memory, passes, lanes, Some(LENGTH)).ok()?;
    let mut hash = vec![0; LENGTH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(clear.as_bytes(), salt, &mut hash)
        .ok()?;
    Some(hash)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_verifies_its_secret_only() {
        let of = digest("hunter2", b"a salt of 16 byt");
        assert!(of.starts_with("argon2id:19456,2,1:"), "{of}");
        assert!(verify("hunter2", &of));
        assert!(!verify("hunter3", &of));
        assert_ne!(of, digest("hunter2", b"another salt 16b"));
        assert!(is_digest(&of));
    }

    #[test]
    fn what_is_no_digest_is_of_no_secret() {
        for text in [
            "",
            "master_password",
            "argon2id:1:2:3",
            "argon2id:19456,2,1:zz:00",
            "argon2id:19456,2,1:abc:00",
            "argon2id:19456,2,1:aéb:00",
        ] {
            assert!(!verify("", text) && !is_digest(text), "{text}");
        }
    }

    #[test]
    fn differences_do_not_make_up_for_each_other() {
        let of = digest("hunter2", b"a salt of 16 byt");
        let (rest, hash) = of.rsplit_once(':').unwrap_or_default();
        let mut bytes = unhex(hash).unwrap_or_default();
        bytes.iter_mut().take(2).for_each(|byte| *byte ^= 1);
        assert!(!verify("hunter2", &format!("{rest}:{}", hex(&bytes))));
    }
}
