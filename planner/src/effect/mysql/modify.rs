//! `MODIFY` and `CHANGE COLUMN`: what is written is compared with what is there.

use super::target::Target;
use crate::catalog::characters::{charset, collation, default_collation, width};
use crate::effect::LockMode::LockNone;
use crate::statement::operation::{ColumnDefinition, Operation, Place, TableOption};

/// How a type's change reaches the rows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    /// The stored bytes stay as they are.
    Free,
    /// They stay, but compare otherwise.
    Compares,
    /// They are written anew.
    Converts,
}

pub(super) fn run(target: &mut Target<'_, '_>, column: &str, to: &ColumnDefinition, all: &[Operation]) {
    let to = &with_new_defaults(to, all);
    let from = target.table.and_then(|table| table.columns.iter().find(|own| own.name.eq_ignore_ascii_case(column)));
    let Some(from) = from else {
        return target.copy();
    };
    if !from.name.eq_ignore_ascii_case(&to.name) {
        super::column::rename(target, column);
    }
    if to.generated.is_some() || from.generated.is_some() {
        return generated(target, from, to);
    }
    let change = type_change(target, from, to);
    if change == Change::Converts || (to.identity.is_some() && from.identity.is_none()) {
        return target.copy();
    }
    let keyed = target.table.is_some_and(|table| table.primary_key().iter().any(|own| own.eq_ignore_ascii_case(column)));
    if from.nullable != to.nullable && !keyed {
        return nullability(target, to);
    }
    match change {
        Change::Compares if keyed => target.copy(),
        Change::Compares if is_text(&to.data_type) && target.is_indexed(column) => target.copy(),
        Change::Compares if target.is_indexed(column) && target.is_maria() => {
            target.indexes(LockNone);
            let key = target.key.clone();
            target.draft.scan(&key);
        }
        Change::Compares if !target.is_maria() => {
            target.draft.assume("another collation copies the table; MySQL's manual leaves it open");
            target.copy();
        }
        _ if !target.is_innodb() && from.data_type != to.data_type => target.copy(),
        _ if moves(target, from, to) && (!target.is_maria() || target.has_method("fulltext") || target.is_compressed()) => {
            target.rebuild();
        }
        // A wider text is MySQL's in place, everything else at once.
        _ if from.data_type != to.data_type && to.data_type.starts_with("varchar") => target.metadata(),
        _ => target.instant(),
    }
}

/// A column that says nothing of its character set takes the table's, which the same statement may set.
fn with_new_defaults(to: &ColumnDefinition, all: &[Operation]) -> ColumnDefinition {
    let mut to = to.clone();
    if to.charset.is_some() || to.collation.is_some() {
        return to;
    }
    for operation in all {
        if let Operation::AlterTableOption { option: TableOption::Set { options }, .. } = operation {
            to.charset = options.get("charset").cloned().or(to.charset);
            to.collation = options.get("collate").cloned().or(to.collation);
        }
    }
    to
}

/// Whether the column leaves its place.
fn moves(target: &Target<'_, '_>, from: &ColumnDefinition, to: &ColumnDefinition) -> bool {
    let columns = target.table.map(|table| table.columns.as_slice()).unwrap_or_default();
    let at = columns.iter().position(|own| own.name == from.name);
    let before = at.and_then(|at| at.checked_sub(1)).and_then(|at| columns.get(at));
    match &to.place {
        None => false,
        Some(Place::First) => before.is_some(),
        Some(Place::After(other)) => !before.is_some_and(|own| own.name.eq_ignore_ascii_case(other)),
    }
}

/// Every row is written with or without room for NULL.
fn nullability(target: &mut Target<'_, '_>, to: &ColumnDefinition) {
    if to.nullable && target.is_redundant() && target.is_maria() {
        target.instant();
    } else if target.has_generated(true) && target.is_maria() {
        target.copy();
    } else {
        target.rebuild();
    }
}

fn generated(target: &mut Target<'_, '_>, from: &ColumnDefinition, to: &ColumnDefinition) {
    match (&from.generated, &to.generated) {
        (Some(old), Some(new)) if !old.stored && !new.stored && from.data_type == to.data_type => target.instant(),
        (Some(old), Some(new)) if old == new && from.data_type == to.data_type => target.instant(),
        (Some(old), None) if !old.stored => refuse(target),
        (_, Some(new)) if from.generated.as_ref().is_none_or(|old| old.stored != new.stored) => refuse(target),
        _ => target.copy(),
    }
}

fn refuse(target: &mut Target<'_, '_>) {
    target.copy();
    target.draft.refusal = Some("This is not yet supported for generated columns".to_owned());
}

fn type_change(target: &mut Target<'_, '_>, from: &ColumnDefinition, to: &ColumnDefinition) -> Change {
    let (a, b) = (Type::read(&from.data_type), Type::read(&to.data_type));
    let free = |same: bool| if same { Change::Free } else { Change::Converts };
    match (a.name, b.name) {
        ("varchar", "varchar") => varchar(target, from, to, a.number(), b.number()),
        ("varbinary", "varbinary") => free(fits(target, a.number(), b.number(), 1, 1)),
        ("enum", "enum") => free(appends(a.inside, b.inside, &[255]) && collates_alike(target, from, to)),
        ("set", "set") => free(appends(a.inside, b.inside, &[8, 16, 24, 32]) && collates_alike(target, from, to)),
        // Digits of MariaDB's approximate numbers are for show.
        (a @ ("double" | "float"), b) if a == b && target.is_maria() => free(a_sign(&from.data_type) == a_sign(&to.data_type)),
        _ if from.data_type != to.data_type => Change::Converts,
        (name, _) if matches!(name, "char") || is_text(name) => {
            free_or_compares(same_charset(target, from, to, name == "char"), compares_alike(target, from, to))
        }
        _ => Change::Free,
    }
}

