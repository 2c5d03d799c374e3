//! A dataset that is started over, where its reading failed for a reason that
//! may have passed by the next time: the whole of it, so that both sides are
//! read in snapshots of one time.

use std::time::Duration;

use super::Options;
use super::open::{NotOpened, Opened};
use crate::error::{Failure, Result};
use crate::report::model::{Dataset, Details, Reason};
use crate::source::{Context, backoff};

/// How long is waited before the second time; it doubles from time to time.
const PAUSE: Duration = Duration::from_millis(500);

/// What became of a dataset.
pub struct Judged {
    pub dataset: Dataset,
    pub details: Details,
    pub reasons: Vec<Reason>,
    /// Why it is worth starting over, if it is.
    pub again: Option<Failure>,
}

/// The failure for which to start over: none where any other stands beside it,
/// which would be there again.
pub fn worth_again(failures: &[Failure]) -> Option<Failure> {
    let all = failures.iter().all(|failure| failure.again);
    failures.first().filter(|_| all).cloned()
}

/// Opens and judges a dataset, and starts it over as often as that may help and
/// is allowed. `first` is what was opened already.
pub fn dataset(
    open: impl Fn(&Context) -> Result<Opened, Box<NotOpened>>,
    first: Option<Result<Opened, Box<NotOpened>>>,
    options: &Options,
    mut judge: impl FnMut(Result<Opened, Box<NotOpened>>) -> Judged,
) -> Judged {
    let mut context = options.context.clone();
    let mut judged = judge(first.unwrap_or_else(|| open(&context)));
    for attempt in 1..=options.retries {
        let Some(why) = judged.again.take() else {
            break;
        };
        if !pause(attempt, &why, &context) {
            break;
        }
        // A server that is full has room for fewer.
        context.limits.connections = (context.limits.connections / 2).max(1);
        judged = judge(open(&context));
        for side in [&mut judged.dataset.old, &mut judged.dataset.new] {
            side.attempts = Some(attempt + 1);
        }
    }
    judged
}

/// Waits before the next attempt, unless the run ends before it.
fn pause(attempt: u32, why: &Failure, context: &Context) -> bool {
    let wait = backoff::wait(PAUSE, attempt - 1);
    let left = context.stop.left();
    if left.is_some_and(|left| left <= wait) {
        return false;
    }
    let side = why.side.map(|side| format!("{side} side: "));
    let why = format!("{}{}", side.unwrap_or_default(), why.why);
    tracing::warn!(
        attempt,
        ?wait,
        "starting over, as this may have passed by then: {why}"
    );
    context.stop.sleep(wait).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    #[test]
    fn one_failure_that_stays_keeps_a_dataset_from_being_started_over() {
        let lost = Failure::new(Code::SourceCut, "lost", "").worth_again();
        let stays = Failure::new(Code::RowsShort, "short", "").transient();
        assert_eq!(worth_again(&[]), None);
        assert_eq!(
            worth_again(&[lost.clone(), lost.clone()]),
            Some(lost.clone())
        );
        assert_eq!(worth_again(&[lost.clone(), stays.clone()]), None);
        assert_eq!(worth_again(&[stays, lost]), None);
    }
}
