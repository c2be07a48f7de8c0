//! Lengths of time in people's words.

/// Seconds of `90s`, `30m`, `72h` or `7d`; absent: another text, or more than ten years.
#[must_use]
pub fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let at = text.len().checked_sub(1)?;
    let (number, unit) = (text.get(..at)?, text.get(at..)?);
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = number.parse::<u64>().ok()?.checked_mul(unit)?;
    (1..=315_360_000).contains(&seconds).then_some(seconds)
}

/// Milliseconds as Flyway writes them: `02:15.123s`.
#[must_use]
pub fn duration(ms: u128) -> String {
    format!("{:02}:{:02}.{:03}s", ms / 60_000, ms % 60_000 / 1000, ms % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        assert_eq!(["1s", "30m", "72h", "7d"].map(seconds), [Some(1), Some(1_800), Some(259_200), Some(604_800)]);
        assert_eq!(["", "s", "0s", "1", "-1h", "1w", "1é", "99999d"].map(seconds), [None; 8]);
    }

    #[test]
    fn durations_have_minutes_and_milliseconds() {
        assert_eq!(duration(12), "00:00.012s");
        assert_eq!(duration(135_123), "02:15.123s");
    }
}
