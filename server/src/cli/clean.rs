//! `clean`: drops every object of the managed schemas. Off by default, and asks for the database's name.

use std::time::Instant;

use planner::dialect::Dialect;
use planner::project::settings::Settings;
use serde_json::{Value, json};

use crate::clean;
use crate::cli::confirm::{self, Question};
use crate::cli::locked::{self, Locked};
use crate::cli::words::FLYWAY_VERSION;
use crate::cli::{Context, Format, output};
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::history::flyway;
use crate::sections::Sections;
use crate::target::{DbError, Target};
use crate::url::TargetUrl;

/// What was done.
#[derive(Debug, Default)]
struct Cleaned {
    cleaned: Vec<String>,
    dropped: Vec<String>,
    warnings: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] while it is disabled or not confirmed; [`Exit::ApprovalMissing`] where approvals are asked for.
pub async fn run(context: &Context) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let settings = locked::flyway_settings(context, "clean")?;
    permitted(&settings, context.workspace.sections())?;
    confirmed(context, &settings, &context.workspace.require_url(&settings)?)?;
    locked::with(context, settings, "clean", async |locked| {
        let cleaned = everything(context, locked).await?;
        if context.format == Format::Json {
            context.give(json_of(&locked.url, &cleaned));
        }
        Ok(())
    })
    .await?;
    Ok(Exit::Done)
}

fn permitted(settings: &Settings, sections: &Sections) -> Outcome<()> {
    if settings.flyway.clean_disabled {
        return Err(Failure::usage(
            "Unable to execute clean as it has been disabled with the 'flyway.cleanDisabled' property.",
            "Where everything may be dropped, allow it with -cleanDisabled=false.",
        ));
    }
    if settings.approvals > 0 || !sections.policy(&settings.environment).sets.is_empty() {
        return Err(Failure::new(
            Exit::ApprovalMissing,
            format!("Environment {} asks for approvals, and nobody can approve a clean.", settings.environment),
            "Clean only databases of environments without approvals.",
        ));
    }
    Ok(())
}

fn confirmed(context: &Context, settings: &Settings, url: &TargetUrl) -> Outcome<()> {
    let schemas = match settings.flyway.schemas.as_slice() {
        [] => {
            settings.flyway.default_schema.clone().map_or_else(|| "the current schema".to_owned(), |one| format!("schema {one}"))
        }
        all => format!("the schemas {}", all.join(", ")),
    };
    let question = Question {
        does: &format!("drops every object of {schemas} in {url}"),
        command: &format!("clean would drop every object of {schemas} in {url}"),
        not_done: "dropped",
        option: "--yes-delete",
    };
    confirm::typed(&question, url, context.words.yes_delete.as_deref())
}

async fn everything(context: &Context, locked: &mut Locked) -> Outcome<Cleaned> {
    let mut done = Cleaned::default();
    let own = created_by_flyway(locked).await?;
    let current = locked.target.current_schema().unwrap_or("main").to_owned();
    let managed = match locked.settings.flyway.schemas.as_slice() {
        [] => vec![current],
        all => all.to_vec(),
    };
    let mut schemas = Vec::new();
    for schema in managed {
        if exists(&mut locked.target, &schema).await? {
            schemas.push(schema);
        } else {
            let warning = format!("Unable to clean unknown schema: {}", locked.target.quoted_bare(&schema));
            context.warn(&warning);
            done.warnings.push(warning);
        }
    }
    // Twice, as Flyway does: the second time backwards.
    for schema in schemas.iter().chain(schemas.iter().rev()) {
        let started = Instant::now();
        if let Err(error) = one(&mut locked.target, schema).await {
            return Err(left(&locked.target.quoted_bare(schema), error));
        }
        let time = output::duration(started.elapsed().as_millis());
        if !own.contains(schema) && !done.cleaned.contains(schema) {
            done.cleaned.push(schema.clone());
            say(context, &format!("Successfully cleaned schema {} (execution time {time})", locked.target.quoted_bare(schema)));
        }
    }
    for schema in schemas.iter().filter(|schema| own.contains(schema)) {
        let started = Instant::now();
        let cascade = if locked.url.dialect == Dialect::Postgres { " CASCADE" } else { "" };
        let drop = format!("DROP SCHEMA {}{cascade}", locked.target.quoted_bare(schema));
        locked.target.execute(&drop).await?;
        done.dropped.push(schema.clone());
        let time = output::duration(started.elapsed().as_millis());
        say(context, &format!("Successfully dropped schema {} (execution time {time})", locked.target.quoted_bare(schema)));
    }
    Ok(done)
}

fn say(context: &Context, text: &str) {
    if context.format != Format::Json {
        context.say(text);
    }
}

/// One schema in one transaction.
async fn one(target: &mut Target, schema: &str) -> Result<(), DbError> {
    target.begin().await?;
    clean::schema(target, schema).await?;
    target.commit().await
}

fn left(schema: &str, error: DbError) -> Failure {
    let failure = Failure::from(error);
    Failure { message: format!("Schema {schema} could not be cleaned: {}", failure.message), ..failure }
}

/// Schemas that the history says Flyway made: they are dropped themselves.
async fn created_by_flyway(locked: &mut Locked) -> Outcome<Vec<String>> {
    if !locked.target.has_table(&locked.history.table).await? {
        return Ok(Vec::new());
    }
    let rows = flyway::rows(&mut locked.target, &locked.history.table).await?;
    let scripts = rows.iter().filter(|row| row.kind == "SCHEMA").map(|row| row.script.as_str());
    let names = scripts.flat_map(|script| script.split(',')).map(|name| name.trim().trim_matches(['"', '`']).to_owned());
    Ok(names.collect())
}

async fn exists(target: &mut Target, schema: &str) -> Result<bool, DbError> {
    match target {
        Target::Sqlite(_) => Ok(schema == "main"),
        _ => {
            let sql = format!("SELECT 1 FROM information_schema.schemata WHERE schema_name = {}", target.literal(schema));
            Ok(!target.rows(&sql).await?.is_empty())
        }
    }
}

fn json_of(url: &TargetUrl, cleaned: &Cleaned) -> Value {
    json!({
        "format": 1,
        "schemasCleaned": cleaned.cleaned,
        "schemasDropped": cleaned.dropped,
        "flywayVersion": FLYWAY_VERSION,
        "database": output::catalog(url),
        "warnings": cleaned.warnings,
        "operation": "clean",
    })
}
