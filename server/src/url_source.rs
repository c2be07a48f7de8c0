//! Where the text of a database URL comes from: itself, a file, or a command, so that it stands in no configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use crate::exit::{Failure, Outcome};

/// What was read already: a command is asked once.
#[derive(Clone, Debug, Default)]
pub struct UrlSource(Arc<Mutex<BTreeMap<String, Hidden>>>);

/// A text that `Debug` does not show.
#[derive(Clone)]
struct Hidden(String);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

impl UrlSource {
    /// The URL: `file:PATH` is the first line of a file, `command:LINE` what `sh -c LINE` prints in the project's folder, and
    /// anything else the URL itself.
    ///
    /// # Errors
    /// A file that cannot be read, a command that fails; the message repeats nothing of what they hold.
    pub fn text(&self, text: &str, root: &Path) -> Outcome<String> {
        let read: fn(&str, &Path) -> Outcome<String> = match (text.strip_prefix("file:"), text.strip_prefix("command:")) {
            (Some(_), _) => file,
            (None, Some(_)) => command,
            (None, None) => return Ok(text.to_owned()),
        };
        if let Some(Hidden(known)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
            return Ok(known.clone());
        }
        let (_, rest) = text.split_once(':').unwrap_or_default();
        let url = read(rest, root)?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(text.to_owned(), Hidden(url.clone()));
        Ok(url)
    }
}

/// The one line that holds the URL.
fn line(text: &str, whose: &str) -> Outcome<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty());
    line.map(str::to_owned).ok_or_else(|| Failure::usage(format!("{whose} gives no database URL: it is empty."), ""))
}

fn file(path: &str, root: &Path) -> Outcome<String> {
    let path = root.join(path);
    let name = path.display();
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::usage(
            format!("{name}: the database URL cannot be read: {error}."),
            "Name a file whose first line is the URL: file:PATH.",
        )
    })?;
    line(&text, &name.to_string())
}

fn command(text: &str, root: &Path) -> Outcome<String> {
    let failed = |why: String| {
        Failure::usage(
            format!("The command for the database URL {why}."),
            "It has to print the URL on its first line and end with 0.",
        )
    };
    let output = Command::new("sh").args(["-c", text]).current_dir(root).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| failed(format!("cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(failed(format!("ended with {}", output.status)));
    }
    line(&String::from_utf8_lossy(&output.stdout), "The command")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_url_comes_from_itself_a_file_or_a_command() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("url"), "\n postgres://u:secret@h/d \nmore\n").unwrap();
        let source = UrlSource::default();
        let text = |text: &str| source.text(text, folder.path());
        assert_eq!(text("sqlite:x.db").unwrap(), "sqlite:x.db");
        assert_eq!(text("file:url").unwrap(), "postgres://u:secret@h/d");
        assert_eq!(text("command:echo asked >> times; cat url").unwrap(), "postgres://u:secret@h/d");
        text("command:echo asked >> times; cat url").unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("times")).unwrap(), "asked\n", "it is asked once");
        assert!(!format!("{source:?}").contains("secret"));
        for broken in ["file:none", "command:echo secret; exit 3", "command:true"] {
            assert!(!text(broken).unwrap_err().to_string().contains("secret"), "{broken}");
        }
    }
}
