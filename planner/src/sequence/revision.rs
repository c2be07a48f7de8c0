//! The proposed files of a revision: the last keeps its id, so that what builds on it goes on building on it.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::files::{undo_statements, undone};
use super::order::Part;
use super::pieces::{Cut, Piece};
use super::{File, Proposal, Refusal, refused};
use crate::dialect::Dialect;
use crate::migration::Migration;
use crate::phase::Phase;
use crate::project::{Project, path};
use crate::source::alembic::frame::{Call, Frame};
use crate::source::alembic::python_text::python_text;
use crate::span::Span;

/// A revision, with what its files are made of.
pub(super) struct Sheet<'a> {
    pub(super) migration: &'a Migration,
    pub(super) frame: &'a Frame,
    pub(super) cut: &'a Cut,
    pub(super) dialect: Dialect,
}

/// One of the files.
struct Place {
    id: String,
    path: String,
    /// `expand`, or `expand_2` where there are several.
    word: String,
}

/// The files.
pub(super) fn write(project: &Project, sheet: &Sheet<'_>, parts: &[Part], mut notes: Vec<String>) -> Result<Proposal, Refusal> {
    let places = places(sheet, parts);
    for place in places.iter().filter(|place| place.path != sheet.migration.path) {
        if project.files.iter().any(|file| file.path == place.path) {
            return Err(refused(Span::file(&place.path), "a file of that name is there already"));
        }
    }
    let mut files = Vec::new();
    let mut as_sql = BTreeSet::new();
    for (at, ((part, place), own)) in parts.iter().zip(&places).zip(undone(sheet.cut, parts)).enumerate() {
        let up = sheet.up(part);
        let down = sheet.down(part, &own);
        if up.is_none() || down.as_ref().is_some_and(Result::is_err) {
            as_sql.insert(place.path.clone());
        }
        let up = up.unwrap_or_else(|| sheet.executed(part));
        let down = down.map(|down| down.unwrap_or_else(|sql| sql));
        let before = at.checked_sub(1).and_then(|before| places.get(before));
        let text = sheet.text((at, parts.len()), place, before, (&up, down.as_deref()));
        files.push(File { path: place.path.clone(), kind: "versioned".to_owned(), phase: part.phase, text });
    }
    if !as_sql.is_empty() {
        let all: Vec<String> = as_sql.into_iter().collect();
        let (verb, list) = (if all.len() == 1 { "is" } else { "are" }, all.join(", "));
        let product = sheet.dialect.title();
        notes.push(format!("Written in the SQL of {product}, because the calls do not stand apart, {verb}: {list}."));
    }
    let without = parts.iter().zip(&places).filter(|(part, _)| part.no_way_back && sheet.frame.comes_back);
    notes
        .extend(without.map(|(_, place)| {
            format!("{}: what it drops does not come back, so its downgrade() is for its author.", place.path)
        }));
    let replaces = vec![sheet.migration.path.clone()];
    Ok(Proposal { migration: sheet.migration.id.0.clone(), replaces, files, notes })
}

/// Ids, files and names; ids are made of the revision's own, so that the same proposal is made twice.
fn places(sheet: &Sheet<'_>, parts: &[Part]) -> Vec<Place> {
    let own = &sheet.migration.id.0;
    let name = path::name(&sheet.migration.path).trim_end_matches(".py");
    let mut counts = std::collections::BTreeMap::<Phase, usize>::new();
    let place = |(at, part): (usize, &Part)| {
        let count = counts.entry(part.phase).or_default();
        *count += 1;
        let several = parts.iter().filter(|other| other.phase == part.phase).count() > 1;
        let word = if several { format!("{}_{count}", part.phase.name()) } else { part.phase.name().to_owned() };
        if at + 1 == parts.len() {
            return Place { id: own.clone(), path: sheet.migration.path.clone(), word };
        }
        let digest = Sha256::digest(format!("{own} {word}"));
        let id: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let file = if name.contains(own.as_str()) { name.replacen(own.as_str(), &id, 1) } else { format!("{id}_{name}") };
        let file = format!("{file}_{word}.py");
        let path = match path::folder(&sheet.migration.path) {
            "" => file,
            folder => format!("{folder}/{file}"),
        };
        Place { id, path, word }
    };
    parts.iter().enumerate().map(place).collect()
}

