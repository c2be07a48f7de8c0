//! Which statement goes into which file: by phase, and never before one that it needs.

use litemap::LiteMap;

use super::pieces::{Cut, Piece};
use super::standard::{Stage, stages};
use super::{Refusal, Values, refused};
use crate::catalog::{Catalog, expression};
use crate::graph::touch::Touch;
use crate::phase::Phase;
use crate::statement::command::Verb;
use crate::statement::operation::Operation;
use crate::statement::parse::command;
use crate::statement::touches::ObjectRef;

/// Round, phase, and place among files of one phase.
type Key = (usize, Phase, usize);

/// What becomes a file.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) phase: Phase,
    /// No transaction around it.
    pub(super) alone: bool,
    /// Statements, each with the comments before it.
    pub(super) statements: Vec<String>,
    /// The way back, where the sequence has one.
    pub(super) undo: Vec<String>,
    /// A stage in it has none.
    pub(super) no_way_back: bool,
    /// Places of the pieces in it.
    pub(super) pieces: Vec<usize>,
    /// Places of the pieces that a sequence stands for of which a stage is in it.
    pub(super) sequences: Vec<usize>,
}

/// The parts in the order they run, and what a person should know.
pub(super) fn parts(cut: &Cut, before: &Catalog, values: &Values) -> Result<(Vec<Part>, Vec<String>), Refusal> {
    let mut parts: LiteMap<Key, Part> = LiteMap::new();
    let mut notes = Vec::new();
    // Where each piece ends, and where one without a phase goes.
    let mut ends: Vec<Option<Key>> = Vec::new();
    let mut waiting: Vec<usize> = Vec::new();
    let known = literals(cut, values, before);
    for (at, piece) in cut.pieces.iter().enumerate() {
        if piece.is_setting() {
            ends.push(None);
            continue;
        }
        let before = || cut.pieces.iter().zip(&ends).filter(|(other, _)| depends(other, piece));
        let needed = before().filter_map(|(_, end)| *end).max();
        let sequence = sequence(piece, &known, &mut notes);
        let last = ends.iter().flatten().next_back().copied();
        let end = match (&sequence, piece.phase) {
            (Some(stages), _) => {
                // What a sequence begins with does not disturb data that is moved before.
                let schema = before().filter(|(other, _)| other.phase != Some(Phase::Migrate)).filter_map(|(_, end)| *end).max();
                add_stages(&mut parts, stages, (schema, needed), at)
            }
            (None, Some(phase)) => {
                let key = first_after(needed, phase);
                add(&mut parts, key, at, piece);
                Some(key)
            }
            (None, None) => match needed.or(last) {
                Some(key) => {
                    add(&mut parts, key, at, piece);
                    Some(key)
                }
                None => {
                    waiting.push(at);
                    None
                }
            },
        };
        ends.push(end);
    }
    if parts.is_empty() {
        return Ok((Vec::new(), notes));
    }
    // What fits anywhere and stood first goes first.
    if let (Some(first), false) = (parts.keys().next().copied(), waiting.is_empty()) {
        let part = parts.entry(first).or_default();
        let texts: Vec<String> = waiting.iter().filter_map(|at| cut.pieces.get(*at)).map(|piece| piece.text.clone()).collect();
        part.statements.splice(0..0, texts);
        part.pieces.splice(0..0, waiting.iter().copied());
    }
    settings(cut, &mut parts);
    if parts.keys().any(|(round, ..)| *round > 3) {
        let span = cut.pieces.first().map(|piece| piece.span.clone()).unwrap_or_default();
        return Err(refused(span, "its phases follow each other more than four times"));
    }
    Ok((parts.into_iter().map(|(_, part)| part).collect(), notes))
}

/// The standard sequence of a piece that changes what releases know.
fn sequence(piece: &Piece, values: &Values, notes: &mut Vec<String>) -> Option<Vec<Stage>> {
    let [operation] = piece.operations.as_slice() else { return None };
    if piece.on_new {
        return None;
    }
    stages(operation, &piece.before, values).unwrap_or_else(|why| {
        notes.push(format!("Line {} stays as it is written: {why}.", piece.span.line));
        None
    })
}

