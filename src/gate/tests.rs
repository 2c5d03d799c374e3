//! What each gate says to counts, unknown cells, keys that move and unfinished sides.

mod lag;
mod scope;
mod time;

use super::*;
use crate::compare::tally::{ColumnTally, SideTally};

/// A tally of one column, `price`, that adds up.
pub(super) fn tally([matched, differing, missing, extra, duplicated]: [u64; 5]) -> Tally {
    let both = matched + differing;
    let side = |own: u64| SideTally {
        rows: both + own + 2 * duplicated,
        keys: both + own + duplicated,
        duplicated,
        ..SideTally::default()
    };
    Tally {
        sides: [side(missing), side(extra)],
        matched,
        differing,
        missing,
        extra,
        duplicated,
        covered: both,
        columns: vec![ColumnTally {
            differing,
            ..ColumnTally::default()
        }],
        ..Tally::default()
    }
}

pub(super) fn judge(gates: &Gates, views: [&Tally; 3], complete: [bool; 2]) -> Vec<Finding> {
    judge_moving(gates, views, None, complete)
}

pub(super) fn judge_moving(
    gates: &Gates,
    views: [&Tally; 3],
    if_settled: Option<&[Tally; 3]>,
    complete: [bool; 2],
) -> Vec<Finding> {
    evaluate(
        gates,
        Observed {
            if_equal: views[1],
            if_different: views[2],
            if_settled,
            moving: if_settled.map_or(0, |all| all[0].matched.abs_diff(views[0].matched)),
            complete,
            columns: &["price".to_owned()],
            times: [300_000, 400_000].map(|reading| {
                Some(Took {
                    reading,
                    waiting: 9,
                })
            }),
            ..Observed::of(views[0])
        },
    )
}

pub(super) fn whole(gates: &Gates, tally: &Tally) -> Vec<Finding> {
    judge(gates, [tally; 3], [true, true])
}

fn find<'a>(findings: &'a [Finding], name: &str) -> &'a Finding {
    let found = findings.iter().find(|finding| finding.name == name);
    found.unwrap_or_else(|| panic!("no gate {name}"))
}

fn off() -> Gates {
    Gates {
        match_rate: None,
        duplicated: None,
        unkeyed: None,
        same_schema: false,
        min_rows: None,
        ..Gates::default()
    }
}

fn share(text: &str) -> Share {
    Share::parse(text).unwrap()
}

#[test]
fn the_defaults_pass_what_matches() {
    let findings = whole(&Gates::default(), &tally([996, 4, 0, 0, 0]));
    let names: Vec<&str> = findings.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        names,
        ["match_rate", "duplicated", "unkeyed", "schema", "min_rows"]
    );
    assert_eq!(worst(&findings), Verdict::Pass);
    let rate = find(&findings, "match_rate");
    assert_eq!(rate.required, ">= 99%");
    assert_eq!(rate.observed.as_deref(), Some("99.60%"));
    assert_eq!(
        rate.why,
        "996 of 1,000 keys match: 4 differing, 0 missing, 0 extra, 0 duplicated"
    );
}

#[test]
fn the_rate_is_compared_exactly() {
    for (counts, verdict, observed) in [
        ([99, 1, 0, 0, 0], Verdict::Pass, "99.00%"),
        ([989_999, 10_001, 0, 0, 0], Verdict::Fail, "98.99%"),
        ([9_899_999, 100_001, 0, 0, 0], Verdict::Fail, "98.99%"),
        ([100, 0, 1, 1, 0], Verdict::Fail, "98.03%"),
    ] {
        let findings = whole(&Gates::default(), &tally(counts));
        let rate = find(&findings, "match_rate");
        assert_eq!(rate.verdict, verdict);
        assert_eq!(rate.observed.as_deref(), Some(observed));
    }
    let gates = Gates {
        match_rate: Some(share("99.999999%")),
        ..Gates::default()
    };
    let huge = tally([1 << 61, (1 << 61) / 50_000_000, 0, 0, 0]);
    assert_eq!(worst(&whole(&gates, &huge)), Verdict::Fail);
}

