//! Sentences and pages, from readings that were never made.

use std::time::Duration;

use super::build::{Input, Read, first_of, pace};
use super::*;
use crate::error::{Code, Failure};
use crate::report::text::table::Ink;
use crate::source::Identity;

fn read(rows: u64, first: u64, took: u64) -> Read {
    Read {
        rows,
        first_row: (rows > 0).then(|| Duration::from_millis(first)),
        took: Duration::from_millis(took),
        pages: None,
    }
}

fn identities() -> [Identity; 2] {
    let of = |location: &str, engine: &str| Identity {
        location: location.to_owned(),
        relation: Some("listings".to_owned()),
        engine: engine.to_owned(),
        ..Identity::default()
    };
    [
        of("postgres://app@old.example/app", "PostgreSQL 15.8"),
        of("https://x.example/rest/v1", "PostgREST 12.0.2"),
    ]
}

/// Readings of both sides, and how they ended.
struct Case {
    reads: [Vec<Read>; 2],
    runs: usize,
    failures: Vec<Failure>,
    rate_limit: Option<String>,
}

impl Case {
    fn of(reads: [Vec<Read>; 2]) -> Case {
        Case {
            runs: reads[0].len(),
            reads,
            failures: Vec::new(),
            rate_limit: None,
        }
    }

    fn pace(&self) -> Pace {
        pace(&Input {
            dataset: "listings",
            identities: &identities(),
            runs: self.runs,
            reads: &self.reads,
            failures: &self.failures,
            rate_limit: self.rate_limit.clone(),
            window: None,
        })
    }
}

/// Readings of 2,505 rows that took so many ms: old, new.
fn case(times: &[[u64; 2]]) -> Case {
    let side = |side: usize| -> Vec<Read> {
        times
            .iter()
            .map(|pair| read(2_505, pair[side] / 10, pair[side]))
            .collect()
    };
    let mut reads = [side(0), side(1)];
    reads[1].iter_mut().for_each(|read| read.pages = Some(4));
    Case::of(reads)
}

fn plain(times: &[[u64; 2]]) -> Pace {
    case(times).pace()
}

fn page(pace: &Pace) -> String {
    text::render(pace, Ink { colour: false })
}

const FASTER: [[u64; 2]; 5] = [[310, 170], [300, 163], [325, 174], [350, 180], [308, 168]];

#[test]
fn faster() {
    let pace = plain(&FASTER);
    assert_eq!((pace.finding, pace.exit_code), (Finding::Faster, 0));
    assert_eq!(
        pace.sentence,
        "new is 1.84 times as fast as old (45.7 % less time; 5 pairs, 1.82–1.94)"
    );
    insta::assert_snapshot!(page(&pace));
}

#[test]
fn slower_is_the_same_from_the_other_side() {
    let swapped = FASTER.map(|[old, new]| [new, old]);
    let pace = plain(&swapped);
    assert_eq!(pace.finding, Finding::Slower);
    assert_eq!(
        pace.sentence,
        "new takes 1.84 times as long as old (84.0 % more time; 5 pairs, 1.82–1.94)"
    );
}

#[test]
fn a_spread_over_both_is_no_difference() {
    let pace = plain(&[[300, 310], [310, 300], [305, 308]]);
    assert_eq!(
        (pace.finding, pace.exit_code),
        (Finding::NoClearDifference, 0)
    );
    assert_eq!(
        pace.sentence,
        "no clear difference: new takes 1.01 times as long as old (3 pairs, 0.97–1.03)"
    );
    assert_eq!(
        pace.notes,
        ["of 3 pairs, all say the same by chance alone once in 4: more --runs say more"]
    );
}

#[test]
fn one_pair_claims_nothing() {
    let pace = plain(&[[2000, 1000]]);
    assert_eq!((pace.finding, pace.exit_code), (Finding::OnePair, 0));
    assert_eq!(
        pace.sentence,
        "one pair shows no spread: new took 0.50 times as long as old in it"
    );
}

