//! Which columns could name a row, where nobody says: those that are unique and
//! never NULL on both sides, and have values in common; where no single one
//! does, pairs of them. Advice only: what a verification joins by is always said.
//!
//! Data that is being moved is seldom clean, so a column that is nearly a key is
//! told too. Values are remembered as 64-bit hashes, and a column is forgotten
//! once it has too many faults, so that the search fits into a bounded part of
//! the memory.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

use crate::error::Side;

/// How many values are remembered at most, over all columns and both sides.
const REMEMBERED: usize = 1 << 23;
/// Faults that are always borne with until all rows have been seen.
const EARLY: u64 = 1000;
/// Pairs are made of so many columns at most.
const PAIRED: usize = 16;

/// One or two columns that may name a row.
#[derive(Debug)]
pub struct Candidate {
    pub columns: Vec<usize>,
    alive: AtomicBool,
    /// Rows that repeat a value or have none.
    faults: AtomicU64,
    /// Old, new.
    seen: [Mutex<HashSet<u64>>; 2],
}

/// A search among some candidates; shared by all workers.
#[derive(Debug)]
pub struct Search {
    candidates: Vec<Candidate>,
    remembered: AtomicUsize,
    limit: usize,
    /// Whether a candidate may have faults: one, and one more each twenty rows.
    lenient: bool,
    /// Whether the limit was met: then only a part of the rows was compared.
    cut: AtomicBool,
}

/// A key that would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub columns: Vec<usize>,
    /// Of the values of the side that has fewer, how many in a thousand the
    /// other has too.
    pub shared: u64,
    /// How many rows repeat a value or have none; 0: it is a key.
    pub faults: u64,
}

impl Search {
    /// Among single columns, also those that are nearly keys.
    pub fn singles(columns: usize) -> Search {
        let singles = (0..columns).map(|column| vec![column]);
        Search {
            lenient: true,
            ..Search::among(singles, REMEMBERED)
        }
    }

    /// Among all pairs of these columns, as far as they are not too many.
    pub fn pairs(columns: &[usize]) -> Search {
        let columns = &columns[..columns.len().min(PAIRED)];
        let second = |(at, first): (usize, &usize)| {
            let rest = columns[at + 1..].iter();
            rest.map(|second| vec![*first, *second]).collect::<Vec<_>>()
        };
        Search::among(columns.iter().enumerate().flat_map(second), REMEMBERED)
    }

    fn among(candidates: impl Iterator<Item = Vec<usize>>, limit: usize) -> Search {
        let candidate = |columns| Candidate {
            columns,
            alive: AtomicBool::new(true),
            faults: AtomicU64::new(0),
            seen: Default::default(),
        };
        Search {
            candidates: candidates.map(candidate).collect(),
            remembered: AtomicUsize::new(0),
            limit,
            lenient: false,
            cut: AtomicBool::new(false),
        }
    }

    /// Whether a candidate has this column: its cells need to be hashed.
    pub fn needs(&self, column: usize) -> bool {
        let alive = self.candidates.iter().filter(|candidate| candidate.alive());
        alive
            .into_iter()
            .any(|candidate| candidate.columns.contains(&column))
    }

    /// Adds some rows of one side: of each column that is needed its cells'
    /// hashes, `None` for a cell that can be part of no key.
    pub fn add(&self, side: Side, columns: &[Vec<Option<u64>>]) {
        for candidate in self.candidates.iter().filter(|candidate| candidate.alive()) {
            if !candidate.add(side, columns, self) {
                candidate.forget(self);
            }
        }
    }

    /// How many faults a candidate may have that has so many values.
    fn allowed(&self, values: usize) -> u64 {
        match self.lenient {
            true => 1 + values as u64 / 20,
            false => 0,
        }
    }

    /// The same while rows are still to come: their order must not decide.
    fn allowed_so_far(&self, values: usize) -> u64 {
        match self.lenient {
            true => EARLY + self.allowed(values),
            false => 0,
        }
    }

    /// Adds a value; whether it is a new one.
    fn remember(&self, hash: u64, seen: &mut HashSet<u64>) -> bool {
        if self.remembered.load(Ordering::Relaxed) >= self.limit {
            self.cut.store(true, Ordering::Relaxed);
            return !seen.contains(&hash);
        }
        let is_new = seen.insert(hash);
        self.remembered
            .fetch_add(usize::from(is_new), Ordering::Relaxed);
        is_new
    }

    /// The keys that would do, in the order of their columns.
    pub fn found(&self) -> Vec<Found> {
        let sound = self.candidates.iter().filter(|candidate| {
            let values = candidate.lock(Side::Old).len() + candidate.lock(Side::New).len();
            let faults = candidate.faults.load(Ordering::Relaxed);
            candidate.alive() && faults <= self.allowed(values)
        });
        let found = sound.map(|candidate| Found {
            columns: candidate.columns.clone(),
            shared: candidate.shared(),
            faults: candidate.faults.load(Ordering::Relaxed),
        });
        found.filter(|found| found.shared > 0).collect()
    }

