//! How a run tells what it is doing, without knowing who listens.

use crate::error::Side;

/// Hears of a run's progress; shared by all threads.
pub trait Progress: Sync {
    /// How long all of it is expected to take, before anything is read.
    fn expected(&self, what: &str) {
        let _ = what;
    }

    /// A dataset begins; `estimates` are the sources' own, in rows.
    fn dataset(&self, name: &str, estimates: [Option<u64>; 2]);

    /// So many more rows of one side have been read.
    fn rows(&self, side: Side, more: u64);

    /// One side has come to its end.
    fn side_done(&self, side: Side);

    /// Both sides are read once more, from their start.
    fn again(&self, why: &str);

    /// A phase that has no rows to count: `reading rows that differ again`.
    fn phase(&self, what: &str);

    /// All of the dataset is done.
    fn done(&self);
}

/// Hears nothing.
pub struct Silent;

impl Progress for Silent {
    fn dataset(&self, _: &str, _: [Option<u64>; 2]) {}
    fn rows(&self, _: Side, _: u64) {}
    fn side_done(&self, _: Side) {}
    fn again(&self, _: &str) {}
    fn phase(&self, _: &str) {}
    fn done(&self) {}
}
