//! What a query or data change reads, by `sqlparser`, which also says whether it is well formed.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Ident, ObjectName as ParsedName, Query, Statement, Visit, Visitor};
use sqlparser::dialect::{MySqlDialect, SQLiteDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

use super::token::Cursor;
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::statement::parse::SyntaxError;

/// Levels that the parser may recurse. Fifty, its own bound, exhausts the 2 MB of a thread in a debug build.
const RECURSION: usize = 18;

/// What the text of a command names.
#[derive(Debug, Default)]
pub(super) struct Read {
    /// Tables and views in the order of the text, each as often as it is named, without `WITH` queries.
    pub(super) tables: Vec<ObjectName>,
    /// Functions called, lower case, each once.
    pub(super) calls: Vec<String>,
    /// Unqualified column names in expressions, those of subqueries too.
    pub(super) columns: Vec<String>,
    /// Qualified columns: what stands before the dot, and the column.
    pub(super) qualified: Vec<(String, String)>,
    /// Queries inside, subqueries counted.
    pub(super) queries: usize,
}

/// Parses the rest of the cursor as one command.
pub(super) fn read(cursor: &Cursor<'_>) -> Result<Read, SyntaxError> {
    let start = cursor.peek().map_or(0, |token| token.start);
    let parsed = statement(cursor.text(), cursor.dialect).or_else(|error| {
        let joined = joined(cursor).and_then(|text| statement(&text, cursor.dialect).ok());
        joined.ok_or(SyntaxError { offset: start + error.offset, ..error })
    })?;
    Ok(of_statement(&parsed, cursor.dialect))
}

/// Tables that MySQL and MariaDB join at most: `sqlparser` would go one deeper for each.
const MOST_TABLES: usize = 61;

/// `UPDATE a, b SET …` as the join that it is: `sqlparser` reads no list there.
fn joined(cursor: &Cursor<'_>) -> Option<String> {
    let mut list = cursor.clone();
    let tables = list.until(|token| token.is("set"));
    let parts = tables.split();
    let texts: Vec<&str> = parts.iter().map(Cursor::text).collect();
    let named = (2..=MOST_TABLES).contains(&texts.len()) && !texts.contains(&"");
    (tables.at(&["update"]) && named).then(|| format!("{} {}", texts.join(" CROSS JOIN "), list.text()))
}

/// Parses one query or data change.
pub(super) fn statement(sql: &str, dialect: Dialect) -> Result<Statement, SyntaxError> {
    let dialect: &dyn sqlparser::dialect::Dialect = match dialect {
        Dialect::Sqlite => &SQLiteDialect {},
        _ => &MySqlDialect {},
    };
    let parser = Parser::new(dialect).with_recursion_limit(RECURSION);
    let statement = parser.try_with_sql(sql).and_then(|mut parser| whole_statement(&mut parser));
    statement.map_err(|error| located(sql, &error.to_string()))
}

/// One data change or query, to the end. `Parser::parse_statement` would bring every command of every product into the
/// page, and the recognisers beside this one read those.
fn whole_statement(parser: &mut Parser<'_>) -> Result<Statement, ParserError> {
    let first = parser.next_token();
    let keyword = match &first.token {
        Token::Word(word) => word.keyword,
        _ => Keyword::NoKeyword,
    };
    let statement = match keyword {
        Keyword::INSERT | Keyword::REPLACE => parser.parse_insert(first)?,
        Keyword::UPDATE => parser.parse_update(first)?,
        Keyword::DELETE => parser.parse_delete(first)?,
        _ => {
            parser.prev_token();
            Statement::Query(parser.parse_query()?)
        }
    };
    while parser.consume_token(&Token::SemiColon) {}
    parser.expect_token(&Token::EOF)?;
    Ok(statement)
}

fn of_statement(statement: &Statement, dialect: Dialect) -> Read {
    let mut found = Found { dialect, read: Read::default(), with: Vec::new() };
    let _ = statement.visit(&mut found);
    let Found { mut read, with, .. } = found;
    read.tables.retain(|table| table.schema.is_some() || !with.contains(&table.name));
    read
}

struct Found {
    dialect: Dialect,
    read: Read,
    with: Vec<String>,
}

impl Visitor for Found {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        self.read.queries += 1;
        let tables = query.with.iter().flat_map(|with| &with.cte_tables);
        self.with.extend(tables.map(|table| table.alias.name.value.clone()));
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ParsedName) -> ControlFlow<()> {
        let mut parts = names(relation);
        if let Some(name) = parts.pop() {
            let own = |schema: &String| !(self.dialect == Dialect::Sqlite && schema.eq_ignore_ascii_case("main"));
            self.read.tables.push(ObjectName { schema: parts.pop().filter(own), name });
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Identifier(name) => self.read.columns.push(name.value.clone()),
            Expr::CompoundIdentifier(parts) => {
                if let [.., before, column] = parts.as_slice() {
                    self.read.qualified.push((before.value.clone(), column.value.clone()));
                }
            }
            Expr::Function(function) => {
                let name = names(&function.name).join(".").to_lowercase();
                if !self.read.calls.contains(&name) {
                    self.read.calls.push(name);
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The parts of a name, without quotes; these products keep the case of both forms.
pub(super) fn names(name: &ParsedName) -> Vec<String> {
    name.0.iter().filter_map(|part| part.as_ident()).map(|Ident { value, .. }| value.clone()).collect()
}

/// The parser's message with the place it names turned into an offset.
fn located(sql: &str, message: &str) -> SyntaxError {
    let (text, place) = message.rsplit_once(" at Line: ").unwrap_or((message, ""));
    let mut numbers = place.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse::<usize>().ok());
    let line = numbers.next().unwrap_or(1);
    let column = numbers.next().unwrap_or(1);
    let before: usize = sql.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let within = sql.get(before..).unwrap_or_default().chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
    let text = text.trim_start_matches("sql parser error: ").to_owned();
    SyntaxError { offset: (before + within).min(sql.len()), message: text }
}

#[cfg(test)]
mod tests {
    use crate::dialect::Dialect;
    use crate::statement::operation::Operation;
    use crate::statement::parse::parse;

    #[test]
    fn a_list_of_nothing_is_no_join() {
        let read = |sql: &str| parse(sql, Dialect::MySql).0;
        assert!(matches!(read("UPDATE a, b SET a.x = b.x").as_slice(), [Operation::Update(_)]));
        let sql = format!("UPDATE a{} SET x = 1", ",".repeat(20_000));
        assert!(matches!(read(&sql).as_slice(), [Operation::Opaque { .. }]));
    }
}
