//! Flyway's `cherryPick`: the migrations to run, by version or description, in this order, and no others.

use super::version::Version;
use crate::finding::Finding;
use crate::migration::Migration;
use crate::project::near::nearest;

/// Whether an entry of the list names a migration: its version in any spelling, or its description with `_` for blanks.
pub(super) fn names(pick: &str, migration: &Migration) -> bool {
    match &migration.version {
        Some(version) => Version::parse(pick.trim()).is_some_and(|pick| Some(pick) == Version::parse(version)),
        None => pick.trim().replace('_', " ") == migration.description,
    }
}

/// Turns off every migration that was not picked, as `shouldExecute=false` would. Findings are entries that name nothing.
pub(super) fn apply(migrations: &mut [Migration], picks: &[String]) -> Vec<Finding> {
    if picks.is_empty() {
        return Vec::new();
    }
    for migration in migrations.iter_mut().filter(|migration| !picks.iter().any(|pick| names(pick, migration))) {
        migration.up.should_execute = Some(false);
    }
    let nothing = |pick: &&String| !migrations.iter().any(|migration| names(pick, migration));
    picks.iter().filter(nothing).map(|pick| unknown(pick, migrations)).collect()
}

fn unknown(pick: &str, migrations: &[Migration]) -> Finding {
    let known: Vec<&str> =
        migrations.iter().map(|migration| migration.version.as_deref().unwrap_or(&migration.description)).collect();
    let cure = match nearest(pick, &known) {
        Some(near) => format!("Did you mean {near}? Name versions, and repeatable migrations by their description."),
        None => "Name versions, and repeatable migrations by their description.".to_owned(),
    };
    Finding::broken("unknown-cherry-pick", None, format!("cherryPick names {pick:?}, and no migration has that name."), cure)
}
