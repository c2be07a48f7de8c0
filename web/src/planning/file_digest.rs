//! The digest that a plan file's steps give, over its JSON: to read it as a plan would cost the page's download ten times as
//! much. It is [`planner::plan::digest::plan_digest`] of that plan; a test holds the two together.

use planner::plan::canonical::{canonical_json, sha256_hex};
use planner::rule;
use serde_json::{Map, Value};

const PLAN: [&str; 10] =
    ["format", "project", "environment", "target", "from", "to", "approvals", "findings", "rollout", "group"];
const STEP: [&str; 11] = [
    "id",
    "number",
    "migration",
    "source",
    "phase",
    "transaction",
    "lock_timeout_ms",
    "statement_timeout_ms",
    "gate",
    "history",
    "undo",
];
const CALLBACK: [&str; 4] = ["event", "description", "file", "transactional"];
const STATEMENT: [&str; 4] = ["id", "sql", "file", "line"];
const EFFECT: [&str; 5] = ["locks", "rewrites", "scans", "error", "opaque"];
const BATCH: [&str; 18] = [
    "table",
    "key",
    "size",
    "most",
    "pause_ms",
    "brakes",
    "ends",
    "count_sql",
    "check_sql",
    "bound_sql",
    "first_bound_sql",
    "range_sql",
    "span_sql",
    "batch_sql",
    "first_batch_sql",
    "last_sql",
    "only_sql",
    "pre_image",
];

/// The digest of a plan by its JSON.
pub(super) fn file_digest(plan: &Value) -> String {
    let mut whole = picked(plan, &PLAN);
    let mut put = |key: &str, value: Value| drop(whole.insert(key.to_owned(), value));
    put("group", Value::Bool(plan["group"] == true));
    put("rules", Value::from(rule::VERSION));
    put("steps", each(&plan["steps"], step));
    put("callbacks", each(&plan["callbacks"], |callback| with_statements(callback, &CALLBACK)));
    sha256_hex(canonical_json(&Value::Object(whole)).as_bytes())
}

fn step(step: &Value) -> Value {
    let mut value = with_statements(step, &STEP);
    if let (Some(fallback), Some(map)) = (step.get("fallback").filter(|fallback| !fallback.is_null()), value.as_object_mut()) {
        map.insert("fallback".to_owned(), fallback.clone());
    }
    value
}

fn with_statements(value: &Value, keys: &[&str]) -> Value {
    let mut map = picked(value, keys);
    map.insert("statements".to_owned(), each(&value["statements"], statement));
    Value::Object(map)
}

fn statement(statement: &Value) -> Value {
    let mut map = picked(statement, &STATEMENT);
    map.extend(picked(&statement["effect"], &EFFECT));
    let batch = &statement["batch"];
    map.insert("batch".to_owned(), if batch.is_null() { Value::Null } else { Value::Object(picked(batch, &BATCH)) });
    let data = statement["copy_data"].as_str().map(|data| Value::from(sha256_hex(data.as_bytes())));
    map.insert("copy_data".to_owned(), data.unwrap_or_default());
    Value::Object(map)
}

/// The fields of an object; what is absent is null.
fn picked(value: &Value, keys: &[&str]) -> Map<String, Value> {
    keys.iter().map(|key| ((*key).to_owned(), value[*key].clone())).collect()
}

fn each(list: &Value, change: impl Fn(&Value) -> Value) -> Value {
    Value::Array(list.as_array().into_iter().flatten().map(change).collect())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use planner::project::ProjectFile;
    use planner::{Project, Request, analyze};

    use super::*;

    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { walk(&entry.path(), files) } else { files.push(entry.path()) }
        }
    }

    /// The sample project in each of its environments, and files with what it has not: a callback, COPY, a gate, Python.
    #[test]
    fn it_is_the_digest_of_the_plan() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
        let mut paths = Vec::new();
        walk(&root, &mut paths);
        let file = |path: &PathBuf| ProjectFile {
            path: path.strip_prefix(&root).map(|path| path.display().to_string()).unwrap_or_default(),
            content: std::fs::read(path).unwrap_or_default(),
        };
        let sample = Project { files: paths.iter().map(file).collect() };
        let file = |path: &str, text: &str| ProjectFile { path: path.to_owned(), content: text.as_bytes().to_vec() };
        let small = Project {
            files: vec![
                file("flyway.conf", "flyway.locations=filesystem:sql\nflyway.group=true\n"),
                file("sql/afterMigrate.sql", "ANALYZE;"),
                file("sql/V1__a.sql", "CREATE TABLE a (b int PRIMARY KEY, c int);\nCOPY a FROM STDIN;\n1\t2\n\\.\n"),
                file("sql/V2__b.sql", "UPDATE a SET c = 1 WHERE c IS NULL;\nVACUUM a;"),
            ],
        };
        let mut batches = 0;
        for (project, environments) in [(&sample, &["development", "test", "production"][..]), (&small, &["default"][..])] {
            for environment in environments {
                let environment = (project.files.len() > 4).then(|| (*environment).to_owned());
                let plan = analyze(project, &Request { environment, ..Request::default() }).plan;
                let value = serde_json::to_value(&plan).unwrap_or_default();
                batches += value.to_string().matches("\"batch_sql\"").count();
                assert!(!plan.steps.is_empty(), "a plan of nothing shows nothing");
                assert_eq!(file_digest(&value), plan.digest, "{value:#}");
            }
        }
        assert!(batches > 0, "none of the plans has a batch");
    }
}
