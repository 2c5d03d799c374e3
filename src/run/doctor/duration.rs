//! How long a verification will take: what the run itself would forecast, and
//! where it knows too little for that, a guess; held against the deadline and the
//! lives of the tokens.

use std::time::Duration;

use super::line::{Line, Name, Trouble};
use super::probe::Probed;
use super::words::{bytes, time, until};
use crate::gate::{counted, thousands};
use crate::plan::{DatasetSpec, Plan};
use crate::report::earlier::Reading;
use crate::run::forecast::{Coming, expected, requests_for};
use crate::source::facts::{Kind, PageCap};
use crate::source::{Limits, Location};

/// Rows and bytes that are read in a second where only the machine limits it:
/// on the safe side, since it is somebody else's machine too.
const ROWS_PER_SECOND: f64 = 100_000.0;
const BYTES_PER_SECOND: f64 = 30e6;
/// How long a page takes, at least, in seconds.
const PAGE: f64 = 0.05;
/// Who waits longer should know why, in seconds.
const LONG: f64 = 600.0;

/// Of a dataset whose sides both opened.
pub fn line(
    spec: &DatasetSpec,
    sides: [&Probed; 2],
    plan: &Plan,
    earlier: &[Reading],
    now: i64,
) -> Option<Line> {
    if sides.iter().any(|side| side.schema.is_err()) {
        return None;
    }
    let limits = capped(sides, &plan.limits);
    let coming = Coming {
        spec,
        estimates: sides.map(|side| side.facts.rows.map(|rows| rows.count)),
    };
    let (seconds, told) = match expected(&coming, earlier, &limits) {
        Some(expected) => {
            let about = if expected.whole { "about" } else { "at least" };
            let seconds = expected.time.as_secs_f64();
            (seconds, told(seconds, about, &expected.why))
        }
        None => {
            let (seconds, why) = guess(sides, &limits)?;
            (seconds, told(seconds, "perhaps", &why))
        }
    };
    // How many rows a window leaves is not known before: all of them is the most.
    Some(match spec.window {
        Some(_) => Line::ok(
            Name::Duration,
            format!("{told}, less what the window leaves out"),
        ),
        None => judged(seconds, told, sides, plan, now),
    })
}

fn told(seconds: f64, about: &str, why: &str) -> String {
    match seconds < 1.0 {
        true => format!("a verification takes less than a second: {why}"),
        false => format!("a verification takes {about} {}: {why}", time(seconds)),
    }
}

fn judged(seconds: f64, told: String, sides: [&Probed; 2], plan: &Plan, now: i64) -> Line {
    if let Some((header, end)) = ends_before(sides, now, seconds as i64) {
        let end = until(end, now);
        return Line::fail(
            Name::Duration,
            format!("{told}; the token in {header} ends before that, {end}"),
            "take a token that lives longer",
        );
    }
    let deadline = plan.deadline.map_or(f64::INFINITY, |it| it.as_secs_f64());
    if deadline < seconds {
        let deadline = time(deadline);
        return Line::fail(
            Name::Duration,
            format!("{told}; the deadline passes after {deadline}"),
            "give a longer --deadline, or compare less (--since, --where, --columns)",
        )
        .about(Trouble::SlowSync);
    }
    if seconds <= LONG {
        return Line::ok(Name::Duration, told);
    }
    let rate = match plan.limits.rate {
        Some(_) => {
            "raise rate_limit (half of SYNC_RATE_LIMIT_PER_SECOND unless told) while no sync runs, "
        }
        None => "",
    };
    let next = format!(
        "{rate}raise page_size (SYNC_BATCH_SIZE) as far as the page cap lets, or compare less (--since, --where, --columns)"
    );
    Line::warn(Name::Duration, told, next).about(Trouble::SlowSync)
}

/// The limits as the server's cap on pages leaves them.
fn capped(sides: [&Probed; 2], limits: &Limits) -> Limits {
    let caps = sides.iter().filter_map(|side| match side.facts.page_cap {
        Some(Ok(PageCap::At(rows))) => usize::try_from(rows).ok(),
        _ => None,
    });
    Limits {
        page: caps.min().map_or(limits.page, |cap| cap.min(limits.page)),
        ..limits.clone()
    }
}

/// Of the slower side, in seconds, where neither a rate limit nor an earlier run says.
fn guess(sides: [&Probed; 2], limits: &Limits) -> Option<(f64, String)> {
    let times = sides.into_iter().filter_map(|side| reading(side, limits));
    times.max_by(|a, b| a.0.total_cmp(&b.0))
}

fn reading(side: &Probed, limits: &Limits) -> Option<(f64, String)> {
    let rows = side.facts.rows?.count;
    let mut why = counted(rows, "row");
    if matches!(side.location, Location::Rest(_)) {
        let requests = requests_for(rows, limits);
        let answered = side.facts.answered.unwrap_or_default();
        let latency = answered.max(Duration::from_secs_f64(PAGE)).as_secs_f64();
        why.push_str(&format!(" in {} requests", thousands(requests)));
        let seconds = requests as f64 * latency / limits.connections.max(1) as f64;
        return Some((seconds, why));
    }
    let stored = side.facts.bytes.unwrap_or(0);
    if stored > 0 {
        why.push_str(&format!(", {}", bytes(stored)));
    }
    let seconds = (rows as f64 / ROWS_PER_SECOND).max(stored as f64 / BYTES_PER_SECOND);
    Some((seconds, why))
}

/// The header of a token that is good now and not until the end.
fn ends_before(sides: [&Probed; 2], now: i64, seconds: i64) -> Option<(&'static str, i64)> {
    let keys = sides.iter().flat_map(|side| &side.facts.credentials);
    let mut ends = keys.filter_map(|key| match key.kind {
        Kind::Jwt {
            expires: Some(at), ..
        } => Some((key.header, at as i64)),
        _ => None,
    });
    ends.find(|(_, at)| *at > now && at - now < seconds)
}

#[cfg(test)]
#[path = "duration_tests.rs"]
mod tests;
