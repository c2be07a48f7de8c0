//! axe-core on every page, in both themes, at the width of a laptop and of a phone.

use std::path::Path;

use serde_json::Value;

use crate::demo::Demo;
use crate::page::Page;

/// Lets axe-core look at what is shown; what it objects to, one a line.
pub(crate) async fn violations(page: &Page, place: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("node_modules/axe-core/axe.min.js");
    if page.script("return typeof window.axe;").await != "object" {
        page.script(&std::fs::read_to_string(path).expect("`cargo xtask browser` installs axe-core")).await;
    }
    let found = page
        .script_later(
            "const told = arguments[arguments.length - 1]; \
         Promise.all(document.getAnimations().map(animation => animation.finished.catch(() => null))) \
         .then(() => axe.run(document)).then(told, error => told(String(error)));",
        )
        .await;
    let Some(violations) = found["violations"].as_array() else { panic!("axe-core did not run: {found}") };
    assert!(found["passes"].as_array().is_some_and(|passes| passes.len() > 10), "axe-core looked at nothing");
    let words = |node: &Value, what: &Value| {
        let colours = node["any"][0]["message"].as_str().unwrap_or_default().to_owned();
        format!("{place}: {} ({}): {}: {colours}", what["id"], what["impact"], node["target"][0])
    };
    let nodes = |what: &Value| what["nodes"].as_array().into_iter().flatten().map(|node| words(node, what)).collect::<Vec<_>>();
    violations.iter().flat_map(nodes).collect()
}

/// Puts the page into a theme without its switch, which would keep it.
async fn dress(page: &Page, dark: bool) {
    page.script(&format!("document.documentElement.classList.toggle('pf-v6-theme-dark', {dark});")).await;
}

/// Places of the page, and what has to be there before it is looked at.
pub(crate) const PLACES: [(&str, &str); 17] = [
    ("#/home", "[data-testid=environments] tbody td:nth-child(3)"),
    ("#/migrations", "[data-testid=migration-row]"),
    ("#/migrations/c9f3b062e4da", "[data-testid=inspector]"),
    ("#/graph", "[data-testid=graph-node]"),
    ("#/graph/c9f3b062e4da", "[data-testid=inspector]"),
    ("#/plan", "[data-testid=step-card]"),
    ("#/plan/c9f3b062e4da", "[data-testid=undo]"),
    ("#/plan/f5b9d2816ea3", "[data-testid=inspector] .finding"),
    ("#/schema", "[data-testid=schema-row]"),
    ("#/schema/users%40c9f3b062e4da", "[data-testid=relations]"),
    ("#/matrix", "[data-testid=matrix-cell]"),
    ("#/matrix/1%2E9%2E0%40e4a8c1705d92", "[data-testid=matrix-reason]"),
    ("#/runs", "[data-testid=run-row]"),
    ("#/runs/RUN", "[data-testid=run-log] li"),
    ("#/audit", "[data-testid=audit-check]"),
    ("#/emergency", "[data-testid=playbook-step]"),
    ("#/compare", "[data-testid=compare] .pf-v6-c-empty-state"),
];

/// Opens the page on a sample that has one run, whose id stands for `RUN` in [`PLACES`].
pub(crate) async fn with_a_run(demo: &Demo) -> (Page, String) {
    let page = Page::open(&demo.address()).await;
    page.attribute("digest", "data-digest").await;
    page.go("#/runs").await;
    let run = page.attribute("run-row", "data-id").await;
    (page, run)
}

/// Notes what axe-core objects to, and what does not fit into the window.
pub(crate) async fn looks_right(page: &Page, place: &str, wrong: &mut Vec<String>) {
    wrong.extend(violations(page, place).await);
    if page.script("return document.documentElement.scrollWidth > innerWidth;").await == true {
        wrong.push(format!("{place}: the page is wider than its window"));
    }
}

/// Looks at what is shown in both themes and two widths.
async fn everywhere(page: &Page, name: &str, wrong: &mut Vec<String>) {
    for (dark, width) in [(false, 1280), (true, 1280), (false, 390), (true, 390)] {
        dress(page, dark).await;
        page.resize(width, 800).await;
        looks_right(page, &format!("{name}, {}, {width} wide", if dark { "dark" } else { "light" }), wrong).await;
        if !dark {
            page.screenshot(&format!("{}-{width}", name.replace(['#', '/', '%', ' '], "_"))).await;
        }
    }
    page.resize(1280, 800).await;
}

#[tokio::test]
async fn no_page_violates_a_rule_of_axe() {
    let demo = Demo::start(2_000);
    let (page, run) = with_a_run(&demo).await;
    let mut wrong = Vec::new();
    for (hash, there) in PLACES {
        let hash = hash.replace("RUN", &run);
        page.go(&hash).await;
        page.wait_for(there).await;
        everywhere(&page, &hash, &mut wrong).await;
    }
    // What opens above and below.
    for (hash, opens, there) in [
        (format!("#/runs/{run}"), "roll-back", "[data-testid=way-back] [data-testid=typed-name]"),
        ("#/plan".to_owned(), "share", "[data-testid=share-dialog] .told, [data-testid=link], [data-testid=link-too-long]"),
    ] {
        page.go(&hash).await;
        page.click(opens).await;
        page.wait_for(there).await;
        everywhere(&page, opens, &mut wrong).await;
        page.press(crate::page::ESCAPE).await;
    }
    page.go("#/compare").await;
    page.choose("compare-environment", "production").await;
    page.wait_for("[data-testid=comparison]").await;
    everywhere(&page, "a comparison", &mut wrong).await;
    page.go("#/graph").await;
    page.click("graph-chains").await;
    page.wait_for("[data-testid=graph-chain]").await;
    everywhere(&page, "a graph with its chains collapsed", &mut wrong).await;
    page.click("graph-view").await;
    page.wait_for("[data-testid=graph-row]").await;
    page.click("keys-open").await;
    for dark in [false, true] {
        dress(&page, dark).await;
        wrong.extend(violations(&page, "graph as a table, keyboard help").await);
    }
    assert!(wrong.is_empty(), "{} violations:\n{}", wrong.len(), wrong.join("\n"));
    page.close().await;
}
