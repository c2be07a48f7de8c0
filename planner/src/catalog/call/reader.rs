//! The words of a stored program of MySQL and MariaDB: its frames, its conditions, its variables.

use super::Value;
use super::program::{Machine, Way, bare};
use super::value::{Locals, evaluate};
use crate::name::ObjectName;
use crate::statement::operation::{Called, Operation};
use crate::statement::parse::parse;
use crate::statement::split::{between, outside_brackets, short};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    /// Branches of `IF` and `CASE`.
    Branch,
    Loop,
}

/// What the next branch of an `IF` knows of those before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Taken {
    No,
    Yes,
    Maybe,
}

struct Frame {
    kind: Kind,
    /// How statements in it run.
    way: Way,
    /// How the whole compound runs.
    around: Way,
    taken: Taken,
}

/// Follows the words of one body.
pub(super) struct Reader<'b> {
    body: &'b str,
    tokens: Vec<&'b str>,
    at: usize,
    open: Vec<Frame>,
    base: Way,
    locals: Locals,
    /// The body may have been left before, or has been.
    left: Option<Way>,
}

impl<'b> Reader<'b> {
    pub(super) fn new(body: &'b str, tokens: Vec<&'b str>, base: Way, locals: Locals) -> Self {
        Self { body, tokens, at: 0, open: Vec::new(), base, locals, left: None }
    }

    /// Goes to the end; false: its frames do not close.
    pub(super) fn run(mut self, machine: &mut Machine) -> bool {
        self.skip_characteristics();
        while self.at < self.tokens.len() && !machine.stopped {
            self.step(machine);
        }
        self.open.is_empty()
    }

