//! How quick the page is on large projects. `cargo xtask bench` runs this and judges the figures.

use std::time::Duration;

use serde_json::json;

use crate::page::Page;
use crate::{demo, large, static_files};

/// Notes long tasks, of which the browser tells from 50 ms on, and the moments at which the page is given files.
const WATCH: &str = "window.tasks = []; window.asked = []; window.given = []; \
    new PerformanceObserver(list => window.tasks.push(...list.getEntries())).observe({ entryTypes: ['longtask'] }); \
    addEventListener('change', () => window.given.push(performance.now()), true);";
/// The longest task of the page, and of the browser until it gives the page a picked folder: it looks for the type of every
/// file in one task, which may end in the page's own.
const LONGEST: &str = "const [ours, lists] = [[50], [0]]; \
    for (const { startTime, duration } of window.tasks) { \
        const end = startTime + duration; \
        const lost = window.given.map((given, at) => Math.max(0, Math.min(end, given) - Math.max(startTime, window.asked[at]))); \
        lists.push(...lost); ours.push(lost.reduce((left, part) => left - part, duration)); \
    } return [Math.max(...ours), Math.max(...lists)];";

/// Picks a generated folder.
async fn pick(page: &Page, name: &str) {
    page.script("window.asked.push(performance.now());").await;
    page.upload("drop-input", &large::folder(name)).await;
}

/// Milliseconds of the newest plan, from question to answer.
async fn planned(page: &Page) -> f64 {
    page.script("return performance.getEntriesByName('planned').at(-1).duration;").await.as_f64().unwrap()
}

/// Milliseconds between frames while a script changes something in each of them, on average and at the 95th of 100.
async fn frames(page: &Page, change: &str) -> (f64, f64) {
    let script = format!(
        "const told = arguments[arguments.length - 1]; const change = {change}; const gaps = []; let last = null; \
         const tick = now => {{ if (last !== null) gaps.push(now - last); last = now; change(gaps.length); \
         gaps.length < 200 ? requestAnimationFrame(tick) : told(gaps.sort((a, b) => a - b)); }}; requestAnimationFrame(tick);"
    );
    let gaps: Vec<f64> = serde_json::from_value(page.script_later(&script).await).unwrap();
    (gaps.iter().sum::<f64>() / 200.0, gaps[190])
}

/// Drags the graph by its frame, as a pointer would: down and a little to the side, and back.
const DRAG: &str = "(() => { const frame = document.querySelector('.graph-frame'); \
    const fire = (kind, x, y) => frame.dispatchEvent(new PointerEvent(kind, { clientX: x, clientY: y, buttons: 1, bubbles: true })); \
    fire('pointerdown', 640, 9000); return at => fire('pointermove', 640 + at % 40, 9000 - at * 40); })()";
/// Scrolls the matrix down and to the right, and back.
const SCROLL: &str = "(() => { const frame = document.querySelector('.table-frame:has(.matrix)'); \
    return at => { frame.scrollTop = Math.abs(100 - at) * 60; frame.scrollLeft = Math.abs(100 - at) * 400; }; })()";

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
    pick(&page, "revisions").await;
    let digest = page.attribute("digest", "data-digest").await;
    let revisions = planned(&page).await;
    pick(&page, "scripts").await;
    page.attribute_other_than("digest", "data-digest", &digest).await;
    let scripts = planned(&page).await;
    // The observer is told of a task after it has ended.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let longest = page.script(LONGEST).await;
    let before = page.attribute("digest", "data-digest").await;
    pick(&page, "revisions").await;
    let before = page.attribute_other_than("digest", "data-digest", &before).await;
    page.script("window.tasks = [];").await;
    page.click("nav-plan").await;
    page.count("step-card", 30).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let plan_opened = page.script("return Math.max(50, ...window.tasks.map(task => task.duration));").await;
    page.click("nav-migrations").await;
    let again = async {
        pick(&page, "scripts").await;
        page.attribute_other_than("digest", "data-digest", &before).await
    };
    let before = page.slowed(again).await;
    let slowed = planned(&page).await;
    pick(&page, "many").await;
    let many = page.attribute_other_than("digest", "data-digest", &before).await;
    page.click("nav-graph").await;
    page.click("graph-chains").await;
    page.count("graph-node", 5).await;
    let (graph, graph_late) = frames(&page, DRAG).await;
    page.click("nav-migrations").await;
    pick(&page, "releases").await;
    page.attribute_other_than("digest", "data-digest", &many).await;
    page.click("nav-matrix").await;
    page.count("matrix-cell", 50).await;
    let (matrix, matrix_late) = frames(&page, SCROLL).await;
    let figures = json!({
        "graph_frame": graph,
        "graph_late_frame": graph_late,
        "matrix_frame": matrix,
        "matrix_late_frame": matrix_late,
        "planned_500_revisions": revisions,
        "planned_1000_scripts": scripts,
        "planned_1000_scripts_slowed": slowed,
        "longest_task": longest[0],
        "plan_opened": plan_opened,
        "file_list": longest[1],
        "first_paint": first_paint,
        "interactive": interactive,
    });
    println!("{figures:#}");
    if let Some(path) = std::env::var_os("FLIGHTPLAN_FIGURES") {
        std::fs::write(path, figures.to_string()).unwrap();
    }
    page.close().await;
}
