//! What the figures show, in one sentence, and what has to be known of them.

use super::build::{Input, rows_differ};
use super::{Finding, Ratios};
use crate::error::Side;
use crate::gate::{counted, thousands};

/// Beyond so many pairs chance alone will hardly make all of them agree.
const ENOUGH: usize = 5;

/// The finding, for people. Figures are rounded to what is shown.
pub fn say(finding: Finding, ratio: Option<Ratios>, pairs: usize, input: &Input<'_>) -> String {
    let said = match (finding, ratio) {
        (Finding::NotMeasured, _) | (_, None) => return unmeasured(pairs, input),
        (Finding::Faster, Some(ratio)) => {
            let times = ratio.seconds.inverted();
            let less = (1.0 - ratio.seconds.median) * 100.0;
            format!(
                "new is {:.2} times as fast as old ({less:.1} % less time; {}, {:.2}–{:.2})",
                times.median,
                counted(pairs as u64, "pair"),
                times.min,
                times.max
            )
        }
        (Finding::Slower, Some(ratio)) => {
            let more = (ratio.seconds.median - 1.0) * 100.0;
            let (took, spread) = longer(ratio, pairs);
            format!("new takes {took} as long as old ({more:.1} % more time; {spread})")
        }
        (Finding::OnePair, Some(ratio)) => {
            let (took, _) = longer(ratio, pairs);
            format!("one pair shows no spread: new took {took} as long as old in it")
        }
        (Finding::NoClearDifference, Some(ratio)) => {
            let (took, spread) = longer(ratio, pairs);
            format!("no clear difference: new takes {took} as long as old ({spread})")
        }
    };
    let limit = input.rate_limit.as_ref();
    let limit = limit.map(|limit| format!(", under a rate limit of {limit}"));
    format!(
        "{said}{}{}",
        limit.unwrap_or_default(),
        rows(input).unwrap_or_default()
    )
}

/// `1.84 times`, and `5 pairs, 1.71–1.95`.
fn longer(ratio: Ratios, pairs: usize) -> (String, String) {
    let times = ratio.seconds;
    let pairs = counted(pairs as u64, "pair");
    (
        format!("{:.2} times", times.median),
        format!("{pairs}, {:.2}–{:.2}", times.min, times.max),
    )
}

/// How many rows were read, where the readings do not agree on it.
fn rows(input: &Input<'_>) -> Option<String> {
    let of = |side: Side| {
        let rows = input.reads[side.index()].iter().map(|read| read.rows);
        let least = thousands(rows.clone().min().unwrap_or(0));
        let most = thousands(rows.max().unwrap_or(0));
        match least == most {
            true => format!("{side} {least}"),
            false => format!("{side} {least} to {most}"),
        }
    };
    rows_differ(input.reads).then(|| {
        let (old, new) = (of(Side::Old), of(Side::New));
        format!("; the row counts differ ({old}, {new})")
    })
}

fn unmeasured(pairs: usize, input: &Input<'_>) -> String {
    if input.failures.is_empty()
        && let Some(empty) = without_rows(input)
    {
        return format!("could not be measured: {empty}, and a time without rows is of no work");
    }
    let why = input.failures.first();
    let side = why.and_then(|failure| failure.side);
    let side = side.map_or_else(String::new, |side| format!("{side} side: "));
    let why = why.map_or("it ended early", |failure| failure.why.as_str());
    match pairs {
        0 => format!("could not be measured: {side}{why}"),
        _ => format!(
            "ended after {pairs} of {}: {side}{why}",
            counted(input.runs as u64, "pair")
        ),
    }
}

/// `new gave no rows`, or in how many of its readings it gave none.
fn without_rows(input: &Input<'_>) -> Option<String> {
    let of = |side: Side| {
        let reads = &input.reads[side.index()];
        let empty = reads.iter().filter(|read| read.rows == 0).count();
        match empty {
            0 => None,
            _ if empty == reads.len() => Some(format!("{side} gave no rows")),
            _ => Some(format!(
                "{side} gave no rows in {empty} of {}",
                counted(reads.len() as u64, "reading")
            )),
        }
    };
    let told: Vec<String> = Side::BOTH.into_iter().filter_map(of).collect();
    (!told.is_empty()).then(|| told.join(" and "))
}

pub fn notes(input: &Input<'_>) -> Vec<String> {
    let limit = input.rate_limit.as_ref().map(|limit| {
        format!(
            "requests to PostgREST were held to {limit}: the figures are then of that limit, not of the path"
        )
    });
    let part = input.window.map(|column| {
        format!("only rows in the window of `{column}` were asked for: the figures are of them, not of the whole path")
    });
    let few = (2..ENOUGH).contains(&input.runs).then(|| {
        format!(
            "of {} pairs, all say the same by chance alone once in {}: more --runs say more",
            input.runs,
            1 << (input.runs - 1)
        )
    });
    let unequal = rows_differ(input.reads).then(|| {
        "the row counts differ, so the times are not of the same work: rows/s says more".to_owned()
    });
    let one = (input.runs == 1).then(|| "use more --runs to tell it from chance".to_owned());
    let notes = [limit, part, unequal, few, one];
    notes.into_iter().flatten().collect()
}
