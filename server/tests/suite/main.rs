//! The server's integration tests, one binary. PostgreSQL is started by the tests themselves.

mod oracle_catalog;
mod oracle_effect;
mod postgres;
