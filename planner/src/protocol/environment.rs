//! What is really deployed.

use serde::{Deserialize, Serialize};

use crate::matrix::judged::Standing;

/// An environment's database as it was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEnvironment {
    /// Its name.
    pub environment: String,
    /// Its database, without credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Steps of its plan; absent: it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<u32>,
    /// Version or revisions it is at, empty where nothing is applied; absent: it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Each supported release there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub releases: Vec<Standing>,
    /// What going back to the schema of each older release that is supported loses now, newest release first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub back: Vec<BackTo>,
    /// Why it could not be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The way back to the schema of a release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackTo {
    /// The release.
    pub release: String,
    /// Nothing is lost now.
    pub lossless: bool,
    /// What is, as sentences with counts and places.
    pub loses: Vec<String>,
}
