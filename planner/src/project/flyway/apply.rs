//! From gathered settings to [`FlywaySettings`].

use super::super::near::nearest;
use super::super::settings::FlywaySettings;
use super::super::spring::is_configuration;
use super::super::url::{self, has_password};
use super::super::{Project, Request};
use super::gather::Setting;
use super::keys::{self, Kind, Use};
use super::locate;
use super::value::{self, list};
use crate::dialect::Dialect;
use crate::finding::{Finding, Severity};

/// What Flyway's configuration comes down to.
pub(in crate::project) struct FlywayConf {
    pub(in crate::project) settings: FlywaySettings,
    /// The target, if it holds no password.
    pub(in crate::project) url: Option<String>,
    /// The product the URL names, whether or not it holds a password.
    pub(in crate::project) dialect: Option<Dialect>,
    pub(in crate::project) findings: Vec<Finding>,
}

/// Puts gathered settings over `settings`.
pub(in crate::project) fn apply(
    project: &Project,
    request: &Request,
    settings: FlywaySettings,
    gathered: &[Setting],
) -> FlywayConf {
    let written = gathered.iter().find(|setting| setting.key == "url");
    let dialect = written.and_then(|setting| url::dialect(&setting.value));
    let whole = |setting: &&Setting| setting.hangs_on.is_none() && !setting.value.is_empty() && !has_password(&setting.value);
    let url = written.filter(whole).map(|setting| setting.value.clone());
    let mut conf = FlywayConf { settings, url, dialect, findings: Vec::new() };
    for setting in gathered {
        conf.set(project, request, setting);
    }
    conf.ignored(gathered);
    conf
}

impl FlywayConf {
    fn set(&mut self, project: &Project, request: &Request, setting: &Setting) {
        match keys::of(&setting.key) {
            None => self.findings.push(unknown(setting)),
            Some(Use::Connection | Use::Quiet) => {}
            Some(Use::Noted(why)) => self.findings.push(noted(setting, why)),
            Some(Use::Read(kind)) => {
                if let Some(on) = &setting.hangs_on {
                    self.findings.push(unknowable(setting, on, request.variables.is_some()));
                } else if let Some(cure) = value::mistake(kind, &setting.value) {
                    self.findings.push(wrong(setting, cure));
                } else if let Some(name) = setting.key.strip_prefix("placeholders.") {
                    self.settings.placeholders.retain(|known, _| known.to_lowercase() != name.to_lowercase());
                    self.settings.placeholders.insert(name.to_owned(), setting.value.clone());
                } else if setting.key == "locations" {
                    let dialect = request.dialect.or(self.dialect).unwrap_or_default();
                    let found = locate::all(project, request, setting, dialect);
                    self.findings.extend(found.findings);
                    if !list(&setting.value).is_empty() {
                        self.settings.locations = found.folders;
                    }
                } else {
                    self.take(kind, setting);
                }
            }
        }
    }

    /// Stores a value that was checked.
    fn take(&mut self, kind: Kind, setting: &Setting) {
        let (key, text) = (setting.key.as_str(), setting.value.as_str());
        match kind {
            Kind::Switch => {
                if let (Some(place), Some(answer)) = (self.switch(key), value::switch(text)) {
                    *place = answer;
                }
            }
            Kind::Number(_) => self.number(key, value::number(text).unwrap_or_default()),
            // An empty list of patterns is how the default is taken back.
            Kind::Patterns => self.settings.ignore_migration_patterns = list(text),
            Kind::List => self.list(key, list(text)),
            Kind::Text | Kind::Version if text.is_empty() => {}
            Kind::Text | Kind::Version | Kind::Affix => self.text(key, text),
        }
    }

    fn switch(&mut self, key: &str) -> Option<&mut bool> {
        let settings = &mut self.settings;
        Some(match key {
            "placeholderReplacement" => &mut settings.placeholder_replacement,
            "mixed" => &mut settings.mixed,
            "outOfOrder" => &mut settings.out_of_order,
            "baselineOnMigrate" => &mut settings.baseline_on_migrate,
            "validateMigrationNaming" => &mut settings.validate_migration_naming,
            "group" => &mut settings.group,
            "executeInTransaction" => &mut settings.execute_in_transaction,
            "validateOnMigrate" => &mut settings.validate_on_migrate,
            "cleanDisabled" => &mut settings.clean_disabled,
            "createSchemas" => &mut settings.create_schemas,
            "failOnMissingLocations" => &mut settings.fail_on_missing_locations,
            "skipExecutingMigrations" => &mut settings.skip_executing_migrations,
            "skipDefaultCallbacks" => &mut settings.skip_default_callbacks,
            _ => return None,
        })
    }

    fn number(&mut self, key: &str, number: i32) {
        let settings = &mut self.settings;
        match key {
            "lockRetryCount" => settings.lock_retry_count = Some(number),
            "connectRetries" => settings.connect_retries = number.unsigned_abs(),
            "connectRetriesInterval" => settings.connect_retries_interval = number.unsigned_abs(),
            _ => {}
        }
    }

