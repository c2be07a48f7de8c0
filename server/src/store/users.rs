//! Users, what they may do, and what proves that it is they: passwords, tokens and sessions, all kept as hashes.

use serde::Serialize;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use crate::audit::Deed;
use crate::exit::{Exit, Failure, Outcome};
use crate::identity::{Grant, Identity, Scope, secret};
use crate::store::{Store, broken, from_now, now};

/// How long a session lasts, seconds: a working day.
pub const SESSION_S: u64 = 12 * 3600;

/// A user, for lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct User {
    /// The name.
    pub name: String,
    /// Groups of policies they stand for.
    pub groups: Vec<String>,
    /// They may sign in.
    pub enabled: bool,
    /// They have a password.
    pub password: bool,
    /// Their roles.
    pub grants: Vec<Grant>,
    /// When they were added, RFC 3339 in UTC.
    pub at: String,
}

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
    /// Adds a user.
    ///
    /// # Errors
    /// [`Exit::Usage`] where there is one of that name.
    pub async fn add_user(&self, name: &str, password: Option<&str>, groups: &[String], grants: &[Grant]) -> Outcome<()> {
        let groups = serde_json::to_string(groups).map_err(|error| broken(&error))?;
        let mut change = self.change().await?;
        let query =
            sqlx::query("INSERT INTO users (name, password, groups, enabled, at) VALUES (?, ?, ?, 1, ?) ON CONFLICT DO NOTHING");
        let query = query.bind(name).bind(password).bind(&groups).bind(now());
        if query.execute(change.sql()).await.map_err(|error| broken(&error))?.rows_affected() == 0 {
            return Err(Failure::usage(format!("There is a user {name} already."), "`flightplan user list` shows them."));
        }
        for grant in grants {
            insert_grant(change.sql(), name, grant).await?;
        }
        let roles: Vec<String> = grants.iter().map(words).collect();
        let detail = format!("{}; groups {groups}", roles.join(", "));
        change.note(Deed { action: "user.added", subject: name.to_owned(), detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// Gives a user a role.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub async fn grant(&self, name: &str, grant: &Grant) -> Outcome<()> {
        self.user(name).await?;
        let mut change = self.change().await?;
        insert_grant(change.sql(), name, grant).await?;
        let detail = words(grant);
        change.note(Deed { action: "user.granted", subject: name.to_owned(), detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// Takes a role from a user.
    ///
    /// # Errors
    /// [`Exit::Usage`] where they do not have it.
    pub async fn revoke_grant(&self, name: &str, grant: &Grant) -> Outcome<()> {
        let mut change = self.change().await?;
        let query = sqlx::query("DELETE FROM grants WHERE user = ? AND role = ? AND project = ? AND environment = ?");
        let query = query.bind(name).bind(grant.role.to_string()).bind(&grant.project).bind(&grant.environment);
        if query.execute(change.sql()).await.map_err(|error| broken(&error))?.rows_affected() == 0 {
            let message = format!("{name} is not {}.", words(grant));
            return Err(Failure::usage(message, "`flightplan user list` shows who is what."));
        }
        let detail = words(grant);
        change.note(Deed { action: "user.grant-revoked", subject: name.to_owned(), detail, ..Deed::default() }).await?;
        change.commit().await
    }

    /// Lets a user in, or keeps them out; their sessions end. Their name stays theirs.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub async fn enable_user(&self, name: &str, enabled: bool) -> Outcome<()> {
        self.user(name).await?;
        let action = if enabled { "user.enabled" } else { "user.disabled" };
        let query = sqlx::query("UPDATE users SET enabled = ? WHERE name = ?").bind(enabled).bind(name.to_owned());
        self.change_user(name, action, query).await
    }

    /// Gives a user another password; their sessions end.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub async fn set_password(&self, name: &str, hash: &str) -> Outcome<()> {
        self.user(name).await?;
        let query = sqlx::query("UPDATE users SET password = ? WHERE name = ?").bind(hash.to_owned()).bind(name.to_owned());
        self.change_user(name, "user.password-changed", query).await
    }

    async fn change_user(
        &self,
        name: &str,
        action: &'static str,
        query: sqlx::query::Query<'_, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>,
    ) -> Outcome<()> {
        let mut change = self.change().await?;
        query.execute(change.sql()).await.map_err(|error| broken(&error))?;
        let ended = sqlx::query("DELETE FROM sessions WHERE user = ?").bind(name).execute(change.sql()).await;
        ended.map_err(|error| broken(&error))?;
        change.note(Deed { action, subject: name.to_owned(), ..Deed::default() }).await?;
        change.commit().await
    }

    /// All users, by name.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn users(&self) -> Outcome<Vec<User>> {
        let rows = sqlx::query("SELECT name, groups, enabled, password IS NOT NULL, at FROM users ORDER BY name");
        let rows = rows.fetch_all(&self.pool).await.map_err(|error| broken(&error))?;
        let mut users = Vec::new();
        for row in &rows {
            let text = |at: usize| row.try_get::<String, _>(at).map_err(|error| broken(&error));
            let flag = |at: usize| row.try_get::<bool, _>(at).map_err(|error| broken(&error));
            let name = text(0)?;
            let groups = serde_json::from_str(&text(1)?).map_err(|error| broken(&error))?;
            let grants = self.grants(&name).await?;
            users.push(User { name, groups, enabled: flag(2)?, password: flag(3)?, grants, at: text(4)? });
        }
        Ok(users)
    }

    /// One user.
    ///
    /// # Errors
    /// [`Exit::Usage`] where there is none of that name.
    pub async fn user(&self, name: &str) -> Outcome<User> {
        let found = self.users().await?.into_iter().find(|user| user.name == name);
        found.ok_or_else(|| Failure::usage(format!("There is no user {name}."), "`flightplan user list` shows them."))
    }

    /// Groups of a user; none where there is no such user.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn groups(&self, name: &str) -> Outcome<Vec<String>> {
        let row = sqlx::query_scalar("SELECT groups FROM users WHERE name = ? AND enabled").bind(name);
        let text: Option<String> = row.fetch_optional(&self.pool).await.map_err(|error| broken(&error))?;
        text.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text).map_err(|error| broken(&error)))
    }

    /// Whether anybody has to sign in here.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn has_users(&self) -> Outcome<bool> {
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(&self.pool).await.map_err(|error| broken(&error))?;
        Ok(count > 0)
    }

    async fn grants(&self, name: &str) -> Outcome<Vec<Grant>> {
        let rows =
            sqlx::query("SELECT role, project, environment FROM grants WHERE user = ? ORDER BY project, environment, role");
        let rows = rows.bind(name).fetch_all(&self.pool).await.map_err(|error| broken(&error))?;
        let grant = |row: &SqliteRow| {
            let text = |at: usize| row.try_get::<String, _>(at).map_err(|error| broken(&error));
            let role = text(0)?.parse().map_err(|error: String| broken(&error))?;
            Ok(Grant { role, project: text(1)?, environment: text(2)? })
        };
        rows.iter().map(grant).collect()
    }

    /// The hash of a user's password, where they may sign in with one.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn password_of(&self, name: &str) -> Outcome<Option<String>> {
        let row = sqlx::query_scalar("SELECT password FROM users WHERE name = ? AND enabled").bind(name);
        let hash: Option<Option<String>> = row.fetch_optional(&self.pool).await.map_err(|error| broken(&error))?;
        Ok(hash.flatten())
    }

    /// Begins a session: the secret for the cookie.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn begin_session(&self, name: &str) -> Outcome<String> {
        let session = secret::new()?;
        let mut change = self.change().await?;
        let old = sqlx::query("DELETE FROM sessions WHERE expires_at <= ?").bind(now()).execute(change.sql()).await;
        old.map_err(|error| broken(&error))?;
        let query = sqlx::query("INSERT INTO sessions (hash, user, at, expires_at) VALUES (?, ?, ?, ?)");
        let query = query.bind(secret::hash(&session)).bind(name).bind(now()).bind(from_now(SESSION_S));
        query.execute(change.sql()).await.map_err(|error| broken(&error))?;
        change
            .note(Deed { actor: name.to_owned(), action: "user.signed-in", subject: name.to_owned(), ..Deed::default() })
            .await?;
        change.commit().await?;
        Ok(session)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn end_session(&self, session: &str) -> Outcome<()> {
        let query = sqlx::query("DELETE FROM sessions WHERE hash = ?").bind(secret::hash(session));
        query.execute(&self.pool).await.map(drop).map_err(|error| broken(&error))
    }

    /// Whose session it is; absent: nobody's any more.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn by_session(&self, session: &str) -> Outcome<Option<Identity>> {
        let row = sqlx::query_scalar(
            "SELECT users.name FROM sessions JOIN users ON users.name = sessions.user WHERE hash = ? AND expires_at > ? AND enabled",
        );
        let name: Option<String> =
            row.bind(secret::hash(session)).bind(now()).fetch_optional(&self.pool).await.map_err(|error| broken(&error))?;
        let Some(name) = name else { return Ok(None) };
        Ok(Some(Identity { grants: self.grants(&name).await?, name, scope: None }))
    }

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
        let scope_text = serde_json::to_string(scope).map_err(|error| broken(&error))?;
        let mut change = self.change().await?;
        let query = sqlx::query("INSERT INTO tokens (id, hash, user, name, scope, at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)");
        let query =
            query.bind(&id).bind(secret::hash(&text)).bind(user).bind(name).bind(&scope_text).bind(now()).bind(&expires_at);
        query.execute(change.sql()).await.map_err(|error| broken(&error))?;
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
        let rows = sqlx::query("SELECT id, user, name, scope, at, expires_at, revoked_at FROM tokens ORDER BY at DESC, id");
        let rows = rows.fetch_all(&self.pool).await.map_err(|error| broken(&error))?;
        rows.iter().map(token).collect()
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// [`Exit::Usage`] where there is none that works.
    pub async fn revoke_token(&self, id: &str) -> Outcome<()> {
        let mut change = self.change().await?;
        let query = sqlx::query("UPDATE tokens SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL").bind(now()).bind(id);
        if query.execute(change.sql()).await.map_err(|error| broken(&error))?.rows_affected() == 0 {
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
        let row = sqlx::query("SELECT id, user, name, scope, at, expires_at, revoked_at FROM tokens WHERE hash = ?");
        let row = row.bind(secret::hash(text.trim())).fetch_optional(&self.pool).await.map_err(|error| broken(&error))?;
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

fn words(grant: &Grant) -> String {
    let place =
        |name: &str, what: &str| if name == crate::identity::ANY { format!("any {what}") } else { format!("{what} {name}") };
    format!("{} in {} of {}", grant.role, place(&grant.environment, "environment"), place(&grant.project, "project"))
}

async fn insert_grant(to: &mut sqlx::SqliteConnection, name: &str, grant: &Grant) -> Outcome<()> {
    let query = sqlx::query("INSERT INTO grants (user, role, project, environment) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING");
    let query = query.bind(name).bind(grant.role.to_string()).bind(&grant.project).bind(&grant.environment);
    query.execute(to).await.map(drop).map_err(|error| broken(&error))
}

fn token(row: &SqliteRow) -> Outcome<Token> {
    let text = |at: usize| row.try_get::<String, _>(at).map_err(|error| broken(&error));
    let time = |at: usize| row.try_get::<Option<String>, _>(at).map_err(|error| broken(&error));
    Ok(Token {
        id: text(0)?,
        user: text(1)?,
        name: text(2)?,
        scope: serde_json::from_str(&text(3)?).map_err(|error| broken(&error))?,
        at: text(4)?,
        expires_at: time(5)?,
        revoked_at: time(6)?,
    })
}
