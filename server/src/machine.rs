//! What this machine lends to the planner: its cores, and what was read before.

use std::any::Any;
use std::sync::OnceLock;

use planner::dialect::Dialect;
use planner::project::{Project, Request};
use planner::statement::reading::{self, Reading};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use rayon::prelude::IndexedParallelIterator;
use rayon::{ThreadPool, ThreadPoolBuilder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::memory::Memory;

/// Fewer pieces of work than this are not worth a thread.
const WORTH: usize = 64;
/// Pieces taken at a time: small enough to end together, large enough not to meet at the counter.
const TAKEN: usize = 16;
/// More threads than this only wait for memory.
const MOST: usize = 16;
/// Bytes of stack, as the main thread has.
const STACK: usize = 8 << 20;

/// Cores and memory.
#[derive(Debug, Default)]
pub struct Machine {
    memory: Option<Memory>,
}

impl Machine {
    /// All cores, and readings kept from earlier runs where there is a memory.
    #[must_use]
    pub const fn new(memory: Option<Memory>) -> Self {
        Self { memory }
    }

    /// What was made of the same project and request before, or what `make` makes of them now.
    pub fn remembered<T: Serialize + DeserializeOwned + Clone + Send + 'static>(
        &self,
        what: &str,
        project: &Project,
        request: &Request,
        make: impl FnOnce() -> T,
    ) -> T {
        match &self.memory {
            Some(memory) => memory.remembered(what, project, request, make),
            None => make(),
        }
    }

    /// Keeps what was read for the next run.
    pub fn keep(&self) {
        if let Some(memory) = &self.memory {
            memory.keep();
        }
    }
}

impl planner::Machine for Machine {
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        each(count, work);
    }

    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        match pool() {
            Some(pool) => drop(pool.install(|| rayon::join(one, other))),
            None => {
                one();
                other();
            }
        }
    }

    fn discard(&self, rubbish: Box<dyn Any + Send>) {
        match pool() {
            Some(pool) => pool.spawn(|| drop(rubbish)),
            None => drop(rubbish),
        }
    }

    fn is_alone(&self) -> bool {
        pool().is_none()
    }

    fn read(&self, text: &str, dialect: Dialect) -> Reading {
        match &self.memory {
            Some(memory) => memory.read(text, dialect),
            None => reading::read(text, dialect),
        }
    }
}

/// Does a long piece of work on one of the threads that share it out: handing parts of it to the others costs no waking up then.
pub fn within<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    match pool() {
        Some(pool) => pool.install(work),
        None => work(),
    }
}

/// Calls `work` once with each number below `count`, on every core.
pub fn each(count: usize, work: &(dyn Fn(usize) + Sync)) {
    match pool().filter(|_| count >= WORTH) {
        Some(pool) => pool.install(|| (0..count).into_par_iter().with_min_len(TAKEN).for_each(work)),
        None => (0..count).for_each(work),
    }
}

/// The threads of this process: they keep what they have allocated for the next piece of work. None where there is one core,
/// or no thread to be had.
fn pool() -> Option<&'static ThreadPool> {
    static POOL: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(MOST);
        let pool = ThreadPoolBuilder::new().num_threads(cores).stack_size(STACK);
        if cores == 1 { None } else { pool.build().ok() }
    });
    pool.as_ref()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn each_number_comes_once() {
        for count in [0, 1, TAKEN, WORTH, 1000] {
            let seen: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
            each(count, &|at| {
                seen[at].fetch_add(1, Ordering::Relaxed);
            });
            assert!(seen.iter().all(|times| times.load(Ordering::Relaxed) == 1), "{count}");
        }
    }
}
