//! A DO block that changes rows turn by turn until none is left, `LOOP UPDATE … WHERE id IN (SELECT id … LIMIT n); EXIT WHEN
//! NOT FOUND; … END LOOP`: what it does in the end is the change of all these rows.

use super::row_source;
use crate::dialect::Dialect;
use crate::statement::Statement;
use crate::statement::operation::Operation;
use crate::statement::parse::parse;
use crate::statement::split::{between, tokens};

/// What the turns come to.
pub(super) struct Turned {
    /// The change, as a statement.
    pub(super) statement: Statement,
    /// Each turn is committed: nothing around the block waits for all of it.
    pub(super) commits: bool,
}

/// The change that the turns come to; `None`: it is another block, or does something beside it.
pub(super) fn change(statement: &Statement, dialect: Dialect) -> Option<Turned> {
    // Most statements are none, and are not read twice.
    if dialect != Dialect::Postgres
        || !statement.operations.iter().any(|operation| matches!(operation, Operation::Guarded { .. }))
    {
        return None;
    }
    let block = body(&statement.sql)?;
    let words = tokens(&block, dialect, usize::MAX);
    let mut turns = Turns { block: &block, words, at: 0, commits: false };
    let sql = turns.read()?;
    let (operations, _) = parse(&sql, dialect);
    let changed = match operations.as_slice() {
        [Operation::Update(change)] => row_source::limited(change, dialect).is_some(),
        [Operation::Delete(change)] => row_source::limited(change, dialect).is_some(),
        _ => false,
    };
    changed.then(|| Turned { statement: Statement { sql, operations, ..statement.clone() }, commits: turns.commits })
}

/// What stands between the dollar quotes of `DO [LANGUAGE plpgsql] $$…$$`.
fn body(sql: &str) -> Option<String> {
    let words = tokens(sql, Dialect::Postgres, 6);
    let is = |at: usize, word: &str| words.get(at).is_some_and(|own| own.eq_ignore_ascii_case(word));
    let at = match (is(0, "do"), is(1, "language")) {
        (false, _) => return None,
        (true, true) if is(2, "plpgsql") => 3,
        (true, true) => return None,
        (true, false) => 1,
    };
    let quoted = words.get(at)?;
    let end = quoted.get(1..)?.find('$')? + 2;
    let tag = quoted.get(..end).filter(|tag| tag.starts_with('$'))?;
    let behind = words.get(at + 1..).unwrap_or_default();
    let plain = behind.iter().all(|word| ["language", "plpgsql", ";"].iter().any(|known| word.eq_ignore_ascii_case(known)));
    quoted.get(end..)?.strip_suffix(tag).filter(|_| plain).map(str::to_owned)
}

struct Turns<'a> {
    block: &'a str,
    words: Vec<&'a str>,
    at: usize,
    commits: bool,
}

impl Turns<'_> {
    fn word(&self, ahead: usize) -> &str {
        self.words.get(self.at + ahead).copied().unwrap_or_default()
    }

    fn takes(&mut self, words: &[&str]) -> bool {
        let there = words.iter().enumerate().all(|(ahead, word)| self.word(ahead).eq_ignore_ascii_case(word));
        self.at += if there { words.len() } else { 0 };
        there
    }

    /// The statement of a turn, where the block is a loop of nothing else that matters.
    fn read(&mut self) -> Option<String> {
        if self.takes(&["declare"]) {
            while !self.word(0).eq_ignore_ascii_case("begin") {
                // A value may come of a call.
                if self.at >= self.words.len() || self.word(0) == "(" {
                    return None;
                }
                self.at += 1;
            }
        }
        if !self.takes(&["begin", "loop"]) {
            return None;
        }
        let (mut sql, mut counted, mut ends): (Option<String>, Option<String>, bool) = (None, None, false);
        while !self.takes(&["end", "loop", ";"]) {
            let start = self.at;
            while !matches!(self.word(0), ";" | "") {
                self.at += 1;
            }
            let own = self.words.get(start..self.at)?.to_vec();
            if !self.takes(&[";"]) {
                return None;
            }
            match own.first()?.to_ascii_lowercase().as_str() {
                "update" | "delete" if sql.is_none() => sql = Some(between(self.block, &self.words, start, start + own.len())),
                "exit" if is_over(own.get(2..).filter(|_| is(&own, 1, "when")), counted.as_deref(), sql.as_deref()) => {
                    ends = true
                }
                // IF … THEN EXIT; END IF;
                "if" if self.takes(&["end", "if", ";"])
                    && is(&own, own.len().wrapping_sub(2), "then")
                    && is(&own, own.len() - 1, "exit") =>
                {
                    if !is_over(own.get(1..own.len() - 2), counted.as_deref(), sql.as_deref()) {
                        return None;
                    }
                    ends = true;
                }
                "get" if sql.is_some() && own.len() == 5 && is(&own, 1, "diagnostics") && is(&own, 4, "row_count") => {
                    counted = own.get(2).map(|name| (*name).to_owned());
                }
                "commit" => self.commits = true,
                "raise" if is(&own, 1, "notice") || is(&own, 1, "info") => {}
                "perform" if own.get(1).is_some_and(|call| call.eq_ignore_ascii_case("pg_sleep")) => {}
                _ => return None,
            }
        }
        let done = self.takes(&["end"]) && (self.at >= self.words.len() || self.takes(&[";"])) && self.at >= self.words.len();
        sql.filter(|_| ends && done)
    }
}

