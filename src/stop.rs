//! How a run is told to end before its time: by a signal, or by its deadline.
//!
//! Everything that can wait asks here, so that no wait outlives the run: a
//! blocking loop by [`Stop::check`], a future by [`Stop::stopped`]. Reading ends
//! before the deadline does, so that what was seen can still be compared and
//! written: what follows the reading asks [`Stop::ending`].

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::error::{Code, Exit, Failure, Result};

/// How often a blocking wait looks up.
const GLANCE: Duration = Duration::from_millis(50);

/// What is kept of a deadline for what follows the reading: one part in so
/// many, and no more than so long.
const SHARE: u32 = 10;
const MOST_SHARE: Duration = Duration::from_secs(10);

/// How long a run that was told to end may still sum up what it has seen.
const GRACE: Duration = Duration::from_secs(2);

/// Why a run ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// SIGINT: Ctrl-C.
    Interrupted,
    /// SIGTERM: a service manager, a cancelled job.
    Terminated,
    /// The run's own deadline has passed.
    Deadline,
}

/// Shared by all that runs; clones are told together.
#[derive(Clone, Debug)]
pub struct Stop {
    told: Arc<watch::Sender<Option<Told>>>,
    /// When reading ends.
    until: Option<Instant>,
    /// When all ends.
    last: Option<Instant>,
    /// How much later than it was told this part hears of it.
    grace: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    cause: Cause,
    at: Instant,
}

impl Default for Stop {
    /// Stops only when told.
    fn default() -> Self {
        Stop::by(None)
    }
}

impl Stop {
    /// Stops when told, and at the deadline if there is one.
    pub fn by(until: Option<Instant>) -> Stop {
        Stop {
            told: Arc::new(watch::Sender::new(None)),
            until,
            last: until,
            grace: Duration::ZERO,
        }
    }

    /// The same run with a deadline, if there is one, of which a share is kept for
    /// its end.
    pub fn within(&self, begun: Instant, length: Option<Duration>) -> Stop {
        let Some(length) = length else {
            return self.clone();
        };
        let share = (length / SHARE).min(MOST_SHARE);
        Stop {
            until: begun.checked_add(length - share),
            last: begun.checked_add(length),
            ..self.clone()
        }
    }

    /// The same run with an earlier deadline for a part of it.
    pub fn sooner(&self, until: Instant) -> Stop {
        Stop {
            until: Some(self.until.map_or(until, |own| own.min(until))),
            ..self.clone()
        }
    }

    /// The same run for what follows the reading: it has until the deadline itself.
    pub fn ending(&self) -> Stop {
        Stop {
            until: self.last,
            ..self.clone()
        }
    }

    /// The same, also when told to end, for as long as nobody minds.
    pub fn summing_up(&self) -> Stop {
        Stop {
            grace: GRACE,
            ..self.ending()
        }
    }

    /// Tells everyone. What was said first stands.
    pub fn tell(&self, cause: Cause) {
        let at = Instant::now();
        self.told.send_if_modified(|told| {
            let first = told.is_none();
            told.get_or_insert(Told { cause, at });
            first
        });
    }

    pub fn cause(&self) -> Option<Cause> {
        let told = *self.told.borrow();
        let told = told.filter(|told| self.grace.is_zero() || told.at.elapsed() >= self.grace);
        let told = told.map(|told| told.cause);
        told.or_else(|| self.is_over().then_some(Cause::Deadline))
    }

    fn is_over(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Fails once the run is to end.
    pub fn check(&self) -> Result<()> {
        self.cause().map_or(Ok(()), |cause| Err(cause.failure()))
    }

    /// What is left until the deadline; `None` without one.
    pub fn left(&self) -> Option<Duration> {
        self.until
            .map(|until| until.saturating_duration_since(Instant::now()))
    }

    /// Sleeps so long, on this thread, unless the run is to end before.
    pub fn sleep(&self, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        loop {
            self.check()?;
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(GLANCE));
        }
    }

    /// Comes back once the run is to end, with why.
    pub async fn stopped(&self) -> Failure {
        let mut told = self.told.subscribe();
        let told = async move {
            match told.wait_for(Option::is_some).await.as_deref() {
                Ok(Some(told)) => *told,
                // The sender lives in `self`, which is borrowed here.
                _ => std::future::pending().await,
            }
        };
        let told = async {
            let told = told.await;
            tokio::time::sleep_until((told.at + self.grace).into()).await;
            told.cause
        };
        let cause = match self.until {
            None => told.await,
            Some(until) => tokio::time::timeout_at(until.into(), told)
                .await
                .unwrap_or(Cause::Deadline),
        };
        cause.failure()
    }

    /// A future's answer, unless the run is to end before it comes.
    pub async fn or<T>(&self, future: impl Future<Output = T>) -> Result<T> {
        use futures_util::future::{Either, select};
        let future = std::pin::pin!(future);
        let stopped = std::pin::pin!(self.stopped());
        match select(future, stopped).await {
            Either::Left((value, _)) => Ok(value),
            Either::Right((failure, _)) => Err(failure),
        }
    }

