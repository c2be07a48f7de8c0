//! The needs of a plan as a script: what grants them to a role, and what takes them back when the plan is done.

use std::collections::{BTreeMap, BTreeSet};

use planner::dialect::Dialect;
use planner::name::ObjectName;

use super::{Kind, Need, Needs};
use crate::target::{DbError, Target};

/// Statements for whoever may grant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// Before the plan runs.
    pub grant: Vec<String>,
    /// After it has run.
    pub revoke: Vec<String>,
}

/// Writes the script for a role. Objects that are not there yet are the plan's own to make.
///
/// # Errors
/// The server's refusal.
pub async fn script(target: &mut Target, needs: &Needs, role: &str) -> Result<Script, DbError> {
    match target.dialect() {
        Dialect::Postgres => postgres(target, needs, role).await,
        Dialect::MySql | Dialect::MariaDb => Ok(mysql(target, needs, role)),
        Dialect::Sqlite => Ok(Script::default()),
    }
}

/// Privileges on one object in one statement.
fn grouped(needs: &Needs) -> BTreeMap<ObjectName, Vec<&'static str>> {
    let mut tables: BTreeMap<ObjectName, Vec<&'static str>> = BTreeMap::new();
    for need in &needs.all {
        if let Need::Table(table, privilege) = need {
            tables.entry(table.clone()).or_default().push(privilege);
        }
    }
    tables
}

async fn postgres(target: &mut Target, needs: &Needs, role: &str) -> Result<Script, DbError> {
    let role = target.quoted_bare(role);
    let database = target.rows("SELECT quote_ident(current_database())").await?.into_iter().flatten().flatten().next();
    let database = database.unwrap_or_default();
    let mut script = Script { grant: vec![format!("CREATE ROLE {role} LOGIN;")], revoke: Vec::new() };
    let mut both = |what: String| {
        script.grant.push(format!("GRANT {what} TO {role};"));
        script.revoke.push(format!("REVOKE {what} FROM {role};"));
    };
    let mut schemas: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for need in &needs.all {
        match need {
            Need::Database(privilege) => both(format!("{privilege} ON DATABASE {database}")),
            Need::Schema(schema, privilege) => schemas.entry(schema).or_default().push(privilege),
            Need::Table(..) | Need::Own(..) | Need::Role(_) => {}
        }
    }
    for (schema, privileges) in schemas {
        both(format!("{} ON SCHEMA {}", privileges.join(", "), target.quoted_bare(schema)));
    }
    for (table, privileges) in grouped(needs) {
        if target.has_table(&table).await? {
            both(format!("{} ON TABLE {}", privileges.join(", "), target.quoted(&table)));
        }
    }
    for need in needs.all.iter().filter(|need| matches!(need, Need::Role(_))) {
        if let Need::Role(attribute) = need {
            script.grant.push(format!("ALTER ROLE {role} {attribute};"));
            script.revoke.push(format!("ALTER ROLE {role} NO{attribute};"));
        }
    }
    owners(target, needs, &role, &mut script).await?;
    Ok(script)
}

/// Who owns what the plan changes: the role joins an ordinary owner for the time of the plan; what a superuser owns is
/// handed over and handed back, since nobody should join a superuser.
async fn owners(target: &mut Target, needs: &Needs, role: &str, script: &mut Script) -> Result<(), DbError> {
    let mut joined: BTreeSet<String> = BTreeSet::new();
    let mut moved: BTreeSet<String> = BTreeSet::new();
    for need in &needs.all {
        let Need::Own(kind, name) = need else { continue };
        let Some((object, owner, superuser)) = owner(target, *kind, name).await? else { continue };
        if superuser {
            if moved.insert(object.clone()) {
                script.grant.push(format!("ALTER {object} OWNER TO {role};"));
                script.revoke.push(format!("ALTER {object} OWNER TO {owner};"));
            }
        } else if joined.insert(owner.clone()) {
            script.grant.push(format!("GRANT {owner} TO {role};"));
        }
    }
    if let Some(owner) = joined.first() {
        // What the plan made becomes the application's.
        script.revoke.push(format!("REASSIGN OWNED BY {role} TO {owner};"));
    }
    script.revoke.extend(joined.iter().map(|owner| format!("REVOKE {owner} FROM {role};")));
    Ok(())
}

/// The object as ALTER names it, its owner, and whether that is a superuser. An index belongs to its table.
async fn owner(target: &mut Target, kind: Kind, name: &ObjectName) -> Result<Option<(String, String, bool)>, DbError> {
    let (bare, schema) = (target.literal(&name.name), target.literal(name.schema.as_deref().unwrap_or_default()));
    let full = target.literal(&target.quoted(name));
    let from = match kind {
        Kind::Relation => format!(
            "SELECT 'TABLE ' || o.oid::regclass, o.relowner AS owner FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid \
             JOIN pg_class o ON o.oid = coalesce(i.indrelid, c.oid) WHERE c.oid = to_regclass({full})"
        ),
        Kind::Type => {
            format!("SELECT 'TYPE ' || oid::regtype, typowner FROM pg_type WHERE oid = to_regtype({full})")
        }
        Kind::Schema => format!("SELECT 'SCHEMA ' || quote_ident(nspname), nspowner FROM pg_namespace WHERE nspname = {bare}"),
        Kind::Function => format!(
            "SELECT CASE p.prokind WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || p.oid::regprocedure, p.proowner \
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = {bare} AND n.nspname = {schema}"
        ),
    };
    let sql = format!(
        "SELECT found.object, quote_ident(r.rolname), r.rolsuper FROM ({from}) AS found(object, owner) JOIN pg_roles r ON r.oid = found.owner"
    );
    let Some(row) = target.rows(&sql).await?.into_iter().next() else { return Ok(None) };
    let [Some(object), Some(owner), Some(superuser)] = row.as_slice() else { return Ok(None) };
    Ok(Some((object.clone(), owner.clone(), superuser == "t")))
}

fn mysql(target: &Target, needs: &Needs, role: &str) -> Script {
    let (user, host) = role.rsplit_once('@').unwrap_or((role, "%"));
    let account = format!("{}@{}", target.literal(user), target.literal(host));
    let database = target.current_schema().unwrap_or_default();
    let mut script = Script { grant: vec![format!("CREATE USER IF NOT EXISTS {account};")], revoke: Vec::new() };
    let mut both = |privileges: &[&str], place: String| {
        script.grant.push(format!("GRANT {} ON {place} TO {account};", privileges.join(", ")));
        script.revoke.push(format!("REVOKE {} ON {place} FROM {account};", privileges.join(", ")));
    };
    let of = |wanted: fn(&Need) -> Option<&'static str>| -> Vec<&'static str> { needs.all.iter().filter_map(wanted).collect() };
    let global = of(|need| if let Need::Role(privilege) = need { Some(*privilege) } else { None });
    let whole = of(|need| if let Need::Database(privilege) = need { Some(*privilege) } else { None });
    if !global.is_empty() {
        both(&global, "*.*".to_owned());
    }
    if !whole.is_empty() {
        both(&whole, format!("{}.*", target.quoted_bare(database)));
    }
    for (table, privileges) in grouped(needs) {
        let full = ObjectName::qualified(table.schema.unwrap_or_else(|| database.to_owned()), table.name);
        both(&privileges, target.quoted(&full));
    }
    script
}
