//! Certificate Manager: certificates that listeners can use.
//!
//! Nothing is signed. A certificate that is requested is issued when its time has come
//! (`acm.certificate.issue`, at once by default), whether or not its records are in any zone.

mod certificate;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::Call;
use crate::reply::{Fault, Reply};
use crate::world::World;
use certificate::Certificate;

/// What the service holds: account, region, ARN. The certificate that every region has from the
/// start is not stored unless somebody changes it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    accounts: BTreeMap<String, BTreeMap<String, BTreeMap<String, Certificate>>>,
}

/// Answers one call.
pub fn handle(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    let body: Value = if call.request.body.is_empty() {
        Value::Object(Default::default())
    } else {
        serde_json::from_slice(&call.request.body)
            .map_err(|_| Fault::new(400, "SerializationException", ""))?
    };
    let answer = match call.operation.as_str() {
        "AddTagsToCertificate" => certificate::add_tags(world, call, &body),
        "DeleteCertificate" => certificate::delete(world, call, &body),
        "DescribeCertificate" => certificate::describe(world, call, &body),
        "ListCertificates" => certificate::list(world, call, &body),
        "ListTagsForCertificate" => certificate::list_tags(world, call, &body),
        "RemoveTagsFromCertificate" => certificate::remove_tags(world, call, &body),
        "RequestCertificate" => certificate::request(world, call, &body),
        other => Err(Fault::new(
            400,
            "UnknownOperationException",
            format!("The operation {other} is not known"),
        )),
    }?;
    Ok(match answer {
        Some(answer) => Reply::json(&answer),
        None => Reply::empty(200),
    })
}

/// The status of a certificate of this account in this region (`ISSUED`, `PENDING_VALIDATION`), if
/// there is one.
pub fn status(world: &World, account: &str, region: &str, arn: &str) -> Option<&'static str> {
    certificate::find(world, account, region, arn).map(|found| found.status(world.now_ms))
}

#[cfg(test)]
mod tests;
