//! Active-active AWS infrastructure as a Rust library.
//!
//! A program declares what it wants in a [`Stack`]; an [`Engine`] compares that with what is
//! really there, shows the difference as a [`Plan`](plan::Plan), and applies it in dependency
//! order. `bicoastal::cli::run` gives a program its verbs; tools call the engine themselves.

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "local")]
mod clouds;
pub mod prelude;

pub use bicoastal_aws as aws;
pub use bicoastal_aws::{AwsProvider, Connection};
pub use bicoastal_engine::{picture, plan, record, recover, render, state};
#[cfg(feature = "local")]
pub use bicoastal_local as local;
pub use bicoastal_model as model;
pub use bicoastal_model::{
    ActiveRegions, Arn, Desired, Diagnostic, Diagnostics, Id, Input, Name, Output, PerRegion,
    PolicyDocument, Region, Resource, ResourceId, Rollout, Secret, Stack, Statement, text,
};
pub use bicoastal_runtime as runtime;
pub use bicoastal_runtime::{
    Cancel, Engine, Error, FileStore, ImportOptions, PlanOptions, RecoverOptions,
};
pub use bicoastal_stores as stores;

#[cfg(feature = "local")]
pub use clouds::{LocalClock, local_connection, local_engine};

/// The README's programs are compiled and run with the tests.
#[cfg(all(doctest, feature = "all-services", feature = "cli", feature = "local"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
