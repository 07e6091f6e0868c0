//! The floor that rate limits put under a plan's duration: with the figures that calls are paced by.

pub use bicoastal_model::rates::{RECORD_CHANGES, Rate, writes};

/// The least milliseconds that this many mutating calls of a service take.
pub fn floor_ms(service: &str, calls: u32) -> u64 {
    writes(service).floor_ms(calls)
}
