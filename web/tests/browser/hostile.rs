//! Files that mean harm: shown as text, bounded, and nothing leaves the browser.

use std::io::Write;
use std::time::Duration;

use zip::write::SimpleFileOptions;

use crate::page::Page;
use crate::static_files::StaticFiles;
use crate::{demo, static_files};

async fn open() -> (StaticFiles, Page) {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    (files, page)
}

/// Nothing of what was given became a part of the page.
async fn harmless(page: &Page) {
    let state = page
        .script(
            "return { ran: window.ran, elements: document.querySelectorAll('main :is(img, script, iframe, b)').length, \
             drawn: document.getElementsByTagName('*').length };",
        )
        .await;
    assert_eq!((state["ran"].is_null(), state["elements"].as_u64()), (true, Some(0)), "{state}");
    assert!(state["drawn"].as_u64().is_some_and(|drawn| drawn < 20_000), "{state}");
}

const SCRIPT: &str = "-- <script>window.ran = 1</script>\nCREATE TABLE \"<img src=x onerror='window.ran = 1'>\" (a int);\n\
COMMENT ON TABLE \"<img src=x onerror='window.ran = 1'>\" IS '</code></pre><iframe src=\"javascript:top.ran=1\"></iframe>';\n\
CREATE INDEX \"</code><b>\" ON \"<img src=x onerror='window.ran = 1'>\" (a);\n";
/// A comment that, shown as it asks to be, would look as if the statement behind it were a part of it.
const BIDI: &str =
    "/*\u{202e} } \u{2066}if (is_admin)\u{2069} \u{2066} begin admins only */\nDROP TABLE IF EXISTS users; -- \u{200b}end\n";

#[tokio::test]
async fn hostile_files_are_shown_as_text() {
    let (files, page) = open().await;
    let before = files.requests();
    let hidden = tempfile::tempdir().unwrap();
    // The page leaves hidden folders out.
    let folder = hidden.path().join("project");
    let sql = folder.join("sql");
    std::fs::create_dir_all(&sql).unwrap();
    std::fs::write(sql.join("V1__<img src=x onerror=window.ran=1>.sql"), SCRIPT).unwrap();
    std::fs::write(sql.join("V2__bidi_\u{202e}lqs.sql"), BIDI).unwrap();
    std::fs::write(sql.join("V3__ten_megabytes.sql"), format!("SELECT '{}';", "x".repeat(10_000_000))).unwrap();
    let long = format!("CREATE TABLE w (a int); INSERT INTO w VALUES (0){};", ",(1)".repeat(1_100_000));
    std::fs::write(sql.join("V4__one_line.sql"), long).unwrap();
    std::fs::write(folder.join("flyway.conf"), "flyway.locations=filesystem:sql\n").unwrap();
    page.upload("drop-input", &folder).await;
    assert_eq!(page.count("migration-row", 3).await, 3);
    let told = page.text("alerts").await;
    assert!(told.contains("V3__ten_megabytes.sql: larger than 5 MB"), "{told}");
    assert_eq!(page.attribute("digest", "data-digest").await.len(), 64);
    harmless(&page).await;
    page.go("#/migrations/V1").await;
    page.wait_for("[data-testid=inspector] pre").await;
    let shown = page.script("return document.querySelector('[data-testid=inspector]').innerText;").await;
    for said in
        ["<script>window.ran = 1</script>", "<img src=x onerror='window.ran = 1'>", "<iframe src=\"javascript:top.ran=1\">"]
    {
        assert!(shown.as_str().is_some_and(|shown| shown.contains(said)), "{said} is not shown: {shown}");
    }
    harmless(&page).await;
    page.screenshot("hostile").await;
    page.go("#/migrations/V2").await;
    page.wait_for("[data-testid=inspector] mark").await;
    let marks = page
        .script("return [...document.querySelectorAll('[data-testid=inspector] mark')].map(mark => mark.innerText).join(' ');")
        .await;
    assert!(marks.as_str().is_some_and(|marks| marks.starts_with("U+202E U+2066 U+2069 U+2066")), "{marks}");
    page.go("#/migrations/V4").await;
    let more = page.text("sql-more").await;
    assert!(more.contains("4.4 MB more of this statement are not shown"), "{more}");
    harmless(&page).await;
    for place in ["graph", "plan", "schema", "matrix"] {
        page.click(&format!("nav-{place}")).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        harmless(&page).await;
    }
    assert_eq!(files.requests(), before, "nothing leaves the browser once the page is loaded");
    page.close().await;
}