    fn list(&mut self, key: &str, parts: Vec<String>) {
        let settings = &mut self.settings;
        match key {
            "schemas" => {
                settings.default_schema = settings.default_schema.take().or_else(|| parts.first().cloned());
                settings.schemas = parts;
            }
            "sqlMigrationSuffixes" | "sqlMigrationSuffix" if !parts.is_empty() => settings.suffixes = parts,
            "cherryPick" => settings.cherry_pick = parts,
            _ => {}
        }
    }

    fn text(&mut self, key: &str, text: &str) {
        let settings = &mut self.settings;
        match key {
            "target" => settings.target = Some(text.to_owned()),
            "installedBy" => settings.installed_by = Some(text.to_owned()),
            "initSql" => settings.init_sql = Some(text.to_owned()),
            "tablespace" => settings.tablespace = Some(text.to_owned()),
            "defaultSchema" => settings.default_schema = Some(text.to_owned()),
            "baselineDescription" => text.clone_into(&mut settings.baseline_description),
            "baselineVersion" => text.clone_into(&mut settings.baseline_version),
            "placeholderSeparator" => text.clone_into(&mut settings.placeholder_separator),
            "placeholderPrefix" => text.clone_into(&mut settings.placeholder_prefix),
            "placeholderSuffix" => text.clone_into(&mut settings.placeholder_suffix),
            "table" => text.clone_into(&mut settings.table),
            "sqlMigrationPrefix" => text.clone_into(&mut settings.versioned_prefix),
            "undoSqlMigrationPrefix" => text.clone_into(&mut settings.undo_prefix),
            "repeatableSqlMigrationPrefix" => text.clone_into(&mut settings.repeatable_prefix),
            "baselineMigrationPrefix" => text.clone_into(&mut settings.baseline_prefix),
            "sqlMigrationSeparator" => text.clone_into(&mut settings.separator),
            "encoding" => text.clone_into(&mut settings.encoding),
            _ => {}
        }
    }

    /// The four switches of Flyway 5 to 8 that patterns took the place of, and the one that nothing did.
    fn ignored(&mut self, gathered: &[Setting]) {
        let find = |key: &str| gathered.iter().find(|setting| setting.key == key);
        let says = |key: &str| find(key).and_then(|setting| value::switch(&setting.value));
        if let Some(setting) = find("cleanOnValidationError").filter(|setting| setting.value == "true") {
            self.findings.push(noted(setting, "Flyway 11 took it away, and Flightplan never drops a schema on its own account"));
        }
        let states = ["missing", "ignored", "pending", "future"];
        let old = ["ignoreMissingMigrations", "ignoreIgnoredMigrations", "ignorePendingMigrations", "ignoreFutureMigrations"];
        if old.iter().all(|key| find(key).is_none()) || find("ignoreMigrationPatterns").is_some() {
            return;
        }
        // Future migrations were passed over unless they were asked for.
        let on = |(key, state): &(&&str, &str)| says(key).unwrap_or(*state == "future");
        self.settings.ignore_migration_patterns =
            old.iter().zip(states).filter(on).map(|(_, state)| format!("*:{state}")).collect();
    }
}

fn wrong(setting: &Setting, cure: String) -> Finding {
    let message = format!("flyway.{} cannot be {:?}.", setting.key, setting.value);
    Finding::broken("wrong-setting", Some(setting.span.clone()), message, cure)
}

fn noted(setting: &Setting, why: &str) -> Finding {
    let message = format!("flyway.{} is passed over: {why}.", setting.key);
    let broken = Finding::broken("passed-over-setting", Some(setting.span.clone()), message, "Nothing has to be done.");
    Finding { severity: Severity::Info, effect: "The setting decides nothing here.".into(), blocking: false, ..broken }
}

/// Where the environment is known, the value cannot be had: nothing may run with another one in its place.
fn unknowable(setting: &Setting, on: &str, blocking: bool) -> Finding {
    let key = &setting.key;
    let message = format!("flyway.{key} hangs on {on}, which has no value here.");
    let cure = format!("Set it in the environment, or give the setting itself: -{key}=….");
    let broken = Finding::broken("missing-value", Some(setting.span.clone()), message, cure);
    if blocking {
        return broken;
    }
    let effect = "The setting is passed over.".into();
    Finding { severity: Severity::Warning, effect, blocking: false, ..broken }
}

/// Flyway refuses to start with a setting that it does not know; Spring passes it over.
fn unknown(setting: &Setting) -> Finding {
    let key = &setting.key;
    let cure = match nearest(key, &keys::names()) {
        Some(near) => format!("Write flyway.{near}."),
        None => "Remove it.".to_owned(),
    };
    let message = format!("Flyway has no setting flyway.{key}.");
    let broken = Finding::broken("unknown-setting", Some(setting.span.clone()), message, cure);
    if !is_configuration(&setting.span.file) {
        return broken;
    }
    let effect = "Spring passes it over, and so is done here.".into();
    Finding { severity: Severity::Warning, effect, blocking: false, ..broken }
}
