//! The counters of a comparison. A [`Tally`] is a commutative monoid: parts of
//! the keys may be counted in any order, on any number of machines, and added.

use std::ops::AddAssign;

use super::Cause;

/// What was counted. Every distinct key is in exactly one of `matched`,
/// `differing`, `missing`, `extra`, `duplicated` and `out_of_scope`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Old, new.
    pub sides: [SideTally; 2],
    pub matched: u64,
    /// Of `matched`: rows equal only within a tolerance.
    pub tolerated: u64,
    /// Of `matched`: rows equal only because of a rule.
    pub equal_by_rules: u64,
    pub differing: u64,
    pub missing: u64,
    pub extra: u64,
    pub duplicated: u64,
    /// Keys of old that are not compared, and their rows.
    pub out_of_scope: u64,
    pub out_of_scope_rows: u64,
    /// Keys that both sides have, however often.
    pub covered: u64,
    /// One per compared column, in the plan's order.
    pub columns: Vec<ColumnTally>,
}

/// What was counted on one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideTally {
    pub rows: u64,
    /// Distinct keys.
    pub keys: u64,
    /// Keys that occur more than once.
    pub duplicated: u64,
    /// Rows whose key has a NULL or absent cell.
    pub unkeyed: u64,
    /// Cells that do not parse as their type.
    pub unreadable: u64,
}

/// What was counted of one column, over rows whose key is once on both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnTally {
    pub differing: u64,
    /// Cells that are equal only within the tolerance.
    pub tolerated: u64,
    /// `differing` by cause, indexed by `Cause as usize`.
    pub causes: [u64; Cause::COUNT],
}

impl Tally {
    /// The empty tally of a plan with so many columns.
    pub fn new(columns: usize) -> Self {
        Tally {
            columns: vec![ColumnTally::default(); columns],
            ..Tally::default()
        }
    }

    /// The distinct keys that are compared: the denominator of the match rate.
    pub fn keys(&self) -> u64 {
        self.matched + self.differing + self.missing + self.extra + self.duplicated
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        for (mine, theirs) in self.sides.iter_mut().zip(&other.sides) {
            *mine += theirs;
        }
        self.matched += other.matched;
        self.tolerated += other.tolerated;
        self.equal_by_rules += other.equal_by_rules;
        self.differing += other.differing;
        self.missing += other.missing;
        self.extra += other.extra;
        self.duplicated += other.duplicated;
        self.out_of_scope += other.out_of_scope;
        self.out_of_scope_rows += other.out_of_scope_rows;
        self.covered += other.covered;
        if self.columns.len() < other.columns.len() {
            self.columns
                .resize_with(other.columns.len(), ColumnTally::default);
        }
        for (mine, theirs) in self.columns.iter_mut().zip(&other.columns) {
            *mine += theirs;
        }
    }
}

impl AddAssign<&SideTally> for SideTally {
    fn add_assign(&mut self, other: &SideTally) {
        self.rows += other.rows;
        self.keys += other.keys;
        self.duplicated += other.duplicated;
        self.unkeyed += other.unkeyed;
        self.unreadable += other.unreadable;
    }
}

impl AddAssign<&ColumnTally> for ColumnTally {
    fn add_assign(&mut self, other: &ColumnTally) {
        self.differing += other.differing;
        self.tolerated += other.tolerated;
        for (mine, theirs) in self.causes.iter_mut().zip(&other.causes) {
            *mine += theirs;
        }
    }
}
