//! What the pages ask of the state.

use planner::protocol::{Approval, ProjectResponse, Run};

use super::{Origin, Server, State};
use crate::locale::say;

impl State {
    /// Whether the newest question is not answered yet.
    #[must_use]
    pub fn planning(&self) -> bool {
        self.answered < self.generation && self.crash.is_none()
    }

    /// Whether the reader changed anything in the plan.
    #[must_use]
    pub fn has_choices(&self) -> bool {
        match (&self.origin, &self.server) {
            (Some(Origin::Server), Server::Present(response)) => self.request.batches != response.request.batches,
            _ => !self.request.batches.is_empty(),
        }
    }

    /// Whether the plan is that of the project as it was given.
    #[must_use]
    pub fn as_given(&self) -> bool {
        !self.has_choices() && self.mended.is_empty()
    }

    /// The server's answer, where the project in hand is the server's: only then a plan can be approved.
    #[must_use]
    pub fn served(&self) -> Option<&ProjectResponse> {
        match (&self.origin, &self.server) {
            (Some(Origin::Server), Server::Present(response)) if self.opened.is_none() => Some(response),
            _ => None,
        }
    }

    /// Whether the reader may do something here, by the server's word for it. Where nobody signs in, everything.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.served().is_some_and(|served| !served.signed_in || served.may.iter().any(|own| own == permission))
    }

    /// Approvals of the plan in hand.
    #[must_use]
    pub fn approvals_in_hand(&self) -> &[Approval] {
        let digest = self.answer.as_ref().map(|answer| answer.plan.digest.as_str());
        digest.and_then(|digest| self.approvals.get(digest)).map_or(&[], Vec::as_slice)
    }

    /// Why the digest in hand is not the one the server or an approval has; none where it is.
    #[must_use]
    pub fn stale(&self) -> Option<String> {
        let digest = &self.answer.as_ref()?.plan.digest;
        if let Some(notice) = self.notice.as_ref().filter(|notice| notice.stale) {
            return Some(notice.detail.clone());
        }
        let first = self.first_digest.as_ref().filter(|first| *first != digest)?;
        if !self.approvals_in_hand().is_empty() {
            return None;
        }
        let batches: Vec<_> = self.request.batches.keys().map(String::as_str).collect();
        let files: Vec<_> = self.mended.iter().map(String::as_str).collect();
        let changed = match (batches.as_slice(), files.as_slice()) {
            (batches, []) => say::changed_batches(&batches.join(", ")),
            ([], files) => files.join(", "),
            (batches, files) => say::changed_both(&batches.join(", "), &files.join(", ")),
        };
        let short = crate::words::short(first);
        Some(if self.approvals.get(first).is_some_and(|approvals| !approvals.is_empty()) {
            say::stale_approvals(&changed, short)
        } else {
            say::stale_project(&changed, short)
        })
    }

    /// What the timeline and the run page need of a run.
    #[must_use]
    pub fn run(&self, id: &str) -> Option<&Run> {
        self.runs.iter().flatten().find(|run| run.id == id)
    }
}
