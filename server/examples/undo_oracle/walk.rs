//! Goes through a project: each migration up, down and up again.

use std::collections::BTreeMap;

use planner::catalog::Catalog;
use planner::dialect::Dialect;
use planner::effect::Reversibility;
use planner::migration::MigrationId;
use planner::plan::PlannedStatement;
use planner::project::Request;
use planner::statement::operation::Operation;
use planner::statement::parse::parse;
use planner::undo::Derived;
use server::rehearsal::picture::Picture;
use server::rehearsal::seed::{Seeded, seed};
use server::target::{Access, DbError, Target};
use server::url::TargetUrl;

use crate::source::Source;
use crate::tally::{Tally, Wrong, told};
use crate::{mariadb, postgres};

/// Goes all ways back of a project on a fresh database.
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
    let url = TargetUrl::parse(&url, folder.path()).map_err(|failure| failure.message)?;
    let ways = planner::pipeline::ways_back(&source.report, &Request::default());
    let mut migrations: Vec<(MigrationId, Vec<PlannedStatement>)> = Vec::new();
    for step in &source.report.plan.steps {
        match migrations.last_mut() {
            Some((id, statements)) if *id == step.migration => statements.extend(step.statements.iter().cloned()),
            _ => migrations.push((step.migration.clone(), step.statements.clone())),
        }
    }
    let target = connect(source, &url).await?;
    let mut walk = Walk { source, url, target, tally: Tally::default(), astray: false };
    for (at, (id, statements)) in migrations.iter().enumerate() {
        walk.migration(id, statements, &ways, &migrations[..at]).await?;
    }
    walk.target.close().await;
    Ok(walk.tally)
}

/// A connection to the empty database.
async fn connect(source: &Source, url: &TargetUrl) -> Result<Target, String> {
    let settings = &source.report.settings;
    let fail = |failure: server::exit::Failure| format!("{} {}", failure.message, failure.cure);
    if matches!(source.dialect, Dialect::MySql | Dialect::MariaDb) {
        let mut first = Target::connect(url, "undo oracle", Access::Write).await.map_err(fail)?;
        let name = first.quoted_bare(settings.flyway.default_schema.as_deref().unwrap_or(&url.database));
        for sql in [format!("DROP DATABASE IF EXISTS {name}"), format!("CREATE DATABASE {name} CHARACTER SET utf8mb4")] {
            first.execute(&sql).await.map_err(|error| error.to_string())?;
        }
        first.close().await;
    }
    let mut target = server::observe::connect(url, settings, "undo oracle", Access::Write).await.map_err(fail)?;
    for schema in &Catalog::at_start(settings).schemas {
        if !target.has_schema(schema).await.map_err(|error| error.to_string())? {
            target.create_schema(schema).await.map_err(|error| error.to_string())?;
        }
    }
    Ok(target)
}

struct Walk<'a> {
    source: &'a Source,
    url: TargetUrl,
    target: Target,
    tally: Tally,
    /// A migration was refused, so the server has another schema than the migrations make.
    astray: bool,
}

