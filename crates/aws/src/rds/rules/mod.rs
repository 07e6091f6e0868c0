//! What is wrong with a database that can be told offline.

mod between;
mod single;
#[cfg(test)]
mod tests;
mod windows;

pub(super) use between::check;
pub(super) use single::{cluster, identifier, instance};
