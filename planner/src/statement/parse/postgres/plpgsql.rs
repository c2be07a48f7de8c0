//! PL/pgSQL bodies: the SQL that stands in them as it is, and what may keep it from running.
//!
//! Only the frame of the language is read (PostgreSQL manual 43.2 to 43.7): declarations are stepped over, conditions and
//! loops guard what stands in them, an error handler guards its block. Text that is put together at run time is opaque.

use crate::dialect::Dialect;
use crate::statement::operation::{Guard, Operation};
use crate::statement::parse::{DYNAMIC_ROWS, opaque, parse};
use crate::statement::split::{between, outside_brackets, short, tokens};

/// What a body does.
pub(super) fn operations(body: &str) -> Vec<Operation> {
    let tokens = tokens(body, Dialect::Postgres, usize::MAX);
    let mut reader = Reader { body, tokens, at: 0, open: Vec::new(), left: None, found: Vec::new() };
    while reader.at < reader.tokens.len() {
        reader.step();
    }
    if !reader.open.is_empty() {
        reader.found.push(opaque("the PL/pgSQL body cannot be followed"));
    }
    reader.found
}

/// What a frame is, and so which words end it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Branch,
    Loop,
    /// Behind `EXCEPTION`, and the arms of `CASE`.
    Arm,
}

/// An open frame: what was found since `from` stands in it.
struct Frame {
    kind: Kind,
    from: usize,
    guard: Option<(Guard, String)>,
}

struct Reader<'b> {
    body: &'b str,
    tokens: Vec<&'b str>,
    at: usize,
    open: Vec<Frame>,
    /// The body may have been left before: under which condition.
    left: Option<(Guard, String)>,
    found: Vec<Operation>,
}

impl<'b> Reader<'b> {
    fn word(&self, ahead: usize) -> String {
        self.tokens.get(self.at + ahead).map(|token| token.to_ascii_uppercase()).unwrap_or_default()
    }

    fn step(&mut self) {
        match self.word(0).as_str() {
            ";" => self.at += 1,
            // A label.
            "<" => {
                self.until(|token| token == ">");
                self.at += 2;
            }
            "DECLARE" => self.until(|token| token.eq_ignore_ascii_case("BEGIN")),
            "BEGIN" => {
                self.at += 1;
                self.push(Kind::Block, None);
            }
            "IF" => {
                let condition = self.header("THEN");
                self.push(Kind::Branch, Some(guard(&condition)));
            }
            "ELSIF" | "ELSEIF" => {
                self.close();
                let condition = self.header("THEN");
                self.push(Kind::Branch, Some(guard(&condition)));
            }
            "ELSE" => {
                let arm = self.open.last().is_some_and(|frame| frame.kind == Kind::Arm);
                self.close();
                self.at += 1;
                self.push(if arm { Kind::Arm } else { Kind::Branch }, Some((Guard::Unknown, "ELSE".to_owned())));
            }
            "CASE" => {
                self.until(|token| token.eq_ignore_ascii_case("WHEN"));
                self.push(Kind::Arm, Some((Guard::Unknown, "CASE".to_owned())));
            }
            "WHEN" => self.arm(),
            "EXCEPTION" => self.handler(),
            "WHILE" | "FOR" | "FOREACH" => {
                let header = self.header("LOOP");
                self.loop_reads(&header);
                self.push(Kind::Loop, Some((Guard::Unknown, short(&format!("LOOP {header}")))));
            }
            "LOOP" => {
                self.at += 1;
                self.push(Kind::Loop, Some((Guard::Unknown, "LOOP".to_owned())));
            }
            "END" => {
                self.until(|token| token == ";");
                self.close();
            }
            _ => self.statement(),
        }
    }

    fn push(&mut self, kind: Kind, guard: Option<(Guard, String)>) {
        self.open.push(Frame { kind, from: self.found.len(), guard });
    }

    /// Ends the innermost frame: what was found in it is guarded.
    fn close(&mut self) {
        let Some(frame) = self.open.pop() else { return };
        let Some((by, reason)) = frame.guard else { return };
        self.wrap(frame.from, by, reason);
    }

    fn wrap(&mut self, from: usize, by: Guard, reason: String) {
        let operations = self.found.split_off(from.min(self.found.len()));
        if !operations.is_empty() {
            self.found.push(Operation::Guarded { operations, by, reason });
        }
    }

