//! What a program that declares infrastructure needs: `use bicoastal::prelude::*`.

pub use std::process::ExitCode;

pub use bicoastal_model::{
    ActiveRegions, Arn, Handle, Id, Input, Name, Output, PerRegion, PolicyDocument, Region,
    Rollout, Secret, Stack, Statement, text,
};

#[cfg(feature = "dynamodb")]
pub use bicoastal_aws::dynamodb::*;
#[cfg(feature = "elbv2")]
pub use bicoastal_aws::elbv2::*;
#[cfg(feature = "iam")]
pub use bicoastal_aws::iam::*;
#[cfg(feature = "kms")]
pub use bicoastal_aws::kms::*;
#[cfg(feature = "rds")]
pub use bicoastal_aws::rds::*;
#[cfg(feature = "route53")]
pub use bicoastal_aws::route53::*;
#[cfg(feature = "s3")]
pub use bicoastal_aws::s3::*;
