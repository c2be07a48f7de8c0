//! Reviewing, approving and running a plan without a pointer.

use std::time::Duration;

use crate::UPDATE_STEP;
use crate::demo::Demo;
use crate::page::{DOWN, ENTER, ESCAPE, Page};

#[tokio::test]
async fn a_plan_is_reviewed_approved_and_run_with_the_keyboard_alone() {
    let demo = Demo::start(30_000);
    let page = Page::open(&demo.address()).await;
    page.attribute("digest", "data-digest").await;

    page.press("?").await;
    page.wait_for("dialog[open][data-testid=keys]").await;
    page.screenshot("keyboard").await;
    page.press(ESCAPE).await;
    page.wait_for("dialog:not([open])[data-testid=keys]").await;

    // The skip link leads past the bar and stays on the page.
    page.press("gp").await;
    page.wait_for("[data-testid=step-card]").await;
    page.tab_to(".skip-link").await;
    page.press(ENTER).await;
    page.wait_for("main:focus").await;
    page.tab_to(&format!("[data-testid=step-card][data-step={UPDATE_STEP}]")).await;
    page.press(ENTER).await;
    page.wait_for("aside:focus").await;
    let digest = page.attribute("digest", "data-digest").await;
    page.tab_to("[data-testid=batch-size]").await;
    page.press("\u{E009}a\u{E000}1000").await;
    page.press(crate::page::TAB).await;
    let changed = page.attribute_other_than("digest", "data-digest", &digest).await;
    assert_eq!(changed, demo.native_digest(&["--batch", &format!("{UPDATE_STEP}:1=1000")]));
    // In a field Escape is the field's.
    page.tab_to("[data-testid=undo] pre").await;
    page.press(ESCAPE).await;
    page.wait_for(&format!("[data-testid=step-card][data-step={UPDATE_STEP}]:focus")).await;

    page.press("gg").await;
    page.tab_to(&format!("[data-testid=graph-node][data-id={UPDATE_STEP}]")).await;
    page.press(ENTER).await;
    page.wait_for("[data-testid=inspector]").await;
    page.press(DOWN).await;
    page.wait_for(&format!(".node.is-selected:not([data-id={UPDATE_STEP}])")).await;

    page.press("gp").await;
    page.tab_to("[data-testid=approve]:not([disabled])").await;
    page.press(ENTER).await;
    page.tab_to("[data-testid=run]:not([disabled])").await;
    page.press(ENTER).await;
    for gate in ["green-deployed", "blue-drained"] {
        page.wait_for(&format!("[data-gate={gate}]")).await;
        page.tab_to(&format!("[data-gate={gate}] [data-testid=gate-reason]")).await;
        page.press("seen on the dashboard?").await;
        page.tab_to("[data-testid=open-gate]:not([disabled])").await;
        page.press(ENTER).await;
    }
    page.wait_for_attribute("run-state", "data-state", "done", Duration::from_secs(60)).await;
    assert_eq!(demo.native_plan(&[])["steps"].as_array().map(Vec::len), Some(0), "nothing is left to do");
    page.press("gh").await;
    page.wait_for("[data-testid=waits-none]").await;
    page.close().await;
}

#[tokio::test]
async fn escape_clears_a_search_then_leaves_it() {
    let demo = Demo::start(100);
    let page = Page::open(&demo.address()).await;
    page.go("#/migrations").await;
    page.wait_for("[data-testid=migration-row]").await;
    page.type_into("filter-text", "no such migration").await;
    page.wait_until("document.querySelector('[data-testid=migration-row]') === null").await;
    page.press(ESCAPE).await;
    page.wait_for("[data-testid=migration-row]").await;
    assert_eq!(page.value("filter-text").await, "");
    page.press(ESCAPE).await;
    page.wait_until("document.activeElement === document.body").await;
    // Now keys are the page's again.
    page.press("gp").await;
    page.wait_for("[data-testid=step-card]").await;
    page.close().await;
}
