//! The gate on standbys: what is known to be too much fails, and what may be is
//! undecided.

use super::*;
use crate::gate::Lag;

fn lag(lags: [Option<Lag>; 2], complete: [bool; 2]) -> Finding {
    let tally = Tally {
        matched: 1,
        ..Tally::default()
    };
    let gates = Gates {
        max_lag: Some(1500),
        ..Gates::default()
    };
    let observed = Observed {
        complete,
        lags,
        ..Observed::of(&tally)
    };
    let mut findings = evaluate(&gates, observed).into_iter();
    findings
        .find(|finding| finding.name == "max_lag")
        .expect("it is on")
}

fn behind(most: u64) -> Option<Lag> {
    Some(Lag {
        most: Some(most),
        behind: true,
    })
}

fn perhaps(most: Option<u64>) -> Option<Lag> {
    Some(Lag {
        most,
        behind: false,
    })
}

#[test]
fn only_what_is_known_to_be_too_much_fails() {
    for (lags, verdict, observed) in [
        ([None, None], Verdict::Pass, Some("no standby")),
        ([behind(1_500_000), None], Verdict::Pass, Some("1.500000 s")),
        ([behind(1_500_001), None], Verdict::Fail, Some("1.500001 s")),
        (
            [None, perhaps(Some(1_500_001))],
            Verdict::Inconclusive,
            Some("1.500001 s"),
        ),
        ([None, perhaps(None)], Verdict::Inconclusive, None),
        (
            [behind(2_000_000), perhaps(None)],
            Verdict::Fail,
            Some("2.000000 s"),
        ),
        (
            [behind(0), perhaps(Some(9))],
            Verdict::Pass,
            Some("0.000009 s"),
        ),
    ] {
        let found = lag(lags, [true; 2]);
        assert_eq!(
            (found.verdict, found.observed.as_deref()),
            (verdict, observed),
            "{lags:?}"
        );
        assert_eq!(found.required, "<= 1,500ms");
    }
    let found = lag([behind(2_000_000), None], [true; 2]);
    assert_eq!(found.why, "old is a standby, 2.000000 s behind");
}

#[test]
fn of_a_side_that_was_not_seen_whole_nothing_is_known() {
    assert_eq!(
        lag([None, None], [true, false]).verdict,
        Verdict::Inconclusive
    );
    assert_eq!(
        lag([behind(9_000_000), None], [false, true]).verdict,
        Verdict::Inconclusive
    );
}
