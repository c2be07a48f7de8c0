//! Flyway's configuration: what it may say, where it is said, and what it comes down to.
//!
//! From low to high, as in Flyway: `~/flyway.conf`, the project's own file, files named by `-configFiles=` or
//! `FLYWAY_CONFIG_FILES`, `FLYWAY_*`, `-key=value`. Layers from outside the project come with the
//! [`Request`](super::Request).

mod apply;
pub(super) mod gather;
pub mod keys;
pub mod layer;
pub(super) mod locate;
mod toml;
mod value;

pub(super) use apply::{FlywayConf, apply};
pub(super) use toml::{Flat, flatten};
