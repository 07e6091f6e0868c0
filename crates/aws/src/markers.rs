//! Things of AWS that the library does not declare: their ids and ARNs are told apart by type.

/// A certificate of Certificate Manager: `Arn<Certificate>`.
#[derive(Clone, Copy, Debug)]
pub enum Certificate {}

/// A subnet of a VPC: `Id<Subnet>`.
#[derive(Clone, Copy, Debug)]
pub enum Subnet {}

/// A security group of a VPC: `Id<SecurityGroup>`.
#[derive(Clone, Copy, Debug)]
pub enum SecurityGroup {}

/// A VPC: `Id<Vpc>`.
#[derive(Clone, Copy, Debug)]
pub enum Vpc {}
