//! What a backfill of two million rows costs in batches, beside the single statement, beside an application, and beside
//! what was forecast from `flightplan stats` alone.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bench::{Figure, RUNS, median, ratio, timed};
use crate::postgres::{Server, quiet};
use crate::shell::program;

/// Rows of the large table.
const ROWS: u32 = 2_000_000;

/// Batches at each end whose cost is compared.
const ENDS: usize = 10;

const CHANGE: &str = "UPDATE users SET email_lower = lower(email) WHERE email_lower IS NULL;\n";

/// Tables of the forecasts: rows, the columns behind the key, what is made beside them, and the change.
const CASES: [(u32, &str, &str, &str); 10] = [
    (200_000, "a int, b text", "", "a = a + 1 WHERE a >= 0"),
    (400_000, "a int, b text", "", "a = a + 1 WHERE a >= 0"),
    (200_000, "a int, b text", "CREATE INDEX ON {t} (a)", "a = a + 1 WHERE a >= 0"),
    (200_000, "a int, b text", "CREATE INDEX ON {t} (a); CREATE INDEX ON {t} (b)", "b = upper(b) WHERE b IS NOT NULL"),
    (200_000, "a int, b text", "CREATE INDEX ON {t} (b)", "a = a + 1 WHERE a >= 0"),
    (100_000, "a int, b text, c char(900) DEFAULT 'c'", "", "a = a + 1 WHERE a >= 0"),
    (200_000, "a int, b text, c char(200) DEFAULT 'c'", "CREATE INDEX ON {t} (a)", "a = a + 1 WHERE a >= 0"),
    (300_000, "a int, b text", "ALTER TABLE {t} SET (fillfactor = 50)", "a = a + 1 WHERE a >= 0"),
    (300_000, "a int, b text", "", "a = a + 1 WHERE a % 10 = 0"),
    (
        150_000,
        "a int, b text",
        "CREATE INDEX ON {t} (a); CREATE INDEX ON {t} (b); CREATE INDEX ON {t} (a, b)",
        "a = a + 1 WHERE a >= 0",
    ),
];

/// Measures on this server.
pub(crate) fn figures(flightplan: &Path, server: &Server, folder: &Path) -> Result<Vec<Figure>> {
    let bench = Bench { flightplan, server, folder: folder.join("backfill") };
    let mut figures = bench.large()?;
    figures.push(bench.forecasts()?);
    Ok(figures)
}

/// What an application has beside it.
#[derive(Debug)]
enum Beside {
    Nothing,
    Batches,
    Single,
}

struct Bench<'a> {
    flightplan: &'a Path,
    server: &'a Server,
    folder: PathBuf,
}

