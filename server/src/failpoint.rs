//! Places where the kill tests end the process: `FLIGHTPLAN_FAILPOINT=name:nth`, in debug builds only.

/// The process is killed here (as by `kill -9`) when the environment names this point and it is reached the nth time.
#[cfg(debug_assertions)]
pub fn reach(name: &str) {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static REACHED: AtomicUsize = AtomicUsize::new(0);
    let Ok(wanted) = std::env::var("FLIGHTPLAN_FAILPOINT") else { return };
    let (point, nth) = wanted.split_once(':').unwrap_or((&wanted, "1"));
    if point != name {
        return;
    }
    if REACHED.fetch_add(1, Ordering::SeqCst) + 1 == nth.parse().unwrap_or(1) {
        let _ = std::process::Command::new("kill").args(["-9", &std::process::id().to_string()]).status();
        // The signal is on its way; nothing more may happen in this process.
        loop {
            std::thread::park();
        }
    }
}

/// Release builds have no failpoints.
#[cfg(not(debug_assertions))]
pub const fn reach(_name: &str) {}
