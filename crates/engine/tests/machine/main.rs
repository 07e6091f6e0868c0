//! The execution machine, driven against a small cloud that loses calls and answers.

mod cloud;
mod crash;
mod steps;
mod trouble;
