//! One private MariaDB per test process: started in a temporary folder, removed at its end.
//!
//! `FLIGHTPLAN_MARIADB_BIN` and `FLIGHTPLAN_MARIADB_SBIN` name the folders of the programs; by default `/usr/bin` and
//! `/usr/sbin`. As root the server runs as user `mysql`, because it refuses root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::RefCell;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::postgres::TestDatabase;

/// Password of the superuser: tests of refused credentials need one that counts.
const PASSWORD: &str = "flightplan-test";

/// The running server.
pub(crate) struct Server {
    port: u16,
    folder: PathBuf,
}

/// The server of this process, started on first use.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start(&["--skip-log-bin"]))
}

/// What a test made: dropped when its thread ends.
struct Made(RefCell<Vec<String>>);

thread_local! {
    static MADE: Made = const { Made(RefCell::new(Vec::new())) };
}

impl Drop for Made {
    fn drop(&mut self) {
        // A panic would end the whole process here; the server's folder goes with it in any case.
        for name in self.0.take() {
            drop(server().client(&format!("SET lock_wait_timeout = 5; DROP DATABASE {name}")).output());
        }
    }
}

/// A new, empty database; it lives as long as the thread that asked for it.
pub(crate) fn database() -> TestDatabase {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    server.run(&format!("CREATE DATABASE {name} CHARACTER SET utf8mb4"));
    MADE.with(|made| made.0.borrow_mut().push(name.clone()));
    TestDatabase { url: server.url(&name), name }
}

impl Server {
    /// Address of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("mariadb://pilot:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Its port.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Its Unix socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("sock")
    }

    /// A primary and a replica of it that follows.
    pub(crate) fn replicated() -> (Self, Self) {
        let (primary, replica) =
            (Self::start(&["--log-bin=bin", "--server-id=1"]), Self::start(&["--skip-log-bin", "--server-id=2"]));
        // The replica has users of its own already.
        primary.run("RESET MASTER");
        let port = primary.port;
        replica.run(&format!(
            "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'pilot', MASTER_PASSWORD = '{PASSWORD}', \
             MASTER_USE_GTID = slave_pos; START SLAVE"
        ));
        (primary, replica)
    }

    /// Starts one with these options beside the usual ones.
    fn start(options: &[&str]) -> Self {
        let folder = tempfile::Builder::new().prefix("flightplan-maria-").tempdir().expect("temporary folder").keep();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        if is_root() {
            assert!(Command::new("chown").arg("mysql").arg(&folder).status().expect("chown").success());
        }
        let server = Self { port, folder };
        server.watch();
        server.initialize();
        server.launch(options);
        server.run(&format!("CREATE USER pilot@'%' IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON *.* TO pilot@'%' WITH GRANT OPTION"));
        server
    }

    fn initialize(&self) {
        let mut install = program("FLIGHTPLAN_MARIADB_BIN", "/usr/bin", "mariadb-install-db");
        install.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
        install.args(owner()).arg(format!("--datadir={}", self.folder.join("data").display()));
        let output = install.output().expect("MariaDB is installed, or FLIGHTPLAN_MARIADB_BIN names it");
        assert!(output.status.success(), "mariadb-install-db: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn launch(&self, options: &[&str]) {
        let mut start = Command::new("setsid");
        start.arg(program("FLIGHTPLAN_MARIADB_SBIN", "/usr/sbin", "mariadbd").get_program()).arg("--no-defaults").args(owner());
        start.args([
            format!("--datadir={}", self.folder.join("data").display()),
            format!("--socket={}", self.socket().display()),
            format!("--pid-file={}", self.folder.join("pid").display()),
            format!("--log-error={}", self.folder.join("log").display()),
            format!("--port={}", self.port),
        ]);
        start.args([
            "--bind-address=127.0.0.1",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-buffer-pool-size=32M",
            "--max-connections=200",
            "--performance-schema=off",
        ]);
        start.args(options).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        drop(start.spawn().expect("mariadbd starts"));
        let deadline = Instant::now() + Duration::from_secs(60);
        while !self.client("SELECT 1").output().expect("the mariadb client starts").status.success() {
            let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(Instant::now() < deadline, "the server did not start:\n{log}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// A shell that outlives this process, however it ends, stops the server and removes its folder.
    fn watch(&self) {
        let script = format!(
            "while kill -0 {pid} 2>/dev/null; do sleep 0.5; done; server=$(cat '{folder}/pid' 2>/dev/null); \
             [ -n \"$server\" ] && kill -KILL \"$server\" 2>/dev/null && sleep 1; rm -rf '{folder}'",
            pid = std::process::id(),
            folder = self.folder.display()
        );
        let mut shell = Command::new("setsid");
        shell.args(["sh", "-c", &script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        drop(shell.spawn().expect("the watching shell starts"));
    }

    /// The client as the superuser.
    fn client(&self, sql: &str) -> Command {
        let mut client = program("FLIGHTPLAN_MARIADB_BIN", "/usr/bin", "mariadb");
        client.arg("--no-defaults").arg(format!("--socket={}", self.socket().display())).args(["-u", "root", "-e", sql]);
        client
    }

    /// Runs commands as the superuser.
    pub(crate) fn run(&self, sql: &str) {
        let output = self.client(sql).output().expect("the mariadb client starts");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn program(variable: &str, folder: &str, name: &str) -> Command {
    let folder = std::env::var_os(variable).map_or_else(|| PathBuf::from(folder), PathBuf::from);
    let mut command = Command::new(folder.join(name));
    command.stdin(Stdio::null()).current_dir(std::env::temp_dir());
    command
}

fn owner() -> Vec<String> {
    if is_root() { vec!["--user=mysql".to_owned()] } else { Vec::new() }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id");
    String::from_utf8_lossy(&output.stdout).trim() == "0"
}
