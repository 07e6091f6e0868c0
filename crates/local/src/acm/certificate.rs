//! Certificates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::call::Call;
use crate::elbv2;
use crate::reply::Fault;
use crate::seed;
use crate::world::World;

const HOUR_MS: i64 = 3_600_000;
const YEAR_MS: i64 = 365 * 24 * HOUR_MS;

/// A certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Certificate {
    domain: String,
    /// All names, the domain among them, sorted.
    names: Vec<String>,
    method: String,
    key_algorithm: String,
    /// The token that it was asked for with.
    token: Option<String>,
    created_ms: i64,
    /// From when the records that prove ownership are shown.
    records_ms: i64,
    issued_ms: i64,
    tags: BTreeMap<String, Option<String>>,
    /// Whether the seed's certificate was deleted: it cannot be told from its absence otherwise.
    deleted: bool,
}

impl Certificate {
    pub(super) fn status(&self, now_ms: i64) -> &'static str {
        if now_ms < self.issued_ms { "PENDING_VALIDATION" } else { "ISSUED" }
    }

    /// The certificate that every region has.
    fn seeded() -> Self {
        Self {
            domain: seed::CERTIFICATE_DOMAIN.to_owned(),
            names: vec![seed::CERTIFICATE_DOMAIN.to_owned()],
            method: "DNS".to_owned(),
            key_algorithm: "RSA_2048".to_owned(),
            token: None,
            created_ms: 0,
            records_ms: 0,
            issued_ms: 0,
            tags: BTreeMap::new(),
            deleted: false,
        }
    }
}

type Answer = Result<Option<Value>, Fault>;

pub(super) fn find(world: &World, account: &str, region: &str, arn: &str) -> Option<Certificate> {
    let stored = world.acm.accounts.get(account).and_then(|regions| regions.get(region)?.get(arn));
    match stored {
        Some(certificate) => Some(certificate.clone()).filter(|found| !found.deleted),
        None => (arn == seed::certificate_arn(account, region)).then(Certificate::seeded),
    }
}

fn all(world: &World, call: &Call) -> BTreeMap<String, Certificate> {
    let stored = world
        .acm
        .accounts
        .get(&call.account)
        .and_then(|regions| regions.get(&call.region))
        .cloned()
        .unwrap_or_default();
    let mut all = BTreeMap::from([(
        seed::certificate_arn(&call.account, &call.region),
        Certificate::seeded(),
    )]);
    all.extend(stored);
    all.retain(|_, certificate| !certificate.deleted);
    all
}

fn store(world: &mut World, call: &Call, arn: &str, certificate: Certificate) {
    world
        .acm
        .accounts
        .entry(call.account.clone())
        .or_default()
        .entry(call.region.clone())
        .or_default()
        .insert(arn.to_owned(), certificate);
}

