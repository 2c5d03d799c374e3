//! What the sources of one run share: when to stop, and how hard they may lean
//! on the servers, which other work depends on too.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::breaker::Breaker;
use super::throttle::Throttle;
use crate::stop::Stop;

/// Shared by all sources of a run; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Context {
    pub stop: Stop,
    pub limits: Limits,
    /// One for all HTTP requests of the run.
    pub throttle: Arc<Throttle>,
    pub breaker: Arc<Breaker>,
}

/// How hard a source that is read over HTTP may be leaned on.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// At most so many requests in any such time, all connections together.
    pub rate: Option<Rate>,
    /// At once, for each side.
    pub connections: usize,
    /// Rows asked for at once; a server may send fewer.
    pub page: usize,
    /// How often a request that failed for a passing reason is made again.
    pub retries: u32,
    /// So many requests failing in a row open the circuit breaker …
    pub breaker_threshold: u32,
    /// … which then lets none through for so long.
    pub breaker_timeout: Duration,
    /// How long a server may keep silent in the middle of an answer.
    pub request_timeout: Duration,
}

/// So many requests in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub count: u32,
    pub per: Duration,
}

impl Rate {
    /// Half of so many requests in a second, in whole requests: for work beside
    /// other work that spends the same allowance.
    pub fn half_of(per_second: u32) -> Rate {
        match per_second / 2 {
            0 => Rate {
                count: 1,
                per: Duration::from_secs(2),
            },
            count => Rate {
                count,
                per: Duration::from_secs(1),
            },
        }
    }
}

/// As a configuration writes it: `5/s`, `30/m`, `1/2s`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rate { count, per } = self;
        match per.as_millis() {
            1000 => write!(f, "{count}/s"),
            60_000 => write!(f, "{count}/m"),
            3_600_000 => write!(f, "{count}/h"),
            millis if millis % 1000 == 0 => write!(f, "{count}/{}s", millis / 1000),
            millis => write!(f, "{count}/{millis}ms"),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            rate: None,
            connections: 2,
            page: 1000,
            retries: 5,
            breaker_threshold: 5,
            breaker_timeout: Duration::from_secs(60),
            request_timeout: Duration::from_secs(60),
        }
    }
}

impl Context {
    pub fn new(stop: Stop, limits: Limits) -> Context {
        Context {
            stop,
            throttle: Arc::new(Throttle::new(limits.rate)),
            breaker: Arc::new(Breaker::new(
                limits.breaker_threshold,
                limits.breaker_timeout,
            )),
            limits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_rate_is_never_more_than_half() {
        for (whole, half) in [(1, "1/2s"), (2, "1/s"), (5, "2/s"), (10, "5/s")] {
            assert_eq!(Rate::half_of(whole).to_string(), half, "of {whole}");
        }
    }
}
