//! Runs a project statement by statement, the simulated schema and a live one side by side.

use std::collections::BTreeSet;

use planner::catalog::apply::apply_all;
use planner::catalog::compare::{Difference, compare};
use planner::catalog::schema::{Schema, schema};
use planner::catalog::{Catalog, replay};
use planner::dialect::Dialect;
use planner::effect::Effect;
use planner::effect::statement::of_statement;
use planner::plan::PlannedStatement;
use planner::project::Statistics;
use planner::statement::Statement;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use server::target::{Access, DbError, Target};
use server::url::TargetUrl;

use crate::beside::{self, Unlike};
use crate::judge::{self, Verdict};
use crate::observe::{self, Seen};
use crate::reprint;
use crate::source::Source;
use crate::tally::{Tally, Wrong};
use crate::{mariadb, postgres};

/// Runs all migrations of a project on a fresh database.
///
/// # Errors
/// A server that cannot be reached, as a sentence.
pub(crate) async fn project(source: &Source) -> Result<Tally, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let url = match source.dialect {
        Dialect::Postgres => postgres::database().url,
        Dialect::MySql | Dialect::MariaDb => mariadb::database().url,
        Dialect::Sqlite => format!("sqlite:{}", folder.path().join("oracle.db").display()),
    };
    let settings = &source.report.settings;
    let fail = |failure: server::exit::Failure| format!("{} {}", failure.message, failure.cure);
    let url = TargetUrl::parse(&url, folder.path()).map_err(fail)?;
    if let (Some(database), Dialect::MySql | Dialect::MariaDb) = (&settings.flyway.default_schema, source.dialect) {
        // Two projects may use the same name.
        let mut first = Target::connect(&url, "oracle", Access::Write).await.map_err(fail)?;
        let name = first.quoted_bare(database);
        for sql in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name}")] {
            first.execute(&sql).await.map_err(|error| error.to_string())?;
        }
        first.close().await;
    }
    let mut target = server::observe::connect(&url, settings, "oracle", Access::Write).await.map_err(fail)?;
    let mut catalog = Catalog::at_start(settings);
    catalog.version = target.version();
    for schema in &catalog.schemas {
        if !target.has_schema(schema).await.map_err(|error| error.to_string())? {
            target.create_schema(schema).await.map_err(|error| error.to_string())?;
        }
    }
    let mut walk = Walk {
        path: catalog.search_path.clone(),
        catalog,
        target,
        tally: Tally::default(),
        opaque: BTreeSet::new(),
        known: BTreeSet::new(),
        unlike: BTreeSet::new(),
        done: Vec::new(),
    };
    walk.all(source).await.map_err(|error| error.to_string())?;
    walk.target.close().await;
    Ok(walk.tally)
}

struct Walk {
    target: Target,
    catalog: Catalog,
    /// Search path at the start of each migration.
    path: Vec<String>,
    tally: Tally,
    /// Relations and other objects that something opaque changed: nothing is predicted of them.
    opaque: BTreeSet<String>,
    /// Differences that were told before.
    known: BTreeSet<Difference>,
    /// The same for what stands beside the schema.
    unlike: BTreeSet<Unlike>,
    /// Statements of the migration that is under way.
    done: Vec<PlannedStatement>,
}

/// What became of a statement on the server.
pub(crate) struct Ran {
    /// What it did; nothing where it was refused or ran outside a transaction.
    pub(crate) seen: Option<Seen>,
    /// The server takes it inside a transaction.
    pub(crate) transactional: bool,
    /// What it was refused with.
    pub(crate) error: Option<DbError>,
}

impl Walk {
    async fn all(&mut self, source: &Source) -> Result<(), DbError> {
        let steps = &source.report.plan.steps;
        for (at, step) in steps.iter().enumerate() {
            let first = at == 0 || steps.get(at - 1).is_none_or(|before| before.migration != step.migration);
            if first {
                self.target.prepare_step(0, 0).await?;
                self.catalog.search_path.clone_from(&self.path);
                // The step has given the session its own settings back.
                self.catalog.foreign_keys_off = false;
                self.done.clear();
            }
            for statement in &step.statements {
                self.statement(statement).await?;
                self.done.push(statement.clone());
            }
            if let Some(fallback) = &step.fallback {
                *self.tally.reasons.entry(fallback.reason.clone()).or_default() += 1;
            }
            if steps.get(at + 1).is_none_or(|next| next.migration != step.migration) {
                self.end_migration().await?;
            }
        }
        Ok(())
    }

