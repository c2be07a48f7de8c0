//! Sequences that went with the table or column that owns them, back again.

use super::known::Known;
use super::sql;
use crate::name::{ObjectName, quote};
use crate::statement::operation::Operation;

/// A way back of a table, or of one of its columns, with the sequences that were given to it: made before it, for its defaults
/// name them, and given to it again behind it. Those of `serial` and identity columns come with the column.
pub(super) fn around(key: &ObjectName, column: Option<&str>, known: &Known<'_>, steps: Vec<String>) -> Vec<String> {
    let before = known.before;
    let Some(table) = before.tables.get(key) else { return steps };
    let (mut made, mut given) = (Vec::new(), Vec::new());
    for (name, owner) in before.sequences.iter() {
        let Some((_, owner)) = owner.as_ref().filter(|(of, own)| of == key && column.is_none_or(|column| own == column)) else {
            continue;
        };
        if table.column(owner).is_none_or(|own| own.serial || own.identity.is_some()) {
            continue;
        }
        let drop = Operation::DropSequence { sequence: name.clone(), if_exists: false, cascade: false };
        let text = known.texts(&drop).into_iter().next().filter(|text| !text.to_ascii_lowercase().contains("owned"));
        let shown = name.sql(before.dialect);
        let owned = quote(owner, before.dialect);
        given.push(sql(&["ALTER SEQUENCE ", &shown, " OWNED BY ", &key.sql(before.dialect), ".", &owned]));
        made.push(text.unwrap_or_else(|| sql(&["CREATE SEQUENCE ", &shown])));
    }
    made.into_iter().chain(steps).chain(given).collect()
}
