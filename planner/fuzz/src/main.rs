//! The driver: `planner-fuzz ROOT [--inputs N] [--seconds N] [--seed N] [--target NAME] [--from N]`.
//!
//! A parent starts a child that feeds inputs by number; the same seed and number give the same input on every machine. A
//! panic is caught in the child. If the child dies (stack, memory) the parent starts it again behind the batch, one
//! input at a time, until it knows which one it was. What breaks a promise, or takes too long for its length, is written to
//! `target/fuzz/` and told at the end; the exit code is then 1.

#![allow(clippy::print_stdout, reason = "the numbers are the result")]

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use planner_fuzz::corpus::Corpus;
use planner_fuzz::mutate::mutate;
use planner_fuzz::random::Random;
use planner_fuzz::target::{Target, hold};

/// Inputs between two signs of life of the child.
const BATCH: u64 = 500;
/// Most bytes of an input.
const LENGTHS: [usize; 4] = [120, 400, 1500, 6000];
/// What an input may take of a processor: so much, and so much more for each of its bytes. The checks of this build make
/// everything some ten times slower.
const LEAST: Duration = Duration::from_millis(1500);
const A_BYTE: Duration = Duration::from_micros(400);

fn main() -> Result<ExitCode> {
    let arguments = Arguments::read()?;
    if arguments.child {
        child(&arguments)?;
        return Ok(ExitCode::SUCCESS);
    }
    let found = parent(&arguments)?;
    Ok(if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Clone, Debug)]
struct Arguments {
    root: PathBuf,
    inputs: u64,
    seconds: Option<u64>,
    seed: u64,
    from: u64,
    target: Option<Target>,
    child: bool,
}

impl Arguments {
    fn read() -> Result<Self> {
        let mut words = std::env::args().skip(1);
        let root = words.next().context("name the root of the repository")?.into();
        let mut arguments = Self { root, inputs: u64::MAX, seconds: None, seed: 1, from: 0, target: None, child: false };
        while let Some(word) = words.next() {
            if word == "--child" {
                arguments.child = true;
                continue;
            }
            let value = words.next().with_context(|| format!("{word} needs a value"))?;
            let number = || value.parse::<u64>().with_context(|| format!("{word}: {value:?} is no number"));
            match word.as_str() {
                "--inputs" => arguments.inputs = number()?,
                "--seconds" => arguments.seconds = Some(number()?),
                "--seed" => arguments.seed = number()?,
                "--from" => arguments.from = number()?,
                "--target" => {
                    let named = Target::ALL.into_iter().find(|target| target.name() == value);
                    arguments.target = Some(named.with_context(|| format!("there is no target {value:?}"))?);
                }
                _ => bail!("{word:?} is no option; use --inputs, --seconds, --seed, --from or --target"),
            }
        }
        if arguments.inputs == u64::MAX && arguments.seconds.is_none() {
            arguments.inputs = 100_000;
        }
        Ok(arguments)
    }
}

/// An input by its number.
fn input(corpus: &Corpus, arguments: &Arguments, number: u64) -> (Target, Vec<u8>) {
    let mut random = Random::new(arguments.seed.wrapping_mul(0x5851_F42D_4C95_7F2D) ^ number);
    random.bits();
    // The pipeline is the dearest and holds all the others.
    let target = arguments.target.unwrap_or(match random.below(10) {
        0..=3 => Target::Splitter,
        4..=6 => Target::Parser,
        7 => Target::Interpreter,
        _ => Target::Pipeline,
    });
    let texts = match target {
        Target::Splitter | Target::Parser => &corpus.scripts,
        Target::Interpreter => &corpus.revisions,
        Target::Pipeline => &corpus.projects,
    };
    let pick = |random: &mut Random| texts.get(random.below(texts.len())).map_or("", String::as_str);
    let (base, other) = (pick(&mut random), pick(&mut random));
    let most = LENGTHS.get(random.below(LENGTHS.len())).copied().unwrap_or(400);
    let mut bytes = vec![u8::try_from(random.below(256)).unwrap_or(0)];
    bytes.extend(mutate(base, other, &mut random, most));
    (target, bytes)
}

