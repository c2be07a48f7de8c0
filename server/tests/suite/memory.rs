//! What is kept between runs may save time and nothing else.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use planner::project::{Project, ProjectFile, Request, SourceSpec};
use planner::{Report, analyze, analyze_on};
use server::machine::Machine;
use server::memory::Memory;

use crate::flight::Flight;

/// The repository's Flyway cases as projects, each with the request for a bare folder.
fn projects() -> Vec<(PathBuf, Project)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../planner/tests/cases");
    let folders = ["plan", "rule", "catalog", "effect", "split", "flyway"].map(|stage| root.join(stage));
    let files = folders.iter().flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files.map(|path| (path.clone(), project(&std::fs::read_to_string(path).unwrap()))).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(found.len() > 50, "{} cases", found.len());
    found
}

fn project(case: &str) -> Project {
    let mut project = Project::default();
    for line in case.split("-- expected --\n").next().unwrap().split_inclusive('\n') {
        match line.trim_end().strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --")) {
            Some(path) => project.files.push(ProjectFile { path: path.to_owned(), content: Vec::new() }),
            None => {
                if let Some(file) = project.files.last_mut() {
                    file.content.extend_from_slice(line.as_bytes());
                }
            }
        }
    }
    project
}

fn requests() -> Vec<Request> {
    let dialects = [planner::dialect::Dialect::Postgres, planner::dialect::Dialect::MariaDb];
    let source = SourceSpec { kind: planner::migration::SourceKind::Flyway, folder: String::new() };
    dialects.map(|dialect| Request { dialect: Some(dialect), source: Some(source.clone()), ..Request::default() }).into()
}

fn json(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

/// The file of the only project in a cache folder.
fn pack(folder: &Path) -> PathBuf {
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let file = files.next().unwrap();
    assert!(files.next().is_none(), "one project, one file, and nothing half-written beside it");
    file
}

#[test]
fn the_report_is_the_same_with_and_without_memory_and_with_a_damaged_one() {
    let (cache, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = cache.path().join("flightplan");
    let all: Vec<(Project, Request, String)> = projects()
        .into_iter()
        .flat_map(|(_, project)| requests().into_iter().map(move |request| (project.clone(), request)))
        .map(|(project, request)| {
            let expected = json(&analyze(&project, &request));
            (project, request, expected)
        })
        .collect();
    let hold = |what: &str| {
        let machine = Machine::new(Some(Memory::open(&folder, root.path())));
        for (project, request, expected) in &all {
            assert!(json(&analyze_on(&machine, project, request)) == *expected, "{what}: {:?}", project.files.first());
        }
        machine.keep();
    };
    hold("nothing is kept yet");
    let kept = std::fs::read(pack(&folder)).unwrap();
    assert!(kept.len() > 10_000, "{} bytes are kept", kept.len());
    hold("from memory");
    assert_eq!(std::fs::read(pack(&folder)).unwrap(), kept, "nothing was new, so nothing was written");
    for at in (0..kept.len()).step_by(kept.len() / 7) {
        let mut damaged = kept.clone();
        for byte in damaged.iter_mut().skip(at).step_by(97).take(40) {
            *byte ^= 0x15;
        }
        std::fs::write(pack(&folder), &damaged).unwrap();
        hold(&format!("damaged from byte {at} on"));
        std::fs::write(pack(&folder), kept.get(..at).unwrap()).unwrap();
        hold(&format!("cut off at byte {at}"));
    }
    std::fs::write(pack(&folder), b"flightplan readings 0\nwhat another version wrote").unwrap();
    hold("written by another version");
}

#[test]
fn two_runs_at_a_time_leave_one_whole_file() {
    let (cache, root) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = cache.path().join("flightplan");
    let text = |run: usize, at: usize| format!("CREATE TABLE t{run}_{at} (id int);");
    std::thread::scope(|scope| {
        for run in 0..4 {
            let folder = &folder;
            let root = root.path();
            scope.spawn(move || {
                for _ in 0..5 {
                    let memory = Memory::open(folder, root);
                    for at in 0..20 {
                        let reading = memory.read(&text(run, at), planner::dialect::Dialect::Postgres);
                        assert_eq!(reading.statements.len(), 1);
                    }
                    memory.keep();
                }
            });
        }
    });
    let file = std::fs::read(pack(&folder)).unwrap();
    assert!(file.starts_with(b"flightplan readings 1\n"));
}

#[test]
fn the_command_keeps_and_uses_a_memory_unless_told_not_to() {
    let flight = Flight::sqlite();
    flight.write("sql/V1__a.sql", "CREATE TABLE t (id integer primary key);");
    let cache = flight.cache();
    let lint = |more: &[&str]| {
        let mut arguments = vec!["--source", "flyway:sql", "--dialect", "sqlite", "lint", "--format", "json"];
        arguments.extend(more);
        flight.run(&arguments).code(0).json()
    };
    let without = lint(&["--no-cache"]);
    assert!(!cache.exists(), "--no-cache keeps nothing");
    assert_eq!(lint(&[]), without);
    let kept = std::fs::read(pack(&cache.join("flightplan/readings"))).unwrap();
    assert_eq!(lint(&[]), without);
    flight.write("sql/V1__a.sql", "CREATE TABLE t (id integer primary key); DELETE FROM t;");
    assert_ne!(lint(&["--no-cache"]), without, "another text is another reading");
    assert_eq!(std::fs::read(pack(&cache.join("flightplan/readings"))).unwrap(), kept);
}
