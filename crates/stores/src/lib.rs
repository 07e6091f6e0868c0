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

/// How long the answer to a call of a store is waited for: several attempts must fit into what is
/// left of a lease. Whoever lends a clock to the SDK keeps this on the machine's.
pub const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);

#[cfg(feature = "dynamodb")]
pub use dynamodb::DynamoDb;
pub use objects::{Object, Objects};
pub use place::{Place, open};
#[cfg(feature = "s3")]
pub use s3::S3;
pub use store::ObjectStore;
