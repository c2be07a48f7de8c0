//! One private PostgreSQL per test process: started in a temporary folder, removed at its end.
//!
//! `FLIGHTPLAN_PG_BIN` names the folder with `initdb` and `postgres`; by default the newest one under
//! `/usr/lib/postgresql`. As root the server runs as user `postgres`, because it refuses root.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::RefCell;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Password of the superuser: tests of refused credentials need one that counts.
pub(crate) const PASSWORD: &str = "flightplan-test";

/// The running server.
pub(crate) struct Server {
    port: u16,
    folder: PathBuf,
    bin: PathBuf,
}

/// A fresh database on it.
#[allow(dead_code, reason = "each test uses what it needs")]
pub(crate) struct TestDatabase {
    /// Address with user and password.
    pub(crate) url: String,
    /// Its name.
    pub(crate) name: String,
}

/// The server of this process, started on first use.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// What a test made: dropped when its thread ends, because six hundred databases of seven megabytes fill a disk.
struct Made(RefCell<Vec<String>>);

thread_local! {
    static MADE: Made = const { Made(RefCell::new(Vec::new())) };
}

impl Drop for Made {
    fn drop(&mut self) {
        // A panic would end the whole process here; the server's folder goes with it in any case.
        for name in self.0.take() {
            drop(server().psql("postgres", &format!("DROP DATABASE {name} WITH (FORCE)")).output());
        }
    }
}

/// A new, empty database; it lives as long as the thread that asked for it.
pub(crate) fn database() -> TestDatabase {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let server = server();
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    server.run(&format!("CREATE DATABASE {name}"));
    MADE.with(|made| made.0.borrow_mut().push(name.clone()));
    TestDatabase { url: server.url(&name), name }
}

