//! The pure half of bicoastal: diff, graph, plan, execution machine, journal and rendering.

mod batches;
mod by_id;
mod critical;
pub mod digest;
pub mod fold;
mod gates;
mod graph;
pub mod guards;
pub mod journal;
pub mod machine;
pub mod observe;
pub mod order;
pub mod picture;
pub mod plan;
pub mod planner;
pub mod rates;
pub mod record;
pub mod recover;
pub mod render;
pub mod retry;
pub mod saved;
pub mod shown;
pub mod state;
pub mod verified;
mod waves;
