//! `/metrics` in Prometheus' text format, added up from the control store: what other processes ran counts too, and a
//! restart loses nothing.

use metrics::{Key, Label, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};
use planner::protocol::{Run, RunState};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::Measures;
use crate::exit::{Failure, Outcome};
use crate::store::Store;
use crate::store::alive::is_under_way;

/// Bounds of durations, seconds.
const DURATIONS: &[f64] = &[0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 14_400.0];

/// Bounds of lock waits, seconds.
const WAITS: &[f64] = &[0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0];

const METADATA: metrics::Metadata<'static> = metrics::Metadata::new("flightplan", metrics::Level::INFO, None);

/// Everything as text.
///
/// # Errors
/// The store's refusal.
pub async fn text(store: &Store) -> Outcome<String> {
    store.end_all_gone().await?;
    let runs = store.runs().await?;
    let measures = store.measures().await?;
    let broken =
        |error: metrics_exporter_prometheus::BuildError| Failure::failed(format!("The metrics cannot be made: {error}."), "");
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full("flightplan_migration_duration_seconds".to_owned()), DURATIONS)
        .and_then(|builder| builder.set_buckets_for_metric(Matcher::Full("flightplan_lock_wait_seconds".to_owned()), WAITS))
        .map_err(broken)?
        .build_recorder();
    describe(&recorder);
    // Newest first: what is told of the last run only is told of the first that is seen.
    let mut seen = Vec::new();
    for run in &runs {
        one(&recorder, run, measures.get(&run.id), !seen.contains(&&run.environment));
        seen.push(&run.environment);
    }
    Ok(recorder.handle().render())
}

fn describe(recorder: &PrometheusRecorder) {
    let counter = |name: &'static str, text: &'static str| recorder.describe_counter(name.into(), None, text.into());
    let gauge = |name: &'static str, text: &'static str| recorder.describe_gauge(name.into(), None, text.into());
    let histogram = |name: &'static str, text: &'static str| recorder.describe_histogram(name.into(), None, text.into());
    counter("flightplan_runs_total", "Runs by environment and state.");
    counter("flightplan_steps_total", "Steps done.");
    counter("flightplan_transactions_total", "Transactions committed by runs.");
    counter("flightplan_batch_rows_total", "Rows changed in batches.");
    counter("flightplan_errors_total", "Attempts that the server refused.");
    gauge("flightplan_runs_under_way", "Runs that are at work.");
    gauge("flightplan_runs_waiting", "Runs that wait at a gate.");
    gauge("flightplan_run_age_seconds", "Seconds since the beginning of the runs that are at work.");
    gauge("flightplan_table_size_change_bytes", "Bytes that tables grew in the last run of the environment.");
    histogram("flightplan_migration_duration_seconds", "Seconds from beginning to end of runs that are over.");
    histogram("flightplan_lock_wait_seconds", "Longest time somebody waited for a lock of a run, seconds.");
}

fn one(recorder: &PrometheusRecorder, run: &Run, measures: Option<&Measures>, newest: bool) {
    let key = |name: &'static str, more: &[(&'static str, &str)]| {
        let mut labels = vec![Label::new("environment", run.environment.clone())];
        labels.extend(more.iter().map(|(name, value)| Label::new(*name, (*value).to_owned())));
        Key::from_parts(name, labels)
    };
    let count = |name, more: &[(&'static str, &str)], by| recorder.register_counter(&key(name, more), &METADATA).increment(by);
    let gauge = |name, more: &[(&'static str, &str)]| recorder.register_gauge(&key(name, more), &METADATA);
    let record = |name, value| recorder.register_histogram(&key(name, &[]), &METADATA).record(value);
    count("flightplan_runs_total", &[("state", run.state.word())], 1);
    count("flightplan_steps_total", &[], run.steps_done.into());
    gauge("flightplan_runs_under_way", &[]).increment(if is_under_way(run.state) { 1.0 } else { 0.0 });
    gauge("flightplan_runs_waiting", &[]).increment(if run.state == RunState::Waiting { 1.0 } else { 0.0 });
    let now = OffsetDateTime::now_utc();
    if is_under_way(run.state) {
        gauge("flightplan_run_age_seconds", &[("run", run.id.as_str())]).set(seconds(run, now).unwrap_or_default());
    }
    let Some(measures) = measures else { return };
    count("flightplan_transactions_total", &[], measures.transactions);
    count("flightplan_batch_rows_total", &[], measures.rows);
    count("flightplan_errors_total", &[], measures.errors);
    record("flightplan_migration_duration_seconds", std::time::Duration::from_millis(measures.duration_ms).as_secs_f64());
    record("flightplan_lock_wait_seconds", std::time::Duration::from_millis(measures.lock_wait_ms).as_secs_f64());
    for (table, bytes) in measures.table_bytes.iter().filter(|_| newest) {
        #[allow(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
        gauge("flightplan_table_size_change_bytes", &[("table", table)]).set(*bytes as f64);
    }
}

fn seconds(run: &Run, until: OffsetDateTime) -> Option<f64> {
    let begun = OffsetDateTime::parse(&run.started_at, &Rfc3339).ok()?;
    Some((until - begun).as_seconds_f64().max(0.0))
}