    /// The next arm of a `CASE` or handler.
    fn arm(&mut self) {
        if self.open.last().is_some_and(|frame| frame.kind == Kind::Arm) {
            self.close();
        }
        let condition = self.header("THEN");
        self.push(Kind::Arm, Some((Guard::Unknown, short(&format!("WHEN {condition}")))));
    }

    /// `EXCEPTION WHEN … THEN`: the block before it may have been given up half way.
    fn handler(&mut self) {
        self.at += 1;
        let conditions: Vec<&str> =
            self.tokens.iter().skip(self.at).take_while(|token| !token.eq_ignore_ascii_case("THEN")).copied().collect();
        let undone = |word: &&str| {
            let word = word.to_ascii_lowercase();
            word.starts_with("duplicate_")
                || word.starts_with("undefined_")
                || matches!(word.as_str(), "when" | "or" | "invalid_table_definition")
        };
        let by = if conditions.iter().all(undone) { Guard::Undone } else { Guard::Unknown };
        if let Some(block) = self.open.pop() {
            self.wrap(block.from, by, short(&format!("EXCEPTION {}", conditions.join(" "))));
        }
        self.push(Kind::Arm, None);
    }

    /// The text up to a word, which is stepped over too.
    fn header(&mut self, word: &str) -> String {
        self.at += 1;
        let start = self.at;
        self.until(|token| token.eq_ignore_ascii_case(word));
        let text = self.text(start, self.at);
        self.at += 1;
        text
    }

    /// Steps to a token outside brackets.
    fn until(&mut self, stop: impl Fn(&str) -> bool) {
        self.at = outside_brackets(&self.tokens, self.at, stop);
    }

    /// The body's own text from one token up to another.
    fn text(&self, from: usize, to: usize) -> String {
        between(self.body, &self.tokens, from, to)
    }

    fn loop_reads(&mut self, header: &str) {
        let words = tokens(header, Dialect::Postgres, usize::MAX);
        let at = words.iter().position(|token| token.eq_ignore_ascii_case("in")).unwrap_or(words.len());
        let query = between(header, &words, at + 1, words.len());
        let first = query.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        match first.as_str() {
            "select" | "with" | "values" | "table" | "insert" | "update" | "delete" => self.sql(&query, self.at),
            "execute" => {
                let reason = self.placed("FOR … IN EXECUTE of a text that is put together at run time", self.at);
                self.note(vec![opaque(reason)]);
            }
            _ => {}
        }
    }

    fn statement(&mut self) {
        let start = self.at;
        self.until(|token| token == ";");
        let end = self.at;
        let own: Vec<&str> = self.tokens.get(start..end).unwrap_or_default().to_vec();
        let first = own.first().map(|token| token.to_ascii_uppercase()).unwrap_or_default();
        let assigned = assigned(&own);
        match first.as_str() {
            "RETURN" => self.returns(&own, start, end),
            "RAISE" => {
                const TELL: &[&str] = &["NOTICE", "WARNING", "INFO", "LOG", "DEBUG"];
                if !own.get(1).is_some_and(|level| TELL.iter().any(|tell| level.eq_ignore_ascii_case(tell))) {
                    self.leave();
                }
            }
            "NULL" | "EXIT" | "CONTINUE" | "ASSERT" | "GET" | "OPEN" | "FETCH" | "CLOSE" | "MOVE" => {}
            // Blocks in blocks would be read without end.
            "DO" => self.note(vec![opaque(self.placed("a DO block inside a body", start))]),
            "PERFORM" => {
                let query = self.text(start + 1, end);
                self.sql(&format!("SELECT {query}"), start);
            }
            "EXECUTE" => self.execute(own.get(1..).unwrap_or_default(), start),
            _ if assigned.is_some() => {
                let value = self.text(start + assigned.unwrap_or_default(), end);
                if value.contains('(') {
                    self.sql(&format!("SELECT {value}"), start);
                }
            }
            _ => {
                let into = into(&own);
                let text = match into {
                    Some((from, to)) => format!("{} {}", self.text(start, start + from), self.text(start + to, end)),
                    None => self.text(start, end),
                };
                self.sql(&text, start);
            }
        }
    }

