//! What answers say by the way: how long the first took, and what time it is at
//! the server.

use std::cell::Cell;
use std::time::{Duration, Instant};

use reqwest::header::{DATE, HeaderMap};

use crate::source::facts::Clock;

/// A `Date` header is told in whole seconds.
const STEP: f64 = 1.0;

#[derive(Debug, Default)]
pub struct Seen {
    first: Cell<Option<Duration>>,
    clock: Cell<Option<Clock>>,
}

/// When a request was made.
pub struct Asked {
    at: Instant,
    clock: f64,
}

impl Asked {
    pub fn now() -> Asked {
        Asked {
            at: Instant::now(),
            clock: Clock::here(),
        }
    }
}

impl Seen {
    /// How long the first answer took.
    pub fn first(&self) -> Option<Duration> {
        self.first.get()
    }

    /// The last answer's clock: connections are made by then.
    pub fn clock(&self) -> Option<Clock> {
        self.clock.get()
    }

    /// Takes note of an answer, whatever it says.
    pub fn answer(&self, asked: &Asked, headers: &HeaderMap) {
        if self.first.get().is_none() {
            self.first.set(Some(asked.at.elapsed()));
        }
        let told = headers.get(DATE).and_then(|date| date.to_str().ok());
        if let Some(told) = told.and_then(date) {
            let clock = Clock::between(asked.clock, Clock::here(), told, STEP);
            self.clock.set(Some(clock));
        }
    }
}

fn date(text: &str) -> Option<f64> {
    let zoned = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(zoned.timestamp().as_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_http_writes_them() {
        assert_eq!(date("Thu, 01 Jan 1970 00:01:40 GMT"), Some(100.0));
        assert_eq!(date("now"), None);
    }

    #[test]
    fn the_first_answer_and_the_last_clock_are_kept() {
        let seen = Seen::default();
        let asked = Asked::now();
        seen.answer(&asked, &HeaderMap::new());
        let first = seen.first();
        assert!(first.is_some() && seen.clock().is_none());
        let mut headers = HeaderMap::new();
        headers.insert(DATE, "Thu, 01 Jan 1970 00:00:00 GMT".parse().unwrap());
        seen.answer(&asked, &headers);
        assert_eq!(seen.first(), first);
        assert!(seen.clock().unwrap().at_least() > 1e9);
    }
}
