//! Paths inside a project: `/` separated, relative to its root.

/// Joins a path as a configuration writes it to the folder it is relative to. Backslashes count as `/`,
/// `.` and `..` are resolved; what leads out of the project begins with `..`, or stays absolute if it was written so.
#[must_use]
pub fn join(folder: &str, relative: &str) -> String {
    let relative = relative.replace('\\', "/");
    if relative.starts_with('/') || relative.as_bytes().get(1) == Some(&b':') {
        let root = if relative.starts_with('/') { "/" } else { "" };
        return format!("{root}{}", resolved(relative.split('/')).replace("../", ""));
    }
    resolved(folder.split('/').chain(relative.split('/')))
}

/// The parts of a path without empty ones, `.` and `..`.
fn resolved<'a>(written: impl Iterator<Item = &'a str>) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in written {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The folder a file stands in; empty: the root.
#[must_use]
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The file's name without its folder.
#[must_use]
pub fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

/// The path relative to a folder, if it lies in it.
#[must_use]
pub fn inside<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_are_resolved() {
        assert_eq!(join("a/b", "../c/./d/"), "a/c/d");
        assert_eq!(join("", "./sql"), "sql");
        assert_eq!(join("a", "../../x"), "../x");
        assert_eq!(join("", "db\\sql"), "db/sql");
        assert_eq!(join("a", "/flyway/./sql/"), "/flyway/sql");
        assert_eq!(join("a", "C:\\flyway\\..\\sql"), "C:/sql");
        assert_eq!(join("a", "f:sql"), "f:sql");
        assert_eq!(inside("ab/c", "a"), None);
        assert_eq!(inside("a/c", "a"), Some("c"));
    }
}
