//! State in S3 or DynamoDB.
//!
//! What a stack's state is made of, how it is checked, who may write it and what a second region
//! means is the same wherever it is kept ([`ObjectStore`]); a place is only a few conditional
//! operations on named bytes ([`Objects`]).

#[cfg(feature = "dynamodb")]
mod dynamodb;
mod layout;
mod lease;
mod objects;
mod place;
#[cfg(feature = "s3")]
mod s3;
mod side;
mod store;

#[cfg(feature = "dynamodb")]
pub use dynamodb::DynamoDb;
pub use objects::{Object, Objects};
pub use place::{Place, open};
#[cfg(feature = "s3")]
pub use s3::S3;
pub use store::ObjectStore;
