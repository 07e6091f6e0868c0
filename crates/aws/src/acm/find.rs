//! Finds certificates: a region's are listed once for all look-ups.

use aws_sdk_acm::types::{self, CertificateSummary, Filters};
use bicoastal_model::{OpError, Region, Snapshot, Target};
use serde_json::json;

use super::query::{CertificateQuery, KeyAlgorithm, Named};
use crate::classify::classify;
use crate::cx::{Cx, GLOBAL};
use crate::kind::Found;
use crate::looked_up;

impl Found for CertificateQuery {
    async fn find(cx: &Cx, target: &Target, query: &Self) -> Result<Option<Snapshot>, OpError> {
        let region = target.region().unwrap_or(GLOBAL);
        if let Named::Arn(arn) = &query.named
            && let Some(other) = arn.as_str().split(':').nth(3)
            && other != region.code()
        {
            return Err(refusal(
                region,
                format!("the certificate {arn} is in {other}, and is looked up in {region}"),
                "a load balancer takes certificates of its own region only; name one of this region",
            ));
        }
        let all = cx.shared(format!("acm:{region}"), certificates(cx, region)).await?;
        let found = chosen(&all, query)
            .map_err(|(message, hint)| refusal(region, format!("{message} in {region}"), hint))?;
        Ok(found.map(snapshot))
    }
}

/// The certificate that a query means, if there is one; why not, where there are others of its name.
fn chosen<'c>(
    all: &'c [CertificateSummary],
    query: &CertificateQuery,
) -> Result<Option<&'c CertificateSummary>, (String, &'static str)> {
    let (named, what): (Vec<_>, _) = match &query.named {
        Named::Domain(domain) => (
            all.iter().filter(|it| it.domain_name() == Some(domain)).collect(),
            format!("for {domain}"),
        ),
        Named::Arn(arn) => (
            all.iter().filter(|it| it.certificate_arn() == Some(arn.as_str())).collect(),
            format!("with the ARN {arn}"),
        ),
    };
    let mut fit: Vec<_> = named.iter().copied().filter(|it| fits(it, query)).collect();
    if query.most_recent {
        let latest = fit.iter().map(|it| since(it)).max();
        fit.retain(|it| Some(since(it)) == latest);
    }
    match (&fit[..], &named[..]) {
        ([one], _) => Ok(Some(one)),
        ([], []) => Ok(None),
        ([], others) => Err((
            format!("no certificate {what} is as asked for, but there is {}", listed(others)),
            "wait until it is issued, or say which statuses, types and key algorithms are meant",
        )),
        (several, _) => Err((
            format!("{} certificates {what} match: {}", several.len(), listed(several)),
            "narrow it down, choose the latest with most_recent(), or use Certificate::with_arn(…)",
        )),
    }
}

fn fits(found: &CertificateSummary, query: &CertificateQuery) -> bool {
    let among = |wanted: Vec<&str>, is: Option<&str>| {
        wanted.is_empty() || is.is_some_and(|is| wanted.contains(&is))
    };
    let algorithm = found.key_algorithm().map(|it| underscored(it.as_str()));
    among(
        query.statuses.iter().map(|it| it.as_str()).collect(),
        found.status().map(types::CertificateStatus::as_str),
    ) && among(
        query.types.iter().map(|it| it.as_str()).collect(),
        found.r#type().map(types::CertificateType::as_str),
    ) && among(query.key_algorithms.iter().map(|it| it.as_str()).collect(), algorithm.as_deref())
}

/// AWS's own examples of answers write `RSA-2048`, its model `RSA_2048`.
fn underscored(algorithm: &str) -> String {
    algorithm.replace('-', "_")
}

/// From when it is valid, or, before that is known, when it was made.
fn since(found: &CertificateSummary) -> (bool, i64) {
    let made = found.created_at().or(found.imported_at());
    match (found.not_before(), made) {
        (Some(valid), _) => (true, valid.secs()),
        (None, made) => (false, made.map_or(i64::MIN, |made| made.secs())),
    }
}

