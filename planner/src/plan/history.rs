//! The row that a finished step leaves in its tool's own history table.

use serde::{Deserialize, Serialize};

/// What the tool's own history gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "tool", rename_all = "snake_case", try_from = "Flat")]
pub enum HistoryEntry {
    /// A row of Flyway's table; rank, user, times and success are the executor's.
    Flyway {
        /// `version`.
        version: Option<String>,
        /// `description`.
        description: String,
        /// `type`.
        kind: String,
        /// `script`.
        script: String,
        /// `checksum`.
        checksum: Option<i32>,
    },
    /// No row: what is taken back was half applied and never had one of its own. The row of its failure goes.
    Forget {
        /// `version`.
        version: Option<String>,
        /// `description`.
        description: String,
    },
    /// A change of `alembic_version`: rows deleted, then rows inserted. A plain step deletes its parent and
    /// inserts itself; Alembic does it as one UPDATE, and so does the executor where one row replaces one.
    Alembic {
        /// Rows that go.
        delete: Vec<String>,
        /// Rows that come.
        insert: Vec<String>,
    },
}

/// An entry as its JSON has it. serde's own reading of tagged fields costs the page dear.
#[derive(Deserialize)]
struct Flat {
    tool: Tool,
    version: Option<String>,
    description: Option<String>,
    kind: Option<String>,
    script: Option<String>,
    checksum: Option<i32>,
    #[serde(default)]
    delete: Vec<String>,
    #[serde(default)]
    insert: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Tool {
    Flyway,
    Forget,
    Alembic,
}

impl TryFrom<Flat> for HistoryEntry {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let Flat { version, description, kind, script, checksum, delete, insert, .. } = flat;
        let lacks = "a history entry lacks a field";
        Ok(match flat.tool {
            Tool::Flyway => Self::Flyway {
                version,
                description: description.ok_or(lacks)?,
                kind: kind.ok_or(lacks)?,
                script: script.ok_or(lacks)?,
                checksum,
            },
            Tool::Forget => Self::Forget { version, description: description.ok_or(lacks)? },
            Tool::Alembic => Self::Alembic { delete, insert },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let flyway = HistoryEntry::Flyway {
            version: Some("1".to_owned()),
            description: "d".to_owned(),
            kind: "SQL".to_owned(),
            script: "V1__d.sql".to_owned(),
            checksum: Some(-1),
        };
        let alembic = HistoryEntry::Alembic { delete: Vec::new(), insert: vec!["a".to_owned()] };
        for entry in [flyway, alembic] {
            let text = serde_json::to_string(&entry).unwrap_or_default();
            assert_eq!(serde_json::from_str::<HistoryEntry>(&text).ok(), Some(entry), "{text}");
        }
        assert!(serde_json::from_str::<HistoryEntry>(r#"{"tool":"flyway"}"#).is_err());
    }
}
