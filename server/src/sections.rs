//! The sections of `flightplan.toml` that only the executor needs: the planner, and so the page, passes them over.

use std::collections::BTreeMap;

use planner::finding::Finding;
use planner::project::toml_reader::{TomlReader, entries};
use planner::project::{Project, Request, flightplan_toml};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::alert::notify::Receiver;
use crate::alert::{Action, settings as alert};
use crate::emergency::settings::{self as emergency, Playbook};
use crate::incident::settings::{self as incident, IncidentSettings};
use crate::integrity::settings::{self as integrity, VerifySettings};
use crate::preflight::settings::{self as preflight, PreflightSettings};
use crate::recovery::settings::{self as recovery, RecoverySettings};
use crate::trigger::Rule;
use crate::trigger::settings::{self as trigger, OnFailure, Trigger};
use crate::window::{Windows, settings as window};

/// What they say.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    /// `[alerts.NAME]`.
    pub alerts: Vec<Rule>,
    /// `[notify.NAME]`.
    pub receivers: BTreeMap<String, Receiver>,
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
                "emergency" => sections.emergency = emergency::read(&mut reader, key.span(), table),
                "incident" => sections.incident = incident::read(&mut reader, table),
                "freezes" => sections.windows.freezes = window::freezes(&mut reader, table),
                "preflight" => sections.preflight = preflight::read(&mut reader, table),
                "recovery" => sections.recovery = recovery::read(&mut reader, table),
                "on_failure" => sections.on_failure = trigger::on_failure(&mut reader, table),
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
}

/// A value of the file.
pub(crate) type Value<'i> = Spanned<DeValue<'i>>;

/// The span of a section, and the section.
pub(crate) type Section<'t, 'i> = (std::ops::Range<usize>, &'t DeTable<'i>);
