//! Whether a data change is cut into batches, and by which key; where not, why not.

use super::Batch;
use super::along;
use super::batch::{self, Along, Change, Visits};
use super::estimate;
use super::helper_index;
use super::key::KeyColumn;
use super::pre_image;
use super::restore::WayBack;
use super::row_source::{self, RowSource};
use super::turns;
use crate::catalog::Catalog;
use crate::dialect::Dialect;
use crate::migration::SourceKind;
use crate::name::ObjectName;
use crate::phase::NewObjects;
use crate::project::Request;
use crate::project::settings::Settings;
use crate::rule::Cut;
use crate::rule::context::{HelperIndex, is_small, size};
use crate::rule::directive::{self, BatchDirective};
use crate::statement::Statement;
use crate::statement::operation::{DataChange, Operation};

/// Most rows a batch may have; more is no batch.
const MOST_ROWS: u32 = 1_000_000;

/// A statement that may be cut.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// `V3:2`.
    pub id: &'a str,
    /// The statement.
    pub statement: &'a Statement,
    /// Nothing else is in its migration, timeouts aside.
    pub alone: bool,
    /// The schema before it.
    pub before: &'a Catalog,
    /// What its migration made before it.
    pub new: &'a NewObjects,
    /// The environment's settings.
    pub settings: &'a Settings,
    /// Statistics and the reviewer's choices.
    pub request: &'a Request,
}

/// A cut, the batches where there are some, and the way back where they keep the old values.
pub type Decided = (Cut, Option<Box<Batch>>, Option<WayBack>);

/// How the plan runs a statement.
#[must_use]
pub fn decide(candidate: &Candidate<'_>) -> Decided {
    let asked = directive::batch(candidate.statement).unwrap_or_default();
    if let Some(turns) = turns::change(candidate.statement, candidate.settings.dialect) {
        // Who commits each turn asks for it; what is one transaction with its migration has to be proved as ever.
        let asked = asked.or_else(|| turns.commits.then(BatchDirective::default));
        return decided(&Candidate { statement: &turns.statement, ..*candidate }, asked.as_ref(), true);
    }
    decided(candidate, asked.as_ref(), false)
}

fn decided(candidate: &Candidate<'_>, asked: Option<&BatchDirective>, turns: bool) -> Decided {
    let (meant, source) = match candidate.statement.operations.as_slice() {
        [Operation::Update(change) | Operation::Delete(change)] => {
            (meant(change, turns || asked.is_some(), candidate.settings.dialect), None)
        }
        [Operation::Insert(change)] if change.values.is_none() => {
            (change.clone(), Some(row_source::insert_select(&candidate.statement.sql, candidate.settings.dialect)))
        }
        _ => return whole(Cut::NoDataChange),
    };
    let change = match (candidate.statement.operations.as_slice(), &source) {
        ([Operation::Update(_)], _) => Change::Update(&meant),
        ([Operation::Insert(_)], Some(Ok(source))) => Change::Insert(&meant, source),
        // Nobody is warned of a query that fills a table from nothing that is known to be large.
        ([Operation::Insert(_)], _) if asked.is_none() => return whole(Cut::NoDataChange),
        ([Operation::Insert(_)], Some(Err(reason))) => return whole(Cut::Whole(reason.clone())),
        _ => Change::Delete(&meant),
    };
    if let Some(cut) = ruled_out(candidate, change, asked) {
        return whole(cut);
    }
    let batch = match along(candidate, change, asked) {
        Ok(Walk::Key(key)) => cut(candidate, change, Along::Key(&key), asked),
        Ok(Walk::Pages) => cut(candidate, change, Along::Pages, asked),
        Err(reason) => Err(reason),
    };
    batch.unwrap_or_else(|reason| whole(Cut::Whole(reason)))
}

const fn whole(cut: Cut) -> Decided {
    (cut, None, None)
}

/// What an author who asks for batches means by the body of a loop, `id IN (SELECT id … LIMIT n)`: all these rows.
fn meant(change: &DataChange, asked: bool, dialect: Dialect) -> DataChange {
    match row_source::limited(change, dialect) {
        Some(predicate) if asked => DataChange { predicate: Some(predicate), whole_because: None, ..change.clone() },
        _ => change.clone(),
    }
}

