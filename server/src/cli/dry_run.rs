//! The SQL of a run as a script: what `migrate` would send, the history's statements included. Nothing is sent.

use std::fmt::Write as _;

use planner::dialect::Dialect;
use planner::migration::SourceKind;
use planner::plan::{HistoryEntry, Plan, PlannedCallback, PlannedStatement, Step, TransactionMode};
use planner::project::AppliedFlyway;
use planner::project::settings::Settings;
use planner::source::flyway::callback::Event;

use crate::cli::Context;
use crate::execution::{self, Refused};
use crate::exit::Failure;
use crate::history::{History, Ran, flyway};
use crate::observe;
use crate::run::{is_repeatable, prepare};
use crate::target::{Access, Target};
use crate::url::TargetUrl;

/// A script and what it stands for.
#[derive(Debug)]
pub struct DryRun {
    /// The script.
    pub sql: String,
    /// The plan it writes out.
    pub plan: Plan,
}

/// Plans as `migrate` would, and writes the plan out.
///
/// # Errors
/// What `migrate` would refuse before it runs anything.
pub async fn write(context: &Context) -> Result<DryRun, Refused> {
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let Some(url) = context.workspace.url(&settings)? else {
        let report = context.workspace.analyze(&context.workspace.request);
        execution::refuse_blocking(&report.findings)?;
        let mut sql = head("without a database: everything is pending, and the history's statements are left out");
        steps(&mut sql, &report.plan, settings.dialect, |_| None);
        return Ok(DryRun { sql, plan: report.plan });
    };
    let mut target = observe::connect(&url, &settings, "flightplan dry run", Access::Read).await?;
    let written = live(context, &settings, &url, &mut target).await;
    target.close().await;
    written
}

/// The script for a database that is there.
async fn live(context: &Context, settings: &Settings, url: &TargetUrl, target: &mut Target) -> Result<DryRun, Refused> {
    let history = History::of(settings, target);
    let observed = observe::observe(target, url, settings, &context.workspace.request).await?;
    let there = target.has_table(&history.table).await.map_err(Failure::from)?;
    let missing = prepare::missing(target, &history, settings).await.map_err(Failure::from)?;
    let report = context.workspace.analyze(&observed.request);
    execution::refuse_unmanaged(settings, &observed)?;
    execution::refuse_blocking(&report.findings)?;
    let mut sql = head(&format!("for {url}"));
    let around = Around::of(&report.plan, target.dialect());
    around.write(&mut sql, &[Event::BeforeValidate, Event::AfterValidate, Event::CreateSchema]);
    if !missing.is_empty() {
        sql.push_str("-- Schemas that are missing\n");
        for schema in &missing {
            push(&mut sql, &target.create_schema_sql(schema), target.dialect());
        }
        sql.push('\n');
    }
    // As the run does: the row of the schemas comes with the table, and the baseline behind it.
    let with_schemas = !missing.is_empty() && !there;
    if with_schemas {
        history_table(&mut sql, target, &history);
    }
    if !missing.is_empty() {
        push(&mut sql, &flyway::schema_row_statement(target, &history, &missing).sql(), target.dialect());
        sql.push('\n');
    }
    if observed.baseline.is_some() {
        around.write(&mut sql, &[Event::BeforeBaseline]);
    }
    if !there && !with_schemas {
        history_table(&mut sql, target, &history);
    }
    if let Some(row) = &observed.baseline {
        baseline_row(&mut sql, target, &history, row);
        around.write(&mut sql, &[Event::AfterBaseline]);
    }
    steps(&mut sql, &report.plan, target.dialect(), |step| row(target, &history, step));
    Ok(DryRun { sql, plan: report.plan })
}

fn head(what: &str) -> String {
    format!("-- Flightplan dry run {what}.\n-- Nothing of this was executed. Flightplan's own journal is left out.\n\n")
}

fn history_table(sql: &mut String, target: &Target, history: &History) {
    if history.kind != SourceKind::Flyway {
        return;
    }
    sql.push_str("-- The history table\n");
    for statement in flyway::ddl(target, history) {
        push(sql, &statement, target.dialect());
    }
    sql.push('\n');
}

fn baseline_row(sql: &mut String, target: &Target, history: &History, row: &AppliedFlyway) {
    let new = flyway::NewRow {
        version: row.version.as_deref(),
        description: &row.description,
        kind: &row.kind,
        script: &row.script,
        checksum: None,
    };
    let ran = Ran { duration_ms: 0, success: true };
    push(sql, &flyway::insert_statement(target, history, &new, ran).sql(), target.dialect());
    sql.push('\n');
}

/// The row a step leaves in the history; its duration is not known yet.
fn row(target: &Target, history: &History, step: &Step) -> Option<String> {
    let ran = Ran { duration_ms: 0, success: true };
    match step.history.as_ref()? {
        HistoryEntry::Flyway { version, description, kind, script, checksum } => {
            let new = flyway::NewRow { version: version.as_deref(), description, kind, script, checksum: *checksum };
            Some(flyway::insert_statement(target, history, &new, ran).sql())
        }
        HistoryEntry::Forget { .. } => None,
        HistoryEntry::Alembic { delete, insert } => {
            let table = target.quoted(&history.table);
            let gone = delete.iter().map(|one| format!("DELETE FROM {table} WHERE version_num = {}", target.literal(one)));
            let come = insert.iter().map(|one| format!("INSERT INTO {table} (version_num) VALUES ({})", target.literal(one)));
            Some(gone.chain(come).collect::<Vec<_>>().join(";\n"))
        }
    }
}

