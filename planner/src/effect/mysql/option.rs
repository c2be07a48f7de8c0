//! Options of a table and its partitions.

use std::collections::BTreeMap;

use super::modify;
use super::target::Target;
use crate::catalog::characters::charset;
use crate::statement::operation::{ColumnDefinition, PartitionVerb, TableOption};

pub(super) fn run(target: &mut Target<'_, '_>, option: &TableOption) {
    match option {
        TableOption::Set { options } => set(target, options),
        TableOption::Convert { charset, collation } => convert(target, charset.as_deref(), collation.as_deref()),
        TableOption::Partitions { verb, .. } => partitions(target, *verb),
        TableOption::Rewrite { what } if what.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("order")) => target.copy(),
        TableOption::Rewrite { .. } => target.rebuild(),
        TableOption::Other { what } => other(target, what),
        TableOption::Owner
        | TableOption::StorageParameter
        | TableOption::RowSecurity
        | TableOption::EnableTrigger { .. }
        | TableOption::RenameTrigger { .. }
        | TableOption::ReplicaIdentity
        | TableOption::Inherit { .. } => {
            target.draft.opaque = Some("neither MySQL nor MariaDB has such an option".to_owned());
        }
    }
}

fn set(target: &mut Target<'_, '_>, options: &BTreeMap<String, String>) {
    /// What decides how rows are stored.
    const REBUILDS: &[&str] = &[
        "row_format",
        "key_block_size",
        "page_compressed",
        "page_compression_level",
        "encrypted",
        "encryption",
        "encryption_key_id",
        "tablespace",
        "compression",
        "transactional",
    ];
    for (option, value) in options {
        match option.as_str() {
            // How the statement runs, which is asked for at its end.
            "algorithm" | "lock" => {}
            "engine" | "type" => {
                let own = target.option("engine").unwrap_or("innodb");
                if own.eq_ignore_ascii_case(value) { target.rebuild() } else { target.copy() }
            }
            "system_versioning" if value == "on" => target.copy(),
            "system_versioning" => {
                target.rebuild_with(crate::effect::LockMode::LockShared);
            }
            option if REBUILDS.contains(&option) => target.rebuild(),
            _ => target.metadata(),
        }
    }
}

/// MariaDB changes each text as `MODIFY` would; a text of bounded length becomes a longer type where characters take more.
fn convert(target: &mut Target<'_, '_>, to: Option<&str>, to_collation: Option<&str>) {
    let Some(table) = target.table.filter(|_| target.is_maria() && target.is_innodb() && to.is_some()) else {
        return target.copy();
    };
    target.instant();
    for column in &table.columns {
        let kind = column.data_type.split('(').next().unwrap_or_default();
        if !["varchar", "char", "text", "tinytext", "mediumtext", "longtext", "enum", "set"].contains(&kind) {
            continue;
        }
        let (charset_before, place) = (charset(target.table, column), None);
        let after = to.map(str::to_owned);
        let after = ColumnDefinition { charset: after, collation: to_collation.map(str::to_owned), place, ..column.clone() };
        if charset_before.is_none() {
            target.draft.assume("the database's character set is another one; where it is the same nothing is written anew");
        }
        if kind.ends_with("text") && kind != "longtext" && charset_before != charset(target.table, &after) {
            target.copy();
        } else {
            modify::run(target, &column.name, &after, &[]);
        }
    }
}

fn partitions(target: &mut Target<'_, '_>, verb: PartitionVerb) {
    match verb {
        PartitionVerb::Whole | PartitionVerb::Reorganize => target.copy(),
        // Neither server takes ALGORITHM or LOCK here; the partition is added or removed under an exclusive lock.
        PartitionVerb::Add | PartitionVerb::Drop | PartitionVerb::Exchange => target.alone(),
        PartitionVerb::Maintain => {}
    }
}

fn other(target: &mut Target<'_, '_>, what: &str) {
    let word = what.split_whitespace().next().unwrap_or_default().to_lowercase();
    match word.as_str() {
        "enable" | "disable" | "discard" | "import" => target.alone(),
        _ => target.metadata(),
    }
}
