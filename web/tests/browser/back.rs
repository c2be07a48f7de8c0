//! Back to the state before a run, from its page.

use std::time::Duration;

use crate::demo::Demo;
use crate::page::Page;
use crate::project::Project;

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_run_is_rolled_back_once_its_database_is_named() {
    let project = Project::deployed("");
    let page = Page::open(&project.address()).await;
    page.attribute("digest", "data-digest").await;
    page.go("#/runs").await;
    page.click_css("[data-testid=run-row] a").await;
    let run = page.script("return location.hash;").await;
    page.click("roll-back").await;
    let losses = page.text("losses").await;
    assert!(losses.contains("1 row now"), "{losses}");
    let dialog = page.text("way-back").await;
    assert!(dialog.contains("shop.db goes back to 1: 1 step") && dialog.contains("loses something"), "{dialog}");
    page.screenshot("way-back").await;
    // Neither the name alone nor a part of it is enough.
    page.type_into("typed-name", "shop").await;
    page.wait_for("[data-testid=roll-back-now][disabled]").await;
    page.type_into("typed-name", ".db").await;
    page.wait_for("[data-testid=roll-back-now][disabled]").await;
    assert!(project.has("notes"));
    page.tick("accept-loss").await;
    page.click_when_enabled("roll-back-now").await;
    page.wait_until(&format!("location.hash !== {run}")).await;
    page.wait_for_attribute("run-state", "data-state", "done", PATIENCE).await;
    assert!(!project.has("notes") && project.has("users"));

    // The run is gone already.
    page.go(run.as_str().unwrap()).await;
    page.click("roll-back").await;
    page.wait_for("[data-testid=no-way-back]").await;
    page.close().await;
}

#[tokio::test]
async fn on_postgres_a_plan_is_reviewed_run_through_its_gates_and_taken_back() {
    let demo = Demo::start_on_postgres(20_000);
    let page = Page::open(&demo.address()).await;
    page.click("nav-plan").await;
    let digest = page.attribute("digest", "data-digest").await;
    assert_eq!(digest, demo.native_digest(&[]), "the browser and the executor plan the same bytes");
    page.click_where("step-card", "data-step", crate::UPDATE_STEP).await;
    page.fill("batch-size", "2000").await;
    let changed = page.attribute_other_than("digest", "data-digest", &digest).await;
    assert_eq!(changed, demo.native_digest(&["--batch", &format!("{}:1=2000", crate::UPDATE_STEP)]));
    page.screenshot("postgres-plan").await;
    page.click_when_enabled("approve").await;
    page.click_when_enabled("run").await;
    for gate in ["green-deployed", "blue-drained"] {
        page.open_gate(gate, "seen on the dashboard").await;
    }
    page.wait_for_attribute("run-state", "data-state", "done", PATIENCE).await;
    assert_eq!(demo.query("SELECT count(*) FROM users WHERE status = 'pending'"), "0");
    assert_eq!(demo.native_plan(&[])["steps"].as_array().map(Vec::len), Some(0), "nothing is left to do");
    page.screenshot("postgres-run").await;

    page.click("roll-back").await;
    page.wait_for("[data-testid=typed-name]").await;
    page.screenshot("postgres-way-back").await;
    let run = page.script("return location.hash;").await;
    page.tick("accept-loss").await;
    page.type_into("typed-name", "coreos").await;
    page.click_when_enabled("roll-back-now").await;
    page.wait_until(&format!("location.hash !== {run}")).await;
    page.wait_for_attribute("run-state", "data-state", "done", PATIENCE).await;
    assert_eq!(demo.query("SELECT version_num FROM alembic_version"), "b8e2af51d3c9", "it is where it was before the run");
    page.close().await;
}
