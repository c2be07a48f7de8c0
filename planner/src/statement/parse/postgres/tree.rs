//! A statement's syntax tree, or what is wrong with it.
//!
//! squawk's own way goes over each tree three times more in search of what its grammar alone does not see, which costs more
//! than to parse it. What most statements are made of has none of that, and it shows while their tree is built: only the
//! others go squawk's own way.

use std::cell::RefCell;

use rowan::{GreenNodeBuilder, NodeCache};
use squawk_parser::{EntryPoint, LexedStr, StrStep, is_col_name_keyword, is_reserved_keyword, is_type_func_name_keyword};
use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SourceFile, SyntaxKind, SyntaxNode};

use crate::statement::parse::SyntaxError;

/// The tree of a text.
///
/// # Errors
/// What is wrong with it, in the order of the text, at least one thing.
pub(super) fn parse(sql: &str) -> Result<SourceFile, Vec<SyntaxError>> {
    let plain = plain(sql);
    debug_assert!(plain.is_none() || SourceFile::parse(sql).errors().is_empty(), "squawk finds something in {sql}");
    match plain {
        Some(tree) => Ok(tree),
        None => whole(sql),
    }
}

fn whole(sql: &str) -> Result<SourceFile, Vec<SyntaxError>> {
    let parsed = SourceFile::parse(sql);
    let errors = parsed.errors();
    if errors.is_empty() {
        return Ok(parsed.tree());
    }
    let error = |error: &squawk_syntax::syntax_error::SyntaxError| SyntaxError {
        offset: usize::from(error.range().start()),
        message: error.message().to_owned(),
    };
    Err(errors.iter().map(error).collect())
}

/// Trees after which the words and blanks they share are forgotten, so that a long history does not keep them all.
const SHARED: u32 = 256;

thread_local! {
    /// What the trees of this thread share, and how many did.
    static CACHE: RefCell<(NodeCache, u32)> = RefCell::default();
}

/// The tree of a text in which squawk finds nothing wrong for certain.
fn plain(sql: &str) -> Option<SourceFile> {
    let lexed = LexedStr::new(sql);
    if lexed.errors().next().is_some() {
        return None;
    }
    let output = EntryPoint::SourceFile.parse(&lexed.to_input());
    let green = CACHE.with_borrow_mut(|(cache, trees)| {
        *trees += 1;
        if *trees > SHARED {
            (*cache, *trees) = (NodeCache::default(), 1);
        }
        let mut builder = GreenNodeBuilder::with_cache(cache);
        let mut look = Look::default();
        lexed.intersperse_trivia(&output, &mut |step| match step {
            StrStep::Token { kind, text } => {
                look.token(kind, text);
                builder.token(rowan::SyntaxKind(kind.into()), text);
            }
            StrStep::Enter { kind } => {
                look.enter(kind);
                builder.start_node(rowan::SyntaxKind(kind.into()));
            }
            StrStep::Exit => {
                look.exit();
                builder.finish_node();
            }
            StrStep::Error { .. } => look.doubt = true,
        });
        Some(builder.finish()).filter(|_| !look.doubt)
    });
    SourceFile::cast(SyntaxNode::new_root(green?))
}

/// A look at a tree while it is built.
#[derive(Default)]
struct Look {
    /// The nodes that are open, and whether a type stood in them.
    open: Vec<(SyntaxKind, bool)>,
    /// Tokens of the literal at hand.
    literal: u32,
    /// The node that was opened last is the one at hand: it has no node in it.
    leaf: bool,
    /// The next token begins the name of a table, or of anything else that is referred to.
    named: bool,
    /// squawk may find something in what has been seen.
    doubt: bool,
}

impl Look {
    fn above(&self, levels: usize) -> Option<SyntaxKind> {
        let at = self.open.len().checked_sub(levels)?;
        self.open.get(at).map(|(kind, _)| *kind)
    }

    /// Whether what is opened now is the modifier of a type: `10` in `varchar(10)`.
    fn in_modifier(&self, levels: usize) -> bool {
        let is = |level: usize, kind: SyntaxKind| self.above(levels + level) == Some(kind);
        is(1, SyntaxKind::ARG) && is(2, SyntaxKind::ARG_LIST) && self.above(levels + 3).is_some_and(ast::Type::can_cast)
    }

    fn enter(&mut self, kind: SyntaxKind) {
        use SyntaxKind::{LITERAL, NAME_REF, SOURCE_FILE, TABLE_NAME};
        let second = self.above(1) == Some(SOURCE_FILE) && self.open.last().is_some_and(|(_, before)| *before);
        self.doubt |= second || is_judged(kind) || (self.in_modifier(0) && !matches!(kind, LITERAL | NAME_REF));
        let typed = ast::Type::can_cast(kind);
        if let Some((above, seen)) = self.open.last_mut() {
            *seen |= typed || *above == SOURCE_FILE;
        }
        self.named |= matches!(kind, NAME_REF | TABLE_NAME);
        self.literal = 0;
        self.leaf = true;
        self.open.push((kind, false));
    }

    fn exit(&mut self) {
        let Some((kind, seen)) = self.open.pop() else { return };
        let untyped = kind == SyntaxKind::COLUMN && !seen && self.above(1) == Some(SyntaxKind::TABLE_ARG_LIST);
        let empty = kind == SyntaxKind::SET_COLUMN_LIST && self.leaf;
        self.doubt |= untyped || empty;
        self.leaf = false;
    }

