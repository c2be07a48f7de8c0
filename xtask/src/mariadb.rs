//! A private MariaDB with the settings it comes with, for `cargo xtask bench`.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::postgres::quiet;
use crate::shell::{answer, program};

/// How long a start may take.
const START: Duration = Duration::from_secs(60);

/// A running server; stopped and removed when dropped.
pub(crate) struct Server {
    folder: PathBuf,
    port: u16,
    running: Child,
}

impl Server {
    /// Starts Debian's MariaDB in a folder that is made.
    pub(crate) fn start(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut owner = Vec::new();
        // The server refuses root.
        if answer(&mut program("id", &["-u"])).is_some_and(|uid| uid == "0") {
            quiet(&mut program("chown", &["mysql", &folder.to_string_lossy()]))?;
            owner.push("--user=mysql");
        }
        let data = format!("--datadir={}", folder.join("data").display());
        let mut install = program("mariadb-install-db", &["--no-defaults", "--skip-test-db"]);
        quiet(install.args(["--auth-root-authentication-method=normal", &data]).args(&owner))?;
        let mut start = program("/usr/sbin/mariadbd", &["--no-defaults", "--bind-address=127.0.0.1", "--skip-log-bin", &data]);
        start.args(owner).arg(format!("--port={port}")).arg(format!("--socket={}", folder.join("sock").display()));
        let silent = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Self { running: silent.spawn().context("mariadbd starts")?, folder, port };
        let begin = Instant::now();
        while quiet(server.client().args(["-e", "SELECT 1"])).is_err() {
            if begin.elapsed() > START {
                bail!("MariaDB did not start in {} s", START.as_secs());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        quiet(server.client().args(["-e", "CREATE USER pilot@'127.0.0.1'; GRANT ALL ON *.* TO pilot@'127.0.0.1'"]))?;
        Ok(server)
    }

    /// Drops a database if it is there and makes it anew.
    pub(crate) fn fresh(&self, database: &str) -> Result<String> {
        quiet(self.client().args(["-e", &format!("DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}")]))?;
        Ok(format!("mariadb://pilot@127.0.0.1:{}/{database}", self.port))
    }

    /// `mariadb`, as root over the socket.
    pub(crate) fn client(&self) -> Command {
        let mut client = Command::new("mariadb");
        client.args(["--no-defaults", "-u", "root"]).arg(format!("--socket={}", self.folder.join("sock").display()));
        client
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
