//! Plans beside the one that is made here: a file's, one to compare with, one in a link.

use std::rc::Rc;

use planner::project::{ProjectFile, redact};
use planner::{Project, Request, analyze};
use serde_json::Value;

use super::Desk;
use super::file_digest::file_digest;
use crate::compare::{Comparison, compare};
use crate::message::{Other, Reply, decode, encode};

/// A plan by way of its text: the worker can write a plan, and nothing else is needed for it.
fn value(project: &Project, request: &Request) -> Value {
    decode(&encode(&analyze(project, request).plan)).unwrap_or_default()
}

impl Desk {
    /// What was planned can be planned again, when it is to be compared.
    pub(super) fn keep(&mut self, request: &Request, as_given: bool) {
        if as_given {
            self.given = Some((Rc::clone(&self.project), request.clone()));
        }
        self.opened = None;
    }

    /// Looks at a plan file, which lies over the plan until the next one is made.
    pub(super) fn open(&mut self, generation: u64, json: String) -> Reply {
        let digest = decode::<Value>(json.as_bytes()).map(|plan| file_digest(&plan));
        self.opened = Some(json);
        Reply::Opened { generation, digest }
    }

    /// Holds the plan in hand against another one.
    fn compare(&self, label: &str, other: Other) -> Result<Comparison<Value>, String> {
        let hand = match (&self.opened, &self.last) {
            (Some(json), _) => decode(json.as_bytes())?,
            (None, Some(last)) => value(&self.project, &last.request),
            (None, None) => return Err("there is no plan to compare with yet".to_owned()),
        };
        let other = match other {
            Other::File(json) => decode::<Value>(json.as_bytes()).map_err(|error| format!("this is no plan: {error}"))?,
            Other::Request(mut request) => {
                self.complete(&mut request);
                value(&self.project, &request)
            }
            Other::Given => {
                let (project, request) = self.given.as_ref().ok_or("the plan of before is not known any more")?;
                value(project, request)
            }
        };
        compare(label, &other, &hand)
    }

    /// The same as a reply.
    pub(super) fn compared(&self, label: &str, other: Other) -> Reply {
        let found = self.compare(label, other);
        Reply::Compared(found.map(|found| String::from_utf8_lossy(&encode(&found)).into_owned()))
    }

    /// The files for a link. Secrets in configuration files are overwritten, which changes no plan.
    pub(super) fn pack(&self) -> Reply {
        let mut project = Project::clone(&self.project);
        project.files.iter_mut().for_each(redact::redact);
        if let Some(json) = &self.opened {
            project.files = vec![ProjectFile { path: "plan.json".to_owned(), content: json.clone().into_bytes() }];
        }
        let files = project.files.iter().map(|file| (file.path.clone(), file.content.len())).collect();
        Reply::Packed { files, bytes: project.files.into_iter().flat_map(|file| file.content).collect() }
    }
}

#[cfg(test)]
mod tests {
    use planner::plan::Plan;

    use super::*;
    use crate::message::{Call, Question, unpack};

    fn asked(desk: &mut Desk, generation: u64, as_given: bool) -> Plan {
        let question = Question::Plan { generation, request: Box::default(), as_given };
        let reply = desk.answer(Call::Ask(question));
        let Some(Reply::Plan { answer, .. }) = reply else { panic!("a plan was asked for: {reply:?}") };
        answer.plan
    }

    fn project(index: &str) -> Project {
        let file = |path: &str, text: &str| ProjectFile { path: path.to_owned(), content: text.as_bytes().to_vec() };
        let conf = "flyway.locations=filesystem:sql\nflyway.password=hunter2\n";
        let sql = format!("CREATE TABLE a (b int);\n{index}");
        Project { files: vec![file("flyway.conf", conf), file("sql/V1__a.sql", &sql)] }
    }

    #[test]
    fn a_link_gives_the_same_digest_and_no_password() {
        let mut desk = Desk::default();
        desk.answer(Call::Project(Rc::new(project("CREATE INDEX i ON a (b);"))));
        let plan = asked(&mut desk, 1, true);
        let Reply::Packed { files, bytes } = desk.pack() else { panic!("it was to be packed") };
        assert!(!String::from_utf8_lossy(&bytes).contains("hunter2"));
        let mut other = Desk::default();
        other.answer(Call::Project(Rc::new(unpack(files, &bytes).unwrap_or_default())));
        assert_eq!(asked(&mut other, 1, true).digest, plan.digest);
    }

    #[test]
    fn a_plan_file_is_held_against_its_own_digest() {
        let mut desk = Desk::default();
        desk.answer(Call::Project(Rc::new(project("CREATE INDEX i ON a (b);"))));
        let plan = asked(&mut desk, 1, true);
        let json = String::from_utf8(encode(&plan)).unwrap_or_default();
        let digest = |desk: &mut Desk, json: String| match desk.open(2, json) {
            Reply::Opened { digest, .. } => digest,
            other => panic!("{other:?}"),
        };
        assert_eq!(digest(&mut desk, json.clone()), Ok(plan.digest.clone()));
        let edited = digest(&mut desk, json.replace("CREATE INDEX i ", "CREATE INDEX j "));
        assert!(edited.is_ok_and(|edited| edited != plan.digest));
        assert!(digest(&mut desk, "CREATE".to_owned()).is_err());
        digest(&mut desk, json.clone()).unwrap_or_default();
        assert!(desk.compare("o", Other::File(json)).is_ok_and(|found| found.is_empty()), "the file is what is in hand");
    }

    #[test]
    fn an_edit_is_compared_with_what_was_before() {
        let mut desk = Desk::default();
        assert!(desk.compare("o", Other::Given).is_err());
        desk.answer(Call::Project(Rc::new(project("CREATE INDEX i ON a (b);"))));
        let before = asked(&mut desk, 1, true);
        desk.answer(Call::Project(Rc::new(project("CREATE INDEX j ON a (b);"))));
        let after = asked(&mut desk, 2, false);
        let found = desk.compare("o", Other::Given).unwrap_or_default();
        assert_eq!((&found.other.digest, &found.hand.digest), (&before.digest, &after.digest));
        let mut changes = found.changed.iter().flat_map(|step| &step.changes);
        assert!(changes.any(|change| change.sql && change.new.as_deref() == Some("CREATE INDEX j ON a (b)")), "{found:?}");
    }
}
