//! How fast both paths are, measured one at a time: the model of what `pace`
//! found, from which both of its formats are written.
//!
//! Fields may be added and never renamed, as in report.json.

pub mod build;
mod sentence;
pub mod spread;
pub mod text;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::Reason;
use crate::error::Side;
use spread::Spread;

pub const SCHEMA_VERSION: u32 = 1;

/// All that was found of one dataset's paths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pace {
    pub schema_version: u32,
    pub exit_code: u8,
    pub dataset: String,
    pub finding: Finding,
    /// The finding, for people.
    pub sentence: String,
    /// How often each side was to be read.
    pub runs: u64,
    /// New's time ÷ old's, for the readings that were made one after the other.
    pub ratio: Option<Ratios>,
    /// The readings do not agree on how many rows there are: the times are then of
    /// unequal work.
    pub rows_differ: bool,
    pub pairs: Vec<Pair>,
    pub old: Measured,
    pub new: Measured,
    /// The limit on requests that a side was held to: its figures are then of the
    /// limit, not of the path.
    pub rate_limit: Option<String>,
    /// What to know of the figures.
    pub notes: Vec<String>,
    /// Why it could not be measured whole.
    pub reasons: Vec<Reason>,
}

/// What the figures show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// New took less time than old, in every pair.
    Faster,
    /// New took more time than old, in every pair.
    Slower,
    /// Not every pair says the same.
    NoClearDifference,
    /// There was one pair, which shows no spread.
    OnePair,
    /// A side could not be read, or not as often as it was to be, or gave no rows.
    NotMeasured,
}

/// Ratios of new to old.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ratios {
    pub seconds: Spread,
    /// Null where a reading had no row.
    pub seconds_to_first_row: Option<Spread>,
}

/// Two readings that were made one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// The side that was read first.
    pub first: Side,
    pub old_seconds: f64,
    pub new_seconds: f64,
    /// New's time ÷ old's.
    pub ratio: f64,
}

/// One side: who it is, and its readings.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// Without secrets.
    pub location: String,
    pub relation: Option<String>,
    pub engine: String,
    /// From the request to the first row.
    pub seconds_to_first_row: Option<Spread>,
    /// From the request until the last row was read out of what was sent.
    pub seconds: Option<Spread>,
    pub rows_per_second: Option<Spread>,
    /// How many requests brought rows, where the source is read in pages.
    pub pages: Option<Spread>,
    /// Those that came to their end, in the order in which they were made.
    pub readings: Vec<Reading>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    pub rows: u64,
    /// Null if no row came.
    pub seconds_to_first_row: Option<f64>,
    pub seconds: f64,
    pub rows_per_second: u64,
    pub pages: Option<u64>,
}

/// It as indented JSON with one trailing newline.
pub fn json(pace: &Pace) -> String {
    let mut text = serde_json::to_string_pretty(pace).expect("its fields are plain JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests;
