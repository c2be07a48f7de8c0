//! `ALTER TABLE` options: how a table is stored.

use super::{Outcome, rows};
use crate::catalog::characters::{charset, plain, width};
use crate::catalog::{Catalog, Table};
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, PartitionVerb, TableOption};

/// Texts of bounded length become the next longer type where the characters of the new set take more bytes: as many have to
/// fit in as before (MySQL's manual, "ALTER TABLE"; MariaDB 10.11).
fn widen(table: &mut Table, to: &str) {
    const NEXT: [(&str, &str); 3] = [("tinytext", "text"), ("text", "mediumtext"), ("mediumtext", "longtext")];
    let to = width(&plain(to));
    let wider = |column: &ColumnDefinition| charset(Some(table), column).is_some_and(|before| width(&before) < to);
    let wider: Vec<bool> = table.columns.iter().map(wider).collect();
    for (column, _) in table.columns.iter_mut().zip(wider).filter(|(_, wider)| *wider) {
        if let Some((_, next)) = NEXT.iter().find(|(own, _)| *own == column.data_type) {
            (*next).clone_into(&mut column.data_type);
        }
    }
}

pub(super) fn apply(catalog: &mut Catalog, table: &ObjectName, option: &TableOption) -> Outcome {
    let key = rows::relation(catalog, table)?;
    match option {
        TableOption::Set { options } => {
            if let Some(stored) = catalog.edit(&key) {
                // How this one statement runs is no property of the table.
                let lasting = options.iter().filter(|(option, _)| !matches!(option.as_str(), "algorithm" | "lock"));
                stored.options.extend(lasting.map(|(option, value)| (option.clone(), value.clone())));
            }
        }
        TableOption::Convert { charset, collation } => {
            if let Some(stored) = catalog.edit(&key) {
                charset.iter().for_each(|to| widen(stored, to));
                for (option, value) in [("charset", charset), ("collate", collation)] {
                    match value {
                        Some(value) => stored.options.insert(option.to_owned(), value.clone()),
                        None => stored.options.remove(option),
                    };
                }
                for column in &mut stored.columns {
                    column.charset = None;
                    column.collation = None;
                }
            }
        }
        TableOption::Partitions { verb: PartitionVerb::Whole, what } => {
            if let Some(stored) = catalog.edit(&key) {
                let by = what.split_at_checked("PARTITION BY".len());
                let by = by.filter(|(verb, _)| verb.eq_ignore_ascii_case("PARTITION BY"));
                stored.partition_by = by.map(|(_, by)| by.trim().to_owned());
            }
        }
        TableOption::EnableTrigger { trigger, enabled } => {
            let own: Vec<(ObjectName, String)> = match trigger {
                Some(name) => {
                    let own = (key, name.clone());
                    if !catalog.opaque && !name.starts_with("RI_") && !catalog.triggers.contains_key(&own) {
                        return Err(format!("trigger \"{name}\" for table \"{}\" does not exist", own.0.name));
                    }
                    vec![own]
                }
                None => catalog.triggers_of(&key).map(|(name, _)| (key.clone(), name.to_owned())).collect(),
            };
            for own in own {
                if let Some(stored) = catalog.triggers.get_mut(&own) {
                    stored.disabled = !enabled;
                }
            }
        }
        TableOption::RenameTrigger { trigger, to } => {
            let old = (key.clone(), trigger.clone());
            let stored = catalog.triggers.remove(&old);
            let stored = stored.ok_or_else(|| format!("trigger \"{trigger}\" for table \"{}\" does not exist", key.name))?;
            catalog.triggers.insert((key, to.clone()), stored);
        }
        _ => {}
    }
    Ok(())
}
