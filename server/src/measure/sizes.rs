//! How much the tables grow that a plan writes.

use std::collections::BTreeMap;

use planner::name::ObjectName;
use planner::plan::Plan;
use planner::statement::parse::parse;
use planner::statement::touches::{ObjectRef, writes};

use crate::target::Target;

/// Tables that are measured, at most: each costs the server a look at its files.
const MOST: usize = 50;

/// The tables of a plan with their sizes before it.
#[derive(Debug, Default)]
pub(crate) struct Sizes {
    tables: Vec<ObjectName>,
    before: BTreeMap<String, i64>,
}

impl Sizes {
    /// Measures before the plan runs.
    pub(crate) async fn before(target: &mut Target, plan: &Plan) -> Self {
        let mut tables: Vec<ObjectName> = Vec::new();
        let dialect = plan.target.dialect;
        for statement in plan.steps.iter().flat_map(|step| &step.statements) {
            if tables.len() >= MOST {
                break;
            }
            let written = parse(&statement.sql, dialect).0.iter().flat_map(writes).collect::<Vec<_>>();
            for object in written {
                if let ObjectRef::Table(name) = object
                    && !tables.contains(&name)
                {
                    tables.push(name);
                }
            }
        }
        tables.truncate(MOST);
        let before = measure(target, &tables).await;
        Self { tables, before }
    }

    /// Measures again: what each has grown, without those that stayed as they were.
    pub(crate) async fn grown(&self, target: &mut Target) -> BTreeMap<String, i64> {
        let after = measure(target, &self.tables).await;
        let names = self.before.keys().chain(after.keys());
        let of = |sizes: &BTreeMap<String, i64>, name: &String| sizes.get(name).copied().unwrap_or(0);
        let grown = names.map(|name| (name.clone(), of(&after, name) - of(&self.before, name)));
        grown.filter(|(_, bytes)| *bytes != 0).collect()
    }
}

/// Bytes with indexes; a server that refuses tells nothing.
async fn measure(target: &mut Target, tables: &[ObjectName]) -> BTreeMap<String, i64> {
    if tables.is_empty() {
        return BTreeMap::new();
    }
    let sql = match target {
        Target::Postgres(_) => {
            let one = |table: &ObjectName| {
                let shown = target.literal(&table.to_string());
                format!("({shown}, pg_total_relation_size(to_regclass({})))", target.literal(&target.quoted(table)))
            };
            let all: Vec<String> = tables.iter().map(one).collect();
            format!("SELECT name, bytes FROM (VALUES {}) AS sizes(name, bytes) WHERE bytes IS NOT NULL", all.join(", "))
        }
        Target::MySql(_) => {
            let names: Vec<String> = tables.iter().map(|table| target.literal(&table.name)).collect();
            format!(
                "SELECT table_name, COALESCE(data_length + index_length, 0) FROM information_schema.tables \
                 WHERE table_schema = DATABASE() AND table_name IN ({})",
                names.join(", ")
            )
        }
        Target::Sqlite(_) => "SELECT 'main', page_count * page_size FROM pragma_page_count(), pragma_page_size()".to_owned(),
    };
    let rows = target.rows(&sql).await.unwrap_or_default();
    let size = |row: Vec<Option<String>>| match row.as_slice() {
        [Some(name), Some(bytes)] => Some((name.clone(), bytes.parse().ok()?)),
        _ => None,
    };
    rows.into_iter().filter_map(size).collect()
}
