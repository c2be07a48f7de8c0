//! The settings one environment comes down to, after `flightplan.toml` and the request are merged.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::batch_policy::BatchPolicy;
use crate::dialect::{Dialect, ServerVersion};
use crate::migration::SourceKind;
use crate::project::gate_settings::Probe;
use crate::project::rule_settings::RuleSettings;

/// Everything the stages need to know, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Name of the project.
    pub project: String,
    /// Name of the environment (`default` for a bare source).
    pub environment: String,
    /// All environments of the project, in file order.
    pub environments: Vec<String>,
    /// Which of the project's sources this environment runs.
    pub source: SourceKind,
    /// Dialect of the target.
    pub dialect: Dialect,
    /// Version of the target's server.
    pub server_version: ServerVersion,
    /// Flyway's settings.
    pub flyway: FlywaySettings,
    /// Alembic's settings.
    pub alembic: AlembicSettings,
    /// Name of the environment variable that holds the target's URL.
    pub url_env: Option<String>,
    /// Target URL without a password, where the file gives one.
    pub url: Option<String>,
    /// Names of the environment variables that hold the URLs of its replicas, which large data changes wait for.
    #[serde(default)]
    pub replica_url_envs: Vec<String>,
    /// How many approvals a plan needs before `apply`; 0: `migrate` may run at once.
    pub approvals: u32,
    /// A plan is approved, or run at once, only after a rehearsal of it that came back.
    pub rehearsal: bool,
    /// `lock_timeout` of every step, ms.
    pub lock_timeout_ms: u64,
    /// `statement_timeout` of every step, ms; 0: none.
    pub statement_timeout_ms: u64,
    /// How large data changes are cut and paced.
    pub batch: BatchPolicy,
    /// What new migrations begin with.
    #[serde(default)]
    pub templates: Templates,
    /// What the project says about the rules.
    #[serde(default)]
    pub rules: RuleSettings,
    /// What opens gates without a person, by their names.
    #[serde(default)]
    pub gates: BTreeMap<String, Probe>,
}

/// Files of the project that new migrations begin with (`[new]` of `flightplan.toml`); absent: ours.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Templates {
    /// For V files.
    pub versioned: Option<String>,
    /// For U files.
    pub undo: Option<String>,
    /// For R files.
    pub repeatable: Option<String>,
    /// For B files.
    pub baseline: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        let dialect = Dialect::default();
        Self {
            project: String::new(),
            environment: "default".to_owned(),
            environments: vec!["default".to_owned()],
            source: SourceKind::default(),
            dialect,
            server_version: dialect.default_version(),
            flyway: FlywaySettings::default(),
            alembic: AlembicSettings::default(),
            url_env: None,
            url: None,
            replica_url_envs: Vec::new(),
            approvals: 0,
            rehearsal: false,
            lock_timeout_ms: 5000,
            statement_timeout_ms: 0,
            batch: BatchPolicy::default(),
            templates: Templates::default(),
            rules: RuleSettings::default(),
            gates: BTreeMap::new(),
        }
    }
}

