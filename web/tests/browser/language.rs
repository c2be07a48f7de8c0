//! The page in German: chosen without a load, kept, whole, accessible, and left again.

use std::time::Duration;

use crate::accessible::{PLACES, looks_right, with_a_run};
use crate::demo::{self, Demo};
use crate::page::Page;
use crate::static_files;

/// What each place has as its heading in German; places that are not here have a name of the project's.
const HEADINGS: [(&str, &str); 11] = [
    ("#/migrations", "Migrationen"),
    ("#/graph", "Graph"),
    ("#/plan", "Plan"),
    ("#/schema", "Schema"),
    ("#/matrix", "Matrix"),
    ("#/runs", "Läufe"),
    ("#/audit", "Audit"),
    ("#/emergency", "Notfall auf development"),
    ("#/compare", "Zwei Pläne vergleichen"),
    ("#/home", "Was wartet"),
    ("#/runs/RUN", "Fertig: alle"),
];

/// All that is said, names for screen readers and titles included.
/// Numbers beside the words of the rail come when they are known.
const SAID: &str = "const said = [...document.querySelectorAll('.top-bar, main, .rail-link > span:not(.rail-number)')] \
        .map(one => one.innerText); \
    document.querySelectorAll('[aria-label], [title], [placeholder]').forEach(one => \
        said.push(one.ariaLabel, one.getAttribute('title'), one.getAttribute('placeholder'))); \
    document.querySelectorAll('svg title').forEach(one => said.push(one.textContent)); \
    return said.filter(Boolean).join('\\n');";

async fn said(page: &Page) -> String {
    page.script(SAID).await.as_str().unwrap_or_default().to_owned()
}

async fn heading(page: &Page) -> String {
    page.script("return [...document.querySelectorAll('main h1, main h2')].map(one => one.innerText).join('; ');")
        .await
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn every_page_is_german_when_german_is_chosen_and_english_again() {
    let demo = Demo::start(2_000);
    let (page, run) = with_a_run(&demo).await;
    let mut wrong = Vec::new();
    for (hash, there) in PLACES {
        let hash = hash.replace("RUN", &run);
        page.go(&hash).await;
        page.wait_for(there).await;
        // What the server is asked for has come.
        tokio::time::sleep(Duration::from_millis(600)).await;
        let english = said(&page).await;
        page.choose("language", "de").await;
        page.wait_until("document.documentElement.lang == 'de'").await;
        let chosen = said(&page).await;
        page.script("location.reload();").await;
        page.wait_for(there).await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        let loaded = said(&page).await;
        if chosen != loaded {
            let differ = chosen.lines().zip(loaded.lines()).filter(|(chosen, loaded)| chosen != loaded).take(5);
            wrong.push(format!("{hash}: left in English until it is loaded: {:?}", differ.collect::<Vec<_>>()));
        }
        let headings = heading(&page).await;
        let wanted = HEADINGS.iter().find(|(place, _)| place.replace("RUN", &run) == hash);
        if let Some((_, wanted)) = wanted.filter(|(_, wanted)| !headings.contains(wanted)) {
            wrong.push(format!("{hash}: {wanted:?} is not among {headings:?}"));
        }
        for width in [1280, 390] {
            page.resize(width, 800).await;
            looks_right(&page, &format!("{hash} in German, {width} wide"), &mut wrong).await;
            page.screenshot(&format!("de{}-{width}", hash.replace(['#', '/', '%', ' '], "_"))).await;
        }
        page.resize(1280, 800).await;
        page.choose("language", "en").await;
        page.wait_until("document.documentElement.lang == 'en'").await;
        if said(&page).await != english {
            wrong.push(format!("{hash}: left in German"));
        }
    }
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
    page.close().await;
}

#[tokio::test]
async fn german_needs_no_request_and_loses_nothing() {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    page.upload("drop-input", &demo::migrations()).await;
    page.count("migration-row", 28).await;
    page.fill("filter-text", "users").await;
    let shown = page.script("return document.querySelectorAll('[data-testid=migration-row]').length;").await;
    let before = files.requests();
    page.tab_to("[data-testid=language]").await;
    page.press("d").await;
    page.wait_until("document.documentElement.lang == 'de'").await;
    assert_eq!(files.requests(), before, "nothing is loaded for a language");
    assert_eq!(page.value("filter-text").await, "users", "what was written stays");
    assert_eq!(page.script("return document.querySelectorAll('[data-testid=migration-row]').length;").await, shown);
    assert!(heading(&page).await.contains("Migrationen"));
    page.go("#/plan").await;
    page.wait_for("[data-testid=step-card]").await;
    let summary = page.text("plan-summary").await;
    assert!(summary.contains("Schritt"), "{summary}");
    page.close().await;
}
