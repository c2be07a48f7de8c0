//! SIGKILL at a random moment, the server restarted at once, connections cut: again and again over a plan of steps of every
//! kind. `FLIGHTPLAN_KILLS` says how often on each product; `cargo xtask kill --times N` sets it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::Child;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::flight::{Flight, Said};
use crate::{mariadb, mixed, postgres};

/// How often on each product when nobody says.
const KILLS: u32 = 6;

/// Longest time a kill is put off behind a point, in microseconds: the longest statement takes less.
const LATER: u64 = 60_000;

fn wanted() -> u32 {
    std::env::var("FLIGHTPLAN_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS)
}

/// Random numbers; the seed is in what a failing test prints.
fn dice(name: &str) -> (u64, StdRng) {
    let seed = std::env::var("FLIGHTPLAN_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| rand::rng().random());
    eprintln!("{name}: FLIGHTPLAN_SEED={seed}");
    (seed, StdRng::seed_from_u64(seed))
}

/// Points that a run reaches which nobody kills.
fn points(flight: &Flight) -> u64 {
    let (mut low, mut high) = (1_u64, 400);
    while low < high {
        let middle = (low + high) / 2;
        let copy = mixed::prepare(flight.again());
        if copy.killed_at(&format!("any:{middle}"), &["migrate"]) { low = middle + 1 } else { high = middle }
    }
    low - 1
}

/// Kills one plan up to three times, then lets it come to its end; until there were enough kills.
fn storm(make: fn() -> Flight) {
    let (seed, mut dice) = dice(make().dialect);
    let (all, mut killed, mut plans) = (points(&make()), 0, 0);
    while killed < wanted() {
        let flight = mixed::prepare(make());
        let mut story = format!("seed {seed}, {}", flight.dialect);
        for _ in 0..dice.random_range(1..=3) {
            let later = if dice.random() { dice.random_range(1..LATER) } else { 0 };
            let point = format!("any:{}:{later}", dice.random_range(1..=all));
            story.push_str(&format!(", {point}"));
            if flight.killed_at(&point, &["migrate"]) {
                killed += 1;
            }
        }
        mixed::finish(&flight, &story);
        mixed::ran_once(&flight, &story);
        plans += 1;
    }
    eprintln!("{killed} kills over {plans} plans of {all} points: every statement once, every history row right");
}

#[test]
fn killed_at_any_moment_on_sqlite() {
    storm(Flight::sqlite);
}

#[test]
fn killed_at_any_moment_on_postgres() {
    storm(Flight::postgres);
}

#[test]
fn killed_at_any_moment_on_mariadb() {
    storm(Flight::mariadb);
}

/// Ends of a run whose database went away: done before, stopped part-way, or not begun.
#[track_caller]
fn ended(child: Child, story: &str) -> bool {
    let said: Said = child.wait_with_output().unwrap().into();
    let quarantined = said.err.contains("is in quarantine");
    assert!(matches!(said.code, 0 | 1 | 6), "{story}: {said:?}");
    assert!(said.code == 0 || said.err.contains("onnect") || said.err.contains("reached") || quarantined, "{story}: {said:?}");
    said.code != 0 && !quarantined
}

#[test]
fn the_server_is_restarted_at_once() {
    let server = postgres::Server::start_durable();
    let (seed, mut dice) = dice("restarts");
    let (mut hit, mut number) = (0, 0);
    while hit < wanted().div_ceil(3) {
        number += 1;
        let flight = mixed::prepare(Flight::at(server.new_database(&format!("restarted_{number}"))));
        let pause = dice.random_range(20..700);
        let story = format!("seed {seed}, pg_ctl restart -m immediate after {pause} ms");
        let child = flight.start(&["migrate"]);
        std::thread::sleep(Duration::from_millis(pause));
        server.restart_immediately();
        hit += u32::from(ended(child, &story));
        mixed::finish(&flight, &story);
        mixed::ran_once(&flight, &story);
        assert!(number < 20 * wanted(), "no restart meets a run");
    }
}

/// Stands between client and server, and cuts.
pub(crate) struct Wire {
    pub(crate) port: u16,
    ends: Arc<Mutex<Vec<TcpStream>>>,
    /// Nobody gets through.
    severed: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, ends) = (listener.local_addr().unwrap().port(), Arc::new(Mutex::new(Vec::new())));
        let theirs = Arc::clone(&ends);
        let severed = Arc::new(AtomicBool::new(false));
        let away = Arc::clone(&severed);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if away.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let copies = [client.try_clone().unwrap(), server.try_clone().unwrap()];
                theirs.lock().unwrap().extend(copies);
                carry(client.try_clone().unwrap(), server.try_clone().unwrap());
                carry(server, client);
            }
        });
        Self { port, ends, severed }
    }

    /// Cuts, and lets nobody through until it is mended.
    pub(crate) fn sever(&self) {
        self.severed.store(true, Ordering::SeqCst);
        self.cut();
    }

    pub(crate) fn mend(&self) {
        self.severed.store(false, Ordering::SeqCst);
    }

    fn cut(&self) {
        for end in self.ends.lock().unwrap().drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let mut buffer = [0; 1 << 14];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if to.write_all(buffer.get(..count).unwrap_or_default()).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// The server does not hear of the cut at once: a statement that is under way goes on there.
fn cut(make: fn() -> Flight, port: u16) {
    let wire = Wire::to(port);
    let (seed, mut dice) = dice("cuts");
    let (mut hit, mut number) = (0, 0);
    while hit < wanted().div_ceil(3) {
        number += 1;
        let flight = mixed::prepare(make()).through(port, wire.port);
        let pause = dice.random_range(20..700);
        let story = format!("seed {seed}, {} cut after {pause} ms", flight.dialect);
        let begun = Instant::now();
        let child = flight.start(&["migrate"]);
        std::thread::sleep(Duration::from_millis(pause).saturating_sub(begun.elapsed()));
        wire.cut();
        hit += u32::from(ended(child, &story));
        mixed::finish(&flight, &story);
        mixed::ran_once(&flight, &story);
        assert!(number < 20 * wanted(), "no cut meets a run");
    }
}

#[test]
fn the_connection_is_cut_on_postgres() {
    cut(Flight::postgres, postgres::server().port());
}

#[test]
fn the_connection_is_cut_on_mariadb() {
    cut(Flight::mariadb, mariadb::server().port());
}
