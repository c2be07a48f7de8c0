//! Predictions and observations side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use planner::matrix::build::{Material, built, matrix};
use planner::matrix::queries::{self, Query};
use planner::matrix::{Outcome, Release};
use planner::migration::{Migration, MigrationKind, SourceKind};
use planner::project::{Project, ProjectFile};
use server::target::{Access, DbError, Target};
use server::url::TargetUrl;

use crate::observe::{Asker, Seen};
use crate::source::Source;
use crate::{mariadb, postgres};

/// What came out.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) migrations: usize,
    pub(crate) schemas: usize,
    pub(crate) queries: usize,
    pub(crate) equal: usize,
    pub(crate) refused: usize,
    pub(crate) ran: usize,
    pub(crate) unknown: usize,
    pub(crate) why: BTreeMap<String, usize>,
    pub(crate) wrong: Vec<String>,
}

impl Tally {
    pub(crate) fn print(&self, title: &str, verbose: bool) {
        for wrong in self.wrong.iter().take(if verbose { usize::MAX } else { 40 }) {
            println!("WRONG {wrong}");
        }
        if verbose {
            for (why, count) in &self.why {
                println!("unknown {count:>6}  {why}");
            }
        }
        println!(
            "{title}: {} migrations, {} schemas, {} queries: {} predictions equal ({} of them refusals, {} data changes run), {} unknown, {} wrong",
            self.migrations,
            self.schemas,
            self.queries,
            self.equal,
            self.refused,
            self.ran,
            self.unknown,
            self.wrong.len()
        );
    }
}

/// Releases with their queries, and one without queries for each migration, so that each is a schema of the matrix.
fn releases(source: &Source, given: Option<&Path>, own: &[&Migration]) -> Result<(Vec<Release>, Vec<Vec<Query>>), String> {
    let mut project = Project::default();
    let label = |migration: &Migration| migration.version.clone().unwrap_or_else(|| migration.id.0.clone());
    let at = |release: Release, migration: &Migration| match source.report.settings.source {
        SourceKind::Flyway => Release { schema: Some(label(migration)), ..release },
        SourceKind::Alembic => Release { revisions: vec![label(migration)], ..release },
    };
    let mut all: Vec<Release> = source.report.matrix.releases.clone();
    if let Some(path) = given {
        let newest = own.last().ok_or("there are no migrations")?;
        let named = Release { version: "newest".to_owned(), queries: vec!["queries".to_owned()], ..Release::default() };
        all = vec![at(named, newest)];
        add(path, "queries", &mut project)?;
    } else {
        for path in all.iter().flat_map(|release| &release.queries) {
            add(&source.folder.join(path), path.trim_end_matches('/'), &mut project)?;
        }
    }
    project.files.sort();
    project.files.dedup();
    let (queries, findings) = queries::load(&project, &all, source.dialect);
    if let Some(finding) = findings.first() {
        return Err(finding.message.clone());
    }
    for migration in own {
        let version = format!("schema {}", label(migration));
        all.push(at(Release { version, supported: false, ..Release::default() }, migration));
    }
    Ok((all, queries))
}

fn add(path: &Path, name: &str, project: &mut Project) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()));
    if path.is_file() {
        let ending = path.extension().map(|ending| format!("/of.{}", ending.to_string_lossy())).unwrap_or_default();
        let name = if name == "queries" { format!("{name}{ending}") } else { name.to_owned() };
        project.files.push(ProjectFile { path: name, content: read(path)? });
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    for entry in entries.flatten().filter(|entry| entry.path().is_file()) {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        project.files.push(ProjectFile { path: name, content: read(&entry.path())? });
    }
    Ok(())
}

