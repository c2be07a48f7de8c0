//! Plans beside that of the project in hand: a file's, and one that travels in a link.

use std::rc::Rc;

use super::{Notice, Origin, State};
use crate::files::link::Linked;

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

    /// The worker found no plan in the file.
    pub(super) fn unopened(&mut self, generation: u64, detail: String) {
        if generation == self.generation {
            self.close_plan();
            self.notice = Some(Notice { title: "The file was not opened".to_owned(), detail, stale: false });
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

#[cfg(test)]
mod tests {
    use planner::Project;

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
        state.unopened(1, "an older question".to_owned());
        assert!(state.opened.is_some());
        state.unopened(2, "no plan".to_owned());
        assert!(state.opened.is_none() && state.generation == 3);
        assert_eq!(state.notice.map(|notice| notice.detail).as_deref(), Some("no plan"));
    }

    #[test]
    fn a_link_is_old_with_the_next_question() {
        let mut state = dropped();
        state.take(Action::Link(Link::Wanted));
        state.take(Action::ChooseEnvironment("live".to_owned()));
        assert_eq!(state.link, None);
    }
}
