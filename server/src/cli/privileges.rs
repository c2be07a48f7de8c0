//! `privileges`: the least a role needs for what is pending, as a script, and whether this connection has that and not more.

use clap::Args;
use serde_json::json;

use crate::cli::{Context, Format};
use crate::execution::{self, Refused};
use crate::exit::{Exit, Failure};
use crate::history::History;
use crate::journal::Journal;
use crate::observe;
use crate::privilege;
use crate::target::{Access, Target};

/// Options of `privileges`.
#[derive(Clone, Debug, Args)]
pub struct Privileges {
    /// The role the script is for; on MySQL and MariaDB `user` or `user@host`.
    #[arg(long, value_name = "NAME", default_value = "flightplan_migrator")]
    role: String,
    /// Say what this connection lacks and what it has beyond the plan's needs; ends with 3 where there is anything.
    #[arg(long)]
    check: bool,
    /// Only the part that takes the privileges back.
    #[arg(long, conflicts_with = "check")]
    revoke: bool,
}

/// Runs the command.
///
/// # Errors
/// A target that cannot be reached; a plan with problems; SQLite, which has no users.
pub async fn run(context: &Context, command: &Privileges) -> Result<Exit, Refused> {
    context.allow(&[])?;
    let (settings, _) = context.workspace.settings(&context.workspace.request);
    let url = context.workspace.require_url(&settings)?;
    let mut target = observe::connect(&url, &settings, "flightplan privileges", Access::Read).await?;
    if matches!(target, Target::Sqlite(_)) {
        let cure = "Who may write the file and its folder may do everything: chmod and chown are what there is.";
        return Err(Failure::usage("SQLite has no users and no privileges.", cure).into());
    }
    let observed = observe::observe(&mut target, &url, &settings, &context.workspace.request).await?;
    let report = context.workspace.analyze(&observed.request);
    execution::refuse_blocking(&report.plan.findings)?;
    let bookkeeping = bookkeeping(&History::of(&settings, &target));
    let needs = privilege::needs(&report.plan, &bookkeeping);
    let exit = if command.check {
        check(context, &mut target, &needs).await?
    } else {
        write(context, &mut target, &needs, command).await?
    };
    target.close().await;
    Ok(exit)
}

/// The tables of ours and of the tool.
#[must_use]
pub fn bookkeeping(history: &History) -> Vec<planner::name::ObjectName> {
    let journal = Journal::beside(&history.table);
    std::iter::once(history.table.clone()).chain(journal.tables()).collect()
}

async fn write(context: &Context, target: &mut Target, needs: &privilege::Needs, command: &Privileges) -> Result<Exit, Failure> {
    let script = privilege::script(target, needs, &command.role).await?;
    if context.format == Format::Json {
        context.give(json!({"format": 1, "grant": script.grant, "revoke": script.revoke, "unknown": needs.unknown}));
        return Ok(Exit::Done);
    }
    let mut text = String::new();
    for unknown in &needs.unknown {
        text.push_str(&format!("-- not known: {unknown}\n"));
    }
    if !command.revoke {
        text.push_str("-- Before the plan runs. Set a password, or let the role log in by certificate or socket.\n");
        text.push_str(&script.grant.join("\n"));
        text.push_str("\n\n-- When the plan is done (`flightplan privileges --revoke` before it runs gives this part alone):\n");
        text.extend(script.revoke.iter().map(|line| format!("-- {line}\n")));
    } else {
        text.extend(script.revoke.iter().map(|line| format!("{line}\n")));
    }
    context.say(&text);
    Ok(Exit::Done)
}

async fn check(context: &Context, target: &mut Target, needs: &privilege::Needs) -> Result<Exit, Failure> {
    let missing: Vec<String> = privilege::missing(target, needs).await?.iter().map(ToString::to_string).collect();
    let excess = privilege::excess(target, needs).await?;
    let exact = missing.is_empty() && excess.is_empty() && needs.unknown.is_empty();
    if context.format == Format::Json {
        context.give(json!({
            "format": 1, "exact": exact, "missing": missing, "excess": excess, "unknown": needs.unknown,
        }));
    } else {
        let mut text = String::new();
        let mut list = |title: &str, lines: &[String]| {
            if !lines.is_empty() {
                text.push_str(&format!("{title}:\n"));
                text.extend(lines.iter().map(|line| format!("  {line}\n")));
            }
        };
        list("The plan needs and this user lacks", &missing);
        list("This user has beyond what the plan needs", &excess);
        list("Nobody can know what these need", &needs.unknown);
        if exact {
            text.push_str("This user has what the plan needs, and no more.\n");
        }
        context.say(&text);
    }
    Ok(if missing.is_empty() && excess.is_empty() { Exit::Done } else { Exit::Findings })
}
