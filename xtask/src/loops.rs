//! The loop that people write, `WHERE id IN (SELECT … LIMIT 1000)` or what the product takes in its place, against the same
//! change in batches, on the three products. In pairs that take turns; the figures are those of the median pair.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::backfill::{cost, sizes};
use crate::bench::{Figure, RUNS, ratio, timed};
use crate::mariadb;
use crate::postgres::{self, quiet};
use crate::shell::program;

/// Rows of the table.
const ROWS: u32 = 300_000;

/// Rows a turn of the loop changes.
const TURN: u32 = 1000;

/// Batches at each end whose cost is compared.
const ENDS: usize = 5;

const CHANGE: &str = "UPDATE users SET status = 'active' WHERE status = 'pending';\n";

/// What differs between the products.
struct Product {
    what: &'static str,
    flat: &'static str,
    /// Fills the table.
    fill: &'static str,
    /// One turn of the loop.
    turn: &'static str,
    /// Ours against the loop at most: the inverse of the factor in `facts/safety.md` §5.2.
    limit: f64,
}

const POSTGRES: Product = Product {
    what: "300,000 rows in batches against the IN/LIMIT loop, PostgreSQL",
    flat: "PostgreSQL: a row of the last batches against one of the first",
    fill: "INSERT INTO users SELECT i, 'User' || i || '@Example.com', 'pending', repeat('x', 120) FROM generate_series(1, 300000) i",
    turn: "UPDATE users SET status = 'active' WHERE id IN (SELECT id FROM users WHERE status = 'pending' LIMIT 1000);\n",
    limit: 1.0,
};

const MARIADB: Product = Product {
    what: "300,000 rows in batches against the JOIN/LIMIT loop, MariaDB",
    flat: "MariaDB: a row of the last batches against one of the first",
    fill: "INSERT INTO users SELECT seq, CONCAT('User', seq, '@Example.com'), 'pending', REPEAT('x', 120) FROM seq_1_to_300000",
    turn: "UPDATE users JOIN (SELECT id FROM users WHERE status = 'pending' LIMIT 1000) AS some USING (id) SET status = 'active';\n",
    limit: 1.0 / 11.0,
};

const SQLITE: Product = Product {
    what: "300,000 rows in batches against the IN/LIMIT loop, SQLite",
    flat: "SQLite: a row of the last batches against one of the first",
    fill: "INSERT INTO users WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300000) \
           SELECT i, 'User' || i || '@Example.com', 'pending', printf('%.120c', 'x') FROM n",
    turn: POSTGRES.turn,
    limit: 1.0 / 12.0,
};

/// Measures on the three products.
pub(crate) fn figures(flightplan: &Path, server: &postgres::Server, folder: &Path) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let bench = Loops { flightplan, folder: folder.join("loops-postgres"), product: &POSTGRES };
    figures.extend(bench.figures(&Shell {
        fresh: &|name| server.fresh(name),
        settle: &|name| quiet(server.psql(&server.url(name)).args(["-c", "CHECKPOINT"])),
        command: &|name, script| {
            let mut psql = server.psql(&server.url(name));
            psql.arg("-f").arg(script);
            psql
        },
    })?);
    let maria = mariadb::Server::start(folder.join("mariadb"))?;
    let bench = Loops { flightplan, folder: folder.join("loops-mariadb"), product: &MARIADB };
    figures.extend(bench.figures(&Shell {
        fresh: &|name| maria.fresh(name),
        settle: &|name| quiet(maria.client().arg(name).args(["-e", "FLUSH TABLES users FOR EXPORT; UNLOCK TABLES"])),
        command: &|name, script| {
            let mut client = maria.client();
            client.arg(name).arg("-e").arg(format!("source {}", script.display()));
            client
        },
    })?);
    drop(maria);
    let bench = Loops { flightplan, folder: folder.join("loops-sqlite"), product: &SQLITE };
    let file = |name: &str| bench.folder.join(format!("{name}.db"));
    figures.extend(bench.figures(&Shell {
        fresh: &|name| {
            let _ = std::fs::remove_file(file(name));
            Ok(format!("sqlite://{}", file(name).display()))
        },
        settle: &|_| Ok(()),
        command: &|name, script| {
            let mut shell = Command::new("sqlite3");
            shell.arg(file(name)).arg(format!(".read {}", script.display()));
            shell
        },
    })?);
    Ok(figures)
}