/// What stands behind the brackets of a number's type.
fn a_sign(data_type: &str) -> (bool, bool) {
    (data_type.contains("unsigned"), data_type.contains("zerofill"))
}

const fn free_or_compares(same_charset: bool, same_collation: bool) -> Change {
    match (same_charset, same_collation) {
        (false, _) => Change::Converts,
        (true, true) => Change::Free,
        (true, false) => Change::Compares,
    }
}

fn is_text(data_type: &str) -> bool {
    matches!(data_type, "text" | "tinytext" | "mediumtext" | "longtext")
}

/// A type taken apart.
struct Type<'t> {
    name: &'t str,
    inside: &'t str,
}

impl<'t> Type<'t> {
    fn read(data_type: &'t str) -> Self {
        match data_type.split_once('(') {
            Some((name, rest)) => Self { name: name.trim(), inside: rest.rsplit_once(')').map_or(rest, |(inside, _)| inside) },
            None => Self { name: data_type, inside: "" },
        }
    }

    fn number(&self) -> u32 {
        self.inside.trim().parse().unwrap_or(0)
    }
}

/// Whether nothing but new values at the end came, none of which needs wider numbers for all.
fn appends(from: &str, to: &str, widths: &[usize]) -> bool {
    let values = |list: &str| -> Vec<String> { list.split(',').map(|value| value.trim().to_lowercase()).collect() };
    let (from, to) = (values(from), values(to));
    let class = |count: usize| widths.iter().filter(|width| count > **width).count();
    to.starts_with(&from) && class(from.len()) == class(to.len())
}

fn varchar(target: &mut Target<'_, '_>, from: &ColumnDefinition, to: &ColumnDefinition, old: u32, new: u32) -> Change {
    let (a, b) = (charset(target.table, from), charset(target.table, to));
    let same = same_charset(target, from, to, false);
    if !same || new < old {
        return Change::Converts;
    }
    let fits = match (&a, &b) {
        (Some(a), Some(b)) => fits(target, old, new, width(a), width(b)),
        // The database decides: it must be free whatever it says.
        _ => {
            let free = [1, 3, 4].iter().all(|bytes| fits(target, old, new, *bytes, *bytes));
            if !free && [1, 3, 4].iter().any(|bytes| fits(target, old, new, *bytes, *bytes)) {
                target
                    .draft
                    .assume(format!("the character set of {} is not known here; with some of them the table is copied", to.name));
            }
            free
        }
    };
    if !fits {
        return Change::Converts;
    }
    free_or_compares(true, compares_alike(target, from, to))
}

/// Whether values keep the bytes that say how long they are: one up to 255, else two. MariaDB writes one for short values
/// whatever the column allows, unless it allows more than 255; up to 127 the byte reads the same.
fn fits(target: &Target<'_, '_>, old: u32, new: u32, old_width: u32, new_width: u32) -> bool {
    let (before, after) = (old.saturating_mul(old_width), new.saturating_mul(new_width));
    let same_side = (before <= 255) == (after <= 255);
    after >= before && new >= old && (same_side || (target.is_maria() && (before <= 127 || target.is_redundant())))
}

/// MariaDB also takes the three-byte UTF-8 as a part of the four-byte one, where values are not padded to their bytes.
fn same_charset(target: &Target<'_, '_>, from: &ColumnDefinition, to: &ColumnDefinition, padded: bool) -> bool {
    let (a, b) = (charset(target.table, from), charset(target.table, to));
    let grows = a.as_deref() == Some("utf8mb3") && b.as_deref() == Some("utf8mb4");
    a == b || (grows && target.is_maria() && !(padded && target.is_redundant()))
}

fn collates_alike(target: &Target<'_, '_>, from: &ColumnDefinition, to: &ColumnDefinition) -> bool {
    charset(target.table, from) == charset(target.table, to) && compares_alike(target, from, to)
}

/// Whether both have the same collation, but for the name of the character set in it.
fn compares_alike(target: &Target<'_, '_>, from: &ColumnDefinition, to: &ColumnDefinition) -> bool {
    let how = |column: &ColumnDefinition| {
        let own = collation(target.table, column).and_then(|own| Some(own.split_once('_')?.1.to_owned()));
        own.or_else(|| Some(default_collation(&charset(target.table, column)?, target.is_maria()).to_owned()))
    };
    how(from) == how(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_at_the_end_are_free_until_their_numbers_grow() {
        assert!(appends("'x','y'", "'X','y','z'", &[255]));
        assert!(!appends("'x','y'", "'x','z','y'", &[255]));
        assert!(!appends("'x','y'", "'x'", &[255]));
        assert!(appends("'a'", "'a','b','c','d','e','f','g','h'", &[8, 16]));
        assert!(!appends("'a'", "'a','b','c','d','e','f','g','h','i'", &[8, 16]));
    }
}
