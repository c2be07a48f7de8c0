//! A finding's fix, put into the files in the browser.

use std::time::Duration;

use crate::page::Page;
use crate::{demo, static_files};

#[tokio::test]
async fn a_fix_is_put_in_and_taken_back() {
    let hidden = tempfile::tempdir().unwrap();
    // The page leaves hidden folders out.
    let folder = hidden.path().join("project");
    std::fs::create_dir_all(folder.join("sql")).unwrap();
    std::fs::write(folder.join("sql/V1__a_table.sql"), "CREATE TABLE a (b int);").unwrap();
    std::fs::write(folder.join("sql/V2__an_index.sql"), "CREATE INDEX i ON a (b);").unwrap();
    let settings = "flyway.locations=filesystem:sql\n";
    std::fs::write(folder.join("flyway.conf"), settings).unwrap();
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    page.upload("drop-input", &folder).await;
    let given = page.attribute("digest", "data-digest").await;
    page.click("nav-plan").await;
    page.click_where("step-card", "data-step", "V2").await;
    page.click("mend").await;
    let mended = page.attribute_other_than("digest", "data-digest", &given).await;
    let stale = page.attribute("digest", "data-stale").await;
    assert!(stale.contains("sql/V2__an_index.sql"), "{stale}");
    std::fs::write(folder.join("sql/V2__an_index.sql"), "CREATE INDEX CONCURRENTLY i ON a (b);").unwrap();
    assert_eq!(mended, demo::digest_of(&folder), "the mended files are what the command line would be given");
    page.screenshot("mended").await;
    page.click("unmend").await;
    let back = page.attribute_other_than("digest", "data-digest", &mended).await;
    assert_eq!(back, given);
    page.close().await;
}
