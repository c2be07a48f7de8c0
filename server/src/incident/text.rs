//! Texts of others as cells of a Markdown table, times for people.

/// A text that cannot end its cell or its line, nor begin markup of its own.
#[must_use]
pub fn cell(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for sign in text.trim().chars() {
        match sign {
            '\n' | '\r' => out.push(' '),
            '|' | '<' | '`' | '*' | '_' | '[' | '\\' => out.extend(['\\', sign]),
            _ => out.push(sign),
        }
    }
    out
}

/// A time of the store, RFC 3339 in UTC, to the second.
#[must_use]
pub fn moment(at: &str) -> String {
    let text = at.get(..19).unwrap_or(at).replace('T', " ");
    format!("{text} UTC")
}

/// Milliseconds, as people say them.
#[must_use]
pub fn span(ms: u64) -> String {
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        _ => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_in_its_cell() {
        assert_eq!(cell("a | b\nc <script> `x`"), "a \\| b c \\<script> \\`x\\`");
        assert_eq!(moment("2026-01-02T03:04:05.678Z"), "2026-01-02 03:04:05 UTC");
        assert_eq!((span(999), span(1500), span(61_000)), ("999 ms".to_owned(), "1.5 s".to_owned(), "1 min 1 s".to_owned()));
    }
}
