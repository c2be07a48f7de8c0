//! The version and the name of the next migration.

use super::version::Version;

/// A version that no migration has, above all that have one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Next {
    /// As it stands in a file's name.
    pub version: String,
    /// How it came about, as a clause: "the project numbers its versions; the newest is 7".
    pub reason: String,
}

/// Lengths of a date and time as one number: to the minute, the second, the millisecond.
const TIMESTAMPS: &[usize] = &[12, 14, 17];

/// The next version. `known` are versions as they stand in file names, here and on other branches; `now` is the time as
/// seventeen digits, UTC. A project that numbers its versions goes on numbering, unless `timestamp` is asked for.
#[must_use]
pub fn version(known: &[String], now: &str, timestamp: bool) -> Next {
    let newest = known.iter().filter_map(|text| Version::parse(text).map(|version| (version, text))).max();
    let digits = newest.as_ref().and_then(|(_, text)| timestamp_digits(text));
    let numbered = newest.as_ref().filter(|_| digits.is_none() && !timestamp);
    if let Some((_, text)) = numbered {
        return Next { version: following(text), reason: format!("the project numbers its versions, and the newest is {text}") };
    }
    let stamp = now.get(..digits.unwrap_or(14)).unwrap_or(now).to_owned();
    match newest {
        Some((version, text)) if Version::parse(&stamp).is_none_or(|stamp| stamp <= version) => {
            Next { version: following(text), reason: format!("the newest version, {text}, is not older than this moment") }
        }
        _ => Next { version: stamp, reason: "the time in UTC".to_owned() },
    }
}

fn timestamp_digits(text: &str) -> Option<usize> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.starts_with("19") || text.starts_with("20"));
    TIMESTAMPS.iter().copied().find(|digits| plain && text.len() == *digits)
}

/// The last number plus one, with its leading zeros.
#[must_use]
pub fn following(text: &str) -> String {
    let start = text.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let (before, number) = text.split_at(start);
    let mut digits: Vec<u8> = number.bytes().collect();
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return format!("{before}{}", String::from_utf8_lossy(&digits));
        }
        *digit = b'0';
    }
    format!("{before}1{}", String::from_utf8_lossy(&digits))
}

/// A description as it stands in a file's name: blanks and what no file system takes are underscores. `None`: nothing
/// is left of it.
#[must_use]
pub fn description(text: &str) -> Option<String> {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '-' | '.' | ',' | '+' | '=') { c } else { '_' };
    let plain: String = text.trim().chars().map(kept).collect();
    let words: Vec<&str> = plain.split('_').filter(|word| !word.is_empty()).collect();
    Some(words.join("_")).filter(|name| name.chars().any(char::is_alphanumeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(known: &[&str], timestamp: bool) -> String {
        let known: Vec<String> = known.iter().map(|text| (*text).to_owned()).collect();
        version(&known, "20260102030405678", timestamp).version
    }

    #[test]
    fn a_project_keeps_its_style() {
        assert_eq!(next(&[], false), "20260102030405");
        assert_eq!(next(&["20251231235959", "20250101000000"], false), "20260102030405");
        assert_eq!(next(&["202512312359"], false), "202601020304");
        assert_eq!(next(&["20251231235959001"], false), "20260102030405678");
        assert_eq!(next(&["1", "10", "9"], false), "11");
        assert_eq!(next(&["1.2.9", "1_3_09"], false), "1_3_10");
        assert_eq!(next(&["099"], false), "100");
        assert_eq!(next(&["7"], true), "20260102030405");
    }

    #[test]
    fn a_version_of_the_future_is_stepped_over() {
        assert_eq!(next(&["20991231235959"], false), "20991231235960");
        assert_eq!(next(&["20260102030405"], false), "20260102030406");
        assert_eq!(next(&["20990101000000.1"], true), "20990101000000.2");
    }

    #[test]
    fn descriptions_are_file_names() {
        assert_eq!(description(" add user  preferences "), Some("add_user_preferences".to_owned()));
        assert_eq!(description("a/b: \"größe\""), Some("a_b_größe".to_owned()));
        assert_eq!(description(" ?? "), None);
    }
}