#[test]
fn empty_sides() {
    for gates in [
        Gates::default(),
        off(),
        Gates {
            min_rows: Some(0),
            ..off()
        },
    ] {
        let findings = whole(&gates, &tally([0; 5]));
        assert_eq!(worst(&findings), Verdict::Inconclusive);
        assert_eq!(find(&findings, "match_rate").observed, None);
        assert_eq!(find(&findings, "min_rows").verdict, Verdict::Inconclusive);
    }
    let findings = whole(&Gates::default(), &tally([0, 0, 5, 0, 0]));
    assert_eq!(find(&findings, "match_rate").verdict, Verdict::Fail);
    assert_eq!(find(&findings, "min_rows").verdict, Verdict::Fail);
    assert_eq!(find(&findings, "min_rows").why, "new has too few rows");
}

#[test]
fn rows_without_any_key_verify_nothing() {
    let mut unkeyed = tally([0; 5]);
    for side in &mut unkeyed.sides {
        (side.rows, side.unkeyed) = (7, 7);
    }
    assert_eq!(worst(&whole(&off(), &unkeyed)), Verdict::Inconclusive);
    let findings = whole(&Gates::default(), &unkeyed);
    assert_eq!(find(&findings, "unkeyed").verdict, Verdict::Fail);
    assert_eq!(
        find(&findings, "unkeyed").why,
        "14 rows have NULL or absent in the key (7 in old, 7 in new)"
    );
}

#[test]
fn unreadable_cells_that_decide_are_inconclusive() {
    let mut as_read = tally([995, 5, 0, 0, 0]);
    as_read.sides[0].unreadable = 12;
    let views = [
        &as_read,
        &tally([1_000, 0, 0, 0, 0]),
        &tally([980, 20, 0, 0, 0]),
    ];
    let findings = judge(&Gates::default(), views, [true, true]);
    let rate = find(&findings, "match_rate");
    assert_eq!(rate.verdict, Verdict::Inconclusive);
    assert_eq!(
        rate.why,
        "unreadable cells decide it (12 in old, 0 in new): 100.00% if they are all equal, \
         98.00% if they are all different"
    );
    assert_eq!(find(&findings, "duplicated").verdict, Verdict::Pass);
}

#[test]
fn keys_that_move_are_told_apart_from_unreadable_cells() {
    let seen = tally([985, 5, 10, 0, 0]);
    let settled = [(); 3].map(|()| tally([995, 5, 0, 0, 0]));
    fn whole(views: [&Tally; 3], settled: &[Tally; 3]) -> Finding {
        let findings = judge_moving(&Gates::default(), views, Some(settled), [true, true]);
        find(&findings, "match_rate").clone()
    }
    let rate = whole([&seen; 3], &settled);
    assert_eq!(rate.verdict, Verdict::Inconclusive);
    assert_eq!(rate.undecided_by, [Doubt::Moving]);
    assert_eq!(
        rate.why,
        "10 keys that do not match yet decide it: 98.50% as last seen, 99.50% once they match"
    );
    // Neither alone brings it to 99 %.
    let mut seen = seen;
    seen.sides[1].unreadable = 1;
    let (equal, both) = (tally([989, 1, 10, 0, 0]), tally([999, 1, 0, 0, 0]));
    let settled = [tally([989, 11, 0, 0, 0]), both, tally([989, 11, 0, 0, 0])];
    let rate = whole([&seen, &equal, &seen], &settled);
    assert_eq!(rate.undecided_by, [Doubt::Unreadable, Doubt::Moving]);
    assert_eq!(
        rate.why,
        "unreadable cells (0 in old, 1 in new) and 4 keys that do not match yet decide it: \
         from 99.90% to 98.50%"
    );
    // What no settling can undo is a fail, and what none is needed for a pass.
    let settled = [(); 3].map(|()| tally([989, 11, 0, 0, 0]));
    assert_eq!(whole([&seen; 3], &settled).verdict, Verdict::Fail);
    let good = tally([990, 9, 1, 0, 0]);
    let settled = [(); 3].map(|()| tally([991, 9, 0, 0, 0]));
    assert_eq!(whole([&good; 3], &settled).verdict, Verdict::Pass);
}

