//! Names, order and texts of the proposed files.

use super::order::Part;
use super::pieces::{Cut, Piece};
use super::{File, Proposal, Refusal, refused};
use crate::dialect::Dialect;
use crate::graph::touch::Touch;
use crate::migration::{Migration, MigrationKind};
use crate::phase::Phase;
use crate::project::settings::{FlywaySettings, Settings};
use crate::project::{Project, path};
use crate::source::flyway::next::following;
use crate::source::flyway::version::Version;
use crate::span::Span;
use crate::statement::touches::ObjectRef;

/// What names are made of.
pub(super) struct Names<'a> {
    flyway: &'a FlywaySettings,
    dialect: Dialect,
    migration: &'a Migration,
    /// As it stands in the file's name.
    version: String,
    /// Versions of the migrations behind it.
    later: Option<Version>,
    separator: char,
}

impl<'a> Names<'a> {
    pub(super) fn of(migration: &'a Migration, all: &[Migration], settings: &'a Settings) -> Self {
        let flyway = &settings.flyway;
        let written = |migration: &Migration| {
            let rest = path::name(&migration.path).strip_prefix(flyway.versioned_prefix.as_str())?;
            Some(rest.split_once(flyway.separator.as_str())?.0.to_owned())
        };
        let version = |one: &Migration| one.version.as_deref().and_then(Version::parse);
        let own = version(migration);
        let later = all.iter().filter(|one| one.kind == MigrationKind::Versioned).filter_map(version);
        let later = later.filter(|one| Some(one) > own.as_ref()).min();
        let underscored = all.iter().filter_map(written).any(|version| version.contains('_'));
        Self {
            flyway,
            dialect: settings.dialect,
            migration,
            version: written(migration).or_else(|| migration.version.clone()).unwrap_or_default(),
            later,
            separator: if underscored { '_' } else { '.' },
        }
    }

    /// The version of each part: the project's own numbers while they are free, else numbers below the migration's.
    fn versions(&self, count: usize) -> Vec<String> {
        let mut all = vec![self.version.clone()];
        while all.len() < count {
            all.push(following(all.last().map_or("", String::as_str)));
        }
        let free = all
            .last()
            .and_then(|last| Version::parse(last))
            .is_some_and(|last| self.later.as_ref().is_none_or(|later| last < *later));
        if free {
            return all;
        }
        (0..count)
            .map(|at| if at == 0 { self.version.clone() } else { format!("{}{}{at}", self.version, self.separator) })
            .collect()
    }

    /// The path of a part: `V7__rename_email_expand.sql`.
    fn path(&self, prefix: &str, version: &str, phase: &str) -> String {
        let words = self.migration.description.trim().replace(' ', "_");
        let suffix = path::name(&self.migration.path).rfind('.').and_then(|at| path::name(&self.migration.path).get(at..));
        let name = format!("{prefix}{version}{}{words}_{phase}{}", self.flyway.separator, suffix.unwrap_or(".sql"));
        match path::folder(&self.migration.path) {
            "" => name,
            folder => format!("{folder}/{name}"),
        }
    }
}

/// The files.
pub(super) fn write(
    project: &Project,
    names: &Names<'_>,
    cut: &Cut,
    parts: &[Part],
    notes: Vec<String>,
) -> Result<Proposal, Refusal> {
    let exists = |path: &str| project.files.iter().any(|file| file.path == path);
    let conf = |path: &str| Some(format!("{path}.conf")).filter(|path| exists(path));
    let settings = conf(&cut.path).and_then(|path| project.files.iter().find(|file| file.path == path));
    let settings = settings.map(|file| String::from_utf8_lossy(&file.content).into_owned());
    let mut proposal = Proposal { migration: names.migration.id.0.clone(), notes, ..Proposal::default() };
    proposal.replaces.push(cut.path.clone());
    proposal.replaces.extend(conf(&cut.path));
    let undone =
        undone(cut, parts).into_iter().zip(parts).map(|(own, part)| undo_statements(cut, part, &own)).collect::<Vec<_>>();
    if let Some((path, _)) = &cut.undo {
        proposal.replaces.push(path.clone());
        proposal.replaces.extend(conf(path));
    }
    let mut without = Vec::new();
    let mut of_phase = std::collections::BTreeMap::<Phase, usize>::new();
    for ((part, version), undo) in parts.iter().zip(names.versions(parts.len())).zip(undone) {
        let count = of_phase.entry(part.phase).or_default();
        *count += 1;
        let several = parts.iter().filter(|other| other.phase == part.phase).count() > 1;
        let word = if several { format!("{}_{count}", part.phase.name()) } else { part.phase.name().to_owned() };
        let path = names.path(&names.flyway.versioned_prefix, &version, &word);
        let text = script(&part.statements, names.dialect);
        let alone = part.alone.then(|| "executeInTransaction=false\n".to_owned()).or_else(|| settings.clone());
        let mut add = |path: String, kind: &str, text: String| {
            if exists(&path) && !proposal.replaces.contains(&path) {
                return Err(refused(Span::file(&path), "a file of that name is there already"));
            }
            proposal.files.push(File { path, kind: kind.to_owned(), phase: part.phase, text });
            Ok(())
        };
        if let Some(text) = &alone {
            add(format!("{path}.conf"), "settings", text.clone())?;
        }
        add(path.clone(), "versioned", text)?;
        if cut.undo.is_some() && part.no_way_back {
            without.push(path.clone());
        } else if cut.undo.is_some() {
            let path = names.path(&names.flyway.undo_prefix, &version, &word);
            if let Some(text) = alone {
                add(format!("{path}.conf"), "settings", text)?;
            }
            let text = if undo.is_empty() { "-- Nothing to take back.\n".to_owned() } else { script(&undo, names.dialect) };
            add(path, "undo", text)?;
        }
    }
    let note =
        |path: String| format!("{path} has no U file: what it drops does not come back, so its way back is for its author.");
    proposal.notes.extend(without.into_iter().map(note));
    Ok(proposal)
}

