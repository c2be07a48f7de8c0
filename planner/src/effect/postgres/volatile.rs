//! Whether a default is worked out once or for every row.

use crate::sort::Gather;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::catalog::expression::calls;
use crate::dialect::Dialect;
use crate::effect::draft::Draft;
use crate::name::ObjectName;
use crate::statement::operation::Volatility;

static STABLE: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| list(include_str!("../../statement/parse/postgres/builtin_stable.txt")));
static VOLATILE: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| list(include_str!("../../statement/parse/postgres/builtin_volatile.txt")));

fn list(text: &'static str) -> BTreeSet<&'static str> {
    text.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_ascii_whitespace).gather()
}

/// Words before a parenthesis that are syntax or types, not functions.
const SYNTAX: &[&str] = &[
    "cast",
    "coalesce",
    "nullif",
    "greatest",
    "least",
    "extract",
    "row",
    "array",
    "numeric",
    "decimal",
    "varchar",
    "char",
    "character",
    "bit",
    "varying",
    "timestamp",
    "timestamptz",
    "time",
    "interval",
    "overlay",
    "position",
    "substring",
    "trim",
    "current_timestamp",
    "current_time",
    "localtimestamp",
    "localtime",
    "values",
    "select",
    "from",
    "where",
    "text",
    "date",
];

/// Whether an expression gives another value for every row. A function nobody knows counts as one that does, and the
/// draft says so.
pub(super) fn is_volatile(draft: &mut Draft<'_>, expression: &str) -> bool {
    is_volatile_inside(draft, expression, 0)
}

/// `depth` is how many functions were put in the place of their calls.
fn is_volatile_inside(draft: &mut Draft<'_>, expression: &str, depth: usize) -> bool {
    const DEEPEST: usize = 10;
    let mut volatile = false;
    for name in calls(expression, Dialect::Postgres) {
        if let Some(key) = draft.before.find(&ObjectName::bare(name.clone()), |key| draft.before.functions.contains_key(key)) {
            let Some(function) = draft.before.functions.get(&key) else { continue };
            let inlined = function.inlined.as_deref().filter(|_| function.overloads.len() == 1 && depth < DEEPEST);
            volatile |= function.volatility == Volatility::Volatile
                && inlined.is_none_or(|inner| is_volatile_inside(draft, inner, depth + 1));
        } else if VOLATILE.contains(name.as_str()) {
            volatile = true;
        } else if !STABLE.contains(name.as_str()) && !SYNTAX.contains(&name.as_str()) {
            draft.assume(format!("function {name}() is not known here; it is taken as volatile, so that the table is rewritten"));
            volatile = true;
        }
    }
    volatile
}
