//! The known word nearest to a misspelt one.

/// The candidate with the smallest edit distance, if it is near enough to be meant (a third of the word's
/// length). Case and `-`/`_` do not count.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let word = plain(word);
    // A key of a thousand letters is near to nothing, and must not cost quadratic time.
    if word.len() > 64 {
        return None;
    }
    let limit = word.len().div_ceil(3);
    let near = candidates.iter().map(|candidate| (distance(&word, &plain(candidate)), *candidate)).min();
    near.filter(|(distance, _)| *distance <= limit).map(|(_, candidate)| candidate)
}

fn plain(word: &str) -> Vec<char> {
    word.chars().filter(|c| !matches!(c, '-' | '_')).flat_map(char::to_lowercase).collect()
}

/// Levenshtein's distance, one row at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let change = diagonal + usize::from(x != y);
            diagonal = *cell;
            left = change.min(diagonal + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// "Did you mean …" with the nearest word, else the list of all.
#[must_use]
pub fn advice(word: &str, candidates: &[&str]) -> String {
    match nearest(word, candidates) {
        Some(near) => format!("Write {near}."),
        None => format!("Use one of: {}.", candidates.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_wins() {
        let words = ["locations", "table", "out_of_order"];
        assert_eq!(nearest("location", &words), Some("locations"));
        assert_eq!(nearest("outOfOrder", &words), Some("out_of_order"));
        assert_eq!(nearest("tabel", &words), Some("table"));
        assert_eq!(nearest("zzzzzzz", &words), None);
        assert_eq!(distance(&plain("kitten"), &plain("sitting")), 3);
    }
}
