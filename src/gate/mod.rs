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

/// What each gate requires. `None`: the gate is off.
#[derive(Clone, Debug, PartialEq)]
pub struct Gates {
    // (skeleton) thresholds
}

/// Every gate that is on, in a fixed order.
pub fn evaluate(gates: &Gates, observed: Observed<'_>) -> Vec<Finding> {
    let _ = (gates, observed);
    unimplemented!("skeleton")
}
