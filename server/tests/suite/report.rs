//! A plan as one file for a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::flight::Flight;

#[test]
fn a_plan_is_one_file_that_runs_and_loads_nothing() {
    let flight = Flight::sqlite();
    flight.write("sql/V1__a.sql", "CREATE TABLE a (b text DEFAULT '</pre><script>alert(1)</script>');\n");
    flight.write("sql/V2__b.sql", "ALTER TABLE a ADD COLUMN c integer NOT NULL;\n");
    let digest = flight.flyway(&["plan", "--format", "json"]).json()["digest"].as_str().unwrap().to_owned();
    let page = flight.flyway(&["plan", "--format", "html"]).out;
    for part in [
        digest.as_str(),
        "&lt;script&gt;alert(1)",
        "V1",
        "V2",
        "Has to wait",
        "Way back",
        "sql/V2__b.sql:1",
        "default-src 'none'",
    ] {
        assert!(page.contains(part), "{part:?} is missing in\n{page}");
    }
    for part in ["<script", "src=", "href=", "url("] {
        assert!(!page.contains(part), "{part:?} is in\n{page}");
    }
    flight.flyway(&["info", "--format", "html"]).code(2).complains(&["no format"]);
}
