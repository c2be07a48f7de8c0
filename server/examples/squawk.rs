//! Holds our findings and squawk's against each other on folders of Flyway scripts for PostgreSQL.
//!
//! `cargo xtask squawk-oracle DIR…`. Each of squawk's findings is judged by what the statement does to objects that are
//! older than its migration; `docs/squawk.md` says how. It ends with 1 when a true finding of squawk's is missed, or when a
//! tenth as many of ours are false as of squawk's.
#![allow(clippy::print_stdout, reason = "the table is what it is for")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};
use planner::catalog::Catalog;
use planner::catalog::apply::apply_all;
use planner::dialect::Dialect;
use planner::effect::{Lock, LockMode, postgres};
use planner::finding::Finding;
use planner::migration::{Migration, SourceKind};
use planner::name::ObjectName;
use planner::phase::NewObjects;
use planner::project::{Project, ProjectFile, Request, SourceSpec};
use planner::rule::context::named;
use planner::statement::operation::{ConstraintKind, Operation};
use serde::Deserialize;

/// What a rule of squawk's is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Claim {
    /// An older table is read, indexed or written anew while others wait.
    Work,
    /// An older table is written anew.
    Rewrite,
    /// An older table is locked against readers or writers.
    Lock,
    /// Something that older releases may use changes or goes.
    Break,
    /// Advice on style, true of any table.
    Style,
    /// What the program that runs the scripts takes care of.
    Runner,
}

/// Squawk's rules, what they are about, and our rules for the same.
const CLAIMS: &[(&str, Claim, &[&str])] = &[
    (
        "adding-field-with-default",
        Claim::Rewrite,
        &["volatile-default", "add-identity-column", "stored-generated-column", "constrained-domain-column"],
    ),
    ("adding-foreign-key-constraint", Claim::Lock, &["unvalidated-constraint", "foreign-key-locks-parent"]),
    ("adding-not-nullable-field", Claim::Work, &["unsafe-not-null"]),
    ("adding-required-field", Claim::Break, &["unsafe-not-null", "add-identity-column"]),
    (
        "adding-serial-primary-key-field",
        Claim::Work,
        &["unique-constraint-blocking", "nullable-primary-key", "add-identity-column"],
    ),
    ("ban-char-field", Claim::Style, &["char-type"]),
    ("ban-drop-column", Claim::Break, &["drop-column"]),
    ("ban-drop-constraint", Claim::Break, &["drop-constraint"]),
    ("ban-drop-default", Claim::Break, &["default-change"]),
    ("ban-drop-function", Claim::Break, &["drop-object"]),
    ("ban-drop-not-null", Claim::Break, &["drop-not-null"]),
    ("ban-drop-schema", Claim::Break, &["drop-schema"]),
    ("ban-drop-table", Claim::Break, &["drop-table"]),
    ("ban-drop-type", Claim::Break, &["drop-object"]),
    ("ban-drop-view", Claim::Break, &["drop-object"]),
    ("changing-column-type", Claim::Work, &["type-change-rewrite", "type-change-scan", "type-change"]),
    (
        "constraint-missing-not-valid",
        Claim::Lock,
        &["unvalidated-constraint", "unique-constraint-blocking", "exclusion-constraint", "foreign-key-locks-parent"],
    ),
    ("disallowed-unique-constraint", Claim::Work, &["unique-constraint-blocking"]),
    ("identifier-too-long", Claim::Style, &["identifier-too-long"]),
    ("prefer-bigint-over-int", Claim::Style, &["small-key"]),
    ("prefer-bigint-over-smallint", Claim::Style, &["small-key"]),
    ("prefer-identity", Claim::Style, &["serial-type"]),
    ("prefer-robust-stmts", Claim::Runner, &[]),
    ("prefer-text-field", Claim::Style, &["length-limit"]),
    ("prefer-timestamp-tz", Claim::Style, &["timestamp-without-zone"]),
    ("renaming-column", Claim::Break, &["rename-breaks"]),
    ("renaming-object", Claim::Break, &["rename-breaks", "rename-object", "rename-enum-value"]),
    ("renaming-table", Claim::Break, &["rename-breaks"]),
    ("require-concurrent-index-creation", Claim::Work, &["blocking-index"]),
    ("require-concurrent-index-deletion", Claim::Lock, &["drop-blocking-index"]),
    ("require-concurrent-reindex", Claim::Work, &["blocking-reindex"]),
    ("require-enum-value-ordering", Claim::Style, &["enum-value-order"]),
    ("require-lock-timeout", Claim::Runner, &[]),
    ("require-statement-timeout", Claim::Runner, &[]),
];

/// A finding of squawk's; lines count from 0.
#[derive(Deserialize)]
struct Alarm {
    file: String,
    line: u32,
    rule_name: String,
}

