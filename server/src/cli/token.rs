//! `token`: what programs sign in with, also this one (`FLIGHTPLAN_TOKEN`).

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::cli::{Context, Format, approve};
use crate::execution::Refused;
use crate::exit::Exit;
use crate::identity::{ANY, Permission, Scope};
use crate::store::{Store, from_now};

/// Options of `token`.
#[derive(Clone, Debug, Args)]
pub struct TokenCommand {
    #[command(subcommand)]
    asked: Asked,
}

#[derive(Clone, Debug, Subcommand)]
enum Asked {
    /// The tokens: whose, for what, until when. Their secrets are not kept.
    List,
    /// Make a token; it is shown this once.
    New {
        /// Whose it is: it can do no more than they.
        #[arg(long = "for", value_name = "NAME")]
        owner: String,
        /// What it is for, in your words.
        #[arg(long, value_name = "TEXT", default_value = "")]
        purpose: String,
        /// What it may be used for; may be repeated.
        #[arg(long, value_enum, required = true)]
        may: Vec<Permission>,
        /// The only environment it works in. Default: every one.
        #[arg(long, value_name = "ENVIRONMENT", default_value = ANY)]
        on: String,
        /// How long it works: 90s, 30m, 72h, 7d.
        #[arg(long, value_name = "TIME", value_parser = approve::time, default_value = "90d")]
        valid_for: u64,
    },
    /// Revoke a token: it stops working at once.
    Revoke {
        /// Its id.
        id: String,
    },
}

/// Runs the command.
///
/// # Errors
/// [`Exit::Usage`] where user or token are not known.
pub async fn run(context: &Context, command: &TokenCommand) -> Result<Exit, Refused> {
    context.allow(&[])?;
    context.manages()?;
    let store = context.store().await?;
    match &command.asked {
        Asked::List => list(context, &store).await,
        Asked::New { owner, purpose, may, on, valid_for } => {
            let scope = Scope { permissions: may.clone(), environment: on.clone() };
            let until = from_now(*valid_for);
            let (id, text) = store.new_token(owner, purpose, &scope, Some(until.clone())).await?;
            if context.format == Format::Json {
                context.give(json!({"format": 1, "id": id, "token": text, "user": owner, "expires_at": until}));
            } else {
                context.tell(&format!("Token {id} of {owner}, good until {until}. It is shown this once:"));
                context.say(&format!("{text}\n"));
            }
            Ok(Exit::Done)
        }
        Asked::Revoke { id } => {
            store.revoke_token(id).await?;
            if context.format == Format::Json {
                context.give(json!({"format": 1, "id": id, "revoked": true}));
            } else {
                context.say(&format!("Token {id} is revoked.\n"));
            }
            Ok(Exit::Done)
        }
    }
}

async fn list(context: &Context, store: &Store) -> Result<Exit, Refused> {
    let tokens = store.tokens().await?;
    if context.format == Format::Json {
        context.give(json!({"format": 1, "tokens": tokens}));
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for token in &tokens {
        let may: Vec<String> = token.scope.permissions.iter().map(ToString::to_string).collect();
        let state = match (&token.revoked_at, &token.expires_at) {
            (Some(at), _) => format!("revoked at {at}"),
            (None, Some(until)) => format!("until {until}"),
            (None, None) => "for ever".to_owned(),
        };
        let _ = writeln!(
            text,
            "{}  {}  may {} on {}  {state}  {}",
            token.id,
            token.user,
            may.join(", "),
            token.scope.environment,
            token.name
        );
    }
    context.say(if text.is_empty() { "There is no token yet.\n" } else { &text });
    Ok(Exit::Done)
}
