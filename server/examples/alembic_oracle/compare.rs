//! One direction of one revision, ours beside Alembic's.

use planner::migration::Script;

use crate::real::Answer;

/// What came of one direction of one revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The same statements, rendered without assumptions.
    Equal,
    /// The same statements, under stated assumptions.
    EqualAssumed,
    /// The same statements in another order.
    Order,
    /// Other statements, and the revision was marked as assumed.
    AssumedDifferent,
    /// Other statements, and nothing said so: a fault.
    Silent,
    /// Not rendered.
    Opaque,
    /// Alembic cannot render it offline.
    NoEvidence,
}

/// How many of each.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally([usize; 7]);

impl Tally {
    pub(crate) const HEAD: &str =
        "equal | equal under assumptions | other order | assumed and different | silent and different | opaque | no evidence";
    pub(crate) const COLUMNS: usize = 7;

    pub(crate) fn count(&mut self, outcome: Outcome) {
        self.0[outcome as usize] += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own += other);
    }

    /// Of which nothing warned.
    pub(crate) fn silent(&self) -> usize {
        self.0[Outcome::Silent as usize]
    }

    pub(crate) fn cells(&self) -> String {
        self.0.map(|count| count.to_string()).join(" | ")
    }
}

/// Compares; white space and the semicolons between statements do not count.
pub(crate) fn judge(script: &Script, answer: Option<&Answer>) -> Outcome {
    if !script.opaque.is_empty() {
        return Outcome::Opaque;
    }
    let Some(sql) = answer.and_then(|answer| answer.sql.as_ref()) else { return Outcome::NoEvidence };
    let ours = ours(script);
    if joined(&ours) == joined(sql) {
        return if script.assumptions.is_empty() { Outcome::Equal } else { Outcome::EqualAssumed };
    }
    let (mut one, mut other) = (cut(&ours), cut(sql));
    one.sort_unstable();
    other.sort_unstable();
    match (one == other, script.assumptions.is_empty()) {
        (true, _) => Outcome::Order,
        (false, true) => Outcome::Silent,
        (false, false) => Outcome::AssumedDifferent,
    }
}

/// Both texts from the first chunk on that differs.
pub(crate) fn difference(script: &Script, sql: &[String]) -> String {
    let (ours, real) = (joined(&ours(script)), joined(sql));
    let same =
        ours.chars().zip(real.chars()).take_while(|(one, other)| one == other).map(|(one, _)| one.len_utf8()).sum::<usize>();
    let from = |text: &str| {
        let start = text.char_indices().map(|(at, _)| at).take_while(|at| *at + 60 <= same).last().unwrap_or_default();
        text.get(start..).unwrap_or_default().chars().take(240).collect::<String>()
    };
    format!("  ours:    …{}\n  alembic: …{}", from(&ours), from(&real))
}

fn ours(script: &Script) -> Vec<String> {
    script.statements.iter().map(|statement| statement.sql.clone()).collect()
}

fn joined(chunks: &[String]) -> String {
    let text: String =
        chunks.iter().map(|chunk| chunk.trim_matches(|c: char| c.is_whitespace() || c == ';').to_owned() + ";").collect();
    // Inside a text of several statements semicolons stand as its author wrote them, with or without blanks around them.
    let words = text.replace(';', " ; ");
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.dedup_by(|one, other| *one == ";" && *other == ";");
    words.join(" ")
}

fn cut(chunks: &[String]) -> Vec<String> {
    let text = joined(chunks);
    text.split(" ;").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}