/// Figures of one rule.
#[derive(Clone, Copy, Default)]
struct Tally {
    all: u32,
    yes: u32,
    found: u32,
    no: u32,
    unjudged: u32,
}

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [squawk, folders @ ..] = arguments.as_slice() else { bail!("name squawk and the folders") };
    if folders.is_empty() {
        bail!("name folders of Flyway scripts for PostgreSQL");
    }
    let (mut theirs, mut ours) = (BTreeMap::new(), BTreeMap::new());
    for folder in folders {
        compare(squawk, Path::new(folder), &mut theirs, &mut ours).with_context(|| folder.clone())?;
    }
    println!("| squawk | findings | true | found by us | false | not judged |\n|---|---|---|---|---|---|");
    let rows = |table: &BTreeMap<String, Tally>, found: bool| {
        let mut sum = Tally::default();
        for (rule, tally) in table {
            let Tally { all, yes, found: both, no, unjudged } = *tally;
            println!(
                "| {rule} | {all} | {yes} | {}{no} | {unjudged} |",
                if found { format!("{both} | ") } else { String::new() }
            );
            sum = Tally {
                all: sum.all + all,
                yes: sum.yes + yes,
                found: sum.found + both,
                no: sum.no + no,
                unjudged: sum.unjudged + unjudged,
            };
        }
        sum
    };
    let squawks = rows(&theirs, true);
    let sum = squawks;
    println!("| all | {} | {} | {} | {} | {} |\n", sum.all, sum.yes, sum.found, sum.no, sum.unjudged);
    println!("| Flightplan | findings | true | false | not judged |\n|---|---|---|---|---|");
    let sum = rows(&ours, false);
    println!("| all | {} | {} | {} | {} |\n", sum.all, sum.yes, sum.no, sum.unjudged);
    let missed = squawks.yes - squawks.found;
    let held = missed == 0 && sum.no * 10 <= squawks.no;
    println!(
        "of squawk's {} true findings {} found, {missed} missed; false: {} of ours, {} of squawk's: {}",
        squawks.yes,
        squawks.found,
        sum.no,
        squawks.no,
        if held { "held" } else { "NOT held" },
    );
    Ok(if held { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn compare(squawk: &str, folder: &Path, theirs: &mut BTreeMap<String, Tally>, ours: &mut BTreeMap<String, Tally>) -> Result<()> {
    let mut project = Project::default();
    read(folder, folder, &mut project)?;
    let source = SourceSpec { kind: SourceKind::Flyway, folder: String::new() };
    let request = Request { source: Some(source), dialect: Some(Dialect::Postgres), ..Request::default() };
    let report = planner::analyze(&project, &request);
    let files: Vec<&str> = report.migrations.iter().map(|migration| migration.path.as_str()).collect();
    let output = Command::new(squawk).args(["--reporter", "json"]).args(&files).current_dir(folder).output()?;
    let alarms: Vec<Alarm> = serde_json::from_slice(&output.stdout).context("squawk printed no JSON")?;

    let mut catalog = Catalog::at_start(&report.settings);
    let path = catalog.search_path.clone();
    for migration in &report.migrations {
        catalog.search_path.clone_from(&path);
        let here: Vec<&Alarm> = alarms.iter().filter(|alarm| alarm.file.trim_start_matches("./") == migration.path).collect();
        let own = |finding: &&Finding| finding.migration.as_ref() == Some(&migration.id);
        let findings: Vec<&Finding> = report.findings.iter().map(AsRef::as_ref).filter(own).collect();
        let scene = Scene::walk(migration, &mut catalog);
        for alarm in here {
            let Some((_, claim, same)) = CLAIMS.iter().find(|(rule, ..)| *rule == alarm.rule_name) else {
                theirs.entry(alarm.rule_name.clone()).or_default().all += 1;
                theirs.entry(alarm.rule_name.clone()).or_default().unjudged += 1;
                continue;
            };
            let at = scene.at(alarm.line + 1);
            let found = findings.iter().any(|finding| {
                let line = finding.span.as_ref().map_or(0, |span| span.line);
                // One finding names the parents of all foreign keys of the migration.
                same.contains(&finding.rule.as_str()) && (scene.at(line) == at || finding.rule == "foreign-key-locks-parent")
            });
            let verdict = at.and_then(|at| scene.holds(at, *claim, &alarm.rule_name));
            count(theirs.entry(alarm.rule_name.clone()).or_default(), verdict, found);
            if verdict == Some(true) && !found {
                eprintln!("not found: {} {}:{}", alarm.rule_name, alarm.file, alarm.line + 1);
            }
        }
        for finding in findings {
            let claims: Vec<_> = CLAIMS.iter().filter(|(.., same)| same.contains(&finding.rule.as_str())).collect();
            let at = finding.span.as_ref().and_then(|span| scene.at(span.line));
            let verdicts: Vec<bool> = claims.iter().filter_map(|(rule, claim, _)| scene.holds(at?, *claim, rule)).collect();
            let verdict = (!verdicts.is_empty()).then(|| verdicts.contains(&true));
            count(ours.entry(finding.rule.clone()).or_default(), verdict, true);
            if verdict == Some(false) {
                eprintln!("false: {} {}", finding.rule, finding.message);
            }
        }
    }
    Ok(())
}

fn count(tally: &mut Tally, verdict: Option<bool>, found: bool) {
    tally.all += 1;
    match verdict {
        Some(true) => {
            tally.yes += 1;
            tally.found += u32::from(found);
        }
        Some(false) => tally.no += 1,
        None => tally.unjudged += 1,
    }
}

fn read(root: &Path, folder: &Path, project: &mut Project) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(root, &path, project)?;
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
            project.files.push(ProjectFile { path: name, content: fs::read(&path)? });
        }
    }
    project.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(())
}

