//! The database products we plan for, and what each can do by version.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A database product.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL 11 and later.
    #[default]
    Postgres,
    /// MySQL 8.0 and later.
    MySql,
    /// MariaDB 10.6 and later.
    MariaDb,
    /// SQLite 3.35 and later.
    Sqlite,
}

impl Dialect {
    /// The name used on the command line and in every JSON output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
            Self::MariaDb => "mariadb",
            Self::Sqlite => "sqlite",
        }
    }

    /// The name as the vendor writes it, for people.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Postgres => "PostgreSQL",
            Self::MySql => "MySQL",
            Self::MariaDb => "MariaDB",
            Self::Sqlite => "SQLite",
        }
    }

    /// Whether it is MySQL or MariaDB.
    #[must_use]
    pub const fn is_mysql(self) -> bool {
        matches!(self, Self::MySql | Self::MariaDb)
    }

    /// Whether a failed migration takes its schema changes back with the transaction.
    #[must_use]
    pub const fn transactional_ddl(self) -> bool {
        matches!(self, Self::Postgres | Self::Sqlite)
    }

    /// The version assumed when neither the user nor a live server says: the oldest one in common
    /// production use of which every prediction was measured.
    #[must_use]
    pub const fn default_version(self) -> ServerVersion {
        match self {
            Self::Postgres => ServerVersion::new(15, 0),
            Self::MySql => ServerVersion::new(8, 0),
            Self::MariaDb => ServerVersion::new(10, 11),
            Self::Sqlite => ServerVersion::new(3, 40),
        }
    }

    /// Whether the server executes what stands in a comment: `text` begins with `/*!` or `/*M!`.
    ///
    /// `MariaDB` passes over what is meant for `MySQL` 5.7 and later (MariaDB's manual, "Comment Syntax"; 10.11 asked), and
    /// only it reads `/*M!`. Comments for a newer release than the server's are taken as executed.
    #[must_use]
    pub fn executes_comment(self, text: &[u8]) -> bool {
        let Some(version) = text.strip_prefix(b"/*!") else { return self == Self::MariaDb && text.starts_with(b"/*M!") };
        let digits = version.iter().take_while(|byte| byte.is_ascii_digit()).take(6);
        let number = digits.fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'));
        match self {
            Self::MySql => true,
            Self::MariaDb => !(50_700..100_000).contains(&number),
            Self::Postgres | Self::Sqlite => false,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A dialect name that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownDialect(
    /// The name as given.
    pub String,
);

impl fmt::Display for UnknownDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown dialect {:?}; use postgres, mysql, mariadb or sqlite", self.0)
    }
}

impl std::error::Error for UnknownDialect {}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "postgres" | "postgresql" | "pg" => Ok(Self::Postgres),
            "mysql" => Ok(Self::MySql),
            "mariadb" => Ok(Self::MariaDb),
            "sqlite" | "sqlite3" => Ok(Self::Sqlite),
            _ => Err(UnknownDialect(text.to_owned())),
        }
    }
}

/// Version of a server. Written `15`, `10.11`, `8.0.29`; what follows is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ServerVersion {
    /// First number.
    pub major: u32,
    /// Second number, 0 where there is none.
    pub minor: u32,
    /// Third number, 0 where there is none or nobody said.
    pub patch: u32,
}

impl ServerVersion {
    /// A version of two numbers.
    #[must_use]
    pub const fn new(major: u32, minor: u32) -> Self {
        Self { major, minor, patch: 0 }
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch > 0 { write!(f, ".{}", self.patch) } else { Ok(()) }
    }
}

impl From<ServerVersion> for String {
    fn from(version: ServerVersion) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for ServerVersion {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for ServerVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no server version; write it as 15 or 10.11");
        let numbers = text.trim().split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default();
        let mut parts = numbers.split('.');
        let major = parts.next().and_then(|part| part.parse().ok()).ok_or_else(wrong)?;
        let minor = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let patch = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        Ok(Self { major, minor, patch })
    }
}
