//! DNSSEC signing of public zones: key-signing keys, and whether the zone is signed.
//!
//! From AWS's developer guide ("Configuring DNSSEC signing", "Disabling DNSSEC signing", "Working with
//! key-signing keys"): a zone has at most two keys; a key is active before the zone is signed; signing
//! is off, or another key active, before a key is deactivated, and that before it is deleted; each
//! change is in sync before the next.
//!
//! What can't be seen from here is the parent domain, which tells resolvers by its DS record that
//! the zone is signed, and with which key. Route 53 looks it up itself when signing or a key is
//! switched off, and refuses while the record is there. It can't see what resolvers still remember
//! of it: hence a plan calls these changes disruptive.

use std::collections::BTreeSet;

use bicoastal_model::diff::FieldChange;
use bicoastal_model::{Arn, Check, Field, Input};
use serde::{Deserialize, Serialize};

use crate::kms::Key;

/// The most key-signing keys of a zone.
pub(super) const MOST_KEYS: usize = 2;

const ACTIVE: &str = "ACTIVE";
const INACTIVE: &str = "INACTIVE";

/// A key-signing key of a public zone. It signs with a KMS key whose ARN the parent domain's DS
/// record stands for: rotate it by adding a second one under another name, having the parent take
/// that one's DS record, and taking the first one out when the parent's old record has expired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeySigningKey {
    /// Its name, unique in the zone: 3–128 letters, digits and `_`.
    pub(super) name: String,
    /// The KMS key that it signs with.
    pub(super) kms_key: Input<Arn<Key>>,
    /// AWS's word: `ACTIVE` or `INACTIVE`.
    pub(super) status: String,
}

impl KeySigningKey {
    /// A key that signs.
    ///
    /// The KMS key is a single-region key of us-east-1 with the spec `ECC_NIST_P256` for
    /// `SIGN_VERIFY`, and its policy lets `dnssec-route53.amazonaws.com` use `kms:DescribeKey`,
    /// `kms:GetPublicKey` and `kms:Sign` on it. Two keys of a zone have different ones.
    pub fn new(name: impl Into<String>, kms_key: impl Into<Input<Arn<Key>>>) -> Self {
        Self { name: name.into(), kms_key: kms_key.into(), status: ACTIVE.to_owned() }
    }

    /// The same key, which does not sign: it is there, and nothing more.
    #[must_use]
    pub fn inactive(self) -> Self {
        Self { status: INACTIVE.to_owned(), ..self }
    }

    pub(super) fn is_active(&self) -> bool {
        self.status == ACTIVE
    }

    /// Whether it is to stay what it is: a key's KMS key can't be changed.
    fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.kms_key == other.kms_key
    }
}

/// What the parent domain, or its registrar, has to know of a key-signing key: its DS record, whole
/// and in parts (RFC 4034), and the public key for those who make it themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelegationSigner {
    /// The key-signing key's name.
    pub key: String,
    /// AWS's word for how it is: `ACTIVE`, `INACTIVE` …
    pub status: String,
    /// The DS record's data: `KEY_TAG ALGORITHM DIGEST_TYPE DIGEST`.
    pub ds_record: String,
    /// The key tag.
    pub key_tag: i32,
    /// The number of the signing algorithm: 13 is ECDSA P-256 with SHA-256.
    pub algorithm: i32,
    /// The number of the digest's algorithm: 2 is SHA-256.
    pub digest_type: i32,
    /// The digest, in hexadecimal digits.
    pub digest: String,
    /// The DNSKEY record's flags: 257 for a key-signing key.
    pub flags: i32,
    /// The public key, in base64.
    pub public_key: String,
}

pub(super) const KEY: &[Field] = &[Field::new("name"), Field::new("kms_key"), Field::new("status")];

