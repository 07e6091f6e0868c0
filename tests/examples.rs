//! The smaller examples: each does what its first lines say.

mod common;
#[path = "examples/embedding.rs"]
mod embedding;
#[path = "examples/geolocation.rs"]
mod geolocation;
