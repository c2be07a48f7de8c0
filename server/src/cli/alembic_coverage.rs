//! `alembic-coverage`: how many revisions of script folders can be read, by level and verdict, as Markdown.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use planner::dialect::Dialect;
use planner::migration::SourceKind;
use planner::project::{Request, SourceSpec, flightplan_toml};
use planner::source::alembic::{self, level};

use crate::cli::output;
use crate::execution::Refused;
use crate::exit::{Exit, Failure};
use crate::project;

/// Options of `alembic-coverage`.
#[derive(Clone, Debug, Args)]
pub struct Coverage {
    /// Script folders as NAME=PROJECT:FOLDER:DIALECT; without FOLDER (`NAME=PROJECT::DIALECT`) the project's own settings say.
    #[arg(required = true)]
    folders: Vec<String>,
}

/// Rendered, rendered under assumptions, opaque.
type Verdicts = [usize; 3];

fn cells(verdicts: Verdicts) -> String {
    let all: usize = verdicts.iter().sum();
    let share = |count: usize| if all == 0 { 0.0 } else { 100.0 * count as f64 / all as f64 };
    let [rendered, assumed, opaque] = verdicts;
    format!("{all} | {rendered} | {assumed} | {opaque} | {:.1} %", share(rendered + assumed))
}

/// Runs the command.
///
/// # Errors
/// A folder that cannot be read.
pub fn run(command: &Coverage) -> Result<Exit, Refused> {
    let mut levels: BTreeMap<usize, Verdicts> = BTreeMap::new();
    let (mut rows, mut ways, mut total, mut back) = (Vec::new(), Vec::new(), [0; 3], [0; 3]);
    for folder in &command.folders {
        let (name, rest) = folder.split_once('=').unwrap_or(("", folder));
        let parts: Vec<&str> = rest.split(':').collect();
        let [root, inside, dialect] = parts.as_slice() else {
            return Err(Failure::usage(format!("{folder:?} is not understood."), "Write NAME=PROJECT:FOLDER:DIALECT.").into());
        };
        let dialect: Dialect = dialect.parse().map_err(|_| Failure::usage(format!("No dialect {dialect:?}."), ""))?;
        let project = project::read(&PathBuf::from(root))?;
        let source = SourceSpec { kind: SourceKind::Alembic, folder: (*inside).to_owned() };
        let source = Some(source).filter(|source| !source.folder.is_empty());
        let request = Request { source, dialect: Some(dialect), ..Request::default() };
        let (settings, _) = flightplan_toml::resolve(&project, &request);
        let (revisions, _) = alembic::load(&project, &settings, &request);
        let by_id: BTreeMap<String, usize> = level::levels(&project, &settings, &request).into_iter().collect();
        let (mut own, mut own_back) = ([0; 3], [0; 3]);
        for revision in &revisions {
            let verdict = verdict(&revision.up);
            own[verdict] += 1;
            levels.entry(by_id.get(&revision.id.0).copied().unwrap_or_default()).or_default()[verdict] += 1;
            if let Some(undo) = &revision.undo {
                own_back[self::verdict(undo)] += 1;
            }
        }
        for at in 0..3 {
            total[at] += own[at];
            back[at] += own_back[at];
        }
        rows.push(format!("| {name} | {dialect} | {} |", cells(own)));
        ways.push(format!("| {name} | {} |", cells(own_back)));
    }
    let head = "revisions | rendered | under stated assumptions | opaque | readable";
    let mut text = format!("## `upgrade()` by project\n\n| project | database | {head} |\n|---|---|---|---|---|---|---|\n");
    text.push_str(&rows.join("\n"));
    text.push_str(&format!(
        "\n| all | | {} |\n\n## `upgrade()` by level\n\n| level | {head} |\n|---|---|---|---|---|---|\n",
        cells(total)
    ));
    for (level, verdicts) in &levels {
        let name = level::NAMES.get(*level).copied().unwrap_or_default();
        text.push_str(&format!("| T{level} {name} | {} |\n", cells(*verdicts)));
    }
    text.push_str(&format!(
        "\n## `downgrade()` by project\n\n| project | {head} |\n|---|---|---|---|---|---|\n{}\n| all | {} |\n",
        ways.join("\n"),
        cells(back)
    ));
    output::print(&text);
    Ok(Exit::Done)
}

fn verdict(script: &planner::migration::Script) -> usize {
    match (script.opaque.is_empty(), script.assumptions.is_empty()) {
        (false, _) => 2,
        (true, false) => 1,
        (true, true) => 0,
    }
}
