//! SQLite: a trigger cannot change the row that is written, so it writes it again; and what `ALTER TABLE` cannot do is done
//! by making the table anew.

use super::copy::Copy;
use super::standard::{Stage, Subject, short};
use crate::catalog::Table;
use crate::name::ObjectName;
use crate::phase::Phase;
use crate::statement::operation::{ColumnDefinition, ConstraintKind};
use crate::undo::ddl;

/// Under a new name.
pub(super) fn rename(subject: &Subject<'_>, from: &ColumnDefinition, to: &ColumnDefinition) -> Result<Vec<Stage>, String> {
    let copy = beside(subject, from, to, None)?;
    let (table, old, new) = (subject.name(), subject.quote(&from.name), subject.quote(&to.name));
    let mut stages = begin(subject, &copy)?;
    let mut switch = stop(subject, &copy);
    let title = format!("{}.{} is now named {}.", subject.written, from.name, to.name);
    if !from.is_required() {
        let indexes = indexes(subject, &copy)?;
        switch.extend(indexes.iter().map(|(name, _)| format!("DROP INDEX {}", subject.quote(name))));
        switch.push(format!("ALTER TABLE {table} DROP COLUMN {new}"));
        switch.push(format!("ALTER TABLE {table} RENAME COLUMN {old} TO {new}"));
        let mut back = vec![format!("ALTER TABLE {table} RENAME COLUMN {new} TO {old}")];
        back.extend(copy.add());
        back.extend(start(subject, &copy));
        back.push(copy.fill());
        back.extend(indexes.into_iter().map(|(_, create)| create));
        stages.push(Stage::new(Phase::Contract, title, switch, back));
    } else {
        let mut end = subject.table.clone();
        end.columns.iter_mut().filter(|column| column.name == from.name).for_each(|column| column.name.clone_from(&to.name));
        renamed(&mut end, &from.name, &to.name, subject);
        switch.extend(rebuild(subject, &end, |column| subject.quote(column))?);
        stages.push(Stage::last(title, switch));
    }
    Ok(stages)
}

/// With another type.
pub(super) fn retype(
    subject: &Subject<'_>,
    from: &ColumnDefinition,
    to: &ColumnDefinition,
    using: Option<&str>,
) -> Result<Vec<Stage>, String> {
    let second = ColumnDefinition { name: short(&[&from.name, "new"]), ..to.clone() };
    let copy = beside(subject, from, &second, using)?;
    let mut stages = begin(subject, &copy)?;
    let mut end = subject.table.clone();
    end.columns.iter_mut().filter(|column| column.name == from.name).for_each(|column| *column = to.clone());
    let mut switch = stop(subject, &copy);
    let value = |column: &str| subject.quote(if column == from.name { &second.name } else { column });
    switch.extend(rebuild(subject, &end, value)?);
    let title = format!("{}.{} is now {}.", subject.written, from.name, to.data_type);
    stages.push(Stage::last(title, switch));
    Ok(stages)
}

/// A value in every row.
pub(super) fn not_null(subject: &Subject<'_>, column: &ColumnDefinition) -> Result<Vec<Stage>, String> {
    let (table, name) = (subject.name(), subject.quote(&column.name));
    let (mut stages, mut switch) = (Vec::new(), Vec::new());
    if let Some(value) = subject.value(column) {
        let key = row_key(subject, "NEW.");
        let trigger = |event: &str| subject.beside(&["fill", &subject.written.name, &column.name, event]);
        let make = |event: &str| {
            format!(
                "CREATE TRIGGER {} AFTER {} ON {table} WHEN NEW.{name} IS NULL BEGIN UPDATE {table} SET {name} = {value} WHERE \
                 {key}; END",
                trigger(event),
                event.to_uppercase()
            )
        };
        let drop = |event: &str| format!("DROP TRIGGER {}", trigger(event));
        let events = ["insert", "update"];
        let title = format!("{}.{} gets {value} where a release writes none.", subject.written, column.name);
        stages.push(Stage::new(Phase::Expand, title, events.map(make).to_vec(), events.map(drop).to_vec()));
        let fill = format!("UPDATE {table} SET {name} = {value} WHERE {name} IS NULL");
        stages.push(Stage::new(Phase::Migrate, "Rows from before.", vec![fill], Vec::new()));
        switch.extend(events.map(drop));
    }
    let mut end = subject.table.clone();
    end.columns.iter_mut().filter(|own| own.name == column.name).for_each(|own| own.nullable = false);
    switch.extend(rebuild(subject, &end, |column| subject.quote(column))?);
    let title = format!("{}.{} must have a value.", subject.written, column.name);
    stages.push(Stage::last(title, switch));
    Ok(stages)
}

