//! What an operator asks of a run that may be in another process: kept in the store, followed by the run.

use std::time::Duration;

use tokio::task::JoinHandle;

use crate::audit::Deed;
use crate::event::{StopSwitch, Wish};
use crate::exit::Outcome;
use crate::store::sql::{json, sql};
use crate::store::{Store, now};

/// How often a run looks for wishes.
const LOOK: Duration = Duration::from_millis(300);

impl Store {
    /// Keeps a wish for a run, with who has it. A stop is not taken back.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn wish(&self, run: &str, wish: Wish, by: &str) -> Outcome<()> {
        let text = json(&wish)?;
        let stop = json(&Wish::Stop)?;
        let mut change = self.change().await?;
        let query = sql("INSERT INTO wishes (run, wish, by, at) VALUES ($1, $2, $3, $4) ON CONFLICT (run) \
             DO UPDATE SET wish = excluded.wish, by = excluded.by, at = excluded.at WHERE wishes.wish <> $5")
        .bind(run)
        .bind(text)
        .bind(by)
        .bind(now())
        .bind(stop);
        query.run(&mut change).await?;
        let action = match wish {
            Wish::GoOn => "run.resume-asked",
            Wish::Pause => "run.pause-asked",
            Wish::Stop => "run.cancel-asked",
        };
        change.note(Deed { actor: by.to_owned(), action, subject: run.to_owned(), ..Deed::default() }).await?;
        change.commit().await
    }

    /// The wish for a run; absent: nobody has one.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn wished(&self, run: &str) -> Outcome<Option<Wish>> {
        let row = sql("SELECT wish FROM wishes WHERE run = $1").bind(run).first(&self.pool).await?;
        row.map(|row| row.json(0)).transpose()
    }
}

/// Hands wishes from the store to a run, until it is dropped.
#[derive(Debug)]
pub struct Following(JoinHandle<()>);

impl Following {
    /// Begins to look.
    #[must_use]
    pub fn begin(store: Store, run: String, switch: StopSwitch) -> Self {
        Self(tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK).await;
                // A store that cannot be read now is asked again: the run goes on without it.
                if let Ok(Some(wish)) = store.wished(&run).await {
                    switch.ask(wish);
                }
            }
        }))
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.0.abort();
    }
}
