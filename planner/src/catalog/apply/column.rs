//! `ALTER TABLE` actions on columns. On a partitioned or inherited table they reach every descendant.

use super::{Outcome, constraint, create, definition, drop as drops, known_types, naming::Names, object, rows};
use crate::catalog::expression::mentions;
use crate::catalog::{Catalog, Table};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ColumnDefinition, ColumnOption, Constraint, ConstraintKind, Identity, IndexPart, Place};

/// The stored name of the table and, for views (`ALTER TABLE v ALTER c SET DEFAULT`), nothing to change.
fn target(catalog: &Catalog, name: &ObjectName) -> Result<Option<ObjectName>, String> {
    match catalog.table_key(name) {
        Some(key) => Ok(Some(key)),
        None => rows::relation(catalog, name).map(|_| None),
    }
}

/// A view or sequence is refused; what belongs to the server or an extension may be a table.
fn not_a_table(catalog: &Catalog, name: &ObjectName) -> Outcome {
    match catalog.find(name, |key| catalog.relation_exists(key)) {
        Some(_) => Err(format!("\"{}\" is not a table", name.name)),
        None => Ok(()),
    }
}

/// The stored name of the table that must have the column.
pub(super) fn with_column(catalog: &Catalog, name: &ObjectName, column: &str) -> Result<Option<ObjectName>, String> {
    let Some(key) = target(catalog, name)? else { return Ok(None) };
    match catalog.tables.get(&key) {
        Some(table) if !rows::has_column(catalog, table, column) => Err(rows::no_column(catalog, &key, column)),
        _ => Ok(Some(key)),
    }
}

/// The table and everything that inherits from it.
pub(super) fn family(catalog: &Catalog, key: &ObjectName) -> Vec<ObjectName> {
    let mut family = vec![key.clone()];
    family.extend(catalog.descendants(key));
    family
}

/// Changes one column in a table and its descendants.
pub(super) fn each(catalog: &mut Catalog, key: &ObjectName, column: &str, change: impl Fn(&mut ColumnDefinition)) {
    let postgres = catalog.dialect == Dialect::Postgres;
    let is = |own: &str| if postgres { own == column } else { own.eq_ignore_ascii_case(column) };
    for member in family(catalog, key) {
        if let Some(table) = catalog.edit(&member) {
            table.columns.iter_mut().filter(|own| is(&own.name)).for_each(&change);
        }
    }
}

pub(super) fn add(
    catalog: &mut Catalog,
    name: &ObjectName,
    column: &ColumnDefinition,
    constraints: &[Constraint],
    if_not_exists: bool,
) -> Outcome {
    let Some(key) = target(catalog, name)? else { return not_a_table(catalog, name) };
    let Some(stored) = catalog.tables.get(&key) else { return Ok(()) };
    if stored.columns.iter().any(|own| catalog.same(&own.name, &column.name)) {
        return if if_not_exists { Ok(()) } else { Err(taken(catalog, &key, &column.name)) };
    }
    definition::check(catalog, stored, column, false)?;
    if catalog.dialect == Dialect::Sqlite {
        sqlite_refuses(constraints)?;
    }
    let mut table = (**stored).clone();
    let mut own = object::with_printed_type(catalog, column);
    let sequence = (catalog.dialect == Dialect::Postgres)
        .then(|| create::sequence_of(&mut Names::beside(catalog, &key), &key, &mut own))
        .flatten();
    let place = own.place.take();
    table.columns.push(own.clone());
    put(&mut table, &own.name, place);
    let old = table.constraints.len();
    constraint::add_all(catalog, &key, &mut table, constraints)?;
    let added = table.constraints.get(old..).unwrap_or_default();
    for child in catalog.descendants(&key) {
        constraint::add_column_below(catalog, &child, &own, added);
    }
    catalog.put(key.clone(), table.into());
    if let Some(sequence) = sequence {
        catalog.sequences.insert(sequence, Some((key, column.name.clone())));
    }
    Ok(())
}

/// Moves a column to where `FIRST` or `AFTER` wants it.
fn put(table: &mut Table, column: &str, place: Option<Place>) {
    let at = |table: &Table, name: &str| table.columns.iter().position(|own| own.name.eq_ignore_ascii_case(name));
    let (Some(place), Some(from)) = (place, at(table, column)) else { return };
    let moved = table.columns.remove(from);
    let to = match place {
        Place::First => 0,
        Place::After(before) => at(table, &before).map_or(table.columns.len(), |before| before + 1),
    };
    table.columns.insert(to, moved);
}

