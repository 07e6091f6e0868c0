//! Items: values, expressions, reads, writes, and their replication.

pub(super) mod batch;
mod condition;
mod decimal;
mod path;
mod project;
pub(super) mod query;
pub(super) mod read;
pub(super) mod replication;
mod scope;
pub(super) mod store;
pub(super) mod transact;
mod update;
mod value;
pub(super) mod write;
