//! `/admin`: the audit log, targets with the policies they ask for, and for admins the users and tokens, as a plain page.
//! What can be changed is changed by commands or in `flightplan.toml`, which the page names.

mod targets;

use std::fmt::Write as _;

use axum::Extension;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::audit::{Row, verify};
use crate::identity::{Grant, Identity, Permission};
use crate::route::Shared;
use crate::route::form::{Page, escaped};
use crate::route::problem::Rejection;

/// Rows of the log on one page: the newest.
const SHOWN: usize = 200;

/// What of the log is asked for; empty: everything.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    by: String,
    action: String,
    plan: String,
}

impl Asked {
    fn takes(&self, row: &Row) -> bool {
        (self.by.is_empty() || self.by == row.actor) && row.action.starts_with(&self.action) && row.digest.starts_with(&self.plan)
    }
}

/// Reads the log, and checks all of it before any of it is shown.
///
/// # Errors
/// The store's refusal; 403 for who may see nothing here.
pub async fn show(
    State(shared): State<Shared>,
    Extension(identity): Extension<Identity>,
    Query(asked): Query<Asked>,
) -> Result<Response, Rejection> {
    let store = &shared.0.store;
    let (rows, head) = (store.audit().await?, store.audit_head().await?);
    let mut wrong = verify(&rows, &[store.audit_key()?], head.as_ref());
    let guards = store.missing_guards().await?;
    wrong.extend(guards.into_iter().map(|guard| format!("The trigger {guard} is gone from the store.")));
    let mut html = String::from("<p><a href=\"/\">Back to the page</a></p>");
    log(&rows, &wrong, &asked, |row| row.environment.is_empty() || shared.shows(&identity, &row.environment), &mut html);
    targets::show(&shared.0.workspace.reopen()?, |environment| shared.shows(&identity, environment), &mut html);
    if manages(&identity) {
        people(&shared, &mut html).await?;
    }
    Ok(Page::wide("Administration", &html, StatusCode::OK))
}

/// Users belong to no environment: who manages any may see them.
fn manages(identity: &Identity) -> bool {
    identity.grants.iter().any(|grant| identity.may(Permission::Manage, &grant.project, &grant.environment))
}

fn log(rows: &[Row], wrong: &[String], asked: &Asked, shows: impl Fn(&Row) -> bool, html: &mut String) {
    html.push_str("<h2>Audit log</h2>");
    if wrong.is_empty() {
        let _ =
            write!(html, "<p role=\"status\">{} rows: each as it was written, in order, signed, none missing.</p>", rows.len());
    } else {
        let list: String = wrong.iter().map(|sentence| format!("<li>{}</li>", escaped(sentence))).collect();
        let _ = write!(html, "<div role=\"alert\"><p>The log is not as it was written:</p><ul>{list}</ul></div>");
    }
    html.push_str("<form method=\"get\" action=\"/admin\" class=\"line\">");
    for (name, label, value) in
        [("by", "By", &asked.by), ("action", "Action", &asked.action), ("plan", "Plan digest", &asked.plan)]
    {
        let _ = write!(html, "<label>{label}<input name=\"{name}\" value=\"{}\"></label>", escaped(value));
    }
    html.push_str("<button class=\"pf-v6-c-button pf-m-secondary\">Show</button></form>");
    let chosen: Vec<&Row> = rows.iter().rev().filter(|row| asked.takes(row) && shows(row)).collect();
    let cells = chosen.iter().take(SHOWN).map(|row| {
        let digest = row.digest.get(..12).unwrap_or(&row.digest);
        let why = [row.reason.as_str(), row.detail.as_str()].into_iter().filter(|text| !text.is_empty());
        let number = row.sequence.to_string();
        let why = why.collect::<Vec<_>>().join(" · ");
        let texts: [&str; 8] = [&number, &row.at, &row.actor, &row.action, &row.environment, &row.subject, digest, &why];
        texts.map(str::to_owned).to_vec()
    });
    table(&["No.", "At", "By", "Action", "Environment", "What", "Plan", "Why"], cells, html);
    if chosen.len() > SHOWN {
        let _ = write!(html, "<p>The newest {SHOWN} of {}. All: <code>flightplan audit</code></p>", chosen.len());
    }
}

async fn people(shared: &Shared, html: &mut String) -> Result<(), Rejection> {
    let roles = |grants: &[Grant]| {
        let each = grants.iter().map(|grant| format!("{} of {} in {}", grant.role, grant.environment, grant.project));
        each.collect::<Vec<_>>().join(", ")
    };
    html.push_str("<h2>Users</h2>");
    let users = shared.0.store.users().await?;
    let cells = users.into_iter().map(|user| {
        let state = if user.enabled { "may sign in" } else { "disabled" };
        vec![user.name, roles(&user.grants), user.groups.join(", "), state.to_owned(), user.at]
    });
    table(&["Name", "Roles", "Groups", "State", "Since"], cells, html);
    html.push_str("<p>Change them with <code>flightplan user add|grant|disable</code>.</p><h2>Tokens</h2>");
    let tokens = shared.0.store.tokens().await?;
    let cells = tokens.into_iter().map(|token| {
        let may: Vec<String> = token.scope.permissions.iter().map(ToString::to_string).collect();
        let state = match (token.revoked_at, token.expires_at) {
            (Some(at), _) => format!("revoked {at}"),
            (None, Some(at)) => format!("until {at}"),
            (None, None) => "for ever".to_owned(),
        };
        vec![token.id, token.name, token.user, format!("{} in {}", may.join(", "), token.scope.environment), state]
    });
    table(&["Id", "For", "Of", "May", "Good"], cells, html);
    html.push_str("<p>Change them with <code>flightplan token new|revoke</code>.</p>");
    Ok(())
}

fn table(heads: &[&str], rows: impl Iterator<Item = Vec<String>>, html: &mut String) {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    let _ = write!(
        html,
        "<div class=\"frame\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table><thead><tr>{heads}</tr></thead><tbody>"
    );
    let mut any = false;
    for row in rows {
        any = true;
        let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
        let _ = write!(html, "<tr>{cells}</tr>");
    }
    html.push_str(if any { "</tbody></table></div>" } else { "</tbody></table><p>Nothing of that kind.</p></div>" });
}
