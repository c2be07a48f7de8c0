//! The graph's long chains and its minimap.

use std::time::Duration;

use crate::page::{ENTER, Page};
use crate::{demo, large, static_files};

/// Some node behind the first three hundred is drawn.
const FAR: &str = "[...document.querySelectorAll('[data-testid=graph-node]')].some(node => parseInt(node.dataset.id, 16) > 300)";
/// Points at the minimap, four fifths down.
const POINT: &str = "const map = document.querySelector('[data-testid=minimap]'); const edge = map.getBoundingClientRect(); \
    map.dispatchEvent(new PointerEvent('pointerdown', { clientX: edge.left + 20, clientY: edge.top + edge.height * 0.8, buttons: 1, bubbles: true }));";
/// The nodes stand inside the frame, from the left to the right.
const FITS: &str = "const frame = document.querySelector('.graph-frame').getBoundingClientRect(); \
    return [...document.querySelectorAll('[data-testid=graph-node]')].map(node => node.getBoundingClientRect()) \
        .every(node => node.left >= frame.left && node.right <= frame.right);";

async fn opened(project: &std::path::Path, width: u32) -> Page {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.resize(width, 844).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    page.upload("drop-input", project).await;
    page.attribute("digest", "data-digest").await;
    page.click("nav-graph").await;
    page
}

#[tokio::test]
async fn a_long_chain_is_one_node_until_it_is_opened() {
    let page = opened(&large::folder("revisions"), 1280).await;
    page.wait_for("[data-testid=graph-chain]").await;
    let chain = page.script("return document.querySelector('[data-testid=graph-chain] title').textContent;").await;
    let chain = chain.as_str().unwrap_or_default();
    assert!(chain.starts_with("498 migrations, 000000000001 to 0000000001f2, 498 pending, "), "{chain}");
    assert_eq!(page.count("graph-node", 2).await, 2, "what is before and behind the chain");
    page.screenshot("graph-chain").await;
    page.tab_to("[data-testid=graph-chain]").await;
    page.press(ENTER).await;
    page.wait_until("document.activeElement.dataset.id === '000000000001'").await;
    page.click("graph-chains").await;
    page.wait_for("[data-testid=graph-chain]").await;
    page.go("#/graph/0000000000fa").await;
    page.wait_for(".is-selected[data-id=\"0000000000fa\"]").await;
    page.go("#/graph").await;
    page.wait_for("[data-testid=graph-chain]").await;
    page.type_into("graph-filter", "step 250").await;
    page.wait_until("document.querySelector('[data-testid=graph-chain]') === null").await;
    page.close().await;
}

#[tokio::test]
async fn the_minimap_moves_the_view() {
    let page = opened(&large::folder("revisions"), 1280).await;
    page.click("graph-chains").await;
    page.wait_for("[data-testid=minimap][aria-hidden=true]").await;
    assert_eq!(page.script(&format!("return {FAR};")).await, false);
    let before = page.attribute("minimap-seen", "y").await;
    page.script(POINT).await;
    page.wait_until(FAR).await;
    page.attribute_other_than("minimap-seen", "y", &before).await;
    page.screenshot("minimap").await;
    page.click("graph-chains").await;
    page.wait_until("document.querySelector('[data-testid=minimap]') === null").await;
    page.close().await;
}

#[tokio::test]
async fn a_phone_shows_the_graph_in_its_width() {
    let page = opened(&demo::migrations(), 390).await;
    page.count("graph-node", 28).await;
    page.wait_until(&format!("(() => {{ {FITS} }})()")).await;
    page.screenshot("graph-phone").await;
    page.close().await;
}