    async fn statement(&mut self, planned: &PlannedStatement) -> Result<(), DbError> {
        let dialect = self.catalog.dialect;
        let (operations, _) = parse(&planned.sql, dialect);
        let of_transaction = words(&planned.sql, &["set", "transaction"]);
        if of_transaction || operations.iter().all(|operation| matches!(operation, Operation::Transaction { .. })) {
            // Here every statement is a transaction of its own.
            return Ok(());
        }
        self.tally.statements += 1;
        let statement = Statement { sql: planned.sql.clone(), operations, ..Statement::default() };
        let effect = of_statement(&statement, &self.catalog, &Statistics::default(), &BTreeSet::new());
        let mut after = self.catalog.clone();
        let (refused, doubted): (Vec<_>, Vec<_>) =
            apply_all(&mut after, &statement.operations).into_iter().partition(|error| error.certain);
        let refused = refused.into_iter().next();
        let unread = |operation: &Operation| matches!(operation, Operation::Opaque { .. });
        // What is refused only as far as is known here may run, and then changes what nobody follows.
        let is_opaque = effect.opaque.is_some() || !doubted.is_empty() || statement.operations.iter().any(unread);
        let before = if is_opaque { Some(self.target.schema(&[]).await?) } else { None };
        let mut ran = self.run(planned, &effect).await?;
        if let Some(seen) = &mut ran.seen {
            // Partitions that something opaque made are not known here.
            let known = |object: &str| !self.opaque.contains(object) || effect.locks.iter().any(|lock| lock.object == object);
            seen.locks.retain(|lock| lock.rsplit_once(' ').is_none_or(|(object, _)| known(object)));
            seen.rewrites.retain(|table| known(table));
            seen.scans.retain(|table| known(table));
        }
        let concerned = mentions_any(&planned.sql, &self.opaque);
        let verdict = judge::statement(
            &effect,
            refused.map(|error| error.message).or_else(|| effect.error.clone()),
            &ran,
            &planned.sql,
            self.catalog.opaque,
            concerned,
        );
        // Where nobody knows whether a body does something, it has been taken to: that may be otherwise.
        if effect.assumptions.iter().any(|sentence| sentence.starts_with("what stands behind")) {
            let taken = compare(&schema(&self.catalog), &schema(&after));
            self.opaque.extend(taken.iter().map(|difference| judge::subject(&difference.object)));
        }
        // Where the server refused, both sides stay as they were.
        if ran.error.is_none() {
            self.catalog = after;
        }
        if let Some(before) = before {
            let now = self.target.schema(&[]).await?;
            self.opaque.extend(compare(&before, &now).iter().map(|difference| judge::subject(&difference.object)));
            self.parents().await?;
        }
        self.count(planned, verdict);
        Ok(())
    }

    /// Partitioned tables whose partitions something opaque made or changed.
    async fn parents(&mut self) -> Result<(), DbError> {
        if self.target.dialect() != Dialect::Postgres {
            return Ok(());
        }
        let name = |class: &str| {
            format!(
                "(SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = {class})"
            )
        };
        let sql = format!("SELECT {}, {} FROM pg_inherits i", name("i.inhrelid"), name("i.inhparent"));
        for row in self.target.rows(&sql).await? {
            if let [Some(child), Some(parent)] = row.as_slice()
                && self.opaque.contains(child)
            {
                self.opaque.insert(parent.clone());
            }
        }
        Ok(())
    }

    fn count(&mut self, planned: &PlannedStatement, verdict: Verdict) {
        match verdict {
            Verdict::Equal => self.tally.equal += 1,
            Verdict::Opaque(reason) => {
                self.tally.opaque += 1;
                *self.tally.reasons.entry(reason).or_default() += 1;
            }
            Verdict::Refused(words) => {
                self.tally.refused += 1;
                self.tally.refusals.push(format!("{}:{}: {words}", planned.file, planned.line));
            }
            Verdict::Wrong { what, expected, observed } => {
                self.tally.differing += 1;
                let (file, line) = (planned.file.clone(), planned.line);
                self.tally.wrong.push(Wrong { file, line, what, expected, observed });
            }
        }
    }