/// A migration with the schema before each of its statements.
struct Scene<'a> {
    migration: &'a Migration,
    before: Vec<(Catalog, NewObjects, bool)>,
}

impl<'a> Scene<'a> {
    fn walk(migration: &'a Migration, catalog: &mut Catalog) -> Self {
        let mut new = NewObjects::of(migration);
        let mut before = Vec::new();
        for statement in &migration.up.statements {
            let start = (catalog.clone(), new.clone());
            for operation in &statement.operations {
                new.note(operation, catalog);
            }
            let refused = !apply_all(catalog, &statement.operations).is_empty();
            before.push((start.0, start.1, refused));
        }
        Self { migration, before }
    }

    /// The statement of a line.
    fn at(&self, line: u32) -> Option<usize> {
        self.migration.up.statements.iter().rposition(|statement| statement.span.line <= line)
    }

    /// Whether a claim is true of a statement; `None` where nobody can say, or nothing has to.
    fn holds(&self, at: usize, claim: Claim, rule: &str) -> Option<bool> {
        let (before, new, refused) = self.before.get(at)?;
        let statement = self.migration.up.statements.get(at)?;
        if *refused || matches!(claim, Claim::Style | Claim::Runner) {
            return None;
        }
        let mut judged = statement.operations.iter().filter(|operation| concerns(rule, operation)).peekable();
        judged.peek()?;
        let old = |name: &String| !new.has_table(&named(name), before) && before.has_table(&named(name));
        Some(judged.any(|operation| {
            let effect = postgres::effect(operation, before);
            let own_is_old = operation.subject().is_none_or(|table| !new.has_table(table, before));
            let heavy = |lock: &Lock| lock.mode >= LockMode::ShareLock && old(&lock.object);
            match claim {
                Claim::Work => own_is_old && effect.scans.iter().chain(&effect.rewrites).any(old),
                Claim::Rewrite => effect.rewrites.iter().any(old),
                // ADD COLUMN locks its own table for a moment, with a foreign key or without.
                Claim::Lock if matches!(operation, Operation::AddColumn { .. }) => {
                    let own = operation.subject().map(|table| before.resolve(table).to_string());
                    let other = |lock: &Lock| heavy(lock) && own.as_deref() != Some(&lock.object);
                    effect.locks.iter().any(other) || effect.scans.iter().any(old)
                }
                Claim::Lock => effect.locks.iter().any(heavy),
                Claim::Break => self.breaks(at, operation, before, new),
                Claim::Style | Claim::Runner => false,
            }
        }))
    }

