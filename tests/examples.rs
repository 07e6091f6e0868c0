//! The smaller examples: each does what its first lines say.
#![allow(clippy::expect_used, clippy::panic, reason = "tests stop where they find something odd")]

#[path = "examples/adopt.rs"]
mod adopt;
mod common;
#[path = "examples/embedding.rs"]
mod embedding;
#[path = "examples/geolocation.rs"]
mod geolocation;