/// What became of an attempt.
enum Gone {
    /// The way forth was refused.
    Refused(String),
    /// Rows do not fit what was there before, as the note says.
    Kept,
    /// It was there, back and there again; what went wrong, and at which return.
    There(Option<(&'static str, String)>),
}

type Done = (MigrationId, Vec<PlannedStatement>);

impl Walk<'_> {
    async fn migration(
        &mut self,
        id: &MigrationId,
        statements: &[PlannedStatement],
        ways: &BTreeMap<MigrationId, Derived>,
        before: &[Done],
    ) -> Result<(), String> {
        self.tally.migrations += 1;
        let none = Derived::default();
        let way = ways.get(id).unwrap_or(&none);
        let marked = match way.reversibility {
            Reversibility::Lossless => {
                self.tally.lossless += 1;
                self.tally.empty += usize::from(way.statements.is_empty());
                "lossless"
            }
            Reversibility::Lossy => {
                self.tally.lossy += 1;
                "lossy"
            }
            Reversibility::None => {
                self.tally.none += 1;
                "none"
            }
            Reversibility::Opaque => {
                self.tally.opaque += 1;
                "opaque"
            }
        };
        if !way.possible() {
            for note in &way.notes {
                *self.tally.reasons.entry(format!("{id}: {note}")).or_default() += 1;
            }
            return self.forth(statements).await.map_err(|error| error.to_string());
        }
        let gone = match self.target.dialect() {
            Dialect::Postgres | Dialect::Sqlite => self.in_transaction(statements, way).await,
            Dialect::MySql | Dialect::MariaDb => self.in_place(statements, way, before).await?,
        };
        match gone {
            Gone::Refused(words) => {
                self.tally.refused += 1;
                self.tally.refusals.push(format!("{id}: {words}"));
            }
            Gone::Kept => {
                self.tally.gone += 1;
                self.tally.kept += 1;
            }
            Gone::There(wrong) => {
                self.tally.gone += 1;
                if let Some((at, what)) = wrong {
                    let statements = way.statements.clone();
                    let wrong = Wrong { migration: id.to_string(), marked, at, what, statements };
                    // What a lossy one owes is to run; what it does not bring back is told.
                    let broken = way.reversibility == Reversibility::Lossless || at.starts_with("refused");
                    let list = match (broken, self.astray) {
                        (_, true) => &mut self.tally.astray,
                        (true, false) => &mut self.tally.wrong,
                        (false, false) => &mut self.tally.changed,
                    };
                    list.push(wrong);
                }
            }
        }
        if matches!(self.target.dialect(), Dialect::Postgres | Dialect::Sqlite) {
            return self.forth(statements).await.map_err(|error| error.to_string());
        }
        Ok(())
    }

    /// With rows, and where they are in the way of the migration without; all of it is taken back.
    async fn in_transaction(&mut self, statements: &[PlannedStatement], way: &Derived) -> Gone {
        let mut last = Gone::Refused(String::new());
        for rows in [true, false] {
            if let Err(error) = self.target.begin().await {
                return Gone::Refused(error.to_string());
            }
            let gone = match self.seeded(rows).await {
                Ok(seeded) => {
                    let gone = self.there_and_back(statements, way).await;
                    self.tally.with_rows += usize::from(!seeded.tables.is_empty() && matches!(gone, Gone::There(_)));
                    gone
                }
                Err(error) => Gone::Refused(error.to_string()),
            };
            self.target.rollback().await;
            match gone {
                // Without rows what is in the way of rows is none.
                Gone::Refused(_) => last = gone,
                Gone::Kept if rows => last = Gone::Kept,
                Gone::Kept | Gone::There(_) if matches!(last, Gone::Kept) && matches!(gone, Gone::There(None)) => return last,
                Gone::Kept | Gone::There(_) => return gone,
            }
        }
        last
    }

    /// Without a transaction around it: afterwards the rows go, and what went wrong is made anew.
    async fn in_place(&mut self, statements: &[PlannedStatement], way: &Derived, before: &[Done]) -> Result<Gone, String> {
        let mut last = Gone::Refused(String::new());
        for rows in [true, false] {
            let seeded = self.seeded(rows).await.map_err(|error| error.to_string())?;
            let gone = self.there_and_back(statements, way).await;
            match gone {
                Gone::There(None) => {
                    self.tally.with_rows += usize::from(!seeded.tables.is_empty());
                    self.unseed(&seeded).await;
                    return Ok(if matches!(last, Gone::Kept) { last } else { gone });
                }
                Gone::There(Some(_)) => {
                    self.anew(before).await?;
                    self.forth(statements).await.map_err(|error| error.to_string())?;
                    return Ok(gone);
                }
                Gone::Refused(_) | Gone::Kept => {
                    last = gone;
                    self.anew(before).await?;
                }
            }
        }
        self.forth(statements).await.map_err(|error| error.to_string())?;
        Ok(last)
    }

    async fn anew(&mut self, before: &[Done]) -> Result<(), String> {
        self.target = connect(self.source, &self.url).await?;
        for (_, statements) in before {
            self.forth(statements).await.map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    async fn seeded(&mut self, rows: bool) -> Result<Seeded, DbError> {
        if !rows {
            return Ok(Seeded::default());
        }
        let schema = self.target.schema(&[]).await?;
        let within = self.target.dialect().transactional_ddl();
        let seeded = seed(&mut self.target, &schema, within).await?;
        if self.target.dialect() == Dialect::Postgres {
            self.target.execute("SET CONSTRAINTS ALL IMMEDIATE").await?;
        }
        Ok(seeded)
    }

    async fn unseed(&mut self, seeded: &Seeded) {
        drop(self.target.execute("SET foreign_key_checks = 0").await);
        for table in &seeded.tables {
            // A table that is gone has no rows.
            let sql = format!("TRUNCATE TABLE {}", self.target.quoted(table));
            drop(self.target.execute(&sql).await);
        }
        drop(self.target.execute("SET foreign_key_checks = 1").await);
    }

    async fn there_and_back(&mut self, statements: &[PlannedStatement], way: &Derived) -> Gone {
        match self.try_there_and_back(statements, way).await {
            Ok(gone) => gone,
            Err(error) => Gone::There(Some(("refused", error.to_string()))),
        }
    }

    async fn try_there_and_back(&mut self, statements: &[PlannedStatement], way: &Derived) -> Result<Gone, DbError> {
        let at_first = Picture::take(&mut self.target, &[]).await?;
        if let Err(error) = self.up(statements).await {
            return Ok(Gone::Refused(error.to_string()));
        }
        let behind = Picture::take(&mut self.target, &[]).await?;
        self.target.prepare_step(0, 0).await?;
        for sql in &way.statements {
            if let Err(error) = self.target.execute(&inside(sql, self.target.dialect())).await {
                let told = way.notes.iter().any(|note| note.contains("fails"));
                if told && about_rows(&error) {
                    return Ok(Gone::Kept);
                }
                return Ok(Gone::There(Some(("refused on the way down", format!("{error} [{sql}]")))));
            }
        }
        self.target.prepare_step(0, 0).await?;
        let back = Picture::take(&mut self.target, &[]).await?;
        let lossless = way.reversibility == Reversibility::Lossless;
        let differs = |one: &Picture, two: &Picture| {
            let mut found = one.differences(two);
            found.retain(|difference| lossless || !difference.object.starts_with("rows of "));
            found
        };
        let found = differs(&at_first, &back);
        if !found.is_empty() {
            return Ok(Gone::There(Some(("down", told(&found)))));
        }
        if let Err(error) = self.up(statements).await {
            // Rows that came back without what was lost may not be what the way forth asks for.
            if !lossless && about_rows(&error) {
                return Ok(Gone::Kept);
            }
            return Ok(Gone::There(Some(("refused on the way up again", error.to_string()))));
        }
        let found = differs(&behind, &Picture::take(&mut self.target, &[]).await?);
        Ok(Gone::There((!found.is_empty()).then(|| ("up again", told(&found)))))
    }

    /// The way forth inside what is open; the session is as each migration finds it.
    async fn up(&mut self, statements: &[PlannedStatement]) -> Result<(), DbError> {
        self.target.prepare_step(0, 0).await?;
        for statement in statements {
            let (operations, _) = parse(&statement.sql, self.target.dialect());
            if !operations.is_empty() && operations.iter().all(|one| matches!(one, Operation::Transaction { .. })) {
                continue;
            }
            let sql = inside(&statement.sql, self.target.dialect());
            match &statement.copy_data {
                Some(data) => self.target.copy(&sql, data).await.map(drop)?,
                None => self.target.execute(&sql).await.map(drop)?,
            }
        }
        self.target.prepare_step(0, 0).await
    }

    /// The way forth for good. Statements that the server refuses are passed over, as the project's own tool would end there.
    async fn forth(&mut self, statements: &[PlannedStatement]) -> Result<(), DbError> {
        self.target.prepare_step(0, 0).await?;
        let whole = self.target.dialect().transactional_ddl();
        for statement in statements {
            let (operations, _) = parse(&statement.sql, self.target.dialect());
            if !operations.is_empty() && operations.iter().all(|one| matches!(one, Operation::Transaction { .. })) {
                continue;
            }
            let sql = match statement.sql.get(..10) {
                // Each statement is a transaction of its own here.
                Some(start) if whole && start.eq_ignore_ascii_case("SET LOCAL ") => format!("SET {}", &statement.sql[10..]),
                _ => statement.sql.clone(),
            };
            let done = match &statement.copy_data {
                Some(data) => self.target.copy(&sql, data).await,
                None => self.target.execute(&sql).await,
            };
            let refused = done.is_err();
            if let Err(error) = done
                && let Some(role) = error.message.strip_prefix("role \"").and_then(|rest| rest.strip_suffix("\" does not exist"))
            {
                let role = self.target.quoted_bare(role);
                self.target.execute(&format!("CREATE ROLE {role}")).await?;
                self.astray |= self.target.execute(&sql).await.is_err();
            } else if refused {
                self.astray = true;
            }
        }
        if self.target.dialect() == Dialect::Postgres {
            self.target.execute("DISCARD TEMP").await?;
        }
        self.target.prepare_step(0, 0).await
    }
}

/// Whether rows are what the server refuses: data exceptions and violated constraints.
fn about_rows(error: &DbError) -> bool {
    let code = error.code.as_deref().unwrap_or_default();
    let numbers = ["1048", "1062", "1138", "1264", "1265", "1292", "1366", "1406", "1452", "4025"];
    code.len() == 5 && (code.starts_with("22") || code.starts_with("23")) || numbers.contains(&code)
}

/// A statement as it may run inside a transaction: what it makes is the same.
fn inside(sql: &str, dialect: Dialect) -> String {
    let words = planner::statement::split::tokens(sql, dialect, 5);
    match words.iter().find(|word| word.eq_ignore_ascii_case("concurrently")) {
        Some(word) if dialect == Dialect::Postgres => sql.replacen(word, "", 1),
        _ => sql.to_owned(),
    }
}