    /// Sends the statement, on PostgreSQL in a transaction of its own, and looks at what it does.
    async fn run(&mut self, planned: &PlannedStatement, effect: &Effect) -> Result<Ran, DbError> {
        if let Some(ran) = self.pragma(planned, effect).await? {
            return Ok(ran);
        }
        let whole = self.target.dialect().transactional_ddl();
        let mut roles = 0;
        loop {
            if whole {
                self.target.begin().await?;
            }
            let before = observe::before(&mut self.target, &planned.sql).await?;
            match self.send(planned).await {
                Ok(()) => {
                    let seen = observe::after(&mut self.target, &before).await?;
                    // A deferred constraint is checked now.
                    let error = if whole { self.target.commit().await.err() } else { None };
                    if error.is_some() {
                        self.target.rollback().await;
                    }
                    return Ok(Ran { seen: Some(seen).filter(|_| error.is_none()), transactional: true, error });
                }
                Err(error) => {
                    if whole {
                        self.target.rollback().await;
                    }
                    if let Some(role) = missing_role(&error).filter(|_| roles < 5) {
                        roles += 1;
                        self.target.execute(&format!("CREATE ROLE {}", self.target.quoted_bare(&role))).await?;
                        continue;
                    }
                    let outside = matches!(error.code.as_deref(), Some("25001" | "2D000"))
                        || error.message.contains("from within a transaction");
                    if outside || (whole && !effect.transactional) {
                        let error = self.send(planned).await.err();
                        return Ok(Ran { seen: None, transactional: !outside, error });
                    }
                    return Ok(Ran { seen: None, transactional: true, error: Some(error) });
                }
            }
        }
    }

    /// SQLite passes over some of its settings inside a transaction: whether the value is there afterwards tells.
    async fn pragma(&mut self, planned: &PlannedStatement, effect: &Effect) -> Result<Option<Ran>, DbError> {
        let words = planner::statement::split::tokens(&planned.sql, Dialect::Sqlite, 4);
        let [first, name, mark, ..] = words.as_slice() else { return Ok(None) };
        if self.target.dialect() != Dialect::Sqlite || !first.eq_ignore_ascii_case("pragma") || !matches!(*mark, "=" | "(") {
            return Ok(None);
        }
        let asked = format!("PRAGMA {name}");
        let before = self.target.rows(&asked).await?;
        self.target.begin().await?;
        let refused = self.send(planned).await.is_err();
        let inside = self.target.rows(&asked).await?;
        self.target.rollback().await;
        let error = self.send(planned).await.err();
        let after = self.target.rows(&asked).await?;
        // A value that was there before tells nothing.
        let transactional = if before == after && !refused { effect.transactional } else { !refused && inside == after };
        Ok(Some(Ran { seen: None, transactional, error }))
    }

    async fn send(&mut self, planned: &PlannedStatement) -> Result<(), DbError> {
        // A setting of the transaction must outlast it here, where each statement has one of its own.
        let sql = match planned.sql.get(..10) {
            Some(start) if start.eq_ignore_ascii_case("SET LOCAL ") => {
                format!("SET {}", planned.sql.get(10..).unwrap_or_default())
            }
            // So must a temporary table.
            _ => match planned.sql.to_ascii_lowercase().find("on commit drop") {
                Some(at) if words(&planned.sql, &["create"]) => {
                    planned.sql.get(..at).unwrap_or_default().to_owned() + planned.sql.get(at + 14..).unwrap_or_default()
                }
                _ => planned.sql.clone(),
            },
        };
        match &planned.copy_data {
            Some(data) => self.target.copy(&sql, data).await.map(drop),
            None => self.target.execute(&sql).await.map(drop),
        }
    }