/// How a product is spoken to without ours.
struct Shell<'a> {
    /// An empty database of this name; its address.
    fresh: &'a dyn Fn(&str) -> Result<String>,
    /// Writes to the disk what the filling of the table left to write: it would be written beside what is measured.
    settle: &'a dyn Fn(&str) -> Result<()>,
    /// Runs a script in a database.
    command: &'a dyn Fn(&str, &Path) -> Command,
}

/// The loop, then ours.
struct Pair {
    theirs: Duration,
    ours: Duration,
    /// Milliseconds and rows of each of our batches.
    batches: Vec<(u64, u64)>,
}

struct Loops<'a> {
    flightplan: &'a Path,
    folder: PathBuf,
    product: &'a Product,
}

impl Loops<'_> {
    fn figures(&self, shell: &Shell<'_>) -> Result<Vec<Figure>> {
        let mut pairs = (0..RUNS).map(|_| self.pair(shell)).collect::<Result<Vec<Pair>>>()?;
        pairs.sort_by(|one, other| ratio(one.ours, one.theirs).total_cmp(&ratio(other.ours, other.theirs)));
        let pair = pairs.swap_remove(RUNS / 2);
        let (first, last) = (cost(pair.batches.iter().take(ENDS)), cost(pair.batches.iter().rev().skip(1).take(ENDS)));
        Ok(vec![
            Figure {
                what: self.product.what,
                measured: ratio(pair.ours, pair.theirs),
                limit: self.product.limit,
                unit: "times",
                detail: format!("{:.2} s, loop {:.1} s", pair.ours.as_secs_f64(), pair.theirs.as_secs_f64()),
            },
            Figure {
                what: self.product.flat,
                measured: last / first,
                limit: 1.5,
                unit: "times",
                detail: format!("{first:.1} and {last:.1} us, {} batches", pair.batches.len()),
            },
        ])
    }

    /// Each begins right behind the filling of its table: the other's pages would have driven it out of memory.
    fn pair(&self, shell: &Shell<'_>) -> Result<Pair> {
        let script = self.folder.join("loop.sql");
        self.fill(shell, "looped")?;
        std::fs::write(&script, self.product.turn.repeat((ROWS / TURN) as usize))?;
        let theirs = timed(&mut (shell.command)("looped", &script))?;
        let walked = self.fill(shell, "walked")?;
        std::fs::write(self.folder.join("sql/V2__activate.sql"), CHANGE)?;
        let ours = timed(&mut self.command(&walked, &["migrate"]))?;
        let story = self.command(&walked, &["--format", "json", "runs", "show"]).stdin(Stdio::null()).output()?;
        let batches = sizes(&serde_json::from_slice(&story.stdout).context("the story of the run")?);
        Ok(Pair { ours, theirs, batches })
    }

    /// The table in a new database; its address.
    fn fill(&self, shell: &Shell<'_>, database: &str) -> Result<String> {
        let sql = self.folder.join("sql");
        let _ = std::fs::remove_dir_all(&sql);
        std::fs::create_dir_all(&sql)?;
        let table = "CREATE TABLE users (id bigint PRIMARY KEY, email varchar(200) NOT NULL, status varchar(20), note text)";
        std::fs::write(sql.join("V1__users.sql"), format!("{table};\n{};\n", self.product.fill))?;
        let url = (shell.fresh)(database)?;
        quiet(&mut self.command(&url, &["migrate"]))?;
        (shell.settle)(database)?;
        Ok(url)
    }

    fn command(&self, url: &str, words: &[&str]) -> Command {
        let (folder, source) = (self.folder.to_string_lossy(), format!("flyway:{}", self.folder.join("sql").display()));
        let mut command = program(self.flightplan, &["--project", &folder, "--source", &source, "--url", url]);
        command.args(words);
        command
    }
}