fn child(arguments: &Arguments) -> Result<()> {
    let corpus = Corpus::read(&arguments.root)?;
    std::panic::set_hook(Box::new(|_| {}));
    let mut out = std::io::stdout().lock();
    for number in arguments.from..arguments.from.saturating_add(arguments.inputs) {
        let (target, bytes) = input(&corpus, arguments, number);
        let (started, before) = (Instant::now(), processor_time());
        let held = std::panic::catch_unwind(|| hold(target, &bytes));
        let wall = started.elapsed();
        // A machine with other work lets a process wait.
        let took = before.zip(processor_time()).map_or(wall, |(before, after)| after.saturating_sub(before).min(wall));
        if let Err(payload) = held {
            let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
            report(&mut out, number, target, text.unwrap_or("a panic"))?;
        } else if took > LEAST + A_BYTE * u32::try_from(bytes.len()).unwrap_or(u32::MAX) {
            report(&mut out, number, target, &format!("took {took:?} for {} bytes", bytes.len()))?;
        }
        if (number + 1 - arguments.from).is_multiple_of(BATCH) {
            writeln!(out, "at {}", number + 1)?;
            out.flush()?;
        }
    }
    writeln!(out, "at {}", arguments.from.saturating_add(arguments.inputs))?;
    out.flush().map_err(Into::into)
}

/// What this thread has had of a processor so far, where the system tells (Linux).
fn processor_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn report(out: &mut impl Write, number: u64, target: Target, what: &str) -> Result<()> {
    let line: String = what.chars().take(400).map(|c| if c == '\n' { ' ' } else { c }).collect();
    writeln!(out, "broken {number} {} {line}", target.name())?;
    out.flush().map_err(Into::into)
}

/// Feeds all inputs; how many broke a promise.
fn parent(arguments: &Arguments) -> Result<u64> {
    let corpus = Corpus::read(&arguments.root)?;
    let folder = arguments.root.join("target/fuzz");
    std::fs::create_dir_all(&folder)?;
    let until = arguments.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let (started, end) = (Instant::now(), arguments.from.saturating_add(arguments.inputs));
    let mut found = 0;
    let mut tell = |number: u64, what: &str| -> Result<()> {
        let (target, bytes) = input(&corpus, arguments, number);
        let file = folder.join(format!("{}-{}-{number}", target.name(), arguments.seed));
        std::fs::write(&file, bytes)?;
        println!("{}: {what}", file.display());
        found += 1;
        Ok(())
    };
    let mut at = arguments.from;
    while at < end && until.is_none_or(|until| Instant::now() < until) {
        let reached = feed(arguments, at, end - at, until, &mut tell)?;
        if reached.done {
            at = reached.at;
            break;
        }
        // It died somewhere in the batch behind the last sign of life.
        at = reached.at;
        let mut deadly = None;
        for number in at..end.min(at + BATCH) {
            if !feed(arguments, number, 1, None, &mut |_, _| Ok(()))?.done {
                deadly = Some(number);
                break;
            }
        }
        let Some(number) = deadly else {
            bail!("the driver died behind input {at}, but none of the next {BATCH} kills it alone");
        };
        tell(number, "the process died: no stack or memory left")?;
        at = number + 1;
    }
    let seconds = started.elapsed().as_secs();
    println!("{} inputs in {seconds} s, seed {}: {found} broke a promise", at - arguments.from, arguments.seed);
    Ok(found)
}

/// How far a child came.
struct Reached {
    at: u64,
    done: bool,
}

fn feed(
    arguments: &Arguments,
    from: u64,
    inputs: u64,
    until: Option<Instant>,
    tell: &mut dyn FnMut(u64, &str) -> Result<()>,
) -> Result<Reached> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(&arguments.root).args(["--child", "--seed", &arguments.seed.to_string()]);
    command.args(["--from", &from.to_string(), "--inputs", &inputs.to_string()]);
    if let Some(target) = arguments.target {
        command.args(["--target", target.name()]);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    let output = child.stdout.take().context("the child has an output")?;
    let mut at = from;
    for line in BufReader::new(output).lines() {
        let line = line?;
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next().and_then(|number| number.parse::<u64>().ok())) {
            (Some("at"), Some(number)) => {
                at = number;
                progress(&arguments.root, at);
            }
            (Some("broken"), Some(number)) => tell(number, words.next().unwrap_or_default())?,
            _ => {}
        }
        if until.is_some_and(|until| Instant::now() >= until) {
            let _ = child.kill();
            let _ = child.wait();
            return Ok(Reached { at, done: true });
        }
    }
    let done = child.wait()?.success();
    Ok(Reached { at, done })
}

/// A long run says how far it is where somebody looks for it.
fn progress(root: &Path, at: u64) {
    let _ = std::fs::write(root.join("target/fuzz/at"), format!("{at}\n"));
}
