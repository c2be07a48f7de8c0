//! Old values beside a batch: the side table is made, filled in the batch's own transaction, and looked at in the end.

use planner::plan::pre_image::PreImage;
use planner::plan::{PlannedStatement, Step};
use planner::protocol::RunEventKind;

use crate::batch::walk::number;
use crate::exit::Failure;
use crate::journal::StepError;
use crate::run::{Runner, transactional};
use crate::target::DbError;

/// Keys that are told of the rows that keep a newer value.
const TOLD: u32 = 20;

/// Which form of a statement a batch uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    /// It begins behind a key.
    pub(super) lower: bool,
    /// It ends at a key.
    pub(super) upper: bool,
}

impl Ends {
    /// The place of the form in [`PreImage::save`].
    const fn form(self) -> usize {
        match (self.lower, self.upper) {
            (true, true) => 0,
            (false, true) => 1,
            (true, false) => 2,
            (false, false) => 3,
        }
    }
}

/// Makes the side table before the first batch.
///
/// # Errors
/// It holds values of an earlier run, which would be lost or taken for this one's; the server's refusal.
pub(super) async fn make(runner: &mut Runner<'_>, statement: &PlannedStatement, image: &PreImage) -> Result<(), StepError> {
    if image.make.is_empty() {
        return Ok(());
    }
    for sql in &image.make {
        runner.target.execute(sql).await.map_err(|error| transactional::located(error, statement))?;
    }
    let held = count(runner, image).await?;
    if held == 0 {
        return Ok(());
    }
    Err(StepError::Stop(Failure::failed(
        format!(
            "{}:{}: {} still holds {held} old values of an earlier run of this statement. Nothing was changed.",
            statement.file, statement.line, image.table
        ),
        format!("Look at them (SELECT * FROM {}), save what is wanted, DROP TABLE {}, and run again.", image.table, image.table),
    )))
}

/// Sends the statement before or behind the change of a batch; rows.
pub(super) async fn beside(
    runner: &mut Runner<'_>,
    statement: &PlannedStatement,
    (forms, ends): (&[String], Ends),
    parameters: &[String],
) -> Result<Option<u64>, DbError> {
    let Some(sql) = forms.get(ends.form()) else { return Ok(None) };
    let sent = runner.target.execute_with(sql, parameters).await;
    sent.map(Some).map_err(|error| transactional::located(error, statement))
}

/// Behind the last batch of a way back: the rows that are left in the side table are told; one where none is left is given,
/// to be dropped once the step is recorded.
pub(super) async fn tell<'i>(
    runner: &mut Runner<'_>,
    step: &Step,
    image: &'i PreImage,
) -> Result<Option<&'i PreImage>, StepError> {
    if image.left.is_empty() {
        return Ok(None);
    }
    let rows = count(runner, image).await?;
    if rows == 0 {
        return Ok(Some(image));
    }
    let keys = image.left.join(", ");
    let sql = format!("SELECT {keys} FROM {} ORDER BY {keys} LIMIT {TOLD}", image.table);
    let told = runner.target.rows(&sql).await?;
    let key = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(", ");
    let kind =
        RunEventKind::Kept { step: step.id.clone(), table: image.table.clone(), rows, keys: told.into_iter().map(key).collect() };
    runner.recorder.tell(kind).await;
    Ok(None)
}

/// Drops an empty side table. Where this never happens the next run of the migration takes it for its own.
pub(super) async fn drop(runner: &mut Runner<'_>, image: &PreImage) -> Result<(), DbError> {
    runner.target.execute(&format!("DROP TABLE {}", image.table)).await.map(|_| ())
}

async fn count(runner: &mut Runner<'_>, image: &PreImage) -> Result<u64, DbError> {
    let rows = runner.target.rows(&format!("SELECT count(*) FROM {}", image.table)).await?;
    Ok(number(rows).unwrap_or(0))
}
