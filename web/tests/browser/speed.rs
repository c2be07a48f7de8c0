//! How quick the page is on large projects. `cargo xtask bench` runs this and judges the figures.

use std::time::Duration;

use serde_json::json;

use crate::chromium::Page;
use crate::{demo, large, static_files};

const WATCH: &str = "window.tasks = [0]; \
    new PerformanceObserver(list => window.tasks.push(...list.getEntries().map(entry => entry.duration))).observe({ entryTypes: ['longtask'] });";
const LONGEST: &str = "return Math.max(...window.tasks);";

/// Milliseconds of the newest plan, from question to answer.
async fn planned(page: &Page) -> f64 {
    page.script("return performance.getEntriesByName('planned').at(-1).duration;").await.as_f64().unwrap()
}

#[tokio::test]
#[ignore = "a measurement that `cargo xtask bench` judges"]
async fn large_projects_are_planned() {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    let first_paint = page.script("return performance.getEntriesByName('first-contentful-paint')[0].startTime;").await;
    let interactive = page.script("return performance.getEntriesByName('planner-ready')[0].startTime;").await;
    page.click("nav-migrations").await;
    page.script(WATCH).await;
    page.upload("drop-input", &large::folder("revisions")).await;
    let digest = page.attribute("digest", "data-digest").await;
    let revisions = planned(&page).await;
    page.upload("drop-input", &large::folder("scripts")).await;
    page.attribute_other_than("digest", "data-digest", &digest).await;
    let scripts = planned(&page).await;
    // The observer is told of a task after it has ended.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let longest = page.script(LONGEST).await;
    let figures = json!({
        "planned_500_revisions": revisions,
        "planned_1000_scripts": scripts,
        "longest_task": longest,
        "first_paint": first_paint,
        "interactive": interactive,
    });
    println!("{figures:#}");
    if let Some(path) = std::env::var_os("FLIGHTPLAN_FIGURES") {
        std::fs::write(path, figures.to_string()).unwrap();
    }
    page.close().await;
}
