//! PostgreSQL: to change an object is its owner's right, so most needs are ownership or CREATE on the schema.

use planner::name::ObjectName;
use planner::statement::clause::{Constraint, ConstraintKind};
use planner::statement::operation::Operation;
use planner::statement::touches::{self, ObjectRef};

use super::{Kind, Need, Needs, read, written};
use crate::target::{DbError, Target, literal, quoted};

/// History and journal; `CREATE TABLE IF NOT EXISTS` asks for CREATE even where the table is there.
pub(super) fn bookkeeping(needs: &mut Needs, tables: &[ObjectName]) {
    needs.all.insert(Need::Database("CONNECT"));
    for table in tables {
        create_in(needs, table);
        needs.table(table, &["SELECT", "INSERT", "UPDATE", "DELETE"]);
    }
}

fn create_in(needs: &mut Needs, name: &ObjectName) {
    let schema = needs.schema_of(name);
    if !needs.made.contains(&ObjectName::bare(format!("schema {schema}"))) {
        needs.all.insert(Need::Schema(schema.clone(), "USAGE"));
        needs.all.insert(Need::Schema(schema, "CREATE"));
    }
}

/// A change of the schema.
pub(super) fn change(needs: &mut Needs, operation: &Operation) -> Result<(), String> {
    match operation {
        Operation::CreateTable(create) if create.temporary => {
            needs.all.insert(Need::Database("TEMPORARY"));
            needs.make(&create.table);
        }
        Operation::CreateTable(create) => {
            create_in(needs, &create.table);
            create.like.iter().for_each(|like| needs.table(&like.table, &["SELECT"]));
            create.inherits.iter().chain(create.partition_of.as_ref().map(|(of, _)| of)).for_each(|parent| {
                needs.own(Kind::Relation, parent);
            });
            needs.make(&create.table);
            create.constraints.iter().for_each(|constraint| references(needs, constraint));
        }
        Operation::CreateTableAs { table, temporary, .. } => {
            if *temporary {
                needs.all.insert(Need::Database("TEMPORARY"));
            } else {
                create_in(needs, table);
            }
            read(operation).iter().for_each(|table| needs.table(table, &["SELECT"]));
            needs.make(table);
        }
        Operation::CreateView(view) => {
            create_in(needs, &view.view);
            view.reads.iter().for_each(|table| needs.table(table, &["SELECT"]));
            if view.replace {
                needs.own(Kind::Relation, &view.view);
            }
            needs.make(&view.view);
        }
        Operation::CreateSequence { sequence, owned_by, .. } => {
            create_in(needs, sequence);
            owned_by.iter().for_each(|(table, _)| needs.own(Kind::Relation, table));
            needs.make(sequence);
        }
        Operation::CreateEnum { name, .. } | Operation::CreateType { name } | Operation::CreateDomain { name, .. } => {
            create_in(needs, name);
            needs.make(name);
        }
        Operation::CreateFunction { name, replace, .. } => {
            create_in(needs, name);
            if *replace {
                needs.own(Kind::Function, name);
            }
            needs.make(name);
        }
        Operation::CreateSchema { schema, .. } => {
            needs.all.insert(Need::Database("CREATE"));
            needs.made.insert(ObjectName::bare(format!("schema {schema}")));
        }
        Operation::DropSchema { schema, .. } => needs.own(Kind::Schema, &ObjectName::bare(schema.clone())),
        Operation::RenameSchema { schema, .. } => {
            needs.own(Kind::Schema, &ObjectName::bare(schema.clone()));
            needs.all.insert(Need::Database("CREATE"));
        }
        Operation::CreateIndex(create) => {
            needs.own(Kind::Relation, &create.table);
            create_in(needs, &create.table);
            if let Some(name) = &create.name {
                let index = ObjectName { schema: create.table.schema.clone(), name: name.clone() };
                needs.make(&index);
            }
        }
        Operation::CreateTrigger { table, .. } => needs.table(table, &["TRIGGER"]),
        Operation::Truncate { table, .. } => needs.table(table, &["TRUNCATE"]),
        Operation::LockTable { table, .. } => needs.table(table, &["UPDATE"]),
        Operation::RenameTable { table, to } => {
            needs.own(Kind::Relation, table);
            create_in(needs, table);
            needs.make(&ObjectName { schema: table.schema.clone(), name: to.clone() });
        }
        Operation::SetTableSchema { table, schema } => {
            needs.own(Kind::Relation, table);
            let moved = ObjectName::qualified(schema.clone(), table.name.clone());
            create_in(needs, &moved);
            needs.make(&moved);
        }
        Operation::AddConstraint { table, constraint } => {
            needs.own(Kind::Relation, table);
            references(needs, constraint);
        }
        Operation::AddColumn { table, constraints, .. } => {
            needs.own(Kind::Relation, table);
            constraints.iter().for_each(|constraint| references(needs, constraint));
        }
        Operation::CreateExtension { name, .. } => {
            needs.all.insert(Need::Database("CREATE"));
            return Err(format!("extension {name} takes a superuser, unless it is trusted"));
        }
        Operation::DropExtension { name, .. } => return Err(format!("extension {name} goes with its owner's right only")),
        Operation::Role { .. } => {
            needs.all.insert(Need::Role("CREATEROLE"));
        }
        Operation::Grant { objects, .. } => objects.iter().for_each(|object| needs.own(Kind::Relation, object)),
        Operation::Other { what, tables } if tables.is_empty() => return Err(format!("{what} has needs of its own")),
        Operation::Other { tables, .. } => tables.iter().for_each(|table| needs.own(Kind::Relation, table)),
        Operation::RefreshView { view, .. } => needs.own(Kind::Relation, view),
        Operation::Maintain { table, .. } => table.iter().for_each(|table| needs.own(Kind::Relation, table)),
        other => altered(needs, other),
    }
    Ok(())
}

