//! The gate on standbys: how far behind the server that they are copies of they
//! may have been when they were read.

use super::checks::{Check, Judged};
use super::figures::{seconds, thousands};

/// How far behind a standby was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// In µs, at most; `None`: it could not tell.
    pub most: Option<u64>,
    /// Whether it is known to have been behind at all: what it had received was
    /// not all replayed.
    pub behind: bool,
}

/// At most so many ms, on each side. Whatever could be more without being known
/// to be is undecided.
pub(super) fn max_lag<'a>(limit: u64, lags: [Option<Lag>; 2]) -> Check<'a> {
    Check::new("max_lag", format!("<= {}", shown(limit)), move |_| {
        let sides = ["old", "new"].into_iter().zip(lags);
        let standbys: Vec<_> = sides.filter_map(|(side, lag)| Some((side, lag?))).collect();
        if standbys.is_empty() {
            return Judged::new(true, "no standby", "neither side is a standby".to_owned());
        }
        let within = |lag: &Lag| {
            lag.most
                .is_some_and(|most| most <= limit.saturating_mul(1000))
        };
        let told: Vec<String> = standbys
            .iter()
            .map(|(side, lag)| told(side, *lag))
            .collect();
        let (observed, why) = (observed(&standbys), told.join("; "));
        let late = |lag: &Lag| lag.behind && lag.most.is_some() && !within(lag);
        let holds = standbys.iter().all(|(_, lag)| within(lag));
        match holds || standbys.iter().any(|(_, lag)| late(lag)) {
            true => Judged {
                observed,
                ..Judged::new(holds, "", why)
            },
            false => Judged::undecided(observed, &why),
        }
    })
}

/// `30s`, `1500ms`.
fn shown(millis: u64) -> String {
    match millis % 1000 {
        0 => format!("{}s", thousands(millis / 1000)),
        _ => format!("{}ms", thousands(millis)),
    }
}

/// The largest that is known.
fn observed(standbys: &[(&str, Lag)]) -> Option<String> {
    let most = standbys.iter().filter_map(|(_, lag)| lag.most).max()?;
    Some(format!("{} s", seconds(most)))
}

fn told(side: &str, lag: Lag) -> String {
    match lag.most {
        None => format!("{side} is a standby that cannot tell how far it is behind"),
        Some(0) => format!("{side} is a standby that has replayed all that was sent to it"),
        Some(most) if lag.behind => format!("{side} is a standby, {} s behind", seconds(most)),
        Some(most) => format!(
            "{side} is a standby whose last commit is {} s old, and whose connection to its primary this role cannot see",
            seconds(most)
        ),
    }
}
