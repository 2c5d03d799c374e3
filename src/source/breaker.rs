//! A circuit breaker: a server that fails again and again is left alone for a
//! while, and then asked by one request before the others follow.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long those wait who let another ask first.
const GLANCE: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub struct Breaker {
    /// So many failures in a row open it; 0: never.
    threshold: u32,
    timeout: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Open until then.
    until: Option<Instant>,
}

impl Breaker {
    pub fn new(threshold: u32, timeout: Duration) -> Breaker {
        Breaker {
            threshold,
            timeout,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while the circuit is open.
    pub async fn closed(&self) {
        while let Some(wait) = self.wait() {
            tokio::time::sleep(wait).await;
        }
    }

    /// How long to wait before asking again; `None`: go. Whoever comes first
    /// after the time is over goes, and the others wait for what it finds.
    fn wait(&self) -> Option<Duration> {
        let mut state = self.state();
        let now = Instant::now();
        let until = state.until?;
        if now < until {
            return Some((until - now).min(GLANCE));
        }
        state.until = Some(now + self.timeout);
        None
    }

    pub fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// Counts a failure; true if it opened the circuit.
    pub fn failed(&self) -> bool {
        let mut state = self.state();
        state.failures += 1;
        let opens = self.threshold > 0 && state.failures >= self.threshold;
        if opens {
            state.until = Some(Instant::now() + self.timeout);
        }
        opens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_at_the_threshold_and_one_success_closes_it() {
        let breaker = Breaker::new(2, Duration::from_secs(60));
        assert!(!breaker.failed());
        assert_eq!(breaker.wait(), None);
        assert!(breaker.failed());
        assert!(breaker.wait().is_some());
        breaker.succeeded();
        assert_eq!(breaker.wait(), None);
        assert!(!breaker.failed(), "the count starts again");
    }

    #[test]
    fn after_the_time_one_asks_and_the_others_wait() {
        let breaker = Breaker::new(1, Duration::from_millis(30));
        assert!(breaker.failed());
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(breaker.wait(), None, "the first goes");
        assert!(breaker.wait().is_some(), "the second waits");
    }

    #[test]
    fn a_threshold_of_zero_never_opens() {
        let breaker = Breaker::new(0, Duration::from_secs(60));
        assert!(!(0..100).any(|_| breaker.failed()));
        assert_eq!(breaker.wait(), None);
    }
}
