//! The page as people see it, whole.

use super::super::fixtures;
use super::*;

fn page(report: &Report, options: Options<'_>) -> String {
    render(report, &[], options)
}

#[test]
fn failing() {
    let folder = Some(Path::new("reports/20261125-023141-9f3a0c"));
    let options = Options {
        folder,
        ..Options::default()
    };
    insta::assert_snapshot!(page(&fixtures::failing(), options));
}

#[test]
fn passing() {
    insta::assert_snapshot!(page(&fixtures::passing(), Options::default()));
}

#[test]
fn inconclusive() {
    insta::assert_snapshot!(page(&fixtures::inconclusive(), Options::default()));
}

#[test]
fn several() {
    insta::assert_snapshot!(page(&fixtures::several(), Options::default()));
}

#[test]
fn rows_side_by_side() {
    let options = Options {
        show: 2,
        width: 80,
        ..Options::default()
    };
    insta::assert_snapshot!(page(&fixtures::failing(), options));
}

#[test]
fn rows_to_show_come_from_the_details() {
    let mut report = fixtures::failing();
    report.datasets[0].samples.differing.clear();
    let options = Options {
        show: 9,
        ..Options::default()
    };
    let text = render(&report, &fixtures::details(), options);
    assert!(text.contains("differing rows, 3 of 7"), "{text}");
    assert!(text.contains("青山[-ｺｰﾄ-] 101"), "{text}");
}

#[test]
fn nothing_read_at_all() {
    let mut report = fixtures::inconclusive();
    report.datasets.clear();
    report.reasons[0].why = "connection refused\n  at 127.0.0.1\u{1b}[32mPASS".to_owned();
    let text = page(&report, Options::default());
    let first = text.lines().next().unwrap();
    assert_eq!(
        first,
        "INCONCLUSIVE  nothing was verified: connection refused; at 127.0.0.1\\u{1b}[32mPASS"
    );
}

#[test]
fn the_sentence_names_what_decided() {
    let first = |report: &Report| {
        page(report, Options::default())
            .lines()
            .next()
            .map(str::to_owned)
    };
    let mut report = fixtures::failing();
    let gates = &mut report.datasets[0].gates;
    gates[0].verdict = Verdict::Pass;
    gates[3].verdict = Verdict::Pass;
    assert_eq!(
        first(&report).unwrap(),
        "FAIL  listings: 99.22 % of 1,412 keys match; 99.5 % is required (gate match_rate), \
         gate duplicated is broken: 1 key occurs more than once; none may"
    );
    report.datasets[0].gates[0].required = "any".to_owned();
    assert!(
        first(&report)
            .unwrap()
            .starts_with("FAIL  listings: 99.22 % of 1,412 keys match, gate dup")
    );
    report.datasets[0].match_rate = None;
    report.datasets[0].verdict = Verdict::Inconclusive;
    report.datasets[0].gates[1].verdict = Verdict::Inconclusive;
    assert_eq!(
        first(&report).unwrap(),
        "FAIL  listings: could not be verified: 1 key occurs more than once; none may"
    );
}

/// Colour adds sequences and changes nothing else.
#[test]
fn colour_is_only_added() {
    for report in fixtures::all() {
        let options = Options {
            show: 3,
            ..Options::default()
        };
        let plain = page(&report, options);
        let coloured = page(
            &report,
            Options {
                colour: true,
                ..options
            },
        );
        assert!(!plain.contains('\x1b'));
        assert_ne!(coloured, plain);
        let mut bare = String::new();
        for piece in coloured.split('\x1b') {
            let sequence = piece
                .strip_prefix('[')
                .and_then(|rest| rest.split_once('m'));
            bare.push_str(sequence.map_or(piece, |(_, rest)| rest));
        }
        assert_eq!(bare, plain);
    }
}

/// No figure is told that the model does not hold, and both are always there.
#[test]
fn missing_and_extra_are_named_even_on_a_pass() {
    let text = page(&fixtures::passing(), Options::default());
    assert!(
        text.lines()
            .any(|line| line.starts_with("  missing") && line.contains(" 4 "))
    );
    assert!(
        text.lines()
            .any(|line| line.starts_with("  extra") && line.contains(" 0 "))
    );
}
