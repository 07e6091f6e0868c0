//! Which service, region, account and operation a request is for, and who answers it.

use crate::call::{Call, Request, Service};
use crate::reply::{Fault, Reply};
use crate::world::{DEFAULT_ACCOUNT, World};
use crate::{acm, dynamodb, elbv2, iam, kms, query, rds, route53, s3, sts};

/// Sorts a request by its SigV4 credential scope (`AKID/20260101/us-east-1/s3/aws4_request`);
/// `None` where there is no scope or the service is not modelled. An access key id of twelve
/// digits is the account's number; every other key belongs to [`DEFAULT_ACCOUNT`].
pub fn route(request: Request) -> Option<Call> {
    let scope = match request.header("authorization") {
        Some(header) => header.split("Credential=").nth(1)?.split(',').next()?.trim().to_owned(),
        None => request.query("X-Amz-Credential")?.to_owned(),
    };
    let mut parts = scope.split('/');
    let key = parts.next()?;
    let region = parts.nth(1)?.to_owned();
    let service = Service::from_signing_name(parts.next()?)?;
    let account = if key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit()) {
        key.to_owned()
    } else {
        DEFAULT_ACCOUNT.to_owned()
    };
    let operation = match service {
        Service::Acm | Service::DynamoDb | Service::Kms => {
            request.header("x-amz-target")?.rsplit('.').next()?.to_owned()
        }
        Service::Route53 => route53::operation(&request).to_owned(),
        Service::S3 => s3::operation(&request).to_owned(),
        _ => String::new(),
    };
    let mut call = Call { account, region, service, operation, request };
    if query::speaks(service) {
        call.operation = query::Params::of(&call).get("Action")?.to_owned();
    }
    Some(call)
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
