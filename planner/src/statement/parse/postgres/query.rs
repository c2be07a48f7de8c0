//! What a query reads: tables, and the columns that are certain from the text alone.

use crate::sort::Gather;
use std::collections::BTreeSet;

use squawk_syntax::ast::{self, AstNode};
use squawk_syntax::{SyntaxKind, SyntaxNode};

use super::node::{ident, object, words};
use crate::name::ObjectName;

/// Tables and views that a query or the subqueries of a command read, in the order of the text, each once.
/// Names of `WITH` queries are no tables.
pub(super) fn tables(query: &SyntaxNode) -> Vec<ObjectName> {
    let mut found = Vec::new();
    for node in query.descendants() {
        // What a change writes is not what it reads.
        let writes = node == *query && matches!(node.kind(), SyntaxKind::INSERT | SyntaxKind::UPDATE | SyntaxKind::DELETE);
        let Some(name) = relation(&node).filter(|_| !writes) else { continue };
        if !is_with_query(&node, &name) && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// Tables whose rows `FOR UPDATE` and its kin lock: those `OF` names, or all of the query.
pub(super) fn row_locks(query: &SyntaxNode) -> Vec<ObjectName> {
    let clauses: Vec<_> = query.descendants().filter_map(ast::LockingClause::cast).collect();
    if clauses.is_empty() {
        return Vec::new();
    }
    let named: Vec<String> = clauses
        .iter()
        .filter_map(ast::LockingClause::locking_of)
        .flat_map(|of| of.exprs().map(|name| ident(&name)).collect::<Vec<_>>())
        .collect();
    if named.is_empty() {
        return tables(query);
    }
    let items = query.descendants().filter_map(ast::RelationFromItem::cast);
    let called = items.filter_map(|item| {
        let relation = object(&item.relation_name_ref()?);
        let alias = item.alias().and_then(|alias| words(alias.syntax()).into_iter().find(|word| word != "as"));
        named.contains(alias.as_ref().unwrap_or(&relation.name)).then_some(relation)
    });
    called.collect()
}

/// The relation that a `FROM` item, a `TABLE` command or a data change inside `WITH` names.
fn relation(node: &SyntaxNode) -> Option<ObjectName> {
    if let Some(item) = ast::RelationFromItem::cast(node.clone()) {
        return Some(object(&item.relation_name_ref()?));
    }
    if let Some(table) = ast::Table::cast(node.clone()) {
        return Some(object(&table.relation_name()?));
    }
    // The change that the statement itself is has no parent but the file.
    if node.parent().is_none_or(|parent| parent.kind() == SyntaxKind::SOURCE_FILE) {
        return None;
    }
    match node.kind() {
        SyntaxKind::INSERT => Some(object(&ast::Insert::cast(node.clone())?.relation_name_ref()?)),
        SyntaxKind::UPDATE => Some(object(&ast::Update::cast(node.clone())?.relation_name()?)),
        SyntaxKind::DELETE => Some(object(&ast::Delete::cast(node.clone())?.relation_name()?)),
        _ => None,
    }
}

/// Whether a name at this place is that of a `WITH` query in whose scope the place is.
fn is_with_query(place: &SyntaxNode, name: &ObjectName) -> bool {
    if name.schema.is_some() {
        return false;
    }
    let mut inner = place.clone();
    while let Some(outer) = inner.parent() {
        if let Some(with) = ast::WithClause::cast(outer.clone()) {
            let before = with.with_tables().take_while(|table| table.syntax() != &inner);
            let recursive = with.recursive_token().is_some();
            let seen = if recursive {
                with.with_tables().any(|t| is_named(&t, name))
            } else {
                before.into_iter().any(|t| is_named(&t, name))
            };
            if seen {
                return true;
            }
        } else if outer.kind() != SyntaxKind::WITH_TABLE {
            let with = with_clause(&outer);
            let own = with.as_ref().is_some_and(|with| with.syntax() == &inner);
            if !own && with.is_some_and(|with| with.with_tables().any(|table| is_named(&table, name))) {
                return true;
            }
        }
        inner = outer;
    }
    false
}

fn is_named(table: &ast::WithTable, name: &ObjectName) -> bool {
    table.name().is_some_and(|own| ident(&own) == name.name)
}

/// The `WITH` of a command. That of `WITH … SELECT … UNION …` stands at the first operand in the tree.
fn with_clause(command: &SyntaxNode) -> Option<ast::WithClause> {
    let mut node = command.clone();
    loop {
        if let Some(with) = node.children().find_map(ast::WithClause::cast) {
            return Some(with);
        }
        if node.kind() != SyntaxKind::COMPOUND_SELECT {
            return None;
        }
        node = node.children().next()?;
    }
}

/// A table of a `FROM` list, by the name the query calls it.
struct Source {
    called: String,
    table: Option<ObjectName>,
}

/// Columns that a query surely uses: qualified by a name of its `FROM` lists, or unqualified where one
/// table is the only source there is. `*`: all that the table has when the query is read.
pub(super) fn columns(query: &SyntaxNode) -> Vec<(ObjectName, String)> {
    let mut found = BTreeSet::new();
    for node in query.descendants() {
        if let Some(select) = ast::Select::cast(node) {
            of_select(&select, &mut found);
        }
    }
    found.into_iter().collect()
}

fn of_select(select: &ast::Select, found: &mut BTreeSet<(ObjectName, String)>) {
    let own = sources(select.syntax());
    let nested = select.syntax().ancestors().skip(1).any(|outer| is_query(outer.kind()));
    let aliases: BTreeSet<String> = outputs(select);
    let targets = select.select_clause().and_then(|clause| clause.target_list());
    if targets.into_iter().flat_map(|list| list.targets()).any(|target| target.star_token().is_some()) {
        found.extend(own.iter().filter_map(|source| Some((source.table.clone()?, "*".to_owned()))));
    }
    for node in own_nodes(select.syntax()) {
        if let Some(field) = ast::FieldExpr::cast(node.clone()) {
            if let Some((table, column)) = qualified(&field, &own, select.syntax()) {
                found.insert((table, column));
            }
        } else if let Some(name) = ast::NameRef::cast(node)
            && is_column(&name)
            && !nested
            && let [Source { table: Some(table), called }] = own.as_slice()
        {
            let column = ident(&name);
            // An output name may hide a column in ORDER BY, and the bare table name is the whole row.
            if !aliases.contains(&column) && *called != column {
                found.insert((table.clone(), column));
            }
        }
    }
}

fn outputs(select: &ast::Select) -> BTreeSet<String> {
    let targets = select.select_clause().and_then(|clause| clause.target_list());
    let names = targets.into_iter().flat_map(|list| list.targets()).filter_map(|target| target.as_name()?.name());
    names.map(|name| ident(&name)).gather()
}

/// `x.column` where `x` is a source here or in a query around.
fn qualified(field: &ast::FieldExpr, own: &[Source], select: &SyntaxNode) -> Option<(ObjectName, String)> {
    let ast::Expr::NameRef(base) = field.base()? else { return None };
    let column = if field.star_token().is_some() { "*".to_owned() } else { ident(&field.field()?) };
    let called = ident(&base);
    if let Some(source) = own.iter().find(|source| source.called == called) {
        return source.table.clone().map(|table| (table, column));
    }
    for outer in select.ancestors().skip(1).filter(|outer| outer.kind() == SyntaxKind::SELECT) {
        if let Some(source) = sources(&outer).into_iter().find(|source| source.called == called) {
            return source.table.map(|table| (table, column));
        }
    }
    None
}

/// The items of a `FROM` list, joins included, subqueries by their alias.
fn sources(select: &SyntaxNode) -> Vec<Source> {
    let Some(from) = select.children().find_map(ast::FromClause::cast) else { return Vec::new() };
    let mut found = Vec::new();
    for node in own_nodes(from.syntax()) {
        let Some(item) = ast::FromItem::cast(node) else { continue };
        let alias = item.alias().and_then(|alias| alias.name()).map(|name| ident(&name));
        let table = match &item {
            ast::FromItem::RelationFromItem(relation) => relation.relation_name_ref().map(|name| object(&name)),
            _ => None,
        };
        let table = table.filter(|table| !is_with_query(item.syntax(), table));
        let called = alias.or_else(|| match &item {
            ast::FromItem::RelationFromItem(relation) => relation.relation_name_ref().map(|name| ident(&name)),
            _ => None,
        });
        // A join in brackets has no name of its own; its items follow.
        let Some(called) = called else { continue };
        found.push(Source { called, table });
    }
    found
}

fn is_query(kind: SyntaxKind) -> bool {
    matches!(
        kind,
        SyntaxKind::SELECT
            | SyntaxKind::COMPOUND_SELECT
            | SyntaxKind::PAREN_SELECT
            | SyntaxKind::VALUES
            | SyntaxKind::SELECT_INTO
    )
}

/// The nodes of a command without those of the queries in it.
pub(super) fn own_nodes(command: &SyntaxNode) -> Vec<SyntaxNode> {
    let mut found = Vec::new();
    let mut open: Vec<SyntaxNode> = command.children().collect();
    open.reverse();
    while let Some(node) = open.pop() {
        if is_query(node.kind()) || node.kind() == SyntaxKind::WITH_CLAUSE {
            continue;
        }
        let mut children: Vec<SyntaxNode> = node.children().collect();
        children.reverse();
        open.extend(children);
        found.push(node);
    }
    found
}

/// A `NameRef` that stands for a column: no function name, no field behind a dot, no `current_date`.
pub(super) fn is_column(name: &ast::NameRef) -> bool {
    let written = name.syntax().text().to_string();
    let special = ["current_", "localtime", "session_user", "system_user"];
    if written.trim() == "user" || special.iter().any(|word| written.to_lowercase().starts_with(word)) {
        return false;
    }
    let Some(parent) = name.syntax().parent() else { return false };
    match parent.kind() {
        SyntaxKind::FIELD_EXPR => false,
        SyntaxKind::CALL_EXPR => {
            // `f(a)`: the first child is the function's name.
            parent.children().next().as_ref() != Some(name.syntax())
        }
        _ => true,
    }
}

/// Whether there is a query inside a command's own clauses.
pub(super) fn has_subquery(node: &SyntaxNode) -> bool {
    node.descendants().any(|node| is_query(node.kind()))
}