    /// Of failures that say no more than that the run was stopped, which each
    /// side says for itself, keeps one that speaks for all.
    pub fn once(&self, failures: &mut Vec<Failure>) {
        let Some(stopped) = self.cause().map(Cause::failure) else {
            return;
        };
        let before = failures.len();
        failures.retain(|failure| failure.why != stopped.why);
        if failures.len() < before {
            failures.insert(0, stopped);
        }
    }
}

impl Cause {
    /// The signal's name, and how a process that it ended ends.
    pub fn signal(self) -> Option<(&'static str, Exit)> {
        match self {
            Cause::Interrupted => Some(("SIGINT", Exit::Interrupted)),
            Cause::Terminated => Some(("SIGTERM", Exit::Terminated)),
            Cause::Deadline => None,
        }
    }

    pub fn failure(self) -> Failure {
        let (code, why, next) = match self {
            Cause::Interrupted => (
                Code::Interrupted,
                "interrupted (SIGINT) before it was done",
                "run again and let it end",
            ),
            Cause::Terminated => (
                Code::Interrupted,
                "terminated (SIGTERM) before it was done",
                "run again and let it end",
            ),
            Cause::Deadline => (
                Code::Timeout,
                "the deadline passed before it was done",
                "give a longer --deadline, or compare less (--since, --where, --columns)",
            ),
        };
        Failure::new(code, why, next).transient()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Side;

    #[test]
    fn what_was_said_first_stands() {
        let stop = Stop::default();
        assert_eq!(stop.check(), Ok(()));
        stop.clone().tell(Cause::Terminated);
        stop.tell(Cause::Interrupted);
        assert_eq!(stop.cause(), Some(Cause::Terminated));
        assert_eq!(stop.check().unwrap_err().code, Code::Interrupted);
    }

    #[test]
    fn a_deadline_stops_sleepers_and_futures() {
        let stop = Stop::by(Some(Instant::now() + Duration::from_millis(20)));
        let failure = stop.sleep(Duration::from_secs(60)).unwrap_err();
        assert_eq!(failure.code, Code::Timeout);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let never = stop.or(std::future::pending::<()>());
        assert_eq!(runtime.block_on(never).unwrap_err().code, Code::Timeout);
    }

    #[test]
    fn a_part_may_end_sooner_but_not_later() {
        let stop = Stop::by(Some(Instant::now()));
        let later = stop.sooner(Instant::now() + Duration::from_secs(60));
        assert_eq!(later.cause(), Some(Cause::Deadline));
        let never = Stop::default();
        assert_eq!(never.left(), None);
        assert_eq!(never.sooner(Instant::now()).cause(), Some(Cause::Deadline));
    }

    #[test]
    fn a_share_of_a_deadline_is_kept_for_its_end() {
        let begun = Instant::now();
        let whole = |secs| Stop::default().within(begun, Some(Duration::from_secs(secs)));
        let kept = |secs| whole(secs).last.unwrap() - whole(secs).until.unwrap();
        assert_eq!(kept(20), Duration::from_secs(2));
        assert_eq!(kept(3600), Duration::from_secs(10));
        let over = Stop::default().within(
            begun - Duration::from_secs(95),
            Some(Duration::from_secs(100)),
        );
        assert_eq!(over.cause(), Some(Cause::Deadline));
        assert_eq!(over.ending().cause(), None);
        let told = Stop::default();
        let whole = told.within(begun, Some(Duration::MAX));
        assert_eq!(whole.left(), None, "longer than any clock");
        whole.tell(Cause::Terminated);
        assert_eq!(told.cause(), Some(Cause::Terminated));
    }

    #[test]
    fn what_was_seen_is_summed_up_after_a_signal_too_but_not_for_long() {
        let stop = Stop::default();
        stop.tell(Cause::Interrupted);
        assert!(stop.ending().cause().is_some());
        let mut late = stop.summing_up();
        assert_eq!(late.cause(), None);
        late.grace = Duration::from_millis(20);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let failure = runtime.block_on(late.stopped());
        assert_eq!(failure.code, Code::Interrupted);
        assert_eq!(late.cause(), Some(Cause::Interrupted));
    }

    #[test]
    fn both_sides_stop_for_one_reason() {
        let stop = Stop::default();
        stop.tell(Cause::Interrupted);
        let of = |side| Cause::Interrupted.failure().on(side);
        let other = Failure::new(Code::Malformed, "a bad row", "mend it");
        let mut failures = vec![of(Side::Old), other.clone(), of(Side::New)];
        stop.once(&mut failures);
        assert_eq!(failures, [Cause::Interrupted.failure(), other.clone()]);
        let mut failures = vec![other.clone()];
        stop.once(&mut failures);
        assert_eq!(failures, [other]);
    }

    #[test]
    fn a_future_that_waits_is_told() {
        let stop = Stop::default();
        let teller = stop.clone();
        let thread = std::thread::spawn(move || teller.tell(Cause::Interrupted));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let failure = runtime.block_on(stop.stopped());
        assert_eq!(failure.code, Code::Interrupted);
        thread.join().unwrap();
    }
}
