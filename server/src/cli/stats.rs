//! `stats`: what estimates rest on, measured in a live database, as a file that plans without one can read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use planner::project::Request;
use planner::project::statistics::{Statistics, TableStatistics};

use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::observe;
use crate::statistics;
use crate::target::Access;

/// Options of `stats`.
#[derive(Clone, Debug, Args)]
pub struct Stats {
    /// Write the JSON into this file, for --stats and for the page.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How long to watch what is read and written; 0: not at all.
    #[arg(long, value_name = "SECONDS", default_value_t = 2)]
    sample: u64,
}

/// Runs the command. Nothing is changed in the database, and no value of a column is read.
///
/// # Errors
/// A target that cannot be reached or read; a file that cannot be written.
pub async fn run(context: &Context, command: &Stats) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let url = context.workspace.require_url(&settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let measured = statistics::measure(&mut target, Duration::from_secs(command.sample)).await;
    target.close().await;
    let measured = measured.map_err(Failure::from)?;
    if let Some(file) = &command.output {
        std::fs::write(file, format!("{}\n", output::json_text(&measured)?)).map_err(|error| {
            Failure::usage(format!("{}: cannot be written: {error}.", file.display()), "Name another file with --output.")
        })?;
    }
    match context.format {
        Format::Json => output::print_json(&measured)?,
        _ => output::print(&text(&measured)),
    }
    Ok(Exit::Done)
}

/// Reads a file that [`run`] has written.
///
/// # Errors
/// A file that cannot be read, or is none.
pub fn read(file: &Path) -> Outcome<Statistics> {
    let cure = "Write it anew: flightplan stats --url … --output FILE";
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{}: cannot be read: {error}.", file.display()), cure))?;
    Statistics::parse(&text).map_err(|why| Failure::usage(format!("{}: {why}.", file.display()), cure))
}

/// The request with what is known of the target's sizes: those of the database that was named, else those of the file.
///
/// # Errors
/// A database that cannot be reached or read.
pub async fn known(context: &Context, request: &Request) -> Outcome<Request> {
    if !context.workspace.has_url_option() {
        return Ok(request.clone());
    }
    let (settings, _) = context.workspace.settings(request);
    let url = context.workspace.require_url(&settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan", Access::Read).await?;
    let measured = statistics::measure(&mut target, Duration::ZERO).await;
    let version = request.server_version.unwrap_or(target.version());
    target.close().await;
    Ok(Request { statistics: measured?, server_version: Some(version), ..request.clone() })
}

fn text(measured: &Statistics) -> String {
    let known = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let row = |(name, table): (&String, &TableStatistics)| {
        let indexes = table.indexes.iter().map(|index| index.bytes).sum::<Option<u64>>();
        vec![
            name.clone(),
            table.rows.to_string(),
            table.bytes.to_string(),
            table.indexes.len().to_string(),
            known(indexes.filter(|_| !table.indexes.is_empty())),
            known(table.dead_rows),
            known(table.reads_per_second),
            known(table.writes_per_second),
            table.last_analyzed.clone().unwrap_or_default(),
        ]
    };
    let header = ["Table", "Rows", "Bytes", "Indexes", "Their bytes", "Dead rows", "Reads/s", "Writes/s", "Analyzed"];
    let rows: Vec<Vec<String>> = measured.tables.iter().map(row).collect();
    let lag = measured.replica_lag_ms.map(|lag| format!(" The slowest replica is {lag} ms behind.")).unwrap_or_default();
    format!("{}{}{lag}\n", output::table(&header, &rows, "No tables found"), measured.source())
}
