//! Classes of the file: enumerations are read, because column types are made from them.

use ruff_python_ast::{Expr, Stmt, StmtClassDef};

use super::Interpreter;
use super::value::Value;

impl<'a> Interpreter<'a, '_> {
    /// An enumeration as `class Enum(name; member=value, …)`.
    pub(super) fn class(&mut self, class: &'a StmtClassDef) -> Option<Value<'a>> {
        let bases = class.arguments.as_ref()?;
        let is_enum = bases.args.iter().any(|base| match base {
            Expr::Attribute(base) => base.attr.as_str().ends_with("Enum"),
            Expr::Name(base) => base.id.as_str().ends_with("Enum"),
            _ => false,
        });
        if !is_enum {
            return None;
        }
        let mut members = Vec::new();
        for statement in &class.body {
            if let Stmt::Assign(assign) = statement
                && let [Expr::Name(name)] = assign.targets.as_slice()
            {
                let scope = self.module.clone();
                let value = self.evaluate(&assign.value, &scope).ok()?;
                members.push((name.id.to_string(), value));
            }
        }
        Some(self.construct("class Enum".to_owned(), vec![Value::text(class.name.as_str())], members))
    }

    /// `Colour.RED`, `Colour.RED.value`.
    pub(super) fn enum_attribute(&mut self, value: &Value<'a>, attribute: &str) -> Option<Value<'a>> {
        let Value::Object(object) = value else { return None };
        match (object.kind.as_str(), attribute) {
            ("class Enum", name) => {
                let member = object.keyword(name)?.clone();
                Some(self.construct("enum member".to_owned(), vec![Value::text(name), member], Vec::new()))
            }
            ("enum member", "name") => object.args.first().cloned(),
            ("enum member", "value") => object.args.get(1).cloned(),
            _ => None,
        }
    }
}
