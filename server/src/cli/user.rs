//! `user`: who may sign in, and what they may do.

use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal};

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::{Context, Format};
use crate::console;
use crate::execution::Refused;
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::{ANY, Grant, Role, password, secret};
use crate::store::Store;

/// Options of `user`.
#[derive(Clone, Debug, Args)]
pub struct UserCommand {
    #[command(subcommand)]
    asked: Asked,
}

#[derive(Clone, Debug, Subcommand)]
enum Asked {
    /// The users, their roles and groups.
    List,
    /// Add a user.
    Add {
        /// The name that will stand in approvals, runs and the audit log.
        name: String,
        #[command(flatten)]
        place: Place,
        /// A group of the policies they stand for; may be repeated.
        #[arg(long, value_name = "GROUP")]
        group: Vec<String>,
        /// Read the password from standard input. Default: one is made, and shown this once.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Give a user one more role.
    Grant {
        /// The user.
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Take a role from a user.
    Revoke {
        /// The user.
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Give a user another password; they are signed out.
    Password {
        /// The user.
        name: String,
        /// Read it from standard input. Default: one is made, and shown this once.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Keep a user out; they are signed out, and their tokens do not work.
    Disable {
        /// The user.
        name: String,
    },
    /// Let a user in again.
    Enable {
        /// The user.
        name: String,
    },
}

#[derive(Clone, Debug, Args)]
struct Place {
    /// The role.
    #[arg(long, value_enum)]
    role: Role,
    /// The environment it holds in. Default: every one.
    #[arg(long, value_name = "ENVIRONMENT", default_value = ANY)]
    on: String,
    /// The project it holds in, by its name in flightplan.toml. Default: every one of this store.
    #[arg(long, value_name = "PROJECT", default_value = ANY)]
    of: String,
}

impl Place {
    fn grant(&self) -> Grant {
        Grant { role: self.role, project: self.of.clone(), environment: self.on.clone() }
    }
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where the user is not known, or is there already.
pub async fn run(context: &Context, command: &UserCommand) -> Result<Exit, Refused> {
    context.allow(&[])?;
    context.manages()?;
    let store = context.store().await?;
    let mut shown = None;
    let done = match &command.asked {
        Asked::List => return list(context, &store).await,
        Asked::Add { name, place, group, password_stdin } => {
            refuse_name(name)?;
            let (hash, made) = new_password(*password_stdin)?;
            store.add_user(name, Some(&hash), group, &[place.grant()]).await?;
            shown = made;
            format!("{name} may sign in as {}.", place.role)
        }
        Asked::Grant { name, place } => {
            store.grant(name, &place.grant()).await?;
            format!("{name} is {} now.", place.role)
        }
        Asked::Revoke { name, place } => {
            store.revoke_grant(name, &place.grant()).await?;
            format!("{name} is not {} there any more.", place.role)
        }
        Asked::Password { name, password_stdin } => {
            let (hash, made) = new_password(*password_stdin)?;
            store.set_password(name, &hash).await?;
            shown = made;
            format!("{name} has a new password and is signed out.")
        }
        Asked::Disable { name } => {
            store.enable_user(name, false).await?;
            format!("{name} is signed out and cannot sign in.")
        }
        Asked::Enable { name } => {
            store.enable_user(name, true).await?;
            format!("{name} may sign in again.")
        }
    };
    if context.format == Format::Json {
        context.give(json!({"format": 1, "done": done, "password": shown}));
        return Ok(Exit::Done);
    }
    let shown = shown.map(|password| format!("\nPassword (shown this once): {password}")).unwrap_or_default();
    context.say(&format!("{done}{shown}\n"));
    Ok(Exit::Done)
}

/// A name that cannot be mistaken for something else in a list.
///
/// # Errors
/// [`Exit::Usage`].
pub fn refuse_name(name: &str) -> Outcome<()> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if !name.is_empty() && name.chars().count() <= 100 && name.chars().all(fits) {
        return Ok(());
    }
    Err(Failure::usage(format!("{name:?} is no name for a user."), "Letters, digits, and - _ . @; 100 characters at most."))
}

/// The hash, and the password where it was made here.
fn new_password(from_stdin: bool) -> Outcome<(String, Option<String>)> {
    if !from_stdin {
        let made: String = secret::new()?.chars().take(24).collect();
        return Ok((password::hash(&made)?, Some(made)));
    }
    if std::io::stdin().is_terminal() {
        console::say("Password, then Enter (it is shown as you type):");
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::usage(format!("Standard input cannot be read: {error}."), ""))?;
    Ok((password::hash(line.trim_end_matches(['\r', '\n']))?, None))
}

async fn list(context: &Context, store: &Store) -> Result<Exit, Refused> {
    let users = store.users().await?;
    if context.format == Format::Json {
        context.give(json!({"format": 1, "users": users}));
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for user in &users {
        let roles: Vec<String> =
            user.grants.iter().map(|grant| format!("{} on {} of {}", grant.role, grant.environment, grant.project)).collect();
        let state = if user.enabled { "" } else { "  disabled" };
        let groups = if user.groups.is_empty() { String::new() } else { format!("  groups {}", user.groups.join(", ")) };
        let _ = writeln!(text, "{}  {}{groups}{state}", user.name, roles.join("; "));
    }
    context.say(if text.is_empty() { "There is no user yet.\n" } else { &text });
    Ok(Exit::Done)
}
