//! MySQL and MariaDB: privileges are granted by table, also on one that is not there yet.

use planner::name::ObjectName;
use planner::statement::clause::{Constraint, ConstraintKind};
use planner::statement::operation::Operation;

use super::{Need, Needs, read, written};
use crate::target::{DbError, Target};

/// History and journal. The schema is read as a whole, for its fingerprint, and a user sees only what it may read.
pub(super) fn bookkeeping(needs: &mut Needs, tables: &[ObjectName]) {
    for privilege in ["SELECT", "SHOW VIEW", "TRIGGER"] {
        needs.all.insert(Need::Database(privilege));
    }
    for table in tables {
        needs.table(table, &["CREATE", "INSERT", "UPDATE", "DELETE"]);
    }
}

/// A change of the schema. Unlike on PostgreSQL, who makes a table has no right on it by that.
pub(super) fn change(needs: &mut Needs, operation: &Operation) -> Result<(), String> {
    match operation {
        Operation::CreateTable(create) if create.temporary => {
            needs.all.insert(Need::Database("CREATE TEMPORARY TABLES"));
        }
        Operation::CreateTable(create) => {
            needs.table(&create.table, &["CREATE"]);
            create.constraints.iter().for_each(|constraint| references(needs, constraint));
        }
        Operation::CreateTableAs { table, temporary, .. } => {
            if *temporary {
                needs.all.insert(Need::Database("CREATE TEMPORARY TABLES"));
            } else {
                needs.table(table, &["CREATE", "INSERT"]);
            }
        }
        Operation::DropTable { table, .. } | Operation::Truncate { table, .. } => needs.table(table, &["DROP"]),
        Operation::RenameTable { table, to } => {
            needs.table(table, &["ALTER", "DROP"]);
            needs.table(&ObjectName { schema: table.schema.clone(), name: to.clone() }, &["CREATE", "INSERT"]);
        }
        Operation::CreateView(view) => {
            // A name that is not there takes a grant with CREATE only.
            needs.table(&view.view, &["CREATE", "CREATE VIEW"]);
            if view.replace {
                needs.table(&view.view, &["DROP"]);
            }
        }
        Operation::DropView { view, .. } => needs.table(view, &["DROP"]),
        Operation::CreateIndex(create) => needs.table(&create.table, &["INDEX"]),
        Operation::DropIndex { table: Some(table), .. } => needs.table(table, &["INDEX"]),
        Operation::CreateTrigger { .. } | Operation::DropTrigger { .. } => {}
        Operation::CreateFunction { replace, .. } => {
            needs.all.insert(Need::Database("CREATE ROUTINE"));
            if *replace {
                needs.all.insert(Need::Database("ALTER ROUTINE"));
            }
        }
        Operation::DropFunction { .. } | Operation::RenameFunction { .. } => {
            needs.all.insert(Need::Database("ALTER ROUTINE"));
        }
        Operation::CreateSequence { sequence, .. } => needs.table(sequence, &["CREATE"]),
        Operation::AlterSequence { sequence, .. } => needs.table(sequence, &["ALTER"]),
        Operation::DropSequence { sequence, .. } => needs.table(sequence, &["DROP"]),
        Operation::LockTable { .. } => {
            needs.all.insert(Need::Database("LOCK TABLES"));
        }
        Operation::Maintain { table, .. } => table.iter().for_each(|table| needs.table(table, &["INSERT"])),
        Operation::AddConstraint { table, constraint } => {
            altered(needs, table);
            references(needs, constraint);
        }
        Operation::Role { .. } => {
            needs.all.insert(Need::Role("CREATE USER"));
        }
        Operation::Grant { .. } => return Err("GRANT takes the privilege itself, WITH GRANT OPTION".to_owned()),
        Operation::CreateSchema { schema, .. } | Operation::DropSchema { schema, .. } => {
            return Err(format!("database {schema} takes CREATE or DROP on it as a whole"));
        }
        Operation::Other { what, tables } if tables.is_empty() => return Err(format!("{what} has needs of its own")),
        other => {
            written(other).iter().for_each(|table| altered(needs, table));
            read(other).iter().for_each(|table| needs.table(table, &["SELECT"]));
        }
    }
    Ok(())
}

/// ALTER TABLE asks for CREATE and INSERT where it renames or copies.
fn altered(needs: &mut Needs, table: &ObjectName) {
    needs.table(table, &["ALTER", "CREATE", "INSERT"]);
}

