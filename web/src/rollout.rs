//! From the release that is live to the next: the way through the cells of the matrix.

use planner::matrix::{Matrix, Verdict};

/// One move of a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// Bring the schema to this point.
    Migrate(String),
    /// Replace the live release by this one.
    Deploy(String),
}

/// A move with the cell it leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What is done.
    pub step: Move,
    /// Release live afterwards.
    pub release: String,
    /// Schema afterwards.
    pub schema: String,
    /// Whether they work together.
    pub verdict: Verdict,
}

/// The order of moves from one release, on the schema it was built for, to another on its own: one schema point or one
/// release at a time, so that the worst cell on the way is as harmless as it can be; among equals the schema moves
/// first, because a release that finds its schema ready needs no switch.
///
/// None where a release is unknown or has no schema point in the matrix.
#[must_use]
pub fn path(matrix: &Matrix, live: &str, next: &str) -> Option<Vec<Stage>> {
    let row = |version: &str| matrix.releases.iter().position(|release| release.version == version);
    let (from, to) = (row(live)?, row(next)?);
    let (first, last) = (matrix.own(from)?, matrix.own(to)?);
    let schemas: Vec<usize> = if first <= last { (first..=last).collect() } else { (last..=first).rev().collect() };
    // The release changes once, somewhere on the way of the schema: try each place, keep the most harmless.
    let ways = (0..schemas.len()).map(|switch| way(matrix, (from, to), &schemas, switch));
    ways.enumerate().min_by_key(|(switch, way)| (harm(way), schemas.len() - switch)).map(|(_, way)| way)
}

/// The verdicts of a way, worst first: what makes one way better than another.
fn harm(way: &[Stage]) -> Vec<Verdict> {
    let mut verdicts: Vec<_> = way.iter().map(|stage| stage.verdict).collect();
    verdicts.sort_unstable_by(|a, b| b.cmp(a));
    verdicts
}

fn way(matrix: &Matrix, (from, to): (usize, usize), schemas: &[usize], switch: usize) -> Vec<Stage> {
    let mut stages = Vec::new();
    for (at, &schema) in schemas.iter().enumerate() {
        let release = if at <= switch { from } else { to };
        if at > 0 {
            stages.extend(stage(matrix, release, schema, false));
        }
        if at == switch && from != to {
            stages.extend(stage(matrix, to, schema, true));
        }
    }
    stages
}

fn stage(matrix: &Matrix, release: usize, schema: usize, deploys: bool) -> Option<Stage> {
    let verdict = matrix.cell(release, schema).map_or(Verdict::Unknown, |cell| cell.verdict);
    let release = &matrix.releases.get(release)?.version;
    let schema = matrix.schemas.get(schema)?;
    let step = if deploys { Move::Deploy(release.clone()) } else { Move::Migrate(schema.clone()) };
    Some(Stage { step, release: release.clone(), schema: schema.clone(), verdict })
}

#[cfg(test)]
mod tests {
    use super::*;
    use planner::matrix::{Cell, Release};

    /// Releases 1 and 2 on schemas 10, 11, 12; 1 was built for 10, 2 for the last one.
    fn matrix(last: &str, verdicts: [[Verdict; 3]; 2]) -> Matrix {
        let release = |version: &str, schema: &str| Release {
            version: version.to_owned(),
            schema: Some(schema.to_owned()),
            ..Release::default()
        };
        let schemas = ["10", "11", "12"];
        let cells = verdicts.iter().enumerate().flat_map(|(row, verdicts)| {
            verdicts.iter().zip(0..).map(move |(&verdict, schema)| Cell {
                release: if row == 0 { 0 } else { 1 },
                schema,
                verdict,
                reasons: Vec::new(),
                more: 0,
                back: None,
            })
        });
        Matrix {
            releases: vec![release("1", "10"), release("2", last)],
            schemas: schemas.map(str::to_owned).to_vec(),
            cells: cells.collect(),
            ..Matrix::default()
        }
    }

    fn words(stages: &[Stage]) -> Vec<String> {
        let word = |stage: &Stage| match &stage.step {
            Move::Migrate(schema) => format!("migrate {schema}"),
            Move::Deploy(release) => format!("deploy {release}"),
        };
        stages.iter().map(word).collect()
    }

    #[test]
    fn the_release_changes_between_expand_and_contract() {
        use Verdict::{Breaks, Works};
        let matrix = matrix("12", [[Works, Works, Breaks], [Breaks, Works, Works]]);
        let way = path(&matrix, "1", "2").unwrap_or_default();
        assert_eq!(words(&way), ["migrate 11", "deploy 2", "migrate 12"]);
        assert!(way.iter().all(|stage| stage.verdict == Works));
    }

    #[test]
    fn where_both_orders_work_the_schema_goes_first() {
        let matrix = matrix("11", [[Verdict::Works; 3]; 2]);
        assert_eq!(words(&path(&matrix, "1", "2").unwrap_or_default()), ["migrate 11", "deploy 2"]);
    }

    #[test]
    fn a_way_that_must_break_is_still_shown_with_its_break() {
        use Verdict::{Breaks, Works};
        let matrix = matrix("11", [[Works, Breaks, Breaks], [Breaks, Works, Works]]);
        let way = path(&matrix, "1", "2").unwrap_or_default();
        assert!(way.iter().any(|stage| stage.verdict == Breaks));
    }

    #[test]
    fn going_back_takes_the_schema_back_too() {
        let matrix = matrix("11", [[Verdict::Works; 3]; 2]);
        assert_eq!(words(&path(&matrix, "2", "1").unwrap_or_default()), ["migrate 10", "deploy 1"]);
        assert_eq!(path(&matrix, "1", "3"), None);
    }
}