fn beside<'a>(
    subject: &'a Subject<'a>,
    from: &'a ColumnDefinition,
    to: &'a ColumnDefinition,
    using: Option<&str>,
) -> Result<Copy<'a>, String> {
    if subject.table.columns.iter().any(|column| subject.catalog.same(&column.name, &to.name)) {
        return Err(format!("{} has a column {} already", subject.written, to.name));
    }
    if from.generated.is_some() || from.identity.is_some() {
        return Err(format!("{}.{} is filled by the server", subject.written, from.name));
    }
    if subject.table.primary_key().iter().any(|column| subject.catalog.same(column, &from.name)) {
        return Err(format!("{}.{} is part of the primary key", subject.written, from.name));
    }
    let same = from.data_type == to.data_type;
    Ok(if same { Copy::plain(subject, from, to) } else { Copy::converted(subject, from, to, using) })
}

/// The second column in step with the first, with its rows and indexes. Where the first must have a value, a release that
/// does not know it could not write: then the table is made anew so that it need not.
fn begin(subject: &Subject<'_>, copy: &Copy<'_>) -> Result<Vec<Stage>, String> {
    let mut expand = Vec::new();
    if copy.from.is_required() {
        let mut loose = subject.table.clone();
        loose.columns.iter_mut().filter(|own| own.name == copy.from.name).for_each(|own| own.nullable = true);
        expand.extend(rebuild(subject, &loose, |column| subject.quote(column))?);
    }
    expand.extend(copy.add());
    expand.extend(start(subject, copy));
    let gone = format!("ALTER TABLE {} DROP COLUMN {}", subject.name(), subject.quote(&copy.to.name));
    let back = stop(subject, copy).into_iter().chain([gone]).collect();
    let both = format!("{}.{} beside {}: what either release writes is in both.", subject.written, copy.to.name, copy.from.name);
    let mut stages = vec![
        Stage::new(Phase::Expand, both, expand, back),
        Stage::new(Phase::Migrate, "Rows from before.", vec![copy.fill()], Vec::new()),
    ];
    let indexes = indexes(subject, copy)?;
    if !indexes.is_empty() {
        let title = format!("What finds rows by {} finds them by {} too.", copy.from.name, copy.to.name);
        let drop = indexes.iter().map(|(name, _)| format!("DROP INDEX {}", subject.quote(name))).collect();
        stages.push(Stage::new(Phase::Migrate, title, indexes.into_iter().map(|(_, sql)| sql).collect(), drop));
    }
    Ok(stages)
}

/// Indexes over the first column as those over the second: name and statement.
fn indexes(subject: &Subject<'_>, copy: &Copy<'_>) -> Result<Vec<(String, String)>, String> {
    let all = super::copy::mirrored(subject, &copy.from.name, &copy.to.name)?;
    Ok(all.iter().map(|index| (index.temporary().to_owned(), index.create(subject))).collect())
}

fn trigger(subject: &Subject<'_>, copy: &Copy<'_>, event: &str) -> String {
    subject.beside(&["sync", &subject.written.name, &copy.from.name, event])
}

fn start(subject: &Subject<'_>, copy: &Copy<'_>) -> Vec<String> {
    let (table, key) = (subject.name(), row_key(subject, "NEW."));
    let (old, new) = (subject.quote(&copy.from.name), subject.quote(&copy.to.name));
    let (forward, backward) = (copy.forward("NEW."), copy.backward("NEW."));
    let name = |event: &str| trigger(subject, copy, event);
    // A write of the trigger's own changes the other column only, to what it follows from: then nothing is left to do.
    vec![
        format!(
            "CREATE TRIGGER {} AFTER INSERT ON {table} BEGIN UPDATE {table} SET {old} = CASE WHEN NEW.{new} IS NULL THEN NEW.{old} \
             ELSE {backward} END, {new} = CASE WHEN NEW.{new} IS NULL THEN {forward} ELSE NEW.{new} END WHERE {key}; END",
            name("insert")
        ),
        format!(
            "CREATE TRIGGER {} AFTER UPDATE OF {old} ON {table} WHEN NEW.{old} IS NOT OLD.{old} AND NEW.{new} IS OLD.{new} AND \
             NEW.{new} IS NOT {forward} BEGIN UPDATE {table} SET {new} = {forward} WHERE {key}; END",
            name("old")
        ),
        format!(
            "CREATE TRIGGER {} AFTER UPDATE OF {new} ON {table} WHEN NEW.{new} IS NOT OLD.{new} AND NEW.{old} IS OLD.{old} AND \
             NEW.{old} IS NOT {backward} BEGIN UPDATE {table} SET {old} = {backward} WHERE {key}; END",
            name("new")
        ),
    ]
}

