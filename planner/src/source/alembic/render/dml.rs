//! SQLAlchemy Core's `update`, `insert`, `delete` and `select`, compiled as SQLAlchemy compiles them with their values
//! written in. A form that is not known is refused, never guessed.

use std::rc::Rc;

use super::Renderer;
use super::identifier::{qualified, quote};
use super::name_of;
use crate::dialect::Dialect;
use crate::source::alembic::interpreter::value::{Object, Value};

/// A table as a statement names it.
#[derive(Clone, Debug)]
pub(super) struct Target<'a> {
    pub(super) schema: Option<String>,
    pub(super) name: String,
    /// Columns in order; empty: not known.
    pub(super) columns: Vec<Rc<Object<'a>>>,
}

impl Target<'_> {
    pub(super) fn is(&self, other: &Target<'_>) -> bool {
        self.name == other.name && self.schema == other.schema
    }
}

/// A statement with the calls that refined it, first call first.
struct Chain<'o, 'a> {
    base: &'o Object<'a>,
    calls: Vec<&'o Object<'a>>,
}

impl<'o, 'a> Chain<'o, 'a> {
    fn of(object: &'o Object<'a>) -> Self {
        let mut calls = Vec::new();
        let mut at = object;
        while !matches!(at.kind.as_str(), ".update" | ".insert" | ".delete" | ".select") && at.kind.starts_with('.') {
            calls.push(at);
            match at.args.first() {
                Some(Value::Object(inner)) => at = inner,
                _ => break,
            }
        }
        calls.reverse();
        Self { base: at, calls }
    }
}

/// What a call hands over beside its receiver.
fn given<'o, 'a>(call: &'o Object<'a>) -> &'o [Value<'a>] {
    call.args.get(1..).unwrap_or_default()
}

impl Renderer {
    /// A whole statement.
    pub(super) fn made_statement(&self, object: &Object<'_>) -> Result<String, String> {
        let chain = Chain::of(object);
        match chain.base.kind.trim_start_matches('.') {
            "update" => self.update(&chain),
            "insert" => self.insert(&chain),
            "delete" => self.delete(&chain),
            "select" => self.select(object, &[]),
            kind => Err(format!("the statement `{kind}(…)` is made by SQLAlchemy, which is not rendered")),
        }
    }

