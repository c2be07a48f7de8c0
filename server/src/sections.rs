//! The sections of `flightplan.toml` that only the executor needs: the planner, and so the page, passes them over.

use std::collections::BTreeMap;

use planner::finding::Finding;
use planner::project::toml_reader::{TomlReader, entries};
use planner::project::{Project, Request, flightplan_toml};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::emergency::settings::{self as emergency, Playbook};
use crate::incident::settings::{self as incident, IncidentSettings};
use crate::integrity::settings::{self as integrity, VerifySettings};
use crate::recovery::settings::{self as recovery, RecoverySettings};
use crate::trigger::settings::{self as trigger, OnFailure, Trigger};

/// What they say.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    /// `[emergency]`.
    pub emergency: Option<Playbook>,
    /// `[incident]`.
    pub incident: IncidentSettings,
    /// `[recovery]`.
    pub recovery: RecoverySettings,
    /// `[on_failure]`.
    pub on_failure: OnFailure,
    /// `[triggers.NAME]`, by name.
    pub triggers: BTreeMap<String, Trigger>,
    /// `[verify]`.
    pub verify: VerifySettings,
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
                "emergency" => sections.emergency = emergency::read(&mut reader, key.span(), table),
                "incident" => sections.incident = incident::read(&mut reader, table),
                "recovery" => sections.recovery = recovery::read(&mut reader, table),
                "on_failure" => sections.on_failure = trigger::on_failure(&mut reader, table),
                "triggers" => sections.triggers = trigger::read(&mut reader, table),
                "verify" => sections.verify = integrity::read(&mut reader, table),
                _ => {}
            }
        }
        sections.findings = reader.findings;
        sections
    }
}

/// A value of the file.
pub(crate) type Value<'i> = Spanned<DeValue<'i>>;

/// The span of a section, and the section.
pub(crate) type Section<'t, 'i> = (std::ops::Range<usize>, &'t DeTable<'i>);
