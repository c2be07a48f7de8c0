//! Wildcards: `*` any characters of a name, `?` one of them, `**` any folders.

/// Whether the first folders match the whole pattern.
#[must_use]
pub fn begins_with(pattern: &[&str], folders: &[&str]) -> bool {
    reached(pattern, folders).contains(&true)
}

/// Whether a whole path matches a pattern.
#[must_use]
pub fn path(pattern: &str, path: &str) -> bool {
    let parts = |text| str::split(text, '/').collect::<Vec<&str>>();
    reached(&parts(pattern), &parts(path)).last() == Some(&true)
}

/// At each place whether the pattern can match as many parts of the path.
fn reached(pattern: &[&str], parts: &[&str]) -> Vec<bool> {
    let mut reached = vec![false; parts.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for segment in pattern {
        let mut next = vec![false; parts.len() + 1];
        let mut any_before = false;
        for (at, place) in next.iter_mut().enumerate() {
            let here = reached.get(at).copied().unwrap_or(false);
            if *segment == "**" {
                any_before |= here;
                *place = any_before;
            } else if let Some(before) = at.checked_sub(1) {
                let from = reached.get(before).copied().unwrap_or(false);
                *place = from && parts.get(before).is_some_and(|part| name(segment, part));
            }
        }
        reached = next;
    }
    reached
}

/// Whether a name matches a pattern.
#[must_use]
pub fn name(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || Some(c) == text.get(t) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    t = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or(&[]).iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_characters_and_two_of_them_for_folders() {
        assert!(!name("a*b", "ac") && name("a*b*", "axbyb") && name("*", ""));
        assert!(path("db/**", "db/a/V1__x.sql") && path("db/**", "db/V1__x.sql") && !path("db/*", "db/a/V1__x.sql"));
        assert!(path("**/V1__*.sql", "db/a/V1__x.sql") && path("V1__x.sql", "V1__x.sql") && !path("V1", "V1__x.sql"));
    }
}