    /// Compares the schemas behind a migration.
    async fn end_migration(&mut self) -> Result<(), DbError> {
        self.tally.migrations += 1;
        if self.target.dialect() == Dialect::Postgres {
            self.target.execute("DISCARD TEMP").await?;
        }
        self.catalog = replay::walk(&self.catalog, &[], |_, _, _| {});
        let live = self.target.schema(&[]).await?;
        let simulated = schema(&self.catalog);
        // Made by a query that could not be typed.
        let untyped = self.catalog.tables.iter().filter(|(_, table)| table.columns_unknown);
        self.opaque.extend(untyped.map(|(name, _)| name.to_string()));
        let mut wrong = 0;
        for difference in differences(&simulated, &live) {
            let subject = judge::subject(&difference.object);
            let refers = difference.object.starts_with("foreign key of ");
            let to_opaque = refers && self.opaque.iter().any(|name| difference.second.contains(name.as_str()));
            if to_opaque || self.opaque.contains(&subject) || !self.known.insert(difference.clone()) {
                continue;
            }
            let told = self.blame(&difference, &subject);
            if !difference.certain && reprint::same(&mut self.target, &difference, &simulated).await? {
                continue;
            }
            if difference.certain {
                wrong += 1;
                self.tally.wrong.push(told);
            } else {
                self.tally.unjudged.push(told);
            }
        }
        wrong += self.beside().await?;
        self.tally.objects_opaque = self.opaque.len();
        if wrong == 0 {
            self.tally.schemas_equal += 1;
        } else {
            self.tally.schemas_wrong += 1;
        }
        Ok(())
    }

    /// Compares what stands beside the schema; how much of it is wrong and was not told before.
    async fn beside(&mut self) -> Result<usize, DbError> {
        let mut wrong = 0;
        for unlike in beside::compare(&mut self.target, &self.catalog).await? {
            if self.opaque.contains(&unlike.subject) || self.catalog.opaque || !self.unlike.insert(unlike.clone()) {
                continue;
            }
            let names = BTreeSet::from([unlike.subject.clone()]);
            let mut told = self.guilty(&names);
            told.what = format!("beside {}", unlike.subject);
            let side = if unlike.simulated { &mut told.expected } else { &mut told.observed };
            side.clone_from(&unlike.what);
            self.tally.wrong.push(told);
            wrong += 1;
        }
        Ok(wrong)
    }

    /// The place of the last statement of the migration that has one of the names.
    fn guilty(&self, names: &BTreeSet<String>) -> Wrong {
        let guilty = self.done.iter().rev().find(|statement| mentions_any(&statement.sql, names)).or_else(|| self.done.last());
        Wrong {
            file: guilty.map(|statement| statement.file.clone()).unwrap_or_default(),
            line: guilty.map(|statement| statement.line).unwrap_or_default(),
            ..Wrong::default()
        }
    }

    /// The last statement of the migration that names the object.
    fn blame(&self, difference: &Difference, subject: &str) -> Wrong {
        Wrong {
            what: difference.object.clone(),
            expected: difference.first.clone(),
            observed: difference.second.clone(),
            ..self.guilty(&BTreeSet::from([subject.to_owned()]))
        }
    }
}

/// All differences, the order of columns among them.
fn differences(simulated: &Schema, live: &Schema) -> Vec<Difference> {
    let mut found = compare(simulated, live);
    for table in &simulated.tables {
        let twin = live.tables.iter().find(|other| (&other.schema, &other.name) == (&table.schema, &table.name));
        let order = |table: &planner::catalog::schema::TableSchema| {
            table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()
        };
        if let Some(twin) = twin {
            let (first, second) = (order(table), order(twin));
            let sorted = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
            if first != second && sorted(&first) == sorted(&second) {
                let name = table.schema.as_ref().map_or_else(|| table.name.clone(), |schema| format!("{schema}.{}", table.name));
                found.push(Difference {
                    kind: planner::catalog::compare::DifferenceKind::Different,
                    object: format!("order of {name}"),
                    first: first.join(", "),
                    second: second.join(", "),
                    certain: true,
                });
            }
        }
    }
    found
}

/// Whether the text begins with these words, in any case, behind comments.
fn words(sql: &str, wanted: &[&str]) -> bool {
    let words = planner::statement::split::tokens(sql, Dialect::Postgres, wanted.len());
    words.len() == wanted.len() && words.iter().zip(wanted).all(|(word, wanted)| word.eq_ignore_ascii_case(wanted))
}

/// Whether the text has one of the names, without their schemas, as a word.
fn mentions_any(sql: &str, names: &BTreeSet<String>) -> bool {
    names
        .iter()
        .any(|name| planner::catalog::expression::mentions(sql, name.rsplit('.').next().unwrap_or(name), Dialect::MariaDb))
}

/// `role "x" does not exist`.
fn missing_role(error: &DbError) -> Option<String> {
    let words = observe::sentence(error);
    let role = words.strip_prefix("role \"")?.strip_suffix("\" does not exist")?;
    Some(role.to_owned())
}
