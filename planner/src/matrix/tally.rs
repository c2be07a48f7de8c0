//! The reasons that hold on a schema while a row goes from one to the next.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Verdict;
use super::walk::Field;

/// The reasons on a schema, worst first, and of how many things each is the reason, by its place.
#[derive(Default)]
pub(super) struct Tally {
    counts: Vec<u32>,
    present: BTreeSet<(Reverse<Verdict>, u32)>,
}

impl Tally {
    pub(super) fn add(&mut self, reasons: &[u32], field: &Field<'_>) {
        for reason in reasons {
            let at = *reason as usize;
            if at >= self.counts.len() {
                self.counts.resize(at + 1, 0);
            }
            if let Some(count) = self.counts.get_mut(at) {
                *count += 1;
                if *count == 1 {
                    self.present.insert((Reverse(field.verdict(*reason)), *reason));
                }
            }
        }
    }

    pub(super) fn take(&mut self, reasons: &[u32], field: &Field<'_>) {
        for reason in reasons {
            if let Some(count) = self.counts.get_mut(*reason as usize).filter(|count| **count > 0) {
                *count -= 1;
                if *count == 0 {
                    self.present.remove(&(Reverse(field.verdict(*reason)), *reason));
                }
            }
        }
    }

    /// The worst verdict, at most so many of the worst reasons, and how many there are besides.
    pub(super) fn worst(&self, most: usize) -> (Verdict, Vec<u32>, usize) {
        let verdict = self.present.first().map(|(verdict, _)| verdict.0).unwrap_or_default();
        let found: Vec<u32> = self.present.iter().take(most).map(|(_, reason)| *reason).collect();
        let more = self.present.len() - found.len();
        (verdict, found, more)
    }

    pub(super) fn of(&self, verdict: Verdict) -> Vec<u32> {
        self.present.iter().filter(|(own, _)| own.0 == verdict).map(|(_, reason)| *reason).collect()
    }
}
