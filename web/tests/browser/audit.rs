//! An exported audit log, checked by the page from static files: it says what the command line says.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::demo::{Demo, dist};
use crate::page::Page;
use crate::static_files;

/// A log that was changed in a way that the check has to find.
fn forged(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// The faults that the page shows, one a line.
async fn faults(page: &Page, file: &Path) -> Vec<String> {
    page.upload("audit-file", file).await;
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    for _ in 0..100 {
        let told = page.text("audit-verdict").await;
        if told.contains(&name) {
            let list = "return [...document.querySelectorAll('[data-testid=audit-faults] li')].map(li => li.textContent);";
            return serde_json::from_value(page.script(list).await).unwrap();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nothing was said of {name}");
}

#[tokio::test]
async fn an_exported_audit_log_is_checked_without_a_server() {
    let demo = Demo::start(100);
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.jsonl");
    let key = demo.audit_export(&whole);
    let text = std::fs::read_to_string(&whole).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() > 3, "{text}");

    let files = static_files::serve(&dist()).await;
    let page = Page::open(&files.address()).await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    page.go("#/audit").await;
    page.wait_for("[data-testid=audit-check]").await;
    // A font is fetched when a letter of it is shown first.
    page.script_later("document.fonts.ready.then(() => arguments[arguments.length - 1](true));").await;
    let loaded = files.requests();
    assert_eq!(faults(&page, &whole).await, [""; 0]);
    let told = page.text("audit-verdict").await;
    assert!(told.contains("as it was written") && told.contains("The key was not named") && told.contains(&key), "{told}");

    page.fill("audit-key", &key).await;
    page.click("audit-check").await;
    for _ in 0..50 {
        if !page.text("audit-verdict").await.contains("not named") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = page.text("audit-verdict").await;
    assert!(told.contains("as it was written") && !told.contains("not named"), "{told}");
    page.screenshot("audit").await;

    let swapped = [&lines[..1], &[lines[2], lines[1]], &lines[3..]].concat().join("\n");
    let missing = [&lines[..1], &lines[2..]].concat().join("\n");
    let forgeries = [
        ("changed.jsonl", text.replacen("\"actor\":\"", "\"actor\":\"x", 1)),
        ("swapped.jsonl", swapped),
        ("missing.jsonl", missing),
        ("cut.jsonl", lines[..lines.len() - 2].join("\n")),
        ("unsigned.jsonl", text.replacen("\"signature\":\"", "\"signature\":\"AAAA", 1)),
    ];
    for (name, text) in forgeries {
        let file = forged(folder.path(), name, &text);
        let native = demo.audit_faults(&file, &key);
        assert!(!native.is_empty(), "{name}");
        assert_eq!(faults(&page, &file).await, native, "{name}");
    }
    page.screenshot("audit-faults").await;
    let other = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    page.fill("audit-key", other).await;
    let foreign = faults(&page, &whole).await;
    assert_eq!(foreign, demo.audit_faults(&whole, other));
    assert!(foreign[0].contains("is not the key of this log"), "{foreign:?}");
    assert_eq!(files.requests(), loaded, "no request after load");
    page.close().await;
}
