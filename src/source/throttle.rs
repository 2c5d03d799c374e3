//! The rate limit of a run: never more than so many requests in any such time,
//! as the *server* counts them.
//!
//! A request may reach the server any time between its start and its answer. So
//! request n + limit starts only when a whole period has passed since request
//! n's *answer*: whatever the network does to either, the server sees them at
//! least a period apart. Between starts there is an equal share of the period,
//! so that nothing comes in a burst.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::context::Rate;

/// More places than this would only hold memory.
const MOST: u32 = 10_000;

/// Lets requests through at a rate; without one it lets all through.
#[derive(Debug, Default)]
pub struct Throttle {
    /// When the last request of each place was answered.
    places: Vec<Arc<Mutex<Option<Instant>>>>,
    next: AtomicUsize,
    per: Duration,
    /// When the next request may start.
    start: Mutex<Option<Instant>>,
}

/// The right to make one request, until it is dropped.
#[derive(Debug)]
pub struct Turn(Option<OwnedMutexGuard<Option<Instant>>>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(answered) = &mut self.0 {
            **answered = Some(Instant::now());
        }
    }
}

impl Throttle {
    pub fn new(rate: Option<Rate>) -> Throttle {
        let Some(Rate { count, per }) = rate else {
            return Throttle::default();
        };
        Throttle {
            places: (0..count.clamp(1, MOST)).map(|_| Arc::default()).collect(),
            per,
            ..Throttle::default()
        }
    }

    /// Waits for a turn. Keep it until the answer is there.
    pub async fn turn(&self) -> Turn {
        if self.places.is_empty() {
            return Turn(None);
        }
        let place = self.next.fetch_add(1, Ordering::Relaxed) % self.places.len();
        let answered = Arc::clone(&self.places[place]).lock_owned().await;
        if let Some(last) = *answered {
            tokio::time::sleep_until((last + self.per).into()).await;
        }
        let mut start = self.start.lock().await;
        if let Some(at) = *start {
            tokio::time::sleep_until(at.into()).await;
        }
        *start = Some(Instant::now() + self.per / self.places.len() as u32);
        Turn(Some(answered))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap()
    }

    /// The law, on the real clock: whatever way requests and answers drift,
    /// arrivals `count` apart are a period apart.
    #[test]
    fn arrivals_keep_the_rate_whenever_they_arrive() {
        let (count, per) = (3, Duration::from_millis(60));
        let throttle = Arc::new(Throttle::new(Some(Rate { count, per })));
        let arrivals = Arc::new(std::sync::Mutex::new(Vec::new()));
        runtime().block_on(async {
            let client = |slow: u64| {
                let (throttle, arrivals) = (throttle.clone(), arrivals.clone());
                async move {
                    for request in 0..5 {
                        let _turn = throttle.turn().await;
                        let delay = (request * 7 + slow) % 5 * 4;
                        tokio::time::sleep(Duration::from_millis(delay)).await;
                        arrivals.lock().unwrap().push(Instant::now());
                    }
                }
            };
            futures_util::future::join(client(0), client(3)).await;
        });
        let mut arrivals = arrivals.lock().unwrap().clone();
        arrivals.sort();
        assert_eq!(arrivals.len(), 10);
        for window in arrivals.windows(count as usize + 1) {
            assert!(window[count as usize] - window[0] >= per);
        }
    }

    #[test]
    fn without_a_rate_all_pass() {
        let throttle = Throttle::new(None);
        runtime().block_on(async {
            let _both = (throttle.turn().await, throttle.turn().await);
        });
    }

    #[test]
    fn starts_are_spread_over_the_period() {
        let per = Duration::from_millis(80);
        let throttle = Throttle::new(Some(Rate { count: 4, per }));
        let began = Instant::now();
        runtime().block_on(async {
            for _ in 0..4 {
                drop(throttle.turn().await);
            }
        });
        assert!(began.elapsed() >= per / 4 * 3);
    }
}
