//! Another name or another type for a column, on PostgreSQL, MySQL and MariaDB: a second column beside it that triggers keep
//! in step, until the old release is gone.

use super::copy::{Copy, Mirrored, mirrored};
use super::standard::{Stage, Subject, short};
use crate::catalog::expression::mentions;
use crate::dialect::Dialect;
use crate::phase::Phase;
use crate::statement::operation::{ColumnDefinition, ConstraintKind};
use crate::undo::ddl;

/// Under a new name.
pub(super) fn rename(subject: &Subject<'_>, from: &ColumnDefinition, to: &ColumnDefinition) -> Result<Vec<Stage>, String> {
    free(subject, from, &to.name)?;
    let copy = Copy::plain(subject, from, to);
    if subject.dialect() == Dialect::Postgres {
        let mut stages = begin(subject, &copy)?;
        // What stands on the column follows its name, so the first column stays and the second goes.
        let (table, old, new) = (subject.name(), subject.quote(&from.name), subject.quote(&to.name));
        let mut switch = copy.stop();
        switch.push(format!("ALTER TABLE {table} DROP COLUMN {new}"));
        switch.push(format!("ALTER TABLE {table} RENAME COLUMN {old} TO {new}"));
        let mut back = vec![format!("ALTER TABLE {table} RENAME COLUMN {new} TO {old}")];
        back.extend(copy.add());
        back.extend(copy.start());
        back.push(copy.fill());
        let title = format!("{}.{} is now named {}.", subject.written, from.name, to.name);
        stages.push(Stage::new(Phase::Contract, title, switch, back));
        return Ok(stages);
    }
    movable(subject, from)?;
    let mut stages = begin(subject, &copy)?;
    let (table, old) = (subject.name(), subject.quote(&from.name));
    // While both are written; afterwards nobody has to write the first one.
    let relaxed = ColumnDefinition { nullable: true, default: None, ..from.clone() };
    let mut switch = vec![format!(
        "ALTER TABLE {table} MODIFY COLUMN {}, MODIFY COLUMN {}",
        ddl::column(to, subject.dialect()),
        ddl::column(&relaxed, subject.dialect())
    )];
    switch.extend(copy.stop());
    switch.extend(drop_and_name(subject, from, &format!("DROP COLUMN {old}"))?);
    let title = format!("{}.{} is now named {}.", subject.written, from.name, to.name);
    stages.push(Stage::new(Phase::Contract, title, switch, again(subject, &copy)));
    Ok(stages)
}

/// With another type. Until the switch the new one bears a name of its own.
pub(super) fn retype(
    subject: &Subject<'_>,
    from: &ColumnDefinition,
    to: &ColumnDefinition,
    using: Option<&str>,
) -> Result<Vec<Stage>, String> {
    let name = short(&[&from.name, "new"]);
    free(subject, from, &name)?;
    movable(subject, from)?;
    let beside = ColumnDefinition { name: name.clone(), ..to.clone() };
    let copy = Copy::converted(subject, from, &beside, using);
    let mut stages = begin(subject, &copy)?;
    let (table, old, new) = (subject.name(), subject.quote(&from.name), subject.quote(&name));
    let title = format!("{}.{} is now {}.", subject.written, from.name, to.data_type);
    if subject.dialect() != Dialect::Postgres {
        let definition = ddl::column(to, subject.dialect());
        let mut switch = drop_and_name(subject, from, &format!("DROP COLUMN {old}, CHANGE COLUMN {new} {definition}"))?;
        // Behind it: rows written in between fail and are tried again; before it they would lose what they wrote.
        let behind = switch.split_off(1);
        switch.extend(copy.stop());
        switch.extend(behind);
        stages.push(Stage::last(title, switch));
        return Ok(stages);
    }
    let check = subject.quote(&short(&[&subject.written.name, &name, "not_null"]));
    if !to.nullable {
        let add = format!("ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({new} IS NOT NULL) NOT VALID");
        let gone = format!("ALTER TABLE {table} DROP CONSTRAINT {check}");
        let validate = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check}");
        let title = "Every row has a value of the new type.";
        stages.push(Stage::new(Phase::Contract, title, vec![add], vec![gone]));
        stages.push(Stage::new(Phase::Contract, "Old rows are read while others write.", vec![validate], Vec::new()));
    }
    let mut switch = copy.stop();
    switch.push(format!("ALTER TABLE {table} DROP COLUMN {old}"));
    switch.push(format!("ALTER TABLE {table} RENAME COLUMN {new} TO {old}"));
    if !to.nullable {
        switch.push(format!("ALTER TABLE {table} ALTER COLUMN {old} SET NOT NULL"));
        switch.push(format!("ALTER TABLE {table} DROP CONSTRAINT {check}"));
    }
    if let Some(default) = &to.default {
        switch.push(format!("ALTER TABLE {table} ALTER COLUMN {old} SET DEFAULT {default}"));
    }
    for index in mirrored(subject, &from.name, &name)? {
        switch.push(index.take(subject));
    }
    stages.push(Stage::last(title, switch));
    Ok(stages)
}