impl Sheet<'_> {
    /// The author's own calls, where they are this part and nothing else.
    fn up(&self, part: &Part) -> Option<String> {
        let whole = part.sequences.is_empty() && part.statements.len() == part.pieces.len();
        let calls = self.frame.upgrade.as_ref().filter(|_| whole)?;
        verbatim(calls, &self.cut.pieces, &part.pieces)
    }

    /// The way back; `Err`: as SQL. `None`: the revision has none.
    fn down(&self, part: &Part, own: &[usize]) -> Option<Result<String, String>> {
        let (_, pieces) = self.cut.undo.as_ref().filter(|_| self.frame.comes_back)?;
        if part.no_way_back {
            return Some(Ok("    raise NotImplementedError(\"what this revision drops does not come back\")\n".to_owned()));
        }
        let statements = undo_statements(self.cut, part, own);
        if statements.is_empty() {
            return Some(Ok("    pass\n".to_owned()));
        }
        let calls = self.frame.downgrade.as_ref().filter(|_| part.undo.is_empty() && statements.len() == own.len());
        let alone = |sql: &String| pieces.iter().any(|piece| piece.alone && piece.text == *sql);
        Some(
            calls
                .and_then(|calls| verbatim(calls, pieces, own))
                .ok_or_else(|| statements.iter().map(|sql| execute(sql, alone(sql))).collect()),
        )
    }

    /// The statements of a part as calls of `op.execute`.
    fn executed(&self, part: &Part) -> String {
        let alone = |sql: &String| part.alone || self.cut.pieces.iter().any(|piece| piece.alone && piece.text == *sql);
        part.statements.iter().map(|sql| execute(sql, alone(sql))).collect()
    }

    fn text(
        &self,
        (at, count): (usize, usize),
        place: &Place,
        before: Option<&Place>,
        (up, down): (&str, Option<&str>),
    ) -> String {
        let own = self.migration;
        let parents: Vec<&str> = match before {
            Some(before) => vec![before.id.as_str()],
            None => own.parents.iter().map(|id| id.0.as_str()).collect(),
        };
        let (mut depends_on, mut labels): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
        if before.is_none() {
            depends_on.extend(own.depends_on.iter().map(|id| id.0.as_str()));
            labels.extend(own.labels.iter().map(String::as_str));
        }
        let title = own.description.replace(['\\', '"'], "'");
        let head = match &self.frame.head {
            head if head.contains("import op") => head.clone(),
            head => format!("from alembic import op\n{head}"),
        };
        let mut text = format!(
            "\"\"\"{title} ({})\n\nPart {} of {count} of the revision {}.\n\nRevision ID: {}\nRevises: {}\n\n\"\"\"\n{}\n\n",
            place.word.replace('_', " "),
            at + 1,
            own.id,
            place.id,
            parents.join(", "),
            head.trim_end()
        );
        let values = [
            ("revision", vec![place.id.as_str()]),
            ("down_revision", parents),
            ("branch_labels", labels),
            ("depends_on", depends_on),
        ];
        for (name, ids) in values {
            text.push_str(&format!("{name} = {}\n", literal(&ids)));
        }
        text.push_str(&format!("\n\ndef upgrade() -> None:\n{up}"));
        if let Some(down) = down {
            text.push_str(&format!("\n\ndef downgrade() -> None:\n{down}"));
        }
        text
    }
}

/// The calls whose statements are these and no others, as they are written.
fn verbatim(calls: &[Call], pieces: &[Piece], chosen: &[usize]) -> Option<String> {
    let chosen: BTreeSet<usize> = chosen.iter().copied().collect();
    let mut text = String::new();
    let mut taken = 0;
    for call in calls {
        let own: BTreeSet<usize> =
            pieces.iter().enumerate().filter(|(_, piece)| call.lines.contains(&piece.span.line)).map(|(at, _)| at).collect();
        // A call without a statement does something that nobody sees here.
        if own.is_empty() || !(own.is_subset(&chosen) || own.is_disjoint(&chosen)) {
            return None;
        }
        if own.is_subset(&chosen) {
            taken += own.len();
            text.push_str(&call.text);
            text.push('\n');
        }
    }
    (taken == chosen.len()).then_some(text)
}

fn execute(sql: &str, alone: bool) -> String {
    let call = format!("op.execute({})", python_text(sql.trim()));
    if alone { format!("    with op.get_context().autocommit_block():\n        {call}\n") } else { format!("    {call}\n") }
}

fn literal(ids: &[&str]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| python_text(id)).collect();
    match quoted.as_slice() {
        [] => "None".to_owned(),
        [one] => one.clone(),
        many => format!("({})", many.join(", ")),
    }
}
