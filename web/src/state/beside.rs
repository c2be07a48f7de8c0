//! Plans beside that of the project in hand: a file's, and one that travels in a link.

use std::rc::Rc;
use std::sync::Arc;

use planner::finding::{Finding, Severity};
use planner::graph::Graph;
use planner::migration::SourceKind;
use planner::plan::Plan;

use super::{Notice, Origin, State};
use crate::files::link::{self, Linked};
use crate::layout::Layout;
use crate::locale::say;
use crate::message::{Answer, SettingsView, decode};
use crate::shared::Shared;

/// A plan file that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its name.
    pub name: String,
    /// Its text.
    pub json: Rc<str>,
}

/// A link to what is in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// The planner is asked for what it holds.
    Wanted,
    /// What it holds, not compressed yet.
    Packed(Rc<Vec<u8>>),
    /// It is ready.
    Ready(Rc<str>),
    /// It would have so many letters, which is too many.
    TooLong(usize),
    /// This browser cannot compress.
    Refused,
}

impl State {
    /// A plan file lies over the project, which is there again when it is closed.
    pub(super) fn open_plan(&mut self, name: String, json: String) {
        self.opened = Some(Opened { name, json: Rc::from(json) });
        self.show_anew();
    }

    pub(super) fn close_plan(&mut self) {
        self.opened = None;
        self.show_anew();
    }

    /// The worker has looked at the file: whether its steps are what its digest was made of, as `apply` looks.
    pub(super) fn opened(&mut self, generation: u64, digest: Result<String, String>) {
        let Some(opened) = self.opened.as_ref().filter(|_| generation == self.generation) else { return };
        let plan = digest.and_then(|digest| Ok((decode::<Plan>(opened.json.as_bytes())?, digest)));
        match plan {
            Ok((plan, digest)) => {
                self.first_digest = Some(plan.digest.clone());
                self.answered = generation;
                self.answer = Some(Shared::new(answer(plan, &digest)));
            }
            Err(why) => {
                self.close_plan();
                let detail = say::holds_no_plan(&why);
                self.notice = Some(Notice { title: say::file_unopened().to_owned(), detail, stale: false });
            }
        }
    }

    fn show_anew(&mut self) {
        (self.first_digest, self.other, self.comparison, self.notice) = (None, None, None, None);
        self.ask(self.request.clone());
    }

    pub(super) fn open_link(&mut self, linked: Linked) {
        let Linked { name, project, request, opened } = linked;
        if !opened {
            self.notice = None;
            return self.take_project(Rc::new(project), request, Origin::Dropped { name, skipped: Vec::new() });
        }
        let text = project.files.into_iter().next().and_then(|file| String::from_utf8(file.content).ok());
        self.open_plan(name, text.unwrap_or_default());
    }

    /// A link that nobody waits for any more is forgotten.
    pub(super) fn packed(&mut self, files: Vec<(String, usize)>, bytes: &[u8]) {
        if self.link == Some(Link::Wanted) {
            let packed = link::pack(self.name_in_hand(), &self.request, self.opened.is_some(), files, bytes);
            self.link = Some(Link::Packed(Rc::new(packed)));
        }
    }

    /// What is in hand, in a word or two.
    #[must_use]
    pub fn name_in_hand(&self) -> String {
        match (&self.opened, &self.origin) {
            (Some(opened), _) => opened.name.clone(),
            (None, Some(Origin::Dropped { name, .. })) => name.clone(),
            (None, _) => self.answer.as_ref().map(|answer| answer.settings.project.clone()).unwrap_or_default(),
        }
    }
}

/// What the page shows of a plan without its project; the digest is what its steps give.
fn answer(plan: Plan, digest: &str) -> Answer {
    let mut findings = plan.findings.clone();
    if digest != plan.digest {
        findings.insert(0, edited(&plan.digest, digest));
    }
    let settings = SettingsView {
        project: plan.project.clone(),
        environment: plan.environment.clone(),
        environments: vec![plan.environment.clone()],
        source: plan.steps.first().map_or(SourceKind::Flyway, |step| step.source),
        dialect: plan.target.dialect,
        server_version: plan.target.server_version,
    };
    let (graph, layout) = (Graph::default(), Layout::default());
    Answer { settings, migrations: Vec::new(), graph, layout, matrix: Rc::default(), plan, findings }
}

/// What is said of a file that is not what its digest was made of.
fn edited(told: &str, digest: &str) -> Arc<Finding> {
    Arc::new(Finding {
        rule: "edited-plan".to_owned(),
        severity: Severity::Error,
        span: None,
        migration: None,
        message: say::edited_plan(digest, told),
        effect: say::edited_plan_effect().into(),
        workaround: say::edited_plan_instead().into(),
        fix: None,
        blocking: true,
    })
}

#[cfg(test)]
mod tests {
    use planner::Project;
    use planner::project::ProjectFile;

    use super::super::{Action, Server};
    use super::*;

    fn dropped() -> State {
        let mut state = State { server: Server::Absent, ..State::default() };
        state.take(Action::Dropped { name: "shop".to_owned(), project: Project::default(), skipped: Vec::new() });
        state
    }

    #[test]
    fn a_plan_file_lies_over_the_project() {
        let mut state = dropped();
        state.take(Action::OpenPlan("plan.json".to_owned(), "{}".to_owned()));
        assert_eq!((state.generation, state.name_in_hand().as_str()), (2, "plan.json"));
        state.take(Action::ClosePlan);
        assert_eq!((state.generation, state.name_in_hand().as_str(), state.opened.is_none()), (3, "shop", true));
    }

    #[test]
    fn a_file_that_is_no_plan_is_told_and_the_project_stays() {
        let mut state = dropped();
        state.take(Action::OpenPlan("plan.json".to_owned(), "{}".to_owned()));
        state.opened(1, Err("an older question".to_owned()));
        assert!(state.opened.is_some());
        state.opened(2, Ok("a digest".to_owned()));
        assert!(state.opened.is_none() && state.generation == 3);
        assert!(state.notice.is_some_and(|notice| notice.detail.starts_with("It holds no plan: missing field")));
    }

    #[test]
    fn a_plan_file_is_shown_and_an_edited_one_is_told() {
        let file = ProjectFile { path: "sql/V1__a.sql".to_owned(), content: b"CREATE TABLE a (b int);".to_vec() };
        let conf = ProjectFile { path: "flyway.conf".to_owned(), content: b"flyway.locations=filesystem:sql".to_vec() };
        let plan = planner::analyze(&Project { files: vec![conf, file] }, &planner::Request::default()).plan;
        let json = String::from_utf8(crate::message::encode(&plan)).unwrap_or_default();
        for (digest, edited) in [(plan.digest.clone(), false), ("0".repeat(64), true)] {
            let mut state = dropped();
            state.take(Action::OpenPlan("plan.json".to_owned(), json.clone()));
            state.opened(2, Ok(digest));
            let shown =
                state.answer.as_ref().map(|answer| (answer.plan.clone(), answer.findings.first().map(|one| one.rule.clone())));
            assert!(shown.as_ref().is_some_and(|(shown, _)| *shown == plan), "{shown:?}");
            let told = shown.is_some_and(|(_, rule)| rule.as_deref() == Some("edited-plan"));
            assert_eq!((told, state.stale(), state.planning()), (edited, None, false));
        }
    }

    #[test]
    fn a_link_is_old_with_the_next_question() {
        let mut state = dropped();
        state.take(Action::Link(Link::Wanted));
        state.take(Action::ChooseEnvironment("live".to_owned()));
        assert_eq!(state.link, None);
    }
}
