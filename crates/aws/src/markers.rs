//! Things of AWS that the library does not declare: their ids and ARNs are told apart by type.

use serde::{Deserialize, Serialize};

/// A certificate of Certificate Manager: `Arn<Certificate>`. With the feature `acm` it can be looked
/// up: `Certificate::for_domain`, `Certificate::with_arn`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Certificate {
    /// Nobody outside can make one.
    #[serde(skip)]
    _looked_up: (),
}

/// A subnet of a VPC: `Id<Subnet>`.
#[derive(Clone, Copy, Debug)]
pub enum Subnet {}

/// A security group of a VPC: `Id<SecurityGroup>`.
#[derive(Clone, Copy, Debug)]
pub enum SecurityGroup {}

/// A VPC: `Id<Vpc>`.
#[derive(Clone, Copy, Debug)]
pub enum Vpc {}
