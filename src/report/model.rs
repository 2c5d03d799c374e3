//! report.json, version 1: the one model that every renderer reads.
//!
//! Fields may be added and never renamed. Counts are exact; samples hold the
//! smallest keys, in key order. A value is canonical text, null for NULL, and a
//! cell that a JSON record does not have is left out of its row.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Code, Side};
use crate::gate::{Finding, Verdict};

pub const SCHEMA_VERSION: u32 = 1;

/// Column name → canonical text, null for NULL; in the plan's column order.
pub type Values = IndexMap<String, Option<String>>;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    pub schema_version: u32,
    pub verdict: Verdict,
    pub exit_code: u8,
    pub run: Run,
    /// Why the verdict is not `pass`, most important first.
    pub reasons: Vec<Reason>,
    pub datasets: Vec<Dataset>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The name of the run's folder: `YYYYMMDD-HHMMSS-xxxxxx`.
    pub id: String,
    /// RFC 3339, UTC.
    pub started: String,
    pub finished: String,
    pub version: String,
    /// The configuration file, if one was read.
    pub config: Option<String>,
    /// BLAKE3 of all that decides the result: columns, types, rules, gates.
    pub config_hash: String,
    /// The signal that ended the run before it was done: `SIGINT`, `SIGTERM`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    pub code: Code,
    pub dataset: Option<String>,
    pub side: Option<Side>,
    /// Whether the same run may well succeed a little later.
    pub transient: bool,
    pub why: String,
    pub next: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dataset {
    pub name: String,
    pub verdict: Verdict,
    /// The key columns' report names.
    pub key: Vec<String>,
    pub counts: Counts,
    /// What looking again at the keys that did not match came to, where that was
    /// asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recheck: Option<Recheck>,
    /// Null when there are no keys, or a side was not seen whole.
    pub match_rate: Option<Ratio>,
    /// Which keys were compared, where not all of both sides: `keys-of-new`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Of the keys of old, those that new has too; where not all keys were compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Ratio>,
    /// Which rows were compared, where not all: those whose time in a column is in
    /// this window. The receipts say how many were left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// The compared columns, key columns too, in the plan's order.
    pub columns: Vec<Column>,
    pub columns_only_old: Vec<String>,
    pub columns_only_new: Vec<String>,
    pub ignored: Vec<String>,
    /// Columns of both sides that are not compared because `columns` names others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns_left_out: Vec<String>,
    pub warnings: Vec<String>,
    pub gates: Vec<Finding>,
    pub samples: Samples,
    pub old: Receipt,
    pub new: Receipt,
}

/// A window of time. RFC 3339, UTC; null where it is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// The column's report name.
    pub column: String,
    /// The first instant inside.
    pub since: Option<String>,
    /// The first outside again.
    pub until: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Counts {
    pub old_rows: u64,
    pub new_rows: u64,
    pub old_keys: u64,
    pub new_keys: u64,
    pub matched: u64,
    pub tolerated: u64,
    /// Of `matched`: rows equal only because of rules.
    pub equal_by_rules: u64,
    pub differing: u64,
    pub missing: u64,
    pub extra: u64,
    pub duplicated: u64,
    /// Keys of old that were not compared, where `scope` leaves any out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub out_of_scope: Option<u64>,
    pub duplicated_old: u64,
    pub duplicated_new: u64,
    /// Keys that did not match at first, and at a later look matched or had gone
    /// from both sides. Only where keys were looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settled: Option<u64>,
    /// Of the keys that do not match: those that may still come to. Only where
    /// keys were looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moving: Option<u64>,
    pub unkeyed_old: u64,
    pub unkeyed_new: u64,
    pub unreadable_old: u64,
    pub unreadable_new: u64,
}

/// What looking again at the keys that did not match came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recheck {
    /// How often they were looked at again.
    pub rounds: u32,
    /// The wait before each look.
    pub delay_seconds: f64,
    /// A row that was changed within so long may still be on its way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settle_after_seconds: Option<f64>,
    /// How many keys were looked at again. 0 where there were too many.
    pub rechecked: u64,
    pub settled: u64,
    /// They never matched, neither side's rows changed, and none is too young.
    pub persistent: u64,
    /// They do not match yet: a side's rows changed between two looks, or lately.
    pub moving: u64,
}

