//! The laws of the verdict: what never passes, and that more damage never helps.

use proptest::prelude::*;

use super::tests::{judge, judge_moving, tally, whole};
use super::*;

fn counts() -> impl Strategy<Value = [u64; 5]> {
    let small = prop_oneof![Just(0u64), 0u64..5, 0u64..10_000];
    [
        small.clone(),
        small.clone(),
        small.clone(),
        small.clone(),
        small,
    ]
}

fn some_gates() -> impl Strategy<Value = Gates> {
    let share = || {
        (0u64..=1_000).prop_map(|n| Share {
            numerator: n,
            denominator: 1_000,
        })
    };
    let bound = || {
        prop_oneof![
            (0u64..20).prop_map(Bound::Count),
            share().prop_map(Bound::Share)
        ]
    };
    let limits = (
        prop::option::of(share()),
        prop::option::of(0u64..5),
        prop::option::of(bound()),
        prop::option::of(bound()),
        prop::option::of(bound()),
    );
    let rest = (
        prop::option::of(0u64..5),
        any::<bool>(),
        prop::option::of(share()),
        prop::option::of(0u64..20),
        prop::option::of(share()),
        prop::option::of((1u64..9).prop_map(|n| Ratio::parse(&format!("{n}.5")).unwrap())),
        prop::option::of(share()),
        prop::option::of(0u64..5_000),
    );
    (limits, rest).prop_map(|(limits, rest)| Gates {
        match_rate: limits.0,
        duplicated: limits.1,
        missing: limits.2,
        extra: limits.3,
        differing: limits.4,
        unkeyed: rest.0,
        same_schema: rest.1,
        row_count_change: rest.2,
        min_coverage: rest.6,
        min_rows: rest.3,
        new_time_ratio: rest.5,
        max_lag: rest.7,
        columns: rest
            .4
            .map(|share| ("price".to_owned(), share))
            .into_iter()
            .collect(),
    })
}

proptest! {
    /// Of what matched, more that differs never makes a verdict better.
    #[test]
    fn damage_never_helps(gates in some_gates(), counts in counts(), harm in 0u64..10) {
        let harm = harm.min(counts[0]);
        let mut harmed = counts;
        harmed[0] -= harm;
        harmed[1] += harm;
        let better = worst(&whole(&gates, &tally(counts)));
        prop_assert!(worst(&whole(&gates, &tally(harmed))) >= better);
    }

    #[test]
    fn no_keys_never_pass(gates in some_gates(), rows in [0u64..9, 0u64..9]) {
        let mut nothing = tally([0; 5]);
        for (side, rows) in nothing.sides.iter_mut().zip(rows) {
            (side.rows, side.unkeyed) = (rows, rows);
        }
        prop_assert!(worst(&whole(&gates, &nothing)) > Verdict::Pass);
    }

    #[test]
    fn an_unfinished_side_never_passes(
        gates in some_gates(),
        counts in counts(),
        complete in prop_oneof![Just([true, false]), Just([false, true]), Just([false; 2])],
    ) {
        let seen = tally(counts);
        for finding in judge(&gates, [&seen; 3], complete) {
            prop_assert!(finding.verdict > Verdict::Pass);
            if !["duplicated", "unkeyed"].contains(&finding.name.as_str()) {
                prop_assert_eq!(finding.verdict, Verdict::Inconclusive);
            }
        }
    }

    /// A PASS or a FAIL is the verdict of every way to take unreadable cells and
    /// keys that move.
    #[test]
    fn what_is_decided_holds_in_every_view(
        gates in some_gates(),
        counts in counts(),
        moved in [0u64..10, 0u64..10],
        settled in 0u64..10,
    ) {
        let shifted = |by: u64| {
            let by = by.min(counts[0]);
            tally([counts[0] - by, counts[1] + by, counts[2], counts[3], counts[4]])
        };
        let views = [&shifted(moved[0]), &tally(counts), &shifted(moved[0] + moved[1])];
        let settled = |view: &Tally| {
            let by = settled.min(view.differing);
            tally([view.matched + by, view.differing - by, counts[2], counts[3], counts[4]])
        };
        let settled = views.map(settled);
        let findings = judge_moving(&gates, views, Some(&settled), [true, true]);
        for view in views.into_iter().chain(&settled) {
            for (found, alone) in findings.iter().zip(whole(&gates, view)) {
                prop_assert!(found.verdict == Verdict::Inconclusive || found.verdict == alone.verdict);
            }
        }
    }
}
