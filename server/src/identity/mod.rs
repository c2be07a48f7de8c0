//! Who somebody is and what they may do: users with roles, in a project and an environment.

pub mod oidc;
pub mod password;
pub mod secret;

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::exit::{Exit, Failure, Outcome};

/// Everywhere, in a grant or the scope of a token.
pub const ANY: &str = "*";

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// See plans, runs, approvals and the audit log.
    View,
    /// Say something about a plan.
    Comment,
    /// Approve a plan.
    Approve,
    /// Start a run; pause, resume and cancel one.
    Run,
    /// Open a gate.
    Gate,
    /// Users, grants and tokens.
    Manage,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::View, Self::Comment, Self::Approve, Self::Run, Self::Gate, Self::Manage];
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::View => "view",
            Self::Comment => "comment",
            Self::Approve => "approve",
            Self::Run => "run",
            Self::Gate => "gate",
            Self::Manage => "manage",
        })
    }
}

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Writes migrations and speaks about plans.
    Author,
    /// Approves.
    Reviewer,
    /// Approves, runs and opens gates.
    ReleaseManager,
    /// Runs, pauses, cancels and opens gates.
    Operator,
    /// Everything, and the users.
    Admin,
}

impl Role {
    /// What comes with the role.
    #[must_use]
    pub const fn may(self, permission: Permission) -> bool {
        use Permission::{Approve, Comment, Gate, Manage, Run, View};
        match self {
            Self::Viewer => matches!(permission, View),
            Self::Author => matches!(permission, View | Comment),
            Self::Reviewer => matches!(permission, View | Comment | Approve),
            Self::ReleaseManager => matches!(permission, View | Comment | Approve | Run | Gate),
            Self::Operator => matches!(permission, View | Comment | Run | Gate),
            Self::Admin => matches!(permission, View | Comment | Approve | Run | Gate | Manage),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Viewer => "viewer",
            Self::Author => "author",
            Self::Reviewer => "reviewer",
            Self::ReleaseManager => "release-manager",
            Self::Operator => "operator",
            Self::Admin => "admin",
        })
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        <Self as ValueEnum>::from_str(text, false)
    }
}

/// A role in a project and an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The project's name, or [`ANY`].
    pub project: String,
    /// The environment, or [`ANY`].
    pub environment: String,
}

impl Grant {
    fn holds(&self, project: &str, environment: &str) -> bool {
        let fits = |granted: &str, asked: &str| granted == ANY || granted == asked;
        fits(&self.project, project) && fits(&self.environment, environment)
    }
}

/// What a token is cut down to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// What it may be used for.
    pub permissions: Vec<Permission>,
    /// The environment, or [`ANY`].
    pub environment: String,
}

/// Somebody who is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name that stands in approvals, runs and the audit log.
    pub name: String,
    /// Their roles.
    pub grants: Vec<Grant>,
    /// What the token they came with is cut down to; absent: they came in person.
    pub scope: Option<Scope>,
}

impl Identity {
    /// Somebody who may do everything: the person at a machine where nobody signs in.
    #[must_use]
    pub fn at_this_machine(name: &str) -> Self {
        let grant = Grant { role: Role::Admin, project: ANY.to_owned(), environment: ANY.to_owned() };
        Self { name: name.to_owned(), grants: vec![grant], scope: None }
    }

    /// Whether they may do something in an environment of a project.
    #[must_use]
    pub fn may(&self, permission: Permission, project: &str, environment: &str) -> bool {
        let scoped = self.scope.as_ref().is_none_or(|scope| {
            scope.permissions.contains(&permission) && (scope.environment == ANY || scope.environment == environment)
        });
        scoped && self.grants.iter().any(|grant| grant.role.may(permission) && grant.holds(project, environment))
    }

    /// Refuses who may not.
    ///
    /// # Errors
    /// [`Exit::ApprovalMissing`], naming what is missing.
    pub fn require(&self, permission: Permission, project: &str, environment: &str) -> Outcome<()> {
        if self.may(permission, project, environment) {
            return Ok(());
        }
        let by = if self.scope.is_some() { " with this token" } else { "" };
        Err(Failure::new(
            Exit::ApprovalMissing,
            format!(
                "{} may not {permission} in environment {environment} of project {project}{by}. Nothing was changed.",
                self.name
            ),
            format!("An admin can grant it: flightplan user grant {} --role ROLE --on {environment}", self.name),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somebody(role: Role, environment: &str) -> Identity {
        let grant = Grant { role, project: ANY.to_owned(), environment: environment.to_owned() };
        Identity { name: "ada".to_owned(), grants: vec![grant], scope: None }
    }

    #[test]
    fn roles_hold_where_they_were_granted() {
        let reviewer = somebody(Role::Reviewer, "production");
        assert!(reviewer.may(Permission::Approve, "shop", "production"));
        assert!(!reviewer.may(Permission::Approve, "shop", "test"));
        assert!(!reviewer.may(Permission::Run, "shop", "production"));
        assert!(Permission::ALL.into_iter().all(|permission| somebody(Role::Admin, ANY).may(permission, "shop", "any")));
    }

    #[test]
    fn a_token_gives_no_more_than_its_owner_has_and_no_more_than_its_scope() {
        let scope = Scope { permissions: vec![Permission::Approve, Permission::Run], environment: "test".to_owned() };
        let token = Identity { scope: Some(scope), ..somebody(Role::Reviewer, ANY) };
        assert!(token.may(Permission::Approve, "shop", "test"));
        assert!(!token.may(Permission::Approve, "shop", "production"), "not of the scope");
        assert!(!token.may(Permission::Run, "shop", "test"), "not of the owner");
        assert!(!token.may(Permission::View, "shop", "test"), "not of the scope");
    }
}
