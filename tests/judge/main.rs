//! Others judge: boto3 and botocore's models judge the local cloud, and two emulators that nobody
//! here wrote judge the library. Needs Python; see `tests/common/emulators.rs`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests stop where they find something odd"
)]

#[path = "../common/emulators.rs"]
mod emulators;

mod servers;
mod walk;
