//! What is said to people: results on stdout, the rest on stderr, and all of it into Flyway's `-outputFile` beside that.
//!
//! One for the process, as the streams are.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use clap::ValueEnum;

use crate::exit::{Failure, Outcome};

/// Whether lines are coloured, in the words of Flyway's `-color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Into files and pipes, too.
    Always,
    /// Nowhere.
    Never,
}

/// What was chosen on the command line.
#[derive(Debug, Default)]
struct Console {
    colour: Colour,
    copy: Option<Mutex<File>>,
    /// Only results go into the copy.
    results_only: bool,
}

static CONSOLE: OnceLock<Console> = OnceLock::new();

/// Sets it up, once. The file is made empty. With `results_only`, as for JSON, nothing but results goes into it.
///
/// # Errors
/// A file that cannot be written.
pub fn set_up(colour: Colour, copy: Option<&Path>, results_only: bool) -> Outcome<()> {
    let open = |path: &Path| {
        File::create(path).map(Mutex::new).map_err(|error| {
            Failure::usage(
                format!("{}: cannot be written: {error}.", path.display()),
                "Name a file in a folder that exists with -outputFile.",
            )
        })
    };
    let copy = copy.map(open).transpose()?;
    // A second call in one process changes nothing.
    let _ = CONSOLE.set(Console { colour, copy, results_only });
    Ok(())
}

/// Writes a result to stdout. A reader that went away (`| head`) is no failure.
pub fn print(text: &str) {
    let end = if text.ends_with('\n') { "" } else { "\n" };
    let mut out = std::io::stdout().lock();
    let _ = match paint(text).filter(|_| colours(&out)) {
        Some(colour) => write!(out, "{colour}{text}\x1b[0m{end}"),
        None => write!(out, "{text}{end}"),
    };
    let _ = out.flush();
    copy(&[text.as_bytes(), end.as_bytes()], true);
}

/// Writes a line to stderr.
pub fn say(text: &str) {
    write(text, "\n");
}

/// Writes text to stderr that has its line ends in it, or asks a question.
pub fn put(text: &str) {
    write(text, "");
}

/// Notes a line that something else has shown.
pub fn note(text: &str) {
    copy(&[text.as_bytes(), b"\n"], false);
}

/// Whether a stream takes colours.
#[must_use]
pub fn colours(stream: &impl IsTerminal) -> bool {
    match CONSOLE.get().map(|console| console.colour).unwrap_or_default() {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && stream.is_terminal(),
    }
}

/// A result's way to stdout, where it is long.
#[derive(Clone, Copy, Debug, Default)]
pub struct Results;

impl Write for Results {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = std::io::stdout().lock().write(bytes)?;
        copy(&[bytes.get(..written).unwrap_or(bytes)], true);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stdout().lock().flush()
    }
}

/// The log's way to stderr.
#[derive(Clone, Copy, Debug, Default)]
pub struct Log;

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = std::io::stderr().lock().write(bytes)?;
        copy(&[bytes.get(..written).unwrap_or(bytes)], false);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        std::io::stderr().lock().flush()
    }
}

fn write(text: &str, end: &str) {
    let mut out = std::io::stderr().lock();
    // A stderr that is closed is nobody's to tell.
    let _ = match paint(text).filter(|_| colours(&out)) {
        Some(colour) => write!(out, "{colour}{text}\x1b[0m{end}"),
        None => write!(out, "{text}{end}"),
    };
    copy(&[text.as_bytes(), end.as_bytes()], false);
}

/// Flyway's colours: green for success, yellow for warnings, red for errors.
fn paint(text: &str) -> Option<&'static str> {
    let begins = |words: &[&str]| words.iter().any(|word| text.starts_with(word));
    match text {
        _ if begins(&["Successfully"]) => Some("\x1b[32m"),
        _ if begins(&["WARNING:", "warning:"]) => Some("\x1b[33m"),
        _ if begins(&["ERROR:", "error:"]) => Some("\x1b[31m"),
        _ => None,
    }
}

fn copy(pieces: &[&[u8]], result: bool) {
    let Some(console) = CONSOLE.get() else { return };
    let Some(file) = console.copy.as_ref().filter(|_| result || !console.results_only) else { return };
    let Ok(mut file) = file.lock() else { return };
    for piece in pieces {
        // What was said was said; a full disk does not change what was done.
        let _ = file.write_all(piece);
    }
}