/// Why a change of signing can take the domain from its users: what is switched off, or taken out.
pub(super) fn caution(change: &FieldChange) -> Option<&'static str> {
    let path = change.path.as_str();
    let is = |value: &bicoastal_model::Packed, word: &str| value.as_str() == Some(word);
    if path == "dnssec_signing" {
        let off = change.after.as_bool() != Some(true);
        return off.then_some(
            "switching signing off breaks the domain for everybody who validates as long as the \
             parent's DS record is there or remembered: take it out at the parent, and wait until its \
             TTL has passed, first",
        );
    }
    let key = path.strip_prefix("key_signing_keys[")?;
    let status = |value: &bicoastal_model::Packed| {
        value.get("status").and_then(|it| it.as_str()).map(str::to_owned)
    };
    let stops = match key.rsplit_once("].") {
        Some((_, "status")) => !is(&change.after, ACTIVE) && !is(&change.before, INACTIVE),
        Some((_, "kms_key")) => true,
        Some(_) => false,
        None => change.after.is_null() && status(&change.before).as_deref() != Some(INACTIVE),
    };
    stops.then_some(
        "a key-signing key stops signing: as long as the parent's DS record of it is there or \
         remembered and no other key has one, the domain breaks for everybody who validates; have \
         the parent take the other key's DS record, and wait until the TTL of the old one has \
         passed, first",
    )
}

/// What can be told of signing without AWS.
pub(super) fn check(
    check: &mut Check,
    private: bool,
    signing: Option<bool>,
    keys: &[KeySigningKey],
) {
    if private {
        check.ensure(
            signing != Some(true) && keys.is_empty(),
            "DNSSEC signing is for public zones only",
        );
        return;
    }
    if keys.len() > MOST_KEYS {
        check.error("a zone has at most two key-signing keys");
    }
    let (mut names, mut arns) = (BTreeSet::new(), BTreeSet::new());
    for key in keys {
        let name = &key.name;
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !(3..=128).contains(&name.len()) || !name.bytes().all(legal) {
            check.error(format!(
                "'{name}' is not a key-signing key's name: 3 to 128 letters, digits and '_'"
            ));
        }
        if !names.insert(name) {
            check.error(format!("two key-signing keys are called {name}"));
        }
        if let Some(arn) = key.kms_key.known().map(Arn::as_str) {
            if let Some(problem) = key_problem(arn) {
                check.error_with_hint(
                    format!("'{arn}' can't sign a zone: {problem}"),
                    "make a single-region KMS key with the spec ECC_NIST_P256 for SIGN_VERIFY in us-east-1",
                );
            }
            if !arns.insert(arn) {
                check.error(format!("two key-signing keys have the KMS key {arn}"));
            }
        }
    }
    if signing == Some(true) && !keys.iter().any(KeySigningKey::is_active) {
        check.error_with_hint(
            "a signed zone needs an active key-signing key",
            "give it one with key_signing_keys([KeySigningKey::new(…)])",
        );
    }
}

/// Why an ARN is not one of a KMS key that can sign a zone.
fn key_problem(arn: &str) -> Option<&'static str> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "kms", region, _, resource] = parts[..] else {
        return Some("it is not the ARN of a KMS key");
    };
    let Some(id) = resource.strip_prefix("key/") else {
        return Some("it is not a key's own ARN");
    };
    match (region, id) {
        ("us-east-1", id) if id.starts_with("mrk-") => Some("it is a multi-region key"),
        ("us-east-1", _) => None,
        _ => Some("it is not in us-east-1"),
    }
}

/// One change of a zone's signing.
#[derive(Clone, Debug, PartialEq)]
pub enum SigningEdit {
    /// Whether the zone is signed.
    Sign(bool),
    Add(KeySigningKey),
    /// Whether the key of this name signs.
    Switch(String, bool),
    Remove(String),
}

impl SigningEdit {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Sign(true) => "EnableHostedZoneDNSSEC",
            Self::Sign(false) => "DisableHostedZoneDNSSEC",
            Self::Add(_) => "CreateKeySigningKey",
            Self::Switch(_, true) => "ActivateKeySigningKey",
            Self::Switch(_, false) => "DeactivateKeySigningKey",
            Self::Remove(_) => "DeleteKeySigningKey",
        }
    }
}

/// The word of a switch that failed inside AWS: it is to be asked for again, before anything else of
/// signing can be.
pub(super) const FAILED: &str = "INTERNAL_FAILURE";

