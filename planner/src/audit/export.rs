//! A log as a file: a row a line as JSON, a signed checkpoint last.

use serde::{Deserialize, Serialize};

use super::verify::{Keys, verify};
use super::{Head, Row};

/// A line of an export.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Row(Box<Row>),
    End { checkpoint: Head },
}

/// An export as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Export {
    /// The rows, in the order of the file.
    pub rows: Vec<Row>,
    /// The checkpoint; absent: the file ends without one.
    pub end: Option<Head>,
}

impl Export {
    /// The text of the file.
    ///
    /// # Errors
    /// A row that is no JSON.
    pub fn write(self) -> serde_json::Result<String> {
        let mut text = String::new();
        let end = self.end.map(|checkpoint| Line::End { checkpoint });
        for line in self.rows.into_iter().map(|row| Line::Row(Box::new(row))).chain(end) {
            text.push_str(&serde_json::to_string(&line)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// The number of the first line that is no row, from 1.
    pub fn read(text: &str) -> Result<Self, usize> {
        let mut export = Self::default();
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str(line) {
                Ok(Line::Row(row)) => export.rows.push(*row),
                Ok(Line::End { checkpoint }) => export.end = Some(checkpoint),
                Err(_) => return Err(number + 1),
            }
        }
        Ok(export)
    }

    /// What is wrong with it, as [`verify`]; a file without its end is not whole.
    #[must_use]
    pub fn faults(&self, keys: &dyn Keys) -> Vec<String> {
        let mut wrong = verify(&self.rows, keys, self.end.as_ref());
        if self.end.is_none() && !self.rows.is_empty() {
            wrong.push("The end is cut off: the export does not end with a checkpoint.".to_owned());
        }
        wrong
    }
}
