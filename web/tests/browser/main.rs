//! Real Chromium on the page as shipped: with the server that executes, and from static files alone.
//!
//! `cargo xtask browser` builds what these tests need and names it in the environment.

#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod accessible;
mod audit;
mod back;
mod demo;
mod emergency;
mod encodings;
mod firefox;
mod graph;
mod hostile;
mod keyboard;
mod language;
mod large;
mod login;
mod mending;
mod page;
mod plans;
mod project;
mod schema;
mod speed;
mod static_files;

use std::time::Duration;

use demo::Demo;
use page::Page;

const UPDATE_STEP: &str = "c9f3b062e4da";

#[tokio::test]
async fn a_reviewer_sees_changes_approves_and_runs_the_plan() {
    let demo = Demo::start(30_000);
    let page = Page::open(&demo.address()).await;

    page.click("nav-graph").await;
    let nodes = page.count("graph-node", 28).await;
    assert_eq!(nodes, 28, "14 Flyway migrations and 14 revisions");
    page.screenshot("graph").await;

    page.click("nav-plan").await;
    page.click_where("step-card", "data-step", UPDATE_STEP).await;
    let digest = page.attribute("digest", "data-digest").await;
    assert_eq!(digest, demo.native_digest(&[]), "the browser and the executor plan the same bytes");

    page.fill("batch-size", "2000").await;
    let changed = page.attribute_other_than("digest", "data-digest", &digest).await;
    let batch = format!("{UPDATE_STEP}:1=2000");
    assert_eq!(changed, demo.native_digest(&["--batch", &batch]), "a changed batch size is part of the digest");
    page.screenshot("plan").await;

    page.type_into("remark", "Who told the support about the <b>longest</b> lock?").await;
    page.click("say").await;
    page.wait_for("[data-testid=remarks] li").await;
    let remarks = page.text("remarks").await;
    assert!(remarks.contains("<b>longest</b>") && remarks.contains(UPDATE_STEP), "{remarks}");
    page.click("approve").await;
    // The page goes to the run by itself.
    page.click_when_enabled("run").await;
    for gate in ["green-deployed", "blue-drained"] {
        page.open_gate(gate, "seen on the dashboard").await;
    }
    page.wait_for_attribute("run-state", "data-state", "done", Duration::from_secs(60)).await;
    page.screenshot("runs").await;

    let plan = demo.native_plan(&[]);
    assert_eq!(plan["steps"].as_array().map(Vec::len), Some(0), "nothing is left to do");

    page.click("nav-matrix").await;
    assert_eq!(
        page.count("matrix-cell", 20).await,
        20,
        "four releases on their four schemas and on that of the newest migrations"
    );
    let guide = page.text("matrix-guide").await;
    for said in ["2.1.0", "legacy_ref is no longer returned by /users", "2.0.0 rolled out everywhere", "2.0.0", "1.9.0"] {
        assert!(guide.contains(said), "{said:?} is missing in the guide's table:\n{guide}");
    }
    let deployed = page.text("deployed").await;
    assert!(
        deployed.contains("8d0f2c4e6a91") && deployed.contains("2.1.0 works") && deployed.contains("1.9.0 breaks"),
        "{deployed}"
    );
    page.wait_for("[data-testid=environments] tbody td:nth-child(3)").await;
    let environments = page.text("environments").await;
    for said in ["development", "8d0f2c4e6a91", "2.1.0 works", "1.9.0 breaks", "To 1.9.0:"] {
        assert!(environments.contains(said), "{said:?} is missing in what is deployed:\n{environments}");
    }
    page.screenshot("matrix").await;
    let cell = ".is-verdict-breaks > [href='#/matrix/1%2E9%2E0%40e4a8c1705d92']";
    page.wait_for(cell).await;
    page.script(&format!("document.querySelector(\"{cell}\").click()")).await;
    let reason = page.text("matrix-reason").await;
    for said in ["users.display_name", "e4a8c1705d92_require_display_name.py:", "INSERT INTO users", "queries/1.9.0.sql:"] {
        assert!(reason.contains(said), "{said:?} is missing in why 1.9.0 breaks:\n{reason}");
    }
    page.screenshot("matrix-reason").await;
    page.close().await;
}

#[tokio::test]
async fn a_dropped_folder_is_planned_without_any_server() {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    let before = files.requests();
    page.upload("drop-input", &demo::migrations()).await;
    assert_eq!(page.count("migration-row", 28).await, 28);
    let digest = page.attribute("digest", "data-digest").await;
    assert_eq!(digest, demo::offline_digest(), "the browser and the command line plan the same bytes");
    page.screenshot("dropped").await;
    assert_eq!(files.requests(), before, "nothing leaves the browser once the page is loaded");
    page.close().await;
}
