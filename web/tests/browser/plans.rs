//! Plans beside that of the project in hand: in a link, in a file, compared.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::page::Page;
use crate::{demo, static_files};

/// A small project in a folder that the page does not leave out.
fn small(hidden: &tempfile::TempDir) -> PathBuf {
    let folder = hidden.path().join("project");
    std::fs::create_dir_all(folder.join("sql")).unwrap();
    std::fs::write(folder.join("sql/V1__a_table.sql"), "CREATE TABLE a (b int);").unwrap();
    std::fs::write(folder.join("sql/V2__an_index.sql"), "CREATE INDEX i ON a (b);").unwrap();
    std::fs::write(folder.join("flyway.conf"), "flyway.locations=filesystem:sql\nflyway.password=hunter2\n").unwrap();
    folder
}

async fn ready(page: &Page) {
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
}

fn plan_file(folder: &Path, file: &Path) -> serde_json::Value {
    let mut command = Command::new(demo::environment("FLIGHTPLAN_BIN"));
    // Findings have an exit code of their own.
    command.arg("--project").arg(folder).args(["plan", "--output"]).arg(file).output().unwrap();
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[tokio::test]
async fn a_link_opens_with_the_same_digest_where_no_server_is() {
    let hidden = tempfile::tempdir().unwrap();
    let folder = small(&hidden);
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    ready(&page).await;
    page.upload("drop-input", &folder).await;
    let digest = page.attribute("digest", "data-digest").await;
    assert_eq!(digest, demo::digest_of(&folder));
    page.click("nav-plan").await;
    let before = files.requests();
    page.click("share").await;
    let link = page.value("link").await;
    assert!(link.starts_with(&format!("{}#/shared/", files.address())), "{link}");
    assert_eq!(files.requests(), before, "nothing is sent for it");
    page.screenshot("share").await;
    page.close().await;

    let other = static_files::serve(&demo::dist()).await;
    let moved = link.replace(&files.address(), &other.address());
    let page = Page::open(&moved).await;
    assert_eq!(page.attribute("digest", "data-digest").await, digest);
    page.wait_for("[data-testid=step-card]").await;
    assert_eq!(page.script("return location.hash;").await, "#/plan", "the way back does not lead into the link again");
    page.click("nav-migrations").await;
    assert_eq!(page.count("migration-row", 2).await, 2);
    page.close().await;

    // Cut off, or changed on its way.
    let middle = moved.len() - 40;
    let letter = if moved.as_bytes()[middle] == b'A' { "B" } else { "A" };
    let changed = format!("{}{letter}{}", &moved[..middle], &moved[middle + 1..]);
    for wrong in [&moved[..moved.len() - 9], &format!("{moved}%20"), &changed] {
        let page = Page::open(wrong).await;
        let told = page.text_with("alerts", "could not be opened").await;
        assert!(told.contains("cut off or changed"), "{told}");
        page.close().await;
    }
}

#[tokio::test]
async fn a_project_too_large_for_a_link_is_told_of_the_report() {
    let hidden = tempfile::tempdir().unwrap();
    let folder = small(&hidden);
    // Numbers that do not compress.
    let values: Vec<String> = (0..20_000_u64).map(|at| format!("({})", at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 8)).collect();
    std::fs::write(folder.join("sql/V3__rows.sql"), format!("INSERT INTO a (b) VALUES {};", values.join(","))).unwrap();
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    ready(&page).await;
    page.upload("drop-input", &folder).await;
    page.attribute("digest", "data-digest").await;
    page.click("nav-plan").await;
    page.click("share").await;
    let told = page.text("link-too-long").await;
    assert!(told.contains("32,000") && told.contains("plan --format html"), "{told}");
    page.close().await;
}

#[tokio::test]
async fn a_plan_file_is_opened_and_two_plans_are_compared() {
    let hidden = tempfile::tempdir().unwrap();
    let folder = small(&hidden);
    let old = hidden.path().join("old.json");
    let first = plan_file(&folder, &old);
    std::fs::write(folder.join("sql/V2__an_index.sql"), "CREATE INDEX CONCURRENTLY i ON a (b);").unwrap();
    std::fs::write(folder.join("sql/V3__more.sql"), "CREATE TABLE c (d int);").unwrap();
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    ready(&page).await;

    // A file without its project.
    page.click("nav-plan").await;
    page.upload("open-plan", &old).await;
    assert_eq!(page.attribute("digest", "data-digest").await, first["digest"].as_str().unwrap());
    assert_eq!(page.count("step-card", 2).await, 2);
    page.click_where("step-card", "data-step", "V2").await;
    page.wait_for("[data-testid=undo]").await;
    page.screenshot("opened-plan").await;

    // One whose steps are not what its digest was made of is told.
    let edited = hidden.path().join("edited.json");
    std::fs::write(&edited, std::fs::read_to_string(&old).unwrap().replace("CREATE INDEX i ", "CREATE INDEX j ")).unwrap();
    page.upload("open-plan", &edited).await;
    let told = page.text_with("alerts", "digest").await;
    assert!(told.contains("The steps of this file give the digest"), "{told}");
    let no_plan = hidden.path().join("no.json");
    std::fs::write(&no_plan, "{}").unwrap();
    page.upload("open-plan", &no_plan).await;
    page.text_with("alerts", "was not opened").await;

    // The project of now against the file of then.
    page.click("nav-migrations").await;
    page.upload("drop-input", &folder).await;
    page.wait_for_attribute("digest", "data-digest", &demo::digest_of(&folder), Duration::from_secs(30)).await;
    page.go("#/compare").await;
    page.upload("compare-file", &old).await;
    let told = page.text("comparison").await;
    assert!(told.contains("1 step added, 1 step changed"), "{told}");
    let added = page.text("added").await;
    assert!(added.contains("V3"), "{added}");
    page.wait_for("[data-testid=changed-step][data-step=V2] [data-field='V2:1, sql']").await;
    let whole = page.text("compare").await;
    for said in [first["digest"].as_str().unwrap(), "CREATE INDEX CONCURRENTLY i", "Findings that are gone", "transaction"] {
        assert!(whole.contains(said), "{said:?} is missing in:\n{whole}");
    }
    page.screenshot("compare").await;
    page.upload("compare-file", &no_plan).await;
    page.wait_for("[data-testid=no-comparison]").await;
    page.close().await;
}
