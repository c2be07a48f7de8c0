//! Tokens for machines, kept as hashes.

use serde::Serialize;

use crate::audit::Deed;
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::{Identity, Scope, secret};
use crate::store::sql::{Row, json, sql};
use crate::store::{Store, now};

/// A token, for lists. The secret is not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// What it is for, in the maker's words.
    pub name: String,
    /// What it may be used for.
    pub scope: Scope,
    /// When it was made.
    pub at: String,
    /// When it stops working.
    pub expires_at: Option<String>,
    /// When it was revoked.
    pub revoked_at: Option<String>,
}

impl Store {
    /// Makes a token: its id, and the text that is shown this once.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub async fn new_token(
        &self,
        user: &str,
        name: &str,
        scope: &Scope,
        expires_at: Option<String>,
    ) -> Outcome<(String, String)> {
        self.user(user).await?;
        let (id, text) = secret::token()?;
        let scope_text = json(scope)?;
        let mut change = self.change().await?;
        let query =
            sql("INSERT INTO tokens (id, hash, \"user\", name, scope, at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)");
        let query =
            query.bind(&id).bind(secret::hash(&text)).bind(user).bind(name).bind(&scope_text).bind(now()).bind(&expires_at);
        query.run(&mut change).await?;
        let until = expires_at.map(|until| format!(", until {until}")).unwrap_or_default();
        let detail = format!("of {user}, scope {scope_text}{until}");
        change.note(Deed { action: "token.made", subject: id.clone(), detail, ..Deed::default() }).await?;
        change.commit().await?;
        Ok((id, text))
    }

    /// All tokens, newest first.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn tokens(&self) -> Outcome<Vec<Token>> {
        let rows = sql("SELECT id, \"user\", name, scope, at, expires_at, revoked_at FROM tokens ORDER BY at DESC, id");
        let rows = rows.all(&self.pool).await?;
        rows.iter().map(token).collect()
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// [`Exit::Usage`] where there is none that works.
    pub async fn revoke_token(&self, id: &str) -> Outcome<()> {
        let mut change = self.change().await?;
        let query = sql("UPDATE tokens SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL").bind(now()).bind(id);
        if query.run(&mut change).await? == 0 {
            return Err(Failure::usage(format!("There is no token {id} that works."), "`flightplan token list` shows them."));
        }
        change.note(Deed { action: "token.revoked", subject: id.to_owned(), ..Deed::default() }).await?;
        change.commit().await
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`Exit::ApprovalMissing`] with what is wrong with it; the message never repeats it.
    pub async fn by_token(&self, text: &str) -> Outcome<Identity> {
        let refused = |message: String| {
            Err(Failure::new(
                Exit::ApprovalMissing,
                format!("{message} Nothing was changed."),
                "An admin makes a new one: flightplan token new --for NAME",
            ))
        };
        let row = sql("SELECT id, \"user\", name, scope, at, expires_at, revoked_at FROM tokens WHERE hash = $1");
        let row = row.bind(secret::hash(text.trim())).first(&self.pool).await?;
        let Some(found) = row.as_ref().map(token).transpose()? else {
            return refused("The token is not known here.".to_owned());
        };
        if let Some(at) = &found.revoked_at {
            return refused(format!("The token {} of {} was revoked at {at}.", found.id, found.user));
        }
        if let Some(until) = found.expires_at.as_ref().filter(|until| **until <= now()) {
            return refused(format!("The token {} of {} was good until {until}.", found.id, found.user));
        }
        let user = self.user(&found.user).await?;
        if !user.enabled {
            return refused(format!("{}, whose token {} is, is disabled.", user.name, found.id));
        }
        Ok(Identity { name: user.name, grants: user.grants, scope: Some(found.scope) })
    }
}

fn token(row: &Row) -> Outcome<Token> {
    Ok(Token {
        id: row.get(0)?,
        user: row.get(1)?,
        name: row.get(2)?,
        scope: row.json(3)?,
        at: row.get(4)?,
        expires_at: row.get(5)?,
        revoked_at: row.get(6)?,
    })
}
