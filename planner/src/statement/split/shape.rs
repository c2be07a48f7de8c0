//! Which semicolons end a statement: bodies of routines and triggers hold their own.
//!
//! Sources: PostgreSQL `psqlscan.l` (`BEGIN ATOMIC`), SQLite `complete.c` (a trigger ends with `; END ;`),
//! `MySQL` 8.0 manual 13.6 (compound statements), `MariaDB` manual "BEGIN NOT ATOMIC".

use crate::dialect::Dialect;

/// The words that decide, and what else can stand before a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Start,
    Create,
    Alter,
    Begin,
    Not,
    Atomic,
    End,
    Case,
    /// `IF`, `WHILE`, `LOOP`, `REPEAT`, `FOR`: their `END` names them again.
    Compound,
    /// Words a compound statement may follow: `THEN`, `ELSE`, `DO`, and `ROW` of `FOR EACH ROW`.
    Opener,
    Routine,
    Trigger,
    Event,
    /// Words that may stand between `CREATE` and its kind.
    Modifier,
    /// Kinds without a body: `TABLE`, `VIEW`, `INDEX` …
    Bodiless,
    Copy,
    From,
    Stdin,
    As,
    Dot,
    Semicolon,
    /// SQLite: an `END` behind a semicolon.
    TriggerEnd,
    Other,
}

fn mark(word: &str) -> Mark {
    const WORDS: &[(&str, Mark)] = &[
        ("create", Mark::Create),
        ("alter", Mark::Alter),
        ("begin", Mark::Begin),
        ("not", Mark::Not),
        ("atomic", Mark::Atomic),
        ("end", Mark::End),
        ("case", Mark::Case),
        ("if", Mark::Compound),
        ("while", Mark::Compound),
        ("loop", Mark::Compound),
        ("repeat", Mark::Compound),
        ("for", Mark::Compound),
        ("then", Mark::Opener),
        ("else", Mark::Opener),
        ("do", Mark::Opener),
        ("row", Mark::Opener),
        ("function", Mark::Routine),
        ("procedure", Mark::Routine),
        ("package", Mark::Routine),
        ("trigger", Mark::Trigger),
        ("event", Mark::Event),
        ("or", Mark::Modifier),
        ("replace", Mark::Modifier),
        ("temp", Mark::Modifier),
        ("temporary", Mark::Modifier),
        ("table", Mark::Bodiless),
        ("view", Mark::Bodiless),
        ("index", Mark::Bodiless),
        ("unique", Mark::Bodiless),
        ("database", Mark::Bodiless),
        ("schema", Mark::Bodiless),
        ("user", Mark::Bodiless),
        ("role", Mark::Bodiless),
        ("sequence", Mark::Bodiless),
        ("copy", Mark::Copy),
        ("from", Mark::From),
        ("stdin", Mark::Stdin),
        ("as", Mark::As),
    ];
    if word.len() > 9 {
        return Mark::Other;
    }
    WORDS.iter().find(|(text, _)| word.eq_ignore_ascii_case(text)).map_or(Mark::Other, |(_, mark)| *mark)
}

/// What the statement being read is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Nothing read yet.
    Unread,
    /// Behind `CREATE`.
    Creating,
    /// MySQL: behind `ALTER`, which can change an event's body.
    Altering,
    /// MariaDB: behind a leading `BEGIN`.
    Beginning,
    /// It can have a body with semicolons.
    Body,
    /// `COPY`.
    Copying,
    /// None of these.
    Plain,
}

/// Follows the words of one statement.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    dialect: Dialect,
    kind: Kind,
    previous: Mark,
    /// Open `BEGIN` and `CASE`.
    depth: usize,
    /// MySQL: open `IF`, `LOOP` … of a body without `BEGIN`.
    compound: usize,
    /// The last `END` took one off `depth`.
    closed_one: bool,
    /// Where the outermost block opens.
    opens: usize,
    /// Where the last `BEGIN` stands.
    begin: usize,
    from_stdin: bool,
}

