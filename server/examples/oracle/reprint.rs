//! Expressions that differ by more than spelling: the server reads ours and prints it, and then both are its own words.

use planner::catalog::compare::Difference;
use planner::catalog::schema::{Schema, TableSchema};
use planner::dialect::Dialect;
use planner::name::ObjectName;
use server::target::{DbError, Target};

use crate::judge::subject;

/// Whether the server prints the simulated expression as it prints its own. Everything is taken back.
///
/// # Errors
/// A connection that is lost; an expression the server refuses is one that differs.
pub(crate) async fn same(target: &mut Target, difference: &Difference, simulated: &Schema) -> Result<bool, DbError> {
    if target.dialect() != Dialect::Postgres {
        return Ok(false);
    }
    let Some(commands) = commands(target, difference, simulated) else { return Ok(false) };
    target.begin().await?;
    let mut taken = true;
    for sql in commands {
        taken = taken && target.execute(&sql).await.is_ok();
    }
    let same = match taken {
        true => {
            let live = target.schema(&[]).await?;
            text(&live, &difference.object) == Some(difference.second.clone())
        }
        false => false,
    };
    target.rollback().await;
    Ok(same)
}

/// What an object is in a schema, in the words of the comparison.
fn text(schema: &Schema, object: &str) -> Option<String> {
    let empty = Schema { dialect: schema.dialect, ..Schema::default() };
    let bare =
        |table: &TableSchema| TableSchema { schema: table.schema.clone(), name: table.name.clone(), ..TableSchema::default() };
    let tables = schema.tables.iter().map(bare).collect();
    let found = planner::catalog::compare::compare(&Schema { tables, ..empty }, schema);
    found.into_iter().find(|difference| difference.object == object).map(|difference| difference.second)
}

/// The commands that put the simulated expression in the place of the live one.
fn commands(target: &Target, difference: &Difference, simulated: &Schema) -> Option<Vec<String>> {
    let subject = subject(&difference.object);
    let full = |table: &TableSchema| {
        table.schema.as_ref().map_or_else(|| table.name.clone(), |schema| format!("{schema}.{}", table.name))
    };
    let table = simulated.tables.iter().find(|table| full(table) == subject)?;
    let owner = target.quoted(&ObjectName { schema: table.schema.clone(), name: table.name.clone() });
    if let Some(column) = difference.object.strip_prefix("column ") {
        let name = column.rsplit('.').next()?;
        let own = table.columns.iter().find(|own| own.name == name)?;
        let expression = own.default.as_ref().filter(|_| own.generated.is_none())?;
        return Some(vec![format!("ALTER TABLE {owner} ALTER COLUMN {} SET DEFAULT {expression}", target.quoted_bare(name))]);
    }
    let name = difference.object.split_once(": ")?.1;
    if difference.object.starts_with("check of ") {
        let expression = &table.checks.iter().find(|check| check.name == name)?.expression;
        let quoted = target.quoted_bare(name);
        return Some(vec![
            format!("ALTER TABLE {owner} DROP CONSTRAINT {quoted}"),
            format!("ALTER TABLE {owner} ADD CONSTRAINT {quoted} CHECK ({expression}) NOT VALID"),
        ]);
    }
    let index = table.indexes.iter().find(|index| index.name == name)?;
    let column = |text: &String| match table.columns.iter().any(|own| own.name == *text) {
        true => target.quoted_bare(text),
        false => format!("({text})"),
    };
    let columns: Vec<String> = index.columns.iter().map(column).collect();
    let unique = if index.unique { "UNIQUE " } else { "" };
    let filter = index.predicate.as_ref().map(|text| format!(" WHERE {text}")).unwrap_or_default();
    let place = target.quoted(&ObjectName { schema: table.schema.clone(), name: name.to_owned() });
    Some(vec![
        format!("DROP INDEX {place}"),
        format!("CREATE {unique}INDEX {} ON {owner} ({}){filter}", target.quoted_bare(name), columns.join(", ")),
    ])
}
