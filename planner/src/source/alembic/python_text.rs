//! SQL as Python writes it.

/// A Python string for `op.execute`. SQLAlchemy takes `:name` for a parameter, unless a backslash stands before it. What
/// has several lines stands between triple quotes.
#[must_use]
pub fn python_text(sql: &str) -> String {
    let quotes = if sql.contains('\n') { "\"\"\"" } else { "\"" };
    let mut text = String::new();
    let mut before = ' ';
    let mut rest = sql.chars().peekable();
    while let Some(c) = rest.next() {
        let parameter = c == ':' && before != ':' && rest.peek().is_some_and(|next| next.is_alphanumeric() || *next == '_');
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\r' => text.push_str("\\r"),
            _ if parameter => text.push_str("\\\\:"),
            _ => text.push(c),
        }
        before = c;
    }
    format!("{quotes}{text}{quotes}")
}

#[cfg(test)]
mod tests {
    use super::python_text;

    #[test]
    fn what_python_and_sqlalchemy_would_read_otherwise_is_escaped() {
        assert_eq!(python_text("SELECT ':a', 'b'::text, \"c\""), r#""SELECT '\\:a', 'b'::text, \"c\"""#);
        assert_eq!(python_text("SELECT '\\n'\n"), "\"\"\"SELECT '\\\\n'\n\"\"\"");
    }
}
