//! The gate on reading times: exact, and silent about a side that was not read whole.

use proptest::prelude::*;

use super::*;

/// What `new_time_ratio = "1.5"` finds for these times of two sides that match.
fn time(times: [Option<Took>; 2], complete: [bool; 2]) -> Finding {
    let counts = tally([5, 0, 0, 0, 0]);
    let gates = Gates {
        new_time_ratio: Some(Ratio::parse("1.5").unwrap()),
        ..Gates::default()
    };
    let observed = Observed {
        complete,
        times,
        ..Observed::of(&counts)
    };
    find(&evaluate(&gates, observed), "new_time_ratio").clone()
}

fn took(reading: u64, waiting: u64) -> Option<Took> {
    Some(Took { reading, waiting })
}

/// Of two sides that never waited.
fn whole(old: u64, new: u64) -> Finding {
    time([took(old, 0), took(new, 0)], [true; 2])
}

#[test]
fn it_is_off_until_it_is_asked_for() {
    let findings = super::whole(&Gates::default(), &tally([5, 0, 0, 0, 0]));
    assert!(findings.iter().all(|found| found.name != "new_time_ratio"));
}

#[test]
fn times_are_compared_exactly() {
    let finding = whole(300_000, 450_000);
    assert_eq!(finding.verdict, Verdict::Pass);
    assert_eq!(finding.required, "<= 1.5");
    assert_eq!(finding.observed.as_deref(), Some("1.50"));
    assert_eq!(finding.why, "new was read in 0.450000 s, old in 0.300000 s");
    let finding = whole(300_000, 450_001);
    assert_eq!(finding.verdict, Verdict::Fail);
    assert_eq!(
        finding.observed.as_deref(),
        Some("1.50"),
        "cut, not rounded"
    );
    assert!(finding.why.contains("0.450001"), "{}", finding.why);
    assert_eq!(whole(300_000, 0).verdict, Verdict::Pass);
}

#[test]
fn no_time_at_all_decides_nothing() {
    for (old, new) in [(0, 0), (0, 5)] {
        let finding = whole(old, new);
        assert_eq!(finding.verdict, Verdict::Inconclusive);
        assert_eq!(finding.observed, None);
    }
}

/// However long it took: how long the rest would take is not known.
#[test]
fn a_side_that_was_not_read_whole_decides_nothing() {
    let times = [took(1, 0), took(1_000_000, 0)];
    for complete in [[true, false], [false, true], [false; 2]] {
        let finding = time(times, complete);
        assert_eq!(finding.verdict, Verdict::Inconclusive);
        assert_eq!(finding.observed, None);
    }
    for times in [[None, took(1, 0)], [took(1, 0), None], [None; 2]] {
        assert_eq!(time(times, [true; 2]).verdict, Verdict::Inconclusive);
    }
}

#[test]
fn waiting_that_would_decide_is_inconclusive() {
    let finding = |old, new| time([old, new], [true; 2]);
    let undecided = finding(took(100_000, 100_000), took(200_000, 0));
    assert_eq!(undecided.verdict, Verdict::Inconclusive);
    assert_eq!(undecided.observed.as_deref(), Some("2.00"));
    assert_eq!(
        undecided.why,
        "waiting for the comparison decides it: new was read in 0.200000 s, \
         old in 0.100000 to 0.200000 s"
    );
    let slower = finding(took(100_000, 100_000), took(300_001, 0));
    assert_eq!(slower.verdict, Verdict::Fail, "{}", slower.why);
    let as_fast = finding(took(100_000, 500_000), took(100_000, 50_000));
    assert_eq!(as_fast.verdict, Verdict::Pass, "{}", as_fast.why);
    // Nothing but waiting was seen of old.
    let unseen = finding(took(0, 9), took(1, 0));
    assert_eq!(
        (unseen.verdict, unseen.observed),
        (Verdict::Inconclusive, None)
    );
}

proptest! {
    /// More time never helps new, and the verdict is the ratio's own.
    #[test]
    fn slower_is_never_better(old in 1u64..1_000_000, new in 0u64..3_000_000, more in 0u64..9) {
        let finding = whole(old, new);
        prop_assert_eq!(finding.verdict == Verdict::Pass, 2 * new <= 3 * old);
        prop_assert!(whole(old, new + more).verdict >= finding.verdict);
    }

    /// A verdict holds whatever part of its waiting a side needed for itself.
    #[test]
    fn what_is_decided_holds_for_every_time_that_it_can_have_taken(
        old in (1u64..1_000, 0u64..500),
        new in (0u64..2_000, 0u64..500),
        parts in (0u64..=100, 0u64..=100),
    ) {
        let finding = time([took(old.0, old.1), took(new.0, new.1)], [true; 2]);
        let really = |side: (u64, u64), part: u64| side.0 + side.1 * part / 100;
        let (old, new) = (really(old, parts.0), really(new, parts.1));
        match finding.verdict {
            Verdict::Pass => prop_assert!(2 * new <= 3 * old),
            Verdict::Fail => prop_assert!(2 * new > 3 * old),
            Verdict::Inconclusive => {}
        }
    }
}