fn is(words: &[&str], at: usize, word: &str) -> bool {
    words.get(at).is_some_and(|own| own.eq_ignore_ascii_case(word))
}

/// Whether the condition says that a turn found nothing more, or fewer rows than it takes; any other may end it before.
fn is_over(condition: Option<&[&str]>, counted: Option<&str>, turn: Option<&str>) -> bool {
    let Some(turn) = turn else { return false };
    let words = tokens(turn, Dialect::Postgres, usize::MAX);
    let limit = words.iter().position(|word| word.eq_ignore_ascii_case("limit")).and_then(|at| words.get(at + 1));
    match condition {
        Some([not, found]) => not.eq_ignore_ascii_case("not") && found.eq_ignore_ascii_case("found"),
        Some([name, "=", "0"] | [name, "<", "1"]) => counted.is_some_and(|counted| counted.eq_ignore_ascii_case(name)),
        Some([name, "<", most]) => limit == Some(most) && counted.is_some_and(|counted| counted.eq_ignore_ascii_case(name)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turned(sql: &str) -> Option<String> {
        let (operations, _) = parse(sql, Dialect::Postgres);
        let statement = Statement { sql: sql.to_owned(), operations, ..Statement::default() };
        change(&statement, Dialect::Postgres).map(|turned| turned.statement.sql)
    }

    #[test]
    fn turns_until_none_is_left_are_one_change() {
        let turn = "UPDATE users SET status = 'active' WHERE id IN (SELECT id FROM users WHERE status = 'pending' LIMIT 1000)";
        for block in [
            format!("DO $$ BEGIN LOOP {turn}; EXIT WHEN NOT FOUND; COMMIT; PERFORM pg_sleep(0.1); END LOOP; END $$"),
            format!(
                "DO LANGUAGE plpgsql $x$\nDECLARE n integer := 0;\nBEGIN\n  LOOP\n    {turn};\n    GET DIAGNOSTICS n = ROW_COUNT;\n    \
                 IF n = 0 THEN EXIT; END IF;\n    RAISE NOTICE '% rows', n;\n  END LOOP;\nEND;\n$x$"
            ),
            format!(
                "DO $$ DECLARE n int; BEGIN LOOP {turn}; GET DIAGNOSTICS n = ROW_COUNT; EXIT WHEN n < 1000; END LOOP; END $$ LANGUAGE plpgsql"
            ),
        ] {
            assert_eq!(turned(&block).as_deref(), Some(turn), "{block}");
        }
    }

    #[test]
    fn what_does_more_than_that_stays_a_block() {
        let turn = "UPDATE users SET status = 'active' WHERE id IN (SELECT id FROM users WHERE status = 'pending' LIMIT 1000)";
        for block in [
            format!("DO $$ BEGIN {turn}; END $$"),
            format!("DO $$ BEGIN LOOP {turn}; END LOOP; END $$"),
            format!("DO $$ BEGIN LOOP {turn}; EXIT; END LOOP; END $$"),
            format!("DO $$ BEGIN LOOP {turn}; EXIT WHEN FOUND; END LOOP; END $$"),
            format!("DO $$ BEGIN LOOP EXIT WHEN NOT FOUND; {turn}; END LOOP; END $$"),
            format!(
                "DO $$ DECLARE n int; BEGIN LOOP {turn}; GET DIAGNOSTICS n = ROW_COUNT; EXIT WHEN n < 5000; END LOOP; END $$"
            ),
            format!("DO $$ DECLARE n int := 0; BEGIN LOOP {turn}; EXIT WHEN n = 0; END LOOP; END $$"),
            format!("DO $$ BEGIN LOOP {turn}; IF now() > '2030-01-01' THEN EXIT; END IF; END LOOP; END $$"),
            format!("DO $$ BEGIN LOOP {turn}; RAISE EXCEPTION 'x'; EXIT WHEN NOT FOUND; END LOOP; END $$"),
            format!("DO $$ BEGIN LOOP {turn}; EXIT WHEN NOT FOUND; INSERT INTO log VALUES (1); END LOOP; END $$"),
            format!("DO $$ BEGIN LOOP {turn}; EXIT WHEN NOT FOUND; END LOOP; DROP TABLE a; END $$"),
            format!("DO $$ BEGIN LOOP {turn}; EXIT WHEN NOT FOUND; PERFORM tidy(); END LOOP; END $$"),
            format!("DO $$ DECLARE n int := next_one(); BEGIN LOOP {turn}; EXIT WHEN NOT FOUND; END LOOP; END $$"),
            "DO $$ BEGIN LOOP UPDATE users SET a = 1; EXIT WHEN NOT FOUND; END LOOP; END $$".to_owned(),
            format!("DO $$ BEGIN LOOP {turn}; {turn}; EXIT WHEN NOT FOUND; END LOOP; END $$"),
        ] {
            assert_eq!(turned(&block), None, "{block}");
        }
    }
}
