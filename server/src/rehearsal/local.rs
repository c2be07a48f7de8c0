//! A PostgreSQL of the rehearsal's own, from the binaries of this machine: in a temporary folder, on a free port of the
//! loopback, with a password nobody knows, gone with the rehearsal.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::exit::{Failure, Outcome};

/// The running server.
#[derive(Debug)]
pub struct Server {
    /// Its address with the password.
    pub url: String,
    bin: PathBuf,
    folder: PathBuf,
}

impl Server {
    /// Starts one. As root it runs as user `postgres`, because it refuses root.
    ///
    /// # Errors
    /// No binaries; what `initdb` or `pg_ctl` say.
    pub fn start() -> Outcome<Self> {
        let bin = bin().ok_or_else(|| {
            Failure::usage(
                "No PostgreSQL is installed here to rehearse on.",
                "Name a database with --url, install PostgreSQL, or name the folder of initdb in FLIGHTPLAN_PG_BIN.",
            )
        })?;
        let failed = |error: std::io::Error| Failure::failed(format!("A PostgreSQL cannot be started here: {error}."), "");
        let folder = tempfile::Builder::new().prefix("flightplan-pg-").tempdir().map_err(failed)?.keep();
        let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).map_err(failed)?;
        let password = uuid::Uuid::new_v4().simple().to_string();
        let port = listener.port();
        let server = Self { url: format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres"), bin, folder };
        let file = server.folder.join("password");
        std::fs::write(&file, &password).map_err(failed)?;
        if is_root() {
            ran(Command::new("chown").arg("-R").arg("postgres").arg(&server.folder))?;
        }
        let data = server.folder.join("data");
        let mut initdb = server.command("initdb");
        initdb.args(["-U", "postgres", "-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&data);
        ran(initdb.arg(format!("--pwfile={}", file.display())))?;
        let options =
            format!("-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' -c fsync=off -c autovacuum=off");
        let mut start = server.command("pg_ctl");
        start.arg("-D").arg(&data).arg("-l").arg(server.folder.join("log")).args(["-w", "-t", "60", "-o", &options, "start"]);
        ran(&mut start)?;
        Ok(server)
    }

    fn command(&self, program: &str) -> Command {
        let path = self.bin.join(program);
        if !is_root() {
            return Command::new(path);
        }
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(path);
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = self.command("pg_ctl");
        stop.arg("-D").arg(self.folder.join("data")).args(["-m", "immediate", "stop"]);
        drop(stop.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn ran(command: &mut Command) -> Outcome<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |why: String| Failure::failed(format!("A PostgreSQL cannot be started here: {name}: {why}."), "");
    // pg_ctl's server keeps what it is given open, so nobody may wait for the end of it.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// `FLIGHTPLAN_PG_BIN`, else the newest of Debian's folders, else the path.
fn bin() -> Option<PathBuf> {
    let has = |folder: &Path| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file();
    if let Some(named) = std::env::var_os("FLIGHTPLAN_PG_BIN").map(PathBuf::from) {
        return has(&named).then_some(named);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
    let newest = versions.map(|entry| entry.path()).filter(|path| has(&path.join("bin"))).max_by_key(|path| number(path));
    let path = std::env::var_os("PATH").unwrap_or_default();
    newest.map(|path| path.join("bin")).or_else(|| std::env::split_paths(&path).find(|folder| has(folder)))
}
