//! Reading names and texts off the syntax tree.

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};

use crate::dialect::Dialect;
use crate::name::{ObjectName, fold};

/// The text of a node as written, trimmed.
pub(super) fn text(node: &impl AstNode) -> String {
    node.syntax().text().to_string().trim().to_owned()
}

/// The text of a node on one line, without its comments.
pub(super) fn plain(node: &impl AstNode) -> String {
    let mut found = String::new();
    for token in node.syntax().descendants_with_tokens().filter_map(|part| part.into_token()) {
        if !matches!(token.kind(), SyntaxKind::WHITESPACE | SyntaxKind::COMMENT) {
            found.push_str(token.text());
        } else if !found.ends_with(' ') {
            found.push(' ');
        }
    }
    found
}

/// The last word of a name, folded: a column, a constraint, a role.
pub(super) fn ident(node: &impl AstNode) -> String {
    object(node).name
}

/// A possibly qualified name, folded. The database of a three-part name is the only one there is.
pub(super) fn object(node: &impl AstNode) -> ObjectName {
    let mut parts = words(node.syntax());
    match (parts.pop(), parts.pop()) {
        (Some(name), schema) => ObjectName { schema, name },
        (None, _) => ObjectName::default(),
    }
}

/// A qualified column, `table.column`: the table, the column.
pub(super) fn column_of(node: &impl AstNode) -> (ObjectName, String) {
    let mut parts = words(node.syntax());
    let column = parts.pop().unwrap_or_default();
    let table = parts.pop().unwrap_or_default();
    (ObjectName { schema: parts.pop(), name: table }, column)
}

/// The folded words of the first path in a node.
pub(super) fn words(node: &SyntaxNode) -> Vec<String> {
    let path = node.descendants().find(|node| matches!(node.kind(), SyntaxKind::PATH | SyntaxKind::PATH_REF));
    let node = path.as_ref().unwrap_or(node);
    tokens(node).filter(is_word).map(|token| fold_token(token.text())).collect()
}

fn is_word(token: &SyntaxToken) -> bool {
    token.text().chars().next().is_some_and(|c| c.is_alphabetic() || c == '_' || c == '"')
}

/// Bytes of a name; the server's scanner cuts longer ones (`NAMEDATALEN`).
const LONGEST: usize = 63;

fn fold_token(written: &str) -> String {
    let mut name = match written.strip_prefix("U&").or_else(|| written.strip_prefix("u&")) {
        Some(quoted) if quoted.starts_with('"') => fold(quoted, Dialect::Postgres),
        _ => fold(written, Dialect::Postgres),
    };
    name.truncate(name.floor_char_boundary(LONGEST));
    name
}

/// The tokens of a node without space and comments.
pub(super) fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> + use<> {
    node.descendants_with_tokens()
        .filter_map(squawk_syntax::SyntaxElement::into_token)
        .filter(|token| !matches!(token.kind(), SyntaxKind::WHITESPACE | SyntaxKind::COMMENT))
}

/// The text of a node behind its first `skip` tokens.
pub(super) fn text_after(node: &SyntaxNode, skip: usize) -> String {
    let Some(start) = tokens(node).nth(skip).map(|token| token.text_range().start()) else { return String::new() };
    let from = usize::from(start - node.text_range().start());
    node.text().to_string().get(from..).unwrap_or_default().trim().trim_end_matches(';').trim_end().to_owned()
}

/// The words of a node with its keywords in upper case: `ON DELETE SET NULL`.
pub(super) fn upper(node: &impl AstNode) -> String {
    let mut found = String::new();
    for token in tokens(node.syntax()) {
        let keeps = matches!(token.kind(), SyntaxKind::IDENT) || !is_word(&token);
        let tight = matches!(token.text(), ")" | "," | "." | ";") || found.ends_with(['(', '.']);
        if !found.is_empty() && !tight {
            found.push(' ');
        }
        found.push_str(&if keeps { token.text().to_owned() } else { token.text().to_uppercase() });
    }
    found
}

/// The value of a string literal.
pub(super) fn string(literal: &ast::Literal) -> String {
    literal.string_value().unwrap_or_else(|| text(literal))
}

/// The first words of a command, up to its first name: `CREATE STATISTICS`.
pub(super) fn command(node: &SyntaxNode) -> String {
    let keywords = tokens(node).take_while(|token| token.kind() != SyntaxKind::IDENT && is_word(token)).take(4);
    keywords.map(|token| token.text().to_uppercase()).collect::<Vec<_>>().join(" ")
}

/// `CASCADE` is written.
pub(super) fn cascades(behavior: Option<ast::DropBehavior>) -> bool {
    matches!(behavior, Some(ast::DropBehavior::Cascade(_)))
}
