//! A small project of Flyway's in a folder of its own, on SQLite, served by the real binary.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::demo::{environment, free_port, wait_for};

/// A playbook whose application is up while a file `up` is there, and which stops only where `may-stop` is.
pub(crate) const PLAYBOOK: &str = r#"
[emergency.stop]
command = "test -e may-stop || { echo the application does not let go; exit 1; }; rm up"
check = "test ! -e up"
timeout_s = 5
[emergency.start]
command = "touch up"
check = "test -e up"
timeout_s = 5
[emergency.health]
sql = "SELECT count(*) > 0 FROM users"
times = 1
timeout_s = 5
"#;

pub(crate) struct Project {
    folder: tempfile::TempDir,
    server: Child,
    port: u16,
}

impl Project {
    /// Two runs, the second of which can be taken back with the loss of a row.
    pub(crate) fn deployed(playbook: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let idle = Command::new("true").spawn().unwrap();
        let mut project = Self { folder, server: idle, port: free_port() };
        let settings = "[project]\nname = \"shop\"\n[flyway]\nlocations = [\"sql\"]\n[environments.live]\nsource = \"flyway\"\n\
                        dialect = \"sqlite\"\nurl_env = \"SHOP_URL\"\n";
        project.write("flightplan.toml", &format!("{settings}{playbook}"));
        project.write("sql/V1__users.sql", "CREATE TABLE users (id integer PRIMARY KEY);\n");
        project.write("up", "");
        project.run(&["migrate"]);
        project.query("INSERT INTO users (id) VALUES (1), (2)");
        project.write("sql/V2__notes.sql", "CREATE TABLE notes (id integer PRIMARY KEY);\n");
        project.run(&["migrate"]);
        project.query("INSERT INTO notes (id) VALUES (1)");
        let listen = format!("127.0.0.1:{}", project.port);
        let mut serve = project.command(&["serve", "--no-login", "--user", "ada", "--listen", &listen]);
        project.server = serve.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        wait_for(project.port);
        project
    }

    pub(crate) fn address(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Runs the binary, which has to succeed.
    pub(crate) fn run(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What SQLite says to a statement, beside the binary.
    pub(crate) fn query(&self, sql: &str) -> String {
        let script = "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as db: print(db.execute(sys.argv[2]).fetchall())";
        let database = self.path().join("shop.db");
        let output = Command::new("python3").args(["-c", script]).arg(database).arg(sql).output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Whether the table is there.
    pub(crate) fn has(&self, table: &str) -> bool {
        self.query(&format!("SELECT name FROM sqlite_master WHERE name = '{table}'")) != "[]"
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(environment("FLIGHTPLAN_BIN"));
        let url = format!("sqlite:{}", self.path().join("shop.db").display());
        command.current_dir(self.path()).args(arguments).env("SHOP_URL", url).env("XDG_STATE_HOME", self.path().join(".state"));
        command
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
