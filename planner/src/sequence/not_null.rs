//! A column that must have a value: filled for the old release, filled for old rows, then demanded.

use super::standard::{Stage, Subject, short};
use crate::dialect::Dialect;
use crate::phase::Phase;
use crate::statement::operation::ColumnDefinition;
use crate::undo::ddl;

/// With a value for rows that have none; without one nothing can be filled, and only the demand is spread out.
pub(super) fn stages(subject: &Subject<'_>, column: &ColumnDefinition) -> Result<Vec<Stage>, String> {
    let value = subject.value(column);
    let mut stages = Vec::new();
    if let Some(value) = &value {
        let (make, drop) = filler(subject, column, value);
        let title = format!("{}.{} gets {value} where a release writes none.", subject.written, column.name);
        stages.push(Stage::new(Phase::Expand, title, make, drop));
        let (table, name) = (subject.name(), subject.quote(&column.name));
        let fill = format!("UPDATE {table} SET {name} = {value} WHERE {name} IS NULL");
        stages.push(Stage::new(Phase::Migrate, "Rows from before.", vec![fill], Vec::new()));
    }
    let filler = value.as_deref().map(|value| filler(subject, column, value));
    stages.extend(demand(subject, column, filler));
    Ok(stages)
}

/// Statements that keep a column filled, and those that end it.
fn filler(subject: &Subject<'_>, column: &ColumnDefinition, value: &str) -> (Vec<String>, Vec<String>) {
    let (table, name) = (subject.name(), subject.quote(&column.name));
    let trigger = |event: &str| subject.beside(&["fill", &subject.written.name, &column.name, event]);
    if subject.dialect() == Dialect::Postgres {
        let function = trigger("value");
        let bare = subject.quote(&short(&["fill", &subject.written.name, &column.name]));
        let body = format!("BEGIN IF NEW.{name} IS NULL THEN NEW.{name} := {value}; END IF; RETURN NEW; END");
        let make = vec![
            format!("CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"),
            format!("CREATE TRIGGER {bare} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE PROCEDURE {function}()"),
        ];
        return (make, vec![format!("DROP TRIGGER {bare} ON {table}"), format!("DROP FUNCTION {function}()")]);
    }
    let make = |event: &str| {
        let set = format!("SET NEW.{name} = coalesce(NEW.{name}, {value})");
        format!("CREATE TRIGGER {} BEFORE {} ON {table} FOR EACH ROW {set}", trigger(event), event.to_uppercase())
    };
    let drop = |event: &str| format!("DROP TRIGGER {}", trigger(event));
    (["insert", "update"].map(make).to_vec(), ["insert", "update"].map(drop).to_vec())
}

/// PostgreSQL checks the rows while others write, and demands a value without reading them again.
fn demand(subject: &Subject<'_>, column: &ColumnDefinition, filler: Option<(Vec<String>, Vec<String>)>) -> Vec<Stage> {
    let (table, name) = (subject.name(), subject.quote(&column.name));
    let (make, drop) = filler.unwrap_or_default();
    let title = format!("{}.{} must have a value.", subject.written, column.name);
    if subject.dialect() != Dialect::Postgres {
        let to = ColumnDefinition { nullable: false, ..column.clone() };
        let modify = |to: &ColumnDefinition| format!("ALTER TABLE {table} MODIFY COLUMN {}", ddl::column(to, subject.dialect()));
        let statements = [modify(&to)].into_iter().chain(drop).collect();
        let undo = make.into_iter().chain([modify(column)]).collect();
        return vec![Stage::new(Phase::Contract, title, statements, undo)];
    }
    let check = subject.quote(&short(&[&subject.written.name, &column.name, "not_null"]));
    let gone = format!("ALTER TABLE {table} DROP CONSTRAINT {check}");
    let add = format!("ALTER TABLE {table} ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID");
    let set = vec![format!("ALTER TABLE {table} ALTER COLUMN {name} SET NOT NULL"), gone.clone()];
    let back = make.into_iter().chain([format!("ALTER TABLE {table} ALTER COLUMN {name} DROP NOT NULL"), add.clone()]);
    vec![
        Stage::new(Phase::Contract, format!("New rows of {title}"), vec![add], vec![gone]),
        Stage::new(
            Phase::Contract,
            "Old rows are read while others write.",
            vec![format!("ALTER TABLE {table} VALIDATE CONSTRAINT {check}")],
            Vec::new(),
        ),
        Stage::new(Phase::Contract, title, set.into_iter().chain(drop).collect(), back.collect()),
    ]
}