/// Statements as a script.
fn script(statements: &[String], dialect: Dialect) -> String {
    let mysql = matches!(dialect, Dialect::MySql | Dialect::MariaDb);
    let mut text = String::new();
    for statement in statements {
        let statement = statement.trim();
        let inner = crate::statement::split::split(statement, dialect).0.len() > 1;
        let comment = statement.lines().next_back().is_some_and(|line| line.contains("--") || line.contains('#'));
        let end = if comment { "\n" } else { "" };
        if mysql && inner {
            text.push_str(&format!("DELIMITER //\n{statement}{end}//\nDELIMITER ;\n\n"));
        } else {
            text.push_str(&format!("{statement}{end};\n\n"));
        }
    }
    let end = text.trim_end().len();
    text.truncate(end);
    text.push('\n');
    text
}

/// The way back of a part: that of a sequence, then what the author wrote, settings first.
pub(super) fn undo_statements(cut: &Cut, part: &Part, own: &[usize]) -> Vec<String> {
    let pieces = cut.undo.as_ref().map(|(_, pieces)| pieces.as_slice()).unwrap_or_default();
    let mut all = part.undo.clone();
    all.extend(own.iter().filter_map(|at| pieces.get(*at)).map(|piece| piece.text.clone()));
    if !all.is_empty() {
        all.splice(0..0, pieces.iter().filter(|piece| piece.is_setting()).map(|piece| piece.text.clone()));
    }
    all
}

/// Places of the statements of the undo script that work on what each part made.
pub(super) fn undone(cut: &Cut, parts: &[Part]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new(); parts.len()];
    let Some((_, pieces)) = &cut.undo else { return all };
    for (place, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.is_setting()) {
        let by = |bond| parts.iter().rposition(|part| touches(cut, &part.pieces, piece, bond));
        let made = if piece.phase == Some(Phase::Migrate) { None } else { by(Bond::Made) };
        let owner = made.or_else(|| by(Bond::Changed)).or_else(|| by(Bond::Table));
        // A sequence knows its own way back.
        if made.is_none() && parts.iter().any(|part| touches(cut, &part.sequences, piece, Bond::Changed)) {
            continue;
        }
        let at = owner.unwrap_or(parts.len() - 1);
        if let Some(own) = all.get_mut(at) {
            own.push(place);
        }
    }
    all
}

/// What a statement of the undo script has to do with a part.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bond {
    /// The part made what it takes away.
    Made,
    /// The part changed it.
    Changed,
    /// They have a table in common.
    Table,
}

fn touches(cut: &Cut, pieces: &[usize], undo: &Piece, bond: Bond) -> bool {
    let counts = |touch: &&Touch| match bond {
        Bond::Made => touch.creates,
        Bond::Changed => touch.writes && !matches!(touch.object, ObjectRef::Table(_)),
        Bond::Table => true,
    };
    let mine = pieces.iter().filter_map(|at| cut.pieces.get(*at)).flat_map(|piece| &piece.touches);
    mine.filter(counts).any(|own| {
        let same = |touch: &Touch| touch.object == own.object && (touch.writes || bond == Bond::Table);
        undo.touches.iter().any(same)
    })
}
