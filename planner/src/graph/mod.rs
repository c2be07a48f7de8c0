//! Who must come before whom, with the reason on every edge.

pub mod build;
pub mod cycle;
pub mod order;
mod text;
pub mod touch;

use serde::{Deserialize, Serialize};

use crate::migration::{MigrationId, MigrationKind, SourceKind};
use crate::phase::Phase;

pub use text::{dot, mermaid};

/// The dependency graph as plain data; petgraph stays inside this module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Graph {
    /// Migrations in the order they run (sources one after the other).
    pub nodes: Vec<Node>,
    /// Edges, sorted by `from`, `to`, kind.
    pub edges: Vec<Edge>,
}

/// One migration in the graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its id.
    pub id: MigrationId,
    /// The tool.
    pub source: SourceKind,
    /// What it is to the tool.
    pub kind: MigrationKind,
    /// For people.
    pub description: String,
    /// Flyway's checksum.
    pub checksum: Option<i32>,
    /// Expand, migrate or contract.
    pub phase: Phase,
    /// Whether the target's history has it.
    pub applied: bool,
    /// Nothing comes after it (Alembic: no revision names it as a parent).
    pub head: bool,
    /// Nothing comes before it.
    pub base: bool,
    /// Longest path from a base, counted from 0.
    pub level: u32,
}

/// `to` comes after `from`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    /// Runs first.
    pub from: MigrationId,
    /// Runs later.
    pub to: MigrationId,
    /// Where the edge comes from.
    pub kind: EdgeKind,
    /// As a sentence: "reads table users, which V3 creates".
    pub reason: String,
}

/// Where an edge comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// The author says so: `down_revision`, `depends_on`.
    Declared,
    /// The tool's order: version numbers, repeatables last.
    Order,
    /// Both touch the same object.
    Object,
}
