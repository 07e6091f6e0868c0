//! The IO half of bicoastal: driver, state stores, rate limits and cancellation.

mod cancel;
mod clock;
mod driver;
mod engine;
mod error;
mod file_store;
pub mod lease;
mod migrate;
mod rebuild;
mod redact;
pub mod snapshot;
mod store;

pub use bicoastal_engine::planner::Options as PlanOptions;
pub use cancel::Cancel;
pub use clock::{Clock, SystemClock};
pub use driver::{Event, Observer, Quiet};
pub use engine::{Early, Engine};
pub use error::Error;
pub use file_store::FileStore;
pub use lease::{Ask, LeaseNote};
pub use migrate::{Named, migrate};
pub use rebuild::{ImportOptions, Rebuilding, RecoverOptions};
pub use store::{Lease, StateStore, StoreError};
