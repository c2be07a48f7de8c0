//! The filters of `info`: by date, version and state.
//!
//! Source: `MigrationFilterImpl` of 10.0.0 and later; earlier community editions accepted and ignored them.

use planner::source::flyway::state::{InfoRow, State};
use planner::source::flyway::version::Version;
use time::PrimitiveDateTime;
use time::macros::format_description;

use crate::cli::words::Words;
use crate::exit::{Failure, Outcome};

/// What `info` shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    since: Option<PrimitiveDateTime>,
    until: Option<PrimitiveDateTime>,
    from: Option<Version>,
    to: Option<Version>,
    states: Vec<State>,
}

impl Filter {
    /// Reads the options.
    ///
    /// # Errors
    /// A value of another form, naming the right one.
    pub fn read(words: &Words) -> Outcome<Self> {
        Ok(Self {
            since: date("infoSinceDate", words.info_since_date.as_deref())?,
            until: date("infoUntilDate", words.info_until_date.as_deref())?,
            from: version("infoSinceVersion", words.info_since_version.as_deref())?,
            to: version("infoUntilVersion", words.info_until_version.as_deref())?,
            states: states(words.info_of_state.as_deref())?,
        })
    }

    /// Whether a line is shown. What has no date passes a lower bound and not an upper one, and so with versions.
    #[must_use]
    pub fn matches(&self, row: &InfoRow) -> bool {
        let installed = installed(&row.installed_on);
        let version = Version::parse(&row.version);
        self.since.is_none_or(|since| installed.is_none_or(|at| at > since))
            && self.until.is_none_or(|until| installed.is_some_and(|at| at < until))
            && self.from.as_ref().is_none_or(|from| version.as_ref().is_none_or(|version| version >= from))
            && self.to.as_ref().is_none_or(|to| version.as_ref().is_some_and(|version| version <= to))
            && (self.states.is_empty() || self.states.contains(&row.state))
    }
}

/// The moment of a row, in the time of the history table.
fn installed(text: &str) -> Option<PrimitiveDateTime> {
    let seconds = text.get(..19)?;
    PrimitiveDateTime::parse(seconds, format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]")).ok()
}

fn date(option: &str, text: Option<&str>) -> Outcome<Option<PrimitiveDateTime>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let read = PrimitiveDateTime::parse(text.trim(), format_description!("[day]/[month]/[year] [hour]:[minute]"));
    read.map(Some).map_err(|_| {
        Failure::usage(
            format!("'{text}' is an invalid value for the {option} option."),
            "The expected format is 'dd/mm/yyyy hh:mm', like '13/10/2020 16:30'.",
        )
    })
}

fn version(option: &str, text: Option<&str>) -> Outcome<Option<Version>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    Version::parse(text).map(Some).ok_or_else(|| {
        Failure::usage(
            format!("'{text}' is an invalid value for the {option} option."),
            "A version is numbers separated by dots or underscores, like 1.2.",
        )
    })
}

fn states(text: Option<&str>) -> Outcome<Vec<State>> {
    let names = text.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty());
    names
        .map(|name| {
            let found =
                STATES.iter().find(|(state, word)| word.eq_ignore_ascii_case(name) || state.label().eq_ignore_ascii_case(name));
            found.map(|(state, _)| *state).ok_or_else(|| {
                let known: Vec<String> = STATES.iter().map(|(_, word)| word.to_lowercase()).collect();
                Failure::usage(
                    format!("'{name}' is an invalid value for the infoOfState option."),
                    format!("The states are: {}; several are separated by commas.", known.join(", ")),
                )
            })
        })
        .collect()
}

/// Flyway's names of its states.
const STATES: [(State, &str); 18] = [
    (State::Pending, "PENDING"),
    (State::AboveTarget, "ABOVE_TARGET"),
    (State::BelowBaseline, "BELOW_BASELINE"),
    (State::BaselineIgnored, "BASELINE_IGNORED"),
    (State::Baseline, "BASELINE"),
    (State::Ignored, "IGNORED"),
    (State::Missing, "MISSING_SUCCESS"),
    (State::FailedMissing, "MISSING_FAILED"),
    (State::Success, "SUCCESS"),
    (State::Undone, "UNDONE"),
    (State::Available, "AVAILABLE"),
    (State::Failed, "FAILED"),
    (State::OutOfOrder, "OUT_OF_ORDER"),
    (State::Future, "FUTURE_SUCCESS"),
    (State::FailedFuture, "FUTURE_FAILED"),
    (State::Outdated, "OUTDATED"),
    (State::Superseded, "SUPERSEDED"),
    (State::Deleted, "DELETED"),
];
