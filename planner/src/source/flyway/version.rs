//! Flyway's versions: any number of parts of any size, compared as numbers.
//!
//! Source: `org.flywaydb.core.api.MigrationVersion` of 9.16.2.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A version as Flyway compares it, with the text it shows and stores.
///
/// `1`, `1.0`, `01` and `1_0` are equal; the display form keeps the zeros.
#[derive(Clone, Debug)]
pub struct Version {
    display: String,
    /// The first part has a minus sign (and is not zero).
    negative: bool,
    /// Digits without leading zeros, so that zero is empty; trailing zero parts dropped.
    parts: Vec<String>,
}

impl Version {
    /// Reads a version as written in a file name, a history row or a setting. `None`: it is none, or one of
    /// the words `current`, `next`, `latest`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let display = text.replace('_', ".");
        let mut written = Vec::new();
        let mut part = String::new();
        let mut chars = display.chars().peekable();
        while let Some(c) = chars.next() {
            // Flyway splits at a dot only where a digit follows.
            if c == '.' && chars.peek().is_some_and(char::is_ascii_digit) {
                written.push(std::mem::take(&mut part));
            } else {
                part.push(c);
            }
        }
        written.push(part);
        let negative_sign = display.starts_with('-');
        let mut parts = Vec::new();
        for part in &written {
            let digits: String = part.strip_prefix(['-', '+']).unwrap_or(part).chars().map(digit).collect::<Option<_>>()?;
            if digits.is_empty() {
                return None;
            }
            parts.push(digits.trim_start_matches('0').to_owned());
        }
        let negative = negative_sign && parts.first().is_some_and(|first| !first.is_empty());
        while parts.last().is_some_and(String::is_empty) {
            parts.pop();
        }
        Some(Self { display, negative, parts })
    }

    /// The text Flyway shows and stores: `_` as `.`, zeros kept.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    fn part(&self, at: usize) -> &str {
        self.parts.get(at).map_or("", String::as_str)
    }
}

/// The zeros of the scripts whose digits Java's `BigInteger` reads: decimal digits of the basic plane, ten in a row each.
const ZEROS: [char; 37] = [
    '0', '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}', '\u{ce6}',
    '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}', '\u{1040}', '\u{1090}', '\u{17e0}', '\u{1810}', '\u{1946}',
    '\u{19d0}', '\u{1a80}', '\u{1a90}', '\u{1b50}', '\u{1bb0}', '\u{1c40}', '\u{1c50}', '\u{a620}', '\u{a8d0}', '\u{a900}',
    '\u{a9d0}', '\u{a9f0}', '\u{aa50}', '\u{abf0}', '\u{ff10}',
];

/// A digit of any script as the ASCII digit of its value.
fn digit(sign: char) -> Option<char> {
    let of = |zero: char| u32::from(sign).checked_sub(u32::from(zero)).filter(|value| *value < 10);
    ZEROS.iter().find_map(|zero| of(*zero)).and_then(|value| char::from_digit(value, 10))
}

/// Compares two numbers given as digits without leading zeros.
fn magnitude(a: &str, b: &str) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let first = match (self.negative, other.negative) {
            (false, false) => magnitude(self.part(0), other.part(0)),
            (true, true) => magnitude(other.part(0), self.part(0)),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        };
        let rest = 1..self.parts.len().max(other.parts.len());
        rest.fold(first, |order, at| order.then_with(|| magnitude(self.part(at), other.part(at))))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.negative, &self.parts).hash(state);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn parts_are_numbers_of_any_size() {
        let sorted = ["-9", "-1", "0", "1", "1.0.1", "1.2", "1.10", "2", "10", "20230815123000", "99999999999999999999999999"];
        for pair in sorted.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn zeros_do_not_count_but_are_kept() {
        for same in ["1", "1.0", "01", "1_0", "+1", "1.0.0.0"] {
            assert_eq!(version(same), version("1"), "{same}");
        }
        assert_eq!(version("-0"), version("0"));
        assert_eq!(version("001.2_3").display(), "001.2.3");
    }

    #[test]
    fn digits_of_every_script_count_and_are_kept() {
        assert!(Version::parse("\u{661}.\u{ff13}").is_none(), "no cut before a digit that is not ASCII");
        assert_eq!(version("1_0\u{663}"), version("1.3"));
        assert_eq!(version("\u{661}\u{662}").display(), "\u{661}\u{662}");
        // Mathematical digits lie beyond the plane that Java looks at.
        assert!(Version::parse("\u{1d7d9}").is_none());
    }

    #[test]
    fn what_flyway_refuses_is_no_version() {
        for wrong in ["", "1..7", "8.", "x", "4.single", "1.-2", "latest", "current", "next", "1a", ".1", "-", "1 2"] {
            assert!(Version::parse(wrong).is_none(), "{wrong}");
        }
    }
}
