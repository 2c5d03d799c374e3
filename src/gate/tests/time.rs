//! The gate on reading times: exact, and silent about a side that was not read whole.

use proptest::prelude::*;

use super::*;

/// What `new_time_ratio = "1.5"` finds for these times of two sides that match.
fn time(micros: [Option<u64>; 2], complete: [bool; 2]) -> Finding {
    let counts = tally([5, 0, 0, 0, 0]);
    let gates = Gates {
        new_time_ratio: Some(Ratio::parse("1.5").unwrap()),
        ..Gates::default()
    };
    let observed = Observed {
        tally: &counts,
        if_equal: &counts,
        if_different: &counts,
        if_settled: None,
        moving: 0,
        complete,
        columns: &[],
        only_old: &[],
        only_new: &[],
        micros,
        scope: Scope::All,
    };
    find(&evaluate(&gates, observed), "new_time_ratio").clone()
}

fn whole(old: u64, new: u64) -> Finding {
    time([Some(old), Some(new)], [true; 2])
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
    let times = [Some(1), Some(1_000_000)];
    for complete in [[true, false], [false, true], [false; 2]] {
        let finding = time(times, complete);
        assert_eq!(finding.verdict, Verdict::Inconclusive);
        assert_eq!(finding.observed, None);
    }
    for times in [[None, Some(1)], [Some(1), None], [None; 2]] {
        assert_eq!(time(times, [true; 2]).verdict, Verdict::Inconclusive);
    }
}

proptest! {
    /// More time never helps new, and the verdict is the ratio's own.
    #[test]
    fn slower_is_never_better(old in 1u64..1_000_000, new in 0u64..3_000_000, more in 0u64..9) {
        let finding = whole(old, new);
        prop_assert_eq!(finding.verdict == Verdict::Pass, 2 * new <= 3 * old);
        prop_assert!(whole(old, new + more).verdict >= finding.verdict);
    }
}