/// The callbacks of a plan, written where they run. Those that follow a failure are none of a dry run's business.
struct Around<'a> {
    callbacks: &'a [PlannedCallback],
    dialect: Dialect,
    /// Those of versions and repeatables run in the transaction of the group.
    group: bool,
}

impl<'a> Around<'a> {
    fn of(plan: &'a Plan, dialect: Dialect) -> Self {
        // What waits for approvals fires nothing where nothing is to be done.
        let silent = plan.steps.is_empty() && plan.approvals > 0;
        Self { callbacks: if silent { &[] } else { &plan.callbacks }, dialect, group: plan.group }
    }

    fn write(&self, sql: &mut String, events: &[Event]) {
        self.put(sql, events, true);
    }

    /// Those between versions and repeatables.
    fn turn(&self, sql: &mut String) {
        self.put(sql, &[Event::AfterVersioned, Event::BeforeRepeatables], !self.group);
    }

    fn put(&self, sql: &mut String, events: &[Event], own: bool) {
        for event in events {
            for callback in self.callbacks.iter().filter(|callback| callback.event == *event) {
                let _ = writeln!(sql, "-- Callback {} ({})", event.id(), callback.file);
                let whole = own && callback.transactional && self.dialect.transactional_ddl();
                if whole {
                    push(sql, "BEGIN", self.dialect);
                }
                for statement in &callback.statements {
                    planned(sql, statement, self.dialect);
                }
                if whole {
                    push(sql, "COMMIT", self.dialect);
                }
                sql.push('\n');
            }
        }
    }
}

fn steps(sql: &mut String, plan: &Plan, dialect: Dialect, row: impl Fn(&Step) -> Option<String>) {
    let around = Around::of(plan, dialect);
    around.write(sql, &[Event::BeforeMigrate]);
    if plan.group {
        sql.push_str("-- The group: one transaction\n");
        push(sql, "BEGIN", dialect);
        sql.push('\n');
    }
    let mut versioned = true;
    for step in &plan.steps {
        if versioned && is_repeatable(step) {
            versioned = false;
            around.turn(sql);
        }
        if let Some(gate) = &step.gate {
            let _ = writeln!(sql, "-- gate {}: {}", gate.name, gate.waits_for);
        }
        let file = step.statements.first().map_or("", |statement| statement.file.as_str());
        let _ = writeln!(sql, "-- {}: {} ({file})", step.id, step.description);
        if dialect == Dialect::Postgres && step.lock_timeout_ms > 0 {
            push(sql, &format!("SET lock_timeout = {}", step.lock_timeout_ms), dialect);
        }
        let whole = step.transaction == TransactionMode::Transactional && dialect.transactional_ddl() && !plan.group;
        if whole {
            push(sql, "BEGIN", dialect);
        }
        for statement in &step.statements {
            planned(sql, statement, dialect);
        }
        if let Some(row) = row(step) {
            push(sql, &row, dialect);
        }
        if whole {
            push(sql, "COMMIT", dialect);
        }
        sql.push('\n');
    }
    if plan.group {
        push(sql, "COMMIT", dialect);
        sql.push('\n');
    }
    if plan.steps.is_empty() {
        sql.push_str("-- Nothing to do: the database is up to date.\n");
    }
    if versioned {
        around.write(sql, &[Event::AfterVersioned]);
    }
    if !plan.steps.is_empty() {
        around.write(sql, &[Event::AfterMigrateApplied]);
    }
    around.write(sql, &[Event::AfterMigrate]);
}

fn planned(sql: &mut String, statement: &PlannedStatement, dialect: Dialect) {
    if let Some(batch) = &statement.batch {
        let _ = writeln!(sql, "-- In transactions of {} rows each, by {}:", batch.size, batch.key.join(", "));
    }
    push(sql, &statement.sql, dialect);
    if let Some(data) = &statement.copy_data {
        sql.push_str(data);
        if !data.is_empty() && !data.ends_with('\n') {
            sql.push('\n');
        }
        sql.push_str("\\.\n");
    }
}

/// A statement with its end. The clients of MySQL cut at semicolons inside a body, so such a statement gets another end.
fn push(sql: &mut String, statement: &str, dialect: Dialect) {
    let statement = statement.trim_end().trim_end_matches(';');
    let body = matches!(dialect, Dialect::MySql | Dialect::MariaDb) && statement.contains(';');
    let _ = if body {
        writeln!(sql, "DELIMITER //\n{statement}\n//\nDELIMITER ;")
    } else if statement.lines().last().is_some_and(|line| line.contains("--")) {
        writeln!(sql, "{statement}\n;")
    } else {
        writeln!(sql, "{statement};")
    };
}
