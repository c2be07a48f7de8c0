//! Names that a naming convention of the project would give, and what is known of there being one.

use std::collections::BTreeMap;

use super::Renderer;
use super::constraint::{Constraint as Given, Kind};
use crate::statement::operation::{Constraint, ConstraintKind, Operation};

/// Whether unnamed constraints and indexes get the server's and SQLAlchemy's default names.
#[derive(Clone, Debug)]
pub(in crate::source::alembic) enum Naming {
    /// There is no convention.
    None,
    /// None was found; the sentence says where was looked.
    NotFound(String),
    /// There is one, as SQLAlchemy takes it: templates by `pk`, `uq`, `fk`, `ck`, `ix`.
    Known(BTreeMap<String, String>),
    /// There is one, which is not applied; the sentence says where. It renames named checks too.
    NotApplied(String),
}

/// What the tokens of a template stand for.
struct Named<'n> {
    schema: Option<&'n str>,
    table: &'n str,
    columns: &'n [String],
    referred: Option<(&'n str, &'n [String])>,
    given: Option<&'n str>,
}

impl Renderer {
    /// The name a constraint of the table in hand gets: its own, or the convention's.
    pub(super) fn name_by_convention(&self, constraint: &Given<'_>) -> Result<Option<String>, String> {
        let (Naming::Known(templates), Some((schema, table))) = (&self.naming, &self.table_in_hand) else {
            return Ok(constraint.name.clone());
        };
        let (key, columns, referred): (&str, &[String], _) = match &constraint.kind {
            Kind::Primary(columns) => ("pk", columns, None),
            Kind::Unique(columns) => ("uq", columns, None),
            Kind::Check(_) => ("ck", &[], None),
            Kind::Foreign { columns, table, remote, .. } => ("fk", columns, Some((table.as_str(), remote.as_slice()))),
        };
        let Some(template) = templates.get(key).filter(|_| !constraint.fixed) else { return Ok(constraint.name.clone()) };
        // A template that holds the name itself is applied to named constraints too.
        if constraint.name.is_some() && !template.contains("constraint_name") {
            return Ok(constraint.name.clone());
        }
        let given = constraint.name.as_deref();
        expand(template, &Named { schema: schema.as_deref(), table, columns, referred, given }).map(Some)
    }

    /// The name of an index that has none.
    pub(super) fn index_by_convention(
        &self,
        schema: Option<&str>,
        table: &str,
        columns: &[String],
    ) -> Result<Option<String>, String> {
        let Naming::Known(templates) = &self.naming else { return Ok(None) };
        let template = templates.get("ix").ok_or("an index without a name, and the convention has no `ix`")?;
        expand(template, &Named { schema, table, columns, referred: None, given: None }).map(Some)
    }

    /// Whether the convention names checks, which those of types would need too.
    pub(super) fn names_checks(&self) -> bool {
        matches!(&self.naming, Naming::Known(templates) if templates.contains_key("ck"))
    }

    /// Whether there is a convention that copies of tables are not given.
    pub(in crate::source::alembic) fn has_convention(&self) -> bool {
        matches!(self.naming, Naming::Known(_))
    }

    /// The assumption behind the names in a directive's statements, if these leave any to a convention.
    pub(in crate::source::alembic) fn naming_assumption(&mut self, operations: &[Operation]) -> Option<String> {
        let index = std::mem::take(&mut self.index_named_by_default);
        let (sentence, applied) = match &self.naming {
            Naming::None | Naming::Known(_) => return None,
            Naming::NotFound(sentence) => (sentence, false),
            Naming::NotApplied(sentence) => (sentence, true),
        };
        let left = |constraint: &Constraint| match constraint.kind {
            ConstraintKind::NotNull { .. } => false,
            ConstraintKind::Check { .. } => applied || constraint.name.is_none(),
            _ => constraint.name.is_none(),
        };
        let table = operations.iter().find_map(|operation| match operation {
            Operation::CreateTable(create) => create.constraints.iter().any(left).then_some(&create.table),
            Operation::AddColumn { table, constraints, .. } => constraints.iter().any(left).then_some(table),
            Operation::AddConstraint { table, constraint } => left(constraint).then_some(table),
            Operation::DropConstraint { table, .. } => applied.then_some(table),
            Operation::CreateIndex(create) => index.then_some(&create.table),
            _ => None,
        })?;
        Some(format!("{sentence} (table `{table}`)"))
    }
}

/// Replaces `%(token)s` (`sqlalchemy.sql.naming.ConventionDict`).
fn expand(template: &str, named: &Named<'_>) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("%(") {
        let (token, after) = after.split_once(")s").ok_or_else(|| format!("the template `{template}` is not followed"))?;
        out.push_str(before);
        out.push_str(&named.token(token)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

impl Named<'_> {
    fn token(&self, token: &str) -> Result<String, String> {
        let unknown = || format!("`%({token})s` of the naming convention is not followed here");
        let first = || self.columns.first().cloned().ok_or_else(unknown);
        let remote = || self.referred.and_then(|(_, columns)| columns.first().cloned()).ok_or_else(unknown);
        Ok(match token {
            "table_name" => self.table.to_owned(),
            "constraint_name" => self.given.ok_or("the naming convention needs a name for this constraint")?.to_owned(),
            "column_0_name" | "column_0_key" => first()?,
            "column_0_label" => {
                let place = self.schema.map(|schema| format!("{}_", schema.replace('.', "_"))).unwrap_or_default();
                format!("{place}{}_{}", self.table, first()?)
            }
            "column_0_N_label" if !self.columns.is_empty() => {
                let label = |column: &String| {
                    let place = self.schema.map(|schema| format!("{}_", schema.replace('.', "_"))).unwrap_or_default();
                    format!("{place}{}_{column}", self.table)
                };
                self.columns.iter().map(label).collect::<Vec<_>>().join("_")
            }
            "column_0_N_name" if !self.columns.is_empty() => self.columns.join("_"),
            "column_0N_name" if !self.columns.is_empty() => self.columns.concat(),
            "referred_table_name" => self.referred.ok_or_else(unknown)?.0.to_owned(),
            "referred_column_0_name" => remote()?,
            "referred_column_0_N_name" => self.referred.ok_or_else(unknown)?.1.join("_"),
            _ => return Err(unknown()),
        })
    }
}
