//! The review page: what a plan will do, before it runs, in the browser.
//!
//! ```text
//! files, api ─► state ─► worker_link ═ message ═► planning (web worker) ═► answer ─► state ─► pages ─► components
//! ```
//!
//! The page holds no analysis of its own. [`planning`] runs the planner in a web worker; the page gets an
//! [`message::Answer`], and [`state`] is the only place where anything changes. `state`, `route`, `rollout`, `sql`,
//! `words`, `layout`, `folding`, `picture` and `planning` know no browser and are tested natively.

pub mod api;
pub mod app;
pub mod compare;
mod components;
pub mod errand;
pub mod files;
pub mod folding;
pub mod layout;
pub mod locale;
pub mod mend;
pub mod message;
mod pages;
pub mod picture;
pub mod places;
pub mod planning;
pub mod rollout;
pub mod route;
pub mod shared;
mod signatures;
pub mod sql;
pub mod state;
pub mod words;
pub mod worker_link;
