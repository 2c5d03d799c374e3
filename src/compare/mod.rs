//! Joining two sides' prints and telling what differs: pure functions and
//! plain counters, so that a verdict replays from a saved comparison.

pub mod cause;
pub mod cells;
pub mod found;
pub mod join;
pub mod newer;
pub mod parts;
pub mod sample;
pub mod tally;
pub mod views;
pub mod watch;

pub use cause::Cause;
pub use found::Found;
pub use join::Scope;
pub use parts::{Parts, Whole};
pub use tally::{ColumnTally, SideTally, Tally};

#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod scope_tests;
#[cfg(test)]
mod watch_tests;
