//! The arguments of a directive by the names of its parameters.

use super::name_of;
use crate::source::alembic::interpreter::value::{Arguments, Value};

/// Arguments bound to parameter names, as Python would bind them.
#[derive(Debug)]
pub(super) struct Bound<'v, 'a> {
    named: Vec<(&'v str, &'v Value<'a>)>,
    /// What `*` takes.
    pub(super) rest: &'v [Value<'a>],
}

impl<'v, 'a> Bound<'v, 'a> {
    pub(super) fn new(arguments: &'v Arguments<'a>, parameters: &[&'static str]) -> Result<Self, String> {
        if let Some(reason) = &arguments.unknown {
            return Err(reason.to_string());
        }
        let mut named: Vec<(&'v str, &'v Value<'a>)> = Vec::new();
        let mut rest: &'v [Value<'a>] = &[];
        for (at, value) in arguments.positional.iter().enumerate() {
            match parameters.get(at) {
                Some(&"*") => {
                    rest = arguments.positional.get(at..).unwrap_or_default();
                    break;
                }
                Some(name) => named.push((*name, value)),
                None => return Err("it is called with more arguments than it takes".to_owned()),
            }
        }
        named.extend(arguments.keywords.iter().map(|(name, value)| (name.as_str(), value)));
        Ok(Self { named, rest })
    }

    /// An argument; nothing where it is not given.
    pub(super) fn value(&self, name: &str) -> Option<&'v Value<'a>> {
        self.named.iter().find_map(|(key, value)| (*key == name).then_some(*value))
    }

    /// As [`Self::value`], and `None` counts as not given.
    pub(super) fn given(&self, name: &str) -> Option<&'v Value<'a>> {
        self.value(name).filter(|value| !matches!(value, Value::None))
    }

    pub(super) fn keywords(&self) -> impl Iterator<Item = (&'v str, &'v Value<'a>)> {
        self.named.iter().copied()
    }

    /// A name that may be absent.
    pub(super) fn name(&self, name: &str) -> Result<Option<String>, String> {
        match self.value(name) {
            None => Ok(None),
            // An empty schema is none.
            Some(Value::Text(text)) if text.is_empty() && name.ends_with("schema") => Ok(None),
            Some(value) => name_of(value).map_err(|why| format!("`{name}`: {why}")),
        }
    }

    /// A name that has to be there.
    pub(super) fn required(&self, name: &str) -> Result<String, String> {
        self.name(name)?.ok_or_else(|| format!("`{name}` is missing"))
    }

    /// A switch; absent counts as off.
    pub(super) fn flag(&self, name: &str) -> Result<bool, String> {
        truth(self.value(name)).map(|truth| truth.unwrap_or(false)).map_err(|why| format!("`{name}`: {why}"))
    }

    /// A switch of three positions.
    pub(super) fn switch(&self, name: &str) -> Result<Option<bool>, String> {
        truth(self.value(name)).map_err(|why| format!("`{name}`: {why}"))
    }

    /// A list of names.
    pub(super) fn names(&self, name: &str) -> Result<Vec<String>, String> {
        let value = self.value(name).ok_or_else(|| format!("`{name}` is missing"))?;
        names(value).map_err(|why| format!("`{name}`: {why}"))
    }

    /// Refuses keywords that are not known, so that none is passed over silently. Those of other dialects are ignored,
    /// as SQLAlchemy does.
    pub(super) fn only(&self, known: &[&str], dialect: &str) -> Result<(), String> {
        for (key, _) in &self.named {
            let other_dialect = ["postgresql_", "mysql_", "mariadb_", "sqlite_", "oracle_", "mssql_", "cockroachdb_"]
                .iter()
                .any(|prefix| key.starts_with(prefix) && prefix.trim_end_matches('_') != dialect);
            if !known.contains(key) && !other_dialect {
                return Err(format!("the argument `{key}` is not followed"));
            }
        }
        Ok(())
    }
}

/// The truth of an argument; absent and None are nothing.
pub(super) fn truth(value: Option<&Value<'_>>) -> Result<Option<bool>, String> {
    match value {
        None | Some(Value::None) => Ok(None),
        Some(value) => value.truth().map(Some).map_err(|reason| reason.to_string()),
    }
}

/// A list of names, or one name.
pub(super) fn names(value: &Value<'_>) -> Result<Vec<String>, String> {
    if let Value::Text(text) = value {
        return Ok(vec![text.to_string()]);
    }
    let items = value.items().map_err(|reason| reason.to_string())?;
    items.iter().map(|item| name_of(item)?.ok_or_else(|| "a name is None".to_owned())).collect()
}
