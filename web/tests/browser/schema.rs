//! Home, and the schema through its history.

use std::time::Duration;

use crate::demo::{self, Demo};
use crate::page::Page;
use crate::static_files;

#[tokio::test]
async fn home_says_what_waits_and_what_is_deployed() {
    let demo = Demo::start(2_000);
    let page = Page::open(&demo.address()).await;
    let waits = page.text("waits").await;
    assert!(waits.contains("6 steps for development wait for your approval."), "{waits}");
    page.wait_for("[data-testid=environments] tbody td:nth-child(3)").await;
    let deployed = page.text("environments").await;
    for said in ["development", "b8e2af51d3c9", "6 steps", "1.9.0 works", "production", "no database is known"] {
        assert!(deployed.contains(said), "{said:?} is missing in what is deployed:\n{deployed}");
    }
    let bottom = page.script("return document.querySelector('[data-testid=environments]').getBoundingClientRect().bottom;").await;
    assert!(bottom.as_f64().is_some_and(|bottom| bottom < 800.0), "it is all in the first screen: {bottom}");
    page.screenshot("home").await;
    page.close().await;
}

#[tokio::test]
async fn the_schema_is_shown_behind_any_migration_with_who_made_what() {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    let hidden = tempfile::tempdir().unwrap();
    // The page leaves hidden folders out.
    let folder = hidden.path().join("project");
    std::fs::create_dir_all(folder.join("sql")).unwrap();
    for (name, sql) in [
        ("V1__users.sql", "CREATE TABLE users (id int PRIMARY KEY, mail text);"),
        ("V2__orders.sql", "CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users (id));"),
        ("V3__rename.sql", "ALTER TABLE users RENAME COLUMN mail TO email;"),
        ("V4__no_orders.sql", "DROP TABLE orders; ALTER TABLE users ADD COLUMN age int;"),
    ] {
        std::fs::write(folder.join("sql").join(name), sql).unwrap();
    }
    std::fs::write(folder.join("flyway.conf"), "flyway.locations=filesystem:sql\n").unwrap();
    page.upload("drop-input", &folder).await;
    page.attribute("digest", "data-digest").await;
    page.click("nav-schema").await;
    assert_eq!(page.text("schema-summary").await, "After V4: 1 table, 3 columns.");
    page.click("schema-earlier").await;
    page.wait_for("[data-testid=schema-row][data-name='public.orders']").await;
    assert_eq!(page.text("schema-summary").await, "After V3: 2 tables, 4 columns.");
    page.type_into("schema-find", "email").await;
    let found = page.text("schema-row").await;
    assert!(found.contains("email") && found.contains("V1 as mail, changed by V3") && found.contains("changed here"), "{found}");
    page.go("#/schema/public%2Eorders%40V2").await;
    page.wait_for("[data-testid=relations]").await;
    let life = page.text("schema-life").await;
    assert!(life.contains("Made by V2") && life.contains("Taken away by V4"), "{life}");
    let line = page.text("schema-line").await;
    assert!(line.contains("id integer not null") && line.contains("new here"), "{line}");
    page.screenshot("schema").await;
    page.close().await;
}