fn named<'a>(world: &World, call: &Call, body: &'a Value) -> Result<(&'a str, Certificate), Fault> {
    let arn = body["CertificateArn"]
        .as_str()
        .ok_or_else(|| invalid("CertificateArn must not be null"))?;
    if !arn.starts_with("arn:aws:acm:") {
        return Err(Fault::new(400, "InvalidArnException", format!("Invalid ARN {arn}")));
    }
    match find(world, &call.account, &call.region, arn) {
        Some(certificate) => Ok((arn, certificate)),
        None => Err(Fault::new(
            400,
            "ResourceNotFoundException",
            format!("Could not find certificate {arn}."),
        )),
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(400, "ValidationException", message)
}

fn seconds(ms: i64) -> Value {
    Value::from(ms as f64 / 1000.0)
}

pub(super) fn request(world: &mut World, call: &Call, body: &Value) -> Answer {
    let domain = body["DomainName"]
        .as_str()
        .ok_or_else(|| invalid("DomainName must not be null"))?
        .trim_end_matches('.')
        .to_lowercase();
    let mut names = vec![domain.clone()];
    for name in body["SubjectAlternativeNames"].as_array().into_iter().flatten() {
        let name = name.as_str().unwrap_or_default().trim_end_matches('.').to_lowercase();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in &names {
        let labels = name.strip_prefix("*.").unwrap_or(name);
        let good = labels.contains('.')
            && labels.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            });
        if !good {
            return Err(invalid(format!("'{name}' is not a valid domain name")));
        }
    }
    if domain.len() > 64 {
        return Err(Fault::new(
            400,
            "InvalidParameterException",
            "The first domain name can be no longer than 64 octets",
        ));
    }
    if names.len() > 10 {
        return Err(Fault::new(400, "LimitExceededException", "At most 10 domain names"));
    }
    names.sort();
    let token = body["IdempotencyToken"].as_str().map(ToOwned::to_owned);
    let now_ms = world.now_ms;
    if let Some(token) = &token {
        let repeated = all(world, call).into_iter().find(|(_, other)| {
            other.token.as_ref() == Some(token)
                && other.names == names
                && now_ms < other.created_ms + HOUR_MS
        });
        if let Some((arn, _)) = repeated {
            return Ok(Some(json!({ "CertificateArn": arn })));
        }
    }
    let arn =
        format!("arn:aws:acm:{}:{}:certificate/{}", call.region, call.account, world.fresh_uuid());
    let certificate = Certificate {
        domain,
        names,
        method: body["ValidationMethod"].as_str().unwrap_or("EMAIL").to_owned(),
        key_algorithm: body["KeyAlgorithm"].as_str().unwrap_or("RSA_2048").to_owned(),
        token,
        created_ms: now_ms,
        records_ms: now_ms + world.duration_ms("acm.certificate.records", 0),
        issued_ms: now_ms + world.duration_ms("acm.certificate.issue", 0),
        tags: read_tags(body)?,
        deleted: false,
    };
    store(world, call, &arn, certificate);
    Ok(Some(json!({ "CertificateArn": arn })))
}

pub(super) fn describe(world: &mut World, call: &Call, body: &Value) -> Answer {
    let (arn, certificate) = named(world, call, body)?;
    let status = certificate.status(world.now_ms);
    let issued = status == "ISSUED";
    let validations: Vec<Value> = certificate
        .names
        .iter()
        .map(|name| {
            let mut validation = json!({
                "DomainName": name,
                "ValidationDomain": name,
                "ValidationMethod": certificate.method,
                "ValidationStatus": if issued { "SUCCESS" } else { "PENDING_VALIDATION" },
            });
            if certificate.method == "DNS" && certificate.records_ms <= world.now_ms {
                validation["ResourceRecord"] = record(&call.account, name);
            }
            validation
        })
        .collect();
    let in_use = elbv2::users_of_certificate(world, &call.account, &call.region, arn);
    let mut detail = json!({
        "CertificateArn": arn,
        "DomainName": certificate.domain,
        "SubjectAlternativeNames": certificate.names,
        "DomainValidationOptions": validations,
        "Subject": format!("CN={}", certificate.domain),
        "CreatedAt": seconds(certificate.created_ms),
        "Status": status,
        "KeyAlgorithm": certificate.key_algorithm,
        "InUseBy": in_use,
        "Type": "AMAZON_ISSUED",
        "RenewalEligibility": if in_use.is_empty() { "INELIGIBLE" } else { "ELIGIBLE" },
        "Options": { "CertificateTransparencyLoggingPreference": "ENABLED" },
    });
    if issued {
        detail["Issuer"] = "Amazon".into();
        detail["SignatureAlgorithm"] = "SHA256WITHRSA".into();
        detail["IssuedAt"] = seconds(certificate.issued_ms);
        detail["NotBefore"] = seconds(certificate.issued_ms);
        // Renewed in time, so it never runs out.
        detail["NotAfter"] = seconds(world.now_ms + YEAR_MS);
    }
    Ok(Some(json!({ "Certificate": detail })))
}

/// The record that proves ownership: it follows from account and domain alone, so that it is the
/// same in every region, and a wildcard shares it with the name it stands under.
fn record(account: &str, name: &str) -> Value {
    let base = name.strip_prefix("*.").unwrap_or(name);
    let hash = |part: &str| -> String {
        let digest = Sha256::digest(format!("bicoastal-local acm {part} {account} {base}"));
        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    };
    json!({
        "Name": format!("_{}.{base}.", hash("name")),
        "Type": "CNAME",
        "Value": format!("_{}.acm-validations.aws.", hash("value")),
    })
}