/// Values that the migration itself writes where there are none.
fn literals(cut: &Cut, values: &Values, before: &Catalog) -> Values {
    let mut known = values.clone();
    for piece in &cut.pieces {
        let [Operation::Update(data)] = piece.operations.as_slice() else { continue };
        let only_empty = |column: &str| {
            let words: Vec<&str> = data.predicate.as_deref().map(expression::tokens).unwrap_or_default();
            match words.as_slice() {
                [] => true,
                [name, is, null] => *name == column && is.eq_ignore_ascii_case("is") && null.eq_ignore_ascii_case("null"),
                _ => false,
            }
        };
        let Ok(command) = command(&piece.text, before.dialect) else { continue };
        let changes = command.block.change.iter().filter(|change| change.verb == Verb::Update);
        for written in changes.flat_map(|change| &change.written) {
            let literal = written.literal.as_ref().filter(|text| !text.eq_ignore_ascii_case("null"));
            if let Some(literal) = literal.filter(|_| only_empty(&written.column)) {
                known.entry(format!("{}.{}", data.table.name, written.column)).or_insert_with(|| literal.clone());
            }
        }
    }
    known
}

/// `first` must be before the first stage, `rest` before the others.
fn add_stages(
    parts: &mut LiteMap<Key, Part>,
    stages: &[Stage],
    (first, rest): (Option<Key>, Option<Key>),
    at: usize,
) -> Option<Key> {
    let mut counts: LiteMap<Phase, usize> = LiteMap::new();
    let mut end = if stages.first().is_some_and(|stage| stage.phase == Phase::Expand) { first } else { rest };
    for stage in stages {
        let count = counts.entry(stage.phase).or_default();
        let mut key = first_after(end, stage.phase);
        // Stages of one phase are apart: one transaction would hold the locks of both.
        key.2 += usize::from(*count > 0);
        *count += 1;
        let part = parts.entry(key).or_default();
        part.phase = stage.phase;
        part.alone |= stage.alone;
        let mut statements = stage.statements.iter().cloned();
        part.statements.extend(statements.next().map(|first| format!("-- {}\n{first}", stage.title)));
        part.statements.extend(statements);
        part.undo.splice(0..0, stage.undo.iter().flatten().cloned());
        part.no_way_back |= stage.undo.is_none();
        part.sequences.push(at);
        end = Some(key).max(rest);
    }
    end
}

fn add(parts: &mut LiteMap<Key, Part>, key: Key, at: usize, piece: &Piece) {
    let part = parts.entry(key).or_default();
    part.phase = key.1;
    part.statements.push(piece.text.clone());
    part.pieces.push(at);
}

/// The first place of a phase that is not before another.
fn first_after(needed: Option<Key>, phase: Phase) -> Key {
    match needed {
        Some((round, before, place)) if before == phase => (round, phase, place),
        Some((round, before, _)) if before < phase => (round, phase, 0),
        Some((round, ..)) => (round + 1, phase, 0),
        None => (0, phase, 0),
    }
}

/// Settings go into every file with a statement that stood behind them.
fn settings(cut: &Cut, parts: &mut LiteMap<Key, Part>) {
    for (_, part) in parts.iter_mut() {
        let last = part.pieces.iter().chain(&part.sequences).copied().max().unwrap_or(usize::MAX);
        let before: Vec<String> = cut
            .pieces
            .iter()
            .enumerate()
            .filter(|(at, piece)| piece.is_setting() && *at < last)
            .map(|(_, piece)| piece.text.clone())
            .collect();
        part.statements.splice(0..0, before);
    }
}

/// Whether a piece must come behind another.
fn depends(first: &Piece, second: &Piece) -> bool {
    if first.is_opaque() || second.is_opaque() {
        return true;
    }
    let meets = |one: &Touch, other: &Touch| {
        (one.writes || other.writes) && (one.object == other.object || within(one, other) || within(other, one))
    };
    first.touches.iter().any(|one| second.touches.iter().any(|other| meets(one, other)))
}

/// A table that is made, renamed or dropped takes its columns, constraints and indexes along.
fn within(table: &Touch, part: &Touch) -> bool {
    let ObjectRef::Table(name) = &table.object else { return false };
    let owner = match &part.object {
        ObjectRef::Column(table, _) | ObjectRef::Constraint(table, _) | ObjectRef::Trigger(Some(table), _) => table,
        _ => return false,
    };
    table.writes && owner == name
}
