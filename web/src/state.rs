//! The state of the page and the only place where it changes.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use planner::catalog::lineage::Lineage;
use planner::finding::Fix;
use planner::project::BatchChoice;
use planner::protocol::{Approval, Comment, ProjectResponse, Run, RunEvent, SeenEnvironment, SeenWayBack, WaitingGate};
use planner::{Project, Request};
use yew::Reducible;

use crate::compare::Comparison;
use crate::files::link::Linked;
use crate::locale::{Language, say};
use crate::message::{Answer, CurvePoint, Other, Reply, decode};
use crate::shared::Shared;

/// Whether there is a server behind the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Server {
    /// Not known yet.
    #[default]
    Asking,
    /// Static files: everything stays in this browser, nothing can be approved or run.
    Absent,
    /// It answered with its project.
    Present(Rc<ProjectResponse>),
}

/// Where the project in hand comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The server's folder.
    Server,
    /// Files given by the reader.
    Dropped {
        /// Name of the folder, or of the only file.
        name: String,
        /// Files that were left out, each with the reason.
        skipped: Vec<String>,
    },
}

/// Something that went wrong between page and server, told until it is dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub title: String,
    /// What differs and what to do.
    pub detail: String,
    /// The digest in hand is no longer what the server would run.
    pub stale: bool,
}

/// Everything the page knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The language of the page.
    pub language: Language,
    /// The server.
    pub server: Server,
    /// Where the project comes from.
    pub origin: Option<Origin>,
    /// Counts the projects taken in hand, so that the worker gets each of them once.
    pub project_number: u64,
    /// The project in hand.
    pub project: Rc<Project>,
    /// The project as it was given.
    pub given: Rc<Project>,
    /// The files that fixes changed here, by path; empty: the project is as it was given.
    pub mended: BTreeSet<String>,
    /// The plan file that is shown instead of the project's plan.
    pub opened: Option<beside::Opened>,
    /// What is asked of the planner.
    pub request: Request,
    /// Number of the newest question; 0: nothing was asked yet.
    pub generation: u64,
    /// Number of the question the answer belongs to.
    pub answered: u64,
    /// What the planner says.
    pub answer: Option<Shared<Answer>>,
    /// Digest of the project in hand before the reader changed anything.
    pub first_digest: Option<String>,
    /// The batched statement whose curve is looked at.
    pub curve_wanted: Option<String>,
    /// The curve of a batched statement.
    pub curve: Option<(String, Vec<CurvePoint>)>,
    /// The schema through its history, and the number of the question whose project it is of.
    pub lineage: Option<(u64, Shared<Lineage>)>,
    /// The link to what is in hand, where one was asked for.
    pub link: Option<beside::Link>,
    /// What the plan in hand is held against: its name and itself.
    pub other: Option<Shared<(String, Other)>>,
    /// What differs, or why the other one is no plan; none: not answered yet.
    pub comparison: Option<Result<Shared<Comparison>, String>>,
    /// The planner is loaded and listens.
    pub ready: bool,
    /// The worker died, and why as far as the browser says.
    pub crash: Option<String>,
    /// Approvals by digest, for the digests asked about.
    pub approvals: BTreeMap<String, Vec<Approval>>,
    /// What was said, by digest.
    pub comments: BTreeMap<String, Vec<Comment>>,
    /// Runs, newest first; none: not asked yet.
    pub runs: Option<Vec<Run>>,
    /// What is deployed where; none: not asked yet.
    pub environments: Option<Vec<SeenEnvironment>>,
    /// The gates that runs wait at.
    pub gates: Vec<WaitingGate>,
    /// Events by run.
    pub events: BTreeMap<String, Vec<RunEvent>>,
    /// Ways back from runs as they were looked at last, or why there is none.
    pub ways_back: BTreeMap<String, Result<SeenWayBack, String>>,
    /// The emergency of each environment that was asked about.
    pub playbooks: BTreeMap<String, emergency::Playbook>,
    /// Counts the runs whose end was heard: each of them changed the database the plan was made for.
    pub ended_runs: u32,
    /// What went wrong last.
    pub notice: Option<Notice>,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The reader chose a language.
    Speak(Language),
    /// The server answered with its project.
    Served(Box<ProjectResponse>),
    /// There is no server.
    Serverless,
    /// The reader gave files.
    Dropped {
        /// Name of the folder.
        name: String,
        /// Its files.
        project: Project,
        /// Files left out.
        skipped: Vec<String>,
    },
    /// The reader gave a plan file: its name and its text.
    OpenPlan(String, String),
    /// Back from a plan file to the project.
    ClosePlan,
    /// The reader came by a link.
    OpenLink(Box<Linked>),
    /// The reader wants a link to what is in hand, or it is ready.
    Link(beside::Link),
    /// The reader holds the plan in hand against another one.
    Compare(String, Other),
    /// Back to the server's project.
    UseServer,
    /// Another environment of a project without a server.
    ChooseEnvironment(String),
    /// The reader chose how a statement is cut.
    ChooseBatch(String, BatchChoice),
    /// The reader takes the plan's own choice again.
    ResetBatch(String),
    /// The reader puts a fix into the files in hand.
    Mend(Fix),
    /// The reader takes all fixes back.
    Unmend,
    /// The reader looks at the curve of a statement.
    WantCurve(String),
    /// The worker replied.
    Replied(Box<Reply>),
    /// The worker died.
    Crashed(String),
    /// The worker is there again.
    Restarted,
    /// Approvals of a digest.
    Approvals(String, Vec<Approval>),
    /// The reader approved.
    Approved(Approval),
    /// What was said about a digest.
    Comments(String, Vec<Comment>),
    /// The reader said something.
    Said(Comment),
    /// The runs.
    Runs(Vec<Run>),
    /// What is deployed where.
    Environments(Vec<SeenEnvironment>),
    /// The gates that runs wait at.
    Gates(Vec<WaitingGate>),
    /// A run as the server has it now.
    Run(Run),
    /// Something happened in a run.
    Event(RunEvent),
    /// The way back from a run as it is now, or why there is none.
    WayBack(String, Box<Result<SeenWayBack, String>>),
    /// Something was heard of an emergency.
    Emergency(emergency::News),
    /// The server refused or did not answer.
    Failed(Notice),
    /// The notice was read.
    Dismiss,
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut state = (*self).clone();
        state.take(action);
        Rc::new(state)
    }
}

