//! The verbs of every bicoastal program: `plan`, `apply`, `destroy`, `drift`, `outputs`, `graph`
//! and `state`; and without a verb the whole story: plan, apply, plan again.
//!
//! This is the only crate that prints. Everything that it shows comes from the engine as data;
//! which clouds there are is handed in by the facade.

mod args;
mod ask;
mod clouds;
mod console;
mod failure;
mod ids;
mod interrupt;
mod plan_file;
mod progress;
mod run;
mod session;
mod verbs;
mod waiting;

pub use args::NoArgs;
pub use clouds::{CloudChoice, Clouds, Connected};
pub use console::Io;
pub use run::{run, run_from};
