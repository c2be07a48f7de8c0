//! Asks real Alembic, and compares the graph.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use planner::dialect::Dialect;
use planner::migration::Migration;
use planner::project::settings::Settings;
use planner::project::{Project, Request};
use planner::source::alembic::book::{self, End};
use planner::source::alembic::listing::{Listed, Parts};
use serde::Deserialize;

/// Runs Alembic; what it reads and answers stands on its top.
const DRIVER: &str = include_str!("real.py");

/// One direction of one revision.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Answer {
    /// The statements, where Alembic can render them offline.
    pub(crate) sql: Option<Vec<String>>,
}

/// What Alembic says of a script folder.
#[derive(Debug, Deserialize)]
pub(crate) struct Real {
    order: Vec<String>,
    pub(crate) up: BTreeMap<String, Answer>,
    pub(crate) down: BTreeMap<String, Answer>,
    said: BTreeMap<String, Option<String>>,
}

/// Runs Alembic on the files under `root`.
pub(crate) fn ask(
    python: &Path,
    root: &str,
    project: &Project,
    settings: &Settings,
    request: &Request,
    dialect: Dialect,
) -> Result<Real> {
    let locations = planner::source::alembic::locations(project, settings, request).context("it has no Alembic source")?;
    let home = request.source.as_ref().map_or(settings.alembic.script_location.as_str(), |source| source.folder.as_str());
    let asked = serde_json::json!({
        "root": std::path::absolute(root)?,
        "script_location": home,
        "version_locations": locations,
        "recursive": settings.alembic.recursive,
        "dialect": if dialect == Dialect::Postgres { "postgresql".to_owned() } else { dialect.to_string() },
        "naming_convention": if settings.alembic.naming_unread.is_none() { settings.alembic.naming_convention.clone() } else { BTreeMap::new() },
    });
    let mut child =
        Command::new(python).args(["-W", "ignore", "-c", DRIVER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    child.stdin.take().context("no standard input")?.write_all(&serde_json::to_vec(&asked)?)?;
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("Alembic did not answer");
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

impl Real {
    /// What differs in order, `heads`, `branches` and `history`.
    pub(crate) fn graph(&self, project: &Project, settings: &Settings, request: &Request, ours: &[Migration]) -> Vec<String> {
        let mut differ = Vec::new();
        let order: Vec<&str> = ours.iter().map(|revision| revision.id.0.as_str()).collect();
        if order != self.order {
            let at = order.iter().zip(&self.order).take_while(|(one, other)| *one == *other).count();
            differ.push(format!("order: at {at} {:?}, Alembic {:?}", order.get(at), self.order.get(at)));
        }
        let Some(book) = book::open(project, settings, request) else { return differ };
        let lines = |listed: &[Listed], parts| listed.iter().map(|one| one.line(parts)).collect::<Vec<_>>();
        let heads = lines(&book.list_heads(false), Parts { labels: true, ..Parts::default() });
        let parts = Parts { parents: true, labels: true, points: true, description: true };
        let history = book.list_history(&End::Symbol("base"), &End::Symbol("heads"), None).unwrap_or_default();
        let points = Parts { labels: true, points: true, ..Parts::default() };
        let branches = book.list_branches().into_iter().flat_map(|(point, into)| {
            let into = into.into_iter().map(|one| format!("-> {}", one.line(points)));
            std::iter::once(point.line(points)).chain(into).collect::<Vec<_>>()
        });
        let said = [("heads", heads), ("history", lines(&history, parts)), ("branches", branches.collect())];
        for (command, lines) in said {
            let Some(Some(real)) = self.said.get(command) else { continue };
            // A description may go over several lines.
            let ours = lines.join("\n");
            let said = |text: &str| normal(text.lines().map(str::trim).filter(|line| !line.is_empty()));
            let (ours, real) = (said(&ours), said(real));
            if let Some(at) = (0..ours.len().max(real.len())).find(|at| ours.get(*at) != real.get(*at)) {
                differ.push(format!("{command}: {:?}, Alembic {:?}", ours.get(at), real.get(at)));
            }
        }
        differ
    }
}

/// Labels, and what branches off, come out of a Python set, in another order each time.
fn normal<'t>(lines: impl Iterator<Item = &'t str>) -> Vec<String> {
    let sorted = |part: &str| match part.split_once(')') {
        Some((items, rest)) => {
            let items: BTreeSet<&str> = items.split(", ").collect();
            format!(" {items:?}{rest}")
        }
        None => part.to_owned(),
    };
    let mut lines: Vec<String> = lines
        .map(|line| {
            let mut parts = line.trim().split(" (");
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |text, part| text + &sorted(part))
        })
        .collect();
    let mut start = 0;
    while start < lines.len() {
        let forks = lines[start..].iter().take_while(|line| line.starts_with("-> ")).count();
        lines[start..start + forks].sort();
        start += forks.max(1);
    }
    lines
}
