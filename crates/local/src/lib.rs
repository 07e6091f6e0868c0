//! An embedded local AWS with multi-region semantics, virtual time and faults.

pub mod acm;
pub mod call;
pub mod chunked;
pub mod clock;
pub mod cloud;
mod connector;
pub mod dynamodb;
pub mod elbv2;
pub mod faults;
pub mod iam;
pub mod kms;
pub mod log;
pub mod query;
pub mod rds;
pub mod remote;
pub mod reply;
pub mod route53;
pub mod router;
pub mod s3;
pub mod seed;
pub mod server;
pub mod snapshot;
pub mod sts;
pub mod world;
pub mod xml;

pub use cloud::{Cloud, Delivery, NoAnswer};
pub use log::{CallRecord, Phase};
