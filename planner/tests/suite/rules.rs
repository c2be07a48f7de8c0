//! Every rule has a `bad.sql` on which it fires and a `good.sql` on which it does not.
//!
//! Text before a line `-- migration --` is an earlier migration, text behind a line `-- later --` one after the last one,
//! text behind a line `-- undo --` the undo script of the last one.
//! The first lines may say more: `-- file: NAME` names the file of the last one, `-- dialect: NAME` and `-- version: N` the
//! server (PostgreSQL 15 otherwise), `-- toml: LINE` adds to `flightplan.toml`, `-- conf: LINE` to the script configuration of
//! the last one, `-- rows: TABLE=N` tells a measured size, `-- nulls: TABLE.COLUMN=SHARE` how much of a column is NULL.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use planner::dialect::Dialect;
use planner::finding::{Finding, Severity};
use planner::project::{ColumnStatistics, Fraction, Project, ProjectFile, Request, Statistics, TableStatistics};
use planner::rule::{ALL, Rule};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

/// What the first lines of a file say under a key.
fn said<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let head = text.lines().take_while(|line| line.starts_with("-- ")).filter_map(|line| line.strip_prefix("-- "));
    head.filter_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).collect()
}

/// Findings of the last migration of a file.
fn lint(text: &str) -> Vec<Arc<Finding>> {
    let mut later = text.split("-- later --\n");
    let parts: Vec<&str> = later.next().unwrap_or_default().split("-- migration --\n").collect();
    let dialect: Dialect = said(text, "dialect").first().map_or(Dialect::Postgres, |name| name.parse().expect("a dialect"));
    let version = said(text, "version").first().map_or(dialect.default_version(), |name| name.parse().expect("a version"));
    let last = said(text, "file").first().map_or_else(|| format!("V{}__change.sql", parts.len()), |name| (*name).to_owned());
    let mut files: Vec<ProjectFile> = Vec::new();
    let mut add = |path: String, content: &str| files.push(ProjectFile { path, content: content.as_bytes().to_vec() });
    for (at, part) in parts.iter().enumerate() {
        let (part, undo) = part.split_once("-- undo --\n").map_or((*part, None), |(part, undo)| (part, Some(undo)));
        if let Some(undo) = undo {
            add(format!("U{}__change.sql", at + 1), undo);
        }
        add(if at + 1 == parts.len() { last.clone() } else { format!("V{}__change.sql", at + 1) }, part);
    }
    for (at, part) in later.enumerate() {
        add(format!("V{}__later.sql", 100 + at), part);
    }
    let toml = ["[flyway]", "[environments.default]", &format!("dialect = \"{dialect}\""), "lock_timeout_ms = 5000"].join("\n");
    let toml = [toml.as_str()].into_iter().chain(said(text, "toml")).collect::<Vec<_>>().join("\n");
    add("flightplan.toml".to_owned(), &toml);
    if !said(text, "conf").is_empty() {
        add(format!("{last}.conf"), &said(text, "conf").join("\n"));
    }
    let size = |text: &str| {
        let (table, rows) = text.split_once('=').expect("TABLE=N");
        (table.to_owned(), TableStatistics { rows: rows.parse().expect("a number"), ..TableStatistics::default() })
    };
    let mut statistics = Statistics { tables: said(text, "rows").into_iter().map(size).collect(), ..Statistics::default() };
    for text in said(text, "nulls") {
        let (place, share) = text.split_once('=').expect("TABLE.COLUMN=SHARE");
        let (table, column) = place.rsplit_once('.').expect("TABLE.COLUMN");
        let null_fraction = Some(Fraction::of(share.parse().expect("a share")));
        let known = ColumnStatistics { null_fraction, ..ColumnStatistics::default() };
        statistics.tables.get_mut(table).expect("its rows").columns.insert(column.to_owned(), known);
    }
    let request = Request { server_version: Some(version), statistics, ..Request::default() };
    let report = planner::analyze(&Project { files }, &request);
    let config: Vec<_> = report.findings.iter().filter(|finding| finding.rule.contains("setting")).collect();
    assert!(config.is_empty(), "{config:?}");
    let is_last = |id: &str| last.strip_prefix(id).is_some_and(|rest| rest.starts_with("__") || rest.starts_with('.'));
    report.findings.into_iter().filter(|finding| finding.migration.as_ref().is_some_and(|own| is_last(&own.0))).collect()
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

/// Applies [rules] to a migration that drops a column.
fn configured(rules: &str) -> Vec<Arc<Finding>> {
    let head = rules.lines().map(|line| format!("-- toml: {line}\n")).collect::<String>();
    let text = "CREATE TABLE users (id bigint PRIMARY KEY, a text);\n-- migration --\nALTER TABLE users DROP COLUMN a;\n";
    lint(&format!("{head}{text}")).into_iter().filter(|finding| finding.rule == "drop-column").collect()
}

#[test]
fn a_project_sets_severities_and_silences_rules_by_path_and_table() {
    let severity = |rules: &str| configured(rules).first().map(|finding| finding.severity);
    assert_eq!(severity(""), Some(Severity::Error));
    assert_eq!(severity("[rules]\ndrop-column = \"warning\""), Some(Severity::Warning));
    assert_eq!(severity("[rules.drop-column]\nseverity = \"off\""), None);
    let ignore = |place: &str| severity(&format!("[rules.drop-column]\nignore = [{{ {place}, reason = \"old\" }}]"));
    assert_eq!(ignore("path = \"V2__*.sql\""), None);
    assert_eq!(ignore("table = \"use?s\""), None);
    assert_eq!(ignore("table = \"public.users\""), None);
    assert_eq!(ignore("table = \"orders\""), Some(Severity::Error));
    assert_eq!(ignore("path = \"V1__*.sql\", table = \"users\""), Some(Severity::Error));
    assert_eq!(severity("[[rules.ignore]]\npath = \"**\"\nreason = \"old\""), None);
}

#[test]
fn rules_options_and_words_that_do_not_exist_are_refused_with_the_near_name() {
    let refused = |toml: &str| {
        let file = |path: &str, text: &str| ProjectFile { path: path.to_owned(), content: text.as_bytes().to_vec() };
        let toml = format!("[flyway]\n[environments.default]\ndialect = \"postgres\"\n{toml}");
        let files = vec![file("flightplan.toml", &toml), file("V1__a.sql", "SELECT 1;\n")];
        let report = planner::analyze(&Project { files }, &Request::default());
        let finding = report.findings.into_iter().find(|finding| finding.blocking).expect("a blocking finding");
        let line = finding.span.as_ref().map(|span| span.line);
        (finding.rule.clone(), line, finding.workaround.clone())
    };
    assert_eq!(refused("[rules]\ndrop-colum = \"off\""), ("unknown-rule".to_owned(), Some(5), "Write drop-column.".into()));
    let (rule, line, cure) = refused("[rules.version-style]\nstile = \"number\"");
    assert_eq!((rule.as_str(), line, cure.as_ref()), ("unknown-setting", Some(5), "Write style."));
    let (rule, _, cure) = refused("[rules.version-style]\nstyle = \"numbers\"");
    assert_eq!((rule.as_str(), cure.as_ref()), ("wrong-setting", "Write number."));
    assert_eq!(refused("[rules]\ndrop-column = \"loud\"").0, "wrong-setting");
    let without = "[rules.drop-column]\nignore = [{ path = \"db/**\" }]";
    assert!(refused(without).2.contains("reason"), "a reason is required");
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
    finding.fix.clone().expect("a fix").edits.into_iter().rev().fold(last, |mut text, edit| {
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
