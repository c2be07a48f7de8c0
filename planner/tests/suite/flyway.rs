//! Properties of Flyway's versions and checksums, and files that a text case cannot hold.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cmp::Ordering;

use planner::migration::SourceKind;
use planner::project::{Project, ProjectFile, Request, SourceSpec};
use planner::source::flyway::checksum::checksum;
use planner::source::flyway::version::Version;
use proptest::prelude::*;

/// CRC-32 bit by bit over the lines as Java's `BufferedReader.readLine` gives them.
fn checksum_by_lines(text: &str) -> i32 {
    let mut lines: Vec<String> = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' => {
                if chars.peek() == Some(&'\n') {
                    chars.next();
                }
                lines.push(String::new());
            }
            '\n' => lines.push(String::new()),
            c => lines.last_mut().unwrap().push(c),
        }
    }
    if let Some(rest) = lines[0].strip_prefix('\u{feff}') {
        lines[0] = rest.to_owned();
    }
    let mut crc = u32::MAX;
    for byte in lines.concat().bytes() {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    i32::from_ne_bytes((!crc).to_ne_bytes())
}

fn version() -> impl Strategy<Value = Version> {
    "[-+]?[0-9]{1,25}([._][0-9]{1,3}){0,3}".prop_map(|text| Version::parse(&text).expect("a version"))
}

proptest! {
    #[test]
    fn checksums_are_those_of_the_lines(text in "(\u{feff})?([a-zé中😀 ]|\r|\n|\r\n|\u{85}|\u{2028}){0,40}") {
        prop_assert_eq!(checksum(&text), checksum_by_lines(&text));
    }

    #[test]
    fn the_order_of_versions_is_total(a in version(), b in version(), c in version()) {
        prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
        prop_assert_eq!(a == b, a.cmp(&b) == Ordering::Equal);
        prop_assert_eq!(a.cmp(&a), Ordering::Equal);
        if a <= b && b <= c {
            prop_assert!(a <= c);
        }
        if a == b {
            prop_assert_eq!(a.cmp(&c), b.cmp(&c));
        }
    }

    #[test]
    fn zeros_change_nothing(text in "[0-9]{1,20}(\\.[0-9]{1,3}){0,2}") {
        let plain = Version::parse(&text).unwrap();
        for other in [format!("0{text}"), format!("{text}.0"), text.replace('.', "_"), format!("+{text}")] {
            prop_assert_eq!(&Version::parse(&other).unwrap(), &plain);
        }
    }

    #[test]
    fn any_project_is_read_without_panic(
        files in prop::collection::vec(("([VURB]?[0-9_.]{0,4}(__)?[a-z ]{0,3}\\.sql(\\.conf)?|flightplan\\.toml|flyway\\.(conf|toml)|alembic\\.ini)", prop::collection::vec(any::<u8>(), 0..80)), 0..8),
        toml in "(\\[(flyway|alembic|project|environments\\.[a-z])\\]\n|[a-z_]{1,9} = [0-9a-z\"\\[\\]{}]{0,9}\n){0,9}",
    ) {
        let mut files: Vec<ProjectFile> = files.into_iter().map(|(path, content)| ProjectFile { path, content }).collect();
        files.push(ProjectFile { path: "sub/flightplan.toml".to_owned(), content: toml.into_bytes() });
        let project = Project { files };
        for source in [None, Some(SourceSpec { kind: SourceKind::Flyway, folder: String::new() })] {
            let request = Request { source, ..Request::default() };
            let (settings, _) = planner::project::flightplan_toml::resolve(&project, &request);
            let _ = planner::source::flyway::load(&project, &settings, &request, &planner::Alone);
        }
    }
}

fn load(files: &[(&str, &[u8])]) -> (Vec<planner::migration::Migration>, Vec<planner::finding::Finding>) {
    let files = files.iter().map(|(path, content)| ProjectFile { path: (*path).to_owned(), content: content.to_vec() }).collect();
    let project = Project { files };
    let source = Some(SourceSpec { kind: SourceKind::Flyway, folder: String::new() });
    let request = Request { source, ..Request::default() };
    let (settings, _) = planner::project::flightplan_toml::resolve(&project, &request);
    let loaded = planner::source::flyway::load(&project, &settings, &request, &planner::Alone);
    (loaded.migrations, loaded.findings)
}

#[test]
fn a_wrong_byte_is_named_with_offset_and_line() {
    let (migrations, findings) = load(&[("V1__a.sql", b"select 1;\nselect '\xe9';\n")]);
    assert_eq!(findings.len(), 1);
    let finding = &findings[0];
    assert!(finding.blocking && finding.rule == "invalid-utf8");
    let span = finding.span.as_ref().unwrap();
    assert_eq!((span.line, span.start), (2, 18));
    assert!(finding.message.contains("offset 18") && finding.message.contains("line 2"));
    assert!(migrations[0].up.statements.is_empty() && !migrations[0].up.opaque.is_empty(), "the script is not taken as empty");
}

#[test]
fn a_named_encoding_is_obeyed() {
    let (migrations, findings) = load(&[("V1__a.sql", b"select '\xe9';"), ("V1__a.sql.conf", b"encoding=ISO-8859-1")]);
    assert!(findings.is_empty(), "{findings:?}");
    assert_eq!(migrations[0].up.statements[0].sql, "select 'é'");
    assert_eq!(migrations[0].checksum, Some(checksum("select 'é';")));
}

#[test]
fn ten_thousand_migrations_are_read_and_judged_in_linear_time() {
    let count = 10_000;
    let files: Vec<(String, Vec<u8>)> = (1..=count).map(|n| (format!("V{n}__m.sql"), b"select 1;".to_vec())).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(path, content)| (path.as_str(), content.as_slice())).collect();
    let (migrations, findings) = load(&files);
    assert!(findings.is_empty());
    let migrations: Vec<_> = migrations.iter().collect();
    let rows = migrations.iter().take(count / 2).zip(1..).map(|(migration, rank)| planner::project::AppliedFlyway {
        rank,
        version: migration.version.clone(),
        description: migration.description.clone(),
        kind: "SQL".to_owned(),
        checksum: migration.checksum,
        success: true,
        ..Default::default()
    });
    let mut request = Request::default();
    request.applied.flyway = rows.collect();
    let settings = planner::project::settings::Settings::default();
    let (pending, findings) = planner::source::flyway::state::pending(&migrations, &settings, &request);
    assert_eq!((pending.len(), findings.len()), (count / 2, 0));
}
