//! A private PostgreSQL with the settings it comes with, so that every commit reaches the disk as it does for users.

use std::ffi::OsString;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::shell::{answer, program};

/// A running server; stopped and removed when dropped.
pub(crate) struct Server {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
}

impl Server {
    /// Starts the newest one under `/usr/lib/postgresql`, or the one in `FLIGHTPLAN_PG_BIN`, in a folder that is made.
    pub(crate) fn start(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        if is_root() {
            quiet(&mut program("chown", &["postgres", &folder.to_string_lossy()]))?;
        }
        let server = Self { bin: bin()?, folder, port };
        let data = server.data();
        quiet(as_postgres(&server.bin.join("initdb")).args(["-U", "postgres", "-A", "trust", "--locale=C", "-D"]).arg(&data))?;
        let mut settings = std::fs::OpenOptions::new().append(true).open(data.join("postgresql.conf"))?;
        let socket = server.folder.display();
        writeln!(settings, "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{socket}'")?;
        let mut start = as_postgres(&server.bin.join("pg_ctl"));
        quiet(start.arg("-D").arg(&data).arg("-l").arg(server.folder.join("log")).args(["-w", "start"]))?;
        Ok(server)
    }

    /// Drops a database if it is there and makes it anew.
    pub(crate) fn fresh(&self, database: &str) -> Result<String> {
        let url = self.url("postgres");
        for sql in [format!("DROP DATABASE IF EXISTS {database}"), format!("CREATE DATABASE {database}"), "CHECKPOINT".to_owned()]
        {
            quiet(self.psql(&url).args(["-c", &sql]))?;
        }
        Ok(self.url(database))
    }

    /// A new database with everything that another one holds.
    pub(crate) fn copy(&self, from: &str, database: &str) -> Result<String> {
        let url = self.url("postgres");
        for sql in [
            format!("DROP DATABASE IF EXISTS {database}"),
            format!("CREATE DATABASE {database} TEMPLATE {from}"),
            "CHECKPOINT".to_owned(),
        ] {
            quiet(self.psql(&url).args(["-c", &sql]))?;
        }
        Ok(self.url(database))
    }

    /// `pgbench` on a database.
    pub(crate) fn pgbench(&self, url: &str) -> Command {
        let mut pgbench = Command::new(self.bin.join("pgbench"));
        pgbench.arg(url);
        pgbench
    }

    /// `psql` that stops at the first error.
    pub(crate) fn psql(&self, url: &str) -> Command {
        let mut psql = Command::new(self.bin.join("psql"));
        psql.arg(url).args(["-X", "-q", "-v", "ON_ERROR_STOP=1"]);
        psql
    }

    /// Address of a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = as_postgres(&self.bin.join("pg_ctl"));
        let _ = quiet(stop.arg("-D").arg(self.data()).args(["-m", "immediate", "-w", "stop"]));
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Runs a command without its output, which the error shows.
pub(crate) fn quiet(command: &mut Command) -> Result<()> {
    // A file, not a pipe: the server that pg_ctl starts keeps what it inherits open.
    let output = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    let name = command.get_program().to_string_lossy().into_owned();
    let output = output.with_context(|| format!("cannot start {name}"))?;
    if !output.status.success() {
        bail!("{name} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}

fn bin() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os("FLIGHTPLAN_PG_BIN") {
        return Ok(PathBuf::from(folder));
    }
    let number = |path: &Path| path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
    let versions = std::fs::read_dir("/usr/lib/postgresql").context("PostgreSQL is not installed")?;
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(|path| number(path).unwrap_or(0));
    Ok(newest.context("no version under /usr/lib/postgresql")?.join("bin"))
}

fn is_root() -> bool {
    answer(&mut program("id", &["-u"])).is_some_and(|uid| uid == "0")
}

/// The server refuses root.
fn as_postgres(name: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(OsString::from(name));
        command
    } else {
        Command::new(name)
    };
    command.current_dir(std::env::temp_dir());
    command
}
