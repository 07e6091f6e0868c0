//! Certificates of listeners.

use super::{Fields, page, required};
use crate::acm;
use crate::call::Call;
use crate::query::Params;
use crate::reply::Fault;
use crate::world::World;
use crate::xml::Element;

/// How many a listener has at most, the default one not counted.
const MOST: usize = 25;

/// Refuses a certificate that is not there, in this region, and issued.
pub(super) fn check(world: &World, call: &Call, arn: &str) -> Result<(), Fault> {
    match acm::status(world, &call.account, &call.region, arn) {
        Some("ISSUED") => Ok(()),
        Some(_) => Err(Fault::new(
            400,
            "UnsupportedCertificate",
            format!(
                "The certificate '{arn}' must have a fully-qualified domain name, a supported \
                 signature, and a supported key size."
            ),
        )),
        None => {
            Err(Fault::new(400, "CertificateNotFound", format!("Certificate '{arn}' not found")))
        }
    }
}

fn read(params: &Params) -> Result<Vec<String>, Fault> {
    let sent = params.structs("Certificates");
    sent.iter().map(|sent| Ok(required(sent, "CertificateArn")?.to_owned())).collect()
}

fn element(arn: &str, default: bool) -> Element {
    Element::new("member").text_child("CertificateArn", arn).text_child("IsDefault", default)
}

pub(super) fn add(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arns = read(params)?;
    for arn in &arns {
        check(world, call, arn)?;
    }
    let listener = world.elbv2.at(call).listener(required(params, "ListenerArn")?)?;
    if !listener.secure() {
        return Err(super::invalid(
            "Certificates can only be specified for HTTPS and TLS listeners",
        ));
    }
    let mut all = listener.certificates.clone();
    for arn in &arns {
        // The default one can be in the list besides.
        if !all.iter().skip(1).any(|own| own == arn) {
            all.push(arn.clone());
        }
    }
    if all.len() > MOST + 1 {
        return Err(Fault::new(
            400,
            "TooManyCertificates",
            format!("The maximum number of certificates '{MOST}' has been reached"),
        ));
    }
    listener.certificates = all;
    let members = arns.iter().map(|arn| element(arn, false));
    Ok(vec![Element::new("Certificates").children(members)])
}

pub(super) fn remove(world: &mut World, call: &Call, params: &Params) -> Fields {
    let arns = read(params)?;
    let listener = world.elbv2.at(call).listener(required(params, "ListenerArn")?)?;
    let default = listener.certificates.first().cloned();
    let listed = |arn: &String| listener.certificates.iter().skip(1).any(|own| own == arn);
    if let Some(arn) = arns.iter().find(|arn| default.as_ref() == Some(*arn) && !listed(arn)) {
        return Err(Fault::new(
            400,
            "OperationNotPermitted",
            format!("Default certificate '{arn}' cannot be removed"),
        ));
    }
    let mut first = true;
    listener.certificates.retain(|own| std::mem::take(&mut first) || !arns.contains(own));
    Ok(Vec::new())
}

pub(super) fn describe(world: &mut World, call: &Call, params: &Params) -> Fields {
    let listener = world.elbv2.at(call).listener(required(params, "ListenerArn")?)?;
    let certificates = listener.certificates.iter().enumerate();
    page(
        params,
        "Certificates",
        certificates.map(|(index, arn)| (format!("{index:03}"), element(arn, index == 0))),
    )
}