/// What became of a key that did not match at the first look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    Persistent,
    Moving,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ratio {
    pub numerator: u64,
    pub denominator: u64,
    /// Two decimals, truncated: 98.9999 % is "98.99".
    pub percent: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Column {
    pub name: String,
    /// The type as which it was compared.
    #[serde(rename = "type")]
    pub ty: String,
    pub differing: u64,
    /// Cells equal only within the tolerance.
    pub tolerated: u64,
    /// `differing` by cause; only causes that occur.
    pub causes: IndexMap<String, u64>,
    /// The rules, in order, and how many cells each changed per side.
    pub rules: Vec<RuleCount>,
    /// Up to three differing cells, of the smallest keys.
    pub examples: Vec<Example>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Example {
    pub key: Values,
    pub old: Option<String>,
    pub new: Option<String>,
    pub cause: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RuleCount {
    pub rule: String,
    pub old: u64,
    pub new: u64,
}

/// The first of each kind, in key order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Samples {
    pub differing: Vec<Differing>,
    pub missing: Vec<OneSided>,
    pub extra: Vec<OneSided>,
    pub duplicated: Vec<Duplicated>,
    /// Cells that do not parse as their type: a few a side.
    pub unreadable: Vec<UnreadableCell>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Differing {
    pub key: Values,
    /// Only where keys were looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub cells: Vec<CellPair>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CellPair {
    pub column: String,
    pub old: Option<String>,
    pub new: Option<String>,
    pub cause: String,
}

/// A row that only one side has, whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OneSided {
    pub key: Values,
    /// Only where keys were looked at again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    pub row: Values,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicated {
    pub key: Values,
    /// How many rows have this key.
    pub old: u64,
    pub new: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UnreadableCell {
    pub side: Side,
    pub key: Values,
    pub column: String,
    /// The raw text.
    pub text: String,
}

/// What one side was and how its reading ended.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// Without secrets.
    pub location: String,
    pub relation: Option<String>,
    pub engine: String,
    pub rows: u64,
    /// What the source itself says it holds or sent, where it says so.
    pub rows_claimed: Option<u64>,
    /// Rows that were not compared because they are outside the window, or have NULL
    /// for a time; null where there is no window, or they could not be counted.
    pub outside_window: Option<u64>,
    pub complete: bool,
    pub snapshot: Option<String>,
    /// The sum of all rows' fingerprints, in hex: equal for equal rows in any
    /// order, read from any source, under the same plan. Null where equality
    /// was shown by raw bytes.
    pub digest: Option<String>,
    /// How many requests brought rows, where the source is read in pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<u64>,
    /// What the source itself counted before and after it was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counted_after: Option<u64>,
    /// How many different keys its rows have, to be held against those counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distinct_keys: Option<u64>,
    /// Present where it was read from a standby.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub standby: bool,
    /// How far a standby was behind at most, when reading began or ended; absent
    /// where it could not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_seconds: Option<f64>,
    /// What a standby had received and not replayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_bytes: Option<u64>,
    /// How often both sides were read from their start, where it was more than
    /// once: a connection was lost before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// How often a request was made again, where any was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u64>,
    pub bytes: u64,
    /// From the request to the end of the stream, without `seconds_waiting`. Both
    /// sides were read at once, beside the comparison: `shadowgate pace` measures
    /// them one at a time. Of a side that was read twice, the first reading that
    /// came to its end.
    pub seconds: f64,
    /// How long reading stood still beside, until the comparison had caught up. A
    /// server that went on meanwhile may need up to so much longer alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds_waiting: Option<f64>,
    /// From the request to the first row; 0 if no row came.
    pub seconds_to_first_row: f64,
    /// `rows` in `seconds` and `seconds_waiting`: what the side does at least.
    pub rows_per_second: u64,
    /// The state of the sync that writes it, where that is watched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sync_state: Option<SyncState>,
}

/// The state of the sync that writes a side, row by row, before anything was read
/// and after: null where it could not be asked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncState {
    pub before: Vec<Vec<Option<String>>>,
    pub after: Option<Vec<Vec<Option<String>>>>,
}

/// Everything that goes to the detail files: the same shapes as the samples,
/// with a higher cap, and how many there are in all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Details {
    pub dataset: String,
    pub key: Vec<String>,
    pub columns: Vec<String>,
    pub samples: Samples,
}