fn references(needs: &mut Needs, constraint: &Constraint) {
    if let ConstraintKind::ForeignKey { ref_table, .. } = &constraint.kind {
        needs.table(ref_table, &["REFERENCES"]);
    }
}

/// A grant to the user of the session: schema pattern and table, where it has them.
struct Grant {
    schema: Option<String>,
    table: Option<String>,
    privilege: String,
}

/// The grants; `None` where roles add to them, which information_schema does not tell.
async fn grants(target: &mut Target) -> Result<Option<Vec<Grant>>, DbError> {
    let role = target.rows("SELECT CURRENT_ROLE()").await?.into_iter().flatten().flatten().next();
    if role.is_some_and(|role| !role.is_empty() && role != "NONE") {
        return Ok(None);
    }
    let me = "CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')";
    let sql = format!(
        "SELECT NULL, NULL, privilege_type FROM information_schema.user_privileges WHERE grantee = {me} \
         UNION ALL SELECT table_schema, NULL, privilege_type FROM information_schema.schema_privileges WHERE grantee = {me} \
         UNION ALL SELECT table_schema, table_name, privilege_type FROM information_schema.table_privileges WHERE grantee = {me}"
    );
    let grant = |row: Vec<Option<String>>| {
        let [schema, table, Some(privilege)] = <[_; 3]>::try_from(row).ok()? else { return None };
        Some(Grant { schema, table, privilege })
    };
    Ok(Some(target.rows(&sql).await?.into_iter().filter_map(grant).collect()))
}

/// Whether a grant's schema pattern (`shop\_%`) takes a name.
fn fits(pattern: &str, name: &str) -> bool {
    let plain = pattern.replace('\\', "");
    plain.eq_ignore_ascii_case(name) || plain.strip_suffix('%').is_some_and(|start| name.starts_with(start))
}

fn meets(grant: &Grant, need: &Need, database: &str) -> bool {
    let (privilege, schema, table) = match need {
        Need::Role(privilege) => (privilege, None, None),
        Need::Database(privilege) => (privilege, Some(database), None),
        Need::Table(table, privilege) => {
            (privilege, Some(table.schema.as_deref().unwrap_or(database)), Some(table.name.as_str()))
        }
        Need::Schema(..) | Need::Own(..) => return true,
    };
    let there = match (&grant.schema, &grant.table) {
        (None, _) => true,
        (Some(pattern), None) => schema.is_some_and(|schema| fits(pattern, schema)),
        (Some(of), Some(named)) => schema == Some(of) && table.is_some_and(|table| table.eq_ignore_ascii_case(named)),
    };
    there && grant.privilege.eq_ignore_ascii_case(privilege)
}

/// See [`super::missing`].
pub(super) async fn missing(target: &mut Target, needs: &Needs) -> Result<Vec<Need>, DbError> {
    let Some(grants) = grants(target).await? else { return Ok(Vec::new()) };
    let database = target.current_schema().unwrap_or_default().to_owned();
    let lacks = |need: &&Need| !grants.iter().any(|grant| meets(grant, need, &database));
    Ok(needs.all.iter().filter(lacks).cloned().collect())
}

/// See [`super::excess`].
pub(super) async fn excess(target: &mut Target, needs: &Needs) -> Result<Vec<String>, DbError> {
    let Some(grants) = grants(target).await? else {
        return Ok(vec!["a role, whose privileges are not looked at".to_owned()]);
    };
    let database = target.current_schema().unwrap_or_default().to_owned();
    let needed = |grant: &Grant| {
        let exact = |need: &Need| match (need, &grant.schema, &grant.table) {
            (Need::Role(_), None, _) | (Need::Database(_), Some(_), None) | (Need::Table(..), Some(_), Some(_)) => {
                meets(grant, need, &database)
            }
            _ => false,
        };
        grant.privilege == "USAGE" || needs.all.iter().any(exact)
    };
    let phrase = |grant: &Grant| {
        let place = match (&grant.schema, &grant.table) {
            (None, _) => "*.*".to_owned(),
            (Some(schema), None) => format!("{schema}.*"),
            (Some(schema), Some(table)) => format!("{schema}.{table}"),
        };
        format!("{} on {place}", grant.privilege)
    };
    Ok(grants.iter().filter(|grant| !needed(grant)).map(phrase).collect())
}
