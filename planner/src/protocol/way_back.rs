//! The way back from a run, before a person decides on it.

use serde::{Deserialize, Serialize};

/// What going back to the state before a run would do now. Looking touches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenWayBack {
    /// What a person has to type: the name of the database, or of its file.
    pub database: String,
    /// Version or revisions the database would be at; empty: none.
    pub to: String,
    /// What would be taken back, first to last; none: there is nothing to take back.
    pub steps: Vec<StepBack>,
    /// What stays although it was asked for, as sentences.
    pub stays: Vec<String>,
    /// What would be lost, as sentences with counts and places.
    pub losses: Vec<String>,
    /// What would keep it from being gone, beside losses that are not accepted, as sentences.
    pub refusals: Vec<String>,
}

/// A step of a way back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepBack {
    /// What it does, in words.
    pub description: String,
    /// It is derived, for its author wrote none.
    pub derived: bool,
    /// Nothing is lost by it now.
    pub lossless: bool,
    /// Its statements.
    pub sql: Vec<String>,
}

/// Goes back to the state before a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollBack {
    /// The name of the database, as the person typed it: [`SeenWayBack::database`].
    pub confirm: String,
    /// What would be lost may be lost.
    #[serde(default)]
    pub accept_loss: bool,
}