/// The second column, both ways in step; its rows; its indexes.
fn begin(subject: &Subject<'_>, copy: &Copy<'_>) -> Result<Vec<Stage>, String> {
    let indexes = mirrored(subject, &copy.from.name, &copy.to.name)?;
    let table = subject.name();
    let gone = format!("ALTER TABLE {table} DROP COLUMN {}", subject.quote(&copy.to.name));
    let expand = copy.add().into_iter().chain(copy.start()).collect();
    let back = copy.stop().into_iter().chain([gone]).collect();
    let both = format!("{}.{} beside {}: what either release writes is in both.", subject.written, copy.to.name, copy.from.name);
    let mut stages = vec![
        Stage::new(Phase::Expand, both, expand, back),
        Stage::new(Phase::Migrate, "Rows from before.", vec![copy.fill()], Vec::new()),
    ];
    if !indexes.is_empty() {
        let make = indexes.iter().map(|index| index.create(subject)).collect();
        let drop = indexes.iter().map(|index| index.drop(subject)).collect();
        let title = format!("What finds rows by {} finds them by {} too.", copy.from.name, copy.to.name);
        let alone = subject.dialect() == Dialect::Postgres;
        stages.push(Stage { alone, ..Stage::new(Phase::Migrate, title, make, drop) });
    }
    Ok(stages)
}

/// Drops the first column with its indexes; those of the second get their names. An index over several columns would stay
/// over the others.
fn drop_and_name(subject: &Subject<'_>, from: &ColumnDefinition, drop: &str) -> Result<Vec<String>, String> {
    let indexes = mirrored(subject, &from.name, &from.name)?;
    let mut actions: Vec<String> = indexes.iter().map(Mirrored::gone).collect();
    actions.push(drop.to_owned());
    let table = subject.name();
    let mut statements = vec![format!("ALTER TABLE {table} {}", actions.join(", "))];
    if !indexes.is_empty() {
        let names: Vec<String> = indexes.iter().map(Mirrored::rename).collect();
        statements.push(format!("ALTER TABLE {table} {}", names.join(", ")));
    }
    Ok(statements)
}

/// The way back from a finished rename on MySQL: the state before the switch, made anew.
fn again(subject: &Subject<'_>, copy: &Copy<'_>) -> Vec<String> {
    let (table, dialect) = (subject.name(), subject.dialect());
    let (old, new) = (subject.quote(&copy.from.name), subject.quote(&copy.to.name));
    let loose = ColumnDefinition { nullable: true, default: None, ..copy.to.clone() };
    let back = format!("ALTER TABLE {table} CHANGE COLUMN {new} {}", ddl::column(copy.from, dialect));
    let add = format!("ALTER TABLE {table} ADD COLUMN {} AFTER {old}", ddl::column(&loose, dialect));
    let mut all = vec![back, add];
    all.extend(copy.start());
    all.push(copy.fill());
    all
}

/// Whether a second column can stand beside it at all.
fn free(subject: &Subject<'_>, from: &ColumnDefinition, name: &str) -> Result<(), String> {
    let place = format!("{}.{}", subject.written, from.name);
    if subject.table.columns.iter().any(|column| subject.catalog.same(&column.name, name)) {
        return Err(format!("{} has a column {name} already", subject.written));
    }
    if from.generated.is_some() {
        return Err(format!("{place} is computed by the server"));
    }
    if subject.table.partition_by.is_some() || subject.table.partition_of.is_some() {
        return Err(format!("{} is partitioned", subject.written));
    }
    Ok(())
}

/// Whether nothing stands on a column that would not move to another.
fn movable(subject: &Subject<'_>, from: &ColumnDefinition) -> Result<(), String> {
    let place = format!("{}.{}", subject.written, from.name);
    if from.identity.is_some() || from.serial {
        return Err(format!("{place} is numbered by the server"));
    }
    let named = |columns: &[String]| columns.iter().any(|column| subject.catalog.same(column, &from.name));
    for constraint in &subject.table.constraints {
        let what = match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } if named(columns) => "the primary key",
            ConstraintKind::ForeignKey { columns, .. } if named(columns) => "a foreign key",
            ConstraintKind::Check { expression } if mentions(expression, &from.name, subject.dialect()) => "a check",
            ConstraintKind::Exclude { definition } if mentions(definition, &from.name, subject.dialect()) => "an exclusion",
            _ => continue,
        };
        return Err(format!("{place} is part of {what}"));
    }
    let referenced = subject
        .catalog
        .references_to(subject.key)
        .any(|(_, constraint)| matches!(&constraint.kind, ConstraintKind::ForeignKey { ref_columns, .. } if named(ref_columns)));
    if referenced {
        return Err(format!("a foreign key refers to {place}"));
    }
    match subject.catalog.views_using(subject.key, &from.name).first() {
        Some(view) => Err(format!("the view {view} shows {place}")),
        None => Ok(()),
    }
}
