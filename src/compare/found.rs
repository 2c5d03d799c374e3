//! What a comparison found: the counters in each view of unreadable cells, and
//! the rows to show, those of the smallest keys.
//!
//! Parts are found partition by partition, on any worker, and merged; nothing
//! in the result depends on the order in which that happens.

use std::borrow::Cow;

use super::cells::{RowDiff, Tolerance, View};
use super::join::{self, Pairing, Print};
use super::sample::Smallest;
use super::{Cause, Tally};
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
    /// Indexed by `View as usize`.
    pub views: [Tally; 3],
    pub differing: Smallest<Pair>,
    /// The whole canonical row.
    pub missing: Smallest<Box<[u8]>>,
    pub extra: Smallest<Box<[u8]>>,
    /// How many rows each side has.
    pub duplicated: Smallest<[u64; 2]>,
    /// By column.
    pub examples: Vec<Smallest<CellPair>>,
    /// Keys that do not parse, as the view of all that is unreadable being equal
    /// would count them; kept apart because there they may all be one key.
    unclear: Tally,
    /// The pair compared last, for its memory.
    scratch: RowDiff,
}

/// What the joining of a dataset needs to know of its plan.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// How many cells of a row are its key.
    pub key: usize,
    /// One per column.
    pub tolerances: &'a [Option<Tolerance>],
    /// How many rows of each kind are kept to show.
    pub keep: usize,
}

