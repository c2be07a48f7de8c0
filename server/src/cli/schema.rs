//! `schema`: the simulated schema after all migrations, or the live one.

use planner::catalog::line::lines;
use planner::catalog::schema::{Schema, TableSchema};

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
    for line in lines(table) {
        text.push_str(&format!("  {}\n", line.text));
    }
    text.push('\n');
    text
}
