//! Objects: written, read, deleted, copied, listed.

pub(super) mod attributes;
mod checksum;
mod conditions;
mod content;
pub(super) mod copy;
pub(super) mod delete;
pub(super) mod listing;
pub(super) mod multipart;
pub(super) mod read;
pub(super) mod write;