#[test]
fn an_unfinished_side_fails_only_what_stands() {
    let mut seen = tally([10, 50, 40, 0, 3]);
    seen.sides[1].unkeyed = 2;
    let gates = Gates {
        missing: Some(Bound::Count(0)),
        columns: vec![("price".to_owned(), share("100%"))],
        row_count_change: Some(share("0%")),
        ..Gates::default()
    };
    for complete in [[true, false], [false, true], [false, false]] {
        for finding in judge(&gates, [&seen; 3], complete) {
            let lasting = ["duplicated", "unkeyed"].contains(&finding.name.as_str());
            let expected = if lasting {
                Verdict::Fail
            } else {
                Verdict::Inconclusive
            };
            assert_eq!(finding.verdict, expected, "{}", finding.name);
            assert_eq!(finding.observed.is_some(), lasting);
        }
    }
    let findings = judge(&gates, [&seen; 3], [false, true]);
    assert_eq!(
        find(&findings, "match_rate").why,
        "the old side was not seen whole"
    );
}

#[test]
fn a_column_on_one_side_only_breaks_the_schema() {
    let counts = tally([5, 0, 0, 0, 0]);
    let names: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(String::from).into();
    let mut seen = Observed {
        columns: &names,
        only_old: &names,
        only_new: &names[..1],
        ..Observed::of(&counts)
    };
    let findings = evaluate(&Gates::default(), seen);
    let schema = find(&findings, "schema");
    assert_eq!(schema.verdict, Verdict::Fail);
    assert_eq!(
        schema.observed.as_deref(),
        Some("7 columns on one side only")
    );
    assert_eq!(
        schema.why,
        "only old has a, b, c, d, e and 1 more; only new has a"
    );
    assert_eq!(worst(&evaluate(&off(), seen)), Verdict::Pass);
    seen.complete[0] = false;
    assert_eq!(worst(&evaluate(&off(), seen)), Verdict::Inconclusive);
}

#[test]
fn the_other_gates() {
    let gates = Gates {
        missing: Some(Bound::Count(2)),
        extra: Some(Bound::parse("0.5%").unwrap()),
        differing: Some(Bound::parse("1%").unwrap()),
        row_count_change: Some(share("0.1%")),
        min_rows: Some(1_001),
        columns: vec![
            ("price".to_owned(), share("99.9%")),
            ("nosuch".to_owned(), share("0%")),
        ],
        ..off()
    };
    let findings = whole(&gates, &tally([990, 3, 2, 5, 0]));
    let seen: Vec<_> = findings
        .iter()
        .map(|f| (f.name.as_str(), f.observed.as_deref(), f.verdict))
        .collect();
    assert_eq!(
        seen,
        [
            ("missing", Some("2"), Verdict::Pass),
            ("extra", Some("0.50%"), Verdict::Pass),
            ("differing", Some("0.30%"), Verdict::Pass),
            ("schema", Some("same"), Verdict::Pass),
            ("row_count_change", Some("0.30%"), Verdict::Fail),
            ("min_rows", Some("old 995, new 998"), Verdict::Fail),
            ("columns.price", Some("99.69%"), Verdict::Fail),
            ("columns.nosuch", None, Verdict::Inconclusive),
        ]
    );
    let one_sided = whole(&gates, &tally([0, 0, 0, 5, 0]));
    for name in ["row_count_change", "columns.price"] {
        assert_eq!(find(&one_sided, name).verdict, Verdict::Inconclusive);
    }
}
