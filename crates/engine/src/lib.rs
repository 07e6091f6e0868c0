//! The pure half of bicoastal: diff, graph, plan, execution machine, journal and rendering.

pub mod plan;
pub mod record;
pub mod state;