    /// Whether there were more values than could be remembered.
    pub fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }
}

impl Candidate {
    fn alive(&self) -> bool {
        self.alive.load(Ordering::Relaxed)
    }

    fn lock(&self, side: Side) -> MutexGuard<'_, HashSet<u64>> {
        // Nothing panics while it holds this lock.
        let held = self.seen[side.index()].lock();
        held.unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Whether it can still be a key with these rows.
    fn add(&self, side: Side, columns: &[Vec<Option<u64>>], search: &Search) -> bool {
        let rows = self
            .columns
            .first()
            .map_or(0, |first| columns[*first].len());
        let mut seen = self.lock(side);
        let repeats = |row: &usize| {
            let cells = self.columns.iter().map(|column| columns[*column][*row]);
            !joined(cells).is_some_and(|hash| search.remember(hash, &mut seen))
        };
        let more = (0..rows).filter(repeats).count() as u64;
        let faults = self.faults.fetch_add(more, Ordering::Relaxed) + more;
        faults <= search.allowed_so_far(seen.len())
    }

    fn forget(&self, search: &Search) {
        self.alive.store(false, Ordering::Relaxed);
        for side in Side::BOTH {
            let seen = std::mem::take(&mut *self.lock(side));
            search.remembered.fetch_sub(seen.len(), Ordering::Relaxed);
        }
    }

    fn shared(&self) -> u64 {
        let (old, new) = (self.lock(Side::Old), self.lock(Side::New));
        let (few, many) = match old.len() <= new.len() {
            true => (&old, &new),
            false => (&new, &old),
        };
        let shared = few.iter().filter(|hash| many.contains(hash)).count();
        let all = few.len().max(1);
        // One value in common of very many is still one.
        match shared {
            0 => 0,
            shared => ((shared as u64 * 1000) / all as u64).max(1),
        }
    }
}

/// One hash of some cells, in order.
fn joined(cells: impl Iterator<Item = Option<u64>>) -> Option<u64> {
    cells.into_iter().try_fold(0_u64, |joined, cell| {
        Some(joined.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ cell?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[u64]) -> Vec<Option<u64>> {
        values.iter().map(|value| Some(*value)).collect()
    }

    #[test]
    fn a_key_is_unique_and_whole_on_both_sides_and_shared() {
        let search = Search::among((0..5).map(|column| vec![column]), 100);
        // unique; twice in new; NULL in new; nothing in common; half in common
        search.add(
            Side::Old,
            &[&[1, 2], &[1, 2], &[1, 2], &[1, 2], &[1, 2]].map(|values| column(values)),
        );
        let mut new = [&[2, 1], &[3, 3], &[1, 2], &[3, 4], &[2, 3]].map(|values| column(values));
        new[2][1] = None;
        search.add(Side::New, &new);
        let found = |columns, shared| Found {
            columns,
            shared,
            faults: 0,
        };
        assert_eq!(search.found(), [found(vec![0], 1000), found(vec![4], 500)]);
        assert_eq!(search.remembered.load(Ordering::Relaxed), 12);
        assert!(!search.is_cut());
    }

    #[test]
    fn a_duplicate_in_a_later_batch_ends_a_candidate() {
        let search = Search::among([vec![0]].into_iter(), 100);
        search.add(Side::Old, &[column(&[1, 2])]);
        search.add(Side::Old, &[column(&[3, 1])]);
        assert!(search.found().is_empty() && !search.needs(0));
    }

    #[test]
    fn a_column_that_is_nearly_a_key_says_how_nearly() {
        let search = Search::singles(2);
        let values: Vec<u64> = (0..300).collect();
        let with = |repeated: usize| column(&[&vec![1; repeated], &values[..]].concat());
        search.add(Side::Old, &[with(0), with(32)]);
        search.add(Side::New, &[with(31), with(0)]);
        let found = search.found();
        let found: Vec<_> = found
            .iter()
            .map(|found| (found.columns[0], found.faults))
            .collect();
        assert_eq!(found, [(0, 31)], "of 600 values 31 may repeat, not 32");
    }

    #[test]
    fn pairs_are_ordered_pairs_of_columns() {
        let search = Search::pairs(&[0, 1, 2]);
        for side in Side::BOTH {
            search.add(
                side,
                &[column(&[1, 1, 2]), column(&[1, 2, 1]), column(&[7, 7, 7])],
            );
        }
        let found: Vec<_> = search
            .found()
            .into_iter()
            .map(|found| found.columns)
            .collect();
        assert_eq!(found, [[0, 1]]);
    }

    #[test]
    fn memory_is_bounded_and_said_to_be() {
        let search = Search::among([vec![0]].into_iter(), 3);
        search.add(Side::Old, &[column(&[1, 2, 3, 4, 5])]);
        assert!(search.is_cut());
        assert_eq!(search.remembered.load(Ordering::Relaxed), 3);
    }
}