    fn is(&self, ahead: usize, word: &str) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.eq_ignore_ascii_case(word))
    }

    /// What stands between the parameters and the body.
    fn skip_characteristics(&mut self) {
        const FIRST: &[&str] = &["begin", "if", "set", "call", "alter", "create", "drop", "insert", "update", "delete", "select"];
        const OTHER: &[&str] = &["while", "loop", "repeat", "case", "for", "return", "prepare", "execute", "truncate", "rename"];
        let starts = |token: &&&str| FIRST.iter().chain(OTHER).any(|word| token.eq_ignore_ascii_case(word));
        // A label before BEGIN, or RETURNS type DETERMINISTIC COMMENT '…'.
        self.at = self.tokens.iter().position(|token| starts(&token)).unwrap_or(self.tokens.len());
    }

    fn way(&self) -> Way {
        let mut way = self.open.last().map_or_else(|| self.base.clone(), |frame| frame.way.clone());
        if let Some(left) = &self.left {
            way.skipped |= left.skipped;
            way.maybe = way.maybe.or_else(|| left.maybe.clone());
        }
        way
    }

    fn step(&mut self, machine: &mut Machine) {
        let word = self.tokens.get(self.at).map(|token| token.to_ascii_lowercase()).unwrap_or_default();
        match word.as_str() {
            ";" => self.at += 1,
            _ if self.is(1, ":") && !word.starts_with('@') => self.at += 2,
            "begin" => {
                self.at += if self.is(1, "not") && self.is(2, "atomic") { 3 } else { 1 };
                let way = self.way();
                self.push(Kind::Block, way);
            }
            "declare" => self.declare(machine),
            "if" => self.branch(machine, true),
            "elseif" => self.branch(machine, false),
            "else" => {
                self.at += 1;
                if let Some(frame) = self.open.last_mut() {
                    frame.way = frame.around.clone();
                    frame.way.skipped |= frame.taken == Taken::Yes;
                    if frame.taken == Taken::Maybe && frame.way.maybe.is_none() {
                        frame.way.maybe = Some("ELSE".to_owned());
                    }
                }
            }
            "case" => {
                self.until(&["when"]);
                let way = self.way();
                self.push(Kind::Branch, way);
            }
            "when" => {
                let condition = self.header("then");
                if let Some(frame) = self.open.last_mut() {
                    frame.way = Way { maybe: Some(short(&format!("CASE WHEN {condition}"))), ..frame.around.clone() };
                    frame.taken = Taken::Maybe;
                }
            }
            "while" | "for" => {
                let condition = self.header("do");
                self.enter_loop(machine, &format!("{} {condition}", word.to_uppercase()));
            }
            "loop" | "repeat" => {
                self.at += 1;
                self.enter_loop(machine, &word.to_uppercase());
            }
            "until" => self.until(&["end"]),
            "end" => {
                self.until(&[";"]);
                self.open.pop();
            }
            "leave" | "iterate" | "return" | "signal" | "resignal" => self.leave(),
            _ => self.statement(machine),
        }
    }

    fn push(&mut self, kind: Kind, way: Way) {
        self.open.push(Frame { kind, around: way.clone(), way, taken: Taken::No });
    }

    /// `IF … THEN`, `ELSEIF … THEN`.
    fn branch(&mut self, machine: &Machine, first: bool) {
        let condition = self.header("then");
        if first {
            let way = self.way();
            self.push(Kind::Branch, way);
        }
        let Some(frame) = self.open.last_mut() else { return };
        frame.way = frame.around.clone();
        let truth = match frame.taken {
            Taken::Yes => Some(false),
            _ if frame.around.skipped => Some(false),
            _ => evaluate(&machine.catalog, &self.locals, &condition).truth(),
        };
        match truth {
            Some(true) if frame.taken == Taken::No => frame.taken = Taken::Yes,
            Some(false) => frame.way.skipped = true,
            Some(true) | None => {
                frame.taken = Taken::Maybe;
                frame.way.maybe = frame.way.maybe.take().or_else(|| Some(short(&format!("IF {condition}"))));
            }
        }
    }

    /// What a loop has changed before a statement in it runs is not known.
    fn enter_loop(&mut self, machine: &mut Machine, reason: &str) {
        let way = Way { maybe: Some(short(reason)), ..self.way() };
        self.push(Kind::Loop, way);
        self.locals.iter_mut().for_each(|(_, value)| *value = Value::Unknown);
        machine.catalog.variables.change(|_, _| true, |value| *value = Value::Unknown);
    }

    /// The rest of the body does not run, or may not.
    fn leave(&mut self) {
        self.until(&[";"]);
        let way = self.way();
        let in_loop = self.open.iter().any(|frame| frame.kind == Kind::Loop);
        if way.skipped || in_loop || self.left.is_some() {
            return;
        }
        self.left = Some(Way { skipped: way.maybe.is_none(), ..way });
    }

    fn declare(&mut self, machine: &mut Machine) {
        self.at += 1;
        let start = self.at;
        if self.is(1, "handler") {
            self.handler(machine);
            return;
        }
        self.until(&[";"]);
        let own = self.tokens.get(start..self.at).unwrap_or_default();
        if own.iter().any(|token| token.eq_ignore_ascii_case("cursor") || token.eq_ignore_ascii_case("condition")) {
            return;
        }
        let default = own.iter().position(|token| token.eq_ignore_ascii_case("default"));
        let value = match default {
            Some(at) => evaluate(&machine.catalog, &self.locals, &self.text(start + at + 1, self.at)),
            None => Value::Null,
        };
        for name in own.split(|token| *token == ",").filter_map(<[&str]>::first) {
            self.locals.insert(bare(name), value.clone());
        }
    }

    /// `CONTINUE HANDLER FOR … statement`: what it runs is stepped over, what fails is gone over.
    fn handler(&mut self, machine: &mut Machine) {
        let start = self.at;
        // The condition ends where a statement begins.
        self.until(&[
            "begin", "set", ";", "select", "insert", "update", "delete", "rollback", "resignal", "signal", "call", "do", "leave",
        ]);
        let words = self.tokens.get(start..self.at).unwrap_or_default();
        let not_found = words.windows(2).any(|pair| pair[0].eq_ignore_ascii_case("not") && pair[1].eq_ignore_ascii_case("found"));
        if let Some(frame) = self.open.last_mut().filter(|_| !not_found) {
            frame.way.lenient = true;
        }
        if self.is(0, "begin") {
            let depth = self.open.len();
            let way = Way { skipped: true, ..self.way() };
            self.push(Kind::Block, way);
            self.at += 1;
            while self.open.len() > depth && self.at < self.tokens.len() {
                self.step(machine);
            }
        } else {
            self.until(&[";"]);
        }
    }

    fn statement(&mut self, machine: &mut Machine) {
        let start = self.at;
        self.until(&[";"]);
        let (end, way) = (self.at, self.way());
        if way.skipped {
            return;
        }
        let own: Vec<&str> = self.tokens.get(start..end).unwrap_or_default().to_vec();
        let is = |at: usize, word: &str| own.get(at).is_some_and(|token| token.eq_ignore_ascii_case(word));
        match own.first().map(|token| token.to_ascii_lowercase()).unwrap_or_default().as_str() {
            "set" => self.set(machine, start + 1, end, &way),
            "select" | "fetch" if own.iter().any(|token| token.eq_ignore_ascii_case("into")) => {
                self.select_into(machine, &own, start, end, &way);
            }
            "prepare" => {
                let value = evaluate(&machine.catalog, &self.locals, &self.text(start + 3, end));
                self.prepare(machine, bare(own.get(1).unwrap_or(&"")), value, &way);
            }
            "execute" if is(1, "immediate") => {
                let value = evaluate(&machine.catalog, &self.locals, &self.text(start + 2, end));
                self.prepare(machine, String::new(), value, &way);
                machine.call(
                    &Called::Prepared(String::new()),
                    "EXECUTE IMMEDIATE of a text that is put together at run time",
                    &self.locals,
                    &way,
                );
            }
            "call" => {
                let operations = parse(&self.text(start, end), machine.catalog.dialect).0;
                if let [Operation::Call { calls, reason }] = operations.as_slice() {
                    calls.iter().for_each(|one| machine.call(one, reason, &self.locals, &way));
                }
            }
            "open" | "close" | "fetch" | "get" | "start" | "commit" | "rollback" | "savepoint" | "do" => {}
            _ => machine.statement(&self.text(start, end), &way),
        }
    }

    fn prepare(&self, machine: &mut Machine, name: String, value: Value, way: &Way) {
        let value = if way.maybe.is_some() { Value::Unknown } else { value };
        machine.catalog.prepared.insert(ObjectName::bare(name), value);
    }

    /// `SET a = 1, @b = 2`.
    fn set(&mut self, machine: &mut Machine, start: usize, end: usize, way: &Way) {
        let mut at = start;
        while at < end {
            let mut depth = 0_usize;
            let own = self.tokens.get(at..end).unwrap_or_default();
            let length = own.iter().position(|token| {
                match *token {
                    "(" => depth += 1,
                    ")" => depth = depth.saturating_sub(1),
                    _ => {}
                }
                depth == 0 && *token == ","
            });
            let stop = at + length.unwrap_or(own.len());
            if let Some(equals) = own.iter().position(|token| *token == "=").filter(|equals| at + equals < stop) {
                let written: String = own.iter().take(equals).filter(|token| **token != ":").copied().collect();
                let text = self.text(at + equals + 1, stop);
                self.assign(machine, &written, &text, way);
            }
            at = stop + 1;
        }
    }

    fn assign(&mut self, machine: &mut Machine, name: &str, expression: &str, way: &Way) {
        let sure = way.maybe.is_none();
        let value = if sure { evaluate(&machine.catalog, &self.locals, expression) } else { Value::Unknown };
        if let Some(local) = self.locals.get_mut(&bare(name)) {
            *local = value;
        } else if name.starts_with('@') && !name.starts_with("@@") {
            machine.catalog.variables.insert(ObjectName::bare(name.to_ascii_lowercase()), value.clone());
            // The caller's session keeps it.
            let literal = match (&value, sure) {
                (Value::Text(text), true) => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
                (Value::Number(number), true) => number.to_string(),
                (Value::Null, true) => "NULL".to_owned(),
                _ => "unknown()".to_owned(),
            };
            machine.found.push(vec![Operation::SetParameter { name: name.to_owned(), value: literal, local: false }]);
        } else {
            machine.statement(&format!("SET {name} = {expression}"), way);
        }
    }

    /// `SELECT … INTO name …`.
    fn select_into(&mut self, machine: &mut Machine, own: &[&str], start: usize, end: usize, way: &Way) {
        let Some(into) = own.iter().position(|token| token.eq_ignore_ascii_case("into")) else { return };
        let names: Vec<&str> = own
            .iter()
            .skip(into + 1)
            .take_while(|token| {
                **token == "," || !["from", "where", "limit", "for"].iter().any(|word| token.eq_ignore_ascii_case(word))
            })
            .copied()
            .collect();
        let rest = self.text(start + into + 1 + names.len(), end);
        let query = format!("({} {rest})", self.text(start, start + into));
        let one = names.len() == 1 && own.first().is_some_and(|first| first.eq_ignore_ascii_case("select"));
        for name in names.into_iter().filter(|name| *name != ",") {
            let expression = if one { query.as_str() } else { "unknown()" };
            self.assign(machine, name, expression, way);
        }
    }

    fn header(&mut self, word: &str) -> String {
        self.at += 1;
        let start = self.at;
        self.until(&[word]);
        let text = self.text(start, self.at);
        self.at += 1;
        text
    }

    /// Steps to one of these words outside brackets.
    fn until(&mut self, words: &[&str]) {
        self.at = outside_brackets(&self.tokens, self.at, |token| words.iter().any(|word| token.eq_ignore_ascii_case(word)));
    }

    /// The body's own text from one token up to another.
    fn text(&self, from: usize, to: usize) -> String {
        between(self.body, &self.tokens, from, to)
    }
}