/// Everything else changes what is there, which is its owner's right.
fn altered(needs: &mut Needs, operation: &Operation) {
    for table in written(operation) {
        needs.own(Kind::Relation, &table);
    }
    for object in touches::writes(operation) {
        match object {
            ObjectRef::Index(name) | ObjectRef::Sequence(name) => needs.own(Kind::Relation, &name),
            ObjectRef::Type(name) => needs.own(Kind::Type, &name),
            ObjectRef::Function(name) => needs.own(Kind::Function, &name),
            _ => {}
        }
    }
}

fn references(needs: &mut Needs, constraint: &Constraint) {
    if let ConstraintKind::ForeignKey { ref_table, .. } = &constraint.kind {
        needs.table(ref_table, &["REFERENCES"]);
    }
}

/// The condition that a need is met, as SQL; an object that is not there needs nothing.
fn question(need: &Need) -> String {
    match need {
        Need::Database(privilege) => format!("has_database_privilege(current_database(), '{privilege}')"),
        Need::Schema(schema, privilege) => {
            let schema = literal(schema);
            format!(
                "coalesce((SELECT has_schema_privilege(oid, '{privilege}') FROM pg_namespace WHERE nspname = {schema}), true)"
            )
        }
        Need::Table(table, privilege) => {
            format!("coalesce(has_table_privilege(to_regclass({}), '{privilege}'), true)", literal(&quoted(table)))
        }
        Need::Own(kind, name) => {
            let (bare, schema) = (literal(&name.name), literal(name.schema.as_deref().unwrap_or_default()));
            let owner = match kind {
                Kind::Relation => {
                    format!("SELECT relowner AS o FROM pg_class WHERE oid = to_regclass({})", literal(&quoted(name)))
                }
                Kind::Type => format!("SELECT typowner AS o FROM pg_type WHERE oid = to_regtype({})", literal(&quoted(name))),
                Kind::Schema => format!("SELECT nspowner AS o FROM pg_namespace WHERE nspname = {bare}"),
                Kind::Function => format!(
                    "SELECT proowner AS o FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace \
                     WHERE proname = {bare} AND nspname = {schema}"
                ),
            };
            format!("coalesce((SELECT bool_and(pg_has_role(o, 'USAGE')) FROM ({owner}) owned), true)")
        }
        Need::Role(attribute) => {
            let column = format!("rol{}", attribute.to_lowercase());
            format!("(SELECT {column} OR rolsuper FROM pg_roles WHERE rolname = current_user)")
        }
    }
}

