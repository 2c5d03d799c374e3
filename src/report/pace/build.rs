//! From readings to what they say together. The only writer of the model.

use std::time::Duration;

use super::spread::{Shown, Spread};
use super::{Finding, Measured, Pace, Pair, Ratios, Reading, SCHEMA_VERSION, sentence};
use crate::error::{Exit, Failure, Side};
use crate::report::reasons::reason;
use crate::source::Identity;

/// One side, read whole once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    pub rows: u64,
    /// `None` if no row came.
    pub first_row: Option<Duration>,
    pub took: Duration,
    pub pages: Option<u64>,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    pub dataset: &'a str,
    pub identities: &'a [Identity; 2],
    /// How often each side was to be read.
    pub runs: usize,
    /// Old, new: in the order in which they were made. Those of the same number
    /// are a pair.
    pub reads: &'a [Vec<Read>; 2],
    pub failures: &'a [Failure],
    /// The limit that a side was held to.
    pub rate_limit: Option<String>,
    /// The column by whose time rows were chosen, where not all were read.
    pub window: Option<&'a str>,
}

/// The side that is read first in a pair: they take turns, so that neither always
/// finds what the other left behind.
pub fn first_of(pair: usize) -> Side {
    Side::BOTH[pair % 2]
}

pub fn pace(input: &Input<'_>) -> Pace {
    let pairs = pairs(input.reads);
    let ratio = ratios(input.reads, &pairs);
    let finding = finding(input, ratio, pairs.len());
    let exit = match finding {
        Finding::NotMeasured => Exit::Inconclusive,
        _ => Exit::Pass,
    };
    let [old, new] = Side::BOTH.map(|side| side.index()).map(|side| {
        let (identity, reads) = (&input.identities[side], &input.reads[side]);
        measured(identity, reads)
    });
    Pace {
        schema_version: SCHEMA_VERSION,
        exit_code: exit.code(),
        dataset: input.dataset.to_owned(),
        finding,
        sentence: sentence::say(finding, ratio, pairs.len(), input),
        runs: input.runs as u64,
        ratio,
        rows_differ: rows_differ(input.reads),
        pairs,
        old,
        new,
        rate_limit: input.rate_limit.clone(),
        notes: sentence::notes(input),
        reasons: input
            .failures
            .iter()
            .map(|failure| reason(input.dataset, failure))
            .collect(),
    }
}

fn finding(input: &Input<'_>, ratio: Option<Ratios>, pairs: usize) -> Finding {
    let whole = input.failures.is_empty() && pairs == input.runs && !without_rows(input.reads);
    let Some(ratio) = ratio.filter(|_| whole) else {
        return Finding::NotMeasured;
    };
    match Shown::by(ratio.seconds, pairs) {
        Shown::Faster => Finding::Faster,
        Shown::Slower => Finding::Slower,
        Shown::Nothing if pairs == 1 => Finding::OnePair,
        Shown::Nothing => Finding::NoClearDifference,
    }
}

/// The time of a reading that gave nothing says nothing of the path.
fn without_rows(reads: &[Vec<Read>; 2]) -> bool {
    reads.iter().flatten().any(|read| read.rows == 0)
}

pub fn rows_differ(reads: &[Vec<Read>; 2]) -> bool {
    let mut rows = reads.iter().flatten().map(|read| read.rows);
    let first = rows.next();
    rows.any(|rows| Some(rows) != first)
}

fn pairs(reads: &[Vec<Read>; 2]) -> Vec<Pair> {
    let both = reads[0].iter().zip(&reads[1]).enumerate();
    both.map(|(number, (old, new))| Pair {
        first: first_of(number),
        old_seconds: old.took.as_secs_f64(),
        new_seconds: new.took.as_secs_f64(),
        ratio: quotient(new.took, old.took),
    })
    .collect()
}

/// A time that no clock saw counts as the shortest that one could.
fn quotient(new: Duration, old: Duration) -> f64 {
    let seconds = |time: Duration| time.max(Duration::from_nanos(1)).as_secs_f64();
    seconds(new) / seconds(old)
}

fn ratios(reads: &[Vec<Read>; 2], pairs: &[Pair]) -> Option<Ratios> {
    let both = reads[0].iter().zip(&reads[1]);
    let first_rows: Option<Vec<f64>> = both
        .map(|(old, new)| Some(quotient(new.first_row?, old.first_row?)))
        .collect();
    Some(Ratios {
        seconds: Spread::of_ratios(pairs.iter().map(|pair| pair.ratio))?,
        seconds_to_first_row: first_rows.and_then(Spread::of_ratios),
    })
}

fn measured(identity: &Identity, reads: &[Read]) -> Measured {
    let readings: Vec<Reading> = reads.iter().map(reading).collect();
    let spread = |figure: fn(&Reading) -> Option<f64>| {
        let figures: Option<Vec<f64>> = readings.iter().map(figure).collect();
        figures.and_then(Spread::of)
    };
    Measured {
        location: identity.location.clone(),
        relation: identity.relation.clone(),
        engine: identity.engine.clone(),
        seconds_to_first_row: spread(|reading| reading.seconds_to_first_row),
        seconds: spread(|reading| Some(reading.seconds)),
        rows_per_second: spread(|reading| Some(reading.rows_per_second as f64)),
        pages: spread(|reading| reading.pages.map(|pages| pages as f64)),
        readings,
    }
}

fn reading(read: &Read) -> Reading {
    let seconds = read.took.max(Duration::from_nanos(1)).as_secs_f64();
    Reading {
        rows: read.rows,
        seconds_to_first_row: read.first_row.map(|time| time.as_secs_f64()),
        seconds: read.took.as_secs_f64(),
        rows_per_second: (read.rows as f64 / seconds) as u64,
        pages: read.pages,
    }
}