    /// `RETURN` ends the body; `RETURN QUERY` runs a query and goes on.
    fn returns(&mut self, own: &[&str], start: usize, end: usize) {
        let is = |at: usize, word: &str| own.get(at).is_some_and(|own| own.eq_ignore_ascii_case(word));
        match (is(1, "QUERY"), is(2, "EXECUTE")) {
            (true, true) => self.execute(own.get(3..).unwrap_or_default(), start),
            (true, false) => {
                let query = self.text(start + 2, end);
                self.sql(&query, start);
            }
            (false, _) if is(1, "NEXT") => {}
            (false, _) => self.leave(),
        }
    }

    /// The body ends here where the conditions around hold.
    fn leave(&mut self) {
        if self.left.is_none() {
            self.left = self.open.iter().rev().find_map(|frame| frame.guard.clone());
        }
    }

    fn note(&mut self, operations: Vec<Operation>) {
        match self.left.clone().filter(|_| !operations.is_empty()) {
            Some((by, reason)) => self.found.push(Operation::Guarded { operations, by, reason }),
            None => self.found.extend(operations),
        }
    }

    /// A reason with the place in the body.
    fn placed(&self, reason: &str, at: usize) -> String {
        let start = self.tokens.get(at).map_or(0, |token| (token.as_ptr() as usize).saturating_sub(self.body.as_ptr() as usize));
        let before = self.body.get(..start).unwrap_or_default();
        format!("{reason} (line {} of the body)", before.bytes().filter(|byte| *byte == b'\n').count() + 1)
    }

    /// A query that only works with variables is nothing.
    fn sql(&mut self, sql: &str, at: usize) {
        let first = sql.split_whitespace().next().unwrap_or_default();
        if first.eq_ignore_ascii_case("do") {
            return self.note(vec![opaque(self.placed("a DO block inside a body", at))]);
        }
        let (mut operations, _) = parse(sql, Dialect::Postgres);
        operations.retain(|operation| !matches!(operation, Operation::Select { reads, calls, locks } if reads.is_empty() && calls.is_empty() && locks.is_empty()));
        for operation in &mut operations {
            if let Operation::Opaque { reason } | Operation::Call { reason, .. } = operation {
                *reason = self.placed(reason, at);
            }
        }
        self.note(operations);
    }

    /// `EXECUTE` of a literal, or of several put together.
    fn execute(&mut self, words: &[&str], at: usize) {
        let ends = |word: &&&str| word.eq_ignore_ascii_case("USING") || word.eq_ignore_ascii_case("INTO");
        let written = words.iter().position(|word| ends(&word)).map_or(words, |at| words.get(..at).unwrap_or_default());
        let mut sql = String::new();
        let mut known = !written.is_empty();
        for word in written.iter().filter(|word| **word != "|") {
            match literal(word) {
                Some(text) => sql.push_str(&text),
                None => known = false,
            }
        }
        if known {
            self.sql(&sql, at);
        } else {
            let begins = words.iter().find_map(|word| literal(word)).unwrap_or_default();
            let verb = begins.split_whitespace().next().unwrap_or_default();
            let rows = ["insert", "update", "delete"].iter().any(|known| verb.eq_ignore_ascii_case(known));
            let what = if rows { DYNAMIC_ROWS } else { "EXECUTE of a text that is put together at run time" };
            let reason = self.placed(&format!("{what}: {}", short(&words.join(" "))), at);
            self.note(vec![opaque(reason)]);
        }
    }
}

/// Where the value of an assignment begins: behind `name :=`, `NEW.column =`, `list[1] :=`.
fn assigned(words: &[&str]) -> Option<usize> {
    let mut at = 1;
    loop {
        match *words.get(at)? {
            "." => at += 2,
            "[" => at += 1 + words.get(at..)?.iter().position(|word| *word == "]")?,
            ":" if words.get(at + 1) == Some(&"=") => return Some(at + 2),
            "=" => return Some(at + 1),
            _ => return None,
        }
    }
}

/// The value of a string as written, escapes of `E'…'` apart.
fn literal(word: &str) -> Option<String> {
    if let Some(inner) = word.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        return Some(inner.replace("''", "'"));
    }
    let tag = word.strip_prefix('$')?.find('$')?;
    let tag = word.get(..tag + 2)?;
    word.strip_prefix(tag)?.strip_suffix(tag).map(str::to_owned)
}