#[test]
fn a_rate_limit_is_told_with_the_finding() {
    let mut case = case(&FASTER);
    case.rate_limit = Some("5/s".to_owned());
    let pace = case.pace();
    assert!(
        pace.sentence
            .ends_with("1.82–1.94), under a rate limit of 5/s"),
        "{}",
        pace.sentence
    );
    assert!(page(&pace).contains("the figures are then of that limit, not of the path"));
}

#[test]
fn readings_of_other_rows_are_told_and_marked() {
    let mut case = case(&[[100, 50]; 2]);
    case.reads[1][1].rows = 2_400;
    let pace = case.pace();
    assert_eq!((pace.finding, pace.exit_code), (Finding::Faster, 0));
    assert!(pace.rows_differ && !plain(&FASTER).rows_differ);
    assert_eq!(
        pace.sentence,
        "new is 2.00 times as fast as old (50.0 % less time; 2 pairs, 2.00–2.00); the row counts differ (old 2,505, new 2,400 to 2,505)"
    );
    assert!(page(&pace).contains("not of the same work"));
}

#[test]
fn what_ended_early_says_why_and_shows_what_there_is() {
    let failure = Failure::new(Code::SourceCut, "cut \u{1b}[31m off", "mend it").on(Side::New);
    let mut case = case(&FASTER[..2]);
    case.runs = 5;
    case.failures.push(failure);
    let pace = case.pace();
    assert_eq!((pace.finding, pace.exit_code), (Finding::NotMeasured, 3));
    insta::assert_snapshot!(page(&pace));
    case.reads.iter_mut().for_each(Vec::clear);
    let pace = case.pace();
    assert_eq!(
        pace.sentence,
        "could not be measured: new side: cut \u{1b}[31m off"
    );
    assert!(!page(&pace).contains('\u{1b}'), "no control sequence");
}

#[test]
fn sides_without_rows_have_no_first_one() {
    let empty = vec![read(0, 0, 5); 3];
    let pace = Case::of([empty.clone(), empty]).pace();
    let ratio = pace.ratio.expect("of the whole");
    assert_eq!(ratio.seconds_to_first_row, None);
    assert_eq!(pace.old.seconds_to_first_row, None);
    assert_eq!((pace.finding, pace.exit_code), (Finding::NotMeasured, 3));
    assert_eq!(
        pace.sentence,
        "could not be measured: old gave no rows and new gave no rows, and a time without rows is of no work"
    );
}

/// It was "40 times as fast".
#[test]
fn a_side_without_rows_is_not_fast() {
    let mut case = case(&[[400, 10]; 5]);
    case.reads[1].fill(read(0, 0, 10));
    let pace = case.pace();
    assert_eq!((pace.finding, pace.exit_code), (Finding::NotMeasured, 3));
    assert_eq!(
        pace.sentence,
        "could not be measured: new gave no rows, and a time without rows is of no work"
    );
    case.reads[1] = vec![read(2_505, 1, 10); 5];
    case.reads[0][2] = read(0, 0, 1);
    let pace = case.pace();
    assert_eq!((pace.finding, pace.exit_code), (Finding::NotMeasured, 3));
    assert!(
        pace.sentence
            .contains("old gave no rows in 1 of 5 readings,")
    );
    assert!(page(&pace).contains("new ÷ old"), "what there is is shown");
}

#[test]
fn sides_take_turns_in_going_first() {
    let order: Vec<Side> = (0..4).map(first_of).collect();
    assert_eq!(order, [Side::Old, Side::New, Side::Old, Side::New]);
}

#[test]
fn it_survives_its_json() {
    let pace = plain(&FASTER);
    let text = json(&pace);
    assert!(text.ends_with("}\n"));
    let back: Pace = serde_json::from_str(&text).expect("its own JSON");
    assert_eq!(back.sentence, pace.sentence);
    assert_eq!(back.pairs.len(), 5);
}

#[test]
fn colour_is_only_added() {
    let pace = plain(&FASTER);
    let coloured = text::render(&pace, Ink { colour: true });
    let bare = coloured.replace("\x1b[1m", "").replace("\x1b[0m", "");
    assert_ne!(coloured, bare);
    assert_eq!(bare, page(&pace));
}