    fn token(&mut self, kind: SyntaxKind, text: &str) {
        use SyntaxKind::{
            CALL_EXPR, COMMENT, DEFAULT_KW, DOLLAR_QUOTED_STRING, ESC_STRING, IDENT, IN_KW, INT_NUMBER, LITERAL, NAME_REF,
            NUMERIC_NUMBER, OVERLAPS_KW, SET_EXPR, STRING, UESCAPE_KW, UNICODE_ESC_STRING, VARIADIC_KW, WHITESPACE,
        };
        let within = self.above(1);
        self.doubt |= match kind {
            IN_KW | OVERLAPS_KW | UESCAPE_KW | UNICODE_ESC_STRING | VARIADIC_KW => true,
            DEFAULT_KW => matches!(within, Some(LITERAL | SET_EXPR)),
            IDENT => text.get(1..2) == Some("&"),
            _ => false,
        };
        match within {
            Some(LITERAL) => {
                let number = matches!(kind, INT_NUMBER | NUMERIC_NUMBER | STRING | ESC_STRING | DOLLAR_QUOTED_STRING);
                self.doubt |= self.literal > 0 || (!number && self.in_modifier(1));
                self.literal += 1;
            }
            Some(NAME_REF) if self.above(2) == Some(CALL_EXPR) => {
                self.doubt |= is_col_name_keyword(kind) || is_reserved_keyword(kind);
            }
            _ => {}
        }
        if !matches!(kind, WHITESPACE | COMMENT) {
            self.doubt |= std::mem::take(&mut self.named) && is_type_func_name_keyword(kind);
        }
    }
}

/// Nodes that squawk judges by more than what is looked at here (`validation.rs` and `sql_body.rs` of 2.68).
const fn is_judged(kind: SyntaxKind) -> bool {
    use SyntaxKind as K;
    matches!(
        kind,
        K::AGGREGATE
            | K::ALL_FN
            | K::ANY_FN
            | K::ARRAY_EXPR
            | K::ATOMIC_BODY
            | K::CREATE_AGGREGATE
            | K::CREATE_FUNCTION
            | K::CREATE_PROCEDURE
            | K::CUSTOM_OP
            | K::DISTINCT_CLAUSE
            | K::DISTINCT_ON
            | K::DO
            | K::EXCEPT_TABLE_CLAUSE
            | K::FUNC_OPTION_LIST
            | K::FUNCTION_FROM_ITEM
            | K::FUNCTION_SIG
            | K::JOIN_EXPR
            | K::JSON_ARRAY_FN
            | K::JSON_OBJECT_FN
            | K::NON_STANDARD_PARAM
            | K::PAREN_FROM_ITEM
            | K::PARTITION_FOR_VALUES_WITH
            | K::PERCENT_TYPE
            | K::PROCEDURE_SIG
            | K::ROUTINE_SIG
            | K::RULE_STMT_LIST
            | K::SELECT
            | K::SELECT_INTO
            | K::SOME_FN
            | K::STORAGE_MODE
            | K::TO_CONFIG_VALUE
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_statements_are_plain() {
        for sql in [
            "CREATE TABLE a.t (id bigserial PRIMARY KEY, n numeric(10, 2) DEFAULT -1, s varchar(20) NOT NULL DEFAULT 'a', \
             at timestamptz(3) DEFAULT now(), p bigint REFERENCES p (id) ON DELETE CASCADE, CHECK (n > 0));",
            "ALTER TABLE t ADD COLUMN c text, DROP COLUMN d;",
            "CREATE UNIQUE INDEX CONCURRENTLY i ON t USING btree (lower(s), n DESC) WHERE n > 0",
            "INSERT INTO t (a, b) VALUES (1, 'x'), (2, E'\\n');",
            "UPDATE t SET a = 1, b = b + 1 WHERE c IS NULL -- why\n;",
            "DELETE FROM t WHERE a = 1",
            "COMMENT ON TABLE t IS 'it''s';",
        ] {
            assert!(plain(sql).is_some(), "{sql}");
            assert_eq!(parse(sql).map(|tree| tree.syntax().text().to_string()), Ok(sql.to_owned()));
        }
    }

    #[test]
    fn what_squawk_refuses_beyond_its_grammar_is_refused() {
        for sql in [
            "SELECT 1 SELECT 2",
            "CREATE TABLE t (a)",
            "CREATE TABLE t (a int, b)",
            "CREATE TABLE t (a numeric(1 + 1))",
            "CREATE TABLE t (a numeric(true))",
            "CREATE TABLE t (a varchar(variadic 1))",
            "CREATE TABLE left (a int)",
            "UPDATE t SET a = left",
            "UPDATE t SET",
            "UPDATE t SET a = 'x' 'y'",
            "UPDATE t SET a[1] = DEFAULT",
            "UPDATE t SET a = 1 + DEFAULT",
            "UPDATE t SET a = nullif(1)",
            "UPDATE t SET a = 1 WHERE b IN ()",
            "UPDATE t SET a = 1 WHERE b NOT IN c",
            "UPDATE t SET a = U&'\\zzzz'",
            "UPDATE t SET U&\"\\zzzz\" = 1",
            "ALTER TABLE t ALTER a SET STORAGE b",
            "SELECT a FROM LATERAL b",
        ] {
            assert!(parse(sql).is_err(), "{sql}");
        }
    }
}
