use super::super::line::State;
use super::super::testing::{file, postgres, rest};
use super::*;
use crate::source::Rate;
use crate::source::facts::{Credential, Rows};

const NOW: i64 = 1_800_000_000;

fn holding(mut probed: Probed, count: u64, bytes: Option<u64>) -> Probed {
    probed.facts.rows = Some(Rows { count, exact: true });
    probed.facts.bytes = bytes;
    probed
}

fn rated(count: u32, per: u64) -> Limits {
    Limits {
        rate: Some(Rate {
            count,
            per: Duration::from_secs(per),
        }),
        ..Limits::default()
    }
}

#[test]
fn rows_that_can_be_found_again_need_little() {
    let old = holding(postgres(), 1_000, Some(200_000));
    let new = holding(postgres(), 1_000, Some(200_000));
    let found = need([&old, &new]).expect("rows are known");
    assert_eq!((found.likely, found.row), (2_000 * PRINT, 200));
    assert_eq!(found.most, 2_000 * (PRINT + 250));
    let api = Probed {
        locates: false,
        ..holding(rest(), 1_000, None)
    };
    let kept = need([&old, &api]).expect("rows are known");
    assert_eq!(kept.likely, kept.most);
    assert_eq!(
        kept.most, found.most,
        "the other side tells how large rows are"
    );
}

#[test]
fn one_sides_rows_stand_for_both_and_none_for_nothing() {
    let old = holding(file(), 10, None);
    let found = need([&old, &postgres()]).expect("rows are known");
    assert_eq!(found.row, ROW);
    assert_eq!(found.likely, 20 * PRINT);
    assert_eq!(need([&file(), &postgres()]), None);
    let empty = holding(postgres(), 0, Some(8192));
    assert_eq!(need([&empty, &empty]).map(|need| need.most), Some(0));
    let vast = holding(postgres(), u64::MAX / 4, Some(u64::MAX));
    assert!(need([&vast, &vast]).is_some(), "nothing overflows");
}

#[test]
fn the_rate_limit_sets_the_pace_and_a_long_one_is_yellow() {
    let old = holding(postgres(), 250_000, None);
    let new = holding(rest(), 250_000, None);
    let line = settled([&old, &new], &rated(5, 1), None, NOW).expect("a line");
    assert_eq!(line.state, State::Ok, "{line:?}");
    assert!(
        line.found
            .contains("about 50.8 s: 250,000 rows in 254 pages"),
        "{line:?}"
    );
    let line = settled([&old, &new], &rated(1, 60), None, NOW).expect("a line");
    assert_eq!(
        (line.state, line.trouble),
        (State::Warn, Some(Trouble::SlowSync))
    );
    assert!(line.found.contains("about 4.2 h"), "{line:?}");
    let mut capped = holding(rest(), 250_000, None);
    capped.facts.page_cap = Some(Ok(PageCap::At(100)));
    let line = settled([&old, &capped], &rated(5, 1), None, NOW).expect("a line");
    assert!(line.found.contains("2,529 pages"), "{line:?}");
    let line = settled([&old, &new], &Limits::default(), None, NOW).expect("a line");
    assert!(line.found.contains("without a rate limit"), "{line:?}");
    assert!(settled([&postgres(), &rest()], &Limits::default(), None, NOW).is_none());
}

#[test]
fn a_deadline_that_passes_before_is_red() {
    let old = holding(postgres(), 250_000, None);
    let new = holding(rest(), 250_000, None);
    for (seconds, state) in [(60, State::Ok), (30, State::Fail)] {
        let deadline = Some(Duration::from_secs(seconds));
        let line = settled([&old, &new], &rated(5, 1), deadline, NOW).expect("a line");
        assert_eq!(line.state, state, "{line:?}");
    }
}

#[test]
fn a_token_that_ends_before_the_reading_does_is_red() {
    let old = holding(postgres(), 250_000, None);
    let mut new = holding(rest(), 250_000, None);
    new.facts.credentials = vec![Credential {
        header: "authorization",
        kind: Kind::Jwt {
            role: None,
            issuer: None,
            expires: Some(NOW as f64 + 40.0),
        },
    }];
    let line = settled([&old, &new], &rated(5, 1), None, NOW).expect("a line");
    assert_eq!(line.state, State::Fail, "{line:?}");
    let line = settled([&old, &new], &rated(10, 1), None, NOW).expect("a line");
    assert_eq!(line.state, State::Ok, "{line:?}");
}
