//! The planner's integration tests, one binary: cases as files, properties, architecture.

mod architecture;
mod cases;
mod flyway;
mod parse;
mod properties;
mod rules;
mod split;