impl State {
    fn take(&mut self, action: Action) {
        match action {
            Action::Speak(language) => {
                language.speak();
                self.language = language;
            }
            Action::Served(response) => {
                self.server = Server::Present(Rc::from(response));
                self.use_server();
            }
            Action::Serverless => self.server = Server::Absent,
            Action::Dropped { name, project, skipped } => {
                self.take_project(Rc::new(project), Request::default(), Origin::Dropped { name, skipped });
            }
            Action::OpenPlan(name, json) => self.open_plan(name, json),
            Action::ClosePlan => self.close_plan(),
            Action::OpenLink(linked) => self.open_link(*linked),
            Action::Link(link) => self.link = Some(link),
            Action::Compare(label, other) => (self.other, self.comparison) = (Some(Shared::new((label, other))), None),
            Action::UseServer => self.use_server(),
            Action::ChooseEnvironment(name) => {
                self.opened = None;
                let request = Request { environment: Some(name), ..Request::default() };
                self.first_digest = None;
                self.ask(request);
            }
            Action::ChooseBatch(statement, choice) => {
                let mut request = self.request.clone();
                request.batches.insert(statement, choice);
                self.ask(request);
            }
            Action::ResetBatch(statement) => {
                let mut request = self.request.clone();
                request.batches.remove(&statement);
                self.ask(request);
            }
            Action::Mend(fix) => self.mend(&fix),
            Action::Unmend => {
                self.mended.clear();
                self.hold(Rc::clone(&self.given));
                self.ask(self.request.clone());
            }
            Action::WantCurve(statement) => self.curve_wanted = Some(statement),
            Action::Replied(reply) => self.hear(*reply),
            // The planner's own words, heard before the browser's, say more.
            Action::Crashed(reason) => {
                self.crash.get_or_insert(reason);
            }
            Action::Restarted => {
                self.crash = None;
                self.ready = false;
                self.project_number += 1;
                self.ask(self.request.clone());
            }
            Action::Approvals(digest, approvals) => {
                self.approvals.insert(digest, approvals);
            }
            Action::Approved(approval) => self.approvals.entry(approval.digest.clone()).or_default().push(approval),
            Action::Comments(digest, comments) => {
                self.comments.insert(digest, comments);
            }
            Action::Said(comment) => self.comments.entry(comment.digest.clone()).or_default().push(comment),
            Action::Runs(runs) => self.runs = Some(runs),
            Action::Environments(seen) => self.environments = Some(seen),
            Action::Gates(gates) => self.gates = gates,
            Action::Run(run) => self.put_run(run),
            Action::Event(event) => self.follow(event),
            Action::WayBack(run, seen) => drop(self.ways_back.insert(run, *seen)),
            Action::Emergency(news) => self.hear_emergency(news),
            Action::Failed(notice) => self.notice = Some(notice),
            Action::Dismiss => self.notice = None,
        }
    }

