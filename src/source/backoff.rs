//! How long to wait before what failed is tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Twice as long from time to time, each time between half of that and all of
/// it, so that clients that failed together do not come back together. The first
/// attempt is 0.
pub fn wait(first: Duration, attempt: u32) -> Duration {
    let full = first.saturating_mul(1 << attempt.min(6));
    let share = RandomState::new().hash_one(attempt) % 512;
    full / 2 + full * (share as u32) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_limit_and_are_never_the_same() {
        let first = Duration::from_millis(250);
        for attempt in 0..10 {
            let full = first * (1 << attempt.min(6));
            let waits: Vec<_> = (0..20).map(|_| wait(first, attempt)).collect();
            assert!(waits.iter().all(|wait| *wait >= full / 2 && *wait <= full));
            assert!(waits.iter().any(|wait| *wait != waits[0]));
        }
    }
}