impl Bench<'_> {
    fn large(&self) -> Result<Vec<Figure>> {
        let base = self.server.fresh("backfill")?;
        self.script(
            "V1__users",
            &format!(
                "CREATE TABLE users (id bigint PRIMARY KEY, email varchar(200) NOT NULL, email_lower varchar(200), note text);\n\
                 INSERT INTO users SELECT i, 'User' || i || '@Example.com', NULL, repeat('x', 100) FROM generate_series(1, {ROWS}) i;\n"
            ),
        )?;
        quiet(&mut self.command(&base, &["migrate"]))?;
        quiet(self.server.psql(&base).args(["-c", "VACUUM ANALYZE users"]))?;
        self.script("V2__lower", CHANGE)?;
        let (mut ours, mut floor) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let url = self.server.copy("backfill", "single")?;
            floor.push(timed(self.server.psql(&url).args(["-c", CHANGE]))?);
            let url = self.server.copy("backfill", "batched")?;
            ours.push(timed(&mut self.command(&url, &["migrate"]))?);
        }
        let batches = self.batches()?;
        let (first, last) = (cost(batches.iter().take(ENDS)), cost(batches.iter().rev().skip(1).take(ENDS)));
        let longest = batches.iter().map(|(ms, _)| *ms).max().unwrap_or_default();
        let (ours, floor) = (median(ours), median(floor));
        let idle = self.typical(&Beside::Nothing)?;
        let beside = self.typical(&Beside::Batches)?;
        let single = self.typical(&Beside::Single)?;
        let detail = format!("{:.1} s, single {:.1} s, {} batches", ours.as_secs_f64(), floor.as_secs_f64(), batches.len());
        let ms = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
        Ok(vec![
            Figure {
                what: "2 million rows in batches against one UPDATE",
                measured: ratio(ours, floor),
                limit: 1.2,
                unit: "times",
                detail,
            },
            Figure {
                what: "a row of the last batches against one of the first",
                measured: last / first,
                limit: 1.5,
                unit: "times",
                detail: format!("{first:.1} and {last:.1} us"),
            },
            Figure {
                what: "longest batch; its target is 0.5 s",
                measured: Duration::from_millis(longest).as_secs_f64(),
                limit: 0.6,
                unit: "s",
                detail: String::new(),
            },
            Figure {
                what: "p99 of an application beside the batches against idle",
                measured: ratio(beside, idle),
                limit: 2.0,
                unit: "times",
                detail: format!("{}, idle {}", ms(beside), ms(idle)),
            },
            Figure {
                what: "p99 of an application beside the batches against the single UPDATE",
                measured: ratio(beside, single),
                limit: 0.5,
                unit: "times",
                detail: format!("single {}", ms(single)),
            },
        ])
    }

    /// Milliseconds and rows of each batch of the newest run.
    fn batches(&self) -> Result<Vec<(u64, u64)>> {
        let batches = sizes(&self.json(&["--format", "json", "runs", "show"])?);
        if batches.len() < 2 * ENDS {
            bail!("the backfill ran in {} batches, too few to compare their ends", batches.len());
        }
        Ok(batches)
    }

    /// The median of some [`Self::latency`]: a disk that others use, too, hiccups now and then.
    fn typical(&self, beside: &Beside) -> Result<Duration> {
        let all: Result<Vec<Duration>> = (0..RUNS).map(|_| self.latency(beside)).collect();
        all.map(median)
    }

    /// 99th percentile of an update of one row, fifty times a second, while the change runs or nothing does. Clients without a
    /// pause would hide a long wait: who waits sends nothing.
    fn latency(&self, beside: &Beside) -> Result<Duration> {
        let url = self.server.copy("backfill", "probed")?;
        let script = self.folder.join("probe.sql");
        std::fs::write(&script, format!("\\set id random(1, {ROWS})\nUPDATE users SET note = 'y' WHERE id = :id;\n"))?;
        let mut change = match beside {
            Beside::Nothing => None,
            Beside::Batches => Some(self.command(&url, &["migrate"])),
            Beside::Single => {
                let mut psql = self.server.psql(&url);
                psql.args(["-c", CHANGE]);
                Some(psql)
            }
        };
        let start = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let log = self.folder.join(format!("{beside:?}"));
        let mut probe = self.server.pgbench(&url);
        probe.args(["-n", "-c", "2", "-R", "50", "-T", "10", "-l"]).arg("-f").arg(script).arg("--log-prefix").arg(&log);
        // The application is at work when the change begins, as it is wherever there is one.
        let mut probing = start(&mut probe).context("pgbench starts")?;
        std::thread::sleep(Duration::from_secs(1));
        let running = change.as_mut().map(start).transpose().context("the change starts")?;
        let probed = probing.wait()?;
        if let Some(mut running) = running {
            running.wait()?;
        }
        if !probed.success() {
            bail!("pgbench ended with {probed}");
        }
        let mut latencies = Vec::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.to_string_lossy().starts_with(&format!("{}.", log.display())) {
                let text = std::fs::read_to_string(&path)?;
                std::fs::remove_file(&path)?;
                let micros = text.lines().filter_map(|line| line.split(' ').nth(2)?.parse().ok());
                latencies.extend(micros.map(Duration::from_micros));
            }
        }
        latencies.sort();
        latencies.get(latencies.len() * 99 / 100).copied().context("pgbench logged nothing")
    }

    /// How many of ten measured durations lie outside of what was forecast from a file of statistics.
    fn forecasts(&self) -> Result<Figure> {
        let this = Bench { folder: self.folder.with_file_name("forecasts"), ..*self };
        let url = self.server.fresh("forecasts")?;
        for (at, (rows, columns, beside, _)) in CASES.iter().enumerate() {
            let table = format!("t{at}");
            let beside = beside.replace("{t}", &table);
            let fill = format!("INSERT INTO {table} (id, a, b) SELECT i, i, 'text ' || i FROM generate_series(1, {rows}) i;");
            let sql = format!("CREATE TABLE {table} (id bigint PRIMARY KEY, {columns});\n{beside};\n{fill}\n");
            this.script(&format!("V1_{at}__table"), &sql.replace("\n;\n", "\n"))?;
        }
        quiet(&mut this.command(&url, &["migrate"]))?;
        quiet(self.server.psql(&url).args(["-c", "VACUUM ANALYZE"]))?;
        for (at, (.., change)) in CASES.iter().enumerate() {
            this.script(&format!("V2_{at}__change"), &format!("UPDATE t{at} SET {change};\n"))?;
        }
        let file = this.folder.join("stats.json");
        quiet(&mut this.command(&url, &["stats", "--output", &file.to_string_lossy()]))?;
        let forecast = this.json(&["--stats", &file.to_string_lossy(), "--dialect", "postgres", "--format", "json", "plan"])?;
        quiet(&mut this.command(&url, &["migrate"]))?;
        let events = this.json(&["--format", "json", "runs", "show"])?;
        let (mut missed, mut detail) = (0_u32, String::new());
        for at in 0..CASES.len() {
            let step = format!("V2.{at}");
            let (low, high) = range(&forecast, &step).with_context(|| format!("no forecast for {step}"))?;
            let took = duration(&events, &step).with_context(|| format!("{step} did not run"))?;
            if took < low || took > high {
                missed += 1;
                write!(detail, "{step} took {took} ms, forecast {low} to {high} ")?;
            }
        }
        Ok(Figure {
            what: "backfills of ten that took longer or shorter than forecast",
            measured: f64::from(missed),
            limit: 1.0,
            unit: "",
            detail,
        })
    }

    fn script(&self, name: &str, sql: &str) -> Result<()> {
        std::fs::create_dir_all(self.folder.join("sql"))?;
        std::fs::write(self.folder.join(format!("sql/{name}.sql")), sql)?;
        Ok(())
    }

    fn command(&self, url: &str, words: &[&str]) -> Command {
        let (folder, source) = (self.folder.to_string_lossy(), format!("flyway:{}", self.folder.join("sql").display()));
        let mut command = program(self.flightplan, &["--project", &folder, "--source", &source, "--url", url]);
        command.args(words);
        command
    }

    /// What a command that needs no database answers.
    fn json(&self, words: &[&str]) -> Result<Value> {
        let (folder, source) = (self.folder.to_string_lossy(), format!("flyway:{}", self.folder.join("sql").display()));
        let mut command = program(self.flightplan, &["--project", &folder, "--source", &source]);
        let output = command.args(words).stdin(Stdio::null()).output()?;
        serde_json::from_slice(&output.stdout).with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// Milliseconds and rows of each batch in the story of a run.
pub(crate) fn sizes(story: &Value) -> Vec<(u64, u64)> {
    let events = story.get("events").and_then(Value::as_array).into_iter().flatten();
    events.filter_map(|event| Some((event.get("last_ms")?.as_u64()?, event.get("size")?.as_u64()?))).collect()
}

/// Microseconds a row.
#[allow(clippy::cast_precision_loss, reason = "milliseconds and rows of a few batches")]
pub(crate) fn cost<'a>(batches: impl Iterator<Item = &'a (u64, u64)>) -> f64 {
    let (ms, rows) = batches.fold((0, 0), |(ms, rows), batch| (ms + batch.0, rows + batch.1));
    (ms * 1000) as f64 / rows.max(1) as f64
}

/// The forecast of the batched statement of a step, ms.
fn range(plan: &Value, step: &str) -> Option<(u64, u64)> {
    let steps = plan.get("steps")?.as_array()?;
    let step = steps.iter().find(|one| one.get("id").and_then(Value::as_str) == Some(step))?;
    let range = step.pointer("/statements/0/batch/duration_ms")?;
    Some((range.get(0)?.as_u64()?, range.get(1)?.as_u64()?))
}

/// How long a step took, ms.
fn duration(story: &Value, step: &str) -> Option<u64> {
    let done = |event: &&Value| {
        let is = |field: &str, value: &str| event.get(field).and_then(Value::as_str) == Some(value);
        is("event", "step_done") && is("step", step)
    };
    story.get("events")?.as_array()?.iter().find(done)?.get("duration_ms")?.as_u64()
}
