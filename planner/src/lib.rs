//! The Flightplan planner: migrations in, plan out.
//!
//! ```text
//! files ─► source ─► migration ─► statement ─► operation ─► catalog ─► effect ─► finding
//!                                                  │           │
//!                                                  └─► graph ◄─┴─► matrix ─► plan
//! ```
//!
//! One function, [`analyze`], calls the stages in order. It is total: broken input gives findings
//! and a smaller plan, never a panic and never a `Result`. It is pure: no file system, clock,
//! environment, thread, network or randomness, so the browser and the executor compute the same
//! bytes, and so the same digest, from the same [`Project`] and [`Request`].
//!
//! A module imports only what stands to its left in the picture; `tests/architecture.rs` checks it.

pub mod audit;
pub mod catalog;
pub mod dialect;
pub mod effect;
pub mod finding;

pub mod graph;
pub mod matrix;
pub mod migration;
pub mod name;
pub mod phase;
pub mod pipeline;
mod places;
pub mod plan;
pub mod project;
pub mod protocol;
pub mod rule;
pub mod sequence;
pub mod sort;
pub mod source;
pub mod span;
pub mod statement;
pub mod undo;

pub use pipeline::{Report, analyze, analyze_on, analyze_pending, analyze_releases, up_to_date};
pub use project::{Project, Request};
pub use statement::reading::{Alone, Machine};
