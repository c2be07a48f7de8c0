//! Files in legacy encodings: the browser's tables and those of the command line read the same.

use std::path::Path;
use std::time::Duration;

use crate::page::Page;
use crate::{demo, static_files};

/// Java's name and the bytes of a text in that encoding.
const TEXTS: [(&str, &[u8]); 9] = [
    ("windows-31j", b"\x93\xfa\x96\x7b\x8c\xea\xb1\x87\x40"),
    ("EUC-JP", b"\xc6\xfc\xcb\xdc\xb8\xec\x8e\xb1\x8f\xb0\xa1"),
    ("ISO-2022-JP", b"\x1b$BF|K\\8l\x1b(B"),
    ("GBK", b"\xd6\xd0\xce\xc4\x80\x81\x40"),
    ("GB18030", b"\xd6\xd0\x81\x30\x81\x30\x90\x30\x81\x30"),
    ("Big5", b"\xa4\xa4\xa4\xe5"),
    ("x-windows-949", b"\xc7\xd1\xb1\xdb\x81\x41"),
    ("Cp1251", b"\xcf\xf0\xe8\xe2\xe5\xf2\x98"),
    ("IBM866", b"\x8f\xe0\xa8\xa2\xa5\xe2\xf0"),
];

/// A misfit in an encoding: what is a whole character before it must be passed over.
const MISFITS: [(&str, &[u8]); 4] = [
    ("windows-31j", b"\x93\xfa\x96 "),
    ("GB18030", b"\xd6\xd0\x81\x30\x81 "),
    ("EUC-JP", b"\xc6\xfc\x8f\xb0"),
    ("UTF-16", b"\xff\xfea\0\0\xd8a\0"),
];

fn write(folder: &Path, encoding: &str, text: &[u8]) {
    let sql = match encoding {
        "UTF-16" => text.to_vec(),
        _ => [b"CREATE TABLE t (a int); COMMENT ON TABLE t IS '", text, b"';"].concat(),
    };
    std::fs::create_dir_all(folder.join("sql")).unwrap();
    std::fs::write(folder.join("sql/V1__text.sql"), sql).unwrap();
    let settings = format!("flyway.locations=filesystem:sql\nflyway.encoding={encoding}\n");
    std::fs::write(folder.join("flyway.conf"), settings).unwrap();
}

#[tokio::test]
async fn legacy_encodings_are_read_alike() {
    let files = static_files::serve(&demo::dist()).await;
    let page = Page::open(&files.address()).await;
    page.click("nav-migrations").await;
    page.wait_for_attribute("shell", "data-planner", "ready", Duration::from_secs(30)).await;
    let hidden = tempfile::tempdir().unwrap();
    // The page leaves hidden folders out.
    let folder = hidden.path().join("project");
    let mut digest = String::new();
    for (encoding, text) in TEXTS {
        write(&folder, encoding, text);
        page.upload("drop-input", &folder).await;
        digest = page.attribute_other_than("digest", "data-digest", &digest).await;
        assert_eq!(digest, demo::digest_of(&folder), "{encoding}");
    }
    for (encoding, text) in MISFITS {
        write(&folder, encoding, text);
        page.upload("drop-input", &folder).await;
        digest = page.attribute_other_than("digest", "data-digest", &digest).await;
        let (told, told_there) = (page.text("alerts").await, demo::first_finding_of(&folder));
        assert!(told.contains(&told_there), "{encoding}: the page says {told:?}, the command line {told_there:?}");
    }
    page.close().await;
}
