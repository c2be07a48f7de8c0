//! The planner's integration tests, one binary: cases as files, properties, architecture.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on should stop")]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "cases are files; the ban is for the planner itself")]

mod architecture;
mod cases;
mod flyway;
mod flyway_states;
mod lineage;
mod parse;
mod properties;
mod rules;
mod split;
mod version_rows;
