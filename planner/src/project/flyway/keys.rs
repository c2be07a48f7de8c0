//! Every setting that a Flyway of 5 to 13 knows, and what becomes of it here.
//!
//! Read from `ConfigUtils.java`, the configuration extensions and the settings pages of the releases 5.0 to 13.0.

/// What a setting holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::project) enum Kind {
    /// `true` or `false`.
    Switch,
    /// A whole number, at least this one.
    Number(i64),
    /// A version: digits with dots or underscores.
    Version,
    /// Text; empty means not set.
    Text,
    /// Text that may be empty.
    Affix,
    /// Texts between commas.
    List,
    /// Migration patterns, `type:state`, between commas.
    Patterns,
}

/// What becomes of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::project) enum Use {
    /// It is read.
    Read(Kind),
    /// It is read for the connection alone.
    Connection,
    /// It has nothing to decide here.
    Quiet,
    /// Flyway would do something that is not done here: the reason.
    Noted(&'static str),
}

use Kind::{Affix, List, Number, Patterns, Switch, Text, Version};
use Use::{Connection, Noted, Quiet, Read};

const JAVA: &str = "it names Java classes, and no Java runs here";
const SCRIPTS: &str = "it is about script migrations of other languages, which do not run here";
const OTHER: &str = "it is for a database that Flightplan does not know";
const SECRETS: &str = "Flightplan reads no secret store; give user and password by environment variables";
const PAID: &str = "it belongs to a command of Flyway's paid editions";

/// The settings by their names in Flyway, without `flyway.`.
pub(in crate::project) const ALL: &[(&str, Use)] = &[
    ("url", Connection),
    ("user", Connection),
    ("password", Connection),
    ("driver", Quiet),
    ("connectRetries", Read(Number(0))),
    ("connectRetriesInterval", Read(Number(0))),
    ("initSql", Read(Text)),
    ("schemas", Read(List)),
    ("defaultSchema", Read(Text)),
    ("table", Read(Text)),
    ("tablespace", Read(Text)),
    ("locations", Read(List)),
    ("callbackLocations", Noted("callbacks are read from the locations of the migrations only")),
    ("failOnMissingLocations", Read(Switch)),
    ("sqlMigrationPrefix", Read(Affix)),
    ("undoSqlMigrationPrefix", Read(Affix)),
    ("repeatableSqlMigrationPrefix", Read(Affix)),
    ("baselineMigrationPrefix", Read(Affix)),
    ("stateScriptPrefix", Quiet),
    ("sqlMigrationSeparator", Read(Text)),
    ("sqlMigrationSuffixes", Read(List)),
    ("sqlMigrationSuffix", Read(List)),
    ("validateMigrationNaming", Read(Switch)),
    ("encoding", Read(Text)),
    ("detectEncoding", Noted("the encoding is the one of encoding, for every file")),
    ("placeholderReplacement", Read(Switch)),
    ("placeholderPrefix", Read(Text)),
    ("placeholderSuffix", Read(Text)),
    ("placeholderSeparator", Read(Text)),
    ("scriptPlaceholderPrefix", Quiet),
    ("scriptPlaceholderSuffix", Quiet),
    ("powershellExecutable", Noted(SCRIPTS)),
    ("mixed", Read(Switch)),
    ("group", Read(Switch)),
    ("executeInTransaction", Read(Switch)),
    ("stream", Quiet),
    ("batch", Quiet),
    ("target", Read(Text)),
    ("failOnMissingTarget", Quiet),
    ("cherryPick", Read(List)),
    ("outOfOrder", Read(Switch)),
    ("skipExecutingMigrations", Read(Switch)),
    ("baselineVersion", Read(Version)),
    ("baselineDescription", Read(Text)),
    ("baselineOnMigrate", Read(Switch)),
    ("validateOnMigrate", Read(Switch)),
    ("ignoreMigrationPatterns", Read(Patterns)),
    ("ignoreMissingMigrations", Read(Switch)),
    ("ignoreIgnoredMigrations", Read(Switch)),
    ("ignorePendingMigrations", Read(Switch)),
    ("ignoreFutureMigrations", Read(Switch)),
    ("cleanDisabled", Read(Switch)),
    ("cleanOnValidationError", Read(Switch)),
    ("createSchemas", Read(Switch)),
    ("installedBy", Read(Text)),
    ("lockRetryCount", Read(Number(-1))),
    ("postgresql.transactional.lock", Quiet),
    ("callbacks", Noted(JAVA)),
    ("skipDefaultCallbacks", Read(Switch)),
    ("resolvers", Noted(JAVA)),
    ("migrationResolvers", Noted(JAVA)),
    ("skipDefaultResolvers", Noted("SQL migrations are always read")),
    ("errorHandlers", Noted(JAVA)),
    ("errorOverrides", Noted("every error of the server counts")),
    ("dryRunOutput", Noted("the plan shows what would run: flightplan plan")),
    ("outputQueryResults", Quiet),
    ("outputFile", Quiet),
    ("outputType", Quiet),
    ("outputProgress", Quiet),
    ("outputLogsInJson", Quiet),
    ("color", Quiet),
    ("loggers", Quiet),
    ("jarDirs", Quiet),
    ("configurations", Quiet),
    ("configFile", Quiet),
    ("configFiles", Quiet),
    ("configFileEncoding", Quiet),
    ("workingDirectory", Quiet),
    ("environment", Quiet),
    ("environmentProvisionMode", Noted("databases are not provisioned")),
    ("provisionMode", Noted("databases are not provisioned")),
    ("provisioner", Noted("databases are not provisioned")),
    ("displayName", Quiet),
    ("databaseType", Quiet),
    ("id", Quiet),
    ("name", Quiet),
    ("email", Quiet),
    ("token", Quiet),
    ("licenseKey", Quiet),
    ("offlinePermitPath", Quiet),
    ("pipelineId", Quiet),
    ("publishResult", Quiet),
    ("checkDriftOnMigrate", Noted("drift is checked before every approved run")),
    ("communityDBSupportEnabled", Quiet),
    ("reportEnabled", Quiet),
    ("reportFilename", Quiet),
    ("kerberosConfigFile", Noted("Kerberos is not spoken")),
    ("schemaModelLocation", Quiet),
    ("schemaModelSchemas", Quiet),
];

