//! The sample project on a fresh database, served by the real binary.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The database stands here before its rows come in; the large update is what comes next.
const BEFORE: &str = "b8e2af51d3c9";

pub(crate) struct Demo {
    folder: tempfile::TempDir,
    /// The environment, and the variable that names its database.
    environment: (&'static str, &'static str),
    url: String,
    server: Child,
    port: u16,
}

/// A path that `cargo xtask browser` names.
pub(crate) fn environment(name: &str) -> PathBuf {
    std::env::var_os(name).map(PathBuf::from).unwrap_or_else(|| panic!("{name} is not set; run `cargo xtask browser`"))
}

/// The built page.
pub(crate) fn dist() -> PathBuf {
    environment("FLIGHTPLAN_DIST")
}

/// The sample project.
pub(crate) fn migrations() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").canonicalize().unwrap()
}

/// A port nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn flightplan(name: &str) -> Command {
    let mut command = Command::new(environment("FLIGHTPLAN_BIN"));
    command.arg("--project").arg(migrations()).args(["--env", name]);
    command.env_remove("COREOS_DEVELOPMENT_URL").env_remove("COREOS_TEST_URL");
    command
}

fn plan_of(command: &mut Command) -> Value {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Digest of the sample planned without any database.
pub(crate) fn offline_digest() -> String {
    let plan = plan_of(flightplan("development").args(["plan", "--format", "json"]));
    plan["digest"].as_str().unwrap().to_owned()
}

fn of_folder(folder: &Path, words: &[&str]) -> Value {
    let mut command = Command::new(environment("FLIGHTPLAN_BIN"));
    let output = command.arg("--project").arg(folder).args(words).args(["--format", "json"]).output().unwrap();
    // Findings have an exit code of their own.
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// Digest of a folder planned by the command line without any database.
pub(crate) fn digest_of(folder: &Path) -> String {
    of_folder(folder, &["plan"])["digest"].as_str().unwrap().to_owned()
}

/// Message of the first blocking finding that the command line has about a folder.
pub(crate) fn first_finding_of(folder: &Path) -> String {
    let told = of_folder(folder, &["lint"]);
    let findings = told["findings"].as_array().unwrap();
    let first = findings.iter().find(|finding| finding["severity"] == "error").unwrap();
    first["message"].as_str().unwrap().to_owned()
}

impl Demo {
    /// Prepares the database with `rows` users and starts the server for whoever is at this machine.
    pub(crate) fn start(rows: u32) -> Self {
        let mut demo = Self::prepare();
        let filled =
            Command::new(environment("FLIGHTPLAN_DEMO_ROWS")).args([demo.url.clone(), rows.to_string()]).status().unwrap();
        assert!(filled.success());
        demo.serve(&["--no-login"], Stdio::null());
        demo
    }

    /// The same on PostgreSQL, with its environment for tests.
    pub(crate) fn start_on_postgres(rows: u32) -> Self {
        let url = std::env::var("FLIGHTPLAN_POSTGRES").expect("run `cargo xtask browser`");
        let mut demo = Self::begin(("test", "COREOS_TEST_URL"), |_| url);
        demo.query(&format!(
            "INSERT INTO users (email, display_name, status, legacy_ref, created_at) SELECT 'user' || i || '@example.com', \
             'User ' || i, CASE WHEN i % 5 < 3 THEN 'pending' ELSE 'active' END, 'L' || i, now() FROM generate_series(1, {rows}) i"
        ));
        demo.serve(&["--no-login"], Stdio::null());
        demo
    }

    /// What `psql` says to a query, one value.
    pub(crate) fn query(&self, sql: &str) -> String {
        let output =
            Command::new("psql").args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, &self.url]).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// The same with a server that people sign in to, and the address that makes the first of them.
    pub(crate) fn start_with_login() -> (Self, String) {
        let mut demo = Self::prepare();
        let log = demo.folder.path().join("serve.log");
        demo.serve(&[], std::fs::File::create(&log).unwrap().into());
        let end = Instant::now() + Duration::from_secs(10);
        loop {
            let told = std::fs::read_to_string(&log).unwrap();
            if let Some(address) = told.split_whitespace().find(|word| word.contains("/setup?token=")) {
                return (demo, address.to_owned());
            }
            assert!(Instant::now() < end, "no address for the set-up was printed: {told}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn serve(&mut self, options: &[&str], log: Stdio) {
        let listen = format!("127.0.0.1:{}", self.port);
        self.server = self.command().args(["serve", "--listen", &listen]).args(options).stderr(log).spawn().unwrap();
        wait_for(self.port);
    }

    fn prepare() -> Self {
        Self::begin(("development", "COREOS_DEVELOPMENT_URL"), |folder| {
            std::fs::write(folder.join("coreos.db"), "").unwrap();
            format!("sqlite:{}", folder.join("coreos.db").display())
        })
    }

    /// Up to the point before the large update.
    fn begin(environment: (&'static str, &'static str), url: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The application of the sample's playbook is up while this file is there.
        std::fs::write(folder.path().join("up"), "").unwrap();
        let port = free_port();
        let idle = Command::new("true").spawn().unwrap();
        let url = url(folder.path());
        let demo = Self { folder, environment, url, server: idle, port };
        let plan = demo.folder.path().join("setup.json").display().to_string();
        for arguments in
            [vec!["plan", "--target", BEFORE, "--output", &plan], vec!["approve", &plan, "--by", "test"], vec!["apply", &plan]]
        {
            let output = demo.command().args(&arguments).output().unwrap();
            assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        demo
    }

    /// Where the page is.
    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    /// The plan that the command line makes for the same database.
    pub(crate) fn native_plan(&self, options: &[&str]) -> Value {
        plan_of(self.command().args(["plan", "--format", "json"]).args(options))
    }

    /// Its digest.
    pub(crate) fn native_digest(&self, options: &[&str]) -> String {
        self.native_plan(options)["digest"].as_str().unwrap().to_owned()
    }

    /// Writes the audit log into a file; the key it is signed with.
    pub(crate) fn audit_export(&self, file: &Path) -> String {
        assert!(self.command().args(["audit", "export"]).arg(file).status().unwrap().success());
        let key = self.command().args(["audit", "key"]).output().unwrap();
        String::from_utf8(key.stdout).unwrap().trim().to_owned()
    }

    /// What the command line finds wrong with an exported log, where there is no store to compare it with.
    pub(crate) fn audit_faults(&self, file: &Path, key: &str) -> Vec<String> {
        let mut command = flightplan(self.environment.0);
        command.args(["--format", "json", "--store"]).arg(self.folder.path().join("none.db"));
        let output = command.args(["audit", "verify"]).arg(file).args(["--public-key", key]).output().unwrap();
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        told["problems"].as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    fn command(&self) -> Command {
        let mut command = flightplan(self.environment.0);
        command.arg("--store").arg(self.folder.path().join("control.db"));
        command.env(self.environment.1, &self.url).env("COREOS_APP", self.folder.path());
        command
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Waits until something listens on the port.
pub(crate) fn wait_for(port: u16) {
    let end = Instant::now() + Duration::from_secs(20);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(Instant::now() < end, "nothing listens on port {port}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