impl Rules<'_> {
    fn key_of<'r>(&self, row: &'r [u8]) -> &'r [u8] {
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
            views: View::ALL.map(|_| Tally::new(columns)),
            differing: Smallest::new(rules.keep),
            missing: Smallest::new(rules.keep),
            extra: Smallest::new(rules.keep),
            duplicated: Smallest::new(rules.keep),
            examples: vec![Smallest::new(EXAMPLES); columns],
            unclear: Tally::new(columns),
            scratch: RowDiff::default(),
        }
    }

    pub fn view(&self, view: View) -> &Tally {
        &self.views[view as usize]
    }

    /// Counts one key of a partition whose rows are all at hand: `row` gives
    /// the canonical row of a print.
    pub fn add<'r, E>(
        &mut self,
        pairing: &Pairing<'_>,
        unclear: bool,
        rules: Rules<'_>,
        row: impl Fn(Side, &Print) -> Result<Cow<'r, [u8]>, E>,
    ) -> Result<(), E> {
        self.count(pairing, unclear);
        match *pairing {
            Pairing::Matched { .. } => {}
            Pairing::Undecided(old, new) => {
                let by_rules = old.plain() != new.plain();
                let (old, new) = (row(Side::Old, old)?, row(Side::New, new)?);
                self.add_pair([&old, &new], by_rules, unclear, rules);
            }
            Pairing::Missing(print) => {
                keep_row(&mut self.missing, &row(Side::Old, print)?, rules);
            }
            Pairing::Extra(print) => {
                keep_row(&mut self.extra, &row(Side::New, print)?, rules);
            }
            Pairing::Duplicated(old, new) => {
                let row = match (old.first(), new.first()) {
                    (Some(print), _) => row(Side::Old, print)?,
                    (None, Some(print)) => row(Side::New, print)?,
                    (None, None) => return Ok(()),
                };
                let counts = [old.len() as u64, new.len() as u64];
                self.duplicated.offer(rules.key_of(&row), || counts);
            }
        }
        Ok(())
    }

    /// Counts one key of which only the prints are at hand; an undecided pair
    /// counts as neither matched nor differing.
    pub fn count(&mut self, pairing: &Pairing<'_>, unclear: bool) {
        for view in View::ALL {
            join::count(self.tally(view, unclear), pairing);
        }
        if unclear {
            self.count_different(pairing);
        }
    }

    /// Where a key is counted in a view.
    fn tally(&mut self, view: View, unclear: bool) -> &mut Tally {
        match (view, unclear) {
            (View::AllEqual, true) => &mut self.unclear,
            _ => &mut self.views[view as usize],
        }
    }

    /// A key that does not parse is, all being different, equal to no other.
    fn count_different(&mut self, pairing: &Pairing<'_>) {
        let different = &mut self.views[View::AllDifferent as usize];
        match *pairing {
            Pairing::Matched { by_rules } => {
                different.matched -= 1;
                different.equal_by_rules -= u64::from(by_rules);
                different.missing += 1;
                different.extra += 1;
            }
            Pairing::Undecided(..) => {
                different.missing += 1;
                different.extra += 1;
            }
            Pairing::Missing(_) | Pairing::Extra(_) => {}
            Pairing::Duplicated(old, new) => {
                different.duplicated -= 1;
                different.sides[0].duplicated -= u64::from(old.len() > 1);
                different.sides[1].duplicated -= u64::from(new.len() > 1);
                different.missing += old.len() as u64;
                different.extra += new.len() as u64;
            }
        }
    }

    fn add_pair(&mut self, rows: [&[u8]; 2], by_rules: bool, unclear: bool, rules: Rules<'_>) {
        let [old, new] = rows;
        let mut diff = std::mem::take(&mut self.scratch);
        diff.compare(old, new, rules.tolerances);
        for view in View::ALL {
            if !(unclear && view == View::AllDifferent) {
                diff.count(view, by_rules, self.tally(view, unclear));
            }
        }
        if diff.differs() {
            let key = rules.key_of(old);
            self.keep_examples(key, old, new, &diff);
            self.differing.offer(key, || Pair {
                old: shortened(old),
                new: shortened(new),
                diff: diff.clone(),
            });
        }
        self.scratch = diff;
    }

    fn keep_examples(&mut self, key: &[u8], old: &[u8], new: &[u8], diff: &RowDiff) {
        let mut wanted = diff.causes().filter(|(_, cause)| cause.is_some());
        if !wanted.any(|(index, _)| self.examples[index].wants(key)) {
            return;
        }
        let cells = crate::value::cells(old).zip(crate::value::cells(new));
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
        for (mine, theirs) in self.views.iter_mut().zip(&other.views) {
            *mine += theirs;
        }
        self.differing.merge(other.differing);
        self.missing.merge(other.missing);
        self.extra.merge(other.extra);
        self.duplicated.merge(other.duplicated);
        for (mine, theirs) in self.examples.iter_mut().zip(other.examples) {
            mine.merge(theirs);
        }
        self.unclear += &other.unclear;
    }

    /// To be called once, when all keys have been added: settles keys that do
    /// not parse for the view in which all that is unreadable is equal. Several
    /// on a side are then one key that occurs more than once; a single one may
    /// be that of a row which only the other side has. (Of a key of several
    /// columns that is more than their readable part may allow: an alarm, never
    /// a false PASS.)
    pub fn finish(&mut self) {
        let columns = self.unclear.columns.len();
        let unclear = std::mem::replace(&mut self.unclear, Tally::new(columns));
        let equal = &mut self.views[View::AllEqual as usize];
        let several = unclear
            .sides
            .each_ref()
            .map(|side| side.keys > 1 || side.duplicated > 0);
        if several.contains(&true) {
            equal.duplicated += 1;
            for ((mine, theirs), several) in equal.sides.iter_mut().zip(&unclear.sides).zip(several)
            {
                mine.keys += u64::from(theirs.keys > 0);
                mine.duplicated += u64::from(several);
            }
            return;
        }
        *equal += &unclear;
        let alone = unclear.missing + unclear.extra > 0;
        if alone && equal.missing > 0 && equal.extra > 0 {
            equal.matched += 1;
            equal.missing -= 1;
            equal.extra -= 1;
        }
    }

    /// Forgets what only a whole reading of both sides can show.
    pub fn forget_one_sided(&mut self) {
        for view in &mut self.views {
            view.missing = 0;
            view.extra = 0;
        }
        self.missing.clear();
        self.extra.clear();
    }
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

fn keep_row(sample: &mut Smallest<Box<[u8]>>, row: &[u8], rules: Rules<'_>) {
    sample.offer(rules.key_of(row), || shortened(row));
}
