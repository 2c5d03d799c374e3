//! The gates: what a verdict requires of the counters. Pure and three-valued,
//! so that a verdict replays from saved counters, and a gate that cannot be
//! decided says so instead of passing.

mod checks;
mod doubt;
mod figures;
mod lag;
#[cfg(test)]
mod law_tests;
mod limit;
mod ratio;
pub mod rollback;
#[cfg(test)]
mod tests;

pub use doubt::Doubt;
pub use figures::{counted, percent, thousands};
pub use lag::Lag;
pub use ratio::Ratio;

use serde::{Deserialize, Serialize};

use crate::compare::{Scope, Tally};
use checks::{Check, Judged};
use doubt::Seen;

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
    /// What would have to be known to decide it, where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undecided_by: Vec<Doubt>,
}

/// All that gates may look at.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// As read: an unreadable cell equals only the same raw bytes.
    pub tally: &'a Tally,
    /// As if every unreadable cell were equal to its partner, and as if none were.
    pub if_equal: &'a Tally,
    pub if_different: &'a Tally,
    /// The same three, as if every key that moves had matched in the end; in the
    /// others it counts as it was seen last. `None` where none moves.
    pub if_settled: Option<&'a [Tally; 3]>,
    /// How many keys move.
    pub moving: u64,
    /// Whether each side (old, new) was seen whole.
    pub complete: [bool; 2],
    /// The compared columns' names, as in `tally.columns`.
    pub columns: &'a [String],
    pub only_old: &'a [String],
    pub only_new: &'a [String],
    /// How long reading each side (old, new) whole took.
    pub times: [Option<Took>; 2],
    /// How far behind each side (old, new) was, where it is a standby.
    pub lags: [Option<Lag>; 2],
    /// Which keys were compared.
    pub scope: Scope,
}

impl<'a> Observed<'a> {
    /// Both sides seen whole, and nothing known but this tally.
    pub fn of(tally: &'a Tally) -> Self {
        Observed {
            tally,
            if_equal: tally,
            if_different: tally,
            if_settled: None,
            moving: 0,
            complete: [true; 2],
            columns: &[],
            only_old: &[],
            only_new: &[],
            times: [None; 2],
            lags: [None; 2],
            scope: Scope::All,
        }
    }
}

/// How long reading a side took, in µs: at least `reading`, and at most `waiting`
/// more, in which reading stood still for another reason than the side itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Took {
    pub reading: u64,
    pub waiting: u64,
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
    /// Of the keys of old, at least so many are in new.
    pub min_coverage: Option<Share>,
    /// On each side.
    pub min_rows: Option<u64>,
    /// New's reading time / old's.
    pub new_time_ratio: Option<Ratio>,
    /// How far a standby may be behind, in ms.
    pub max_lag: Option<u64>,
    /// 1 − differing cells / (matched + differing), by column.
    pub columns: Vec<(String, Share)>,
}

impl Gates {
    /// Whether any gate hangs on what rows hold.
    pub fn ask_for_matches(&self) -> bool {
        let bounds = [self.missing, self.extra, self.differing];
        let none = bounds.iter().all(Option::is_none) && self.columns.is_empty();
        self.match_rate.is_some() || !none
    }
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
            min_coverage: None,
            min_rows: Some(1),
            new_time_ratio: None,
            max_lag: None,
            columns: Vec::new(),
        }
    }
}

/// Every gate that is on, in a fixed order, and never a PASS of all of them
/// where there was nothing to compare or a side was not seen whole: `schema` is
/// always there, `match_rate` where there is no key, `min_rows` where there is
/// no row.
pub fn evaluate(gates: &Gates, observed: Observed<'_>) -> Vec<Finding> {
    checks::all(gates, &observed)
        .into_iter()
        .map(|check| settle(check, &observed))
        .collect()
}

/// The worst of the findings; without any nothing was verified.
pub fn worst(findings: &[Finding]) -> Verdict {
    let verdicts = findings.iter().map(|finding| finding.verdict);
    verdicts.max().unwrap_or(Verdict::Inconclusive)
}

/// What a check finds, all tallies and both receipts considered.
fn settle(check: Check<'_>, observed: &Observed<'_>) -> Finding {
    let seen = Seen::of(&check, observed);
    let doubts = seen.doubts();
    let verdict = seen.as_read().verdict;
    let judged = if let Some(unseen) = unseen(observed.complete) {
        match check.lasting && doubts.is_empty() && verdict == Verdict::Fail {
            true => seen.into_as_read(),
            false => Judged {
                verdict: Verdict::Inconclusive,
                observed: seen.into_as_read().observed.filter(|_| check.lasting),
                why: unseen.to_owned(),
            },
        }
    } else if doubts.is_empty() {
        seen.into_as_read()
    } else {
        Judged {
            verdict: Verdict::Inconclusive,
            why: seen.why(&doubts, observed),
            observed: seen.into_as_read().observed,
        }
    };
    let seen_whole = observed.complete == [true, true];
    Finding {
        name: check.name,
        required: check.required,
        observed: judged.observed,
        verdict: judged.verdict,
        why: judged.why,
        undecided_by: if seen_whole { doubts } else { Vec::new() },
    }
}

/// Why nothing final can be said, unless both sides were seen whole.
fn unseen(complete: [bool; 2]) -> Option<&'static str> {
    match complete {
        [true, true] => None,
        [false, true] => Some("the old side was not seen whole"),
        [true, false] => Some("the new side was not seen whole"),
        [false, false] => Some("neither side was seen whole"),
    }
}
