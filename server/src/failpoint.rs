//! Places where the kill tests end or halt the process, in debug builds only: `FLIGHTPLAN_FAILPOINT=NAME:NTH` kills it
//! there, `NAME:NTH:MICROSECONDS` so much later, `stop:NAME:NTH` halts it until somebody lets it go on. The name `any`
//! stands for every point.

/// The process is killed here (as by `kill -9`), or halted, when the environment names this point and it is reached the
/// nth time.
#[cfg(debug_assertions)]
pub fn reach(name: &str) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    if RESTING.load(Ordering::SeqCst) {
        return;
    }
    static REACHED: AtomicUsize = AtomicUsize::new(0);
    let Ok(wanted) = std::env::var("FLIGHTPLAN_FAILPOINT") else { return };
    let (halts, wanted) = wanted.strip_prefix("stop:").map_or((false, wanted.as_str()), |rest| (true, rest));
    let mut parts = wanted.split(':');
    let point = parts.next().unwrap_or_default();
    if point != name && point != "any" {
        return;
    }
    let mut number = |default| parts.next().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (nth, later): (u64, u64) = (number(1), number(0));
    if REACHED.fetch_add(1, Ordering::SeqCst) as u64 + 1 != nth {
        return;
    }
    if halts {
        signal("-STOP");
    } else if later > 0 {
        std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_micros(later));
            signal("-KILL");
        });
    } else {
        signal("-KILL");
        // The signal is on its way; nothing more may happen in this process.
        loop {
            std::thread::park();
        }
    }
}

#[cfg(debug_assertions)]
fn signal(name: &str) {
    let _ = std::process::Command::new("kill").args([name, &std::process::id().to_string()]).status();
}

/// Release builds have no failpoints.
#[cfg(not(debug_assertions))]
pub const fn reach(_name: &str) {}

static RESTING: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// While it is there nothing is reached: the control store makes its tables with the executor, too, and the points of the
/// kill tests are those of the target.
#[derive(Debug)]
pub struct Rest(());

/// Nothing is reached from here on.
#[must_use]
pub fn rest() -> Rest {
    RESTING.store(true, std::sync::atomic::Ordering::SeqCst);
    Rest(())
}

impl Drop for Rest {
    fn drop(&mut self) {
        RESTING.store(false, std::sync::atomic::Ordering::SeqCst);
    }
}
