//! Targets as people write them: `head`, `heads`, `base`, ids, prefixes, `label@head`, `+2`, `-1`, `rev+1`.
//! Ports `_resolve_revision_number`, `_revision_for_ident`, `_walk` and the two `_parse_*_target` of Alembic 1.20.1.

use super::revision_map::RevisionMap;

/// Why a target cannot be resolved: message and cure.
#[derive(Debug)]
pub(super) struct Unresolved {
    pub(super) message: String,
    pub(super) cure: String,
}

fn fail<T>(message: impl Into<String>, cure: impl Into<String>) -> Result<T, Unresolved> {
    Err(Unresolved { message: message.into(), cure: cure.into() })
}

/// `[label@][symbol](+|-)N`, matched at the start only, as Alembic's regular expression does.
struct Relative<'t> {
    label: Option<&'t str>,
    symbol: Option<&'t str>,
    steps: i64,
}

impl<'t> Relative<'t> {
    fn parse(target: &'t str) -> Option<Self> {
        let (label, rest) = match target.split_once('@') {
            Some((label, rest)) if !label.is_empty() => (Some(label), rest),
            _ => (None, target),
        };
        let symbol_end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (symbol, steps) = rest.split_at_checked(symbol_end)?;
        let sign = steps.chars().next().filter(|c| matches!(c, '+' | '-'))?;
        let digits: String = steps.chars().skip(1).take_while(char::is_ascii_digit).collect();
        let count: i64 = digits.parse().ok()?;
        let steps = if sign == '-' { -count } else { count };
        Some(Self { label, symbol: (!symbol.is_empty()).then_some(symbol), steps })
    }
}

/// The revisions a target of `upgrade` means. Empty for `base`. `stay`: a walk too far ends at the last revision.
pub(super) fn upgrade_targets(map: &RevisionMap, rows: &[usize], target: &str, stay: bool) -> Result<Vec<usize>, Unresolved> {
    let Some(relative) = Relative::parse(target) else { return resolve(map, target) };
    if relative.steps > 0 {
        let start = match relative.symbol {
            Some(symbol) => Some(one(map, symbol)?),
            None => upgrade_start(map, rows, relative.label)?,
        };
        return match walk_up(map, start, relative.steps, relative.label, stay)? {
            Some(at) => Ok(vec![at]),
            None => fail(too_far(relative.steps), "Name a nearer revision, or `heads`."),
        };
    }
    let Some(symbol) = relative.symbol else {
        return fail(too_far(relative.steps), "`upgrade` goes forward; use `downgrade` to go back.");
    };
    let start = scoped(map, relative.label, symbol)?;
    match walk_down(map, start, relative.steps)? {
        Walked::At(at) => Ok(vec![at]),
        Walked::Base => Ok(Vec::new()),
        Walked::TooFar => fail(too_far(relative.steps), "Name a nearer revision."),
    }
}

/// Where `+N` begins: the one current row (of the label's line), or the base.
fn upgrade_start(map: &RevisionMap, rows: &[usize], label: Option<&str>) -> Result<Option<usize>, Unresolved> {
    let mut start = rows.to_vec();
    if let Some(label) = label {
        start = in_lineage(map, rows, label)?;
        if start.is_empty() {
            let active: Vec<usize> = map.ancestors(rows, true).into_iter().collect();
            let active = in_lineage(map, &active, label)?;
            let down: Vec<usize> = active.iter().filter_map(|at| map.revision(*at)).flat_map(|r| r.normalized_down()).collect();
            start = active.into_iter().filter(|at| !down.contains(at)).collect();
        }
    }
    match start.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        _ => fail("Ambiguous upgrade from multiple current revisions", "Name the branch: `label@+1`."),
    }
}

