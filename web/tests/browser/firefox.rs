//! The same page in Debian's Firefox: planned from static files, and approved and run from the server.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use zip::write::SimpleFileOptions;

use crate::UPDATE_STEP;
use crate::demo::{self, Demo};
use crate::page::Page;
use crate::static_files;

#[tokio::test]
async fn firefox_plans_a_dropped_archive_without_any_server() {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open_in_firefox(&files.address()).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(60)).await;
    let before = files.requests();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample.zip");
    archive(&demo::migrations(), &path);
    page.upload("drop-files", &path).await;
    assert_eq!(page.count("migration-row", 28).await, 28);
    assert_eq!(page.attribute("digest", "data-digest").await, demo::offline_digest(), "the same plan as the command line's");
    for place in ["graph", "plan", "schema", "matrix", "home"] {
        page.click(&format!("nav-{place}")).await;
    }
    page.wait_for("[data-testid=waits] li").await;
    page.screenshot("firefox").await;
    assert_eq!(files.requests(), before, "nothing leaves the browser once the page is loaded");
    page.close().await;
}

#[tokio::test]
async fn firefox_approves_and_runs_a_plan() {
    let demo = Demo::start(2_000);
    let page = Page::open_in_firefox(&demo.address()).await;
    page.click("nav-plan").await;
    page.click_where("step-card", "data-step", UPDATE_STEP).await;
    assert_eq!(page.attribute("digest", "data-digest").await, demo.native_digest(&[]));
    page.click_when_enabled("approve").await;
    page.click_when_enabled("run").await;
    for gate in ["green-deployed", "blue-drained"] {
        page.open_gate(gate, "seen on the dashboard").await;
    }
    page.wait_for_attribute("run-state", "data-state", "done", Duration::from_secs(60)).await;
    page.close().await;
}

/// A folder as a zip archive.
fn archive(folder: &Path, to: &Path) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(to).unwrap());
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            archive.start_file(name, SimpleFileOptions::default()).unwrap();
            archive.write_all(&std::fs::read(&path).unwrap()).unwrap();
        }
    }
    archive.finish().unwrap();
}