    /// Whether an operation takes or changes something older than the migration that is not made again.
    fn breaks(&self, at: usize, operation: &Operation, before: &Catalog, new: &NewObjects) -> bool {
        use Operation as O;
        let column = |table: &ObjectName, name: &str| before.table(table).and_then(|table| table.column(name));
        // A table made by a query has columns that only the server knows.
        let there = |table: &ObjectName, name: &str| {
            column(table, name).is_some() || before.table(table).is_some_and(|table| table.columns_unknown)
        };
        let old = |table: &ObjectName, name: &str| there(table, name) && !new.has_column(table, name, before);
        let again = |name: &ObjectName| new.recreated.contains(&name.name);
        let later = || self.migration.up.statements.iter().skip(at).flat_map(|statement| &statement.operations);
        match operation {
            O::AddColumn { table, column, .. } => {
                !new.has_table(table, before) && (column.is_required() || column.serial || column.identity.is_some())
            }
            O::DropColumn { table, column, .. } | O::RenameColumn { table, column, .. } => {
                old(table, column) || (before.views.contains_key(&before.resolve(table)) && !again(table))
            }
            O::DropTable { table, .. } => {
                before.table(table).is_some_and(|table| !table.temporary) && !new.has_table(table, before)
            }
            O::RenameTable { table, .. } => {
                let shim = later().any(|later| matches!(later, O::CreateView(create) if create.view.name == table.name));
                before.relation_exists(&before.resolve(table)) && !new.has_table(table, before) && !again(table) && !shim
            }
            O::DropView { view, .. } => before.view_key(view).is_some() && !again(view),
            O::DropFunction { name, .. } => before.functions.contains_key(&before.resolve(name)) && !again(name),
            O::DropType { name, .. } => {
                let key = before.resolve(name);
                let made_room = self.migration.up.statements.iter().take(at).flat_map(|statement| &statement.operations);
                let renamed = made_room.into_iter().any(|op| matches!(op, O::RenameType { to, .. } if *to == name.name));
                (before.enums.contains_key(&key) || before.types.contains_key(&key)) && !again(name) && !renamed
            }
            O::DropConstraint { table, constraint, .. } => {
                let Some(stored) = before.table(table).and_then(|table| table.constraint(constraint)) else { return false };
                let same = |kind: &ConstraintKind| std::mem::discriminant(kind) == std::mem::discriminant(&stored.kind);
                let back = |later: &Operation| matches!(later, O::AddConstraint { table: other, constraint } if before.resolve(other) == before.resolve(table) && same(&constraint.kind));
                !new.has_table(table, before) && !later().any(back)
            }
            O::DropNotNull { table, column: name } => old(table, name) && column(table, name).is_some_and(|own| !own.nullable),
            O::DropDefault { table, column: name } => {
                old(table, name) && column(table, name).is_some_and(|own| own.default.is_some() || own.serial)
            }
            O::DropSchema { schema, .. } => {
                before.tables.keys().any(|key| key.schema.as_ref() == Some(schema) && !new.has_table(key, before))
            }
            O::RenameConstraint { table, .. } => !new.has_table(table, before),
            O::RenameIndex { index, .. } => before.index_owner(index).is_some_and(|(table, _)| !new.has_table(&table, before)),
            O::RenameType { name, .. } | O::RenameEnumValue { name, .. } => !again(name),
            _ => false,
        }
    }
}

/// Whether a rule of squawk's is about an operation.
fn concerns(rule: &str, operation: &Operation) -> bool {
    use Operation as O;
    let kinds: BTreeSet<&str> = match operation {
        O::AddConstraint { constraint, .. } => of_constraint(&constraint.kind),
        O::AddColumn { constraints, .. } => {
            let mut kinds: BTreeSet<&str> = constraints.iter().flat_map(|own| of_constraint(&own.kind)).collect();
            kinds.extend(["adding-field-with-default", "adding-required-field"]);
            kinds
        }
        O::SetNotNull { .. } => ["adding-not-nullable-field"].into(),
        O::AlterColumnType { .. } => ["changing-column-type"].into(),
        O::CreateIndex(_) => ["require-concurrent-index-creation"].into(),
        O::DropIndex { .. } => ["require-concurrent-index-deletion"].into(),
        O::Reindex { .. } => ["require-concurrent-reindex"].into(),
        O::DropColumn { .. } => ["ban-drop-column"].into(),
        O::DropConstraint { .. } => ["ban-drop-constraint"].into(),
        O::DropDefault { .. } => ["ban-drop-default"].into(),
        O::DropFunction { .. } => ["ban-drop-function"].into(),
        O::DropNotNull { .. } => ["ban-drop-not-null"].into(),
        O::DropSchema { .. } => ["ban-drop-schema"].into(),
        O::DropTable { .. } => ["ban-drop-table"].into(),
        O::DropType { .. } => ["ban-drop-type"].into(),
        O::DropView { .. } => ["ban-drop-view"].into(),
        O::RenameColumn { .. } => ["renaming-column", "renaming-object"].into(),
        O::RenameTable { .. } => ["renaming-table", "renaming-object"].into(),
        O::RenameConstraint { .. } | O::RenameIndex { .. } | O::RenameType { .. } | O::RenameEnumValue { .. } => {
            ["renaming-object"].into()
        }
        _ => BTreeSet::new(),
    };
    kinds.contains(rule)
}

fn of_constraint(kind: &ConstraintKind) -> BTreeSet<&'static str> {
    match kind {
        ConstraintKind::ForeignKey { .. } => ["adding-foreign-key-constraint", "constraint-missing-not-valid"].into(),
        ConstraintKind::PrimaryKey { .. } => ["adding-serial-primary-key-field", "constraint-missing-not-valid"].into(),
        ConstraintKind::Unique { .. } => ["disallowed-unique-constraint", "constraint-missing-not-valid"].into(),
        ConstraintKind::NotNull { .. } => ["adding-not-nullable-field", "constraint-missing-not-valid"].into(),
        ConstraintKind::Check { .. } | ConstraintKind::Exclude { .. } => ["constraint-missing-not-valid"].into(),
    }
}