/// Flyway's names and switches, with Flyway's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FlywaySettings {
    /// Folders inside the project, without `filesystem:`; none: the project has no Flyway source.
    pub locations: Vec<String>,
    /// History table.
    pub table: String,
    /// Schema of the history table and first of the search path; absent: the connection's own.
    pub default_schema: Option<String>,
    /// Values for `${…}`.
    pub placeholders: BTreeMap<String, String>,
    /// `${` by default.
    pub placeholder_prefix: String,
    /// `}` by default.
    pub placeholder_suffix: String,
    /// Whether `${…}` is replaced at all.
    pub placeholder_replacement: bool,
    /// `V` by default.
    pub versioned_prefix: String,
    /// `U` by default.
    pub undo_prefix: String,
    /// `R` by default.
    pub repeatable_prefix: String,
    /// `B` by default.
    pub baseline_prefix: String,
    /// `__` by default.
    pub separator: String,
    /// `.sql` by default.
    pub suffixes: Vec<String>,
    /// Mix transactional and non-transactional statements in one script.
    pub mixed: bool,
    /// Run late versions.
    pub out_of_order: bool,
    /// Version a baseline row is written with.
    pub baseline_version: String,
    /// Write a baseline row when a non-empty schema has no history.
    pub baseline_on_migrate: bool,
    /// A file outside the naming grammar is an error, not a note.
    pub validate_migration_naming: bool,
    /// Encoding of the files, `UTF-8` by default.
    pub encoding: String,
    /// What the files are written for, where the environment runs another source: the dialect of the first
    /// environment that runs Flyway.
    pub dialect: Option<Dialect>,
    /// Schemas Flyway manages, the first of them the default one; empty: the connection's own.
    pub schemas: Vec<String>,
    /// How far to go, unless the request says: `latest`, `current`, `next`, a version, or a version with `?`.
    pub target: Option<String>,
    /// All pending migrations in one transaction.
    pub group: bool,
    /// Run scripts in transactions unless their own configuration says otherwise.
    pub execute_in_transaction: bool,
    /// Validate before migrating.
    pub validate_on_migrate: bool,
    /// `clean` is refused.
    pub clean_disabled: bool,
    /// Create missing [`Self::schemas`] when migrating.
    pub create_schemas: bool,
    /// A location that holds nothing is an error, not a note.
    pub fail_on_missing_locations: bool,
    /// What `validate` and `repair` pass over, as `type:state`.
    pub ignore_migration_patterns: Vec<String>,
    /// `installed_by` of new rows; absent: the database's user.
    pub installed_by: Option<String>,
    /// Sent on every new connection.
    pub init_sql: Option<String>,
    /// Description of a baseline row.
    pub baseline_description: String,
    /// How often the migration lock is asked for, once a second; -1: for ever. Absent: `--lock-wait` decides.
    pub lock_retry_count: Option<i32>,
    /// How often connecting is tried again.
    pub connect_retries: u32,
    /// Longest pause between two of these attempts, s.
    pub connect_retries_interval: u32,
    /// Tablespace of the history table.
    pub tablespace: Option<String>,
    /// Versions or descriptions to run, and no others, in this order; empty: everything pending.
    pub cherry_pick: Vec<String>,
    /// Record migrations without running them.
    pub skip_executing_migrations: bool,
    /// Callbacks are passed over.
    pub skip_default_callbacks: bool,
    /// What the history says of a version that was taken back.
    pub undo_record: UndoRecord,
    /// Between `flyway` and the name of a built-in placeholder.
    pub placeholder_separator: String,
}

impl Default for FlywaySettings {
    fn default() -> Self {
        Self {
            locations: vec![String::new()],
            table: "flyway_schema_history".to_owned(),
            default_schema: None,
            placeholders: BTreeMap::new(),
            placeholder_prefix: "${".to_owned(),
            placeholder_suffix: "}".to_owned(),
            placeholder_replacement: true,
            versioned_prefix: "V".to_owned(),
            undo_prefix: "U".to_owned(),
            repeatable_prefix: "R".to_owned(),
            baseline_prefix: "B".to_owned(),
            separator: "__".to_owned(),
            suffixes: vec![".sql".to_owned()],
            mixed: false,
            out_of_order: false,
            baseline_version: "1".to_owned(),
            baseline_on_migrate: false,
            validate_migration_naming: false,
            encoding: "UTF-8".to_owned(),
            dialect: None,
            schemas: Vec::new(),
            target: None,
            group: false,
            execute_in_transaction: true,
            validate_on_migrate: true,
            clean_disabled: true,
            create_schemas: true,
            fail_on_missing_locations: false,
            ignore_migration_patterns: vec!["*:future".to_owned()],
            installed_by: None,
            init_sql: None,
            baseline_description: "<< Flyway Baseline >>".to_owned(),
            lock_retry_count: None,
            connect_retries: 0,
            connect_retries_interval: 120,
            tablespace: None,
            cherry_pick: Vec::new(),
            skip_executing_migrations: false,
            skip_default_callbacks: false,
            undo_record: UndoRecord::default(),
            placeholder_separator: ":".to_owned(),
        }
    }
}

/// What Flyway's history gets when a version is taken back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum UndoRecord {
    /// A marker that Flyway Community reads too: the version is "Deleted", and pending again.
    #[default]
    #[serde(rename = "DELETE")]
    Delete,
    /// What Flyway Teams writes: the version is "Undone". Community refuses to start beside such a row.
    #[serde(rename = "UNDO_SQL")]
    UndoSql,
}

