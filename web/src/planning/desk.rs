//! Plans beside the one that is made here: a file's, one to compare with, one in a link.

use std::rc::Rc;

use planner::finding::{Finding, Severity};
use planner::migration::SourceKind;
use planner::plan::Plan;
use planner::plan::digest::plan_digest;
use planner::project::{ProjectFile, redact};
use planner::{Alone, Project, Request, analyze, rule};
use serde_json::Value;

use super::Desk;
use crate::compare::{Comparison, compare};
use crate::files::link::{self, Linked};
use crate::layout::Layout;
use crate::message::{Answer, Other, Reply, SettingsView};

impl Desk {
    /// The plan is compared with others later; the one of before as long as the project is the same.
    pub(super) fn keep(&mut self, plan: &Plan, as_given: bool) {
        let plan = Rc::new(plan.clone());
        if as_given {
            self.given = Some(Rc::clone(&plan));
        }
        self.plan = Some(plan);
        self.opened = None;
    }

    /// Shows a file's plan. Whether its steps are what its digest was made of is looked at, as `apply` does.
    pub(super) fn open(&mut self, generation: u64, json: String) -> Reply {
        let plan: Plan = match serde_json::from_str(&json) {
            Ok(plan) => plan,
            Err(error) => return Reply::Unopened { generation, reason: format!("This is no plan: {error}.") },
        };
        self.plan = Some(Rc::new(plan.clone()));
        self.given.clone_from(&self.plan);
        self.last = None;
        self.opened = Some(json);
        let mut findings = plan.findings.clone();
        let digest = plan_digest(&plan, rule::VERSION, &Alone);
        if digest != plan.digest {
            findings.insert(0, edited(&plan.digest, &digest));
        }
        let settings = SettingsView {
            project: plan.project.clone(),
            environment: plan.environment.clone(),
            environments: vec![plan.environment.clone()],
            source: plan.steps.first().map_or(SourceKind::Flyway, |step| step.source),
            dialect: plan.target.dialect,
            server_version: plan.target.server_version,
        };
        let answer = Answer {
            settings,
            migrations: Vec::new(),
            graph: planner::graph::Graph::default(),
            layout: Layout::default(),
            matrix: Rc::default(),
            plan,
            findings,
        };
        Reply::Plan { generation, answer: Box::new(answer) }
    }

    /// Holds the last plan against another one.
    pub(super) fn compare(&self, label: &str, other: Other) -> Result<Comparison, String> {
        let value = |plan: &Plan| serde_json::to_value(plan).unwrap_or_default();
        let hand = self.plan.as_deref().map(value).ok_or("there is no plan to compare with yet")?;
        let other = match other {
            Other::File(json) => serde_json::from_str::<Value>(&json).map_err(|error| format!("this is no plan: {error}"))?,
            Other::Request(mut request) => {
                self.complete(&mut request);
                value(&analyze(&self.project, &request).plan)
            }
            Other::Given => self.given.as_deref().map(value).ok_or("the plan of before is not known any more")?,
        };
        compare(label, &other, &hand)
    }

    /// What a link holds. Secrets in configuration files are overwritten, which changes no plan.
    pub(super) fn pack(&self, name: String, request: Request) -> Vec<u8> {
        let mut linked = Linked { name, project: Project::clone(&self.project), request, opened: false };
        linked.project.files.iter_mut().for_each(redact::redact);
        if let Some(json) = &self.opened {
            let file = ProjectFile { path: linked.name.clone(), content: json.clone().into_bytes() };
            (linked.project, linked.opened) = (Project { files: vec![file] }, true);
        }
        link::pack(&linked)
    }
}

/// What is said of a file that is not what its digest was made of.
fn edited(told: &str, digest: &str) -> Finding {
    Finding {
        rule: "edited-plan".to_owned(),
        severity: Severity::Error,
        span: None,
        migration: None,
        message: format!("The steps of this file give the digest {digest}; the file says {told}."),
        effect: "It was edited, or another version of Flightplan made it; `apply` refuses it.".to_owned(),
        workaround: "Plan again, and have the new plan approved.".to_owned(),
        fix: None,
        blocking: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Call, Question};

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
        let packed = desk.pack("shop".to_owned(), Request::default());
        assert!(!String::from_utf8_lossy(&packed).contains("hunter2"));
        let linked = link::read(&packed).unwrap_or_default();
        let mut other = Desk::default();
        other.answer(Call::Project(Rc::new(linked.project)));
        assert_eq!(asked(&mut other, 1, true).digest, plan.digest);
    }

    #[test]
    fn a_plan_file_is_shown_and_an_edited_one_is_told() {
        let mut desk = Desk::default();
        desk.answer(Call::Project(Rc::new(project("CREATE INDEX i ON a (b);"))));
        let json = serde_json::to_string(&asked(&mut desk, 1, true)).unwrap_or_default();
        let opened = |desk: &mut Desk, json: String| match desk.open(2, json) {
            Reply::Plan { answer, .. } => *answer,
            other => panic!("{other:?}"),
        };
        let before = opened(&mut desk, json.clone());
        assert!(!before.findings.iter().any(|finding| finding.rule == "edited-plan"), "{:?}", before.findings);
        let after = opened(&mut desk, json.replace("CREATE INDEX i ", "CREATE INDEX j "));
        assert_eq!(after.findings.first().map(|finding| finding.rule.as_str()), Some("edited-plan"));
        assert!(matches!(desk.open(3, "{}".to_owned()), Reply::Unopened { generation: 3, .. }));
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
        let changes = found.changed.iter().flat_map(|step| &step.changes);
        assert!(changes.into_iter().any(|change| change.sql && change.new.as_deref() == Some("CREATE INDEX j ON a (b)")), "{found:?}");
    }
}
