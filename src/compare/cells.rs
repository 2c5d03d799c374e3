//! Comparing two rows of one key cell by cell: which columns differ, why, and
//! what a tolerance forgives.

use super::{Cause, Tally, cause};
use crate::value::{Cell, cells, decimal};
use decimal::Decimal;

/// How far two numbers of a column may be apart. Either bound suffices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tolerance {
    pub absolute: Option<Decimal>,
    pub relative: Option<Decimal>,
    /// Whatever they are: the column is read and not compared.
    pub anything: bool,
}

impl Tolerance {
    /// Of a column that is read for another purpose than to compare it.
    pub fn anything() -> Tolerance {
        Tolerance {
            anything: true,
            ..Tolerance::default()
        }
    }

    fn forgives(&self, old: Cell<'_>, new: Cell<'_>) -> bool {
        self.anything || decimal::within(old, new, self.absolute.as_ref(), self.relative.as_ref())
    }
}

/// What one pair of cells is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    Equal,
    Tolerated,
    Differs(Cause),
}

/// What two rows of one key are, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowDiff {
    pub findings: Vec<Finding>,
    /// The columns where one of the two cells does not parse.
    unreadable: Vec<bool>,
}

/// How cells that do not parse are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Equal to the same raw bytes.
    AsRead,
    /// Equal to anything.
    AllEqual,
    /// Equal to nothing.
    AllDifferent,
}

impl View {
    pub const ALL: [View; 3] = [View::AsRead, View::AllEqual, View::AllDifferent];
}

impl RowDiff {
    /// Compares two canonical rows of the same columns.
    pub fn of(old: &[u8], new: &[u8], tolerances: &[Option<Tolerance>]) -> RowDiff {
        let mut diff = RowDiff::default();
        diff.compare(old, new, tolerances);
        diff
    }

    /// The same in the place of what was compared before: no row of many needs
    /// memory of its own.
    pub fn compare(&mut self, old: &[u8], new: &[u8], tolerances: &[Option<Tolerance>]) {
        self.findings.clear();
        self.unreadable.clear();
        for ((old, new), tolerance) in cells(old).zip(cells(new)).zip(tolerances) {
            self.findings.push(finding(old, new, tolerance.as_ref()));
            self.unreadable
                .push(old.is_unreadable() || new.is_unreadable());
        }
    }

    pub fn has_unreadable(&self) -> bool {
        self.unreadable.contains(&true)
    }

    /// The finding of column `index` in this view.
    pub fn finding(&self, index: usize, view: View) -> Finding {
        match (self.unreadable[index], view) {
            (false, _) | (_, View::AsRead) => self.findings[index],
            (true, View::AllEqual) => Finding::Equal,
            (true, View::AllDifferent) => Finding::Differs(Cause::Unreadable),
        }
    }

    /// Each column's index, and why it differs as read.
    pub fn causes(&self) -> impl Iterator<Item = (usize, Option<Cause>)> {
        let cause = |finding: &Finding| match finding {
            Finding::Differs(cause) => Some(*cause),
            Finding::Equal | Finding::Tolerated => None,
        };
        self.findings.iter().map(cause).enumerate()
    }

    /// Whether the row is `differing` as read.
    pub fn differs(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| matches!(finding, Finding::Differs(_)))
    }

    /// Counts this row's outcome and its cells; `by_rules` says whether the
    /// rows, if they match, do so only because of rules.
    pub fn count(&self, view: View, by_rules: bool, tally: &mut Tally) {
        let (mut differs, mut tolerated) = (false, false);
        for index in 0..self.findings.len() {
            let column = &mut tally.columns[index];
            match self.finding(index, view) {
                Finding::Equal => {}
                Finding::Tolerated => {
                    tolerated = true;
                    column.tolerated += 1;
                }
                Finding::Differs(cause) => {
                    differs = true;
                    column.differing += 1;
                    column.causes[cause as usize] += 1;
                }
            }
        }
        if differs {
            tally.differing += 1;
        } else {
            tally.matched += 1;
            tally.tolerated += u64::from(tolerated);
            tally.equal_by_rules += u64::from(by_rules && !tolerated);
        }
    }
}

fn finding(old: Cell<'_>, new: Cell<'_>, tolerance: Option<&Tolerance>) -> Finding {
    if old.bytes == new.bytes {
        Finding::Equal
    } else if tolerance.is_some_and(|tolerance| tolerance.forgives(old, new)) {
        Finding::Tolerated
    } else {
        Finding::Differs(cause::of(old, new))
    }
}
