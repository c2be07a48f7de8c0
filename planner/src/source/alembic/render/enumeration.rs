//! Enum types: names, values, `CREATE TYPE` once a run.

use super::bound::Bound;
use super::identifier::qualified;
use super::types::Type;
use super::{Rendered, Renderer, Sql};
use crate::dialect::Dialect;
use crate::name::ObjectName;
use crate::source::alembic::interpreter::value::Value;

impl Renderer {
    /// Values in order: texts given one by one, or the members of an enum class by name.
    pub(super) fn enum_values(&self, t: &Type<'_>) -> Result<Vec<String>, String> {
        let object = t.object.as_ref().ok_or("an enum without values")?;
        if object.keyword("values_callable").is_some_and(|value| !matches!(value, Value::None)) {
            return Err("`values_callable` of an enum is not followed".to_owned());
        }
        if let [Value::Object(class)] = object.args.as_slice()
            && class.kind == "class Enum"
        {
            return Ok(class.keywords.iter().map(|(name, _)| name.clone()).collect());
        }
        object
            .args
            .iter()
            .map(|value| match value {
                Value::Text(text) => Ok(text.to_string()),
                other => Err(format!("a value of the enum is {}", other.noun())),
            })
            .collect()
    }

    /// Schema and name of an enum type.
    pub(super) fn enum_identity(&self, t: &Type<'_>) -> Result<(Option<String>, String), String> {
        let object = t.object.as_ref().ok_or("an enum without a name")?;
        let text = |name: &str| match object.keyword(name) {
            None | Some(Value::None) => Ok(None),
            Some(value) => super::name_of(value),
        };
        if text("schema")?.is_none() && t.flag(usize::MAX, "inherit_schema", false)? {
            return Err("an enum that takes its table's schema is not rendered".to_owned());
        }
        let name = match (text("name")?, object.args.first()) {
            (Some(name), _) => name,
            (None, Some(Value::Object(class))) if class.kind == "class Enum" => match class.args.first() {
                Some(Value::Text(name)) => name.to_lowercase(),
                _ => return Err("PostgreSQL needs a name for an enum".to_owned()),
            },
            _ => return Err("PostgreSQL needs a name for an enum".to_owned()),
        };
        Ok((text("schema")?, name))
    }

    /// `CREATE TYPE` for the enum types of a table's columns that this run has not made yet.
    pub(super) fn enums_of_table<'t, 'a: 't>(
        &mut self,
        types: impl Iterator<Item = &'t Value<'a>>,
    ) -> Result<Vec<String>, String> {
        let mut sql = Vec::new();
        if self.dialect != Dialect::Postgres {
            return Ok(sql);
        }
        for value in types {
            let mut t = self.resolve(value)?;
            if t.bare() == "ARRAY"
                && let Some(item) = t.argument(0, "item_type").cloned()
            {
                t = self.resolve(&item)?;
            }
            if !t.is_enum() || !t.flag(usize::MAX, "native_enum", true)? {
                continue;
            }
            let create_type = t.kind != "postgresql.ENUM" || t.flag(usize::MAX, "create_type", true)?;
            let metadata = t.argument(usize::MAX, "metadata").is_some();
            if !create_type || metadata {
                continue;
            }
            let (schema, name) = self.enum_identity(&t)?;
            if self.enums.insert(ObjectName { schema, name }).is_none() {
                sql.push(self.create_type(&t)?);
            }
        }
        Ok(sql)
    }

    fn create_type(&self, t: &Type<'_>) -> Result<String, String> {
        let (schema, name) = self.enum_identity(t)?;
        let values: Vec<String> = self.enum_values(t)?.iter().map(|value| self.literal(value)).collect();
        Ok(format!("CREATE TYPE {} AS ENUM ({})", qualified(schema.as_deref(), &name, self.dialect), values.join(", ")))
    }

    /// `sa.Enum(…).create(bind)` and `.drop(bind)`.
    pub(super) fn enum_type(&mut self, call: &Bound<'_, '_>, create: bool) -> Sql {
        let t = self.resolve(call.value("type").ok_or("no type")?)?;
        if self.dialect != Dialect::Postgres || !t.flag(usize::MAX, "native_enum", true)? {
            return Ok(Rendered::default());
        }
        let (schema, name) = self.enum_identity(&t)?;
        let checks = call.flag("checkfirst")? || (call.value("checkfirst").is_none() && t.kind == "postgresql.ENUM");
        let sql = if create {
            self.create_type(&t)?
        } else {
            format!("DROP TYPE {}", qualified(schema.as_deref(), &name, self.dialect))
        };
        let mut rendered = Rendered::from(sql);
        if checks {
            let state = if create { "does not exist yet" } else { "exists" };
            rendered.assumptions.push(format!("the type `{name}` {state} when this runs (`checkfirst`)"));
        }
        Ok(rendered)
    }
}