/// What the directory of an archive says about the size of a file, changed.
fn lie(archive: &mut [u8], name: &str, size: u32) {
    let listed = (0..archive.len() - 46).filter(|at| archive[*at..].starts_with(b"PK\x01\x02"));
    let at = listed.into_iter().find(|at| archive[at + 46..].starts_with(name.as_bytes())).unwrap();
    archive[at + 24..at + 28].copy_from_slice(&size.to_le_bytes());
}

#[tokio::test]
async fn an_archive_is_read_within_bounds() {
    let (files, page) = open().await;
    let before = files.requests();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("project.zip");
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let spaces = vec![b' '; 1 << 20];
    for (name, content, megabytes) in [
        ("project/sql/V1__a.sql", "CREATE TABLE a (b int);\n".to_owned(), 0),
        ("project/flyway.conf", "flyway.locations=filesystem:sql\n".to_owned(), 0),
        ("../../../etc/V2__out.sql", "SELECT 1;".to_owned(), 0),
        ("/etc/V3__out.sql", "SELECT 1;".to_owned(), 0),
        ("project/sql/V4__bomb.sql", String::new(), 300),
        ("project/sql/V5__liar.sql", String::new(), 300),
    ] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(content.as_bytes()).unwrap();
        for _ in 0..megabytes {
            archive.write_all(&spaces).unwrap();
        }
    }
    let mut archive = archive.finish().unwrap().into_inner();
    assert!(archive.len() < 1_000_000, "600 MB in {} bytes", archive.len());
    lie(&mut archive, "project/sql/V5__liar.sql", 100);
    std::fs::write(&path, archive).unwrap();
    page.upload("drop-files", &path).await;
    assert_eq!(page.count("migration-row", 1).await, 1);
    let told = page.text("alerts").await;
    for said in [
        "../../../etc/V2__out.sql: its path leads out of the archive",
        "/etc/V3__out.sql: its path leads out of the archive",
        "project/sql/V4__bomb.sql: larger than 5 MB",
        "project/sql/V5__liar.sql: it is not what the archive says it is",
    ] {
        assert!(told.contains(said), "{said:?} is not told:\n{told}");
    }
    let plain = folder.path().join("project");
    std::fs::create_dir_all(plain.join("sql")).unwrap();
    std::fs::write(plain.join("sql/V1__a.sql"), "CREATE TABLE a (b int);\n").unwrap();
    std::fs::write(plain.join("flyway.conf"), "flyway.locations=filesystem:sql\n").unwrap();
    let digest = page.attribute("digest", "data-digest").await;
    assert_eq!(digest, demo::digest_of(&plain), "it is planned as the folder would be");

    // A patch on what is in hand is the pull request.
    let patch = folder.path().join("change.patch");
    let text = "--- /dev/null\n+++ b/sql/V2__b.sql\n@@ -0,0 +1 @@\n+CREATE INDEX i ON a (b);\n";
    std::fs::write(&patch, text).unwrap();
    page.upload("drop-files", &patch).await;
    let patched = page.attribute_other_than("digest", "data-digest", &digest).await;
    std::fs::write(plain.join("sql/V2__b.sql"), "CREATE INDEX i ON a (b);\n").unwrap();
    assert_eq!(patched, demo::digest_of(&plain), "it is planned as the folder with the patch would be");

    page.click("paste-open").await;
    page.type_into("paste-text", "CREATE TABLE pasted (a int);").await;
    page.click("paste-plan").await;
    let pasted = page.attribute_other_than("digest", "data-digest", &patched).await;
    let alone = folder.path().join("pasted");
    std::fs::create_dir_all(alone.join("sql")).unwrap();
    std::fs::write(alone.join("sql/V1__pasted.sql"), "CREATE TABLE pasted (a int);").unwrap();
    assert_eq!(pasted, demo::digest_of(&alone), "pasted SQL is planned as its file would be");
    assert_eq!(files.requests(), before, "nothing leaves the browser once the page is loaded");
    page.close().await;
}
