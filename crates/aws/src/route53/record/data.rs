//! What a record answers: values of a type with a time to live, or another name's answer.

use std::fmt;

use bicoastal_model::Input;
use serde::{Deserialize, Serialize};

use crate::alias::AliasTarget;

macro_rules! record_types {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// A type of records.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum RecordType {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl RecordType {
            /// The type's name in DNS.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

record_types! {
    /// An IPv4 address.
    A "A",
    /// An IPv6 address.
    Aaaa "AAAA",
    /// Which authorities may issue certificates.
    Caa "CAA",
    /// Another name.
    Cname "CNAME",
    /// The key of a signed zone below.
    Ds "DS",
    /// Where a web service is.
    Https "HTTPS",
    /// Where mail goes.
    Mx "MX",
    /// A rewriting rule.
    Naptr "NAPTR",
    /// Name servers of a part that is delegated.
    Ns "NS",
    /// The name of an address.
    Ptr "PTR",
    /// The zone's own start of authority.
    Soa "SOA",
    /// A former type for mail senders; TXT took its place.
    Spf "SPF",
    /// Where a service is.
    Srv "SRV",
    /// The fingerprint of an SSH key.
    Sshfp "SSHFP",
    /// Where any service is.
    Svcb "SVCB",
    /// The certificate of a service.
    Tlsa "TLSA",
    /// Text.
    Txt "TXT",
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What a record answers. An alias has no time to live of its own (load balancers' is 60
/// seconds), every other record has one: the two can't be mixed up.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordData {
    /// What another record of the zone, or a resource of AWS, answers.
    Alias {
        /// The type answered.
        record_type: RecordType,
        /// Whose answer.
        target: AliasTarget,
        /// Whether the record is as healthy as its target.
        evaluate_target_health: bool,
    },
    /// Values.
    Values {
        /// The type answered.
        record_type: RecordType,
        /// For how many seconds resolvers keep the answer.
        ttl: u32,
        /// The values as Route 53 writes them.
        values: Vec<Input<String>>,
    },
}

/// The canonical zone id of every CloudFront distribution.
pub(super) const CLOUDFRONT_ZONE: &str = "Z2FDTNDATAQYW2";

impl RecordData {
    /// The addresses (type A) of a load balancer or another resource of AWS, as healthy as it is.
    pub fn alias(target: AliasTarget) -> Self {
        // CloudFront's health can't be evaluated, and saying so is refused.
        let cloudfront = target.zone_id.as_str() == CLOUDFRONT_ZONE;
        Self::Alias { record_type: RecordType::A, target, evaluate_target_health: !cloudfront }
    }

    /// The same, of another type than A.
    #[must_use]
    pub fn of_type(mut self, wanted: RecordType) -> Self {
        match &mut self {
            Self::Alias { record_type, .. } | Self::Values { record_type, .. } => {
                *record_type = wanted;
            }
        }
        self
    }

    /// An alias that counts as healthy whatever its target is.
    #[must_use]
    pub fn without_target_health(mut self) -> Self {
        if let Self::Alias { evaluate_target_health, .. } = &mut self {
            *evaluate_target_health = false;
        }
        self
    }

    /// Values of any type, as Route 53 writes them, kept for `ttl` seconds.
    pub fn values<V: Into<Input<String>>>(
        record_type: RecordType,
        ttl: u32,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::Values { record_type, ttl, values: values.into_iter().map(Into::into).collect() }
    }

    /// Texts of any length: quoted, escaped, and cut into strings of 255 bytes.
    pub fn txt<V: AsRef<str>>(ttl: u32, texts: impl IntoIterator<Item = V>) -> Self {
        Self::values(RecordType::Txt, ttl, texts.into_iter().map(|text| quoted(text.as_ref())))
    }
}

/// A text as Route 53 takes it: strings of at most 255 bytes in quotes, separated by spaces.
fn quoted(text: &str) -> String {
    let bytes = text.as_bytes();
    if bytes.is_empty() {
        return "\"\"".to_owned();
    }
    let chunk = |chunk: &[u8]| {
        let mut out = String::from("\"");
        for &byte in chunk {
            match byte {
                b'"' => out.push_str("\\\""),
                b'\\' => out.push_str("\\134"),
                b' '..=b'~' => out.push(char::from(byte)),
                other => out.push_str(&format!("\\{other:03o}")),
            }
        }
        out.push('"');
        out
    };
    bytes.chunks(255).map(chunk).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bicoastal_model::Shape;
    use bicoastal_model::same::same;
    use expect_test::{Expect, expect};
    use serde_json::json;

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&quoted(text));
    }

    #[test]
    fn texts_are_quoted_and_escaped() {
        check("v=spf1 -all", expect![[r#""v=spf1 -all""#]]);
        check(r#"say "hi"; \o/"#, expect![[r#""say \"hi\"; \134o/""#]]);
        check("grün", expect![[r#""gr\303\274n""#]]);
        check("", expect![[r#""""#]]);
    }

    #[test]
    fn texts_are_cut_at_255_bytes() {
        let lengths = |text: &str| -> Vec<usize> {
            quoted(text).split("\" \"").map(|part| part.trim_matches('"').len()).collect()
        };
        assert_eq!(lengths(&"x".repeat(255)), [255]);
        assert_eq!(lengths(&"x".repeat(256)), [255, 1]);
        assert_eq!(lengths(&"x".repeat(511)), [255, 255, 1]);
    }

    #[test]
    fn another_cut_of_the_same_text_is_no_difference() {
        let ours = json!([quoted(&"ab".repeat(200))]);
        let theirs = json!([format!("\"{}\" \"{}\"", "ab".repeat(100), "ab".repeat(100))]);
        assert!(same(&Shape::RecordValues, &ours, &theirs));
    }
}
