//! What must hold for any bytes, as functions that a driver of any kind can call.
//!
//! `cargo xtask fuzz` builds the driver of this crate with all checks on and runs it; `cargo fuzz` runs the same functions
//! from `fuzz_targets/`.

#![allow(clippy::panic, reason = "a broken promise has to stop the run")]

pub mod corpus;
pub mod mutate;
pub mod random;
pub mod target;
