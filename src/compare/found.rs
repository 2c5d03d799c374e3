//! What a comparison found: the counters in each view of unreadable cells, and
//! the rows to show, those of the smallest keys.
//!
//! Parts are found partition by partition, on any worker, and merged; nothing
//! in the result depends on the order in which that happens.

use super::Cause;
use super::cells::{RowDiff, Tolerance};
use super::join::Scope;
use super::sample::Smallest;
use super::views::Views;
use super::watch::Watch;
use crate::error::Side;
use crate::value::{Cell, show};

/// How many differing cells each column keeps to show.
pub const EXAMPLES: usize = 3;

/// Two rows of one key that differ.
#[derive(Clone, Debug)]
pub struct Pair {
    pub old: Box<[u8]>,
    pub new: Box<[u8]>,
    pub diff: RowDiff,
    /// Whether it may still become equal.
    pub moving: bool,
}

/// A row that only one side has.
#[derive(Clone, Debug)]
pub struct Alone {
    /// The whole canonical row.
    pub row: Box<[u8]>,
    /// Whether it may still come to both sides, or go from both.
    pub moving: bool,
}

/// Two cells of one key that differ.
#[derive(Clone, Debug)]
pub struct CellPair {
    pub old: Box<[u8]>,
    pub new: Box<[u8]>,
    pub cause: Cause,
}

/// What was found in some of the keys. Keys are canonical rows cut after the key.
#[derive(Clone, Debug)]
pub struct Found {
    pub views: Views,
    pub differing: Smallest<Pair>,
    pub missing: Smallest<Alone>,
    pub extra: Smallest<Alone>,
    /// How many rows each side has.
    pub duplicated: Smallest<[u64; 2]>,
    /// By column.
    pub examples: Vec<Smallest<CellPair>>,
}

/// What the joining of a dataset needs to know of its plan.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// How many cells of a row are its key.
    pub key: usize,
    /// One per column.
    pub tolerances: &'a [Option<Tolerance>],
    /// Which keys are compared.
    pub scope: Scope,
    /// How many rows of each kind are kept to show.
    pub keep: usize,
    /// Whether and how keys that do not match are watched.
    pub watch: Watch<'a>,
}

impl Rules<'_> {
    pub fn key_of<'r>(&self, row: &'r [u8]) -> &'r [u8] {
        let mut rest = row;
        for _ in 0..self.key {
            rest = Cell::split(rest).1;
        }
        &row[..row.len() - rest.len()]
    }
}

impl Found {
    pub fn new(rules: Rules<'_>) -> Self {
        let columns = rules.tolerances.len();
        Found {
            views: Views::new(columns, rules.scope),
            differing: Smallest::new(rules.keep),
            missing: Smallest::new(rules.keep),
            extra: Smallest::new(rules.keep),
            duplicated: Smallest::new(rules.keep),
            examples: vec![Smallest::new(EXAMPLES); columns],
        }
    }

    /// Counts two rows of one key that have been compared.
    pub fn add_pair(&mut self, pair: &RowPair<'_>, rules: Rules<'_>) {
        self.views
            .count_pair(pair.diff, pair.by_rules, pair.unclear);
        if pair.diff.differs() {
            let key = rules.key_of(pair.old);
            self.keep_examples(key, pair);
            self.differing.offer(key, || Pair {
                old: shortened(pair.old),
                new: shortened(pair.new),
                diff: pair.diff.clone(),
                moving: pair.moving,
            });
        }
    }

    /// Keeps a row that only this side has.
    pub fn keep_alone(&mut self, side: Side, row: &[u8], moving: bool, rules: Rules<'_>) {
        let kept = match side {
            Side::Old => &mut self.missing,
            Side::New => &mut self.extra,
        };
        let row_of = || Alone {
            row: shortened(row),
            moving,
        };
        kept.offer(rules.key_of(row), row_of);
    }

    fn keep_examples(&mut self, key: &[u8], pair: &RowPair<'_>) {
        let diff = pair.diff;
        let mut wanted = diff.causes().filter(|(_, cause)| cause.is_some());
        if !wanted.any(|(index, _)| self.examples[index].wants(key)) {
            return;
        }
        let cells = crate::value::cells(pair.old).zip(crate::value::cells(pair.new));
        for ((index, cause), (old, new)) in diff.causes().zip(cells) {
            let Some(cause) = cause else { continue };
            self.examples[index].offer(key, || CellPair {
                old: shortened(old.bytes),
                new: shortened(new.bytes),
                cause,
            });
        }
    }

    pub fn merge(&mut self, other: Found) {
        self.views += &other.views;
        self.differing.merge(other.differing);
        self.missing.merge(other.missing);
        self.extra.merge(other.extra);
        self.duplicated.merge(other.duplicated);
        for (mine, theirs) in self.examples.iter_mut().zip(other.examples) {
            mine.merge(theirs);
        }
    }

    /// All of it, leaving nothing.
    pub fn take(&mut self) -> Found {
        let nothing = Found {
            views: self.views.emptied(),
            differing: self.differing.emptied(),
            missing: self.missing.emptied(),
            extra: self.extra.emptied(),
            duplicated: self.duplicated.emptied(),
            examples: self.examples.iter().map(Smallest::emptied).collect(),
        };
        std::mem::replace(self, nothing)
    }

    /// The rows of which a later reading is to show that they have not moved.
    pub fn mark_moving(&mut self) {
        self.differing.each_mut(|pair| pair.moving = true);
        self.missing.each_mut(|row| row.moving = true);
        self.extra.each_mut(|row| row.moving = true);
    }
}

/// Two rows of one key, compared.
#[derive(Clone, Copy)]
pub struct RowPair<'a> {
    pub old: &'a [u8],
    pub new: &'a [u8],
    pub diff: &'a RowDiff,
    /// Whether the rows, if they match, do so only because of rules.
    pub by_rules: bool,
    /// Whether their key does not parse.
    pub unclear: bool,
    pub moving: bool,
}

/// The row with every long cell cut to what a report shows of it, so that rows
/// that are kept to show take memory by their number, not by their size.
fn shortened(row: &[u8]) -> Box<[u8]> {
    if row.len() <= show::LIMIT {
        return row.into();
    }
    let mut short = Vec::new();
    for cell in crate::value::cells(row) {
        show::shorten(cell, &mut short);
    }
    short.into()
}
