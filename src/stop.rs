//! How a run is told to end before its time: by a signal, or by its deadline.
//!
//! Everything that can wait asks here, so that no wait outlives the run: a
//! blocking loop by [`Stop::check`], a future by [`Stop::stopped`].

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::error::{Code, Failure, Result};

/// How often a blocking wait looks up.
const GLANCE: Duration = Duration::from_millis(50);

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
    told: Arc<watch::Sender<Option<Cause>>>,
    until: Option<Instant>,
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
        }
    }

    /// The same run with an earlier deadline for a part of it.
    pub fn sooner(&self, until: Instant) -> Stop {
        Stop {
            told: Arc::clone(&self.told),
            until: Some(self.until.map_or(until, |own| own.min(until))),
        }
    }

    /// Tells everyone. What was said first stands.
    pub fn tell(&self, cause: Cause) {
        self.told.send_if_modified(|told| {
            let first = told.is_none();
            told.get_or_insert(cause);
            first
        });
    }

    pub fn cause(&self) -> Option<Cause> {
        let told = *self.told.borrow();
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
            match told.wait_for(Option::is_some).await {
                Ok(cause) => cause.unwrap_or(Cause::Deadline),
                // The sender lives in `self`, which is borrowed here.
                Err(_) => std::future::pending().await,
            }
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
}

impl Cause {
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
                "give a longer --deadline, or compare less (--where, --columns)",
            ),
        };
        Failure::new(code, why, next).transient()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