/// How a zone's signing is to become what it is not yet. `signing` and `keys` are what is wanted of
/// each, where that differs from what is seen; `has_failed` says that the last switch of signing failed
/// inside AWS.
pub(super) fn next(
    signing: Option<bool>,
    keys: Option<&[KeySigningKey]>,
    (has_failed, there): (bool, &[KeySigningKey]),
) -> Option<SigningEdit> {
    let wanted = keys.unwrap_or(there);
    if signing == Some(false) {
        return Some(SigningEdit::Sign(false));
    }
    let sign = signing == Some(true);
    if sign && has_failed && there.iter().any(KeySigningKey::is_active) {
        return Some(SigningEdit::Sign(true));
    }
    let goes = |key: &&KeySigningKey| !wanted.iter().any(|it| it.is_same(key));
    let is_there = |key: &&KeySigningKey| there.iter().any(|it| it.name == key.name);
    // A new one before an old one goes, as long as there is room for both.
    let has_room = there.len() < MOST_KEYS || !there.iter().any(|it| goes(&it));
    if let Some(new) = wanted.iter().find(|it| !is_there(it))
        && has_room
    {
        return Some(SigningEdit::Add(new.clone()));
    }
    let as_seen = |key: &KeySigningKey| there.iter().find(|it| it.is_same(key));
    let asleep = |key: &&KeySigningKey| as_seen(key).is_some_and(|it| !it.is_active());
    if let Some(key) = wanted.iter().find(|key| key.is_active() && asleep(key)) {
        return Some(SigningEdit::Switch(key.name.clone(), true));
    }
    if sign {
        return Some(SigningEdit::Sign(true));
    }
    let is_off = |key: &KeySigningKey| key.status == INACTIVE;
    let to_stop = |key: &&KeySigningKey| {
        !is_off(key) && (goes(key) || wanted.iter().any(|it| it.is_same(key) && is_off(it)))
    };
    if let Some(key) = there.iter().find(|key| goes(key) && is_off(key)) {
        return Some(SigningEdit::Remove(key.name.clone()));
    }
    let key = there.iter().find(to_stop)?;
    Some(SigningEdit::Switch(key.name.clone(), false))
}

#[cfg(test)]
mod tests {
    use bicoastal_model::diff::Cause;
    use bicoastal_model::schema::{Change, Risk};
    use bicoastal_model::{Packed, Place, ScopeKind};
    use expect_test::expect;
    use serde_json::{Value, json};

    use super::*;

    const ARN: &str = "arn:aws:kms:us-east-1:000000000000:key/";

    fn key(text: &str) -> KeySigningKey {
        let (name, id) = text.split_once('=').unwrap_or((text, text));
        match id.strip_prefix('-') {
            Some(id) => KeySigningKey::new(name, format!("{ARN}{id}")).inactive(),
            None => KeySigningKey::new(name, format!("{ARN}{id}")),
        }
    }

    fn keys(text: &str) -> Vec<KeySigningKey> {
        text.split_whitespace().map(key).collect()
    }

    /// Carries out what is next until nothing is, as AWS would; answers the calls, and what AWS
    /// would have refused.
    fn path(mut signed: bool, there: &str, sign: Option<bool>, wanted: &str) -> String {
        let (mut there, wanted) = (keys(there), keys(wanted));
        let mut calls = Vec::new();
        for _ in 0..12 {
            let differs = |a: &[KeySigningKey], b: &[KeySigningKey]| {
                a.len() != b.len() || a.iter().any(|it| !b.contains(it))
            };
            let signing = sign.filter(|it| *it != signed);
            let changed = differs(&there, &wanted).then_some(wanted.as_slice());
            let Some(edit) = next(signing, changed, (false, &there)) else {
                assert!(signing.is_none() && changed.is_none(), "{calls:?} leave {there:?}");
                return calls.join(", ");
            };
            let active =
                |name: &str| there.iter().filter(|it| it.name != name && it.is_active()).count();
            let (what, refused) = match &edit {
                SigningEdit::Sign(on) => (String::new(), *on && active("") == 0),
                SigningEdit::Add(key) => (format!(" {}", key.name), there.len() == 2),
                SigningEdit::Switch(name, on) => {
                    (format!(" {name}"), !on && signed && active(name) == 0)
                }
                SigningEdit::Remove(name) => {
                    (format!(" {name}"), there.iter().any(|it| it.name == *name && it.is_active()))
                }
            };
            calls.push(format!("{}{what}", edit.name()));
            if refused {
                return calls.join(", ") + " (refused)";
            }
            match edit {
                SigningEdit::Sign(on) => signed = on,
                SigningEdit::Add(key) => there.push(key),
                SigningEdit::Switch(name, on) => {
                    let key = there.iter_mut().find(|it| it.name == name).unwrap();
                    key.status = if on { ACTIVE } else { INACTIVE }.to_owned();
                }
                SigningEdit::Remove(name) => there.retain(|it| it.name != name),
            }
        }
        panic!("it does not end: {calls:?}");
    }

