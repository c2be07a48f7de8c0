//! Whether enough of the right people agreed to a plan, and to nothing else.

use std::collections::{BTreeMap, BTreeSet};

use planner::plan::Plan;

use crate::approval::difference::differences;
use crate::approval::document::Document;
use crate::approval::policy;
use crate::approval::risk::{Risk, assess};
use crate::approval::settings::{Policy, Requirement};
use crate::approval::signed::SignedApproval;
use crate::exit::{Exit, Failure, Outcome};
use crate::sections::Sections;
use crate::store::approvals::Kept;
use crate::store::{Store, now};

/// What came with a plan file.
#[derive(Clone, Debug, Default)]
pub struct Enclosed {
    /// Who the file says made it.
    pub author: Option<String>,
    /// Until when the file says it is good.
    pub valid_until: Option<String>,
    /// SHA-256 (hex) of the file; absent: the plan came from the store.
    pub sha256: Option<String>,
    /// The approvals beside it.
    pub approvals: Vec<SignedApproval>,
}

impl From<&Document> for Enclosed {
    fn from(document: &Document) -> Self {
        Self {
            author: Some(document.margin.author.clone()).filter(|author| !author.is_empty()),
            valid_until: document.margin.valid_until.clone(),
            sha256: Some(document.sha256.clone()),
            approvals: document.approvals.clone(),
        }
    }
}

/// What approvals are judged by.
#[derive(Clone, Copy)]
pub struct Grounds<'a> {
    /// Where approvals are kept; absent: only those beside the plan count.
    pub store: Option<&'a Store>,
    /// Approvers and policies.
    pub sections: &'a Sections,
    /// What came with the plan.
    pub enclosed: &'a Enclosed,
    /// Who is about to run it; absent: nobody yet.
    pub runner: Option<&'a str>,
}

/// What a plan asks for.
struct Asked<'a> {
    class: Risk,
    people: usize,
    requirements: &'a [Requirement],
    policy: &'a Policy,
}

/// Who agreed, and why others do not count.
#[derive(Default)]
struct Heard {
    people: BTreeSet<String>,
    rejected: Vec<String>,
}

/// Whether a plan needs anybody's approval.
#[must_use]
pub fn is_asked_for(sections: &Sections, plan: &Plan) -> bool {
    // The class of a plan takes a reading of all its statements.
    plan.approvals > 0 || !sections.policy(&plan.environment).sets.is_empty() && !asked(sections, plan).requirements.is_empty()
}

/// What a plan asks for, in words: `2 approval(s)`, `1 of dba and 2 of owners`.
#[must_use]
pub fn wanted(sections: &Sections, plan: &Plan) -> String {
    words(&asked(sections, plan))
}

fn asked<'a>(sections: &'a Sections, plan: &Plan) -> Asked<'a> {
    let policy = sections.policy(&plan.environment);
    let class = assess(plan).class;
    let requirements = policy.sets.get(&class).map_or(&[][..], Vec::as_slice);
    Asked { class, people: usize::try_from(plan.approvals).unwrap_or(usize::MAX), requirements, policy }
}

fn words(asked: &Asked<'_>) -> String {
    let mut parts = Vec::new();
    if asked.people > 0 || asked.requirements.is_empty() {
        parts.push(format!("{} approval(s)", asked.people));
    }
    parts.extend(asked.requirements.iter().map(|one| format!("{} of {}", one.count, one.group)));
    parts.join(" and ")
}

