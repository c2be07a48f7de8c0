//! Where a batched statement is: what its journal row carries from batch to batch, in the batch's own transaction.

use serde::{Deserialize, Serialize};

use crate::target::DbError;

/// The place of a walk along the key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    /// Last committed key; absent: at the beginning.
    pub(super) key: Option<Vec<String>>,
    /// The walk is at its end; what is left is to look back and to record.
    pub(super) end: bool,
    /// How often the table was walked before.
    pub(super) pass: u32,
    /// Keys visited in this pass.
    pub(super) visited: u64,
    /// Rows of the last batch.
    pub(super) size: u32,
    /// Rows that were to be changed at the beginning, where they could be counted.
    pub(super) before: Option<u64>,
    /// Rows that were still to be changed at the end, where that means something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<u64>,
}

impl Mark {
    /// Reads a journal row's cursor.
    pub(super) fn read(text: &str) -> Result<Self, DbError> {
        if let Ok(mark) = serde_json::from_str(text) {
            return Ok(mark);
        }
        // Written by a version that kept the key alone.
        match serde_json::from_str(text) {
            Ok(key) => Ok(Self { key: Some(key), ..Self::default() }),
            Err(error) => Err(DbError::other(format!("the stored cursor {text} cannot be read: {error}"))),
        }
    }

    /// As the journal keeps it.
    pub(super) fn write(&self) -> Result<String, DbError> {
        serde_json::to_string(self).map_err(|error| DbError::other(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back_and_an_old_cursor_is_understood() {
        let mark = Mark { key: Some(vec!["7".to_owned()]), pass: 1, visited: 7, size: 5, before: Some(9), ..Mark::default() };
        assert_eq!(mark.write().and_then(|text| Mark::read(&text)), Ok(mark));
        assert_eq!(Mark::read(r#"["1","a"]"#).map(|mark| mark.key), Ok(Some(vec!["1".to_owned(), "a".to_owned()])));
        assert!(Mark::read("7").is_err());
    }
}
