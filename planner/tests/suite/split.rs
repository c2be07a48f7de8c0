//! Properties of the splitter that hold for every text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_types, clippy::disallowed_methods)]

use planner::dialect::Dialect;
use planner::statement::split::split;
use proptest::prelude::*;

const DIALECTS: [Dialect; 4] = [Dialect::Postgres, Dialect::MySql, Dialect::MariaDb, Dialect::Sqlite];

/// Text made of the fragments that matter to a splitter, so that random joins hit its traps.
fn sql_like() -> impl Strategy<Value = String> {
    let fragments = prop::sample::select(vec![
        "'",
        "''",
        "\"",
        "`",
        "[",
        "]",
        "\\",
        "\\.\n",
        "\\connect x\n",
        ";",
        ";;",
        "(",
        ")",
        "$$",
        "$a$",
        "$1",
        "--",
        "#",
        "/*",
        "*/",
        "/*!50003 ",
        "E'",
        "e'",
        "U&'",
        "\n",
        "\r",
        " ",
        "create ",
        "or replace ",
        "function ",
        "procedure ",
        "trigger ",
        "begin ",
        "atomic ",
        "not ",
        "case ",
        "end ",
        "if ",
        "then ",
        "else ",
        "loop ",
        "copy t from stdin",
        "delimiter //\n",
        "delimiter ",
        "//",
        "é",
        "\u{feff}",
        "x",
        "a$b$",
        "1",
        ".",
        ",",
        "select 1",
    ]);
    prop::collection::vec(fragments, 0..40).prop_map(|parts| parts.concat())
}

fn check(text: &str) {
    for dialect in DIALECTS {
        let (pieces, errors) = split(text, dialect);
        let mut joined = String::new();
        let mut behind = 0;
        for piece in &pieces {
            assert!(piece.range.start >= behind && piece.range.start < piece.range.end && piece.range.end <= text.len());
            joined.push_str(&text[behind..piece.range.start]);
            joined.push_str(&text[piece.range.clone()]);
            behind = piece.range.end;
            assert_eq!(text[piece.range.clone()].trim_matches([' ', '\n', '\r', '\t']), &text[piece.range.clone()]);
            if let Some(data) = &piece.copy_data {
                assert!(data.start >= behind && data.start <= data.end && data.end <= text.len());
                joined.push_str(&text[behind..data.end]);
                behind = data.end;
            }
        }
        joined.push_str(&text[behind..]);
        assert_eq!(joined, text, "pieces and gaps give the text back");
        for error in &errors {
            assert!(error.offset <= text.len() && text.is_char_boundary(error.offset));
            assert!(!error.message.is_empty() && !error.workaround.is_empty());
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_cut_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn joins_of_traps_are_cut_without_panic(text in sql_like()) {
        check(&text);
    }

    #[test]
    fn a_piece_cut_again_is_the_same_piece(text in sql_like()) {
        let (pieces, errors) = split(&text, Dialect::Postgres);
        for piece in pieces.iter().filter(|piece| piece.copy_data.is_none() && errors.is_empty()) {
            let sql = &text[piece.range.clone()];
            // At the start of a text these bytes are a byte order mark, in its middle a name.
            prop_assume!(!sql.starts_with('\u{feff}'));
            let (again, errors) = split(sql, Dialect::Postgres);
            prop_assert!(errors.is_empty());
            prop_assert_eq!(again.len(), 1);
            prop_assert_eq!(&sql[again[0].range.clone()], sql);
        }
    }
}

/// Twice the text may not take four times as long. Each body is the worst case of one scan.
#[test]
fn long_texts_take_linear_time() {
    for body in
        ["select 'it''s', $1, $a$ ; $a$ from t; -- x\n", "$a ", "((", "/* ", "$a$ ", "E'\\\\'\n\n", "begin case ", "''", "\n"]
    {
        let seconds = |repeat: usize| {
            let text = body.repeat(repeat);
            let start = std::time::Instant::now();
            for dialect in DIALECTS {
                std::hint::black_box(split(&text, dialect));
            }
            start.elapsed().as_secs_f64()
        };
        let (small, large) = (seconds(20_000), seconds(160_000));
        assert!(large < 40.0 * small.max(0.005), "{body:?}: {small} s for 20,000 and {large} s for 160,000");
    }
}
