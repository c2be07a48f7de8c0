//! The native side of Flightplan: it reads a project from disk, looks at a live database, executes approved plans and
//! serves the review page. What is to be done is decided by the planner crate alone.
//!
//! Read [`run`] first; it is the executor as a specification.

pub mod actor;
pub mod alert;
pub mod approval;
pub mod audit;
pub mod batch;
pub mod branches;
pub mod clean;
pub mod cli;
pub mod console;
pub mod ddl_log;
pub mod deployed;
pub mod doctor;
pub mod emergency;
pub mod event;
pub mod execution;
pub mod exit;
pub mod failpoint;
pub mod history;
pub mod identity;
pub mod incident;
pub mod integrity;
pub mod journal;
pub mod look;
pub mod losses;
pub mod machine;
pub mod measure;
pub mod memory;
pub mod observe;
pub mod outside;
pub mod preflight;
pub mod privilege;
pub mod probe;
pub mod project;
pub mod recovery;
pub mod rehearsal;
mod retreat;
pub mod route;
pub mod run;
pub mod sections;
pub mod statistics;
pub mod store;
pub mod tags;
pub mod target;
pub mod trigger;
pub mod url;
pub mod url_source;
pub mod waiting;
pub mod way_back;
pub mod window;
pub mod words;
pub mod workspace;
