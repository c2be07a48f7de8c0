//! Looks at a live target and says what the planner needs to know about it.

use std::collections::BTreeMap;
use std::time::Duration;

use planner::catalog::schema::Schema;
use planner::dialect::Dialect;
use planner::migration::SourceKind;
use planner::plan::digest::fingerprint;
use planner::project::settings::Settings;
use planner::project::{AlembicAsked, AppliedFlyway, Request, Statistics, TargetIdentity};
use planner::statement::split::split;

use crate::exit::{Exit, Failure, Outcome};
use crate::history::History;
use crate::run::prepare;
use crate::target::{Access, DbError, DbErrorKind, Target};
use crate::url::TargetUrl;

/// A target and what was seen of it.
#[derive(Debug)]
pub struct Observed {
    /// The request with everything the target tells.
    pub request: Request,
    /// The live schema without bookkeeping tables.
    pub schema: Schema,
    /// The history table is missing although the schema is not empty.
    pub unmanaged: bool,
    /// Rows of failed migrations that the next run goes on with; the request counts these as pending.
    pub resumable: Vec<AppliedFlyway>,
    /// `baselineOnMigrate` will write this row first; the request already counts on it.
    pub baseline: Option<AppliedFlyway>,
}

impl Observed {
    /// The request as Flyway sees the history: with the rows of failed migrations in it.
    #[must_use]
    pub fn as_recorded(&self) -> Request {
        let mut request = self.request.clone();
        request.applied.flyway.extend(self.resumable.iter().cloned());
        request.applied.flyway.sort_by_key(|row| row.rank);
        request
    }
}

/// Opens a connection for one environment, with its schema first in the search path, and sends it `initSql`.
///
/// # Errors
/// See [`Target::connect`]; a refused `initSql`.
pub async fn connect(url: &TargetUrl, settings: &Settings, name: &str, access: Access) -> Outcome<Target> {
    let mut target = patiently(url, settings, name, access).await?;
    if settings.source != SourceKind::Flyway {
        return Ok(target);
    }
    if let Target::MySql(mysql) = &mut target {
        mysql.speak_as_flyway(url.dialect).await?;
    }
    if let Some(schema) = &settings.flyway.default_schema {
        match &mut target {
            Target::Postgres(postgres) => postgres.lead_with(schema).await?,
            Target::MySql(mysql) => mysql.work_in(schema).await?,
            Target::Sqlite(_) => {}
        }
    }
    if let Some(sql) = &settings.flyway.init_sql {
        for piece in split(sql, target.dialect()).0 {
            let statement = sql.get(piece.range).unwrap_or_default();
            target.execute(statement).await.map_err(|error| {
                Failure::failed(format!("The database refused initSql ({statement}): {error}."), "Mend flyway.initSql.")
            })?;
        }
    }
    Ok(target)
}

/// `connectRetries` more attempts; the pauses double from a second up to `connectRetriesInterval`.
async fn patiently(url: &TargetUrl, settings: &Settings, name: &str, access: Access) -> Outcome<Target> {
    let (retries, longest) = match settings.source {
        SourceKind::Flyway => (settings.flyway.connect_retries, u64::from(settings.flyway.connect_retries_interval)),
        SourceKind::Alembic => (0, 0),
    };
    let mut pause = 1;
    for left in (1..=retries).rev() {
        match Target::connect(url, name, access).await {
            Err(failure) if failure.exit == Exit::Failed => {
                let pause_now = longest.min(pause);
                crate::console::say(&format!("{} {left} more attempt(s), the next in {pause_now} s.", failure.message));
                tokio::time::sleep(Duration::from_secs(pause_now)).await;
                pause = pause.saturating_mul(2);
            }
            other => return other,
        }
    }
    Target::connect(url, name, access).await
}

/// Reads history, journal, schema, sizes and version.
///
/// # Errors
/// The server's refusal.
pub async fn observe(target: &mut Target, url: &TargetUrl, settings: &Settings, asked: &Request) -> Outcome<Observed> {
    let history = History::of(settings, target);
    let mut applied = history.applied(target).await?;
    let resumable = history.take_resumable(target, &mut applied).await?;
    let schema = target.schema(&history.bookkeeping(settings)).await?;
    let managed = prepare::managed(target, &history, settings);
    let unmanaged =
        settings.source == SourceKind::Flyway && !is_empty(&schema, &managed) && !target.has_table(&history.table).await?;
    let baseline = (unmanaged && settings.flyway.baseline_on_migrate).then(|| baseline_row(settings));
    applied.flyway.extend(baseline.clone());
    let request = Request {
        dialect: Some(target.dialect()),
        server_version: Some(asked.server_version.unwrap_or(target.version())),
        target: Some(TargetIdentity { identity: url.identity(), fingerprint: fingerprint(&schema) }),
        applied,
        statistics: statistics(target).await?,
        built_in: built_in(target, url, asked),
        alembic: AlembicAsked { url_dialect: Some(url.dialect), ..asked.alembic.clone() },
        ..asked.clone()
    };
    Ok(Observed { request, schema, unmanaged, resumable, baseline })
}

/// Sizes of the tables; unknown where a caller who does not wait for locks meets one.
async fn statistics(target: &mut Target) -> Result<Statistics, DbError> {
    match target.statistics().await {
        Err(error) if error.kind == DbErrorKind::Transient => Ok(Statistics::default()),
        other => other,
    }
}

/// Flyway's own placeholders that the connection tells; SQLite has neither user nor database for Flyway.
fn built_in(target: &Target, url: &TargetUrl, asked: &Request) -> BTreeMap<String, String> {
    let mut values = asked.built_in.clone();
    let mut know = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            values.entry(key.to_owned()).or_insert(value);
        }
    };
    if target.dialect() == Dialect::Sqlite {
        know("defaultschema", Some("main".to_owned()));
    } else {
        know("user", url.user.clone());
        know("database", Some(url.database.clone()));
        know("defaultschema", target.current_schema().map(str::to_owned));
    }
    values
}

/// As Flyway judges it: any table, view, sequence, type or function in a schema it looks after.
#[must_use]
pub fn is_empty(schema: &Schema, managed: &[String]) -> bool {
    let Schema { dialect: _, tables, views, sequences, enums, functions, opaque: _ } = schema;
    let elsewhere =
        |schema: &Option<String>| !managed.is_empty() && schema.as_ref().is_some_and(|schema| !managed.contains(schema));
    tables.iter().all(|table| elsewhere(&table.schema))
        && enums.iter().all(|one| elsewhere(&one.schema))
        && [views, sequences, functions].into_iter().flatten().all(|object| elsewhere(&object.schema))
}

/// The row of `facts/flyway.md` §3.
fn baseline_row(settings: &Settings) -> AppliedFlyway {
    let description = settings.flyway.baseline_description.clone();
    AppliedFlyway {
        rank: 1,
        version: Some(settings.flyway.baseline_version.clone()),
        script: description.clone(),
        description,
        kind: "BASELINE".to_owned(),
        success: true,
        ..AppliedFlyway::default()
    }
}
