//! Which certificate is meant.

use bicoastal_model::{Arn, Lookup};
use serde::{Deserialize, Serialize};

use super::Certificate;

impl Certificate {
    /// The issued certificate for this domain in the region of the look-up. The domain is the first
    /// name of the certificate (`*.example.com` is a name of its own); exactly one may match,
    /// unless [`CertificateQuery::most_recent`] chooses.
    ///
    /// ```
    /// # use bicoastal_aws::acm::Certificate;
    /// # use bicoastal_model::{Region, Stack};
    /// let mut stack = Stack::new("shop");
    /// let wildcard = Certificate::for_domain("*.example.com").most_recent();
    /// let certificate = stack.region(Region::UsEast1).lookup("certificate", wildcard);
    /// stack.export("certificate", certificate.arn());
    /// ```
    pub fn for_domain(domain: impl AsRef<str>) -> CertificateQuery {
        CertificateQuery::new(Named::Domain(
            domain.as_ref().trim_end_matches('.').to_ascii_lowercase(),
        ))
    }

    /// The issued certificate with this ARN, which must be of the region of the look-up.
    pub fn with_arn(arn: impl Into<String>) -> CertificateQuery {
        CertificateQuery::new(Named::Arn(Arn::new(arn)))
    }
}

/// How to find a certificate: made by [`Certificate::for_domain`] or [`Certificate::with_arn`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CertificateQuery {
    pub(super) named: Named,
    /// None of them: any.
    pub(super) statuses: Vec<CertificateStatus>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) types: Vec<CertificateType>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) key_algorithms: Vec<KeyAlgorithm>,
    #[serde(default)]
    pub(super) most_recent: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Named {
    Domain(String),
    Arn(Arn<Certificate>),
}

impl CertificateQuery {
    fn new(named: Named) -> Self {
        Self {
            named,
            statuses: vec![CertificateStatus::Issued],
            types: Vec::new(),
            key_algorithms: Vec::new(),
            most_recent: false,
        }
    }

    /// Only certificates in one of these states, instead of issued ones. A listener takes none that
    /// is not issued.
    #[must_use]
    pub fn statuses(self, statuses: impl IntoIterator<Item = CertificateStatus>) -> Self {
        Self { statuses: statuses.into_iter().collect(), ..self }
    }

    /// Only certificates that come from one of these.
    #[must_use]
    pub fn types(self, types: impl IntoIterator<Item = CertificateType>) -> Self {
        Self { types: types.into_iter().collect(), ..self }
    }

    /// Only certificates whose key is of one of these kinds. All are looked through without it.
    #[must_use]
    pub fn key_algorithms(self, algorithms: impl IntoIterator<Item = KeyAlgorithm>) -> Self {
        Self { key_algorithms: algorithms.into_iter().collect(), ..self }
    }

    /// Of several that match the one that is valid from the latest time on; of those that are not
    /// valid yet, the one that was made last.
    #[must_use]
    pub fn most_recent(self) -> Self {
        Self { most_recent: true, ..self }
    }
}

impl Lookup for CertificateQuery {
    type Of = Certificate;
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$said:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$said])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// As AWS writes it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

words! {
    /// How far a certificate is.
    CertificateStatus {
        /// Somebody is to prove that the domain is theirs.
        PendingValidation = "PENDING_VALIDATION",
        /// It can be used.
        Issued = "ISSUED",
        /// A private certificate that is not in use yet.
        Inactive = "INACTIVE",
        /// Its time has run out.
        Expired = "EXPIRED",
        /// Nobody proved the domain in 72 hours.
        ValidationTimedOut = "VALIDATION_TIMED_OUT",
        /// It was taken back.
        Revoked = "REVOKED",
        /// The request was refused.
        Failed = "FAILED",
    }
}

words! {
    /// Where a certificate comes from.
    CertificateType {
        /// Amazon issues and renews it.
        AmazonIssued = "AMAZON_ISSUED",
        /// Somebody else issued it, and it was imported; nobody renews it by themselves.
        Imported = "IMPORTED",
        /// A private authority issued it.
        Private = "PRIVATE",
    }
}

words! {
    /// What kind of key a certificate is for.
    KeyAlgorithm {
        /// RSA with 1,024 bits, imported only.
        Rsa1024 = "RSA_1024",
        /// RSA with 2,048 bits: what is asked for unless said otherwise.
        Rsa2048 = "RSA_2048",
        /// RSA with 3,072 bits.
        Rsa3072 = "RSA_3072",
        /// RSA with 4,096 bits.
        Rsa4096 = "RSA_4096",
        /// The elliptic curve P-256.
        EcPrime256v1 = "EC_prime256v1",
        /// The elliptic curve P-384.
        EcSecp384r1 = "EC_secp384r1",
        /// The elliptic curve P-521.
        EcSecp521r1 = "EC_secp521r1",
    }
}

impl KeyAlgorithm {
    /// Every one.
    pub(super) const ALL: [Self; 7] = [
        Self::Rsa1024,
        Self::Rsa2048,
        Self::Rsa3072,
        Self::Rsa4096,
        Self::EcPrime256v1,
        Self::EcSecp384r1,
        Self::EcSecp521r1,
    ];
}