/// `INTO variables`, which is none of SQL's: from where to where.
fn into(words: &[&str]) -> Option<(usize, usize)> {
    let first = words.first()?.to_ascii_uppercase();
    if !matches!(first.as_str(), "SELECT" | "WITH" | "INSERT" | "UPDATE" | "DELETE") {
        return None;
    }
    let is = |at: usize, word: &str| words.get(at).is_some_and(|own| own.eq_ignore_ascii_case(word));
    let mut depth = 0_usize;
    let mut from = None;
    for (at, word) in words.iter().enumerate() {
        match *word {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if from.is_none() && is(at, "INTO") && at > 0 && !is(at - 1, "INSERT") && !is(at - 1, "MERGE") => from = Some(at),
            word if from.is_some() => {
                const ENDS: &[&str] = &["FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "FOR", "HAVING"];
                if ENDS.iter().any(|end| word.eq_ignore_ascii_case(end)) {
                    return Some((from?, at));
                }
            }
            _ => {}
        }
    }
    from.map(|from| (from, words.len()))
}

/// What a condition lets through: a look at the server's own catalogs asks whether it is done already.
fn guard(condition: &str) -> (Guard, String) {
    let lower = condition.to_ascii_lowercase();
    let asks = lower.contains("exists") || lower.contains("to_regclass") || lower.contains("count(");
    let catalogs = ["pg_", "information_schema", "to_regclass"].iter().any(|name| lower.contains(name));
    let by = if asks && catalogs { Guard::Undone } else { Guard::Unknown };
    (by, short(&format!("IF {condition}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(body: &str) -> Vec<String> {
        let name = |operation: &Operation| match operation {
            Operation::Guarded { operations, by, .. } => format!("{by:?}({})", operations.len()),
            Operation::Opaque { reason } => format!("opaque: {reason}"),
            other => format!("{other:?}").split([' ', '(']).next().unwrap_or_default().to_owned(),
        };
        operations(body).iter().map(name).collect()
    }

    #[test]
    fn a_guarded_creation_is_known() {
        let body = "begin if not exists (select 1 from pg_type where typname = 'mood') then \
            create type mood as enum ('a;b'); end if; end";
        assert_eq!(kinds(body), ["Undone(1)"]);
        let body = "DECLARE n int := 0; BEGIN ALTER TABLE t ADD COLUMN a int; EXCEPTION WHEN duplicate_column THEN RAISE NOTICE 'x'; END;";
        assert_eq!(kinds(body), ["Undone(1)"]);
    }

    #[test]
    fn rows_and_loops_leave_it_open() {
        let body = "DECLARE r record; BEGIN FOR r IN SELECT id FROM t LOOP UPDATE u SET a = 1 WHERE id = r.id; END LOOP; \
            IF found THEN DELETE FROM u; ELSE NULL; END IF; END";
        assert_eq!(kinds(body), ["Select", "Unknown(1)", "Unknown(1)"]);
    }

    #[test]
    fn a_literal_is_read_and_a_text_put_together_is_not() {
        let body =
            "BEGIN EXECUTE 'DROP TABLE ' || 'a'; EXECUTE $q$DROP TABLE b$q$ USING 1; EXECUTE format('DROP TABLE %I', x); END";
        let found = kinds(body);
        assert_eq!(found[..2], ["DropTable", "DropTable"]);
        assert!(found[2].starts_with("opaque: EXECUTE"), "{found:?}");
    }

    #[test]
    fn variables_are_not_tables() {
        let body =
            "BEGIN SELECT max(id) INTO STRICT n FROM t; n := 5; INSERT INTO t VALUES (1) RETURNING id INTO n; PERFORM now(); END";
        assert_eq!(kinds(body)[..2], ["Select", "Insert"]);
    }

    #[test]
    fn a_trigger_assigns_and_returns() {
        let body = "BEGIN NEW.seen = now(); NEW.list[1] := 2; IF NEW.a IS NULL THEN RETURN NEW; END IF; \
            UPDATE t SET a = 1; RAISE NOTICE 'x'; RETURN QUERY DELETE FROM u RETURNING *; RETURN NEW; END";
        assert_eq!(kinds(body), ["Select", "Unknown(1)", "Unknown(1)"]);
    }

    #[test]
    fn broken_bodies_end() {
        for body in ["", "BEGIN", "IF", "FOR x IN", "EXCEPTION", "END END", "<<", "WHEN", "ELSE", "é := (", "EXECUTE", "CASE"] {
            let _ = operations(body);
        }
    }
}
