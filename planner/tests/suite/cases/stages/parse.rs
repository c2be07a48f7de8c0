//! Statements of `postgres.sql`, `sqlite.sql`, `mysql.sql`, `mariadb.sql`: each ends with a semicolon at the
//! end of a line. Each operation in words, then its fields: what is absent, false or empty is left out of the operations.

#![allow(clippy::expect_used)]

use planner::dialect::Dialect;
use planner::statement::describe::describe;
use planner::statement::parse::parse;
use serde_json::Value;

use super::Case;

pub(crate) fn render(case: &Case) -> String {
    let mut lines = Vec::new();
    for file in &case.project.files {
        let dialect: Dialect = file.path.trim_end_matches(".sql").parse().expect("file is named by its dialect");
        let text = String::from_utf8(file.content.clone()).expect("case is UTF-8");
        for sql in text.split(";\n").map(str::trim).filter(|sql| !sql.is_empty()) {
            lines.push(sql.to_owned());
            let (operations, errors) = parse(sql, dialect);
            for operation in operations {
                lines.push(format!("  {}", describe(&operation, dialect)));
                lines.push(format!("    {}", compact(&serde_json::to_value(operation).expect("operation is JSON"))));
            }
            lines.extend(errors.iter().map(|error| format!("  error at {}: {}", error.offset, error.message)));
        }
    }
    lines.join("\n")
}

fn compact(value: &Value) -> String {
    match value {
        Value::Object(fields) if fields.keys().all(|key| key == "schema" || key == "name") && fields.contains_key("name") => {
            let parts = [fields.get("schema"), fields.get("name")];
            parts.into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join(".")
        }
        Value::Object(fields) => {
            let kind = fields.get("operation").and_then(Value::as_str);
            let shown = fields.iter().filter(|(key, value)| *key != "operation" && !is_nothing(value));
            let shown: Vec<String> = shown.map(|(key, value)| format!("{key}={}", compact(value))).collect();
            match kind {
                Some(kind) => format!("{kind} {}", shown.join(" ")).trim_end().to_owned(),
                None => format!("{{{}}}", shown.join(" ")),
            }
        }
        Value::Array(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(", ")),
        Value::String(text) if text.contains([' ', ',', '=', '[', '{']) => format!("‹{}›", text.replace('\n', "⏎")),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