/// Refuses a plan that too few people approved, or that is not good any more.
///
/// # Errors
/// [`Exit::ApprovalMissing`], saying who approved, whose approval does not count and why, who is missing and what to type;
/// [`Exit::Stale`] where its time is over.
pub async fn require(grounds: Grounds<'_>, plan: &Plan) -> Outcome<()> {
    let asked = asked(grounds.sections, plan);
    if plan.steps.is_empty() {
        return Ok(());
    }
    require_valid(grounds, plan).await?;
    if asked.people == 0 && asked.requirements.is_empty() {
        return Ok(());
    }
    let heard = hear(grounds, plan, asked.policy, Some(&now())).await?;
    let missing = missing(grounds, &asked, &heard.people).await?;
    if heard.people.len() < asked.people || missing.iter().any(|count| *count > 0) {
        return Err(refusal(grounds, plan, (&asked, &missing), &heard).await);
    }
    match grounds.runner.filter(|runner| asked.policy.four_eyes && heard.people.contains(*runner)) {
        None => Ok(()),
        Some(runner) => Err(Failure::new(
            Exit::ApprovalMissing,
            format!(
                "{runner} approved plan {} and may not run it: environment {} asks for four eyes.",
                plan.digest, plan.environment
            ),
            "Somebody who did not approve it has to run it. Nothing was changed.",
        )),
    }
}

/// Whether a plan was approved as its environment asks, by `people` at least, at any time: what was approved once covers
/// its way back for ever.
///
/// # Errors
/// The store's refusal.
pub async fn was_approved(grounds: Grounds<'_>, plan: &Plan, people: u32) -> Outcome<bool> {
    let mut asked = asked(grounds.sections, plan);
    asked.people = asked.people.max(usize::try_from(people).unwrap_or(usize::MAX));
    let heard = hear(grounds, plan, asked.policy, None).await?;
    let missing = missing(grounds, &asked, &heard.people).await?;
    Ok(!heard.people.is_empty() && heard.people.len() >= asked.people && missing.iter().all(|count| *count == 0))
}

/// Refuses a plan whose time is over.
async fn require_valid(grounds: Grounds<'_>, plan: &Plan) -> Outcome<()> {
    let kept = match grounds.store {
        Some(store) if grounds.enclosed.sha256.is_none() => store.made(&plan.digest).await?.and_then(|made| made.valid_until),
        _ => None,
    };
    let Some(until) = grounds.enclosed.valid_until.clone().or(kept) else { return Ok(()) };
    if now() < until {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Stale,
        format!("The plan {} was good until {until}; it is {} now.", plan.digest, now()),
        "Nothing was changed. Plan again, and have the new plan approved.",
    ))
}

/// Everybody whose approval counts. `at`: approvals that had expired by then do not.
async fn hear(grounds: Grounds<'_>, plan: &Plan, policy: &Policy, at: Option<&str>) -> Outcome<Heard> {
    let kept = match grounds.store {
        Some(store) => store.kept_approvals(&plan.digest).await?,
        None => Vec::new(),
    };
    let beside = grounds.enclosed.approvals.iter().map(Kept::from);
    let authors = authors(grounds, plan).await?;
    let mut heard = Heard::default();
    for kept in beside.chain(kept) {
        let who = kept.approval.approver.clone();
        match counts(grounds, plan, policy, &kept, at) {
            Err(why) => heard.rejected.push(why),
            Ok(()) if authors.contains(&who) => {
                heard.rejected.push(format!("{who} made the plan, and an author's approval does not count"));
            }
            Ok(()) => drop(heard.people.insert(who)),
        }
    }
    // What is kept in two places is told once.
    let mut told = BTreeSet::new();
    heard.rejected.retain(|why| told.insert(why.clone()));
    Ok(heard)
}

/// Whether an approval is one of this plan.
///
/// # Errors
/// Why it is none, as a sentence without its full stop.
fn counts(grounds: Grounds<'_>, plan: &Plan, policy: &Policy, kept: &Kept, at: Option<&str>) -> Result<(), String> {
    let who = &kept.approval.approver;
    match &kept.signed {
        Some(signed) => signed.check(plan, grounds.enclosed.sha256.as_deref(), &grounds.sections.approvers)?,
        None if policy.signed => {
            return Err(format!("the approval of {who} is not signed, and environment {} asks for signatures", plan.environment));
        }
        None => {}
    }
    let expired = |until: &&String| at.is_some_and(|at| until.as_str() <= at);
    if let Some(until) = kept.expires_at.as_ref().filter(expired) {
        return Err(format!("the approval of {who} was good until {until}"));
    }
    if at.is_some() && kept.policy != policy.fingerprint() {
        return Err(format!("the policy of environment {} changed since {who} approved", plan.environment));
    }
    Ok(())
}

