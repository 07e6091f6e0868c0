//! Which service, region, account and operation a request is for, and who answers it.

use crate::call::{Call, Request, Service};
use crate::reply::{Fault, Reply};
use crate::world::{DEFAULT_ACCOUNT, World};
use crate::{acm, dynamodb, elbv2, iam, kms, query, rds, route53, s3, sts};

/// A request that is for nobody.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// A service that speaks the protocol in which to answer.
    pub protocol: Service,
    /// The answer.
    pub fault: Fault,
}

/// Sorts a request by its SigV4 credential scope (`AKID/20260101/us-east-1/s3/aws4_request`, in the
/// `Authorization` header or a presigned URL). An access key id of twelve digits is the account's
/// number; every other key belongs to [`DEFAULT_ACCOUNT`].
///
/// # Errors
/// The refusal of a request without a scope, of a service that is not modelled, and of a request
/// that names no operation.
pub fn route(request: Request) -> Result<Call, Box<Refusal>> {
    // Whom nobody models is answered in the protocol that it seems to speak.
    let protocol = match request.header("x-amz-target") {
        Some(_) => Service::Kms,
        None => Service::Iam,
    };
    let refuse = |status, code: &str, message: String| {
        Err(Box::new(Refusal { protocol, fault: Fault::new(status, code, message) }))
    };
    let Some(scope) = scope(&request) else {
        let message = "Request is missing Authentication Token";
        return refuse(403, "MissingAuthenticationToken", message.to_owned());
    };
    let mut parts = scope.split('/');
    let (Some(key), Some(region), Some(name)) = (parts.next(), parts.nth(1), parts.next()) else {
        let message = format!("The credential scope {scope} has too few parts");
        return refuse(403, "IncompleteSignature", message);
    };
    let Some(service) = Service::from_signing_name(name) else {
        let message = format!("bicoastal-local does not model the service {name}");
        return refuse(501, "NotImplemented", message);
    };
    let account = if key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit()) {
        key.to_owned()
    } else {
        DEFAULT_ACCOUNT.to_owned()
    };
    let region = region.to_owned();
    let mut call = Call { account, region, service, operation: String::new(), request };
    match operation(&call) {
        Some(operation) => call.operation = operation,
        None => return refuse(400, "MissingAction", "The request names no operation".to_owned()),
    }
    Ok(call)
}

fn scope(request: &Request) -> Option<String> {
    match request.header("authorization") {
        Some(header) => Some(header.split("Credential=").nth(1)?.split(',').next()?.trim().into()),
        None => request.query("X-Amz-Credential").map(ToOwned::to_owned),
    }
}

fn operation(call: &Call) -> Option<String> {
    let request = &call.request;
    match call.service {
        Service::Acm | Service::DynamoDb | Service::Kms => {
            request.header("x-amz-target")?.rsplit('.').next().map(ToOwned::to_owned)
        }
        Service::Route53 => Some(route53::operation(request).to_owned()),
        Service::S3 => Some(s3::operation(request).to_owned()),
        Service::Elbv2 | Service::Iam | Service::Rds | Service::Sts => {
            query::Params::of(call).get("Action").map(ToOwned::to_owned)
        }
    }
}

/// Lets what is due happen, then answers the call.
pub fn answer(world: &mut World, call: &Call) -> Result<Reply, Fault> {
    world.settle();
    match call.service {
        Service::Acm => acm::handle(world, call),
        Service::DynamoDb => dynamodb::handle(world, call),
        Service::Elbv2 => elbv2::handle(world, call),
        Service::Iam => iam::handle(world, call),
        Service::Kms => kms::handle(world, call),
        Service::Rds => rds::handle(world, call),
        Service::Route53 => route53::handle(world, call),
        Service::S3 => s3::handle(world, call),
        Service::Sts => sts::handle(world, call),
    }
}
