//! Certificate Manager: certificates that exist already.
//!
//! A load balancer takes certificates of its own region only: look one up in the region of each
//! listener. Asking for a certificate and proving the domain is left to whoever owns the domain.

mod find;
mod query;

use bicoastal_model::schema::OutputSpec;
use bicoastal_model::{
    Arn, Deletes, OpError, Regional, Resource, Schema, ScopeKind, Snapshot, Target, Tier, handle,
};

use crate::cx::{Cx, GLOBAL};
use crate::kind::{Kind, Next, Turn};
pub use crate::markers::Certificate;
use crate::provider::Registry;
pub use query::{CertificateQuery, CertificateStatus, CertificateType, KeyAlgorithm};

pub(crate) fn register(registry: Registry) -> Registry {
    registry.kind::<Certificate>().lookup::<CertificateQuery>()
}

handle! {
    /// A certificate that was looked up.
    pub struct CertificateHandle {
        /// The certificate's ARN: what a listener takes.
        arn: Arn<Certificate>,
        /// The first of the names that it is for.
        domain: String,
        /// Its status, as AWS writes it: `ISSUED`.
        status: String,
    }
}

static SCHEMA: Schema = Schema {
    kind: "ACM:Certificate",
    service: "acm",
    feature: "acm",
    scope: ScopeKind::Regional,
    tier: Tier::Foundation,
    outputs: &[
        OutputSpec::assigned("arn"),
        OutputSpec::assigned("domain"),
        OutputSpec::assigned("status"),
    ],
    ..Schema::BASE
};

impl Resource for Certificate {
    type Scope = Regional;
    type Handle = CertificateHandle;
    const SCHEMA: &'static Schema = &SCHEMA;
}

/// A certificate that is only looked up is never read for a plan, and never changed.
impl Kind for Certificate {
    type Call = ();

    async fn read(cx: &Cx, target: &Target) -> Result<Option<Snapshot>, OpError> {
        let Some(arn) = &target.physical else { return Ok(None) };
        let all = find::certificates(cx, target.region().unwrap_or(GLOBAL)).await?;
        let found = all.iter().find(|it| it.certificate_arn() == Some(arn));
        Ok(found.map(find::snapshot))
    }

    fn step(_: &Turn<'_, Self>) -> Next<()> {
        Next::refuse(
            "certificates are looked up, not declared",
            "use lookup(…, Certificate::for_domain(…))",
        )
    }

    async fn call(_: &Cx, _: &Target, (): &()) -> Result<Option<String>, OpError> {
        Ok(None)
    }

    fn deletes((): &()) -> Deletes {
        Deletes::Nothing
    }

    fn name((): &()) -> &'static str {
        "ListCertificates"
    }
}
