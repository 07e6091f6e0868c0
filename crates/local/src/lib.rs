//! An embedded local AWS with multi-region semantics, virtual time and faults.
//!
//! Real SDK clients run on it, in one process or over loopback HTTP; only the connector is ours.
//! It models what matters when a system serves from several regions at once: replication, roles
//! of database clusters, routing by latency and health, what a lost region takes along. It is for
//! tests, drills and first runs.
//!
//! # In a unit test
//!
//! ```
//! use aws_sdk_sts::config::{BehaviorVersion, Credentials, Region};
//! use bicoastal_local::Cloud;
//! use bicoastal_local::faults::{Effect, Rule};
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let cloud = Cloud::new();
//! let client = |region: &'static str| {
//!     let config = aws_sdk_sts::Config::builder()
//!         .behavior_version(BehaviorVersion::latest())
//!         .http_client(cloud.http_client())
//!         .sleep_impl(cloud.sleep_impl())
//!         .time_source(cloud.time_source())
//!         .credentials_provider(Credentials::new("111122223333", "any", None, None, "test"))
//!         .region(Region::new(region));
//!     aws_sdk_sts::Client::from_conf(config.build())
//! };
//!
//! // The SDK retries, and waits in virtual time: the test does not.
//! cloud.faults().add(Rule::new(Effect::Throttle).times(2));
//! let me = client("ap-south-1").get_caller_identity().send().await.unwrap();
//! assert_eq!(me.account(), Some("111122223333"));
//! assert_eq!(cloud.calls().len(), 3);
//!
//! cloud.faults().region_gone("us-east-1");
//! assert!(client("us-east-1").get_caller_identity().send().await.is_err());
//! assert!(client("ap-south-1").get_caller_identity().send().await.is_ok());
//! # });
//! ```
//!
//! One [`Cloud`] serves every service, region and account; an access key id of twelve digits is
//! the account. What exists can be looked at with [`Cloud::with_world`], what was called with
//! [`Cloud::calls`], and [`Cloud::open`] keeps all of it on disk. [`faults`] has what can go
//! wrong, and [`clock`] says how time passes.
//!
//! # For any other client
//!
//! `bicoastal-local --port 4566` serves a cloud on loopback: see [`server`].

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
