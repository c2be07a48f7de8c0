//! A whole script to statements: cut, then read. The one stage whose cost a caller may share out or keep, because it
//! depends on nothing but a text and a dialect.

use std::any::Any;
use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::operation::Operation;
use super::parse::{SyntaxError, parse};
use super::split::{Piece, SplitError, split};
use crate::dialect::Dialect;

/// What a script holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Its statements in order.
    pub statements: Vec<ReadStatement>,
    /// What keeps it from being cut.
    #[serde(skip)]
    pub errors: Vec<SplitError>,
}

/// One statement of a script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadStatement {
    /// Bytes of the statement; see [`Piece::range`].
    pub range: Range<usize>,
    /// Bytes of its `COPY` data; see [`Piece::copy_data`].
    pub copy_data: Option<Range<usize>>,
    /// What it means.
    pub operations: Vec<Operation>,
    /// The first thing in it that cannot be read.
    pub error: Option<SyntaxError>,
}

/// Cuts and reads a script. Takes time linear in the text.
#[must_use]
pub fn read(text: &str, dialect: Dialect) -> Reading {
    let (pieces, errors) = split(text, dialect);
    let statement = |Piece { range, copy_data }: Piece| {
        let (mut operations, syntax_errors) = parse(text.get(range.clone()).unwrap_or(""), dialect);
        // Nearly always it is one, with room for four.
        operations.shrink_to_fit();
        ReadStatement { range, copy_data, operations, error: syntax_errors.into_iter().next() }
    };
    Reading { statements: pieces.into_iter().map(statement).collect(), errors }
}

/// What the caller's machine lends: the planner itself has neither threads nor a memory between two calls.
///
/// Whatever a caller does here, the report stays the same, byte for byte; only the time it takes may change.
pub trait Machine: Sync {
    /// Calls `work` once with each number below `count`, in any order and from any thread, and returns when all is done.
    fn each(&self, count: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..count).for_each(work);
    }

    /// Calls both, in any order or at once, and returns when both are done.
    fn both(&self, one: &mut (dyn FnMut() + Send), other: &mut (dyn FnMut() + Send)) {
        one();
        other();
    }

    /// Takes what is no longer wanted, to be dropped whenever there is time.
    fn discard(&self, rubbish: Box<dyn Any + Send>) {
        drop(rubbish);
    }

    /// Whether [`Self::each`] does one after the other.
    fn is_alone(&self) -> bool {
        true
    }

    /// The same as [`read`], which may come from memory.
    fn read(&self, text: &str, dialect: Dialect) -> Reading {
        read(text, dialect)
    }
}

/// One thread and no memory: the browser, and the tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Machine for Alone {}

/// What two pieces of work make.
pub(crate) fn both<A: Send, B: Send>(
    machine: &dyn Machine,
    one: impl Fn() -> A + Send + Sync,
    other: impl Fn() -> B + Send + Sync,
) -> (A, B) {
    let (mut made, mut more) = (None, None);
    machine.both(&mut || made = Some(one()), &mut || more = Some(other()));
    // A machine that left one out has it done here.
    (made.unwrap_or_else(one), more.unwrap_or_else(other))
}

/// The results of `work` for each number below `count`, in order.
pub(crate) fn collect<T: Send + Sync>(
    machine: &dyn Machine,
    count: usize,
    work: impl Fn(usize) -> T + Sync,
) -> impl ExactSizeIterator<Item = T> {
    let slots: Vec<OnceLock<T>> = (0..count).map(|_| OnceLock::new()).collect();
    machine.each(count, &|at| {
        if let Some(slot) = slots.get(at) {
            slot.get_or_init(|| work(at));
        }
    });
    // A machine that left one out has it done here.
    slots.into_iter().enumerate().map(move |(at, slot)| slot.into_inner().unwrap_or_else(|| work(at)))
}
