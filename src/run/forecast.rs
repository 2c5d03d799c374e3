//! How long a run will take, as far as that can be told before a row is read:
//! from what the sources say they hold, what a rate limit allows, and how fast
//! each side was the last time.

use std::time::Duration;

use super::progress::Progress;
use crate::error::Side;
use crate::gate::{counted, thousands};
use crate::plan::DatasetSpec;
use crate::report::earlier::Reading;
use crate::source::{Context, Limits, Location};

/// Requests of a side beside its pages: counts, bounds, rows without a key.
const ASIDE: u64 = 4;

/// What is expected of a dataset, or of one side of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Expected {
    pub time: Duration,
    /// Whether nothing is known that would take longer.
    pub whole: bool,
    pub why: String,
}

/// A dataset that is about to be read, and its sources' own estimates.
pub struct Coming<'a> {
    pub spec: &'a DatasetSpec,
    pub estimates: [Option<u64>; 2],
}

/// Says how long reading is expected to take, and warns where that is more than
/// the deadline leaves.
pub fn tell(
    coming: &[Coming<'_>],
    earlier: &[Reading],
    context: &Context,
    progress: &dyn Progress,
) {
    let expected = |dataset| expected(dataset, earlier, &context.limits);
    let each: Option<Vec<Expected>> = coming.iter().map(expected).collect();
    let left = context.stop.left();
    let Some(each) = each.filter(|each| !each.is_empty()) else {
        if left.is_some() {
            tracing::info!("{UNKNOWN}");
        }
        return;
    };
    let (time, told) = sum(&each);
    tracing::info!("{told}");
    progress.expected(&told);
    if let Some(left) = left.filter(|left| time > *left) {
        let left = shown(left);
        tracing::warn!("the deadline will pass before all is read: {told}, and {left} is left");
    }
}

const UNKNOWN: &str = "how long reading will take cannot be told: a side was not read before, or does not say how many rows it holds";

/// The datasets are read one after the other.
fn sum(each: &[Expected]) -> (Duration, String) {
    let times = each.iter().map(|it| it.time);
    let time = times.fold(Duration::ZERO, Duration::saturating_add);
    let length = match each.iter().all(|it| it.whole) {
        true if time < Duration::from_secs(1) => "less than a second".to_owned(),
        true => format!("about {}", shown(time)),
        false => format!("at least {}", shown(time)),
    };
    let why: Vec<&str> = each.iter().map(|it| it.why.as_str()).collect();
    let told = format!("reading is expected to take {length} ({})", why.join("; "));
    (time, told)
}

/// Its sides are read at the same time, but all that is read over HTTP shares one
/// rate limit.
pub fn expected(dataset: &Coming<'_>, earlier: &[Reading], limits: &Limits) -> Option<Expected> {
    let limited = by_rate(dataset, earlier, limits);
    let paces = Side::BOTH.map(|side| by_pace(dataset, side, earlier));
    let known = [0, 1].map(|side: usize| {
        let held_back = limited.is_some() && is_rest(dataset, Side::BOTH[side]);
        held_back || paces[side].is_some()
    });
    let whole = known == [true; 2];
    let longest = paces.into_iter().flatten().chain(limited.clone());
    let longest = longest.max_by_key(|it| it.time)?;
    // What one side took the last time says little of both.
    (whole || limited.is_some()).then_some(Expected { whole, ..longest })
}

fn is_rest(dataset: &Coming<'_>, side: Side) -> bool {
    let source = &dataset.spec.sides[side.index()].source;
    matches!(source.location, Location::Rest(_))
}

fn seen<'e>(dataset: &Coming<'_>, side: Side, earlier: &'e [Reading]) -> Option<&'e Reading> {
    let mut earlier = earlier.iter();
    earlier.find(|it| it.dataset == dataset.spec.name && it.side == side)
}

/// How many rows a side holds: by itself, else by the last time.
fn rows(dataset: &Coming<'_>, side: Side, earlier: &[Reading]) -> Option<u64> {
    let seen = || seen(dataset, side, earlier).map(|seen| seen.rows);
    dataset.estimates[side.index()].or_else(seen)
}

/// As fast as the last time.
fn by_pace(dataset: &Coming<'_>, side: Side, earlier: &[Reading]) -> Option<Expected> {
    let seen = seen(dataset, side, earlier)?;
    let rows = rows(dataset, side, earlier)?;
    // Of a reading shorter than this a rate says nothing.
    let rate = seen.rows as f64 / seen.seconds.max(0.01);
    Some(Expected {
        time: Duration::try_from_secs_f64(rows as f64 / rate).ok()?,
        whole: true,
        why: format!(
            "{side} side: {} at {} rows/s as the last time",
            counted(rows, "row"),
            thousands(rate as u64)
        ),
    })
}

/// How many requests rows behind PostgREST take. The last key of a page is asked for
/// again with the next.
pub fn requests_for(rows: u64, limits: &Limits) -> u64 {
    let each = (limits.page as u64).saturating_sub(1).max(1);
    let ends = limits.connections.max(1) as u64;
    rows.div_ceil(each) + ends + ASIDE
}

/// What the rate limit allows, all sides together that it holds back.
fn by_rate(dataset: &Coming<'_>, earlier: &[Reading], limits: &Limits) -> Option<Expected> {
    let rate = limits.rate?;
    let mut requests = 0;
    let mut all = 0;
    for side in Side::BOTH
        .into_iter()
        .filter(|side| is_rest(dataset, *side))
    {
        let rows = rows(dataset, side, earlier)?;
        requests += requests_for(rows, limits);
        all += rows;
    }
    let each = rate.per / rate.count.max(1);
    (requests > 0).then(|| Expected {
        time: Duration::try_from_secs_f64(each.as_secs_f64() * requests as f64)
            .unwrap_or(Duration::MAX),
        whole: true,
        why: format!(
            "{} in {} at {rate}",
            counted(all, "row"),
            counted(requests, "request"),
        ),
    })
}

/// In its two largest units.
fn shown(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
#[path = "forecast_tests.rs"]
mod tests;
