//! What runs SQL beside the directives: the connection, the context, sessions, types and tables made by hand, batches.

use std::cell::RefCell;
use std::rc::Rc;

use ruff_text_size::TextRange;

use super::value::{Arguments, Batch, Object, Value};
use super::{Evaluated, Interpreter};

/// Whether the session works on the connection of the migration.
fn is_bound(session: &Object<'_>) -> bool {
    let bind = session.keyword("bind").or_else(|| session.args.first());
    matches!(bind, Some(Value::Connection))
}

/// Whether a column may have an enum type, which goes with its table.
fn may_bring_type(value: &Value<'_>) -> bool {
    match value {
        Value::Object(object) => {
            object.kind.to_lowercase().ends_with("enum")
                || object.args.iter().any(may_bring_type)
                || object.keywords.iter().any(|(_, value)| may_bring_type(value))
        }
        Value::Symbol(path) => !path.starts_with("sqlalchemy"),
        Value::Class(_) | Value::Unknown(_) => true,
        _ => false,
    }
}

/// Whether a table is made over `MetaData()` without a schema or a convention.
fn has_plain_metadata(table: &Object<'_>) -> bool {
    matches!(table.args.get(1), Some(Value::Object(metadata)) if metadata.kind == "MetaData"
        && metadata.keywords.iter().all(|(key, _)| key == "bind"))
}