impl Shape {
    pub(super) const fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            kind: Kind::Unread,
            previous: Mark::Start,
            depth: 0,
            compound: 0,
            closed_one: false,
            opens: 0,
            begin: 0,
            from_stdin: false,
        }
    }

    /// Takes note of a word at an offset.
    pub(super) fn word(&mut self, word: &str, at: usize) {
        let mark = if self.previous == Mark::Dot { Mark::Other } else { mark(word) };
        if mark == Mark::Begin {
            self.begin = at;
        }
        match self.kind {
            Kind::Body => return self.body_word(mark, at),
            Kind::Copying if mark == Mark::Stdin && self.previous == Mark::From => self.from_stdin = true,
            Kind::Copying | Kind::Plain => {}
            _ => self.kind = self.head_word(mark, at),
        }
        self.previous = mark;
    }

    fn head_word(&mut self, mark: Mark, at: usize) -> Kind {
        use Dialect::{MariaDb, MySql, Postgres, Sqlite};
        let mysql = matches!(self.dialect, MySql | MariaDb);
        match (self.kind, mark) {
            (Kind::Unread, Mark::Create) => {
                self.opens = at;
                Kind::Creating
            }
            (Kind::Unread, Mark::Alter) if mysql => Kind::Altering,
            (Kind::Unread, Mark::Copy) if self.dialect == Postgres => Kind::Copying,
            (Kind::Unread, Mark::Begin) if self.dialect == MariaDb => Kind::Beginning,
            (Kind::Beginning, Mark::Not) => Kind::Beginning,
            (Kind::Beginning, Mark::Atomic) if self.previous == Mark::Not => {
                self.depth = 1;
                self.opens = self.begin;
                Kind::Body
            }
            (Kind::Creating, Mark::Routine) if self.dialect != Sqlite => Kind::Body,
            (Kind::Creating, Mark::Trigger) if self.dialect != Postgres => Kind::Body,
            (Kind::Creating | Kind::Altering, Mark::Event) if mysql => Kind::Body,
            (Kind::Creating, Mark::Modifier) => Kind::Creating,
            // DEFINER = user@host and the like stand between.
            (Kind::Creating | Kind::Altering, Mark::Other | Mark::Not | Mark::Compound) if mysql => self.kind,
            _ => Kind::Plain,
        }
    }

    fn body_word(&mut self, mark: Mark, at: usize) {
        match self.dialect {
            Dialect::Postgres => self.postgres_word(mark),
            Dialect::MySql | Dialect::MariaDb => self.mysql_word(mark, at),
            Dialect::Sqlite => {
                if mark == Mark::Begin && self.depth == 0 {
                    self.depth = 1;
                    self.opens = at;
                }
            }
        }
        let ends_trigger = mark == Mark::End && self.previous == Mark::Semicolon && self.dialect == Dialect::Sqlite;
        self.previous = if ends_trigger { Mark::TriggerEnd } else { mark };
    }

    /// `AS end` and `AS case` are column labels.
    fn postgres_word(&mut self, mark: Mark) {
        match mark {
            Mark::Atomic if self.previous == Mark::Begin => {
                if self.depth == 0 {
                    self.opens = self.begin;
                }
                self.depth += 1;
            }
            Mark::Case if self.depth > 0 && self.previous != Mark::As => self.depth += 1,
            Mark::End if self.previous != Mark::As => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }

    fn mysql_word(&mut self, mark: Mark, at: usize) {
        match (mark, self.previous) {
            // END IF and its like: the END closed no BEGIN.
            (Mark::Compound, Mark::End) => {
                if self.closed_one {
                    self.depth += 1;
                } else {
                    self.compound = self.compound.saturating_sub(1);
                }
            }
            (Mark::Case, Mark::End) => {}
            (Mark::Begin | Mark::Case, _) => {
                if self.depth + self.compound == 0 {
                    self.opens = at;
                }
                self.depth += 1;
            }
            (Mark::End, _) => {
                self.closed_one = self.depth > 0;
                self.depth = self.depth.saturating_sub(1);
            }
            (Mark::Compound, Mark::Opener | Mark::Semicolon) if self.depth == 0 => {
                if self.compound == 0 {
                    self.opens = at;
                }
                self.compound += 1;
            }
            _ => {}
        }
    }

    /// Takes note of a symbol.
    pub(super) fn symbol(&mut self, byte: u8) {
        self.previous = match byte {
            b'.' => Mark::Dot,
            b';' => Mark::Semicolon,
            // A label: what follows may be a compound statement.
            b':' => Mark::Opener,
            _ => Mark::Other,
        };
    }

    /// Takes note of a string or quoted name.
    pub(super) fn quoted(&mut self) {
        self.previous = Mark::Other;
    }

    /// Where the block opens that a semicolon here would stand in; `None`: it ends the statement.
    pub(super) fn open(&self) -> Option<usize> {
        let open = match (self.kind, self.dialect) {
            (Kind::Body, Dialect::Sqlite) => self.previous != Mark::TriggerEnd,
            (Kind::Body, _) => self.depth + self.compound > 0,
            _ => false,
        };
        open.then_some(self.opens)
    }

    /// It is a `COPY … FROM STDIN`.
    pub(super) const fn copies_in(&self) -> bool {
        self.from_stdin
    }
}