/// What keeps a change from being cut, whatever its text says.
fn ruled_out(candidate: &Candidate<'_>, change: Change<'_>, asked: Option<&BatchDirective>) -> Option<Cut> {
    let (keep, asked) = (asked.is_some_and(|asked| asked.keep), asked.is_some());
    let (written, walked) = match change {
        Change::Update(change) | Change::Delete(change) => (change, &change.table),
        Change::Insert(change, RowSource { table, .. }) => (change, table),
    };
    let before = candidate.before;
    let temporary = before.table(walked).is_some_and(|table| table.temporary);
    if temporary || candidate.new.has_table(walked, before) {
        return Some(Cut::Small);
    }
    let choice = candidate.request.batches.get(candidate.id);
    if choice.is_some_and(|choice| choice.whole) && !keep {
        return Some(Cut::Chosen);
    }
    let wanted = asked || choice.is_some();
    let few = is_small(walked, before, &candidate.request.statistics, candidate.settings)
        || !matches!(change, Change::Insert(..)) && along::names_rows(written, before.table(walked));
    if !wanted && few {
        return Some(Cut::Small);
    }
    if !candidate.alone && !asked {
        return Some(Cut::Whole("it shares its migration with other statements".to_owned()));
    }
    let key = before.resolve(&written.table);
    if let Some((trigger, _)) = before.triggers_of(&key).next().filter(|_| !wanted) {
        let why = format!("the trigger {trigger} works with it; -- flightplan:batch says that it may do so batch by batch");
        return Some(Cut::Whole(why));
    }
    let group = candidate.settings.flyway.group && candidate.settings.source == SourceKind::Flyway;
    group.then(|| Cut::Whole("all pending migrations run in one transaction (group)".to_owned()))
}

fn cut(
    candidate: &Candidate<'_>,
    change: Change<'_>,
    along: Along<'_>,
    asked: Option<&BatchDirective>,
) -> Result<Decided, String> {
    let dialect = candidate.settings.dialect;
    let visits = visits(candidate, change, along);
    let mut batch = batch::build(change, as_written(candidate, change), along, visits, dialect);
    let choice = candidate.request.batches.get(candidate.id);
    let policy = &candidate.settings.batch;
    let chosen = choice.map(|choice| choice.size).or(asked.and_then(|directive| directive.size));
    batch.size = chosen.unwrap_or(policy.size).clamp(1, MOST_ROWS);
    // Never more than a person has agreed to.
    let most = choice.map(|choice| choice.most.unwrap_or(batch.size)).or(chosen).unwrap_or(policy.most);
    batch.most = most.clamp(batch.size, MOST_ROWS);
    let pause = choice.map(|choice| choice.pause_ms).or(asked.and_then(|directive| directive.pause_ms));
    batch.pause_ms = pause.unwrap_or(policy.pause_ms);
    let target = choice.and_then(|choice| choice.target_ms).or(asked.and_then(|directive| directive.target_ms));
    batch.brakes = policy.brakes.clone();
    batch.brakes.target_ms = target.unwrap_or(batch.brakes.target_ms).max(10);
    batch.check_sql = directive::check_query(candidate.statement).map(str::to_owned);
    let walked = match change {
        Change::Update(change) | Change::Delete(change) => &change.table,
        Change::Insert(_, source) => &source.table,
    };
    let measured = size(walked, candidate.before, &candidate.request.statistics);
    let filter = match change {
        Change::Update(change) | Change::Delete(change) => change.predicate.as_deref(),
        Change::Insert(_, source) => source.predicate.as_deref(),
    };
    estimate::fill_batch(&mut batch, measured, |table| estimate::matching(filter, table), visits, dialect);
    let helper = proposed(candidate, change, along, visits, &batch);
    let keep = asked.is_some_and(|asked| asked.keep);
    let kept = keep.then(|| pre_image::keep(&mut batch, (change, along), candidate.id, candidate.before));
    Ok((Cut::Batched(helper), Some(Box::new(batch)), kept.transpose()?))
}