fn listed(found: &[&CertificateSummary]) -> String {
    let one = |it: &&CertificateSummary| {
        let said = [
            it.certificate_arn(),
            it.status().map(types::CertificateStatus::as_str),
            it.r#type().map(types::CertificateType::as_str),
            it.key_algorithm().map(types::KeyAlgorithm::as_str),
        ];
        said.into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    found.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Every certificate of a region but those that CloudFront keeps for itself.
pub(super) async fn certificates(
    cx: &Cx,
    region: Region,
) -> Result<Vec<CertificateSummary>, OpError> {
    // Without key types it lists RSA keys of up to 2,048 bits only.
    let keys = KeyAlgorithm::ALL.map(|it| types::KeyAlgorithm::from(it.as_str()));
    let includes = Filters::builder().set_key_types(Some(keys.to_vec())).build();
    let client = cx.acm(region);
    let (mut found, mut next) = (Vec::new(), None);
    loop {
        let answer = client
            .list_certificates()
            .includes(includes.clone())
            .set_next_token(next)
            .send()
            .await
            .map_err(|error| classify("acm", "ListCertificates", region, &[], error))?;
        let listed = answer.certificate_summary_list.unwrap_or_default();
        found.extend(listed.into_iter().filter(|it| it.managed_by().is_none()));
        next = answer.next_token;
        if next.is_none() {
            return Ok(found);
        }
    }
}

pub(super) fn snapshot(found: &CertificateSummary) -> Snapshot {
    let arn = found.certificate_arn().unwrap_or_default();
    let status = found.status().map(types::CertificateStatus::as_str);
    let domain = json!(found.domain_name());
    looked_up::thing(arn, [("arn", json!(arn)), ("domain", domain), ("status", json!(status))])
}

fn refusal(region: Region, message: String, hint: &str) -> OpError {
    looked_up::refusal(("acm", "ListCertificates"), region, message, hint)
}

#[cfg(test)]
mod tests {
    use super::super::{Certificate, CertificateStatus, CertificateType};
    use super::*;
    use aws_smithy_types::DateTime;
    use expect_test::{Expect, expect};

    /// A certificate for `a.example`: name of its ARN, status, origin, from when it is valid and made.
    type Row = (&'static str, &'static str, &'static str, Option<i64>, Option<i64>);

    fn check(rows: &[Row], query: &CertificateQuery, expect: Expect) {
        let all: Vec<CertificateSummary> = rows
            .iter()
            .map(|(arn, status, origin, valid, made)| {
                CertificateSummary::builder()
                    .certificate_arn(*arn)
                    .domain_name("a.example")
                    .status((*status).into())
                    .r#type((*origin).into())
                    .key_algorithm("RSA-2048".into())
                    .set_not_before(valid.map(DateTime::from_secs))
                    .set_created_at(made.map(DateTime::from_secs))
                    .build()
            })
            .collect();
        expect.assert_eq(&match chosen(&all, query) {
            Ok(found) => format!("{:?}", found.and_then(CertificateSummary::certificate_arn)),
            Err((message, hint)) => format!("{message} ({hint})"),
        });
    }

    const OLD: Row = ("old", "ISSUED", "AMAZON_ISSUED", Some(10), Some(9));
    const NEW: Row = ("new", "ISSUED", "IMPORTED", Some(20), None);
    const ASKED: Row = ("asked", "PENDING_VALIDATION", "AMAZON_ISSUED", None, Some(30));
    const ASKED_AGAIN: Row = ("again", "PENDING_VALIDATION", "AMAZON_ISSUED", None, Some(40));

    #[test]
    fn one_that_fits_is_chosen_whatever_else_there_is() {
        let query = || Certificate::for_domain("A.example.");
        let pending = [CertificateStatus::PendingValidation];
        check(&[], &query(), expect!["None"]);
        check(&[OLD, ASKED], &query(), expect![[r#"Some("old")"#]]);
        check(&[OLD, ASKED], &query().statuses(pending), expect![[r#"Some("asked")"#]]);
        check(
            &[OLD, NEW],
            &query().types([CertificateType::Imported]),
            expect![[r#"Some("new")"#]],
        );
        check(
            &[OLD, NEW],
            &query().types([CertificateType::Imported, CertificateType::AmazonIssued]),
            expect![
                "2 certificates for a.example match: old ISSUED AMAZON_ISSUED RSA-2048, new ISSUED IMPORTED RSA-2048 (narrow it down, choose the latest with most_recent(), or use Certificate::with_arn(…))"
            ],
        );
        check(
            &[OLD],
            &query().types([CertificateType::Private]),
            expect![
                "no certificate for a.example is as asked for, but there is old ISSUED AMAZON_ISSUED RSA-2048 (wait until it is issued, or say which statuses, types and key algorithms are meant)"
            ],
        );
        check(
            &[OLD],
            &query().key_algorithms([KeyAlgorithm::Rsa2048]),
            expect![[r#"Some("old")"#]],
        );
        check(
            &[OLD],
            &query().key_algorithms([KeyAlgorithm::Rsa4096]),
            expect![
                "no certificate for a.example is as asked for, but there is old ISSUED AMAZON_ISSUED RSA-2048 (wait until it is issued, or say which statuses, types and key algorithms are meant)"
            ],
        );
        check(
            &[ASKED],
            &Certificate::with_arn("asked"),
            expect![
                "no certificate with the ARN asked is as asked for, but there is asked PENDING_VALIDATION AMAZON_ISSUED RSA-2048 (wait until it is issued, or say which statuses, types and key algorithms are meant)"
            ],
        );
    }

    #[test]
    fn the_latest_is_the_one_that_is_valid_last() {
        let latest = || Certificate::for_domain("a.example").most_recent();
        check(&[NEW, OLD], &latest(), expect![[r#"Some("new")"#]]);
        check(&[OLD, NEW, ASKED], &latest(), expect![[r#"Some("new")"#]]);
        let any = latest().statuses([]);
        check(&[OLD, ASKED_AGAIN], &any, expect![[r#"Some("old")"#]]);
        check(&[ASKED_AGAIN, ASKED], &any, expect![[r#"Some("again")"#]]);
        check(
            &[OLD, ("twin", "ISSUED", "IMPORTED", Some(10), None)],
            &latest(),
            expect![
                "2 certificates for a.example match: old ISSUED AMAZON_ISSUED RSA-2048, twin ISSUED IMPORTED RSA-2048 (narrow it down, choose the latest with most_recent(), or use Certificate::with_arn(…))"
            ],
        );
    }
}
