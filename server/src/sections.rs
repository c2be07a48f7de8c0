//! The sections of `flightplan.toml` that only the executor needs: the planner, and so the page, passes them over.

use std::collections::BTreeMap;

use planner::finding::Finding;
use planner::project::toml_reader::{TomlReader, entries};
use planner::project::{Project, Request, flightplan_toml};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::alert::notify::Receiver;
use crate::alert::{Action, settings as alert};
use crate::approval::settings::{self as approval, Approvers, Policy};
use crate::emergency::settings::{self as emergency, Playbook};
use crate::exit::{Failure, Outcome};
use crate::incident::settings::{self as incident, IncidentSettings};
use crate::integrity::settings::{self as integrity, VerifySettings};
use crate::preflight::settings::{self as preflight, PreflightSettings};
use crate::recovery::settings::{self as recovery, RecoverySettings};
use crate::store::settings::{self as store, StoreSettings};
use crate::trigger::Rule;
use crate::trigger::settings::{self as trigger, OnFailure, Trigger};
use crate::window::{Windows, settings as window};

static NO_POLICY: Policy = Policy { sets: BTreeMap::new(), four_eyes: false, signed: false, valid_for_s: None };

/// What they say.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    /// `[alerts.NAME]`.
    pub alerts: Vec<Rule>,
    /// `[notify.NAME]`.
    pub receivers: BTreeMap<String, Receiver>,
    /// `[approvers.NAME]`.
    pub approvers: Approvers,
    /// `[policies.ENVIRONMENT]`.
    pub policies: BTreeMap<String, Policy>,
    /// `[emergency]`.
    pub emergency: Option<Playbook>,
    /// `[incident]`.
    pub incident: IncidentSettings,
    /// `[preflight]`.
    pub preflight: PreflightSettings,
    /// `[recovery]`.
    pub recovery: RecoverySettings,
    /// `[on_failure]`.
    pub on_failure: OnFailure,
    /// `[store]`.
    pub store: StoreSettings,
    /// `[triggers.NAME]`, by name.
    pub triggers: BTreeMap<String, Trigger>,
    /// `[verify]`.
    pub verify: VerifySettings,
    /// `[windows]` and `[freezes]`.
    pub windows: Windows,
    /// Mistakes in them.
    pub findings: Vec<Finding>,
}

impl Sections {
    /// Reads them; `--source` reads no configuration.
    #[must_use]
    pub fn read(project: &Project, request: &Request) -> Self {
        let mut sections = Self::default();
        let files = flightplan_toml::nearest_first(project);
        let Some(file) = files.first().filter(|_| request.source.is_none()) else { return sections };
        let text = String::from_utf8_lossy(&file.content);
        let mut reader = TomlReader::new(&file.path, &text);
        let root = reader.parse();
        // What is no TOML is told by the planner.
        reader.findings.clear();
        for (key, value) in entries(&root) {
            let name = key.get_ref().as_ref();
            // A key that is no section is told by the planner, too.
            let Some(table) = value.get_ref().as_table() else { continue };
            match name {
                "alerts" => sections.alerts = alert::alerts(&mut reader, table),
                "notify" => sections.receivers = alert::receivers(&mut reader, table),
                "approvers" => sections.approvers = approval::approvers(&mut reader, table),
                "policies" => sections.policies = approval::policies(&mut reader, table),
                "emergency" => sections.emergency = emergency::read(&mut reader, key.span(), table),
                "incident" => sections.incident = incident::read(&mut reader, table),
                "freezes" => sections.windows.freezes = window::freezes(&mut reader, table),
                "preflight" => sections.preflight = preflight::read(&mut reader, table),
                "recovery" => sections.recovery = recovery::read(&mut reader, table),
                "on_failure" => sections.on_failure = trigger::on_failure(&mut reader, table),
                "store" => sections.store = store::read(&mut reader, table),
                "triggers" => sections.triggers = trigger::read(&mut reader, table),
                "verify" => sections.verify = integrity::read(&mut reader, table),
                "windows" => sections.windows.windows = window::windows(&mut reader, table),
                _ => {}
            }
        }
        let alerts = entries(&root).into_iter().find(|(key, _)| key.get_ref() == "alerts");
        if let Some(table) = alerts.and_then(|(_, value)| value.get_ref().as_table()) {
            alert::check(&mut reader, table, &sections.alerts, &sections.receivers);
        }
        sections.findings = reader.findings;
        sections
    }

    /// What a run is watched for: triggers, which end it, and alerts.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        let trigger = |(name, when): (&String, &Trigger)| Rule {
            name: name.clone(),
            title: format!("The trigger {name}"),
            when: when.clone(),
            then: vec![Action::Abort],
        };
        self.triggers.iter().map(trigger).chain(self.alerts.iter().cloned()).collect()
    }

    /// What an environment asks for beside a number of approvals.
    #[must_use]
    pub fn policy(&self, environment: &str) -> &Policy {
        self.policies.get(environment).unwrap_or(&NO_POLICY)
    }
}

/// Reads approvers from a file outside of the project, which the author of a migration cannot change along with it.
///
/// # Errors
/// A file that cannot be read, or that holds anything else.
pub fn trusted(path: &std::path::Path) -> Outcome<Approvers> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|error| Failure::usage(format!("{name}: the trusted keys cannot be read: {error}."), ""))?;
    let mut reader = TomlReader::new(&name, &text);
    let root = reader.parse();
    let mut approvers = Approvers::default();
    for (key, value) in entries(&root) {
        match (key.get_ref().as_ref(), value.get_ref().as_table()) {
            ("approvers", Some(table)) => approvers = approval::approvers(&mut reader, table),
            _ => reader.unknown(&name, key, &["approvers"], None),
        }
    }
    match reader.findings.first() {
        None => Ok(approvers),
        Some(finding) => {
            let place = finding.span.as_ref().map(|span| format!("{}:{}: ", span.file, span.line)).unwrap_or_default();
            Err(Failure::usage(format!("{place}{}", finding.message), finding.workaround.clone()))
        }
    }
}

/// A value of the file.
pub(crate) type Value<'i> = Spanned<DeValue<'i>>;

/// The span of a section, and the section.
pub(crate) type Section<'t, 'i> = (std::ops::Range<usize>, &'t DeTable<'i>);
