//! `rules`: what each rule is about, here and as pages of the documentation.

use std::path::{Path, PathBuf};

use clap::Args;
use planner::project::near::advice;
use planner::rule::option::{self, RuleOption};
use planner::rule::{self, Rule};
use rust_embed::Embed;
use serde_json::{Value, json};

use crate::cli::{Format, output};
use crate::exit::{Exit, Failure, Outcome};

/// The statements on which each rule fires and does not: its tests are its examples.
#[derive(Embed)]
#[folder = "../planner/tests/rules"]
struct Examples;

/// Options of `rules`.
#[derive(Clone, Debug, Args)]
pub struct Rules {
    /// Only these rules, with examples.
    ids: Vec<String>,
    /// Write a page a rule and an index into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "ids")]
    write: Option<PathBuf>,
}

/// Runs the command, which needs no project.
///
/// # Errors
/// A rule that does not exist; a folder that cannot be written.
pub fn run(format: Format, command: &Rules) -> Outcome<Exit> {
    if !matches!(format, Format::Text | Format::Json | Format::Markdown) {
        return Err(Failure::usage(format!("This command has no format {format:?}."), "Use --format text, json or markdown."));
    }
    if let Some(folder) = &command.write {
        let pages = write(folder)?;
        eprintln!("{pages} pages are written to {}.", folder.display());
        return Ok(Exit::Done);
    }
    let chosen = chosen(&command.ids)?;
    match format {
        Format::Json => {
            let rules: Vec<Value> = chosen.iter().map(|rule| json_of(rule)).collect();
            output::print_json(&json!({"format": 1, "rules": rules}))?;
        }
        _ if command.ids.is_empty() => output::print(&list(&chosen)),
        _ => output::print(&chosen.iter().map(|rule| page(rule)).collect::<Vec<_>>().join("\n")),
    }
    Ok(Exit::Done)
}

fn chosen(ids: &[String]) -> Outcome<Vec<&'static Rule>> {
    if ids.is_empty() {
        return Ok(rule::ALL.to_vec());
    }
    let known: Vec<&str> = rule::ALL.iter().map(|rule| rule.id).collect();
    let find =
        |id: &String| rule::find(id).ok_or_else(|| Failure::usage(format!("There is no rule {id:?}."), advice(id, &known)));
    ids.iter().map(find).collect()
}

fn list(rules: &[&Rule]) -> String {
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    rules.iter().map(|rule| format!("{:width$}  {:7}  {}\n", rule.id, rule.severity.name(), rule.condition)).collect()
}

fn options(rule: &Rule) -> Vec<&'static RuleOption> {
    option::ALL.iter().copied().filter(|option| option.rule == rule.id).collect()
}

fn json_of(rule: &Rule) -> Value {
    let option = |option: &&RuleOption| json!({"name": option.name, "default": option.default, "words": option.words, "meaning": option.meaning});
    json!({
        "id": rule.id, "severity": rule.severity, "condition": rule.condition, "effect": rule.effect,
        "workaround": rule.workaround, "options": options(rule).iter().map(option).collect::<Vec<_>>(),
    })
}

/// The page of a rule.
#[must_use]
pub fn page(rule: &Rule) -> String {
    let mut text = format!(
        "# {}\n\nSeverity: {}\n\n**When:** {}\n\n**Effect:** {}\n\n**Workaround:** {}\n",
        rule.id,
        rule.severity.name(),
        rule.condition,
        rule.effect,
        rule.workaround
    );
    let options = options(rule);
    if !options.is_empty() {
        text.push_str("\n## Options\n\n| option | default | meaning |\n|---|---|---|\n");
        for option in options {
            text.push_str(&format!("| `{}` | {} | {} |\n", option.name, default(option), option.meaning));
        }
    }
    for (file, title) in [("bad.sql", "It fires on"), ("good.sql", "It does not fire on")] {
        let Some(example) = Examples::get(&format!("{}/{file}", rule.id)) else { continue };
        let sql = String::from_utf8_lossy(&example.data);
        text.push_str(&format!("\n## {title}\n\n```sql\n{}\n```\n", sql.trim_end()));
    }
    text.push_str(&format!(
        "\n## Configure\n\n```toml\n[rules]\n{id} = \"off\"   # or \"info\", \"warning\", \"error\"\n```\n\nAt one statement: \
         `-- flightplan:ignore {id} <reason>` in the comments before it.\n",
        id = rule.id
    ));
    text
}

fn default(option: &RuleOption) -> String {
    let texts: Vec<String> = option.default.iter().map(|text| format!("`{text}`")).collect();
    if texts.is_empty() { "none".to_owned() } else { texts.join(", ").replace('|', "\\|") }
}

/// The page that lists them all.
#[must_use]
pub fn index() -> String {
    let mut text =
        "# Rules\n\nWritten by `flightplan rules --write docs/rules` from the rules themselves. In the examples, text \
                    before `-- migration --` is an earlier migration. How to configure them: \
                    [configuration](../configuration.md#rules).\n\n| rule | severity | when |\n|---|---|---|\n"
            .to_owned();
    for rule in rule::ALL {
        let condition = rule.condition.replace('|', "\\|");
        text.push_str(&format!("| [{id}]({id}.md) | {} | {condition} |\n", rule.severity.name(), id = rule.id));
    }
    text
}

/// Writes all pages, and takes out pages of rules that are gone.
fn write(folder: &Path) -> Outcome<usize> {
    let unwritten = |path: &Path, error: std::io::Error| {
        Failure::usage(format!("{}: cannot be written: {error}.", path.display()), "Name another folder with --write.")
    };
    std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, error))?;
    let mut pages: Vec<(String, String)> = rule::ALL.iter().map(|rule| (format!("{}.md", rule.id), page(rule))).collect();
    pages.push(("README.md".to_owned(), index()));
    for (name, text) in &pages {
        let path = folder.join(name);
        std::fs::write(&path, text).map_err(|error| unwritten(&path, error))?;
    }
    for entry in std::fs::read_dir(folder).map_err(|error| unwritten(folder, error))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ours = std::fs::read_to_string(entry.path()).is_ok_and(|text| text.contains("`-- flightplan:ignore "));
        if name.ends_with(".md") && ours && !pages.iter().any(|(page, _)| *page == name) {
            std::fs::remove_file(entry.path()).map_err(|error| unwritten(&entry.path(), error))?;
        }
    }
    Ok(pages.len())
}