/// See [`super::may_all`].
pub(super) async fn is_superuser(target: &mut Target) -> Result<bool, DbError> {
    let rows = target.rows("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").await?;
    Ok(rows.into_iter().flatten().flatten().next().as_deref() == Some("t"))
}

/// See [`super::missing`].
pub(super) async fn missing(target: &mut Target, needs: &Needs) -> Result<Vec<Need>, DbError> {
    let all: Vec<&Need> = needs.all.iter().collect();
    let mut lacking = Vec::new();
    // Long lists of plans with thousands of tables go in several messages.
    for part in all.chunks(200) {
        let sql = format!("SELECT {}", part.iter().map(|need| question(need)).collect::<Vec<_>>().join(", "));
        let row = target.rows(&sql).await?.into_iter().next().unwrap_or_default();
        let unmet = part.iter().zip(row).filter(|(_, met)| met.as_deref() == Some("f"));
        lacking.extend(unmet.map(|(need, _)| (*need).clone()));
    }
    Ok(lacking)
}

const ATTRIBUTES: &str = "SELECT unnest(array_remove(ARRAY[CASE WHEN rolsuper THEN 'SUPERUSER' END, \
     CASE WHEN rolcreatedb THEN 'CREATEDB' END, CASE WHEN rolcreaterole THEN 'CREATEROLE' END, \
     CASE WHEN rolreplication THEN 'REPLICATION' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END], NULL)) \
     FROM pg_roles WHERE rolname = current_user";

const TABLES: &str = "SELECT n.nspname, c.relname, p.privilege FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER', 'OWNER']) AS p(privilege) \
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg_%' \
     AND CASE p.privilege WHEN 'OWNER' THEN pg_has_role(c.relowner, 'USAGE') \
     ELSE NOT pg_has_role(c.relowner, 'USAGE') AND has_table_privilege(c.oid, p.privilege) END ORDER BY 1, 2, 3";

/// See [`super::excess`]. What a superuser may do besides is not listed.
pub(super) async fn excess(target: &mut Target, needs: &Needs) -> Result<Vec<String>, DbError> {
    let mut more: Vec<String> = Vec::new();
    let attributes: Vec<String> = target.rows(ATTRIBUTES).await?.into_iter().flatten().flatten().collect();
    let allowed = |attribute: &String| needs.all.iter().any(|need| matches!(need, Need::Role(name) if name == attribute));
    more.extend(attributes.iter().filter(|attribute| !allowed(attribute)).map(|attribute| format!("the attribute {attribute}")));
    if attributes.iter().any(|attribute| attribute == "SUPERUSER") {
        return Ok(more);
    }
    for row in target.rows(TABLES).await? {
        let [Some(schema), Some(name), Some(privilege)] = row.as_slice() else { continue };
        let table = ObjectName::qualified(schema.clone(), name.clone());
        let owned = needs.all.contains(&Need::Own(Kind::Relation, table.clone()));
        let needed = |need: &Need| matches!(need, Need::Table(of, wanted) if *of == table && wanted == privilege);
        let ours = needs.all.iter().any(|need| matches!(need, Need::Table(of, "DELETE") if *of == table));
        match privilege.as_str() {
            // Whoever made history and journal owns them.
            "OWNER" if owned || ours => {}
            "OWNER" => more.push(format!("the ownership of {table}")),
            _ if needs.all.iter().any(needed) => {}
            _ => more.push(format!("{privilege} on {table}")),
        }
    }
    let database = "SELECT has_database_privilege(current_database(), 'CREATE')";
    let creates = target.rows(database).await?.into_iter().flatten().flatten().next();
    if creates.as_deref() == Some("t") && !needs.all.contains(&Need::Database("CREATE")) {
        more.push("CREATE on the database".to_owned());
    }
    Ok(more)
}