/// Runs a project and compares.
///
/// # Errors
/// A server that cannot be reached, a migration that is refused, queries that are not there, as a sentence.
pub(crate) async fn project(source: &Source, given: Option<&Path>) -> Result<Tally, String> {
    let report = &source.report;
    let of_tool = |migration: &&Migration| {
        migration.source == report.settings.source
            && matches!(migration.kind, MigrationKind::Versioned | MigrationKind::Revision)
            && migration.id.0 != "base"
    };
    let own: Vec<&Migration> = report.migrations.iter().filter(of_tool).collect();
    let (releases, queries) = releases(source, given, &own)?;
    let (schemas, _) = built(&releases, &own, report.settings.source);
    let material =
        Material { releases: &releases, built: &schemas, queries: &queries, migrations: &own, settings: &report.settings };
    let predicted = matrix(material, &|_, _| None);

    let url =
        if source.dialect == planner::dialect::Dialect::Postgres { postgres::database().url } else { mariadb::database().url };
    let fail = |failure: server::exit::Failure| format!("{} {}", failure.message, failure.cure);
    let folder = std::env::temp_dir();
    let parsed = TargetUrl::parse(&url, &folder).map_err(fail)?;
    let mut target = server::observe::connect(&parsed, &report.settings, "oracle", Access::Write).await.map_err(fail)?;
    let mut asker = Asker::open(&url).await?;
    let mut seen: BTreeMap<(usize, usize, usize), Seen> = BTreeMap::new();
    let texts: Vec<Vec<&str>> = queries.iter().map(|all| all.iter().map(|query| query.sql.as_str()).collect()).collect();
    let mut tally = Tally { queries: texts.iter().map(Vec::len).sum(), ..Tally::default() };
    for step in &report.plan.steps {
        for statement in &step.statements {
            run(&mut target, statement).await.map_err(|error| format!("{}:{}: {error}", statement.file, statement.line))?;
        }
        let last = report.plan.steps.iter().rfind(|other| other.migration == step.migration);
        let Some(migration) =
            own.iter().find(|own| own.id == step.migration).filter(|_| last.is_some_and(|last| last.id == step.id))
        else {
            continue;
        };
        tally.migrations += 1;
        let label = migration.version.clone().unwrap_or_else(|| migration.id.0.clone());
        let Some(schema) = predicted.schemas.iter().position(|schema| *schema == label) else { continue };
        tally.schemas += 1;
        for (release, texts) in texts.iter().enumerate() {
            for (query, text) in texts.iter().enumerate() {
                seen.insert((release, schema, query), asker.ask(text, None).await);
            }
        }
    }
    target.close().await;
    for ((release, schema, query), observed) in &seen {
        let cell = predicted.cell(*release, *schema);
        let text = queries.get(*release).and_then(|all| all.get(*query)).map(|query| query.sql.as_str()).unwrap_or_default();
        let met: Vec<(&planner::matrix::Reason, Outcome)> = cell
            .into_iter()
            .flat_map(|cell| predicted.reasons(&cell.reasons))
            .filter(|reason| reason.query.as_deref().is_none_or(|own| own == text))
            .map(|reason| (reason, reason.outcome.unwrap_or(Outcome::Unknown)))
            .collect();
        let baseline = predicted.own(*release).and_then(|own| seen.get(&(*release, own, *query)));
        let Some(baseline) = baseline else { continue };
        judge(&mut tally, &met, observed, baseline, (&predicted.schemas, *schema, text));
    }
    Ok(tally)
}

/// One prediction against what was seen, and against what was seen on the query's own schema.
fn judge(
    tally: &mut Tally,
    met: &[(&planner::matrix::Reason, Outcome)],
    seen: &Seen,
    own: &Seen,
    (schemas, schema, text): (&[String], usize, &str),
) {
    let outcomes: BTreeSet<Outcome> = met.iter().map(|(_, outcome)| *outcome).collect();
    let has = |outcome: Outcome| outcomes.contains(&outcome);
    let words: Vec<&str> = text.split_whitespace().collect();
    let words: String = words.join(" ").chars().take(400).collect();
    let told: Vec<&str> = met.iter().map(|(reason, _)| reason.change.as_str()).collect();
    let mut wrong = |what: &str| {
        let schema = schemas.get(schema).map_or("", String::as_str);
        let told = if told.is_empty() { "nothing".to_owned() } else { told.join(" ") };
        tally.wrong.push(format!("on {schema}: {what}\n      predicted: {told}\n      observed: {seen:?}\n      {words}"));
    };
    if has(Outcome::Unknown) {
        tally.unknown += 1;
        for (reason, _) in met.iter().filter(|(_, outcome)| *outcome == Outcome::Unknown) {
            *tally.why.entry(reason.change.clone()).or_default() += 1;
        }
        return;
    }
    if has(Outcome::Refused) != seen.refused.is_some() {
        return wrong(if seen.refused.is_some() { "the server refuses it" } else { "the server prepares it" });
    }
    if seen.refused.is_some() {
        tally.refused += 1;
        tally.equal += 1;
        return;
    }
    if own.refused.is_none() {
        let same = seen.columns == own.columns;
        if !same && !has(Outcome::Result) && !has(Outcome::Reprepared) {
            return wrong("its columns differ");
        }
        if same && has(Outcome::Result) {
            return wrong("its columns do not differ");
        }
        if let (Some(Ok(_)), Some(ran)) = (&own.ran, &seen.ran)
            && !has(Outcome::MayRefuse)
        {
            tally.ran += 1;
            match ran {
                Err(_) if !has(Outcome::RefusedRun) => return wrong("the server refuses to run it"),
                // Without a row nothing is checked.
                Ok(rows) if has(Outcome::RefusedRun) && *rows > 0 => return wrong("the server runs it"),
                _ => {}
            }
        }
    }
    tally.equal += 1;
}

async fn run(target: &mut Target, planned: &planner::plan::PlannedStatement) -> Result<(), DbError> {
    for _ in 0..5 {
        let ran = match &planned.copy_data {
            Some(data) => target.copy(&planned.sql, data).await.map(drop),
            None => target.execute(&planned.sql).await.map(drop),
        };
        let Err(error) = ran else { return Ok(()) };
        let words = error.to_string();
        let role = words
            .split_once("role \"")
            .and_then(|(_, rest)| rest.split_once("\" does not exist"))
            .map(|(role, _)| role.to_owned());
        let Some(role) = role else { return Err(error) };
        target.execute(&format!("CREATE ROLE {}", target.quoted_bare(&role))).await?;
    }
    Ok(())
}
