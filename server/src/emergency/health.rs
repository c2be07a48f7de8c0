//! Watching whether the application is well.

use std::time::{Duration, Instant};

use planner::project::gate_settings::ProbeKind;
use planner::project::settings::Settings;

use super::settings::Health;
use crate::observe;
use crate::probe::{self, Answer};
use crate::target::Access;
use crate::url::TargetUrl;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(500);

impl Health {
    /// In words.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!("waits until {} {} time(s) in a row (at most {} s)", self.probe.sentence(), self.times, self.timeout.as_secs())
    }

    /// Asks once.
    pub async fn ask(&self, url: &TargetUrl, settings: &Settings) -> Answer {
        if self.probe.kind == ProbeKind::Http {
            return probe::ask(&self.probe, None).await;
        }
        match observe::connect(url, settings, "flightplan health", Access::Read).await {
            Ok(mut target) => {
                let answer = probe::ask(&self.probe, Some(&mut target)).await;
                target.close().await;
                answer
            }
            Err(failure) => Answer { opens: false, said: failure.message },
        }
    }

    /// Asks until it is well. What was said last, and how often it was asked.
    ///
    /// # Errors
    /// It was not well in time.
    pub async fn watch(&self, url: &TargetUrl, settings: &Settings) -> Result<String, String> {
        let until = Instant::now() + self.timeout;
        let (mut row, mut asked) = (0, 0_u32);
        loop {
            let answer = self.ask(url, settings).await;
            asked += 1;
            row = if answer.opens { row + 1 } else { 0 };
            if row >= self.times {
                return Ok(format!("{}, {row} time(s) in a row; it was asked {asked} time(s).", answer.said));
            }
            if Instant::now() >= until {
                return Err(format!("It was not well within {} s: {}.", self.timeout.as_secs(), answer.said));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
