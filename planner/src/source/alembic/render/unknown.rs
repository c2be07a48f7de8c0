//! What a part that is not followed could have done to the schema.

/// Words without which a part does not change the schema, as far as its text tells.
const CHANGES: &[&str] = &[
    "op.create",
    "op.drop",
    "op.alter",
    "op.add",
    "op.rename",
    "op.batch",
    "batch_op",
    "create table",
    "alter table",
    "drop table",
    "create index",
    "create unique",
    "drop index",
    "create type",
    "alter type",
    "drop type",
    "rename ",
    ".create(",
    ".drop(",
    "create_",
    "drop_",
    "add_column",
    "alter_",
    "rename_",
    "drop constraint",
    "create view",
    "create schema",
    "drop view",
    "create_all",
    "reflect",
];

/// Whether a part may change the schema: by a word in its text, or because it calls or runs something that is not known.
pub(super) fn may_change_schema(text: &str, reason: &str) -> bool {
    // A session moves rows, and so does a statement that SQLAlchemy makes.
    if ["ORM session", "ends the transaction", "is made by SQLAlchemy"].iter().any(|data| reason.contains(data)) {
        return false;
    }
    let unknown_call = reason.starts_with("what `") && reason.contains("is not known");
    let unknown_text = reason.starts_with("`op.execute`") || reason.starts_with("`op.exec_driver_sql`");
    let lower = text.to_lowercase();
    unknown_call || unknown_text || CHANGES.iter().any(|word| lower.contains(word))
}

/// Whether a text may speak of a table.
pub(super) fn mentions(text: &str, table: &str) -> bool {
    // `create_jobs_table()` may well make the table `jobs`.
    let word = |c: char| c.is_alphanumeric();
    text.match_indices(table).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + table.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(word) && !after.is_some_and(word)
    })
}
