//! Every rule has a `bad.sql` on which it fires and a `good.sql` on which it does not.
//!
//! The files are PostgreSQL. Text before a line `-- migration --` is an earlier migration; a first line
//! `-- file: NAME` names the file of the last one, `-- version: N` the server (15 otherwise).

use std::fs;
use std::path::{Path, PathBuf};

use planner::dialect::{Dialect, ServerVersion};
use planner::finding::Finding;
use planner::migration::SourceKind;
use planner::project::{Project, ProjectFile, Request, SourceSpec};
use planner::rule::{ALL, Rule};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// Findings of the last migration of a file.
fn lint(text: &str) -> Vec<Finding> {
    let parts: Vec<&str> = text.split("-- migration --\n").collect();
    let said = |key: &str| text.lines().next().and_then(|line| line.strip_prefix(key)).map(str::to_owned);
    let named = said("-- file: ");
    let version = said("-- version: ").map(|version| version.parse().expect("a version"));
    let last = named.unwrap_or_else(|| format!("V{}__change.sql", parts.len()));
    let file = |(at, part): (usize, &&str)| {
        let path = if at + 1 == parts.len() { last.clone() } else { format!("V{}__change.sql", at + 1) };
        ProjectFile { path, content: part.as_bytes().to_vec() }
    };
    let project = Project { files: parts.iter().enumerate().map(file).collect() };
    let request = Request {
        source: Some(SourceSpec { kind: SourceKind::Flyway, folder: String::new() }),
        dialect: Some(Dialect::Postgres),
        server_version: Some(version.unwrap_or(ServerVersion::new(15, 0))),
        ..Request::default()
    };
    let report = planner::analyze(&project, &request);
    let is_last = |finding: &Finding| finding.migration.as_ref().is_some_and(|own| last.starts_with(&own.0));
    report.findings.into_iter().filter(is_last).collect()
}

fn fires(rule: &Rule, name: &str) -> Result<bool, String> {
    let path = folder().join(rule.id).join(name);
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(lint(&text).iter().any(|finding| finding.rule == rule.id))
}

#[test]
fn every_rule_fires_on_its_bad_sql_and_not_on_its_good_sql() {
    let mut wrong = Vec::new();
    for rule in ALL {
        match fires(rule, "bad.sql") {
            Ok(true) => {}
            Ok(false) => wrong.push(format!("{} does not fire on bad.sql", rule.id)),
            Err(error) => wrong.push(error),
        }
        match fires(rule, "good.sql") {
            Ok(false) => {}
            Ok(true) => wrong.push(format!("{} fires on good.sql", rule.id)),
            Err(error) => wrong.push(error),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_folder_has_a_rule_and_ids_are_unique_and_sorted() {
    let mut folders: Vec<String> = fs::read_dir(folder())
        .expect("tests/rules")
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    let ids: Vec<String> = ALL.iter().map(|rule| rule.id.to_owned()).collect();
    assert_eq!(folders, ids);
}

#[test]
fn texts_are_sentences() {
    for rule in ALL {
        for text in [rule.condition, rule.effect, rule.workaround] {
            assert!(text.ends_with('.') && !text.contains('\n') && !text.contains("  "), "{}: {text:?}", rule.id);
        }
    }
}

#[test]
fn an_ignore_with_a_reason_silences_a_rule_and_one_without_does_not() {
    let sql = |comment: &str| {
        format!(
            "CREATE TABLE users (id bigint PRIMARY KEY, a text);\n-- migration --\n{comment}\nALTER TABLE users DROP COLUMN a;\n"
        )
    };
    let has = |comment: &str, rule: &str| lint(&sql(comment)).iter().any(|finding| finding.rule == rule);
    assert!(has("", "drop-column"));
    assert!(!has("-- flightplan:ignore drop-column unused since 2.0", "drop-column"));
    assert!(has("-- flightplan:ignore drop-column", "drop-column"));
    assert!(has("-- flightplan:ignore drop-column", "invalid-directive"));
    assert!(has("-- flightplan:ignore no-such-rule because", "invalid-directive"));
}

/// Applies the edits of a finding's fix to the text of the last migration.
fn mend(text: &str, rule: &str) -> String {
    let last = text.rsplit("-- migration --\n").next().expect("a last migration").to_owned();
    let finding = lint(text).into_iter().find(|finding| finding.rule == rule).expect("the rule fires");
    finding.fix.expect("a fix").edits.into_iter().rev().fold(last, |mut text, edit| {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        text
    })
}

#[test]
fn a_fix_edits_the_file_so_that_the_rule_is_silent() {
    let first = "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n-- migration --\n";
    let mended = mend(&format!("{first}-- é\nCREATE UNIQUE INDEX users_email ON users (email);\n"), "blocking-index");
    assert_eq!(mended, "-- é\nCREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);\n");
    assert!(!lint(&format!("{first}{mended}")).iter().any(|finding| finding.rule == "blocking-index"));
    let mended = mend(&format!("{first}ALTER TABLE users ADD CHECK (id > 0);\n"), "unvalidated-constraint");
    assert_eq!(mended, "ALTER TABLE users ADD CHECK (id > 0) NOT VALID;\n");
    let mended = mend(&format!("{first}ALTER TABLE users RENAME TO people;\n"), "rename-breaks");
    assert_eq!(mended, "ALTER TABLE users RENAME TO people;\nCREATE VIEW users AS SELECT * FROM people;\n");
    assert!(!lint(&format!("{first}{mended}")).iter().any(|finding| finding.rule == "rename-breaks"));
    let mended = mend(&format!("{first}REINDEX TABLE users;\n"), "blocking-reindex");
    assert_eq!(mended, "REINDEX TABLE CONCURRENTLY users;\n");
    let first = "CREATE TYPE mood AS ENUM ('sad', 'it''s ok');\n-- migration --\n";
    let mended = mend(&format!("{first}ALTER TYPE mood ADD VALUE 'happy';\n"), "enum-value-order");
    assert_eq!(mended, "ALTER TYPE mood ADD VALUE 'happy' AFTER 'it''s ok';\n");
}

#[test]
fn what_a_version_of_the_server_refuses_is_told() {
    let refused = |text: &str| lint(text).iter().any(|finding| finding.rule == "server-would-refuse");
    let parent = "CREATE TABLE p (k integer) PARTITION BY LIST (k);\nCREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);\n";
    let detach = "-- migration --\nALTER TABLE p DETACH PARTITION p1 CONCURRENTLY;\n";
    assert!(!refused(&format!("{parent}{detach}")));
    assert!(refused(&format!("{parent}CREATE TABLE d PARTITION OF p DEFAULT;\n{detach}")));
    let key = "-- migration --\nALTER TABLE p ADD FOREIGN KEY (k) REFERENCES t NOT VALID;\n";
    let text = format!("CREATE TABLE t (id integer PRIMARY KEY);\n{parent}{key}");
    assert!(refused(&text));
    assert!(!refused(&format!("-- version: 18\n{text}")));
}