/// Where `downgrade` goes: the label that narrows it, and the revision (`None`: base).
pub(super) fn downgrade_target(
    map: &RevisionMap,
    rows: &[usize],
    target: &str,
) -> Result<(Option<String>, Option<usize>), Unresolved> {
    let Some(relative) = Relative::parse(target) else {
        let (label, symbol) = match target.rsplit_once('@') {
            Some((label, symbol)) if !label.is_empty() => (Some(label.to_owned()), symbol),
            _ => (None, target),
        };
        let at = if symbol == "base" { None } else { Some(one(map, symbol)?) };
        return Ok((label, at));
    };
    let own_label = relative.label.map(str::to_owned);
    if relative.steps >= 0 {
        let Some(symbol) = relative.symbol else {
            return fail(too_far(relative.steps), "`downgrade` goes back: `-1`.");
        };
        let start = one(map, symbol)?;
        return match walk_up(map, Some(start), relative.steps, relative.label, false)? {
            Some(at) => Ok((own_label, Some(at))),
            None => fail("Walked too far", "Name a nearer revision."),
        };
    }
    let (label, start) = match relative.symbol {
        Some(symbol) => (own_label, scoped(map, relative.label, symbol)?),
        None => downgrade_start(map, rows, relative.label, relative.steps)?,
    };
    match walk_down(map, start, relative.steps)? {
        Walked::At(at) => Ok((label, Some(at))),
        Walked::Base => Ok((label, None)),
        Walked::TooFar if relative.symbol.is_none() => fail(too_far(relative.steps), "Name a nearer revision, or `base`."),
        Walked::TooFar => fail("Walked too far", "Name a nearer revision, or `base`."),
    }
}

/// Alembic takes the first row of an unordered SELECT where there are several; we refuse to guess.
fn downgrade_start(
    map: &RevisionMap,
    rows: &[usize],
    label: Option<&str>,
    steps: i64,
) -> Result<(Option<String>, usize), Unresolved> {
    let mut start = rows.to_vec();
    if let Some(label) = label {
        start = in_lineage(map, rows, label)?;
        if start.is_empty() {
            let all: Vec<usize> = map.ancestors(rows, true).into_iter().collect();
            let tips: Vec<usize> = all
                .iter()
                .copied()
                .filter(|at| !map.revision(*at).is_some_and(|r| r.next.iter().any(|next| all.contains(next))))
                .collect();
            start = in_lineage(map, &tips, label)?;
        }
    }
    match (start.as_slice(), label) {
        ([], _) => fail(too_far(steps), "Nothing is applied; there is nothing to take back."),
        ([one], Some(label)) => Ok((Some(label.to_owned()), *one)),
        ([one], None) => Ok((Some(map.id(*one).to_owned()), *one)),
        _ => fail(
            format!("downgrade {steps} is ambiguous: the database is at {}", names(map, &start)),
            "Name the branch (`label@-1`) or the revision (`<id>-1`).",
        ),
    }
}

/// Absolute targets: `head`, `heads`, `base`, ids, prefixes and labels, with or without `label@`.
pub(super) fn resolve(map: &RevisionMap, target: &str) -> Result<Vec<usize>, Unresolved> {
    let (label, symbol) = match target.split_once('@') {
        Some((label, symbol)) => (Some(label), symbol),
        None => (None, target),
    };
    match symbol {
        "base" => Ok(Vec::new()),
        "heads" => match label {
            Some(label) => in_lineage(map, &map.heads(), label),
            None => Ok(map.real_heads()),
        },
        "head" => {
            let heads = match label {
                Some(label) => in_lineage(map, &map.heads(), label)?,
                None => map.heads(),
            };
            if heads.len() > 1 {
                return fail(
                    format!("Multiple head revisions are present for given argument '{target}': {}", names(map, &heads)),
                    "Specify a specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all; \
                     `flightplan merge heads` writes the revision that joins them.",
                );
            }
            Ok(heads)
        }
        _ => Ok(vec![scoped(map, label, symbol)?]),
    }
}

fn one(map: &RevisionMap, symbol: &str) -> Result<usize, Unresolved> {
    match resolve(map, symbol)?.as_slice() {
        [at] => Ok(*at),
        _ => fail(format!("'{symbol}' does not name one revision"), "Name one revision by its id."),
    }
}

/// A revision by id, label or prefix, which has to be on the branch named.
pub(super) fn scoped(map: &RevisionMap, label: Option<&str>, symbol: &str) -> Result<usize, Unresolved> {
    let Some(label) = label else { return by_key(map, symbol, None) };
    let branch = map.get(label).map_or_else(|| by_key(map, label, None), Ok).or_else(|_| {
        fail(format!("No such branch: '{label}'"), "`branches` lists the labels; a label is set by `branch_labels`.")
    })?;
    if let ("head" | "heads", heads) = (symbol, in_lineage(map, &map.heads(), label)?) {
        return match heads.as_slice() {
            [head] => Ok(*head),
            _ => fail(format!("'{label}@{symbol}' does not name one revision"), "Name one revision by its id."),
        };
    }
    let at = by_key(map, symbol, Some(branch))?;
    if shares_lineage(map, at, branch) {
        return Ok(at);
    }
    fail(format!("Revision {} is not a member of branch '{label}'", map.id(at)), "Name the branch the revision is on.")
}

