//! Another name for a table: both names until the old release is gone.

use super::standard::{Stage, Subject};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::phase::Phase;

/// A view under the new name, which every product takes writes through, then the table itself in its place.
pub(super) fn rename(subject: &Subject<'_>, to: &str) -> Result<Vec<Stage>, String> {
    let dialect = subject.dialect();
    let new = ObjectName { schema: subject.written.schema.clone(), name: to.to_owned() };
    if subject.catalog.table_key(&new).is_some() || subject.catalog.view_key(&new).is_some() {
        return Err(format!("{new} is there already"));
    }
    if subject.table.columns_unknown {
        return Err(format!("the columns of {} are not known", subject.written));
    }
    let (old, view) = (subject.name(), new.sql(dialect));
    let columns: Vec<String> = subject.table.columns.iter().map(|column| subject.quote(&column.name)).collect();
    let create = format!("CREATE VIEW {view} AS SELECT {} FROM {old}", columns.join(", "));
    let mut expand = vec![create];
    if dialect == Dialect::Sqlite {
        expand.extend(instead(subject, &new, &columns));
    }
    let gone = format!("DROP VIEW {view}");
    let short = subject.quote(to);
    let (switch, back) = match dialect {
        // One statement, so that at every moment there is something under the new name.
        Dialect::MySql | Dialect::MariaDb => {
            let aside = subject.beside(&[to, "view"]);
            (
                vec![format!("RENAME TABLE {view} TO {aside}, {old} TO {view}"), format!("DROP VIEW {aside}")],
                vec![format!("RENAME TABLE {view} TO {old}")],
            )
        }
        Dialect::Postgres | Dialect::Sqlite => (
            vec![gone.clone(), format!("ALTER TABLE {old} RENAME TO {short}")],
            vec![format!("ALTER TABLE {view} RENAME TO {}", subject.quote(&subject.written.name))],
        ),
    };
    let back = back.into_iter().chain(expand.clone()).collect();
    Ok(vec![
        Stage::new(Phase::Expand, format!("{new} as a view of {}: both names work.", subject.written), expand, vec![gone]),
        Stage::new(Phase::Contract, format!("{} is now named {new}.", subject.written), switch, back),
    ])
}

/// SQLite writes through no view: triggers do.
fn instead(subject: &Subject<'_>, view: &ObjectName, columns: &[String]) -> Vec<String> {
    let (old, new) = (subject.name(), view.sql(subject.dialect()));
    let given = |column: &crate::statement::operation::ColumnDefinition| {
        let value = format!("NEW.{}", subject.quote(&column.name));
        // The view does not know the defaults of the table.
        column.default.as_ref().map_or(value.clone(), |default| format!("coalesce({value}, {default})"))
    };
    let values: Vec<String> = subject.table.columns.iter().map(given).collect();
    let set: Vec<String> = columns.iter().map(|column| format!("{column} = NEW.{column}")).collect();
    let keys = match subject.table.primary_key() {
        [] => columns.to_vec(),
        key => key.iter().map(|column| subject.quote(column)).collect(),
    };
    let same: Vec<String> = keys.iter().map(|column| format!("{column} IS OLD.{column}")).collect();
    let (set, same) = (set.join(", "), same.join(" AND "));
    let trigger = |event: &str, body: String| {
        let name = subject.beside(&[&view.name, event]);
        format!("CREATE TRIGGER {name} INSTEAD OF {} ON {new} BEGIN {body}; END", event.to_uppercase())
    };
    vec![
        trigger("insert", format!("INSERT INTO {old} ({}) VALUES ({})", columns.join(", "), values.join(", "))),
        trigger("update", format!("UPDATE {old} SET {set} WHERE {same}")),
        trigger("delete", format!("DELETE FROM {old} WHERE {same}")),
    ]
}