pub(super) fn list(world: &mut World, call: &Call, body: &Value) -> Answer {
    let statuses: Vec<&str> = body["CertificateStatuses"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let key_types: Vec<&str> = match body["Includes"]["keyTypes"].as_array() {
        Some(types) => types.iter().filter_map(Value::as_str).collect(),
        // Other keys are shown only to those who ask for them.
        None => vec!["RSA_1024", "RSA_2048"],
    };
    let most = body["MaxItems"].as_u64().unwrap_or(1000).clamp(1, 1000);
    let after = body["NextToken"].as_str().unwrap_or_default();
    let mut summaries = Vec::new();
    let mut last = None;
    let mut more = false;
    for (arn, certificate) in all(world, call) {
        let status = certificate.status(world.now_ms);
        let wanted = (statuses.is_empty() || statuses.contains(&status))
            && key_types.contains(&certificate.key_algorithm.as_str())
            && arn.as_str() > after;
        if !wanted {
            continue;
        }
        if summaries.len() as u64 == most {
            more = true;
            break;
        }
        let in_use = elbv2::users_of_certificate(world, &call.account, &call.region, &arn);
        let mut summary = json!({
            "CertificateArn": arn,
            "DomainName": certificate.domain,
            "SubjectAlternativeNameSummaries": certificate.names,
            "HasAdditionalSubjectAlternativeNames": false,
            "Status": status,
            "Type": "AMAZON_ISSUED",
            "KeyAlgorithm": certificate.key_algorithm,
            "InUse": !in_use.is_empty(),
            "CreatedAt": seconds(certificate.created_ms),
        });
        if status == "ISSUED" {
            summary["IssuedAt"] = seconds(certificate.issued_ms);
            summary["NotBefore"] = seconds(certificate.issued_ms);
            summary["NotAfter"] = seconds(world.now_ms + YEAR_MS);
        }
        summaries.push(summary);
        last = Some(arn);
    }
    let mut answer = json!({ "CertificateSummaryList": summaries });
    if let (true, Some(last)) = (more, last) {
        answer["NextToken"] = last.into();
    }
    Ok(Some(answer))
}

pub(super) fn delete(world: &mut World, call: &Call, body: &Value) -> Answer {
    let (arn, mut certificate) = named(world, call, body)?;
    if !elbv2::users_of_certificate(world, &call.account, &call.region, arn).is_empty() {
        return Err(Fault::new(
            400,
            "ResourceInUseException",
            format!("Certificate {arn} in account {} is in use.", call.account),
        ));
    }
    certificate.deleted = true;
    store(world, call, arn, certificate);
    Ok(None)
}

fn read_tags(body: &Value) -> Result<BTreeMap<String, Option<String>>, Fault> {
    let mut tags = BTreeMap::new();
    for tag in body["Tags"].as_array().into_iter().flatten() {
        let key = tag["Key"].as_str().unwrap_or_default();
        if key.is_empty() || key.to_lowercase().starts_with("aws:") {
            return Err(Fault::new(400, "InvalidTagException", format!("Invalid tag key '{key}'")));
        }
        tags.insert(key.to_owned(), tag["Value"].as_str().map(ToOwned::to_owned));
    }
    Ok(tags)
}

pub(super) fn list_tags(world: &mut World, call: &Call, body: &Value) -> Answer {
    let (_, certificate) = named(world, call, body)?;
    let tags: Vec<Value> = certificate
        .tags
        .iter()
        .map(|(key, value)| match value {
            Some(value) => json!({ "Key": key, "Value": value }),
            None => json!({ "Key": key }),
        })
        .collect();
    Ok(Some(json!({ "Tags": tags })))
}

pub(super) fn add_tags(world: &mut World, call: &Call, body: &Value) -> Answer {
    let (arn, mut certificate) = named(world, call, body)?;
    certificate.tags.extend(read_tags(body)?);
    if certificate.tags.len() > 50 {
        return Err(Fault::new(400, "TooManyTagsException", "At most 50 tags"));
    }
    store(world, call, arn, certificate);
    Ok(None)
}

pub(super) fn remove_tags(world: &mut World, call: &Call, body: &Value) -> Answer {
    let (arn, mut certificate) = named(world, call, body)?;
    for key in read_tags(body)?.keys() {
        certificate.tags.remove(key);
    }
    store(world, call, arn, certificate);
    Ok(None)
}