fn stop(subject: &Subject<'_>, copy: &Copy<'_>) -> Vec<String> {
    ["insert", "old", "new"].map(|event| format!("DROP TRIGGER {}", trigger(subject, copy, event))).to_vec()
}

/// What names the row of a trigger.
fn row_key(subject: &Subject<'_>, row: &str) -> String {
    let key = subject.table.primary_key();
    if key.is_empty() {
        return format!("rowid = {row}rowid");
    }
    let one = |column: &String| format!("{0} = {row}{0}", subject.quote(column));
    key.iter().map(one).collect::<Vec<_>>().join(" AND ")
}

/// The names in constraints and indexes follow that of a column.
fn renamed(table: &mut Table, from: &str, to: &str, subject: &Subject<'_>) {
    let mut catalog = subject.catalog.clone();
    let operation = crate::statement::operation::Operation::RenameColumn {
        table: subject.written.clone(),
        column: from.to_owned(),
        to: to.to_owned(),
    };
    crate::catalog::apply::apply(&mut catalog, &operation);
    if let Some(end) = catalog.table(subject.written) {
        *table = end.clone();
    }
}

/// The table made anew, the way SQLite's manual has it; `value` is what a column of it is filled with.
fn rebuild(subject: &Subject<'_>, end: &Table, value: impl Fn(&str) -> String) -> Result<Vec<String>, String> {
    let catalog = subject.catalog;
    // Dropping the first table would take these along, or delete rows that refer to it.
    if let Some((child, _)) = catalog.references_to(subject.key).find(|(child, _)| *child != subject.key) {
        return Err(format!("the table must be made anew, and {child} refers to it"));
    }
    let inner = subject.table.constraints.iter().any(
        |constraint| matches!(&constraint.kind, ConstraintKind::ForeignKey { ref_table, .. } if catalog.resolve(ref_table) == *subject.key),
    );
    if inner {
        return Err("the table must be made anew, and it refers to itself".to_owned());
    }
    if let Some((_, name)) = catalog.triggers.keys().find(|(table, _)| table == subject.key) {
        return Err(format!("the table must be made anew, and the text of its trigger {name} is not known"));
    }
    if let Some(view) = catalog.views_reading(subject.key).first() {
        return Err(format!("the table must be made anew, and the view {view} reads it"));
    }
    let numbered = subject.table.columns.iter().any(|column| column.identity.is_some());
    if numbered || !subject.table.options.is_empty() {
        return Err("the table must be made anew, which would lose its AUTOINCREMENT or other options".to_owned());
    }
    let dialect = subject.dialect();
    let aside = ObjectName::bare(short(&[&subject.written.name, "rebuilt"]));
    let mut bare = end.clone();
    let indexes = std::mem::take(&mut bare.indexes);
    let mut statements = ddl::table(&aside, &bare, dialect);
    let stored: Vec<&ColumnDefinition> = end.columns.iter().filter(|column| column.generated.is_none()).collect();
    let names: Vec<String> = stored.iter().map(|column| subject.quote(&column.name)).collect();
    let values: Vec<String> = stored.iter().map(|column| value(&column.name)).collect();
    statements.push(format!(
        "INSERT INTO {} ({}) SELECT {} FROM {}",
        aside.sql(dialect),
        names.join(", "),
        values.join(", "),
        subject.name()
    ));
    statements.push(format!("DROP TABLE {}", subject.name()));
    statements.push(format!("ALTER TABLE {} RENAME TO {}", aside.sql(dialect), subject.quote(&subject.written.name)));
    for (name, index) in &indexes {
        statements.push(ddl::index(name, subject.written, index, false, dialect));
    }
    Ok(statements)
}
