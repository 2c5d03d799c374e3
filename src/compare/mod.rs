//! Joining two sides' prints and telling what differs: pure functions and
//! plain counters, so that a verdict replays from a saved comparison.

pub mod cause;
pub mod cells;
pub mod found;
pub mod join;
pub mod sample;
pub mod tally;

pub use cause::Cause;
pub use found::Found;
pub use tally::{ColumnTally, SideTally, Tally};

#[cfg(test)]
mod law_tests;
