//! The floor that `cargo xtask bench` holds the planner against: list a folder, read its files and parse them to syntax
//! trees on every core, and nothing else. The parser is the planner's own for PostgreSQL.

#![allow(clippy::disallowed_methods, clippy::print_stdout, reason = "this measures what the planner itself must not do")]

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).unwrap_or_default();
    let files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<_>>()?;
    let (next, trees) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let parse = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let text = std::fs::read(file).unwrap_or_default();
            let parsed = squawk_syntax::SourceFile::parse(&String::from_utf8_lossy(&text));
            trees.fetch_add(parsed.tree().stmts().count().min(1), Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(parse);
        }
        parse();
    });
    println!("{} trees", trees.into_inner());
    Ok(())
}
