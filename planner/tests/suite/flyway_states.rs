//! States, `validate` and `repair` over random folders and histories, held against what the real Flyway 9.16.2 did
//! (`tests/flyway_states/`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};

use planner::migration::{Migration, MigrationId, SourceKind};
use planner::pipeline::{self, Report};
use planner::project::{AppliedFlyway, Project, ProjectFile, Request, SourceSpec};
use planner::source::flyway::repair::{Alignment, Repairs};
use planner::source::flyway::state;

const RECORDED: &str = include_str!("../flyway_states/flyway.txt");
/// With B files, which community Flyway has since 9.21.
const WITH_BASELINES: &str = include_str!("../flyway_states/baselines.txt");

/// One recorded case: what there was, and what Flyway said of it, by the first word of the line.
struct Case<'a> {
    name: &'a str,
    project: Project,
    request: Request,
    said: BTreeMap<&'a str, Vec<String>>,
}

fn case(text: &str) -> Case<'_> {
    let source = Some(SourceSpec { kind: SourceKind::Flyway, folder: "sql".to_owned() });
    let mut case =
        Case { name: "", project: Project::default(), request: Request { source, ..Request::default() }, said: BTreeMap::new() };
    for line in text.lines() {
        let (word, rest) = line.split_once(' ').unwrap();
        match word {
            "case" => case.name = rest,
            "set" => {
                let (key, value) = rest.split_once('=').unwrap();
                case.request.flyway.insert(key.to_owned(), value.to_owned());
            }
            "file" => {
                let (path, content) = rest.split_once('|').unwrap();
                case.project.files.push(ProjectFile { path: format!("sql/{path}"), content: content.as_bytes().to_vec() });
            }
            "row" => case.request.applied.flyway.push(row(rest)),
            word => case.said.entry(word).or_default().push(rest.to_owned()),
        }
    }
    case
}

fn row(text: &str) -> AppliedFlyway {
    let [rank, version, description, kind, script, checksum, success] =
        text.split('|').collect::<Vec<_>>().try_into().expect("seven fields");
    AppliedFlyway {
        rank: rank.parse().unwrap(),
        version: Some(version.to_owned()).filter(|version| !version.is_empty()),
        description: description.to_owned(),
        kind: kind.to_owned(),
        script: script.to_owned(),
        checksum: checksum.parse().ok(),
        success: success == "t",
        ..AppliedFlyway::default()
    }
}

fn written(row: &AppliedFlyway) -> String {
    let AppliedFlyway { rank, version, description, kind, script, checksum, success, .. } = row;
    let checksum = checksum.map(|number| number.to_string()).unwrap_or_default();
    let version = version.as_deref().unwrap_or_default();
    format!("{rank}|{version}|{description}|{kind}|{script}|{checksum}|{}", if *success { "t" } else { "f" })
}

fn named(row: &AppliedFlyway) -> String {
    format!("{}|{}", row.version.as_deref().unwrap_or_default(), row.description)
}

/// What we say, in the record's form.
#[derive(Default)]
struct Answer {
    said: BTreeMap<&'static str, Vec<String>>,
}

impl Answer {
    fn say(&mut self, word: &'static str, lines: impl IntoIterator<Item = String>) {
        let lines: Vec<String> = lines.into_iter().collect();
        if !lines.is_empty() {
            self.said.insert(word, lines);
        }
    }
}

fn answer(case: &Case<'_>) -> Answer {
    let mut answer = Answer::default();
    let report = pipeline::analyze(&case.project, &case.request);
    let files: Vec<&Migration> = report.migrations.iter().collect();
    look(&report, &files, case, &mut answer);
    migrate(&report, &files, case, &mut answer);
    repair(case, &mut answer);
    answer
}

/// `info` and `validate`.
fn look(report: &Report, files: &[&Migration], case: &Case<'_>, answer: &mut Answer) {
    let (validation, problems) = state::validation(files, &report.settings, &case.request, false);
    if let Some(problem) = problems.iter().find(|problem| problem.blocking) {
        let code = refusal(&problem.rule).to_owned();
        answer.say("info-refused", [code.clone()]);
        answer.say("validate-refused", [code]);
        return;
    }
    let info = state::info(files, &report.settings, &case.request);
    answer.say(
        "info",
        info.iter()
            .map(|line| format!("{}|{}|{}|{}|{}", line.category, line.version, line.description, line.kind, line.state.label())),
    );
    let told = case.said.get("invalid").into_iter().flatten().any(|line| line.matches('|').count() > 2);
    let invalid = validation.invalid.iter().map(|found| {
        let mut line = format!("{}|{}|{}", found.code, found.version, found.description);
        if told {
            line.push('|');
            line.push_str(&found.message.replace('\n', "\\n"));
        }
        line
    });
    answer.say("invalid", invalid);
    if validation.invalid.is_empty() && validation.count > 0 {
        answer.say("valid", [validation.count.to_string()]);
    }
}

/// Flyway's code for what makes a history unreadable.
fn refusal(rule: &str) -> &str {
    match rule {
        "duplicate-deleted-migration" => "DUPLICATE_DELETED_MIGRATION",
        "unknown-target" => "ERROR",
        other => other,
    }
}

/// Migrations in Java are not among the files, and so do not refuse a run here.
fn has_code(case: &Case<'_>) -> bool {
    case.request.applied.flyway.iter().any(|row| row.kind.ends_with("JDBC"))
}

