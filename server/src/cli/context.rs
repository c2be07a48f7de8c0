//! What every command works with, and where its results go.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::actor;
use crate::cli::story::Told;
use crate::cli::words::Words;
use crate::cli::{Format, Options, output};
use crate::console;
use crate::execution::Refused;
use crate::exit::{Failure, Outcome};
use crate::identity::oidc::Providers;
use crate::identity::{ANY, Identity, Permission};
use crate::store::Store;
use crate::workspace::Workspace;

/// What every command works with.
#[derive(Debug)]
pub struct Context {
    /// The project.
    pub workspace: Workspace,
    /// `--format`.
    pub format: Format,
    /// `--lock-wait`.
    pub lock_wait: Duration,
    /// `--gate-wait`.
    pub gate_wait: Duration,
    /// Flyway's own flags and filters.
    pub words: Words,
    /// `--identity`.
    trusts: Option<PathBuf>,
    /// Who signed in with a token; absent: nobody, and the user of this machine acts.
    pub identity: Option<Identity>,
    /// What the run has told.
    pub told: Arc<Mutex<Told>>,
    /// Several commands were named: their JSON is one list.
    several: bool,
    /// JSON that was given so far.
    results: Mutex<Vec<Value>>,
}

impl Context {
    pub(super) fn new(workspace: Workspace, options: &Options, several: bool) -> Self {
        Self {
            workspace,
            format: options.format,
            lock_wait: Duration::from_secs(options.lock_wait),
            gate_wait: Duration::from_secs(options.gate_wait),
            words: options.words.clone(),
            trusts: options.identity.clone(),
            identity: None,
            told: Arc::default(),
            several,
            results: Mutex::default(),
        }
    }

    /// Opens the control store.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn store(&self) -> Outcome<Store> {
        Store::open(&self.workspace.store()?).await
    }

    /// Takes the token of the environment for who acts, where there is one.
    ///
    /// # Errors
    /// [`Exit::ApprovalMissing`] where it does not work (any more).
    pub async fn sign_in(&mut self) -> Outcome<()> {
        let token = std::env::var(actor::TOKEN_VARIABLE).ok().filter(|text| !text.is_empty());
        let Some(token) = token else { return Ok(()) };
        let identity = self.providers()?.by_token(&self.store().await?, &token).await?;
        actor::sign_in(&identity.name);
        self.identity = Some(identity);
        Ok(())
    }

    /// The providers of identity that are trusted here.
    ///
    /// # Errors
    /// [`crate::exit::Exit::Usage`] where their file cannot be read.
    pub fn providers(&self) -> Outcome<Providers> {
        self.trusts.as_deref().map_or_else(|| Ok(Providers::default()), Providers::read)
    }

    /// Refuses who signed in and may not. Who did not sign in is at the machine with store and database.
    ///
    /// # Errors
    /// [`Exit::ApprovalMissing`].
    pub fn require(&self, permission: Permission, environment: &str) -> Outcome<()> {
        let (settings, _) = self.workspace.settings(&self.workspace.request);
        self.identity.as_ref().map_or(Ok(()), |identity| identity.require(permission, &settings.project, environment))
    }

    /// Refuses who signed in and may not manage users.
    ///
    /// # Errors
    /// [`Exit::ApprovalMissing`].
    pub fn manages(&self) -> Outcome<()> {
        self.require(Permission::Manage, ANY)
    }

    /// Refuses formats a command does not have.
    ///
    /// # Errors
    /// Another format than text, JSON and those named.
    pub fn allow(&self, more: &[Format]) -> Outcome<()> {
        if matches!(self.format, Format::Text | Format::Json) || more.contains(&self.format) {
            return Ok(());
        }
        Err(Failure::usage(format!("This command has no format {:?}.", self.format), "Use --format text or --format json."))
    }

    /// A result as JSON; it is printed when the command line is through.
    pub fn give(&self, value: Value) {
        if let Ok(mut results) = self.results.lock() {
            results.push(value);
        }
    }

    /// A result for people; `-q` keeps it back.
    pub fn say(&self, text: &str) {
        if !self.words.quiet {
            console::print(text);
        }
    }

    /// Something about the run for people, on stderr; `-q` and JSON keep it back.
    pub fn tell(&self, text: &str) {
        if !self.words.quiet && self.format != Format::Json {
            console::say(text);
        }
    }

    /// A warning for people, on stderr.
    pub fn warn(&self, text: &str) {
        console::say(&format!("WARNING: {text}"));
    }

    /// The refusal in Flyway's shape, unless the command has given its own.
    pub(super) fn give_error(&self, refused: &Refused) {
        if let Ok(mut results) = self.results.lock()
            && results.last().is_none_or(|last| last.get("error").is_none())
        {
            results.push(output::error_json(refused, &self.workspace.root));
        }
    }

    /// Prints the JSON that was given.
    pub(super) fn flush(&self) -> Outcome<()> {
        let Ok(results) = self.results.lock() else { return Ok(()) };
        match results.as_slice() {
            [] => Ok(()),
            [one] if !self.several => output::print_json(one),
            all => {
                let mut object = json!({"format": 1, "individualResults": all});
                // As Flyway does, the error of the command that ended it also stands on top.
                if let (Some(error), Some(fields)) = (all.last().and_then(|last| last.get("error")), object.as_object_mut()) {
                    fields.insert("error".to_owned(), error.clone());
                }
                output::print_json(&object)
            }
        }
    }
}
