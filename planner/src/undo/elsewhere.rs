//! What a change of rows makes happen in others.

use super::sql;
use crate::catalog::Catalog;
use crate::name::ObjectName;
use crate::sort::Sort;
use crate::statement::operation::{Constraint, ConstraintKind};

/// What the change makes happen in other rows, which are not kept.
pub(crate) fn elsewhere(written: &ObjectName, deletes: bool, before: &Catalog) -> Vec<String> {
    let key = before.resolve(written);
    let mut notes: Vec<String> = Vec::new();
    if let Some((name, _)) = before.triggers_of(&key).find(|(_, trigger)| !trigger.disabled) {
        notes.push(sql(&["The trigger ", name, " fires on the way back too, and what it wrote elsewhere is not kept."]));
    }
    let mut reached: Vec<&ObjectName> = Vec::new();
    for (child, table) in before.tables.unordered() {
        let reaches = |constraint: &Constraint| match &constraint.kind {
            ConstraintKind::ForeignKey { ref_table, on_delete, on_update, .. } => {
                let action = if deletes { on_delete } else { on_update };
                // What cascades along a changed key comes back along it.
                let undone = |action: &str| !deletes && action.eq_ignore_ascii_case("cascade");
                let acts = |action: &str| !["no action", "restrict"].iter().any(|none| action.eq_ignore_ascii_case(none));
                action.as_deref().is_some_and(|action| acts(action) && !undone(action)) && before.resolve(ref_table) == key
            }
            _ => false,
        };
        if table.constraints.iter().any(reaches) {
            reached.push(child);
        }
    }
    reached.order();
    let note = |child: &&ObjectName| sql(&["Rows of ", &child.name, " change with it by a foreign key, and are not kept."]);
    notes.extend(reached.iter().map(note));
    notes
}