impl<'a> Interpreter<'a, '_> {
    pub(super) fn connection_method(&mut self, name: &str, arguments: Arguments<'a>, range: TextRange) -> Evaluated<'a> {
        match name {
            "execute" | "scalar" | "scalars" | "exec_driver_sql" => {
                if matches!(arguments.positional.first(), Some(Value::Text(_))) && name != "exec_driver_sql" {
                    self.assume(format!(
                        "line {}: SQLAlchemy 1.4 or older, whose connections execute plain text",
                        self.line(range)
                    ));
                }
                let directive =
                    if matches!(arguments.positional.first(), Some(Value::Text(_))) { "exec_driver_sql" } else { "execute" };
                self.directive(directive, &arguments, range);
                let result = format!("builtins.result of line {}", self.line(range));
                Ok(Value::Symbol(Rc::from(result)))
            }
            "execution_options" | "connect" => {
                if arguments.keyword("isolation_level").is_some() {
                    self.opaque(
                        range,
                        "a connection with another isolation level is used, so its statements run outside the transaction",
                    );
                }
                Ok(Value::Connection)
            }
            "begin" | "begin_nested" => Ok(self.construct(".transaction".to_owned(), Vec::new(), Vec::new())),
            "close" | "in_transaction" | "get_isolation_level" | "detach" => {
                Ok(Value::Symbol(Rc::from(format!("builtins.connection.{name}()"))))
            }
            "commit" => {
                self.assume(format!(
                    "line {}: the transaction is committed here, so each statement of the revision stands for itself",
                    self.line(range)
                ));
                self.autocommit = true;
                for statement in &mut self.script.statements {
                    statement.autocommit = true;
                }
                Ok(Value::None)
            }
            "rollback" => {
                self.opaque(range, format!("`{name}` on the connection ends the transaction of the migration"));
                Ok(Value::None)
            }
            _ => {
                self.opaque(range, format!("what `{name}` of the connection does is not followed"));
                Ok(Value::unknown(format!("`{name}` of the connection gave it")))
            }
        }
    }

    pub(super) fn context_method(&mut self, name: &str, arguments: &Arguments<'a>, range: TextRange) -> Evaluated<'a> {
        match name {
            "autocommit_block" => Ok(Value::Autocommit),
            "begin_transaction" => Ok(self.construct(".transaction".to_owned(), Vec::new(), Vec::new())),
            "get_bind" => Ok(Value::Connection),
            "get_context" => Ok(Value::Context),
            "execute" => {
                self.directive("execute", arguments, range);
                Ok(Value::None)
            }
            "get_current_revision" | "get_current_heads" => Ok(Value::Symbol(Rc::from(format!("builtins.{name}()")))),
            _ => {
                self.opaque(range, format!("what `{name}` of the migration context does is not followed"));
                Ok(Value::unknown(format!("`{name}` of the migration context gave it")))
            }
        }
    }

    pub(super) fn object_method(
        &mut self,
        receiver: &Value<'a>,
        object: &Rc<Object<'a>>,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Evaluated<'a> {
        let kind = object.kind.rsplit('.').next().unwrap_or_default();
        match (kind, name) {
            (".transaction" | "transaction", "commit" | "rollback" | "close" | "start") => Ok(Value::None),
            ("Session" | "scoped_session" | "sessionmaker", "close" | "expunge_all" | "remove") => Ok(Value::None),
            ("Session" | "scoped_session" | "sessionmaker", "connection" | "get_bind") => Ok(Value::Connection),
            ("Session", "execute" | "scalar" | "scalars") if is_bound(object) => {
                if matches!(arguments.positional.first(), Some(Value::Text(_))) {
                    self.assume(format!("line {}: SQLAlchemy 1.4 or older, whose sessions execute plain text", self.line(range)));
                }
                self.directive("execute", &arguments, range);
                Ok(Value::Symbol(Rc::from(format!("builtins.result of line {}", self.line(range)))))
            }
            // A session on a connection that is in a transaction leaves the end of it to who began it.
            ("Session", "commit" | "flush") if is_bound(object) => Ok(Value::None),
            ("Session", "begin" | "begin_nested") if is_bound(object) => {
                Ok(self.construct(".transaction".to_owned(), Vec::new(), Vec::new()))
            }
            // Its constraints keep their names: the convention is that of the metadata of its own.
            ("Table", "create" | "drop") if has_plain_metadata(object) && !self.renderer.has_convention() => {
                if name == "drop" && object.args.iter().skip(2).any(may_bring_type) {
                    self.opaque(range, "`drop` of a table drops the enum types of its columns too, which is not followed");
                    return Ok(Value::None);
                }
                Ok(self.table_by_hand(object, name == "create", &arguments, range))
            }
            ("Session" | "scoped_session" | "sessionmaker", _) => {
                self.opaque(range, format!("`{name}` of an ORM session: its SQL depends on models and rows"));
                Ok(Value::Symbol(Rc::from(format!("builtins.session.{name}()"))))
            }
            ("Enum" | "ENUM", "create" | "drop") => {
                let mut all = arguments;
                all.positional.insert(0, receiver.clone());
                self.directive(if name == "create" { "create_enum" } else { "drop_enum" }, &all, range);
                Ok(Value::None)
            }
            // Its tables are looked up where they are used.
            ("MetaData", "reflect") => {
                self.reflect(object);
                Ok(Value::None)
            }
            (_, "create" | "drop" | "create_all" | "drop_all" | "execute" | "reflect") => {
                self.opaque(range, format!("`{name}` of `{}(…)` is not followed", object.kind));
                Ok(Value::unknown(format!("`{name}` gave it")))
            }
            _ => {
                let mut args = vec![receiver.clone()];
                args.extend(arguments.positional);
                Ok(self.construct(format!(".{name}"), args, arguments.keywords))
            }
        }
    }

    /// `Table(…).create(bind)` and `.drop(bind)`: as the directive, but only where the table is not there, or is.
    fn table_by_hand(&mut self, table: &Object<'a>, create: bool, arguments: &Arguments<'a>, range: TextRange) -> Value<'a> {
        let Some(name) = table.args.first() else { return Value::None };
        let mut positional = vec![name.clone()];
        let (directive, keywords) = if create {
            positional.extend(table.args.iter().skip(2).cloned());
            ("create_table", table.keywords.clone())
        } else {
            ("drop_table", table.keywords.iter().filter(|(key, _)| key == "schema").cloned().collect())
        };
        if !matches!(arguments.get(1, "checkfirst"), Some(Value::Bool(false))) {
            let state = if create { "and its types do not exist yet" } else { "exists" };
            self.assume(format!("line {}: the table {state} when this runs (`checkfirst`)", self.line(range)));
        }
        self.directive(directive, &Arguments { positional, keywords, unknown: arguments.unknown.clone() }, range);
        Value::None
    }

    pub(super) fn batch_method(
        &mut self,
        batch: &Rc<RefCell<Batch<'a>>>,
        name: &str,
        arguments: Arguments<'a>,
        range: TextRange,
    ) -> Evaluated<'a> {
        match name {
            "f" => Ok(arguments
                .positional
                .into_iter()
                .next()
                .map_or(Value::None, |name| self.construct("f".to_owned(), vec![name], Vec::new()))),
            "get_bind" => Ok(Value::Connection),
            "get_context" => Ok(Value::Context),
            // Not batched: it runs before what the block collects.
            "execute" => {
                self.directive("execute", &arguments, range);
                Ok(Value::None)
            }
            _ => {
                batch.borrow_mut().calls.push((name.to_owned(), arguments, range));
                Ok(Value::None)
            }
        }
    }

    /// The end of `with op.batch_alter_table(…)`: what it collected is rendered.
    pub(super) fn flush(&mut self, batch: &Rc<RefCell<Batch<'a>>>, _range: TextRange) {
        let batch = batch.borrow();
        if let Some(reason) = &batch.arguments.unknown {
            self.opaque(batch.range, reason.to_string());
            return;
        }
        match self.renderer.batch(&batch.arguments, &batch.calls) {
            Ok(parts) => {
                for (sql, assumptions, range) in parts {
                    for assumption in assumptions {
                        self.assume(format!("line {}: {assumption}", self.line(range)));
                    }
                    let before = self.script.statements.len();
                    self.emit(sql, range);
                    self.assume_names(before);
                }
            }
            Err((reason, range)) => {
                let reach = self.renderer.reach("drop_table", &batch.arguments, "");
                self.not_followed(range.unwrap_or(batch.range), format!("`batch_alter_table`: {reason}"), reach);
            }
        }
    }
}