    #[test]
    fn keys_come_before_signing_and_go_after_it() {
        let mut lines = String::new();
        for (signed, there, sign, wanted) in [
            (false, "", Some(true), "one"),
            (false, "one=-one", Some(true), "one"),
            (true, "one", Some(false), ""),
            (true, "one two", Some(false), "one=-one"),
            (true, "one", Some(true), "two"),
            (true, "one two", Some(true), "two"),
            (true, "one two", Some(true), "two three"),
            (true, "one two", Some(true), "three four"),
            (true, "one two=-two", None, "one=-one two"),
            (true, "one=a", Some(true), "one=b"),
            (false, "one=a", None, "one=b"),
            (true, "one=a", Some(false), "one=b"),
            (true, "one=a two", Some(true), "one=b two"),
            (true, "one", Some(true), "one=-one"),
            (true, "one two", Some(true), "one two"),
        ] {
            let state = if signed { "signed" } else { "unsigned" };
            lines += &format!("{state} [{there}] to {sign:?} [{wanted}]: ");
            lines += &(path(signed, there, sign, wanted) + "\n");
        }
        expect![[r#"
            unsigned [] to Some(true) [one]: CreateKeySigningKey one, EnableHostedZoneDNSSEC
            unsigned [one=-one] to Some(true) [one]: ActivateKeySigningKey one, EnableHostedZoneDNSSEC
            signed [one] to Some(false) []: DisableHostedZoneDNSSEC, DeactivateKeySigningKey one, DeleteKeySigningKey one
            signed [one two] to Some(false) [one=-one]: DisableHostedZoneDNSSEC, DeactivateKeySigningKey one, DeactivateKeySigningKey two, DeleteKeySigningKey two
            signed [one] to Some(true) [two]: CreateKeySigningKey two, DeactivateKeySigningKey one, DeleteKeySigningKey one
            signed [one two] to Some(true) [two]: DeactivateKeySigningKey one, DeleteKeySigningKey one
            signed [one two] to Some(true) [two three]: DeactivateKeySigningKey one, DeleteKeySigningKey one, CreateKeySigningKey three
            signed [one two] to Some(true) [three four]: DeactivateKeySigningKey one, DeleteKeySigningKey one, CreateKeySigningKey three, DeactivateKeySigningKey two, DeleteKeySigningKey two, CreateKeySigningKey four
            signed [one two=-two] to None [one=-one two]: ActivateKeySigningKey two, DeactivateKeySigningKey one
            signed [one=a] to Some(true) [one=b]: DeactivateKeySigningKey one (refused)
            unsigned [one=a] to None [one=b]: DeactivateKeySigningKey one, DeleteKeySigningKey one, CreateKeySigningKey one
            signed [one=a] to Some(false) [one=b]: DisableHostedZoneDNSSEC, DeactivateKeySigningKey one, DeleteKeySigningKey one, CreateKeySigningKey one
            signed [one=a two] to Some(true) [one=b two]: DeactivateKeySigningKey one, DeleteKeySigningKey one, CreateKeySigningKey one
            signed [one] to Some(true) [one=-one]: DeactivateKeySigningKey one (refused)
            signed [one two] to Some(true) [one two]: 
        "#]].assert_eq(&lines);
    }

    #[test]
    fn what_failed_inside_aws_is_asked_for_again_first() {
        let there = keys("one");
        let again = next(Some(true), Some(&keys("one two")), (true, &there));
        assert_eq!(again, Some(SigningEdit::Sign(true)));
        // Of a key, too.
        let mut failed = keys("one");
        failed[0].status = FAILED.to_owned();
        let switch = |on: bool| Some(SigningEdit::Switch("one".to_owned(), on));
        assert_eq!(next(None, Some(&keys("one")), (false, &failed)), switch(true));
        assert_eq!(next(None, Some(&keys("one=-one")), (false, &failed)), switch(false));
        assert_eq!(next(None, Some(&[]), (false, &failed)), switch(false));
    }

    #[test]
    fn what_stops_signing_is_disruptive() {
        let change = |path: &str, before: Value, after: Value| {
            let change = FieldChange {
                path: path.into(),
                cause: Cause::Edited,
                before: Packed::from(before),
                after: Packed::from(after),
                change: Change::InPlace,
                risk: Risk::Safe,
            };
            caution(&change).is_some()
        };
        let one = "key_signing_keys[one]";
        let status = "key_signing_keys[one].status";
        for (path, before, after, stops) in [
            ("dnssec_signing", json!(true), json!(false), true),
            ("dnssec_signing", json!(true), Value::Null, true),
            ("dnssec_signing", json!(false), json!(true), false),
            (status, json!("ACTIVE"), json!("INACTIVE"), true),
            (status, json!("INACTIVE"), json!("ACTIVE"), false),
            (status, json!("INTERNAL_FAILURE"), json!("INACTIVE"), true),
            ("key_signing_keys[one].kms_key", json!("a"), json!("b"), true),
            (one, json!({"name": "one", "status": "ACTIVE"}), Value::Null, true),
            (one, json!({"name": "one", "status": "INACTIVE"}), Value::Null, false),
            (one, Value::Null, json!({"name": "one", "status": "ACTIVE"}), false),
            ("comment", json!("a"), Value::Null, false),
        ] {
            assert_eq!(
                change(path, before.clone(), after.clone()),
                stops,
                "{path} {before} {after}"
            );
        }
    }

    #[test]
    fn what_aws_would_refuse_is_refused_offline() {
        let errors = |private: bool, signing: Option<bool>, keys: &[KeySigningKey]| {
            let place = Place { account: None, scope: ScopeKind::Global, regions: Vec::new() };
            let mut found = Check::new(place);
            check(&mut found, private, signing, keys);
            found.errors().into_iter().map(str::to_owned).collect::<Vec<_>>().join("; ")
        };
        let of_arn = |arn: &str| vec![KeySigningKey::new("one", arn)];
        let mut lines = Vec::new();
        for (private, signing, keys) in [
            (false, Some(true), keys("one two")),
            (false, None, keys("one=-one")),
            (false, Some(false), Vec::new()),
            (true, Some(false), Vec::new()),
            (true, Some(true), keys("one")),
            (false, Some(true), keys("one=-one")),
            (false, None, keys("one two three")),
            (false, None, keys("one=a one=b")),
            (false, None, keys("one=a two=a")),
            (false, None, keys("k-1")),
            (false, None, keys("k1")),
            (false, None, keys(&"k".repeat(129))),
            (false, None, of_arn("alias/signer")),
            (false, None, of_arn("arn:aws:kms:us-east-1:1:alias/signer")),
            (false, None, of_arn("arn:aws:kms:ap-south-1:1:key/a")),
            (false, None, of_arn("arn:aws:kms:us-east-1:1:key/mrk-a")),
        ] {
            lines.push(errors(private, signing, &keys));
        }
        expect![[r#"




            DNSSEC signing is for public zones only
            a signed zone needs an active key-signing key
            a zone has at most two key-signing keys
            two key-signing keys are called one
            two key-signing keys have the KMS key arn:aws:kms:us-east-1:000000000000:key/a
            'k-1' is not a key-signing key's name: 3 to 128 letters, digits and '_'
            'k1' is not a key-signing key's name: 3 to 128 letters, digits and '_'
            'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk' is not a key-signing key's name: 3 to 128 letters, digits and '_'
            'alias/signer' can't sign a zone: it is not the ARN of a KMS key
            'arn:aws:kms:us-east-1:1:alias/signer' can't sign a zone: it is not a key's own ARN
            'arn:aws:kms:ap-south-1:1:key/a' can't sign a zone: it is not in us-east-1
            'arn:aws:kms:us-east-1:1:key/mrk-a' can't sign a zone: it is a multi-region key"#]].assert_eq(&lines.join("\n"));
    }
}