/// Who made the plan.
async fn authors(grounds: Grounds<'_>, plan: &Plan) -> Outcome<BTreeSet<String>> {
    let kept = match grounds.store {
        Some(store) => store.made(&plan.digest).await?.map(|made| made.author),
        None => None,
    };
    Ok(grounds.enclosed.author.clone().into_iter().chain(kept).filter(|author| !author.is_empty()).collect())
}

/// How many of each requirement are missing.
async fn missing(grounds: Grounds<'_>, asked: &Asked<'_>, people: &BTreeSet<String>) -> Outcome<Vec<u32>> {
    let mut groups: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for person in people {
        let mut own = grounds.sections.approvers.0.get(person).map(|approver| approver.groups.clone()).unwrap_or_default();
        if let Some(store) = grounds.store {
            own.extend(store.groups(person).await?);
        }
        groups.insert(person, own.into_iter().collect());
    }
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let in_group = |person: usize, group: &str| {
        let groups = people.get(person).and_then(|person| groups.get(person));
        groups.is_some_and(|groups| groups.contains(group))
    };
    Ok(policy::missing(asked.requirements, people.len(), &in_group))
}

async fn refusal(grounds: Grounds<'_>, plan: &Plan, (asked, missing): (&Asked<'_>, &[u32]), heard: &Heard) -> Failure {
    let so_far = if heard.people.is_empty() {
        "nobody has approved it yet".to_owned()
    } else {
        format!("approved so far by {}", heard.people.iter().cloned().collect::<Vec<_>>().join(", "))
    };
    let mut message = format!("Environment {} asks for {} of plan {}; {so_far}.", plan.environment, words(asked), plan.digest);
    if !asked.requirements.is_empty() {
        let left = asked.requirements.iter().zip(missing).filter(|(_, count)| **count > 0);
        let left: Vec<String> = left.map(|(one, count)| format!("{count} of {}", one.group)).collect();
        message.push_str(&format!(" The plan is {}.", asked.class));
        if !left.is_empty() {
            message.push_str(&format!(" Still missing: {}.", left.join(", ")));
        }
    }
    for why in &heard.rejected {
        message.push_str(&format!("\n  Does not count: {why}."));
    }
    if heard.people.is_empty() {
        message.push_str(&earlier(grounds, plan).await.unwrap_or_default());
    }
    Failure::new(
        Exit::ApprovalMissing,
        message,
        format!(
            "Review it with `flightplan plan` or `flightplan serve`, then: flightplan --env {env} approve {digest} --by NAME \
             && flightplan --env {env} apply {digest}",
            env = plan.environment,
            digest = plan.digest
        ),
    )
}

/// The newest plan for the same database that somebody approved, and what makes this another one.
async fn earlier(grounds: Grounds<'_>, plan: &Plan) -> Option<String> {
    let store = grounds.store?;
    let approved = store.approved_plans(&plan.environment).await.ok()?;
    let other = approved.into_iter().find(|other| other.digest != plan.digest && !other.steps.is_empty())?;
    // A plan that ran is no earlier state of this one.
    if other.steps.iter().all(|old| plan.steps.iter().all(|new| new.migration != old.migration)) {
        return None;
    }
    let people: BTreeSet<String> =
        store.approvals(Some(&other.digest)).await.ok()?.into_iter().map(|approval| approval.approver).collect();
    let people = people.into_iter().collect::<Vec<_>>().join(", ");
    let mut text = format!("\n  Plan {}, which {people} approved, is another one:", other.digest);
    for sentence in differences(&other, plan).iter().take(5) {
        text.push_str(&format!("\n    {sentence}"));
    }
    Some(text)
}
