//! What a verification is likely to take: memory, disk, requests and time. No
//! more than estimates, from what the sides say of their rows.

use std::time::Duration;

use super::line::{Line, Name, Trouble};
use super::probe::Probed;
use super::words::{bytes, time, until};
use crate::gate::{counted, thousands};
use crate::plan::Plan;
use crate::source::facts::{Kind, PageCap};
use crate::source::{Limits, Location};

/// A print, and what is kept beside it.
const PRINT: u64 = 40;
/// What a row is taken to need where no side tells.
const ROW: u64 = 1024;
/// Rows and bytes that are read in a second where only the machine limits it:
/// on the safe side, since it is somebody else's machine too.
const ROWS_PER_SECOND: f64 = 100_000.0;
const BYTES_PER_SECOND: f64 = 30e6;
/// How long a page takes, at least, in seconds.
const PAGE: f64 = 0.05;
/// Counting before and after, rows without a key, and the empty last page.
const MORE_REQUESTS: u64 = 4;
/// Who waits longer should know why, in seconds.
const LONG: f64 = 600.0;

/// What one dataset takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// In memory or on disk, if little differs.
    pub likely: u64,
    /// Where much differs, so that all rows have to be kept.
    pub most: u64,
    /// Mean bytes of a row.
    pub row: u64,
}

/// `None` where no side tells how many rows it has.
pub fn need(sides: [&Probed; 2]) -> Option<Need> {
    let rows = sides.map(|side| side.facts.rows.map(|rows| rows.count));
    let rows = match rows {
        [None, None] => return None,
        [old, new] => [old.or(new)?, new.or(old)?],
    };
    let told = [0, 1].map(|side: usize| {
        let stored = sides[side].facts.bytes?;
        stored.checked_div(rows[side])
    });
    let row = match told {
        [None, None] => ROW,
        [old, new] => old.max(new).unwrap_or(ROW),
    };
    let rows: u64 = rows.iter().sum();
    let prints = rows.saturating_mul(PRINT);
    // Canonical rows have tags and lengths beside what is stored.
    let most = prints.saturating_add(rows.saturating_mul(row / 4 * 5));
    let locates = sides.iter().all(|side| side.locates);
    Some(Need {
        likely: if locates { prints } else { most },
        most,
        row,
    })
}

/// About how long reading both sides takes, since they are read side by side.
pub fn duration(sides: [&Probed; 2], plan: &Plan, now: i64) -> Option<Line> {
    settled(sides, &plan.limits, plan.deadline, now)
}

/// The same of rows in a window: how many it leaves is not known before.
pub fn duration_at_most(sides: [&Probed; 2], plan: &Plan) -> Option<Line> {
    let (_, about, how) = slowest(sides, &plan.limits)?;
    let found =
        format!("a verification takes {about} at most: {how}, less what the window leaves out");
    Some(Line::ok(Name::Duration, found))
}

/// Seconds of the slower side, in words, and by what they come about.
fn slowest(sides: [&Probed; 2], limits: &Limits) -> Option<(f64, String, String)> {
    if sides.iter().any(|side| side.schema.is_err()) {
        return None;
    }
    let times = sides.map(|side| reading(side, limits));
    let slowest = times
        .into_iter()
        .flatten()
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let (seconds, how) = slowest?;
    let about = match seconds < 1.0 {
        true => "less than a second".to_owned(),
        false => format!("about {}", time(seconds)),
    };
    Some((seconds, about, how))
}

fn settled(
    sides: [&Probed; 2],
    limits: &Limits,
    deadline: Option<Duration>,
    now: i64,
) -> Option<Line> {
    let (seconds, about, how) = slowest(sides, limits)?;
    let found = format!("a verification takes {about}: {how}");
    if let Some((header, end)) = ends_before(sides, now, seconds as i64) {
        return Some(Line::fail(
            Name::Duration,
            format!(
                "{found}; the token in {header} ends before that, {}",
                until(end, now)
            ),
            "take a token that lives longer",
        ));
    }
    if let Some(deadline) = deadline.filter(|deadline| deadline.as_secs_f64() < seconds) {
        let deadline = time(deadline.as_secs_f64());
        return Some(
            Line::fail(
                Name::Duration,
                format!("{found}; the deadline passes after {deadline}"),
                "give a longer --deadline, or compare less (--since, --where, --columns)",
            )
            .about(Trouble::SlowSync),
        );
    }
    let rate = match limits.rate {
        Some(_) => {
            "raise rate_limit (half of SYNC_RATE_LIMIT_PER_SECOND unless told) while no sync runs, "
        }
        None => "",
    };
    let next = format!(
        "{rate}raise page_size (SYNC_BATCH_SIZE) as far as the page cap lets, or compare less (--since, --where, --columns)"
    );
    Some(match seconds > LONG {
        true => Line::warn(Name::Duration, found, next).about(Trouble::SlowSync),
        false => Line::ok(Name::Duration, found),
    })
}

/// Seconds, and by what they come about.
fn reading(side: &Probed, limits: &Limits) -> Option<(f64, String)> {
    let rows = side.facts.rows?.count;
    if !matches!(side.location, Location::Rest(_)) {
        let stored = side.facts.bytes.unwrap_or(0);
        let seconds = (rows as f64 / ROWS_PER_SECOND).max(stored as f64 / BYTES_PER_SECOND);
        let mut how = counted(rows, "row");
        if stored > 0 {
            how.push_str(&format!(", {}", bytes(stored)));
        }
        return Some((seconds, how));
    }
    let page = match side.facts.page_cap {
        Some(Ok(PageCap::At(cap))) => cap.min(limits.page as u64),
        _ => limits.page as u64,
    };
    // The last key of a page is asked for again.
    let requests = rows / page.saturating_sub(1).max(1) + MORE_REQUESTS;
    let latency = side
        .facts
        .answered
        .map_or(PAGE, |took| took.as_secs_f64().max(PAGE));
    let own = requests as f64 * latency / limits.connections.max(1) as f64;
    let how = format!("{} in {} pages", counted(rows, "row"), thousands(requests));
    let Some(rate) = limits.rate else {
        return Some((own, format!("{how}, without a rate limit")));
    };
    let least = requests as f64 * rate.per.as_secs_f64() / f64::from(rate.count.max(1));
    let limit = format!(
        "{} in {}",
        counted(rate.count.into(), "request"),
        time(rate.per.as_secs_f64())
    );
    Some((own.max(least), format!("{how}, at most {limit}")))
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
#[path = "need_tests.rs"]
mod tests;
