//! `schema`: the simulated schema after all migrations, or the live one.

use planner::catalog::schema::{ColumnSchema, Schema, TableSchema};

use crate::cli::{Context, Format, output};
use crate::execution::{self, Refused};
use crate::exit::Exit;
use crate::history::History;
use crate::observe;
use crate::target::Access;

/// Runs the command. With `--url` the live database is read, without it the files are.
///
/// # Errors
/// A target that cannot be read; blocking findings.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let schema = if context.workspace.has_url_option() {
        live(context).await?
    } else {
        let report = context.workspace.analyze(&context.workspace.request);
        execution::refuse_blocking(&report.findings)?;
        report.schema
    };
    match context.format {
        Format::Json => output::print_json(&output::with_format(&schema)?)?,
        _ => output::print(&text(&schema)),
    }
    Ok(Exit::Done)
}

async fn live(context: &Context) -> Result<Schema, Refused> {
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let url = context.workspace.require_url(&settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let history = History::of(&settings, &target);
    let schema = target.schema(&history.bookkeeping(&settings)).await;
    target.close().await;
    Ok(schema.map_err(crate::exit::Failure::from)?)
}

fn text(schema: &Schema) -> String {
    let mut text = String::new();
    for table in &schema.tables {
        text.push_str(&table_text(table));
    }
    for (what, objects) in [("view", &schema.views), ("sequence", &schema.sequences), ("function", &schema.functions)] {
        for object in objects {
            text.push_str(&format!("{what} {}\n", qualified(object.schema.as_deref(), &object.name)));
        }
    }
    for item in &schema.enums {
        text.push_str(&format!("enum {} ({})\n", qualified(item.schema.as_deref(), &item.name), item.values.join(", ")));
    }
    for item in &schema.opaque {
        text.push_str(&format!("not known: {}:{}: {}\n", item.file, item.line, item.reason));
    }
    if text.is_empty() { "The schema is empty.\n".to_owned() } else { text }
}

fn qualified(schema: Option<&str>, name: &str) -> String {
    schema.map_or_else(|| name.to_owned(), |schema| format!("{schema}.{name}"))
}

fn table_text(table: &TableSchema) -> String {
    let mut text = format!("table {}\n", qualified(table.schema.as_deref(), &table.name));
    for column in &table.columns {
        text.push_str(&column_text(column));
    }
    if !table.primary_key.is_empty() {
        text.push_str(&format!("  primary key ({})\n", table.primary_key.join(", ")));
    }
    for columns in &table.unique {
        text.push_str(&format!("  unique ({})\n", columns.join(", ")));
    }
    for key in &table.foreign_keys {
        let parent = qualified(key.ref_schema.as_deref(), &key.ref_table);
        text.push_str(&format!(
            "  foreign key ({}) references {parent} ({})\n",
            key.columns.join(", "),
            key.ref_columns.join(", ")
        ));
    }
    for check in &table.checks {
        text.push_str(&format!("  check {} {}\n", check.name, check.expression));
    }
    for index in &table.indexes {
        let unique = if index.unique { "unique " } else { "" };
        let invalid = if index.valid { "" } else { " INVALID" };
        text.push_str(&format!("  {unique}index {} ({}){invalid}\n", index.name, index.columns.join(", ")));
    }
    text.push('\n');
    text
}

fn column_text(column: &ColumnSchema) -> String {
    let mut text = format!("  {} {}", column.name, column.data_type);
    if !column.nullable {
        text.push_str(" not null");
    }
    if let Some(default) = &column.default {
        text.push_str(&format!(" default {default}"));
    }
    if let Some(identity) = &column.identity {
        text.push_str(&format!(" identity {identity}"));
    }
    if let Some(generated) = &column.generated {
        text.push_str(&format!(" generated {generated}"));
    }
    text.push('\n');
    text
}