fn taken(catalog: &Catalog, key: &ObjectName, column: &str) -> String {
    match catalog.dialect {
        Dialect::Postgres => format!("column \"{column}\" of relation \"{}\" already exists", key.name),
        Dialect::Sqlite => format!("duplicate column name: {column}"),
        Dialect::MySql | Dialect::MariaDb => format!("Duplicate column name '{column}'"),
    }
}

/// What `SQLite`'s `ADD COLUMN` cannot do. Source: `facts/safety.md` §2.3, measured on 3.40.
fn sqlite_refuses(constraints: &[Constraint]) -> Outcome {
    for constraint in constraints {
        match constraint.kind {
            ConstraintKind::PrimaryKey { .. } => return Err("Cannot add a PRIMARY KEY column".to_owned()),
            ConstraintKind::Unique { .. } => return Err("Cannot add a UNIQUE column".to_owned()),
            _ => {}
        }
    }
    Ok(())
}

/// What `SQLite` says to `ADD COLUMN` as soon as the table has a row; of an empty one it takes the column.
pub(crate) fn sqlite_refuses_with_rows(column: &ColumnDefinition, constraints: &[Constraint]) -> Option<&'static str> {
    let default = column.default.as_deref().map_or("NULL", str::trim);
    let is = |word: &&str| default.eq_ignore_ascii_case(word);
    let references = || constraints.iter().any(|constraint| matches!(constraint.kind, ConstraintKind::ForeignKey { .. }));
    if let Some(generated) = &column.generated {
        generated.stored.then_some("cannot add a STORED column")
    } else if is(&"null") {
        (!column.nullable).then_some("Cannot add a NOT NULL column with default value NULL")
    } else if default.starts_with('(') || ["current_timestamp", "current_date", "current_time"].iter().any(is) {
        Some("Cannot add a column with non-constant default")
    } else {
        references().then_some("Cannot add a REFERENCES column with non-NULL default value")
    }
}

pub(super) fn drop(catalog: &mut Catalog, name: &ObjectName, column: &str, if_exists: bool, cascade: bool) -> Outcome {
    let Some(key) = target(catalog, name)? else { return not_a_table(catalog, name) };
    let Some(table) = catalog.tables.get(&key) else { return Ok(()) };
    if !rows::has_column(catalog, table, column) {
        return if if_exists { Ok(()) } else { Err(rows::no_column(catalog, &key, column)) };
    }
    let family = family(catalog, &key);
    if catalog.dialect == Dialect::Sqlite {
        sqlite_keeps(catalog, &key, table, column)?;
    }
    if !cascade && depended_on(catalog, &family, column) {
        return Err(format!("cannot drop column {column} of table {} because other objects depend on it", shown(&key)));
    }
    for member in family {
        drops::column_dependents(catalog, &member, column);
        remove(catalog, &member, column);
    }
    Ok(())
}

/// A table name the way PostgreSQL's dependency messages show it: without `public`.
pub(super) fn shown(key: &ObjectName) -> String {
    match key.schema.as_deref() {
        Some("public") | None => key.name.clone(),
        Some(_) => key.to_string(),
    }
}

/// Whether a view, a foreign key of another table or a generated column needs the column.
fn depended_on(catalog: &Catalog, family: &[ObjectName], column: &str) -> bool {
    family.iter().any(|member| {
        let generated = catalog.tables.get(member).is_some_and(|table| {
            table.columns.iter().filter(|own| !catalog.same(&own.name, column)).any(|own| {
                own.generated.as_ref().is_some_and(|generated| mentions(&generated.expression, column, catalog.dialect))
            })
        });
        let views = catalog.dialect == Dialect::Postgres && !catalog.views_using(member, column).is_empty();
        let keys = catalog.references_to(member).any(|(child, constraint)| {
            let ConstraintKind::ForeignKey { ref_columns, .. } = &constraint.kind else { return false };
            child != member && ref_columns.iter().any(|used| catalog.same(used, column))
        });
        generated || views || keys
    })
}

/// What keeps `SQLite` from dropping a column. Source: `facts/safety.md` §2.3.
fn sqlite_keeps(catalog: &Catalog, key: &ObjectName, table: &Table, column: &str) -> Outcome {
    let named = |columns: &[String]| columns.iter().any(|own| catalog.same(own, column));
    for constraint in &table.constraints {
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns } if named(columns) => {
                return Err(format!("cannot drop PRIMARY KEY column: \"{column}\""));
            }
            ConstraintKind::Unique { columns, .. } if named(columns) => {
                return Err(format!("cannot drop UNIQUE column: \"{column}\""));
            }
            ConstraintKind::ForeignKey { columns, .. } if named(columns) => {
                return Err(format!(
                    "error in table {} after drop column: unknown column \"{column}\" in foreign key definition",
                    key.name
                ));
            }
            _ => {}
        }
    }
    let used = |index: &&String| table.indexes.get(*index).is_some_and(|index| index_uses(index, column, catalog.dialect));
    if let Some(index) = table.indexes.keys().find(used) {
        return Err(format!("error in index {index} after drop column: no such column: {column}"));
    }
    Ok(())
}