impl Server {
    /// Address of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    /// Major version.
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub(crate) fn version(&self) -> u32 {
        let output = Command::new(self.bin.join("postgres")).arg("--version").output().expect("postgres --version");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let number = text.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit())).expect("a version");
        number.split('.').next().and_then(|major| major.parse().ok()).expect("a major version")
    }

    /// Its port.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// A new, empty database of another server than the one all share.
    pub(crate) fn new_database(&self, name: &str) -> String {
        self.run(&format!("CREATE DATABASE {name}"));
        self.url(name)
    }

    /// Another server, where what was committed outlives a crash of the server's processes.
    pub(crate) fn start_durable() -> Self {
        let server = Self::start();
        server.run("ALTER SYSTEM SET synchronous_commit = on");
        server.restart_immediately();
        server
    }

    /// Ends all its processes without any good-bye, and starts it again: it has to recover.
    pub(crate) fn restart_immediately(&self) {
        let mut restart = as_postgres(&self.bin.join("pg_ctl"));
        restart.arg("-D").arg(self.data()).arg("-l").arg(self.folder.join("log"));
        restart.args(["-w", "-t", "60", "-m", "immediate", "restart"]);
        let status = restart.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl starts");
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(status.success(), "the server did not start again:\n{log}");
    }

    /// Another server than the one all share.
    pub(crate) fn start() -> Self {
        let bin = bin();
        let folder = tempfile::Builder::new().prefix("flightplan-pg-").tempdir().expect("temporary folder").keep();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        let password = folder.join("password");
        std::fs::write(&password, PASSWORD).expect("password file");
        give_away(&folder);
        let server = Self { port, folder, bin };
        server.watch();
        server.initialize(&password);
        server.launch();
        server
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn initialize(&self, password: &Path) {
        let mut initdb = as_postgres(&self.bin.join("initdb"));
        initdb.arg("-D").arg(self.data()).args([
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]);
        let output = initdb.arg(format!("--pwfile={}", password.display())).output().expect("initdb starts");
        assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        self.listen();
    }

    /// Where it listens, and that nothing has to survive a loss of power.
    fn listen(&self) {
        let mut settings =
            std::fs::OpenOptions::new().append(true).open(self.data().join("postgresql.conf")).expect("postgresql.conf");
        write!(
            settings,
            "\nlisten_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = '{}'\nfsync = off\n\
             synchronous_commit = off\nfull_page_writes = off\nautovacuum = off\nmax_connections = 200\n\
             timezone = 'UTC'\nshared_buffers = '32MB'\nmax_wal_size = '64MB'\nmin_wal_size = '32MB'\n",
            self.port,
            self.folder.display()
        )
        .expect("postgresql.conf is writable");
    }

    fn launch(&self) {
        let mut start = as_postgres(&self.bin.join("pg_ctl"));
        start.arg("-D").arg(self.data()).arg("-l").arg(self.folder.join("log")).args(["-w", "-t", "60", "start"]);
        let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl starts");
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        assert!(status.success(), "the server did not start:\n{log}");
    }

    /// A shell that outlives this process, however it ends, stops the server and removes its folder.
    fn watch(&self) {
        let script = format!(
            "while kill -0 {pid} 2>/dev/null; do sleep 0.5; done; \
             server=$(head -n 1 '{data}/postmaster.pid' 2>/dev/null); \
             [ -n \"$server\" ] && kill -QUIT \"$server\" 2>/dev/null && sleep 1; rm -rf '{folder}'",
            pid = std::process::id(),
            data = self.data().display(),
            folder = self.folder.display()
        );
        let mut shell = Command::new("setsid");
        shell.args(["sh", "-c", &script]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        drop(shell.spawn().expect("the watching shell starts"));
    }

    fn psql(&self, database: &str, sql: &str) -> Command {
        let mut psql = Command::new(client(&self.bin));
        psql.arg(self.url(database)).args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql]);
        psql.stdin(Stdio::null());
        psql
    }

    /// The one value a query answers in database `postgres`.
    pub(crate) fn answer(&self, sql: &str) -> String {
        self.answer_in("postgres", sql)
    }

    /// The one value a query answers.
    pub(crate) fn answer_in(&self, database: &str, sql: &str) -> String {
        let output = self.psql(database, sql).output().expect("psql starts");
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Runs a command as the superuser in database `postgres`.
    pub(crate) fn run(&self, sql: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let output = self.psql("postgres", sql).output().expect("psql starts");
            if output.status.success() {
                return;
            }
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            // Two databases cannot be copied from template1 at the same time.
            assert!(message.contains("being accessed by other users") && Instant::now() < deadline, "{sql}: {message}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// The one that all share is never dropped: `watch` looks after it.
impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = as_postgres(&self.bin.join("pg_ctl"));
        stop.arg("-D").arg(self.data()).args(["-m", "immediate", "stop"]);
        drop(stop.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

/// A streaming replica.
pub(crate) struct Replica(Server);

impl Replica {
    /// Copies a server and follows it.
    pub(crate) fn of(primary: &Server) -> Self {
        Self::copy(primary, None)
    }

    /// Copies a server, and follows it or another that has the same.
    fn copy(primary: &Server, source: Option<&Server>) -> Self {
        let folder = tempfile::Builder::new().prefix("flightplan-pg-").tempdir().expect("temporary folder").keep();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port();
        give_away(&folder);
        let replica = Server { port, folder, bin: primary.bin.clone() };
        replica.watch();
        let mut copy = as_postgres(&primary.bin.join("pg_basebackup"));
        copy.args(["--write-recovery-conf", "--no-sync", "--checkpoint=fast", "--wal-method=stream", "-D"]).arg(replica.data());
        let output = copy.arg("-d").arg(primary.url("postgres")).output().expect("pg_basebackup starts");
        assert!(output.status.success(), "pg_basebackup: {}", String::from_utf8_lossy(&output.stderr));
        if let Some(source) = source {
            let path = replica.data().join("postgresql.auto.conf");
            let settings = std::fs::read_to_string(&path).expect("settings of the copy");
            // The last one counts.
            let settings = format!("{settings}\nprimary_conninfo = '{}'\n", source.url("postgres"));
            std::fs::write(&path, settings).expect("settings of the copy");
        }
        replica.listen();
        replica.launch();
        Self(replica)
    }

    /// A replica that follows this one: the primary does not see it.
    pub(crate) fn followed(&self, primary: &Server) -> Self {
        Self::copy(primary, Some(&self.0))
    }

    /// Address of one of its databases.
    pub(crate) fn url(&self, database: &str) -> String {
        self.0.url(database)
    }

    /// Runs a command on it.
    pub(crate) fn run(&self, sql: &str) {
        self.0.run(sql);
    }
}

/// Lets the user the server runs as write into a folder.
pub(crate) fn give_away(folder: &Path) {
    if is_root() {
        assert!(Command::new("chown").arg("-R").arg("postgres").arg(folder).status().expect("chown").success());
    }
}

/// The client beside the server, or the one on `PATH`: npm's servers come without.
fn client(bin: &Path) -> PathBuf {
    let own = bin.join("psql");
    if own.exists() { own } else { PathBuf::from("psql") }
}

fn bin() -> PathBuf {
    if let Some(folder) = std::env::var_os("FLIGHTPLAN_PG_BIN") {
        return PathBuf::from(folder);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed, or FLIGHTPLAN_PG_BIN names it");
    let number = |path: &Path| path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok());
    let newest = versions.flatten().map(|entry| entry.path()).max_by_key(|path| number(path).unwrap_or(0));
    newest.expect("a version under /usr/lib/postgresql").join("bin")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().expect("id");
    String::from_utf8_lossy(&output.stdout).trim() == "0"
}

/// A program as the user the server runs as.
pub(crate) fn as_postgres(program: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(std::env::temp_dir());
    command
}