impl UndoRecord {
    /// Reads the setting.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().to_ascii_uppercase().as_str() {
            "DELETE" => Some(Self::Delete),
            "UNDO_SQL" => Some(Self::UndoSql),
            _ => None,
        }
    }
}

/// Rule of the finding that `env.py` computes the name or the schema of the version table, and no setting says it.
pub const COMPUTED_VERSION_TABLE: &str = "computed-version-table";

/// Alembic's names and switches, with Alembic's defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlembicSettings {
    /// Script folder inside the project (the one with `env.py`).
    pub script_location: String,
    /// Folders of revisions; empty: `<script_location>/versions`, or the folder itself for a bare source.
    pub version_locations: Vec<String>,
    /// Read revisions in sub-folders too.
    pub recursive: bool,
    /// Version table.
    pub version_table: String,
    /// Schema of the version table.
    pub version_table_schema: Option<String>,
    /// Whether the version table has a primary key.
    pub version_table_pk: bool,
    /// A transaction a revision, and not one for the whole run; absent: nobody says, which `--sql` takes as one for the
    /// whole run, as Alembic does, and the executor as one a revision.
    pub transaction_per_migration: Option<bool>,
    /// Whether DDL runs in transactions; absent: what the product does by itself.
    pub transactional_ddl: Option<bool>,
    /// SQLAlchemy's naming convention, key to template (`"pk": "pk_%(table_name)s"`); empty: none is known.
    pub naming_convention: BTreeMap<String, String>,
    /// What types that are not SQLAlchemy's own are: SQL by dialect name, by dotted Python name.
    pub types: BTreeMap<String, BTreeMap<String, String>>,
    /// What constants of packages and of the project's files are worth, by dotted Python name.
    #[serde(default)]
    pub constants: BTreeMap<String, Constant>,
    /// Where the convention was read, as `file:line`; absent: it is not from Python.
    pub naming_place: Option<String>,
    /// Where Python speaks of a convention that could not be read or may not be the one meant, as `file:line`.
    pub naming_unread: Option<String>,
    /// Names of new revision files, in Python's `%` format.
    pub file_template: String,
    /// Longest slug of a new file's name, characters.
    pub truncate_slug_length: usize,
    /// Time zone of new files' dates; absent: local time.
    pub timezone: Option<String>,
    /// Path of `alembic.ini` in the project, where there is one.
    pub config: Option<String>,
    /// Its section.
    pub section: String,
    /// SQLAlchemy speaks to the MariaDB as `mysql`, because its URL says so.
    pub mysql_url: bool,
    /// Statements are written without a server.
    pub offline: bool,
    /// The Python that runs what cannot be read; absent: the project's own environment is looked for.
    pub python: Option<String>,
    /// Keys that `flightplan.toml` sets itself: these win over what Alembic's files and `env.py` say.
    pub given: BTreeSet<String>,
}

/// The value of a Python constant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Constant {
    /// `True` or `False`.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// Several of these, as a tuple.
    List(Vec<Constant>),
    /// A dictionary of these.
    Table(BTreeMap<String, Constant>),
}

impl AlembicSettings {
    /// Whether `flightplan.toml` sets a key.
    #[must_use]
    pub fn gives(&self, key: &str) -> bool {
        self.given.contains(key)
    }
}

impl Default for AlembicSettings {
    fn default() -> Self {
        Self {
            script_location: String::new(),
            version_locations: Vec::new(),
            recursive: false,
            version_table: "alembic_version".to_owned(),
            version_table_schema: None,
            version_table_pk: true,
            transaction_per_migration: None,
            transactional_ddl: None,
            naming_convention: BTreeMap::new(),
            types: BTreeMap::new(),
            constants: BTreeMap::new(),
            naming_place: None,
            naming_unread: None,
            file_template: "%(rev)s_%(slug)s".to_owned(),
            truncate_slug_length: 40,
            timezone: None,
            config: None,
            section: "alembic".to_owned(),
            mysql_url: false,
            offline: false,
            python: None,
            given: BTreeSet::new(),
        }
    }
}
