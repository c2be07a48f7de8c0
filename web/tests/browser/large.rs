//! Projects of hundreds of migrations: planned as the command line plans them, and drawn in part.

use std::path::PathBuf;
use std::time::Duration;

use crate::page::Page;
use crate::{demo, static_files};

/// One of the projects that `cargo xtask browser` generates.
pub(crate) fn folder(name: &str) -> PathBuf {
    demo::environment("FLIGHTPLAN_LARGE").join(name)
}

#[tokio::test]
async fn five_hundred_revisions_are_planned_alike_and_every_page_shows_them() {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    page.upload("drop-input", &folder("revisions")).await;
    let digest = page.attribute("digest", "data-digest").await;
    assert_eq!(digest, demo::digest_of(&folder("revisions")), "the browser and the command line plan the same bytes");
    let rows = page.count("migration-row", 30).await;
    assert!((30..200).contains(&rows), "{rows} of 500 rows are drawn");
    page.script("document.querySelector('.table-frame').scrollTop = 1e9;").await;
    page.wait_for("[data-id=\"0000000001f3\"]").await;
    page.screenshot("large-migrations").await;
    page.click("nav-graph").await;
    page.click("graph-chains").await;
    let nodes = page.count("graph-node", 5).await;
    assert!((5..200).contains(&nodes), "{nodes} of 500 nodes are drawn");
    page.screenshot("large-graph").await;
    page.click("nav-plan").await;
    let cards = page.count("step-card", 30).await;
    assert!((30..200).contains(&cards), "{cards} of 500 cards are drawn");
    page.screenshot("large-plan").await;
    let marks = page.script("return document.querySelectorAll('.timeline-mark').length;").await;
    assert!(marks.as_u64().is_some_and(|marks| (20..150).contains(&marks)), "{marks} of 500 steps are drawn in the timeline");
    page.script("document.querySelector('.timeline').scrollLeft = 1e9;").await;
    page.wait_until("[...document.querySelectorAll('.timeline-step')].some(step => step.textContent === '500')").await;
    page.close().await;
}