    /// `sa.table(…)`, `sa.Table(…)`, what `op.create_table` gave, a model's table.
    pub(super) fn target<'a>(&self, value: &Value<'a>) -> Result<Target<'a>, String> {
        let Value::Object(table) = value else { return Err(format!("the table is {}", value.noun())) };
        if !matches!(table.kind.as_str(), "table" | "Table" | "TableClause") {
            return Err(format!("the table is `{}(…)`", table.kind));
        }
        let name = match table.args.first().or_else(|| table.keyword("name")).or_else(|| table.keyword("table_name")) {
            Some(name) => name_of(name)?.ok_or("the table has no name")?,
            None => return Err("the table has no name".to_owned()),
        };
        let schema = table.keyword("schema").map(name_of).transpose()?.flatten();
        let columns = table.args.iter().filter_map(|item| match item {
            Value::Object(column) if matches!(column.kind.as_str(), "column" | "Column") => Some(column.clone()),
            _ => None,
        });
        Ok(Target { schema, name, columns: columns.collect() })
    }

    pub(super) fn target_name(&self, target: &Target<'_>) -> String {
        qualified(target.schema.as_deref(), &target.name, self.dialect)
    }

    fn base_target<'a>(&self, chain: &Chain<'_, 'a>) -> Result<Target<'a>, String> {
        let base = chain.base;
        let expected = if base.kind.starts_with('.') { 1 } else { base.args.len().min(1) };
        if base.args.len() != expected || base.keywords.iter().any(|(key, _)| !matches!(key.as_str(), "values" | "whereclause")) {
            return Err(format!("the arguments of `{}` are not followed", base.kind));
        }
        let table = base.args.first().or_else(|| base.keyword("table")).ok_or("a statement without a table")?;
        self.target(table)
    }

    fn update(&self, chain: &Chain<'_, '_>) -> Result<String, String> {
        let target = self.base_target(chain)?;
        if target.columns.iter().any(|column| column.keyword("onupdate").is_some()) {
            return Err("a column of the table has an `onupdate` of its own".to_owned());
        }
        let (mut values, mut conditions) = (Vec::new(), Vec::new());
        if let Some(Value::Dict(items)) = chain.base.keyword("values") {
            values.extend(items.borrow().clone());
        }
        conditions.extend(chain.base.keyword("whereclause").cloned());
        for call in &chain.calls {
            match call.kind.as_str() {
                ".where" | ".filter" => conditions.extend(given(call).iter().cloned()),
                ".values" => values.extend(pairs(call)?),
                ".execution_options" => {}
                other => return Err(format!("`{other}` of an UPDATE is not rendered")),
            }
        }
        let mut set = Vec::new();
        for (column, value) in self.in_order(&target, values)? {
            let value = self.value_of(&target, &column, &value, std::slice::from_ref(&target))?;
            set.push(format!("{}={value}", quote(&column, self.dialect)));
        }
        if set.is_empty() {
            return Err("an UPDATE without values".to_owned());
        }
        let mut sql = format!("UPDATE {} SET {}", self.target_name(&target), set.join(", "));
        self.push_where(&mut sql, " WHERE ", &conditions, &target)?;
        Ok(sql)
    }

    fn delete(&self, chain: &Chain<'_, '_>) -> Result<String, String> {
        let target = self.base_target(chain)?;
        let mut conditions: Vec<Value<'_>> = chain.base.keyword("whereclause").cloned().into_iter().collect();
        for call in &chain.calls {
            match call.kind.as_str() {
                ".where" | ".filter" => conditions.extend(given(call).iter().cloned()),
                ".execution_options" => {}
                other => return Err(format!("`{other}` of a DELETE is not rendered")),
            }
        }
        let mut sql = format!("DELETE FROM {}", self.target_name(&target));
        self.push_where(&mut sql, " WHERE ", &conditions, &target)?;
        Ok(sql)
    }

    fn push_where<'a>(&self, sql: &mut String, word: &str, conditions: &[Value<'a>], target: &Target<'a>) -> Result<(), String> {
        if conditions.is_empty() {
            return Ok(());
        }
        let tables = std::slice::from_ref(target);
        for condition in conditions {
            for table in self.tables_in(condition)? {
                if !table.is(target) {
                    return Err("a condition on another table is not rendered".to_owned());
                }
            }
        }
        sql.push_str(word);
        sql.push_str(&self.all_of(conditions, tables)?);
        Ok(())
    }

    fn insert(&self, chain: &Chain<'_, '_>) -> Result<String, String> {
        let target = self.base_target(chain)?;
        let defaults = |column: &Rc<Object<'_>>| column.keyword("default").is_some_and(|value| !matches!(value, Value::None));
        if target.columns.iter().any(defaults) {
            return Err("a column of the table has a default of its own in Python".to_owned());
        }
        let mut rows: Vec<Vec<(Value<'_>, Value<'_>)>> = Vec::new();
        let mut chosen = None;
        for call in &chain.calls {
            match (call.kind.as_str(), given(call)) {
                (".values", [list @ (Value::List(_) | Value::Tuple(_))]) => {
                    for row in list.items().map_err(|reason| reason.to_string())? {
                        let Value::Dict(items) = row else { return Err("a row that is no dictionary".to_owned()) };
                        rows.push(items.borrow().clone());
                    }
                }
                (".values", _) => rows.push(pairs(call)?),
                (".from_select", [names, query]) => chosen = Some((names.clone(), query.clone())),
                (".execution_options" | ".inline", _) => {}
                (other, _) => return Err(format!("`{other}` of an INSERT is not rendered")),
            }
        }
        let full = self.target_name(&target);
        if let Some((names, Value::Object(query))) = chosen {
            let names = super::bound::names(&names)?;
            let names: Vec<String> = names.iter().map(|name| quote(name, self.dialect)).collect();
            return Ok(format!("INSERT INTO {full} ({}) {}", names.join(", "), self.select(&query, &[])?));
        }
        let [row] = rows.as_slice() else {
            return Err("an INSERT of several rows in one statement is not rendered".to_owned());
        };
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (column, value) in self.in_order(&target, row.clone())? {
            values.push(self.value_of(&target, &column, &value, &[])?);
            columns.push(column);
        }
        let list: Vec<String> = columns.iter().map(|column| quote(column, self.dialect)).collect();
        let returning = self.returning(&target, &columns)?;
        Ok(format!("INSERT INTO {full} ({}) VALUES ({}){returning}", list.join(", "), values.join(", ")))
    }

    /// SQLAlchemy asks for a key that the database makes.
    fn returning<'a>(&self, target: &Target<'a>, columns: &[String]) -> Result<String, String> {
        let mut keys = Vec::new();
        for column in &target.columns {
            let is_key = column.keyword("primary_key").is_some_and(|value| value.truth() == Ok(true));
            if is_key && column.kind == "Column" {
                keys.push(column_name(column)?);
            }
        }
        let missing: Vec<&String> = keys.iter().filter(|key| !columns.contains(key)).collect();
        let prefix = match self.dialect {
            Dialect::Postgres => format!("{}.", self.target_name(target)),
            Dialect::Sqlite => String::new(),
            Dialect::MySql | Dialect::MariaDb => return Ok(String::new()),
        };
        if missing.is_empty() {
            return Ok(String::new());
        }
        let keys: Vec<String> = missing.iter().map(|key| format!("{prefix}{}", quote(key, self.dialect))).collect();
        Ok(format!(" RETURNING {}", keys.join(", ")))
    }

    /// Values by column name, in the order of the table's columns.
    fn in_order<'a>(&self, target: &Target<'a>, values: Vec<(Value<'a>, Value<'a>)>) -> Result<Vec<(String, Value<'a>)>, String> {
        let mut named = Vec::new();
        for (key, value) in values {
            let name = match &key {
                Value::Object(column) if matches!(column.kind.as_str(), "column" | "Column") => column_name(column)?,
                other => name_of(other)?.ok_or("a column name is None")?,
            };
            named.push((name, value));
        }
        if target.columns.is_empty() {
            return if named.len() <= 1 { Ok(named) } else { Err("the order of the table's columns is not known".to_owned()) };
        }
        let mut ordered = Vec::new();
        for column in &target.columns {
            let name = column_name(column)?;
            if let Some(at) = named.iter().position(|(known, _)| *known == name) {
                ordered.push(named.remove(at));
            }
        }
        match named.first() {
            Some((name, _)) => Err(format!("the table `{}` has no column `{name}`", target.name)),
            None => Ok(ordered),
        }
    }

    /// A value for a column: a constant by the column's type, or an expression.
    fn value_of<'a>(
        &self,
        target: &Target<'a>,
        column: &str,
        value: &Value<'a>,
        tables: &[Target<'a>],
    ) -> Result<String, String> {
        let of = |why: String| format!("the value of `{column}`: {why}");
        let data_type = target.columns.iter().find(|known| column_name(known).is_ok_and(|name| name == column));
        match value {
            Value::Object(object) if !super::operator::is_constant(object) => self.operand(value, tables).map_err(of),
            _ => self.typed_constant(value, data_type.map(|column| column.as_ref())).map_err(of),
        }
    }

    /// `SELECT` with the tables its columns and conditions name, but for those around it.
    pub(super) fn select<'a>(&self, object: &Object<'a>, around: &[Target<'a>]) -> Result<String, String> {
        let chain = Chain::of(object);
        let base = chain.base;
        if base.kind.trim_start_matches('.') != "select" || !base.keywords.is_empty() {
            return Err(format!("`{}` is not followed as a query", base.kind));
        }
        let items: Vec<Value<'_>> = match (base.kind.as_str(), base.args.as_slice()) {
            (".select", [table]) => vec![table.clone()],
            (".select", _) => return Err("`select` with arguments is not followed".to_owned()),
            (_, [one @ (Value::List(_) | Value::Tuple(_))]) => one.items().map_err(|reason| reason.to_string())?,
            (_, several) => several.to_vec(),
        };
        let (mut conditions, mut from, mut order, mut limit, mut distinct) = (Vec::new(), Vec::new(), Vec::new(), None, "");
        for call in &chain.calls {
            match (call.kind.as_str(), given(call)) {
                (".where" | ".filter", more) => conditions.extend(more.iter().cloned()),
                (".select_from", [table]) => from.push(self.target(table)?),
                (".order_by", more) => order.extend(more.iter().cloned()),
                (".distinct", []) => distinct = "DISTINCT ",
                (".limit", [Value::Int(count)]) => limit = Some(*count),
                (".scalar_subquery" | ".as_scalar" | ".execution_options", _) => {}
                (other, _) => return Err(format!("`{other}` of a SELECT is not rendered")),
            }
        }
        let mut tables = from;
        for item in items.iter().chain(&conditions) {
            for table in self.tables_in(item)? {
                if !tables.iter().any(|known| known.is(&table)) {
                    tables.push(table);
                }
            }
        }
        let all: Vec<Target<'_>> = tables.iter().cloned().chain(around.iter().cloned()).collect();
        // A query inside a statement takes its rows together with the statement's, where it has others of its own.
        let own: Vec<&Target<'_>> = tables.iter().filter(|table| !around.iter().any(|outer| outer.is(table))).collect();
        let own = if own.is_empty() { tables.iter().collect() } else { own };
        let mut parts = Vec::new();
        for item in &items {
            match self.target(item) {
                Ok(table) if !table.columns.is_empty() => {
                    for column in &table.columns {
                        let name = quote(&column_name(column)?, self.dialect);
                        parts.push(format!("{}.{name}", self.target_name(&table)));
                    }
                }
                Ok(_) => return Err("the columns of a table that is selected are not known".to_owned()),
                Err(_) => parts.push(self.selected(item, &all, parts.len())?),
            }
        }
        let mut sql = format!("SELECT {distinct}{}", parts.join(", "));
        if !own.is_empty() {
            let names: Vec<String> = own.iter().map(|table| self.target_name(table)).collect();
            sql.push_str(&format!(" \nFROM {}", names.join(", ")));
        }
        if !conditions.is_empty() {
            sql.push_str(&format!(" \nWHERE {}", self.all_of(&conditions, &all)?));
        }
        if !order.is_empty() {
            let parts = order.iter().map(|item| self.operand(item, &all)).collect::<Result<Vec<_>, _>>()?;
            sql.push_str(&format!(" ORDER BY {}", parts.join(", ")));
        }
        match (limit, self.dialect) {
            (None, _) => {}
            (Some(count), Dialect::Postgres) => sql.push_str(&format!(" \n LIMIT {count}")),
            (Some(count), Dialect::Sqlite) => sql.push_str(&format!("\n LIMIT {count} OFFSET 0")),
            (Some(count), Dialect::MySql | Dialect::MariaDb) => sql.push_str(&format!(" \n LIMIT {count}")),
        }
        Ok(sql)
    }

    /// An item of the select list: functions get a name of their own.
    fn selected<'a>(&self, item: &Value<'a>, tables: &[Target<'a>], at: usize) -> Result<String, String> {
        let sql = self.operand(item, tables)?;
        match item {
            Value::Object(object)
                if matches!(object.kind.as_str(), "column" | "Column" | "text" | "literal_column" | ".label") =>
            {
                Ok(sql)
            }
            Value::Object(object) if object.kind.starts_with("func.") => {
                let name = object.kind.rsplit('.').next().unwrap_or_default();
                Ok(format!("{sql} AS {}_{}", name, at + 1))
            }
            _ => Err("an expression in a select list is not rendered".to_owned()),
        }
    }
}

/// Values given by keyword or as one dictionary.
fn pairs<'a>(call: &Object<'a>) -> Result<Vec<(Value<'a>, Value<'a>)>, String> {
    let mut all = Vec::new();
    for item in given(call) {
        match item {
            Value::Dict(items) => all.extend(items.borrow().clone()),
            other => return Err(format!("values are {}", other.noun())),
        }
    }
    all.extend(call.keywords.iter().map(|(key, value)| (Value::text(key), value.clone())));
    Ok(all)
}

/// The name of `sa.column(…)` or `sa.Column(…)`.
pub(super) fn column_name(column: &Object<'_>) -> Result<String, String> {
    match column.args.first().or_else(|| column.keyword("name")) {
        Some(Value::Text(name)) => Ok(name.to_string()),
        _ => Err("a column whose name is not known".to_owned()),
    }
}
