//! The lineage of a schema, filtered at any migration, is the schema behind that migration.

use std::path::Path;

use planner::catalog::line::lines;
use planner::catalog::lineage::{Lineage, ObjectKind};
use planner::catalog::schema::schema;
use planner::catalog::{Catalog, replay};
use planner::migration::Migration;
use planner::pipeline;

use crate::cases::{files, read};

/// Name and lines of each table there, sorted.
fn filtered(lineage: &Lineage, place: u32) -> Vec<(String, Vec<String>)> {
    let there = lineage.objects.iter().filter(|object| object.kind == ObjectKind::Table && object.life.holds(place));
    let told = there.map(|object| {
        let lines = object.lines.iter().filter(|line| line.life.holds(place)).map(|line| line.line.text.clone());
        (object.name.to_string(), sorted(lines.collect()))
    });
    sorted(told.collect())
}

fn replayed(catalog: &Catalog) -> Vec<(String, Vec<String>)> {
    let told = schema(catalog).tables.into_iter().map(|table| {
        let name = planner::name::ObjectName { schema: table.schema.clone(), name: table.name.clone() };
        (name.to_string(), sorted(lines(&table).into_iter().map(|line| line.text).collect()))
    });
    sorted(told.collect())
}

fn sorted<T: Ord>(mut list: Vec<T>) -> Vec<T> {
    list.sort();
    list
}

#[test]
fn the_lineage_at_any_migration_is_the_schema_behind_it() {
    let mut compared = 0;
    for stage in ["plan", "report", "catalog", "matrix", "lineage"] {
        for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(stage)) {
            let case = read(&path).case;
            let report = planner::analyze(&case.project, &case.request);
            let lineage = pipeline::lineage(&report.settings, &report.migrations, &case.request);
            let mut catalog = Catalog::at_start(&report.settings);
            for (place, id) in (0..).zip(&lineage.migrations) {
                let is_it = |migration: &&Migration| migration.id == *id && migration.source == report.settings.source;
                let migration = report.migrations.iter().find(is_it).expect("the lineage is of the report's migrations");
                catalog = replay::after(catalog, &[migration]);
                assert_eq!(filtered(&lineage, place), replayed(&catalog), "{} behind {id}", path.display());
                compared += 1;
            }
        }
    }
    assert!(compared > 60, "{compared} schemas were compared");
}