/// Settings below a name of their own.
const BELOW: &[(&str, Use)] = &[
    ("placeholders", Read(Affix)),
    ("jdbcProperties", Noted("JDBC properties mean nothing to another driver; put options into the URL")),
    ("plugins", Quiet),
    ("postgresql", Quiet),
    ("oracle", Noted(OTHER)),
    ("sqlserver", Noted(OTHER)),
    ("clickhouse", Noted(OTHER)),
    ("db2z", Noted(OTHER)),
    ("vault", Noted(SECRETS)),
    ("dapr", Noted(SECRETS)),
    ("conjur", Noted(SECRETS)),
    ("googlecloudsecretmanager", Noted(SECRETS)),
    ("gcsm", Noted(SECRETS)),
    ("azureKeyVault", Noted(SECRETS)),
    ("propertyResolvers", Noted(SECRETS)),
    ("resolvers", Noted(SECRETS)),
    ("add", Quiet),
    ("check", Noted(PAID)),
    ("deploy", Noted(PAID)),
    ("diff", Noted(PAID)),
    ("diffText", Noted(PAID)),
    ("generate", Noted(PAID)),
    ("init", Quiet),
    ("mcp", Quiet),
    ("migrate", Noted(PAID)),
    ("model", Noted(PAID)),
    ("prepare", Noted(PAID)),
    ("snapshot", Noted(PAID)),
    ("tags", Noted(PAID)),
    ("undo", Noted(PAID)),
];

/// What becomes of a setting; `None`: no Flyway knows it.
pub(in crate::project) fn of(key: &str) -> Option<Use> {
    let exact = ALL.iter().find(|(name, _)| *name == key);
    let below = || key.split_once('.').and_then(|(top, _)| BELOW.iter().find(|(name, _)| *name == top));
    exact.or_else(below).map(|(_, what)| *what)
}

/// The names that a misspelt one is compared with.
pub(in crate::project) fn names() -> Vec<&'static str> {
    ALL.iter().map(|(name, _)| *name).collect()
}

/// The setting of an environment variable: `FLYWAY_BASELINE_VERSION`, `FLYWAY_PLACEHOLDERS_X` (in lower case),
/// `FLYWAY_JDBC_PROPERTIES_X`, `FLYWAY_POSTGRESQL_TRANSACTIONAL_LOCK`. `None`: no setting, and Flyway passes it over.
#[must_use]
pub fn of_variable(name: &str) -> Option<String> {
    let rest = name.strip_prefix("FLYWAY_")?;
    if let Some(placeholder) = rest.strip_prefix("PLACEHOLDERS_").filter(|name| !name.is_empty()) {
        return Some(format!("placeholders.{}", placeholder.to_lowercase()));
    }
    if let Some(property) = rest.strip_prefix("JDBC_PROPERTIES_").filter(|name| !name.is_empty()) {
        return Some(format!("jdbcProperties.{property}"));
    }
    // The one name that is not its key in upper snake.
    if rest == "DRYRUN_OUTPUT" {
        return Some("dryRunOutput".to_owned());
    }
    ALL.iter().find(|(key, _)| upper_snake(key) == rest).map(|(key, _)| (*key).to_owned())
}

fn upper_snake(key: &str) -> String {
    let mut snake = String::with_capacity(key.len() + 4);
    let mut before = ' ';
    for c in key.chars() {
        if c == '.' {
            snake.push('_');
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                snake.push('_');
            }
            snake.extend(c.to_uppercase());
        }
        before = c;
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_settings_in_upper_snake() {
        for (name, key) in [
            ("FLYWAY_BASELINE_ON_MIGRATE", "baselineOnMigrate"),
            ("FLYWAY_INIT_SQL", "initSql"),
            ("FLYWAY_URL", "url"),
            ("FLYWAY_UNDO_SQL_MIGRATION_PREFIX", "undoSqlMigrationPrefix"),
            ("FLYWAY_PLACEHOLDERS_FOO_BAR", "placeholders.foo_bar"),
            ("FLYWAY_JDBC_PROPERTIES_accessToken", "jdbcProperties.accessToken"),
            ("FLYWAY_POSTGRESQL_TRANSACTIONAL_LOCK", "postgresql.transactional.lock"),
            ("FLYWAY_DRYRUN_OUTPUT", "dryRunOutput"),
        ] {
            assert_eq!(of_variable(name).as_deref(), Some(key), "{name}");
        }
        assert_eq!(of_variable("FLYWAY_EDITION"), None);
        assert_eq!(of_variable("PATH"), None);
    }
}
