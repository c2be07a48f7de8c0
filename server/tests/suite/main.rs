//! The server's integration tests, one binary. PostgreSQL is started by the tests themselves.

mod api;
mod approve;
mod batch;
mod cli;
mod flight;
mod kill;
mod migrate;
mod oracle_catalog;
mod oracle_effect;
mod postgres;
