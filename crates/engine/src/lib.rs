//! The pure half of bicoastal: diff, graph, plan, execution machine, journal and rendering.

pub mod digest;
mod graph;
pub mod guards;
pub mod observe;
pub mod plan;
pub mod planner;
pub mod rates;
pub mod record;
pub mod state;