fn by_key(map: &RevisionMap, key: &str, branch: Option<usize>) -> Result<usize, Unresolved> {
    if let Some(at) = map.get(key) {
        return Ok(at);
    }
    let matches: Vec<&String> = map.keys.iter().filter(|known| known.chars().count() > 3 && known.starts_with(key)).collect();
    let matches: Vec<&&String> = matches
        .iter()
        .filter(|known| branch.is_none_or(|branch| map.get(known).is_some_and(|at| shares_lineage(map, at, branch))))
        .collect();
    match matches.as_slice() {
        [only] if !key.is_empty() => map.get(only).map_or_else(|| fail("No such revision", "Check the id."), Ok),
        [] => fail(
            format!("No such revision or branch '{key}'"),
            if key.chars().count() < 4 {
                "Give at least four characters of the id."
            } else {
                "Check the id; `history` lists them all. If the database has it, check out the code that wrote it."
            },
        ),
        many => {
            let some: Vec<&str> = many.iter().take(3).map(|name| name.as_str()).collect();
            fail(format!("Multiple revisions start with '{key}': {} …", some.join(", ")), "Give more characters of the id.")
        }
    }
}

/// Those of the revisions that are ancestors or descendants of the label's revision, along versioned edges.
fn in_lineage(map: &RevisionMap, revisions: &[usize], label: &str) -> Result<Vec<usize>, Unresolved> {
    let Some(branch) = map.get(label).or_else(|| by_key(map, label, None).ok()) else {
        return fail(format!("No such branch: '{label}'"), "`branches` lists the labels; a label is set by `branch_labels`.");
    };
    Ok(revisions.iter().copied().filter(|at| shares_lineage(map, *at, branch)).collect())
}

fn shares_lineage(map: &RevisionMap, at: usize, branch: usize) -> bool {
    map.descendants(&[at], false).contains(&branch) || map.ancestors(&[at], false).contains(&branch)
}

fn walk_up(
    map: &RevisionMap,
    start: Option<usize>,
    steps: i64,
    label: Option<&str>,
    stay: bool,
) -> Result<Option<usize>, Unresolved> {
    let mut at = start;
    for _ in 0..steps.unsigned_abs() {
        let next = match at {
            Some(at) => map.revision(at).map(|revision| revision.next.clone()).unwrap_or_default(),
            None => (0..map.revisions.len()).filter(|at| map.revision(*at).is_some_and(|r| r.down.is_empty())).collect(),
        };
        let next = match label {
            Some(label) => in_lineage(map, &next, label)?,
            None => next,
        };
        match next.as_slice() {
            [] => return Ok(at.filter(|_| stay)),
            [only] => at = Some(*only),
            _ => return fail("Ambiguous walk", format!("{} branch off here; name the branch.", names(map, &next))),
        }
    }
    Ok(at)
}

enum Walked {
    At(usize),
    Base,
    TooFar,
}

fn walk_down(map: &RevisionMap, start: usize, steps: i64) -> Result<Walked, Unresolved> {
    let mut at = Some(start);
    for _ in 0..steps.unsigned_abs() {
        let Some(here) = at else { return Ok(Walked::TooFar) };
        let down = map.revision(here).map(|revision| revision.down.clone()).unwrap_or_default();
        match down.as_slice() {
            [] => at = None,
            [only] => at = Some(*only),
            _ => return fail("Ambiguous walk", format!("{} is a merge point; name the revision to go to.", map.id(here))),
        }
    }
    Ok(at.map_or(Walked::Base, Walked::At))
}

/// The revision `steps` (negative) below one.
pub(super) fn walk_down_from(map: &RevisionMap, start: usize, steps: i64) -> Result<usize, Unresolved> {
    match walk_down(map, start, steps)? {
        Walked::At(at) => Ok(at),
        Walked::Base | Walked::TooFar => fail(too_far(steps), "Name a nearer revision, or `base`."),
    }
}

/// As [`walk_down_from`], but no further than the base, which is `None`.
pub(super) fn walk_down_or_stay(map: &RevisionMap, start: usize, steps: i64) -> Result<Option<usize>, Unresolved> {
    Ok(match walk_down(map, start, steps)? {
        Walked::At(at) => Some(at),
        Walked::Base | Walked::TooFar => None,
    })
}

fn too_far(steps: i64) -> String {
    format!("Relative revision {steps:+} didn't produce {} migrations", steps.unsigned_abs())
}

fn names(map: &RevisionMap, revisions: &[usize]) -> String {
    revisions.iter().map(|at| map.id(*at)).collect::<Vec<_>>().join(", ")
}
