//! SQL callbacks: scripts named after an event of a command (`beforeMigrate.sql`, `afterMigrate__grants.sql`).
//!
//! Source: `SqlScriptCallbackFactory` and `Event` of 9.16.2; the events that were paid for there are free here.

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity};
use crate::migration::Script;
use crate::project::ProjectFile;
use crate::sort::Sort;
use crate::span::Span;

/// Makes the closed set and its table from one list.
macro_rules! events {
    ($($name:ident $id:literal),+ $(,)?) => {
        /// When a callback runs, in Flyway's words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Event {
            $(#[doc = concat!("`", $id, "`.")] #[serde(rename = $id)] $name,)+
        }

        impl Event {
            /// Every event an SQL file can be named after.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// What the file's name begins with.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$name => $id,)+
                }
            }
        }
    };
}

events! {
    BeforeClean "beforeClean",
    AfterClean "afterClean",
    AfterCleanError "afterCleanError",
    BeforeMigrate "beforeMigrate",
    BeforeEachMigrate "beforeEachMigrate",
    BeforeEachMigrateStatement "beforeEachMigrateStatement",
    AfterEachMigrateStatement "afterEachMigrateStatement",
    AfterEachMigrateStatementError "afterEachMigrateStatementError",
    AfterEachMigrate "afterEachMigrate",
    AfterEachMigrateError "afterEachMigrateError",
    BeforeRepeatables "beforeRepeatables",
    AfterVersioned "afterVersioned",
    AfterMigrateApplied "afterMigrateApplied",
    AfterMigrate "afterMigrate",
    AfterMigrateError "afterMigrateError",
    BeforeUndo "beforeUndo",
    BeforeEachUndo "beforeEachUndo",
    BeforeEachUndoStatement "beforeEachUndoStatement",
    AfterEachUndoStatement "afterEachUndoStatement",
    AfterEachUndoStatementError "afterEachUndoStatementError",
    AfterEachUndo "afterEachUndo",
    AfterEachUndoError "afterEachUndoError",
    AfterUndo "afterUndo",
    AfterUndoError "afterUndoError",
    BeforeValidate "beforeValidate",
    AfterValidate "afterValidate",
    AfterValidateError "afterValidateError",
    BeforeBaseline "beforeBaseline",
    AfterBaseline "afterBaseline",
    AfterBaselineError "afterBaselineError",
    BeforeRepair "beforeRepair",
    AfterRepair "afterRepair",
    AfterRepairError "afterRepairError",
    BeforeInfo "beforeInfo",
    AfterInfo "afterInfo",
    AfterInfoError "afterInfoError",
    CreateSchema "createSchema",
    BeforeConnect "beforeConnect",
}

impl Event {
    /// Whether it runs inside a migration, and so in its transaction.
    #[must_use]
    pub const fn inside_migration(self) -> bool {
        matches!(
            self,
            Self::BeforeEachMigrate
                | Self::BeforeEachMigrateStatement
                | Self::AfterEachMigrateStatement
                | Self::AfterEachMigrate
                | Self::BeforeEachUndo
                | Self::BeforeEachUndoStatement
                | Self::AfterEachUndoStatement
                | Self::AfterEachUndo
        )
    }
}

/// A callback file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Callback {
    /// When it runs.
    pub event: Event,
    /// Text behind the separator with `_` as blanks; several of one event run in its order.
    pub description: String,
    /// What it does.
    pub script: Script,
}

/// The callbacks read so far.
#[derive(Default)]
pub(super) struct Callbacks {
    found: Vec<Callback>,
}

impl Callbacks {
    /// The file that has the same event and description, which Flyway refuses.
    pub(super) fn twin(&self, event: Event, description: &str) -> Option<&str> {
        let same = |callback: &&Callback| callback.event == event && callback.description == description;
        self.found.iter().find(same).map(|callback| callback.script.path.as_str())
    }

    /// Takes one in.
    pub(super) fn add(&mut self, callback: Callback) {
        self.found.push(callback);
    }

    /// Those that run, in their order: by event, then by description as UTF-16. One that `shouldExecute` turns off takes
    /// up its name all the same.
    pub(super) fn sorted(mut self) -> Vec<Callback> {
        self.found.retain(|callback| callback.script.should_execute != Some(false));
        let key = |callback: &Callback| (callback.event, callback.description.encode_utf16().collect::<Vec<_>>());
        self.found.order_by_key(key);
        self.found
    }
}

/// Two files of one event and description.
pub(super) fn duplicate(file: &ProjectFile, other: &str, event: Event) -> Finding {
    Finding::broken(
        "duplicate-callback",
        Some(Span::file(&file.path)),
        format!("{} and {other} are the same callback ({}).", file.path, event.id()),
        "Give one of them another description.",
    )
}

/// Flyway takes SQL under this name and never runs it: before the connection there is nothing to run it on.
pub(super) fn before_connect(file: &ProjectFile) -> Finding {
    Finding::broken(
        "before-connect-callback",
        Some(Span::file(&file.path)),
        format!("{} would have to run before there is a connection, so it can never run.", file.path),
        "Put its SQL into initSql, which is sent first on every connection, or into beforeMigrate.sql; then remove the file.",
    )
}

/// A program (`beforeConnect.sh`, `V2__load.ps1`), which Flyway from 10 on starts.
pub(super) fn program(file: &ProjectFile, what: &str) -> Finding {
    Finding {
        severity: Severity::Warning,
        effect:
            "Flightplan runs SQL only and passes it over, as Flyway before 10 does without a licence; Flyway from 10 on runs it."
                .into(),
        blocking: false,
        ..Finding::broken(
            "program-passed-over",
            None,
            format!("{} is a {what} that is a program, not SQL.", file.path),
            "Run it yourself around flightplan, write it as SQL, or move it out of the locations.",
        )
    }
}

/// What cannot be read of a callback breaks every command.
pub(super) fn unreadable(script: &Script) -> Vec<Finding> {
    let cure = "Write it as SQL that can be read, or move the file out of the locations.";
    let finding = |part: &crate::migration::OpaquePart| {
        let message = format!("A part of the callback {} cannot be read: {}.", script.path, part.reason.trim_end_matches('.'));
        Finding::broken("broken-callback", Some(part.span.clone()), message, cure)
    };
    script.opaque.iter().map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_an_event_is_its_id() {
        for event in Event::ALL {
            assert_eq!(serde_json::to_value(event).ok(), Some(event.id().into()));
        }
    }
}