/// Whether an index has the column in its key, its `INCLUDE` list, an expression or its predicate.
pub(crate) fn index_uses(index: &crate::catalog::Index, column: &str, dialect: Dialect) -> bool {
    let is = |own: &String| if dialect == Dialect::Postgres { own == column } else { own.eq_ignore_ascii_case(column) };
    index.include.iter().any(is)
        || index.predicate.as_ref().is_some_and(|predicate| mentions(predicate, column, dialect))
        || index.columns.iter().any(|part| match part {
            IndexPart::Column(own) => is(own),
            IndexPart::Expression(text) => mentions(text, column, dialect),
        })
}

/// Whether a constraint of the table itself involves the column.
pub(crate) fn constraint_uses(constraint: &Constraint, column: &str, dialect: Dialect) -> bool {
    let is = |own: &String| if dialect == Dialect::Postgres { own == column } else { own.eq_ignore_ascii_case(column) };
    match &constraint.kind {
        ConstraintKind::PrimaryKey { columns }
        | ConstraintKind::Unique { columns, .. }
        | ConstraintKind::ForeignKey { columns, .. } => columns.iter().any(is),
        ConstraintKind::Check { expression } => mentions(expression, column, dialect),
        ConstraintKind::NotNull { column: own } => is(own),
        ConstraintKind::Exclude { definition } => mentions(definition, column, dialect),
    }
}

/// Takes the column out of its table with its constraints, indexes and sequence.
fn remove(catalog: &mut Catalog, key: &ObjectName, column: &str) {
    let dialect = catalog.dialect;
    let is = |own: &str| if dialect == Dialect::Postgres { own == column } else { own.eq_ignore_ascii_case(column) };
    if let Some(table) = catalog.edit(key) {
        table.columns.retain(|own| !is(&own.name));
        table.own_not_null.retain(|own| !is(own));
        if matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
            shorten(table, &is);
        }
        table.constraints.retain(|constraint| !constraint_uses(constraint, column, dialect));
        table.indexes.retain(|_, index| !index_uses(index, column, dialect));
    }
    let owned = |owner: &Option<(ObjectName, String)>| owner.as_ref().is_some_and(|(table, own)| table == key && is(own));
    catalog.sequences.retain(|_, owner| !owned(owner));
}

/// MySQL and MariaDB take the column out of keys over several, which stay (MySQL 8.4 manual 15.1.9).
fn shorten(table: &mut Table, is: &dyn Fn(&str) -> bool) {
    for constraint in &mut table.constraints {
        if let ConstraintKind::PrimaryKey { columns } | ConstraintKind::Unique { columns, .. } = &mut constraint.kind
            && columns.iter().any(|own| !is(own))
        {
            columns.retain(|own| !is(own));
        }
    }
    for (_, index) in table.indexes.iter_mut() {
        let named = |part: &IndexPart| match part {
            IndexPart::Column(own) => is(own.split('(').next().unwrap_or_default()),
            IndexPart::Expression(_) => false,
        };
        if index.columns.iter().any(|part| !named(part)) {
            index.columns.retain(|part| !named(part));
        }
    }
}

pub(super) fn set_type(
    catalog: &mut Catalog,
    name: &ObjectName,
    column: &str,
    data_type: &str,
    collation: Option<&str>,
) -> Outcome {
    let Some(key) = with_column(catalog, name, column)? else { return not_a_table(catalog, name) };
    known_types::check(catalog, data_type)?;
    if catalog.dialect == Dialect::Postgres {
        definition::lengths_of_postgres(catalog, data_type)?;
        let family = family(catalog, &key);
        if family.iter().any(|member| !catalog.views_using(member, column).is_empty()) {
            return Err("cannot alter type of a column used by a view or rule".to_owned());
        }
        let generated = catalog.tables.get(&key).is_some_and(|table| {
            let others = table.columns.iter().filter(|own| own.name != column);
            others.filter_map(|own| own.generated.as_ref()).any(|own| mentions(&own.expression, column, catalog.dialect))
        });
        if generated {
            return Err("cannot alter type of a column used by a generated column".to_owned());
        }
    }
    let printed = object::printed_type(catalog, data_type);
    let postgres = catalog.dialect == Dialect::Postgres;
    each(catalog, &key, column, |own| {
        // The stored literal keeps the type it was read as.
        if let Some(text) = own.default.as_mut().filter(|text| postgres && text.starts_with('\'') && !text.contains("::")) {
            text.push_str("::");
            text.push_str(own.data_type.split('(').next().unwrap_or_default());
        }
        printed.clone_into(&mut own.data_type);
        own.collation = collation.map(str::to_owned);
    });
    Ok(())
}

