//! The story of a run on stderr: a bar on a terminal, else one line a step.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use planner::protocol::{BatchProgress, Run, RunEvent, RunEventKind};

use crate::console;
use crate::event::{Listener, StopSwitch};
use crate::exit::Exit;

/// Writes to stderr.
#[derive(Debug, Default)]
pub struct Terminal {
    bar: Option<ProgressBar>,
    last_percent: u64,
}

impl Terminal {
    fn line(&self, text: &str) {
        match &self.bar {
            Some(bar) => {
                bar.println(text);
                console::note(text);
            }
            None => console::say(text),
        }
    }

    /// A step has begun that somebody else has put into words.
    pub(super) fn begin(&mut self, _run: &Run, event: &RunEvent) {
        self.last_percent = 0;
        if let (Some(bar), RunEventKind::StepStarted { step, description, .. }) = (&self.bar, &event.kind) {
            bar.set_prefix(step.clone());
            bar.set_message(description.clone());
        }
    }

    /// A step is done, and nothing needs to be said of it.
    pub(super) fn advance(&self) {
        if let Some(bar) = &self.bar {
            bar.inc(1);
        }
    }

    fn batch(&mut self, progress: &BatchProgress) {
        let percent = progress.batches.filter(|all| *all > 0).map(|all| progress.batch * 100 / all);
        let of = progress.batches.map(|all| format!(" of {all}")).unwrap_or_default();
        let left = progress.eta_ms.map(|(low, high)| format!(", {} to {} left", seconds(low), seconds(high))).unwrap_or_default();
        let text = format!("batch {}{of}, {} rows, last {} ms{left}", progress.batch, progress.rows, progress.last_ms);
        match &self.bar {
            Some(bar) => bar.set_message(text),
            // In a log every tenth is enough.
            None if percent.is_none_or(|percent| percent >= self.last_percent + 10) => {
                self.last_percent = percent.unwrap_or(0);
                console::say(&format!("    {text}"));
            }
            None => {}
        }
    }
}

impl Listener for Terminal {
    fn hear(&mut self, run: &Run, event: &RunEvent) {
        match &event.kind {
            RunEventKind::Started { steps } => {
                if *steps > 0 && std::io::stderr().is_terminal() {
                    let style = ProgressStyle::with_template("{spinner} [{pos}/{len}] {prefix} {msg}");
                    let bar = ProgressBar::new(u64::from(*steps));
                    if let Ok(style) = style {
                        bar.set_style(style);
                    }
                    bar.enable_steady_tick(Duration::from_millis(120));
                    self.bar = Some(bar);
                }
            }
            RunEventKind::StepStarted { step, number, description } => {
                self.last_percent = 0;
                match &self.bar {
                    Some(bar) => {
                        bar.set_prefix(step.clone());
                        bar.set_message(description.clone());
                    }
                    None => console::say(&format!("[{number}/{}] {step}: {description}", run.steps)),
                }
            }
            RunEventKind::Batch(progress) => self.batch(progress),
            RunEventKind::Waiting { step, reason } => self.line(&format!("    {step}: {reason}")),
            RunEventKind::Checked { statement, before, changed, after, .. } => {
                self.line(&format!("    {statement}: {}", checked(*before, *changed, *after)));
            }
            RunEventKind::Kept { step, table, rows, keys } => {
                self.line(&format!("    {step}: {}", kept(table, *rows, keys)));
            }
            RunEventKind::Captured { step, statements } => {
                for sql in statements {
                    self.line(&format!("    {step}: {}", sql.split_whitespace().collect::<Vec<_>>().join(" ")));
                }
            }
            RunEventKind::StepDone { step, duration_ms } => {
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
                self.line(&format!("    {step} done in {duration_ms} ms"));
            }
            RunEventKind::GateOpened { gate, by, reason, .. } => {
                self.line(&format!("    gate {gate} is open, by {by}: {reason}"))
            }
            RunEventKind::AtGate { .. } | RunEventKind::Finished { .. } => {
                if let Some(bar) = self.bar.take() {
                    bar.finish_and_clear();
                }
            }
        }
    }
}

/// Counts before and behind a batched change.
pub(super) fn checked(before: Option<u64>, changed: u64, after: Option<u64>) -> String {
    let before = before.map(|before| format!("{before} rows to change at the beginning, ")).unwrap_or_default();
    let after = after.map(|after| format!(", {after} left")).unwrap_or_default();
    format!("{before}{changed} changed{after}")
}

/// Rows that a way back left as others had made them.
pub(super) fn kept(table: &str, rows: u64, keys: &[String]) -> String {
    let more = if u64::try_from(keys.len()).is_ok_and(|told| told < rows) { ", …" } else { "" };
    let keys = keys.join("), (");
    let (what, keep) = if rows == 1 { ("row was", "keeps its") } else { ("rows were", "keep their") };
    format!("{rows} {what} changed meanwhile and {keep} values: ({keys}){more}. The old ones are in {table}.")
}

fn seconds(ms: u64) -> String {
    format!("{}.{} s", ms / 1000, ms % 1000 / 100)
}

/// Ctrl-C and SIGTERM ask the run to stop at the next safe point; the second time the process ends at once.
#[must_use]
pub fn stop_on_signal() -> StopSwitch {
    let switch = StopSwitch::default();
    let stop = switch.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        stop.stop();
        console::say("Stopping at the next safe point; once more ends the process at once (what is committed stays recorded).");
        wait_for_signal().await;
        std::process::exit(i32::from(Exit::Stopped as u8));
    });
    switch
}

pub(super) async fn wait_for_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = interrupt.await;
}