    fn use_server(&mut self) {
        if let Server::Present(response) = &self.server {
            let response = Rc::clone(response);
            self.notice = None;
            self.take_project(Rc::new(response.project.clone()), response.request.clone(), Origin::Server);
        }
    }

    fn take_project(&mut self, project: Rc<Project>, request: Request, origin: Origin) {
        self.mended.clear();
        (self.opened, self.other, self.comparison) = (None, None, None);
        self.given = Rc::clone(&project);
        self.hold(project);
        self.origin = Some(origin);
        self.first_digest = None;
        self.ask(request);
    }

    /// The same files again (another environment, a reload) need not go to the worker again.
    fn hold(&mut self, project: Rc<Project>) {
        if self.project_number == 0 || *self.project != *project {
            self.project = project;
            self.project_number += 1;
        }
    }

    fn mend(&mut self, fix: &Fix) {
        match crate::mend::apply(&self.project, fix) {
            Ok((project, files)) => {
                self.mended.extend(files);
                self.hold(Rc::new(project));
                self.ask(self.request.clone());
            }
            Err(detail) => {
                self.notice = Some(Notice { title: say::fix_failed().to_owned(), detail, stale: false });
            }
        }
    }

    fn ask(&mut self, request: Request) {
        self.request = request;
        self.link = None;
        self.generation += 1;
    }

    /// An answer to an older question is shown while a newer one is on its way only if it is newer than what is shown.
    fn hear(&mut self, reply: Reply) {
        match reply {
            Reply::Ready => self.ready = true,
            // Put into its answer before that comes here.
            Reply::Part(_) => {}
            Reply::Plan { generation, answer } => {
                if generation <= self.answered {
                    return;
                }
                if generation == self.generation && (self.first_digest.is_none() || self.as_given()) {
                    self.first_digest = Some(answer.plan.digest.clone());
                }
                self.answered = generation;
                self.answer = Some(Shared::new(*answer));
            }
            Reply::Opened { generation, digest } => self.opened(generation, digest),
            Reply::Compared(json) => self.comparison = Some(json.and_then(|json| decode(json.as_bytes())).map(Shared::new)),
            Reply::Packed { files, bytes } => self.packed(files, &bytes),
            Reply::Curve { statement, points, .. } => self.curve = Some((statement, points)),
            Reply::Lineage { generation, lineage } => self.lineage = Some((generation, Shared::new(*lineage))),
            Reply::Crashed(reason) => self.crash = Some(reason),
            Reply::Unreadable(reason) => self.crash = Some(say::other_builds(&reason)),
        }
    }
}

mod asked;
pub mod beside;
pub mod emergency;
mod run;

#[cfg(test)]
mod tests;