pub(super) fn set_default(catalog: &mut Catalog, name: &ObjectName, column: &str, expression: Option<&String>) -> Outcome {
    let Some(key) = with_column(catalog, name, column)? else { return Ok(()) };
    let stored = catalog.tables.get(&key).and_then(|table| table.column(column));
    if catalog.dialect == Dialect::Postgres && stored.is_some_and(|own| own.identity.is_some()) {
        return Err(format!("column \"{column}\" of relation \"{}\" is an identity column", key.name));
    }
    if catalog.dialect == Dialect::Postgres && stored.is_some_and(|own| own.generated.is_some()) {
        return Err(format!("column \"{column}\" of relation \"{}\" is a generated column", key.name));
    }
    if let (Some(own), Some(text)) = (stored, expression) {
        definition::default_of(catalog, &ColumnDefinition { default: Some(text.clone()), ..own.clone() })?;
    }
    let expression = expression.filter(|text| !text.trim().eq_ignore_ascii_case("null"));
    each(catalog, &key, column, |own| {
        own.default = expression.cloned();
        own.serial = false;
    });
    Ok(())
}

pub(super) fn set_identity(catalog: &mut Catalog, name: &ObjectName, column: &str, identity: Option<Identity>) -> Outcome {
    let Some(key) = with_column(catalog, name, column)? else { return Ok(()) };
    let Some(stored) = catalog.tables.get(&key).and_then(|table| table.column(column)).cloned() else { return Ok(()) };
    match (identity, stored.identity) {
        (None, None) => return Err(format!("column \"{column}\" of relation \"{}\" is not an identity column", key.name)),
        (None, Some(_)) => {
            let owned = Some((key.clone(), column.to_owned()));
            catalog.sequences.retain(|_, owner| *owner != owned);
        }
        (Some(_), Some(_)) => {}
        (Some(_), None) => {
            if stored.nullable {
                return Err(format!(
                    "column \"{column}\" of relation \"{}\" must be declared NOT NULL before identity can be added",
                    key.name
                ));
            }
            if stored.default.is_some() {
                return Err(format!("column \"{column}\" of relation \"{}\" already has a default value", key.name));
            }
            let sequence = Names::beside(catalog, &key).sequence(&key.name, column);
            let sequence = ObjectName { schema: key.schema.clone(), name: sequence };
            catalog.sequences.insert(sequence, Some((key.clone(), column.to_owned())));
        }
    }
    each(catalog, &key, column, |own| own.identity = identity);
    Ok(())
}

pub(super) fn modify(catalog: &mut Catalog, name: &ObjectName, column: &str, to: &ColumnDefinition) -> Outcome {
    let Some(key) = with_column(catalog, name, column)? else { return Err(rows::missing(catalog, name)) };
    if let Some(stored) = catalog.tables.get(&key) {
        definition::check(catalog, stored, to, false)?;
    }
    if !catalog.same(column, &to.name) {
        super::rename::column(catalog, name, column, &to.name)?;
    }
    let renamed = to.name.clone();
    let maria = catalog.dialect == Dialect::MariaDb;
    if let Some(table) = catalog.edit(&key).filter(|_| maria) {
        // A check written at the column is a part of what is redefined.
        let own = |name: &Option<String>| name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(column));
        table.constraints.retain(|check| !(matches!(check.kind, ConstraintKind::Check { .. }) && own(&check.name)));
    }
    each(catalog, &key, &renamed, |own| *own = ColumnDefinition { place: None, ..to.clone() });
    if let Some(table) = catalog.edit(&key) {
        put(table, &renamed, to.place.clone());
        create::primary_key_not_null(table);
    }
    Ok(())
}

pub(super) fn set_option(catalog: &mut Catalog, name: &ObjectName, column: &str, option: &ColumnOption) -> Outcome {
    let Some(key) = with_column(catalog, name, column)? else { return Ok(()) };
    match option {
        ColumnOption::DropExpression => each(catalog, &key, column, |own| own.generated = None),
        ColumnOption::Statistics | ColumnOption::Storage | ColumnOption::SetExpression => {}
    }
    Ok(())
}
