//! The server's integration tests, one binary. PostgreSQL and MariaDB are started by the tests themselves.

mod api;
mod approve;
mod batch;
mod broken;
mod callbacks;
mod callbacks_mysql;
mod check;
mod cli;
mod commands;
mod config;
mod flight;
mod kill;
mod mariadb;
mod migrate;
mod migrate_mysql;
mod new;
mod oracle_alembic;
mod oracle_catalog;
mod oracle_effect;
mod oracle_locks;
mod oracle_mariadb;
mod oracle_transaction;
mod postgres;
mod refusal;
mod resolve;
mod resume_mysql;
