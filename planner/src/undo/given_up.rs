//! The index that MySQL and MariaDB make for a foreign key goes as soon as another one does its part, and has to be there
//! again before that one can go.

use super::{Derived, Known};
use crate::catalog::{Catalog, Index};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::operation::{ConstraintKind, IndexPart};

/// What is named where one comes back: it is no longer the server's own.
const OWN: &str = "The index of a foreign key comes back as one of its own, which no later index replaces.";

/// The indexes that give way to a new one over these columns, in its order.
pub(super) fn given_up(owner: &ObjectName, columns: &[&str], known: &Known<'_>) -> Vec<(String, Index)> {
    let before = known.before;
    let table = before.tables.get(owner).filter(|_| matches!(before.dialect, Dialect::MySql | Dialect::MariaDb));
    let serves = |own: &[String]| own.len() <= columns.len() && own.iter().zip(columns).all(|(own, new)| before.same(own, new));
    let constraints = table.iter().flat_map(|table| &table.constraints);
    let foreign = constraints
        .filter(|constraint| matches!(&constraint.kind, ConstraintKind::ForeignKey { columns, .. } if serves(columns)));
    foreign.filter_map(|constraint| known.key_index(before, owner, constraint.name.as_deref().unwrap_or_default())).collect()
}

/// Whether an index begins with the columns of a foreign key.
pub(super) fn serves(index: &Index, columns: &[String], before: &Catalog) -> bool {
    let same = |(part, column): (&IndexPart, &String)| matches!(part, IndexPart::Column(own) if before.same(own, column));
    columns.len() <= index.columns.len() && index.columns.iter().zip(columns).all(same)
}

/// A way back with what it costs that some came back.
pub(super) fn told(back: Derived, given_up: bool) -> Derived {
    if given_up { back.losing(OWN) } else { back }
}
