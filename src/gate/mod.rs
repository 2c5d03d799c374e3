//! The gates: what a verdict requires of the counters. Pure and three-valued.

use serde::{Deserialize, Serialize};

use crate::compare::Tally;

/// Ordered so that findings combine by the worst.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Pass,
    Inconclusive,
    Fail,
}

/// One gate's finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Finding {
    /// `match_rate`, `duplicated`, …, `columns.price`.
    pub name: String,
    /// `>= 99%`, `<= 0`, `same`.
    pub required: String,
    /// `99.60%`, `12`, `2 columns on one side only`; null where nothing could be observed.
    pub observed: Option<String>,
    pub verdict: Verdict,
    /// One sentence.
    pub why: String,
}

/// All that gates may look at.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// As read: an unreadable cell equals only the same raw bytes.
    pub tally: &'a Tally,
    /// As if every unreadable cell were equal to its partner, and as if none were.
    pub if_equal: &'a Tally,
    pub if_different: &'a Tally,
    /// Whether each side (old, new) was seen whole.
    pub complete: [bool; 2],
    /// The compared columns' names, as in `tally.columns`.
    pub columns: &'a [String],
    pub only_old: &'a [String],
    pub only_new: &'a [String],
}

/// An exact share: `99%`, `99.95%`, `0.995`, as a ratio of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub numerator: u64,
    pub denominator: u64,
}

/// What each gate requires. `None`: the gate is off.
#[derive(Clone, Debug, PartialEq)]
pub struct Gates {
    pub match_rate: Option<Share>,
    /// At most so many keys.
    pub duplicated: Option<u64>,
    pub missing: Option<Bound>,
    pub extra: Option<Bound>,
    pub differing: Option<Bound>,
    /// At most so many rows, both sides together.
    pub unkeyed: Option<u64>,
    /// Whether columns on one side only fail.
    pub same_schema: bool,
    /// |new − old| / old, in rows.
    pub row_count_change: Option<Share>,
    /// On each side.
    pub min_rows: Option<u64>,
    /// 1 − differing cells / (matched + differing), by column.
    pub columns: Vec<(String, Share)>,
}

/// A limit on keys: a number, or a share of all keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Count(u64),
    Share(Share),
}

impl Default for Gates {
    /// match_rate ≥ 99 %, duplicated = 0, unkeyed = 0, the same schema, one row.
    fn default() -> Self {
        Gates {
            match_rate: Some(Share {
                numerator: 99,
                denominator: 100,
            }),
            duplicated: Some(0),
            missing: None,
            extra: None,
            differing: None,
            unkeyed: Some(0),
            same_schema: true,
            row_count_change: None,
            min_rows: Some(1),
            columns: Vec::new(),
        }
    }
}

/// Every gate that is on, in a fixed order.
pub fn evaluate(gates: &Gates, observed: Observed<'_>) -> Vec<Finding> {
    let _ = (gates, observed);
    unimplemented!("skeleton")
}
