//! The execution machine, driven against a small cloud that loses calls and answers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod claims;
mod cloud;
mod crash;
mod ends;
mod handed;
mod lag;
mod reborn;
mod steps;
mod trouble;
