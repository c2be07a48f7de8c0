//! The walk over the text: tokens in, pieces out.

use super::lexer::{Lexer, Token, is_space};
use super::shape::Shape;
use super::{Piece, SplitError, copy};
use crate::dialect::Dialect;

/// State of the walk.
pub(super) struct Cutter<'a> {
    text: &'a str,
    dialect: Dialect,
    lexer: Lexer<'a>,
    at: usize,
    /// Offset of the statement's first byte, comments included.
    start: Option<usize>,
    /// Offset behind its last byte so far.
    end: usize,
    /// It holds more than comments.
    content: bool,
    /// Nothing of the statement stands before `at` on its line.
    fresh_line: bool,
    parentheses: usize,
    parenthesis_opens: usize,
    version_comment: Option<usize>,
    shape: Shape,
    delimiter: &'a str,
    pieces: Vec<Piece>,
    errors: Vec<SplitError>,
}

impl<'a> Cutter<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self {
            text,
            dialect,
            lexer: Lexer::new(text, dialect),
            at: 0,
            start: None,
            end: 0,
            content: false,
            fresh_line: true,
            parentheses: 0,
            parenthesis_opens: 0,
            version_comment: None,
            shape: Shape::new(dialect),
            delimiter: ";",
            pieces: Vec::new(),
            errors: Vec::new(),
        }
    }

    pub(super) fn cut(mut self) -> (Vec<Piece>, Vec<SplitError>) {
        while self.at < self.text.len() {
            if let Err(error) = self.step() {
                self.errors.push(error);
                return (self.pieces, self.errors);
            }
        }
        if let Err(error) = self.finish() {
            self.errors.push(error);
        }
        (self.pieces, self.errors)
    }

    fn step(&mut self) -> Result<(), SplitError> {
        if self.delimiter != ";" && self.rest().starts_with(self.delimiter) {
            self.end_statement();
            self.at += self.delimiter.len();
            return Ok(());
        }
        if !self.content
            && let Some(blank) = self.rest().chars().next().filter(|c| is_foreign_blank(*c))
        {
            self.at += blank.len_utf8();
            return Ok(());
        }
        let (token, end) = self.lexer.token(self.at, self.version_comment.is_some(), self.fresh_line)?;
        let end = self.before_delimiter(token, end.min(self.text.len()));
        if token == Token::Space {
            self.fresh_line |= self.text.get(self.at..end).is_some_and(|space| space.contains(['\n', '\r']));
            self.at = end;
            return Ok(());
        }
        if token == Token::Symbol(b';') && self.delimiter == ";" && self.ends_here() {
            return self.semicolon();
        }
        if self.client_command(token, end)? {
            return Ok(());
        }
        self.take(token, end);
        Ok(())
    }

    /// `END$$`: the mysql client looks for its delimiter inside words too.
    fn before_delimiter(&self, token: Token, end: usize) -> usize {
        if self.delimiter == ";" || token != Token::Word {
            return end;
        }
        let word = self.text.get(self.at..end + self.delimiter.len() - 1).or_else(|| self.text.get(self.at..)).unwrap_or("");
        word.find(self.delimiter).map_or(end, |length| end.min(self.at + length))
    }

    /// A semicolon here ends the statement.
    fn ends_here(&self) -> bool {
        self.parentheses == 0 && self.version_comment.is_none() && self.shape.open().is_none()
    }

    fn take(&mut self, token: Token, end: usize) {
        self.start.get_or_insert(self.at);
        if token != Token::Comment {
            self.content = true;
            self.fresh_line = false;
        }
        match token {
            Token::Word => self.shape.word(self.text.get(self.at..end).unwrap_or(""), self.at),
            Token::Quoted => self.shape.quoted(),
            Token::Symbol(byte) => self.symbol(byte),
            Token::OpenVersionComment => self.version_comment = Some(self.at),
            Token::CloseVersionComment => self.version_comment = None,
            Token::Space | Token::Comment => {}
        }
        self.at = end;
        self.end = end;
    }

    fn symbol(&mut self, byte: u8) {
        match byte {
            b'(' => {
                if self.parentheses == 0 {
                    self.parenthesis_opens = self.at;
                }
                self.parentheses += 1;
            }
            b')' => self.parentheses = self.parentheses.saturating_sub(1),
            _ => {}
        }
        self.shape.symbol(byte);
    }

    fn semicolon(&mut self) -> Result<(), SplitError> {
        let copies = self.shape.copies_in();
        let copy_at = self.start.unwrap_or(self.at);
        self.at += 1;
        if !copies {
            self.end_statement();
            return Ok(());
        }
        let (data, behind) = copy::data(self.text, copy_at, self.at)?;
        self.end_statement();
        if let Some(piece) = self.pieces.last_mut() {
            piece.copy_data = Some(data);
        }
        self.at = behind;
        self.fresh_line = true;
        Ok(())
    }

    /// Puts the statement read so far among the pieces, if it is more than comments.
    fn end_statement(&mut self) {
        if let (Some(start), true) = (self.start, self.content) {
            // A line comment at the end brings its trailing blanks.
            let blanks = self.text.get(start..self.end).map_or(0, |sql| sql.len() - sql.trim_end_matches(is_blank).len());
            self.pieces.push(Piece { range: start..self.end - blanks, copy_data: None });
        }
        self.start = None;
        self.content = false;
        self.fresh_line = true;
        self.parentheses = 0;
        self.version_comment = None;
        self.shape = Shape::new(self.dialect);
    }

    /// Commands of `psql`, `mysql` and `sqlite3` that no server understands. `true`: one was here.
    fn client_command(&mut self, token: Token, end: usize) -> Result<bool, SplitError> {
        match (self.dialect, token) {
            (Dialect::Postgres, Token::Symbol(b'\\')) => {
                let line = self.rest_of_line();
                self.errors.push(meta_command(self.at, line));
                self.end_statement();
            }
            (Dialect::Sqlite, Token::Symbol(b'.')) if !self.content => {
                let command = first_word(self.rest_of_line());
                self.errors.push(SplitError::new(
                    "shell-command",
                    self.at,
                    format!("command {command} of the sqlite3 shell"),
                    "Remove the line: only SQL can run in a migration.",
                ));
            }
            (Dialect::MySql | Dialect::MariaDb, Token::Word) => return self.delimiter_command(end),
            _ => return Ok(false),
        }
        self.at += self.rest_of_line().len();
        Ok(true)
    }

    /// The `DELIMITER` line of the mysql client.
    fn delimiter_command(&mut self, end: usize) -> Result<bool, SplitError> {
        let word = self.text.get(self.at..end).unwrap_or("");
        if !self.fresh_line || !word.eq_ignore_ascii_case("delimiter") {
            return Ok(false);
        }
        let line = self.rest_of_line();
        let argument = line.get(word.len()..).unwrap_or("");
        let delimiter = first_word(argument.trim_start());
        if self.content {
            // A column may bear the name; a delimiter is a word without letters, apart by a blank.
            let looks_like_one = argument.starts_with([' ', '\t'])
                && !delimiter.is_empty()
                && delimiter.chars().all(|c| c.is_ascii_punctuation() && !matches!(c, ',' | ')' | '=' | '(' | '`' | '\'' | '"'))
                && self.parentheses == 0;
            if looks_like_one {
                return Err(SplitError::new(
                    "wrong-delimiter",
                    self.at,
                    format!("DELIMITER inside a statement that {} has not ended", self.delimiter),
                    format!("End the statement before this line with {}.", self.delimiter),
                ));
            }
            return Ok(false);
        }
        if delimiter.is_empty() {
            return self.delimiter_below(line.len());
        }
        self.delimiter = delimiter;
        self.at += line.len();
        self.start = None;
        Ok(true)
    }

    /// Flyway takes the next line that is not empty; the mysql client wants it on the same one.
    fn delimiter_below(&mut self, length: usize) -> Result<bool, SplitError> {
        let below = self.rest().get(length..).unwrap_or("");
        let delimiter = below.split(['\n', '\r']).map(str::trim).find(|line| !line.is_empty());
        match delimiter {
            Some(delimiter) if !delimiter.contains(char::is_whitespace) => {
                let behind = below.find(delimiter).unwrap_or(0) + delimiter.len();
                self.delimiter = delimiter;
                self.at += length + behind;
                self.start = None;
                Ok(true)
            }
            _ => Err(SplitError::new(
                "wrong-delimiter",
                self.at,
                "DELIMITER without a delimiter",
                "Name the delimiter on the same line: DELIMITER //",
            )),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn rest_of_line(&self) -> &'a str {
        self.rest().split(['\n', '\r']).next().unwrap_or("")
    }

    fn finish(&mut self) -> Result<(), SplitError> {
        if let Some(opens) = self.version_comment {
            return Err(SplitError::new(
                "unterminated-comment",
                opens,
                "unterminated comment /*!",
                "Close the comment with */ where it ends.",
            ));
        }
        if self.parentheses > 0 {
            return Err(SplitError::new(
                "unterminated-parenthesis",
                self.parenthesis_opens,
                "unterminated parenthesis (",
                "Close it with ) before the statement ends.",
            ));
        }
        if let (true, Some(opens)) = (self.content, self.shape.open()) {
            return Err(SplitError::new(
                "unterminated-block",
                opens,
                "unterminated block: its END is missing",
                "Close the block with END; before the next statement.",
            ));
        }
        if self.shape.copies_in() {
            copy::data(self.text, self.start.unwrap_or(self.end), self.text.len())?;
        }
        self.end_statement();
        Ok(())
    }
}

/// Blanks that no server knows, left behind by editors; Flyway passes over them between statements.
fn is_foreign_blank(c: char) -> bool {
    !c.is_ascii() && (c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

fn is_blank(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_space)
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or("")
}

fn meta_command(at: usize, line: &str) -> SplitError {
    let command = first_word(line);
    if command == "\\." {
        return SplitError::new(
            "psql-meta-command",
            at,
            "a \\. line without COPY … FROM STDIN before it",
            "Remove the line, or end the COPY before the data with a semicolon.",
        );
    }
    SplitError::new(
        "psql-meta-command",
        at,
        format!("the psql meta-command {command} is not supported"),
        "Remove the line: only SQL can run in a migration.",
    )
}