/// Whether an index holds just the rows of the change, by the key that is walked.
fn visits(candidate: &Candidate<'_>, change: Change<'_>, along: Along<'_>) -> Visits {
    let (Change::Update(change) | Change::Delete(change), Along::Key(key)) = (change, along) else { return Visits::All };
    let stands = |filter: &String| {
        let table = candidate.before.table(&change.table);
        table.is_some_and(|table| helper_index::stands(table, key, filter, candidate.settings.dialect))
    };
    if change.predicate.as_ref().is_some_and(stands) { Visits::Matching } else { Visits::All }
}

/// The index that would spare a change most of its way. One that stands already is walked along.
fn proposed(
    candidate: &Candidate<'_>,
    change: Change<'_>,
    along: Along<'_>,
    visits: Visits,
    batch: &Batch,
) -> Option<Box<HelperIndex>> {
    let (Change::Update(change) | Change::Delete(change), Along::Key(key), Visits::All, Dialect::Postgres) =
        (change, along, visits, candidate.settings.dialect)
    else {
        return None;
    };
    let filter = change.predicate.as_deref().filter(|_| change.alias.is_none())?;
    let measured = size(&change.table, candidate.before, &candidate.request.statistics)?;
    let policy = (batch.size, batch.most, batch.pause_ms);
    helper_index::proposed(&change.table, key, filter, measured, policy).map(Box::new)
}

/// The statement's text, unless the body of a loop stands for more rows than it names.
fn as_written<'a>(candidate: &Candidate<'a>, change: Change<'_>) -> Option<&'a str> {
    let same = match (candidate.statement.operations.as_slice(), change) {
        ([Operation::Update(own) | Operation::Delete(own)], Change::Update(meant) | Change::Delete(meant)) => {
            own.predicate == meant.predicate
        }
        _ => true,
    };
    same.then_some(candidate.statement.sql.as_str())
}

/// What a change is walked along, owned.
enum Walk {
    Key(Vec<KeyColumn>),
    Pages,
}

fn along(candidate: &Candidate<'_>, change: Change<'_>, asked: Option<&BatchDirective>) -> Result<Walk, String> {
    let dialect = candidate.settings.dialect;
    let (written, walked) = match change {
        Change::Update(change) | Change::Delete(change) => (change, &change.table),
        Change::Insert(change, source) => (change, &source.table),
    };
    if let Some(reason) = &written.whole_because {
        return Err(reason.clone());
    }
    along::plain(candidate.statement, change)?;
    if written.alias.is_some() && matches!(change, Change::Delete(_)) && matches!(dialect, Dialect::MySql | Dialect::MariaDb) {
        return Err("DELETE takes no alias on this server".to_owned());
    }
    let before = candidate.before;
    if matches!(change, Change::Insert(..)) && before.resolve(&written.table) == before.resolve(walked) {
        return Err("it reads the table that it fills".to_owned());
    }
    let Some(table) = before.table(walked) else {
        return Err(format!("the key of {walked} is not known to the migrations"));
    };
    let changed: &[String] = if matches!(change, Change::Insert(..)) { &[] } else { &written.columns };
    let own = asked.map(|directive| directive.key.as_slice()).unwrap_or_default();
    match along::key(walked, table, changed, own, dialect) {
        Ok(key) => Ok(Walk::Key(key)),
        Err(_) if own.is_empty() && pages_will_do(candidate, change, walked) => Ok(Walk::Pages),
        Err(reason) => Err(reason),
    }
}

/// Whether the pages of a table may be walked: PostgreSQL reads ranges of them from 14 on, and what is missed because
/// others move rows meanwhile must be found by going over it again.
fn pages_will_do(candidate: &Candidate<'_>, change: Change<'_>, walked: &ObjectName) -> bool {
    let again = match change {
        Change::Update(change) => super::ends::proved(change, Dialect::Postgres),
        Change::Delete(_) => true,
        Change::Insert(..) => false,
    };
    let before = candidate.before;
    let single = before.table(walked).is_some_and(|table| table.partition_by.is_none())
        && before.table_key(walked).is_some_and(|key| before.descendants(&key).is_empty());
    let server = candidate.settings.dialect == Dialect::Postgres && candidate.settings.server_version.major >= 14;
    again && single && server
}