/// Flyway's `repair` takes a description longer than the column for a change each time it runs, and writes it in
/// full, which PostgreSQL refuses.
fn overflows(case: &Case<'_>) -> bool {
    case.project.files.iter().any(|file| file.path.len() > 210)
}

/// What `migrate` would run, or that it refuses.
fn migrate(report: &Report, files: &[&Migration], case: &Case<'_>, answer: &mut Answer) {
    let (pending, findings) = state::pending(files, &report.settings, &case.request);
    if findings.iter().any(|finding| finding.blocking) {
        answer.say("migrate-refused", ["yes".to_owned()]);
        return;
    }
    let file = |id: &MigrationId| files.iter().find(|file| file.id == *id).map(|file| (*file).clone()).unwrap();
    answer.say("runs", pending.iter().map(file).map(|file| format!("{}|{}", file.version.unwrap_or_default(), file.description)));
}

/// The rows after `repair`, worked out as the command does it.
fn repair(case: &Case<'_>, answer: &mut Answer) {
    let mut rows = case.request.applied.flyway.clone();
    answer.say("removed", rows.iter().filter(|row| !row.success).map(named));
    rows.retain(|row| row.success);
    let mut request = Request { up_to: Some("latest".to_owned()), out_of_order: true, ..case.request.clone() };
    request.applied.flyway.clone_from(&rows);
    let report = pipeline::analyze(&case.project, &request);
    let files: Vec<&Migration> = report.migrations.iter().collect();
    let (Repairs { deleted, aligned }, problems) = state::repairs(&files, &report.settings, &request);
    if let Some(problem) = problems.iter().find(|problem| problem.blocking) {
        answer.said.remove("removed");
        answer.say("repair-refused", [refusal(&problem.rule).to_owned()]);
        return;
    }
    answer.say("deleted", deleted.iter().map(named));
    answer.say("aligned", aligned.iter().map(|aligned| named(&aligned.row)));
    let mut after: Vec<AppliedFlyway> = Vec::new();
    for Alignment { row, description, kind, checksum, .. } in aligned {
        after.push(AppliedFlyway { description, kind, checksum, ..row });
    }
    let last = rows.iter().map(|row| row.rank).max().unwrap_or_default();
    for (row, rank) in deleted.into_iter().zip(last + 1..) {
        after.push(AppliedFlyway { rank, kind: "DELETE".to_owned(), ..row });
    }
    after.sort_by_key(|row| row.rank);
    answer.say("after", after.iter().map(written));
}

/// Takes out of both what differs on purpose.
fn set_aside(case: &mut Case<'_>, said: &mut BTreeMap<&'static str, Vec<String>>) {
    let mut words = Vec::new();
    if has_code(case) {
        words.extend(["migrate-refused", "runs"]);
    }
    if overflows(case) {
        words.extend(["aligned", "after"]);
    }
    for word in words {
        said.remove(word);
        case.said.remove(word);
    }
    if let Some(codes) = case.said.get_mut("migrate-refused") {
        *codes = vec!["yes".to_owned()];
    }
}

/// Compares each case of a record; how many there are, and how often each state is in them.
fn compare(record: &str, ordered: bool) -> (usize, BTreeMap<String, usize>) {
    let (mut wrong, mut count, mut states) = (Vec::new(), 0, BTreeMap::new());
    for text in record.split("\n\n").filter(|text| text.starts_with("case ")) {
        let mut case = case(text);
        let mut said = answer(&case).said;
        set_aside(&mut case, &mut said);
        if !ordered {
            case.said.values_mut().chain(said.values_mut()).for_each(|lines| lines.sort());
        }
        let words: BTreeSet<&str> = said.keys().copied().chain(case.said.keys().copied()).collect();
        for word in words {
            let [flyway, planner] = [case.said.get(word), said.get(word)].map(|lines| lines.cloned().unwrap_or_default());
            if flyway != planner {
                let [flyway, planner] = [flyway, planner].map(|lines| lines.join("\n      "));
                wrong.push(format!("case {} {word}\n  flyway  {flyway}\n  planner {planner}", case.name));
            }
        }
        for line in case.said.get("info").into_iter().flatten() {
            *states.entry(line.rsplit('|').next().unwrap().to_owned()).or_insert(0) += 1;
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{} answers of {count} cases differ:\n{}", wrong.len(), wrong.join("\n"));
    (count, states)
}

#[test]
fn states_codes_and_repairs_are_those_of_flyway() {
    let (count, states) = compare(RECORDED, true);
    assert!(count >= 300, "{count} cases were recorded");
    assert_eq!(states.len(), 16, "community Flyway knows no undo and so neither Undone nor Available: {states:?}");
}

/// The order of a B and a V file of one version is chance in Flyway 9.22 (a hash set's), so the lines are compared as a set.
/// Recorded without `target`: Flyway 9.22 runs a B file above it.
#[test]
fn states_of_baseline_files_are_those_of_flyway() {
    let (count, states) = compare(WITH_BASELINES, false);
    assert!(count >= 100, "{count} cases were recorded");
    assert!(["Baseline", "Below Baseline", "Ignored (Baseline)"].iter().all(|state| states.contains_key(*state)), "{states:?}");
}
