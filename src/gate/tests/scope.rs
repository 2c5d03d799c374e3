//! Gates where only the keys of new are compared.

use super::*;

/// Of a partial new side, with so many keys of old that it does not have.
fn partial(gates: &Gates, counts: [u64; 5], out_of_scope: u64) -> Vec<Finding> {
    let mut seen = tally(counts);
    seen.out_of_scope = out_of_scope;
    seen.out_of_scope_rows = 2 * out_of_scope;
    seen.sides[0].keys += out_of_scope;
    seen.sides[0].rows += 2 * out_of_scope;
    evaluate(
        gates,
        Observed {
            scope: Scope::KeysOfNew,
            ..Observed::of(&seen)
        },
    )
}

#[test]
fn keys_out_of_scope_are_in_no_gate_but_coverage() {
    let gates = Gates {
        missing: Some(Bound::Count(0)),
        row_count_change: Some(share("2%")),
        min_coverage: Some(share("4%")),
        ..Gates::default()
    };
    let findings = partial(&gates, [99, 0, 0, 1, 0], 2_406);
    let short = find(&findings, "min_coverage");
    assert_eq!(short.verdict, Verdict::Fail);
    assert_eq!(short.observed.as_deref(), Some("3.95%"));
    assert_eq!(short.why, "new has 99 of the 2,505 keys of old");
    for finding in findings.iter().filter(|f| f.name != "min_coverage") {
        assert_eq!(finding.verdict, Verdict::Pass, "{finding:?}");
    }
    let enough = partial(&gates, [99, 0, 0, 1, 0], 2_376);
    assert_eq!(find(&enough, "min_coverage").verdict, Verdict::Pass);
    assert_eq!(worst(&enough), Verdict::Pass);
}

#[test]
fn a_partial_side_without_a_key_verifies_nothing() {
    let gates = Gates {
        min_coverage: Some(share("80%")),
        missing: Some(Bound::Count(0)),
        ..Gates::default()
    };
    let findings = partial(&gates, [0; 5], 7);
    assert_eq!(worst(&findings), Verdict::Inconclusive);
    for name in ["match_rate", "missing", "min_coverage", "min_rows"] {
        let finding = find(&findings, name);
        assert_eq!(finding.verdict, Verdict::Inconclusive, "{name}");
        assert!(finding.why.starts_with("new has no key"), "{}", finding.why);
    }
    let nothing = partial(&gates, [0, 0, 0, 3, 0], 0);
    assert_eq!(
        find(&nothing, "min_coverage").why,
        "old has no key that new could cover"
    );
}
