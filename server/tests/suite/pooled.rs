//! PgBouncer between us and the server: a pool that lends sessions for one transaction is refused, one that lends them whole is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::flight::Flight;
use crate::postgres;

/// A running PgBouncer; it goes with the test.
struct Bouncer {
    child: Child,
    port: u16,
    folder: tempfile::TempDir,
}

impl Bouncer {
    fn start(mode: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("flightplan-pgbouncer-").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let server = postgres::server();
        let file = folder.path().join("pgbouncer.ini");
        let text = format!(
            "[databases]\n* = host=127.0.0.1 port={} user=postgres password={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = any\npool_mode = {mode}\nignore_startup_parameters = extra_float_digits,options\n\
             logfile = {}\n",
            server.port(),
            postgres::PASSWORD,
            folder.path().join("log").display()
        );
        std::fs::write(&file, text).unwrap();
        postgres::give_away(folder.path());
        // It refuses to run as root.
        let mut command = postgres::as_postgres("/usr/sbin/pgbouncer".as_ref());
        command.arg(&file).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let child = command.spawn().expect("pgbouncer is installed");
        let bouncer = Self { child, port, folder };
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(20), "pgbouncer does not listen:\n{}", bouncer.log());
            std::thread::sleep(Duration::from_millis(50));
        }
        bouncer
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        drop(Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).status());
        drop(self.child.wait());
    }
}

fn project(bouncer: &Bouncer) -> Flight {
    let flight = Flight::postgres();
    flight.configure("flyway", 0);
    flight.write("sql/V1__a.sql", "CREATE TABLE a (x integer);\n");
    flight.write("sql/V2__index.sql", "CREATE INDEX CONCURRENTLY a_x ON a (x);\n");
    flight.through(postgres::server().port(), bouncer.port)
}

#[test]
fn a_pool_of_transactions_is_refused_before_anything() {
    let bouncer = Bouncer::start("transaction");
    let flight = project(&bouncer);
    flight.run(&["migrate"]).code(3).complains(&[
        "is a proxy that lends a session of the server for one transaction",
        "the migration lock would not hold",
        "session mode",
    ]);
    assert!(flight.tables().is_empty(), "{}", bouncer.log());
}

#[test]
fn a_pool_of_sessions_is_as_good_as_the_server() {
    let bouncer = Bouncer::start("session");
    let flight = project(&bouncer);
    flight.run(&["migrate"]).code(0);
    assert_eq!(flight.value("SELECT count(*) FROM pg_index WHERE indexrelid = 'a_x'::regclass AND indisvalid"), "1");
    flight.run(&["validate"]).code(0);
    flight.run(&["undo"]).code(0);
}
