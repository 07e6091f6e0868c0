//! Replication: its rules, and the copies that it makes.

mod check;
mod copy;
mod rules;

pub(super) use check::check;
pub(super) use copy::{created, edited, settle};
