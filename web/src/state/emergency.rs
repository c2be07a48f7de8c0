//! What is known of the emergency of an environment.

use planner::protocol::emergency::{Emergency, SeenEmergency, State as Stand, Step, StepRecord, StepState};

use super::State;

/// What is heard of it.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// What each step would do in an environment, or why there is nothing to do.
    Ahead(String, Box<Result<SeenEmergency, String>>),
    /// The emergencies of an environment, newest first.
    All(String, Vec<Emergency>),
    /// One began, or goes on.
    Begun(Emergency),
    /// One was given up.
    Ended(Emergency),
}

/// The playbook of one environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Playbook {
    /// What each step would do; none: not asked yet, or refused.
    pub ahead: Option<SeenEmergency>,
    /// Why nobody can say what it would do.
    pub refused: Option<String>,
    /// Emergencies, newest first.
    pub all: Vec<Emergency>,
}

impl Playbook {
    /// The one that is not over.
    #[must_use]
    pub fn open(&self) -> Option<&Emergency> {
        self.all.iter().find(|one| one.state == Stand::Open)
    }

    /// A process goes through it now, as far as is known.
    #[must_use]
    pub fn under_way(&self) -> bool {
        self.ahead.as_ref().is_some_and(|ahead| ahead.under_way)
    }

    /// It moves, so that its end is worth waiting for: no step has failed and none is left to a person.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.open().is_some_and(|open| open.steps.iter().all(|record| record.state != StepState::Failed))
    }

    fn put(&mut self, emergency: Emergency) {
        match self.all.iter_mut().find(|known| known.id == emergency.id) {
            Some(known) => *known = emergency,
            None => self.all.insert(0, emergency),
        }
    }

    fn set_out(&mut self, under_way: bool) {
        if let Some(ahead) = &mut self.ahead {
            ahead.under_way = under_way;
        }
    }
}

/// The step a person is asked about: the first that is not done.
#[must_use]
pub fn next(emergency: &Emergency) -> Option<&StepRecord> {
    emergency.steps.iter().find(|record| record.state != StepState::Done)
}

/// Whether a person may say of a step that it is done: what became of the database is found in its journal.
#[must_use]
pub fn may_be_settled(record: &StepRecord) -> bool {
    record.state != StepState::Pending && record.step != Step::RollBack
}

impl State {
    /// An emergency that is over changed the database the plan was made for.
    pub(super) fn hear_emergency(&mut self, news: News) {
        let environment = match &news {
            News::Ahead(environment, _) | News::All(environment, _) => environment.clone(),
            News::Begun(one) | News::Ended(one) => one.environment.clone(),
        };
        let playbook = self.playbooks.entry(environment).or_default();
        let was_open = playbook.open().map(|open| open.id.clone());
        match news {
            News::Ahead(_, seen) => match *seen {
                Ok(seen) => {
                    seen.open.clone().into_iter().for_each(|open| playbook.put(open));
                    (playbook.ahead, playbook.refused) = (Some(seen), None);
                }
                // A database that is being taken back may not answer; what was known of it helps to go on.
                Err(_) if playbook.under_way() && playbook.moves() => {}
                Err(why) => {
                    playbook.ahead = playbook.ahead.take().filter(|_| was_open.is_some());
                    playbook.refused = Some(why);
                }
            },
            News::All(_, all) => playbook.all = all,
            News::Begun(one) => {
                playbook.put(one);
                playbook.set_out(true);
            }
            News::Ended(one) => {
                playbook.put(one);
                playbook.set_out(false);
            }
        }
        if was_open.is_some() && playbook.open().is_none() {
            self.ended_runs += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emergency(state: Stand) -> Emergency {
        let (id, actor) = ("e1".to_owned(), "ada".to_owned());
        Emergency {
            state,
            ..Emergency::begin(id, "live", "sqlite:/shop.db".to_owned(), actor, "2026-01-01T00:00:00Z".to_owned())
        }
    }

    fn ahead(under_way: bool) -> News {
        News::Ahead("live".to_owned(), Box::new(Ok(SeenEmergency { under_way, ..SeenEmergency::default() })))
    }

    #[test]
    fn one_that_begins_is_under_way_until_it_is_seen_to_rest() {
        let mut state = State::default();
        state.hear_emergency(ahead(false));
        state.hear_emergency(News::Begun(emergency(Stand::Open)));
        let playbook = &state.playbooks["live"];
        assert!(playbook.under_way() && playbook.moves() && playbook.open().is_some());
        let mut failed = emergency(Stand::Open);
        failed.steps[0].state = StepState::Failed;
        state.hear_emergency(News::All("live".to_owned(), vec![failed]));
        assert!(!state.playbooks["live"].moves());
        assert!(state.playbooks["live"].under_way(), "whether its process rests is not known yet");
        state.hear_emergency(ahead(false));
        assert!(!state.playbooks["live"].under_way());
    }

    #[test]
    fn one_that_is_over_makes_the_plan_old() {
        let mut state = State::default();
        state.hear_emergency(News::Begun(emergency(Stand::Open)));
        assert_eq!(state.ended_runs, 0);
        state.hear_emergency(News::All("live".to_owned(), vec![emergency(Stand::Done)]));
        state.hear_emergency(News::All("live".to_owned(), vec![emergency(Stand::Done)]));
        assert_eq!(state.ended_runs, 1);
    }

    #[test]
    fn a_refusal_takes_the_place_of_what_was_ahead() {
        let mut state = State::default();
        let refused = || News::Ahead("live".to_owned(), Box::new(Err("no playbook".to_owned())));
        state.hear_emergency(ahead(false));
        state.hear_emergency(News::Begun(emergency(Stand::Open)));
        state.hear_emergency(refused());
        assert!(state.playbooks["live"].under_way(), "it is busy");
        state.hear_emergency(News::All("live".to_owned(), vec![emergency(Stand::Done)]));
        state.hear_emergency(refused());
        let playbook = &state.playbooks["live"];
        assert_eq!((playbook.ahead.is_none(), playbook.refused.as_deref()), (true, Some("no playbook")));
    }

    #[test]
    fn the_way_back_of_the_database_is_no_matter_of_opinion() {
        let record = |step, state| {
            let mut records = emergency(Stand::Open).steps;
            let mut record = records.remove(Step::ALL.iter().position(|one| *one == step).unwrap_or_default());
            record.state = state;
            record
        };
        assert!(may_be_settled(&record(Step::Stop, StepState::Failed)));
        assert!(!may_be_settled(&record(Step::Stop, StepState::Pending)));
        assert!(!may_be_settled(&record(Step::RollBack, StepState::Begun)));
    }
}
