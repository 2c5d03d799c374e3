use super::super::line::State;
use super::super::testing::{holding, plan, postgres, rest};
use super::*;
use crate::error::Side;
use crate::source::Rate;
use crate::source::facts::Credential;

const NOW: i64 = 1_800_000_000;

/// The line of 250,000 rows in PostgreSQL and behind PostgREST.
fn of(rate: Option<(u32, u64)>, change: impl FnOnce(&mut Probed, &mut Plan)) -> Line {
    let mut plan = plan("postgres://u@h/d", "https://x.example/rest/v1");
    plan.limits.rate = rate.map(|(count, per)| Rate {
        count,
        per: Duration::from_secs(per),
    });
    let old = holding(postgres(), 250_000, None);
    let mut new = holding(rest(), 250_000, None);
    change(&mut new, &mut plan);
    let spec = plan.datasets[0].clone();
    line(&spec, [&old, &new], &plan, &[], NOW).expect("a line")
}

#[test]
fn the_rate_limit_sets_the_pace_and_a_long_one_is_yellow() {
    let fast = of(Some((5, 1)), |_, _| ());
    assert_eq!(fast.state, State::Ok, "{fast:?}");
    let words = "at least 51.4 s: 250,000 rows in 257 requests at 5/s";
    assert!(fast.found.contains(words), "{fast:?}");
    let slow = of(Some((1, 60)), |_, _| ());
    assert_eq!(
        (slow.state, slow.trouble),
        (State::Warn, Some(Trouble::SlowSync))
    );
    assert!(slow.next.contains("rate_limit"), "{slow:?}");
}

#[test]
fn pages_that_are_cut_short_take_more_requests() {
    let capped = of(Some((5, 1)), |new, _| {
        new.facts.page_cap = Some(Ok(PageCap::At(100)));
    });
    assert!(capped.found.contains("2,532 requests"), "{capped:?}");
}

#[test]
fn without_a_limit_it_is_a_guess_or_as_the_last_time() {
    let guess = of(None, |_, _| ());
    let words = "perhaps 6.4 s: 250,000 rows in 257 requests";
    assert!(guess.found.contains(words), "{guess:?}");
    let plan = plan("postgres://u@h/d", "https://x.example/rest/v1");
    let (old, new) = (
        holding(postgres(), 2_000, None),
        holding(rest(), 2_000, None),
    );
    let earlier = Side::BOTH.map(|side| Reading {
        dataset: plan.datasets[0].name.clone(),
        side,
        rows: 1_000,
        seconds: 10.0,
    });
    let line = line(&plan.datasets[0], [&old, &new], &plan, &earlier, NOW).expect("a line");
    assert!(line.found.contains("about 20.0 s"), "{line:?}");
    assert!(line.found.contains("as the last time"), "{line:?}");
}

#[test]
fn a_deadline_that_passes_before_is_red() {
    for (seconds, state) in [(60, State::Ok), (30, State::Fail)] {
        let line = of(Some((5, 1)), |_, plan| {
            plan.deadline = Some(Duration::from_secs(seconds));
        });
        assert_eq!(line.state, state, "{line:?}");
    }
}

#[test]
fn a_token_that_ends_before_the_reading_does_is_red() {
    for (left, state) in [(40, State::Fail), (60, State::Ok), (-5, State::Ok)] {
        let line = of(Some((5, 1)), |new, _| {
            new.facts.credentials = vec![Credential {
                header: "authorization",
                kind: Kind::Jwt {
                    role: None,
                    issuer: None,
                    expires: Some((NOW + left) as f64),
                },
            }];
        });
        assert_eq!(line.state, state, "{left}: {line:?}");
    }
}

#[test]
fn of_a_side_that_did_not_open_nothing_is_told() {
    let plan = plan("postgres://u@h/d", "https://x.example/rest/v1");
    let old = holding(postgres(), 10, None);
    let mut new = holding(rest(), 10, None);
    new.schema = Err(super::super::testing::unauthorised("HTTP 401"));
    assert!(line(&plan.datasets[0], [&old, &new], &plan, &[], NOW).is_none());
    assert!(line(&plan.datasets[0], [&postgres(), &rest()], &plan, &[], NOW).is_none());
}
