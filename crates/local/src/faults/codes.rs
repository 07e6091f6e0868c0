//! How each service words the refusals that faults make up.

use crate::call::{Call, Service};
use crate::reply::Fault;

/// Too many requests.
pub fn throttle(service: Service) -> Fault {
    match service {
        Service::S3 => Fault::new(503, "SlowDown", "Please reduce your request rate."),
        Service::Acm | Service::DynamoDb | Service::Kms => {
            Fault::new(400, "ThrottlingException", "Rate exceeded")
        }
        Service::Elbv2 | Service::Iam | Service::Rds | Service::Route53 | Service::Sts => {
            Fault::new(400, "Throttling", "Rate exceeded")
        }
    }
}

/// Something on the other side failed.
pub fn server_error(service: Service, status: u16) -> Fault {
    let code = match (service, status) {
        (_, 503) => "ServiceUnavailable",
        (Service::DynamoDb, _) => "InternalServerError",
        (Service::Iam, _) => "ServiceFailure",
        (Service::Kms, _) => "KMSInternalException",
        (Service::S3, _) => "InternalError",
        _ => "InternalFailure",
    };
    Fault::new(status, code, "We encountered an internal error. Please try again.")
}

/// The thing that the call names does not exist, as an answer that lags behind would say.
pub fn not_found(call: &Call) -> Fault {
    let operation = call.operation.as_str();
    let (status, code) = match call.service {
        Service::Acm | Service::DynamoDb => (400, "ResourceNotFoundException"),
        Service::Kms => (400, "NotFoundException"),
        Service::Iam => (404, "NoSuchEntity"),
        Service::Sts => (404, "NoSuchEntity"),
        Service::Elbv2 if operation.contains("TargetGroup") || operation.contains("Target") => {
            (400, "TargetGroupNotFound")
        }
        Service::Elbv2 if operation.contains("Listener") => (400, "ListenerNotFound"),
        Service::Elbv2 if operation.contains("Rule") => (400, "RuleNotFound"),
        Service::Elbv2 => (400, "LoadBalancerNotFound"),
        Service::Rds if operation.contains("GlobalCluster") => (404, "GlobalClusterNotFoundFault"),
        Service::Rds if operation.contains("SubnetGroup") => (404, "DBSubnetGroupNotFoundFault"),
        Service::Rds if operation.contains("Parameter") => (404, "DBParameterGroupNotFound"),
        Service::Rds if operation.contains("DBInstance") => (404, "DBInstanceNotFound"),
        Service::Rds => (404, "DBClusterNotFoundFault"),
        Service::Route53 if operation.contains("HealthCheck") => (404, "NoSuchHealthCheck"),
        Service::Route53 if operation == "GetChange" => (404, "NoSuchChange"),
        Service::Route53 => (404, "NoSuchHostedZone"),
        Service::S3 if operation.contains("Object") && call.request.method != "PUT" => {
            (404, "NoSuchKey")
        }
        Service::S3 => (404, "NoSuchBucket"),
    };
    Fault::new(status, code, format!("{operation}: it was not found (asked for by a fault)"))
}
