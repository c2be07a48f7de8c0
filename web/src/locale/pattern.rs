//! Putting values into a pattern: what `locales/compile.rs` writes.

/// The text of a pattern with its values.
pub(super) fn fill(pattern: &str, values: &[&str]) -> String {
    let mut text = String::new();
    put(&mut text, pattern, values);
    text
}

fn put(text: &mut String, pattern: &str, values: &[&str]) {
    let mut rest = pattern;
    while let Some((before, hole)) = rest.split_once('{') {
        text.push_str(before);
        let (hole, behind) = cut(hole, b'}');
        rest = behind.unwrap_or_default();
        let letter = hole.bytes().next().unwrap_or_default();
        let value = values.get(usize::from(letter.wrapping_sub(b'a'))).copied().unwrap_or_default();
        match hole.split_once('?') {
            Some((_, variants)) => put(text, choose(variants, value), values),
            None => text.push_str(value),
        }
    }
    text.push_str(rest);
}

/// The variant of a value; the last fits always.
fn choose<'a>(mut variants: &'a str, value: &str) -> &'a str {
    while let (variant, Some(more)) = cut(variants, b'|') {
        match variant.split_once(':') {
            Some((key, pattern)) if key == value => return pattern,
            _ => variants = more,
        }
    }
    variants
}

/// What stands before an end and behind it; an end between braces is another one's.
fn cut(text: &str, end: u8) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if byte == end && depth == 0 => return (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places_whatever_they_hold() {
        assert_eq!(fill("no value", &[]), "no value");
        assert_eq!(fill("{b} before {a}, {b} again", &["{b}", "é|"]), "é| before {b}, é| again");
    }

    #[test]
    fn a_number_chooses_its_words() {
        let pattern = "{a?1:one row|0:no row: none|{a} rows of {b}}.";
        assert_eq!(fill(pattern, &["1", "t"]), "one row.");
        assert_eq!(fill(pattern, &["0", "t"]), "no row: none.");
        assert_eq!(fill(pattern, &["2", "t"]), "2 rows of t.");
        assert_eq!(fill(pattern, &["1,000", "t"]), "1,000 rows of t.");
        assert_eq!(fill("{a?1:|s}", &["1"]), "");
        assert_eq!(fill("{a?1:x|}", &["2"]), "");
    }
}
