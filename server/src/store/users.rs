//! Users, what they may do, and the hashes of their passwords.

use serde::Serialize;

use crate::audit::Deed;
use crate::exit::{Failure, Outcome};
use crate::identity::Grant;
use crate::store::audit::Change;
use crate::store::sql::{Row, Statement, json, sql};
use crate::store::{Store, broken, now};

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

impl Store {
    /// Adds a user.
    ///
    /// # Errors
    /// [`Exit::Usage`] where there is one of that name.
    pub async fn add_user(&self, name: &str, password: Option<&str>, groups: &[String], grants: &[Grant]) -> Outcome<()> {
        let mut change = self.change().await?;
        change.add_user(name, password, groups, grants).await?;
        change.commit().await
    }

    /// Adds the first user; `false`: there is one already, made on another node maybe.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn add_first_user(&self, name: &str, password: &str, grant: Grant) -> Outcome<bool> {
        let mut change = self.change().await?;
        if sql("SELECT name FROM users LIMIT 1").first(&mut change).await?.is_some() {
            return Ok(false);
        }
        change.add_user(name, Some(password), &[], &[grant]).await?;
        change.commit().await.map(|()| true)
    }

    /// Gives a user a role.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub async fn grant(&self, name: &str, grant: &Grant) -> Outcome<()> {
        self.user(name).await?;
        let mut change = self.change().await?;
        insert_grant(&mut change, name, grant).await?;
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
        let query = sql("DELETE FROM grants WHERE \"user\" = $1 AND role = $2 AND project = $3 AND environment = $4");
        let query = query.bind(name).bind(grant.role.to_string()).bind(&grant.project).bind(&grant.environment);
        if query.run(&mut change).await? == 0 {
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
        let query = sql("UPDATE users SET enabled = $1 WHERE name = $2").bind(enabled).bind(name.to_owned());
        self.change_user(name, action, query).await
    }

    /// Gives a user another password; their sessions end.
    ///
    /// # Errors
    /// As [`Self::user`].
    pub async fn set_password(&self, name: &str, hash: &str) -> Outcome<()> {
        self.user(name).await?;
        let query = sql("UPDATE users SET password = $1 WHERE name = $2").bind(hash.to_owned()).bind(name.to_owned());
        self.change_user(name, "user.password-changed", query).await
    }

    async fn change_user(&self, name: &str, action: &'static str, query: Statement) -> Outcome<()> {
        let mut change = self.change().await?;
        query.run(&mut change).await?;
        sql("DELETE FROM sessions WHERE \"user\" = $1").bind(name).run(&mut change).await?;
        change.note(Deed { action, subject: name.to_owned(), ..Deed::default() }).await?;
        change.commit().await
    }

    /// All users, by name.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn users(&self) -> Outcome<Vec<User>> {
        let rows = sql("SELECT name, groups, enabled, password IS NOT NULL, at FROM users ORDER BY name");
        let rows = rows.all(&self.pool).await?;
        let mut users = Vec::new();
        for row in &rows {
            let name: String = row.get(0)?;
            let grants = self.grants(&name).await?;
            let (groups, enabled, password, at) = (row.json(1)?, row.get(2)?, row.get(3)?, row.get(4)?);
            users.push(User { name, groups, enabled, password, grants, at });
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
        let row = sql("SELECT groups FROM users WHERE name = $1 AND enabled").bind(name);
        row.first(&self.pool).await?.map_or(Ok(Vec::new()), |row| row.json(0))
    }

    /// Whether anybody has to sign in here.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn has_users(&self) -> Outcome<bool> {
        Ok(sql("SELECT name FROM users LIMIT 1").first(&self.pool).await?.is_some())
    }

    pub(super) async fn grants(&self, name: &str) -> Outcome<Vec<Grant>> {
        let rows = sql("SELECT role, project, environment FROM grants WHERE \"user\" = $1 ORDER BY project, environment, role");
        let rows = rows.bind(name).all(&self.pool).await?;
        let grant = |row: &Row| {
            let role = row.get::<String>(0)?.parse().map_err(|error: String| broken(&error))?;
            Ok(Grant { role, project: row.get(1)?, environment: row.get(2)? })
        };
        rows.iter().map(grant).collect()
    }

    /// The hash of a user's password, where they may sign in with one.
    ///
    /// # Errors
    /// The store's refusal.
    pub async fn password_of(&self, name: &str) -> Outcome<Option<String>> {
        let row = sql("SELECT password FROM users WHERE name = $1 AND enabled").bind(name);
        Ok(row.value::<Option<String>>(&self.pool).await?.flatten())
    }
}

fn words(grant: &Grant) -> String {
    let place =
        |name: &str, what: &str| if name == crate::identity::ANY { format!("any {what}") } else { format!("{what} {name}") };
    format!("{} in {} of {}", grant.role, place(&grant.environment, "environment"), place(&grant.project, "project"))
}

impl Change<'_> {
    async fn add_user(&mut self, name: &str, password: Option<&str>, groups: &[String], grants: &[Grant]) -> Outcome<()> {
        let groups = json(groups)?;
        let query =
            sql("INSERT INTO users (name, password, groups, enabled, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING");
        let query = query.bind(name).bind(password).bind(&groups).bind(true).bind(now());
        if query.run(&mut *self).await? == 0 {
            return Err(Failure::usage(format!("There is a user {name} already."), "`flightplan user list` shows them."));
        }
        for grant in grants {
            insert_grant(self, name, grant).await?;
        }
        let roles: Vec<String> = grants.iter().map(words).collect();
        let detail = format!("{}; groups {groups}", roles.join(", "));
        self.note(Deed { action: "user.added", subject: name.to_owned(), detail, ..Deed::default() }).await
    }
}

async fn insert_grant(change: &mut Change<'_>, name: &str, grant: &Grant) -> Outcome<()> {
    let query = sql("INSERT INTO grants (\"user\", role, project, environment) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
    let query = query.bind(name).bind(grant.role.to_string()).bind(&grant.project).bind(&grant.environment);
    query.run(change).await.map(drop)
}
