//! A person types the database's name before something that cannot be taken back.

use std::io::{BufRead, IsTerminal, Write};

use crate::console;
use crate::exit::{Failure, Outcome};
use crate::url::TargetUrl;

/// What is confirmed.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// What would be done: `drops every object of …`.
    pub does: &'a str,
    /// The command, as the beginning of a sentence.
    pub command: &'a str,
    /// What was not done, where it is not confirmed: `dropped`.
    pub not_done: &'a str,
    /// The option that confirms it where nobody can be asked.
    pub option: &'a str,
}

/// Compares what was given with the name; asks on a terminal where nothing was.
///
/// # Errors
/// [`crate::exit::Exit::Usage`] where it is another name, or nobody is there to ask.
pub fn typed(question: &Question<'_>, url: &TargetUrl, given: Option<&str>) -> Outcome<()> {
    let name = url.name();
    let given = match given {
        Some(given) => given.to_owned(),
        None if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() => {
            console::put(&format!("This {}.\nType the name of the database ({name}) to go on: ", question.does));
            let _ = std::io::stderr().flush();
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            if read.is_ok() { line.trim().to_owned() } else { String::new() }
        }
        None => {
            let message = format!("{}, and nobody is here to say yes.", question.command);
            return Err(Failure::usage(message, format!("Confirm it with {} {name}.", question.option)));
        }
    };
    is_name(&given, url, question.not_done)
}

/// Compares what was typed with the name.
///
/// # Errors
/// [`crate::exit::Exit::Usage`] where it is another one.
pub fn is_name(given: &str, url: &TargetUrl, not_done: &str) -> Outcome<()> {
    let name = url.name();
    if given == name {
        return Ok(());
    }
    let message = format!("Nothing was {not_done}: {given:?} is not the name of the database.");
    Err(Failure::usage(message, format!("It is {name}.")))
}
